"""Makes the title of a conversation from its first question."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST_COLUMNS: Final = 48
"""The width of a title in columns of a terminal; a Chinese character takes two."""

SHORTEST_COLUMNS: Final = 12
"""If the first sentence is shorter, such as "Hello.", the title is made from the whole question."""

_SENTENCE: Final = re.compile("(?<=[.!?])\\s|(?<=[\u3002\uff01\uff1f])")  # the last three are the full-width . ! and ?


def title_of(question: str) -> str:
    """Returns the first sentence of `question` in one line, shortened if it is too long."""
    text = " ".join("".join(" " if unicodedata.category(each)[0] == "C" else each for each in question).split())
    title = _SENTENCE.split(text, maxsplit=1)[0].strip()
    if columns(title) < SHORTEST_COLUMNS:
        title = text
    return shortened(title, LONGEST_COLUMNS)


def shortened(text: str, width: int) -> str:
    """Returns `text` in at most `width` columns. A longer text is cut at a space in its second half if there is one, and ends with an ellipsis."""
    if columns(text) <= width:
        return text
    end, used = 0, 1  # the ellipsis takes one
    while used + columns(text[end]) <= width:
        used += columns(text[end])
        end += 1
    space = text.rfind(" ", 0, end + 1)
    return text[: space if space > end // 2 else end].rstrip(" ,;:-") + "…"


def columns(text: str) -> int:
    """Returns the width of `text` in terminal columns."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )
