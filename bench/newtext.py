"""How well new text is told from quotations, signatures and notices: the 522 labelled mails of ../shared/mails/dev.

    .venv/bin/python -m bench.newtext [--fails]

Everything is measured through `maild parse --json`: the new text against the authored one (white space folded), words of
the author that are gone, and whether the lines of the authored signature and notice lie inside spans that were cut.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

DEV = Path(__file__).parents[2] / "shared" / "mails" / "dev"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--fails", action="store_true", help="show every mail that is read otherwise")
    options.add_argument("--dev", type=Path, default=DEV, help="folder with texts.jsonl and the mails it names")
    given = options.parse_args()
    labels = given.dev / "texts.jsonl"
    if not labels.exists():
        print(f"new text: no labelled mails at {given.dev}")
        return 0
    authored = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    understood = _understood([given.dev / each["file"] for each in authored])
    count: Counter[str] = Counter()
    for each, mail in zip(authored, understood, strict=True):
        verdict = judge(each, mail)
        count.update(verdict)
        if given.fails and (not verdict["exact"] or verdict["lost"]):
            print(
                f"--- {each['file']} {each['client']} {each['quote_kind']}\n{each['new_text']}\n=>\n{mail['new_text']}"
            )
    print(
        f"new text    {count['exact']}/{count['mails']} equal, {count['lost']} with lost words;"
        f" chains {count['exact_chain']}/{count['chain']}\n"
        f"signatures  {count['signature']}/{count['signatures']} recognised\n"
        f"notices     {count['disclaimer']}/{count['disclaimers']} recognised\n"
        f"forwards    {count['forward']}/{count['forwards']} unpacked"
    )
    return 0


def _understood(paths: list[Path]) -> list[dict[str, Any]]:
    folders = sorted({str(path.parent) for path in paths})
    command = [str(Path(sys.executable).with_name("maild")), "parse", "--json", *folders]
    answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True, encoding="utf-8")
    by_file = {mail["file"]: mail for mail in map(json.loads, answer.stdout.splitlines())}
    return [by_file[str(path)] for path in paths]


def judge(authored: dict[str, Any], mail: dict[str, Any]) -> Counter[str]:
    """What one mail adds to each count."""
    wanted, got = authored["new_text"].split(), mail["new_text"].split()
    exact, chain = wanted == got, authored["quote_kind"] is not None
    verdict: Counter[str] = Counter(mails=1, exact=exact, chain=chain, exact_chain=chain and exact)
    verdict["lost"] = bool(Counter(wanted) - Counter(got))
    for kind in ("signature", "disclaimer"):
        if authored[kind]:
            verdict[f"{kind}s"] = 1
            verdict[kind] = _lies_in(authored[kind], _cut(mail, kind))
    if authored["quote_kind"] == "fwd":
        verdict["forwards"] = 1
        verdict["forward"] = mail["forwarded"] is not None
    return verdict


def _cut(mail: dict[str, Any], kind: str) -> str:
    return " ".join(mail["text"][cut["start"] : cut["end"]] for cut in mail["cuts"] if cut["kind"] == kind)


def _lies_in(authored: str, cut: str) -> bool:
    """All the authored words, in order, whatever the line breaks."""
    return " ".join(authored.split()) in " ".join(cut.split())


if __name__ == "__main__":
    sys.exit(main())
