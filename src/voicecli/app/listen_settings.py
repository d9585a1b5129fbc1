"""Converts the user's settings for listening into the configurations of the rooms that listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voicecli.speech.background_voice import BackgroundVoiceConfig
from voicecli.speech.endpoint import Patience
from voicecli.speech.speculation import PARTIAL_MS, Speculation
from voicecli.speech.utterance_segmenter import SegmenterConfig
from voicecli.speech.voice_gate import GateConfig

if TYPE_CHECKING:
    from voicecli.config.schema import Listen as ListenSettings


def patience_of(settings: ListenSettings, patience: float) -> Patience:
    """Returns how silences are waited out. `patience` is the user's, or the persona's."""
    return Patience(
        end_silence_ms=settings.end_silence_ms,
        shortest_ms=settings.shortest_silence_ms,
        longest_ms=settings.longest_silence_ms,
        patience=patience,
    )


def listening(
    settings: ListenSettings, patience: float, speculation: Speculation
) -> tuple[GateConfig, SegmenterConfig, BackgroundVoiceConfig]:
    """Returns the settings for when speech begins and pauses, what belongs to an utterance, and whose voice counts."""
    by_voice = settings.mode == "hands-free"
    gate = GateConfig(
        start_probability=settings.start_probability,
        stop_probability=settings.stop_probability,
        start_ms=settings.start_ms,
        pause_ms=settings.pause_ms,
    )
    segmenter = SegmenterConfig(
        pre_roll_ms=settings.pre_roll_ms,
        end_silence_ms=round(settings.end_silence_ms * patience),
        shortest_speech_ms=settings.shortest_speech_ms,
        longest_utterance_s=settings.longest_utterance_s,
        grown_ms=PARTIAL_MS if speculation == "speech" else 0,
        voice_opens=by_voice,
    )
    return gate, segmenter, BackgroundVoiceConfig(below_db=settings.background_db if by_voice else 0.0)
