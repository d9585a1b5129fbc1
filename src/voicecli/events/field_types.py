"""Types of event fields: names of states, and strings that contain a person's words or do not."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

Phase: TypeAlias = Literal[
    "loading", "listening", "hearing", "transcribing", "thinking", "speaking", "confirming", "closed"
]
"""What the session is doing, as shown in the status line."""

Mode: TypeAlias = Literal["hands-free", "push-to-talk", "typed"]
"""What opens a turn: speech, a key, or a typed line."""

HOLDS_WORDS: Final = "words"
HOLDS_NO_WORDS: Final = "label"

Words: TypeAlias = Annotated[str, HOLDS_WORDS]
"""Text that a person or the assistant said or wrote. It is logged only if the user asks for it."""

Label: TypeAlias = Annotated[str, HOLDS_NO_WORDS]
"""A name, a code or a sentence of the program, safe to log. Every string in an event is either this or `Words`."""
