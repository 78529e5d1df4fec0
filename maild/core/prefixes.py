"""What mail programs and gateways put before a subject, as data: a new one is a line here and a subject in its test."""

from __future__ import annotations

from collections.abc import Mapping

# Abbreviations that stand before a colon, folded to lower case, by the language of the program that writes them:
# its "reply" and its "forward". Several programs add a counter: Re[2]:, RE(3):, Re^2:, Antw 2:.
WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("re", "fw", "fwd", "f"),
    "es": ("rv", "rta", "resp", "respuesta", "reenv", "reenviado", "reenvío", "reenvio"),
    "pt": ("res", "enc", "encaminhar", "encaminhado", "resposta"),
    "ca": ("rv", "reenv"),
    "gl": ("resp", "rnv"),
    "de": ("aw", "antw", "wg", "weitergeleitet"),
    "fr": ("ré", "rép", "tr", "transfert"),
    "it": ("r", "rif", "i", "inoltro"),
    "nl": ("antw", "antwoord", "doorst", "doorgestuurd"),
    "sv": ("sv", "vb"),
    "da": ("sv", "vs"),
    "nb": ("sv", "vs", "videresendt"),
    "fi": ("vs", "vl"),
    "is": ("sv", "fs"),
    "pl": ("odp", "pd"),
    "cs": ("odp", "předáno"),
    "hu": ("vá", "tov", "továbbítás"),
    "ro": ("răspuns", "redirecționat"),
    "tr": ("ynt", "ilt", "i̇lt"),
    "el": ("απ", "σχετ", "πρθ"),
    "ru": ("отв", "ответ", "на", "пересл", "fwd"),
    "uk": ("вд", "пер"),
    "et": ("vs", "edasi"),
    "lt": ("ats", "persiųsta"),
    "lv": ("atb", "pārs"),
    "cy": ("atb", "ymlaen"),
    "eu": ("er", "bd", "erantzuna"),
    "id": ("bls", "trs"),
    "vi": ("trả lời", "chuyển tiếp"),
    "zh": ("回复", "回覆", "答复", "答覆", "转发", "轉寄", "转寄", "回"),
    "ja": ("返信", "転送"),
    "ko": ("회신", "답장", "전달"),
    "he": ("תגובה", "הועבר"),
    "ar": ("رد", "إعادة توجيه"),
}
# Of these, the ones that always say that a mail is passed on: what stands below is somebody else's (newtext.py).
FORWARDS: tuple[str, ...] = ("rv", "fw", "fwd", "enc", "tr", "wg", "i", "vs", "reenv", "rvs")
# What gateways stamp on mail from outside or on what they suspect: in brackets, braces or between asterisks.
STAMPS: tuple[str, ...] = (
    "ext", "extern", "externo", "externa", "externe", "extérieur", "external", "external email", "external mail",
    "external sender", "outside", "correo externo", "mail externo", "email externo", "e-mail externo",
    "mensaje externo", "remitente externo", "origen externo", "externo!", "external!", "¡externo!", "precaución externo",
    "atención externo", "spam", "spam?", "posible spam", "possible spam", "probable spam",
    "probablemente spam", "possível spam", "suspected spam", "likely spam", "spam detectado", "marked as spam", "bulk",
    "sospechoso", "suspicious", "phishing", "posible phishing", "phishing?", "no seguro", "unverified",
    "unverified sender", "sin verificar", "no verificado",
)  # fmt: skip
