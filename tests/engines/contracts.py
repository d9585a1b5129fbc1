"""What every engine of a kind must do, fake or real. The classes are collected in the test modules that derive from them."""

from __future__ import annotations

import numpy as np

from voicecli.engines.ports import (
    ChatMessage,
    ChatModel,
    IsCancelled,
    Sampling,
    SpokenWord,
    Transcriber,
    Voice,
    VoiceDetector,
)
from voicecli.pcm import BLOCK_SAMPLES, Pcm, silence
from voicecli.speech.word_timing import spans

SYSTEM = ChatMessage(role="system", content="You answer in one short sentence.")
QUESTION = ChatMessage(role="user", content="Name a colour.")
SAMPLING = Sampling(temperature=0.0, max_tokens=12)


def never() -> bool:
    return False


def always() -> bool:
    return True


def after(calls: int) -> IsCancelled:
    """Becomes true after it was asked so many times."""
    asked = 0

    def is_cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > calls

    return is_cancelled


class VoiceDetectorContract:
    def detector(self) -> VoiceDetector:
        raise AssertionError("the deriving class makes one")

    def test_a_score_is_a_probability(self) -> None:
        detector = self.detector()
        scores = [detector.score(silence(BLOCK_SAMPLES)) for _ in range(5)]
        assert all(0.0 <= score <= 1.0 for score in scores)

    def test_it_can_be_reset(self) -> None:
        detector = self.detector()
        detector.reset()
        assert 0.0 <= detector.score(silence(BLOCK_SAMPLES)) <= 1.0


class TranscriberContract:
    def transcriber(self) -> Transcriber:
        raise AssertionError("the deriving class makes one")

    def speech(self) -> Pcm:
        raise AssertionError("the deriving class makes some")

    def test_it_says_who_and_where_it_is(self) -> None:
        transcriber = self.transcriber()
        assert transcriber.name
        assert transcriber.device in {"cpu", "cuda", "server"}

    def test_it_writes_stripped_text_in_the_language_asked_for(self) -> None:
        heard = self.transcriber().transcribe(self.speech(), language="en", is_cancelled=never)
        assert heard.text == heard.text.strip() != ""
        assert heard.language == "en"
        assert 0.0 <= heard.language_probability <= 1.0
        assert 0.0 <= heard.no_speech_probability <= 1.0
        assert heard.mean_log_probability <= 0.0

    def test_cancelled_it_gives_no_text(self) -> None:
        assert not self.transcriber().transcribe(self.speech(), language="en", is_cancelled=always).text


class ChatModelContract:
    def model(self) -> ChatModel:
        raise AssertionError("the deriving class makes one")

    def test_it_says_who_and_where_it_is(self) -> None:
        model = self.model()
        assert model.name
        assert model.device in {"cpu", "cuda", "server"}
        assert model.context_tokens > 0

    def test_a_longer_conversation_has_more_tokens(self) -> None:
        model = self.model()
        assert 0 < model.count_tokens([SYSTEM]) < model.count_tokens([SYSTEM, QUESTION])

    def test_a_reply_comes_in_pieces_none_of_them_empty(self) -> None:
        pieces = list(self.model().reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=never))
        assert pieces
        assert all(pieces)

    def test_it_can_be_primed_first(self) -> None:
        model = self.model()
        model.prime([SYSTEM])
        assert list(model.reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=never))

    def test_cancelled_it_ends(self) -> None:
        assert not list(self.model().reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=always))

    def test_cancelled_after_a_few_pieces_it_ends_there(self) -> None:
        whole = list(self.model().reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=never))
        cut = list(self.model().reply([SYSTEM, QUESTION], sampling=SAMPLING, is_cancelled=after(3)))
        assert len(cut) < len(whole)
        assert "".join(whole).startswith("".join(cut))


class VoiceContract:
    def voice(self) -> Voice:
        raise AssertionError("the deriving class makes one")

    def test_it_says_who_it_is_and_how_fast_it_plays(self) -> None:
        voice = self.voice()
        assert voice.name
        assert 8_000 <= voice.rate_hz <= 48_000

    def test_it_speaks_in_chunks_of_mono_sound(self) -> None:
        voice = self.voice()
        chunks = list(voice.speak("Good morning, how are you?", is_cancelled=never))
        assert all(chunk.dtype == np.int16 and chunk.ndim == 1 and len(chunk) for chunk in chunks)
        assert 0.5 < sum(map(len, chunks)) / voice.rate_hz < 10.0
        assert max(int(np.abs(chunk.astype(int)).max()) for chunk in chunks) > 1000

    def test_a_text_without_anything_to_say_gives_no_sound(self) -> None:
        voice = self.voice()
        for text in ("", " ", "...", "?!", "\n", "🙂", "[[ ]]"):
            assert not list(voice.speak(text, is_cancelled=never)), text

    def test_cancelled_it_gives_no_sound(self) -> None:
        assert not list(self.voice().speak("Good morning.", is_cancelled=always))

    def test_cancelled_after_the_first_chunk_it_ends(self) -> None:
        voice = self.voice()
        text = "Good morning, this is a sentence that is long enough to be made in several pieces."
        chunks: list[Pcm] = []
        for chunk in voice.speak(text, is_cancelled=lambda: bool(chunks)):
            chunks.append(chunk)  # noqa: PERF402 - the next chunk depends on it
        assert len(chunks) == 1
        assert len(chunks[0]) < voice.rate_hz

    def test_when_words_sound_is_told_in_order_within_the_sound_or_not_at_all(self) -> None:
        voice = self.voice()
        text = "Good morning, how are you? I am well: in 1908 it was 5 % of the time."
        told: list[SpokenWord] = []
        samples = sum(map(len, voice.speak(text, is_cancelled=never, on_words=told.extend)))
        words = [text[word.start : word.end] for word in told]
        assert words in ([], [text[start:end] for start, end in spans(text)])
        times = [sample for word in told for sample in (word.from_sample, word.to_sample)]
        assert times == sorted(times)
        assert all(0 <= sample <= samples for sample in times)
