"""How tools are asked for in English."""

from __future__ import annotations

import re
from typing import Final

from voicecli.tools.definitions import Arguments
from voicecli.tools.english_files import FILES
from voicecli.tools.request_rules import DURATION, Rule, Tongue, always, nothing, percent, phrase, texts, timed

_NAME: Final = r"(?P<name>(?!(?:timer|alarm|second|minute|hour|in|on|for|to)\b)[\w' ]{1,40}?)"
_LATER: Final = r"(?P<name2>[\w' ]{1,40}?)"
_SET: Final = r"(?:(?:set|start|create|make|begin|add|give me|i need|i want) (?:me )?(?:up )?)"
_TIMER: Final = r"(?:timer|alarm|countdown)"
_BIT: Final = r"(?:(?:a )?(?:little|bit|little bit|lot|much) )?"
_SOUND: Final = r"(?:(?:it|yourself|the volume|the sound|your volume|your voice) )"
_PLACE: Final = r"(?P<place>[^\W\d_][\w .,'-]{1,40}?)(?: (?:right )?now)?"
_SPEAK: Final = r"(?:(?:speak|talk|go|say it|be|make it|make yourself|read) )?"
_MY_NOTES: Final = r"(?:(?:all )?(?:of )?(?:my|the) (?:\w+ )?notes)"


def _place(found: re.Match[str], _said: object) -> Arguments | None:
    place = found["place"].strip(" .,'-")
    return None if place.split()[0].casefold() in _NO_PLACES else {"place": place}


_NO_PLACES: Final = frozenset({"a", "an", "your", "my", "this", "that", "his", "her", "their"})


def _day(found: re.Match[str], _said: object) -> Arguments:
    day = (found["day"] or "").casefold()
    return {"day": day} if day in {"tomorrow", "yesterday"} else {}


def _wanted(pattern: str, tool: str, **groups: str) -> Rule:
    return Rule(tool=tool, said=phrase(pattern), make=texts(**groups) if groups else nothing)


_TIME: Final = (
    r"(?:(?:what's|what is|whats) the (?:current |exact )?time|what time (?:is it|do you have)|(?:do you know |tell me )what time it is|"
    r"(?:tell me |say |give me )?the (?:current |exact )?time|current time|(?:do you have|have you got) the time|how late is it)"
)
_NOW: Final = r"(?: (?:right )?now| at the moment| currently)?"

_CLOCK: Final = (
    Rule(tool="time", said=phrase(rf"{_TIME}{_NOW} in {_PLACE}"), make=_place),
    Rule(tool="time", said=phrase(rf"{_TIME}{_NOW}(?: here)?"), make=nothing),
    Rule(
        tool="date",
        said=phrase(
            r"(?:(?:tell me |do you know )?(?:what|which) (?:day|date)(?: of the (?:week|month))?(?: is it| it is| is| do we have| was| will it be)?"
            r"(?: (?P<day>today|tomorrow|yesterday))?|what(?:'s| is|s) (?:the |(?P<whose>today|tomorrow|yesterday)'s )?"
            r"(?:current )?(?:date|day)(?: of the week)?(?: today)?|what (?:year|month) is it|"
            r"tell me (?:the |today's )(?:date|day)|today's date|the date)"
        ),
        make=_day,
    ),
    Rule(
        tool="date",
        said=phrase(r"(?:is it|is today) (?:mon|tues|wednes|thurs|fri|satur|sun)day(?P<day>)(?: today)?"),
        make=_day,
    ),
)

_TIMERS: Final = (
    Rule(
        tool="remind",
        said=phrase(rf"remind me (?:in|after) {DURATION},? (?:to|that|about|of) (?P<text>.+)"),
        make=timed("text", text="text"),
    ),
    Rule(
        tool="remind",
        said=phrase(rf"(?:(?:in|after) )?{DURATION},? (?:please )?remind me (?:to|that|about|of) (?P<text>.+)"),
        make=timed("text", text="text"),
    ),
    Rule(
        tool="remind",
        said=phrase(rf"remind me (?:to|that|about|of) (?P<text>.+?),? (?:in|after) {DURATION}"),
        make=timed("text", text="text"),
    ),
    Rule(
        tool="remind",
        said=phrase(rf"{_SET}?(?:a )?{_TIMER}(?: for| of)? {DURATION} to (?P<text>.+)"),
        make=timed("text", text="text"),
    ),
    Rule(
        tool="remind",
        said=phrase(rf"{_SET}?(?:a )?reminder (?:for|in) {DURATION},? (?:to|about) (?P<text>.+)"),
        make=timed("text", text="text"),
    ),
    Rule(tool="remind", said=phrase(rf"(?:remind me|wake me(?: up)?) (?:in|after) {DURATION}"), make=timed()),
    Rule(tool="remind", said=phrase(r"remind me (?:to|about) (?P<text>[^?]+)"), make=timed("text", text="text")),
    Rule(
        tool="set_timer",
        said=phrase(
            rf"{_SET}?(?:an? |in |another |the |one )?(?:{_NAME} )?{_TIMER}(?: (?:called|named) {_LATER})?,?"
            rf"(?: for| of| to| with)? {DURATION}(?: (?:for|called|named) (?:the |my )?(?P<name3>[\w' ]{{1,40}}))?"
        ),
        make=timed("name", "name2", "name3"),
    ),
    Rule(
        tool="set_timer",
        said=phrase(
            rf"{_SET}?(?:an? |another )?{DURATION},? (?:{_NAME} )?{_TIMER}"
            rf"(?: (?:for|called|named) (?:the |my )?(?P<name2>[\w' ]{{1,40}}))?"
        ),
        make=timed("name", "name2"),
    ),
    Rule(
        tool="set_timer",
        said=phrase(rf"{_SET}(?:an? |another |one )?(?:{_NAME} )?timer"),
        make=timed("name"),
    ),
    _wanted(
        rf"(?:(?:which|what) {_TIMER}s? (?:are|is|do i have)(?: running| set| active| on)*|list (?:all )?(?:of )?(?:my |the )?(?:timers|reminders)|"
        r"(?:are there|do i have) any (?:timers|reminders)(?: running| set)*|(?:what are|show me) my (?:timers|reminders)|"
        rf"how (?:much time|long|much|many (?:minutes|seconds)) (?:is|are|do i have)(?: still)? left"
        rf"(?: (?:on|for|of) (?:the |my )(?:[\w']+ )*{_TIMER}s?)?|"
        rf"how long (?:does|will) the {_TIMER}(?: still)? (?:take|run|last)|(?:what is |what's )?(?:the )?"
        rf"(?:status of|(?:how much )?time left on) (?:the |my )?(?:[\w']+ )*{_TIMER}s?|(?:[\w']+ )*{_TIMER} status)",
        "list_timers",
    ),
    Rule(
        tool="cancel_timer",
        said=phrase(
            rf"(?:cancel|delete|remove|clear|stop|turn off|switch off|end) (?:all|every)(?: of)?(?: the| my)? (?:{_TIMER}|reminder)s?"
        ),
        make=always(name="all"),
    ),
    Rule(
        tool="cancel_timer",
        said=phrase(
            rf"(?:cancel|delete|remove|clear|stop|turn off|switch off|end) (?:the |my |that )?(?:(?P<name>[\w' ]{{1,40}}?) )?(?:{_TIMER}|reminder)"
        ),
        make=texts(name="name"),
    ),
)


def _note(found: re.Match[str], _said: object) -> Arguments | None:
    text = found["text"].strip(" \t\n,;:.!-")
    bare = re.match(r"note\s+(?!that\b|down\b)", found.string, re.IGNORECASE)
    return None if not text or bare is not None or DURATION in text else {"text": text}


def _search(found: re.Match[str], _said: object) -> Arguments | None:
    words = re.sub(r"^(?:the|my|a|an)\s+", "", found["text"].strip(" .?!,\"'"), flags=re.IGNORECASE)
    return {"text": words} if words else None


_NOTES: Final = (
    Rule(
        tool="add_note",
        said=phrase(
            r"(?:(?:take|make|add|write|create|leave)(?: down)? (?:me )?(?:an? |another )?note(?: for me)?(?: that says| saying| down)?|"
            r"note down|write (?:this |that |it )?down|note|jot (?:this |that )?down|new note)"
            r"(?: ?[:,;.-]| that\b| to\b| of\b| ) ?(?P<text>.+)"
        ),
        make=_note,
    ),
    _wanted(
        rf"(?:(?:read|show|list|tell)(?: me)?(?: out)? {_MY_NOTES}(?: (?:to me|aloud|out loud|out))?|what (?:are|is in|do you have in) {_MY_NOTES}|"
        r"what(?: notes)? (?:did|have) i (?:noted|note|written|write)(?: down)?|my notes|do i have (?:any )?notes|what notes do i have)",
        "read_notes",
    ),
    Rule(
        tool="search_notes",
        said=phrase(
            r"(?:(?:search|look through|check|find in) my notes (?:for|about)|what did i (?:note|write)(?: down)? (?:about|on)|"
            r"what do my notes say about|find (?:my |the )?notes? (?:about|with|on)|(?:read|show)(?: me)? my notes? (?:about|on)) (?P<text>.+)"
        ),
        make=_search,
    ),
)


_DIALS: Final = (
    Rule(
        tool="volume",
        said=phrase(
            r"(?:(?:set|turn|put|change|make)(?: up| down)? )?(?:the |your )?volume(?: up| down)?(?: to| at)? (?P<percent>[\w -]+?) ?(?:%|percent)"
        ),
        make=percent,
    ),
    Rule(
        tool="volume",
        said=phrase(r"(?:(?:set|turn|put|change|make) )?(?:the |your )?volume (?:to|at) (?P<percent>[\w -]+)"),
        make=percent,
    ),
    Rule(
        tool="volume",
        said=phrase(
            rf"(?:{_SPEAK}{_BIT}(?:louder|more loudly)|(?:turn|crank) {_SOUND}?up|"
            r"(?:turn|crank) up (?:the |your )?(?:volume|sound|voice)|(?:increase|raise) (?:the |your )?volume|volume up|speak up|"
            r"(?:that's|that is|you're|you are|it's|it is) (?:much |way )?too (?:quiet|soft|silent)|"
            r"i can't hear you)(?: a (?:little|bit|little bit))?"
        ),
        make=always(change="louder"),
    ),
    Rule(
        tool="volume",
        said=phrase(
            rf"(?:{_SPEAK}{_BIT}(?:quieter|softer|more quietly|less loud|more softly)|turn {_SOUND}?down|"
            r"turn down (?:the |your )?(?:volume|sound|voice)|(?:decrease|lower|reduce) (?:the |your )?volume|volume down|"
            r"(?:that's|that is|you're|you are|it's|it is) (?:much |way )?too loud)(?: a (?:little|bit|little bit))?"
        ),
        make=always(change="quieter"),
    ),
    Rule(
        tool="speed",
        said=phrase(
            rf"(?:{_SPEAK}{_BIT}(?:faster|quicker|more quickly)|speed (?:it )?up|speed up your (?:speech|voice)|"
            r"(?:that's|you're|you are)(?: (?:talking|speaking))? (?:much |way )?too (?:slow|slowly))(?: a (?:little|bit|little bit))?"
        ),
        make=always(change="faster"),
    ),
    Rule(
        tool="speed",
        said=phrase(
            rf"(?:{_SPEAK}{_BIT}(?:slower|more slowly|less fast)|slow (?:it )?down|(?:that's|you're|you are)(?: (?:talking|speaking))? "
            r"(?:much |way )?too (?:fast|quick|quickly))(?: a (?:little|bit|little bit))?"
        ),
        make=always(change="slower"),
    ),
)


def _persona(found: re.Match[str], _said: object) -> Arguments | None:
    name = next((found[group] for group in ("name", "name2", "name3", "name4") if found[group]), "")
    return {"name": name.casefold()} if name and name.casefold() not in _NO_PERSONAS else None


_NO_PERSONAS: Final = frozenset({"if", "a", "an", "you", "me", "this", "that", "usual", "before"})

_SESSION: Final = (
    _wanted(
        r"(?:stop(?: it| that| talking| speaking| please| now)?|be quiet|quiet|silence|shut up|hush|enough|that's enough|stop stop(?: stop)?)",
        "stop",
    ),
    _wanted(
        r"(?:repeat|repeat (?:that|it|yourself|what you (?:just )?said|the last (?:answer|sentence))(?: again| once more)?|"
        r"say (?:that|it)(?: again| once more| one more time)+|(?:once more|one more time)|what did you (?:just )?say|come again|"
        r"again|i didn't (?:hear|catch|get) (?:that|you))",
        "repeat",
    ),
    Rule(
        tool="persona",
        said=phrase(
            r"(?:talk|speak|answer|continue) as (?:the |my )?(?:persona )?(?P<name>[\w-]{1,40})(?: persona)?|"
            r"(?:switch|change) to (?:(?:the )?persona (?P<name2>[\w-]{1,40})|(?:the )?(?P<name3>[\w-]{1,40}) persona)|"
            r"(?:let me talk|i'd like to talk) to the (?P<name4>[\w-]{1,40})"
        ),
        make=_persona,
    ),
    _wanted(
        r"(?:good ?bye|bye|bye bye|bye-bye|see you(?: later| soon| tomorrow)?|good night|quit|exit|end (?:the|this) (?:conversation|session|chat)|"
        r"that's all(?: for (?:now|today))?,? (?:good ?bye|bye))(?: (?:for now|then))?",
        "quit",
    ),
)


_SUMS: Final = phrase(
    r"(?:(?:and )?(?:how much|what)(?: is|'s| are| does)|what(?= \d)|what's|whats|calculate|compute|work out|figure out|tell me|solve|"
    r"what do you get for)(?: me)? "
)
_CONVERSIONS: Final = (
    phrase(
        r"how (?:many|much) (?P<target>[\w/ ]+?) (?:are|or|is|make|makes|do|does|go into)(?: there)?(?: in)? (?P<source>[^?]+?)(?: have| has)?"
    ),
    phrase(
        r"(?:convert|change|what is|what's|what are|how much is|how much are) (?P<source>.+?) (?:to|into|in|as) (?P<target>[\w/°² ]+)"
    ),
    phrase(r"(?P<source>[\d.,]+ ?[\w°²/ ]+?) (?:to|into|in) (?P<target>[\w/°² ]+)"),
)


ENGLISH: Final = Tongue(
    language="en",
    before=phrase(
        r"(?:please|hey|hi|hello|ok|okay|well|so|and|now|assistant|alright|um|uh|(?:can|could|would|will) you(?: please)?(?: just)?|"
        r"i (?:want|would like|need) you to|i'd like you to)(?:,| )(?:\s)*"
    ),
    behind=phrase(r",? (?:please|for me|thanks|thank you|would you|will you|can you|could you|if you can)"
                  r"$"),
    rules=(*_CLOCK, *_TIMERS, *_NOTES, *FILES, *_DIALS, *_SESSION),
    sums=_SUMS,
    conversions=_CONVERSIONS,
)  # fmt: skip
"""English."""
