"""How one gets into a mailbox: log in without giving anything away, and find what the server calls our folders."""

from __future__ import annotations

import imaplib
import logging
from collections.abc import Callable, Iterable
from typing import Any, Literal

from maild.errors import MaildError
from maild.mail.trouble import MailboxRefused, login_trouble, said

Auth = Literal["password", "xoauth2"]
_LOG = logging.getLogger(__name__)


def guard(text: str) -> str:
    """Refuse controls: imaplib writes a CR LF into its command line, and what follows is a command of its own."""
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise MailboxRefused("setting", "control character")
    return text


def log_in(client: Any, user: str, secret: Callable[[], str], auth: Auth) -> None:
    """Log in; ask for the secret once more if it was refused, for its source may hold a fresher token by now."""
    if client._imap.state != "NONAUTH":
        # A server that lets us in unasked (PREAUTH) could be anybody who sits in front of STARTTLS.
        raise MailboxRefused("login-method", "PREAUTH")
    words = ask(secret)
    try:
        _try(client, user, words, auth)
    except MailboxRefused as refusal:
        fresh = ask(secret)
        if refusal.reason != "login" or fresh == words:
            raise  # the same words again would only lock the account
        _try(client, user, fresh, auth)


def ask(secret: Callable[[], str]) -> str:
    """The secret, or a refusal that does not contain it."""
    try:
        return guard(secret())
    except MailboxRefused:
        raise
    except MaildError as error:
        raise MailboxRefused("setting", str(error)) from None
    except (OSError, ValueError) as error:
        raise MailboxRefused("setting", f"secret: {type(error).__name__}") from None


def _try(client: Any, user: str, words: str, auth: Auth) -> None:
    offered = client.capabilities()
    try:
        if auth == "xoauth2":
            _with_token(client, user, words)
        elif b"AUTH=PLAIN" in offered:
            client.plain_login(user, words)  # takes UTF-8, which LOGIN does not
        elif b"LOGINDISABLED" in offered:
            raise MailboxRefused("login-method", "LOGINDISABLED")
        else:
            client.login(user, words)
    except imaplib.IMAP4.error as error:
        raise login_trouble(error) from None
    except UnicodeEncodeError:
        raise MailboxRefused("login-method", "LOGIN: ASCII") from None


def _with_token(client: Any, user: str, token: str) -> None:
    if b"AUTH=XOAUTH2" not in client.capabilities():
        raise MailboxRefused("login-method", "XOAUTH2")
    answers = iter([f"user={user}\1auth=Bearer {token}\1\1"])
    # A second challenge is the server's complaint; it wants an empty answer before it says NO.
    client.sasl_login("XOAUTH2", lambda _challenge: next(answers, ""))


def names_on_server(client: Any, folders: Iterable[str]) -> list[str]:
    """What the server calls these folders: its prefix ("INBOX.") and its delimiter instead of our slash."""
    prefix, delimiter = _namespace(client)
    there = [folder.replace("/", delimiter) for folder in folders]
    return [name if name.startswith(prefix) else prefix + name for name in there]


def _namespace(client: Any) -> tuple[str, str]:
    if client.has_capability("NAMESPACE"):
        personal = client.namespace().personal
        if personal:
            prefix, delimiter = personal[0]
            return prefix or "", delimiter or "/"
    listed = client.list_folders("", "")
    delimiter = listed[0][1] if listed else None
    return "", delimiter.decode("ascii") if delimiter else "/"


def make_folder(client: Any, name: str) -> None:
    """Create a folder that is missing. Where that is forbidden reading goes on: the move will complain."""
    if client.folder_exists(name):
        return
    try:
        client.create_folder(name)
        client.subscribe_folder(name)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        _LOG.warning("folder=%s not made: %s", name, said(error))
