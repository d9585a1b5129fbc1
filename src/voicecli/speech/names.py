"""Compares the names of a sentence with those of its translation, by their capital letters. Pure logic.

German writes every noun with a capital letter, so only names behind a title, behind "heiße" and behind another capitalised word are required of a
German sentence. What its translation names must be in it all the same. Names are not compared with Russian and Chinese, which write them in their
own script.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from voicecli.speech.word_lists import listed

_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'\u2019][^\W\d_]+)*")
_SENTENCE_END: Final = re.compile(r"[.!?:\u2026][\"'\u201d\u201c\u00bb)]*\s*$|[\"\u201e\u201c\u00ab\u00bb(]$")
_PEOPLE: Final = re.compile(r"(?:ish|ese|ians?|eans?)$")
"""The end of English words for peoples and languages, which are translated."""

_ABBREVIATION: Final = re.compile(r"(?:^|\s)(?:mr|mrs|ms|dr|prof|st|hr|fr|sr|sra|mme|no|nr)\.\s*$", re.IGNORECASE)

_OWN_SCRIPT: Final = frozenset({"ru", "zh"})

_NO_NAMES: Final = frozenset(
    listed("""
    i i'm i'd i'll i've mr mrs ms miss sir madam doctor dr prof professor president king queen uncle aunt mom mum dad god ok tv monday tuesday
    wednesday thursday friday saturday sunday january february march april may june july august september october november december english
    german french spanish italian portuguese dutch polish russian chinese american british european austrian swiss japanese turkish christmas
    easter halloween internet monsieur madame mademoiselle señor señora don doña signor signora signore senhor senhora meneer mevrouw pan pani
    herr frau lundi mardi mercredi jeudi vendredi samedi dimanche street road avenue station hotel university bridge river lake mountain
""")
)
"""Capitalised words that are translated. Streets and other places are translated as well as kept."""

_EXONYMS: Final = tuple(
    frozenset(group.split())
    for group in (
        "munich münchen monaco múnich munique monachium", "cologne köln colonia keulen kolonia", "vienna wien vienne viena wenen wiedeń",
        "nuremberg nürnberg norimberga", "geneva genf genève ginebra ginevra genebra genewa", "zurich zürich zúrich zurigo zurique",
        "germany deutschland allemagne alemania germania alemanha duitsland niemcy", "austria österreich autriche oostenrijk",
        "switzerland schweiz suisse suiza svizzera suíça zwitserland szwajcaria", "hungary ungarn hongrie hongarije węgry",
        "greece griechenland grèce grecia griekenland", "spain spanien espagne españa spagna espanha spanje hiszpania",
        "netherlands niederlande pays-bas holanda holland nederland", "sweden schweden suède suecia zweden", "poland polen pologne polska",
        "rome rom roma rzym", "milan mailand milano mediolan", "venice venedig venise venecia venezia veneza", "naples neapel nápoles napoli",
        "florence florenz florencia firenze florença", "turin torino", "prague prag praga praag", "warsaw warschau varsovie varsovia warszawa",
        "moscow moskau moscou moscú mosca moskou", "london londres londra londen londyn", "paris parigi parijs paryż parís",
        "brussels brüssel bruxelles bruselas brussel", "lisbon lissabon lisbonne lisboa", "athens athen athènes atenas atene ateny",
        "danube donau dunaj", "rhine rhein rhin rin reno rijn ren", "alps alpen alpes alpi", "europe europa", "africa afrika afrique",
        "america amerika amérique", "states staaten états estados stati usa united vereinigte", "kingdom königreich vereinigtes united",
        "china kina", "japan japon japón giappone", "turkey türkei turquie turquía turchia", "bavaria bayern bavière baviera",
        "saxony sachsen", "lake see bodensee constance", "russia russland russie rusia", "france frankreich francia frankrijk francja frança",
        "italy italien italie italia włochy", "belgium belgien belgique bélgica belgio", "denmark dänemark danemark dinamarca",
        "copenhagen kopenhagen copenhague", "hanover hannover hanovre", "brunswick braunschweig", "basel basle bâle basilea",
        "aachen aix-la-chapelle", "antwerp antwerpen anvers amberes", "bruges brügge brugge", "ghent gent gand", "seville sevilla sevilha",
    )
)  # fmt: skip
"""Names of places that differ between languages by more than their ending."""

_GERMAN_TITLE: Final = re.compile(
    r"\b(?:Herrn?|Frau|Familie|Dr\.|Prof\.|Professor|Doktor|Onkel|Tante|Oma|Opa|hei(?:ß|ss)e?t?|namens)\s+((?:[A-ZÄÖÜ][\w-]+\s?)+)"
)
_GERMAN_PAIR: Final = re.compile(r"(?<=[a-zäöüß,] )([A-ZÄÖÜ][a-zäöüß-]+) ([A-ZÄÖÜ][a-zäöüß-]+)\b")

_MEASURES: Final = frozenset(
    listed("""
    Glas Gläser Tasse Tassen Stück Stücke Flasche Flaschen Paar Kilo Liter Gramm Dose Dosen Packung Scheibe Scheiben Teller Teil Art Sorte Reihe
    Menge Anfang Mitte Ende Morgen Mittag Vormittag Nachmittag Abend Nacht Uhr Euro Dollar Cent Grad Prozent Meter Kilometer Minuten Stunden
    Tage Wochen Jahre Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Januar Februar März April Mai Juni Juli August September
    Oktober November Dezember Herr Herrn Frau Familie
""")
)
"""German words that stand beside an ordinary noun without an article: "ein Glas Wasser", "Montag Abend"."""

_FEW: Final = 3
"""Names this short must be equal; of longer ones the beginning suffices: "Alexander" is "Alexandre"."""

_BEGINNING: Final = 4
"""How many characters at the beginning of two names must be the same."""

_OPENERS: Final = " \"'(\u201e\u201c\u2018\u00ab\u00bb\u00bf\u00a1-"


def lost(source: str, translation: str, source_language: str, target_language: str) -> tuple[str, ...]:
    """Returns the names of `source` that are not in `translation`."""
    if {source_language, target_language} & _OWN_SCRIPT:
        return ()
    said = _WORD.findall(translation)
    wanted = _german_names(source) if source_language == "de" else _capitalised(source)
    return tuple(name for name in dict.fromkeys(wanted) if not _is_among(name, said))


def added(source: str, translation: str, source_language: str, target_language: str) -> bool:
    """Whether `translation` has a name that is not in `source`."""
    if {source_language, target_language} & _OWN_SCRIPT or target_language == "de":
        return False
    said = _WORD.findall(source)
    return any(
        not _is_among(name, said) for name in _capitalised(translation) if not _is_translated(name, source_language)
    )


def _is_translated(name: str, source_language: str) -> bool:
    """Whether a capitalised word may be the translation of an ordinary noun: a German one has a capital letter there, and may keep it by mistake."""
    return source_language == "de" and name.casefold().endswith(("day", "ing", "ment", "tion", "ity"))


def _capitalised(text: str) -> Iterator[str]:
    """Yields the words with a capital letter that do not begin a sentence, without those that are translated."""
    for found in _WORD.finditer(text):
        word, before = found[0], text[: found.start()]
        if len(word) < 2 or not word[0].isupper():  # noqa: PLR2004 - a letter alone is no name
            continue
        is_first = not before.strip(_OPENERS) or (_SENTENCE_END.search(before) and not _ABBREVIATION.search(before))
        name = re.sub(r"['\u2019]s?$", "", word)
        plain = name.casefold().replace("\u2019", "'")
        if not is_first and not {plain, plain.removesuffix("s")} & _NO_NAMES and not _PEOPLE.search(name):
            yield name


def _german_names(text: str) -> Iterator[str]:
    for found in _GERMAN_TITLE.finditer(text):
        yield from (word for word in found[1].split() if word.casefold() not in _NO_NAMES)
    for found in _GERMAN_PAIR.finditer(text):
        if found[1] not in _MEASURES and found[2] not in _MEASURES:
            yield found[2]


def _is_among(name: str, words: Sequence[str]) -> bool:
    parts = [part for part in re.split(r"[-'\u2019]", name) if part]
    return all(
        any(_alike(part, each) for word in words for each in (word, *re.split(r"[-'\u2019]", word))) for part in parts
    )


def _alike(one: str, other: str) -> bool:
    if any(one.casefold() in group and other.casefold() in group for group in _EXONYMS):
        return True
    first, second = _plain(one), _plain(other)
    shortest = min(len(first), len(second))
    if first == second or shortest <= _FEW:
        return first.rstrip("s") == second.rstrip("s")
    size = min(_BEGINNING, shortest - 1)  # "Anna" is "Anno" when a Pole calls her
    return first[:size] == second[:size]


def _plain(name: str) -> str:
    """`name` in lower case and without accents; umlauts as recognisers and translators write them."""
    text = name.casefold().replace("ß", "ss").replace("ae", "a").replace("oe", "o").replace("ue", "u")
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
