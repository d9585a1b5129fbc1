"""What a session writes to the database: real threads and channels, fake engines, virtual time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from fakes.histories import MONDAY
from fakes.session_rig import Rig
from fakes.ui_scenes import READY
from voicecli import events
from voicecli import messages as m
from voicecli.conversation_start import Clear
from voicecli.errors import GenerationFailed
from voicecli.events import Event
from voicecli.memory import queries
from voicecli.memory.conversations import Conversation, SavedTurn
from voicecli.memory.database import open_database
from voicecli.memory.recorder import Recorder
from voicecli.pcm import samples_of


def words(text: str) -> list[str]:
    """A reply in pieces, as a model writes it."""
    return [f"{word} " for word in text.split()]


def saved(where: Path, told: Iterable[Event]) -> list[tuple[Conversation, list[SavedTurn]]]:
    """What a recorder saves of these events: each conversation and its turns, the oldest first."""
    failures: list[object] = []
    recorder = Recorder(where, persona="assistant", now=lambda: MONDAY, failed=failures.append)
    recorder.start()
    for event in (READY, *told):
        recorder.take(event)
    recorder.close()
    assert failures == []
    database = open_database(where)
    try:
        found = sorted(queries.conversations(database), key=lambda each: each.id)
        return [(each, queries.turns(database, each.id)) for each in found]
    finally:
        database.close()


def texts(turns: Iterable[SavedTurn]) -> list[tuple[str, str]]:
    return [(turn.question, turn.answer) for turn in turns]


def two_turns(rig: Rig) -> None:
    for turn in (1, 2):
        rig.ask()
        rig.until_spoken(turn)
        rig.wait(400)


def test_a_conversation_is_saved_with_its_times(tmp_path: Path) -> None:
    with Rig(transcripts=["One?", "Two?"], replies=[words("First answer."), words("Second.")]) as rig:
        rig.wait(1000)
        two_turns(rig)
    ((conversation, turns),) = saved(tmp_path, rig.events)
    assert texts(turns) == [("One?", "First answer."), ("Two?", "Second.")]
    assert conversation.title == "One?"
    assert conversation.persona == "assistant"
    assert conversation.models == READY.models
    first = turns[0].times
    # Speech began after a second of silence and lasted 600 ms; the clock of the session is that of the microphone here.
    assert first.question_from_ms == pytest.approx(1000, abs=60)
    assert first.question_to_ms == pytest.approx(1600, abs=60)
    assert first.question_to_ms is not None
    assert first.answer_from_ms is not None
    assert first.answer_to_ms is not None
    assert first.question_to_ms < first.answer_from_ms < first.answer_to_ms
    assert [turns[0].answer[start:end] for _, start, end in first.words] == ["First", "answer."]
    assert first.answer_from_ms <= first.words[0][0] < first.words[1][0] < first.answer_to_ms
    second = turns[1].times
    assert second.question_from_ms is not None
    assert second.question_from_ms > first.answer_to_ms
    assert not any(turn.cut or turn.dropped or turn.typed for turn in turns)


def test_an_answer_that_is_cut_is_saved_as_it_was_heard(tmp_path: Path) -> None:
    reply = "One sentence here. " + "And many more words that nobody hears. " * 5
    with Rig(transcripts=["One?"], replies=[words(reply)]) as rig:
        rig.ask()
        rig.until(rig.sounding)
        rig.wait(700)
        rig.tell(m.InterruptPressed())
        rig.wait(100)
        kept = rig.history.messages[-1].content
    ((_, (turn,)),) = saved(tmp_path, rig.events)
    assert turn.answer == kept  # what the model will be told, without any mark
    assert 0 < len(turn.answer) < len(reply)
    assert turn.cut
    assert all(end <= len(turn.answer) for _, _, end in turn.times.words)


def test_an_answer_that_was_heard_to_its_end_is_not_cut_by_a_late_key(tmp_path: Path) -> None:
    with Rig(transcripts=["One?"], replies=[words("First.")]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.tell(m.InterruptPressed())
    ((_, (turn,)),) = saved(tmp_path, rig.events)
    assert not turn.cut


def test_a_question_of_whose_answer_nothing_was_heard_is_flagged(tmp_path: Path) -> None:
    failure = [GenerationFailed("Broken.")]  # of the draft, and of the answer itself
    with Rig(transcripts=["One?", "One?"], replies=[failure, failure]) as rig:
        rig.ask()
        rig.wait(500)
    ((_, (turn,)),) = saved(tmp_path, rig.events)
    assert (turn.question, turn.answer, turn.dropped, turn.cut) == ("One?", "", True, False)


def test_undone_and_corrected_turns_are_saved_as_they_ended_up(tmp_path: Path) -> None:
    replies = [words("First."), words("Second."), words("Corrected.")]
    with Rig(transcripts=["Won?", "Tooth?"], replies=replies) as rig:
        two_turns(rig)
        rig.tell(m.Correct(turn=2, text="Two?"))
        rig.until_spoken(3)
        before = list(rig.events)
        rig.tell(m.Undo())
        rig.tell(m.Undo())
    ((conversation, turns),) = saved(tmp_path / "corrected", before)
    assert texts(turns) == [("Won?", "First."), ("Two?", "Corrected.")]
    assert conversation.turns == 2
    assert saved(tmp_path / "undone", rig.events) == []


def test_the_title_follows_the_first_question(tmp_path: Path) -> None:
    with Rig(transcripts=["Tell me about cuttlefish"], replies=[words("First."), words("Second.")]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.tell(m.Correct(turn=1, text="Tell me about castles."))
        rig.until_spoken(2)
    ((conversation, _),) = saved(tmp_path, rig.events)
    assert conversation.title == "Tell me about castles."


def test_a_title_of_the_models_stays_and_goes_to_the_conversation_that_it_was_made_for(tmp_path: Path) -> None:
    with Rig(
        transcripts=["One?", "Two?", "Three?"], replies=[words("First."), words("Second."), words("Third.")]
    ) as rig:
        two_turns(rig)
        rig.inbox.put(Clear())
        rig.ask()
        rig.until_spoken(3)
    told = [*rig.events, events.Titled(t_s=9.0, turn=2, title="Numbers"), events.Titled(t_s=9.0, turn=99, title="None")]
    (one, _), (two, _) = saved(tmp_path / "history", told)
    assert (one.title, two.title) == ("Numbers", "Three?")


def test_a_question_that_was_said_in_parts_is_one_turn(tmp_path: Path) -> None:
    replies = [words("What?"), words("Madrid. It is a large city.")]
    with Rig(transcripts=["Could you tell me", "the capital of Spain?"], replies=replies, full_duplex=True) as rig:
        rig.talk()
        rig.until(lambda: rig.told(events.SpeechEnded))
        rig.talk()  # before the answer that came too soon can have been meant
        rig.until(lambda: any(not event.cut for event in rig.told(events.Spoken)))
    ((_, (turn,)),) = saved(tmp_path, rig.events)
    assert (turn.question, turn.answer) == ("Could you tell me the capital of Spain?", "Madrid. It is a large city.")
    assert turn.times.question_from_ms == pytest.approx(0, abs=60)


def test_a_repeated_answer_is_saved_once(tmp_path: Path) -> None:
    with Rig(transcripts=["One?"], replies=[words("First.")]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(400)
        rig.tell(m.Repeat())
        rig.until_spoken(2)
    ((_, turns),) = saved(tmp_path, rig.events)
    assert texts(turns) == [("One?", "First.")]


def test_a_new_conversation_is_another_one(tmp_path: Path) -> None:
    with Rig(transcripts=["One?", "Two?"], replies=[words("First."), words("Second.")]) as rig:
        rig.ask()
        rig.until_spoken(1)
        rig.wait(400)
        rig.tell(Clear())
        rig.ask()
        rig.until_spoken(2)
    one, two = saved(tmp_path, rig.events)
    assert (texts(one[1]), texts(two[1])) == ([("One?", "First.")], [("Two?", "Second.")])


def test_an_answer_in_progress_at_the_end_is_saved_as_it_was_heard(tmp_path: Path) -> None:
    with Rig(transcripts=["One?"], replies=[words("One sentence here. " + "And more of it. " * 9)]) as rig:
        rig.ask()
        rig.until(rig.sounding)
        rig.wait(700)
        rig.tell(m.QuitAsked())
    ((_, (turn,)),) = saved(tmp_path, rig.events)
    assert turn.cut
    assert turn.answer.startswith("One")


def test_the_sound_of_a_question_is_given_up_to_its_last_speech() -> None:
    with Rig(transcripts=["One?"], replies=[words("First.")]) as rig:
        rig.wait(1000)
        rig.ask()
        rig.until_spoken(1)
    turn, samples, end = rig.said[-1]
    assert turn == 1
    assert end == pytest.approx(
        samples_of(300 + 600), abs=samples_of(40)
    )  # what came before it is kept, and the speech
    assert samples >= end
