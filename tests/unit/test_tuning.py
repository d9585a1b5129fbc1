"""Voice, model, language, speed and volume: how the machine handles requests and loaded engines."""

from __future__ import annotations

import pytest

from fakes.engines import ScriptedChatModel, ToneVoice
from fakes.machine_session import Session, names
from voicecli import events
from voicecli import messages as m
from voicecli import tuning as t
from voicecli.errors import ModelInvalid
from voicecli.session import commands as c
from voicecli.session.state import EngineState, State
from voicecli.session.tuning import SPEEDS, VOLUMES

DAMAGED = ModelInvalid("It is damaged.", "Fetch it again.")


def session(*, voice: bool = True) -> Session:
    return Session(
        state=State(voice=voice, half_duplex=False, engines=EngineState(voice_name="joe", model_name="small"))
    )


def changes(session: Session) -> list[tuple[str, object]]:
    return [(event.what, event.value) for event in session.told(events.Changed)]


def notices(session: Session) -> list[str]:
    return [event.message for event in session.told(events.Notice)]


def test_a_voice_is_loaded_first_and_takes_over_when_it_is_there() -> None:
    talk, anna = session(), ToneVoice(name="anna")
    assert talk.tell(t.VoiceChosen(name="anna"))[-1] == c.Load(kind="voice", name="anna")
    assert notices(talk) == ["Loading the voice anna; joe speaks until it is ready."]
    assert changes(talk) == []
    talk.tell(t.VoiceLoaded(name="anna", voice=anna))
    assert [command.voice for command in talk.wanted(c.UseVoice)] == [anna]
    assert changes(talk) == [("voice", "anna")]
    assert talk.state.engines.voice_name == "anna"


def test_of_two_voices_that_are_wanted_the_later_one_speaks() -> None:
    talk = session()
    talk.tell(t.VoiceChosen(name="anna"))
    talk.tell(t.VoiceChosen(name="berta"))
    talk.tell(t.VoiceLoaded(name="anna", voice=ToneVoice(name="anna")))
    assert talk.wanted(c.UseVoice) == []
    talk.tell(t.VoiceLoaded(name="berta", voice=ToneVoice(name="berta")))
    assert changes(talk) == [("voice", "berta")]


def test_who_goes_back_to_the_present_voice_keeps_it() -> None:
    talk = session()
    talk.tell(t.VoiceChosen(name="anna"))
    talk.tell(t.VoiceChosen(name="joe"))
    talk.tell(t.VoiceLoaded(name="anna", voice=ToneVoice(name="anna")))
    assert changes(talk) == []
    assert notices(talk)[-1] == "The voice is joe already."


def test_a_voice_that_cannot_be_loaded_leaves_the_one_before() -> None:
    talk = session()
    talk.tell(t.VoiceChosen(name="anna"))
    talk.tell(t.EngineFailed(kind="voice", name="anna", error=DAMAGED))
    assert [(event.code, event.turn) for event in talk.told(events.ErrorRaised)] == [(DAMAGED.code, None)]
    assert notices(talk)[-1] == "The voice stays joe."
    assert talk.wanted(c.UseVoice) == []


def test_where_nothing_is_spoken_no_voice_is_loaded() -> None:
    talk = session(voice=False)
    talk.tell(t.VoiceChosen(name="anna"))
    assert talk.wanted(c.Load) == []
    assert len(notices(talk)) == 1


def test_a_model_is_loaded_beside_the_present_one_and_the_running_answer_goes_on() -> None:
    talk, large = session(), ScriptedChatModel([])
    talk.ask()
    assert names(talk.tell(t.ModelChosen(name="large", beside=True))) == ["Load"]
    assert names(talk.tell(t.ModelLoaded(name="large", model=large))) == ["UseModel"]
    assert talk.wanted(c.Cancel) == []
    assert changes(talk) == [("model", "scripted")]


def test_without_memory_for_two_the_present_model_is_released_first_and_that_is_said() -> None:
    talk = session()
    assert names(talk.tell(t.ModelChosen(name="large", beside=False))) == ["ReleaseModel"]
    assert "not enough memory" in notices(talk)[0]
    assert talk.tell(t.ModelReleased()) == [c.Load(kind="llm", name="large")]
    assert names(talk.tell(t.ModelLoaded(name="large", model=ScriptedChatModel([])))) == ["UseModel"]
    assert talk.state.engines.model_released == "no"


@pytest.mark.parametrize("name", ["small", "other"])
def test_who_changes_their_mind_while_no_model_is_there_gets_the_one_that_was_named_last(name: str) -> None:
    for released in (False, True):
        talk = session()
        talk.tell(t.ModelChosen(name="large", beside=False))
        if released:
            talk.tell(t.ModelReleased())
        talk.tell(t.ModelChosen(name=name, beside=True))
        if not released:
            talk.tell(t.ModelReleased())
        assert len(talk.wanted(c.ReleaseModel)) == 1
        assert [order.name for order in talk.wanted(c.Load)] == (["large", name] if released else [name])
        if released:
            talk.tell(t.ModelLoaded(name="large", model=ScriptedChatModel([])))
            assert talk.wanted(c.UseModel) == []
        talk.tell(t.ModelLoaded(name=name, model=ScriptedChatModel([])))
        assert len(talk.wanted(c.UseModel)) == 1


def test_a_model_that_fails_after_the_release_brings_the_one_before_back() -> None:
    talk = session()
    talk.tell(t.ModelChosen(name="large", beside=False))
    talk.tell(t.ModelReleased())
    assert names(talk.tell(t.EngineFailed(kind="llm", name="large", error=DAMAGED))) == ["Load"]
    assert talk.wanted(c.Load)[-1].name == "small"
    model = ScriptedChatModel([])
    assert names(talk.tell(t.ModelLoaded(name="small", model=model))) == ["UseModel"]
    assert not talk.state.closed


def test_without_any_model_left_the_session_ends_and_says_why() -> None:
    talk = session()
    talk.tell(t.ModelChosen(name="large", beside=False))
    talk.tell(t.ModelReleased())
    for name in ("large", "small"):
        talk.tell(t.EngineFailed(kind="llm", name=name, error=DAMAGED))
    assert talk.state.closed
    assert [command.error for command in talk.wanted(c.Quit)] == [DAMAGED]


def test_a_model_that_fails_beside_the_present_one_changes_nothing() -> None:
    talk = session()
    talk.tell(t.ModelChosen(name="large", beside=True))
    talk.tell(t.EngineFailed(kind="llm", name="large", error=DAMAGED))
    assert notices(talk)[-1] == "The model stays small."
    assert len(talk.wanted(c.Load)) == 1


def test_the_language_is_what_the_recogniser_is_told_next() -> None:
    talk = session()
    assert talk.tell(t.LanguageChosen(language="de"))[0] == c.SetLanguage(language="de")
    talk.tell(t.LanguageChosen(language=None))
    assert changes(talk) == [("language", "de"), ("language", "auto")]


@pytest.mark.parametrize(("dial", "steps"), [("speed", SPEEDS), ("volume", VOLUMES)])
def test_dials_go_by_steps_and_end_at_their_limits(dial: t.Dial, steps: tuple[float, ...]) -> None:
    talk = session()
    for _ in range(len(steps) + 2):
        talk.tell(t.DialTurned(dial=dial, up=False))
    assert changes(talk)[-1] == (dial, steps[0])
    for _ in range(len(steps) + 2):
        talk.tell(t.DialTurned(dial=dial, up=True))
    assert changes(talk)[-1] == (dial, steps[-1])
    assert {value for _, value in changes(talk)} <= set(steps)


def test_a_step_goes_to_the_next_one_from_wherever_it_is() -> None:
    talk = session()
    talk.tell(t.DialSet(dial="speed", value=1.4))
    talk.tell(t.DialTurned(dial="speed", up=True))
    talk.tell(t.DialTurned(dial="speed", up=False))
    assert changes(talk) == [("speed", 1.4), ("speed", 1.5), ("speed", 1.3)]
    assert talk.wanted(c.SetSpeed)[-1] == c.SetSpeed(speed=1.3)


def test_nothing_of_it_disturbs_an_answer() -> None:
    talk = session()
    talk.ask()
    talk.reply("Paris.")
    talk.sound()
    before = talk.turn
    for report in (
        t.VoiceChosen(name="anna"),
        t.DialSet(dial="volume", value=20),
        t.LanguageChosen(language="de"),
        t.ModelChosen(name="large", beside=False),
    ):
        talk.tell(report)
    assert talk.turn is before
    assert not before.cancelled
    talk.tell(m.Played(turn=before))
    assert [event.text for event in talk.told(events.Spoken)] == ["Paris."]
