"""`maild parse`: files, folders, mbox and Maildir in, one object per mail out."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from maild.cli.parse import parse, parse_paths
from maild.mail import parse as parser
from tests.mail.bombs import BOMBS
from tests.mail.samples import copied, spanish


def objects(paths: list[Path], **options: Any) -> list[dict[str, Any]]:
    out = io.StringIO()
    wanted = {"as_json": True, "full": False, "extract": None, **options}
    assert parse_paths([str(path) for path in paths], out=out, **wanted) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def written(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def test_an_object_has_the_promised_fields(tmp_path: Path) -> None:
    (told,) = objects([written(tmp_path, "a.eml", spanish("postfix_bounce.eml"))])
    assert set(told) == {
        "file", "message_id", "from", "to", "cc", "reply_to", "subject", "date", "text", "new_text", "attachments",
        "in_reply_to", "references", "kind", "bounce", "away_until", "language", "answerable", "defects", "cuts", "forwarded",
    }  # fmt: skip
    assert told["from"] == {"name": "Mail Delivery System", "address": "mailer-daemon@mx.entidad.test"}
    assert told["date"] == "2025-11-05T11:00:00-05:00" and told["kind"] == "bounce" and told["answerable"] is False
    assert told["bounce"]["original_message_id"] == "letter.15@entidad.test"
    assert told["bounce"]["recipients"][0]["class"] == "hard" and told["bounce"]["recipients"][0]["status"] == "5.1.1"


def test_many_mails_give_one_object_each_in_their_order() -> None:
    paths = copied()
    told = objects(paths)
    files = [each["file"] for each in told]
    assert sorted(set(files)) == sorted(map(str, paths))
    assert files == sorted(files, key=[str(path) for path in paths].index)


def test_an_mbox_is_taken_apart_and_a_maildir_is_walked(tmp_path: Path) -> None:
    one = b"From: ana@e.test\nSubject: uno\n\nhola\n\nFrom here on it is text\n"
    two = b"From: ana@e.test\nSubject: dos\n\nhola\n"
    box = written(tmp_path, "box", b"From ana Mon Nov  3\n" + two + b"\nFrom luis Mon Nov  3\n" + two)
    written(tmp_path, "Maildir/new/1.host", one)
    written(tmp_path, "Maildir/cur/2.host:2,S", two)
    written(tmp_path, "Maildir/tmp/3.host", two)
    assert [each["subject"] for each in objects([box])] == ["dos", "dos"]
    assert [each["subject"] for each in objects([tmp_path / "Maildir"])] == ["dos", "uno"]


def test_extracted_files_are_named_by_their_content_and_nothing_else_is_written(tmp_path: Path) -> None:
    mail = written(tmp_path, "a.eml", spanish("scanner_cp1252.eml"))
    (told,) = objects([mail], extract=str(tmp_path / "out"))
    (attachment,) = told["attachments"]
    files = list((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [attachment["sha256"]]
    assert hashlib.sha256(files[0].read_bytes()).hexdigest() == attachment["sha256"]


def test_full_adds_the_html(tmp_path: Path) -> None:
    mail = written(tmp_path, "a.eml", spanish("outlook_reply_html.eml"))
    assert "MsoNormal" in objects([mail], full=True)[0]["html"]
    assert "html" not in objects([mail])[0]


def test_bombs_give_an_object_each_with_the_reason_among_the_defects(tmp_path: Path) -> None:
    names = ["2,000 nested multiparts", "20,000 parts", "a boundary of 10 KB", "4 million blank lines", "NULs"]
    paths = [written(tmp_path, f"{number}.eml", BOMBS[name]()) for number, name in enumerate(names)]
    told = objects(paths)
    assert len(told) == len(names)
    for each, defect in zip(told, ("mime-depth", "mime-parts", "mime-boundary", "mime-lines"), strict=False):
        assert defect in each["defects"]


def test_a_path_that_is_not_there_is_said_and_the_others_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = written(tmp_path, "a.eml", spanish("receipt.eml"))
    out = io.StringIO()
    assert parse_paths([str(tmp_path / "no"), str(mail)], as_json=True, full=False, extract=None, out=out) == 2
    assert json.loads(out.getvalue())["kind"] == "receipt"
    assert "no se puede leer" in capsys.readouterr().err


def test_a_folder_without_mails_answers_no(tmp_path: Path) -> None:
    assert parse_paths([str(tmp_path)], as_json=True, full=False, extract=None, out=io.StringIO()) == 1


def test_a_mail_whose_process_dies_is_still_told_and_so_are_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadly = written(tmp_path, "a.eml", b"From: x@y.test\r\nSubject: mortal\r\n\r\n")
    others = [written(tmp_path, f"b{n}.eml", spanish("receipt.eml")) for n in range(5)]
    real = parser.parse

    def understood(raw: bytes, **wanted: Any) -> Any:
        if b"mortal" in raw:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(raw, **wanted)

    monkeypatch.setattr(parser, "parse", understood)
    told = objects([deadly, *others])
    assert [each["subject"] for each in told][:1] == ["mortal"] and told[0]["defects"][-1] == "child-died"
    assert [each["kind"] for each in told[1:]] == ["receipt"] * 5


def test_a_person_reads_a_summary_without_control_characters(tmp_path: Path) -> None:
    mail = written(tmp_path, "a.eml", b"From: ana@e.test\r\nSubject: \x1b]0;x\x07hola\r\n\r\ntexto\x1b[2J\r\n")
    answer = CliRunner().invoke(parse, [str(mail)])
    assert "Asunto" in answer.output and "hola" in answer.output and "texto" in answer.output
    assert "\x1b" not in answer.output and "\x07" not in answer.output
