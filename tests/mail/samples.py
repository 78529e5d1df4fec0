"""The real mails the tests read: a licence-clean selection of other projects' fixtures, and our own Spanish ones."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[1] / "data" / "mails"
CORPORA = Path(__file__).parents[3] / "shared" / "corpora"  # beside the checkout, where there is one
_NO_MAIL = {"LICENCE.txt", "README.txt", ".gitattributes"}


def copied() -> list[Path]:
    """The mails that are part of this repository."""
    return sorted(path for path in DATA.rglob("*") if path.is_file() and path.name not in _NO_MAIL)


def every() -> list[Path]:
    """All the mails at hand: the large corpora where they stand beside the checkout, and always our own."""
    return sorted(path for path in CORPORA.glob("*/mails/*") if path.is_file()) + copied()


def spanish(name: str) -> bytes:
    return (DATA / "es" / name).read_bytes()
