"""The `maild` command: which verbs there are, and what an error means to the shell. Verbs are imported when called."""

from __future__ import annotations

import difflib
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import click

from maild.cli.call import Call, program_version
from maild.cli.words import Context, usage_problem
from maild.errors import MaildError, MailError, PermanentError, ProblemsError, TransientError, UsageError

log = logging.getLogger("maild.cli")

# verb → (module:attribute, help). Nothing is imported to show the help: it must be there at once.
COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "init": (
            "maild.cli.init:init",
            "Escribe una carpeta de configuración lista para editar / writes a configuration",
        ),
        "check": (
            "maild.cli.check:check",
            "Revisa configuración, personas, reglas y plantillas / checks all the files",
        ),
        "doctor": (
            "maild.cli.doctor:doctor",
            "Se conecta de verdad y dice qué falla / connects for real and says what fails",
        ),
        "run": ("maild.cli.run:run", "Pone la mesa de ayuda en marcha / runs the help desk"),
        "ingest": (
            "maild.cli.ingest:ingest",
            "Guarda correos de archivos o de una tubería / stores piped mail or files",
        ),
        "parse": ("maild.cli.parse:parse", "Muestra lo que se entiende de cada correo / what the parser understood"),
        "explain": (
            "maild.cli.explain:explain",
            "Dice qué se haría con cada correo y por qué / what would be done, and why",
        ),
        "rules": ("maild.cli.learning:rules", "Propone palabras y entrena el ayudante / words from corrections"),
        "backtest": (
            "maild.cli.backtest:backtest",
            "Repasa correos guardados con reglas cambiadas / stored mail against changed rules",
        ),
        "simulate": (
            "maild.cli.simulate:simulate",
            "Juega historias contra las reglas / plays stories against the rules",
        ),
        "letters": (
            "maild.cli.letters:letters",
            "Muestra todas las cartas para aprobarlas / shows every letter, for those who approve them",
        ),
        "ticket": ("maild.cli.ticket:ticket", "Muestra tickets y su historia / shows tickets and their history"),
        "do": ("maild.cli.do:do", "Da órdenes sobre un ticket en nombre de alguien / orders on a ticket"),
        "commands": (
            "maild.cli.commands:commands",
            "Escribe la tarjeta de órdenes en Markdown / writes the card of orders",
        ),
        "outbox": ("maild.cli.outbox:outbox", "Gobierna las cartas que salen / steers outgoing letters"),
        "quarantine": ("maild.cli.quarantine:quarantine", "Resuelve correos apartados / settles mails set aside"),
        "why": ("maild.cli.why:why", "Dice qué pasó con un correo, ticket o plazo / what happened, and why"),
        "report": (
            "maild.cli.report:report",
            "Cifras e indicadores de un periodo / figures and indicators of a period",
        ),
        "calendar": (
            "maild.cli.calendar:calendar",
            "Horario, feriados, y plazos contados de nuevo / hours, holidays, deadlines counted anew",
        ),
        "import": (
            "maild.cli.importing:importing",
            "Trae personas de una tabla / brings people from a table",
        ),
        "db": ("maild.cli.db:db", "Actualiza, copia, restaura y comprueba los datos / the database"),
    }
)

# The exit codes of CONTRACT §2, in one place; the first class that fits counts.
_EXIT: tuple[tuple[type[BaseException], int], ...] = (
    (ProblemsError, 78),
    (UsageError, 2),
    (MailError, 2),
    (TransientError, 75),
    (PermanentError, 1),
    (MaildError, 1),
    (OSError, 75),  # a full disk, a missing right: what was being done was not done and may be tried again
)
_INTERRUPTED = 130
_UNEXPECTED = 75  # an MTA that pipes mail to us must keep it, not bounce it, when we have a fault


class Verbs(click.Group):
    """A group whose commands are only names until one is called."""

    context_class = Context

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]} is not a click command")
        _speak_alike(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            meant = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"¿quiso decir «{meant[0]}»?" if meant else f"las que hay: {', '.join(COMMANDS)}"
            raise click.UsageError(f"no conozco la orden «{args[0]}»; {hint}", ctx)
        return super().resolve_command(ctx, args)


def _speak_alike(command: click.Command) -> None:
    command.context_class = Context
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _speak_alike(inner)


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"maild {program_version()}")
        ctx.exit()


@click.group(
    cls=Verbs,
    help="La mesa de ayuda que vive en el correo / the help desk that lives in the mailbox.",
    no_args_is_help=True,
)
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="ARCHIVO",
    help="config.toml; si falta: $MAILD_CONFIG, ./config.toml, /etc/maild/config.toml.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Versión / version."
)
@click.pass_context
def verbs(ctx: click.Context, config_path: Path | None) -> None:
    ctx.obj = Call(config_path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and answer its exit code. One of the four places that catch everything."""
    try:
        answer = verbs.main(args=arguments, prog_name="maild", standalone_mode=False)
        sys.stdout.flush()
        return answer if isinstance(answer, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 2
    except click.UsageError as error:
        click.echo(usage_problem(error), err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrumpido / interrupted", err=True)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has enough. Python would complain again while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (MaildError, click.ClickException, OSError) as error:
        return _told(error)
    except Exception as error:  # noqa: BLE001 - catch point: an operator sees no traceback
        return _unexpected(error)


def _told(error: MaildError | click.ClickException | OSError) -> int:
    _record(error)
    if isinstance(error, click.ClickException):
        click.echo(error.format_message(), err=True)
        return 2
    if isinstance(error, ProblemsError):
        count = len(error.problems)
        click.echo(f"{error.code}: {count} {'problema' if count == 1 else 'problemas'} / problems\n{error}", err=True)
    elif isinstance(error, MaildError):
        click.echo(f"{error.code}: {error}", err=True)
    else:
        place = f" ({error.filename})" if error.filename else ""
        click.echo(f"MD000: {error.strerror or error}{place}", err=True)
    return next(code for kind, code in _EXIT if isinstance(error, kind))


def _unexpected(error: Exception) -> int:
    if logging.getLogger().handlers:  # without them Python would print the traceback on the operator's screen
        log.error("unexpected", exc_info=error)
    _record(error)
    click.echo(
        f"MD000: falla no prevista del programa ({type(error).__name__}); con MAILD_DEBUG=1 se ve dónde / "
        "unexpected fault of the program; MAILD_DEBUG=1 shows where",
        err=True,
    )
    return _UNEXPECTED


def _record(error: Exception) -> None:
    """The traceback, for whoever asked to see it."""
    if os.environ.get("MAILD_DEBUG") == "1":
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
