"""The systemd unit keeps the daemon in its place."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

UNIT = Path(__file__).parents[2] / "systemd" / "maild.service"
TEXT = UNIT.read_text("utf-8")

# RELIABILITY §4.13. What it may not do does not depend on a program that measures it.
NEEDED = """
Type=notify WatchdogSec=120 Restart=always RestartSec=5 StartLimitIntervalSec=0 KillMode=mixed TimeoutStopSec=90
User=maild UMask=0077 StateDirectoryMode=0700 NoNewPrivileges=yes CapabilityBoundingSet= AmbientCapabilities=
ProtectSystem=strict ProtectHome=yes PrivateTmp=yes PrivateDevices=yes PrivateUsers=yes PrivateMounts=yes
ProtectProc=invisible ProcSubset=pid ProtectKernelTunables=yes ProtectKernelModules=yes ProtectKernelLogs=yes
ProtectControlGroups=yes ProtectClock=yes ProtectHostname=yes RestrictNamespaces=yes RestrictRealtime=yes
RestrictSUIDSGID=yes LockPersonality=yes MemoryDenyWriteExecute=yes RemoveIPC=yes KeyringMode=private
SystemCallArchitectures=native SystemCallFilter=@system-service DevicePolicy=closed LimitCORE=0 OOMPolicy=continue
"""


def test_everything_that_keeps_it_in_its_place_is_there() -> None:
    lines = TEXT.splitlines()
    assert [directive for directive in NEEDED.split() if directive not in lines] == []


def test_the_credentials_are_named_as_the_program_looks_for_them() -> None:
    names = re.findall(r"^LoadCredential=([a-z-]+):", TEXT, re.MULTILINE)
    assert names == ["token-key", "mailbox-password", "smtp-password"]


def test_the_whole_is_worth_what_we_say_where_systemd_can_measure_it(tmp_path: Path) -> None:
    with_addresses = tmp_path / "maild.service"
    with_addresses.write_text(re.sub(r"^#(IPAddress.*?)( 192\.0\.2\.10)?$", r"\1", TEXT, flags=re.MULTILINE))
    assert "\nIPAddressDeny=any\nIPAddressAllow=localhost\n" in with_addresses.read_text()
    measure = shutil.which("systemd-analyze")
    for unit, most in ((UNIT, 1.2), (with_addresses, 1.0)) if measure else ():
        run = subprocess.run([measure or "", "security", "--offline=true", str(unit)], capture_output=True, text=True)
        found = re.search(r"exposure level for \S+: ([0-9.]+)", run.stdout)
        assert found, run.stderr
        assert float(found[1]) <= most
