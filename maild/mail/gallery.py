"""Letters as a folder to look at: those that were sent, or all that may be. index.html opens without server or network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import escape
from pathlib import Path

_STYLE = """
:root { color-scheme: light dark; --ink: #1b2430; --soft: #56616f; --ground: #eef1f4; --sheet: #fff; --rule: #dfe4ea;
  --action: #0b5cad }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8ecf1; --soft: #a9b4c1; --ground: #10141a; --sheet: #1a2029; --rule: #333d4a; --action: #9cc8ff }
}
* { box-sizing: border-box }
body { margin: 0; font: 16px/1.5 -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; color: var(--ink);
  background: var(--ground) }
header, main { max-width: 1080px; margin: auto; padding: 24px 20px 8px }
main { padding: 8px 20px 60px }
h1 { margin: 0; font-size: 24px }
header p { margin: 4px 0 0; color: var(--soft) }
details { background: var(--sheet); border: 1px solid var(--rule); border-radius: 10px; margin: 10px 0;
  overflow: hidden }
summary { display: grid; grid-template-columns: 9.5em minmax(0, 15em) minmax(0, 1fr); gap: 4px 16px; padding: 12px 16px;
  cursor: pointer; overflow-wrap: anywhere }
summary::-webkit-details-marker { display: none }
summary:hover { background: var(--ground) }
time, .to { color: var(--soft); font-size: 14px; line-height: 24px }
.what { display: block; font-weight: 600 }
.subject { color: var(--soft); font-size: 14px }
.views { display: flex; flex-wrap: wrap; gap: 8px; padding: 4px 16px 12px }
.views label { min-height: 44px; padding: 9px 16px; border: 1px solid var(--rule); border-radius: 8px; cursor: pointer }
.views label:has(input:checked) { border-color: var(--action); color: var(--action); font-weight: 600 }
.views input { margin: 0 6px 0 0 }
iframe, pre { display: none; margin: 0 auto 16px; border: 1px solid var(--rule); border-radius: 8px; background: #fff }
iframe { height: 760px; width: calc(100% - 32px) }
iframe.phone { width: 375px; max-width: calc(100% - 32px) }
pre { margin: 0 16px 16px; padding: 16px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--sheet);
  font-size: 14px }
details:has(.desktop-on:checked) .desktop, details:has(.phone-on:checked) .phone,
details:has(.text-on:checked) pre { display: block }
@media (max-width: 640px) { summary { grid-template-columns: minmax(0, 1fr) } }
"""
_SIDE_BY_SIDE = """
header, main { max-width: 1400px }
summary { grid-template-columns: minmax(0, 1fr) minmax(0, 16em) }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 620px), 1fr)); gap: 0 8px }
details:has(.phone-on:checked) .pair { grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)) }
.pair section { min-width: 0 }
.pair h2 { margin: 8px 16px; font-size: 15px }
.pair iframe, .pair pre { height: 640px; overflow: auto }
details:has(.phone-on:checked) iframe { display: block; width: 320px; max-width: calc(100% - 32px) }
details:has(.desktop-on:checked) iframe { display: block }
nav { margin: 16px 0 }
nav a { display: inline-block; min-height: 44px; padding: 10px 12px; color: var(--action) }
"""
# No scripts, no forms, no way out of the frame except a button: a mailto link may leave it.
_FRAME = 'sandbox="allow-popups allow-top-navigation-by-user-activation" loading="lazy"'
_VIEWS = (("desktop-on", "Computadora"), ("phone-on", "Teléfono"), ("text-on", "Texto"))


def gallery(folder: Path, letters: Sequence[tuple[datetime, bytes]], title: str = "Cartas enviadas") -> Path:
    """Write index.html with every letter in order, each as a computer, a phone and a plain text reader shows it."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = "\n".join(_entry(number, when, raw) for number, (when, raw) in enumerate(letters, start=1))
    count = f"{len(letters)} cartas, en el orden en que salieron. Elija una para leerla como la ve quien la recibe."
    page = (
        '<!DOCTYPE html>\n<html lang="es">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<header><h1>{escape(title)}</h1>\n<p>{count}</p></header>\n"
        f"<main>\n{entries}\n</main>\n</body>\n</html>\n"
    )
    index = folder / "index.html"
    index.write_text(page, encoding="utf-8")
    return index


@dataclass(frozen=True, slots=True)
class Entry:
    """One letter to look at: what it is, for whom, where it is written, and its bytes by language."""

    name: str
    group: str
    note: str
    mails: Mapping[str, bytes]


_LANGUAGES = {"es": "Español", "en": "English"}


def side_by_side(folder: Path, entries: Sequence[Entry], title: str) -> Path:
    """Write index.html with every letter in its languages beside each other, grouped by reader, and each as an .eml file."""
    folder.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[str]] = {}
    for number, entry in enumerate(entries, start=1):
        groups.setdefault(entry.group, []).append(_pair(number, entry))
        for language, raw in entry.mails.items():
            (folder / f"{number:03d}-{entry.name}-{language}.eml").write_bytes(raw)
    links = "".join(f'<a href="#{escape(group)}">{escape(group)}</a>' for group in groups)
    body = "\n".join(f'<h1 id="{escape(group)}">{escape(group)}</h1>\n' + "\n".join(e) for group, e in groups.items())
    page = (
        '<!DOCTYPE html>\n<html lang="es">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}{_SIDE_BY_SIDE}</style>\n</head>\n<body>\n<header><h1>{escape(title)}</h1>\n"
        f"<p>{len(entries)} cartas. Abra una para leerla en español y en inglés.</p>"
        f"<nav>{links}</nav></header>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
    index = folder / "index.html"
    index.write_text(page, encoding="utf-8")
    return index


def _pair(number: int, entry: Entry) -> str:
    sides = []
    for language, raw in entry.mails.items():
        mail = message_from_bytes(raw, policy=default)
        subject, text, page = escape(str(mail["Subject"])), _part(mail, "plain"), escape(_part(mail, "html"))
        sides.append(
            f'<section lang="{language}"><h2>{_LANGUAGES.get(language, language)} · {subject}</h2>'
            f'<iframe {_FRAME} title="{subject}" srcdoc="{page}"></iframe><pre>{escape(text)}</pre></section>'
        )
    first = message_from_bytes(next(iter(entry.mails.values())), policy=default)
    return (
        f'<details><summary><span><span class="what">{escape(_heading(_part(first, "plain")))}</span>'
        f'<span class="subject">{escape(entry.name)}</span></span><span class="to">{escape(entry.note)}</span>'
        f'</summary>\n{_views(number)}\n<div class="pair">{"".join(sides)}</div></details>'
    )


def _entry(number: int, when: datetime, raw: bytes) -> str:
    mail = message_from_bytes(raw, policy=default)
    subject, text = escape(str(mail["Subject"] or "(sin asunto)")), _part(mail, "plain")
    page = escape(_part(mail, "html"))
    return (
        f"<details{' open' if number == 1 else ''}><summary>"
        f'<time datetime="{when.isoformat()}">{when:%d/%m/%Y %H:%M}</time>'
        f'<span class="to">{escape(str(mail["To"] or ""))}</span>'
        f'<span><span class="what">{escape(_heading(text))}</span><span class="subject">{subject}</span></span>'
        f"</summary>\n{_views(number)}\n"
        f'<iframe class="desktop" {_FRAME} title="{subject}" srcdoc="{page}"></iframe>\n'
        f'<iframe class="phone" {_FRAME} title="{subject} (teléfono)" srcdoc="{page}"></iframe>\n'
        f"<pre>{escape(text)}</pre></details>"
    )


def _views(number: int) -> str:
    choices = "".join(
        f'<label><input type="radio" name="view{number}" class="{kind}"{" checked" if at == 0 else ""}>{label}</label>'
        for at, (kind, label) in enumerate(_VIEWS)
    )
    return f'<div class="views" role="radiogroup" aria-label="Cómo verla">{choices}</div>'


def _heading(text: str) -> str:
    """What our letters say first, below the line for replies."""
    return next((line for line in text.splitlines() if line.strip() and not line.startswith("—")), "")


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""
