"""What the arguments of an order are: for reading them strictly, and for the card of orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Takes = Literal[
    "person", "level", "provider", "type", "priority", "row", "value", "date", "span", "ticket", "document", "text", "title",
    "orders", "words",
]  # fmt: skip
# What the value of a fact is to the engine.
Means = Literal[
    "", "requester", "provider", "channel", "service", "category", "criterion", "date", "list", "level", "area",
    "title",
]  # fmt: skip
# What an order takes where its rules do not say, by what it does.
TAKES: Mapping[str, tuple[Takes, ...]] = {
    "move": ("text",),
    "assign": ("person",),
    "level": ("level", "person", "text"),
    "provider": ("provider", "text"),
    "type": ("type",),
    "category": ("row",),
    "service": ("row",),
    "priority": ("priority",),
    "fact": ("value",),
    "note": ("text",),
    "reply": ("text",),
    "copy": ("words",),
    "remind": ("date", "text"),
    "link": ("ticket",),
    "template": ("words",),
    "document": ("document", "text"),
    "form": ("text",),
    "entry": ("title",),
    "void": ("text",),
    "duplicate": ("ticket",),
    "register": ("title",),
    "begin": ("title",),
    "split": ("title",),
    "keep": ("words",),
    "title": ("title",),
    "try": ("orders",),
    "search": ("words",),
    "away": ("date", "person"),
}
