"""What mail programs and people write around a mail's own words, by language: the one home of these tables.

Words stand folded (`words.fold`: lower case, no accents). A new mail program or language is a line here and a mail in
tests/data/collection, never a branch in quotes.py or signatures.py.
"""

from __future__ import annotations

from maild.core.words import bars

# "… wrote:", as it ends or divides the line that introduces a quotation.
WROTE = (
    "escribio", "ha escrito", "escreveu", "va escriure", "ha escrit", "escribiu",  # es, pt, ca, gl
    "wrote", "writes", "schrieb", "hat geschrieben", "a ecrit", "ha scritto", "schreef", "geschreven",  # en, de, fr, it, nl
    "skrev", "skreiv", "skrifaði", "kirjoitti", "napsal", "napsala", "napsal(a)", "napisal", "napisala", "napisał",  # nordic, cs, sk, pl
    "napisał(a)", "napisala(a)", "pisze", "a scris", "irta", "ezt irta", "je napisao", "je napisala",  # pl, ro, hu, hr
    "yazdi", "sunu yazdi", "написал", "написала", "написал(а)", "пишет", "писал", "писал(а)", "написав", "пише",  # tr, ru, uk
    "εγραψε", "写道", "寫道", "書きました", "のメール", "작성", "כתב", "كتب", "da viet", "menulis",  # el, zh, ja, ko, he, ar, vi, id
    "quoting", "citando a", "citando", "zitat von", "citation de",  # Horde, in front
)  # fmt: skip

# What the date of such a line begins with.
OPENERS = (
    "el", "a las", "em", "no dia", "na", "a", "on", "at", "le", "am", "um", "il", "in data", "op", "den", "d.", "pa",
    "w dniu", "dnia", "dne", "v", "в", "at", "tarihinde", "在", "于", "vao", "pada", "la data de", "στις",
)  # fmt: skip

# The labels of the header block above a copied mail, by what they mean.
LABELS = {
    "from": (
        "de", "from", "von", "da", "van", "fra", "fran", "lahettaja", "od", "kimden", "gonderen", "от", "від", "发件人",
        "寄件者", "差出人", "보낸 사람", "felado", "απο", "מאת", "من", "remitente", "remetente", "expediteur",
    ),
    "date": (
    "enviado el", "enviado", "enviada el", "enviados", "enviado em", "enviada em", "enviada", "fecha",
    "fecha de envio", "data",
    "date", "sent", "sent at", "envoye", "envoye le", "message du", "gesendet", "datum", "inviato", "verzonden",
    "sendt", "dato",
        "skickat", "lahetetty", "paivays", "pvm", "wyslano", "data wyslania", "odeslano", "gonderme", "tarih",
        "gonderildi", "отправлено", "дата", "надіслано", "发送时间", "日期", "发送日期", "送信日時", "日時", "보낸 날짜",
        "elkuldve", "trimis", "ημερομηνια",
    ),
    "to": (
        "para", "to", "a", "an", "aan", "til", "till", "vastaanottaja", "do", "komu", "kime", "alici", "кому", "收件人",
        "宛先", "받는 사람", "cimzett", "προς", "catre", "destinatario", "destinataire",
    ),
    "cc": ("cc", "c.c.", "cco", "bcc", "copie a", "copia", "kopie", "kopi", "kopia", "копия", "抄送", "dw", "cc a",
    "con copia"),
    "subject": (
        "asunto", "assunto", "subject", "objet", "sujet", "betreff", "oggetto", "onderwerp", "emne", "amne", "aihe",
        "temat", "predmet", "konu", "тема", "主题", "主旨", "件名", "제목", "targy", "subiect", "θεμα", "assumpte", "ref",
    ),
    "other": (
        "importancia", "importance", "prioridad", "priority", "responder a", "reply-to", "adjuntos", "datos adjuntos",
        "attachments", "anexos", "organizacion", "reply to", "responder para",
    ),
}  # fmt: skip
# Labels of dates that nobody but a mail program writes.
SENT = frozenset(
    (
    "enviado el", "enviado", "enviados", "enviado em", "enviada em", "enviada el", "enviada", "sent", "sent at",
    "envoye", "envoye le",
        "message du", "gesendet", "inviato", "verzonden", "sendt", "skickat", "lahetetty", "wyslano", "odeslano",
        "gonderildi", "отправлено", "надіслано", "发送时间", "送信日時", "보낸 날짜", "elkuldve", "trimis",
    )
)  # fmt: skip

# Between dashes: what follows is the mail that is answered …
ORIGINAL = (
    "mensaje original", "mensaje en respuesta", "mensagem original", "original message", "message d'origine",
    "message original", "message initial", "ursprungliche nachricht", "originalnachricht", "messaggio originale",
    "oorspronkelijk bericht", "oorspronkelijke bericht", "oprindelig besked", "oprindelig meddelelse",
    "opprinnelig melding", "original meddelelse",
    "ursprungligt meddelande", "originalmeddelande", "alkuperainen viesti", "puvodni zprava", "puvodny e-mail",
    "wiadomosc oryginalna", "oryginalna wiadomosc", "исходное сообщение", "оригинальное сообщение", "原始邮件", "原始郵件",
    "元のメッセージ", "원본 메시지", "orijinal mesaj", "missatge original", "mensaxe orixinal", "eredeti uzenet",
    "mesaj original",
    "reply message", "αρχικο μηνυμα",
)  # fmt: skip
# … or passed on.
FORWARDED = (
    "mensaje reenviado", "mensaje remitido", "forwarded message", "forwarded by", "forwarded email",
    "reenviado por", "remitido por",
    "mensagem encaminhada", "mensagem reencaminhada", "mensagem reenviada", "encaminhado por", "message transfere",
    "message reexpedie",
    "weitergeleitete nachricht", "weitergeleitet von", "messaggio inoltrato", "doorgestuurd bericht",
    "videresendt besked",
    "videresendt melding", "vidarebefordrat meddelande", "edelleenlahetetty viesti", "valitetty viesti",
    "przekazana wiadomosc",
    "wiadomosc przekazana", "preposlana zprava", "пересылаемое сообщение", "转发的邮件", "转发邮件", "転送メッセージ",
    "iletilen mesaj", "missatge reenviat", "tovabbitott uzenet",
)  # fmt: skip
# Apple's line above a forward, which has no dashes.
BEGIN_FORWARDED = (
    "inicio del mensaje reenviado", "inicio del mensaje remitido", "begin forwarded message",
    "inicio da mensagem reencaminhada",
    "inicio da mensagem encaminhada", "debut du message transfere", "debut du message reexpedie",
    "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail", "inizio messaggio inoltrato", "begin doorgestuurd bericht",
    "start pa vidarebefordrat brev",
    "vidarebefordrat brev", "videresendt besked", "start pa videresendt besked", "videresendt melding",
    "valitetty viesti alkaa",
    "zacatek preposlane zpravy", "poczatek przekazywanej wiadomosci", "iletilen ileti",
    "начало переадресованного сообщения",
    "下面是被转发的邮件", "転送されたメッセージ",
)  # fmt: skip
# "Sent from my …": how it begins, and a word that must come later, so that prose does not look like it.
SENT_FROM = (
    "enviado desde", "enviado con", "enviado mediante", "enviado por", "enviado via", "enviado do", "enviado de",
    "enviado a partir de",
    "enviada desde", "enviado pelo", "enviado usando", "sent from", "sent via", "sent with", "sent using",
    "get outlook for", "obtener outlook para", "obten outlook para",
    "obtenga outlook para", "descargar outlook para", "descarga outlook para", "obter o outlook para",
    "obtenha o outlook para", "baixe o outlook para",
    "envoye de", "envoye depuis", "envoye a partir de", "gesendet von", "von meinem", "von meiner", "gesendet mit",
    "inviato da", "verzonden vanaf",
    "verstuurd vanaf", "sendt fra", "skickat fran", "lahetetty", "wyslano z", "odeslano z", "отправлено с",
    "отправлено из",
    "发自我的", "iphoneから送信", "gonderildi", "outlook para ios", "outlook para android", "outlook for ios",
    "outlook for android",
    "yahoo mail", "telecharger outlook pour", "outlook fur ios", "outlook fur android", "desde mi iphone",
    "desde mi celular",
)  # fmt: skip
DEVICES = (
    "mi", "my", "meu", "minha", "mon", "mein", "meinem", "meiner", "mio", "mijn", "min", "iphone", "ipad", "android",
    "outlook", "samsung", "galaxy", "huawei", "xiaomi", "redmi", "motorola", "blackberry", "nokia", "lg", "celular",
    "movil", "telefono", "smartphone", "tablet", "dispositivo", "tigo", "claro", "entel", "movistar", "bitel",
    "viva", "yahoo", "gmail",
    "protonmail", "proton", "mailbird", "thunderbird", "windows", "zimbra", "correo", "email", "mail", "app",
    "sparrow",
    "spark", "aquamail", "typeapp", "bluemail", "mailspring", "mac", "telephone", "moj", "mojego", "iphonu", "мой",
    "моего", "устройства", "iphonesta", "web", "ios",
)  # fmt: skip

# A parting that belongs to the signature where it stands apart from the text above it.
PARTINGS = (
    "atte", "att", "attm", "atentamente", "muy atentamente", "atenciosamente", "saludos", "saludos cordiales",
    "cordiales saludos", "un saludo",
    "un cordial saludo", "cordial saludo", "saludos atentos", "atentos saludos", "saludo cordial", "cordialmente",
    "muy cordialmente",
    "saludos y gracias", "respetuosamente", "con saludos cordiales", "cumprimentos",
    "com os melhores cumprimentos", "melhores cumprimentos",
    "os melhores cumprimentos", "saudacoes", "saudacoes cordiais", "abs", "abracos", "regards", "best regards",
    "kind regards", "warm regards",
    "sincerely", "sincerely yours", "yours sincerely", "best", "cordially", "mit freundlichen grussen",
    "cordialement", "bien cordialement",
    "reciba un cordial saludo", "reciban un cordial saludo", "afectuosamente", "de usted atentamente",
    "saludos coordiales",
)  # fmt: skip

# Beginnings of words that name somebody's post or place: "Jefa de UT | Unidad Territorial …", "Cel. …".
POSTS = (
    "jef", "director", "subdirector", "analista", "especialista", "coordinador", "asistente", "secretari",
    "tecnic", "responsable",
    "gestor", "monitor", "administrador", "administrativ", "ejecutiv", "abogad", "gerente", "subgerente",
    "auxiliar", "practicante",
    "encargad", "asesor", "profesional", "consultor", "supervisor", "inspector", "contador", "tesorer", "cajer",
    "operador",
    "docente", "profesor", "medic", "enfermer", "obstetra", "psicolog", "ingenier", "arquitect", "economist",
    "sociolog",
    "comunicador", "capacitador", "promotor", "facilitador", "notificador", "registrador", "fiscal", "juez",
    "jueza", "vocal",
    "president", "vicepresident", "alcald", "regidor", "ministr", "viceministr", "intendent", "prefect", "rector",
    "decan", "decano", "procurador", "auditor", "oficinista", "recepcionista", "archiver", "almacener", "chofer",
    "programador",
    "desarrollador", "bibliotecari", "planificador", "evaluador", "relator", "ceo", "cto", "manager", "head",
    "officer", "engineer",
    "chefe", "diretor", "coordenador", "tecnico", "assistente", "assessor", "servidor", "agente", "estagiari",
    "professor", "trabajador",
    "funcionari", "liquidador", "digitador", "cotizador", "residente", "apoyo", "soporte", "mesa", "delegad",
    "comisari", "analyst",
    "specialist", "assistant", "secretary",
)  # fmt: skip
PLACES = (
    "unidad", "oficina", "gerencia", "direccion", "area", "departamento", "division", "subgerencia",
    "subdireccion", "sub",
    "programa", "ministerio", "municipalidad", "gobierno", "organismo", "instituto", "organo", "tribunal",
    "registro", "superintendencia",
    "jefatura", "secretaria", "despacho", "coordinacion", "proyecto", "servicio", "universidad", "hospital", "red",
    "ugel", "dre",
    "corte", "poder", "autoridad", "agencia", "defensoria", "contraloria", "procuraduria", "alcaldia",
    "viceministerio", "caja",
    "seguro", "banco", "empresa", "centro", "sede", "tambo", "intendencia", "consejo", "comision", "congreso",
    "fondo",
    "archivo", "biblioteca", "logistica", "tesoreria", "contabilidad", "equipo", "seccion", "sector", "planta",
    "diretoria", "gerencia",
    "secretaria", "prefeitura", "ministerio", "universidade", "divisao", "coordenacao", "departamento", "setor",
    "nucleo", "agencia",
    "tribunal", "superintendencia", "gobernacion", "entidad", "estado", "presidencia", "abastecimiento",
    "recursos", "administracion",
    "department", "office", "unit", "ministry", "institute", "av", "avenida", "jr", "jiron", "calle", "rua",
    "plaza", "piso", "edificio",
)  # fmt: skip
CONTACTS = (
    "telf", "telef", "telefono", "tel", "tlf", "tfno", "fono", "cel", "celular", "movil", "rpm", "rpc", "anexo",
    "anx", "ext", "int",
    "interno", "central telefonica", "central", "fax", "correo", "e-mail", "email", "web", "whatsapp", "www", "t",
    "m", "c", "f", "ramal",
    "phone", "mobile", "telefone", "fone", "casilla", "extension", "anexos", "linea",
)  # fmt: skip
# What may stand in front of a name.
TITLES = (
    "ing", "lic", "dr", "dra", "abog", "abg", "arq", "econ", "cpc", "mg", "mgtr", "sr", "sra", "srta",
    "tec", "bach", "prof", "eng", "mag", "msc", "phd", "ph",
)  # fmt: skip
PARTICLES = frozenset(("de", "del", "la", "las", "los", "y", "e", "da", "do", "dos", "das", "di", "van", "von", "vda"))

# Confidentiality notices and the like. A notice begins with one of the first and speaks of several of the second.
NOTICE_BEGINS = (
    "antes de imprimir", "este mensaje", "este correo", "este e-mail", "este email", "el presente correo",
    "el presente mensaje", "el contenido de este",
    "la informacion contenida", "la informacion de este", "la informacion transmitida", "la presente comunicacion",
    "esta comunicacion", "la informacion que contiene", "aviso", "nota de confidencialidad", "nota:", "nota legal",
    "clausula",
    "confidencial", "confidencialidad", "no imprima", "por favor no imprima", "por favor, no imprima", "imprima",
    "piense", "cuidemos", "cuide", "cuida", "evite imprimir", "ahorre papel",
    "salvemos", "protejamos", "por favor considere", "por favor, considere", "considere", "si usted no es",
    "si ud", "si no es", "si recibio", "si ha recibido", "advertencia", "descargo", "los documentos oficiales",
    "esta mensagem", "este mensagem", "esta comunicacao", "antes de imprimir", "a informacao contida",
    "as informacoes contidas", "o conteudo desta", "esta mensagem e seus", "o presente", "se voce recebeu",
    "se recebeu",
    "pense", "this message", "this e-mail", "this email", "this communication", "the information",
    "the contents of this", "please consider", "please think", "think before", "disclaimer", "confidential",
    "notice", "if you",
    "legal notice", "importante", "important", "ce message", "diese e-mail", "de conformidad", "en cumplimiento",
    "toda la informacion", "las opiniones", "dgs", "ley n",
)  # fmt: skip
NOTICE_THEMES = {
    "message": ("mensaje", "correo", "e-mail", "email", "mensagem", "message", "comunicacion", "comunicacao", "documento"),
    "confidential": ("confidencial", "confidenciais", "confidential", "privilegiad", "reservad", "privileged", "sigilos"),
    "recipient": ("destinatari", "recipient", "addressee", "intended", "uso exclusivo", "exclusivamente", "dirigid"),
    "error": ("por error", "por engano", "in error", "equivocacion", "por erro ", "no es el destinatario", "nao e o destinatario"),
    "attachment": ("adjunto", "anexo", "attachment", "archivos"),
    "virus": ("virus", "malware"),
    "liability": ("responsab", "liable", "liability", "opiniones", "opinioes", "views"),
    "delete": ("elimin", "borre", "borrar", "borrelo", "destru", "apague", "apagar", "delete", "destroy"),
    "copy": ("copia", "difusion", "divulg", "distribu", "reproduc", "dissemin", "prohibid", "proibid", "prohibited"),
    "print": ("imprim", "print"),
    "nature": ("ambiente", "ambiental", "environment", "planeta", "arbol", "arvore", "ahorr", "naturaleza",
    "natureza"),
    "need": ("necesari", "necessari", "necessary", "need to"),
    "notify": ("notifi", "avise", "avisar", "notify", "comunique", "informe al remitente"),
    "law": ("ley n", "lei n", "datos personales", "dados pessoais", "personal data"),
}  # fmt: skip
# Official names of years and decades, which public bodies put below every letter.
YEAR_NAMES = ("ano de", "ano del", "decenio de", "decenio del", "bicentenario", "gestion", "ano da", "ano do")

# With one of these a paragraph is somebody's own words, however often it comes.
OF_ONESELF = frozenset(bars(
    "yo|me|mi|mis|mio|mia|conmigo|necesito|requiero|solicito|pido|quisiera|quiero|deseo|agradezco|agradecere|agradeceria|ruego",
    "puedo|podria|podrian|tengo|estoy|envio|remito|recibi|logro|intento|intente|trato|quedo|quedamos|atento|atenta|atentos|gracias",
    "my|mine|thanks|thank|obrigado|obrigada|eu|meu|minha|preciso|gostaria|consigo",
))  # fmt: skip
# With one of these it may be a request or tell of a fault, unless it is a notice.
ASKING = frozenset(bars(
    "solicitamos|solicita|solicitan|pedimos|necesitamos|necesita|necesitan|requerimos|requiere|requieren|agradecemos|agradeceremos",
    "rogamos|quisieramos|podemos|tenemos|favor|sirvase|sirvanse|urge|urgente|adjunto|adjunta|adjuntamos|remitimos|falta|faltan",
    "revisar|revisen|revise|apoyar|apoyen|ayudar|ayuden|atender|atiendan|please|need|needs|request|could|solicitacao|precisamos|cannot|unable",
    "error|errores|falla|fallas|fallo|averia|problema|problemas|failed|failure|denied|denegado|denegada|timeout|exception|erro|falha",
    "clave|claves|contrasena|contrasenas|password|passwords|senha|usuario|usuarios|cuenta|accesos|impresora|impresoras|toner|equipo",
    "equipos|computadora|pc|laptop|teclado|mouse|patrimonial|serie|ip|internet|wifi|red|software|licencia|modulo|server",
    "restablecimiento|reseteo|creacion|habilitacion|instalacion|reinstalacion|configuracion|desbloqueo|mantenimiento|reparacion",
))  # fmt: skip
# "no se puede", "no abre": beginnings of verbs.
FAILING = bars(
    "pued|pud|abr|funcion|carg|imprim|enciend|prend|respond|permit|dej|conect|hay|reconoc|aparec|sal|logr|ingres|entr|encuentr",
    "muestr|llega|tien|cuent|inici|descarg|visualiz|guard|gener|proces",
)
