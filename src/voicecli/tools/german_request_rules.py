"""Rules for requests in German."""

from __future__ import annotations

import re
from typing import Final

from voicecli.tools.definitions import Arguments
from voicecli.tools.german_files import FILES
from voicecli.tools.request_rules import DURATION, Rule, Tongue, always, nothing, percent, phrase, texts, timed

_TIMER: Final = r"(?:timer|wecker|countdown)"
_BIT: Final = r"(?:(?:ein bisschen|etwas|ein wenig|viel) )?"
_SPEAK: Final = r"(?:(?:sprich|rede|sprich mal|sei|mach|lies) )?"


def _wanted(pattern: str, tool: str, **groups: str) -> Rule:
    return Rule(tool=tool, said=phrase(pattern), make=texts(**groups) if groups else nothing)


def _day(found: re.Match[str], _said: object) -> Arguments:
    day = (found["day"] or "").casefold()
    days = {"morgen": "tomorrow", "gestern": "yesterday"}
    return {"day": days[day]} if day in days else {}


def _note(found: re.Match[str], _said: object) -> Arguments | None:
    text = found["text"].strip(" \t\n,;:.!-")
    return {"text": text} if text else None


_RULES: Final = (
    _wanted(
        r"(?:wie spät ist es|wie viel uhr ist es|wieviel uhr ist es|wie viel uhr haben wir|sag mir die uhrzeit)(?: jetzt| gerade)? in "
        r"(?P<place>[^\W\d_][\w .'-]{1,40})",
        "time",
        place="place",
    ),
    _wanted(
        r"(?:wie spät ist es|wie ?viel uhr (?:ist es|haben wir)|sag mir(?: bitte)? (?:wie spät es ist|die uhrzeit)|die uhrzeit)(?: jetzt| gerade)?",
        "time",
    ),
    Rule(
        tool="date",
        said=phrase(
            r"(?:welcher (?:wochen)?tag (?:ist|war|ist es)(?: (?P<day>heute|morgen|gestern))?|welches datum (?:ist|haben wir)(?: heute)?|"
            r"(?:der wievielte|welches datum) ist heute|was ist heute für ein (?:wochen)?tag|den wievielten haben wir(?: heute)?)"
        ),
        make=_day,
    ),
    Rule(
        tool="remind",
        said=phrase(rf"erinnere? mich in {DURATION}(?: daran)?,?(?: daran)? (?:an |dass )?(?P<text>.+)"),
        make=timed("text", text="text"),
    ),
    Rule(
        tool="set_timer",
        said=phrase(
            rf"(?:(?:stell|stelle|starte|setze?|mach)(?: mir)?(?: bitte)? )?(?:einen |den )?(?:(?P<name>[\w-]{{1,30}}?)-?)?{_TIMER}"
            rf"(?: auf| für| von| über|,)? {DURATION}(?: (?:ein|für (?:die |den |das )?(?P<name2>[\w ]{{1,40}})))?"
        ),
        make=timed("name", "name2"),
    ),
    _wanted(
        rf"(?:welche {_TIMER} laufen(?: gerade)?|wie lange (?:läuft|dauert) (?:der|mein) {_TIMER} noch|wie viel zeit ist noch(?: übrig)?)",
        "list_timers",
    ),
    Rule(
        tool="cancel_timer",
        said=phrase(rf"(?:lösche?|stoppe?|beende) alle {_TIMER}|alle {_TIMER} (?:löschen|stoppen|beenden|aus)"),
        make=always(name="all"),
    ),
    _wanted(
        rf"(?:(?:lösche?|stoppe?|beende) (?:den |meinen )?(?:(?P<name>[\w-]{{1,30}}?)-?)?{_TIMER}|{_TIMER} (?:aus|stoppen|löschen))",
        "cancel_timer",
        name="name",
    ),
    Rule(
        tool="add_note",
        said=phrase(
            r"(?:(?:mach|mache|schreib|schreibe|erstelle?)(?: mir)?(?: bitte)? (?:eine |noch eine )?notiz|notiere?(?: bitte)?|neue notiz|"
            r"schreib(?:e)? (?:das |bitte )?auf)(?:[:,;.-]|,? dass\b)? ?(?P<text>.+)"
        ),
        make=_note,
    ),
    _wanted(
        r"(?:(?:lies|zeig|zeige)(?: mir)?(?: bitte)? (?:alle )?meine notizen(?: vor)?|was (?:steht in|sind) meinen? notizen|meine notizen)",
        "read_notes",
    ),
    _wanted(
        r"(?:durchsuche? meine notizen nach|was habe ich (?:mir )?(?:über|zu|zum|zur)) (?P<text>.+?)(?: (?:notiert|aufgeschrieben))?",
        "search_notes",
        text="text",
    ),
    Rule(
        tool="volume",
        said=phrase(r"(?:stelle? )?(?:die )?lautstärke auf (?P<percent>[\w -]+?) ?(?:%|prozent)"),
        make=percent,
    ),
    Rule(
        tool="volume",
        said=phrase(rf"{_SPEAK}{_BIT}lauter|mach (?:es |das )?{_BIT}lauter|das ist zu leise|du bist zu leise"),
        make=always(change="louder"),
    ),
    Rule(
        tool="volume",
        said=phrase(rf"{_SPEAK}{_BIT}leiser|mach (?:es |das )?{_BIT}leiser|das ist zu laut|du bist zu laut"),
        make=always(change="quieter"),
    ),
    Rule(tool="speed", said=phrase(rf"{_SPEAK}{_BIT}schneller|du sprichst zu langsam"), make=always(change="faster")),
    Rule(tool="speed", said=phrase(rf"{_SPEAK}{_BIT}langsamer|du sprichst zu schnell"), make=always(change="slower")),
    _wanted(r"(?:stopp?|halt|sei still|sei ruhig|ruhe|hör auf|aufhören|genug|schluss)", "stop"),
    _wanted(
        r"(?:wiederhole? (?:das|es|die antwort)(?: noch ?mal)?|sag (?:das|es) noch ?(?:ein)?mal|noch ?(?:ein)?mal|was hast du gesagt|wie bitte)",
        "repeat",
    ),
    _wanted(r"(?:sprich|rede|antworte) als (?:der |die )?(?P<name>[\w-]{1,40})", "persona", name="name"),
    _wanted(r"(?:tschüss|auf wiedersehen|auf wiederhören|bis (?:bald|später|morgen)|gute nacht|ende|beenden)", "quit"),
)

GERMAN: Final = Tongue(
    language="de",
    before=phrase(
        r"(?:bitte|hey|hallo|ok|okay|also|und|kannst du(?: bitte)?|könntest du(?: bitte)?|würdest du)(?:,| )\s*"
    ),
    behind=phrase(r",? (?:bitte|danke|für mich)$"),
    rules=(*FILES, *_RULES),
    sums=phrase(r"(?:(?:wie ?viel|was) (?:ist|sind|ergibt|macht)|berechne|rechne(?: aus)?|was kommt raus bei) "),
    conversions=(
        phrase(r"wie ?viele? (?P<target>[\w/ ]+?) (?:sind|ist|hat|haben|ergeben)(?: in)? (?P<source>[^?]+)"),
        phrase(
            r"(?:rechne|was sind|was ist|wie ?viel sind|wie ?viel ist) (?P<source>.+?) in (?P<target>[\w/°² ]+?)(?: um)?"
        ),
    ),
)
"""German."""
