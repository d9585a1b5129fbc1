"""Pauses of a reader."""

# ruff: noqa: RUF001 - other scripts are part of what is tested
from __future__ import annotations

import pytest

from voicecli.speech.pauses import OWN_MS, PART_MS, QUESTION_MS, SENTENCE_MS, added_ms, punctuated
from voicecli.speech.sentence_chunker import Cut, SentenceChunker


@pytest.mark.parametrize(
    ("cut", "text", "pause_ms"),
    [
        (Cut.SENTENCE, "It is.", SENTENCE_MS),
        (Cut.SENTENCE, "Is it?", QUESTION_MS),
        (Cut.SENTENCE, "“Is it?”", QUESTION_MS),
        (Cut.SENTENCE, "是吗？", QUESTION_MS),
        (Cut.PART, "First, the eggs.", PART_MS),
        (Cut.CLAUSE, "If it is,", OWN_MS),
        (Cut.JOINT, "The capital of Japan", OWN_MS),
    ],
)
def test_a_reader_pauses(cut: Cut, text: str, pause_ms: float) -> None:
    assert OWN_MS + added_ms(cut, text) == pause_ms


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("My brother (who lives in Rome) was there.", "My brother, who lives in Rome, was there."),
        ("It is big (very).", "It is big, very. "),
        ("Wait... what?", "Wait,   what?"),
        ("Well… yes.", "Well, yes."),
        ("We waited - nobody came.", "We waited,  nobody came."),
        ("f(x) is well-known", "f(x) is well-known"),
        ("(Yes.)", "(Yes.)"),
        ("And so…", "And so…"),
    ],
)
def test_signs_at_which_a_voice_would_not_pause_become_commas(text: str, read: str) -> None:
    assert punctuated(text) == read
    assert len(read) == len(text)


def test_pieces_tell_what_they_end_with() -> None:
    splitter = SentenceChunker()
    reply = "If it rains, we stay at home all day. Is it any good at all?\n\n- Bring all of the eggs\n- Bring milk"
    chunks = [*splitter.feed(reply), *splitter.finish()]
    assert [(chunk.text, chunk.cut) for chunk in chunks] == [
        ("If it rains,", Cut.CLAUSE),
        ("we stay at home all day.", Cut.SENTENCE),
        ("Is it any good at all?", Cut.PART),
        ("Bring all of the eggs.", Cut.PART),
        ("Bring milk", Cut.PART),
    ]
