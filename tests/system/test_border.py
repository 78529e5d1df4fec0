"""`maild doctor auth` on real servers: a probe with forged stamps through Postfix into Dovecot, and what would be believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.system.servers import Servers
from tests.system.settings import DOMAIN, PASSWORD
from tests.system.test_cli import maild

OWN = f"mx.{DOMAIN}"


def folder(path: Path, servers: Servers, user: str, security: str) -> Path:
    assert maild("init", str(path)).returncode == 0
    (path / "password").write_text(f"{PASSWORD}\n")
    (path / "password").chmod(0o600)
    (path / "config.toml").write_text(
        f'[desk]\naddress = "{user}@{DOMAIN}"\noperator = "operator@{DOMAIN}"\n'
        f'[mailbox]\nhost = "localhost"\nport = {servers.imaps_port}\nuser = "{user}@{DOMAIN}"\n'
        f'ca_file = "{servers.ca_file}"\npassword_file = "password"\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {servers.smtp_port}\ntls = "none"\n'
        f"[security]\n{security}\n"
    )
    return path / "config.toml"


# This rig's Postfix neither stamps nor strips: what an outsider writes arrives as he wrote it.
@pytest.mark.parametrize(
    ("security", "believed"),
    [
        ('authentication_results = "none"', False),
        (f'authentication_results = "authserv_id"\nauthserv_ids = ["{OWN}"]', True),
        (f'authentication_results = "authserv_id"\nauthserv_ids = ["{OWN}"]\nborder_hosts = ["{OWN}"]', False),
    ],
)
def test_a_probe_from_outside_shows_whether_forged_stamps_would_be_believed(
    tmp_path: Path, servers: Servers, helpdesk: str, security: str, believed: bool
) -> None:
    config = folder(tmp_path / "desk", servers, helpdesk, security)
    run = maild("--config", str(config), "doctor", "auth", "--via", f"127.0.0.1:{servers.smtp_port}", "--json")
    found = json.loads(run.stdout.splitlines()[0])
    assert (found["probe"], found["believed"], run.returncode) == (True, believed, int(believed)), run.stderr


def test_a_mail_that_arrived_shows_its_stamps_and_which_setting_would_believe_them(
    tmp_path: Path, servers: Servers, helpdesk: str
) -> None:
    config = folder(tmp_path / "desk", servers, helpdesk, 'authentication_results = "none"')
    mail = tmp_path / "llegado.eml"
    mail.write_bytes(
        f"Authentication-Results: {OWN}; dmarc=pass header.from={DOMAIN}\r\nFrom: ana@{DOMAIN}\r\nSubject: hola\r\n\r\nhola\r\n".encode()
    )
    run = maild("--config", str(config), "doctor", "auth", str(mail))
    assert run.returncode == 0
    assert f'authserv_ids = ["{OWN}"]' in run.stdout
    assert maild("--config", str(config), "doctor", "auth").returncode == 2
