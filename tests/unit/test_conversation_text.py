"""The text of a conversation contains what counts. Turns that were undone are removed."""

from __future__ import annotations

from collections.abc import Sequence

from fakes.ui_scenes import latency
from voicecli.app.conversation_text import ConversationText, latency_text
from voicecli.session.conversation_record import ConversationRecord, QuestionPart, TurnRecord


def kept(*said: TurnRecord) -> ConversationText:
    return ConversationText(lambda: said)


def turn(number: int, question: str, answer: str = "", *, cut: bool = False, language: str = "") -> TurnRecord:
    return TurnRecord(turn=number, turns=(number,), question=question, answer=answer, cut=cut, language=language)


def test_questions_and_answers_as_far_as_they_were_heard() -> None:
    record = kept(
        turn(1, "One?", "First answer.", language="en"),
        turn(2, "Two?", "Second", cut=True),
        turn(3, "Three\n\x1b[2Jrows?"),
    )
    assert record.language == "en"
    assert record.as_text() == (
        "you: One?\nvoicecli: First answer.\nyou: Two?\nvoicecli: Second [stopped here]\nyou: Three\n  rows?\n"
    )


def test_it_is_read_anew_every_time() -> None:
    said: list[TurnRecord] = []
    record = ConversationText(lambda: said)
    assert (record.said, record.as_text(), record.language, record.calls) == ([], "", "", ())
    said.append(turn(1, "One?"))
    assert record.as_text() == "you: One?\n"


def test_what_was_taken_back_is_gone() -> None:
    conversation = ConversationRecord()
    for number, question in ((1, "One?"), (3, "Three,"), (4, "four?")):
        conversation = conversation.asked(QuestionPart(turn=number, text=question))
        if number != 3:
            conversation = conversation.ended(conversation.open_turn(answer="Yes."))
    after: Sequence[TurnRecord] = conversation.without(4).settled
    assert [said.question for said in conversation.settled] == ["One?", "Three, four?"]
    assert [said.question for said in after] == ["One?"]


def test_the_latency_is_told_step_by_step() -> None:
    record = kept()
    for event in (latency(1, 480), latency(2, None)):
        record.handle(event)
    assert record.latency is not None
    text = latency_text(record.latency)
    assert "    220 ms  sure that you had finished" in text
    assert "first sound was heard" not in text
    assert "started before" in text
