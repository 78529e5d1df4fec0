"""How fast `maild parse` reads, and what it holds: 5,000 mails of 3 kB in one call, 500 of 30 kB, one mail of 25 MB.

Together is what the whole family of processes holds, shared pages counted once, looked at four times a second; largest is
the most that any one of them ever held, as the kernel counted it; growth compares the last quarter of a run with the
second. `.venv/bin/python -m bench.parse [--number 5000]`
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.mails import mails
from bench.memory import Memory

_LARGE = 25_000_000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--number", type=int, default=5000, help="mails of 3 kB; a tenth as many of 30 kB")
    number = options.parse_args().number
    print("| mails | per second | together MB | largest MB | growth MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        for kind, count in (("3k", number), ("30k", number // 10)):
            folder = Path(name, kind)
            folder.mkdir()
            for index, raw in enumerate(mails(kind, count)):
                (folder / f"{index:06d}.eml").write_bytes(raw)
            _row(f"{count} of {kind}B", folder, count)
        large = Path(name, "large.eml")
        large.write_bytes(_mail_of(_LARGE))
        _row("1 of 25 MB", large, 1)


def _row(title: str, path: Path, count: int) -> None:
    command = (sys.executable, "-m", "maild", "parse", "--json", str(path))
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        memory = Memory(process.pid)
        assert process.stdout
        told = sum(1 for _ in process.stdout)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        memory.close()
    assert told == count, f"{told} of {count} mails were told of"
    held = f"{memory.peak():.0f} | {usage.ru_maxrss / 1024:.0f} | {memory.growth():+.0f}"
    print(f"| {title} | {count / seconds:.0f} | {held} |", flush=True)


def _mail_of(size: int) -> bytes:
    """A short text and one file in base64 that no compression makes smaller."""
    head = (
        b"From: Ana Soto <ana.soto@entidad.test>\r\nTo: helpdesk@entidad.test\r\nSubject: Plano\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\nAdjunto el plano.\r\n--B\r\n"
        b"Content-Type: application/pdf; name=plano.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    content = random.Random(25).randbytes(size * 57 // 78)
    return head + base64.encodebytes(content).replace(b"\n", b"\r\n") + b"--B--\r\n"


if __name__ == "__main__":
    main()
