"""`make demo`: plays the story and leaves a folder of letters."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from maild import log
from maild.daemon import Daemon
from maild.demo import cast, ending, story
from maild.demo.screen import Screen
from maild.demo.servers import MailboxServer
from maild.demo.stage import FastClock, Stage

_PAUSE_SECONDS = 0.25


async def perform(stage: Stage, folder: Path, out: Path) -> Path:
    """Servers, house, daemon; then the story; then what it left behind."""
    smtp = await stage.open()
    house = stage.settle_in(cast.furnish(folder, stage.mailbox.port, smtp))
    daemon = Daemon(house)
    working = asyncio.create_task(daemon.run())
    try:
        playing = asyncio.create_task(story.play(stage))
        await asyncio.wait((playing, working), return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            playing.cancel()
            raise KeyboardInterrupt  # the daemon took the signal that was meant for all of us
        playing.result()
        index = ending.tell(stage, out)
        signal.raise_signal(signal.SIGTERM)  # as systemd ends it
        await working
        return index
    finally:
        working.cancel()
        await daemon.close()
        await stage.close()


def main() -> int:
    asked = argparse.ArgumentParser(prog="make demo", description=__doc__)
    asked.add_argument("--out", type=Path, default=Path("demo-out"), help="folder of the letters (demo-out)")
    asked.add_argument("--pause", type=float, default=None, help="seconds between acts, for reading along")
    asked.add_argument(
        "--desk", type=Path, help="keep the desk here, to look at it with `maild --config DESK/config.toml`"
    )
    options = asked.parse_args()
    screen = Screen()
    pause = options.pause if options.pause is not None else _PAUSE_SECONDS if screen.is_watched else 0.0
    log.start_log("error", "hash")
    screen.line(f"maild · {cast.INSTITUTION}", "bold")
    screen.line(
        "Cinco días de una mesa de ayuda, en menos de un minuto · Five days of a help desk in under a minute", "dim"
    )
    with tempfile.TemporaryDirectory(prefix="maild-demo-") as name, MailboxServer(cast.DESK, cast.PASSWORD) as mailbox:
        stage = Stage(screen, FastClock(story.OPENING), mailbox, pause)
        index = asyncio.run(perform(stage, options.desk or Path(name) / "desk", options.out))
    screen.sum(
        "Todas las cartas, como las ve quien las recibe · Every letter as its reader sees it:", [str(index.resolve())]
    )
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
