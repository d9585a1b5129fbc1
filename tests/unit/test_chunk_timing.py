"""Cuts by time: where, when, and never inside a number, a name or a unit."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from voicecli.audio.playout_reports import PlayedPosition
from voicecli.pipeline.chunk_timing import ANY_JOINT_MS, GOOD_JOINT_MS, Urgency
from voicecli.speech.clause_breaks import best_cut
from voicecli.speech.sentence_chunker import Chunk, Cut, Haste, SentenceChunker
from voicecli.turn import Turn


def cut(text: str, following: str = "", *, anywhere: bool = False) -> str | None:
    words = text.split()
    at = best_cut(words, following, anywhere=anywhere)
    return None if at is None else " ".join(words[:at])


@pytest.mark.parametrize(
    ("text", "following", "first"),
    [
        ("The moon is approximately", "384", "The moon is"),
        ("A leap year has", "366", "A leap year has"),
        ("Water boils at", "", "Water boils"),
        ("Romeo and Juliet was written", "by", "Romeo and Juliet was"),
        ("My favourite fruit was", "an", "My favourite fruit was"),
        ("I like it because", "it", "I like it"),
        ("Die Hauptstadt von Japan ist", "Tokio", "Die Hauptstadt von Japan ist"),
        ("La lune est", "à", "La lune est"),
        ("In Germany, the", "voltage", "In Germany,"),
    ],
)
def test_the_best_joint_is_taken(text: str, following: str, first: str) -> None:
    assert cut(text, following) == first


@pytest.mark.parametrize(
    ("text", "following"),
    [
        ("Neil", "Armstrong"),
        ("The Great", "Wall"),
        ("approximately 384,401", "kilo"),
        ("about 20", "000"),
        ("It weighs five hundred", "kilo"),
        ("There are approximately", "105"),
        ("It is", "a"),  # too short: it would be over before the rest can be ready
        ("Pi", ""),
        ("384,401", ""),
        ("\u6771\u4eac", "\u306f"),
    ],
)
def test_what_belongs_together_is_never_cut(text: str, following: str) -> None:
    found = cut(text, following, anywhere=True)
    assert found is None or found in {"There are", "It weighs"}


def test_a_place_that_is_not_good_is_taken_only_in_great_haste() -> None:
    assert cut("The sun rises", "early") is None
    assert cut("The sun rises", "early", anywhere=True) == "The sun rises"


def chunks_of(tokens: list[str], haste_from: int, haste: Haste) -> list[Chunk]:
    splitter = SentenceChunker()
    found: list[Chunk] = []
    for n, token in enumerate(tokens):
        found += splitter.feed(token, haste if n >= haste_from and not found else Haste.NONE)
    return found + splitter.finish()


def test_a_piece_in_haste_ends_without_a_mark_and_nothing_is_lost() -> None:
    tokens = ["The", " moon", " is", " approximately", " 3", "8", "4", ",4", "00", " kilometers", " away", "."]
    chunks = chunks_of(tokens, 4, Haste.SOME)
    assert [(chunk.text, chunk.cut) for chunk in chunks] == [
        ("The moon is", Cut.JOINT),
        ("approximately 384,400 kilometers away.", Cut.PART),
    ]
    assert [(chunk.start, chunk.end) for chunk in chunks] == [(0, 12), (12, 50)]


def test_without_haste_the_pieces_are_those_of_the_marks() -> None:
    tokens = ["The", " moon", " is", " approximately", " 3", "8", "4", " miles", " away", "."]
    assert [chunk.text for chunk in chunks_of(tokens, 99, Haste.GREAT)] == ["The moon is approximately 384 miles away."]


@dataclass
class Listener:
    """A playout that reports its position."""

    rate_hz: int = 1000
    at: PlayedPosition | None = None

    def position(self, turn: Turn) -> PlayedPosition | None:  # noqa: ARG002 - there is one
        return self.at


class Clock:
    now_s = 5.0

    def __call__(self) -> float:
        return self.now_s


def test_the_first_piece_is_waited_for_as_long_as_a_listener_would() -> None:
    clock = Clock()
    urgency = Urgency(Turn(1), Listener(), clock)
    assert urgency.now() is Haste.NONE  # the first token
    for waited_ms, haste in (
        (GOOD_JOINT_MS - 1, Haste.NONE),
        (GOOD_JOINT_MS + 1, Haste.SOME),
        (ANY_JOINT_MS + 1, Haste.GREAT),
    ):
        clock.now_s = 5.0 + waited_ms / 1000
        assert urgency.now() is haste


def test_a_later_piece_is_in_haste_when_the_voice_runs_out_of_text() -> None:
    clock, listener = Clock(), Listener()
    urgency = Urgency(Turn(1), listener, clock)
    urgency.now()
    urgency.let_go(Chunk(index=0, start=0, end=20, text="A piece of 20 signs."))  # 1.3 s by its length
    clock.now_s += 60
    assert urgency.now() is Haste.NONE  # nothing was heard yet
    for heard_ms, haste in ((500, Haste.NONE), (800, Haste.SOME), (1100, Haste.GREAT)):
        listener.at = PlayedPosition(
            chunk=0, samples_into_chunk=heard_ms, chunk_samples_so_far=heard_ms, chunk_complete=False
        )
        assert urgency.now() is haste
    listener.at = PlayedPosition(chunk=0, samples_into_chunk=1100, chunk_samples_so_far=2000, chunk_complete=True)
    assert urgency.now() is Haste.NONE  # it is longer than was thought


def test_without_a_voice_or_a_clock_there_is_no_haste() -> None:
    clock = Clock()
    for urgency in (Urgency(Turn(1), None, clock), Urgency(Turn(1), Listener(), None)):
        urgency.now()
        clock.now_s += 60
        assert urgency.now() is Haste.NONE
