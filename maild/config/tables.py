"""The tables of config.toml, one form each. config.example.toml says the same in words; a test compares the two."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from maild.config.reach import has_password, is_ip, is_loopback, url_problem
from maild.config.secret import Secret
from maild.forms import (
    Count,
    Duration,
    Field,
    FilePath,
    Flag,
    Form,
    HiddenText,
    Line,
    MailAddress,
    MailDomain,
    Rest,
    Size,
    Zone,
    checked,
)

# A file's ending without the dot, or its content type.
FileRule = Annotated[str, Field(pattern=r"^([a-z0-9]{1,10}|[a-z0-9]+/[a-z0-9.+-]+)$")]
# What runs when it is opened on Windows, and what nobody sends by hand.
FORBIDDEN_FILES = (
    "ade", "adp", "appx", "bat", "chm", "cmd", "cpl", "exe", "hta", "ins", "isp", "jar", "js", "jse", "lnk", "mde", "msc",
    "msi", "msix", "msp", "mst", "pif", "ps1", "reg", "scr", "sct", "vb", "vbe", "vbs", "wsc", "wsf", "wsh",
    "application/x-msdownload", "application/x-dosexec",
)  # fmt: skip


class Desk(Form):
    name: Line = "Mesa de Ayuda"
    institution: Line = ""
    phone: Line = ""
    logo: FilePath | None = None
    address: MailAddress
    operator: MailAddress
    domains: tuple[MailDomain, ...] = ()  # none: the domain of `address`
    zone: Zone = ZoneInfo("America/Lima")
    language: Literal["es", "en"] = "es"
    profile: str = Field(default="base", pattern=r"^[a-z0-9_-]+$")
    key: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9]{1,9}$")  # none: the profile's
    rules: FilePath | None = None
    templates: FilePath | None = None
    people: FilePath = Field(default=Path("people.toml"), validate_default=True)
    strangers: Literal["create", "review", "refuse"] = "review"
    plus_address: Flag = False


class Account(Form):
    """A server and how one gets in: what the mailbox and the sending server have in common."""

    host: Line = Field(min_length=1)
    port: Count = Field(default=0, ge=1, le=65_535)
    tls: Literal["implicit", "starttls", "none"] = "implicit"
    ca_file: FilePath | None = None
    user: Line = ""
    auth: Literal["password", "xoauth2"] = "password"
    password_file: FilePath | None = None
    password_env: Line | None = None
    password: HiddenText | None = None
    token_file: FilePath | None = None
    timeout: Duration = Field(default=timedelta(seconds=60), ge=timedelta(seconds=5), le=timedelta(minutes=10))

    @checked
    def _plain_text_stays_here(self) -> Self:
        if self.tls == "none" and not is_loopback(self.host):
            raise ValueError(
                'tls = "none" solo vale hacia esta misma máquina (localhost); escriba "implicit" o "starttls"'
            )
        return self

    @checked
    def _one_source(self) -> Self:
        given = [key for key in ("password_file", "password_env", "password") if getattr(self, key)]
        if len(given) > 1:
            raise ValueError(f"deje una sola de estas claves: {', '.join(given)}")
        if self.auth == "xoauth2" and given:
            raise ValueError(f'con auth = "xoauth2" se usa token_file, no {given[0]}')
        if self.auth == "password" and self.token_file:
            raise ValueError('token_file pide auth = "xoauth2"')
        return self

    def secret_named(self, account: str) -> Secret:
        if self.auth == "xoauth2":
            return Secret(f"{account}-token", self.token_file)
        return Secret(f"{account}-password", self.password_file, self.password_env or "", _shown(self.password))


class Mailbox(Account):
    name: str = Field(default="mailbox", pattern=r"^[a-z0-9_-]{1,40}$")
    port: Count = Field(default=993, ge=1, le=65_535)
    user: Line = Field(min_length=1)
    folder: Line = "INBOX"
    done_folder: Line = "Procesados"
    review_folder: Line = "Revisar"
    poll: Duration = Field(default=timedelta(seconds=60), ge=timedelta(seconds=1), le=timedelta(hours=1))
    idle: Duration = Field(default=timedelta(minutes=9), le=timedelta(minutes=29))  # RFC 2177: servers hang up at 30
    ingest_since: date | None = None

    @property
    def secret(self) -> Secret:
        return self.secret_named(self.name)

    @checked
    def _folders_differ(self) -> Self:
        if len({self.folder, self.done_folder, self.review_folder}) < 3:
            raise ValueError("folder, done_folder y review_folder tienen que ser tres carpetas distintas")
        return self


class Smtp(Account):
    port: Count = Field(default=587, ge=1, le=65_535)
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    helo: Line | None = None  # none: the domain of the desk's address
    dkim_selector: str = Field(default="", pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$")  # none: not signed here
    dkim_domain: MailDomain | None = None  # none: the domain of the desk's address
    dkim_key_file: FilePath | None = None

    @property
    def secret(self) -> Secret:
        return self.secret_named("smtp")

    @property
    def dkim_key(self) -> Secret:
        return Secret("dkim-key", self.dkim_key_file)


class Letters(Form):
    """How letters go out: folded, in quiet hours, which of them only pass on what the reader has already, and how long
    they wait for an undo."""

    fold: Duration = Field(default=timedelta(0), le=timedelta(hours=1))
    patient: tuple[Line, ...] = ("avance", "asignacion", "tarea", "derivacion", "nota_usuario", "cierre")
    quiet: Rest | None = None
    spare: tuple[Line, ...] = ("avance", "nota_usuario")
    undo_wait: Duration = Field(default=timedelta(minutes=1), le=timedelta(minutes=30))


class Database(Form):
    url: str = "sqlite:///maild.db"
    password_file: FilePath | None = None
    password_env: Line | None = None
    password: HiddenText | None = None

    @property
    def secret(self) -> Secret:
        return Secret("database-password", self.password_file, self.password_env or "", _shown(self.password))

    @checked
    def _verified(self) -> Self:
        if problem := url_problem(self.url):
            raise ValueError(f"url: {problem}")
        if has_password(self.url):
            raise ValueError("url: la contraseña no va en la dirección; use password_file")
        return self


class Storage(Form):
    folder: FilePath = Field(default=Path("storage"), validate_default=True)


class Security(Form):
    key_file: FilePath = Field(default=Path("secrets/token-key"), validate_default=True)
    authentication_results: Literal["none", "authserv_id", "topmost_no_id"] = "none"
    authserv_ids: tuple[Line, ...] = ()
    border_hosts: tuple[Line, ...] = ()
    policy: Literal["default", "strict"] = "default"
    dkim: Flag = False
    dns_servers: tuple[Line, ...] = ()
    dns_timeout: Duration = Field(default=timedelta(seconds=5), ge=timedelta(seconds=1), le=timedelta(seconds=30))
    smime: Literal["off"] = "off"
    allow_inline_secrets: Flag = False
    forbidden_files: tuple[FileRule, ...] = FORBIDDEN_FILES
    clamd: Line = ""
    clamd_timeout: Duration = Field(default=timedelta(seconds=30), ge=timedelta(seconds=1), le=timedelta(minutes=5))

    @checked
    def _scanner_of_this_machine(self) -> Self:
        host, _, port = self.clamd.rpartition(":")
        if self.clamd and not self.clamd.startswith("/") and not (is_loopback(host.strip("[]")) and port.isdecimal()):
            raise ValueError(
                "clamd: escriba la ruta de su socket (/run/clamav/clamd.ctl) o dirección:puerto de esta misma máquina "
                "(127.0.0.1:3310); por la red irían los archivos sin cifrar"
            )
        return self

    @checked
    def _keys_of_signatures(self) -> Self:
        if self.dkim != bool(self.dns_servers):
            raise ValueError("dkim = true y dns_servers van juntas: solo a esos servidores se preguntan las claves")
        wrong = [server for server in self.dns_servers if not is_ip(server)]
        if wrong:
            raise ValueError(f"dns_servers: «{wrong[0]}» no es una dirección IP")
        return self

    @checked
    def _ids_where_ids_count(self) -> Self:
        if (self.authentication_results == "authserv_id") != bool(self.authserv_ids):
            raise ValueError('authserv_ids y authentication_results = "authserv_id" van juntas: ninguna sin la otra')
        return self


class Schedule(Form):
    sweep: Duration = Field(default=timedelta(seconds=15), ge=timedelta(seconds=1), le=timedelta(minutes=10))
    dispatch: Duration = Field(default=timedelta(seconds=5), ge=timedelta(seconds=1), le=timedelta(minutes=10))


class Limits(Form):
    message_size: Size = Field(default=25 * 1024**2, ge=1024**2, le=200 * 1024**2)
    batch: Count = Field(default=60, ge=1, le=500)
    parser_workers: Count = Field(default=2, ge=1, le=32)
    parser_time: Duration = Field(default=timedelta(seconds=20), ge=timedelta(seconds=1), le=timedelta(minutes=5))
    parser_memory: Size = Field(default=512 * 1024**2, ge=128 * 1024**2)
    attachments: Count = Field(default=50, ge=1, le=1000)
    attachment_size: Size = Field(default=25 * 1024**2, ge=1024)
    logo_size: Size = Field(default=64 * 1024, ge=0, le=1024**2)
    logo_mails: Count = Field(default=3, ge=2, le=1000)
    hops: Count = Field(default=30, ge=5, le=100)
    tickets_per_address_hour: Count = 30
    acks_per_address_hour: Count = 3
    acks_per_address_day: Count = 10
    letters_per_address_hour: Count = 20
    letters_per_address_day: Count = 100
    letters_per_staff_day: Count = 2000
    letters_per_ticket_burst: Count = 10
    letters_per_ticket_hour: Count = 25
    letters_per_ticket_day: Count = 100
    letters_per_domain_hour: Count = 30
    letters_total_hour: Count = 2000
    echoes_per_hour: Count = 20


class Orders(Form):
    undo_for: Duration = Field(default=timedelta(minutes=30), le=timedelta(days=1))


class Privacy(Form):
    """No key yet: nothing is deleted by itself. The table may be written; a later version fills it."""


class Log(Form):
    level: Literal["debug", "info", "warning", "error"] = "info"
    addresses: Literal["hash", "hide", "show"] = "hash"


class Metrics(Form):
    textfile: FilePath | None = None


class Rehearsal(Form):
    outbox: Literal["send", "hold"] = "send"


def _shown(hidden: HiddenText | None) -> str:
    return hidden.get_secret_value() if hidden else ""
