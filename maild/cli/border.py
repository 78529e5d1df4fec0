"""`maild doctor auth`: whether a forged stamp would be believed here. Sends a probe from outside, or looks at a mail that arrived."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from maild.cli.call import Call, pass_call
from maild.cli.output import Output, json_option
from maild.errors import UsageError

if TYPE_CHECKING:
    from maild.config import Config
    from maild.core.border import Seen
    from maild.core.trust import Boundary

_WAIT = 60.0
_LOOK = 1.0


@click.command()
@click.argument(
    "files", nargs=-1, metavar="[CORREO.eml …]", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--via",
    metavar="SERVIDOR[:PUERTO]",
    help="El servidor que recibe de fuera / the server that takes mail from outside.",
)
@click.option("--sender", metavar="DIRECCIÓN", help="Por quién se hace pasar la sonda / whom the probe pretends to be.")
@json_option
@pass_call
def auth(call: Call, files: tuple[Path, ...], via: str | None, sender: str | None, as_json: bool) -> int:
    """Dice si un sello falsificado se creería aquí. Con --via manda una sonda como cualquiera de fuera y espera a que llegue
    (con la mesa parada); con archivos mira correos que ya llegaron.

    Says whether a forged stamp would be believed here: sends a probe as any outsider would (with the desk stopped),
    or looks at mails that have arrived.
    """
    out, config = Output(as_json), call.config()
    if bool(files) == bool(via):
        raise UsageError("dé --via SERVIDOR o uno o más correos / give --via or mails")
    boundary = _boundary(config)
    raws = [path.read_bytes() for path in files] if files else [_round_trip(config, boundary, str(via), sender)]
    return max(_judge(raw, boundary, config.security.policy, out) for raw in raws)


def _boundary(config: Config) -> Boundary:
    from maild.core.trust import Boundary

    security = config.security
    return Boundary(security.authentication_results, security.authserv_ids, security.border_hosts)


def _judge(raw: bytes, boundary: Boundary, policy: str, out: Output) -> int:
    from maild.core import border
    from maild.core.values import Assurance
    from maild.mail.parse import parse

    seen = border.seen(parse(raw), boundary)
    believed = seen.is_probe and seen.worth is Assurance.A3
    told = {"ids": seen.ids, "assurance": f"A{int(seen.worth)}", "forged": seen.still_forged}
    out.line({"probe": seen.is_probe, "believed": believed, **told})
    shown = ", ".join(each or "(sin id / no id)" for each in seen.ids) or "ninguno / none"
    out.tell(f"sellos, el más nuevo primero / stamps, newest first: {shown}")
    if not seen.is_probe:
        out.tell(f"por el borde solo / by the border alone: A{int(seen.worth)}")
        _advise(seen, boundary, out)
        return 0
    if believed:
        out.say("✗ se creería un sello falsificado / a forged stamp would be believed", "red")
        out.say('    → authentication_results = "none", o border_hosts con sus servidores / or border_hosts')
        if policy == "strict":
            out.say('    → policy = "strict" no protege así / does not protect like this', "red")
        return 1
    if ours := [each for each in seen.still_forged if each in boundary.ids]:
        text = "! su borde deja pasar sellos ajenos con su id / your border lets foreign stamps with its id through"
        out.say(f"{text}: {', '.join(ours)} (RFC 8601 §5)", "yellow")
    out.say("✓ ningún sello falsificado se cree / no forged stamp is believed", "green")
    return 0


def _advise(seen: Seen, boundary: Boundary, out: Output) -> None:
    if boundary.mode != "none" or not seen.ids:
        return
    newest = seen.ids[0]
    key = f'authserv_id", authserv_ids = ["{newest}"]' if newest else 'topmost_no_id"'
    out.tell(f'para creer a quien puso el primero / to believe who wrote the first: authentication_results = "{key}')


# -- the round trip -----------------------------------------------------------------------------------------------------


def _round_trip(config: Config, boundary: Boundary, via: str, sender: str | None) -> bytes:
    """Hand the probe to the server that takes mail from outside, and wait for it in the mailbox."""
    import secrets
    from datetime import UTC, datetime
    from email.utils import format_datetime

    from maild.core import border
    from maild.house import mailbox_settings
    from maild.mail.mailbox import Mailbox

    nonce = secrets.token_hex(8)
    pretended = sender or config.desk.operator
    raw = border.probe(pretended, config.desk.address, nonce, boundary, format_datetime(datetime.now(UTC)))
    box = Mailbox(mailbox_settings(config.mailboxes[0]))
    try:
        box.open()
        before = set(box.uids())
        _hand_over(raw, via, pretended, config)
        give_up = time.monotonic() + _WAIT
        while time.monotonic() < give_up:
            fresh = [uid for uid in box.uids() if uid not in before]
            found = (body for body in box.fetch(fresh).values() if nonce.encode() in body) if fresh else ()
            if (body := next(iter(found), None)) is not None:
                return body
            time.sleep(_LOOK)
    finally:
        box.close()
    raise UsageError("la sonda no llegó al buzón en un minuto / the probe did not arrive within a minute")


def _hand_over(raw: bytes, via: str, sender: str, config: Config) -> None:
    import asyncio

    from maild.mail.smtp import Relay, RelaySettings

    host, _, port = via.partition(":")
    if port and not port.isdigit():
        raise UsageError(f"--via: «{via}» no es SERVIDOR:PUERTO / is no HOST:PORT")

    async def nothing() -> None:
        return None

    async def talk() -> None:
        settings = RelaySettings(host, int(port or 25), "none", None, None, str)
        relay = Relay(settings)
        try:
            verdict = await relay.deliver(sender, config.desk.address, raw, nothing)
        finally:
            await relay.close()
        if not 200 <= (verdict.code or 0) < 300:
            raise UsageError(f"{host} no aceptó la sonda: {verdict.code} {verdict.text} / did not take the probe")

    asyncio.run(talk())
