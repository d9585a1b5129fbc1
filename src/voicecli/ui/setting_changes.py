"""Sentences about settings that were changed during the session."""

from __future__ import annotations

import json
from collections.abc import Sequence

from voicecli import events
from voicecli.config.languages import in_words
from voicecli.events.tool_words import used_in_words


def changed_text(event: events.Changed) -> str:
    """Returns a sentence for the transcript."""
    return _sentence(event.what, event.value, now=" now")


def resumed_text(event: events.Resumed) -> str:
    """Returns the line above the turns of a resumed conversation."""
    text = f"Going on with conversation {event.conversation}: {event.title}".rstrip(": ")
    if event.left_out:
        text += f" (the model has no room for its {event.left_out} oldest turns)"
    return text


def tool_text(event: events.ToolUsed) -> str:
    """Returns the line of the transcript that says what a tool did."""
    return used_in_words(event.tool, json.loads(event.arguments), event.outcome)


def calls_text(calls: Sequence[events.ToolUsed]) -> str:
    """Returns calls in full: their arguments, what came of them, and how long that took."""
    blocks = []
    for event in calls:
        given = [f"  {name}: {value}" for name, value in json.loads(event.arguments).items()]
        blocks.append(
            "\n".join([f"{event.tool} ({event.outcome}, {event.took_ms:.0f} ms)", *given, f"  → {event.text}"])
        )
    return "\n".join(blocks)


def memory_text(event: events.MemoryChanged) -> str:
    """Returns the line for a change of the remembered facts."""
    return f"Remembered: {event.added}" if event.added else f"Forgotten: {event.removed}"


def present_text(what: str, value: str | float) -> str:
    """Returns what a command without an argument shows about the present value."""
    return _sentence(what, value, now="")


def _sentence(what: str, value: str | float, *, now: str) -> str:
    match what:
        case "voice":
            return f"The voice is{now} {value}."
        case "model":
            return f"The model is{now} {value}."
        case "language":
            return f"Listening{now} for {in_words(str(value))}."
        case "speed":
            return f"The speed is{now} {value:g}."
        case _:
            return f"The volume is{now} {value:g} %."
