"""A possible barge-in: a person seems to talk over the answer."""

from __future__ import annotations

from dataclasses import dataclass

from voicecli.engines.ports import Transcription
from voicecli.speech.utterance_segmenter import SpeechEnded, Utterance
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Speech over an answer, up to a pause, that is given to the recogniser.

    Attributes:
        utterance: The speech.
        turn: The turn of the transcription. It becomes the turn of the question if the barge-in is confirmed.
        transcription: Its words; None until they are known.
        ended: How the utterance ended; None while it has not.
    """

    utterance: Utterance
    turn: Turn
    transcription: Transcription | None = None
    ended: SpeechEnded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A possible barge-in.

    Attributes:
        paused_sample: Microphone time at which the answer was paused because of it; None if it was not.
        brief: Whether it was short and is over, so that its words decide.
        started_sample: Microphone time at which speech started; None while it is only a suspicion.
        attempts: How often its speech was transcribed so far.
        written: Its speech up to the current pause; None while the person speaks.
    """

    paused_sample: int | None = None
    brief: bool = False
    started_sample: int | None = None
    attempts: int = 0
    written: Written | None = None

    @property
    def paused(self) -> bool:
        """Whether the answer is paused because of it."""
        return self.paused_sample is not None

    @property
    def turn(self) -> Turn | None:
        """The turn of the transcription; None while there is none."""
        return self.written.turn if self.written is not None else None
