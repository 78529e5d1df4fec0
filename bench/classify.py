"""How many mails a second the pure decision sorts on one core, and against what: the plain loop of a regex for each phrase.

One run gives both figures, so that the ratio is that of this machine in this minute.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from maild import rules
from maild.config.shipped import shipped
from maild.core.classify import classify
from maild.core.places import Words
from maild.core.words import fold

_SUBJECTS = (
    "Impresora",
    "sin internet",
    "SGD",
    "Consulta",
    "Préstamo de laptop",
    "clave",
    "Correo sospechoso",
    "Teams",
)
_TEXTS = (
    "Buenos días, desde ayer la impresora del segundo piso no agarra papel y sale con manchas. Mientras tanto uso la otra.",
    "Estimados, el internet va y viene desde la mañana; el correo sí abre. Somos catorce personas y el público espera.",
    "Por favor su apoyo para instalar el SGD en mi nueva laptop, código 740899500333. Mi anexo es 2618. Gracias.",
    "No recuerdo mi contraseña del correo y el sistema dice usuario bloqueado. No es urgente, cuando puedan.",
)
_LEAST_SECONDS = 3.0


def _mails() -> list[Words]:
    """Ordinary mails: those of a file of examples (JSON Lines with subject and text), or a few of our own, varied."""
    if len(sys.argv) > 1:
        rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
        return [Words(row["subject"], row["text"]) for row in rows]
    return [Words(f"{subject} {n}", f"{text} Piso {n}.") for n in range(30) for subject in _SUBJECTS for text in _TEXTS]


def _rate(decide: Callable[[Words], object], mails: Sequence[Words]) -> float:
    done, started = 0, time.process_time()
    while time.process_time() - started < _LEAST_SECONDS:
        for words in mails:
            decide(words)
        done += len(mails)
    return done / (time.process_time() - started)


def _loop_of_regexes() -> Callable[[Words], object]:
    """What many desks do: one pattern for each phrase of the concepts, tried one after the other."""
    import tomllib

    concepts = tomllib.loads((shipped("rules") / "base" / "concepts.toml").read_text(encoding="utf-8"))["concept"]
    phrases = [phrase for concept in concepts.values() for phrase in concept["words"]]
    patterns = [re.compile(rf"\b(?:{fold(p).replace('!', '').replace('?', '')})\b") for p in phrases if "~" not in p]

    def decide(words: Words) -> list[re.Pattern[str]]:
        text = fold(f"{words.subject} {words.text}")
        return [pattern for pattern in patterns if pattern.search(text)]

    return decide


def main() -> None:
    mails = _mails()
    book = rules.load(shipped("rules") / "pnpais")
    assert book.classifier is not None
    ours = book.classifier
    for words in mails:
        classify(words, ours)  # the words of ordinary mails are known after the first hundreds
    sorting = _rate(lambda words: classify(words, ours), mails)
    searching = _rate(_loop_of_regexes(), mails[:40])
    print(f"sorted            {sorting:9.0f} mails/s")
    print(f"loop of regexes   {searching:9.0f} mails/s")
    print(f"ratio             {sorting / searching:9.1f}")


if __name__ == "__main__":
    main()
