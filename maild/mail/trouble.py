"""What can go wrong with the mailbox, sorted by who must act and named by a stable reason.

imaplib, IMAPClient, ssl and the socket each raise their own families; nobody above this file needs to know them.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl

from maild.errors import PermanentError, TransientError

_WORDS: dict[str, tuple[str, str]] = {
    # nobody must act: the next look tries again
    "unreachable": ("no se llega al servidor de correo", "the mail server cannot be reached"),
    "timeout": ("el servidor de correo no terminó a tiempo", "the mail server did not finish in time"),
    "gone": ("se cortó la conexión con el buzón", "the connection to the mailbox was lost"),
    "bye": ("el servidor de correo se despidió", "the mail server said good-bye"),
    "tls": ("falló el cifrado TLS", "TLS failed"),
    "protocol": ("el servidor de correo respondió algo que no es IMAP", "the answer was not proper IMAP"),
    "line-limit": ("una línea del servidor pasa del límite", "a line of the server is over the limit"),
    "refused": ("el servidor de correo rechazó la orden", "the mail server refused the command"),
    "busy": ("el buzón está ocupado", "the mailbox is busy"),
    "overquota": ("la carpeta de destino está llena", "the destination folder is over quota"),
    "epoch": ("el servidor renumeró el buzón", "the server renumbered the mailbox (UIDVALIDITY)"),
    "read-only": ("el buzón es de solo lectura", "the mailbox is read-only"),
    # a person must act
    "login": ("usuario o contraseña rechazados", "user or password refused"),
    "login-method": ("el servidor no ofrece la forma de entrar", "the server does not offer this way to log in"),
    "certificate": ("el certificado no es de confianza", "the certificate is not trusted"),
    "no-starttls": ("el servidor no ofrece STARTTLS", "the server does not offer STARTTLS"),
    "plain-text": ("sin TLS solo se habla con esta misma máquina", "without TLS only loopback is allowed"),
    "folder": ("la carpeta no existe o no se puede abrir", "the folder does not exist or cannot be opened"),
    "setting": ("un valor de la configuración no sirve", "a setting cannot be used"),
    "no-epoch": ("el servidor no numera el buzón", "the server gives no UIDVALIDITY: nothing is moved by UID"),
}


class MailboxUnavailable(TransientError):
    """The mailbox did not work now and may work later: close this connection and open another."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        super().__init__(_told(reason, detail))


class MailboxRefused(PermanentError):
    """The mailbox will not work until a person changes something."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        super().__init__(_told(reason, detail))


# What parsers of the libraries let slip on answers that nobody foresaw.
SLIPS = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, MemoryError)
EXPECTED = (imaplib.IMAP4.error, OSError, *SLIPS)

_BUSY = re.compile(r"\[(UNAVAILABLE|LIMIT|INUSE|SERVERBUG)\b", re.IGNORECASE)
_FAR_END = re.compile(r"socket error|EOF\b|Broken pipe|reset by peer", re.IGNORECASE)
_NOT_IMAP = re.compile(r"unexpected|unterminated|literal of", re.IGNORECASE)


def mailbox_trouble(error: BaseException, opening: bool = False) -> MailboxUnavailable | MailboxRefused:
    """Name what happened; what nobody foresaw is `protocol`, and the connection is given up."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailboxRefused("certificate", error.verify_message)
    if isinstance(error, imaplib.IMAP4.error):
        return MailboxUnavailable(_imap_reason(error), str(error))
    if isinstance(error, TimeoutError):
        return MailboxUnavailable("timeout")
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError):
        return MailboxUnavailable("tls", error.reason or "")
    if isinstance(error, OSError):
        plain = isinstance(error, socket.gaierror) or opening
        return MailboxUnavailable("unreachable" if plain else "gone", error.strerror or "")
    return MailboxUnavailable("protocol", type(error).__name__)


def _imap_reason(error: imaplib.IMAP4.error) -> str:
    text = said(error)
    if isinstance(error, imaplib.IMAP4.readonly):
        return "read-only"
    if isinstance(error, imaplib.IMAP4.abort):
        if _NOT_IMAP.search(text):
            return "protocol"
        return "gone" if _FAR_END.search(text) else "bye"
    if text.startswith("* BYE"):
        return "bye"
    if text.startswith("got more than") or "=> got more than" in text:
        return "line-limit"
    if "[OVERQUOTA]" in text:
        return "overquota"
    if _BUSY.search(text):
        return "busy"
    return "refused" if " failed: " in text else "protocol"


def login_trouble(error: imaplib.IMAP4.error) -> MailboxUnavailable | MailboxRefused:
    """Tell a refused password from a connection that broke while logging in: IMAPClient names both LoginError."""
    if isinstance(error.__context__, imaplib.IMAP4.abort):
        return mailbox_trouble(error.__context__)
    if _BUSY.search(said(error)):
        return MailboxUnavailable("busy", said(error))
    return MailboxRefused("login", said(error))


def said(error: BaseException) -> str:
    """The words of an error; imaplib sometimes raises with bytes."""
    word = error.args[0] if error.args else ""
    return word.decode("ascii", "replace") if isinstance(word, bytes) else str(word)


def one_line(text: str, most: int = 500) -> str:
    """Foreign text that may be shown, logged and stored: one line, no controls, no lone surrogates."""
    whole = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in whole).split())[:most]


def _told(reason: str, detail: str) -> str:
    spanish, english = _WORDS[reason]
    extra = f" ({one_line(detail, 200)})" if detail else ""
    return f"{spanish} / {english}{extra}"
