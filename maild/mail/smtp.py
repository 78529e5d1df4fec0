"""The relay we hand letters to, step by step, so that it is known how far each one got. The only home of aiosmtplib."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib

from maild.core.mailboxes import is_international
from maild.errors import MaildError
from maild.mail.login import Auth, ask
from maild.mail.tls import Tls, is_loopback, verifying_context
from maild.mail.trouble import one_line
from maild.mail.verdicts import Outcome, Stage, Verdict, on_reply, on_silence

__all__ = ["Outcome", "Relay", "RelaySettings", "Stage", "Verdict"]

FAREWELL_SECONDS = 5.0
SLOWEST_LINE = 50_000  # octets per second that a body may count on beyond the final deadline
_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")
# RFC 5321 §4.1.2 Mailbox with a Dot-string; whatever else is legal is no address of a person we write to.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_BROKEN = (aiosmtplib.SMTPException, OSError, ValueError, RuntimeError)


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Where the relay is, how one gets in and how long each step may take."""

    host: str
    port: int
    tls: Tls
    ca_file: str | None
    user: str | None
    secret: Callable[[], str]
    auth: Auth = "password"
    connect_seconds: float = 15
    step_seconds: float = 60
    final_seconds: float = 600
    idle_close_seconds: float = 45
    local_hostname: str = "localhost"


class _Stop(Exception):
    """The conversation is over and this is what it came to."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(verdict.text)


class Relay:
    """One connection, opened when needed and kept for the next letter. Not shared between tasks."""

    def __init__(self, settings: RelaySettings) -> None:
        self.settings = settings
        self._client: aiosmtplib.SMTP | None = None
        self._stage = Stage.CONNECT
        self._envelope_open = False
        self._closer: asyncio.TimerHandle | None = None

    async def deliver(
        self, sender: str, recipient: str, raw: bytes, before_data: Callable[[], Awaitable[None]]
    ) -> Verdict:
        """Hand over one letter, its bytes as they are. `before_data` is awaited when DATA comes next, at most once.

        What `before_data` raises comes through, the letter untaken. A cancelled delivery closes the connection.
        """
        if self._closer:
            self._closer.cancel()
        finished = False
        try:
            verdict = await self._converse(sender, recipient, raw, before_data)
            refused = verdict.stage in (Stage.MAIL, Stage.RCPT) and (verdict.code or 0) // 100 in (4, 5)
            refused = refused and verdict.code != 421
            finished = refused or verdict.outcome is Outcome.SENT
        finally:
            if not finished:
                self._abandon()
        self._close_when_idle()
        return verdict

    async def _converse(
        self, sender: str, recipient: str, raw: bytes, before_data: Callable[[], Awaitable[None]]
    ) -> Verdict:
        try:
            self._check(sender, recipient)
            kept = self._client is not None and self._client.is_connected
            try:
                await self._announce(sender, recipient, raw)
            except _Stop as stop:
                if not kept or not _looks_dead(stop.verdict):
                    raise
                self._abandon()  # it died while it was idle; that says nothing about the relay or the letter
                await self._announce(sender, recipient, raw)
            await before_data()
            return await self._transfer(raw)
        except _Stop as stop:
            return stop.verdict

    def _check(self, sender: str, recipient: str) -> None:
        """Refuse what cannot stand on a command line as it is."""
        self._stage = Stage.RCPT
        if not _ADDRESS.fullmatch(recipient) and not is_international(recipient):
            raise self._stop(Outcome.FAILED, f"no es una dirección de correo / not a mail address: {recipient!r}")
        self._stage = Stage.MAIL
        if sender and not _ADDRESS.fullmatch(sender):  # an empty one is the null reverse-path (RFC 5321 §4.5.5)
            raise self._stop(Outcome.FAILED, f"no es un remitente / not a sender: {sender!r}")

    async def _announce(self, sender: str, recipient: str, raw: bytes) -> None:
        """Everything before DATA: after it the relay waits for the letter."""
        try:
            client = await self._connected()
            await self._envelope(client, sender, recipient, raw)
        except _BROKEN as error:
            raise _Stop(self._named(error)) from error

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._client is not None and self._client.is_connected:
            self._stage = Stage.MAIL
            return self._client
        self._abandon()
        settings = self.settings
        self._stage = Stage.CONNECT
        if settings.tls == "none" and not is_loopback(settings.host):
            raise self._stop(
                Outcome.CHANNEL, "sin TLS solo se habla con esta misma máquina / plain text: loopback only"
            )
        context = None
        if settings.tls != "none":
            try:
                context = await asyncio.to_thread(verifying_context, settings.ca_file)
            except OSError as error:
                raise self._stop(Outcome.CHANNEL, f"ca_file {settings.ca_file}: {error}") from error
        client = self._client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            local_hostname=settings.local_hostname,
            timeout=settings.step_seconds,
            use_tls=settings.tls == "implicit",
            start_tls=False,  # the library's default would go on in plain text where STARTTLS is not offered
            tls_context=context,
        )
        self._envelope_open = False
        await client.connect(timeout=settings.connect_seconds)
        await self._hello(client)
        return client

    async def _hello(self, client: aiosmtplib.SMTP) -> None:
        self._stage = Stage.EHLO
        await client.ehlo()
        if self.settings.tls == "starttls":
            self._stage = Stage.TLS
            if not client.supports_extension("starttls"):
                raise self._stop(Outcome.CHANNEL, "el servidor no ofrece STARTTLS / STARTTLS is not offered")
            await client.starttls()
            self._stage = Stage.EHLO
            await client.ehlo()
        if self.settings.user:
            self._stage = Stage.AUTH
            await self._log_in(client, self.settings.user)
        self._stage = Stage.MAIL

    async def _log_in(self, client: aiosmtplib.SMTP, user: str) -> None:
        secret = await self._secret()
        try:
            await self._try(client, user, secret)
        except aiosmtplib.SMTPAuthenticationError:
            # A second try with the same words would only lock the account; a token may have been refreshed.
            fresh = await self._secret()
            if fresh == secret or not client.is_connected:
                raise
            await self._try(client, user, fresh)

    async def _secret(self) -> str:
        try:
            return await asyncio.to_thread(ask, self.settings.secret)
        except MaildError as error:
            raise self._stop(Outcome.CHANNEL, str(error)) from error

    async def _try(self, client: aiosmtplib.SMTP, user: str, secret: str) -> None:
        """One method, once: the library's login() tries the same bad password with each method it knows."""
        offered = client.server_auth_methods
        if self.settings.auth == "xoauth2" and "xoauth2" in offered:
            await client.auth_xoauth2(user, secret)
        elif self.settings.auth == "password" and "plain" in offered:
            await client.auth_plain(user, secret)
        elif self.settings.auth == "password" and "login" in offered:
            await client.auth_login(user, secret)
        else:
            raise self._stop(Outcome.CHANNEL, "el servidor no ofrece la forma de entrar / no such way to log in")

    async def _envelope(self, client: aiosmtplib.SMTP, sender: str, recipient: str, raw: bytes) -> None:
        options = self._options(client, raw, recipient)
        if self._envelope_open:
            await client.rset()
        self._envelope_open = True
        await client.mail(sender, options=options)
        self._stage = Stage.RCPT
        await client.rcpt(recipient, encoding="utf-8")

    def _options(self, client: aiosmtplib.SMTP, raw: bytes, recipient: str) -> list[str]:
        options = []
        if client.supports_extension("size"):
            most = client.esmtp_extensions["size"].strip()
            if most.isdigit() and 0 < int(most) < len(raw):
                raise self._stop(Outcome.FAILED, f"{len(raw)} > SIZE {most}: la carta es muy grande / letter too big")
            options.append(f"SIZE={len(raw)}")
        if not raw.isascii():
            if not client.supports_extension("8bitmime"):
                raise self._stop(Outcome.FAILED, "la carta es de 8 bits y el servidor no / no 8BITMIME on the server")
            options.append("BODY=8BITMIME")
        if not recipient.isascii():
            if not client.supports_extension("smtputf8"):
                raise self._stop(
                    Outcome.FAILED,
                    "la dirección lleva letras que el servidor no acepta / no SMTPUTF8 on the server (RFC 6531)",
                )
            options.append("SMTPUTF8")
        return options

    async def _transfer(self, raw: bytes) -> Verdict:
        """DATA and the letter. From here on a conversation that breaks off proves nothing."""
        client = self._client
        self._stage = Stage.DATA_ISSUED
        self._envelope_open = False
        try:
            if client is None:
                raise aiosmtplib.SMTPServerDisconnected("connection lost before DATA")
            start = await client.execute_command(b"DATA")
            if start.code != aiosmtplib.SMTPStatus.start_input:
                return on_reply(self._stage, start.code, start.message)
            if client.protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("connection lost after 354")
            client.protocol.write(_on_the_wire(raw))
            patience = self.settings.final_seconds + len(raw) / SLOWEST_LINE
            reply = await client.protocol.read_response(timeout=patience)
        except _BROKEN as error:
            return self._named(error)
        self._stage = Stage.FINAL_REPLY
        return on_reply(self._stage, reply.code, reply.message)

    def _named(self, error: Exception) -> Verdict:
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return on_reply(self._stage, error.code, error.message)
        return Verdict(on_silence(self._stage), self._stage, None, one_line(str(error) or type(error).__name__))

    def _stop(self, outcome: Outcome, text: str) -> _Stop:
        return _Stop(Verdict(outcome, self._stage, None, one_line(text)))

    def _close_when_idle(self) -> None:
        if self._client is not None:
            loop = asyncio.get_running_loop()
            self._closer = loop.call_later(self.settings.idle_close_seconds, self._leave)

    def _leave(self) -> None:
        """Say QUIT without waiting for the answer."""
        client, self._client = self._client, None
        if client is not None and client.is_connected and client.protocol is not None:
            with suppress(*_BROKEN):
                client.protocol.write(b"QUIT\r\n")
            client.close()

    def _abandon(self) -> None:
        """Drop the connection where it stands; what is still unsent stays unsent."""
        client, self._client = self._client, None
        if client is not None:
            if isinstance(client.transport, asyncio.WriteTransport):
                client.transport.abort()
            client.close()

    async def close(self) -> None:
        """Leave; never raises."""
        if self._closer:
            self._closer.cancel()
        client = self._client
        if client is not None and client.is_connected:
            with suppress(*_BROKEN):
                await client.quit(timeout=FAREWELL_SECONDS)
        self._abandon()
        await asyncio.sleep(0)  # the transport closes its socket in the next round of the loop


def _looks_dead(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.DEFERRED and verdict.code in (None, 421)


def _on_the_wire(raw: bytes) -> bytes:
    """CRLF everywhere, dots doubled, the final dot (RFC 5321 §4.5.2); a letter in CRLF already keeps its bytes."""
    if not raw.count(b"\r\n") == raw.count(b"\n") == raw.count(b"\r"):
        raw = _BARE_LINE_END.sub(b"\r\n", raw)
    if not raw.endswith(b"\r\n"):
        raw += b"\r\n"
    return (b"\r\n" + raw).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
