"""A disposable child that parses what it is sent under hard limits: `python -m maild.mail.child CPU_SECONDS BYTES TASK`.

It reads frames from its standard input: first by which rules it shall read (a pickle of its parent, or nothing), then raw
mails. It answers each mail with a frame: for the task `parse` the mail as JSON, with the verdict of the rules, for `files`
the bytes of its attachments. It ends with its parent.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import resource
import sys
import time
from collections.abc import Callable, Mapping

from maild.core.reader import Reader
from maild.errors import MailError
from maild.mail.frames import LENGTH_BYTES, frame, packed, to_json
from maild.mail.parse import attachment_bytes, parse

_STDOUT = 1
# The desk decides one mail after another; whoever reads ahead for it must not take its processor.
_NICENESS = 10


def main() -> None:
    cpu_seconds, memory_bytes, task = int(sys.argv[1]), int(sys.argv[2]), _TASKS[sys.argv[3]]
    _confine(memory_bytes)
    os.nice(_NICENESS)
    told = _frame()
    reader: Reader | None = pickle.loads(told) if told else None  # noqa: S301 - our parent's own
    while (raw := _frame()) is not None:
        _allow(cpu_seconds)
        answer = _answer(raw, lambda raw: task(raw, reader))
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
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(time.process_time()) + cpu_seconds, hard))


def _understand(raw: bytes, reader: Reader | None) -> bytes:
    mail = parse(raw)
    return to_json(mail, reader.verdict(mail).brief() if reader and mail.kind.from_person else None)


_TASKS: Mapping[str, Callable[[bytes, Reader | None], bytes]] = {
    "parse": _understand,
    "files": lambda raw, _: packed((attachment.sha256, data) for attachment, data in attachment_bytes(raw)),
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


def _frame() -> bytes | None:
    """What the parent sends next, or None where it is gone."""
    length = sys.stdin.buffer.read(LENGTH_BYTES)
    wanted = int.from_bytes(length, "big")
    payload = sys.stdin.buffer.read(wanted)
    return payload if len(length) == LENGTH_BYTES and len(payload) == wanted else None


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(_STDOUT, view) :]


if __name__ == "__main__":
    main()
