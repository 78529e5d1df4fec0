"""The log: one line per fact, `event key=value …`, that an auditor can read; it holds no address, text or password.

Write `log.info("mail-stored", extra={"mail": 12, "ticket": 7})` with the standard library; nothing else is needed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

from maild.core.findings import masked

Addresses = Literal["hash", "hide", "show"]

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[^\W_][\w.-]*[^\W_]")
# What the standard library puts on each record; everything else came through `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
# A Message-ID looks like an address and is what an auditor searches for.
_IDS = frozenset({"message_id", "in_reply_to"})
_PLAIN = re.compile(r"[^\s\"=\\]+")
# journald reads the priority of a line from its beginning (sd-daemon(3)).
_PRIORITY = ((logging.ERROR, "<3>"), (logging.WARNING, "<4>"), (logging.INFO, "<6>"), (0, "<7>"))


class KeyValueFormatter(logging.Formatter):
    """Facts in the order in which they were given; a value with spaces stands in quotes, a line break as \\n."""

    def __init__(self, addresses: Addresses = "hash", salt: bytes = b"", journal: bool = False) -> None:
        super().__init__()
        self._addresses = addresses
        self._salt = salt
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        facts = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        parts = [_written(self._discreet(record.getMessage()), bare=True)]
        parts += [f"{key}={self._value(key, value)}" for key, value in facts.items()]
        if record.exc_info:
            parts.append(f"traceback={_written(self._discreet(self.formatException(record.exc_info)))}")
        line = " ".join(parts)
        if self._journal:  # the journal keeps the time itself
            priority = next(mark for level, mark in _PRIORITY if record.levelno >= level)
            return f"{priority}{record.name}: {line}"
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        return f"{at}Z {record.levelname.lower()} {record.name}: {line}"

    def _value(self, key: str, value: object) -> str:
        return _written(str(value) if key in _IDS else self._discreet(str(value)))

    def _discreet(self, text: str) -> str:
        text = masked(text)  # what somebody wrote may come along in an error: never a password or an identity number
        if self._addresses == "show":
            return text
        return _ADDRESS.sub(lambda found: self._veiled(found[0]), text)

    def _veiled(self, address: str) -> str:
        """The same address gives the same print within one installation and none that could be looked up outside."""
        if self._addresses == "hide":
            return "<address>"
        digest = hmac.new(self._salt, address.lower().encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return f"<address:{digest[:10]}>"


def start_log(level: str = "info", addresses: Addresses = "hash", salt: bytes = b"", to: TextIO | None = None) -> None:
    """Send every log line of the process to `to` (stderr), replacing what was set up before."""
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(KeyValueFormatter(addresses, salt, journal=to is None and "JOURNAL_STREAM" in os.environ))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # At DEBUG the IMAP and SMTP libraries write whole mails.
    for name in ("imapclient", "aiosmtplib", "asyncio", "mail.log", "apscheduler", "markdown_it"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _written(text: str, *, bare: bool = False) -> str:
    """One line whatever it holds: what a sender wrote can never look like a line or a fact of ours."""
    if _PLAIN.fullmatch(text) or (bare and text.isprintable() and text):
        return text if text.isprintable() else json.dumps(text)
    return json.dumps(text, ensure_ascii=not text.replace("\n", "").replace("\t", "").isprintable())
