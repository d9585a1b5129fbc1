"""Drafts that begin before a pause, from the words so far: when they are taken up, and that they leave no trace otherwise."""

from __future__ import annotations

import threading
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.engines import ScriptedChatModel
from fakes.machine_session import Session, names, utterance
from voicecli import events
from voicecli import messages as m
from voicecli.engines.ports import ChatMessage, Sampling
from voicecli.errors import GenerationFailed
from voicecli.pcm import samples_of
from voicecli.pipeline.listen import EndAfter
from voicecli.pipeline.respond import Respond
from voicecli.pipeline.sound_sink import SoundSink
from voicecli.session import commands as c
from voicecli.session.state import Asked, State
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.speech.early_text import may_be_whole, same_words
from voicecli.speech.speculation import Pace
from voicecli.turn import Turn

QUESTION = "What is the capital of France?"
SO_FAR = 24_000
END = 32_000


def grown(session: Session, end_sample: int = SO_FAR, *, dipped: bool = True) -> Turn:
    """The person has said so much, and goes on. Returns the turn of the words so far."""
    session.hear(seg.SpeechGrown(utterance=utterance(end_sample), dipped=dipped))
    assert session.state.partial is not None
    return session.state.partial.turn


def pause(session: Session, end_sample: int = END) -> list[c.Command]:
    return session.hear(seg.SpeechPaused(utterance=utterance(end_sample)))


def end(session: Session, end_sample: int = END) -> list[c.Command]:
    return session.hear(seg.SpeechEnded(utterance=utterance(end_sample), reason="silence"))


def begun(text: str = QUESTION, state: State | None = None) -> Session:
    """A session in which the words so far are `text`."""
    session = Session(state=state or State(voice=True, half_duplex=True))
    session.start()
    session.transcribed(text, grown(session))
    return session


def early_turn(session: Session) -> Turn:
    assert session.state.early is not None
    return session.state.early.turn


def test_a_pause_takes_up_the_transcription_that_began_when_the_voice_dipped() -> None:
    session = Session()
    session.start()
    so_far = grown(session, END)
    assert names(pause(session)) == []  # only silence followed, so there is nothing to be transcribed again
    assert session.turn is so_far
    assert session.wanted(c.Judge)[0].turn is so_far
    assert names(session.transcribed(QUESTION)) == ["Respond"]
    assert names(end(session)) == ["Ask", "Open", "KnowVoice"]


def test_words_that_were_known_before_the_pause_are_answered_at_once() -> None:
    session = Session()
    session.start()
    session.transcribed("The capital of France", grown(session, END))
    assert names(pause(session)) == ["Respond"]
    assert session.orders(EndAfter)
    end(session)
    assert session.wanted(c.Ask) == [c.Ask(text="The capital of France")]


def test_sound_after_the_dip_is_transcribed() -> None:
    session = Session()
    session.start()
    so_far = grown(session)
    assert names(pause(session)) == ["Cancel", "Transcribe"]
    assert session.turn is not so_far


def test_a_dip_does_not_wait_for_a_transcription_that_lacks_the_last_words() -> None:
    session = Session()
    session.start()
    before = grown(session, dipped=False)
    assert session.hear(seg.SpeechGrown(utterance=utterance(END))) == []
    grown(session, END)
    assert names(session.commands) == ["Transcribe", "Cancel", "Transcribe"]
    assert c.Cancel(turn=before) in session.commands


def test_a_whole_question_is_answered_before_the_pause_and_not_heard() -> None:
    session = begun()
    assert names(session.commands) == ["Transcribe", "Respond"]
    early = early_turn(session)
    session.tell(m.ReplyText(turn=early, text="Paris."))
    assert session.state.early is not None
    assert session.state.early.reply == "Paris."
    assert session.told(events.ReplyDelta) == []
    assert session.state.exchange is None


@pytest.mark.parametrize("final", [QUESTION, "what is the capital, of france?"])
def test_it_becomes_the_answer_if_the_words_stay_the_same(final: str) -> None:
    session = begun()
    early = early_turn(session)
    session.tell(m.ReplyText(turn=early, text="Paris."))
    assert names(pause(session)) == ["Transcribe"]
    paused = session.turn
    assert session.state.early is not None
    session.tell(m.ReplyText(turn=early, text=" It is old."))
    assert names(session.transcribed(final)) == ["TakeUp"]
    assert session.turn is early
    session.tell(m.Judged(turn=paused, probability=0.9))
    first, second = session.orders(EndAfter)
    assert second.silence_ms < first.silence_ms  # the judgement of the pause counts for it
    session.tell(m.ReplyComplete(turn=early))
    assert names(end(session)) == ["Ask", "Open", "KnowVoice"]
    assert session.wanted(c.Open) == [c.Open(turn=early)]
    assert session.wanted(c.Ask) == [c.Ask(text=QUESTION)]  # exactly what the model was asked
    assert [event.text for event in session.told(events.Reply)] == ["Paris. It is old."]
    marks = [(each.mark, each.early) for each in session.wanted(c.MarkTime)]
    assert marks == [("first_token", True), ("transcript", False), ("endpoint", False)]
    assert session.wanted(c.TakeUp) == [c.TakeUp()]


@pytest.mark.parametrize(
    "final",
    ["What is the capital of France and Spain?", "What is the capital of France.", "What is the capital of?", ""],
)
def test_it_is_dropped_in_silence_if_they_do_not(final: str) -> None:
    session = begun()
    early = early_turn(session)
    pause(session)
    told = len(session.told(object))
    commands = session.transcribed(final)
    assert names(commands) == ["Cancel", *(["Respond"] if final else [])]
    assert commands[0] == c.Cancel(turn=early)
    assert session.wanted(c.TakeUp) == []
    assert len(session.told(object)) == told + bool(final)  # the words so far
    end(session)
    assert session.wanted(c.Ask) == ([c.Ask(text=final)] if final else [])
    assert session.wanted(c.Open) == ([c.Open(turn=session.turn)] if final else [])


def test_it_is_taken_up_without_a_transcription_if_only_silence_followed() -> None:
    session = Session()
    session.start()
    session.transcribed(QUESTION, grown(session, END))
    early = early_turn(session)
    assert names(pause(session)) == ["TakeUp"]
    assert session.turn is early
    assert names(end(session)) == ["Ask", "Open", "KnowVoice"]


def test_it_is_taken_up_by_an_end_without_a_pause() -> None:
    session = begun()
    early = early_turn(session)
    assert names(session.end("key")) == ["Transcribe"]
    assert names(session.transcribed(QUESTION)) == ["TakeUp", "Ask", "Open", "KnowVoice"]
    assert session.turn is early


def test_more_words_replace_it_and_the_same_words_keep_it() -> None:
    session = begun()
    first = early_turn(session)
    assert names(session.transcribed(QUESTION.lower(), grown(session, 25_000))) == []
    assert early_turn(session) is first
    assert names(session.transcribed("What is the capital of France and", grown(session, 26_000))) == ["Cancel"]
    assert session.state.early is None
    assert (
        names(session.transcribed("What is the capital of France and Spain?", grown(session, 28_000)))[-1] == "Respond"
    )
    assert early_turn(session) is not first


STOPS = {
    "the person goes on after the pause": seg.SpeechResumed(at_sample=END),
    "it was noise": seg.SpeechDiscarded(at_sample=END),
}


@pytest.mark.parametrize("segment", STOPS.values(), ids=STOPS)
def test_it_ends_with_the_pause_or_the_speech(segment: seg.Segment) -> None:
    session = begun()
    early = early_turn(session)
    pause(session)
    assert c.Cancel(turn=early) in session.hear(segment)
    assert session.state.early is None


@pytest.mark.parametrize(
    "report",
    [m.Typed(text="Typed."), m.MuteToggled(), m.QuitAsked(), m.TalkDiscarded()],
    ids=lambda each: type(each).__name__,
)
def test_whatever_else_the_user_does_cancels_it(report: m.Report) -> None:
    session = begun()
    early = early_turn(session)
    assert c.Cancel(turn=early) in session.tell(report)
    assert session.state.early is None


def test_it_does_not_answer_the_question_before_when_the_person_goes_on_before_the_words_are_known() -> None:
    session = begun()
    early = early_turn(session)
    pause(session)
    end(session)
    assert c.Cancel(turn=early) in session.start(END)


def test_it_may_fail_silently() -> None:
    session = begun()
    session.tell(m.StageFailed(turn=early_turn(session), stage="respond", error=GenerationFailed("No.")))
    assert session.state.early is None
    assert session.told(events.ErrorRaised) == []
    pause(session)
    assert names(session.transcribed(QUESTION)) == ["Respond"]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("What is the", State(voice=True, half_duplex=True)),
        (QUESTION, State(voice=True, half_duplex=True, pace=Pace(most="speech", adapts=True, late_ms=450))),
        (QUESTION, State(voice=True, half_duplex=True, translates=True)),
    ],
)
def test_words_that_are_not_whole_or_come_late_are_not_answered(text: str, state: State) -> None:
    session = begun(text, state)
    assert session.state.early is None
    assert session.wanted(c.Respond) == []


def test_where_words_come_late_nothing_is_transcribed_before_a_pause() -> None:
    late = Session(state=State(voice=True, half_duplex=True, pace=Pace(adapts=True, late_ms=600)))
    late.start()
    assert late.hear(seg.SpeechGrown(utterance=utterance(), dipped=True)) == []
    assert late.wanted(c.ReadAhead) == []
    assert names(late.pause()) == ["Transcribe"]


def test_late_words_lower_what_is_prepared_and_words_in_time_raise_it_again() -> None:
    session = Session(state=State(voice=True, half_duplex=True, pace=Pace(adapts=True)))
    for late_ms, partials in ((900, False), (900, False), (200, False), (200, True)):
        now = session.state.microphone.now_sample + samples_of(4000)
        session.start(now)
        said = seg.Utterance(
            samples=utterance().samples, first_sample=now, speech_end_sample=now + 16_000, now_sample=now + 17_600
        )
        session.hear(seg.SpeechPaused(utterance=said))
        session.tell(m.Pulse(now_sample=said.now_sample + samples_of(late_ms), dbfs=-60.0))
        session.transcribed("")
        session.hear(seg.SpeechEnded(utterance=said, reason="silence"))
        assert session.state.pace.partials is partials


def test_an_interruption_that_was_weighed_for_a_while_does_not_count_as_late() -> None:
    session = Session(state=State(voice=True, half_duplex=False, pace=Pace(adapts=True)))
    session.ask()
    session.reply("A long answer.", complete=False)
    session.sound()
    session.barge_in(Interruption.SUSPECTED)
    session.start(16_000)
    said = seg.Utterance(samples=utterance().samples, first_sample=16_000, speech_end_sample=32_000, now_sample=33_600)
    session.hear(seg.SpeechPaused(utterance=said))
    session.transcribed("Stop that.", session.wanted(c.Transcribe)[-1].turn)
    session.tell(m.Pulse(now_sample=33_600 + samples_of(5000), dbfs=-60.0))
    late_ms = session.state.pace.late_ms
    session.barge_in(Interruption.CONFIRMED)
    assert isinstance(session.state.exchange, Asked)
    assert session.state.pace.late_ms == late_ms


TEXTS = st.sampled_from(
    [QUESTION, "what is the capital of France", "What is the capital of", "Who wrote Hamlet?", "who wrote Hamlet?", ""]
)
STEPS = st.sampled_from(["dip", "clock", "words", "reply", "chunk", "pause", "resume", "end", "start", "pause here"])


@given(st.lists(st.tuples(STEPS, TEXTS), max_size=40))
def test_in_whatever_order_words_come_what_is_opened_answers_the_final_words(script: list[tuple[str, str]]) -> None:
    session = Session()
    session.start()
    asked: dict[Turn, str] = {}
    at = 16_000
    for step, text in script:
        exchange = session.state.exchange
        at += 320 if step != "pause here" else 0
        match step:
            case "dip" | "clock":
                commands = session.hear(seg.SpeechGrown(utterance=utterance(at), dipped=step == "dip"))
            case "words":
                waiting = session.state.partial or exchange
                commands = session.transcribed(text, waiting.turn if waiting else Turn(0))
            case "reply" | "chunk":
                answered = session.state.early or exchange
                commands = session.tell(m.ReplyText(turn=answered.turn if answered else Turn(0), text="So. "))
            case "pause" | "pause here":
                commands = pause(session, at)
            case "resume":
                commands = session.hear(seg.SpeechResumed(at_sample=at))
            case "end":
                commands = end(session, at)
            case _:
                commands = session.start(at)
        asked |= {each.turn: each.question for each in commands if isinstance(each, c.Respond)}
        opened = [each.turn for each in commands if isinstance(each, c.Open)]
        written = [each.text for each in commands if isinstance(each, c.Ask)]
        if opened and isinstance(session.state.exchange, Asked) and written:
            assert asked[opened[-1]] in (written[-1], "")
        alive = [turn for turn in asked if c.Cancel(turn=turn) not in session.commands]
        current = [each.turn for each in (session.state.early, session.state.exchange) if each is not None]
        assert all(turn in current for turn in alive)  # no draft is left behind


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (QUESTION, True),
        ("Write a poem about the sea.", True),
        ("What is the capital of", False),
        ("What is the capital of?", False),
        ("Tell me.", False),
        ("My friend gave me a plant.", False),
        ("", False),
    ],
)
def test_what_may_be_whole(text: str, whole: bool) -> None:
    assert may_be_whole(text, "en") is whole


def test_case_and_punctuation_make_no_difference_but_a_question_is_no_statement() -> None:
    assert same_words("What is it, then?", "what is it then?")
    assert not same_words("You are sure?", "You are sure.")
    assert not same_words("What is it?", "What was it?")


class Quiet:
    """A playout in which the voice is never waited for."""

    def wait_sound(self, turn: Turn, timeout_s: float) -> None:
        """Returns at once."""


@pytest.mark.parametrize("few_cores", [True, False])
def test_on_few_cores_the_model_waits_after_the_first_token_until_the_words_are_known_to_be_all(
    few_cores: bool,
) -> None:
    model = ScriptedChatModel([["Paris ", "is ", "old."]])
    stage = Respond(model, reply_tokens=16, voice_first=cast("SoundSink", Quiet()) if few_cores else None)
    sure = threading.Event()
    turn = Turn(1)
    job = m.RespondJob(
        turn=turn, messages=(ChatMessage(role="user", content=QUESTION),), sampling=Sampling(), sure=sure
    )
    written: list[str] = []
    thread = threading.Thread(
        target=lambda: written.extend(each.text for each in stage(job) if isinstance(each, m.ReplyText))
    )
    thread.start()
    thread.join(0.2)
    assert model.pieces_given == (1 if few_cores else 3)
    sure.set()
    thread.join(5)
    assert written == ["Paris ", "is ", "old."]


def test_a_waiting_answer_ends_when_it_is_dropped() -> None:
    model = ScriptedChatModel([["Paris ", "is ", "old."]])
    stage = Respond(model, reply_tokens=16, voice_first=cast("SoundSink", Quiet()))
    turn = Turn(1)
    messages = (ChatMessage(role="user", content=QUESTION),)
    job = m.RespondJob(turn=turn, messages=messages, sampling=Sampling(), sure=threading.Event())
    thread = threading.Thread(target=lambda: list(stage(job)))
    thread.start()
    thread.join(0.1)
    turn.cancel()
    thread.join(5)
    assert not thread.is_alive()
    assert model.pieces_given == 1
