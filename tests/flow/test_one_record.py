"""The prompt, `/save` and the database agree at the end of a session: real threads and channels, a real database, fake engines, virtual time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from fakes.histories import MONDAY, save
from fakes.session_rig import Rig
from fakes.ui_scenes import READY
from voicecli import events
from voicecli import messages as m
from voicecli.app.conversation_text import ConversationText
from voicecli.conversation_start import ConversationChosen, SavedExchange
from voicecli.memory import queries
from voicecli.memory.conversations import SavedTurn
from voicecli.memory.database import open_database
from voicecli.memory.recorder import Recorder


def words(text: str) -> list[str]:
    return [f"{word} " for word in text.split()]


def correct(rig: Rig) -> None:
    rig.ask()
    rig.until_spoken(1)
    rig.wait(400)
    rig.tell(m.Correct(turn=1, text="Two?"))
    rig.until_spoken(2)


def undo(rig: Rig) -> None:
    for turn in (1, 2):
        rig.ask()
        rig.until_spoken(turn)
        rig.wait(400)
    rig.tell(m.Undo())


def cut(rig: Rig) -> None:
    rig.ask()
    rig.until(rig.sounding)
    rig.wait(1000)
    rig.tell(m.InterruptPressed())
    rig.wait(400)


def before_a_word(rig: Rig) -> None:
    rig.tell(m.Typed(text="One?"))
    rig.tell(m.InterruptPressed())


def in_parts(rig: Rig) -> None:
    rig.talk()
    rig.until(lambda: rig.told(events.SpeechEnded))
    rig.talk()  # before the answer that came too soon can have been meant
    rig.until(lambda: any(not event.cut for event in rig.told(events.Spoken)))


def quit_while_it_answers(rig: Rig) -> None:
    rig.ask()
    rig.until_spoken(1)
    rig.wait(400)
    rig.ask()
    rig.until(rig.sounding)
    rig.wait(500)


ANSWER = "Madrid. It is a large city, in the middle of Spain, and has been its capital for a long time."
SCENES: dict[str, tuple[Callable[[Rig], None], list[str], list[str]]] = {
    "correct": (correct, ["Tooth?"], ["First.", "Second."]),
    "undo": (undo, ["One?", "Two?"], ["First.", "Second."]),
    "cut": (cut, ["One?"], [ANSWER]),
    "before a word": (before_a_word, [], [ANSWER]),
    "in parts": (in_parts, ["Could you tell me", "the capital of Spain?"], ["What?", "Madrid."]),
    "quit while it answers": (quit_while_it_answers, ["One?", "Two?"], ["First.", ANSWER]),
}
QUESTIONS: dict[str, list[str]] = {
    "correct": ["Two?"],
    "undo": ["One?"],
    "cut": ["One?"],
    "before a word": ["One?"],
    "in parts": ["Could you tell me the capital of Spain?"],
    "quit while it answers": ["One?", "Two?"],
}


def saved(where: Path, happened: Iterable[events.Event], *, spared: int | None = None) -> list[SavedTurn]:
    """What the database has after these events."""
    failures: list[object] = []
    recorder = Recorder(where, persona="", now=lambda: MONDAY, failed=failures.append, spared=spared)
    recorder.start()
    for event in (READY, *happened):
        recorder.take(event)
    assert recorder.settle(20)
    number = recorder.conversation
    recorder.close()
    assert failures == []
    database = open_database(where)
    turns = queries.turns(database, number) if number is not None else []
    database.close()
    return turns


def agree(rig: Rig, rows: list[SavedTurn]) -> None:
    said = rig.conductor.said
    assert [(row.question, row.answer, row.cut) for row in rows] == [
        (turn.question, turn.answer, turn.cut) for turn in said
    ]
    counts = [(turn.question, turn.answer) for turn in said if turn.answer]
    assert [message.content for message in rig.history.messages[1:]] == [*itertools.chain.from_iterable(counts)]
    lines = ConversationText(lambda: rig.conductor.said).as_text().splitlines()
    assert [line.removeprefix("you: ") for line in lines if line.startswith("you: ")] == [row.question for row in rows]
    assert [
        line.removeprefix("voicecli: ").removesuffix(" [stopped here]")
        for line in lines
        if line.startswith("voicecli: ")
    ] == [row.answer for row in rows if row.answer]


@pytest.mark.parametrize("scene", SCENES)
def test_prompt_saved_text_and_database_agree(scene: str, tmp_path: Path) -> None:
    happens, transcripts, replies = SCENES[scene]
    with Rig(
        transcripts=transcripts, replies=[words(reply) for reply in replies], full_duplex=scene == "in parts"
    ) as rig:
        happens(rig)
        rig.tell(m.QuitAsked())
    rows = saved(tmp_path, rig.events)
    assert [row.question for row in rows] == QUESTIONS[scene]
    agree(rig, rows)


def test_they_agree_in_a_conversation_that_was_resumed_and_changed(tmp_path: Path) -> None:
    database = open_database(tmp_path)
    number = save(database, ("One?", "First."), ("Two?", "Second."))
    past = tuple(
        SavedExchange(row=turn.row, question=turn.question, answer=turn.answer)
        for turn in queries.turns(database, number)
    )
    database.close()
    with Rig(transcripts=["Three?"], replies=[words("Third."), words("Fourth.")]) as rig:
        rig.tell(ConversationChosen(conversation=number, title="", turns=past))
        rig.tell(m.Correct(turn=-past[-1].row, text="Four?"))
        rig.until_spoken(1)
        rig.wait(400)
        rig.ask()
        rig.until_spoken(2)
        rig.tell(m.QuitAsked())
    rows = saved(tmp_path, rig.events, spared=number)
    assert [row.question for row in rows] == ["One?", "Four?", "Three?"]
    agree(rig, rows)


def test_they_agree_after_a_fault_of_the_program_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> object:
        monkeypatch.undo()
        raise RuntimeError("a fault of ours")

    with Rig(replies=[words("Second.")]) as rig:
        monkeypatch.setattr("voicecli.session.conductor.respond_job", faulty)
        rig.tell(m.Typed(text="One?"))
        rig.tell(m.Typed(text="Two?"))
        rig.until_spoken(1)
        rig.tell(m.QuitAsked())
    rows = saved(tmp_path, rig.events)
    assert [(row.question, row.answer) for row in rows if row.answer] == [("Two?", "Second.")]
    assert [message.content for message in rig.history.messages[1:]] == ["Two?", "Second."]
