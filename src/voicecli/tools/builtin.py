"""Implements the tools that come with the program."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final, Protocol

from voicecli.tools import arithmetic, clock, files, units
from voicecli.tools import timers as t
from voicecli.tools.builtin_catalog import BY_NAME
from voicecli.tools.definitions import Call, Language, Result, Run, Tool, ToolFailed
from voicecli.tools.memory_words import CHANGES, Outcome, told
from voicecli.tools.registry import Registry

NOTES_READ: Final = 10
"""Number of notes that are read aloud at once."""

LONGEST_NUMBER: Final = 60
"""The longest number that is converted, in characters."""


class Host(Protocol):
    """The parts of a session that tools change."""

    def turn_dial(self, dial: str, *, up: bool) -> None:
        """Changes `volume` or `speed` by one step up or down."""

    def set_volume(self, percent: int) -> None:
        """Sets the volume of the voice."""

    def become(self, persona: str) -> str:
        """Switches to that persona, and returns its name. Raises `ToolFailed`."""


class Notes(Protocol):
    """The storage of notes. All methods raise `ToolFailed` if it is not available."""

    def add(self, text: str) -> None:
        """Adds a note."""

    def newest(self, count: int) -> tuple[Sequence[str], int]:
        """Returns the newest notes, and the total number of notes."""

    def search(self, text: str, count: int) -> tuple[Sequence[str], int]:
        """Returns the newest notes that contain a text, and the total number of those."""


class Memory(Protocol):
    """What is remembered of the user."""

    def remember_now(self, text: str) -> Outcome:
        """Adds a fact."""

    def forget_now(self, text: str) -> Outcome:
        """Removes the only fact with these words."""


class Timekeeper(Protocol):
    """Keeps the timers, and announces them when they end."""

    def set(self, seconds: int, *, name: str, text: str, language: Language) -> t.Timer:
        """Starts a timer."""

    def cancel(self, which: str, language: Language) -> list[t.Timer]:
        """Cancels timers."""

    def listing(self, language: Language) -> str:
        """A sentence with the running timers."""

    def farewell(self, language: Language) -> str:
        """What happens to the running timers at the end of the session, in sentences; empty if there are none."""


def registry(
    *,
    now: Callable[[], dt.datetime],
    host: Host,
    notes: Notes,
    memory: Memory,
    timekeeper: Timekeeper,
    documents: files.Files | None = None,
) -> Registry:
    """Returns all tools of the program, bound to a session."""
    runs: dict[str, Run] = {
        **pure(now),
        **_timers(timekeeper),
        **_notes(notes),
        **files.runs(documents or files.NoFiles()),
        **_memory(memory),
        **_controls(host, timekeeper),
    }
    return Registry({name: (BY_NAME[name], run) for name, run in runs.items()})


def _word(call: Call, name: str) -> str:
    return str(call.arguments.get(name, ""))


def _german(call: Call) -> bool:
    return call.language == "de"


def _number(text: str) -> Fraction:
    """Returns a number of a length that somebody would say. "1e999999999" would take hours to expand."""
    if (
        len(text) > LONGEST_NUMBER
        or re.fullmatch(r"\s*[-+]?[\d_]*[./]?[\d_]*(e[-+]?\d{1,2})?\s*", text, re.IGNORECASE) is None
    ):
        raise ValueError
    return Fraction(text)


def pure(now: Callable[[], dt.datetime]) -> Mapping[str, Run]:
    """The tools that are instant and change nothing."""

    def convert(call: Call) -> Result:
        try:
            value = _number(_word(call, "value"))
        except (ValueError, ZeroDivisionError):
            raise ToolFailed("That is not a number that I can convert.") from None
        source, target = units.named(_word(call, "from")), units.named(_word(call, "to"))
        return Result(text=units.answer(value, source, target, call.language))

    return {
        "time": lambda call: Result(text=clock.time_answer(now(), _word(call, "place"), call.language)),
        "date": lambda call: Result(text=clock.date_answer(now(), _word(call, "day"), call.language)),
        "calculate": lambda call: Result(text=arithmetic.answer(_word(call, "expression"), call.language)),
        "convert": convert,
    }


def _timers(keeper: Timekeeper) -> Mapping[str, Run]:
    def begin(call: Call) -> Result:
        seconds, text = call.arguments.get("seconds"), _word(call, "text")
        if not isinstance(seconds, int):
            example = "in zehn Minuten" if _german(call) else "in ten minutes"
            raise ToolFailed(
                f"Sag auch, wann: zum Beispiel {example}."
                if _german(call)
                else f"Say how long as well, for example {example}."
            )
        timer = keeper.set(seconds, name=_word(call, "name"), text=text, language=call.language)
        return Result(text=t.when_set(timer), changed=True)

    def cancel(call: Call) -> Result:
        ended = keeper.cancel(_word(call, "name"), call.language)
        if len(ended) > 1:
            return Result(
                text=f"{len(ended)} Timer sind gelöscht." if _german(call) else f"{len(ended)} timers are cancelled.",
                changed=True,
            )
        said = t.called(ended[0], call.language)
        said = f"{said[:1].upper()}{said[1:]}"
        return Result(text=f"{said} ist gelöscht." if _german(call) else f"{said} is cancelled.", changed=True)

    return {
        "set_timer": begin,
        "remind": begin,
        "list_timers": lambda call: Result(text=keeper.listing(call.language)),
        "cancel_timer": cancel,
    }


def _notes(notes: Notes) -> Mapping[str, Run]:
    def add(call: Call) -> Result:
        text = _word(call, "text")
        notes.add(text)
        return Result(text=f"Notiert: {text}." if _german(call) else f"Noted: {text}.", changed=True)

    def read(call: Call) -> Result:
        return _read(call, *notes.newest(NOTES_READ))

    def search(call: Call) -> Result:
        return _read(call, *notes.search(_word(call, "text"), NOTES_READ))

    return {"add_note": add, "read_notes": read, "search_notes": search}


def _memory(memory: Memory) -> Mapping[str, Run]:
    def answered(outcome: Outcome, call: Call) -> Result:
        changed = outcome in CHANGES
        failed = outcome in {"no-room", "not-written", "failed"}
        return Result(text=told(outcome, call.language), changed=changed, failed=failed)

    return {
        "remember": lambda call: answered(memory.remember_now(_word(call, "text")), call),
        "forget": lambda call: answered(memory.forget_now(_word(call, "text")), call),
    }


def _read(call: Call, found: Sequence[str], count: int) -> Result:
    german = _german(call)
    if not count:
        if call.name == "search_notes":
            text = _word(call, "text")
            return Result(text=f"Keine Notiz enthält „{text}“." if german else f"No note contains “{text}”.")
        return Result(text="Du hast keine Notizen." if german else "You have no notes.")
    word = ("Notiz" if count == 1 else "Notizen") if german else ("note" if count == 1 else "notes")
    more = count - len(found)
    rest = "" if not more else (f" Die übrigen {more} lasse ich weg." if german else f" I leave out the other {more}.")
    listed = " ".join(f"{text.rstrip('.')}." for text in found)
    return Result(text=f"{count} {word}. {listed}{rest}")


def _controls(host: Host, timekeeper: Timekeeper) -> Mapping[str, Run]:
    def volume(call: Call) -> Result:
        percent = call.arguments.get("percent")
        if isinstance(percent, int):
            host.set_volume(percent)
            return Result(
                text=f"Lautstärke {percent} Prozent." if _german(call) else f"Volume {percent} percent.", changed=True
            )
        up = call.arguments.get("change") == "louder"
        host.turn_dial("volume", up=up)
        if _german(call):
            return Result(text="Lauter." if up else "Leiser.", changed=True)
        return Result(text="Louder." if up else "Quieter.", changed=True)

    def speed(call: Call) -> Result:
        up = call.arguments.get("change") == "faster"
        host.turn_dial("speed", up=up)
        if _german(call):
            return Result(text="Schneller." if up else "Langsamer.", changed=True)
        return Result(text="Faster." if up else "Slower.", changed=True)

    def become(call: Call) -> Result:
        name = host.become(_word(call, "name"))
        return Result(
            text=f"Jetzt spricht: {name}." if _german(call) else f"Now you are talking to {name}.", changed=True
        )

    def leave(call: Call) -> Result:
        timers = timekeeper.farewell(call.language)
        goodbye = "Auf Wiedersehen." if _german(call) else "Goodbye."
        return Result(text=f"{timers} {goodbye}".lstrip(), then="quit", changed=True)

    return {
        "volume": volume,
        "speed": speed,
        "stop": lambda _call: Result(text=""),
        "repeat": lambda _call: Result(text="", then="repeat"),
        "persona": become,
        "quit": leave,
    }


def tools() -> Sequence[Tool]:
    """All tools of the program, in the order of the list that users see."""
    return tuple(BY_NAME.values())
