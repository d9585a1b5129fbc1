"""The voice detectors and the turn detector, on speech and on other sounds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engines import contracts
from voicecli.audio.tones import Chime, chime
from voicecli.engines.ports import VoiceDetector
from voicecli.engines.silero_vad import SileroVad, bundled_model
from voicecli.engines.smart_turn import SmartTurn, window_of
from voicecli.engines.webrtc_vad import WebrtcVad
from voicecli.errors import ModelInvalid, ModelNotFound
from voicecli.pcm import RATE_HZ, Pcm, blocks, silence

pytestmark = pytest.mark.engines


def share_of_speech(detector: VoiceDetector, sound: Pcm) -> float:
    return float(np.mean([detector.score(block) > 0.5 for block in blocks(sound)]))


class TestWebrtcVad(contracts.VoiceDetectorContract):
    def detector(self) -> VoiceDetector:
        return WebrtcVad()


class TestSileroVad(contracts.VoiceDetectorContract):
    def detector(self) -> VoiceDetector:
        return SileroVad()


@pytest.mark.parametrize("detector", [WebrtcVad, SileroVad])
def test_speech_is_told_from_silence(detector: Callable[[], VoiceDetector], say: Callable[[str], Pcm]) -> None:
    assert share_of_speech(detector(), say("What is the weather like in the mountains today?")) > 0.5
    assert share_of_speech(detector(), silence(2 * RATE_HZ)) < 0.1


def test_silero_is_not_taken_in_by_a_hum_and_a_rattle() -> None:
    time = np.arange(2 * RATE_HZ) / RATE_HZ
    hum = (6000 * np.sin(2 * np.pi * 120 * time) * (1 + np.sign(np.sin(2 * np.pi * 5 * time)))).astype(np.int16)
    assert share_of_speech(SileroVad(), hum) < 0.1


def test_silero_carries_its_state_from_block_to_block(say: Callable[[str], Pcm]) -> None:
    sound = list(blocks(say("A sentence to remember.")))
    carried, again, fresh = SileroVad(), SileroVad(), SileroVad()
    scores = [carried.score(block) for block in sound]
    assert [again.score(block) for block in sound] == scores
    for block in sound[:30]:
        fresh.score(block)
    fresh.reset()
    assert [fresh.score(block) for block in sound] == scores
    fresh.reset()
    assert [fresh.score(block) for block in sound[30:]] != scores[30:]


def test_webrtcvad_has_four_modes() -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        WebrtcVad(4)


def test_the_bundled_model_is_a_file() -> None:
    assert bundled_model().name.startswith("silero_vad_")


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"nowhere\.onnx"):
        SileroVad(tmp_path / "nowhere.onnx")
    with pytest.raises(ModelNotFound):
        SmartTurn(tmp_path)


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"\x08\x08 this is no model")
    with pytest.raises(ModelInvalid):
        SileroVad(broken)


def test_another_model_is_refused(model_path: Callable[[str, str], Path]) -> None:
    with pytest.raises(ModelInvalid):
        SmartTurn(bundled_model())
    with pytest.raises(ModelInvalid):
        SileroVad(next(model_path("turn", "smart-turn-v3.2").glob("*.onnx")))


@pytest.mark.parametrize(
    "text", ["What is the capital of Japan?", "Please open the window.", "I would like a cup of coffee."]
)
def test_a_finished_sentence_is_told_from_one_that_is_cut_off(
    text: str, say: Callable[[str], Pcm], model_path: Callable[[str, str], Path]
) -> None:
    detector = SmartTurn(model_path("turn", "smart-turn-v3.2"))
    whole = say(text)
    assert detector.probability(whole) > 0.5
    assert detector.probability(whole[: len(whole) // 2]) < 0.5


def test_the_turn_detector_takes_any_length(model_path: Callable[[str, str], Path]) -> None:
    detector = SmartTurn(model_path("turn", "smart-turn-v3.2"))
    for samples in (0, 1, 20 * RATE_HZ):
        assert 0.0 <= detector.probability(silence(samples)) <= 1.0


def test_the_window_ends_with_the_utterance_and_is_normalised() -> None:
    sound = np.random.default_rng(0).normal(300, 2000, RATE_HZ).astype(np.int16)
    window = window_of(sound)
    assert window.shape == (8 * RATE_HZ,)
    assert abs(float(window.mean())) < 1e-3
    assert abs(float(window.std()) - 1) < 1e-3
    assert len(np.unique(window[: 7 * RATE_HZ])) == 1
    assert np.argmax(window[-RATE_HZ:]) == np.argmax(sound)


@pytest.mark.parametrize("name", ["heard", "trouble"])
@pytest.mark.parametrize("gain", [0.3, 1.0, 4.0])
def test_a_tone_of_our_own_is_no_voice(name: Chime, gain: float) -> None:
    """The microphone records the tone while no answer is playing, so the canceller does not remove it."""
    noise = np.random.default_rng(0).normal(0, 20, RATE_HZ).astype(np.int16)
    tone = (chime(name, RATE_HZ) * gain).astype(np.int16)
    noise[8000 : 8000 + len(tone)] += tone
    detector = SileroVad()
    scores = [detector.score(block) for block in blocks(noise)]
    assert max(scores) < 0.4
