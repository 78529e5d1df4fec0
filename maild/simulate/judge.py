"""What a step was expected to bring beside what it brought."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from maild.simulate.play import Result
from maild.simulate.story import ExpectForm, listed


@dataclass(frozen=True, slots=True)
class Difference:
    """One aspect that came out otherwise."""

    aspect: str
    wanted: Any
    seen: Any

    def __str__(self) -> str:
        return f"{self.aspect}: se esperaba {_shown(self.wanted)}, salió {_shown(self.seen)}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def differences(expect: ExpectForm, result: Result) -> list[Difference]:
    """Everything in which the result is not what was expected; what `expect` does not name is not judged."""
    return [
        Difference(aspect, wanted, seen)
        for aspect, wanted, seen in _pairs(expect, result)
        if aspect in expect.model_fields_set or aspect.startswith("timers.")
        if not _agree(aspect, wanted, seen)
    ]


def _pairs(expect: ExpectForm, result: Result) -> Iterator[tuple[str, Any, Any]]:
    yield "ticket", expect.ticket, result.ticket
    yield "state", expect.state, result.state
    yield "tokens", _sorted(expect.tokens), result.tokens
    yield "out", _sorted(expect.out), _sorted(result.out)
    if expect.timers:
        for kind in sorted(expect.timers.model_fields_set):
            yield f"timers.{kind}", _sorted(getattr(expect.timers, kind)), _sorted(result.timers[kind])
    yield "refused", expect.refused, result.refused
    yield "opened", _sorted(listed(expect.opened or ())), _sorted(result.opened)
    yield "reason", expect.reason, result.closing_reason
    told = {key: str(value) for key, value in (expect.facts or {}).items()}
    yield "facts", told, {key: value for key, value in result.facts.items() if key in told}


def _sorted(items: Iterable[Any] | None) -> list[Any]:
    return sorted(list(item) if isinstance(item, tuple) else item for item in items or ())


def _agree(aspect: str, wanted: Any, seen: Any) -> bool:
    if aspect == "refused":
        if isinstance(wanted, str):
            return bool(seen) and seen.startswith(wanted)
        return bool(seen) is bool(wanted)
    return bool(wanted == seen)
