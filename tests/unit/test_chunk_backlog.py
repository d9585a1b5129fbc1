"""Which chunks wait for the voice, which are skipped, and which are left out."""

from __future__ import annotations

import pytest

from voicecli.speech.chunk_backlog import AHEAD, NEWEST, Backlog
from voicecli.speech.sentence_chunker import Chunk, Cut


def chunk(index: int, cut: Cut = Cut.SENTENCE) -> Chunk:
    return Chunk(index=index, start=index * 10, end=index * 10 + 10, text=f"Number {index}.", cut=cut)


def taken(backlog: Backlog) -> list[str]:
    """All texts that the voice gets now."""
    given = []
    while (found := backlog.next()) is not None:
        given.append(found.text)
    return given


def test_the_voice_is_given_few_pieces_ahead_and_the_next_when_it_is_through_with_one() -> None:
    backlog = Backlog("en")
    backlog.add(map(chunk, range(10)))
    assert len(taken(backlog)) == AHEAD
    assert len(backlog) == 10 - AHEAD
    backlog.ended(0)
    assert taken(backlog) == [f"Number {AHEAD}."]
    for index in range(10):
        backlog.ended(index)
        taken(backlog)
    assert backlog.is_idle


def test_nothing_is_left_out_by_default() -> None:
    backlog = Backlog("en")
    backlog.add(map(chunk, range(1000)))
    assert len(backlog) == 1000


def test_skipping_forgets_the_pieces_of_one_sentence() -> None:
    backlog = Backlog("en")
    assert backlog.skip() is None
    backlog.add([chunk(0, Cut.CLAUSE), chunk(1, Cut.JOINT), chunk(2), chunk(3), chunk(4)])
    taken(backlog)
    assert backlog.skip() == 2
    assert taken(backlog) == ["Number 3.", "Number 4."]


def test_skipping_also_forgets_what_the_voice_does_not_have_of_the_sentence() -> None:
    backlog = Backlog("en")
    backlog.add([*(chunk(n, Cut.CLAUSE) for n in range(AHEAD + 2)), chunk(AHEAD + 2), chunk(AHEAD + 3)])
    taken(backlog)
    assert backlog.skip() == AHEAD - 1
    assert taken(backlog) == [f"Number {AHEAD + 3}."]


def test_going_to_the_newest_forgets_all_but_the_last_sentence() -> None:
    backlog = Backlog("en")
    backlog.add([*map(chunk, range(8)), chunk(8, Cut.CLAUSE), chunk(9)])
    taken(backlog)
    assert backlog.skip_to_newest() == AHEAD - 1
    assert taken(backlog) == ["Number 8.", "Number 9."]
    assert backlog.skip_to_newest() == 9
    assert backlog.is_idle


@pytest.mark.parametrize(("language", "told"), [("en-us", "sentences left out."), ("de", "Sätze ausgelassen.")])
def test_only_the_newest_are_said_and_that_others_were_left_out(language: str, told: str) -> None:
    backlog = Backlog(language, only_newest=True)
    backlog.add([chunk(0)])
    assert taken(backlog) == ["Number 0."]
    backlog.add(map(chunk, range(1, 30)))
    backlog.add(map(chunk, range(30, 41)))
    assert len(backlog) == NEWEST
    assert taken(backlog) == [f"37 {told}", "Number 38."]
    backlog.ended(40)
    assert taken(backlog) == ["Number 39.", "Number 40."]
    backlog.add(map(chunk, range(41, 41 + NEWEST)))
    backlog.ended(40)
    assert len(taken(backlog)) == NEWEST


def test_the_notice_has_a_number_of_its_own_so_that_what_is_skipped_stays_in_order() -> None:
    backlog = Backlog("en", only_newest=True)
    backlog.add(map(chunk, range(10)))
    indexes = [found.index for found in iter(backlog.next, None)]
    assert indexes == sorted(set(indexes)) == [0, 7, 8]


def test_a_sentence_of_several_pieces_is_kept_whole() -> None:
    backlog = Backlog("en", only_newest=True)
    backlog.add([chunk(0), chunk(1, Cut.CLAUSE), chunk(2), chunk(3), chunk(4)])
    assert taken(backlog) == ["One sentence left out.", "Number 1.", "Number 2."]
