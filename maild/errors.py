"""Every error maild raises on purpose, sorted by who must act.

MaildError
├── ConfigError, RulesError   an operator edits a file     shown at start and by `maild check`, all problems at once
├── UsageError                an operator asks again       a path that cannot be read, a ticket that does not exist
├── MailError                 this mail                    quarantined whole, the next one goes on
├── TransientError            nobody: the next look        network, 4xx, a locked database, BYE
└── PermanentError            the desk must look           5xx, a refused login

What people may do (a strange mail, a forbidden command, a late timer) is never an error: it is a Decision with a Reason.
Each class has a stable code; docs/errors.md says for each what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file that somebody edits: where it stands and what to write instead (Spanish)."""

    file: str
    key: str
    text: str

    def __str__(self) -> str:
        where = f"{self.file}: [{self.key}] " if self.key else f"{self.file}: "
        return where + self.text


class MaildError(Exception):
    """Something went wrong that maild knows about."""

    code = "MD000"


class ProblemsError(MaildError):
    """Files that an operator edits are wrong; carries every problem found, not the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"  - {problem}" for problem in self.problems))


class ConfigError(ProblemsError):
    """config.toml or people.toml is wrong."""

    code = "MD100"


class RulesError(ProblemsError):
    """A rules folder or a template is wrong."""

    code = "MD110"


class UsageError(MaildError):
    """What was asked for does not exist or cannot be read."""

    code = "MD120"


class MailError(MaildError):
    """This mail cannot be read within the limits; it is kept whole in quarantine."""

    code = "MD200"


class TransientError(MaildError):
    """It did not work now and may work later."""

    code = "MD300"


class PermanentError(MaildError):
    """It will not work by trying again: a person must change something."""

    code = "MD400"
