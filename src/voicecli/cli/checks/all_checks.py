"""All checks, in the order in which they run: a check comes after those whose results it needs."""

from __future__ import annotations

from typing import Final

from voicecli.cli.checks import engines, models, privacy, sound, system, tryout
from voicecli.cli.checks.finding import Check

LOOKING: Final = (
    Check(name="python", title="Python", find=system.python),
    Check(name="settings", title="settings", find=system.settings),
    Check(name="persona", title="persona", find=system.persona),
    Check(name="folders", title="folders", find=system.folders),
    Check(name="disk", title="disk", find=system.disk),
    Check(name="network", title="network", find=privacy.network),
    Check(name="telemetry", title="telemetry", find=privacy.telemetry),
    Check(name="portaudio", title="sound library", find=sound.library),
    Check(name="microphone", title="microphone", find=sound.microphone),
    Check(name="speaker", title="loudspeaker", find=sound.loudspeaker),
    Check(name="webrtcvad", title="voice detector 1", find=engines.webrtcvad),
    Check(name="silero", title="voice detector 2", find=engines.silero),
    Check(name="faster-whisper", title="faster-whisper", find=engines.faster_whisper),
    Check(name="llama-cpp", title="llama.cpp", find=engines.llama_cpp),
    Check(name="piper", title="Piper", find=engines.piper),
    Check(name="processor", title="processor", find=engines.processor),
    Check(name="graphics-card", title="graphics card", find=engines.graphics_card),
    Check(name="stt", title="recognition", find=models.recogniser),
    Check(name="llm", title="language model", find=models.language_model),
    Check(name="voice", title="voice", find=models.voice),
    Check(name="turn", title="turn detector", find=models.turn_detector),
    Check(name="models", title="other models", find=models.others),
)
"""Checks that only look."""

TRYING: Final = (
    Check(name="try-microphone", title="test: microphone", find=sound.hearing),
    Check(name="try-speaker", title="test: loudspeaker", find=sound.playing),
    Check(name="try-voice", title="test: speech", find=tryout.speaking),
    Check(name="try-stt", title="test: recognition", find=tryout.listening),
    Check(name="try-turn", title="test: turn taking", find=tryout.ending),
    Check(name="try-llm", title="test: answers", find=tryout.thinking),
)
"""Checks that try something out; `--quick` leaves them out."""
