"""A desk to play with: people of the base rules write to it, time passes, tickets stand somewhere and letters go out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from maild.core.ticket import Ticket
from maild.simulate import Result, Stage, StepForm, Story, set_up

PEOPLE = {
    "rosa": ("Rosa Huamán Díaz", "usuario"),
    "beto": ("Alberto Núñez Soto", "usuario"),
    "mesa": ("Marta Salas Ortiz", "mesa"),
    "luis": ("Luis Rojas Paredes", "tecnico"),
    "elsa": ("Elsa Vargas Ríos", "especialista"),
    "carla": ("Carla Ibáñez León", "coordinador"),
}
OPENING = "2026-11-02T09:00:00-05:00"


class House:
    """Verbs of the desk. `{T1}` in a subject is the mark of the first ticket, `{T2}` of the second."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._now = stage.now
        self._steps = 0

    def mail(self, sender: str, subject: str, body: str = "", **said: object) -> Result:
        """Somebody writes; a reply answers the newest letter that he got on the ticket his subject names."""
        named = next((name for name in self._stage.tickets if f"{{{name}}}" in subject), "")
        following = f"T{len(self._stage.tickets) + 1}"
        mail = {"from": sender, "subject": subject, "body": body, "reply_to_ticket": named, "opens": following, **said}
        return self._play(mail=mail)

    def wait(self, **span: int) -> Result:
        """Time passes, and whatever is due on the way happens."""
        self._now += timedelta(**span)
        return self._play(clock=True)

    def limit(self, **limits: int) -> None:
        """From now on these limits hold; a story has none by itself."""
        self._stage.desk = replace(self._stage.desk, limits=replace(self._stage.desk.limits, **limits))

    def stop(self) -> None:
        self._play(down=True)

    def start(self) -> Result:
        return self._play(up=True)

    def sleep(self, **span: int) -> None:
        """Time passes while nobody looks."""
        self._now += timedelta(**span)

    def ticket(self, number: int = 1) -> Ticket:
        return self._stage.tickets[f"T{number}"]

    @property
    def tickets(self) -> int:
        return len(self._stage.tickets)

    def _play(self, **happening: object) -> Result:
        step = StepForm.model_validate({"at": self._now, **happening})
        self._steps += 1
        return self._stage.play(self._steps, step)


@pytest.fixture
def house() -> Iterator[House]:
    people = {
        key: {"address": f"{key}@entidad.test", "name": name, "role": role} for key, (name, role) in PEOPLE.items()
    }
    told = {"id": "house", "profile": "base", "people": people, "steps": [{"at": OPENING, "clock": True}]}
    with set_up(Story.model_validate(told), "house.json") as stage:
        yield House(stage)
