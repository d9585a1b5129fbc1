"""Has sentences translated by the language model, and lets only those through that pass the checks.

A sentence is spoken when its translation is complete and checked, while the next one is being written. If it fails the checks, it is translated
again, with what was lost named in the prompt. If every attempt fails, the speaker is told so in their own language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from voicecli.background import TranslationTried, TrialJob
from voicecli.engines.ports import ChatMessage, ChatModel, IsCancelled, Sampling
from voicecli.messages import (
    ChunkReady,
    ReplyComplete,
    ReplyText,
    RespondJob,
    SpeakJob,
)
from voicecli.speech import translation as t
from voicecli.speech.faithful import Verdict, check
from voicecli.speech.sentence_chunker import as_written, whole_sentences
from voicecli.speech.translation_examples import UNTRANSLATED
from voicecli.speech.translation_trials import TRIALS

ATTEMPTS: Final = 4
"""How many times a sentence is translated before the speaker is told that it failed."""

WARMER: Final = 0.25
"""How much the temperature rises with each attempt. The first one takes the most likely words."""

TOKENS_PER_CHARACTER: Final = 1.0
"""No language needs more tokens for a translation than the source has letters, but Chinese sources do."""

LEAST_TOKENS: Final = 48
"""Tokens for the translation of even the shortest sentence."""

LANGUAGE_TOKENS: Final = 6
"""Tokens for the name of a language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """A sentence that can be shown and spoken.

    Attributes:
        text: Its translation; or why there is none, in the language of the source.
        language: The language of `text`, ISO 639-1.
        failed: Whether there is no translation.
        attempts: How many attempts it took.
    """

    text: str
    language: str
    failed: bool = False
    attempts: int = 1


class Translating:
    """Translates between two languages, in both directions.

    Thread: the one that owns the model.
    """

    def __init__(self) -> None:
        self._spoken = ""  # the language of the last sentence

    def answer(
        self, model: ChatModel, job: RespondJob, between: t.Between, expect: Callable[[str], object]
    ) -> Iterator[ReplyText | ChunkReady | SpeakJob | ReplyComplete]:
        """Runs a job of the responding stage: every sentence is a chunk for the voice of its language.

        Args:
            model: The model that writes.
            job: The job.
            between: The two languages.
            expect: Called with the language of the translation, so that its voice can be loaded meanwhile.
        """
        way = self.way(model, job.question, between, asked_in=job.language, is_cancelled=job.turn.is_cancelled)
        expect(way.target)
        length = 0
        sentences = self.sentences(model, job.question, between, way, is_cancelled=job.turn.is_cancelled)
        for index, sentence in enumerate(sentences):
            text = f" {sentence.text}" if index else sentence.text
            chunk = as_written(sentence.text, index=index, start=length + len(text) - len(sentence.text))
            length += len(text)
            yield ReplyText(turn=job.turn, text=text)
            yield ChunkReady(turn=job.turn, chunk=chunk)
            yield SpeakJob(turn=job.turn, chunk=chunk, language=sentence.language, sure=True)
        yield ReplyComplete(turn=job.turn)
        yield SpeakJob(turn=job.turn, chunk=None)

    def tried(self, model: ChatModel, job: TrialJob) -> Iterator[TranslationTried]:
        """Tries whether the model translates two sentences in each direction, with the right words for what they are about."""
        can = True
        for sentence in range(len(TRIALS["en"])):
            for way in t.directions(job.between):
                source, target = TRIALS[way.source][sentence], TRIALS[way.target][sentence]
                translated = self._translated(model, source.text, job.between, way, job.turn.is_cancelled)
                if translated is None:
                    return
                can = can and not translated.failed and target.is_meant_by(translated.text)
        yield TranslationTried(turn=job.turn, between=job.between, model=model.name, can=can)

    def sentences(
        self, model: ChatModel, text: str, between: t.Between, way: t.Direction, *, is_cancelled: IsCancelled
    ) -> Iterator[Translated]:
        """Translates `text` sentence by sentence.

        Args:
            model: The model that writes.
            text: What was said or typed.
            between: The two languages.
            way: From which into which.
            is_cancelled: As for a model.
        """
        for sentence in whole_sentences(text):
            if is_cancelled():
                return
            if not any(char.isalpha() for char in sentence):
                yield Translated(text=sentence, language=way.target)  # numbers and marks alone
                continue
            translated = self._translated(model, sentence, between, way, is_cancelled)
            if translated is not None:
                yield translated

    def way(
        self, model: ChatModel, text: str, between: t.Between, *, asked_in: str, is_cancelled: IsCancelled
    ) -> t.Direction:
        """Returns from which language into which `text` is to be translated.

        Args:
            model: The model, which is asked about typed text that is not clear.
            text: What was said or typed.
            between: The two languages.
            asked_in: The language of `text` as the recogniser detected it; empty for typed text.
            is_cancelled: As for a model.
        """
        source = asked_in if asked_in in between else t.language_among(text, between)
        if not source:
            prompt = _messages(t.asking_language(text, between))
            sampling = Sampling(temperature=0.0, max_tokens=LANGUAGE_TOKENS)
            source = t.named_in("".join(model.reply(prompt, sampling=sampling, is_cancelled=is_cancelled)), between)
        self._spoken = source or (self._spoken if self._spoken in between else between[0])
        return next(each for each in t.directions(between) if each.source == self._spoken)

    def _translated(
        self, model: ChatModel, sentence: str, between: t.Between, way: t.Direction, is_cancelled: IsCancelled
    ) -> Translated | None:
        """Returns the translation of one sentence; None if it was cancelled."""
        lost: Sequence[str] = ()
        for attempt in range(ATTEMPTS):
            text, verdict = self.attempt(model, sentence, between, way, is_cancelled, number=attempt, keep=lost)
            if is_cancelled():
                return None
            if not verdict.faults:
                return Translated(text=text, language=way.target, attempts=attempt + 1)
            lost = verdict.lost or lost
        return Translated(text=UNTRANSLATED[way.source], language=way.source, failed=True, attempts=ATTEMPTS)

    @staticmethod
    def attempt(
        model: ChatModel,
        sentence: str,
        between: t.Between,
        way: t.Direction,
        is_cancelled: IsCancelled,
        *,
        number: int = 0,
        keep: Sequence[str] = (),
    ) -> tuple[str, Verdict]:
        """Translates a sentence once, and checks it.

        Args:
            model: The model that writes.
            sentence: One sentence.
            between: The two languages.
            way: From which into which.
            is_cancelled: As for a model.
            number: The number of the attempt, from 0. All but the first have examples in this direction only.
            keep: Numbers and names that an earlier attempt has lost.
        """
        messages = _messages([*t.prompt(between, way if number else None), ("user", t.request(sentence, way, keep))])
        longest = max(LEAST_TOKENS, round(TOKENS_PER_CHARACTER * len(sentence) * (3 if way.source == "zh" else 1)))
        sampling = Sampling(temperature=WARMER * number, top_p=0.9, repeat_penalty=1.0, max_tokens=longest, seed=number)
        text = t.written("".join(model.reply(messages, sampling=sampling, is_cancelled=is_cancelled)))
        verdict = check(sentence, text, way)
        if model.hit_limit:
            verdict = replace(verdict, faults=(*verdict.faults, "length"))
        return text, verdict


def translated(model: ChatModel, text: str, between: t.Between) -> Iterator[str]:
    """Translates `text`, outside a conversation. Yields its sentences, with the spaces between them."""
    translating = Translating()
    way = translating.way(model, text, between, asked_in="", is_cancelled=_never)
    for index, sentence in enumerate(translating.sentences(model, text, between, way, is_cancelled=_never)):
        yield f" {sentence.text}" if index else sentence.text


def _never() -> bool:
    return False


def _messages(prompt: Sequence[tuple[t.Role, str]]) -> list[ChatMessage]:
    return [ChatMessage(role=role, content=content) for role, content in prompt]
