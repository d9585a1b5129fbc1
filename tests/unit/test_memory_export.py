"""A saved conversation as Markdown, JSON and subtitles."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.histories import MONDAY, turn
from fakes.json_schema import mistakes
from voicecli.memory.conversations import Conversation, SavedTurn, Times
from voicecli.memory.export import CUT, LONGEST_CUE, as_json, as_markdown, as_srt
from voicecli.memory.timeline import Timeline

TALK = Conversation(
    id=7,
    title="Clouds in space",
    persona="tutor",
    began=MONDAY,
    ended=MONDAY + dt.timedelta(days=1),
    spoken_s=31.0,
    turns=3,
    sessions=2,
    models={"llm": "echo", "voice": "amy"},
)
ANSWER = "A cloud of gas. Stars are born in it!"


def spoken(answer: str, from_ms: float, pace_ms: float = 100.0) -> tuple[tuple[float, int, int], ...]:
    """Times of words that are spoken one after the other."""
    return tuple(
        (from_ms + index * pace_ms, word.start(), word.end()) for index, word in enumerate(re.finditer(r"\S+", answer))
    )


FIRST = turn(
    "What is a nebula?",
    ANSWER,
    language="en",
    times=Times(
        question_from_ms=5000.0,
        question_to_ms=6200.0,
        answer_from_ms=7000.0,
        answer_to_ms=8000.0,
        words=spoken(ANSWER, 7000.0),
    ),
)
CUT_OFF = turn(
    "And a galaxy?",
    "Many stars",
    cut=True,
    times=Times(question_from_ms=9000.0, question_to_ms=9500.0, answer_from_ms=10_000.0, answer_to_ms=10_500.0),
)
LATER = replace(
    turn("Hello?", "", MONDAY + dt.timedelta(days=1), dropped=True, typed=True),
    session=2,
    times=Times(question_from_ms=400.0, question_to_ms=400.0),
)
TURNS = (FIRST, CUT_OFF, LATER)


def test_markdown() -> None:
    assert as_markdown(TALK, TURNS) == (
        "# Clouds in space\n\n"
        "2026-05-04 09:30 · tutor · amy · echo\n\n"
        "**You:** What is a nebula?\n\n"
        f"**Assistant:** {ANSWER}\n\n"
        "**You:** And a galaxy?\n\n"
        f"**Assistant:** Many stars *{CUT}*\n\n"
        "*Resumed 2026-05-05 09:30*\n\n"
        "**You:** Hello?\n\n"
        "*[not answered]*\n"
    )


def test_json_has_everything_that_is_saved() -> None:
    record = json.loads(as_json(TALK, TURNS))
    assert (record["format"], record["version"], record["id"], record["sessions"]) == ("voicecli-conversation", 1, 7, 2)
    assert record["began"] == "2026-05-04T09:30:00.000+02:00"
    first, second, third = record["turns"]
    assert (first["question"], first["answer"], first["question_from_ms"]) == ("What is a nebula?", ANSWER, 5000.0)
    assert [word["text"] for word in first["words"]] == ANSWER.split()
    assert (second["cut"], third["dropped"], third["typed"], third["session"]) == (True, True, True, 2)


SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "history-export.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("turns", [TURNS, ()])
def test_json_keeps_to_its_schema(turns: tuple[SavedTurn, ...]) -> None:
    assert list(mistakes(json.loads(as_json(TALK, turns)), SCHEMA)) == []


def test_the_schema_finds_mistakes() -> None:
    record = json.loads(as_json(TALK, TURNS))
    record["turns"][0]["cut"] = 1
    del record["turns"][1]["answer"]
    record["more"] = ""
    assert list(mistakes(record, SCHEMA)) == [
        "$.turns[0].cut is no boolean",
        "$.turns[1].answer is missing",
        "$.more is not known",
    ]


def test_subtitles_have_the_times_of_the_speech() -> None:
    assert as_srt(TURNS) == (
        "1\n00:00:00,000 --> 00:00:01,200\nYou: What is a nebula?\n\n"
        "2\n00:00:02,000 --> 00:00:02,400\nA cloud of gas.\n\n"
        "3\n00:00:02,400 --> 00:00:03,400\nStars are born in it!\n\n"
        "4\n00:00:04,000 --> 00:00:05,000\nYou: And a galaxy?\n\n"
        "5\n00:00:05,000 --> 00:00:06,000\nMany stars\n\n"
        "6\n00:00:06,500 --> 00:00:07,500\nYou: Hello?\n"
    )


def test_a_long_sentence_becomes_several_subtitles() -> None:
    answer = "and so it goes " * 40
    times = replace(FIRST.times, words=spoken(answer, 7000.0), answer_to_ms=25_000.0)
    cues = as_srt([replace(FIRST, answer=answer, times=times)]).split("\n\n")[1:]
    texts = [cue.split("\n")[2] for cue in cues]
    assert max(map(len, texts)) <= LONGEST_CUE
    assert " ".join(texts) == answer.strip()


_MS = st.none() | st.floats(0, 1e7, allow_nan=False)


@st.composite
def _turns(draw: st.DrawFn) -> SavedTurn:
    answer = draw(st.text(max_size=60))
    offset = st.integers(0, len(answer))
    words = draw(st.lists(st.tuples(st.floats(0, 1e7), offset, offset), max_size=5))
    times = Times(
        question_from_ms=draw(_MS),
        question_to_ms=draw(_MS),
        answer_from_ms=draw(_MS),
        answer_to_ms=draw(_MS),
        words=tuple(words),
    )
    return replace(turn(draw(st.text()), answer, times=times), session=draw(st.integers(1, 3)))


@given(st.lists(_turns(), max_size=5))
def test_subtitles_of_anything_can_be_parsed(turns: list[SavedTurn]) -> None:
    text = as_srt(turns)
    assert Timeline(turns).length_ms >= 0
    for number, block in enumerate(filter(None, text.split("\n\n")), 1):
        lines = block.rstrip("\n").split("\n")
        assert lines[0] == str(number)
        found = re.fullmatch(r"(\d\d+):(\d\d):(\d\d),(\d{3}) --> (\d\d+):(\d\d):(\d\d),(\d{3})", lines[1])
        assert found is not None
        values = list(map(int, found.groups()))
        start, end = ((h * 60 + m) * 60_000 + s * 1000 + ms for h, m, s, ms in (values[:4], values[4:]))
        assert start < end
        assert len(lines) == 3


@pytest.mark.parametrize("make", [as_markdown, as_json])
def test_an_empty_conversation_is_no_error(make) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - two functions
    assert make(TALK, ())
    assert as_srt(()) == ""
