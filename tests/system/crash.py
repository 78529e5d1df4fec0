"""The crash proof: a desk on real servers, mail that keeps coming, and a daemon that is killed again and again.

The daemon is `maild run`, told what time it is (`--at`), so that clocks of days run out within a minute of ours.
What must be true at the end is checked by tests.system.ledger, from outside the program.
"""

from __future__ import annotations

import os
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from maild.store.database import Database
from maild.store.upgrade import upgrade
from tests.system.crash_mail import Sender
from tests.system.ledger import Books
from tests.system.servers import Servers
from tests.system.settings import DOMAIN

ROOT = Path(__file__).parents[2]
# How far the daemon's clock is moved from one life to the next: an ambiguous letter is repeated three lives later.
_STEP = timedelta(minutes=11)
_LEAP = timedelta(hours=7)
# One in hand at this many deaths gets a life without a kill: at five it would be set aside as a killer of programs.
_SUSPECT = 3
_PATIENCE = 60.0

_CONFIG = """\
[desk]
address = "{desk}@{domain}"
operator = "{tag}operador@{domain}"
domains = ["{domain}"]
strangers = "create"
[mailbox]
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "{desk}"
password = "secret"
poll = "1s"
[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
[database]
url = "{database}"
[security]
allow_inline_secrets = true
[schedule]
sweep = "1s"
dispatch = "1s"
[letters]
fold = "{fold}"
[limits]
message_size = "1MiB"
batch = 5
tickets_per_address_hour = 100000
acks_per_address_hour = 100000
acks_per_address_day = 100000
letters_per_address_hour = 100000
letters_per_address_day = 100000
letters_per_staff_day = 100000
letters_per_ticket_burst = 100000
letters_per_ticket_hour = 100000
letters_per_ticket_day = 100000
letters_per_domain_hour = 100000
letters_total_hour = 1000000
"""

_PEOPLE = """\
[person.mesa]
address = "{tag}mesa@{domain}"
name = "Marta Mesa"
role = "mesa"
[person.coordinador]
address = "{tag}coordina@{domain}"
name = "Carla Coordina"
role = "coordinador"
[person.especialista]
address = "{tag}especial@{domain}"
name = "Elio Especialista"
role = "especialista"
"""


def points() -> list[str]:
    """Every named failpoint of the daemon; those of `maild ingest` lie on no way of its."""
    sources = (path.read_text() for path in (ROOT / "maild").rglob("*.py"))
    names = {name for text in sources for name in re.findall(r'failpoint\("([a-z.-]+)"\)', text)}
    return sorted(name for name in names if not name.startswith("pipe."))


def _of_clocks(name: str) -> bool:
    """Reached only when a clock has run out."""
    return name in ("clock.before-fire", "clock.fired", "desk.timer-written")


def _make_tables(url: str) -> None:
    database = Database(url)
    upgrade(database)
    database.close()


class Crash:
    """One run: a configuration folder with an empty database, and the story of its lives."""

    def __init__(self, servers: Servers, folder: Path, database_url: str, seed: int, fold: str = "0s") -> None:
        self.servers, self.folder = servers, folder
        self.dice = random.Random(seed)
        self.tag = f"k{secrets.token_hex(3)}"
        self.desk = f"{self.tag}desk"
        self.at = datetime.now(UTC).replace(microsecond=0)
        self.hits: Counter[str] = Counter()
        self.epochs = self.lives = 0
        self._fold = fold  # how long patient letters wait for others: longer than the step from one life to the next
        self._log = folder / "maild.log"
        url = database_url
        if url.startswith("sqlite"):
            (folder / "storage").mkdir(mode=0o700)
            url = f"sqlite:///{folder / 'storage' / 'maild.db'}"
        self._write(url)
        _make_tables(url)
        self.books = Books(servers, url, folder / "storage" / "raw")
        self.sender = Sender(servers, self.desk, self.tag, self.dice)

    @property
    def kills(self) -> int:
        return sum(self.hits.values())

    def _write(self, url: str) -> None:
        facts = {"desk": self.desk, "tag": self.tag, "domain": DOMAIN, "database": url, "fold": self._fold}
        facts |= {"imap": str(self.servers.imap_port), "smtp": str(self.servers.smtp_port)}
        (self.folder / "config.toml").write_text(_CONFIG.format_map(facts))
        (self.folder / "people.toml").write_text(_PEOPLE.format_map(facts))
        key = self.folder / "secrets" / "token-key"
        key.parent.mkdir(mode=0o700)
        key.write_text(f"a {secrets.token_hex(32)}\n")
        key.chmod(0o600)

    def _words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "maild", "--config", str(self.folder / "config.toml"), *words]

    # -- one life -------------------------------------------------------------------------------------------------

    def live(self, plan: str = "", kill_after: float = _PATIENCE, deliveries: int = 0) -> str:
        """Start the daemon and watch it until it dies by its plan, is killed from outside, or has nothing left to do.

        Answers where it died: a failpoint, `outside`, or `` when it came to rest.
        """
        self.lives += 1
        began = self._log.stat().st_size if self._log.exists() else 0
        environment = os.environ | {"MAILD_TESTING": "1", "MAILD_FAILPOINTS": plan}
        with self._log.open("ab") as log:
            daemon = subprocess.Popen(self._words("run", "--at", self.at.isoformat()), stderr=log, env=environment)
        started = time.monotonic()
        due = sorted(started + self.dice.uniform(0.6, 1.5) for _ in range(deliveries))
        at_rest = False
        try:
            while daemon.poll() is None and not at_rest and time.monotonic() < started + kill_after:
                if due and time.monotonic() > due[0]:
                    del due[0]
                    self.sender.deliver()
                elif not due and "maild.daemon: started" in self._told(began) and not self._unrest():
                    at_rest = True
                time.sleep(0.05)
            was_alive = daemon.poll() is None
            if at_rest and was_alive:  # it is asked to go as systemd asks
                daemon.send_signal(signal.SIGTERM)
                daemon.wait(_PATIENCE)
        finally:
            daemon.kill()
            code = daemon.wait()
        if code == 0 and at_rest:
            return ""
        return self._death(code, self._told(began), outside=was_alive and not at_rest and kill_after < _PATIENCE)

    def _unrest(self) -> str:
        return self.books.unrest(self.desk, self.sender.delivered, self.at)

    def _death(self, code: int, log: str, *, outside: bool) -> str:
        if outside:
            return "outside"
        where = re.findall(r"^failpoint (\S+)$", log, re.MULTILINE)
        if code != -signal.SIGKILL or not where:
            raise AssertionError(f"maild ended by itself or found no rest ({code}): {self._unrest()}\n{log[-8000:]}")
        return str(where[-1])

    def _told(self, began: int) -> str:
        with self._log.open("rb") as log:
            log.seek(began)
            return log.read().decode(errors="replace")

    # -- the story ------------------------------------------------------------------------------------------------

    def storm(self, kills: int) -> None:
        """Deliver all mail and kill the daemon that often on the way."""
        self.sender.prepare(2 * kills)
        names = points()
        while self.kills < kills:
            burst = self._burst(kills)
            beside = min(burst, self.dice.randrange(2))  # comes while the daemon runs
            for _ in range(burst - beside):
                self.sender.deliver()
            where = self._kill(names, beside)
            if where:
                self.hits[where] += 1
                self._new_epoch()
            self.at += _STEP if self.sender.left and self.dice.random() < 0.85 else _LEAP

    def _burst(self, kills: int) -> int:
        """How many mails come with the next life, so that the last ones come before the last kill."""
        spread = self.sender.left / max(1, kills - self.kills)
        return int(spread) + (self.dice.random() < spread % 1)

    def _kill(self, names: list[str], deliveries: int) -> str:
        if self.books.deaths_in_hand() >= _SUSPECT:
            return self.live(deliveries=deliveries)
        kind, overdue = self.dice.random(), self.books.overdue(self.at)
        if kind < 0.55:
            on_clock = overdue and kind < 0.35
            able = [name for name in names if _of_clocks(name) == on_clock]
            rarest = sorted(able, key=lambda name: (self.hits[name], self.dice.random()))[:8]
            plan = f"{self.dice.choice(rarest)}=kill@{self.dice.choice((1, 1, 2))}"
            return self.live(plan, deliveries=deliveries)
        if kind < 0.8:
            return self.live(f"*=kill@{self.dice.randint(1, 60)}", deliveries=deliveries)
        return self.live(kill_after=self.dice.uniform(0.8, 2.5), deliveries=deliveries)

    def _new_epoch(self) -> None:
        """Every third time that mails were left in the mailbox, the server forgets its UIDs."""
        if self.dice.random() < 0.35 and self.servers.count(self.desk):
            self.servers.kick(self.desk)  # what a dead client ordered last is over
            self.servers.new_epoch(self.desk)
            self.epochs += 1

    def settle(self) -> None:
        """No more kills: let every doubtful letter be repeated and every silence run out."""
        while self.sender.left:
            self.sender.deliver()
        for leap in (timedelta(), timedelta(minutes=31), timedelta(days=3)):
            self._rest_at(self.at + leap)
        for _ in range(5):  # letters to those who work wait for their hours, and a new day writes new ones
            if later := self.books.waits_until():
                self._rest_at(max(self.at, later))

    def _rest_at(self, at: datetime) -> None:
        self.at = at
        if where := self.live():
            raise AssertionError(f"died of {where} without a plan")
