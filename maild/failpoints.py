"""Named places where a test may kill the program, to prove that it can be killed there.

Inert unless $MAILD_FAILPOINTS is set *and* the program runs under tests ($MAILD_TESTING=1). Grammar, `;`-separated:
`name=kill` SIGKILL to ourselves · `name=kill@3` at the third visit · `name=kill@p0.1` with probability 0.1 · `name=raise` raises OSError.
`*` matches every name.
"""

from __future__ import annotations

import os
import random
import signal
from dataclasses import dataclass


@dataclass(slots=True)
class _Point:
    action: str
    at_visit: int = 0
    chance: float = 1.0
    visits: int = 0

    def strikes(self) -> bool:
        self.visits += 1
        if self.at_visit:
            return self.visits == self.at_visit
        return random.random() < self.chance  # noqa: S311 - not a secret, a dice for tests


def _read(plan: str) -> dict[str, _Point]:
    points = {}
    for item in filter(None, plan.split(";")):
        name, _, what = item.partition("=")
        action, _, when = what.partition("@")
        point = _Point(action.strip())
        if when.startswith("p"):
            point.chance = float(when[1:])
        elif when:
            point.at_visit = int(when)
        points[name.strip()] = point
    return points


_POINTS = _read(os.environ.get("MAILD_FAILPOINTS", "")) if os.environ.get("MAILD_TESTING") == "1" else {}


def failpoint(name: str) -> None:
    """Mark a step of a protocol. Does nothing in production."""
    if not _POINTS:
        return
    point = _POINTS.get(name) or _POINTS.get("*")
    if point and point.strikes():
        if point.action == "kill":
            os.write(2, f"failpoint {name}\n".encode())  # the test that killed us wants to know where
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(f"failpoint {name}")
