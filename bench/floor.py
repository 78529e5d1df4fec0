"""The floor under the daemon: the least work that makes the same promise, on the same libraries, on this machine.

Per mail: fetch it, let mail-parser read it, make its bytes and five rows durable (SQLite, WAL, FULL), move it on the
server. No rules, no letters, no log, no limits, no second opinion. No honest daemon with these libraries is faster.

single    20 mails in a FETCH and in a MOVE, a commit for each mail
group     20 mails in a FETCH, in a commit and in a MOVE
overlap   as group, with fetching, storing and moving side by side on two connections
"""

from __future__ import annotations

import argparse
import itertools
import queue
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mailparser
import sqlalchemy as sa
from imapclient import IMAPClient

from bench.mails import mails
from tests.system.servers import Servers

BATCH = 20
DONE = "Procesados"
USER = "user4"

_TABLES = sa.MetaData()
MESSAGE = sa.Table(
    "message",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("epoch", sa.Integer),
    sa.Column("uid", sa.Integer),
    sa.Column("message_id", sa.Text, index=True),
    sa.Column("subject", sa.Text),
    sa.Column("sender", sa.Text),
    sa.Column("refs", sa.Text),
    sa.Column("received_at", sa.Text),
    sa.UniqueConstraint("epoch", "uid"),
)
TICKET = sa.Table(
    "ticket",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("mark", sa.Text, unique=True),
    sa.Column("category", sa.Text),
    sa.Column("priority", sa.Integer),
    sa.Column("state", sa.Text),
    sa.Column("due", sa.Text),
    sa.Column("requester", sa.Text),
    sa.Index("ticket_due", "state", "due"),
)
JOURNAL = sa.Table(
    "journal",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("ticket", sa.Integer, index=True),
    sa.Column("at", sa.Text),
    sa.Column("kind", sa.Text),
    sa.Column("text", sa.Text),
)
OUTBOX = sa.Table(
    "outbox",
    _TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("ticket", sa.Integer),
    sa.Column("at", sa.Text),
    sa.Column("recipient", sa.Text),
    sa.Column("text", sa.Text),
    sa.Column("state", sa.Text),
    sa.Index("outbox_waiting", "state", "at"),
)
RAW = sa.Table("raw", _TABLES, sa.Column("id", sa.Integer, primary_key=True), sa.Column("body", sa.LargeBinary))

_NOW = "2026-11-20T08:00:00-05:00"
_LETTER = "Hemos recibido su solicitud. " * 20


class Mailbox:
    """The library without its wire log (10 ms of CPU for each MB) and without Nagle's wait."""

    def __init__(self, port: int) -> None:
        self._client = IMAPClient("127.0.0.1", port=port, ssl=False)
        self._client._imap.debug = 0
        self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client.login(USER, "secret")
        self._client.select_folder("INBOX")

    def uids(self) -> list[int]:
        return sorted(self._client.search("ALL"))

    def fetch(self, uids: list[int]) -> dict[int, bytes]:
        return {uid: found[b"BODY[]"] for uid, found in self._client.fetch(uids, ["BODY.PEEK[]"]).items()}

    def move(self, uids: list[int]) -> None:
        self._client.move(uids, DONE)

    def close(self) -> None:
        self._client.logout()


@dataclass(frozen=True, slots=True)
class Read:
    """What a ticket needs of a mail, as mail-parser tells it."""

    uid: int
    raw: bytes
    message_id: str
    subject: str
    sender: str
    references: str
    text: str
    attachments: int


def read(uid: int, raw: bytes) -> Read:
    mail: Any = mailparser.parse_from_bytes(raw)
    return Read(
        uid,
        raw,
        mail.message_id or "",
        mail.subject,
        str(mail.from_),
        str(mail.references or ""),
        "".join(mail.text_plain),
        len(mail.attachments),
    )


class Store:
    """SQLAlchemy Core on one SQLite file, durable at each commit."""

    def __init__(self, folder: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{folder / 'floor.db'}")
        sa.event.listen(self._engine, "connect", _durable)
        _TABLES.create_all(self._engine)
        self._numbers = itertools.count(1)

    def put(self, batch: list[Read]) -> None:
        """A mail, its ticket, two lines of journal and a letter for each, and the bytes; one commit."""
        rows: dict[sa.Table, list[dict[str, object]]] = {}
        for mail in batch:
            number = next(self._numbers)
            for table, row in _rows(number, mail):
                rows.setdefault(table, []).append(row)
        with self._engine.begin() as connection:
            for table, values in rows.items():
                connection.execute(table.insert(), values)

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(TICKET)).scalar_one()

    def close(self) -> None:
        self._engine.dispose()


def _durable(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _rows(number: int, mail: Read) -> Iterator[tuple[sa.Table, dict[str, object]]]:
    known: dict[str, object] = {"message_id": mail.message_id, "subject": mail.subject, "refs": mail.references}
    yield MESSAGE, known | {"epoch": 1, "uid": mail.uid, "sender": mail.sender, "received_at": _NOW}
    ticket: dict[str, object] = {"mark": f"MESA-{number}", "category": "hardware", "priority": 2}
    yield TICKET, ticket | {"state": "queued", "due": _NOW, "requester": mail.sender}
    yield JOURNAL, {"ticket": number, "at": _NOW, "kind": "received", "text": mail.text[:4000]}
    yield JOURNAL, {"ticket": number, "at": _NOW, "kind": "classified", "text": "hardware, 2"}
    letter: dict[str, object] = {"ticket": number, "at": _NOW, "recipient": mail.sender}
    yield OUTBOX, letter | {"text": _LETTER, "state": "ready"}
    yield RAW, {"body": mail.raw}


def single(port: int, store: Store) -> float:
    return _in_turn(port, store, 1)


def group(port: int, store: Store) -> float:
    return _in_turn(port, store, BATCH)


def _in_turn(port: int, store: Store, commit: int) -> float:
    mailbox = Mailbox(port)
    uids = mailbox.uids()
    start = time.perf_counter()
    for batch in _batches(uids, BATCH):
        raws = mailbox.fetch(batch)
        for part in _batches(batch, commit):
            store.put([read(uid, raws[uid]) for uid in part])
        mailbox.move(batch)
    spent = time.perf_counter() - start
    mailbox.close()
    return spent


def overlap(port: int, store: Store) -> float:
    source, target = Mailbox(port), Mailbox(port)
    uids = source.uids()
    fetched: queue.Queue[dict[int, bytes]] = queue.Queue(2)
    stored: queue.Queue[list[int]] = queue.Queue()

    def fetch() -> None:
        for batch in _batches(uids, BATCH):
            fetched.put(source.fetch(batch))
        fetched.put({})

    def move() -> None:
        while batch := _waiting(stored):
            target.move(batch)

    start = time.perf_counter()
    threads = [threading.Thread(target=fetch), threading.Thread(target=move)]
    for thread in threads:
        thread.start()
    while raws := fetched.get():
        store.put([read(uid, raw) for uid, raw in raws.items()])
        stored.put(list(raws))
    stored.put([])
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - start
    source.close()
    target.close()
    return spent


def _waiting(stored: queue.Queue[list[int]]) -> list[int]:
    """All that was stored meanwhile, in one MOVE; empty once nothing more will come."""
    batch = stored.get()
    while batch and len(batch) < 10 * BATCH and not stored.empty():
        more = stored.get()
        if not more:
            stored.put(more)
            break
        batch = batch + more
    return batch


def _batches(uids: list[int], size: int) -> Iterator[list[int]]:
    for at in range(0, len(uids), size):
        yield uids[at : at + size]


PLANS: dict[str, Callable[[int, Store], float]] = {"single": single, "group": group, "overlap": overlap}


def floor(servers: Servers, plan: str, kind: str, number: int) -> float:
    """Seconds that a plan takes for a mailbox of `number` mails; both ends are counted afterwards."""
    servers.wipe(USER)
    servers.fill(USER, mails(kind, number))
    with servers.imap(USER) as session:
        session.create(DONE)
    with tempfile.TemporaryDirectory(dir=servers.folder) as folder:
        store = Store(Path(folder))
        spent = PLANS[plan](servers.imap_port, store)
        assert store.count() == number
        store.close()
    assert (servers.count(USER), servers.count(USER, DONE)) == (0, number)
    return spent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--kinds", default="3k,30k")
    options.add_argument("--plans", default=",".join(PLANS))
    options.add_argument("--number", type=int, default=400)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    servers = Servers(durable=True).start("oauth", "dovecot")
    try:
        for kind in asked.kinds.split(","):
            for plan in asked.plans.split(","):
                rates = [asked.number / floor(servers, plan, kind, asked.number) for _ in range(asked.rounds)]
                print(f"{kind:4} {plan:8} {statistics.median(rates):6.0f}/s  ({min(rates):.0f}–{max(rates):.0f})")
    finally:
        servers.close()


if __name__ == "__main__":
    main()
