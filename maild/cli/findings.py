"""What `maild doctor` found at one place: what was tried, how long it took, the answer, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from maild.errors import MaildError

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one look says by itself."""

    text: str
    state: State = "ok"
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    tried: str
    state: State
    seconds: float
    answer: str
    remedy: str = ""


def look(tried: str, how: Callable[[], Answer], remedy: str) -> Finding:
    """Try it and time it. `remedy` is what to do where the failure itself does not say it."""
    start = time.monotonic()
    try:
        answer = how()
    except (MaildError, OSError) as error:
        answer = Answer(str(error), "failed", remedy)
    return Finding(tried, answer.state, round(time.monotonic() - start, 3), answer.text, answer.remedy)
