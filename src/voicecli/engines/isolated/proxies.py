"""The engines as the conversation sees them: each implements its port, and a process of its own does the work."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from voicecli.engines.isolated import codec
from voicecli.engines.isolated.connection import CrashedError, EngineProcess
from voicecli.engines.isolated.supervisor import WHAT, EngineSupervisor, Plan, Tell, how
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
from voicecli.engines.registry import ENGINES, Kind, engine_of
from voicecli.errors import GenerationFailed, ModelError, SynthesisFailed, TranscriptionFailed

if TYPE_CHECKING:
    from voicecli.engines.isolated.fields import Fields, MessageFields
    from voicecli.pcm import Pcm


def _never() -> bool:
    return False


def _nice() -> int:
    """Returns the niceness of the calling thread. Its work in another process gets the same niceness."""
    if sys.platform != "linux":
        return 0
    with contextlib.suppress(OSError):
        return max(0, os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    return 0


class _Remote:
    """The base of all proxies: an engine with a supervisor. Releasing the engine ends the process."""

    def __init__(self, keeper: EngineSupervisor) -> None:
        self._keeper = keeper
        weakref.finalize(self, keeper.let_go)
        keeper.start()

    @property
    def name(self) -> str:
        """The model's name as shown to a user."""
        return self._keeper.about["name"]

    @property
    def device(self) -> Device:
        """The device it runs on."""
        return self._keeper.about["device"]

    def close(self) -> None:
        """Ends its process. May be called twice; no other method may be called after it."""
        self._keeper.close()


class RemoteTranscriber(_Remote):
    """A `Transcriber` in a process of its own."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        super().__init__(EngineSupervisor(plan, failure=TranscriptionFailed, tell=tell, warm=_warm_up))

    def warm_up(self) -> None:
        """Does one real inference."""
        self._keeper.ask({"do": "warm_up"})

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        """Transcribes an utterance; see `Transcriber.transcribe`."""
        request: Fields = {"do": "transcribe", "language": language, "context": context, "nice": _nice()}
        answer = self._keeper.ask(request, utterance, is_cancelled=is_cancelled)
        if answer is None:
            return _nothing_heard(language)
        return codec.to_transcription(answer["heard"])

    def word_times(self, utterance: Pcm, text: str, *, language: str) -> list[SpokenWord]:
        """Returns when the words of `text` were said; see `WordTimer.word_times`."""
        answer = self._keeper.ask({"do": "word_times", "text": text, "language": language}, utterance)
        assert answer is not None  # noqa: S101 - it was not cancelled
        return codec.to_words(answer["words"])


class RemoteTurnDetector(_Remote):
    """A `TurnDetector` in a process of its own. One that cannot be kept running is closed, because a conversation works without it."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        super().__init__(EngineSupervisor(plan, failure=ModelError, tell=tell))

    def probability(self, utterance: Pcm) -> float:
        """Returns how likely the person has finished; see `TurnDetector.probability`."""
        try:
            answer = self._keeper.ask({"do": "probability", "nice": _nice()}, utterance)
        except Exception:
            self.close()  # the session goes on without it
            raise
        assert answer is not None  # noqa: S101 - it was not cancelled
        return float(answer["probability"])


class RemoteChatModel(_Remote):
    """A `ChatModel` in a process of its own. After a crash it reads the newest conversation again while nobody waits."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self._read: list[MessageFields] = []
        self._token_ms = 0.0
        self._hit_limit = False
        keeper = EngineSupervisor(plan, failure=GenerationFailed, tell=tell)
        super().__init__(keeper)
        read = weakref.WeakMethod(self._prime_again)

        def prime_again(process: EngineProcess) -> None:
            if (prime := read()) is not None:
                prime(process)

        keeper.warm = prime_again

    @property
    def call_style(self) -> CallStyle:
        """How it calls tools."""
        return self._keeper.about.get("call_style", "chosen")

    @property
    def context_tokens(self) -> int:
        """How many tokens the prompt and the reply may have together."""
        return self._keeper.about["context_tokens"]

    @property
    def token_ms(self) -> float:
        """The recent average time to generate a token, in ms."""
        return self._token_ms

    @property
    def hit_limit(self) -> bool:
        """Whether the last reply ended because it reached its limit."""
        return self._hit_limit

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Returns how many tokens `messages` take."""
        answer = self._keeper.ask({"do": "count_tokens", "messages": codec.from_messages(messages)})
        assert answer is not None  # noqa: S101 - it was not cancelled
        return answer["tokens"]

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Reads the beginning of a conversation into the cache."""
        self._read = codec.from_messages(messages)
        self._keep(self._keeper.ask({"do": "prime", "messages": self._read, "nice": _nice()}))

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        """Reads a conversation, whose last message may still grow, into the cache."""
        request: Fields = {"do": "read_ahead", "messages": codec.from_messages(messages)}
        self._keep(self._keeper.ask(request, is_cancelled=is_cancelled))

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        """Generates the next reply; see `ChatModel.reply`. After a crash a reply is begun anew only if no part of it was yielded yet."""
        self._read = codec.from_messages(messages[:-1])
        request: Fields = {
            "do": "reply",
            "messages": codec.from_messages(messages),
            "sampling": codec.from_sampling(sampling),
        }
        self._hit_limit = False
        given, crashed = False, False
        while (process := self._keeper.running(is_cancelled)) is not None:
            try:
                for frame in self._keeper.stream(process, request, is_cancelled):
                    self._keep(frame.fields)
                    if not frame.fields.get("end"):
                        given = True
                        yield frame.fields["text"]
            except CrashedError as error:
                self._keeper.lost(process)
                if given:
                    message = f"The language model {how(process)} in the middle of the answer."
                    raise GenerationFailed(message, "Ask again.") from error
                if crashed:
                    raise self._keeper.died_again(process) from error
                crashed = True
            else:
                return

    def _keep(self, fields: Fields | None) -> None:
        if fields is not None:
            self._token_ms = fields.get("token_ms", self._token_ms)
            self._hit_limit = fields.get("hit_limit", self._hit_limit)

    def _prime_again(self, process: EngineProcess) -> None:
        if self._read:
            process.ask({"do": "prime", "messages": self._read}, None, _never)


class RemoteVoice(_Remote):
    """A `Voice` in a process of its own. After a crash it continues the sentence at about the place where it stopped."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        super().__init__(EngineSupervisor(plan, failure=SynthesisFailed, tell=tell, warm=_warm_up))

    @property
    def rate_hz(self) -> int:
        """The sample rate of what `speak` yields, in Hz."""
        return self._keeper.about["rate_hz"]

    @property
    def language(self) -> str:
        """The language it speaks."""
        return self._keeper.about["language"]

    def warm_up(self) -> None:
        """Does one real synthesis."""
        self._keeper.ask({"do": "warm_up"})

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        """Speaks `text`; see `Voice.speak`. Sound that was yielded before a crash is not yielded again."""
        request: Fields = {"do": "speak", "text": text, "speed": speed, "within": codec.from_within(within)}
        given = told = 0
        crashed = False
        while (process := self._keeper.running(is_cancelled)) is not None:
            made = 0
            try:
                for frame in self._keeper.stream(process, request, is_cancelled):
                    if frame.sound is not None:
                        made += len(frame.sound)
                        rest = frame.sound[len(frame.sound) - max(0, made - given) :]
                        given = max(given, made)
                        if len(rest):
                            yield rest
                    elif on_words is not None and (words := _new(frame.fields, told)):
                        told = words[-1].end
                        on_words(words)
            except CrashedError as error:
                self._keeper.lost(process)
                if crashed:
                    raise self._keeper.died_again(process) from error
                crashed = True
            else:
                return


def _new(fields: Fields, told: int) -> list[SpokenWord]:
    """Returns the words of a frame that begin after the last word reported so far."""
    return [word for word in codec.to_words(fields.get("words", ())) if word.start >= told]


def _warm_up(process: EngineProcess) -> None:
    process.ask({"do": "warm_up"}, None, _never)


def _nothing_heard(language: str | None) -> Transcription:
    return Transcription(
        text="",
        language=language or "en",
        language_probability=0.0,
        no_speech_probability=0.0,
        mean_log_probability=0.0,
    )


class Apart:
    """Makes engines in processes of their own, with the arguments of `engines.registry`.

    Args:
        tell: Called with one sentence when one of them has died.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def make_turn_detector(self, path: Path, *, threads: int = 1, engine: str = "") -> RemoteTurnDetector:
        """Makes the turn detector from the file or folder `path`; raises `ModelError`."""
        return RemoteTurnDetector(_plan("turn", engine, path=str(path), threads=threads), self._tell)

    def make_transcriber(
        self, path: Path, *, name: str, device: Device, threads: int, engine: str = ""
    ) -> RemoteTranscriber:
        """Makes the recogniser from the folder `path`; raises `ModelError`."""
        plan = _plan("stt", engine, path=str(path), name=name, device=device, threads=threads)
        return RemoteTranscriber(plan, self._tell)

    def make_chat_model(
        self, path: Path, *, name: str, device: Device, threads: int, context_tokens: int, engine: str = ""
    ) -> RemoteChatModel:
        """Makes the language model from the file or folder `path`; raises `ModelError`."""
        plan = _plan(
            "llm",
            engine,
            path=str(path),
            name=name,
            device=device,
            threads=threads,
            context_tokens=context_tokens,
        )
        return RemoteChatModel(plan, self._tell)

    def make_voice(
        self, path: Path, *, name: str, threads: int, speaker: str | None = None, engine: str = ""
    ) -> RemoteVoice:
        """Makes the voice from the file or folder `path`; raises `ModelError`."""
        plan = _plan("voice", engine, path=str(path), name=name, threads=threads, speaker=speaker)
        return RemoteVoice(plan, self._tell)


def _plan(kind: Kind, engine: str, **given: str | int | None) -> Plan:
    log, level = _log()
    return Plan(
        what=WHAT[kind],
        target=ENGINES[kind, engine_of(kind, engine)],
        given=given,
        log=log,
        log_level=level,
    )


def _log() -> tuple[str | None, int]:
    """Returns the file that the conversation logs into, and the lowest level that is logged."""
    logger = logging.getLogger("voicecli")
    files = [handler.baseFilename for handler in logger.handlers if isinstance(handler, logging.FileHandler)]
    return (files[0] if files else None), logger.getEffectiveLevel()
