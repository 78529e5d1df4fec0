"""`maild run`: the daemon, or one round of it."""

from __future__ import annotations

from datetime import datetime

import click

from maild.cli.call import Call, pass_call
from maild.errors import ConfigError, UsageError


@click.command()
@click.option("--once", is_flag=True, help="Lee, decide, envía lo que haya y termina / one round.")
@click.option("--only", default="", help="intake,clock,dispatch: solo estas partes / only these loops.")
@click.option("--at", "at", default="", help="Ahora virtual, ISO con zona / the virtual now (rehearsal).")
@pass_call
def run(call: Call, once: bool, only: str, at: str) -> int:
    """Pone la mesa de ayuda en marcha. / Runs the help desk."""
    from maild import daemon
    from maild.config import secret_problems
    from maild.house import House, real_now
    from maild.log import start_log

    loops = frozenset(part.strip() for part in only.split(",") if part.strip()) or frozenset(daemon.LOOPS)
    unknown = loops - set(daemon.LOOPS)
    if unknown:
        raise UsageError(f"--only: no conozco «{', '.join(sorted(unknown))}»; las que hay: {', '.join(daemon.LOOPS)}")
    config = call.config()
    problems = secret_problems(config)
    if problems:
        raise ConfigError(problems)
    start_log(config.log.level, config.log.addresses)
    now = daemon.fixed(instant(at)) if at else real_now
    daemon.run(House.open(config, now), loops, once=once)
    return 0


def instant(text: str) -> datetime:
    """An ISO time with its zone, as an operator writes it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"«{text}» no es una hora; escriba 2026-11-02T09:00:00-05:00") from error
    if moment.tzinfo is None:
        raise UsageError(f"«{text}» no dice la zona; escriba 2026-11-02T09:00:00-05:00")
    return moment
