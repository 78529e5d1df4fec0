"""Who may be spoken to, and how: certificates are always verified, plain text only reaches this very machine."""

from __future__ import annotations

import ipaddress
import ssl
from typing import Literal

Tls = Literal["implicit", "starttls", "none"]


def verifying_context(ca_file: str | None) -> ssl.SSLContext:
    """Make a context that checks chain and host name, TLS 1.2 at least. With `ca_file` only that authority counts."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: 127.0.0.0/8, ::1 or the name localhost. No other name is looked up."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
