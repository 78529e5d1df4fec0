"""What somebody may have written in each letter, and who: so that those who approve the letters read something true to life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from maild.core.letters import Fact
from maild.mail.compose.samples import SAMPLES


@dataclass(frozen=True, slots=True)
class Scene:
    """The words of a letter in each language ('' : nobody wrote any) and who wrote them: a kind of role, or nobody."""

    es: str = ""
    en: str = ""
    by: str = "agent"

    def words(self, language: str) -> str:
        return self.en if language == "en" else self.es


REQUEST = Scene(
    "Buenos días:\n\nLa impresora del segundo piso no imprime desde ayer. Ya la apagué y la volví a encender.",
    "Good morning,\n\nThe printer on the second floor has not printed since yesterday. I have already switched it off and on.",
    "requester",
)
TITLE = Scene("La impresora del segundo piso no imprime", "The printer on the second floor does not print")
_DONE = Scene(
    "Se cambió el rodillo y se limpió el cabezal. Se imprimió una página de prueba.",
    "The roller was changed and the head cleaned. A test page was printed.",
)
_REPORT = Scene(
    "Adjunto el informe técnico: el equipo no tiene garantía y el repuesto se compra fuera.",
    "The technical report is attached: the machine is out of warranty and the part must be bought.",
)
_WAITS = Scene("Se pidió el repuesto al área de compras.", "The part was ordered from purchasing.")
_SCHEDULE = Scene("El mantenimiento dura una hora por equipo.", "Maintenance takes an hour for each machine.")
_NOTHING = Scene(by="")
SCENES: Mapping[str, Scene] = {
    "acuse": REQUEST,
    "alerta": Scene("sw-piso4: puerto 12 sin enlace.", "sw-floor4: port 12 has no link.", "machine"),
    "asignacion": Scene(
        "Por favor, verla hoy: la usa toda la oficina.", "Please see it today: the whole office uses it.", "desk"
    ),
    "avance": Scene("Mañana por la mañana iremos a revisarla.", "We will come and look at it tomorrow morning."),
    "cierre": _DONE,
    "conformidad": _DONE,
    "conformidad_recordatorio": _DONE,
    "consulta": Scene("¿Qué mensaje aparece en la pantalla de la impresora?", "What does the printer's display say?"),
    "decision": _REPORT,
    "decision_recordatorio": _REPORT,
    "derivacion": Scene(
        "Ya se revisó la red de la oficina; falta revisar el servidor.",
        "The office network was checked; the server is still to be.",
    ),
    "difusion": Scene(
        "El sábado de 8:00 a 12:00 no habrá correo por mantenimiento.",
        "There will be no mail on Saturday from 8:00 to 12:00 for maintenance.",
    ),
    "documento": _REPORT,
    "documento_firma": Scene(
        "Adjunto el cargo de entrega del equipo.", "The delivery note of the machine is attached."
    ),
    "documento_recordatorio": _NOTHING,
    "encuesta": _NOTHING,
    "escalamiento": Scene(
        "Se cambió el rodillo y sigue atascando el papel.", "The roller was changed and paper still jams."
    ),
    "espera_externa": _WAITS,
    "falla_general": _NOTHING,
    "falta_evento": _NOTHING,
    "informe_director": Scene(
        "Adjunto el informe final: 42 equipos atendidos, 2 dados de baja.",
        "The final report is attached: 42 machines served, 2 withdrawn.",
    ),
    "mantenimiento_programa": _SCHEDULE,
    "mantenimiento_verificacion": _NOTHING,
    "no_procede": Scene(
        "El costo del repuesto supera el de un equipo nuevo.", "The part costs more than a new machine.", "approver"
    ),
    "nota_usuario": Scene(
        "La impresora volvió a funcionar sola, pero hace ruido.",
        "The printer works again by itself, but it is noisy.",
        "requester",
    ),
    "observado": Scene("Falta la firma de la última página.", "The signature on the last page is missing.", "approver"),
    "proveedor_noconforme": Scene("El papel se sigue atascando en la bandeja 2.", "Paper still jams in tray 2."),
    "proveedor_recordatorio": _NOTHING,
    "proveedor_solicitud": Scene(
        "Impresora láser del segundo piso, serie 4471: atasca el papel.",
        "Laser printer on the second floor, serial 4471: paper jams.",
    ),
    "reapertura": Scene("Hoy volvió a atascarse el papel.", "Paper jammed again today.", "requester"),
    "regularizar": _NOTHING,
    "respuesta_formal": Scene(
        "Su pedido fue atendido el 24 de noviembre; adjuntamos el detalle.",
        "Your request was answered on 24 November; the details are attached.",
    ),
    "revision": _DONE,
    "solucion": _DONE,
    "seguimiento": _NOTHING,
    "tarea": _NOTHING,
    "tercero": Scene("Soy del proveedor, ábranme un acceso.", "I am from the provider, give me access.", "external"),
    "vencimiento": _NOTHING,
    "ventana": _NOTHING,
}


# Why, where a letter says why.
_WHY: Mapping[str, Scene] = {
    "aviso": Scene("El buzón no se pudo leer durante diez minutos.", "The mailbox could not be read for ten minutes."),
    "vencimiento": Scene("Pasó el plazo de atención.", "The time for attending to it has passed."),
    "rebote": Scene("La dirección no existe.", "The address does not exist."),
    "carta_fallida": Scene("El servidor respondió: buzón lleno.", "The server answered: mailbox full."),
    "cuarentena": Scene(
        "externo.example no es un dominio de la institución.", "externo.example is not a domain of yours."
    ),
    "no_autorizado": Scene(
        "La orden «cerrar» corresponde a otra función.", "The order “cerrar” belongs to another role."
    ),
    "lista": Scene("Sus solicitudes abiertas", "Your open requests"),
}

_ASSIGNED = Scene("Estado: Asignado (antes En cola)", "State: Assigned (was Queued)")
_WHO = Scene("Responsable: Luis Rojas Huamán", "Responsible: Luis Rojas Huamán")
_ROW = Scene(
    "MESA-123-K · La impresora del segundo piso no imprime · En proceso · Luis Rojas Huamán",
    "MESA-123-K · The printer on the second floor does not print · In progress · Luis Rojas Huamán",
)

# Facts that only some letters have; elsewhere they would tell a story that does not hold together.
_ONLY: Mapping[str, tuple[str, ...]] = {
    "closing_label": ("cierre", "encuesta"),
    "appointment_at": ("mantenimiento_programa",),
    "closes_at": ("conformidad", "conformidad_recordatorio"),
    "level_label": ("escalamiento",),
    "files_refused": ("acuse", "adjuntos"),
    "attachments": ("acuse", "decision", "documento", "documento_firma", "informe_director", "cuarentena"),
    "problem_lines": ("comando_error",),
    "lines": (),
    "undo_until": ("comando_ok",),
    "reason_text": tuple(_WHY),
    "history": ("escalamiento", "derivacion", "vencimiento", "resumen", "patrimonio_mensual"),
}

# What a letter tells line by line: of which fact, in Spanish and in English.
_LINES: Mapping[str, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = {
    "comando_ok": (
        ("history", ("#asignar luis",), ("#assign luis",)),
        ("lines", (_ASSIGNED.es, _WHO.es), (_ASSIGNED.en, _WHO.en)),
    ),
    "deshecho": (
        ("history", ("#asignar luis",), ("#assign luis",)),
        ("lines", ("Estado: En cola (antes Asignado)",), ("State: Queued (was Assigned)",)),
    ),
    "estado": (
        (
            "lines",
            ("lunes 23 de noviembre de 2026, 10:30: se registró", "10:42: Ana Torres Vega ordenó #asignar luis"),
            ("Monday 23 November 2026, 10:30: registered", "10:42: Ana Torres Vega ordered #assign luis"),
        ),
    ),
    "lista": (("lines", (_ROW.es,), (_ROW.en,)),),
    "lote": (
        (
            "lines",
            ("MESA-123-K: hecho #tomar", "MESA-124-P: no se cumplió #cerrar: corresponde a otra función."),
            ("MESA-123-K: done #take", "MESA-124-P: not done #close: it belongs to another role."),
        ),
    ),
    "prueba": (("history", (_ASSIGNED.es, _WHO.es), (_ASSIGNED.en, _WHO.en)),),
    "seguimiento": (("lines", (_ASSIGNED.es,), (_ASSIGNED.en,)),),
}


# Letters that no step writes and that still offer the reader his next steps.
OFFERING = ("ayuda", "comando_error", "comando_ok", "no_autorizado", "mantenimiento_verificacion")


def told(template: str, language: str) -> dict[str, Fact]:
    """The facts of a letter as it may really be sent, of a ticket that belongs to no institution."""
    facts = {key: fact for key, fact in SAMPLES[language].items() if template in _ONLY.get(key, (template,))}
    scene = SCENES.get(template, _NOTHING)
    facts |= {"title": TITLE.words(language), "text": scene.words(language), "request": REQUEST.words(language)}
    if template in _WHY:
        facts["reason_text"] = _WHY[template].words(language)
    facts |= {fact: en if language == "en" else es for fact, es, en in _LINES.get(template, ())}
    if template == "lista":
        facts["ticket_count"] = 1
    return facts
