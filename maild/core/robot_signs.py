"""The signs by which robots are known, as data (RFC 3834, RFC 2919, RELIABILITY §4.9): one row more, one robot more.

Words are folded. A negative weight speaks for a person. A kind needs robots.ENOUGH; a subject alone never has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from maild.core.bounce_words import MACHINE_OPENINGS
from maild.core.values import Kind
from maild.core.words import bars

How = Literal["present", "is", "isnt", "begins", "ends", "holds"]


@dataclass(frozen=True, slots=True)
class Sign:
    """One row: for which kind, how much, where to look, and how to compare.

    Places are header fields, or: (local part) of the sender, (subject) unless it answers or forwards, (subject as is),
    (opening) the first lines of the text, (report), (content type), (calendar), (returned) a letter that comes back,
    (answers) it names a message that it answers.
    """

    kind: Kind
    weight: int
    where: str
    how: How = "present"
    words: tuple[str, ...] = ()


_WEAK, _HALF, _STRONG = 4, 6, 10
# A monitor's address and name together are not enough: its subject says whether something broke or is well again.
_NAME, _NEWS = 3, 7


_MONITORS = bars("nagios|zabbix|icinga|grafana|alertmanager|monitor|monitoreo|centreon|prtg|alert|alerta|observium")
_MONITOR_NAMES = bars(
    "nagios|zabbix|icinga|grafana|alertmanager|centreon|prtg|uptime|pingdom|librenms|observium|solarwinds|netdata|wazuh",
    "checkmk|zenoss|monitoreo|monitoramento|sistema de alertas|whatsup gold",
)
_ABSENCE_SUBJECTS = bars(
    "respuesta automatica:|respuesta de ausencia:|mensaje automatico:|fuera de la oficina:|fuera de oficina:",
    "ausencia temporal:|ausente:|de vacaciones:|automatic reply:|autoreply:|auto reply:|auto-reply:",
    "out of office:|out of the office:|out of office autoreply:|vacation reply:|resposta automatica:",
    "fora do escritorio:|ausencia temporaria:|autorespuesta:|respuesta automatica de|en vacaciones:|vacaciones:",
    "automatische antwort:|reponse automatique|assente:|risposta automatica:|vacation:|away from my mail",
    "respuesta fuera de oficina:|aviso de ausencia:|notificacion de ausencia:|cambio de correo:|cambio de direccion:",
)
_ABSENCE_WORDS = bars(
    "respuesta automatica|respuesta de ausencia|mensaje automatico|fuera de la oficina|fuera de oficina|de vacaciones",
    "ausencia|ausente|automatic reply|out of office|out of the office|vacation|resposta automatica|fora do escritorio",
    "autorespuesta|auto reply|autoreply|licencia|aviso de ausencia|vacaciones|no estoy disponible|ferias",
)
_ABSENCE_OPENINGS = bars(
    "estoy fuera de la oficina|estare fuera|estare ausente|me encuentro fuera|me encuentro de vacaciones|me encuentro de",
    "me encuentro haciendo uso|estoy de vacaciones|estoy ausente|en este momento no|actualmente me encuentro",
    "este es un mensaje automatico|esta es una respuesta automatica|respuesta automatica|mensaje automatico",
    "this is an automat|i am out of|i'm out of|i will be out|i am currently out|i am away|i'm away|thank you for your mail",
    "thank you for your email. i am|i'm currently out|estou fora|estarei ausente|esta e uma resposta automatica",
    "encontro-me ausente|encontro-me fora|estou de ferias|esta e uma mensagem automatica|hemos recibido su mensaje",
    "hemos recibido su correo|su mensaje ha sido recibido|su correo ha sido recibido|recebemos a sua mensagem",
    "ya no laboro|ya no trabajo en|he cambiado de correo|mi nuevo correo|mi nueva direccion|esta cuenta ya no",
)
_BOUNCE_SUBJECTS = bars(
    "undeliver|delivery status notification|delivery failure|delivery failed|delivery has failed|mail delivery",
    "returned mail|failure notice|returned to sender|returning message|could not be delivered|delivery delayed",
    "warning: message|failed mail|mail not delivered|non-delivery|nondeliverable|delivery status|delivery error",
    "user unknown|mail system error|mail failure|message not delivered|are not member|not allowed to post",
    "error sending your mail|delivery problem|delivery report|delivery notification|unable to deliver|rejected mail",
    "permanent delivery|delivery warning|mail error|delay notification|delivery incomplete|message delivery",
    "no se puede entregar|no se pudo entregar|no entregado|no se ha podido entregar|correo devuelto|mensaje devuelto",
    "buzon lleno|estado de entrega|estado de la entrega|entrega retrasada|retrasado|no entregable|entrega fallida",
    "error de entrega|fallo de entrega|fallo en la entrega|error en la entrega|devuelto al remitente|notificacion de entrega",
    "message you sent blocked|blocked by our|mensaje bloqueado|correo rechazado por",
    "usuario desconocido|no se puede enviar|nao entregue|falha na entrega|devolvido|non remis|nao foi possivel entregar",
    "notificacao de status de entrega|entrega atrasada|nao pode ser entregue|mensagem devolvida|unzustellbar",
)
# In the first lines of a mail whose subject speaks of a bounce: somebody tells of it.
_PERSONS_WORDS = bars(
    "mi correo|mis correos|me sale|me aparece|no puedo|buenos dias|buenas tardes|buenas noches|quisiera",
    "necesito|solicito|mi bandeja|me llega|me rebota|ayuda|agradecer|i cannot|i can't|i get|hello|could you",
    "bom dia|boa tarde|meu e-mail|preciso|reenvio|adjunto",
)
_LISTS = bars("-bounces|-owner|-request|-errors|-confirm|-unsubscribe")

SIGNS = (
    # -- automatic answers
    Sign(Kind.AUTOREPLY, _STRONG, "auto-submitted", "isnt", ("no", "")),
    Sign(Kind.AUTOREPLY, _STRONG, "x-autoreply", "isnt", ("no",)),
    Sign(Kind.AUTOREPLY, _STRONG, "x-autorespond"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-auto-reply-from"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-autogenerated"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-mail-autoreply"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-autoresponder"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-vacation"),
    Sign(Kind.AUTOREPLY, _STRONG, "precedence", "is", bars("auto_reply|auto-reply")),
    Sign(Kind.AUTOREPLY, _STRONG, "x-precedence", "is", bars("auto_reply|auto-reply")),
    Sign(Kind.AUTOREPLY, _STRONG, "return-path", "is", ("<>",)),
    Sign(Kind.AUTOREPLY, _STRONG, "delivered-to", "is", bars("autoresponder|responder")),
    Sign(Kind.AUTOREPLY, _STRONG, "x-ms-exchange-generated-message-source"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-ms-exchange-inbox-rules-loop"),
    Sign(Kind.AUTOREPLY, _STRONG, "x-loop"),
    # Outlook puts this into some people's ordinary mail: it needs a second sign.
    Sign(Kind.AUTOREPLY, _WEAK, "x-auto-response-suppress"),
    Sign(
        Kind.AUTOREPLY,
        _STRONG,
        "(local part)",
        "is",
        bars(
            "no-reply|noreply|no_reply|no.reply|do-not-reply|donotreply|do_not_reply|no-responder|noresponder",
            "no_responder|no.responder|nao-responda|naoresponda|nao_responda|no-contestar|nocontestar|nobody",
        ),
    ),
    Sign(
        Kind.AUTOREPLY,
        _HALF,
        "(local part)",
        "begins",
        bars("no-reply|noreply|no_reply|donotreply|noresponder|no-responder|notificaciones|notifications|autoresp"),
    ),
    Sign(Kind.AUTOREPLY, _HALF, "(local part)", "ends", bars("-noreply|-no-reply|.noreply|_noreply|-notify")),
    Sign(Kind.AUTOREPLY, _STRONG, "(local part)", "is", bars("postmaster|bounce|bounces")),
    Sign(Kind.AUTOREPLY, _STRONG, "(local part)", "ends", _LISTS),
    Sign(Kind.AUTOREPLY, _HALF - _WEAK, "(subject)", "begins", _ABSENCE_SUBJECTS),
    Sign(Kind.AUTOREPLY, _WEAK, "(subject)", "begins", (*_ABSENCE_SUBJECTS, *_ABSENCE_WORDS)),
    Sign(Kind.AUTOREPLY, _WEAK, "(opening)", "begins", _ABSENCE_OPENINGS),
    Sign(Kind.AUTOREPLY, _WEAK, "(answers)"),
    # -- reports about letters that failed
    Sign(Kind.BOUNCE, _STRONG, "(report)", "is", ("delivery-status",)),
    # A receipt is built like a report; Sieve rejects letters in that form, and says so.
    Sign(Kind.BOUNCE, -_STRONG, "(report)", "is", ("disposition-notification",)),
    Sign(Kind.BOUNCE, _STRONG, "x-failed-recipients"),
    Sign(Kind.BOUNCE, _STRONG, "auto-submitted", "holds", bars("(failure)|(rejected)|(warning-timeout)")),
    Sign(Kind.BOUNCE, _STRONG, "(local part)", "is", bars("mailer-daemon|mailerdaemon|mail-daemon|maildaemon")),
    Sign(Kind.BOUNCE, _STRONG, "from", "holds", bars("mailer-daemon|mailerdaemon")),
    Sign(
        Kind.BOUNCE,
        _HALF,
        "from",
        "holds",
        bars(
            "mail delivery|delivery subsystem|system administrator|administrador del sistema|mail administrator",
            "mail system|sistema de correo|mail.delivery|mdaemon|sistema de entrega|microsoft outlook <|microsoft exchange <",
            "administrador de correo|mailscanner|mail_service|smtp_gateway|administrador do sistema",
        ),
    ),
    Sign(Kind.BOUNCE, _HALF, "from", "begins", bars("<>|\"\" <>|postmaster <>|\"postmaster\" <>")),
    Sign(Kind.BOUNCE, _HALF, "(local part)", "is", bars("postmaster|bounce|bounces|mailadmin|mdaemon")),
    Sign(Kind.BOUNCE, _WEAK, "(local part)", "is", bars("imss|admin|administrator")),
    Sign(Kind.BOUNCE, _WEAK, "return-path", "is", ("<>",)),
    Sign(Kind.BOUNCE, _WEAK, "return-path", "begins", bars("<mailer-daemon|mailer-daemon")),
    Sign(Kind.BOUNCE, _WEAK, "(content type)", "is", ("multipart/report",)),
    Sign(Kind.BOUNCE, _NAME, "auto-submitted", "isnt", ("no", "")),
    Sign(Kind.BOUNCE, _HALF, "(returned)", "is", ("report",)),
    Sign(Kind.BOUNCE, _NAME, "(returned)", "is", ("letter",)),
    Sign(Kind.BOUNCE, _HALF, "(subject)", "holds", _BOUNCE_SUBJECTS),
    Sign(Kind.BOUNCE, _HALF, "(subject as is)", "holds", bars(": non remis|: no entregado|: undeliverable")),
    Sign(Kind.BOUNCE, _HALF, "(opening)", "begins", MACHINE_OPENINGS),
    Sign(Kind.BOUNCE, _HALF, "(opening)", "is", bars("your message|su mensaje|el mensaje|sua mensagem")),
    Sign(Kind.BOUNCE, -_HALF, "(opening)", "holds", _PERSONS_WORDS),
    # -- receipts and meetings
    Sign(Kind.RECEIPT, _STRONG, "(report)", "is", ("disposition-notification",)),
    Sign(Kind.RECEIPT, _STRONG, "(content type)", "is", ("message/disposition-notification",)),
    Sign(
        Kind.RECEIPT,
        _HALF,
        "(subject)",
        "begins",
        bars(
            "leido:|read:|no leido:|not read:|lido:|lida:|confirmacion de lectura|return receipt|acuse de lectura",
            "confirmacao de leitura|recibo de lectura|eliminado sin leer|deleted:|read receipt|nao lida:|nao lido:",
            "acuse de recibo (mostrado)|return receipt (displayed)|mensaje leido",
        ),
    ),
    Sign(
        Kind.RECEIPT,
        _HALF,
        "(opening)",
        "begins",
        bars(
            "el mensaje enviado|su mensaje|el mensaje|your message|this is a receipt|este es un acuse|este e um recibo",
            "a sua mensagem|sua mensagem|esto es un acuse|this is a return receipt|el destinatario ha leido|se ha leido",
            "confirmacion de lectura|este es un recibo|the message",
        ),
    ),
    Sign(Kind.CALENDAR, _STRONG, "(calendar)", "is", bars("request|reply|cancel|counter|refresh|declinecounter|publish")),
    # -- unwanted and bulk
    Sign(Kind.SPAM, _STRONG, "x-spam-flag", "begins", bars("yes|true")),
    # SpamAssassin writes «Yes, score=…»; a bare yes could be anybody's.
    Sign(Kind.SPAM, _STRONG, "x-spam-status", "begins", ("yes,",)),
    Sign(Kind.SPAM, _HALF, "x-spam-status", "is", ("yes",)),
    Sign(Kind.SPAM, _STRONG, "x-spam", "is", ("yes",)),
    Sign(Kind.SPAM, _STRONG, "x-ms-exchange-organization-scl", "is", bars("5|6|7|8|9")),
    Sign(Kind.BULK, _STRONG, "list-id"),
    Sign(Kind.BULK, _STRONG, "list-unsubscribe"),
    Sign(Kind.BULK, _STRONG, "list-post"),
    Sign(Kind.BULK, _STRONG, "list-help"),
    Sign(Kind.BULK, _STRONG, "precedence", "is", bars("bulk|junk|list")),
    Sign(Kind.BULK, _STRONG, "feedback-id"),
    Sign(Kind.BULK, _STRONG, "x-mailing-list"),
    Sign(Kind.BULK, _STRONG, "x-campaign-id"),
    Sign(Kind.BULK, _STRONG, "x-campaignid"),
    Sign(Kind.BULK, _STRONG, "x-mc-user"),
    Sign(Kind.BULK, _STRONG, "(report)", "is", ("feedback-report",)),
    Sign(Kind.BULK, _HALF, "x-mailer", "holds", bars("mailchimp|phplist|sendy|mailrelay|acumbamail|doppler|mailman")),
    Sign(
        Kind.BULK,
        _HALF,
        "(local part)",
        "is",
        bars("newsletter|boletin|boletines|noticias|news|marketing|promociones|comunicados|mailing"),
    ),
    # The feedback loop of a big provider that writes no ARF report.
    Sign(Kind.BULK, _HALF, "(subject)", "begins", ("complaint about message from",)),
    Sign(Kind.BULK, _WEAK, "(returned)", "is", ("letter",)),
    # -- monitoring
    Sign(Kind.ALERT_PROBLEM, _HALF, "(local part)", "begins", _MONITORS),
    Sign(Kind.ALERT_PROBLEM, _NAME, "from", "holds", _MONITOR_NAMES),
    Sign(
        Kind.ALERT_PROBLEM,
        _NEWS,
        "(subject)",
        "begins",
        bars(
            "** problem|problem:|problem |[firing|problema:|problema |[alerting]|down:|[problem|[problema|alerta:|[alerta",
            "critical|[critical|critico|[critico|** caida|[triggered|alert:|service alert|host down|[down|disaster",
            "** service alert|** host alert|caido:|caida:|[caido|warning:|advertencia:|[warning|problem started|averag",
        ),
    ),
    Sign(Kind.ALERT_RECOVERY, _HALF, "(local part)", "begins", _MONITORS),
    Sign(Kind.ALERT_RECOVERY, _NAME, "from", "holds", _MONITOR_NAMES),
    Sign(
        Kind.ALERT_RECOVERY,
        _NEWS,
        "(subject)",
        "begins",
        bars(
            "** recovery|recovery:|resolved|[resolved|recuperado:|[ok]|up:|ok:|recuperado|[recuperado|restablecido",
            "[recovery|resuelto:|[resuelto|restaurado|[up|normalizado|recovered|[recovered|resolvido|problem has been resolved",
        ),
    ),
)  # fmt: skip
