"""The institution's logo: one small PNG that goes along with each letter (RFC 2392) and is fetched from nowhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

LARGEST = 64 * 1024
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IHDR = slice(12, 16)
# As it is shown, in CSS pixels: large enough on a phone, small enough to leave the first words in sight.
_TALLEST, _WIDEST = 48, 240


@dataclass(frozen=True, slots=True)
class Logo:
    """`width` and `height` as shown: Outlook goes by the attributes alone."""

    png: bytes
    width: int
    height: int

    @property
    def content_id(self) -> str:
        """The same file has the same name in every letter, so that who answers does not seem to send us something new."""
        return f"logo.{hashlib.sha256(self.png).hexdigest()[:16]}@maild"


def read_logo(png: bytes) -> Logo:
    """Raises ValueError with the words for the operator where it is no PNG or too large."""
    if len(png) > LARGEST:
        raise ValueError(f"pesa {len(png) // 1024} KiB y va en cada carta: que no pase de {LARGEST // 1024} KiB")
    if not png.startswith(_SIGNATURE) or png[_IHDR] != b"IHDR" or len(png) < 33:
        raise ValueError("no es una imagen PNG; las cartas no muestran otras en todos los programas de correo")
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    if not width or not height:
        raise ValueError("es una imagen PNG sin tamaño")
    scale = min(1.0, _TALLEST / height, _WIDEST / width)
    return Logo(png, max(1, round(width * scale)), max(1, round(height * scale)))
