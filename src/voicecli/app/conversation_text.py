"""The conversation for commands that look back: to be copied, saved, corrected and played again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from voicecli import events
from voicecli.session.conversation_record import TurnRecord
from voicecli.ui.sanitize import clean
from voicecli.ui.theme import LABELS


class ConversationText:
    """Reads the record of the conversation. It keeps only what the record does not have: the last latency, and where anything was sent.

    Thread: any.

    Args:
        said: Returns the conversation as it stands, oldest turn first.
    """

    def __init__(self, said: Callable[[], Sequence[TurnRecord]]) -> None:
        self._said = said
        self._latency: events.Latency | None = None
        self._sent: dict[str, str] = {}

    @property
    def said(self) -> Sequence[TurnRecord]:
        """The conversation, oldest turn first. The last one may still be in progress."""
        return self._said()

    @property
    def latency(self) -> events.Latency | None:
        """The latency of the last answer; None before the first one."""
        return self._latency

    @property
    def calls(self) -> tuple[events.ToolUsed, ...]:
        """The calls of tools in the last turn that had any."""
        return next((turn.calls for turn in reversed(self.said) if turn.calls), ())

    @property
    def language(self) -> str:
        """The language spoken last, ISO 639-1; empty if nothing was spoken."""
        return next((turn.language for turn in reversed(self.said) if turn.language), "")

    def handle(self, event: events.Event) -> None:
        """Handles `event`."""
        match event:
            case events.Ready(sends=sends):
                self._sent = dict(sends)
            case events.Latency():
                self._latency = event
            case _:
                pass

    def as_text(self) -> str:
        """Returns the conversation as plain lines."""
        lines = [
            f"{what.capitalize()} of this conversation was sent to {clean(where)}."
            for what, where in self._sent.items()
        ]
        for turn in self.said:
            lines.append(f"{LABELS['you']}: {_lines(turn.question)}")
            if turn.answer:
                lines.append(f"{LABELS['assistant']}: {_lines(turn.answer)}" + (" [stopped here]" if turn.cut else ""))
        return "".join(f"{line}\n" for line in lines)


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
