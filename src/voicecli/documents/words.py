"""The words of a question or a text that say what it is about. Pure logic."""

from __future__ import annotations

import re
from typing import Final

_WORD: Final = re.compile(r"\w+(?:['’]\w+)?")  # noqa: RUF001 - an apostrophe
_STEM: Final = 4
"""Words of at least this many letters are the same if they differ in the last two letters only, as in "cost" and "costs"."""

_STOP: Final = """
a an and are as at be been but by can could did do does for from had has have he her him his how i if in into is it its me my no not of on or our she
should so some such than that the their them then there these they this those to too up us very was we were what when where which who whom why will
with would you your yours about any all also please tell say says said give know think thing things just like mean much many more most other let get
got make made one need want out over only now

der die das den dem des ein eine einen einem einer eines und oder aber ist sind war waren wird werden wurde hat haben hatte ich du er sie es wir ihr
mich dich mir dir uns euch ihm ihn ihnen sein seine mein meine dein deine nicht kein keine mit von zu zum zur im in am an auf aus bei für über unter
um als wie was wer wen wem wo wann warum welche welcher welches dass ob wenn dann auch noch nur schon sehr mehr viel bitte sag sage steht gibt kann
kannst können soll darin davon dazu
"""
STOP: Final = frozenset(_STOP.split())
"""Words that say nothing about the topic, in English and German."""

_OF_FILES: Final = """
file files document documents text texts pdf paper report section sections page pages chapter chapters paragraph contents content summary summarize
summarise summarised overview topic read written write writes author mention mentions mentioned according

datei dateien dokument dokumente seite seiten abschnitt abschnitte kapitel inhalt zusammenfassung zusammenfassen fasse zusammen thema lies geschrieben
"""
OF_FILES: Final = frozenset(_OF_FILES.split())
"""Words that speak of a file as a whole, or of its parts."""


def words(text: str) -> list[str]:
    """Returns all words of `text` in lower case."""
    return [each.casefold().replace("’", "'").removesuffix("'s") for each in _WORD.findall(text)]  # noqa: RUF001 - an apostrophe


def topics(text: str) -> list[str]:
    """Returns the words of `text` that say what it is about, each once."""
    return list(
        dict.fromkeys(each for each in words(text) if each not in STOP and each not in OF_FILES and len(each) > 1)
    )


def speaks_of_files(text: str) -> bool:
    """Whether `text` speaks of a file, or of a part of one."""
    return any(each in OF_FILES for each in words(text))


def stem(word: str) -> str:
    """Returns the part of a word that its other forms share, roughly."""
    return word[: max(_STEM, len(word) - 2)] if len(word) > _STEM else word.removesuffix("s")


def shared(wanted: list[str], text: str) -> list[str]:
    """Returns those of the `wanted` words that are in `text` in any form."""
    there = {stem(each) for each in words(text)}
    return [each for each in wanted if stem(each) in there]
