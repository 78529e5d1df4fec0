"""Ten thousand damaged mails through the daemon: one half lies in a Dovecot mailbox, the other comes through the pipe.

`python -m bench.mutated` prints how long it took, what became of them, and the memory of the daemon with its children.
"""

from __future__ import annotations

import argparse
import mailbox
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.memory import Memory
from tests.mail.damage import damaged
from tests.system.desk import Desk, mail
from tests.system.servers import Servers

USER = "helpdesk"
_NO_LIMITS = 1_000_000_000
LIMITS = dict.fromkeys(
    (
        "tickets_per_address_hour",
        "acks_per_address_hour",
        "acks_per_address_day",
        "letters_per_address_hour",
        "letters_per_address_day",
        "letters_per_staff_day",
    ),
    _NO_LIMITS,
)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was sent in and what became of it. `absent` raw files, `left` in the inbox, `unfiled` rows, `faults` of ours."""

    sent: int
    states: dict[str, int]
    ordinary: list[str]
    left: int
    filed: int
    absent: int = 0
    unfiled: int = 0
    faults: int = 0
    seconds: float = 0.0
    memory: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Everything that must not be, in words."""
        known = sum(self.states.values())
        found = {
            f"{self.sent} mails came and {known} have a row": self.sent != known,
            f"{self.states.get('stored', 0)} wait for ever": bool(self.states.get("stored")),
            f"{self.absent} raw files are missing": bool(self.absent),
            f"{self.left} mails stayed in the inbox": bool(self.left),
            f"{self.unfiled} rows say that their mail was never moved": bool(self.unfiled),
            f"{self.faults} mails met a fault of the program": bool(self.faults),
        }
        return [words for words, wrong in found.items() if wrong]


def play(servers: Servers, folder: Path, number: int) -> Ledger:
    """Send `number` damaged mails in by both doors, an ordinary one behind each, and let one round take them all."""
    desk = Desk(
        folder / "desk",
        servers,
        tables={"desk": {"strangers": "create"}, "limits": LIMITS, "rehearsal": {"outbox": "hold"}, "log": {"level": "warning"}},
    )  # fmt: skip
    desk.once()
    raws = list(damaged(number))
    last = [mail("rosa", "Por el buzón"), mail("raul", "Por la tubería")]
    by_mailbox = [*(raw or b"\r\n" for raw in raws[: number // 2]), last[0]]  # Dovecot takes no mail of zero octets
    servers.fill(USER, by_mailbox)
    box = mailbox.Maildir(folder / "Maildir")
    for name, raw in enumerate([*raws[number // 2 :], last[1]]):
        (folder / "Maildir" / "new" / f"{name:09}.x").write_bytes(raw)
    box.close()
    start = time.perf_counter()
    desk.maild("ingest", str(folder / "Maildir"))
    memory = _drained(desk)
    return _ledger(desk, number + 2, last, time.perf_counter() - start, memory)


def _drained(desk: Desk) -> float:
    """One round; the most memory that it took."""
    command = [sys.executable, "-m", "maild", "--config", str(desk.config), "run", "--once"]
    with (desk.folder / "round.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as daemon:
        memory = Memory(daemon.pid)
        ended = daemon.wait()
    memory.close()
    if ended:
        raise SystemExit(f"maild ended with {ended}\n{(desk.folder / 'round.log').read_text()[-3000:]}")
    return memory.peak()


def _ledger(desk: Desk, sent: int, last: Sequence[bytes], seconds: float, memory: float) -> Ledger:
    raw = desk.folder / "storage" / "raw"
    digests = [str(digest) for (digest,) in desk.rows("SELECT DISTINCT sha256 FROM inbound")]
    servers = desk.servers
    reasons = desk.rows("SELECT reason, count(*) FROM inbound WHERE state = 'parked' GROUP BY reason")
    return Ledger(
        sent=sent,
        states=desk.states(),
        ordinary=[desk.decided(each)[0] for each in last],
        left=servers.count(USER),
        filed=servers.count(USER, "Procesados") + servers.count(USER, "Revisar"),
        absent=sum(not (raw / digest[:2] / digest).exists() for digest in digests),
        unfiled=desk.one("SELECT count(*) FROM inbound WHERE disposition = 'pending'"),
        faults=desk.one("SELECT count(*) FROM inbound WHERE reason IN ('fault', 'kills-the-program')"),
        seconds=seconds,
        memory=memory,
        reasons={str(reason): int(count) for reason, count in reasons},
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--number", type=int, default=10_000)
    number = options.parse_args().number
    servers = Servers()
    try:
        servers.start("oauth", "dovecot")
        with tempfile.TemporaryDirectory(dir=servers.folder) as folder:
            ledger = play(servers, Path(folder), number)
    finally:
        servers.close()
    print(f"{number} damaged mails in {ledger.seconds:.0f} s ({number / ledger.seconds:.0f}/s), {ledger.memory:.0f} MB")
    print(f"states: {ledger.states}\nparked because: {ledger.reasons}")
    print("\n".join(ledger.problems()) or "every one of them is accounted for")
    sys.exit(bool(ledger.problems()))


if __name__ == "__main__":
    main()
