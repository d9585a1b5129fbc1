"""The stage that generates replies, translations and titles with the language model."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias, assert_never

from voicecli.background import TitleJob, TitleMade, TranslationTried, TrialJob
from voicecli.engines.ports import ChatMessage, ChatModel
from voicecli.messages import (
    ChunkReady,
    EngineExchanged,
    OldTurnsDropped,
    ReadAheadJob,
    ReplyComplete,
    ReplyText,
    RespondJob,
    SpeakJob,
)
from voicecli.pipeline.calling import calls_of, chosen, offered, reading
from voicecli.pipeline.chunk_timing import Heard, Urgency
from voicecli.pipeline.context_window import ContextWindow
from voicecli.pipeline.engine_slot import EngineSlot
from voicecli.pipeline.rule_enforcement import RuleEnforcer
from voicecli.pipeline.second_attempt import SecondAttempt
from voicecli.pipeline.sound_sink import SoundSink
from voicecli.pipeline.titles import title_for
from voicecli.pipeline.translating import Translating
from voicecli.speech.sentence_chunker import HASTY, Chunk, ChunkerConfig, Haste, SentenceChunker, finished_end, moved
from voicecli.tools.call_reader import CallReader
from voicecli.tools.definitions import Call, Tool
from voicecli.tools.fitting import signatures_of
from voicecli.tools.rounds import CallsWanted
from voicecli.tuning import ModelReleased

SLOW_TOKEN_MS = 25.0
"""A model that takes longer per token needs a quarter of a second or more for a first sentence."""

VOICE_FIRST_S = 0.5
"""The longest time a model lets the voice go first. If the voice fails, nothing waits for it longer."""

UNSURE_S = 0.01
"""How often a model that waits with an answer to words so far checks whether that answer was dropped."""

Delta: TypeAlias = tuple[str, Haste]
"""What a model wrote with one token, and the haste with which it was read."""

Ending: TypeAlias = Callable[[Sequence[ChatMessage], str, str], str]
"""Takes the messages, the reply, and its language, ISO 639-1."""

RespondResult: TypeAlias = (
    ReplyText
    | ChunkReady
    | SpeakJob
    | ReplyComplete
    | OldTurnsDropped
    | CallsWanted
    | ModelReleased
    | TranslationTried
    | TitleMade
)


class Respond:
    """Generates the next reply of a conversation: as text for the screen and as chunks for the voice.

    Args:
        model: The language model.
        reply_tokens: Room kept free in the context for the reply.
        voice_first: The playout, if the model and the voice compete for the same few cores. The model then waits until the first chunk is heard. Its
            next words are not needed before that chunk is over. It also waits with the answer to words so far, after the first token, until these
            words are known to be all.
        spoken_language: Returns the language of the voice, in which code and tables are announced; None without a voice.
        heard: The playout, which knows when the voice will run out of text; None without a voice.
        clock: Seconds, for cutting a chunk whose end cannot be waited for; None if chunks must not depend on time.
        expect: Called with the language in which the next answer is expected, so that its voice can be loaded meanwhile.
        ending: Returns what is added to a complete answer, such as the place it was taken from; empty for nothing.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        reply_tokens: int,
        voice_first: SoundSink | None = None,
        spoken_language: Callable[[], str] | None = None,
        heard: Heard | None = None,
        clock: Callable[[], float] | None = None,
        expect: Callable[[str], object] = lambda _language: None,
        ending: Ending = lambda _messages, _reply, _language: "",
    ) -> None:
        self._expect = expect
        self._ending = ending
        self._heard = heard
        self._clock = clock
        self._ruled = RuleEnforcer()
        self._twice = SecondAttempt()
        self._translating = Translating()
        self.slot: EngineSlot[ChatModel] = EngineSlot(model)
        self._voice_first = voice_first
        self._spoken_language = spoken_language
        self._reply_tokens = reply_tokens
        self._model: ChatModel | None = None
        self.tools: tuple[Tool, ...] = ()
        """The tools that a model may call in its own format. They are part of every prompt. Any thread may replace them."""
        self._adopt(model)

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Has the model read the beginning of every conversation. Called before the thread is started."""
        if self._model is not None:
            self._model.prime(offered(messages, self._model, self.tools))

    def __call__(
        self, job: RespondJob | ReadAheadJob | TrialJob | TitleJob | EngineExchanged
    ) -> Iterator[RespondResult]:
        """Runs the stage on one job."""
        if isinstance(job, EngineExchanged):
            if self._adopt(self.slot.now) and self._model is None:
                yield ModelReleased()
            return
        model = self.slot.take(job.turn.is_cancelled)
        if model is None:
            return
        self._adopt(model)
        match job:
            case ReadAheadJob():
                messages = self._window.fit(offered(job.messages, model, self.tools))
                model.read_ahead(messages, is_cancelled=job.turn.is_cancelled)
            case TitleJob():
                yield title_for(model, job, tuple(self._window.fit(offered(job.messages, model, self.tools))))
            case TrialJob():
                for language in job.between:
                    self._expect(language)
                yield from self._translating.tried(model, job)
            case RespondJob():
                yield from self._answer(model, job)
            case _:
                assert_never(job)

    def _answer(self, model: ChatModel, job: RespondJob) -> Iterator[RespondResult]:
        rules = job.sampling.rules
        if rules is not None and rules.between is not None:
            for result in self._translating.answer(model, job, rules.between, self._expect):
                yield result
                self._let_voice_go_first(result)
            return
        if job.language:
            self._expect(job.language)
        self.tools = job.tools or self.tools
        messages = self._window.fit(offered(job.messages, model, self.tools))
        if self._window.dropped:
            yield OldTurnsDropped(turn=job.turn, messages=self._window.dropped)
        calls: tuple[Call, ...] | None = self._chosen(model, messages, job)
        if not calls:
            calls = yield from self._written(model, messages, job)
        if calls == () and job.tools:  # what it wrote cannot be read
            calls = chosen(
                model, messages, job.tools, language=job.language, none=False, is_cancelled=job.turn.is_cancelled
            )
        if calls is not None and not job.turn.cancelled:
            yield CallsWanted(turn=job.turn, calls=calls)

    def _chosen(self, model: ChatModel, messages: Sequence[ChatMessage], job: RespondJob) -> tuple[Call, ...]:
        """Returns the calls of a model that must be asked for them; empty if it makes none."""
        if not job.tools or job.sampling.rules is not None or model.call_style != "chosen":
            return ()
        return chosen(model, messages, job.tools, language=job.language, is_cancelled=job.turn.is_cancelled)

    def _written(
        self, model: ChatModel, messages: Sequence[ChatMessage], job: RespondJob
    ) -> Generator[RespondResult, None, tuple[Call, ...] | None]:
        """Writes the reply. Returns the calls in it; None if there are none, and the reply is complete."""
        rules = job.sampling.rules
        # A small model that has read a call in the conversation may write another one, although no tools were offered to it.
        offers = rules is None and (messages[0].tools or job.tools or any(each.calls for each in messages))
        reader = CallReader(signatures_of(self.tools)) if offers else None
        cuts = HASTY if model.token_ms > SLOW_TOKEN_MS else ChunkerConfig()
        if self._spoken_language is not None:
            cuts = replace(cuts, announces_in=self._spoken_language())
        splitter = SentenceChunker(cuts)
        deltas: list[Delta] = []
        let_go: list[Chunk] = []
        urgency = Urgency(job.turn, self._heard, self._clock)
        for text in self._texts(model, messages, job, reader):
            haste = urgency.now()
            deltas.append((text, haste))
            yield ReplyText(turn=job.turn, text=text)
            self._wait_until_sure(job)
            for chunk in splitter.feed(text, haste):
                let_go.append(chunk)
                urgency.let_go(chunk)
                yield from _ready(job, chunk)
                self._let_voice_go_first(SpeakJob(turn=job.turn, chunk=chunk))
        end: int | None = None
        rest: Sequence[Chunk]
        called = reader is not None and reader.called
        if model.hit_limit and not called and (rules is None or not rules.holds_back):
            written = "".join(text for text, _ in deltas)
            # What was released to the voice will be spoken, even if it is part of a sentence without an end.
            end = max(finished_end(written), let_go[-1].end if let_go else 0)
            rest = chunks_of(deltas, end, cuts)[len(let_go) :]
        else:
            rest = splitter.finish()
        for chunk in rest:
            yield from _ready(job, chunk)
        if reader is not None and called:
            return calls_of(reader, self.tools, job.language)
        yield ReplyComplete(turn=job.turn, end=None if end is None else end + job.said[1], hit_limit=end is not None)
        yield SpeakJob(turn=job.turn, chunk=None)
        return None

    def _texts(
        self, model: ChatModel, messages: Sequence[ChatMessage], job: RespondJob, reader: CallReader | None
    ) -> Iterator[str]:
        """Yields the reply of the model without the calls in it, and what is added to a complete answer."""
        rules = job.sampling.rules
        is_cancelled = job.turn.is_cancelled
        if rules is None:
            written = self._twice.reply(model, messages, job.question, job.sampling, is_cancelled)
        else:
            written = self._ruled.reply(model, messages, job.sampling, is_cancelled)
        reply = ""
        for text in reading(written, reader):
            reply += text
            yield text
        called = reader is not None and reader.called
        complete = rules is None and not called and not model.hit_limit and not job.turn.cancelled
        if complete and messages[-1].role == "user" and (added := self._ending(messages, reply, job.language)):
            yield added

    def _let_voice_go_first(self, said: RespondResult) -> None:
        """Waits until the first chunk is heard, if the model and the voice compete for few cores."""
        if isinstance(said, SpeakJob) and said.chunk is not None and said.chunk.index == 0 and self._voice_first:
            self._voice_first.wait_sound(said.turn, VOICE_FIRST_S)

    def _wait_until_sure(self, job: RespondJob) -> None:
        """Waits with the answer to words so far until they are known to be all, if the model would compete with the recogniser for few cores."""
        while job.sure is not None and self._voice_first is not None and not job.turn.cancelled:
            if job.sure.wait(UNSURE_S):
                return

    def _adopt(self, model: ChatModel | None) -> bool:
        """Uses `model` from now on, and closes the previous one. Returns False if it is the same."""
        before = self._model
        if model is before:
            return False
        self._model = model
        if model is not None:
            self._window = ContextWindow(model.context_tokens - self._reply_tokens, model.count_tokens)
        else:
            del self._window  # it refers to the model
        if before is not None:
            before.close()
        return True


def chunks_of(deltas: Sequence[Delta], end: int, cuts: ChunkerConfig | None) -> list[Chunk]:
    """Returns the chunks of a reply that ends at `end`, fed as it arrived. They begin like the chunks of the whole reply."""
    splitter = SentenceChunker(cuts)
    chunks: list[Chunk] = []
    for delta, haste in deltas:
        chunks += splitter.feed(delta[:end], haste if end else Haste.NONE)
        end -= min(end, len(delta))
    return chunks + splitter.finish()


def _ready(job: RespondJob, chunk: Chunk) -> Iterator[ChunkReady | SpeakJob]:
    """A chunk of the reply, counted in the whole answer."""
    chunk = moved(chunk, chunks=job.said[0], characters=job.said[1])
    yield ChunkReady(turn=job.turn, chunk=chunk)
    yield SpeakJob(turn=job.turn, chunk=chunk, language=job.language)
