"""Models are released while nobody talks, and loaded again at the first sign of a user."""

from __future__ import annotations

import pytest

from fakes.engines import ScriptedChatModel, ScriptedTranscriber
from fakes.machine_session import Session
from voicecli import events
from voicecli import messages as m
from voicecli import tuning as t
from voicecli.app.model_keep_alive import CROWDED_MINUTES, ROOM_BYTES, KeepAlive, minutes_of
from voicecli.errors import ModelInvalid
from voicecli.session import commands as c
from voicecli.session.state import EngineState, State


def session(transcriber: str = "whisper") -> Session:
    return Session(
        state=State(
            voice=True, half_duplex=False, engines=EngineState(model_name="small", transcriber_name=transcriber)
        )
    )


def rested() -> Session:
    talk = session()
    talk.tell(t.IdleTimeOver(minutes=5))
    talk.tell(t.ModelReleased())
    return talk


def test_after_a_long_silence_both_models_are_released_and_nothing_is_loaded() -> None:
    talk = rested()
    assert len(talk.wanted(c.ReleaseModel)) == 1
    assert [command.transcriber for command in talk.wanted(c.UseTranscriber)] == [None]
    assert talk.wanted(c.Load) == []
    assert [notice.code for notice in talk.told(events.Notice)] == ["models-resting"]
    assert "5 minutes" in talk.told(events.Notice)[0].message


def test_what_is_typed_wakes_them_and_is_answered_by_the_model_that_comes() -> None:
    talk = rested()
    talk.tell(m.Typed(text="Hello."))
    assert talk.wanted(c.Load) == [
        c.Load(kind="stt", name="whisper", urgent=True),
        c.Load(kind="llm", name="small", urgent=True),
    ]
    assert len(talk.wanted(c.Respond)) == 1  # it waits for the model
    model = ScriptedChatModel([["Hi."]])
    model_name = talk.state.engines.model_name
    talk.tell(t.ModelLoaded(name=model_name, model=model))
    recogniser = ScriptedTranscriber(["Bye."])
    talk.tell(t.TranscriberLoaded(transcriber=recogniser))
    assert [command.model for command in talk.wanted(c.UseModel)] == [model]
    assert [command.transcriber for command in talk.wanted(c.UseTranscriber)] == [None, recogniser]
    assert talk.told(events.Changed) == []  # it is the same model
    assert talk.state.engines.rest == "no"


def test_who_speaks_before_the_model_is_released_has_it_loaded_when_it_is() -> None:
    talk = session()
    talk.tell(t.IdleTimeOver(minutes=1))
    talk.tell(m.Typed(text="Hello."))
    assert talk.wanted(c.Load) == [c.Load(kind="stt", name="whisper", urgent=True)]
    talk.tell(t.ModelReleased())
    assert talk.wanted(c.Load)[1:] == [c.Load(kind="llm", name="small", urgent=True)]


def test_nothing_is_released_while_something_goes_on_or_another_model_is_loaded() -> None:
    talk = session()
    talk.tell(m.Typed(text="Hello."))
    assert talk.tell(t.IdleTimeOver(minutes=1)) == []
    talk = session()
    talk.tell(t.ModelChosen(name="large", beside=True))
    assert talk.tell(t.IdleTimeOver(minutes=1)) == []
    talk = rested()
    assert talk.tell(t.IdleTimeOver(minutes=1)) == []


def test_a_session_without_a_microphone_has_no_recogniser_to_release() -> None:
    talk = session(transcriber="")
    talk.tell(t.IdleTimeOver(minutes=1))
    assert talk.wanted(c.UseTranscriber) == []
    talk.tell(t.ModelReleased())
    talk.tell(m.Typed(text="Hello."))
    assert [load.kind for load in talk.wanted(c.Load)] == ["llm"]


def test_a_recogniser_that_cannot_be_loaded_again_ends_the_session() -> None:
    talk = rested()
    talk.tell(m.Typed(text="Hello."))
    error = ModelInvalid("It is damaged.", "Fetch it again.")
    talk.tell(t.EngineFailed(kind="stt", name="whisper", error=error))
    assert [command.error for command in talk.wanted(c.Quit)] == [error]


def test_a_silence_is_told_once_until_something_goes_on_again() -> None:
    busy, now_s = False, 0.0
    told: list[object] = []
    watch = KeepAlive("2", lambda: busy, told.append, lambda: now_s)
    for now_s in (60.0, 119.0):  # noqa: B007 - the watch's clock
        watch.look()
    assert told == []
    for now_s in (121.0, 300.0):  # noqa: B007
        watch.look()
    assert told == [t.IdleTimeOver(minutes=2)]
    busy = True
    watch.look()
    busy, now_s = False, 419.0
    watch.look()
    now_s = 421.0
    watch.look()
    assert len(told) == 2


@pytest.mark.parametrize(
    ("setting", "free", "minutes"),
    [
        ("0", 1, 0),
        ("5", None, 5),
        ("auto", None, 0),
        ("auto", ROOM_BYTES + 1, 0),
        ("auto", ROOM_BYTES - 1, CROWDED_MINUTES),
    ],
)
def test_where_there_is_room_models_stay(setting: str, free: int | None, minutes: int) -> None:
    assert minutes_of(setting, free) == minutes
