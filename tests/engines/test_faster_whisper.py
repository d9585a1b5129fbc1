"""The recogniser, on speech of the starter voice."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

from engines import contracts
from engines.contracts import after, never
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.piper import PiperSpeaker
from voicecli.engines.ports import SpokenWord, Transcriber
from voicecli.engines.whisper_hypotheses import Draft
from voicecli.engines.whisper_window import LONGEST_WINDOW_SAMPLES, MOST_TOKENS, SHORTEST_WINDOW_SAMPLES
from voicecli.errors import EngineNotInstalled, ModelInvalid, ModelNotFound, TranscriptionFailed
from voicecli.pcm import RATE_HZ, Float, Pcm, silence, to_float, to_pcm

if TYPE_CHECKING:
    from ctranslate2 import StorageView

pytestmark = pytest.mark.engines

SENTENCE = "What is the weather like in the mountains?"


Encode: TypeAlias = "Callable[[Pcm, int], StorageView]"


def noting(windows: list[int], encode: Encode) -> Encode:
    """`encode`, which also appends every requested window to `windows`."""

    def noted(piece: Pcm, window: int) -> StorageView:
        windows.append(window)
        return encode(piece, window)

    return noted


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


class TestTinyEn(contracts.TranscriberContract):
    @pytest.fixture(autouse=True)
    def _given(self, tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm]) -> None:
        self._tiny, self._say = tiny, say

    def transcriber(self) -> Transcriber:
        return self._tiny

    def speech(self) -> Pcm:
        return self._say(SENTENCE)


@pytest.mark.parametrize(
    "text", [SENTENCE, "Tell me a short story about a fox.", "Turn off the kitchen light.", "Thank you."]
)
def test_it_writes_down_what_was_said(text: str, base: FasterWhisperTranscriber, say: Callable[[str], Pcm]) -> None:
    heard = base.transcribe(say(text), language=None, is_cancelled=never)
    assert words(heard.text) == words(text)
    assert heard.language == "en"
    assert heard.language_probability > 0.5
    assert heard.no_speech_probability < 0.5


CONTEXT = "What is the capital of France? The capital of France is Paris."


def test_what_was_said_before_helps_to_understand(base: FasterWhisperTranscriber, say: Callable[[str], Pcm]) -> None:
    sound = say("And of Spain?")  # "and a spain", "end of spaying" and the like, by itself
    alone = base.transcribe(sound, language="en", is_cancelled=never).text
    heard = base.transcribe(sound, language="en", is_cancelled=never, context=CONTEXT).text
    assert "Spain" not in alone
    assert "Spain" in heard


def test_what_was_said_before_is_not_heard_again_in_noise(base: FasterWhisperTranscriber) -> None:
    random = np.random.default_rng(0)
    for level in (20, 600, 3000):
        noise = random.normal(0, level, 2 * RATE_HZ).astype(np.int16)
        assert base.transcribe(noise, language="en", is_cancelled=never, context=CONTEXT).text == ""


def test_a_tiny_model_is_not_told_what_was_said_before(
    tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm]
) -> None:
    alone, heard = (
        tiny.transcribe(say(SENTENCE), language="en", is_cancelled=never, context=context)
        for context in ("", CONTEXT * 20)
    )
    assert alone == heard


def test_it_warms_up_without_a_word(tiny: FasterWhisperTranscriber, capfd: pytest.CaptureFixture[str]) -> None:
    tiny.warm_up()
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("samples", [0, 1, 159, 1599, 1600, 3 * RATE_HZ])
def test_silence_of_any_length_is_no_text(samples: int, tiny: FasterWhisperTranscriber) -> None:
    assert tiny.transcribe(silence(samples), language=None, is_cancelled=never).text == ""


@pytest.mark.parametrize("loudness", [30, 300, 3000])
def test_noise_is_no_text(loudness: int, tiny: FasterWhisperTranscriber) -> None:
    noise = np.random.default_rng(1).normal(0, loudness, 2 * RATE_HZ).astype(np.int16)
    assert tiny.transcribe(noise, language="en", is_cancelled=never).text == ""


def test_a_long_utterance_is_written_down_to_its_end(tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm]) -> None:
    sentences = [
        "Turn off the kitchen light.",
        "Remind me to call my mother tomorrow.",
        SENTENCE,
        "How far is the moon from the earth?",
    ]
    sound = np.concatenate([np.concatenate([say(text), silence(6 * RATE_HZ)]) for text in sentences])
    assert len(sound) > LONGEST_WINDOW_SAMPLES
    heard = words(tiny.transcribe(sound, language=None, is_cancelled=never).text)
    assert {"kitchen", "mother", "mountains", "moon"} <= set(heard)


def test_cancelled_between_windows_the_rest_is_not_heard(
    tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[int] = []
    monkeypatch.setattr(tiny, "_encode", noting(encoded, tiny._encode))
    sound = np.concatenate([say(SENTENCE), silence(27 * RATE_HZ), say(SENTENCE)])
    assert tiny.transcribe(sound, language="en", is_cancelled=after(1)).text == ""
    assert len(encoded) == 1


def test_the_window_is_as_long_as_the_speech(
    tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm], monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, ...]] = []
    encoded = tiny._encoded

    def noted(features: Float) -> StorageView:
        shapes.append(features.shape)
        return encoded(features)

    monkeypatch.setattr(tiny, "_encoded", noted)
    tiny.transcribe(say(SENTENCE), language="en", is_cancelled=never)
    assert shapes == [(80, SHORTEST_WINDOW_SAMPLES // 160)]


@pytest.mark.parametrize(
    ("text", "no_speech", "log_probability"),
    [("Thanks for watching!", 0.5, -0.2), ("Thank you.", 0.5, -0.2), ("What is going on?", 0.7, -1.1)],
)
def test_text_that_nobody_said_is_left_out(
    text: str,
    no_speech: float,
    log_probability: float,
    tiny: FasterWhisperTranscriber,
    say: Callable[[str], Pcm],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made_up = Draft(
        text=text,
        no_speech_probability=no_speech,
        mean_log_probability=log_probability,
        tokens=4,
        complete=True,
    )
    monkeypatch.setattr(tiny, "_draft", lambda *_: made_up)
    heard = tiny.transcribe(say(SENTENCE), language="en", is_cancelled=never)
    assert heard.text == ""
    assert len(heard.refused) == 1


@pytest.mark.parametrize(
    ("text", "word", "times"),
    [
        ("Stop.", "stop", 12),
        ("Hello?", "hello", 8),
        ("Turn on the light.", "light", 4),
        ("Where are you?", "where", 6),
        ("Wait.", "wait", 10),
    ],
)
def test_words_that_are_repeated_on_purpose_are_written_down_about_as_often(
    text: str, word: str, times: int, base: FasterWhisperTranscriber, say: Callable[[str], Pcm]
) -> None:
    takes = [base.transcribe(np.concatenate([say(text)] * times), language="en", is_cancelled=never) for _ in range(3)]
    written = sorted(words(heard.text).count(word) for heard in takes)
    # The decoder goes in circles on its own as well, and words that are aligned with the pauses between two copies are not told from them.
    assert times * 0.6 <= written[1] <= times * 1.6, written
    assert [heard.refused for heard in takes] == [()] * 3


def test_one_of_several_repetitions_is_not_the_whole_text(
    base: FasterWhisperTranscriber, say: Callable[[str], Pcm], monkeypatch: pytest.MonkeyPatch
) -> None:
    drafted = base._draft

    def once(encoded: StorageView, language: str, budget: int, context: str = "") -> Draft:
        if budget == MOST_TOKENS:  # the long window
            return drafted(encoded, language, budget, context)
        return Draft(
            text="Where are you?",
            no_speech_probability=0.2,
            mean_log_probability=-0.4,
            tokens=4,
            complete=True,
            ids=(2305, 366, 291, 30),
        )

    monkeypatch.setattr(base, "_draft", once)
    heard = base.transcribe(np.concatenate([say("Where are you?")] * 6), language="en", is_cancelled=never)
    assert words(heard.text).count("where") >= 4


@pytest.mark.parametrize("text", ["Stop.", "Hello?", "No."])
def test_what_is_said_three_times_is_believed(
    text: str, base: FasterWhisperTranscriber, say: Callable[[str], Pcm]
) -> None:
    takes = [base.transcribe(np.concatenate([say(text)] * 3), language="en", is_cancelled=never) for _ in range(4)]
    assert sum(heard.text != "" for heard in takes) >= 3


@pytest.mark.parametrize("text", ["See you next time.", "How do I make people like and subscribe?"])
def test_what_noise_is_often_taken_for_is_believed_when_it_was_said(
    text: str, base: FasterWhisperTranscriber, say: Callable[[str], Pcm]
) -> None:
    assert words(base.transcribe(say(text), language="en", is_cancelled=never).text) == words(text)


def test_each_piece_of_a_long_utterance_is_asked_for_its_language(
    base: FasterWhisperTranscriber, say: Callable[[str], Pcm], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    answers = iter([("de", 0.9), ("en", 0.9)])

    def language(_: object) -> tuple[str, float]:
        answer = next(answers)
        asked.append(answer[0])
        return answer

    monkeypatch.setattr(base, "_language", language)
    noise = np.random.default_rng(1).normal(0, 300, 22 * RATE_HZ).astype(np.int16)
    heard = base.transcribe(
        np.concatenate([noise, silence(6 * RATE_HZ), say(SENTENCE)]), language=None, is_cancelled=never
    )
    assert asked == ["de", "en"]
    assert "mountains" in heard.text
    assert heard.language == "en"


def test_a_decoding_that_goes_wrong_is_tried_again_in_the_long_window(
    tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm], monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: list[int] = []
    draft = tiny._draft

    def circling(encoded: StorageView, language: str, budget: int) -> Draft:
        if len(windows) == 1:
            return Draft(
                text="five " * 9, no_speech_probability=0.1, mean_log_probability=-0.2, tokens=9, complete=False
            )
        return draft(encoded, language, budget)

    monkeypatch.setattr(tiny, "_encode", noting(windows, tiny._encode))
    monkeypatch.setattr(tiny, "_draft", circling)
    heard = tiny.transcribe(say(SENTENCE), language="en", is_cancelled=never)
    assert windows == [SHORTEST_WINDOW_SAMPLES, LONGEST_WINDOW_SAMPLES]
    assert "mountains" in heard.text


def test_a_guessed_language_gives_way_to_the_one_last_spoken(
    base: FasterWhisperTranscriber, say: Callable[[str], Pcm], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Unsure:
        def detect_language(self, _: object) -> list[list[tuple[str, float]]]:
            return [[("<|nn|>", 0.3), ("<|en|>", 0.2)]]

    base.transcribe(say(SENTENCE), language=None, is_cancelled=never)
    monkeypatch.setattr(base, "_model", Unsure())
    assert base._language(None) == ("en", 0.2)  # type: ignore[arg-type] # it is not looked at


def test_a_language_it_does_not_know_is_refused(tiny: FasterWhisperTranscriber, base: FasterWhisperTranscriber) -> None:
    with pytest.raises(TranscriptionFailed, match="only English"):
        tiny.transcribe(silence(RATE_HZ), language="de", is_cancelled=never)
    with pytest.raises(TranscriptionFailed, match="xx"):
        base.transcribe(silence(RATE_HZ), language="xx", is_cancelled=never)


def test_a_failure_of_the_engine_fails_the_utterance_only(
    tiny: FasterWhisperTranscriber, say: Callable[[str], Pcm], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patched:
        patched.setattr(tiny, "_encoded", broken)
        with pytest.raises(TranscriptionFailed, match="out of memory"):
            tiny.transcribe(say(SENTENCE), language="en", is_cancelled=never)
    assert tiny.transcribe(say(SENTENCE), language="en", is_cancelled=never).text


@pytest.mark.parametrize("missing", ["model.bin", "tokenizer.json", "config.json"])
def test_an_incomplete_model_is_refused_before_anything_is_looked_up(missing: str, tmp_path: Path) -> None:
    for name in {"model.bin", "tokenizer.json", "config.json"} - {missing}:
        (tmp_path / name).write_bytes(b"{}")
    with pytest.raises(ModelNotFound, match=missing):
        FasterWhisperTranscriber(tmp_path, name="broken", device="cpu", threads=1)


def test_a_damaged_model_is_refused(
    tmp_path: Path, model_path: Callable[[str, str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    for file in model_path("stt", "whisper-tiny.en").iterdir():
        shutil.copy(file, tmp_path)
    whole = (tmp_path / "model.bin").read_bytes()
    (tmp_path / "model.bin").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(ModelInvalid, match="damaged"):
        FasterWhisperTranscriber(tmp_path, name="broken", device="cpu", threads=1)
    assert capfd.readouterr() == ("", "")


def test_a_graphics_card_that_is_not_there_is_said_so(
    model_path: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicecli.engines.whisper_loading.cuda_for_stt", lambda: False)
    with pytest.raises(EngineNotInstalled, match="graphics card"):
        FasterWhisperTranscriber(model_path("stt", "whisper-tiny.en"), name="tiny.en", device="cuda", threads=1)


def test_words_have_their_times_within_a_fifth_of_a_second(joe: PiperSpeaker, base: FasterWhisperTranscriber) -> None:
    """The reference is the voice, which knows when it speaks each word."""
    import soxr

    errors: list[float] = []
    for text in (
        "The capital of France is Paris, and that of Spain is Madrid.",
        "Please put the red book on the table, then open the window and close the door.",
    ):
        truth: list[SpokenWord] = []
        spoken = np.concatenate(list(joe.speak(text, is_cancelled=lambda: False, on_words=truth.extend)))
        sound = to_pcm(np.asarray(soxr.resample(to_float(spoken), joe.rate_hz, RATE_HZ), dtype=np.float32))
        lead = RATE_HZ // 2
        found = base.word_times(np.concatenate([silence(lead), sound, silence(lead)]), text, language="en")
        assert [text[word.start : word.end] for word in found] == text.split()
        assert all(before.to_sample <= after.from_sample for before, after in pairwise(found))
        errors += [
            abs((word.from_sample - lead) / RATE_HZ - told.from_sample / joe.rate_hz)
            for word, told in zip(found, truth, strict=True)
        ]
    assert np.median(errors) < 0.1
    assert np.quantile(errors, 0.9) < 0.2
