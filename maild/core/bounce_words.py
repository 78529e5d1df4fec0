"""How mail systems word a failed delivery, as data: one row more teaches maild one system more.

All words are folded (lower case, no accents). Reasons follow RFC 3463 and what the big providers write in their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from maild.core.words import bars

Severity = Literal["hard", "soft"]


@dataclass(frozen=True, slots=True)
class Row:
    """One reason: what systems say (words), which enhanced codes mean it, and which code stands for it where none is given.

    `hard` is about the address: nothing sent there will arrive. A full mailbox or a refused content passes or concerns
    one letter only, whatever class its code has.
    """

    reason: str
    severity: Severity
    code: str
    codes: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


# The first row whose words appear wins; codes are asked only where no words do.
REASONS = (
    Row(
        "mailbox-full", "soft", "4.2.2", ("5.2.2", "4.2.2", "5.7.230"),
        bars(
            "over quota|overquota|quota exceeded|exceeded quota|exceeds quota|exceeding quota|over disk quota",
            "exceeding their quota|exceeded storage|exceeded its quota|out of storage|quota full|quota violation",
            "mailbox full|mailbox is full|full mailbox|inbox is full|mailboxfull|storagequota|quotaexceeded",
            "not enough storage space|insufficient quota|user is over|disk quota|would exceed mailbox|mail box full",
            "bandeja de entrada del destinatario llena|bandeja de entrada esta llena|recibe demasiado correo|account is full",
            "buzon lleno|buzon esta lleno|buzon del destinatario esta lleno|bandeja de entrada llena|cuota excedida",
            "excedio su cuota|supero su cuota|ha superado la cuota|ha superado el limite de almacenamiento",
            "espacio de almacenamiento|excedio la cuota|sin espacio en el buzon",
            "caixa de correio cheia|caixa cheia|cota excedida|quota excedida|excedeu a cota",
        ),
    ),
    Row(
        "sender-refused", "soft", "5.1.8", ("5.1.7", "5.1.8"),
        bars("domain of sender|sender address rejected|sender rejected|sender domain|bad sender|sender verify failed"),
    ),
    Row(
        "no-such-user", "hard", "5.1.1", ("5.1.1", "5.1.0", "5.1.3", "5.1.10", "5.1.351", "5.2.0", "5.7.17"),
        bars(
            "user unknown|unknown user|no such user|no such mailbox|no such account|no such recipient|no such person",
            "unknown recipient|recipient unknown|unknown address|addressee unknown|unknown local-part|unknown local part",
            "unknown mailbox|mailbox unknown|unrouteable address|unroutable address|no such address|address unknown",
            "mailbox not found|user not found|account not found|recipient not found|recipientnotfound|recipnotfound",
            "recipient name is not recognized|not a valid mailbox|invalid recipient|invalid mailbox|invalid address",
            "bad destination mailbox|bad address|mailbox unavailable|mailbox does not exist|user does not exist",
            "user doesn't exist|does not have an account|doesn't have an account|no mailbox here|no mailbox by that name",
            "address couldn't be found|address not found|address wasn't found|wasn't found at|couldn't be found",
            "account does not exist|account that you tried to reach does not exist|email address does not exist",
            "address does not exist|recipient does not exist|does not exist on|not listed in|not our customer",
            "user not listed|not listed in domino|no matches to nameserver|is not a known user|not a known user",
            "no valid recipients|no longer valid|not known at this|no user by that name|recipient address rejected: user",
            "user is not found|destination mailbox address|no account by that name|no local mailbox|invalid user",
            "this user doesn't have|recipient no longer on server|no longer on this server",
            "not recognized|unknown or illegal alias|mailbox not available|did not exactly match|no such local user",
            "address lookup failed|smtp address lookup|unknown alias|recipient is not exist|user invalid",
            "usuario desconocido|usuario inexistente|usuario no existe|no existe el usuario|cuenta no existe",
            "buzon no existe|no existe el buzon|buzon inexistente|buzon desconocido|destinatario desconocido",
            "destinatario no existe|no se encontro la direccion|direccion no encontrada|no se encuentra la direccion",
            "no se ha encontrado la direccion|direccion de correo electronico que escribio no se encontro",
            "direccion no existe|no se encontro en|no se ha encontrado en|no existe en este|la direccion es incorrecta",
            "usuario nao existe|usuario nao encontrado|endereco nao encontrado|caixa postal inexistente",
            "destinatario inexistente|destinatario nao encontrado|conta inexistente|nao foi encontrado em",
        ),
    ),
    Row(
        "no-such-host", "hard", "5.1.2", ("5.1.2", "5.4.310", "5.4.4"),
        bars(
            "indicated no smtp service|null mx|does not accept mail",
            "host unknown|unknown host|host not found|domain not found|domain does not exist|no such domain",
            "name service error|nxdomain|domain unknown|unknown domain|couldn't find any host named|no mx record",
            "couldn't find any host by that name|name or service not known|host or domain name not found",
            "unrouteable mail domain|unable to route to domain|domain couldn't be found|illegal host",
            "has no mail exchangers|all relevant mx records point to non-existent hosts|dns domain",
            "dominio no existe|dominio inexistente|dominio desconocido|no se encontro el dominio|servidor desconocido",
            "el dominio no se encuentra|dominio nao existe|dominio nao encontrado",
        ),
    ),
    Row(
        "disabled", "hard", "5.2.1", ("5.2.1", "5.7.13"),
        bars(
            "mailbox is frozen|inactive email|account is locked|account locked|cuenta bloqueada|buzon bloqueado",
            "account is disabled|account disabled|account has been disabled|account has been suspended|user suspended",
            "disabled or discontinued|mailbox disabled|mailbox is disabled|account is inactive|user is inactive",
            "inactive user|inactive mailbox|mailbox is inactive|recipient suspended|user account is disabled",
            "account inactive|temporarily disabled account|no longer in use|no longer an active|is not active",
            "account has been terminated|no longer available|discontinued|account closed|is no longer accepting",
            "cuenta deshabilitada|cuenta desactivada|cuenta suspendida|cuenta inactiva|buzon deshabilitado",
            "buzon desactivado|ya no esta disponible|ya no existe|conta desativada|conta suspensa",
        ),
    ),
    Row(
        "moved", "hard", "5.1.6", ("5.1.6",),
        bars(
            "has moved|user has moved|mailbox has moved|address has changed|has been replaced by",
            "ha cambiado de direccion|cambio de direccion|mudou de endereco",
        ),
    ),
    Row(
        "too-big", "soft", "5.3.4", ("5.3.4", "5.2.3", "4.3.4"),
        bars(
            "message too large|message too big|message size exceeds|size exceeds|maximum message size|message is too large",
            "exceeds maximum|exceeds size limit|message exceeds|too big for|larger than the|exceeds the maximum",
            "mensaje demasiado grande|excede el tamano|supera el tamano|tamano maximo|mensagem muito grande",
            "excede o tamanho|es demasiado grande",
        ),
    ),
    Row(
        "spam", "soft", "5.7.1", ("5.7.350", "5.7.511"),
        bars(
            "spam|unsolicited|blacklist|black list|blocklist|block list|blocked using|listed in|listed at|spamhaus",
            "junk mail|bulk mail|poor reputation|reputation|correo no deseado|lista negra|no solicitado",
        ),
    ),
    Row(
        "policy", "soft", "5.7.0", ("5.7.0", "5.7.2", "5.7.3", "5.7.9", "5.7.12", "5.7.25", "5.7.26", "5.7.133"),
        bars(
            "not a member|not member|permission to post|allowed to post|members only|no es miembro",
            "policy|dmarc|spf|dkim|not authorized|unauthorized|permission|relay access denied|relaying denied",
            "unable to relay|relaying not allowed|not permitted|not allowed to send|restricted|unauthenticated",
            "virus|malware|banned|attachment type|content rejected|content filter|prohibited|access denied",
            "politica|no esta autorizado|no tiene permiso|remitente no autorizado|restringido|politicas",
            "nao autorizado|sem permissao",
        ),
    ),
    Row(
        "loop", "soft", "5.4.6", ("5.4.6", "5.4.14", "4.4.6"),
        bars("too many hops|mail loop|loops back|routing loop|hop count|loop detected|bucle de correo"),
    ),
    Row(
        "expired", "soft", "4.4.7", ("4.4.7", "5.4.7", "4.4.1", "5.4.1", "4.4.2", "5.4.300", "4.4.3"),
        bars(
            "could not deliver for the last|host not reachable|in the queue for too long",
            "retry timeout exceeded|retry time not reached|message expired|delivery time expired|queue lifetime",
            "could not be delivered for|too long in the queue|timed out|timeout|time-out|no answer from host",
            "connection refused|connection timed out|unable to connect|couldn't connect|network unreachable|unreachable",
            "not responding|could not be reached|connection reset|connection lost|unable to contact|no route to host",
            "within the allowed queue period|has not been collected|in the queue too long|wasn't able to establish",
            "tiempo de espera|no responde|no se pudo conectar|expiro|caduco|plazo de entrega|tempo esgotado",
            "conexion rechazada|nao foi possivel conectar",
        ),
    ),
    Row(
        "busy", "soft", "4.3.2", ("4.3.2", "4.2.1", "4.7.0", "4.7.1", "4.3.1", "4.5.3"),
        bars(
            "temporary failure|fallo temporal",
            "try again later|temporarily deferred|greylist|graylist|too many connections|too many messages|rate limit",
            "resources temporarily unavailable|temporarily unavailable|service unavailable; try|system load",
            "intente mas tarde|temporalmente no disponible|temporariamente indisponivel",
        ),
    ),
    Row(
        "refused", "soft", "5.7.1", ("5.7.1",),
        bars(
            "rejected|refused|denied|blocked|not accepted|rechazado|rechazo|denegado|bloqueado|rejeitado|recusado",
            "did not like our|not accept",
        ),
    ),
)  # fmt: skip

# A line that holds one of these and an address speaks of a letter that did not reach that address.
FAILURES = bars(
    "deliver|failed|failure|fatal|unknown|rejected|undeliverable|did not reach|not found|no such|invalid",
    "rcpt to|recipient|addressed to|unable to|exceed|quota|full|expired|disabled|discontinued|error|smtp",
    "did not exactly match|not a member|not member|does not exist|suspended|inactive|blocked|unavailable",
    "your message to|your mail to|message for|su mensaje para|tu mensaje para|su mensaje a|bloquead|devuelt|rebot",
    "entregar|entregado|entrega|destinatari|rechazad|no existe|desconocid|lleno|fallo|fallido|no llego",
    "entregue|falha|inexistente|recusad|rejeitad|delivre|distribu|zustell|empfanger",
)
# What follows such a line is a list of addresses.
OPENINGS = bars(
    "following recipient|following address|failed recipient|permanent fatal errors|transient non-fatal errors",
    "had delivery problems|did not receive|delivered to the following|not delivered to|these recipients",
    "recipients or groups|delivery to the following|failure reasons|recipient(s)|address(es)|recipient list",
    "to the following|could not be delivered to|unable to deliver|address to which|delivery of email to this address",
    "undeliverable to|not reach|failed addresses|the message could not be delivered|has not yet been delivered",
    "has been delayed|siguientes destinatarios|siguiente destinatario|siguientes direcciones|siguiente direccion",
    "estos destinatarios|destinatarios o grupos|destinatario(s)|a la direccion|seguintes destinatarios",
    "seguinte destinatario|estes destinatarios|destinatarios ou grupos|seguintes enderecos|seguinte endereco",
    "no se pudo entregar|no pudo ser entregado|no ha podido ser entregado|nao foi possivel entregar|delivre a",
    "se ha retrasado la entrega|pas pu etre|konnte nicht|aguardando|todavia no se ha entregado",
)
# Addresses on such lines are somebody to ask, the letter's sender, or a host: never who was not reached.
ASIDES = bars(
    "contact|please reply|if you feel|mail from:|mail from |for further assistance|expanded from|generated from",
    "questions|help desk|technical support|sender:|message-id|reporting-mta|orig-to|http://|https://",
    "try sending to|try emailing|alternate|instead|original sender|your mail to the|e-mail sent by|from <",
    "your administrator|postmaster for|comuniquese|pongase en contacto|contacte|consulte a|remitente:",
    "entre em contato|contate|generating server|servidor de generacion|servidor gerador",
)
# Here the letter itself begins to come back: nothing below speaks of the failure.
RETURNED = bars(
    "original message follows|original message header|message headers follow|headers follow|original message -----",
    "copy of the message|returned message|unsent message|message header follows|header of the original message",
    "lines of your original message|copy of the first part|unsent message below|returned mail ----",
    "original message as received|message text follows|text of the message|original message attached",
    "original message:|your original message:|message contains|returned content|original message headers",
    "mensaje original|encabezados del mensaje|cabeceras del mensaje|copia del mensaje|mensaje devuelto",
    "cabecalhos da mensagem|mensagem original|copia da mensagem|encabezados de mensajes originales",
    "el mensaje a continuacion|message returned below",
)
# Lines that hold RETURNED words and yet come before the failure ("the message returned below could not be delivered").
NOT_YET = bars(
    "could not be delivered|no pudo|no se pudo|include this|incluya|delete your own|mts-id|postfix|sorry to have",
    "nao pode|nao foi|the message identifier",
)

# The first words of a bounce where no header says that it is one.
MACHINE_OPENINGS = bars(
    "you are not a member|you are not allowed to post|your message has been rejected",
    "this message was created automatically by mail|this is the mail system at host|this is the postfix program",
    "this is an automatically generated delivery status|delivery has failed to|delivery to the following",
    "hi. this is the qmail|hi. this is the|the original message was received at|your message did not reach|your message to",
    "this is the machine generated message|unable to deliver message|we had trouble delivering|the following message",
    "could not be delivered to|this message was undeliverable|there was an error delivering|this is the dragonfly mail agent",
    "delivery of email to this address|could not deliver|your mail to|the message could not be delivered|message from",
    "****** message from|------ failed recipients|----- the following|your mail message to",
    "an error occurred while trying to deliver|sorry, we were unable to deliver|i'm sorry to have to inform you",
    "no se pudo entregar el mensaje a|no se pudo entregar a estos destinatarios|no se ha podido entregar a",
    "error de entrega a|error en la entrega a|no se puede entregar|su mensaje no|el mensaje no pudo|su mensaje para",
    "este es el sistema de correo|este mensaje fue creado automaticamente por el|este es un mensaje generado auto",
    "este mensaje se ha creado automaticamente por el|lamentamos informarle|el siguiente mensaje",
    "nao foi possivel entregar|falha na entrega|esta mensagem foi criada automaticamente pelo|sua mensagem nao",
    "a entrega para|a mensagem nao|votre message n'a",
)  # fmt: skip
