"""Decides quickly whether a question could need a tool, and which: a small model is asked only then. Pure logic, a fraction of a millisecond."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from voicecli.tools.definitions import Tool
from voicecli.tools.fitting import properties_of, to_be_said

MOST_OFFERED: Final = 6
"""How many tools a small model chooses from. Each of them is text that it has to read while a person waits."""

_STOP: Final = frozenset(
    """
    a about all an and any are as at be been but by can could do does each for from get give given gives has have he her his how i if in into is
    it its let may me my no not of on one or our please say she should so some such tell tells that the their them then there these they this to
    up us use used using via was way we were what when where which who why will with would you your return returns value values name names
    optional default number string list type user argument aber alle als am an auch auf aus bei bin bis bitte das dass dein dem den der des die
    dir du ein eine einem einen einer es für hat ich ihr im in ist kann kannst mach man mein mich mir mit nach nicht noch oder sag sich sie sind
    so über um und uns von vom war was wenn wer wie wird wir wo zu zum zur
    """.split()  # noqa: SIM905 - as a list it would be a page
)

_NOW_OR_DO: Final = re.compile(
    r"\b(?:now|today|tonight|tomorrow|currently|current|latest|right now|turn|switch|open|close|start|stop|run|launch|send|play|check|look up|search|"
    r"find|show|list|fetch|book|order|call|set|create|add|delete|remove|update|save|calculate|compute|convert|what's the status|"
    r"jetzt|heute|morgen|aktuell|gerade|neueste\w*|schalte?|öffne|schließe?|starte?|stoppe?|sende|schick\w*|spiele?|prüfe?|such\w*|finde|zeige?|"
    r"hole?|bestelle?|ruf|stelle?|lege?|füge?|lösche?|ändere?|speichere?|berechne|rechne)\b",
    re.IGNORECASE,
)
"""Words of questions about the present, and of requests to do something."""

_SEVERAL: Final = re.compile(r"\b(?:and|then|both|also|und|dann|danach|außerdem|beide)\b|[;,&]", re.IGNORECASE)

_WORD: Final = re.compile(r"[^\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SHORTEST: Final = 3
"""Shorter words are not compared."""

_STEM: Final = 5
"""Words are compared by their first characters: a simple stem."""

_ENDINGS: Final = ("ings", "ing", "edly", "ed", "ies", "es", "s", "en", "er", "e", "n")


RELUCTANCE: Final = 0.38
PER_EVIDENCE: Final = 0.05
"""How much likelier a small model must hold a yes than a no before it calls a tool, in nats: the first number, less the second for each point of
evidence. Calibrated with Qwen2.5-Coder 1.5B on `tests/data/tools/need_a.tsv` only, together with the next two."""

CERTAIN: Final = 6
AT_CERTAIN: Final = -0.5
"""From this evidence on a tool is called unless the model holds a no clearly likelier. One of half a billion parameters cannot judge, and is never
that clear: for it the words decide."""

_REQUEST: Final = 2
"""What a word of requests, or of the present, adds to the evidence of shared words."""


def candidates(question: str, tools: Sequence[Tool]) -> tuple[tuple[Tool, int], ...]:
    """Returns the tools that `question` could need, each with the evidence for it, the likeliest first; empty if it needs none.

    Args:
        question: What was asked.
        tools: The tools that may be called.
    """
    asked = frozenset(stems(question))
    request = _REQUEST if _NOW_OR_DO.search(question) else 0
    scored = [(tool, _evidence(asked, tool)) for tool in tools]
    found = [(tool, score + request) for tool, score in scored if score > 0]
    if not found and request:
        found = [(tool, request) for tool in tools]
    return tuple(sorted(found, key=lambda each: -each[1])[:MOST_OFFERED])


def _evidence(asked: frozenset[str], tool: Tool) -> int:
    """The weights of the words that a question shares with a tool; 0 if nothing else is said from which its arguments could come."""
    words = _words(tool)
    shared = asked & words.keys()
    if to_be_said(tool.schema) and asked <= shared and not any(word.isdigit() for word in asked):
        return 0
    return sum(words[stem] for stem in shared)


def reluctance_at(evidence: int) -> float:
    """How much more likely a small model must hold a call than that none is needed, in nats, before it calls a tool.

    Args:
        evidence: The evidence for the likeliest tool, as `candidates` gives it.
    """
    return AT_CERTAIN if evidence >= CERTAIN else RELUCTANCE - PER_EVIDENCE * evidence


def could_need_several(question: str) -> bool:
    """Whether `question` could ask for more than one thing."""
    return _SEVERAL.search(question) is not None


def stems(text: str) -> Iterator[str]:
    """Yields the stems of the words that carry meaning."""
    for word in _WORD.findall(_CAMEL.sub(" ", text)):
        plain = word.casefold()
        if len(plain) >= _SHORTEST and plain not in _STOP:
            yield _stem(plain)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            word = word.removesuffix(ending)
            break
    return word[:_STEM]


_cache: dict[int, tuple[Tool, Mapping[str, int]]] = {}


def _words(tool: Tool) -> Mapping[str, int]:
    """The stems of the words that hint at `tool`, each with its weight."""
    found = _cache.get(id(tool))
    if found is None or found[0] is not tool:
        if len(_cache) > 1000:
            _cache.clear()
        _cache[id(tool)] = found = (tool, _weigh(tool))
    return found[1]


def _weigh(tool: Tool) -> Mapping[str, int]:
    weights: dict[str, int] = {}

    def take(text: str, weight: int) -> None:
        for stem in stems(text):
            weights[stem] = max(weights.get(stem, 0), weight)

    take(tool.description, 1)
    for name, rule in properties_of(tool.schema).items():
        take(name, 1)
        choices = rule.get("enum")
        for choice in choices if isinstance(choices, list | tuple) else ():
            take(str(choice), 2)
    take(tool.name, 3)
    take(" ".join([*tool.words, *(re.sub(r"\{\w*\}", " ", each.say) for each in tool.phrases)]), 3)
    return weights
