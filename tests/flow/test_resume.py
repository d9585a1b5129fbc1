"""An earlier conversation is resumed in a running session: real threads and channels, fake engines, virtual time."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from fakes.engines import ScriptedChatModel
from fakes.histories import MONDAY, save
from fakes.session_rig import Rig, speech
from fakes.ui_scenes import READY
from voicecli import events
from voicecli import messages as m
from voicecli.conversation_start import Clear, ConversationChosen, SavedExchange
from voicecli.engines.ports import ChatMessage, IsCancelled
from voicecli.memory import queries
from voicecli.memory.database import open_database
from voicecli.memory.recorder import Recorder
from voicecli.session.commands import Tell
from voicecli.session.history import Played
from voicecli.session.state import State
from voicecli.session.state_machine import step
from voicecli.tuning import FactsChanged, SoundChosen

PAST = (
    SavedExchange(row=5, question="My sister is called Ana.", answer="I see."),
    SavedExchange(row=9, question="And my dog Rex.", answer="A good", cut=True),
)
CHOSEN = ConversationChosen(conversation=3, title="My sister", turns=PAST)
PAST_TEXTS = ["My sister is called Ana.", "I see.", "And my dog Rex.", "A good"]


def said(rig: Rig) -> list[str]:
    return [message.content for message in rig.history.messages[1:]]


def model(rig: Rig) -> ScriptedChatModel:
    assert isinstance(rig.chat_model, ScriptedChatModel)
    return rig.chat_model


def test_the_model_knows_what_was_said_and_has_read_it_before_it_is_asked() -> None:
    with Rig(transcripts=["What is she called?"], replies=[["Ana."]]) as rig:
        rig.tell(CHOSEN)
        assert [message.content for message in model(rig).read[-1]][1:-1] == PAST_TEXTS
        rig.ask()
        rig.until_spoken(1)
        assert [message.content for message in model(rig).prompts[-1].messages[1:]] == [
            *PAST_TEXTS,
            "What is she called?",
        ]
        assert said(rig) == [*PAST_TEXTS, "What is she called?", "Ana."]
    (resumed,) = rig.told(events.Resumed)
    assert (resumed.conversation, resumed.title, resumed.turns, resumed.left_out) == (3, "My sister", 2, 0)
    assert [(past.turn, past.question, past.cut) for past in rig.told(events.PastTurn)] == [
        (-5, "My sister is called Ana.", False),
        (-9, "And my dog Rex.", True),
    ]


def test_what_was_said_before_makes_way() -> None:
    with Rig(transcripts=["One?"], replies=[["First ", "answer ", "of ", "some ", "length."]]) as rig:
        rig.ask()
        rig.until(rig.sounding)
        rig.tell(CHOSEN)
        rig.wait(100)
        assert not rig.sounding()
        assert said(rig) == PAST_TEXTS


def test_the_model_is_told_the_time_in_a_resumed_conversation_too() -> None:
    with Rig(transcripts=["What time is it?"], replies=[["Half past nine."]], clock=lambda: MONDAY) as rig:
        rig.tell(CHOSEN)
        rig.ask()
        rig.until_spoken(1)
        assert model(rig).prompts[-1].messages[-1].content == "It is 09:30.\nWhat time is it?"
        assert model(rig).read[-1][:-1] == model(rig).prompts[-1].messages[:-1]  # what it has read can be used


def test_past_turns_are_undone_and_repeated_like_any() -> None:
    with Rig() as rig:
        rig.tell(CHOSEN)
        rig.tell(m.Repeat())
        rig.until_spoken(1)
        assert rig.told(events.Spoken)[-1].text == "A good"
        rig.wait(400)
        for left in (PAST_TEXTS[:2], []):
            rig.tell(m.Undo())
            assert said(rig) == left
        rig.tell(m.QuitAsked())
    assert [(undone.turn, undone.turns) for undone in rig.told(events.Undone)] == [(-9, (-9,)), (-5, (-5,))]
    assert rig.told(events.Bye)[-1].turns == 0


class SlowReader(ScriptedChatModel):
    """A model that reads the first conversation ahead until it is cancelled."""

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        super().read_ahead(messages, is_cancelled=is_cancelled)
        while len(self.read) == 1 and not is_cancelled():
            time.sleep(0.001)


@pytest.mark.parametrize("end", [m.QuitAsked(), Clear()])
def test_reading_a_long_conversation_holds_up_neither_the_end_nor_a_new_one(end: m.QuitAsked | Clear) -> None:
    reader = SlowReader([["First."]])
    with Rig(transcripts=["One?"], model=reader) as rig:
        rig.inbox.put(CHOSEN)
        while not reader.read:
            time.sleep(0.001)
        rig.tell(end)
        if isinstance(end, Clear):
            rig.ask()
            rig.until_spoken(1)
            assert said(rig) == ["One?", "First."]
    assert rig.late == []  # no thread had to be left behind


def test_what_follows_is_saved_in_the_same_conversation(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    save(database, ("Other?", "Yes."))
    number = save(database, ("One?", "First."), ("Two?", "Second."), asked=MONDAY - dt.timedelta(days=400))
    rows = [turn.row for turn in queries.turns(database, number)]
    past = tuple(SavedExchange(row=row, question="q", answer="a") for row in rows)
    with Rig(transcripts=["Three?"], replies=[["Third."]]) as rig:
        rig.tell(ConversationChosen(conversation=number, title="One?", turns=past))
        rig.tell(m.Undo())  # of the last past turn
        rig.ask()
        rig.until_spoken(1)
    failures: list[object] = []
    recorder = Recorder(
        tmp_path, persona="tutor", now=lambda: MONDAY, failed=failures.append, keep_days=30, spared=number
    )
    recorder.start()
    for event in (READY, *rig.events):
        recorder.take(event)
    recorder.settle(20)
    assert recorder.conversation == number
    recorder.close()
    assert failures == []
    assert [(turn.session, turn.question, turn.answer) for turn in queries.turns(database, number)] == [
        (1, "One?", "First."),
        (2, "Three?", "Third."),
    ]
    assert queries.conversations(database, [number])[0].sessions == 2
    assert [turn.question for turn in queries.turns(database, 1)] == ["Other?"]
    database.close()


def test_what_is_remembered_stands_in_the_next_prompt_and_is_told() -> None:
    with Rig(transcripts=["One?", "Two?"], replies=[["First."], ["Second."]]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(400)
        rig.tell(FactsChanged(facts=("I like tea",), added="I like tea"))
        rig.ask()
        rig.until_spoken(2)
        messages = model(rig).prompts[-1].messages
        assert messages[0].content.startswith("Be brief.\n\n")
        assert messages[0].content.endswith("- I like tea\n")
        assert [message.content for message in messages[1:]] == ["One?", "First.", "Two?"]
        assert model(rig).read[1][:-1] == messages[:-1]  # it was read while nobody waited
        rig.tell(FactsChanged(facts=(), removed="I like tea"))
        assert rig.history.messages[0].content == "Be brief."
    assert [(event.added, event.removed) for event in rig.told(events.MemoryChanged)] == [
        ("I like tea", ""),
        ("", "I like tea"),
    ]


def test_saved_sound_is_played_and_stopped_like_anything_that_is_said() -> None:
    tone = speech(2000)
    with Rig(transcripts=["One?"], replies=[["First."]]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(400)
        before = len(rig.speaker.played)
        rig.tell(SoundChosen(pcm=tone))
        rig.wait(2500)
        loud = int(np.count_nonzero(rig.speaker.played[before:]))
        assert loud == pytest.approx(np.count_nonzero(tone), rel=0.02)
        rig.tell(SoundChosen(pcm=tone))
        rig.until(rig.sounding)
        rig.tell(m.InterruptPressed())
        rig.wait(100)
        assert not rig.sounding()
        assert said(rig) == ["One?", "First."]
    assert len(rig.told(events.Spoken)) == 1  # it is no answer


def test_saved_sound_without_a_speaker_is_told() -> None:
    _, commands = step(State(voice=False, half_duplex=False), SoundChosen(pcm=speech(100)), Played())
    (told,) = commands
    assert isinstance(told, Tell)
    assert isinstance(told.event, events.Notice)
    assert told.event.code == "no-speaker"
