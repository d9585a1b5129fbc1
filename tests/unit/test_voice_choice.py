"""An answer is spoken by a voice of its language, if there is one."""

from __future__ import annotations

import dataclasses

import pytest

from fakes.engines import ToneVoice
from voicecli.messages import LeftUnsaid, SpeakJob, SpeechMade
from voicecli.pipeline.stages import Manner, Synthesize
from voicecli.pipeline.voice_choice import VoiceChoice
from voicecli.speech.sentence_chunker import as_written
from voicecli.speech.word_timing import TimedWord
from voicecli.turn import Turn

ENGLISH, GERMAN = ToneVoice(name="joe"), ToneVoice(name="thorsten", language="de", hz=330)
GERMAN_TEXT = "Der Zug in die Stadt ist heute leider nicht da."


def german_only(language: str) -> ToneVoice | None:
    return GERMAN if language == "de" else None


@pytest.mark.parametrize(
    ("text", "asked_in", "voice", "unspoken"),
    [
        ("Paris.", "en", "joe", ""),
        ("Paris.", "", "joe", ""),
        ("Paris.", "de", "thorsten", ""),
        (GERMAN_TEXT, "en", "thorsten", ""),
        (GERMAN_TEXT, "", "thorsten", ""),
        ("The train to the city is late again, and that is a pity.", "de", "joe", ""),
        ("Oui.", "fr", "joe", ""),  # the recogniser may be wrong
        ("Enciende la luz del salón.", "es", "joe", "es"),
        ("That is the Tour Eiffel.", "fr", "joe", ""),
        ("Le train pour la ville est encore en retard et je ne sais pas pourquoi.", "fr", "joe", "fr"),
    ],
)
def test_the_voice_follows_the_answer_and_then_the_question(
    text: str, asked_in: str, voice: str, unspoken: str
) -> None:
    chosen, missing = VoiceChoice(german_only).choose(Turn(1), 0, text, asked_in, ENGLISH)
    assert (chosen.name, missing) == (voice, unspoken)


def test_with_one_voice_everything_is_said_by_it() -> None:
    assert VoiceChoice(None).choose(Turn(1), 0, GERMAN_TEXT, "de", ENGLISH) == (ENGLISH, "")


def test_a_piece_too_short_to_tell_takes_the_language_of_those_before_it() -> None:
    choice, turn = VoiceChoice(german_only), Turn(1)
    assert choice.choose(turn, 0, GERMAN_TEXT, "", ENGLISH)[0] is GERMAN
    assert choice.choose(turn, 1, "Um zwölf.", "", ENGLISH)[0] is GERMAN
    assert choice.choose(Turn(2), 0, "At noon.", "", ENGLISH)[0] is ENGLISH


def test_an_answer_that_no_voice_speaks_is_not_spoken_in_parts() -> None:
    choice, turn = VoiceChoice(lambda _: None), Turn(1)
    chunks = ["Ich kann", "nicht sagen,", "einsteigen."]
    assert [choice.choose(turn, n, text, "de", ENGLISH)[1] for n, text in enumerate(chunks)] == ["de"] * 3
    assert choice.choose(Turn(2), 0, "Berlin.", "de", ENGLISH)[1] == ""


class Sink:
    """Stores what it receives."""

    def __init__(self) -> None:
        self.sounds: list[int] = []
        self.words: list[TimedWord] = []
        self.ended: list[int] = []
        self.waiting = True
        self.replaced: list[int] = []

    def add(self, turn: Turn, chunk: int, pcm: object, rate_hz: int) -> None:  # noqa: ARG002
        self.sounds.append(chunk)

    def time_words(self, turn: Turn, chunk: int, words: list[TimedWord], rate_hz: int) -> None:  # noqa: ARG002
        self.words += words

    def end_chunk(self, turn: Turn, chunk: int) -> None:  # noqa: ARG002
        self.ended.append(chunk)

    def finish(self, turn: Turn) -> None: ...

    def wait_room(self, turn: Turn, limit_ms: float, timeout_s: float) -> bool:  # noqa: ARG002
        return True

    def buffered_ms(self, turn: Turn) -> float:  # noqa: ARG002
        return 0.0

    def waits(self, turn: Turn, chunk: int) -> bool:  # noqa: ARG002
        return self.waiting

    def replace(self, turn: Turn, chunk: int, pcm: object, words: object, rate_hz: int) -> bool:  # noqa: ARG002
        self.replaced.append(chunk)
        return True


def test_what_no_voice_speaks_is_shown_and_told() -> None:
    sink = Sink()
    stage = Synthesize(ToneVoice(name="joe"), sink, voices=german_only)  # type: ignore[arg-type] # a sink of its own
    text = "Le train pour la ville est encore en retard et je ne sais pas pourquoi."
    told = list(stage(SpeakJob(turn=Turn(1), chunk=as_written(text), language="fr")))
    assert [(each.language, each.whole) for each in told if isinstance(each, LeftUnsaid)] == [("fr", True)]
    assert sink.sounds == []
    assert sink.ended == [0]
    assert len(sink.words) == len(text.split())  # every word is shown as read


def test_another_usual_voice_does_not_take_over_what_is_in_another_language() -> None:
    usual, other = ToneVoice(name="joe"), ToneVoice(name="alba")
    german = ToneVoice(name="thorsten", language="de")
    sink, turn = Sink(), Turn(1)
    stage = Synthesize(usual, sink, voices=lambda language: german if language == "de" else None)  # type: ignore[arg-type]
    first = as_written(GERMAN_TEXT)
    told = list(stage(SpeakJob(turn=turn, chunk=first, language="de")))
    assert any(isinstance(each, SpeechMade) for each in told)
    stage.manner = Manner(voice=other)
    list(stage(SpeakJob(turn=turn, chunk=dataclasses.replace(as_written("Ja."), index=1), language="de")))
    assert german.texts == [GERMAN_TEXT, GERMAN_TEXT, "Ja."]  # said anew, since the manner has changed
    assert other.texts == []
