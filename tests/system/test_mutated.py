"""Damaged mails through the whole daemon: each ends in a row with a last state, whole on the disk, and the house stands."""

from __future__ import annotations

from pathlib import Path

from bench.mutated import Ledger, play
from tests.system.servers import Servers

MAILS = 440


def test_every_damaged_mail_is_accounted_for_by_both_doors(dovecot: Servers, helpdesk: str, tmp_path: Path) -> None:
    ledger = play(dovecot, tmp_path, MAILS)
    assert ledger.problems() == []
    assert sum(ledger.states.values()) == MAILS + 2
    assert ledger.ordinary == ["done", "done"]  # the ones that came last, by each door, were served


def test_the_ledger_sees_what_is_missing() -> None:
    whole = Ledger(sent=3, states={"done": 2, "parked": 1}, ordinary=["done"], left=0, filed=3)
    assert whole.problems() == []
    for wrong in (
        {"states": {"done": 2}},
        {"states": {"done": 2, "stored": 1}},
        {"absent": 1},
        {"left": 1},
        {"unfiled": 1},
        {"faults": 1},
    ):
        fields = {"sent": 3, "states": {"done": 2, "parked": 1}, "ordinary": ["done"], "left": 0, "filed": 3} | wrong
        assert Ledger(**fields).problems() != []  # type: ignore[arg-type]
