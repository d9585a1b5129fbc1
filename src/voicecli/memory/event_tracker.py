"""Converts the events of a session to changes of the database. Pure logic: it neither reads a clock nor writes a file."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, get_args

from voicecli import events
from voicecli.memory.conversations import SENT_TO, SOUND_SENT_TO, SavedCall, SavedTurn, Times, WordTime
from voicecli.memory.writer import About


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """Save a turn, or change the one that was saved under the same number.

    Attributes:
        number: The number of the turn in the program.
        turn: The whole turn.
        about: Persona and models at this moment.
    """

    number: int
    turn: SavedTurn
    about: About


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Remove the turn with this number."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """Begin a new conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Continue a conversation that is in the database."""

    conversation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Know:
    """The turn with this number, which is negative, is in the row of the same number without the sign."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """Give a title to the conversation with the turn of this number."""

    number: int
    title: str


Change: TypeAlias = Put | Remove | Begin | Resume | Know | Name

Tracked: TypeAlias = (
    events.Ready
    | events.SpeechStarted
    | events.SpeechEnded
    | events.Transcript
    | events.ReplyDelta
    | events.Latency
    | events.Speaking
    | events.Interrupted
    | events.ToolUsed
    | events.TurnSettled
    | events.Titled
    | events.Undone
    | events.Cleared
    | events.Resumed
    | events.PastTurn
    | events.PersonaChanged
    | events.Changed
)
"""The events that the tracker uses."""

TRACKED: Final = get_args(Tracked)


class Tracker:
    """Tracks one session.

    A question is saved when it is asked, and its answer when it ends. A killed process therefore loses at most the answer in progress.

    Args:
        persona: The name of the persona at the start.
    """

    def __init__(self, persona: str = "") -> None:
        self._about = About(persona=persona, models={})
        self._speaks = False
        self._open: dict[int, SavedTurn] = {}  # turns without an answer
        self._began_ms: dict[int, float] = {}  # microphone time at which speech began
        self._spoken_ms: dict[int, tuple[float, float]] = {}  # session time of the first and last speech
        self._shown_ms: dict[int, float] = {}  # when the first words of an answer were shown
        self._sounded_ms: dict[int, float] = {}  # when it was first heard; not if no voice speaks its language
        self._words: dict[int, list[WordTime]] = {}
        self._calls: dict[int, list[SavedCall]] = {}
        self._settled: dict[
            int, tuple[int, SavedTurn]
        ] = {}  # the last turn that is over, by each of the turns of its question

    def take(self, event: Tracked, now: dt.datetime) -> list[Change]:
        """Returns the changes for `event`, in order; `now` is the time of the event."""
        at_ms = _ms(event)
        match event:
            case events.Ready(models=models, speaker=speaker, sends=sends):
                self._speaks = speaker is not None
                self._about = dataclasses.replace(
                    self._about,
                    models={kind: name for kind, name in models.items() if kind != "turn"} | _sent_to(sends),
                )
            case events.PersonaChanged(name=name):
                self._about = dataclasses.replace(self._about, persona=name)
            case events.Changed(what="voice" | "model" as what, value=str(name)):
                kind = "voice" if what == "voice" else "llm"
                self._about = dataclasses.replace(self._about, models={**self._about.models, kind: name})
            case events.SpeechStarted(turn=turn, at_ms=began_ms):
                self._began_ms[turn] = began_ms
            case events.SpeechEnded(turn=turn, at_ms=ended_ms, waited_ms=waited_ms):
                to_ms = at_ms - waited_ms
                self._spoken_ms[turn] = (to_ms - (ended_ms - self._began_ms.pop(turn, ended_ms)), to_ms)
            case events.Transcript(final=True, text=text) if text.strip():
                return [self._ask(event, now)]
            case events.ReplyDelta(turn=turn):
                self._shown_ms.setdefault(turn, at_ms)
            case events.Latency(turn=turn) if self._speaks:
                self._sounded_ms[turn] = at_ms  # told with the first sound
            case events.Speaking(turn=turn, start=start, end=end) if turn in self._open:
                self._words.setdefault(turn, []).append((at_ms, start, end))
            case events.Interrupted(turn=turn, withdrawn=True):
                self._shown_ms.pop(turn, None)
                self._sounded_ms.pop(turn, None)
                self._words.pop(turn, None)
            case events.ToolUsed():
                return self._use_tool(event)
            case events.TurnSettled():
                return self._settle(event)
            case events.Titled(turn=turn, title=title):
                return [Name(number=turn, title=title)]
            case events.Undone(turn=turn, turns=turns):
                return self._take_out((*turns, turn))
            case events.Cleared():
                return self._leave(Begin())
            case events.Resumed(conversation=conversation):
                return self._leave(Resume(conversation=conversation))
            case events.PastTurn(turn=turn):
                return [Know(number=turn)]
            case _:
                pass
        return []

    def _ask(self, event: events.Transcript, now: dt.datetime) -> Put:
        at_ms = _ms(event)
        from_ms, to_ms = self._spoken_ms.pop(event.turn, (at_ms, at_ms))
        turn = SavedTurn(
            session=0,
            asked=now,
            question=event.text,
            typed=event.typed,
            language=event.language,
            times=Times(question_from_ms=from_ms, question_to_ms=to_ms),
        )
        self._open[event.turn] = turn
        return Put(number=event.turn, turn=turn, about=self._about)

    def _use_tool(self, event: events.ToolUsed) -> list[Change]:
        if event.turn in self._open:
            self._calls.setdefault(event.turn, []).append(_call(event))
        elif event.turn in self._settled:  # its tool ended after the turn was stopped
            number, turn = self._settled[event.turn]
            turn = dataclasses.replace(turn, calls=(*turn.calls, _call(event)))
            self._settled = dict.fromkeys(self._settled, (number, turn))
            return [Put(number=number, turn=turn, about=self._about)]
        return []

    def _settle(self, event: events.TurnSettled) -> list[Change]:
        parts = [self._open.pop(number) for number in event.turns if number in self._open]
        shown_ms, sounded_ms = self._shown_ms.pop(event.turn, None), self._sounded_ms.pop(event.turn, None)
        from_ms = shown_ms if sounded_ms is None else sounded_ms
        words = self._words.pop(event.turn, []) if sounded_ms is not None else []
        calls = [call for number in event.turns for call in self._calls.pop(number, ())]
        if not parts:
            return []
        first, last = parts[0], parts[-1]
        end = len(event.answer)
        times = Times(
            question_from_ms=first.times.question_from_ms,
            question_to_ms=last.times.question_to_ms,
            answer_from_ms=from_ms if event.answer else None,
            answer_to_ms=_ms(event) if event.answer else None,
            words=tuple(word for word in words if word[2] <= end),
        )
        turn = dataclasses.replace(
            last,
            asked=first.asked,
            question=event.question,
            answer=event.answer,
            cut=event.cut,
            dropped=event.dropped,
            times=times,
            calls=tuple(calls),
        )
        removed = self._take_out(number for number in event.turns if number != event.turn)
        self._settled = dict.fromkeys(event.turns, (event.turn, turn))
        return [*removed, Put(number=event.turn, turn=turn, about=self._about)]

    def _leave(self, change: Begin | Resume) -> list[Change]:
        self._open.clear()
        self._settled = {}
        return [change]

    def _take_out(self, numbers: Iterable[int]) -> list[Change]:
        wanted = sorted(set(numbers))
        for number in wanted:
            self._open.pop(number, None)
            self._settled.pop(number, None)
        return [Remove(number=number) for number in wanted]


def _call(used: events.ToolUsed) -> SavedCall:
    return SavedCall(
        tool=used.tool, arguments=used.arguments, outcome=used.outcome, result=used.text, took_ms=used.took_ms
    )


def _sent_to(sends: Mapping[str, str]) -> dict[str, str]:
    kinds = {"text": SENT_TO, "sound": SOUND_SENT_TO}
    return {kinds[what]: where for what, where in sends.items() if what in kinds}


def _ms(event: Tracked) -> float:
    """Returns the time of `event` in ms since the start of the session."""
    return round(event.t_s * 1000, 1)
