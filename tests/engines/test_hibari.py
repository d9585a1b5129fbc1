"""The second voice engine fulfils the contract of a voice, here and in a process of its own, and opens no connection."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path

import numpy as np
import pytest

from engines import contracts
from engines.contracts import never
from voicecli.engines import registry
from voicecli.engines.isolated.proxies import Apart
from voicecli.engines.ports import SpokenWord, Voice, Within
from voicecli.errors import ModelInvalid
from voicecli.models import catalog
from voicecli.models.receipts import sha256_of
from voicecli.pcm import Pcm
from voicecli.speech.word_timing import spans

PACKAGE = importlib.util.find_spec("hibari")
pytestmark = [pytest.mark.engines, pytest.mark.skipif(PACKAGE is None, reason="the extra is not installed")]

SENTENCE = "I looked into it, and the short answer is that you can do both, as long as you start with the smaller one."


@pytest.fixture(scope="module")
def model() -> Path:
    assert PACKAGE is not None
    assert PACKAGE.origin is not None
    return Path(PACKAGE.origin).parent / "assets" / "hibari.onnx"


@pytest.fixture(scope="module")
def hibari(model: Path) -> Voice:
    return registry.make_voice(model, name="hibari", threads=1, engine="hibari")


@pytest.fixture(scope="module")
def far_hibari(model: Path) -> Voice:
    def told(sentence: str) -> None:
        raise AssertionError(sentence)

    return Apart(told).make_voice(model, name="hibari", threads=1, engine="hibari")


class TestHibari(contracts.VoiceContract):
    @pytest.fixture(autouse=True)
    def _given(self, hibari: Voice) -> None:
        self._voice = hibari

    def voice(self) -> Voice:
        return self._voice


class TestHibariApart(contracts.VoiceContract):
    @pytest.fixture(autouse=True)
    def _given(self, far_hibari: Voice) -> None:
        self._voice = far_hibari

    def voice(self) -> Voice:
        return self._voice


def spoken(voice: Voice, text: str, **how: object) -> tuple[Pcm, list[SpokenWord]]:
    told: list[SpokenWord] = []
    chunks = list(voice.speak(text, is_cancelled=never, on_words=told.extend, **how))  # type: ignore[arg-type] # its options
    return np.concatenate(chunks), told


def test_the_catalogue_knows_the_model_in_the_package(model: Path) -> None:
    (file,) = catalog.load().find("hibari").variants[0].files
    assert sha256_of(model) == file.sha256


def test_it_begins_at_once(hibari: Voice) -> None:
    sound, _ = spoken(hibari, "Good morning.")
    loud = np.flatnonzero(np.abs(sound.astype(int)) > 300)
    assert loud[0] / hibari.rate_hz < 0.06


def test_it_is_known_when_each_word_sounds(hibari: Voice) -> None:
    sound, told = spoken(hibari, SENTENCE)
    assert [(word.start, word.end) for word in told] == spans(SENTENCE)
    loud = np.abs(sound.astype(int)) > 800
    assert np.mean([loud[word.from_sample : word.to_sample].any() for word in told]) > 0.95
    assert 0 <= len(sound) - told[-1].to_sample < 0.3 * hibari.rate_hz


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 3.0])
def test_at_another_speed_it_is_as_long_as_it_should_be(speed: float, hibari: Voice) -> None:
    usual, _ = spoken(hibari, SENTENCE)
    sound, told = spoken(hibari, SENTENCE, speed=speed)
    assert len(usual) / len(sound) == pytest.approx(speed, rel=0.12)
    assert told[-1].to_sample <= len(sound)


def test_what_goes_on_ends_without_a_pause(hibari: Voice) -> None:
    alone, _ = spoken(hibari, "I looked into it")
    part, _ = spoken(hibari, "I looked into it", within=Within(goes_on=True))
    loud = np.abs(part.astype(int)) > 300
    assert len(part) < len(alone)
    assert loud[-hibari.rate_hz // 20 :].any()


def test_brackets_are_no_way_to_phonemes(hibari: Voice) -> None:
    marked, _ = spoken(hibari, "Hello [there](/kæt/).")
    plain, _ = spoken(hibari, "Hello there.")
    assert len(marked) > len(plain)  # the sounds in it are read as text


@pytest.mark.parametrize("text", ["a\x00b", "half \ud800 a letter", "tab\tand\nline", "你好", "Ünïcödé"])
def test_odd_text_is_said_or_left_out_but_does_not_fail(text: str, hibari: Voice) -> None:
    list(hibari.speak(text, is_cancelled=never))


def test_nothing_is_fetched(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    voice = registry.make_voice(model, name="hibari", threads=1, engine="hibari")
    assert list(voice.speak("Zyxqwv is no word.", is_cancelled=never))


def test_a_damaged_model_is_told(tmp_path: Path, model: Path) -> None:
    (tmp_path / "hibari.onnx").write_bytes(model.read_bytes()[:100_000])
    with pytest.raises(ModelInvalid):
        registry.make_voice(tmp_path, name="hibari", threads=1, engine="hibari")
