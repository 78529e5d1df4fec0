"""What becomes of the files of a mail: limits, types that run, logos, what a scanner said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.files import FileRules, Scan, judge, may_be_logo, names, told
from maild.core.values import Attachment

RULES = FileRules(most=2, largest=1000, forbidden=frozenset({"exe", "js", "application/x-dosexec"}), logo_size=100)


def file(name: str = "a.pdf", kind: str = "application/pdf", size: int = 10, **more: object) -> Attachment:
    return Attachment(name, kind, size, "0" * 64, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name", ["factura.exe", "factura.pdf.EXE", "factura.exe.", "factura.exe ", "factura.e\u200bxe", "FACTURA.Js"]
)
def test_what_windows_would_run_is_refused_however_it_is_written(name: str) -> None:
    (judged,) = judge([file(name)], RULES)
    assert judged.fate == "refused"
    assert judged.why is not None and judged.why.code == "file-type"


@pytest.mark.parametrize("name", ["informe.exe.pdf", "manual exe.pdf", "js.txt", ""])
def test_a_name_that_only_speaks_of_it_is_not(name: str) -> None:
    assert judge([file(name)], RULES)[0].fate == "file"


def test_a_type_is_refused_by_what_the_mail_declares() -> None:
    assert judge([file("foto.jpg", "application/x-dosexec")], RULES)[0].fate == "refused"


def test_an_archive_is_a_file_like_any_other_for_nobody_opens_it() -> None:
    """42.zip is 42 kB here and stays that."""
    assert judge([file("42.zip", "application/zip", 500)], RULES)[0].fate == "file"


def test_limits_refuse_files_and_never_the_mail() -> None:
    judged = judge([file("1"), file("grande", size=1001), file("2"), file("3")], RULES)
    assert [each.fate for each in judged] == ["file", "refused", "file", "refused"]
    assert [reason.code for reason in told(judged)] == ["file-size", "file-count"]
    assert names(judged) == ("1", "2")


def test_only_a_small_picture_inside_the_text_may_be_a_logo() -> None:
    logo = file("logo.png", "image/png", 90, inline=True)
    assert may_be_logo(logo, RULES)
    assert may_be_logo(file("logo.png", "image/png", 90, content_id="x"), RULES)
    assert not may_be_logo(file("captura.png", "image/png", 101, inline=True), RULES)
    assert not may_be_logo(file("logo.png", "image/png", 90), RULES)
    assert not may_be_logo(file("logo.pdf", size=90, inline=True), RULES)
    assert judge([logo], RULES, {logo.sha256})[0].fate == "logo"


def test_a_known_logo_attached_on_purpose_is_a_file() -> None:
    attached = file("logo.png", "image/png", 90)
    assert judge([attached], RULES, {attached.sha256})[0].fate == "file"


def test_what_the_scanner_said_comes_first() -> None:
    infected = judge([file("factura.exe")], RULES, (), {"0" * 64: Scan("infected", "Eicar")})[0]
    assert (infected.fate, infected.scan, infected.signature) == ("infected", "infected", "Eicar")
    unchecked = judge([file()], RULES, (), {"0" * 64: Scan("unchecked", "timeout")})[0]
    assert (unchecked.fate, unchecked.scan) == ("file", "unchecked")
    assert unchecked.why is not None and unchecked.why.code == "file-unchecked"
    assert judge([file()], RULES, (), {"0" * 64: Scan("clean")})[0].scan == "clean"


attachments = st.builds(
    Attachment,
    st.text(max_size=30),
    st.sampled_from(["image/png", "application/pdf", "application/x-dosexec", ""]),
    st.integers(0, 3000),
    st.sampled_from(["0" * 64, "1" * 64]),
    st.booleans(),
    st.text(max_size=5),
)


@given(st.lists(attachments, max_size=12))
def test_every_file_is_judged_once_and_whoever_is_refused_is_told_why(files: list[Attachment]) -> None:
    judged = judge(files, RULES, {"1" * 64})
    assert [each.attachment for each in judged] == files
    assert sum(each.fate == "file" for each in judged) <= RULES.most
    assert all(each.why for each in judged if each.fate != "file")
