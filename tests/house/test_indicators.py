"""Each institution's own indicators, on a month that is written out below: every expected number was counted by hand from the
story's own times, with none of the program's counting."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from maild.config.shipped import shipped
from maild.core import periods
from maild.simulate import Story, figures, read, set_up

STORIES = Path(__file__).parents[1] / "data" / "stories"
Steps = list[tuple[Any, ...]]
Found = dict[str, list[dict[str, Any]]]


def reported(
    profile: str, zone: str, people: dict[str, str], steps: Steps, period: str = "2026-11", rules: Path | None = None
) -> Found:
    """What the institution's report says of a period: for each table its rows, by the keys of their columns.

    `people`: key → role and, after a comma, area. A step: «11-02 09:00», who, subject, text, and what it opens or attaches.
    """
    named = {
        key: {"address": f"{key}@entidad.test", "name": key.title(), "role": role, **({"area": area} if area else {})}
        for key, (role, _, area) in ((k, v.partition(",")) for k, v in people.items())
    }
    story = {
        "id": profile, "profile": profile, "title": "un mes", "people": named,
        "steps": [_step(zone, *step) for step in sorted(steps, key=lambda s: s[0])],
    }  # fmt: skip
    with set_up(Story.model_validate(story), f"{profile}.json", rules) as stage:
        for result in stage.whole(f"{profile}.json"):
            assert result.refused is None, (result.at, result.reasons)
        days = periods.read(period)
        assert days is not None
        found = figures(stage, days)
        for language in ("es", "en"):  # every column has its name in the reader's words
            tables = stage.desk.composer.tables(found, language)
            told = [s for s in found.sections if s.rows]
            unnamed = [k for s, t in zip(told, tables, strict=True) for k in s.columns if k in t.columns]
            assert unnamed == []
        return {s.key: [dict(zip(s.columns, row, strict=True)) for row in s.rows] for s in found.sections}


def _step(
    zone: str, at: str, who: str = "", subject: str = "", body: str = "", opens: str = "", *files: str
) -> dict[str, Any]:
    moment = f"2026-{at.replace(' ', 'T')}:00{zone}"
    if not who:
        return {"at": moment, "clock": True}
    answers = subject.partition("]")[0].partition("{")[2].rstrip("}")
    mail: dict[str, Any] = {"from": who, "subject": f"RE: {subject}" if answers else subject, "body": body}
    if answers:
        mail["reply_to_ticket"] = answers
    mail |= {"opens": opens} if opens else {}
    mail |= {"attachments": [{"name": name} for name in files]} if files else {}
    return {"at": moment, "mail": mail}


# -- OSCE -------------------------------------------------------------------------------------------------------------

OSCE = {"ana": "usuario,Logística", "luis": "tecnico", "rosa": "mesa", "jefa": "jefe_uast", "prov": "proveedor"}


OSCE_MONTH: Steps = [
    # T1, an incident: half an hour.
    ("11-02 09:00", "ana", "No prende mi computadora", "No prende.", "T1"),
    ("11-02 09:10", "rosa", "[{T1}] #tipo incidencia #asignar luis"),
    ("11-02 09:30", "luis", "[{T1}] #tomar #modo remoto #resuelto", "Se ajustó el cable."),
    # T2, an incident: 48 hours, of which 24 + 19 with the provider, who comes twice; one fault in the first window.
    ("11-02 10:00", "ana", "La impresora no imprime", "Sale en blanco.", "T2"),
    ("11-02 10:10", "rosa", "[{T2}] #tipo incidencia #asignar luis"),
    ("11-02 11:00", "luis", "[{T2}] #tomar #modo remoto #noresuelto", "Es el fusor."),
    ("11-02 11:00", "luis", "[{T2}] #proveedor prov", "Cambio de fusor."),
    ("11-03 11:00", "prov", "[{T2}] #fin", "Cambiado."),
    ("11-03 15:00", "luis", "[{T2}] #falla", "Otra vez en blanco."),
    ("11-04 10:00", "prov", "[{T2}] #fin", "Cambiado otra vez."),
    # T3, a requirement, which does not count; its form lies unsigned since the 5th, 11:00.
    ("11-05 09:00", "ana", "Necesito un monitor", "Para el nuevo puesto.", "T3"),
    ("11-05 09:10", "rosa", "[{T3}] #tipo requerimiento #asignar luis"),
    ("11-05 10:00", "luis", "[{T3}] #tomar #modo presencial #resuelto #hardware si", "Instalado."),
    ("11-05 10:30", "ana", "[{T3}] #conforme"),
    ("11-05 11:00", "luis", "[{T3}] #cargo", "asigna: MONITOR | HP | 740899500112"),
    ("11-30 15:00",),
    # T4, an incident of the last day, attended in December.
    ("11-30 16:00", "ana", "Sin internet en mi oficina", "No abre nada.", "T4"),
    ("11-30 16:10", "rosa", "[{T4}] #tipo incidencia #asignar luis"),
    ("12-01 10:00", "luis", "[{T4}] #tomar #modo remoto #resuelto", "Era el cable."),
]


@pytest.fixture(scope="module")
def osce() -> Found:
    return reported("osce", "-05:00", OSCE, OSCE_MONTH)


def test_osce_counts_the_time_of_the_incidents_that_were_reported_and_attended_in_the_month(osce: Found) -> None:
    """Half an hour and 48, over two; over all three that were reported, as the formula says to the letter; 43 of them waited."""
    assert osce["indicator.atencion_oportuna"] == [
        {
            "reported": 3, "attended": 2, "unattended": 1, "sum-gross": 48.5, "sum-net": 5.5,
            "mean-gross": 24.25, "mean-net": 2.75, "mean-of-all": 16.17,
        }
    ]  # fmt: skip


def test_an_institution_that_sets_a_target_gets_the_share_attended_within_it(tmp_path: Path) -> None:
    """Half an hour is within two working hours, two days are not."""
    for name in ("base", "osce"):
        shutil.copytree(shipped("rules") / name, tmp_path / name)
    with (tmp_path / "osce" / "indicators.toml").open("a") as file:
        file.write(
            '[indicator.meta]\nname = "Meta"\ncomputed = "mean_resolution"\ntype = "incidencia"\ntarget = "2wh"\n'
        )
    (row,) = reported("osce", "-05:00", OSCE, OSCE_MONTH, rules=tmp_path)["indicator.meta"]
    assert (row["attended"], row["in-time"]) == (2, 0.5)


def test_osce_counts_windows_rounds_with_providers_and_forms_that_nobody_signed(osce: Found) -> None:
    window = "24 horas desde el fin del servicio de terceros"
    assert osce["indicator.ventanas"] == [{"window": window, "count": 2, "objected": 1, "passed": 1, "running": 0}]
    assert osce["indicator.vueltas_tercero"] == [{"count": 1, "rounds": 2, "mean-rounds": 2.0, "most": 2}]
    assert osce["indicator.cargos_sin_firma"] == [{"ticket": "OSCE-3-A", "serial": "001-2026", "days": 25}]


# -- PNPAIS -----------------------------------------------------------------------------------------------------------

PNPAIS = {
    "ana": "usuario", "beto": "usuario", "uti": "mesa", "t1": "nivel1", "t2": "nivel1", "esp": "nivel2",
    "prov": "proveedor", "ejec": "ejecutivo",
}  # fmt: skip


def six_alike() -> Steps:
    """Each an hour in the queue, two in process, three resolved; surveys answered with 1 to 5, the sixth not at all."""
    steps: Steps = []
    for n in range(1, 7):
        who, day, ticket = ("ana", "beto")[n % 2], f"11-{n + 8:02}", f"[{{T{n}}}]"
        steps += [
            (f"{day} 08:00", who, "La carpeta compartida no abre", "Pide clave.", f"T{n}"),
            (f"{day} 09:00", "uti", f"{ticket} #servicio red-carpeta #asignar t1"),
            (f"{day} 09:30", "t1", f"{ticket} #tomar"),
            (f"{day} 11:00", "t1", f"{ticket} #resuelto", "Listo."),
            (f"{day} 14:00", who, f"{ticket} #conforme"),
        ]
        steps += [(f"{day} 15:00", who, f"{ticket} Encuesta", str(n))] if n <= 5 else []
    return steps


# Goes up twice, comes back once: 1 hour in the queue, 6 + 1 in process, 1 + 2 resolved; its survey is answered in December.
GOES_UP: Steps = [
    ("11-20 09:00", "ana", "Olvidé mi contraseña del correo", "No la recuerdo.", "T7"),
    ("11-20 10:00", "uti", "[{T7}] #servicio correo-contrasena #asignar t1"),
    ("11-20 10:00", "t1", "[{T7}] #tomar"),
    ("11-20 11:00", "t1", "[{T7}] #escalar 2 esp criterio=n2.especializado", "Es del directorio."),
    ("11-20 12:00", "esp", "[{T7}] #tomar"),
    ("11-20 13:00", "esp", "[{T7}] #proveedor prov criterio=n3.proveedor", "Es del servicio."),
    ("11-20 15:00", "prov", "[{T7}] #fin", "Repuesta."),
    ("11-20 16:00", "esp", "[{T7}] #resuelto", "Ya entra."),
    ("11-20 17:00", "ana", "[{T7}] #noconforme", "Todavía no entra."),
    ("11-20 18:00", "esp", "[{T7}] #resuelto", "Ahora sí."),
    ("11-20 20:00", "ana", "[{T7}] #conforme"),
    ("12-02 09:00", "ana", "[{T7}] Encuesta", "5"),
]


@pytest.fixture(scope="module")
def pnpais() -> Found:
    return reported("pnpais", "-05:00", PNPAIS, [*six_alike(), *GOES_UP])


def test_pnpais_counts_each_row_of_the_catalogue_and_the_time_in_its_four_states(pnpais: Found) -> None:
    assert pnpais["indicator.por_categoria"] == [
        {"what": "01 ACCESO A LA RED Carpeta compartida", "count": 6},
        {"what": "06 CORREO INSTITUCIONAL Olvido de contraseña", "count": 1},
    ]
    assert pnpais["indicator.tiempo_por_estado"] == [
        {"state": "En cola", "hours": 7.0, "count": 7, "mean": 1.0},
        {"state": "En proceso", "hours": 19.0, "count": 7, "mean": 2.71},
        {"state": "Resuelto", "hours": 21.0, "count": 7, "mean": 3.0},
    ]


def test_pnpais_counts_what_came_back_and_why_tickets_went_up(pnpais: Found) -> None:
    assert pnpais["indicator.reaperturas"] == [{"reopened": 1, "resolved": 7, "share": 0.143}]
    rows = [(row["criterion"], row["count"]) for row in pnpais["indicator.escalamientos"]]
    assert rows == [("n2.especializado", 1), ("n3.proveedor", 1)]


def test_surveys_are_counted_with_how_many_were_sent_and_no_mean_of_few(pnpais: Found) -> None:
    survey = {"asked": 7, "answered": 5, "rate": 0.714, "answers": 5, "score": 3.0}
    assert pnpais["indicator.satisfaccion"] == [survey]
    summary = {row["what"]: row["value"] for row in pnpais["summary"]}
    assert (summary["asked"], summary["answer-rate"], summary["answers"], summary["score"]) == (7, 0.714, 5, 3.0)


def test_an_answer_counts_in_the_month_in_which_it_came_though_nothing_else_happened(pnpais: Found) -> None:
    december = reported("pnpais", "-05:00", PNPAIS, [*six_alike(), *GOES_UP], "2026-12")
    late = {"asked": 0, "answered": 0, "rate": None, "answers": 1, "score": None}
    assert december["indicator.satisfaccion"] == [late]


# -- AGETIC -----------------------------------------------------------------------------------------------------------

AGETIC = {
    "ciu": "usuario", "op": "mesa", "sup": "supervisor", "uit": "unidad:UIT", "upat": "unidad:UPAT",
    "acgii": "unidad:ACGII", "adt": "unidad:ADT",
}  # fmt: skip


@pytest.fixture(scope="module")
def agetic() -> Found:
    steps: Steps = [
        # T1: the UIT says four hours at 9:40 and, at 14:00, two more; it takes until 15:00. The supervisor sends it back once.
        ("11-03 09:00", "ciu", "El portal no responde", "No abre la página.", "T1"),
        ("11-03 09:05", "op", "[{T1}] #tomar"),
        ("11-03 09:10", "op", "[{T1}] #derivar UIT", "Es de infraestructura."),
        ("11-03 09:30", "uit", "[{T1}] #gestiona UIT"),
        ("11-03 09:40", "uit", "[{T1}] #estimar 4h"),
        ("11-03 14:00", "uit", "[{T1}] #estimar 2h"),
        ("11-03 15:00", "uit", "[{T1}] #resuelto", "Nodo reiniciado."),
        ("11-03 15:10", "op", "[{T1}] #base nueva Nodo 3 sin memoria", "Reiniciar el nodo 3."),
        ("11-03 16:00", "sup", "[{T1}] #observar", "Falta la causa."),
        ("11-03 16:10", "op", "[{T1}] #base no", "Añadida."),
        ("11-03 17:00", "sup", "[{T1}] #aprobar", "Bien."),
        # T2: the UPAT says four working hours on Thursday, 16:30; it hands over on Friday, 11:00: one hour and two and a half.
        ("11-05 09:00", "ciu", "El portal no responde otra vez", "Sale un error.", "T2"),
        ("11-05 09:05", "op", "[{T2}] #tomar"),
        ("11-05 09:10", "op", "[{T2}] #derivar UIT", "Es de infraestructura."),
        ("11-05 09:30", "uit", "[{T2}] #derivar UPAT", "Es del aplicativo."),
        ("11-05 16:30", "upat", "[{T2}] #estimar 4wh"),
        ("11-06 11:00", "upat", "[{T2}] #hecho #derivar UIT", "Parche listo."),
        ("11-06 12:00", "uit", "[{T2}] #resuelto", "Desplegado."),
        ("11-06 12:10", "op", "[{T2}] #base no", "Ya estaba."),
        ("11-06 12:40", "sup", "[{T2}] #aprobar", "Bien."),
    ]
    return reported("agetic", "-04:00", AGETIC, steps)


def test_agetic_compares_what_a_unit_estimated_with_what_it_took_in_the_same_hours(agetic: Found) -> None:
    uit, upat = (
        "Unidad de Infraestructura Tecnológica (UIT)",
        "Unidad de Producción y Actualización Tecnológica (UPAT)",
    )
    assert agetic["indicator.estimacion"] == [
        {"unit": uit, "count": 1, "promised": 4.0, "took": 5.33, "ratio": 1.33, "late": 1, "again": 1},
        {"unit": upat, "count": 1, "promised": 4.0, "took": 3.5, "ratio": 0.88, "late": 0, "again": 0},
    ]
    rows = [(r["ticket"], r["unit"], r["estimate"], r["took"]) for r in agetic["indicator.estimaciones"]]
    assert rows == [("AGT-1-R", uit, "4h", 5.33), ("AGT-2-W", upat, "4wh", 3.5)]


def test_agetic_counts_how_long_each_unit_had_the_cases(agetic: Found) -> None:
    """The desk 30 and 20 minutes, the supervisor 100 and 30, the UIT 5:50 and 1:20, the UPAT a day and an hour and a half."""
    rows = [(r["hours"], r["count"], r["mean"]) for r in agetic["indicator.tiempo_unidad"]]
    assert rows == [(0.83, 2, 0.42), (2.17, 2, 1.08), (7.17, 2, 3.58), (25.5, 1, 25.5)]


def test_agetic_counts_what_the_supervisor_sent_back_and_what_was_learned(agetic: Found) -> None:
    assert agetic["indicator.devueltos"] == [{"reviewed": 2, "sent-back": 1, "share": 0.5}]
    assert agetic["indicator.base_conocimiento"] == [{"entry": "KB-1"}]


# -- PROINVERSION -----------------------------------------------------------------------------------------------------

PROINVERSION = {
    "ana": "usuario,Promoción", "beto": "usuario,Logística", "mesa1": "mesa", "n1": "nivel1", "n2": "nivel2",
    "jefe": "jefe_ti", "prov": "proveedor",
}  # fmt: skip


@pytest.fixture(scope="module")
def proinversion() -> Found:
    steps: Steps = [
        # T1 goes up to the chief, who refuses; T2 is done by the first level; T3 and T4 are only wishes.
        ("11-02 09:00", "ana", "El plotter no enciende", "No enciende.", "T1"),
        ("11-02 09:10", "mesa1", "[{T1}] #tipo incidencia #escalar 1 n1", "Sin tensión."),
        ("11-02 10:00", "n1", "[{T1}] #noresuelto", "La fuente."),
        ("11-02 10:10", "n2", "[{T1}] #tomar"),
        ("11-02 11:00", "n2", "[{T1}] #garantia no", "Se adjunta el informe.", "", "Informe Técnico 15-2026.pdf"),
        ("11-03 11:00", "jefe", "[{T1}] #procede no", "No hay presupuesto."),
        ("11-03 12:00", "mesa1", "[{T1}] #cerrar"),
        ("11-04 09:00", "ana", "La impresora no imprime", "Sale en blanco.", "T2"),
        ("11-04 09:10", "mesa1", "[{T2}] #tipo incidencia #escalar 1 n1", "No es papel."),
        ("11-04 10:00", "n1", "[{T2}] #tomar #resuelto", "Rodillo nuevo."),
        ("11-04 11:00", "mesa1", "[{T2}] #cerrar"),
        ("11-05 09:00", "ana", "Un campo más en el sistema de visitas", "Quisiéramos la fecha.", "T3"),
        ("11-05 09:10", "mesa1", "[{T3}] #tipo requerimiento"),
        ("11-05 10:00", "beto", "Un reporte de almacén por mes", "Lo quisiéramos en Excel.", "T4"),
        ("11-05 10:10", "mesa1", "[{T4}] #tipo requerimiento"),
    ]
    return reported("proinversion", "-05:00", PROINVERSION, steps)


def test_proinversion_sums_up_by_type_level_and_outcome(proinversion: Found) -> None:
    assert [(row["what"], row["count"]) for row in proinversion["indicator.resumen"]] == [
        ("Requerimiento · 0 · Registrado con fin informativo", 2),
        ("Incidencia · 1 · Resuelto", 1),
        ("Incidencia · 2 · No procede la contratación", 1),
    ]
    assert proinversion["indicator.contrataciones"] == [{"raised": 1, "refused": 1, "reported": 2, "share": 0.5}]


def test_proinversion_lists_what_each_area_wishes(proinversion: Found) -> None:
    assert [tuple(row.values()) for row in proinversion["indicator.requerimientos"]] == [
        ("Logística", "PINV-4-G", "Un reporte de almacén por mes"),
        ("Promoción", "PINV-3-A", "Un campo más en el sistema de visitas"),
    ]


# -- MINEM ------------------------------------------------------------------------------------------------------------

MINEM = {
    "ana": "usuario", "beto": "usuario", "op": "mesa", "st": "tecnico", "red": "redes", "esr": "redes_especialista",
    "bak": "maquina", "coord": "coordinador", "dti": "director_ti", "abas": "abastecimiento",
    "aga1": "gestion_admin,Presupuesto", "aga2": "gestion_admin,Electricidad",
}  # fmt: skip


def copies(day: str, job: str, ticket: str) -> Steps:
    return [
        (f"{day} 18:00", "esr", f"#iniciar TI-06 Copia {job} del {day}", "", ticket),
        (f"{day} 18:05", "esr", f"[{{{ticket}}}] #programa trabajo={job} hora=06:00"),
    ]


@pytest.fixture(scope="module")
def minem() -> Found:
    steps: Steps = [
        *copies("11-02", "SQL-DIARIO", "T1"),  # fails, then succeeds
        ("11-02 23:00", "bak", "Backup job SQL-DIARIO FAILED", "Job SQL-DIARIO: FAILED. Disco lleno."),
        ("11-03 02:00", "bak", "Backup job SQL-DIARIO SUCCESS", "Job SQL-DIARIO: SUCCESS. 48 GB copiados."),
        *copies("11-03", "SQL-DIARIO", "T2"),  # succeeds
        ("11-04 02:00", "bak", "Backup job SQL-DIARIO SUCCESS", "Job SQL-DIARIO: SUCCESS. 48 GB copiados."),
        *copies("11-04", "FILE-DIARIO", "T3"),  # nothing comes
        ("11-05 08:00",),
    ]
    for n in range(4, 10):  # answered with 4, 5, 4, 5, 4, the last not at all
        who, day, ticket = ("ana", "beto")[n % 2], f"11-{n + 5:02}", f"[{{T{n}}}]"
        steps += [
            (f"{day} 09:00", who, "No abre el visor de documentos", "Sale un error.", f"T{n}"),
            (f"{day} 09:10", "op", f"{ticket} #tomar"),
            (f"{day} 09:20", "op", f"{ticket} #resuelto", "Por teléfono."),
            (f"{day} 09:30", "op", f"{ticket} #cerrar"),
        ]
        steps += [(f"{day} 10:00", who, f"{ticket} Encuesta", str(4 + n % 2))] if n < 9 else []
    for n, (host, state) in enumerate((("sw-piso4", "WARNING"), ("sw-piso5", "CRITICAL"), ("sw-piso6", "CRITICAL"))):
        alert = f"Host: {host}\nService: PORT 12\nState: {state}\nGrupo: equipos de comunicaciones"
        steps.append((f"11-24 0{n}:00", "bak", f"PROBLEM: {host} {state}", alert, f"A{n}"))
    steps.append(("11-29 09:00",))
    return reported("minem", "-05:00", MINEM, steps)


def test_minem_counts_for_each_backup_how_often_it_went_well_badly_or_was_not_heard_of(minem: Found) -> None:
    assert minem["indicator.respaldos"] == [
        {"what": "FILE-DIARIO", "ok": 0, "error": 0, "missing": 1},
        {"what": "SQL-DIARIO", "ok": 2, "error": 1, "missing": 0},
    ]


def test_minem_means_five_surveys_of_six(minem: Found) -> None:
    survey = {"asked": 6, "answered": 5, "rate": 0.833, "answers": 5, "score": 4.4}
    assert minem["indicator.satisfaccion"] == [survey]


def test_minem_counts_alerts_by_branch_and_severity_and_the_time_in_each_state(minem: Found) -> None:
    """The copies stay open: 678, 654 and 630 hours until the month is over; the six others are ten minutes in each state."""
    alerts = [("comunicaciones · CRITICAL", 2), ("comunicaciones · WARNING", 1)]
    assert [(row["what"], row["count"]) for row in minem["indicator.alertas"]] == alerts
    spent = {row["state"]: (row["hours"], row["count"], row["mean"]) for row in minem["indicator.tiempo_por_estado"]}
    assert spent["En atención"] == (1963.0, 9, 218.11)
    assert spent["Ticket generado"] == spent["Atendida"] == (1.0, 6, 0.17)


def test_a_survey_without_an_answer_is_no_deadline_that_somebody_missed(minem: Found) -> None:
    missed = {row["clock"] for row in minem["clocks"]}
    assert {"espera_correo", "p_tarea"} <= missed and "p_encuesta" not in missed


def test_minem_counts_how_much_of_the_plan_is_done_in_each_area() -> None:
    """The shared story of the yearly plan, up to the moment in which both machines of one area are done."""
    path = STORIES / "shared" / "E-MEM-09.json"
    story = read(path)
    done = [n for n, s in enumerate(story.steps) if s.mail and "{T3}" in s.mail.subject and "#cerrar" in s.mail.subject]
    with set_up(story.model_copy(update={"steps": story.steps[: done[0] + 1]}), path.name) as stage:
        assert all(stage.whole(path.name))
        days = periods.read("2026-11")
        assert days is not None
        rows = next(s.rows for s in figures(stage, days).sections if s.key == "indicator.mantenimiento")
    assert rows == (("Presupuesto", 2, 2, 1.0), ("Electricidad", 0, 1, 0.0))
