"""The fakes fulfil the contracts of the engines, and follow their scripts."""

from __future__ import annotations

import pytest

from engines import contracts
from engines.contracts import QUESTION, SAMPLING, SYSTEM, never
from fakes.engines import ScriptedChatModel, ScriptedDetector, ScriptedTranscriber, ScriptError, ToneVoice
from voicecli.engines.ports import ChatModel, Transcriber, Voice, VoiceDetector
from voicecli.errors import GenerationFailed
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence


class TestScriptedDetector(contracts.VoiceDetectorContract):
    def detector(self) -> VoiceDetector:
        return ScriptedDetector([0.0, 0.1, 0.9, 1.0, 0.2])


class TestScriptedTranscriber(contracts.TranscriberContract):
    def transcriber(self) -> Transcriber:
        return ScriptedTranscriber(["What time is it?"])

    def speech(self) -> Pcm:
        return silence(RATE_HZ)


class TestScriptedChatModel(contracts.ChatModelContract):
    def model(self) -> ChatModel:
        return ScriptedChatModel([["Blue", " is", " a", " colour", "."]])


class TestToneVoice(contracts.VoiceContract):
    def voice(self) -> Voice:
        return ToneVoice()


class TestToneVoiceThatKnowsItsWords(contracts.VoiceContract):
    def voice(self) -> Voice:
        return ToneVoice(word_ms=200)


def test_a_script_that_is_overrun_fails() -> None:
    detector = ScriptedDetector([0.5])
    detector.score(silence(BLOCK_SAMPLES))
    with pytest.raises(ScriptError, match="one more"):
        detector.score(silence(BLOCK_SAMPLES))


def test_a_script_that_is_left_over_fails() -> None:
    with pytest.raises(ScriptError, match="0 were used"), ScriptedTranscriber(["never asked for"]):
        pass


def test_an_error_in_a_script_is_raised_in_its_place() -> None:
    model = ScriptedChatModel([["So", GenerationFailed("It broke.")]])
    pieces = model.reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=never)
    assert next(pieces) == "So"
    with pytest.raises(GenerationFailed):
        next(pieces)
