"""Where the rules, templates and example that come with the program lie."""

from __future__ import annotations

from pathlib import Path

from maild.errors import UsageError

_PACKAGE = Path(__file__).resolve().parent.parent


def shipped(name: str) -> Path:
    """`rules`, `templates` or `config.example.toml`: inside an installed wheel, or beside the program in a clone."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.exists() else _PACKAGE.parent / name


def rules_called(name: str) -> Path:
    """The folder of rules that somebody names: a folder of his own, here or in `rules/` here, else one that comes with the program.

    Raises UsageError, naming the shipped ones, where there is none.
    """
    for folder in (Path(name), Path("rules") / name, shipped("rules") / name):
        if (folder / "institution.toml").is_file():
            return folder.resolve()
    known = ", ".join(sorted(p.name for p in shipped("rules").iterdir() if p.is_dir()))
    raise UsageError(
        f"no hay reglas «{name}»: ni una carpeta así, ni rules/{name} aquí; las que vienen: {known} / no such rules"
    )
