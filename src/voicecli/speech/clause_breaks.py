# ruff: noqa: RUF001 - the letters of other scripts are what this is about
"""Words before which a voice may pause although there is no mark. A long first sentence without a comma is cut there.

Conjunctions and relative pronouns begin a clause of their own, so a cut before them is hardly heard. Prepositions and forms of "to be" stand between
phrases. A cut there is slightly audible, but better than silence once enough text is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

from voicecli.speech.punctuation import CLOSERS, DASHES, OPENERS, PAUSES, is_wide
from voicecli.speech.sentence_endings import holds_together


class ClauseBreak(Enum):
    """What kind of unit begins with a word."""

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
"""A word of one language may have another meaning in another. If it joins no clauses there, it usually comes too early in a sentence to matter."""

_VERBS = """
    is are was were has have had can could will would should may might
    ist sind war waren hat haben kann wird
    est sont était ont peut
    es son era ha han puede
    è sono era hanno può
    é são foi tem
    is zijn was heeft hebben kan
    jest są był ma mają może
    это был есть может
"""
_PREPOSITIONS = """
    in on at by with from for about into over under between through during after before than as to
    mit von für über unter zwischen durch nach vor bei aus
    avec de dans sur pour par entre
    con de en por para sobre entre
    di con per tra su
    com por sobre entre
    met van voor over tussen door
    z w na od do przez
    в на с от до через между
"""
_LEANING = """
    a an the this that these those my your his her its our their no not very more most less so too about around approximately roughly nearly
    almost
    over exactly only just one two three four five six seven eight nine ten hundred thousand million billion first second third i we he she it
    they there to
    der die das den dem des ein eine einen einem einer eines mein dein sein ihr unser kein keine nicht sehr mehr etwa ungefähr rund fast genau
    nur zu ich er sie es wir
    le la les un une des du mon ma mes ton ta tes son sa ses notre votre leur ce cet cette ces très plus environ presque ne je tu il elle nous
    vous ils
    el los las una unos unas mi tu su nuestro no muy más casi unos aproximadamente yo él ella
    il lo gli i una uno mio tuo suo non molto più circa quasi
    o os as um uma meu teu seu não muito mais cerca quase
    de het een mijn jouw zijn haar ons niet heel meer ongeveer bijna ik hij zij wij
    nie bardzo bardziej około prawie
    не очень более около почти я он она мы
"""
"""Words that belong to the next word: articles, possessives, numbers, "about", and short subjects such as "it"."""

_CLAUSE_WORDS = frozenset(_CLAUSES.split())
_VERB_WORDS = frozenset(_VERBS.split())
_PHRASE_WORDS = _VERB_WORDS | frozenset(_PREPOSITIONS.split()) | {"a", "ont"}
_LEANING_WORDS = frozenset(_LEANING.split()) | _CLAUSE_WORDS | (_PHRASE_WORDS - _VERB_WORDS)

LEAST_CHARS = 8
"""Least text before a cut for lack of time, spaces included: "The moon is". Shorter text has been spoken before the next chunk can be ready."""

LEAST_WORDS = 2
"""A shorter piece sounds cut off."""


def joint(word: str) -> ClauseBreak:
    """Returns what kind of unit begins with `word`, in any language."""
    lower = word.lower()
    if lower in _CLAUSE_WORDS:
        return ClauseBreak.CLAUSE
    return ClauseBreak.PHRASE if lower in _PHRASE_WORDS else ClauseBreak.NONE


def best_cut(words: Sequence[str], following: str, *, anywhere: bool) -> int | None:
    """Finds the best place to cut a sentence whose end cannot be waited for.

    The best places are before a clause, before a preposition, and after the verb. No place is inside a number, a name or a unit, or after a word
    that belongs to the next one. Of equally good places the last one is taken, because its text keeps the voice busy for longer.

    Args:
        words: The complete words, marks included.
        following: What is known of the next word; may be empty.
        anywhere: Whether to accept places that are not good.

    Returns:
        How many of `words` come before the cut; None if there is no place.
    """
    best, best_worth = None, 0 if anywhere else 1
    chars = 0
    for cut in range(1, len(words) + 1):
        chars += len(words[cut - 1]) + 1
        if cut < LEAST_WORDS or chars < LEAST_CHARS:
            continue
        known = cut < len(words)
        worth = _worth(words[cut - 1], words[cut] if known else following, is_first=cut == 1, known=known)
        if worth is not None and worth >= best_worth:
            best, best_worth = cut, worth
    return best


def _worth(before: str, after: str, *, is_first: bool, known: bool) -> int | None:
    """Rates a cut between two words, from 0; None if it is not allowed."""
    bare = before.strip("".join(OPENERS | CLOSERS)).lower()
    if not bare or is_wide(before[-1]) or (after and (is_wide(after[0]) or (not after[0].isalnum() and known))):
        return None
    if before[-1] in PAUSES or before[-1] in DASHES:
        return 3
    if known and joint(after) is ClauseBreak.CLAUSE and bare not in _CLAUSE_WORDS:
        return 2
    if bare in _LEANING_WORDS or bare[-1].isdigit() or not bare[-1].isalpha():
        return None
    is_verb = bare in _VERB_WORDS
    if before[0].isupper() and not is_first and (not after or after[0].isupper()):
        return None  # perhaps inside a name
    if after and holds_together(before, after) and not (is_verb and after[0].isdigit()):
        return None
    if is_verb or (known and joint(after) is ClauseBreak.PHRASE):
        return 1
    return 0
