"""Every letter against the data of caniemail.com, by hand: `python -m tests.mail.caniemail` (needs node and npm).

It is no part of `make test`, which needs no second language and no network: tests/mail/test_mail_support.py holds our own,
stricter list. Here somebody else's list is asked. What a program is allowed to leave out stands below with what is lost.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mail.letter_samples import composer, hostile, names, ordinary

PACKAGE = "caniemail@2.0.2"
CLIENTS = ["outlook.windows", "outlook.outlook-com", "gmail.*", "apple-mail.*"]
# Left out by some program, and nothing lost.
EXTRAS = {
    "color-scheme CSS property": "dark mode is then the program's own",
    "color-scheme meta tag": "the same",
    "Attribute selector": "dark mode of Outlook's app only",
    "@media": "dark mode and full-width buttons on a phone only",
    "<style> element": "the same: everything else is inline",
    "Type selector": "the same",
    "Class selector": "the same",
    "Descendant combinator": "the same",
    "max-height property": "the preview line: hidden by display and mso-hide",
    "overflow": "the same",
    "display:none": "the preview line: seen at the top by Gmail in a phone's browser",
    "white-space": "a ticket's mark may break at its hyphens",
    "border-radius": "corners are square",
    "overflow-wrap": "word-break says it too",
}
_ASK = """
import {caniemail} from 'caniemail'; import fs from 'fs';
const [pages, clients] = JSON.parse(fs.readFileSync('pages.json'));
const found = {};
for (const [name, html] of Object.entries(pages))
  for (const [client, issues] of caniemail({clients, html}).issues.errors)
    for (const issue of issues) (found[issue.title] ??= {})[client] = name;
console.log(JSON.stringify(found));
"""


def main() -> int:
    writer = composer()
    pages = {f"{n} {make.__name__}": writer.render(make(n)).html for n in names() for make in (ordinary, hostile)}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "pages.json").write_text(json.dumps([pages, CLIENTS]), encoding="utf-8")
        (folder / "ask.mjs").write_text(_ASK, encoding="utf-8")
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts", PACKAGE], cwd=folder, check=True)
        asked = subprocess.run(["node", "ask.mjs"], cwd=folder, check=True, capture_output=True, text=True)
    found: dict[str, dict[str, str]] = json.loads(asked.stdout)
    for feature, where in sorted(found.items()):
        said = EXTRAS.get(feature, "NOT ALLOWED, e.g. " + next(iter(where.values())))
        sys.stdout.write(f"{feature} ({', '.join(sorted(where))}): {said}\n")
    wrong = set(found) - set(EXTRAS)
    sys.stdout.write(
        f"{len(pages)} pages, {len(found)} features left out by some program, {len(wrong)} of them not allowed\n"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
