"""The assistant does not answer the echo of its own last words, and answers a person who repeats them."""

from __future__ import annotations

import pytest

from fakes.machine_session import Session, utterance, words
from voicecli import events
from voicecli import messages as m
from voicecli.engines.ports import Refused
from voicecli.pcm import samples_of
from voicecli.session import commands as c
from voicecli.session.state import State
from voicecli.speech import segmenter as seg
from voicecli.speech.own_words import can_be_echo, is_end_of

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
    ("began_ms", "ended_ms", "expected"),
    [(-400, 500, True), (300, 900, True), (900, 1200, False), (300, 2000, False), (-900, -100, False)],
)
def test_an_echo_begins_and_ends_close_behind(began_ms: float, ended_ms: float, *, expected: bool) -> None:
    assert can_be_echo(samples_of(10_000 + began_ms), samples_of(10_000 + ended_ms), samples_of(10_000)) is expected


def ask_and_hear(began_ms: float, heard: str, *, by_key: bool = False) -> list[events.Event]:
    """An answer ends at ten seconds; then something is heard."""
    session = Session(State(voice=True, half_duplex=False))
    session.start()
    session.end()
    session.transcribed("What is the capital of France?")
    session.reply(ANSWER)
    session.tell(m.Sounding(turn=session.turn))
    session.tell(m.Pulse(now_sample=samples_of(10_000), dbfs=-60.0))
    session.tell(m.Played(turn=session.turn))
    session.commands.clear()
    session.hear(seg.SpeechStarted(at_sample=samples_of(10_000 + began_ms), by_key=by_key))
    said = utterance(samples_of(10_000 + began_ms + 600))
    session.hear(seg.SpeechEnded(utterance=said, reason="silence"))
    session.transcribed(heard)
    return [command.event for command in session.commands if isinstance(command, c.Tell)]


def test_its_own_last_words_are_not_answered_and_that_is_told() -> None:
    told = ask_and_hear(300, "France is Paris.")
    assert [event.because for event in told if isinstance(event, events.Ignored)] == ["own-words"]
    assert any(isinstance(event, events.Notice) for event in told)
    assert not any(isinstance(event, events.Transcript) for event in told)


@pytest.mark.parametrize(
    ("began_ms", "heard", "by_key"),
    [(1500, "Paris.", False), (300, "And of Spain?", False), (300, "Paris.", True)],
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
