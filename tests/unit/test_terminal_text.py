"""What remains of the output of programs when it is read aloud."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.speech.terminal_text import Arriving


def cleaned(*parts: str) -> str:
    arriving = Arriving()
    return "".join(map(arriving.feed, parts)) + arriving.quiet()


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("\x1b[1;32mDone.\x1b[0m\n", "Done.\n"),
        ("\x1b]0;a title\x07Hello.\n", "Hello.\n"),
        ("\x1b]8;;https://example.org\x1b\\a link\x1b]8;;\x1b\\.\n", "a link.\n"),
        ("\x1b[2J\x1b(B\x1b=Hello.\n", "Hello.\n"),
        ("a\x00b\x07c\x7f\td\n", "abc\td\n"),
        ("N\bNA\bAM\bME\bE\n", "NAME\n"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("1 %\r50 %\r100 %\nDone.\n", "100 %\nDone.\n"),
        ("Fetching 1 %\r\x1b[KFetching 9 %\r\x1b[K\n", "Fetching 9 %\n"),
    ],
)
def test_what_only_a_terminal_needs_is_taken_out(written: str, left: str) -> None:
    assert cleaned(written) == left


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("2026-11-27 23:30:02 The server has started.", "The server has started."),
        ("2026-11-27T23:30:02.123Z INFO Ready.", "INFO Ready."),
        ("[2026-11-27 23:30:02,123] Ready.", "Ready."),
        ("2026-11-27T23:30:02+01:00 - Ready.", "Ready."),
        ("Nov  7 23:30:02 host sshd: Ready.", "host sshd: Ready."),
        ("[23:30:02] Ready.", "Ready."),
        ("23:30:02: Ready.", "Ready."),
        ("27/11/2026 23:30:02 Ready.", "Ready."),
        ("23:30:02", "23:30:02"),
        ("2026-11-27 was a Friday.", "2026-11-27 was a Friday."),
        ("May I come in?", "May I come in?"),
        ("12 files changed.", "12 files changed."),
        ("[ERROR] It failed.", "[ERROR] It failed."),
        ("It began at 23:30:02 and ended.", "It began at 23:30:02 and ended."),
    ],
)
def test_a_time_stamp_at_the_beginning_of_a_line_is_left_out(line: str, left: str) -> None:
    assert cleaned(line + "\n") == left + "\n"
    assert cleaned("Before.\n", line) == "Before.\n" + left


def test_a_line_that_is_written_over_is_given_as_it_is_when_nothing_more_comes() -> None:
    arriving = Arriving()
    assert arriving.feed("Getting 1 %") == "Getting 1 %"
    assert arriving.feed("\rGetting 2 %") == arriving.feed("\rGetting 3 %") == ""
    assert arriving.quiet() == "\nGetting 3 %"
    assert arriving.feed("\rGetting 4 %\rDone.\nNext.") == "\nDone.\nNext."


def test_a_sequence_without_an_end_does_not_hold_everything_back() -> None:
    assert "spoken" in cleaned("\x1b]" + "x" * 5_000, " is spoken\n")


WRITTEN = "Fine.\r\n\x1b[31m23:30:02 Red.\x1b[0m\n1 %\r2 %\r3 %\nNov  7 23:30:02 host: up\n\x1b]0;t\x07ab\n"


@given(st.lists(st.integers(0, len(WRITTEN)), max_size=8))
def test_however_it_is_cut_the_same_is_left(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WRITTEN)]
    parts = [WRITTEN[a:b] for a, b in pairwise(places)]
    assert cleaned(*parts).replace("1 %\n3 %", "3 %") == "Fine.\nRed.\n3 %\nhost: up\nab\n"
