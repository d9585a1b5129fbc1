"""The assistant does not answer the echo of its own last words, but answers a person who repeats them."""

# ruff: noqa: RUF001 - marks and letters of other scripts are what is tested

from __future__ import annotations

import pytest

from fakes.machine_session import Session, utterance, words
from voicecli import events
from voicecli import messages as m
from voicecli.engines.ports import Refused
from voicecli.pcm import samples_of
from voicecli.session import commands as c
from voicecli.session.state import State
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.answer_echo import behind_echo, can_be_echo, is_end_of

ANSWER = "The capital of France is Paris."


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("Paris.", True),
        ("is paris", True),
        ("The capital of France is Paris", True),
        ("pital of France is Paris", True),
        ("capital of Frence is Paris.", True),
        ("France", False),
        ("Paris is", False),
        ("aris", False),
        ("What is the capital of Spain?", False),
        ("", False),
    ],
)
def test_the_end_of_an_answer_is_known_by_its_words(heard: str, *, expected: bool) -> None:
    assert is_end_of(heard, ANSWER) is expected


@pytest.mark.parametrize(
    ("heard", "answer", "own"),
    [
        ("Paris. And of Spain?", ANSWER, "And of Spain?"),
        ("is Paris, and of Spain?", ANSWER, "and of Spain?"),
        ("Capital of Frence is Paris and of Spain?", ANSWER, "and of Spain?"),
        ("Frankreich ist Paris. Und von Spanien?", "Die Hauptstadt von Frankreich ist Paris.", "Und von Spanien?"),
        ("France, c'est Paris. Et de l'Espagne ?", "La capitale de la France, c’est Paris.", "Et de l'Espagne ?"),
        ("¿Algo más? Sí, dime.", "Es París. ¿Algo más?", "Sí, dime."),
        ("Париж. А Испании?", "Столица Франции — Париж.", "А Испании?"),
        ("पेरिस है। और स्पेन की?", "फ्रांस की राजधानी पेरिस है।", "और स्पेन की?"),
        ("首都。那西班牙呢？", "巴黎是法国的首都。", "那西班牙呢？"),
        ("パリです。スペインは？", "フランスの首都はパリです。", "スペインは？"),
        # A person who takes up words of the answer keeps them.
        ("Paris, Texas?", ANSWER, "Paris, Texas?"),
        ("Paris? How big is it?", ANSWER, "Paris? How big is it?"),
        ("is Paris expensive?", ANSWER, "is Paris expensive?"),
        ("And of Spain?", ANSWER, "And of Spain?"),
        ("Paris.", ANSWER, "Paris."),
        ("Cafe\u0301. And tea?", ANSWER, "Cafe\u0301. And tea?"),
    ],
)
def test_what_a_person_says_behind_an_echo_is_kept(heard: str, answer: str, own: str) -> None:
    assert behind_echo(heard, answer).removeprefix("¿") == own


@pytest.mark.parametrize(
    ("began_ms", "ended_ms", "expected"),
    [(-400, 500, True), (300, 900, True), (900, 1200, False), (300, 2000, False), (-900, -100, False)],
)
def test_an_echo_begins_and_ends_close_behind(began_ms: float, ended_ms: float, *, expected: bool) -> None:
    assert can_be_echo(samples_of(10_000 + began_ms), samples_of(10_000 + ended_ms), samples_of(10_000)) is expected


def answered() -> Session:
    """A session in which an answer ended at 10 s."""
    session = Session(State(voice=True, half_duplex=False))
    session.start()
    session.end()
    session.transcribed("What is the capital of France?")
    session.reply(ANSWER)
    session.tell(m.Sounding(turn=session.turn))
    session.tell(m.Pulse(now_sample=samples_of(10_000), dbfs=-60.0))
    session.tell(m.Played(turn=session.turn))
    session.commands.clear()
    return session


def ask_and_hear(began_ms: float, heard: str, *, by_key: bool = False, lasts_ms: float = 600) -> list[events.Event]:
    """Recognises `heard` after an answer that ended at 10 s, and returns the events."""
    session = answered()
    session.hear(seg.SpeechStarted(at_sample=samples_of(10_000 + began_ms), by_key=by_key))
    said = utterance(samples_of(10_000 + began_ms + lasts_ms))
    session.hear(seg.SpeechEnded(utterance=said, reason="silence"))
    session.transcribed(heard)
    return [command.event for command in session.commands if isinstance(command, c.Tell)]


def test_its_own_last_words_are_not_answered_and_that_is_told() -> None:
    told = ask_and_hear(300, "France is Paris.")
    assert [event.because for event in told if isinstance(event, events.Ignored)] == ["own-words"]
    assert any(isinstance(event, events.Notice) for event in told)
    assert not any(isinstance(event, events.Transcript) for event in told)


@pytest.mark.parametrize("lasts_ms", [700, 4000])
def test_words_behind_an_echo_are_answered_without_it_and_that_is_told(lasts_ms: float) -> None:
    told = ask_and_hear(300, "France is Paris. And of Spain?", lasts_ms=lasts_ms)
    assert [event.text for event in told if isinstance(event, events.Transcript)] == ["And of Spain?"]
    assert [event.because for event in told if isinstance(event, events.Ignored)] == ["own-words-first"]
    assert [event.message for event in told if isinstance(event, events.Notice)] == [
        "I heard the end of my own answer again in front of your words and left it out."
    ]


def test_a_draft_is_made_of_the_persons_words_alone() -> None:
    session = answered()
    session.start(samples_of(10_300))
    session.hear(seg.SpeechPaused(utterance=utterance(samples_of(12_000))))
    session.transcribed("France is Paris. And of Spain?")
    assert [command.question for command in session.wanted(c.Respond)] == ["And of Spain?"]


@pytest.mark.parametrize(
    ("heard", "question"), [("France is Paris.", []), ("France is Paris. And of Spain?", ["And of Spain?"])]
)
def test_an_echo_is_not_the_beginning_of_what_a_person_says_before_it_is_written_down(
    heard: str, question: list[str]
) -> None:
    session = answered()
    session.start(samples_of(10_300))
    session.hear(seg.SpeechEnded(utterance=utterance(samples_of(10_900)), reason="silence"))
    echo = session.turn
    session.start(samples_of(11_500))
    session.transcribed(heard, echo)
    assert [command.text for command in session.wanted(c.Ask)] == question
    assert len(session.told(events.Ignored)) == 1


@pytest.mark.parametrize(
    ("began_ms", "heard", "by_key"),
    [
        (1500, "Paris.", False),
        (300, "And of Spain?", False),
        (300, "Paris.", True),
        (1500, "Paris. And of Spain?", False),
        (300, "Paris. And of Spain?", True),
    ],
)
def test_a_person_is_answered(began_ms: float, heard: str, *, by_key: bool) -> None:
    told = ask_and_hear(began_ms, heard, by_key=by_key)
    assert [event.text for event in told if isinstance(event, events.Transcript)] == [heard]
    assert not any(isinstance(event, events.Ignored) for event in told)


def test_words_that_are_not_believed_are_told_with_the_reason() -> None:
    session = Session(State(voice=True, half_duplex=False))
    session.start()
    session.end()
    refused = Refused(from_sample=0, to_sample=16_000, because="phantom")
    heard = words("")
    transcription = type(heard)(
        text="",
        language="en",
        language_probability=1.0,
        no_speech_probability=0.5,
        mean_log_probability=-1.0,
        refused=(refused,),
    )
    session.tell(m.Transcribed(turn=session.turn, transcription=transcription))
    told = [command.event for command in session.commands if isinstance(command, c.Tell)]
    assert [event.because for event in told if isinstance(event, events.Ignored)] == ["phantom"]
    assert [event.code for event in told if isinstance(event, events.Notice)] == ["ignored"]
