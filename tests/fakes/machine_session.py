"""A conversation for tests of the machine: reports in, commands out, without threads or time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from voicecli import messages as m
from voicecli.engines.ports import Transcription
from voicecli.pipeline.listen import Attend, EndAfter, ForgetVoice
from voicecli.session import commands as c
from voicecli.session.history import Played
from voicecli.session.state import State
from voicecli.session.state_machine import step
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.speech.sentence_chunker import as_written
from voicecli.turn import Turn


def utterance(end_sample: int = 16_000) -> seg.Utterance:
    return seg.Utterance(
        samples=np.zeros(end_sample, dtype=np.int16),
        first_sample=0,
        speech_end_sample=end_sample,
        now_sample=end_sample,
    )


def words(text: str) -> Transcription:
    return Transcription(
        text=text, language="en", language_probability=1.0, no_speech_probability=0.0, mean_log_probability=-0.1
    )


@dataclass
class Session:
    """Feeds the machine with reports, and stores its commands."""

    state: State = field(default_factory=lambda: State(voice=True, half_duplex=True))
    played: Played = field(default_factory=Played)
    commands: list[c.Command] = field(default_factory=list)

    def tell(self, report: m.Report) -> list[c.Command]:
        self.state, commands = step(self.state, report, self.played)
        self.commands += commands
        return commands

    def hear(self, segment: seg.Segment) -> list[c.Command]:
        return self.tell(m.Heard(segment=segment, now_sample=0))

    def start(self, at_sample: int = 0) -> list[c.Command]:
        return self.hear(seg.SpeechStarted(at_sample=at_sample))

    def pause(self) -> list[c.Command]:
        return self.hear(seg.SpeechPaused(utterance=utterance()))

    def resume(self) -> list[c.Command]:
        return self.hear(seg.SpeechResumed(at_sample=0))

    def end(self, reason: seg.EndReason = "silence") -> list[c.Command]:
        return self.hear(seg.SpeechEnded(utterance=utterance(), reason=reason))

    def barge_in(self, verdict: Interruption) -> list[c.Command]:
        return self.tell(m.BargeIn(verdict=verdict, now_sample=0))

    @property
    def turn(self) -> Turn:
        assert self.state.exchange is not None
        return self.state.exchange.turn

    def transcribed(self, text: str, turn: Turn | None = None) -> list[c.Command]:
        return self.tell(m.Transcribed(turn=turn or self.turn, transcription=words(text)))

    def reply(self, text: str, *, complete: bool = True) -> list[c.Command]:
        turn, chunk = self.turn, as_written(text)
        commands = self.tell(m.ReplyText(turn=turn, text=text))
        commands += self.tell(m.ChunkReady(turn=turn, chunk=chunk))
        return commands + (self.tell(m.ReplyComplete(turn=turn)) if complete else [])

    def sound(self) -> list[c.Command]:
        return self.tell(m.Sounding(turn=self.turn)) + self.tell(m.WordSounding(turn=self.turn, chunk=0, word=0))

    def told(self, kind: type[Any]) -> list[Any]:
        return [
            command.event
            for command in self.commands
            if isinstance(command, c.Tell) and isinstance(command.event, kind)
        ]

    def wanted(self, kind: type[Any]) -> list[Any]:
        return [command for command in self.commands if isinstance(command, kind)]

    def orders(self, kind: type[Any]) -> list[Any]:
        return [command.order for command in self.wanted(c.Order) if isinstance(command.order, kind)]

    def ask(self, text: str = "Hello?") -> None:
        self.start()
        self.pause()
        self.transcribed(text)
        self.end()


def names(commands: list[c.Command]) -> list[str]:
    """The names of the commands, and of orders to the listener, except events, measurements and those that only serve the endpoint or the cache."""
    aside = c.Tell | c.MarkTime | c.Measure | c.Judge | c.ReadAhead | EndAfter | Attend | ForgetVoice
    plain = [command.order if isinstance(command, c.Order) else command for command in commands]
    return [type(each).__name__ for each in plain if not isinstance(each, aside)]
