"""The tools that come with the program: names, descriptions and the JSON schemas of their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from voicecli.tools.definitions import Schema, Tool

_TEXT: Final[Schema] = {"type": "string"}
_SECONDS: Final[Schema] = {"type": "integer", "minimum": 1, "description": "After how many seconds."}


def _arguments(*required: str, **properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _choice(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


OWN: Final = (
    Tool(
        name="time",
        group="clock",
        description="Tells the time of day, here or at a place.",
        schema=_arguments(place={"type": "string", "description": "A city or a country."}),
        ahead=True,
    ),
    Tool(
        name="date",
        group="clock",
        description="Tells the day of the week and the date.",
        schema=_arguments(day=_choice("yesterday", "tomorrow")),
        ahead=True,
    ),
    Tool(
        name="calculate",
        group="calculator",
        description="Calculates a sum exactly.",
        schema=_arguments(
            "expression",
            expression={"type": "string", "description": "Numbers, + - * / ** %, brackets and sqrt(), such as 17*23."},
        ),
        ahead=True,
    ),
    Tool(
        name="convert",
        group="calculator",
        description="Converts a value from one unit of measurement into another.",
        schema=_arguments(
            "value",
            "from",
            "to",
            **{"value": _TEXT, "from": _TEXT, "to": {"type": "string", "description": "Such as km."}},
        ),
        ahead=True,
    ),
    Tool(
        name="set_timer",
        group="timers",
        description="Sets a timer that speaks up when it is over.",
        schema=_arguments("seconds", seconds=_SECONDS, name=_TEXT),
    ),
    Tool(
        name="remind",
        group="timers",
        description="Reminds of something after a while.",
        schema=_arguments("seconds", seconds=_SECONDS, text=_TEXT),
    ),
    Tool(name="list_timers", group="timers", description="Tells which timers run, and how long.", schema=_arguments()),
    Tool(
        name="cancel_timer",
        group="timers",
        description="Cancels a timer or a reminder.",
        schema=_arguments(
            name={"type": "string", "description": "Which, or all; may be left out where there is only one."}
        ),
    ),
    Tool(name="add_note", group="notes", description="Writes down a note.", schema=_arguments("text", text=_TEXT)),
    Tool(name="read_notes", group="notes", description="Reads the notes aloud, the newest first.", schema=_arguments()),
    Tool(
        name="search_notes",
        group="notes",
        description="Finds notes with a word or a part of one.",
        schema=_arguments("text", text=_TEXT),
    ),
    Tool(
        name="read_file",
        group="files",
        description="Reads a file that the user gave aloud, or a part of it.",
        schema=_arguments(
            name={"type": "string", "description": "Which file; the one that was given last if it is left out."},
            about={"type": "string", "description": "The heading or topic of a section."},
            number={"type": "integer", "minimum": -1, "description": "Which section or paragraph; -1 for the last."},
            page={"type": "integer", "minimum": -1, "description": "Which page; -1 for the last."},
        ),
        ahead=True,
    ),
    Tool(
        name="read_on",
        group="files",
        description="Goes on reading a file aloud, or reads its next section.",
        schema=_arguments(what=_choice("rest", "next")),
        ahead=True,
    ),
    Tool(
        name="list_files",
        group="files",
        description="Tells which files the user gave, and what is in them.",
        schema=_arguments(),
        ahead=True,
    ),
    Tool(
        name="remember",
        group="memory",
        description="Remembers a fact about you for all conversations.",
        schema=_arguments("text", text=_TEXT),
    ),
    Tool(
        name="forget",
        group="memory",
        description="Forgets a fact about you.",
        schema=_arguments("text", text=_TEXT),
    ),
    Tool(
        name="volume",
        group="controls",
        description="Makes the voice louder or quieter.",
        schema=_arguments(
            change=_choice("louder", "quieter"), percent={"type": "integer", "minimum": 0, "maximum": 200}
        ),
    ),
    Tool(
        name="speed",
        group="controls",
        description="Makes the voice faster or slower.",
        schema=_arguments("change", change=_choice("faster", "slower")),
    ),
    Tool(name="stop", group="controls", description="Says nothing more.", schema=_arguments()),
    Tool(name="repeat", group="controls", description="Says the last answer once more.", schema=_arguments()),
    Tool(
        name="persona",
        group="controls",
        description="Continues as another persona.",
        schema=_arguments("name", name=_TEXT),
    ),
    Tool(name="quit", group="controls", description="Ends the conversation.", schema=_arguments()),
)
"""In the order of the list that users see."""

BY_NAME: Final[Mapping[str, Tool]] = {each.name: each for each in OWN}
