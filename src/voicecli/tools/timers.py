"""Timers and reminders: which are running, their remaining time, and what is said when one ends. Pure logic; `session.tool_runner` has the thread."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from voicecli.tools.arithmetic import in_digits
from voicecli.tools.definitions import Language, ToolFailed

MOST: Final = 50
"""How many timers may run at once."""

LONGEST_S: Final = 7 * 86_400
"""The longest timer: a week."""

_UNITS: Final[dict[Language, tuple[tuple[int, str, str], ...]]] = {
    "en": ((86_400, "day", "days"), (3600, "hour", "hours"), (60, "minute", "minutes"), (1, "second", "seconds")),
    "de": ((86_400, "Tag", "Tage"), (3600, "Stunde", "Stunden"), (60, "Minute", "Minuten"), (1, "Sekunde", "Sekunden")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A running timer or reminder.

    Attributes:
        seconds: The duration it was set for.
        over_s: The time when it ends, on the clock of its owner.
        name: The name given by the person; empty if it has none.
        text: The text of a reminder; empty for a timer.
        language: The language of its announcement.
        number: Its number in the database; 0 if it is not saved.
    """

    seconds: int
    over_s: float
    name: str = ""
    text: str = ""
    language: Language = "en"
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedTimer:
    """A timer of an earlier session, as it is in the database.

    Attributes:
        number: Its number in the database.
        over_at_s: The Unix time when it ends, in seconds.
        seconds: The duration it was set for.
        name: The name given by the person; empty if it has none.
        text: The text of a reminder; empty for a timer.
        language: The language of its announcement.
    """

    number: int
    over_at_s: float
    seconds: int
    name: str = ""
    text: str = ""
    language: Language = "en"


@dataclass(slots=True)
class TimerBook:
    """All timers of a session, in the order in which they end. It has no clock: the time is passed to its methods."""

    running: list[Timer] = field(default_factory=list)

    def set(self, timer: Timer) -> None:
        """Adds a timer. Raises as `check`."""
        self.check(timer)
        self.running = sorted([*self.running, timer], key=lambda each: each.over_s)

    def check(self, timer: Timer) -> None:
        """Checks that a timer can be added.

        Raises:
            ToolFailed: The timer is too long, or there are too many.
        """
        german = timer.language == "de"
        if timer.seconds > LONGEST_S:
            raise ToolFailed(
                "Länger als eine Woche kann ich nicht warten." if german else "I cannot wait for more than a week."
            )
        if len(self.running) >= MOST:
            raise ToolFailed("Es laufen schon zu viele Timer." if german else "Too many timers are running already.")

    def take_up(self, timers: list[Timer]) -> None:
        """Adds timers of an earlier session, however many they are."""
        self.running = sorted([*self.running, *timers], key=lambda each: each.over_s)

    def take_due(self, now_s: float) -> list[Timer]:
        """Removes and returns the timers that have ended."""
        due = [each for each in self.running if each.over_s <= now_s]
        self.running = [each for each in self.running if each.over_s > now_s]
        return due

    def cancel(self, which: str, language: Language = "en") -> list[Timer]:
        """Removes and returns the timers with that name, all timers for `all`, or the only timer if the name is empty.

        Raises:
            ToolFailed: There is no such timer, or the name is empty and there are several.
        """
        if not self.running:
            raise ToolFailed("Es läuft kein Timer." if language == "de" else "No timer is running.")
        wanted = which.casefold().removeprefix("the ").strip()
        found = self.running if wanted == "all" else [each for each in self.running if _is_called(each, wanted)]
        if not wanted:
            found = self.running
            if len(found) > 1:
                names = _listed([called(each, language) for each in found], language)
                question = (
                    f"Welchen Timer? Es laufen: {names}." if language == "de" else f"Which one? There are {names}."
                )
                raise ToolFailed(question)
        if not found:
            raise ToolFailed(
                f"Es gibt keinen Timer {which}." if language == "de" else f"There is no timer called {which}."
            )
        self.running = [each for each in self.running if each not in found]
        return found

    def listing(self, now_s: float, language: Language = "en") -> str:
        """A sentence with the running timers and their remaining times."""
        if not self.running:
            return "Es läuft kein Timer." if language == "de" else "No timer is running."
        parts = []
        for each in self.running:
            left = in_time(max(1, round(each.over_s - now_s)), language)
            parts.append(
                f"{called(each, language)}: noch {left}"
                if language == "de"
                else f"{called(each, language)}, {left} left"
            )
        said = "; ".join(parts)
        return f"{said[:1].upper()}{said[1:]}."


def _is_called(timer: Timer, wanted: str) -> bool:
    if not wanted:
        return False
    return wanted in {timer.name.casefold(), in_time(timer.seconds).casefold(), _adjective(timer.seconds)} or (
        bool(timer.text) and wanted in timer.text.casefold()
    )


def _adjective(seconds: int) -> str:
    """The duration as an adjective, such as "10 minute" in "the 10 minute timer"."""
    return in_time(seconds).casefold().removesuffix("s")


def in_time(seconds: int, language: Language = "en") -> str:
    """A duration in words, with digits: "1 hour and 30 minutes"."""
    parts, rest = [], seconds
    for size, one, many in _UNITS[language]:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{in_digits(Fraction(count), language)[0]} {one if count == 1 else many}")
    return _listed(parts, language)


def _listed(parts: list[str], language: Language) -> str:
    word = "und" if language == "de" else "and"
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def called(timer: Timer | SavedTimer, language: Language = "en") -> str:
    """The name of a timer in a sentence."""
    german = language == "de"
    if timer.text:
        return f"die Erinnerung „{timer.text}“" if german else f"the reminder to {timer.text}"
    if timer.name:
        return f"der Timer {timer.name}" if german else f"the {timer.name} timer"
    length = in_time(timer.seconds, language)
    return f"der Timer über {length}" if german else f"the timer for {length}"


def when_set(timer: Timer) -> str:
    """The sentence that confirms a new timer."""
    length = in_time(timer.seconds, timer.language)
    if timer.language == "de":
        what = "Ich erinnere dich" if timer.text else f"Der Timer {timer.name} läuft".replace("  ", " ")
        return f"{what} in {length}." if timer.text else f"{what}: {length}."
    if timer.text:
        return f"I will remind you in {length}."
    return f"The {timer.name} timer is set for {length}.".replace("The  timer", "The timer")


def when_over(timer: Timer) -> str:
    """The sentence that announces the end of a timer."""
    said = called(timer, timer.language)
    if timer.language == "de":
        return (
            f"Du wolltest erinnert werden: {timer.text}."
            if timer.text
            else f"{said[:1].upper()}{said[1:]} ist abgelaufen."
        )
    return f"You wanted to be reminded: {timer.text}." if timer.text else f"{said[:1].upper()}{said[1:]} is over."


def when_missed(timer: Timer | SavedTimer, moment: str) -> str:
    """The sentence that announces a timer that ended while no session was running. `moment`: when that was, in words."""
    said = called(timer, timer.language)
    if timer.language == "de":
        return (
            f"Du wolltest {moment} erinnert werden: {timer.text}."
            if timer.text
            else f"{said[:1].upper()}{said[1:]} ist {moment} abgelaufen, als ich nicht lief."
        )
    if timer.text:
        return f"You wanted to be reminded {moment}: {timer.text}."
    return f"{said[:1].upper()}{said[1:]} ended {moment}, while I was not running."


def farewell(running: list[Timer], language: Language, *, kept: bool) -> str:
    """The sentences about what happens to the running timers at the end of a session; empty if there are none.

    Args:
        running: The timers.
        language: The language of the sentences.
        kept: Whether the timers survive the end of the session.
    """
    if not running:
        return ""
    german, one = language == "de", len(running) == 1
    if one:
        said = called(running[0], language)
        said = f"{said[:1].upper()}{said[1:]}"
    else:
        said = f"Deine {len(running)} Timer" if german else f"Your {len(running)} timers"
    if german:
        verb = "bleibt" if one else "bleiben"
        if not kept:
            return f"{said} {'geht' if one else 'gehen'} verloren, weil diese Sitzung nicht gespeichert wird."
        return f"{said} {verb} erhalten. Was abläuft, bevor du mich wieder startest, sage ich dir dann."
    if not kept:
        return f"{said} {'is' if one else 'are'} lost, because this session is not saved."
    return f"{said} {'is' if one else 'are'} kept. What ends before you start me again, I will tell you then."
