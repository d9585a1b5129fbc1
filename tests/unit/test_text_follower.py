"""An endless text is split into chunks as soon as they can be spoken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.speech.sentence_chunker import Chunk, Cut
from voicecli.speech.text_follower import AFTER_LINE_S, AFTER_SENTENCE_S, WITHIN_LINE_S, Follower


class Typed:
    """Feeds a follower, with its own clock."""

    def __init__(self) -> None:
        self.follower = Follower("en-us")
        self.now_s = 100.0
        self.chunks: list[Chunk] = []

    def write(self, text: str, then_s: float = 0.0) -> list[str]:
        """Feeds text, and returns what is spoken until `then_s` after it."""
        came = self.follower.feed(text, self.now_s)
        end_s = self.now_s + then_s
        while (due_s := self.follower.due_s(self.now_s)) is not None and self.now_s + due_s <= end_s:
            self.now_s += due_s
            came += self.follower.pause()
        self.now_s = end_s
        self.chunks += came
        return [chunk.text for chunk in came]


@pytest.fixture
def typed() -> Typed:
    return Typed()


def test_a_sentence_is_said_when_the_next_one_begins(typed: Typed) -> None:
    assert typed.write("The first one is over. ") == []
    assert typed.write("T") == ["The first one is over."]


def test_a_sentence_is_said_soon_after_its_full_stop(typed: Typed) -> None:
    assert typed.write("The build has finished.", AFTER_SENTENCE_S - 0.01) == []
    assert typed.write("", 0.02) == ["The build has finished."]
    assert typed.chunks[-1].cut is Cut.SENTENCE


def test_a_full_stop_within_a_number_or_name_does_not_end_a_sentence(typed: Typed) -> None:
    assert typed.write("It costs 3.", AFTER_SENTENCE_S + 0.1) == []
    assert typed.write("50 says Dr.", AFTER_SENTENCE_S + 0.1) == []
    assert typed.write(" Smith.", AFTER_SENTENCE_S) == ["It costs 3.50 says Dr. Smith."]


def test_a_line_is_said_though_it_has_no_full_stop(typed: Typed) -> None:
    assert typed.write("server started on port 8080\n", AFTER_LINE_S) == ["server started on port 8080."]
    assert typed.write("OK\n", AFTER_LINE_S) == ["OK."]
    assert [chunk.cut for chunk in typed.chunks] == [Cut.SENTENCE] * 2


def test_a_line_that_stands_still_is_said_after_a_second_and_goes_on_without_a_falling_tone(typed: Typed) -> None:
    assert typed.write("Now I am going to read", WITHIN_LINE_S - 0.01) == []
    assert typed.write("", 0.02) == ["Now I am going to read"]
    assert typed.chunks[-1].cut is Cut.JOINT
    assert typed.write(" the file.", AFTER_SENTENCE_S) == ["the file."]


def test_lines_of_a_log_stand_for_themselves_however_long(typed: Typed) -> None:
    line = "INFO the worker with the number {} has taken another job from the queue\n"
    said = typed.write("".join(map(line.format, (1, 2, 3))), AFTER_LINE_S)
    assert said[-2:] == [line.format(n).strip() + "." for n in (2, 3)]
    assert " ".join(said[:-2]) == line.format(1).strip() + "."  # the very first words may be said on their own


def test_a_long_line_that_goes_on_in_a_small_letter_is_one_sentence(typed: Typed) -> None:
    text = "A text that was wrapped at the width of a page goes on\nin the next line, where it ends.\n"
    assert " ".join(typed.write(text, AFTER_LINE_S)) == text.replace("\n", " ").strip()


def test_code_and_tables_are_told_of(typed: Typed) -> None:
    said = typed.write("Look:\n\n```python\nx = 1\n\ny = 2\n```\n\nThat is it.\n", 1.0)
    assert said == ["Look:", "Code left out.", "That is it."]
    said = typed.write("\n| a | b |\n|---|---|\n| 1 | 2 |\n", 1.0)
    assert said == ["A table with one row left out."]
    assert typed.write("| 3 | 4 |\n\nAnd on.\n", 1.0) == ["And on."]


def test_a_block_of_code_is_told_of_at_its_beginning_and_stays_silent_through_a_pause(typed: Typed) -> None:
    assert typed.write("```sh\n", 0.5) == ["Code left out."]
    assert typed.write("rm -rf build. Yes.\n", 2.0) == []
    assert typed.write("```\nDone.\n", 1.0) == ["Done."]


def test_a_table_of_one_line_was_none(typed: Typed) -> None:
    assert typed.write("| a sign and words\n", 1.0) == ["a sign and words."]


def test_colours_and_times_are_not_said(typed: Typed) -> None:
    assert typed.write("\x1b[32m2026-11-27 23:30:02\x1b[0m \x1b[1mReady.\x1b[0m", 0.2) == ["Ready."]


def test_the_newest_state_of_a_progress_bar_is_said_once(typed: Typed) -> None:
    said = [text for percent in range(0, 101, 10) for text in typed.write(f"\rLoading {percent} %", 0.2)]
    assert said == []
    assert typed.write("\n", AFTER_LINE_S) == ["Loading 100 %."]


def test_nothing_is_due_while_nothing_stands(typed: Typed) -> None:
    assert typed.follower.due_s(0.0) is None
    typed.write("Done.\n", 2.0)
    assert typed.follower.due_s(typed.now_s) is None


def test_pieces_are_numbered_without_a_gap_over_pauses(typed: Typed) -> None:
    for text in ("One thing.", " Another", " thing.\n", "And more"):
        typed.write(text, 2.0)
    typed.chunks += typed.follower.finish()
    assert [chunk.index for chunk in typed.chunks] == list(range(len(typed.chunks)))
    assert all(after.start == before.end for before, after in zip(typed.chunks, typed.chunks[1:], strict=False))


def test_after_a_silence_a_long_sentence_may_begin_with_a_part_of_it() -> None:
    typed = Typed()
    typed.write("The first sentence is over.", 2.0)
    typed.follower.open_anew()
    long = "The tests of the new version were all right because nobody had changed anything in them.\n"
    assert typed.write(long, 1.0)[0] == "The tests of the new version were all right"


@given(st.lists(st.tuples(st.sampled_from(["one ", "two. ", "Three", "\n", "| a |", "```", "4."]), st.floats(0, 2))))
def test_no_word_is_lost_or_said_twice(parts: list[tuple[str, float]]) -> None:
    typed = Typed()
    said = [word for text, pause_s in parts if "`" not in text for word in typed.write(text, pause_s)]
    said += [chunk.text for chunk in typed.follower.finish()]
    spoken = " ".join(said)
    for word in ("one", "two", "Three"):
        assert spoken.count(word) == sum(word in text for text, _ in parts)
