"""The voice: the sound in chunks equals the sound in one piece."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engines import contracts
from engines.contracts import never
from voicecli.engines.onnx_session import open_session
from voicecli.engines.piper import FIRST_CHUNK_FRAMES, PiperSpeaker
from voicecli.engines.piper_graph import NotCuttableError, cut
from voicecli.engines.ports import SpokenWord, Voice, Within
from voicecli.errors import ModelInvalid, ModelNotFound, SynthesisFailed, UnknownName
from voicecli.pcm import Pcm, samples_of
from voicecli.speech.pauses import OWN_MS, SENTENCE_MS
from voicecli.speech.word_timing import spans

pytestmark = pytest.mark.engines

SENTENCE = "I looked into it, and the short answer is that you can do both, as long as you start with the smaller one."


class TestJoe(contracts.VoiceContract):
    @pytest.fixture(autouse=True)
    def _given(self, joe: PiperSpeaker) -> None:
        self._joe = joe

    def voice(self) -> Voice:
        return self._joe


def spoken(voice: PiperSpeaker, text: str) -> Pcm:
    return np.concatenate(list(voice.speak(text, is_cancelled=never)))


@pytest.fixture
def whole(model_path: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch) -> PiperSpeaker:
    """The same voice with an uncut graph, as it runs if the graph cannot be cut."""

    def refuse(_: bytes) -> None:
        raise NotCuttableError

    monkeypatch.setattr("voicecli.engines.piper.cut", refuse)
    voice = PiperSpeaker(model_path("voice", "en_US-joe-medium"), name="joe", threads=2)
    voice._config.noise_scale = voice._config.noise_w_scale = 0.0
    return voice


def test_chunks_sound_like_the_whole(joe: PiperSpeaker, whole: PiperSpeaker) -> None:
    for text in ("Yes.", SENTENCE):
        in_one, in_chunks = spoken(whole, text), spoken(joe, text)
        assert len(list(whole.speak(text, is_cancelled=never))) == 1
        assert len(in_chunks) == len(in_one)
        # Sums of floats in another order, rounded to 16 bits.
        assert int(np.abs(in_chunks.astype(int) - in_one).max()) <= 1


def test_the_first_chunk_is_small_and_later_ones_grow(joe: PiperSpeaker) -> None:
    sizes = [len(chunk) for chunk in joe.speak(SENTENCE, is_cancelled=never)]
    assert sizes[0] == FIRST_CHUNK_FRAMES * 256
    assert sizes[1:3] == [2 * sizes[0], 4 * sizes[0]]


LONG = (
    "In 1908 it cost $25.50 — a lot of the time! I don't know: e.g. the U.S. and Dr. Smith's twenty-five dogs… (really)"
)


def timed(voice: PiperSpeaker, text: str) -> tuple[Pcm, list[SpokenWord]]:
    told: list[SpokenWord] = []
    return np.concatenate(list(voice.speak(text, is_cancelled=never, on_words=told.extend))), told


@pytest.mark.parametrize("text", ["Yes.", SENTENCE, LONG, "First this. Then that! And?", "a [[x]] b", "tab\tand\nline"])
def test_it_is_known_when_each_word_sounds(text: str, joe: PiperSpeaker) -> None:
    sound, told = timed(joe, text)
    assert [(word.start, word.end) for word in told] == spans(text.replace("[[", "  ").replace("]]", "  "))
    for word, following in pairwise(told):
        assert word.from_sample < word.to_sample <= following.from_sample
    assert told[0].from_sample < 0.2 * joe.rate_hz
    assert 0 <= len(sound) - told[-1].to_sample < 0.5 * joe.rate_hz
    said = sum(word.to_sample - word.from_sample for word in told)
    assert said > 0.6 * len(sound)  # the rest are pauses


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 3.0])
def test_at_another_speed_it_is_as_long_as_it_should_be_and_its_words_are_known(
    speed: float, joe: PiperSpeaker
) -> None:
    usual, _ = timed(joe, SENTENCE)
    told: list[SpokenWord] = []
    chunks = list(joe.speak(SENTENCE, is_cancelled=never, on_words=told.extend, speed=speed))
    sound = np.concatenate(chunks)
    assert len(chunks) > 1
    assert len(usual) / len(sound) == pytest.approx(speed, rel=0.1)
    assert [(word.start, word.end) for word in told] == spans(SENTENCE)
    for word, following in pairwise(told):
        assert word.from_sample <= word.to_sample <= following.from_sample
    assert 0 <= len(sound) - told[-1].to_sample < 0.5 * joe.rate_hz / speed
    loud = np.abs(sound.astype(int)) > 1500
    assert np.mean([loud[word.from_sample : word.to_sample].any() for word in told]) > 0.9


def test_words_sound_when_they_are_said_to_sound(joe: PiperSpeaker) -> None:
    sound, told = timed(joe, "Well, good morning, my friends.")
    loud = np.abs(sound.astype(int)) > 1500
    for word in told:
        assert loud[word.from_sample : word.to_sample].mean() > 0.05, word
    for word, following in ((told[0], told[1]), (told[2], told[3])):  # the pauses at the commas
        pause = loud[word.to_sample + 1000 : following.from_sample - 500]
        assert pause.mean() < 0.05


def test_asking_for_the_words_changes_no_sample(joe: PiperSpeaker, monkeypatch: pytest.MonkeyPatch) -> None:
    with_words, told = timed(joe, LONG)
    assert told
    assert np.array_equal(with_words, spoken(joe, LONG))
    # And neither does that the encoder gives the durations at all.
    monkeypatch.setattr(joe, "_encoder_gives", [joe._latent])
    without, told = timed(joe, LONG)
    assert told == []
    assert np.array_equal(with_words, without)


def test_a_voice_in_one_piece_says_nothing_of_its_words(whole: PiperSpeaker) -> None:
    assert timed(whole, SENTENCE)[1] == []


def test_loudness_does_not_depend_on_the_text(joe: PiperSpeaker) -> None:
    peaks = [int(np.abs(spoken(joe, text).astype(int)).max()) for text in ("Hello there.", SENTENCE)]
    assert min(peaks) > 12_000
    assert max(peaks) < 32_767


def test_brackets_are_no_way_to_phonemes(joe: PiperSpeaker) -> None:
    assert np.array_equal(spoken(joe, "hello [[ ]] there"), spoken(joe, "hello   there"))


@pytest.mark.parametrize("text", ["a\x00b", "half \ud800 a letter", "tab\tand\nline", "你好", "Ünïcödé"])
def test_odd_text_is_said_or_left_out_but_does_not_fail(text: str, joe: PiperSpeaker) -> None:
    assert len(spoken(joe, text))


def test_several_sentences_are_said_one_after_the_other_with_a_pause_between(joe: PiperSpeaker) -> None:
    both = spoken(joe, "First this. Then that.")
    pause = samples_of(SENTENCE_MS - OWN_MS, joe.rate_hz)
    assert len(both) == len(spoken(joe, "First this.")) + pause + len(spoken(joe, "Then that."))


def test_it_warms_up_without_a_word(joe: PiperSpeaker, capfd: pytest.CaptureFixture[str]) -> None:
    joe.warm_up()
    assert capfd.readouterr() == ("", "")


def test_sound_that_is_none_fails_the_sentence_only(joe: PiperSpeaker, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(joe, "_decode", lambda *_: np.full(256, np.nan, dtype=np.float32))
        with pytest.raises(SynthesisFailed, match="no sound"):
            spoken(joe, "Hello.")
    assert len(spoken(joe, "Hello."))


def test_a_failure_of_the_engine_fails_the_sentence_only(joe: PiperSpeaker, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise RuntimeError("espeak is gone")

    with monkeypatch.context() as patched:
        patched.setattr(joe._phonemes, "phonemize", broken)
        with pytest.raises(SynthesisFailed):
            spoken(joe, "Hello.")
    assert len(spoken(joe, "Hello."))


def test_a_voice_with_one_speaker_has_no_others(model_path: Callable[[str, str], Path]) -> None:
    with pytest.raises(UnknownName, match="one speaker"):
        PiperSpeaker(model_path("voice", "en_US-joe-medium"), name="joe", threads=1, speaker="anna")


@pytest.mark.parametrize(("speaker", "number"), [(None, 5), ("p225", 1), ("p226", 2), ("0", 0), ("903", 903)])
def test_one_speaker_of_many_is_named_or_numbered(speaker: str | None, number: int) -> None:
    """No voice with several speakers comes with the tests. Its description suffices for the choice."""
    voice = PiperSpeaker.__new__(PiperSpeaker)
    voice._name = "libritts"
    described = {"num_speakers": 904, "default_speaker_id": 5, "speaker_id_map": {"p225": 1, "p226": 2}}
    voice._config = SimpleNamespace(**described)  # type: ignore[assignment] # as much of it as is used
    assert voice._speaker_number(speaker) == number
    with pytest.raises(UnknownName, match="no speaker 904"):
        voice._speaker_number("904")


def test_a_voice_without_its_description_is_not_complete(tmp_path: Path) -> None:
    (tmp_path / "joe.onnx").write_bytes(b"")
    with pytest.raises(ModelNotFound, match=r"joe\.onnx\.json"):
        PiperSpeaker(tmp_path, name="joe", threads=1)


def test_a_damaged_voice_is_refused(
    tmp_path: Path, model_path: Callable[[str, str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    for file in model_path("voice", "en_US-joe-medium").iterdir():
        shutil.copy(file, tmp_path)
    model = next(tmp_path.glob("*.onnx"))
    data = model.read_bytes()
    model.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelInvalid):
        PiperSpeaker(tmp_path, name="joe", threads=1)
    next(tmp_path.glob("*.json")).write_text("{}")
    with pytest.raises(ModelInvalid, match="description"):
        PiperSpeaker(tmp_path, name="joe", threads=1)
    assert capfd.readouterr() == ("", "")


def test_a_voice_that_would_fetch_files_is_refused(tmp_path: Path, model_path: Callable[[str, str], Path]) -> None:
    description = json.loads(next(model_path("voice", "en_US-joe-medium").glob("*.json")).read_text())
    (tmp_path / "v.onnx").write_bytes(b"")
    (tmp_path / "v.onnx.json").write_text(json.dumps(description | {"phoneme_type": "pinyin"}))
    with pytest.raises(ModelInvalid, match="network"):
        PiperSpeaker(tmp_path, name="v", threads=1)


def test_the_halves_of_a_voice_share_nothing_but_the_latent(model_path: Callable[[str, str], Path]) -> None:
    data = next(model_path("voice", "en_US-joe-medium").glob("*.onnx")).read_bytes()
    halves = cut(data)
    assert halves.decoder_inputs == ()
    assert len(halves.encoder) + len(halves.decoder) < len(data) * 1.01
    encoder = open_session(halves.encoder, threads=1, what="encoder")
    assert [output.name for output in encoder.get_outputs()] == [
        halves.latent,
        halves.durations,
    ]
    decoder = open_session(halves.decoder, threads=1, what="decoder")
    assert [put.name for put in decoder.get_inputs()] == [halves.latent]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much memory a process has")
def test_a_voice_that_is_let_go_gives_its_memory_back(model_path: Callable[[str, str], Path]) -> None:
    def another() -> PiperSpeaker:
        voice = PiperSpeaker(model_path("voice", "en_US-joe-medium"), name="joe", threads=1)
        voice.warm_up()
        return voice

    voice = another()
    held: list[int] = []
    for _ in range(4):
        voice = another()  # as in a session, where the next one is loaded before the last is let go
        status = Path("/proc/self/status").read_text(encoding="ascii")
        held.append(int(status.split("VmRSS:")[1].split()[0]) // 1024)
    assert held[-1] < held[0] + 30, f"{held} MiB"
    assert voice.rate_hz


def part(voice: PiperSpeaker, text: str, within: Within) -> tuple[Pcm, list[SpokenWord]]:
    told: list[SpokenWord] = []
    chunks = list(voice.speak(text, is_cancelled=never, on_words=told.extend, within=within))
    return np.concatenate(chunks), told


def quiet_end(sound: Pcm, voice: PiperSpeaker) -> float:
    """The silence after the last sound, in ms."""
    loud = np.nonzero(np.abs(sound.astype(int)) > 600)[0]
    return float(len(sound) - loud[-1]) / voice.rate_hz * 1000


@pytest.mark.parametrize("text", ["The capital of Japan", "A leap year has", "The first one to walk"])
def test_what_goes_on_ends_without_a_pause_and_none_of_what_follows_is_heard(text: str, joe: PiperSpeaker) -> None:
    sound, told = part(joe, text, Within(goes_on=True))
    alone = spoken(joe, f"{text},")
    assert quiet_end(sound, joe) < 60 < quiet_end(alone, joe)
    assert len(sound) < len(alone)
    assert [(word.start, word.end) for word in told] == spans(text)
    assert told[-1].to_sample <= len(sound)
    assert len(sound) - told[-1].to_sample < 0.1 * joe.rate_hz
    assert abs(int(sound[-1])) < 300  # no click


def test_what_joins_on_begins_at_once_and_says_none_of_what_came_before(joe: PiperSpeaker) -> None:
    text = "is Tokyo, a very large city."
    sound, told = part(joe, text, Within(before="capital of Japan", joined=True))
    assert [(word.start, word.end) for word in told] == spans(text)
    assert told[0].from_sample < 0.05 * joe.rate_hz
    assert len(sound) < 1.1 * len(spoken(joe, text))
    assert abs(int(sound[0])) < 300


def test_a_voice_in_one_piece_puts_a_comma_where_it_goes_on(
    whole: PiperSpeaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    phonemize = whole._phonemes.phonemize

    def noted(text: str) -> object:
        asked.append(text)
        return phonemize(text)

    monkeypatch.setattr(whole._phonemes, "phonemize", noted)
    list(whole.speak("A leap year has", is_cancelled=never, within=Within(before="Yes, of course", goes_on=True)))
    assert asked[0] == "A leap year has,"
