"""A disposable child that parses what it is sent under hard limits: `python -m maild.mail.child CPU_SECONDS BYTES TASK`.

It reads frames of raw mail from its standard input and answers each with a frame: for the task `parse` the mail as JSON, for
`files` the bytes of its attachments. It ends with its parent.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
from collections.abc import Callable, Mapping

from maild.errors import MailError
from maild.mail.frames import LENGTH_BYTES, frame, packed, to_json
from maild.mail.parse import attachment_bytes, parse

_STDIN, _STDOUT = 0, 1


def main() -> None:
    cpu_seconds, memory_bytes, do = int(sys.argv[1]), int(sys.argv[2]), _TASKS[sys.argv[3]]
    _confine(memory_bytes)
    while (length := _read(LENGTH_BYTES)) is not None:
        raw = _read(int.from_bytes(length, "big"))
        if raw is None:
            return
        _allow(cpu_seconds)
        answer = _answer(raw, do)
        del raw
        _write(frame(answer))


def _confine(memory_bytes: int) -> None:
    """No files, no core, little memory (RELIABILITY §4.3). Reading modules stays possible."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow(cpu_seconds: int) -> None:
    """So much CPU time for this mail; the kernel ends us behind it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + cpu_seconds, hard))


_TASKS: Mapping[str, Callable[[bytes], bytes]] = {
    "parse": lambda raw: to_json(parse(raw)),
    "files": lambda raw: packed((attachment.sha256, data) for attachment, data in attachment_bytes(raw)),
}


def _answer(raw: bytes, do: Callable[[bytes], bytes]) -> bytes:
    try:
        return do(raw)
    except MailError as refusal:
        return json.dumps({"refused": str(refusal)}).encode()
    except MemoryError:
        return json.dumps({"refused": "memory"}).encode()
    except Exception as problem:  # noqa: BLE001 - catch point "per mail": the name of the class, never the content
        return json.dumps({"refused": f"parser:{type(problem).__name__}"}).encode()


def _read(wanted: int) -> bytes | None:
    """Exactly so many bytes, or None where the parent is gone."""
    data = bytearray()
    while len(data) < wanted:
        more = os.read(_STDIN, min(wanted - len(data), 1 << 20))
        if not more:
            return None
        data += more
    return bytes(data)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(_STDOUT, view) :]


if __name__ == "__main__":
    main()
