"""Letters: from what the core decided to the words people read, and to bytes. Home of Jinja2 and markdown-it."""

from maild.mail.compose.composer import Composer, DeskIdentity, Rendered, Sign

__all__ = ["Composer", "DeskIdentity", "Rendered", "Sign"]
