"""A recogniser that hears several languages, and voices for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fakes.engines import ToneVoice
from voicecli.engines.ports import Device, IsCancelled, Transcription
from voicecli.pcm import Pcm


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said.

    Attributes:
        text: The words.
        language: The language that the recogniser detects, rightly or wrongly.
        probability: How certain it is.
    """

    text: str
    language: str
    probability: float = 0.95


class Polyglot:
    """A recogniser that detects a language unless it is told one. It is asked as often as the pipeline wants; every utterance has its own `Said`."""

    name = "polyglot"
    device: Device = "cpu"

    def __init__(self, script: Sequence[Said]) -> None:
        self._script = list(script)
        self._utterances: list[int] = []
        self.asked: list[tuple[int, str | None]] = []
        """The number of the utterance, from 1, and the language that the recogniser was told."""

    def warm_up(self) -> None:
        """Does nothing, because it is always warm."""

    def next(self) -> None:
        """The next utterance begins."""
        self._utterances.append(0)

    def transcribe(
        self,
        utterance: Pcm,  # noqa: ARG002 - the port's signature
        *,
        language: str | None,
        is_cancelled: IsCancelled,  # noqa: ARG002 - the same
        context: str = "",  # noqa: ARG002 - the same
    ) -> Transcription:
        said = self._script[len(self._utterances) - 1]
        self.asked.append((len(self._utterances), language))
        return Transcription(
            text=said.text,
            language=language or said.language,
            language_probability=1.0 if language else said.probability,
            no_speech_probability=0.02,
            mean_log_probability=-0.2,
        )


class VoiceRack:
    """Voices by language."""

    def __init__(self, *languages: str) -> None:
        self.voices = {
            code: ToneVoice(name=f"voice-{code}", language=code, ms_per_character=10.0) for code in languages
        }

    def __call__(self, language: str) -> ToneVoice | None:
        return self.voices.get(language)
