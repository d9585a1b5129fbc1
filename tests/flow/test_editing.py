"""Undo, correct, confirm, repeat, start over: real threads and channels, fake engines, virtual time."""

from __future__ import annotations

import numpy as np
import pytest

from fakes.engines import ScriptedChatModel
from fakes.session_rig import Rig
from voicecli import events
from voicecli import messages as m
from voicecli.conversation_start import Clear
from voicecli.engines.ports import Sampling
from voicecli.errors import GenerationFailed


def words(text: str) -> list[str]:
    """A reply in pieces, as a model writes it."""
    return [f"{word} " for word in text.split()]


def said(rig: Rig) -> list[str]:
    """The conversation as the model would get it, without the system prompt."""
    return [message.content for message in rig.history.messages[1:]]


def asked(rig: Rig) -> list[str]:
    """The last prompt of the model, without the system prompt."""
    assert isinstance(rig.chat_model, ScriptedChatModel)
    return [message.content for message in rig.chat_model.prompts[-1].messages[1:]]


def two_turns(rig: Rig) -> None:
    for turn in (1, 2):
        rig.ask()
        rig.until_spoken(turn)
        rig.wait(400)


def test_the_last_turns_are_taken_back_one_by_one() -> None:
    with Rig(transcripts=["One?", "Two?"], replies=[words("First."), words("Second.")]) as rig:
        two_turns(rig)
        rig.tell(m.Undo())
        assert said(rig) == ["One?", "First."]
        rig.tell(m.Undo())
        assert said(rig) == []
        rig.tell(m.Undo())
    assert [(event.turn, event.text) for event in rig.told(events.Undone)] == [(2, "Two?"), (1, "One?")]
    assert rig.told(events.Notice)[-1].code == "nothing-to-undo"


def test_an_answer_that_sounds_is_silenced_and_taken_back() -> None:
    with Rig(transcripts=["One?", "Two?"], replies=[words("First."), words("A second answer. Of some length.")]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(400)
        rig.ask()
        rig.until(rig.sounding)
        rig.wait(500)
        rig.tell(m.Undo())
        rig.wait(100)
        assert not rig.sounding()
        assert said(rig) == ["One?", "First."]
        rig.tell(m.Undo())
        assert said(rig) == []
    assert [event.turn for event in rig.told(events.Undone)] == [2, 1]


@pytest.mark.parametrize("when", ["while it sounds", "when it was heard"])
def test_a_question_that_was_said_in_parts_is_taken_back_with_all_of_them(when: str) -> None:
    replies = [words("What?"), words("Madrid. It is a large city.")]
    with Rig(transcripts=["Could you tell me", "the capital of Spain?"], replies=replies, full_duplex=True) as rig:
        rig.talk()
        rig.until(lambda: rig.told(events.SpeechEnded))
        rig.talk()  # before the answer that came too soon can have been meant
        rig.until(lambda: len(rig.told(events.SpeechEnded)) == 2 and rig.sounding())
        assert said(rig) == ["Could you tell me the capital of Spain?"]
        if when == "when it was heard":
            rig.until(lambda: any(not event.cut for event in rig.told(events.Spoken)))
        rig.tell(m.Undo())
        assert said(rig) == []
    (undone,) = rig.told(events.Undone)
    shown = [event.turn for event in rig.told(events.Transcript) if event.final]
    assert undone.turns == tuple(shown)
    assert len(shown) == 2
    assert (undone.turn, undone.text) == (shown[-1], "Could you tell me the capital of Spain?")


def test_a_correction_is_asked_in_the_place_of_what_was_understood() -> None:
    replies = [words("First."), words("Second."), words("Corrected.")]
    with Rig(transcripts=["One?", "Tooth?"], replies=replies) as rig:
        two_turns(rig)
        rig.tell(m.Correct(turn=2, text="Two?"))
        rig.until_spoken(3)
        assert asked(rig) == ["One?", "First.", "Two?"]
        assert said(rig) == ["One?", "First.", "Two?", "Corrected."]
    assert [event.turn for event in rig.told(events.Undone)] == [2]


def test_a_correction_of_what_is_not_the_last_takes_nothing_else_back() -> None:
    with Rig(transcripts=["One?", "Two?"], replies=[words("First."), words("Second."), words("Third.")]) as rig:
        two_turns(rig)
        rig.tell(m.Correct(turn=1, text="Three?"))
        rig.until_spoken(3)
        assert said(rig) == ["One?", "First.", "Two?", "Second.", "Three?", "Third."]


def test_the_last_answer_is_heard_again_and_stays_once_in_the_history() -> None:
    answer = "One sentence here. Another one there. A third one follows. The fourth is the last."
    with Rig(transcripts=["One?"], replies=[words(answer)]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(400)
        before = len(rig.speaker.played)
        first = int(np.count_nonzero(rig.speaker.played))
        rig.tell(m.Repeat())
        rig.until_spoken(2)
        rig.wait(400)
        assert said(rig) == ["One?", answer]
        assert int(np.count_nonzero(rig.speaker.played[before:])) == first
        again = rig.told(events.Spoken)[-1]
        assert (again.text, again.cut) == (answer, False)
        speaking = [event.start for event in rig.told(events.Speaking) if event.turn == again.turn]
        assert speaking == [event.start for event in rig.told(events.Speaking) if event.turn == 1]
        assert len(speaking) > 2


def test_a_repetition_is_interrupted_like_any_answer() -> None:
    with Rig(transcripts=["One?"], replies=[words("One sentence here. Another one there.")]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(400)
        rig.tell(m.Repeat())
        rig.until(rig.sounding)
        rig.tell(m.InterruptPressed())
        rig.wait(100)
        assert not rig.sounding()
        assert said(rig) == ["One?", "One sentence here. Another one there."]
    assert rig.told(events.Spoken)[-1].cut


def test_there_is_nothing_to_repeat_before_an_answer_is_whole() -> None:
    with Rig() as rig:
        rig.tell(m.Repeat())
    assert [event.code for event in rig.told(events.Notice)] == ["nothing-to-repeat"]


def test_a_new_conversation_and_somebody_else_to_hold_it() -> None:
    replies = [words("First."), words("Second."), words("Third.")]
    with Rig(transcripts=["One?", "Two?", "Three?"], replies=replies) as rig:
        two_turns(rig)
        rig.tell(Clear())
        sampling = Sampling(temperature=0.1)
        rig.tell(m.PersonaChosen(name="oracle", prompt="Be obscure.", sampling=sampling, language=None, patience=2.0))
        rig.ask()
        rig.until_spoken(3)
        assert isinstance(rig.chat_model, ScriptedChatModel)
        prompt = rig.chat_model.prompts[-1]
        assert [message.content for message in prompt.messages] == ["Be obscure.", "Three?"]
        assert prompt.sampling == sampling
        rig.tell(m.Undo())
        rig.tell(m.Undo())
        assert said(rig) == []
    assert [event.name for event in rig.told(events.PersonaChanged)] == ["oracle"]
    assert [event.text for event in rig.told(events.Undone)] == ["Three?"]


def test_nothing_is_heard_asked_or_remembered_before_it_was_confirmed() -> None:
    with Rig(transcripts=["One?"], replies=[words("First.")], confirms=True) as rig:
        rig.ask()
        rig.wait(3000)
        assert [event.text for event in rig.told(events.ConfirmAsked)] == ["One?"]
        assert not np.any(rig.speaker.played)
        assert said(rig) == []
        assert rig.told(events.PhaseChanged)[-1].phase == "confirming"
        rig.tell(m.Confirmed(turn=1, text="One?"))
        assert rig.until(rig.sounding) <= 40  # it was ready: the draft that every answer is
        rig.until_spoken(1)
        assert said(rig) == ["One?", "First."]


def test_what_was_changed_before_it_was_confirmed_is_asked_instead() -> None:
    with Rig(transcripts=["Won?"], replies=[words("Who knows."), words("First.")], confirms=True) as rig:
        rig.ask()
        rig.tell(m.Confirmed(turn=1, text="One?"))
        rig.until_spoken(1)
        assert said(rig) == ["One?", "First."]
    assert [(event.turn, event.text) for event in rig.told(events.Transcript) if event.final] == [(1, "One?")]
    assert [event.text for event in rig.told(events.Spoken)] == ["First."]


def test_what_is_thrown_away_was_never_said() -> None:
    with Rig(transcripts=["Won?", "Two?"], replies=[words("Who knows."), words("Second.")], confirms=True) as rig:
        rig.ask()
        rig.tell(m.Confirmed(turn=1, text=""))
        assert rig.told(events.PhaseChanged)[-1].phase == "listening"
        rig.wait(1000)
        assert not np.any(rig.speaker.played)
        rig.ask()
        rig.tell(m.Confirmed(turn=2, text="Two?"))
        rig.until_spoken(1)
        assert said(rig) == ["Two?", "Second."]


def test_what_was_confirmed_is_asked_even_when_its_draft_failed() -> None:
    # The draft fails while it is a draft, and again while the question waits.
    failed = GenerationFailed("No.", "")
    replies: list[list[object]] = [[failed], [failed], list(words("First."))]
    with Rig(transcripts=["One?", "One?"], replies=replies, confirms=True) as rig:
        rig.ask()
        rig.wait(1000)
        rig.tell(m.Confirmed(turn=1, text="One?"))
        rig.until_spoken(1)
        assert said(rig) == ["One?", "First."]


def test_what_is_typed_needs_no_confirmation() -> None:
    with Rig(replies=[words("First.")], confirms=True) as rig:
        rig.tell(m.Typed(text="One?"))
        rig.until_spoken(1)
        assert said(rig) == ["One?", "First."]
    assert rig.told(events.ConfirmAsked) == []
