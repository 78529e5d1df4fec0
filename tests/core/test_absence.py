"""The last day of an absence, as people and programs write it in three languages."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.core.absence import away_until

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("Estaré fuera de la oficina hasta el 15/03.", "2026-03-15"),
        ("Estaré de vacaciones del 3 al 14 de marzo.", "2026-03-14"),
        ("Desde el lunes 2 de marzo hasta el viernes 13 de marzo de 2026", "2026-03-13"),
        ("Regreso el lunes 16 de marzo.", "2026-03-15"),
        ("Me reincorporo el día 17.03.2026", "2026-03-16"),
        ("Retorno a mis labores el 2026-03-20", "2026-03-19"),
        ("Vuelvo el 1 de setiembre", "2026-08-31"),
        ("Ausente hasta el próximo viernes", "2026-03-06"),
        ("Estaré fuera desde el 28 de diciembre; regreso el 5 de enero", "2027-01-04"),
        ("I am out of office from 3 to 14 March 2026.", "2026-03-14"),
        ("I will be back on March 16th", "2026-03-15"),
        ("Out of office until 3/20/2026", "2026-03-20"),
        ("Estarei ausente até 20 de março", "2026-03-20"),
        ("Estarei de férias de 2 a 20 de março", "2026-03-20"),
        ("Volto no dia 23/03", "2026-03-22"),
    ],
)
def test_the_last_day_is_read(text: str, until: str) -> None:
    assert str(away_until(text, MONDAY)) == until


@pytest.mark.parametrize(
    "text",
    [
        "Me encuentro de licencia hasta nuevo aviso.",
        "Atiendo hasta las 5 p. m., anexo 12/03.",
        "Horario: de 8:00 a 17:00 horas.",
        "Me encontraré ausente de 10 a 12 horas.",
        "Regresé el 15/02/2025.",
        "Vuelvo el 31 de febrero.",
        "Hasta pronto.",
        "",
    ],
)
def test_no_day_is_invented(text: str) -> None:
    assert away_until(text, MONDAY) is None


def test_without_the_day_of_the_mail_only_a_whole_date_counts() -> None:
    assert away_until("hasta el 15/03/2026", None) == date(2026, 3, 15)
    assert away_until("hasta el 15/03", None) is None
    assert away_until("hasta el viernes", None) is None


@given(st.text(max_size=300), st.dates(date(1970, 1, 1), date(9000, 1, 1)))
def test_whatever_is_written_the_day_lies_ahead_and_near(text: str, written: date) -> None:
    until = away_until(text, written)
    assert until is None or written - timedelta(days=1) <= until <= written + timedelta(days=400)
