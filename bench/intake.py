"""How fast the daemon drains a mailbox, beside the floor of the same work in the same run, and how soon it answers one mail.

The daemon is driven as an operator drives it: a configuration folder and `maild run`. Its rate leaves out the time that an
empty run takes (Python's start, the rules, the login), as the floor leaves out its own; that time is shown apart.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path

from bench.floor import DONE, PLANS, floor
from bench.mails import DOMAIN, mails
from bench.memory import Memory
from bench.relay import PATIENCE, Relay
from tests.system.servers import Servers

USER = "helpdesk"

_CONFIG = """\
[desk]
address = "{user}@example.test"
operator = "operador@example.test"
domains = ["{domain}"]
strangers = "create"
[mailbox]
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "{user}"
password = "secret"
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
[database]
url = "{database}"
[security]
allow_inline_secrets = true
[limits]
tickets_per_address_hour = 100000
acks_per_address_hour = 100000
acks_per_address_day = 100000
letters_per_address_hour = 100000
letters_per_address_day = 100000
letters_per_ticket_burst = 100000
letters_per_ticket_hour = 100000
letters_per_ticket_day = 100000
letters_per_domain_hour = 100000
letters_total_hour = 1000000
[log]
level = "warning"
"""


_FIRST = 4


@dataclass(frozen=True, slots=True)
class Drained:
    """What draining a mailbox took."""

    seconds: float
    peak_memory: float  # MB, the daemon and its children together
    growth: float  # MB, between the second and the last quarter of the run


def drain(servers: Servers, kind: str, number: int, database: str = "sqlite") -> Drained:
    """Let `maild run --once` take `number` mails from a Dovecot mailbox into an empty database."""
    servers.wipe(USER)
    servers.fill(USER, mails(kind, number))
    with desk(servers, smtp=9, database=database) as config:
        start = time.perf_counter()
        with subprocess.Popen(_maild(config, "run", "--once", "--only", "intake")) as daemon:
            memory = Memory(daemon.pid)
            if daemon.wait():
                raise SystemExit(f"maild ended with {daemon.returncode}")
        spent = time.perf_counter() - start
        memory.close()
    left, done = servers.count(USER), servers.count(USER, DONE)
    if (left, done) != (0, number):
        raise SystemExit(f"of {number} mails {left} stayed and {done} are in {DONE}")
    return Drained(spent, memory.peak(), memory.growth())


def delays(servers: Servers, number: int, database: str = "sqlite") -> list[float]:
    """Seconds from the end of APPEND until a relay accepted the acknowledgement, for single mails at odd moments."""
    servers.wipe(USER)
    relay = Relay(_free_port())
    dice = random.Random(number)
    found = []
    with relay, desk(servers, smtp=relay.port, database=database) as config:
        daemon = subprocess.Popen(_maild(config, "run"))
        try:
            for index, raw in enumerate(mails("3k", number + 1)):
                servers.append(USER, raw)
                appended = time.perf_counter()
                accepted = relay.answer_to(_message_id(raw))
                if index:  # the first one waited for the daemon's start
                    found.append(accepted - appended)
                time.sleep(dice.uniform(0.05, 0.5))
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(PATIENCE)
    return found


@contextlib.contextmanager
def desk(servers: Servers, *, smtp: int, database: str) -> Iterator[Path]:
    """A configuration folder with an empty database; the path of its config.toml."""
    with tempfile.TemporaryDirectory(dir=servers.folder) as name:
        folder = Path(name)
        url = servers.fresh_database() if database == "postgresql" else "sqlite:///maild.db"
        text = _CONFIG.format(user=USER, domain=DOMAIN, imap=servers.imap_port, smtp=smtp, database=url)
        (folder / "config.toml").write_text(text)
        (folder / "people.toml").touch()
        key = folder / "secrets" / "token-key"
        key.parent.mkdir(mode=0o700)
        key.write_text(f"a {secrets.token_hex(32)}\n")
        key.chmod(0o600)
        subprocess.run(_maild(folder / "config.toml", "db", "upgrade"), check=True, stdout=subprocess.DEVNULL)
        yield folder / "config.toml"


def _maild(config: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "maild", "--config", str(config), *words]


def _message_id(raw: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(raw)["Message-ID"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def compare(servers: Servers, kind: str, number: int, rounds: int, database: str) -> None:
    """The daemon and every plan of the floor in turn, so that a busy neighbour is everybody's neighbour."""
    daemon: list[Drained] = []
    plans: dict[str, list[float]] = {plan: [] for plan in PLANS}
    # A few mails, so that the start of the parsers' children is part of it; it is no part of a mail.
    idle = statistics.median(drain(servers, kind, _FIRST, database).seconds for _ in range(3))
    for _ in range(rounds):
        daemon.append(drain(servers, kind, number, database))
        for plan, rates in plans.items():
            rates.append(number / floor(servers, plan, kind, number))
    rates = [(number - _FIRST) / (run.seconds - idle) for run in daemon]
    rate = statistics.median(rates)
    print(f"{kind:4} {number} mails, {database}, median of {rounds}; load {os.getloadavg()[0]:.1f}")
    print(f"     daemon   {rate:6.0f}/s  ({min(rates):.0f}–{max(rates):.0f}), starts in {idle:.2f} s")
    for plan, found in plans.items():
        print(f"     {plan:8} {statistics.median(found):6.0f}/s  ratio {rate / statistics.median(found):.2f}")
    print(f"     memory   {max(run.peak_memory for run in daemon):6.0f} MB  growth {daemon[-1].growth:+.1f} MB\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kinds", default="3k,30k")
    options.add_argument("--number", type=int, default=2000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    options.add_argument("--delays", type=int, default=100, help="single mails whose answer is timed; 0: none")
    asked = options.parse_args()
    parts = ["oauth", "dovecot"] + (["postgres"] if asked.database == "postgresql" else [])
    servers = Servers(durable=True)
    try:
        servers.start(*parts)
        for kind in filter(None, asked.kinds.split(",")):
            compare(servers, kind, asked.number, asked.rounds, asked.database)
        if asked.delays:
            found = sorted(delays(servers, asked.delays, asked.database))
            p99 = found[max(0, round(0.99 * len(found)) - 1)]
            print(f"from APPEND to the acknowledgement accepted: p50 {statistics.median(found):.2f} s, p99 {p99:.2f} s")
    finally:
        servers.close()


if __name__ == "__main__":
    main()
