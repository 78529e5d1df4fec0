"""What a process and its children hold in memory while they run."""

from __future__ import annotations

import contextlib
import statistics
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Memory:
    """What a process and its children hold, looked at four times a second; shared pages count once."""

    process: int
    seen: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _watch: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    def close(self) -> None:
        self._over.set()
        self._watch.join()

    def peak(self) -> float:
        return max(self.seen, default=0.0)

    def growth(self) -> float:
        quarter = len(self.seen) // 4
        if not quarter:
            return 0.0
        return statistics.median(self.seen[-quarter:]) - statistics.median(self.seen[quarter : 2 * quarter])

    def _look(self) -> None:
        while not self._over.wait(0.25):
            held = sum(_held(process) for process in _family(self.process))
            if held:
                self.seen.append(held)


def _family(process: int) -> Iterator[int]:
    yield process
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _family(int(child))


def _held(process: int) -> float:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
