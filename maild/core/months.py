"""The months as people write them in Spanish, English and Portuguese; folded."""

from __future__ import annotations

from collections.abc import Mapping

MONTHS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "enero|ene|january|jan|janeiro", "febrero|feb|february|fevereiro|fev", "marzo|mar|march|marco",
            "abril|abr|april|apr", "mayo|may|maio|mai", "junio|jun|june|junho", "julio|jul|july|julho",
            "agosto|ago|august|aug", "septiembre|setiembre|sept|sep|set|september|setembro",
            "octubre|oct|october|outubro|out", "noviembre|nov|november|novembro",
            "diciembre|dic|december|dec|dezembro|dez",
        ),
        start=1,
    )
    for name in names.split("|")
}  # fmt: skip
