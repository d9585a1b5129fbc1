"""Tells the language model the date and time: the day in its system message, and the time with a question that asks for it.

The day costs nothing, because the system message is read before anybody speaks and stays the same for the whole conversation. A line with every
question was tried. It costs twice: tokens that delay the answer, and small models that start to talk about the date
(docs/decisions/0015-date-and-time.md). So a line precedes a question only if the question asks for the time, or is the first of another day.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

# `strftime` would follow the system's language.
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

_WORDS: Final = (
    "time|clock|o'clock|hours?",  # English
    "uhr|uhrzeit|zeit|spät|stunden?",  # German
    "horas?",  # Spanish and Portuguese
    "heures?",  # French
    "or[ae]",  # Italian
    "tijd|laat|uur",  # Dutch
    "godzin[aęy]",  # Polish
    "время|времени|час|часа|часов",  # Russian
)
_ASKS: Final = re.compile(rf"(?<!\w)(?:{'|'.join(_WORDS)})(?!\w)|几点|幾點|时间|時間|现在|現在", re.IGNORECASE)
"""Words that a question about the time contains, in every language that has a voice. The list is rather too long than too short, because an
unneeded line is short and does little harm."""

SAME: Final = dt.timedelta(minutes=1)
"""A line prepared more recently than this is reused, so that a draft and the final question start with the same text."""


def local_now() -> dt.datetime:
    """Returns the user's local time."""
    return dt.datetime.now(tz=dt.UTC).astimezone()


def day_line(now: dt.datetime) -> str:
    """Returns the first line of the system message, and of the first question of another day."""
    return f"Today is {_DAYS[now.weekday()]}, {now.day} {_MONTHS[now.month - 1]} {now.year}.\n"


def time_line(now: dt.datetime) -> str:
    """Returns the line before a question about the time."""
    return f"It is {now.hour:02}:{now.minute:02}.\n"


def asks_for_time(text: str) -> bool:
    """Whether the answer to `text` may depend on the time of day."""
    return _ASKS.search(text) is not None
