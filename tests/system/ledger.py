"""The ledger of the crash proof: mails in against what became of them, read from the servers and the tables themselves.

Nothing here goes through maild: the mailboxes are read by IMAP, the tables by plain SQL, the raw mails from their files.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.system.crash_mail import NUMBER, STATE, Sender
from tests.system.servers import Servers

_TRACE = re.compile(rb"^(Return-Path|Delivered-To|Received|X-Original-To):.*(\r?\n[ \t].*)*\r?\n", re.IGNORECASE)
# Silence is judged this long after its deadline.
_MARGIN = timedelta(minutes=10)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Balance:
    """The figures of one run, and every sentence that should not have been true."""

    mails: int
    states: Counter[str]
    tickets: int
    timers: int
    letters: int
    doubled: int
    doubts: int
    unknown: int
    folded: int
    problems: tuple[str, ...]


_WAITING = "SELECT not_before FROM outbox WHERE state = 'queued'"


class Books:
    """Looks at everything from outside."""

    def __init__(self, servers: Servers, url: str, raw: Path) -> None:
        self._servers, self._raw = servers, raw
        target = make_url(url)
        if target.get_backend_name() != "sqlite":
            target = target.set(drivername="postgresql+psycopg")
        self._engine = create_engine(target)

    def rows(self, query: str) -> list[Row]:
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(query)).mappings()]

    def close(self) -> None:
        self._engine.dispose()

    # -- while it runs --------------------------------------------------------------------------------------------

    def deaths_in_hand(self) -> int:
        return int(self.rows("SELECT coalesce(max(attempts), 0) AS n FROM inbound WHERE state = 'stored'")[0]["n"])

    def unrest(self, desk: str, delivered: int, now: datetime) -> str:
        """What is left to do at this time with the mails delivered so far; nothing, if the daemon may rest."""
        if waiting := self.rows("SELECT id, state FROM inbound WHERE state = 'stored' OR disposition = 'pending'"):
            return f"mails not filed away: {waiting[:5]}"
        letters = self.rows("SELECT id, not_before, state FROM outbox WHERE state IN ('queued', 'ambiguous', 'leased')")
        due = [row for row in letters if row["state"] == "leased" or _instant(row["not_before"]) <= now]
        if due:
            return f"letters due: {due[:5]}"
        if self.overdue(now):
            return "clocks have run out"
        counts = [self._servers.count(desk, folder) for folder in ("INBOX", "Procesados", "Revisar")]
        return "" if counts[0] == 0 and sum(counts) >= delivered else f"of {delivered} mails in folders: {counts}"

    def overdue(self, now: datetime) -> bool:
        """A clock has run out and is not dealt with; one on silence is judged a little later."""
        return any(
            _instant(clock["due"]) <= now - (_MARGIN if clock["on_silence"] else timedelta())
            for clock in self.rows("SELECT due, on_silence FROM timer WHERE ended_at IS NULL")
        )

    def waits_until(self) -> datetime | None:
        """When the last letter leaves that waits for its hour; None where none waits."""
        return max((_instant(row["not_before"]) for row in self.rows(_WAITING)), default=None)

    # -- at the end -----------------------------------------------------------------------------------------------

    def balance(self, sender: Sender) -> Balance:
        problems: list[str] = []
        inbound = self.rows("SELECT * FROM inbound ORDER BY id")
        outbox = self.rows("SELECT * FROM outbox ORDER BY id")
        attempts = self.rows("SELECT * FROM attempt ORDER BY id")
        problems += self._mails(sender, inbound)
        problems += self._folders(sender)
        problems += self._tickets(sender, inbound)
        problems += self._decisions(outbox)
        arrived = self._arrived(sender, outbox)
        problems += _letters(outbox, attempts, arrived)
        problems += _told(inbound, outbox)
        problems += self._sound()
        tickets = self.rows("SELECT number FROM ticket")
        fired = self.rows("SELECT id FROM timer WHERE outcome = 'fired'")
        lost = [row for row in attempts if _in_doubt(row)]
        unknown = sum(row["state"] == "unknown" for row in outbox)
        states = Counter(str(row["state"]) for row in inbound)
        doubled = sum(len(copies) > 1 for copies in arrived.values())
        return Balance(
            sender.delivered,
            states,
            len(tickets),
            len(fired),
            len(outbox),
            doubled,
            len(lost),
            unknown,
            sum(bool(row["part_of"]) for row in outbox),
            tuple(problems),
        )

    def _mails(self, sender: Sender, inbound: list[Row]) -> Iterator[str]:
        """Each mail is in exactly one last state; its copies are duplicates of it; its bytes are kept."""
        by_number: dict[int, list[Row]] = defaultdict(list)
        for row in inbound:
            path = self._raw / row["sha256"][:2] / row["sha256"]
            raw = path.read_bytes() if path.exists() else b""
            if hashlib.sha256(raw).hexdigest() != row["sha256"]:
                yield f"inbound {row['id']}: raw mail missing or damaged"
            if row["disposition"] not in ("moved", "gone"):
                yield f"inbound {row['id']}: {row['disposition']}"
            if found := NUMBER.search(raw):
                by_number[int(found[1])].append(row)
            else:
                yield f"inbound {row['id']}: a mail that nobody sent"
        for number, mail in sender.mails.items():
            states = sorted(row["state"] for row in by_number[number])
            if states != sorted([STATE[mail.kind], *["duplicate"] * (len(states) - 1)]) or len(states) < mail.copies:
                reasons = [row["reason"] for row in by_number[number]]
                yield f"mail {number} ({mail.kind}, {mail.copies} copies): {states} {reasons}"

    def _folders(self, sender: Sender) -> Iterator[str]:
        """Every copy lies exactly once in a folder of the desk, and none in the INBOX."""
        if left := self._servers.count(sender.desk):
            yield f"{left} mails in INBOX"
        found: Counter[int] = Counter()
        review: set[int] = set()
        for folder in ("Procesados", "Revisar"):
            for raw in self._servers.messages(sender.desk, folder):
                match = NUMBER.search(raw)
                found[int(match[1]) if match else 0] += 1
                if match and folder == "Revisar":
                    review.add(int(match[1]))
        if found != Counter({number: mail.copies for number, mail in sender.mails.items()}):
            yield f"mails in folders: {sorted(found.items())}"
        if review != {number for number, mail in sender.mails.items() if STATE[mail.kind] == "parked"}:
            yield f"in Revisar: {sorted(review)}"

    def _tickets(self, sender: Sender, inbound: list[Row]) -> Iterator[str]:
        """One ticket for each request, and each answer once in the conversation of its ticket."""
        opened = Counter(str(row["first_message_id"]) for row in self.rows("SELECT first_message_id FROM ticket"))
        expected = Counter(m.message_id for m in sender.mails.values() if m.kind in ("request", "refused"))
        for message_id, number in (opened - expected).items():
            yield f"{number} tickets too many for {message_id}"
        for message_id, number in (expected - opened).items():
            yield f"{number} tickets lost of {message_id}"
        acks = Counter(row["ticket"] for row in self.rows("SELECT ticket FROM outbox WHERE template = 'acuse'"))
        if set(acks.values()) - {1} or len(acks) != len(expected):
            yield f"acknowledgements: {acks}"
        ids = {row["id"]: str(row["message_id"]) for row in inbound}
        notes = Counter(
            (ids.get(row["inbound"]), row["ticket"]) for row in self.rows("SELECT inbound, ticket FROM message")
        )
        for mail in sender.mails.values():
            if mail.ticket and notes[(mail.message_id, mail.ticket)] != 1:
                yield f"answer {mail.number} stands {notes[(mail.message_id, mail.ticket)]} times in ticket {mail.ticket}"

    def _decisions(self, outbox: list[Row]) -> Iterator[str]:
        """Each decision has all of its letters and no other; each timer that fired was decided once, no other was."""
        letters = Counter(str(row["cause"]).rpartition("#")[0] for row in outbox)
        causes: Counter[str] = Counter()
        for entry in self.rows("SELECT cause, effects FROM journal"):
            causes[str(entry["cause"])] += 1
            written = sum(effect[0] in ("Send", "Review") for effect in json.loads(entry["effects"]))
            if letters.pop(str(entry["cause"]), 0) != written:
                yield f"{entry['cause']}: its letters are not those of its decision"
        for cause in letters:
            yield f"{cause}: letters without a decision"
        fired = {f"timer:{row['id']}" for row in self.rows("SELECT id FROM timer WHERE outcome = 'fired'")}
        decided = {cause for cause in causes if cause.startswith("timer:")}
        if fired != decided:
            yield f"timers: {sorted(fired ^ decided)}"
        for row in self.rows("SELECT id FROM timer WHERE attempts > 0"):
            yield f"timer {row['id']} failed"

    def _arrived(self, sender: Sender, outbox: list[Row]) -> dict[str, list[bytes]]:
        """Every letter in every mailbox, by Message-ID, once Postfix has nothing left to deliver."""
        readers = {str(row["recipient"]).partition("@")[0] for row in outbox if "reject" not in row["recipient"]}
        accepted = {str(row["message_id"]) for row in outbox if row["state"] == "sent"}
        deadline = time.monotonic() + 30
        while True:
            found: dict[str, list[bytes]] = defaultdict(list)
            for raw in (raw for reader in sorted(readers) for raw in self._servers.messages(reader)):
                message_id = str(BytesHeaderParser().parsebytes(raw)["Message-ID"]).strip().strip("<>")
                found[message_id].append(_without_trace(raw))
            if accepted <= set(found) or time.monotonic() > deadline:
                return found
            time.sleep(0.2)

    def _sound(self) -> Iterator[str]:
        if self._engine.dialect.name == "sqlite":
            yield from (str(row) for row in self.rows("PRAGMA integrity_check") if list(row.values()) != ["ok"])
        closed = self.rows("SELECT number FROM ticket WHERE state = 'cerrado' AND closed_at IS NULL")
        yield from (f"ticket {row['number']} closed at no time" for row in closed)


def _letters(outbox: list[Row], attempts: list[Row], arrived: dict[str, list[bytes]]) -> Iterator[str]:
    """No letter lost; one is doubled only where a kill fell between DATA and its record, and then byte for byte."""
    doubts = Counter(row["outbox"] for row in attempts if _in_doubt(row))
    # An address that refused a letter for good gets no more of them: they are held until somebody writes from it.
    refused = {row["recipient"] for row in outbox if row["state"] == "failed"}
    carriers = {row["message_id"]: row for row in outbox}
    for row in outbox:
        copies, most = arrived.get(row["message_id"], []), doubts[row["id"]]
        name = f"letter {row['id']} ({row['template']}, {row['state']})"
        if row["state"] == "sent":
            if not 1 <= len(copies) <= 1 + most:
                yield f"{name}: arrived {len(copies)} times with {most} doubtful tries"
        elif row["state"] == "unknown":
            if most < 2 or len(copies) > most:
                yield f"{name}: arrived {len(copies)} times with {most} doubtful tries"
        elif row["state"] == "dropped" and row["part_of"]:
            yield from (f"{name}: {trouble}" for trouble in _folded(row, carriers.get(row["part_of"]), copies))
        elif row["state"] == "held" and row["held_by"] == "stopped" and row["recipient"] in refused:
            if copies:
                yield f"{name}: held, and it arrived {len(copies)} times"
        elif row["state"] != "failed" or not row["recipient"].endswith("@reject.test"):
            yield f"{name}: not ended"
        if any(copy != _lines(bytes(row["raw"])) for copy in copies):
            yield f"{name}: its bytes changed"
    for stranger in set(arrived) - {row["message_id"] for row in outbox}:
        yield f"a letter that is in no outbox: {stranger}"


def _folded(row: Row, carrier: Row | None, copies: list[bytes]) -> Iterator[str]:
    """What a letter said that another one took in stands in that one, which is about the same and for the same reader."""
    if copies:
        yield f"arrived {len(copies)} times beside the letter that took it in"
    if carrier is None or (carrier["ticket"], carrier["recipient"]) != (row["ticket"], row["recipient"]):
        yield f"was taken in by {row['part_of']}"
        return
    part = message_from_bytes(bytes(carrier["raw"]), policy=default).get_body(("plain",))
    words = " ".join(str(part.get_content()).replace(">", " ").split()) if part else ""
    for said in json.loads(row["gist"]):
        if " ".join(said.split()) not in words:
            yield f"its words are lost: {said!r}"


def _told(inbound: Iterable[Row], outbox: Iterable[Row]) -> Iterator[str]:
    """The operator hears once of every mail that was set aside and of every letter that failed."""
    expected = {f"inbound:{row['id']}": "cuarentena" for row in inbound if row["state"] == "parked"}
    failed = [row for row in outbox if row["state"] in ("failed", "unknown") and row["template"] != "carta_fallida"]
    expected |= {f"letter:{row['id']}:{row['attempts']}": "carta_fallida" for row in failed}
    told = Counter(
        (re.split("#|:aside", str(row["cause"]))[0], row["template"])
        for row in outbox
        if row["template"] in ("cuarentena", "carta_fallida")
    )
    if told != Counter(expected.items()):
        yield f"the operator was told {sorted(told)}, expected {sorted(expected.items())}"


def _in_doubt(attempt: Row) -> bool:
    return attempt["stage"] == "data_issued" and attempt["outcome"] in ("lost", "ambiguous")


def _without_trace(raw: bytes) -> bytes:
    raw = _lines(raw)
    while match := _TRACE.match(raw):
        raw = raw[match.end() :]
    return raw


def _lines(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n"


def _instant(value: Any) -> datetime:
    """PostgreSQL answers a time, SQLite its text in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
