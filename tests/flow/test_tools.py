"""Tools in a session from end to end: the real graph, conductor and playout, fake engines, virtual time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest

from fakes.engines import ScriptedChatModel
from fakes.session_rig import Rig
from voicecli import events
from voicecli.engines.ports import Sampling
from voicecli.messages import InterruptPressed, PersonaChosen, Typed
from voicecli.session.session_timers import SessionTimers
from voicecli.tools.builtin import registry
from voicecli.tools.memory_words import Outcome
from voicecli.tools.registry import Registry
from voicecli.tools.reports import Announced

NOON = dt.datetime(2026, 11, 28, 14, 5, tzinfo=dt.UTC)
TIMER = "Set a timer for ten minutes."


class NoHost:
    """A session that tools do not change, without notes."""

    def turn_dial(self, dial: str, *, up: bool) -> None: ...

    def set_volume(self, percent: int) -> None: ...

    def become(self, persona: str) -> str:
        return persona

    def add(self, text: str) -> None: ...

    def remember_now(self, text: str) -> Outcome:
        return "added" if text else "failed"

    def forget_now(self, text: str) -> Outcome:
        return "removed" if text else "failed"

    def newest(self, count: int) -> tuple[Sequence[str], int]:
        return [][:count], 0

    def search(self, text: str, count: int) -> tuple[Sequence[str], int]:
        return [text][:0], count * 0


@pytest.fixture
def alarms() -> SessionTimers:
    return SessionTimers(lambda _report: None, clock=lambda: 0.0)


@pytest.fixture
def tools(alarms: SessionTimers) -> Registry:
    host = NoHost()
    return registry(now=lambda: NOON, host=host, notes=host, memory=host, timekeeper=alarms)


def test_a_spoken_request_is_answered_by_a_tool_and_the_model_is_not_asked(
    tools: Registry, alarms: SessionTimers
) -> None:
    with Rig(transcripts=[TIMER, "And tell me a joke."], replies=[["Ha. "]], tools=tools) as rig:
        rig.ask()
        rig.until_spoken(1)
        assert alarms.running == 1
        rig.wait(400)
        rig.ask()
        rig.until_spoken(2)
    assert [event.text for event in rig.told(events.Spoken)] == ["The timer is set for 10 minutes.", "Ha."]
    assert [event.tool for event in rig.told(events.ToolUsed)] == ["set_timer"]
    assert isinstance(rig.chat_model, ScriptedChatModel)
    assert [message.content for message in rig.chat_model.prompts[0].messages] == [
        "Be brief.",
        TIMER,
        "The timer is set for 10 minutes.",
        "And tell me a joke.",
    ]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Remember that my sister is called Ana.", "I will remember that."),
        ("Merk dir, dass meine Schwester Ana heißt.", "Das merke ich mir."),
        ("Souviens-toi que ma sœur s'appelle Ana.", "Je m'en souviendrai."),
        ("Forget that my sister is called Ana.", "I have forgotten that."),
    ],
)
@pytest.mark.parametrize("typed", [True, False])
def test_what_is_remembered_or_forgotten_is_confirmed_and_the_model_is_not_asked(
    said: str, answer: str, typed: bool, tools: Registry
) -> None:
    with Rig(transcripts=[] if typed else [said], tools=tools) as rig:
        if typed:
            rig.inbox.put(Typed(text=said))
        else:
            rig.ask()
        rig.until_spoken(1)
    assert [event.text for event in rig.told(events.Spoken)] == [answer]


def test_a_persona_has_its_own_tools_and_may_be_addressed_by_name(tools: Registry) -> None:
    persona = PersonaChosen(
        name="c", prompt="P", sampling=Sampling(), language=None, patience=1.0, tools=("clock",), called=("Computer",)
    )
    with Rig(replies=[["Later. "]], tools=tools) as rig:
        rig.inbox.put(persona)
        for count, line in enumerate(("Hey Computer, what time is it?", "Computer! Set a timer for ten minutes."), 1):
            rig.inbox.put(Typed(text=line))
            rig.until_spoken(count)
    assert [event.text for event in rig.told(events.Reply)] == ["It is 2:05 PM.", "Later. "]
    assert [event.tool for event in rig.told(events.ToolUsed)] == ["time"]


def test_who_goes_on_after_a_pause_has_set_no_timer(tools: Registry, alarms: SessionTimers) -> None:
    transcripts = [TIMER, "Set a timer for ten minutes is what she said."]
    with Rig(transcripts=transcripts, replies=[["I see. "]], tools=tools) as rig:
        rig.talk()
        rig.wait(200)  # a draft
        assert len(rig.transcriber.contexts) == 1
        rig.talk()
        rig.wait(700)
        rig.until_spoken(1)
    assert alarms.running == 0
    assert rig.used == []
    assert rig.told(events.ToolUsed) == []


def test_the_time_is_ready_when_the_person_has_finished(tools: Registry) -> None:
    with Rig(transcripts=["What time is it?"], tools=tools) as rig:
        rig.talk()
        rig.until(lambda: rig.told(events.SpeechEnded))
        assert not np.any(rig.speaker.played)
        assert rig.told(events.ToolUsed)
        assert rig.until(rig.sounding) <= 40


def test_a_long_answer_of_a_tool_is_said_to_its_end(tools: Registry) -> None:
    with Rig(tools=tools) as rig:
        for minutes in range(1, 8):
            rig.tell(Typed(text=f"Set a timer for {minutes} minutes.", wait=True))
        rig.tell(Typed(text="Which timers are running?", wait=True))
        rig.until_spoken(8)
    assert rig.told(events.Spoken)[-1].text.count("left") == 7
    assert not rig.told(events.Spoken)[-1].cut


def test_a_timer_waits_for_the_end_of_an_answer_and_can_be_stopped(tools: Registry) -> None:
    with Rig(replies=[["This ", "is ", "the ", "answer. "]], tools=tools) as rig:
        rig.inbox.put(Typed(text="Tell me a story."))
        rig.until(rig.sounding)
        rig.tell(Announced(text="The tea timer is over, and this is said for quite a long time."))
        rig.until_spoken(1)
        rig.until(lambda: len(rig.told(events.Reply)) == 2)
        rig.until(rig.sounding)
        rig.tell(InterruptPressed())
        rig.until_spoken(2)
    first = rig.told(events.Spoken)[0]
    assert (first.text, first.cut) == ("This is the answer.", False)
    assert rig.told(events.Spoken)[1].cut


@pytest.mark.parametrize("after_ms", [0, 200, 900, 1500])
def test_whoever_talks_into_the_answer_of_a_tool_stops_it_and_what_was_done_stays_and_is_known(
    tools: Registry, alarms: SessionTimers, after_ms: float
) -> None:
    with Rig(transcripts=[TIMER, "Thank you, that is fine."], replies=[["Ha. "]], full_duplex=True, tools=tools) as rig:
        rig.ask()
        rig.until(rig.sounding)
        rig.wait(after_ms)
        rig.talk(700)
        assert not rig.sounding()
        rig.wait(700)
        rig.until_spoken(2)
        messages = [message.content for message in rig.history.messages]
    assert alarms.running == 1
    assert [call.name for call in rig.used] == ["set_timer"]
    assert [event.withdrawn for event in rig.told(events.Interrupted)] == [False]
    assert messages[1:5] == [TIMER, "The timer is set for 10 minutes.", "Thank you, that is fine.", "Ha."]
