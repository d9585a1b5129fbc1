"""The interfaces between the pipeline and the engines, without any engine.

Each engine is owned by the one thread that calls it and is not thread-safe. All that an engine sees of a turn is
`is_cancelled`, a function that may be called often and from any thread. Foreign exceptions never cross these interfaces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from voicecli.pcm import Pcm
from voicecli.speech.answer_rules import Rules
from voicecli.speech.hallucination import Doubt

IsCancelled: TypeAlias = Callable[[], bool]
Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
"""`tool`: the result of a call. It is data, whatever it says."""

CallStyle: TypeAlias = Literal["format", "chosen"]
"""How a model calls tools: in its own format, or only where its tokens are restricted to valid calls."""

Device: TypeAlias = Literal["cpu", "cuda"]
Place: TypeAlias = Literal["cpu", "cuda", "server"]
"""Where a model runs: a device of this machine, or the user's own server."""


class VoiceDetector(Protocol):
    """Estimates how likely the newest block contains speech. It keeps state between blocks."""

    def score(self, block: Pcm) -> float:
        """Takes the next block, shape (BLOCK_SAMPLES,) at 16 kHz. Returns the probability of speech, 0.0 to 1.0."""
        ...

    def reset(self) -> None:
        """Resets the state, as for a new stream."""
        ...


class TurnDetector(Protocol):
    """Estimates how likely a person who has fallen silent has finished."""

    def probability(self, utterance: Pcm) -> float:
        """Takes the utterance so far, shape (n,) at 16 kHz, with the silence after it. Returns 0.0 to 1.0."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A part of an utterance whose text was rejected.

    Attributes:
        from_sample: Where the part begins in the utterance, in samples at 16 kHz.
        to_sample: Where it ends.
        because: The reason.
    """

    from_sample: int
    to_sample: int
    because: Doubt


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """The recognised text of an utterance.

    Attributes:
        text: The text, stripped; empty if nothing was recognised or the recogniser was cancelled.
        language: ISO 639-1 code of the recognised or requested language; with several, that of most of the text.
        language_probability: 0.0 to 1.0; 1.0 if the language was requested.
        no_speech_probability: 0.0 to 1.0, highest of the segments; Whisper's own estimate that there was no speech at all.
        mean_log_probability: Mean log probability of the tokens, 0.0 at best.
        refused: The parts that were left out because they do not seem to be speech, in order.
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
        """The model's name for users: `base`."""
        ...

    @property
    def device(self) -> Place:
        """Where it runs."""
        ...

    def warm_up(self) -> None:
        """Runs one real inference, so that the first utterance is not slow."""
        ...

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        """Transcribes an utterance, and leaves out text that nobody said (`speech.hallucination`). The result is empty if that is all of it.

        Args:
            utterance: Shape (n,) at 16 kHz, any length.
            language: ISO 639-1 code, or None to detect it.
            is_cancelled: Called between segments.
            context: What both sides said before, the newest last. Its names and topics are more likely to be recognised. Empty for none.

        Raises:
            TranscriptionFailed: The engine failed on this utterance; it can be used for the next one. A failure of a server is a `ServerError`, or
                `NetworkRefused` if the walls keep it from being asked.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """When a word is heard.

    Attributes:
        start: Offset of its first character in the spoken text.
        end: Offset behind its last character.
        from_sample: Its first sample, counted from the beginning of the text's sound.
        to_sample: The sample after its last.
    """

    start: int
    end: int
    from_sample: int
    to_sample: int


@runtime_checkable
class WordTimer(Protocol):
    """A recogniser that can report when words were said."""

    def word_times(self, utterance: Pcm, text: str, *, language: str) -> Sequence[SpokenWord]:
        """Returns when the words of `text` were said.

        Args:
            utterance: Shape (n,) at 16 kHz, at most 29 s.
            text: The recognised text.
            language: ISO 639-1 code of its language.

        Returns:
            Each word once, in order, with its marks and quotation marks; in samples of `utterance`.

        Raises:
            TranscriptionFailed: The engine failed.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSpec:
    """A tool that a model may call. `schema`: the JSON schema of its arguments, as JSON."""

    name: str
    description: str
    schema: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSpec:
    """A call that a model wrote. `arguments`: a JSON object."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One message of a conversation, as a language model sees it.

    Attributes:
        role: Who wrote it.
        content: Its text.
        tools: The tools that the model may call in its own format; for the system message.
        calls: The calls that the assistant made in this message.
        name: The tool whose result this is, for the role `tool`.
    """

    role: Role
    content: str
    tools: tuple[ToolSpec, ...] = ()
    calls: tuple[CallSpec, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How the next token is chosen.

    Attributes:
        temperature: 0.0 always takes the most likely token.
        top_p: Nucleus, 0.0 to 1.0.
        repeat_penalty: 1.0 is none.
        max_tokens: Longest reply in tokens.
        seed: The same seed, prompt and settings give the same reply.
        rules: What the whole answer keeps to; None for nothing. An engine does not look at it: `pipeline.rule_enforcement` does.
        grammar: The grammar that the reply follows, in llama.cpp's notation; empty for none. The most likely token that it allows is taken, whatever
            the temperature. An engine that cannot do that ignores it.
        favoured: A text with which a reply under a grammar may begin; empty for none.
        favour: How much more likely this beginning is made, in nats: another one is taken only if the model holds it for exp(favour) times as
            likely. Below 0.0 it is made less likely. An engine that ignores grammars ignores this, too.
    """

    temperature: float = 0.6
    top_p: float = 0.9
    repeat_penalty: float = 1.1
    max_tokens: int = 320
    seed: int = 0
    rules: Rules | None = None
    grammar: str = ""
    favoured: str = ""
    favour: float = 0.0


class ChatModel(Protocol):
    """Generates the next reply of a conversation, token by token."""

    @property
    def name(self) -> str:
        """The model's name for users: `qwen2.5-coder-0.5b`."""
        ...

    @property
    def device(self) -> Place:
        """Where it runs."""
        ...

    @property
    def call_style(self) -> CallStyle:
        """How it calls tools."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and reply may have together."""
        ...

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Returns how many tokens `messages` take with the model's chat template, including the opening of the reply."""
        ...

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Reads the beginning of a conversation into the cache with a real inference, so that the first reply is not slow."""
        ...

    @property
    def token_ms(self) -> float:
        """The recent mean time to write a token; 0.0 before the first."""
        ...

    @property
    def hit_limit(self) -> bool:
        """Whether the last reply ended because it reached its longest length or the context was full. It may end in the middle of a word."""
        ...

    def close(self) -> None:
        """Frees its memory. May be called twice. Nothing else may be called after it."""
        ...

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        """Reads a conversation into the cache so that its reply starts sooner. Its last message, the user's, may still grow.

        Raises:
            GenerationFailed: The engine failed.
        """
        ...

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        """Generates the next reply.

        Args:
            messages: The conversation, the system message first, the user's message last.
            sampling: How tokens are chosen.
            is_cancelled: Called before every token; when it returns True, the iterator ends.

        Yields:
            Pieces of text whose concatenation is the reply; never empty, never half a character, never a special token. A thought that a model writes
            before its answer is not part of the reply.

        Raises:
            GenerationFailed: The prompt does not fit into the context, or the engine failed; it can be used for the next prompt. A failure of a
                server is a `ServerError`, or `NetworkRefused` if the walls keep it from being asked.
        """
        ...


OnWords: TypeAlias = Callable[[Sequence[SpokenWord]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """The position of a text within a longer sentence.

    Attributes:
        before: The words directly before it, already spoken. Empty at the beginning of a sentence, and if the text starts a new melody.
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
        """The voice's name for users: `en_US-joe-medium`."""
        ...

    @property
    def rate_hz(self) -> int:
        """Rate of what `speak` yields."""
        ...

    @property
    def language(self) -> str:
        """Its language as an ISO 639-1 code, with a region if it has one: `de`, `en-gb`."""
        ...

    def warm_up(self) -> None:
        """Runs one real synthesis, so that the first sentence is not slow."""
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
        """Synthesizes `text`.

        Args:
            text: One speakable piece (a clause or sentence) without markup.
            is_cancelled: Called between chunks; when it returns True, the iterator ends.
            on_words: Called with the times of the next words as soon as they are known, in order, each word once, in the thread that iterates. A
                voice that does not know them never calls it.
            speed: 2.0 is twice as fast, at the same pitch; from 0.5 to 3.0.
            within: The position of the text in its sentence. A voice adapts its tone and its pauses to it as far as it can. It speaks only `text`.

        Yields:
            Consecutive chunks of sound at `rate_hz`, shape (n,); none if there is nothing to speak.

        Raises:
            SynthesisFailed: The engine failed on this text; it can be used for the next one. A failure of a server is a `ServerError`, or
                `NetworkRefused` if the walls keep it from being asked.
        """
        ...
