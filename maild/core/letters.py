"""What the desk decided to write to one person. Values only: mail/compose turns a Letter into words and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from maild.core.newtext import MARKER_EN, MARKER_ES
from maild.core.past import Report
from maild.core.values import Address, Reason

# A Reason is worded by compose in the reader's language; everything else is shown as it is.
Fact = str | int | datetime | tuple[str | Reason, ...] | Reason | None

# Everything a letter may know, and nothing else: a template that names another word is refused by `maild check`.
FACTS = frozenset(
    {
        "mark",  # PAIS-123-K, without brackets
        "number",
        "title",  # empty for a stranger: then no word of his mail is repeated (RELIABILITY S-03)
        "state_label",
        "type_label",
        "category",
        "subcategory",
        "service",
        "understood_by",  # the reader's own words by which the desk took it for that
        "priority_label",
        "reader_name",  # whom the letter greets
        "requester_name",
        "requester_address",
        "responsible_name",
        "sender_name",
        "request",  # what the requester wrote first, for whoever works on it
        "text",  # what somebody wrote, always shown as a quotation
        "opened_at",
        "due_at",
        "closes_at",
        "appointment_at",  # the day and hour that people agreed on: a visit, a maintenance
        "task",  # what the reader has to do now: the step, in the words of the institution's document
        "closing_label",  # why it is closed
        "level_label",
        "reason_text",
        "channel",
        "attachments",
        "advice",  # reasons: what the reader should know about what he wrote
        "asks",  # reasons: what would help and was not in the mail
        "files_refused",  # reasons: which of the reader's own files the desk did not take
        "history",
        "understood",  # orders that were put right: «cerar → #cerrar»
        "lines",  # reasons: what changed, or the tickets of a list, one by one
        "leaves_at",  # when the letters leave that wait for an undo
        "undo_until",  # until when the order that this letter answers can be taken back
        "orders",
        "problem_lines",
        "desk_name",
        "institution",
        "phone",
        "ticket_count",
        "earlier",  # letters that this one takes in: heading and words of each
        "also_to",  # who else was told, for those who work on the ticket
        "best_score",  # the best answer to the survey
    }
)

# Those of them that are a day and hour which a calendar may take in.
MOMENTS = ("due_at", "closes_at", "appointment_at")

AUDIENCES = ("user", "technician", "provider", "manager", "operator")
LANGUAGES = ("es", "en")
# Whose words a reader gets where his own audience has none of a letter. What only the desk may read never goes further.
STAND_INS: Mapping[str, tuple[str, ...]] = {
    "user": (),
    "provider": ("user",),
    "technician": ("manager", "user"),
    "manager": ("technician", "user"),
    "operator": ("technician", "user"),
}

# The first line of every letter: what reads a reply cuts there.
REPLY_MARKERS: Mapping[str, str] = {"es": MARKER_ES, "en": MARKER_EN}

# What stands before the code in the last lines of a letter (RELIABILITY §4.8.4).
REPLY_CODES: Mapping[str, str] = {"es": "Código de respuesta", "en": "Reply code"}


@dataclass(frozen=True, slots=True)
class Button:
    """One next step of the reader: a mail to the desk that is ready to be sent."""

    key: str
    label: str
    subject: str
    body: str = ""
    typed: str = ""  # plain words that say the same, for those who give no orders
    even: bool = False  # none of the row stands out: an answer is not to be suggested

    @property
    def order(self) -> str:
        """What one types instead of touching the button.

        >>> Button("resolve", "Resuelto", "RE: [PAIS-1-R] Sin red #resuelto ~k7f3").order
        '#resuelto'
        >>> Button("accept", "Sí, quedó bien", "RE: [PAIS-1-R] CONFORME").order
        'CONFORME'
        """
        if self.typed:
            return self.typed
        said = self.subject.rpartition("]")[2].rpartition(" ~")[0] or self.subject.rpartition("]")[2]
        return (said[said.index("#") :] if "#" in said else said).strip()


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one person, as the core decided it: which template, for whom, with which facts."""

    template: str
    audience: str
    language: str
    to: Address
    facts: Mapping[str, Fact]
    buttons: tuple[Button, ...] = ()
    answers: str = ""  # Message-ID of the mail this answers, without brackets
    references: tuple[str, ...] = ()  # the conversation, oldest first, the ticket's first mail at its head
    code: str = ""  # proves who answers it, where everything else of the letter gets lost on the way
    reply_to: str = ""  # an address of the desk that this letter alone gives; empty: the desk's own
    generated: bool = True  # False: written because somebody asked (auto-replied), even where `answers` is empty
    # Outlook's conversation that the ticket's first mail belongs to (Thread-Index), 22 octets in hex; '': none known.
    conversation: str = ""
    zone: str = ""  # the reader's own clock; '': the desk's
    report: Report | None = None
