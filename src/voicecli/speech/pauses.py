# ruff: noqa: RUF001 - the marks of other scripts are what this is about
"""The pauses of a human reader, and how much silence must be added to a voice to match them.

Measured with joe, a medium Piper voice, on texts of three to ten words: a sentence that is synthesized alone is followed by 180 ms of silence, a
clause by 200 ms, and 50 ms precede the first sound of the next. Inside a sentence a comma, dash, colon or semicolon lasts 200 to 400 ms, which
equals a reader's pause. A reader is silent for 300 to 450 ms between two sentences, and longer between paragraphs and list items.
"""

from __future__ import annotations

import re
from typing import Final, assert_never

from voicecli.speech.sentence_chunker import Cut

OWN_MS: Final = 230.0
"""Silence that the voice itself leaves between two sentences."""

SENTENCE_MS: Final = 370.0
QUESTION_MS: Final = 420.0
"""After a question. It is longer, so that the listener has time to think of an answer."""

PART_MS: Final = 550.0
"""After a paragraph, a heading or a list item."""

_QUESTION_MARKS: Final = "?？؟"
_MARKS_BEHIND: Final = "\"'”’»)]"


def added_ms(cut: Cut, text: str) -> float:
    """Returns the silence to add after `text`, in ms.

    Args:
        cut: What the text ends with.
        text: The spoken text.
    """
    match cut:
        case Cut.PART:
            return PART_MS - OWN_MS
        case Cut.SENTENCE:
            asks = text.rstrip(_MARKS_BEHIND)[-1:] in tuple(_QUESTION_MARKS)
            return (QUESTION_MS if asks else SENTENCE_MS) - OWN_MS
        case Cut.CLAUSE | Cut.JOINT:
            return 0.0
        case _:
            assert_never(cut)


_ASIDE: Final = re.compile(r"(?<=[^\W_]) \((?P<aside>[^()]+)\)(?P<after>[,.;:!?]|(?= )|$)")
_SILENT_SIGNS: Final = re.compile(r"(?:\u2026|\.\.\.) (?=\w)|(?<=[^\W_]) -(?= [^\W\d_])")
"""Signs within a sentence at which a reader pauses and a Piper voice does not: an ellipsis, and a hyphen used as a dash."""


def punctuated(text: str) -> str:
    """`text` with commas added where a reader pauses and a voice would not: at parentheses, ellipses, and hyphens between spaces.

    The length does not change, so offsets into the text stay valid.
    """
    text = _SILENT_SIGNS.sub(lambda found: ",".ljust(len(found[0])), text)
    return _ASIDE.sub(lambda found: f", {found['aside']}{found['after'] or ','}".ljust(len(found[0])), text)
