"""What the fields of events are made of: names of states, and strings that hold somebody's words or none."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

Phase: TypeAlias = Literal[
    "loading", "listening", "hearing", "transcribing", "thinking", "speaking", "confirming", "closed"
]
"""What the session is doing, as a status line names it."""

Mode: TypeAlias = Literal["hands-free", "push-to-talk", "typed"]
"""What opens a turn: whoever speaks, only who presses a key, or only who types."""

HOLDS_WORDS: Final = "words"
HOLDS_NO_WORDS: Final = "label"

Words: TypeAlias = Annotated[str, HOLDS_WORDS]
"""What a person or the assistant said or wrote. It stands in no log unless the user asks for it."""

Label: TypeAlias = Annotated[str, HOLDS_NO_WORDS]
"""A name, a code or a sentence of the program's own: harmless in a log. Every string in an event is either this or `Words`."""
