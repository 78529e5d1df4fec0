"""What programs report through MAILER-DAEMON: an alert is understood although its form is that of a bounce; a bounce stays one."""

from __future__ import annotations

from typing import Any

from maild.simulate import Result, Story, play

PEOPLE: dict[str, Any] = {
    "red": {"address": "red@minem.test", "name": "Raúl Díaz", "role": "redes"},
    "bak": {"address": "MAILER-DAEMON@respaldo.minem.test", "name": "Bacula", "role": "maquina"},
}
GIVEN = {
    "ticket": "T1",
    "title": "Copia diaria",
    "type": "respaldo",
    "requester": "red",
    "responsible": "red",
    "state": "en_proceso",
    "tokens": ["MEM-TI06:3"],
    "facts": {"trabajo": "SQL-01"},
}


def reported(**mail: Any) -> Result:
    step = {"at": "2026-11-02T06:00:00-05:00", "mail": mail}
    form = {"id": "M-1", "profile": "minem", "people": PEOPLE, "given": [GIVEN], "steps": [step]}
    (result,) = play(Story.model_validate(form))
    return result


def kinds(result: Result) -> set[str]:
    return {code for code, _ in result.reasons}


def test_the_report_of_the_backup_moves_the_ticket_that_waits_for_it() -> None:
    empty_path = {"Return-Path": "<>", "Auto-Submitted": "auto-generated"}
    well = reported(
        **{"from": "bak"}, subject="Backup SQL-01 completed", body="Job: SQL-01\nTermination: OK", headers=empty_path
    )
    assert ("recognised" in kinds(well), well.ticket, well.tokens) == (True, "T1", ["MEM-TI06:5"])
    badly = reported(
        **{"from": "bak"}, subject="Backup SQL-01 failed", body="Undelivered blocks: 3\nJob: SQL-01", headers=empty_path
    )
    assert ("recognised" in kinds(badly), badly.tokens) == (True, ["MEM-TI06:3"])
    assert ("alerta", "red") in badly.out


def test_an_alert_in_the_form_of_a_failure_report_opens_its_ticket() -> None:
    body = "Host: srv-02\nService: SMTP\nState: CRITICAL\nGrupo: servidores\n550 user unknown"
    result = reported(**{"from": "bak"}, subject="PROBLEM: mail delivery failed on srv-02", body=body, opens="T2")
    assert (result.ticket, result.tokens) == ("T2", ["MEM-TI08:8"])


def test_what_no_rule_knows_and_what_a_stranger_sends_in_that_form_stays_a_bounce() -> None:
    plain = reported(
        **{"from": "bak"}, subject="Undelivered Mail Returned to Sender", body="I could not deliver your mail."
    )
    forged = reported(**{"from": "MAILER-DAEMON@afuera.test"}, subject="Backup SQL-01 completed", body="Job: SQL-01")
    for result in (plain, forged):
        assert "bounce-unproved" in kinds(result) and "recognised" not in kinds(result)
        assert (result.out, result.opened) == ([], [])
