"""The replies of tests/data/orders: `python -m tests.orders.replies` writes the mails of replies.tsv and what is meant by each.

The table is written by hand, as a technician, a person who asked or a provider types; nothing in it comes from the parser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from maild.core.letters import Button, Letter
from tests.mail.letter_samples import composer, with_facts
from tests.orders.shapes import SHAPES, Answered, Typed, reply
from tests.orders.talk import DESK, STANDS, TITLE, marked

DATA = Path(__file__).parents[1] / "data" / "orders"
_LETTERS = {"rosa": "es/user/conformidad", "prov": "es/provider/proveedor_solicitud", "jefe": "es/manager/decision"}


@dataclass(frozen=True, slots=True)
class Case:
    """`orders` are those meant, `!code` a refusal, none: it is text."""

    file: str
    who: str
    stand: str
    shape: str
    subject: str
    typed: str
    orders: tuple[str, ...]


def cases() -> Iterator[Case]:
    lines = [
        line for line in (DATA / "replies.tsv").read_text("utf-8").splitlines() if line and not line.startswith("# ")
    ]
    shapes = tuple(SHAPES)
    for number, line in enumerate(lines, 1):
        who, stand, subject, text, meant = line.split("|")
        orders = tuple(order.strip() for order in meant.split(";") if order.strip())
        # Each shape gets its share, and neighbours in the table get different ones.
        shape = shapes[(number * 5 + len(line)) % len(shapes)]
        yield Case(
            f"{number:03d}-{who}-{shape}.eml",
            who,
            stand,
            shape,
            _subject(subject, stand),
            text.replace("↵", "\n"),
            orders,
        )


def _subject(typed: str, stand: str) -> str:
    named = marked(STANDS[stand])
    if typed.startswith("="):
        words = {"mark": f"[{named}]", "bare": named.lower().replace("-", " "), "title": TITLE, "short": TITLE[:24]}
        return typed[1:].format(**words)
    if typed.startswith("^"):
        return f"{typed[1:]} RE: [{named}] {TITLE}"
    return f"RE: [{named}] {TITLE} {typed}".strip()


def raw(case: Case) -> bytes:
    person = next(p for p in STANDS[case.stand].people if p.key == case.who)
    named = marked(STANDS[case.stand])
    letter = with_facts(_LETTERS.get(case.who, "es/technician/asignacion"), mark=named, title=TITLE)
    rendered = composer().render(_with_buttons(letter, named))
    answered = Answered(
        DESK, rendered.subject, rendered.text, rendered.html, f"m1.1.3f.kj.{case.file[:3]}@entidad.test"
    )
    return reply(case.shape, answered, Typed(person.name, person.address, case.subject, case.typed))


def _with_buttons(letter: Letter, named: str) -> Letter:
    """Buttons that would be orders if a quotation were read."""
    said = {"resuelto": "Resuelto", "tomar": "Tomar"}
    return replace(letter, buttons=tuple(Button(k, v, f"RE: [{named}] #{k} ~k7q2m9x4ab") for k, v in said.items()))


def main() -> None:
    folder = DATA / "replies"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.eml"):
        old.unlink()
    written = []
    for case in cases():
        (folder / case.file).write_bytes(raw(case))
        written.append(json.dumps(asdict(case), ensure_ascii=False))
    (DATA / "replies.json").write_text("[\n" + ",\n".join(written) + "\n]\n", "utf-8")


if __name__ == "__main__":
    main()
