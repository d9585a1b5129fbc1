"""The model makes titles while nobody waits for it, and anything else that happens cancels that."""

from __future__ import annotations

import dataclasses

import pytest

from fakes.engines import LIMIT, ScriptedChatModel
from fakes.machine_session import Session, names
from voicecli import background as b
from voicecli import events
from voicecli import messages as m
from voicecli.app.idle_titles import IDLE_S, IdleTitles
from voicecli.background import TitleJob
from voicecli.conversation_start import Clear
from voicecli.engines.ports import ChatMessage
from voicecli.errors import GenerationFailed
from voicecli.pipeline.titles import LIMIT_S, as_title, title_for
from voicecli.session import commands as c
from voicecli.session.state import EngineState, State
from voicecli.speech import utterance_segmenter as seg
from voicecli.turn import Turn


@pytest.mark.parametrize(
    ("reply", "title"),
    [
        ("Clouds in Space", "Clouds in Space"),
        (' "Clouds in Space." ', "Clouds in Space"),
        ("Title: Clouds in Space", "Clouds in Space"),
        ("**Wolken im Weltall**", "Wolken im Weltall"),
        ("太空中的云", "太空中的云"),
        ("A nebula is a cloud of gas in space, far away from us.", ""),
        ("Clouds\nin Space", ""),
        ("Donaudampfschifffahrtsgesellschaftskapitänsmütze und mehr", ""),
        ("", ""),
        ("...", ""),
    ],
)
def test_only_a_few_words_are_a_title(reply: str, title: str) -> None:
    assert as_title(reply) == title


def job() -> tuple[TitleJob, tuple[ChatMessage, ...]]:
    messages = (ChatMessage(role="system", content="Be brief."), ChatMessage(role="user", content="Title?"))
    return TitleJob(turn=Turn(0), messages=messages, of=3), messages


def test_a_title_that_takes_too_long_or_does_not_end_is_none() -> None:
    wanted, messages = job()
    with ScriptedChatModel([["Clouds ", "in Space"]] * 2 + [["Clouds ", LIMIT]]) as model:
        assert title_for(model, wanted, messages).title == "Clouds in Space"
        times = iter([0.0, 1.0, LIMIT_S + 1, LIMIT_S + 2, LIMIT_S + 3])
        assert title_for(model, wanted, messages, lambda: next(times)).title == ""
        assert title_for(model, wanted, messages).title == ""


def answered(turns: int = 1, **state: object) -> Session:
    """A session in which this many questions were answered."""
    session = Session(dataclasses.replace(State(voice=False, half_duplex=True, titles=True), **state))  # type: ignore[arg-type]
    for _ in range(turns):
        session.tell(m.Typed(text="What is a nebula?"))
        session.tell(m.ReplyText(turn=session.turn, text="A cloud."))
        session.tell(m.ReplyComplete(turn=session.turn))
    session.commands.clear()
    return session


def making(session: Session) -> c.MakeTitle:
    (wanted,) = [each for each in session.commands if isinstance(each, c.MakeTitle)]
    return wanted


def test_a_title_is_made_when_nothing_has_been_going_on_for_a_while() -> None:
    session = answered()
    session.tell(b.TitleTime())
    wanted = making(session)
    assert wanted.of == 1
    session.tell(b.TitleMade(turn=wanted.turn, of=1, title="Clouds in Space"))
    assert [(event.turn, event.title) for event in session.told(events.Titled)] == [(1, "Clouds in Space")]
    assert names(session.tell(b.TitleTime())) == []  # it has one


@pytest.mark.parametrize(
    "report",
    [
        m.Typed(text="And then?"),
        m.Heard(segment=seg.SpeechStarted(at_sample=0), now_sample=0),
        m.QuitAsked(),
    ],
)
def test_whatever_a_person_does_cancels_it(report: m.Report) -> None:
    session = answered()
    session.tell(b.TitleTime())
    wanted = making(session)
    cancelled = [each.turn for each in session.tell(report) if isinstance(each, c.Cancel)]
    assert wanted.turn in cancelled
    assert session.state.titling is None
    assert session.state.titled == 0  # it is due again


def test_a_conversation_gets_another_title_when_it_is_twice_as_long() -> None:
    session = answered(2)
    session.tell(b.TitleTime())
    session.tell(b.TitleMade(turn=making(session).turn, of=2, title="Clouds"))
    assert session.state.titled == 2
    assert names(session.tell(b.TitleTime())) == []
    longer = answered(4, titled=2)
    longer.tell(b.TitleTime())
    assert making(longer).of == 4


@pytest.mark.parametrize(
    "state", [{"titles": False}, {"translates": True}, {"engines": EngineState(rest="resting", model_released="yes")}]
)
def test_no_title_is_made_without_need(state: dict[str, object]) -> None:
    session = answered()
    session.state = dataclasses.replace(session.state, **state)  # type: ignore[arg-type]
    assert names(session.tell(b.TitleTime())) == []
    assert names(answered(0).tell(b.TitleTime())) == []


@pytest.mark.parametrize("end", [m.InputClosed(), m.QuitAsked(gently=True)])
def test_the_end_waits_for_the_title(end: m.Report) -> None:
    session = answered()
    session.tell(end)
    wanted = making(session)
    assert [session.state.closed, bool(session.tell(b.TitleMade(turn=wanted.turn, of=1, title="Clouds")))] == [
        False,
        True,
    ]
    assert session.state.closed
    assert [type(event) for event in session.told(events.Titled)] == [events.Titled]


def test_the_end_does_not_wait_for_a_title_that_fails_or_for_none() -> None:
    session = answered()
    session.tell(m.InputClosed())
    session.tell(m.StageFailed(turn=making(session).turn, stage="respond", error=GenerationFailed("It failed.")))
    assert session.state.closed
    nothing = answered(0)
    nothing.tell(m.InputClosed())
    assert nothing.state.closed


def test_who_is_in_a_hurry_waits_for_no_title() -> None:
    session = answered()
    session.tell(m.InputClosed())
    session.tell(m.QuitAsked())  # Ctrl-C
    assert session.state.closed


def test_a_conversation_that_is_left_gets_its_title_afterwards() -> None:
    session = answered()
    commands = session.tell(Clear())
    wanted = making(session)
    assert names(commands).index("MakeTitle") < names(commands).index("Forget")  # it is about what was said
    session.tell(b.TitleMade(turn=wanted.turn, of=1, title="Clouds"))
    assert [event.turn for event in session.told(events.Titled)] == [1]
    assert session.state.titled == 0  # the new one has none


def test_idle_time_is_told_once() -> None:
    now, busy = [0.0], [False]
    told: list[m.Report] = []
    watch = IdleTitles(lambda: busy[0], told.append, lambda: now[0])
    for at_s in (IDLE_S - 1, IDLE_S, IDLE_S + 1, 10 * IDLE_S):
        now[0] = at_s
        watch.look()
    assert told == [b.TitleTime()]
    busy[0] = True
    watch.look()
    busy[0] = False
    now[0] += IDLE_S + 1
    watch.look()
    assert len(told) == 2


def test_a_single_question_from_a_pipe_is_its_own_title() -> None:
    for questions, titles in ((1, 0), (2, 1)):
        session = Session(State(voice=False, half_duplex=True, titles=True))
        for number in range(questions):
            session.tell(m.Typed(text=f"Question {number}?", wait=True))
        session.tell(m.InputClosed())
        for _ in range(questions):
            session.tell(m.ReplyText(turn=session.turn, text="Yes."))
            session.tell(m.ReplyComplete(turn=session.turn))
        assert len([each for each in session.commands if isinstance(each, c.MakeTitle)]) == titles
        assert session.state.closed is not bool(titles)  # it waits for the title
