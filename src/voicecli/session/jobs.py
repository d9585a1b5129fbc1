"""Makes jobs for the pipeline from the machine's commands."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from voicecli.background import TitleJob
from voicecli.engines.ports import ChatMessage, Sampling
from voicecli.messages import RespondJob, SpeakJob, TranscribeJob
from voicecli.pipeline.titles import REQUEST
from voicecli.session import commands as c
from voicecli.session.called import called
from voicecli.session.history import History
from voicecli.speech.sentence_chunker import as_written
from voicecli.speech.spoken_phrases import sentence
from voicecli.speech.writing_systems import readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the assistant converses.

    Attributes:
        language: ISO 639-1 code of the user's language; None to detect it for each utterance.
        sampling: How the model chooses its words.
    """

    language: str | None
    sampling: Sampling

    @property
    def between(self) -> tuple[str, str] | None:
        """The languages between which everything is translated; None if questions are answered."""
        return self.sampling.rules.between if self.sampling.rules is not None else None


def transcribe_job(command: c.Transcribe, manner: Manner, history: History) -> TranscribeJob:
    """Returns the job for an utterance. A translator gets no context: it would be in both languages."""
    between = manner.between
    return TranscribeJob(
        turn=command.turn,
        utterance=command.utterance,
        language=manner.language if between is None else None,
        context=history.context() if command.in_context and between is None else "",
        languages=between or (),
    )


def respond_job(
    command: c.Respond, manner: Manner, history: History, language: str, sure: threading.Event | None = None
) -> RespondJob:
    """Returns the job for a question in `language`, ISO 639-1; empty if unknown. `sure` is set when an early draft is taken up."""
    messages = asked(command.question, language, manner, history, can_act=bool(command.tools))
    return RespondJob(
        turn=command.turn,
        messages=(*messages, *called(command.rounds)),
        sampling=manner.sampling,
        language=language,
        question=history.prepared,
        tools=command.tools,
        said=(command.chunks, command.characters),
        sure=sure if command.early else None,
    )


def asked(question: str, language: str, manner: Manner, history: History, *, can_act: bool) -> tuple[ChatMessage, ...]:
    """Returns the conversation with a question. It gets no note if the persona's rules look at its words."""
    rules = manner.sampling.rules
    if rules is not None and rules.read_question:
        return history.with_question(question, "en", can_act=True)
    return history.with_question(question, language, can_act=can_act)


def title_job(command: c.MakeTitle, history: History) -> TitleJob:
    """Returns the job for a title. The request follows what the model has read."""
    request = ChatMessage(role="user", content=REQUEST)
    return TitleJob(turn=command.turn, messages=(*history.settled, request), of=command.of)


def aside_job(command: c.SayAside, manner: Manner, voice: str) -> SpeakJob:
    """Returns the job for a sentence of the program itself. `voice`: the language of the voice, as `en-us`."""
    spoken = command.language or manner.language
    text = command.text if command.phrase is None else sentence(command.phrase, spoken)
    if command.phrase is not None and readable(text, voice)[0].isspace():  # the voice cannot say it
        spoken = voice.partition("-")[0]
        text = sentence(command.phrase, spoken)
    return SpeakJob(turn=command.turn, chunk=as_written(text), language=spoken or "")
