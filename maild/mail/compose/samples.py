"""One realistic ticket in each language, with every fact a letter may show: to try templates and to look at them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from maild.core.letters import AUDIENCES, LANGUAGES, Button, Fact, Letter
from maild.core.past import Report, Section
from maild.core.values import Address
from maild.mail.compose.templates import SUFFIX

_OPENED = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)
_DUE = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
_COMMON: Mapping[str, Fact] = {
    "mark": "PAIS-123-K",
    "number": 123,
    "reader_name": "Rosa Quispe Mamani",
    "requester_name": "Rosa Quispe Mamani",
    "requester_address": "rosa.quispe@entidad.example",
    "responsible_name": "Luis Rojas Huamán",
    "opened_at": _OPENED,
    "due_at": _DUE,
    "closes_at": _DUE,
    "leaves_at": _DUE,
    "undo_until": _DUE,
    "appointment_at": _DUE,
    "also_to": ("Carmen Díaz Soto",),
    "best_score": 5,
    "ticket_count": 2,
}
_SPANISH: Mapping[str, Fact] = {
    "title": "No puedo entrar a la reunión virtual",
    "state_label": "En proceso",
    "type_label": "Incidencia",
    "category": "Videoconferencia",
    "subcategory": "Acceso",
    "service": "Teams",
    "understood_by": "«reunión virtual»",
    "priority_label": "Alta",
    "sender_name": "Ana Torres Vega",
    "text": "Buenos días:\n\nLa aplicación dice «No tiene permiso» cuando abro el enlace.\nLa reunión es a las 11.",
    "level_label": "nivel 2",
    "task": "Atender y registrar la solución",
    "closing_label": "Resuelto",
    "reason_text": "Pasó el plazo de atención.",
    "channel": "correo",
    "attachments": ("pantalla.png", "invitación.ics"),
    "advice": ("Su mensaje traía una contraseña.",),
    "asks": ("un teléfono o anexo donde llamarle;",),
    "files_refused": ("«actualizar.exe» es de un tipo que no se acepta (exe).",),
    "request": "Desde esta mañana no abre ninguna página.",
    "history": ("23/11 10:30 · Se registró la solicitud", "23/11 10:42 · La tomó Luis Rojas"),
    "lines": ("Estado: Asignado (antes En cola)", "Responsable: Luis Rojas Huamán"),
    "orders": ("#asignar — y el nombre de la persona", "#garantia si | no", "#nota — y escriba qué hizo o por qué"),
    "problem_lines": ("No conozco la orden «#cerar». ¿Quiso decir «#cerrar»?",),
}
_ENGLISH: Mapping[str, Fact] = {
    "title": "I cannot join the online meeting",
    "state_label": "In progress",
    "type_label": "Incident",
    "category": "Videoconference",
    "subcategory": "Access",
    "service": "Teams",
    "understood_by": "«online meeting»",
    "priority_label": "High",
    "sender_name": "Ana Torres Vega",
    "text": "Good morning,\n\nThe application says “No permission” when I open the link.\nThe meeting is at 11.",
    "level_label": "level 2",
    "task": "Attend to it and record the solution",
    "closing_label": "Resolved",
    "reason_text": "The time for attending to it has passed.",
    "channel": "mail",
    "attachments": ("screen.png", "invitation.ics"),
    "advice": ("Your message held a password.",),
    "asks": ("a telephone or extension where we can call you;",),
    "files_refused": ("“update.exe” is of a type that is not accepted (exe).",),
    "request": "No page has opened since this morning.",
    "history": ("23/11 10:30 · The request was registered", "23/11 10:42 · Luis Rojas took it"),
    "lines": ("State: Assigned (was Queued)", "Responsible: Luis Rojas Huamán"),
    "orders": ("#assign — and the person's name", "#warranty yes | no", "#note — and write what you did or why"),
    "problem_lines": ("I do not know the order “#cloze”. Did you mean “#close”?",),
}
SAMPLES: Mapping[str, Mapping[str, Fact]] = {"es": {**_COMMON, **_SPANISH}, "en": {**_COMMON, **_ENGLISH}}
# What a person answers, and what the desk orders.
_ANSWERS = {
    "es": (("Sí, quedó resuelto", "CONFORME"), ("No, sigue fallando", "NO CONFORME")),
    "en": (("Yes, it is solved", "ACCEPT"), ("No, it still fails", "REJECT")),
}
_ORDERS = {
    "es": (("Tomar", "#tomar"), ("Resuelto", "#resuelto"), ("Escalar", "#escalar")),
    "en": (("Take it", "#take"), ("Resolved", "#resolved"), ("Escalate", "#escalate")),
}


# Letters that are tables: what such a letter tells, in the words of an institution that speaks Spanish.
DIGESTS = ("resumen", "indicadores")
REPORT = Report(
    since=datetime(2026, 11, 16, 5, tzinfo=UTC),
    until=datetime(2026, 11, 23, 5, tzinfo=UTC),
    sections=(
        Section(
            "mine",
            ("ticket", "title", "state", "due"),
            (
                ("PAIS-123-K", "No puedo entrar a la reunión virtual", "En proceso", "24/11 10:30"),
                ("PAIS-118-T", "Instalar la impresora de la sala de espera del segundo piso", "En cola", None),
            ),
            links=("RE: [PAIS-123-K]", "RE: [PAIS-118-T]"),
        ),
        Section("types", ("what", "count"), (("Incidencia", 31), ("Requerimiento", 17), ("Consulta", 4))),
        Section("states", ("what", "count"), (("En cola", 6), ("En proceso", 11), ("Espera de proveedor", 2))),
        Section(
            "indicator.plazo",
            ("unit", "resolved", "share"),
            (("Mesa de ayuda", 38, 94.74), ("Especialista de redes", 9, 77.78)),
            name="Solicitudes atendidas en plazo",
            note="Cerradas antes de su vencimiento ÷ cerradas en el periodo × 100.",
        ),
    ),
)


def sample(name: str) -> Letter | None:
    """A letter of this template with realistic facts; None for a part that others include."""
    language, _, rest = name.partition("/")
    audience, _, file = rest.partition("/")
    if language not in LANGUAGES or audience not in AUDIENCES or not file:
        return None
    said = _ANSWERS[language] if audience == "user" else _ORDERS[language]
    buttons = tuple(Button(order.lower(), label, f"RE: [PAIS-123-K] {order}") for label, order in said)
    to = Address("rosa.quispe@entidad.example", "Rosa Quispe Mamani")
    template = file.removesuffix(SUFFIX)
    if template in DIGESTS:  # about no ticket
        return Letter(template, audience, language, to, {"reader_name": to.name}, report=REPORT)
    return Letter(template, audience, language, to, SAMPLES[language], buttons)
