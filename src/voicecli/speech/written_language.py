# ruff: noqa: RUF001 - the letters of other languages are what this is about
"""Guesses the language of a text in Latin or Cyrillic script by its function words, to detect that it does not match the voice.

It guesses only in clear cases, because a guess leads to a warning. Languages with a script of their own are recognised by it
(`speech.writing_systems`). Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

FUNCTION_WORDS: Final = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and to is that it was for on are with as his they at be this have from or had by but what some we can out other were "
        "all there when your how said an each she which do their if will has not you i my what's it's don't would could about who",
        "de": "der die das und ist nicht ich du er sie es wir ihr ein eine einen einem einer zu den dem des mit auf für von im am bei auch "
        "sich wie aber oder wenn dass kann wird war sind haben hat noch nur nach über wo was wer warum heute bitte schon sehr mir dir",
        "fr": "le la les un une des du et est que qui dans ce il elle nous vous ne pas pour sur avec je tu au aux se son sa ses mais ou où "
        "plus par être avoir sont cette ces leur quel quelle comment pourquoi c'est j'ai qu'il d'un d'une l'on très bien aujourd'hui",
        "es": "el la los las un una unos y es que en de del al por para con no se su sus lo como más pero o si yo tú él ella nosotros qué "
        "cuál dónde cuándo cómo porque está están son fue ser hay muy también este esta ese esa hoy mi te le",
        "it": "il lo la i gli le un uno una e è che di del della dei delle in nel nella per con non si su come più ma o se io tu lui lei noi "
        "sono era ho hai ha cosa dove quando perché questo questa quello anche molto oggi mi ti ci al alla",
        "pt": "o a os as um uma e é que de do da dos das em no na nos nas por para com não se seu sua como mais mas ou eu tu você ele ela nós "
        "são foi ser está estão há muito também este esta isso hoje onde quando porque me te ao à",
        "nl": "de het een en is van dat in te op voor met niet zijn aan er maar ook als bij door nog wel naar dan om je ik jij hij zij wij "
        "we u dit deze die wat wie waar hoe waarom heeft hebben wordt kan zal geen zo al over uit vandaag mijn",
        "pl": "i w nie na się z do to jest że jak o co ale po za od tak czy już tylko przez gdy ten ta te jego jej ich być był była są ma mam "
        "dla kiedy gdzie dlaczego który która bardzo może dziś proszę mnie ty my wy",
        "ru": "и в не на я что он с как это но они мы все она так его за был от ты же по из вы у о ее мне для бы до когда где кто если уже или "
        "ни быть есть чтобы только меня очень почему сегодня какая какой",
    }.items()
}
"""The most common function words of the languages that have a voice in the catalogue."""

ENGLISH_BESIDES: Final = frozenset(
    "a me him her us them its our more much many any no so than then here now why where does did can should may let please tell give".split()  # noqa: SIM905 - as a list it would be a page
)
"""More words that speak for English. They take nothing from the weight of a word for other languages: "a" is as Spanish as it was."""

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SHARED: Final = Counter(word for words in FUNCTION_WORDS.values() for word in words)

LEAST_WORDS: Final = 4
"""No guess is made for shorter texts. Names and quotations are that short."""

LEAST_WEIGHT: Final = 2.5
"""The least total weight of the function words. A word that several languages share counts as a fraction."""

LEAST_LEAD: Final = 2.0
"""How many times the weight of the second language the first one must have."""


def words_of(text: str) -> list[str]:
    """Returns the words of `text` in lower case."""
    return [word.casefold().replace("’", "'") for word in _WORD.findall(text)]


def has_words_of(language: str, text: str) -> bool:
    """Whether `text` contains a function word of `language`; True for a language without a list."""
    known = FUNCTION_WORDS.get(language)
    return known is None or any(word in known for word in words_of(text))


def written_language(text: str) -> str:
    """Returns the language of `text`, ISO 639-1; empty if it is not clear."""
    words = words_of(text)
    if len(words) < LEAST_WORDS:
        return ""
    weights = {
        language: sum(1 / _SHARED[word] for word in set(words) if word in known)
        for language, known in FUNCTION_WORDS.items()
    }
    weights["en"] += sum(1 / max(1, _SHARED[word]) for word in set(words) & ENGLISH_BESIDES)
    (first, most), (_, second) = sorted(weights.items(), key=lambda item: -item[1])[:2]
    return first if most >= LEAST_WEIGHT and most >= LEAST_LEAD * second else ""
