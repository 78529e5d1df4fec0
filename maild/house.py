"""Everything one maild is made of, built once from its configuration: database, rules, people, letters, desk."""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import IO

from maild import config as configuration
from maild import rules
from maild.brakes import Limits
from maild.config import Config
from maild.config.shipped import shipped
from maild.config.tables import Mailbox
from maild.core.files import FileRules
from maild.core.office import Manners, Office
from maild.core.pacing import Pace
from maild.core.seal import KeyRing
from maild.core.trust import Boundary
from maild.desk import Desk, operator_address
from maild.errors import ConfigError, PermanentError, Problem
from maild.mail.compose import Composer, DeskIdentity, Logo, Sign, read_logo
from maild.mail.mailbox import MailboxSettings
from maild.mail.smtp import RelaySettings
from maild.reading import SignatureCheck
from maild.store.database import Database, instance_value
from maild.store.raw import RawStore

# Read so far of a file that claims to be a logo: enough to say how large it is.
_LARGEST_LOGO = 4 * 1024 * 1024


def real_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """Open it, use it, close it."""

    config: Config
    database: Database
    raw: RawStore
    desk: Desk
    now: Callable[[], datetime]
    instance: str

    @classmethod
    def open(cls, config: Config, now: Callable[[], datetime] = real_now) -> House:
        """Build everything. An empty SQLite file becomes a database; any other schema must be upgraded by hand."""
        config.storage.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        database = Database(config.database_url())
        if database.is_sqlite and not database.version():
            from maild.store.upgrade import upgrade  # alembic is heavy and wanted once in a life

            upgrade(database)
        database.require_version()
        with database.write() as tx:
            instance = instance_value(tx, "instance", secrets.token_hex(8))
        desk = desk_of(config, configuration.key_ring(config), now, instance)
        return cls(config, database, RawStore(config.raw_folder), desk, now, instance)

    def close(self) -> None:
        self.raw.close()
        self.database.close()

    def mailboxes(self) -> list[tuple[str, MailboxSettings]]:
        return [(box.name, mailbox_settings(box)) for box in self.config.mailboxes]

    def owner(self) -> str:
        """The name of this process in leases: a restart on the same machine is the same owner. Two at a time would take
        letters from each other's hands: `only_one` sees to it."""
        return f"{socket.gethostname()}:{self.config.path}"


def desk_of(config: Config, ring: KeyRing, now: Callable[[], datetime] = real_now, instance: str = "") -> Desk:
    """The desk of a configuration: it opens nothing and, until it is handed a transaction, changes nothing."""
    return Desk(
        office=office(config),
        ring=ring,
        composer=composer(config, instance),
        domain=config.domain,
        now=now,
        boundary=Boundary(
            config.security.authentication_results, config.security.authserv_ids, config.security.border_hosts
        ),
        limits=_limits(config),
        file_rules=_file_rules(config),
        hold=config.rehearsal.outbox == "hold",
        plus_address=config.desk.plus_address,
        pace=_pace(config),
    )


def office(config: Config) -> Office:
    """The desk as the core sees it."""
    desk = config.desk
    book = rules.load(config.rules_folder, zone=desk.zone.key, mark=desk.key or "", base=shipped("rules") / "base")
    own = {desk.address, *(box.user for box in config.mailboxes if "@" in box.user)}
    return Office(
        book=book,
        directory=config.directory,
        addresses=frozenset(address.lower() for address in own),
        operator=operator_address(desk.operator),
        strangers=desk.strangers,
        language=desk.language,
        mode=config.security.policy,
        manners=Manners(config.limits.echoes_per_hour, config.orders.undo_for, config.letters.undo_wait),
    )


def signature_check(config: Config) -> SignatureCheck | None:
    """Who verifies the signatures of mails; nobody unless the operator wants it."""
    if not config.security.dkim:
        return None
    dkim = _dkim()
    servers = dkim.Resolver(config.security.dns_servers, config.security.dns_timeout.total_seconds())
    checker: SignatureCheck = dkim.Checker(servers)
    return checker


def _signer(config: Config) -> Sign | None:
    """Who signs outgoing letters; nobody where the relay does."""
    smtp = config.smtp
    if not smtp.dkim_selector:
        return None
    sign: Sign = _dkim().Signer(smtp.dkim_domain or config.domain, smtp.dkim_selector, smtp.dkim_key).sign
    return sign


def _dkim() -> ModuleType:
    """Two libraries that most desks do not need."""
    try:
        from maild.mail import dkim
    except ImportError as missing:
        raise PermanentError(
            f"DKIM necesita el paquete {missing.name}: pip install 'maild[dkim]' / package missing"
        ) from missing
    return dkim


def composer(config: Config, instance: str = "") -> Composer:
    desk = config.desk
    identity = DeskIdentity(
        desk.name,
        desk.address,
        desk.institution,
        desk.phone,
        instance=instance,
        zone=desk.zone.key,
        bulk_list_id=f"avisos.{config.domain}",
        operator=desk.operator,
        logo=logo_of(config),
    )
    return Composer(config.template_folders, identity, _signer(config))


def logo_of(config: Config) -> Logo | None:
    """The picture of [desk] logo. Raises ConfigError where it cannot be shown."""
    file = config.desk.logo
    if file is None:
        return None
    try:
        with file.open("rb") as octets:
            return read_logo(octets.read(_LARGEST_LOGO))
    except OSError as error:
        text = f"no se puede leer {file}: {error.strerror}"
    except ValueError as error:
        text = f"{file.name}: {error}"
    raise ConfigError([Problem(config.path.name, "desk.logo", text)])


def _pace(config: Config) -> Pace:
    told = config.letters
    return Pace(told.fold, frozenset(told.patient), told.quiet, frozenset(told.spare))


def _limits(config: Config) -> Limits:
    limits = config.limits
    return Limits(
        acks_hour=limits.acks_per_address_hour,
        acks_day=limits.acks_per_address_day,
        address_hour=limits.letters_per_address_hour,
        address_day=limits.letters_per_address_day,
        staff_day=limits.letters_per_staff_day,
        tickets_hour=limits.tickets_per_address_hour,
        ticket_burst=limits.letters_per_ticket_burst,
        ticket_hour=limits.letters_per_ticket_hour,
        ticket_day=limits.letters_per_ticket_day,
        domain_hour=limits.letters_per_domain_hour,
        total_hour=limits.letters_total_hour,
    )


def _file_rules(config: Config) -> FileRules:
    limits = config.limits
    return FileRules(
        most=limits.attachments,
        largest=limits.attachment_size,
        forbidden=frozenset(config.security.forbidden_files),
        logo_size=limits.logo_size,
        logo_mails=limits.logo_mails,
    )


def mailbox_settings(box: Mailbox) -> MailboxSettings:
    return MailboxSettings(
        host=box.host,
        port=box.port,
        tls=box.tls,
        ca_file=str(box.ca_file) if box.ca_file else None,
        user=box.user,
        secret=box.secret,
        auth=box.auth,
        folder=box.folder,
        done_folder=box.done_folder,
        review_folder=box.review_folder,
        command_seconds=box.timeout.total_seconds(),
        idle_seconds=box.idle.total_seconds(),
    )


def relay_settings(config: Config) -> RelaySettings:
    smtp = config.smtp
    return RelaySettings(
        host=smtp.host,
        port=smtp.port,
        tls=smtp.tls,
        ca_file=str(smtp.ca_file) if smtp.ca_file else None,
        user=smtp.user or None,
        secret=smtp.secret,
        auth=smtp.auth,
        step_seconds=smtp.timeout.total_seconds(),
        local_hostname=smtp.helo or config.domain,
    )


def only_one(folder: Path, owner: str = "") -> IO[str]:
    """The right to be the daemon of this storage folder, for as long as the file stays open (RELIABILITY OP-08).

    With `owner`: only the right to that name in leases, beside other nodes that may share the folder.
    """
    name = f"lock-{hashlib.sha256(owner.encode()).hexdigest()[:16]}" if owner else "lock"
    file = (folder / name).open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise PermanentError(
            f"ya hay un maild trabajando con {folder}; deténgalo primero / another maild works on this folder"
        ) from error
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
