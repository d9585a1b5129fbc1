# ruff: noqa: RUF001 - the marks of other scripts are what this is about
"""How long a reader is silent between two things that are said, and what a voice makes of that by itself.

Measured with joe, a medium Piper voice, on texts of three to ten words: the end of a sentence that is said alone is followed by 180 ms of silence, a
clause by 200 ms, and 50 ms stand before the first sound of the next. Inside a sentence a comma, dash, colon or semicolon lasts 200 to 400 ms, which
is a reader's pause already. A reader is silent for 300 to 450 ms between two sentences, and longer between paragraphs and items of a list.
"""

from __future__ import annotations

import re
from typing import Final

from voicecli.speech.sentences import Cut

OWN_MS: Final = 230.0
"""The silence of the voice itself between two sentences."""

SENTENCE_MS: Final = 370.0
QUESTION_MS: Final = 420.0
"""After a question, which the listener may answer in thought."""

PART_MS: Final = 550.0
"""After a paragraph, a heading or an item of a list."""

_QUESTION_MARKS: Final = "?？؟"
_MARKS_BEHIND: Final = "\"'”’»)]"


def added_ms(cut: Cut, text: str) -> float:
    """How much silence is added behind `text` before what is said next.

    Args:
        cut: What the text ends with.
        text: What was said.
    """
    match cut:
        case Cut.PART:
            return PART_MS - OWN_MS
        case Cut.SENTENCE:
            asks = text.rstrip(_MARKS_BEHIND)[-1:] in tuple(_QUESTION_MARKS)
            return (QUESTION_MS if asks else SENTENCE_MS) - OWN_MS
        case Cut.CLAUSE | Cut.JOINT:
            return 0.0


_ASIDE: Final = re.compile(r"(?<=[^\W_]) \((?P<aside>[^()]+)\)(?P<after>[,.;:!?]|(?= )|$)")
_SILENT_SIGNS: Final = re.compile(r"(?:\u2026|\.\.\.) (?=\w)|(?<=[^\W_]) -(?= [^\W\d_])")
"""Signs at which a reader pauses and a Piper voice does not: three dots, and a hyphen that stands for a dash, within a sentence."""


def punctuated(text: str) -> str:
    """`text` with commas where a reader pauses and a voice would not: at parentheses, dots, and hyphens between spaces.

    It is as long as before, so that places in it stay the same.
    """
    text = _SILENT_SIGNS.sub(lambda found: ",".ljust(len(found[0])), text)
    return _ASIDE.sub(lambda found: f", {found['aside']}{found['after'] or ','}".ljust(len(found[0])), text)
