"""An utterance so far, while the person keeps speaking."""

from __future__ import annotations

from dataclasses import dataclass

from voicecli.engines.ports import Transcription
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """An utterance so far, while the person keeps speaking.

    Attributes:
        turn: The turn that the work for it carries.
        end_sample: Microphone time just after its last voiced block.
        cut_sample: Microphone time at which it was cut.
        heard: Its words; None until they are known.
    """

    turn: Turn
    end_sample: int = 0
    cut_sample: int = 0
    heard: Transcription | None = None
