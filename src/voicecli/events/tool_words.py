"""Puts the use of a tool into plain words, for the transcript and for exports. Pure logic: text in, text out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

Given: TypeAlias = Mapping[str, object]

_DONE_AND_TO_DO: Final[Mapping[str, tuple[str, str]]] = {
    "time": ("Looked at the clock", "look at the clock"),
    "date": ("Looked at the date", "look at the date"),
    "calculate": ("Calculated", "calculate"),
    "convert": ("Converted", "convert"),
    "set_timer": ("Set a timer", "set a timer"),
    "remind": ("Set a reminder", "set a reminder"),
    "list_timers": ("Looked at the timers", "look at the timers"),
    "cancel_timer": ("Cancelled a timer", "cancel a timer"),
    "add_note": ("Wrote a note", "write a note"),
    "read_notes": ("Read the notes", "read the notes"),
    "search_notes": ("Searched the notes", "search the notes"),
    "read_file": ("Read aloud", "read aloud"),
    "read_on": ("Read on", "read on"),
    "list_files": ("Looked at the list of files", "look at the list of files"),
    "remember": ("Remembered", "remember"),
    "forget": ("Forgot", "forget"),
    "volume": ("Changed the volume", "change the volume"),
    "speed": ("Changed the speed", "change the speed"),
    "stop": ("Stopped, as you asked", "stop"),
    "repeat": ("Said it again, as you asked", "say it again"),
    "persona": ("Changed the persona", "change the persona"),
    "quit": ("Ended the conversation, as you asked", "end the conversation"),
}
"""The program's own tools: what was done, and the same as something to do."""

_SIGNS: Final = {"**": "^", "*": " \u00d7 ", "/": " \u00f7 ", "+": " + ", "-": " - ", "%": " modulo "}
_SIGN: Final = re.compile(r"\s*(?<=[\w)])\s*(\*\*|[*/+%-])\s*")
_UNITS: Final = (("hour", 3600), ("minute", 60), ("second", 1))
"""The units of durations, the longest first, with their lengths in seconds."""


def used_in_words(tool: str, given: Given, outcome: str) -> str:
    """Returns a line that says what a tool did.

    Args:
        tool: The name of the tool. One of an MCP server has the server's name and two underscores before its own.
        given: Its arguments.
        outcome: `done`, `failed`, or `asked` if it did nothing and the person is asked for permission.
    """
    if tool in _DONE_AND_TO_DO:
        done, to_do = _DONE_AND_TO_DO[tool]
        details = _DETAILS.get(tool, _values)(given)
        behind = f": {details}" if details else ""
    else:
        done, to_do = "Used", "use"
        behind = f" {_titled(tool)}{_with(given)}"
    match outcome:
        case "failed":
            return f"Could not {to_do}{behind}"
        case "asked":
            return f"Asked whether it may {to_do}{behind}"
        case _:
            return f"{done}{behind}"


def _titled(tool: str) -> str:
    server, between, name = tool.partition("__")
    return f"the tool {name} of the server {server}" if between else f"the tool {tool}"


def _with(given: Given) -> str:
    parts = [f"{name.replace('_', ' ')} {_text(value)}" for name, value in given.items()]
    if not parts:
        return ""
    return f" with {' and '.join([', '.join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)}"


def _values(given: Given) -> str:
    return ", ".join(map(_text, given.values()))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _sum(given: Given) -> str:
    return _SIGN.sub(lambda found: _SIGNS[found[1]], _text(given.get("expression", "")))


def _conversion(given: Given) -> str:
    value, source, target = (_text(given.get(name, "")) for name in ("value", "from", "to"))
    return f"{value} {source} into {target}"


def _timer(given: Given) -> str:
    return ", ".join([*_duration(given), *(_text(value) for name, value in given.items() if name != "seconds")])


def _volume(given: Given) -> str:
    return ", ".join(f"{value} percent" if name == "percent" else _text(value) for name, value in given.items())


def _part(given: Given) -> str:
    """Which part of a file is read. Numbers below zero count from the end."""
    words = [_text(given["name"])] if given.get("name") else []
    words += [f"about {_text(given['about'])}"] if given.get("about") else []
    for name, called in (("number", "section or paragraph"), ("page", "page")):
        number = given.get(name)
        if isinstance(number, int):
            words.append(f"{called} {number}" if number > 0 else f"the last {called}")
    return ", ".join(words)


def _duration(given: Given) -> list[str]:
    seconds = given.get("seconds")
    if not isinstance(seconds, int):
        return []
    parts = []
    for unit, length_s in _UNITS:
        count, seconds = divmod(seconds, length_s)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return [" ".join(parts)] if parts else []


_DETAILS: Final[Mapping[str, Callable[[Given], str]]] = {
    "calculate": _sum,
    "convert": _conversion,
    "set_timer": _timer,
    "remind": _timer,
    "volume": _volume,
    "read_file": _part,
    "read_on": lambda _given: "",
}
