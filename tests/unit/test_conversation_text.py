"""The record contains what counts. Turns that were undone are removed."""

from __future__ import annotations

from fakes.ui_scenes import deltas, heard, latency, reply, spoken
from voicecli import events
from voicecli.ui.conversation_text import Record, Said, latency_text


def told(*happened: events.Event) -> Record:
    record = Record()
    for event in happened:
        record.handle(event)
    return record


def test_questions_and_answers_as_far_as_they_were_heard() -> None:
    record = told(
        heard(1, "One?", final=False),
        heard(1, "One?"),
        *deltas(1, "First answer."),
        reply(1, "First answer."),
        spoken(1, "First answer."),
        heard(2, "Two?"),
        *deltas(2, "Second answer."),
        events.Interrupted(t_s=0, turn=2, by="key"),
        spoken(2, "Second", cut=True),
        heard(3, "Three\n\x1b[2Jrows?"),
        reply(9, "Second answer."),  # repeated
    )
    assert record.said == (
        Said(turn=1, question="One?", answer="First answer."),
        Said(turn=2, question="Two?", answer="Second", cut=True),
        Said(turn=3, question="Three\n\x1b[2Jrows?"),
    )
    assert record.language == "en"
    assert record.as_text() == (
        "you: One?\nvoicecli: First answer.\nyou: Two?\nvoicecli: Second [stopped here]\nyou: Three\n  rows?\n"
    )


def test_what_is_only_read_is_kept_as_far_as_it_was_written() -> None:
    record = told(heard(1, "One?"), *deltas(1, "First ans"), events.Interrupted(t_s=0, turn=1, by="key"))
    assert record.said == (Said(turn=1, question="One?", answer="First ans", cut=True),)


def test_what_was_taken_back_is_gone() -> None:
    record = told(heard(1, "One?"), heard(2, "Two?"), events.Undone(t_s=0, turn=2, text="Two?"))
    assert [said.question for said in record.said] == ["One?"]
    in_parts = events.Undone(t_s=0, turn=4, turns=(3, 4), text="Three, four?")
    record = told(heard(1, "One?"), heard(3, "Three,"), heard(4, "four?"), in_parts)
    assert [said.question for said in record.said] == ["One?"]
    record.handle(events.Cleared(t_s=0))
    assert record.as_text() == ""


def test_the_latency_is_told_step_by_step() -> None:
    record = told(latency(1, 480), latency(2, None))
    assert record.latency is not None
    text = latency_text(record.latency)
    assert "    220 ms  sure that you had finished" in text
    assert "first sound was heard" not in text
    assert "started before" in text
