"""Moves that everybody of a role must agree to: who has given the order so far, and whether that is all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maild.core.effects import Forget
from maild.core.moves import Move
from maild.core.ticket import Token

if TYPE_CHECKING:
    from maild.core.procedure import Walk

_KEY = "_everyone."


def all_gave(walk: Walk, token: Token, move: Move) -> bool:
    """Whether everybody whom this move needs has given the order; else remember who has."""
    key = f"{_KEY}{token.id}.{token.step}"
    done = {*(walk.ticket.fact(key) or "").split("\n"), *_speaks_for(walk)} - {""}
    wanted = {person.key for person in walk.office.concerned(move.everyone, walk.ticket)}
    if wanted <= done:
        if walk.ticket.fact(key) is not None:
            walk.draft.do(Forget(walk.ticket.number, key))
        return True
    walk.tell(key, "\n".join(sorted(done)))
    walk.draft.because("not-everyone", have=len(done & wanted), need=len(wanted))
    return False


def _speaks_for(walk: Walk) -> tuple[str, ...]:
    """The author, and those who are away and whose deputy he is."""
    author = walk.said.author
    if author is None or author.person is None:
        return ()
    return author.person.key, *(p.key for p in walk.office.stood_in_for(author, walk.draft.today))
