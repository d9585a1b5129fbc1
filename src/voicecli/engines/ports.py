"""What the pipeline asks of an engine: five small contracts, without any engine in them.

All engines are owned by the one thread that calls them and are not thread-safe. All of them see of a turn only
`is_cancelled`, a function that may be called often and from any thread. Foreign exceptions never cross these borders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from voicecli.pcm import Pcm
from voicecli.speech.phantom import Doubt

IsCancelled: TypeAlias = Callable[[], bool]
Role: TypeAlias = Literal["system", "user", "assistant"]
Device: TypeAlias = Literal["cpu", "cuda"]


class VoiceDetector(Protocol):
    """Says how likely the newest block of sound holds speech. Keeps state between blocks."""

    def score(self, block: Pcm) -> float:
        """Takes the next block, shape (BLOCK_SAMPLES,) at 16 kHz; gives the probability of speech, 0.0 to 1.0."""
        ...

    def reset(self) -> None:
        """Forgets what it has heard, as for a new stream."""
        ...


class TurnDetector(Protocol):
    """Says how likely a person who has fallen silent has finished."""

    def probability(self, utterance: Pcm) -> float:
        """Takes what was said so far, shape (n,) at 16 kHz, with the silence after it; gives 0.0 to 1.0."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A part of an utterance whose text was not believed.

    Attributes:
        from_sample: Where the part begins in the utterance, in samples at 16 kHz.
        to_sample: Where it ends.
        because: Why.
    """

    from_sample: int
    to_sample: int
    because: Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """What a recogniser made of an utterance.

    Attributes:
        text: What was said, stripped; empty when nothing was recognised or the recogniser was cancelled.
        language: ISO 639-1 code of the language recognised or asked for; where there are several, that of most of the text.
        language_probability: 0.0 to 1.0; 1.0 when the language was asked for.
        no_speech_probability: 0.0 to 1.0, highest of the segments; Whisper's own guess that there was no speech at all.
        mean_log_probability: Mean log probability of the tokens, 0.0 at best.
        refused: What was left out because nobody seems to have said it, in order.
    """

    text: str
    language: str
    language_probability: float
    no_speech_probability: float
    mean_log_probability: float
    refused: tuple[Refused, ...] = ()


class Transcriber(Protocol):
    """Speech to text."""

    @property
    def name(self) -> str:
        """The model, in words for a user: `base`."""
        ...

    @property
    def device(self) -> Device:
        """Where it runs."""
        ...

    def warm_up(self) -> None:
        """Does one real inference, so that the first utterance is not the slow one."""
        ...

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        """Writes down what was said, and leaves out what nobody said (`speech.phantom`): the text is empty when all of it was such.

        Args:
            utterance: Shape (n,) at 16 kHz, any length.
            language: ISO 639-1 code, or None to find out.
            is_cancelled: Asked between segments.
            context: What was said before, by anybody, the newest last: its names and its matter are the likelier to come again. Empty for none.

        Raises:
            TranscriptionFailed: The engine failed on this utterance; it can be used for the next one.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """When a word sounds.

    Attributes:
        start: Offset of its first character in the text that is said.
        end: Offset behind its last one.
        from_sample: Its first sample, counted from the beginning of the text's sound.
        to_sample: The one behind its last.
    """

    start: int
    end: int
    from_sample: int
    to_sample: int


@runtime_checkable
class WordTimer(Protocol):
    """A recogniser that can tell when words were said."""

    def word_times(self, utterance: Pcm, text: str, *, language: str) -> Sequence[SpokenWord]:
        """When the words of `text` were said.

        Args:
            utterance: Shape (n,) at 16 kHz, at most 29 s.
            text: What the recogniser wrote of it.
            language: ISO 639-1 code of its language.

        Returns:
            Each word once, in order, marks and quotation marks with the word they belong to; in samples of `utterance`.

        Raises:
            TranscriptionFailed: The engine failed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message of a conversation, as a language model sees it."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is chosen.

    Attributes:
        temperature: 0.0 always takes the likeliest token.
        top_p: Nucleus, 0.0 to 1.0.
        repeat_penalty: 1.0 is none.
        max_tokens: Longest reply in tokens.
        seed: The same seed, prompt and settings give the same reply.
    """

    temperature: float = 0.6
    top_p: float = 0.9
    repeat_penalty: float = 1.1
    max_tokens: int = 320
    seed: int = 0


class ChatModel(Protocol):
    """A conversation in, the next reply out, token by token."""

    @property
    def name(self) -> str:
        """The model, in words for a user: `qwen2.5-coder-0.5b`."""
        ...

    @property
    def device(self) -> Device:
        """Where it runs."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens of prompt and reply fit in together."""
        ...

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """How many tokens `messages` take with the model's chat template, the opening of the reply included."""
        ...

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Reads the beginning of a conversation into the cache with a real inference, so that the first reply is not the slow one."""
        ...

    @property
    def token_ms(self) -> float:
        """How long it has taken to write a token, lately; 0.0 before any was written."""
        ...

    @property
    def hit_limit(self) -> bool:
        """Whether the last reply ended because it had reached its longest length or the context was full; it may end in the middle of a word."""
        ...

    def close(self) -> None:
        """Frees its memory; may be called twice, and nothing else after it."""
        ...

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        """Reads a conversation into the cache whose last message, the user's, may still grow, so that the reply to it begins sooner.

        Raises:
            GenerationFailed: The engine failed.
        """
        ...

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        """Generates the next reply.

        Args:
            messages: The conversation, the system message first, the user's message last.
            sampling: How tokens are chosen.
            is_cancelled: Asked before every token; when true the iterator ends.

        Yields:
            Pieces of text whose concatenation is the reply; never empty, never half a character, never a special token. What a model writes
            for itself before it answers is no part of the reply.

        Raises:
            GenerationFailed: The prompt does not fit the context, or the engine failed; it can be used for the next prompt.
        """
        ...


OnWords: TypeAlias = Callable[[Sequence[SpokenWord]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The position of a text within a longer sentence.

    Attributes:
        before: The words directly before it, already spoken. Empty at the beginning of a sentence, and where the text starts a new melody.
        joined: Whether the text follows `before` without a pause.
        goes_on: Whether the sentence continues after the text without a pause, with words that are not known yet.
    """

    before: str = ""
    joined: bool = False
    goes_on: bool = False


ALONE = Within()
"""The position of a text that is complete by itself."""


class Voice(Protocol):
    """Text to speech."""

    @property
    def name(self) -> str:
        """The voice, in words for a user: `en_US-joe-medium`."""
        ...

    @property
    def rate_hz(self) -> int:
        """Rate of what `speak` yields."""
        ...

    @property
    def language(self) -> str:
        """What it speaks, as an ISO 639-1 code, with a region where it has one: `de`, `en-gb`."""
        ...

    def warm_up(self) -> None:
        """Does one real synthesis, so that the first sentence is not the slow one."""
        ...

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        """Says `text`.

        Args:
            text: One speakable piece (a clause or sentence), already free of markup.
            is_cancelled: Asked between chunks; when true the iterator ends.
            on_words: Told when the next words sound as soon as that is known, in order, each word once, in the thread that iterates. A voice
                that does not know never calls it.
            speed: 2.0 is twice as fast, at the same pitch; from 0.5 to 3.0.
            within: Where in its sentence the text stands. A voice adapts its tone and its pauses to that as far as it can; it says `text` only.

        Yields:
            Chunks of sound at `rate_hz`, shape (n,), to be played one after the other; none where the text has nothing to say.

        Raises:
            SynthesisFailed: The engine failed on this text; it can be used for the next one.
        """
        ...
