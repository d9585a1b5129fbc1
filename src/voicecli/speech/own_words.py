"""Is what was heard the end of the assistant's own answer? A second line of defence, by the words, behind the echo canceller.

An echo of the last words is over within the echo's delay of the answer's end, so it must begin, and end, soon after it. A person who repeats a word
on purpose takes longer and is answered.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher

from voicecli.pcm import ms_of

BEGUN_WITHIN_MS = 800
"""How long after the answer's sound an echo may begin: half a second of delay in a network or a large room, and the sound card's own."""

OVER_WITHIN_MS = 1300
"""How long after the answer's sound an echo may end; the time at which a sound ended is known to about 200 ms."""

FUZZY_CHARACTERS = 12
"""Shorter texts must be the same; in longer ones a recogniser may have heard a sound or two differently."""

LEAST_LIKENESS = 0.85

_WORDS = re.compile(r"\w+")


def can_be_echo(began_sample: int, ended_sample: int, over_sample: int) -> bool:
    """Whether speech came so close behind an answer that it can be its echo.

    Args:
        began_sample: Microphone time at which the speech began.
        ended_sample: Microphone time at which it ended.
        over_sample: Microphone time at which the answer's sound ended.
    """
    begun_ms, over_ms = ms_of(began_sample - over_sample), ms_of(ended_sample - over_sample)
    return begun_ms <= BEGUN_WITHIN_MS and 0 < over_ms <= OVER_WITHIN_MS


def is_end_of(heard: str, said: str) -> bool:
    """Whether `heard` is the end of `said`, apart from case, marks and, where it is long enough, a misheard sound."""
    words, own = _words(heard), _words(said)
    if not words or not own:
        return False
    if words == own[-len(words) :]:
        return True
    letters, all_own = "".join(words), "".join(own)
    if len(letters) < FUZZY_CHARACTERS:
        return False
    # The word in which it begins may be cut, or one letter more or less may have been heard.
    tails = (all_own[-length:] for length in range(len(letters) - 2, len(letters) + 3))
    return any(SequenceMatcher(None, letters, tail, autojunk=False).ratio() >= LEAST_LIKENESS for tail in tails)


def _words(text: str) -> list[str]:
    return _WORDS.findall(unicodedata.normalize("NFKC", text).casefold().replace("'", "").replace("\u2019", ""))
