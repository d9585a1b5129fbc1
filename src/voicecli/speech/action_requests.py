"""Whether a person asks for something that words cannot do: to switch a light, to call somebody, to buy a ticket. Pure.

Only clear cases count: a verb of doing together with a thing that it is done to. "Play some music" is one, "Play a game with me" is not. The
requests for the program's own tools (timers, notes, the volume) are recognised before (`tools.request_recognition`).
"""

from __future__ import annotations

import re
from typing import Final

LONGEST: Final = 300
"""Longest text that is looked at, in characters. A request is short."""

_SOMEWHERE: Final = r"[^.!?]{0,60}?"
_A: Final = r"(?:the|my|our|all|all the|a|an|another|some|this|that|two|three|four)"
_THINGS: Final = (
    r"(?:doors?|windows?|blinds?|curtains?|shutters?|garage|gate|lamps?|lights?|heating|heater|radiator|oven|stove|fan|tv|television|radio|"
    r"computer|browser|app|printer|car|engine|washing machine|dishwasher|dryer|machine|vacuum|robot|kettle|coffee|thermostat|temperature|"
    r"air conditioning|alarm system|camera|sprinklers?)"
)
_SOUNDS: Final = r"(?:music|songs?|radio|playlist|album|podcast|video|movie|film|track|jazz|rock|pop|classical)"
_LETTERS: Final = r"(?:messages?|texts?|e-?mails?|mail|sms|money|pictures?|photos?|files?|flowers|invitations?)"

_GERMAN_THINGS: Final = (
    r"(?:\w*tür|\w*fenster|\w*rollos?|rollläden|vorh[aä]nge?|garage|\w*tor|jalousien?|\w*maschine|auto|heizung)"
)
_INFINITIVES: Final = (
    r"(?:einschalten|ausschalten|anmachen|ausmachen|anrufen|bestellen|buchen|reservieren|abschließen|senden|abspielen|ausdrucken|drucken|kaufen|"
    r"(?:nachricht|mail|sms) (?:schicken|schreiben))"
)
_EIN: Final = r"(?:ein|eine|einen|den|die|das|zwei|meine?n?)"
_PARTICLE: Final = r"(?:ein|aus|an|auf|zu|ab|hoch|runter|heller|dunkler|lauter|leiser|wärmer|kälter)"

_ENGLISH: Final = (
    r"(?:hey|hi|hello|ok|okay|now|please|just|go ahead and|(?:can|could|would|will) you(?: please)?|i(?:'d| would)? (?:want|need|like) you to)[ ,]+",
    rf"(?:turn|switch|power)\b(?! your\b){_SOMEWHERE}\b(?:on|off|up|down)\b",
    rf"(?:dim|lock|unlock) {_A}\b",
    rf"(?:open|close|shut|start|stop|run|launch|pause|set|warm up|heat up|restart|lower|raise) {_A} {_SOMEWHERE}\b{_THINGS}\b",
    r"(?:call|phone|ring|dial) (?!me\b|it\b|this\b|that\b|yourself\b|him\b|her\b|the (?:story|hero|dog|cat)\b)",
    rf"send\b{_SOMEWHERE}\b{_LETTERS}\b",
    rf"(?:text|message|e-?mail|notify) (?:{_A} |him\b|her\b|them\b|(?-i:[A-Z]))",
    rf"play\b{_SOMEWHERE}\b{_SOUNDS}\b",
    rf"(?:order|buy|book|reserve|rent|pay)(?: me| us)? (?!{_A} (?:numbers?|words?|letters?|names?|sentences?|items?)\b){_A}\b",
    rf"(?:print|download|upload|install|scan|post|delete|water|feed|wash|vacuum|mow|bring me|fetch me|make me) {_A}\b(?! (?:story|joke|poem|song))",
    r"take (?:a|another) (?:picture|photo|screenshot|selfie)\b",
)
_GERMAN: Final = (
    r"(?:hey|hallo|ok|okay|jetzt|bitte|mal|und)[ ,]+",
    rf"(?:schalte?|mache?|drehe?|fahre?)\b{_SOMEWHERE}\b{_PARTICLE}(?: bitte)?(?=[.,!?]|$)",
    rf"rufe?\b{_SOMEWHERE}\ban(?: bitte)?(?=[.,!?]|$)",
    r"rufe? (?:mir )?(?:bitte )?(?:einen|eine|ein|den|die) ",
    rf"(?:schicke?|sende?|schreibe?)\b{_SOMEWHERE}\b(?:nachricht|sms|e-?mail|mail|foto|bild|geld|blumen)\b",
    rf"spiele?\b{_SOMEWHERE}\b(?:musik|lied|lieder|song|radio|playlist|jazz|podcast|album|film)\b",
    rf"(?:bestelle?|kaufe?|buche?|reserviere?|bezahle?|drucke?|verriegle|gieße?|füttere?) (?:mir |uns )?(?:bitte )?{_EIN}\b",
    rf"(?:öffne|schließe?|starte?|stoppe?|stelle?)\b{_SOMEWHERE}\b{_GERMAN_THINGS}\b",
    rf"(?:kannst|könntest|würdest) du\b{_SOMEWHERE}\b(?:{_INFINITIVES}|{_GERMAN_THINGS} (?:öffnen|schließen|zumachen|aufmachen))\b",
)
_SPANISH: Final = (
    r"(?:oye|hola|ahora|por favor|(?:puedes|podrías)(?: por favor)?)[ ,]+",
    r"¿?(?:enciende|encender|apaga|apagar|prende|prender)\b",
    r"(?:llama|llamar) (?:a|al|un|una)\b",
    rf"(?:envía|envia|enviar|manda|mandar|escríbele|envíale|mándale)\b{_SOMEWHERE}\b(?:mensaje|correo|sms|foto|dinero|flores)\b",
    rf"(?:pon|ponme|poner|reproduce|reproducir)\b{_SOMEWHERE}\b(?:música|canci[oó]n|canciones|radio|jazz|lista|película)\b",
    r"(?:pídeme|compra|comprar|reserva|reservar|imprime|imprimir) (?:me )?(?:un|una|el|la|los|las|dos|mi)\b",
    rf"(?:abre|abrir|cierra|cerrar|sube|baja)\b{_SOMEWHERE}\b(?:puertas?|ventanas?|persianas?|cortinas?|garaje|calefacción|lavadora|luz|luces)\b",
)
_FRENCH: Final = (
    r"(?:hé|salut|bonjour|maintenant|s'il te plaît|s'il te plait|(?:peux-tu|pourrais-tu|tu peux|tu pourrais)(?: s'il te plaît)?)[ ,]+",
    r"(?:allume|allumer|éteins|eteins|éteindre)\b",
    r"(?:appelle|appeler|téléphone|téléphoner) (?!-|moi\b)(?:à|un|une|le|la|les|mon|ma|mes|(?-i:[A-Z]))",
    rf"(?:envoie|envoyer|envoie-lui)\b{_SOMEWHERE}\b(?:message|mail|courriel|sms|texto|photo|argent|fleurs)\b",
    rf"(?:mets|mettre|joue|jouer|lance|lancer)\b{_SOMEWHERE}\b(?:musique|chanson|radio|jazz|playlist|film|machine|lave-linge)\b",
    r"(?:commande|commander|achète|acheter|réserve|réserver|imprime|imprimer)(?:-moi)? (?:un|une|le|la|les|des|du|deux|mon|ma)\b",
    rf"(?:ouvre|ouvrir|ferme|fermer|verrouille|verrouiller|baisse|monte)\b{_SOMEWHERE}\b(?:portes?|fenêtres?|volets?|rideaux|garage|chauffage|store|stores)\b",
)
_CHINESE: Final = (
    r"(?:请|你|您|能|可以|帮我|帮忙|麻烦|现在|把|给我|\s|,|，)+",  # noqa: RUF001 - its comma
    r"[^。！？]{0,12}(?:打开|关掉|关上|关闭|开启|调高|调低|锁上|锁)[^。！？]{0,12}(?:灯|电视|空调|门|窗|窗帘|暖气|音乐|收音机|电脑|洗衣机|风扇)",  # noqa: RUF001
    r"[^。！？]{0,12}(?:灯|电视|空调|门|窗户?|窗帘|暖气|收音机|电脑|洗衣机|风扇)(?:打开|关掉|关上|关闭|锁上)",  # noqa: RUF001
    r"[^。！？]{0,12}打(?:个)?电话",  # noqa: RUF001
    r"[^。！？]{0,16}发[^。！？]{0,8}(?:短信|信息|消息|邮件|微信|照片)",  # noqa: RUF001
    r"[^。！？]{0,6}(?:播放|放一?[点首些])[^。！？]{0,12}(?:音乐|歌|曲)",  # noqa: RUF001
    r"(?!.{0,6}(?:怎么|如何|怎样|哪))[^。！？]{0,6}(?:订|预订|叫)[^。！？]{0,8}(?:票|餐|外卖|车|酒店|房间|位子|桌)",  # noqa: RUF001
    r"(?<=帮我)[^。！？]{0,6}(?:买|打印|下载)[^。！？]{1,12}",  # noqa: RUF001
)


def _compiled(patterns: tuple[str, ...]) -> re.Pattern[str]:
    courtesy, *actions = patterns
    return re.compile(rf"\s*(?:{courtesy})*(?:{'|'.join(actions)})", re.IGNORECASE)


_ASKS: Final = tuple(
    (language, _compiled(patterns))
    for language, patterns in (("en", _ENGLISH), ("de", _GERMAN), ("es", _SPANISH), ("fr", _FRENCH), ("zh", _CHINESE))
)


def action_language(text: str) -> str:
    """Returns the language in which `text` begins with a request to do what words cannot do: en, de, es, fr or zh; empty if it does not."""
    text = text.strip().replace("\u2019", "'")
    if len(text) > LONGEST:
        return ""
    return next((language for language, pattern in _ASKS if pattern.match(text)), "")


def asks_for_action(text: str) -> bool:
    """Whether `text` begins with a request to do what words cannot do."""
    return bool(action_language(text))
