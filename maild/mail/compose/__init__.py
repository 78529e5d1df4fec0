"""Letters: from what the core decided to the words people read, and to bytes. Home of Jinja2 and markdown-it."""

from maild.mail.compose.composer import Composer, DeskIdentity, Rendered, Sign
from maild.mail.compose.logo import Logo, read_logo

__all__ = ["Composer", "DeskIdentity", "Logo", "Rendered", "Sign", "read_logo"]
