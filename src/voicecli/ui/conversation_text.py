"""Record: the text of this conversation, for copying, saving and correcting."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

from voicecli import events
from voicecli.ui.sanitize import clean
from voicecli.ui.theme import LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A question and its answer. `cut` if the answer was stopped; it is then only the part that was heard."""

    turn: int
    question: str
    answer: str = ""
    cut: bool = False


class Record:
    """Keeps what counts. Turns that were undone are removed.

    Thread: any.
    """

    def __init__(self) -> None:
        self.broken = False
        self._lock = threading.Lock()
        self._said: dict[int, Said] = {}
        self._latency: events.Latency | None = None
        self._language = ""
        self._sent: dict[str, str] = {}
        self._calls: list[events.ToolUsed] = []

    @property
    def said(self) -> tuple[Said, ...]:
        """The conversation, oldest first."""
        with self._lock:
            return tuple(self._said.values())

    @property
    def latency(self) -> events.Latency | None:
        """The latency of the last answer."""
        return self._latency

    @property
    def calls(self) -> tuple[events.ToolUsed, ...]:
        """The calls of tools in the last turn that had any."""
        with self._lock:
            return tuple(self._calls)

    @property
    def language(self) -> str:
        """The language spoken last, ISO 639-1; empty if nothing was spoken."""
        return self._language

    def handle(self, event: events.Event) -> None:
        """Handles `event`."""
        with self._lock:
            match event:
                case events.ToolUsed(turn=turn):
                    self._calls = [*(each for each in self._calls if each.turn == turn), event]
                case events.Transcript(turn=turn, text=text, final=True) if text.strip():
                    self._said[turn] = Said(turn=turn, question=text)
                    self._language = event.language or self._language
                case events.ReplyDelta(turn=turn, text=text) if turn in self._said:
                    self._answer(turn, self._said[turn].answer + text, cut=False)
                case events.Interrupted(turn=turn) if turn in self._said:
                    self._answer(turn, self._said[turn].answer, cut=True)
                case events.Reply(turn=turn, text=text):
                    self._answer(turn, text, cut=False)
                case events.Spoken(turn=turn, text=text, cut=cut):
                    self._answer(turn, text, cut=cut)
                case events.Undone(turn=turn, turns=turns):
                    for each in (*turns, turn):
                        self._said.pop(each, None)
                case events.Cleared() | events.Resumed():
                    self._said.clear()
                case events.PastTurn(turn=turn, question=question, answer=answer, cut=cut):
                    self._said[turn] = Said(turn=turn, question=question, answer=answer, cut=cut)
                case events.Ready(sends=sends):
                    self._sent = dict(sends)
                case events.Latency():
                    self._latency = event
                case _:
                    pass

    def close(self) -> None:
        """Does nothing."""

    def as_text(self) -> str:
        """Returns the conversation as plain lines."""
        lines = [
            f"{what.capitalize()} of this conversation was sent to {clean(where)}."
            for what, where in self._sent.items()
        ]
        for said in self.said:
            lines.append(f"{LABELS['you']}: {_lines(said.question)}")
            if said.answer:
                lines.append(f"{LABELS['assistant']}: {_lines(said.answer)}" + (" [stopped here]" if said.cut else ""))
        return "".join(f"{line}\n" for line in lines)

    def _answer(self, turn: int, text: str, *, cut: bool) -> None:
        if turn in self._said:  # a repeated answer has no question
            self._said[turn] = replace(self._said[turn], answer=text, cut=cut)


def _lines(text: str) -> str:
    return clean(text).strip().replace("\n", "\n  ")


def latency_text(latency: events.Latency) -> str:
    """Returns a description of the latencies of an answer."""
    steps = (
        ("sure that you had finished", latency.endpoint_ms),
        ("your words were transcribed", latency.stt_ms),
        ("the first word of the answer", latency.first_token_ms),
        ("the first sound was made", latency.first_audio_ms),
        ("the first sound was heard", latency.voice_to_voice_ms),
    )
    lines = [f"{ms:7.0f} ms  {what}" for what, ms in steps if ms is not None]
    begun = ["            The answer was started before you had finished."] if latency.speculative else []
    return "\n".join(["From the end of what you said until:", *lines, *begun])
