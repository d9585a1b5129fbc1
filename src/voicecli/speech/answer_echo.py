"""Detects that an utterance is, or begins with, the end of the assistant's own answer. It is a second line of defence behind the echo canceller.

An echo of the last words ends within the echo's delay after the answer's end, so it must begin and end soon after it. A person who repeats a word
on purpose takes longer and is answered. If a person speaks directly after the echo, both are one utterance, which begins like an echo and may last
any time. Its first words are then removed, and the person's own words are answered.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

from voicecli.pcm import ms_of

BEGUN_WITHIN_MS = 800
"""How long after the answer's sound an echo may begin: half a second of delay in a network or a large room, plus the sound card's own."""

OVER_WITHIN_MS = 1300
"""How long after the answer's sound an echo may end. The time at which a sound ended is known to about 200 ms."""

FUZZY_CHARACTERS = 12
"""Shorter texts must match exactly. In longer ones a recogniser may have misheard a sound or two."""

LEAST_LIKENESS = 0.85
"""Words that are alike to this share are the answer's own."""

SURE_WORDS = 4
"""This many words in a row are an echo even without a mark after them. A person who takes up the last word or two of an answer
("is Paris expensive?") says them in one sentence with their own words."""

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_VOWEL_SIGNS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff"
_LETTER = f"(?![{_UNSPACED}])[\\w{_VOWEL_SIGNS}]"
_WORDS = re.compile(f"[{_UNSPACED}]|{_LETTER}(?:['\u2019]?{_LETTER})*")
"""Words. In scripts without spaces between them (Thai, Lao, Burmese, Khmer, Japanese, Chinese), each character is a word."""

_END_MARKS = frozenset(".!\u2026\u3002\uff01\u0964")
_QUESTION_MARKS = frozenset("?\uff1f\u061f")
_INNER_MARKS = frozenset(",;:\u2013\u2014\uff0c\u3001\uff1b\u060c\u061b")


def can_be_echo(began_sample: int, ended_sample: int, over_sample: int) -> bool:
    """Whether speech came so soon after an answer that it can be its echo.

    Args:
        began_sample: Microphone time at which the speech began.
        ended_sample: Microphone time at which it ended.
        over_sample: Microphone time at which the answer's sound ended.
    """
    begun_ms, over_ms = ms_of(began_sample - over_sample), ms_of(ended_sample - over_sample)
    return begun_ms <= BEGUN_WITHIN_MS and 0 < over_ms <= OVER_WITHIN_MS


def can_begin_with_echo(began_sample: int, ended_sample: int, over_sample: int) -> bool:
    """Whether the first words of longer speech may be an echo. Arguments as in `can_be_echo`."""
    return ms_of(began_sample - over_sample) <= BEGUN_WITHIN_MS and ended_sample > over_sample


def is_end_of(heard: str, said: str) -> bool:
    """Whether `heard` is the end of `said`, ignoring case, marks and, if it is long enough, a misheard sound."""
    return _likeness(_words(heard), _words(said)) >= LEAST_LIKENESS


def behind_echo(heard: str, said: str) -> str:
    """Returns what a person said after an echo.

    Args:
        heard: An utterance that may begin with an echo.
        said: The answer before it.

    Returns:
        `heard` without its first words if they are the end of `said` and others follow; otherwise `heard` unchanged.
    """
    text = unicodedata.normalize("NFC", heard)
    found, own = list(_WORDS.finditer(text)), _words(said)
    asked = said.rstrip()[-1:] in _QUESTION_MARKS
    best, begins_at = LEAST_LIKENESS, 0
    for count in range(1, len(found)):
        last, following = found[count - 1], found[count]
        words = [_folded(match[0]) for match in found[:count]]
        if not _ends(words, text[last.end() : following.start()], asked=asked):
            continue
        likeness = _likeness(words, own)
        if likeness >= best:
            best, begins_at = likeness, following.start()
    return text[begins_at:] if begins_at else heard


def _ends(words: list[str], between: str, *, asked: bool) -> bool:
    """Whether an echo of `words` may end at `between`.

    Args:
        words: The words heard so far.
        between: What the recogniser wrote between them and the next word.
        asked: Whether the answer ended with a question mark. If not, a question such as "Paris?" comes from a person.
    """
    marks = set(between)
    if marks & _QUESTION_MARKS:
        return asked
    if marks & _END_MARKS:
        return True
    if marks & _INNER_MARKS:
        return len(words) > 1  # "Paris, Texas" is a place
    return len(words) >= SURE_WORDS and len("".join(words)) >= FUZZY_CHARACTERS


def _likeness(words: list[str], own: list[str]) -> float:
    """Returns how similar `words` are to the end of `own`: 1 if they are the same, 0 if they are too short to be compared."""
    if not words or not own:
        return 0.0
    if words == own[-len(words) :]:
        return 1.0
    letters, all_own = "".join(words), "".join(own)
    if len(letters) < FUZZY_CHARACTERS:
        return 0.0
    # The first word may be cut off, or one letter more or less may have been heard.
    tails = (all_own[-length:] for length in range(len(letters) - 2, len(letters) + 3))
    return max(SequenceMatcher(None, letters, tail, autojunk=False).ratio() for tail in tails)


def _words(text: str) -> list[str]:
    return [_folded(word) for word in _WORDS.findall(unicodedata.normalize("NFC", text))]


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().replace("'", "").replace("\u2019", "")
