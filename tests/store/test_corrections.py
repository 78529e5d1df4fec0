"""What people set right by order is kept as rows, with the words of the ticket; what the rules decided is not."""

from __future__ import annotations

from maild.core.effects import Decision, Effect, SetField
from maild.core.values import because
from maild.store import corrections, records
from maild.store.database import Database
from tests.store.rows import NOW, new_ticket


def test_only_a_changed_field_of_a_persons_order_is_a_correction(database: Database) -> None:
    ticket = new_ticket(database, 1, service="impresora", priority="media")
    effects: tuple[Effect, ...] = (
        SetField(1, "service", "sgd"),
        SetField(1, "priority", "media"),
        SetField(1, "title", "x"),
    )
    with database.write() as tx:
        records.keep(tx, 1, None, "rosa@entidad.example", "public", "no abre el SGD", NOW)
        corrections.keep(tx, Decision(1, effects), ticket, "luis@entidad.example", NOW)
        assert corrections.listed(tx) == []
        corrections.keep(
            tx, Decision(1, effects, (because("order", order="servicio"),)), ticket, "luis@entidad.example", NOW
        )
        found = corrections.listed(tx)
    kept = [(row["ticket"], row["field"], row["before"], row["after"], row["author"], row["text"]) for row in found]
    assert kept == [(1, "service", "impresora", "sgd", "luis@entidad.example", "no abre el SGD")]
