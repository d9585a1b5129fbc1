# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""Words before which a voice may draw breath, although no mark says so: where a long first sentence is cut that has no comma.

Conjunctions and relative pronouns begin a clause of their own, so a cut before them is hardly heard. Prepositions and forms of "to be" stand between
phrases; a cut there is heard a little, and is better than silence once enough has been written.
"""

from __future__ import annotations

from enum import Enum, auto


class Joint(Enum):
    """What may be cut before a word."""

    NONE = auto()
    CLAUSE = auto()
    PHRASE = auto()


_CLAUSES = """
    because although though while whereas which who whose when where unless until since so but and or if
    weil obwohl während wenn wobei damit dass und oder aber denn sodass
    parce quand lorsque tandis mais et ou si car puisque
    porque aunque mientras cuando pero y o si
    perché quando mentre ma e o se
    porque embora enquanto quando mas e ou se
    omdat hoewel terwijl wanneer maar en of als
    ponieważ chociaż gdy kiedy ale i lub jeśli bo
    потому хотя пока когда но и или если
"""
"""A word of one language may mean something else in another; where it does not join clauses there, it comes too early in a sentence to count."""

_PHRASES = """
    is are was were has have had can could will would should may might
    in on at by with from for about into over under between through during after before than as to
    ist sind war waren hat haben kann wird mit von für über unter zwischen durch nach vor bei aus
    est sont était a ont peut avec de dans sur pour par entre
    es son era ha han puede con de en por para sobre entre
    è sono era ha hanno può con di per tra su
    é são foi tem com por sobre entre
    is zijn was heeft hebben kan met van voor over tussen door
    jest są był ma mają może z w na od do przez
    это был есть может в на с от до через между
"""
_CLAUSE_WORDS = frozenset(_CLAUSES.split())
_PHRASE_WORDS = frozenset(_PHRASES.split())


def joint(word: str) -> Joint:
    """What may be cut before `word`, in whatever language."""
    lower = word.lower()
    if lower in _CLAUSE_WORDS:
        return Joint.CLAUSE
    return Joint.PHRASE if lower in _PHRASE_WORDS else Joint.NONE
