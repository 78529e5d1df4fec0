"""A mail lies under the hash of its bytes, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from maild.errors import MailError, TransientError
from maild.store.raw import RawStore


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[RawStore]:
    store = RawStore(tmp_path / "raw")
    yield store
    store.close()


def visible(raw: RawStore) -> set[str]:
    return {path.name for path in raw.folder.rglob("*") if path.is_file()}


def test_mails_come_back_byte_for_byte_under_their_hash(raw: RawStore) -> None:
    mails = [b"", b"\0\xff\r\n", os.urandom(70_000), b"\0\xff\r\n"]
    names = raw.put(mails)
    assert names == [hashlib.sha256(mail).hexdigest() for mail in mails]
    assert [raw.get(name) for name in names] == mails
    assert visible(raw) == set(names)


def test_an_interrupted_write_leaves_no_file_that_could_be_taken_for_a_mail(
    raw: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(TransientError, match="No space left"):
        raw.put([b"uno", b"dos"])
    assert visible(raw) == set()
    monkeypatch.undo()
    assert len(raw.put([b"uno", b"dos"])) == 2


def test_a_folder_that_cannot_be_made_durable_makes_the_mail_wait_also_when_its_file_is_there(
    raw: RawStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file was named, then the machine stopped before the folder was durable: it must not be believed."""
    real = os.fsync

    def only_files(handle: int) -> None:
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(5, "Input/output error")
        real(handle)

    monkeypatch.setattr(os, "fsync", only_files)
    for _ in range(2):
        with pytest.raises(TransientError, match="Input/output error"):
            raw.put([b"uno"])
    monkeypatch.undo()
    raw.put([b"uno"])


def test_what_was_stored_just_now_is_remembered_once(raw: RawStore) -> None:
    small, huge = b"Subject: hola\r\n\r\nhola", os.urandom(9 * 1024 * 1024)
    (first,) = raw.put([small])
    assert raw.fresh(first) == small
    assert raw.fresh(first) is None
    assert raw.get(first) == small
    (second,) = raw.put([huge])
    assert raw.fresh(second) is None


def test_mails_that_nobody_asks_for_make_room_for_newer_ones(raw: RawStore) -> None:
    mails = [bytes([number]) * (3 * 1024 * 1024) for number in range(5)]
    names = [raw.put([mail])[0] for mail in mails]
    assert [raw.fresh(name) == mail for name, mail in zip(names, mails, strict=True)] == [
        False,
        False,
        False,
        True,
        True,
    ]


def test_a_damaged_or_missing_mail_is_noticed(raw: RawStore) -> None:
    (name,) = raw.put([b"Subject: hola\r\n\r\nhola"])
    raw.path(name).write_bytes(b"Subject: hola\r\n\r\nholb")
    with pytest.raises(MailError, match="raw-damaged"):
        raw.get(name)
    raw.path(name).unlink()
    with pytest.raises(MailError, match="raw-missing"):
        raw.get(name)


def test_many_doors_may_put_the_same_mails_at_once(raw: RawStore) -> None:
    mails = [f"correo {number}".encode() * 50 for number in range(60)]
    start = threading.Barrier(4)
    names: list[list[str]] = []

    def put() -> None:
        start.wait()
        names.append(raw.put(mails))

    doors = [threading.Thread(target=put) for _ in range(4)]
    for door in doors:
        door.start()
    for door in doors:
        door.join()
    assert len(names) == 4
    assert all(n == names[0] for n in names)
    assert [raw.get(name) for name in names[0]] == mails
    assert visible(raw) == set(names[0])
