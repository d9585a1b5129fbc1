"""Engines that follow a script. They implement the ports, and fail if the script is overrun or not finished."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from voicecli.engines.ports import (
    ALONE,
    CallStyle,
    ChatMessage,
    Device,
    IsCancelled,
    OnWords,
    Sampling,
    SpokenWord,
    Transcription,
    Within,
)
from voicecli.errors import VoiceCliError
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, samples_of
from voicecli.speech.word_timing import spans


class ScriptError(BaseException):
    """A fake was asked for more or less than its script contains. It is not an `Exception`, so that no session can handle it silently."""


class _Scripted:
    """Counts the used steps of a script. As a context manager it checks at the end that all were used."""

    def __init__(self, what: str, steps: int) -> None:
        self._what = what
        self._steps = steps
        self._taken = 0

    def _next(self) -> int:
        if self._taken >= self._steps:
            raise ScriptError(f"{self._what} has a script of {self._steps} and was asked for one more")
        self._taken += 1
        return self._taken - 1

    def done(self) -> None:
        """Fails if a part of the script was not used."""
        if self._taken != self._steps:
            raise ScriptError(f"{self._what} has a script of {self._steps}, of which {self._taken} were used")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.done()


class ScriptedDetector(_Scripted):
    """A voice detector that returns the given probabilities, one per block. `reset` does not restart the script."""

    def __init__(self, probabilities: Sequence[float]) -> None:
        super().__init__("the detector", len(probabilities))
        self._probabilities = tuple(probabilities)
        self.resets = 0

    def score(self, block: Pcm) -> float:
        if block.shape != (BLOCK_SAMPLES,):
            raise ScriptError(f"a block has the shape {block.shape}")
        return self._probabilities[self._next()]

    def reset(self) -> None:
        self.resets += 1


class ScriptedTurnDetector(_Scripted):
    """A turn detector that returns the given probabilities, one per call."""

    def __init__(self, probabilities: Sequence[float]) -> None:
        super().__init__("the turn detector", len(probabilities))
        self._probabilities = tuple(probabilities)

    def probability(self, utterance: Pcm) -> float:  # noqa: ARG002 - the port's signature
        return self._probabilities[self._next()]


def heard(text: str, *, language: str = "en", no_speech: float = 0.02, log_probability: float = -0.2) -> Transcription:
    """A transcription as a recogniser returns it for clear speech."""
    return Transcription(
        text=text,
        language=language,
        language_probability=0.99,
        no_speech_probability=no_speech,
        mean_log_probability=log_probability,
    )


class ScriptedTranscriber(_Scripted):
    """A recogniser that returns the given texts, whatever the sound. An error in the script is raised."""

    def __init__(self, script: Sequence[str | Transcription | VoiceCliError]) -> None:
        super().__init__("the transcriber", len(script))
        self._script = tuple(script)
        self.utterances: list[Pcm] = []
        self.languages: list[str | None] = []
        self.contexts: list[str] = []
        self.warm = False

    @property
    def name(self) -> str:
        return "scripted"

    @property
    def device(self) -> Device:
        return "cpu"

    def warm_up(self) -> None:
        self.warm = True

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        step = self._script[self._next()]
        self.utterances.append(utterance)
        self.languages.append(language)
        self.contexts.append(context)
        if isinstance(step, VoiceCliError):
            raise step
        result = heard(step, language=language or "en") if isinstance(step, str) else step
        return dataclasses.replace(result, text="") if is_cancelled() else result


@dataclass(frozen=True, slots=True)
class Prompt:
    """The input of one call of a chat model."""

    messages: tuple[ChatMessage, ...]
    sampling: Sampling


LIMIT = "(limit)"
"""Put at the end of a scripted reply that reached the length limit."""


class ScriptedChatModel(_Scripted):
    """A language model that answers with the given pieces. An error among them is raised.

    A token is a word. A reply that the caller stops reading counts as used. A reply that ends with `LIMIT` was ended by the length limit.
    """

    def __init__(
        self,
        replies: Sequence[Sequence[str | VoiceCliError]],
        *,
        context_tokens: int = 4096,
        call_style: CallStyle = "chosen",
    ) -> None:
        super().__init__("the chat model", len(replies))
        self._replies = tuple(tuple(reply) for reply in replies)
        self._context_tokens = context_tokens
        self.call_style = call_style
        self.prompts: list[Prompt] = []
        self.primed: list[tuple[ChatMessage, ...]] = []
        self.read: list[tuple[ChatMessage, ...]] = []
        self.pieces_given = 0
        self._hit_limit = False
        self.closed = False

    @property
    def name(self) -> str:
        return "scripted"

    @property
    def device(self) -> Device:
        return "cpu"

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return sum(1 + len(message.content.split()) for message in messages) + 1

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        self.primed.append(tuple(messages))

    def close(self) -> None:
        self.closed = True

    @property
    def token_ms(self) -> float:
        return 0.0

    @property
    def hit_limit(self) -> bool:
        return self._hit_limit

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        if not is_cancelled():
            self.read.append(tuple(messages))

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        script = self._replies[self._next()]
        self.prompts.append(Prompt(tuple(messages), sampling))
        return self._pieces(script, is_cancelled)

    def _pieces(self, script: Sequence[str | VoiceCliError], is_cancelled: IsCancelled) -> Iterator[str]:
        self._hit_limit = False
        for piece in script:
            if is_cancelled():
                return
            if piece is LIMIT:
                self._hit_limit = True
                return
            if isinstance(piece, VoiceCliError):
                raise piece
            self.pieces_given += 1
            yield piece


class ReadyModel:
    """The methods of a language model other than `reply`, for fakes that make up their answers: a token is a word, and nothing is cached."""

    name = "ready"
    device: Device = "cpu"
    call_style: CallStyle = "chosen"
    context_tokens = 4096
    token_ms = 0.0
    hit_limit = False

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return sum(len(message.content.split()) for message in messages)

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Does nothing, because there is no prefix cache."""

    def close(self) -> None:
        """Does nothing, because there is nothing to free."""

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        """Does nothing, because there is no prefix cache."""


class ToneVoice:
    """A voice that hums a tone whose length depends on the text, in chunks, so that tests can tell how much of a text was played.

    Args:
        ms_per_character: Length of a character.
        word_ms: Length of every word, whatever its number of characters. With it, the voice reports the times of its words; without it, not.
        chunk_ms: Length of a chunk. The last chunk of a text has the rest.
        fail_on: A text, and the error to raise for it.
        name: The name of the voice.
        hz: The frequency of the tone.
    """

    def __init__(
        self,
        *,
        ms_per_character: float = 60.0,
        word_ms: float | None = None,
        chunk_ms: float = 200.0,
        rate_hz: int = RATE_HZ,
        fail_on: tuple[str, VoiceCliError] | None = None,
        name: str = "tone",
        hz: float = 220.0,
        language: str = "en-us",
    ) -> None:
        self._language = language
        self._ms_per_character = ms_per_character
        self._word_samples = samples_of(word_ms, rate_hz) if word_ms is not None else None
        self._chunk_samples = samples_of(chunk_ms, rate_hz)
        self._rate_hz = rate_hz
        self._fail_on = fail_on
        self._name = name
        self._hz = hz
        self.texts: list[str] = []
        self.speeds: list[float] = []
        self.places: list[Within] = []
        self.chunks_given = 0
        self.warm = False

    @property
    def name(self) -> str:
        return self._name

    @property
    def language(self) -> str:
        return self._language

    @property
    def rate_hz(self) -> int:
        return self._rate_hz

    def warm_up(self) -> None:
        self.warm = True

    def samples_of(self, text: str) -> int:
        """The length of `text` in samples."""
        if self._word_samples is not None:
            return len(spans(text)) * self._word_samples
        return samples_of(self._ms_per_character * len(text), self._rate_hz) if any(map(str.isalnum, text)) else 0

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        self.texts.append(text)
        self.speeds.append(speed)
        self.places.append(within)
        if self._fail_on is not None and self._fail_on[0] == text:
            raise self._fail_on[1]
        total = round(self.samples_of(text) / speed)
        tone = (8000 * np.sin(2 * np.pi * self._hz * np.arange(total) / self._rate_hz)).astype(np.int16)
        for start in range(0, total, self._chunk_samples):
            if is_cancelled():
                return
            self.chunks_given += 1
            yield tone[start : start + self._chunk_samples]
            if on_words is not None and self._word_samples is not None and not start:
                on_words(self._words(text, round(self._word_samples / speed)))

    @staticmethod
    def _words(text: str, samples: int) -> list[SpokenWord]:
        return [
            SpokenWord(start=start, end=end, from_sample=n * samples, to_sample=(n + 1) * samples)
            for n, (start, end) in enumerate(spans(text))
        ]
