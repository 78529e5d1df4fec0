"""The command line as a shell sees it: what it prints where, and with which exit code."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from maild.cli import main as cli
from maild.cli.call import Call
from maild.cli.output import Output
from maild.errors import (
    ConfigError,
    MaildError,
    MailError,
    PermanentError,
    Problem,
    RulesError,
    TransientError,
    UsageError,
)
from tests.system.servers import Servers
from tests.system.settings import DOMAIN, PASSWORD

HOME = Path(cli.__file__).parents[2]


def maild(*arguments: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("MAILD_")}
    return subprocess.run(
        [sys.executable, "-m", "maild", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder or "/",
        env={**inherited, "PYTHONPATH": str(HOME), **environment},
        check=False,
    )


def told(run: subprocess.CompletedProcess[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in run.stdout.splitlines()]


# Help and usage -------------------------------------------------------------------------------------------------------


def test_the_help_names_every_command_and_imports_none_of_their_libraries() -> None:
    code = (
        "import sys\nfrom maild.cli.main import main\nmain(['--help'])\n"
        "heavy = {'pydantic', 'sqlalchemy', 'imapclient', 'aiosmtplib', 'jinja2', 'apscheduler', 'rich', 'mailparser',"
        " 'markdown_it', 'selectolax', 'asyncio', 'alembic'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOME, check=True)
    assert run.stderr == "[]\n"
    for name, (_, text) in cli.COMMANDS.items():
        assert f"  {name}" in run.stdout
        assert text.split()[0] in run.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_of_the_table_exists_and_has_its_own_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert f"maild {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chek"], "¿quiso decir «check»?"),
        (["zzz"], "las que hay: init, check"),
        (["--confg", "x", "check"], "¿quiso decir --config?"),
        (["check", "--jsn"], "¿quiso decir --json?"),
        (["init"], "falta 'FOLDER'"),
    ],
)
def test_wrong_usage_is_answered_with_what_was_probably_meant(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(arguments) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.out == ""


# What an error means to the shell -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError([Problem("config.toml", "smtp", "falta «host»")]), 78),
        (RulesError([Problem("catalogue.toml", "", "no existe")]), 78),
        (UsageError("no hay ticket 7"), 2),
        (MailError("not a mail"), 2),
        (TransientError("locked"), 75),
        (PermanentError("refused"), 1),
        (MaildError("?"), 1),
        (OSError(28, "No space left on device", "/var/lib/maild"), 75),
        (ZeroDivisionError("a fault of ours"), 75),
    ],
)
def test_each_kind_of_error_has_its_exit_code_and_no_traceback(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise error

    monkeypatch.delenv("MAILD_DEBUG", raising=False)
    monkeypatch.setattr(Call, "find", fails)
    assert cli.main(["doctor", "--json"]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(("MD", "MD000"))
    assert "Traceback" not in printed.err


def test_a_traceback_is_shown_to_whoever_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setenv("MAILD_DEBUG", "1")
    monkeypatch.setattr(Call, "find", fails)
    assert cli.main(["doctor"]) == 75
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_error(tmp_path: Path) -> None:
    assert maild("init", str(tmp_path / "desk")).returncode == 0
    shell = f"{sys.executable} -m maild --config {tmp_path}/desk/config.toml check --json | head -n 1"
    run = subprocess.run(
        ["/bin/sh", "-c", shell], capture_output=True, text=True, cwd="/", env={**os.environ, "PYTHONPATH": str(HOME)}
    )
    assert "Traceback" not in run.stderr
    assert "BrokenPipe" not in run.stderr


# What a command prints ------------------------------------------------------------------------------------------------


def test_json_lines_are_utf8_and_one_object_each_whatever_they_hold(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    out = Output(as_json=True)
    out.tell("para personas")
    out.table(["a"], [["b"]])
    out.line({"subject": "atención\n\udce9", "problem": Problem("a", "b", "c"), "seen": {"b", "a"}, "none": None})
    printed = capsysbinary.readouterr().out
    assert printed.count(b"\n") == 1
    assert "atención".encode() in printed
    assert json.loads(printed) == {
        "subject": "atención\n\udce9",
        "problem": {"file": "a", "key": "b", "text": "c"},
        "seen": ["a", "b"],
        "none": None,
    }


def test_a_table_in_a_pipe_is_one_line_per_row_and_no_escape_of_a_sender(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output()
    out.table(["ticket", "asunto"], [[1, "No\timprime\n\x1b[2J"], [2, "Red"]])
    out.line({"never": "without --json"})
    assert capsys.readouterr().out == "1\tNo imprime �[2J\n2\tRed\n"


def test_a_long_work_without_a_watcher_just_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(Output().progress(iter([1, 2]), 2, "correos")) == [1, 2]
    assert capsys.readouterr() == ("", "")


# init and check -------------------------------------------------------------------------------------------------------


def test_what_init_writes_only_waits_for_the_names_of_ones_own_servers(tmp_path: Path) -> None:
    run = maild("init", "desk", folder=tmp_path)
    assert run.returncode == 0
    folder = tmp_path / "desk"
    assert stat.S_IMODE((folder / "secrets" / "token-key").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "storage").stat().st_mode) == 0o700
    checked = maild("--config", "desk/config.toml", "check", "--json", folder=tmp_path)
    assert checked.returncode == 78
    keys = {problem["key"] for problem in told(checked) if problem["file"] == "config.toml"}
    assert keys == {"desk.address", "desk.operator", "mailbox", "mailbox.host", "smtp", "smtp.host"}


def test_once_they_are_filled_in_the_configuration_is_in_order(tmp_path: Path) -> None:
    maild("init", "desk", folder=tmp_path)
    config = tmp_path / "desk" / "config.toml"
    config.write_text(config.read_text().replace("entidad.example", "muni.example"))
    password = tmp_path / "desk" / "secrets" / "mailbox-password"
    password.write_text("clave\n")
    password.chmod(0o600)
    run = maild("check", "--json", folder=tmp_path / "desk")
    assert [problem for problem in told(run) if problem["file"] in ("config.toml", "people.toml")] == []


def test_init_makes_another_key_each_time_and_overwrites_nothing(tmp_path: Path) -> None:
    keys = []
    for name in ("one", "two"):
        maild("init", name, folder=tmp_path)
        keys.append((tmp_path / name / "secrets" / "token-key").read_text())
    assert keys[0] != keys[1]
    (tmp_path / "one" / "config.toml").unlink()
    again = maild("init", "one", folder=tmp_path)
    assert again.returncode == 2
    assert "ya existe" in again.stderr
    assert not (tmp_path / "one" / "config.toml").exists()
    assert (tmp_path / "one" / "secrets" / "token-key").read_text() == keys[0]


def test_an_unknown_profile_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    run = maild("init", "desk", "--profile", "bsae", folder=tmp_path)
    assert run.returncode == 2
    assert "¿quiso decir «base»?" in run.stderr
    assert not (tmp_path / "desk").exists()


def test_where_there_is_no_configuration_the_way_to_one_is_told(tmp_path: Path) -> None:
    run = maild("check", "--json", MAILD_CONFIG=str(tmp_path / "no.toml"))
    assert run.returncode == 78
    assert "maild init" in told(run)[0]["text"]


# doctor, on real servers ----------------------------------------------------------------------------------------------


def desk(folder: Path, servers: Servers, user: str) -> Path:
    """A configuration of this rig, with verified TLS for mailbox and relay."""
    assert maild("init", str(folder)).returncode == 0
    (folder / "password").write_text(f"{PASSWORD}\n")
    (folder / "password").chmod(0o600)
    account = f'user = "{user}@{DOMAIN}"\nca_file = "{servers.ca_file}"\npassword_file = "password"\n'
    (folder / "config.toml").write_text(
        f'[desk]\naddress = "{user}@{DOMAIN}"\noperator = "operator@{DOMAIN}"\n'
        f'[mailbox]\nhost = "localhost"\nport = {servers.imaps_port}\n{account}'
        f'[smtp]\nhost = "localhost"\nport = {servers.submission_port}\n{account}'
    )
    return folder / "config.toml"


def states(run: subprocess.CompletedProcess[str]) -> dict[str, str]:
    return {line["tried"].partition(" · ")[0].strip(): line["state"] for line in told(run)}


def test_doctor_finds_real_servers_in_order_and_sends_nothing(tmp_path: Path, servers: Servers, helpdesk: str) -> None:
    servers.wipe("operator")
    config = desk(tmp_path / "desk", servers, helpdesk)
    run = maild("--config", str(config), "doctor", "--json")
    found = states(run)
    assert found.pop("base de datos") == "warning"  # not made yet: the daemon's first start or `maild db upgrade`
    assert set(found.values()) == {"ok"}, run.stdout
    assert set(found) >= {"buzón", "envío", "disco", "reloj", "secretos", "programa"}
    assert run.returncode == 0
    assert servers.count("operator") == 0
    assert servers.count(helpdesk) == 0


def test_doctor_says_which_door_is_shut_and_goes_on_to_the_next(
    tmp_path: Path, servers: Servers, helpdesk: str
) -> None:
    config = desk(tmp_path / "desk", servers, helpdesk)
    (config.parent / "password").write_text("wrong\n")
    run = maild("--config", str(config), "doctor", "--json")
    by_name = {line["tried"]: line for line in told(run)}
    assert run.returncode == 1
    assert "contraseña" in by_name["buzón · mailbox mailbox"]["answer"]
    assert by_name["envío · smtp"]["state"] == "failed"
    assert by_name["envío · smtp"]["answer"].startswith("auth: 535")
    assert "wrong" not in run.stdout + run.stderr


def test_doctor_refuses_a_certificate_that_nobody_vouches_for(tmp_path: Path, servers: Servers, helpdesk: str) -> None:
    config = desk(tmp_path / "desk", servers, helpdesk)
    config.write_text(config.read_text().replace(f'ca_file = "{servers.ca_file}"\n', ""))
    run = maild("--config", str(config), "doctor", "--json")
    answers = {line["tried"]: line["answer"] for line in told(run)}
    assert run.returncode == 1
    assert "certificado" in answers["buzón · mailbox mailbox"]
    assert answers["envío · smtp"].startswith("tls: ")
