"""The composer: a Letter of the core becomes subject, plain text and HTML, and then the bytes of a mail."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from maild.core.letters import AUDIENCES, FACTS, LANGUAGES, STAND_INS, Button, Fact, Letter
from maild.core.past import Report
from maild.core.values import Address, Reason
from maild.errors import Problem
from maild.mail.charset import one_line
from maild.mail.compose import envelope, look, plain, tables, workbook
from maild.mail.compose.calendar import CALENDAR_TYPE, Appointment, as_ics
from maild.mail.compose.check import problems_of
from maild.mail.compose.logo import Logo
from maild.mail.compose.pages import Pages, filled
from maild.mail.compose.phrases import Phrases
from maild.mail.compose.tables import Table
from maild.mail.compose.templates import (
    SUFFIX,
    ZONE,
    BrokenTemplate,
    ButtonRow,
    Printed,
    Quotation,
    Tables,
    Templates,
    Value,
)
from maild.mail.compose.threads import thread_index
from maild.mail.compose.words import clipped, lines, place, spoken_date

LONGEST_SUBJECT = 200
_LONGEST_TEXT = 1500
# Gmail shows so much of a page and hides the rest behind a link, the buttons with it.
_LARGEST_PAGE = 100_000
_LONGEST_FACT = 300
_LONGEST_LABEL = 40
# What is put on the bytes of a mail last of all: a signature, where the relay makes none.
Sign = Callable[[bytes], bytes]
# A moment among the facts of a reason, with its zone, as the core writes it.
_INSTANT = re.compile(r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d{6})?[+-]\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class DeskIdentity:
    """Who writes: the desk's name and address, its institution, its zone; `instance` knows our own mail again."""

    name: str
    address: str
    institution: str
    phone: str = ""
    instance: str = ""
    zone: str = "America/Lima"
    bulk_list_id: str = ""
    operator: str = ""  # whom one asks not to be sent digests any more
    logo: Logo | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in words. `problem` is set when its template could not be used and a plainer letter took its place."""

    subject: str
    text: str
    html: str
    problem: Problem | None = None
    bulk: bool = False
    moment: str = ""  # the fact whose day and hour goes along for calendars
    heading: str = ""


class Composer:
    """Writes letters from the templates of some folders: the institution's own first, the shipped ones last."""

    def __init__(self, folders: Sequence[Path], identity: DeskIdentity, sign: Sign | None = None) -> None:
        self.identity, self._sign = identity, sign
        self._zone = ZoneInfo(identity.zone)
        self._phrases = Phrases(folders)
        about = {
            "desk_name": identity.name,
            "institution": identity.institution,
            "phone": identity.phone,
            "place": place(identity.zone),
        }
        # What every letter begins with: each known word empty, the desk's own said.
        self._ours: dict[str, object] = dict.fromkeys(FACTS, "") | {
            key: self._shown(key, words, LANGUAGES[0]) for key, words in about.items()
        }
        # A broken letter of the institution gives way to the shipped one: every shorter list of folders is ready.
        kinds = [Templates(folders[at:], self._zone) for at in range(len(folders))]
        self._names = frozenset(kinds[0].names()) if kinds else frozenset()
        self._kinds = [(templates, Pages(templates, about, identity.logo)) for templates in kinds]

    # -- words -----------------------------------------------------------------------------------------------------

    def render(self, letter: Letter) -> Rendered:
        """The letter in words. A broken template never stops a letter: the next folder's is used, then bare facts."""
        language = letter.language if letter.language in LANGUAGES else LANGUAGES[0]
        name = self._file(letter.template, letter.audience, language)
        facts = self._prepared(letter, language)
        if letter.buttons:
            letter = replace(letter, buttons=tuple(map(_tidy, letter.buttons)))
        problem: Problem | None = None
        for kind in self._kinds:
            try:
                return self._rendered(letter, language, kind, name, facts, problem)
            except BrokenTemplate as broken:
                where = f"línea {broken.line}" if broken.line else ""
                problem = problem or Problem(f"templates/{broken.name}", where, broken.text)
        bare = f"{language}/_sin_plantilla{SUFFIX}"
        return self._rendered(letter, language, self._kinds[-1], bare, facts, problem)

    def words_for(self, reason: Reason, language: str) -> str:
        """A reason in a sentence; one that nobody has worded yet shows its code and facts."""
        language = language if language in LANGUAGES else LANGUAGES[0]
        facts = ((key, self._spoken(value, language)) for key, value in reason.facts)
        return self._phrases.sentence(Reason(reason.code, tuple(facts)), language)

    def _spoken(self, value: str, language: str) -> str:
        """A moment as one says it; anything else (somebody's own words may look like one) as it is."""
        if not _INSTANT.fullmatch(value):
            return value
        try:
            return spoken_date(datetime.fromisoformat(value), language, self._zone)
        except ValueError:
            return value

    def tables(self, report: Report, language: str) -> list[Table]:
        """The tables of a report with their titles and words in this language."""
        return tables.worded(report, lambda key: self._phrases.figure(key, language))

    def has(self, template: str, audience: str, language: str) -> bool:
        """Whether this letter exists in this language, shipped or the institution's own."""
        return self._file(template, audience, language) in self._names

    @property
    def templates(self) -> frozenset[str]:
        """The keys of all letters that are written for somebody."""
        return frozenset(name.rpartition("/")[2].removesuffix(SUFFIX) for name in self._names)

    def names(self) -> tuple[str, ...]:
        """Every letter there is in the first language, as `es/user/acuse.md.j2`; parts of letters are left out."""
        letters = (name for name in self._names if name.startswith(LANGUAGES[0] + "/") and name.count("/") == 2)
        return tuple(sorted(letters))

    def _file(self, template: str, audience: str, language: str) -> str:
        """The file of a letter: of its reader's audience, or of the next one whose words he may read."""
        files = [f"{language}/{a}/{template}{SUFFIX}" for a in (audience, *STAND_INS.get(audience, ()))]
        return next((file for file in files if file in self._names), files[0])

    def problems(self) -> tuple[Problem, ...]:
        """Everything wrong in the templates at once: unknown words, broken syntax, a letter that one language lacks."""
        return tuple(sorted({*problems_of(self._kinds[0][0], self.render), *self._phrases.problems()}))

    def _rendered(
        self,
        letter: Letter,
        language: str,
        kind: tuple[Templates, Pages],
        name: str,
        facts: Mapping[str, object],
        problem: Problem | None,
    ) -> Rendered:
        templates, pages = kind
        values: list[Value] = ["", str(facts["mark"]), ButtonRow(bool(letter.buttons)), letter.code]
        printed = templates.print(name, facts, Printed(values=values))
        if facts["earlier"]:
            before = templates.print(f"{language}/_antes{SUFFIX}", facts, Printed(values=values))
            printed = Printed(f"{printed.source}\n\n{before.source}", values)
        page = pages.page(name, language, str(facts["place"]), printed)
        words = [value if isinstance(value, str) else "" for value in values]
        values[0] = subject = clipped(one_line(filled(page.subject, words)), LONGEST_SUBJECT)
        text = filled(page.text, [self._as_text(value, letter, language) for value in values])
        html = filled(page.html, [self._as_html(value, letter, language) for value in values])
        if len(html.encode()) > _LARGEST_PAGE:
            raise BrokenTemplate(name, 0, f"la carta pasa de {_LARGEST_PAGE // 1000} kB; Gmail escondería el final")
        heading = clipped(one_line(filled(page.heading, words)), LONGEST_SUBJECT)
        return Rendered(subject, text, html, problem, page.bulk, page.calendar, heading)

    def _prepared(self, letter: Letter, language: str) -> dict[str, object]:
        """The facts as templates see them: every known word is there, cleaned, shortened, in the reader's language."""
        unknown = letter.facts.keys() - FACTS
        if unknown or letter.audience not in AUDIENCES:
            raise ValueError(f"a letter carries what no letter may: {sorted(unknown) or letter.audience}")
        facts = dict(self._ours)
        for key, fact in letter.facts.items():
            if fact not in (None, ""):
                facts[key] = self._shown(key, fact, language)
        for name in ("requester_name", "reader_name"):
            if "@" in str(facts[name]):
                facts[name] = ""  # a name that says an address is there to deceive (S-18)
        facts.update(
            language=language,
            buttons=ButtonRow(bool(letter.buttons)),
            report=Tables(letter.report),
            period=self._period(letter.report),
        )
        if letter.zone and letter.zone != self.identity.zone:
            facts |= {ZONE: ZoneInfo(letter.zone), "place": place(letter.zone)}
        return facts

    def _period(self, report: Report | None) -> str:
        """The days of a report by the desk's own clock: 02/03/2026 – 08/03/2026."""
        if report is None:
            return ""
        first, last = report.since.astimezone(self._zone), (report.until - timedelta(seconds=1)).astimezone(self._zone)
        days = dict.fromkeys(f"{day:%d/%m/%Y}" for day in (first, last))
        return " – ".join(days)

    def _shown(self, key: str, fact: Fact, language: str) -> object:
        match fact:
            case str():
                return (
                    clipped(lines(fact), _LONGEST_TEXT)
                    if key in ("text", "request", "earlier")
                    else clipped(one_line(fact), _LONGEST_FACT)
                )
            case Reason():
                return self.words_for(fact, language)
            case tuple():
                return tuple(str(self._shown(key, each, language)) for each in fact)
            case None:
                return ""
            case int() | datetime():
                return fact

    def _as_text(self, value: Value, letter: Letter, language: str) -> str:
        match value:
            case str():
                return value
            case Quotation(words):
                return plain.quotation(words)
            case ButtonRow():
                return self._phrases.typed(letter.buttons, language)
            case Tables(report):
                return tables.as_text(self.tables(report, language)) if report else ""

    def _as_html(self, value: Value, letter: Letter, language: str) -> str:
        match value:
            case str():
                return look.mark(value) if value and value == letter.facts.get("mark") else look.value(value)
            case Quotation(words):
                return look.quotation(words)
            case ButtonRow():
                hint = self._phrases.hint(language)
                return look.buttons(letter.buttons, self.identity.address, hint) if letter.buttons else ""
            case Tables(report):
                return tables.as_html(self.tables(report, language), self.identity.address) if report else ""

    # -- bytes -----------------------------------------------------------------------------------------------------

    def to_bytes(self, letter: Letter, rendered: Rendered, *, message_id: str, date: datetime) -> bytes:
        """The mail as it will be sent, however often: nothing in it depends on when or where it is written."""
        subject = envelope.unstructured(rendered.subject)
        fields = [*self._header(letter, subject, message_id, date), *self._thread(letter, subject, message_id, date)]
        if rendered.bulk:
            fields += self._bulk(letter)
        files = [*self._event(letter, rendered, date), *self._books(letter)]
        logo = self.identity.logo
        shown = (logo.content_id, ("logo.png", "image/png", logo.png)) if logo else None
        raw = envelope.message(fields, rendered.text, rendered.html, message_id, files, shown)
        return self._sign(raw) if self._sign else raw

    @cached_property
    def _own(self) -> Sequence[str]:
        """The desk's own mailbox, as every header names it."""
        return envelope.mailbox(Address(self.identity.address, self.identity.name))

    def _header(self, letter: Letter, subject: Sequence[str], message_id: str, date: datetime) -> list[envelope.Field]:
        me = self.identity
        # A stranger's letter carries no word of his, not even the name he gave himself (S-03).
        known = letter.audience != "user" or bool(letter.facts.get("title"))
        to = letter.to if known else Address(letter.to.address)
        answers = letter.answers.strip("<>")
        replied = bool(answers) or not letter.generated
        return [
            ("From", self._own),
            ("To", envelope.mailbox(to)),
            ("Reply-To", envelope.mailbox(Address(letter.reply_to, me.name)) if letter.reply_to else self._own),
            ("Subject", subject),
            ("Date", envelope.date(date.astimezone(self._zone) if date.tzinfo else date)),
            ("Message-ID", envelope.identifiers((message_id.strip("<>"),))),
            ("In-Reply-To", envelope.identifiers((answers,))),
            ("References", envelope.identifiers(envelope.conversation(letter.references, answers))),
            ("Auto-Submitted", ("auto-replied" if replied else "auto-generated",)),
            ("X-Auto-Response-Suppress", ("All",)),
            ("X-Maild-Instance", (me.instance,) if me.instance else ()),
            ("Content-Language", (letter.language,)),
        ]

    def _thread(self, letter: Letter, subject: Sequence[str], message_id: str, date: datetime) -> list[envelope.Field]:
        """What keeps the letters about one ticket together in Outlook, which does not look at References."""
        mark = letter.facts.get("mark")
        if not mark:
            return []
        index = thread_index(letter.conversation, f"{self.identity.instance} {mark}", message_id, date)
        return [("Thread-Topic", subject), ("Thread-Index", (index,))]

    def _bulk(self, letter: Letter) -> list[envelope.Field]:
        """A digest or an announcement says so, and whom to ask to be left out: a person, as all of it is by mail."""
        me = self.identity
        fields: list[envelope.Field] = [("Precedence", ("bulk",))]
        if me.bulk_list_id:
            fields.append(("List-Id", (f"<{letter.template}.{me.bulk_list_id}>",)))
        if me.operator:
            asked = Button("", "", f"BAJA {letter.template} {letter.to.address}")
            fields.append(("List-Unsubscribe", (f"<{look.mailto(asked, me.operator)}>",)))
        return fields

    def _event(self, letter: Letter, rendered: Rendered, date: datetime) -> list[envelope.File]:
        """The day and hour that the letter names, for calendars."""
        at = letter.facts.get(rendered.moment) if rendered.moment else None
        if not isinstance(at, datetime):
            return []
        domain = self.identity.address.rpartition("@")[2]
        key = f"{letter.facts.get('mark')}.{rendered.moment}@{domain}"
        takes_time = rendered.moment == "appointment_at"
        what = Appointment(key, rendered.subject, rendered.heading, at, takes_time)
        return [("agenda.ics", CALENDAR_TYPE, as_ics(what, self.identity.name, self.identity.address, date))]

    def _books(self, letter: Letter) -> list[envelope.File]:
        """The tables of a report, to be worked with."""
        if letter.report is None:
            return []
        found = self.tables(letter.report, letter.language if letter.language in LANGUAGES else LANGUAGES[0])
        name = f"{letter.template}-{letter.report.until.astimezone(self._zone):%Y-%m-%d}"
        return [
            (f"{name}.xlsx", workbook.TYPE, workbook.xlsx(found)),
            (f"{name}.csv", "text/csv", workbook.csv_of(found)),
        ]


def _tidy(button: Button) -> Button:
    """A button may repeat the ticket's title: cleaned and shortened like any other words of a mail."""
    label = clipped(one_line(button.label), _LONGEST_LABEL)
    body = clipped(lines(button.body), _LONGEST_FACT)
    return replace(button, label=label, subject=one_line(button.subject), body=body)
