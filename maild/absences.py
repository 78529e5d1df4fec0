"""Who is away today: the directory's own absences, and those that people ordered by mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from maild.core.office import Office
from maild.core.values import Directory, Person
from maild.store import addresses
from maild.store.addresses import Ordered
from maild.store.database import Tx

if TYPE_CHECKING:
    from maild.desk import Desk

_P = ParamSpec("_P")
_R = TypeVar("_R")


def with_absences(tx: Tx, office: Office, today: date) -> Office:
    """The desk with everybody away who said so. Mostly nobody did: then it is the very same."""
    told = addresses.ordered_absences(tx, today)
    if not told:
        return office
    here = tuple(replace(each, told_at=each.told_at.astimezone(office.book.calendar.zone)) for each in told)
    return replace(office, directory=_applied(_Same(office.directory), here))


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
def _applied(same: _Same, told: tuple[Ordered, ...]) -> Directory:
    said = {each.address.lower(): each for each in told}
    people = []
    for person in same.directory.people:
        his = next((said[a.lower()] for a in person.addresses if a.lower() in said), None)
        people.append(_with(person, his) if his else person)
    return replace(same.directory, people=tuple(people))


def _with(person: Person, his: Ordered) -> Person:
    """The person as he says: the directory's own absence no longer counts, unless it is another than he came back from."""
    if not his.back:
        return replace(person, absent_from=his.since, absent_until=his.until, deputy=his.deputy or person.deputy)
    since, until = person.absent_from, person.absent_until
    another = since > his.told_at.date() if since else until is not None and until > his.until
    return person if another else replace(person, absent_from=None, absent_until=None)
