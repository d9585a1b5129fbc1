"""Barge-in: what pauses, stops and resumes the answer."""

from __future__ import annotations

import pytest

from fakes.machine_session import Session, names, utterance
from voicecli import events
from voicecli import messages as m
from voicecli.errors import TranscriptionFailed
from voicecli.pcm import samples_of
from voicecli.pipeline.listen import EndAfter
from voicecli.session import commands as c
from voicecli.session.history import Played
from voicecli.session.state import State
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption

SUSPECTED, CONFIRMED = Interruption.SUSPECTED, Interruption.CONFIRMED
BRIEF, DISMISSED = Interruption.BRIEF, Interruption.DISMISSED


@pytest.fixture
def session() -> Session:
    """A session in which half of an answer was played."""
    session = Session(state=State(voice=True, half_duplex=False))
    session.ask()
    session.reply("One two three four.")
    session.sound()
    session.played = Played(chunk=0, fraction=0.5)
    session.commands.clear()
    return session


LATER = samples_of(3000)
"""When the answer has sounded for three seconds."""


def say(session: Session, text: str) -> list[c.Command]:
    """Says something short over the answer."""
    session.barge_in(SUSPECTED)
    session.start()
    session.pause()
    assert session.state.barge is not None
    session.transcribed(text, session.state.barge.turn)
    return session.barge_in(BRIEF)


def test_the_first_sign_pauses_the_answer_and_nothing_else(session: Session) -> None:
    assert names(session.barge_in(SUSPECTED)) == ["PauseAnswer"]
    assert session.state.exchange is not None
    assert session.state.phase == "hearing"
    assert len(session.told(events.AnswerPaused)) == 1


def test_nothing_follows_and_the_answer_goes_on(session: Session) -> None:
    session.barge_in(SUSPECTED)
    assert names(session.barge_in(DISMISSED)) == ["ResumeAnswer"]
    assert session.state.phase == "speaking"
    assert [event.because for event in session.told(events.AnswerResumed)] == ["noise"]


def test_somebody_speaks_on_and_the_answer_is_over(session: Session) -> None:
    turn = session.turn
    session.barge_in(SUSPECTED)
    session.start(LATER)
    commands = session.barge_in(CONFIRMED)
    assert names(commands) == ["Cancel", "ResumeAnswer", "Answer"]
    assert commands[0] == c.Cancel(turn=turn)
    assert c.Answer(heard="One two") in commands
    assert [event.withdrawn for event in session.told(events.Interrupted)] == [False]
    assert session.state.phase == "hearing"
    assert [event.turn for event in session.told(events.SpeechStarted)] == [2]


@pytest.mark.parametrize("text", ["Uh-huh.", "Yeah, right.", ""])
def test_uh_huh_lets_the_answer_go_on(session: Session, text: str) -> None:
    commands = say(session, text)
    assert names(commands) == ["Cancel", "ResumeAnswer", "ForgetSpeech"]
    assert session.told(events.Interrupted) == []
    assert session.told(events.Transcript) == []
    assert [event.heard for event in session.told(events.AnswerResumed)] == [text]


def test_short_words_that_mean_something_stop_the_answer_and_are_the_next_question(session: Session) -> None:
    say(session, "Stop.")
    assert [event.by for event in session.told(events.Interrupted)] == ["voice"]
    assert [(event.text, event.final) for event in session.told(events.Transcript)] == [("Stop.", False)]
    assert len(session.wanted(c.Transcribe)) == 1  # what was written down while the answer was paused counts
    session.end()
    assert [(event.text, event.final) for event in session.told(events.Transcript)][-1] == ("Stop.", True)
    assert session.wanted(c.Ask) == [c.Ask(text="Stop.")]


def test_words_that_come_late_decide_all_the_same(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start()
    session.pause()
    session.barge_in(BRIEF)
    assert session.state.barge is not None
    aside = session.state.barge.turn
    session.end()
    assert session.told(events.Interrupted) == []
    session.transcribed("No, the other one.", aside)
    assert session.wanted(c.Ask) == [c.Ask(text="No, the other one.")]


def test_the_end_of_one_utterance_is_not_that_of_the_next(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start()
    session.pause()
    session.end()
    session.start()  # before the words of the first one are known
    session.pause()
    assert session.state.barge is not None
    session.transcribed("What about", session.state.barge.turn)
    assert session.told(events.Interrupted) == []
    session.end()
    assert session.wanted(c.Ask) == [c.Ask(text="What about")]


def test_what_goes_on_after_a_short_word_is_not_decided_by_it(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start()
    session.pause()
    assert session.state.barge is not None
    first = session.state.barge.turn
    session.barge_in(BRIEF)
    session.resume()
    session.barge_in(SUSPECTED)
    assert session.transcribed("Uh-huh.", first) == []
    session.barge_in(CONFIRMED)
    assert len(session.told(events.Interrupted)) == 1


def test_a_sound_in_which_no_speech_was_found_lets_it_go_on(session: Session) -> None:
    session.barge_in(SUSPECTED)
    assert names(session.barge_in(BRIEF)) == ["ResumeAnswer"]


def test_speech_that_was_too_short_lets_it_go_on_once_it_is_over(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start()
    session.hear(seg.SpeechDiscarded(at_sample=0))
    assert "ResumeAnswer" in names(session.barge_in(BRIEF))


def test_what_cannot_be_written_down_lets_it_go_on(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start()
    session.pause()
    assert session.state.barge is not None
    assert session.state.barge.turn is not None
    turn = session.state.barge.turn
    session.barge_in(BRIEF)
    commands = session.tell(m.StageFailed(turn=turn, stage="transcribe", error=TranscriptionFailed("No.")))
    assert "ResumeAnswer" in names(commands)
    assert session.told(events.ErrorRaised) == []


def test_speech_that_outlasts_the_answer_is_the_next_question(session: Session) -> None:
    session.start()
    session.tell(m.Played(turn=session.turn))
    assert [event.cut for event in session.told(events.Spoken)] == [False]
    session.pause()
    session.transcribed("And then?")
    session.end()
    assert session.wanted(c.Ask) == [c.Ask(text="And then?")]


def test_the_limit_ends_what_is_said_into_a_paused_answer(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start()
    session.hear(seg.SpeechEnded(utterance=utterance(), reason="limit"))
    assert session.state.barge is not None
    session.transcribed("A long story.", session.state.barge.turn)
    assert session.wanted(c.Ask) == [c.Ask(text="A long story.")]


@pytest.mark.parametrize("stop", [m.InterruptPressed(), m.Typed(text="Something else."), m.QuitAsked()])
def test_whatever_stops_a_paused_answer_lets_go_of_the_pause(session: Session, stop: m.Report) -> None:
    session.barge_in(SUSPECTED)
    session.start()
    session.pause()
    commands = session.tell(stop)
    assert names(commands)[:1] == ["Cancel"]
    assert names(commands).count("ResumeAnswer") == 1
    assert session.state.barge is None


def test_an_echo_that_is_not_cancelled_shuts_the_microphone_and_says_so_once(session: Session) -> None:
    session.barge_in(SUSPECTED)
    commands = session.tell(m.EchoUncancelled())
    assert names(commands) == ["ResumeAnswer", "IgnoreMicrophone"]
    assert [event.duplex for event in session.told(events.DuplexChanged)] == ["half"]
    assert session.tell(m.EchoUncancelled()) == []
    assert session.barge_in(SUSPECTED) == []


def test_before_the_answer_sounds_speech_withdraws_it_at_once() -> None:
    session = Session(state=State(voice=True, half_duplex=False))
    session.ask()
    session.reply("One two three four.")
    assert names(session.start())[0] == "Cancel"


def test_who_speaks_on_when_the_answer_has_just_begun_had_not_finished(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start(samples_of(300))
    commands = session.barge_in(CONFIRMED)
    assert session.wanted(c.Answer) == []
    assert "Retract" not in names(commands)  # the question stays, to be continued
    assert [event.withdrawn for event in session.told(events.Interrupted)] == [True]
    assert [(event.text, event.cut) for event in session.told(events.Spoken)] == [("One two", True)]


def test_who_looks_for_a_word_when_the_answer_has_just_begun_had_not_finished(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start(samples_of(300))
    session.pause()
    assert session.state.barge is not None
    session.transcribed("Um,", session.state.barge.turn)
    session.barge_in(BRIEF)
    assert [event.withdrawn for event in session.told(events.Interrupted)] == [True]
    assert session.told(events.AnswerResumed) == []


def test_who_does_so_later_only_listens(session: Session) -> None:
    session.barge_in(SUSPECTED)
    session.start(LATER)
    session.pause()
    assert session.state.barge is not None
    session.transcribed("Um,", session.state.barge.turn)
    session.barge_in(BRIEF)
    assert session.told(events.Interrupted) == []
    assert [event.because for event in session.told(events.AnswerResumed)] == ["backchannel"]


def test_it_is_told_for_how_long_both_spoke(session: Session) -> None:
    session.tell(m.BargeIn(verdict=SUSPECTED, now_sample=LATER + samples_of(80)))
    session.start(LATER)
    session.barge_in(CONFIRMED)
    assert [event.overlap_ms for event in session.told(events.Interrupted)] == [80.0]


def test_a_question_that_was_answered_too_early_counts_as_a_pause() -> None:
    def waited(*, before: bool) -> float:
        session = Session(state=State(voice=True, half_duplex=False))
        if before:
            session.ask("Could you tell me")
            session.reply("One two three four.")
            session.sound()
            session.barge_in(SUSPECTED)
            session.start(samples_of(300))
            session.barge_in(CONFIRMED)
        else:
            session.start()
        session.pause()
        session.transcribed("The capital of Spain?")
        return float(session.orders(EndAfter)[-1].silence_ms)

    assert waited(before=True) > waited(before=False)
