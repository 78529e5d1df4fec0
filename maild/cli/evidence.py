"""Evidence of one ticket in a folder: its mails and letters as they came and left, its history, its conformities, hashes of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maild.core import conformity

if TYPE_CHECKING:
    from maild.house import House
    from maild.store.database import Tx


def write(tx: Tx, house: House, whole: Mapping[str, Any], folder: Path) -> list[str]:
    """Write it; the names of the files. Existing files are overwritten only by the same ticket's.

    `conformity.jsonl` has one line for each conformity: its kind, who gave it, when, the mail (Message-ID, SHA-256, file)
    that said it, and for a tacit one the letter that announced it.
    """
    from maild.store import letters, reports

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files: dict[str, bytes] = {}
    mails = reports.mails_of_ticket(tx, whole["number"])
    for mail in mails:
        files[f"mail-{mail['id']}.eml"] = house.raw.get(mail["sha256"])
    sent = [letters.shown(tx, row["id"]) for row in whole["letters"]]
    for letter in filter(None, sent):
        files[f"letter-{letter['id']}.eml"] = bytes(letter["raw"])
    person = house.desk.office.directory.by_address(whole["requester"]["address"])
    own = person.addresses if person else (whole["requester"]["address"],)
    found = [_proof(each, mails, sent, own) for each in conformity.read(whole["history"], own, house.desk.office.book)]
    files["conformity.jsonl"] = _lines(found)
    files["history.jsonl"] = _lines(whole["history"])
    files["ticket.json"] = _lines([{k: v for k, v in whole.items() if k not in ("history", "letters")}])
    sums = "".join(f"{hashlib.sha256(octets).hexdigest()}  {name}\n" for name, octets in sorted(files.items()))
    files["SHA256SUMS"] = sums.encode()
    for name, octets in files.items():
        (folder / name).write_bytes(octets)
    return sorted(files)


def _proof(each: conformity.Conformity, mails: list[Any], sent: list[Any], own: tuple[str, ...]) -> dict[str, Any]:
    proof: dict[str, Any] = {"kind": each.kind, "at": each.at, "by": each.by, "cause": each.cause}
    number = each.cause.partition(":")[2].partition(":")[0]
    said = next((m for m in mails if each.cause.startswith("inbound:") and str(m["id"]) == number), None)
    if said:
        proof["mail"] = {"message_id": said["message_id"], "sha256": said["sha256"], "file": f"mail-{said['id']}.eml"}
    if each.clock:
        proof["clock"] = each.clock
        told = [x for x in sent if x and x["recipient"] in own and x["created_at"] < each.at]
        if told:
            last = told[-1]
            proof["announced"] = {
                "message_id": last["message_id"],
                "state": last["state"],
                "sent_at": last["ended_at"],
                "sha256": hashlib.sha256(bytes(last["raw"])).hexdigest(),
                "file": f"letter-{last['id']}.eml",
            }
    return proof


def _lines(items: list[Any]) -> bytes:
    return "".join(json.dumps(i, ensure_ascii=False, default=str) + "\n" for i in items).encode("utf-8", "replace")
