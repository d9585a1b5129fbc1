"""What a language model is told of date and time, which it cannot know: the day in its system message, the time with a question that asks for it.

The day costs nothing, since the system message is read before anybody speaks and stays as it is for the whole conversation. A line with every
question was tried. It costs twice: tokens that somebody waits for, and answers of small models that begin to talk about the date
(docs/decisions/0015-date-and-time.md). So a line stands before a question only when it asks for the time, or is the first of another day.
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
"""Words that a question for the time cannot do without, in every language that there is a voice for. Too many rather than too few: a line that was
not needed is short and does little harm."""

SAME: Final = dt.timedelta(minutes=1)
"""A line that was prepared so short a time ago is kept as it is, so that a draft and the question that it becomes begin alike."""


def local_now() -> dt.datetime:
    """The time of day where the user is."""
    return dt.datetime.now(tz=dt.UTC).astimezone()


def day_line(now: dt.datetime) -> str:
    """What the system message begins with, and the first question of another day."""
    return f"Today is {_DAYS[now.weekday()]}, {now.day} {_MONTHS[now.month - 1]} {now.year}.\n"


def time_line(now: dt.datetime) -> str:
    """What stands before a question for the time."""
    return f"It is {now.hour:02}:{now.minute:02}.\n"


def asks_for_time(text: str) -> bool:
    """Whether the answer to `text` may have to do with the time of day."""
    return _ASKS.search(text) is not None
