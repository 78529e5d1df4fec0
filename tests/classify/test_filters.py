"""Filters of filters.toml, on the desk."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maild import rules
from maild.config.shipped import shipped
from maild.core.decide import decide
from maild.core.effects import Assign, Decision, Open, Send, Tell
from maild.core.events import FirstMail
from maild.core.office import Office
from maild.core.values import Address, Attachment, Author, Directory, Mail, Person, Sender
from maild.errors import RulesError

_NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, ten in the morning in Lima
_ROSA = Person("rosa", "rosa@entidad.example", "Rosa", "usuario", area="Finanzas", unit="OAF")
_LUIS = Person("luis", "luis@entidad.example", "Luis", "tecnico")


def _decided(tmp_path: Path, text: str, mail: Mail | None = None) -> Decision:
    folder = tmp_path / "rules" / "mia"
    shutil.copytree(shipped("rules") / "base", tmp_path / "rules" / "base")
    shutil.copytree(shipped("rules") / "base", folder)
    (folder / "filters.toml").write_text(text, encoding="utf-8")
    book = rules.load(folder)
    office = Office(
        book, Directory((_ROSA, _LUIS), {}, ("entidad.example",)), frozenset(), Address("op@entidad.example")
    )
    sent = mail or Mail(Sender(_ROSA.address), "m@x", subject="Factura", new_text="no abre el archivo RUC 20123456789")
    author = Author(_ROSA.address, "Rosa", _ROSA, own_domain=True)
    return decide(FirstMail(sent, author, _NOW, 7), office, _NOW)


def _opened(decision: Decision) -> bool:
    return any(isinstance(effect, Open) for effect in decision.effects)


def test_a_filter_gives_the_ticket_to_somebody_and_tags_it(tmp_path: Path) -> None:
    text = '[filter.finanzas]\narea = "Finanzas"\nassign = "luis"\ntag = ["pagos", "vip"]\npriority = "alta"\n'
    decision = _decided(tmp_path, text)
    assert Assign(7, Address(_LUIS.address, "Luis")) in decision.effects
    assert Tell(7, "_tags", "pagos vip") in decision.effects
    opened = next(effect for effect in decision.effects if isinstance(effect, Open))
    assert opened.ticket.priority == "alta"
    assert any(reason.code == "filtered" for reason in decision.reasons)


def test_the_first_filter_that_says_it_is_the_last_hides_those_below(tmp_path: Path) -> None:
    text = '[filter.uno]\nsender = "rosa@*"\ntag = "uno"\nstop = true\n[filter.dos]\nsender = "*"\ntag = "dos"\n'
    assert Tell(7, "_tags", "uno") in _decided(tmp_path, text).effects


def test_a_refused_mail_opens_nothing_and_is_told_so(tmp_path: Path) -> None:
    decision = _decided(
        tmp_path, '[filter.no]\nattachment = "*.exe"\npattern = "\\\\bruc \\\\d{11}\\\\b"\nrefuse = true\n'
    )
    assert _opened(decision)  # there is no such file: both conditions must hold
    sent = Mail(
        Sender(_ROSA.address),
        "m@x",
        subject="RUC 20123456789",
        attachments=(Attachment("a.EXE", "application/x-msdownload", 1, "0"),),
    )
    shutil.rmtree(tmp_path / "rules")
    decision = _decided(tmp_path, '[filter.no]\nattachment = "*.exe"\npattern = "ruc \\\\d{11}"\nrefuse = true\n', sent)
    assert not _opened(decision)
    assert [e.template for e in decision.effects if isinstance(e, Send)] == ["no_admitido"]


def test_an_ignored_mail_leaves_no_trace_but_the_reason(tmp_path: Path) -> None:
    decision = _decided(tmp_path, '[filter.no]\nwords = "no abre"\ntime = "worktime"\nignore = true\n')
    assert decision.effects == ()
    assert decision.reasons[0].code == "filter-ignored"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[filter.x]\nsender = "a"\n', "no dice qué se hace"),
        ('[filter.x]\ntag = "a"\npattern = "(a"\n', "no es un patrón de RE2"),
        ('[filter.x]\ntag = "a"\npattern = "(a)\\\\1"\n', "no es un patrón de RE2"),
        ('[filter.x]\nservice = "nada"\n', "no conozco el servicio"),
        ('[filter.x]\ntag = "a"\nwords = "@impresoras"\n', "impresora"),
    ],
)
def test_wrong_filters_are_refused_with_the_remedy(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RulesError, match=told.replace("(", r"\(")):
        _decided(tmp_path, text)
