"""What happens at the Biblioteca Central de Valle Claro between a Thursday and the Monday after, act by act."""

from __future__ import annotations

from datetime import datetime

from maild.demo.cast import ANA, ELENA, GRACE, IVAN, LUIS, MARTA, PEDRO, ROSA, SHOP, STRANGER
from maild.demo.stage import ZONE, Stage

OPENING = datetime(2026, 11, 5, 8, 38, tzinfo=ZONE)  # a Thursday: two days of silence end on a Saturday
PRINTER, PASSWORD, VIDEO, SOFTWARE = 1, 2, 3, 4


def at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


async def play(stage: Stage) -> None:
    """Every act, in order."""
    await _three_people_write(stage)
    await _work_begins(stage)
    await _mails_that_must_move_nothing(stage)
    await _answers_that_close_and_reopen(stage)
    await _questions_and_a_busy_relay(stage)
    await _a_ticket_that_nobody_takes(stage)
    await _friday(stage)
    await _the_weekend_and_monday(stage)


async def _three_people_write(stage: Stage) -> None:
    await stage.act(at(5, 8, 40), "Rosa escribe por la impresora", "Rosa writes about the printer")
    mail = await stage.writes(
        ROSA, "La impresora del segundo piso no imprime", "Buenos días. Envío a imprimir y no sale nada; es urgente."
    )
    await stage.act(at(5, 8, 52), "Pedro olvidó su contraseña", "Pedro forgot his password")
    await stage.writes(PEDRO, "Olvidé mi contraseña", "No puedo entrar a mi equipo. ¿Me ayudan, por favor?")
    await stage.act(
        at(5, 9, 5), "Grace escribe en inglés y recibe cartas en inglés", "Grace writes, and is answered, in English"
    )
    await stage.writes(GRACE, "No sound in video calls", "Good morning. Nobody hears me in video calls since today.")
    await stage.act(at(5, 9, 10), "El correo de Rosa llega otra vez, por otro camino", "Rosa's mail arrives twice")
    await stage.again(ROSA, mail)


async def _work_begins(stage: Stage) -> None:
    await stage.act(at(5, 9, 12), "Ana asigna respondiendo a sus cartas", "Ana assigns by answering her letters")
    await stage.answers(ANA, PRINTER, "#asignar luis")
    await stage.answers(ANA, PASSWORD, "#asignar marta")
    await stage.answers(ANA, VIDEO, "#asignar Luis Rojas")
    await stage.act(at(5, 9, 20), "Luis toca «Tomar» en su teléfono", "Luis touches the button on his phone")
    await stage.touches(LUIS, PRINTER, "tomar")
    await stage.touches(LUIS, VIDEO, "tomar")
    await stage.act(at(5, 9, 40), "Marta resuelve con una línea", "Marta resolves with one line")
    await stage.answers(
        MARTA, PASSWORD, "#resuelto\n\nLe di una contraseña temporal por teléfono; cámbiela al entrar, por favor."
    )


async def _mails_that_must_move_nothing(stage: Stage) -> None:
    await stage.act(
        at(5, 9, 42), "Contesta el «fuera de oficina» de Pedro", "Pedro's out-of-office answers: nothing moves"
    )
    await stage.answers(
        PEDRO,
        PASSWORD,
        "Conforme: estoy fuera de la oficina y leeré su mensaje a mi regreso.",
        Auto_Submitted="auto-replied",
    )
    await stage.act(
        at(5, 10, 5), "Alguien se hace pasar por Luis", "Somebody pretends to be Luis: not obeyed, and Luis is told"
    )
    await stage.writes(LUIS, f"RE: [{stage.mark(VIDEO)}] #resuelto ya quedó", "Ya está todo arreglado.")
    await stage.act(at(5, 10, 12), "Un desconocido adivina un número", "A stranger guesses a number")
    await stage.writes(STRANGER, f"RE: [{stage.mark(PRINTER)}]", "¿Me pasan los datos de esta solicitud?")
    await stage.act(at(5, 10, 15), "Llega publicidad", "An advertisement arrives")
    await stage.writes(
        SHOP, "¡Tóner al 50 %!", "Solo por hoy.", Precedence="bulk", List_Unsubscribe="<mailto:baja@tienda.example>"
    )
    await stage.act(at(5, 10, 20), "Llega un correo dañado", "A damaged mail is set aside whole; the operator is told")
    await stage.damaged(ELENA)


async def _answers_that_close_and_reopen(stage: Stage) -> None:
    await stage.act(at(5, 10, 30), "Luis resuelve la impresora", "Luis resolves the printer")
    await stage.answers(LUIS, PRINTER, "#resuelto\n\nEra un atasco de papel. Ya imprime.")
    await stage.act(at(5, 10, 50), "Pedro responde CONFORME", "Pedro accepts: the ticket is closed")
    await stage.answers(PEDRO, PASSWORD, "Conforme, muchas gracias.")
    await stage.act(at(5, 11, 5), "Rosa responde NO CONFORME", "Rosa does not: the work goes on")
    await stage.answers(ROSA, PRINTER, "No conforme: sigue igual, ahora salen hojas en blanco.")
    await stage.act(at(5, 11, 15), "Luis escala al segundo nivel", "Luis escalates to the second level")
    await stage.answers(LUIS, PRINTER, "#escalar\n\nCreo que es el fusor.")
    await stage.act(at(5, 11, 25), "Iván la toma y la resuelve", "Iván takes it and resolves it")
    await stage.touches(IVAN, PRINTER, "tomar")
    await stage.touches(IVAN, PRINTER, "resuelto", "Cambié el fusor e imprimí tres páginas de prueba.")


async def _questions_and_a_busy_relay(stage: Stage) -> None:
    await stage.act(
        at(5, 11, 30), "Elena pide un programa; el servidor de salida está ocupado", "Elena asks; the relay is busy"
    )
    stage.post.busy = 1
    await stage.writes(ELENA, "Necesito un lector de PDF", "Buenos días: lo necesito para revisar los contratos.")
    await stage.act(at(5, 11, 50), "Rosa toca «Conforme»", "Rosa touches “Conforme”")
    await stage.touches(ROSA, PRINTER, "conforme")
    await stage.act(at(5, 12, 0), "Luis le pregunta a Grace", "Luis asks Grace, and she answers")
    await stage.answers(LUIS, VIDEO, "#consulta\n\nWhich laptop do you use, and with which headset?")
    await stage.until(at(5, 12, 20))
    await stage.answers(GRACE, VIDEO, "The black one, with the new USB headset.")


async def _a_ticket_that_nobody_takes(stage: Stage) -> None:
    await stage.act(at(5, 16, 0), "Luis resuelve lo de Grace", "Luis resolves Grace's ticket")
    await stage.answers(LUIS, VIDEO, "#resuelto\n\nThe system used the wrong microphone. I set the headset as default.")
    # On the way: four working hours without anybody acting on Elena's ticket.
    await stage.act(at(5, 16, 45), "Ana ve el aviso y asigna", "Ana saw the reminder and assigns")
    await stage.answers(ANA, SOFTWARE, "#asignar marta")
    await stage.touches(MARTA, SOFTWARE, "tomar")


async def _friday(stage: Stage) -> None:
    await stage.act(at(6, 9, 10), "Marta se equivoca de tecla", "Marta mistypes: nothing is done, she is asked")
    await stage.answers(MARTA, SOFTWARE, "#resulto\n\nInstalé el lector de PDF.")
    await stage.act(at(6, 9, 14), "Y la escribe bien", "and writes it correctly")
    await stage.answers(MARTA, SOFTWARE, "#resuelto\n\nInstalé el lector de PDF.")
    await stage.act(at(6, 10, 0), "Elena responde", "Elena answers")
    await stage.answers(ELENA, SOFTWARE, "Todo bien, gracias.")
    await stage.act(
        at(6, 10, 5), "Pedro agradece: su solicitud sigue cerrada", "Pedro says thanks: his ticket stays closed"
    )
    await stage.answers(PEDRO, PASSWORD, "¡Muchas gracias!")


async def _the_weekend_and_monday(stage: Stage) -> None:
    # On the way: Grace is reminded on Friday, and on Saturday her silence of 48 hours becomes her conformity.
    await stage.act(at(9, 8, 45), "Grace vuelve: el problema también", "Grace is back, and so is the problem")
    await stage.answers(GRACE, VIDEO, "Still failing, I'm afraid: no sound again this morning.")
    await stage.act(at(9, 9, 30), "Luis lo resuelve de nuevo", "Luis resolves it again")
    await stage.answers(LUIS, VIDEO, "#resuelto\n\nI replaced the USB cable of the headset.")
    await stage.act(at(9, 9, 50), "Grace confirma", "Grace confirms")
    await stage.answers(GRACE, VIDEO, "It works, thanks.")
