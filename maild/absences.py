"""Who is away today: the directory's own absences, and those that people ordered by mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from maild.core.office import Office
from maild.core.values import Directory
from maild.store import addresses
from maild.store.database import Tx

if TYPE_CHECKING:
    from maild.desk import Desk

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Absences = tuple[tuple[str, date, str], ...]


def with_absences(tx: Tx, office: Office, today: date) -> Office:
    """The desk with everybody away who said so. Mostly nobody did: then it is the very same."""
    told = addresses.ordered_absences(tx, today)
    return office if not told else replace(office, directory=_applied(_Same(office.directory), told))


def knowing_who_is_away(act: Callable[Concatenate[Desk, Tx, _P], _R]) -> Callable[Concatenate[Desk, Tx, _P], _R]:
    """What the desk does about an event, done with today's absences in its directory."""

    @wraps(act)
    def known(desk: Desk, tx: Tx, /, *args: _P.args, **named: _P.kwargs) -> _R:
        today = desk.now().astimezone(desk.office.book.calendar.zone).date()
        office = with_absences(tx, desk.office, today)
        return act(desk if office is desk.office else replace(desk, office=office), tx, *args, **named)

    return known


class _Same:
    """A directory as a key: the same object is the same directory. It is read anew only when its file changed."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory

    def __hash__(self) -> int:
        return id(self.directory)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.directory is self.directory


@lru_cache(maxsize=8)
def _applied(same: _Same, told: _Absences) -> Directory:
    away = {address.lower(): (until, deputy) for address, until, deputy in told}
    people = []
    for person in same.directory.people:
        until, deputy = next((away[a.lower()] for a in person.addresses if a.lower() in away), (None, ""))
        people.append(replace(person, absent_until=until, deputy=deputy or person.deputy) if until else person)
    return replace(same.directory, people=tuple(people))
