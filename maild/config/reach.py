"""Who may be spoken to without encryption: this machine and nobody else. The same rule for mail and for PostgreSQL."""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit


def is_loopback(host: str) -> bool:
    """Only addresses and the name localhost; what another name resolves to today proves nothing for tomorrow."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def url_problem(url: str) -> str:
    """What is wrong with the URL of a database, or nothing. The URL is never repeated: it may hold a password."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return "no es una dirección de base de datos; escriba sqlite:///maild.db o postgresql://usuario@servidor/base"
    if parts.scheme == "sqlite":
        return "" if parts.path.strip("/") and not parts.netloc else "falta el archivo; escriba sqlite:///maild.db"
    if parts.scheme not in ("postgresql", "postgresql+psycopg"):
        return "solo hay sqlite:///archivo y postgresql://usuario@servidor/base"
    options = parse_qs(parts.query)
    if "service" in options:
        return "«service» no se admite: escriba el servidor en la dirección, para que se vea si hace falta TLS"
    mode = options.get("sslmode", ["verify-full"])[-1]
    if mode != "verify-full" and not _stays_here(url):
        return f"sslmode={mode} no comprueba con quién se habla; quítelo (vale verify-full) o use un servidor local"
    return ""


def has_password(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.password) or "password" in parse_qs(parts.query)


def complete_url(url: str, password: str) -> str:
    """The URL as the store wants it: our driver, the password, and verified TLS unless the server is here."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if not _stays_here(url):
        options.setdefault("sslmode", "verify-full")
    place = parts.netloc
    if password:
        server = parts.netloc.rpartition("@")[2]
        place = f"{quote(unquote(parts.username or ''), safe='')}:{quote(password, safe='')}@{server}"
    return urlunsplit(("postgresql+psycopg", place, parts.path, urlencode(options, quote_via=quote), ""))


def _stays_here(url: str) -> bool:
    """Every server it may reach is this machine: a socket folder, a loopback address, or nothing named at all."""
    parts = urlsplit(url)
    options = parse_qs(parts.query)
    named = [parts.hostname or ""]
    for key in ("host", "hostaddr"):
        named += ",".join(options.get(key, [])).split(",")
    return all(not host or host.startswith("/") or is_loopback(host.partition(":")[0]) for host in named)
