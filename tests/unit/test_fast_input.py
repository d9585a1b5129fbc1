"""Input that arrives faster than a person types is handled in batches, and its cost is linear."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

import pytest

if sys.platform == "win32":
    pytest.skip("terminals of Unix", allow_module_level=True)

from prompt_toolkit.keys import Keys
from rich.console import Console

from voicecli.ui import bottom_rows
from voicecli.ui.bottom_rows import LINE_ROWS, BottomRows, line_rows
from voicecli.ui.key_input import READ_BYTES, KeyInput
from voicecli.ui.line_editor import LineView
from voicecli.ui.long_line import LONG, UNDO_CHARACTERS, LongLine, PastedText
from voicecli.ui.marked_paste import LONGEST_LINE, PASTE, PASTE_END, MarkedPaste
from voicecli.ui.sanitize import clean

MEGABYTE = 1_000_000


@pytest.fixture
def keyboard() -> Iterator[tuple[KeyInput, int]]:
    """The reading end of a pipe, and the handle of its other end."""
    reader, writer = os.pipe()
    with os.fdopen(reader, encoding="utf-8") as stdin:
        yield KeyInput(stdin, lambda _answer: None), writer
        with contextlib.suppress(OSError):
            os.close(writer)


@pytest.mark.parametrize("text", ["word " * (READ_BYTES // 5), "line\r" * (READ_BYTES // 5), "ä" * (READ_BYTES // 2)])
def test_what_has_arrived_is_one_key(keyboard: tuple[KeyInput, int], text: str) -> None:
    keys, writer = keyboard
    os.write(writer, text.encode())
    [pressed] = keys.read_keys()
    assert (pressed.key, pressed.data) == (Keys.BracketedPaste, text)


def test_pieces_that_wait_are_read_together(keyboard: tuple[KeyInput, int]) -> None:
    keys, writer = keyboard
    for _ in range(8):
        os.write(writer, b"x" * 1000)
    assert [len(each.data) for each in keys.read_keys()] == [8000]


def test_the_cost_of_drawing_a_line_does_not_grow_with_its_length(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []

    def counted(text: str) -> str:
        looked_at.append(len(text))
        return clean(text)

    monkeypatch.setattr(bottom_rows, "clean", counted)
    console = Console(width=80, height=24, force_terminal=True)
    for text in ("word " * (MEGABYTE // 5), "line of words\n" * (MEGABYTE // 14), "x" * MEGABYTE):
        for cursor in (0, 5000, MEGABYTE // 2, len(text)):
            looked_at.clear()
            rows, caret = line_rows(BottomRows(line=LineView(text=text, cursor=cursor)), console)
            assert sum(looked_at) < 4 * bottom_rows._WINDOW
            assert caret is not None
            assert len(rows) <= LINE_ROWS + 1


def test_a_long_line_shows_the_text_around_its_caret() -> None:
    text = "".join(f"{i:06d}\n" for i in range(MEGABYTE // 7))
    for at in (0, 1, 600, 70_000, MEGABYTE // 7 - 1):
        rows, caret = line_rows(
            BottomRows(line=LineView(text=text, cursor=7 * at + 6)), Console(width=80, height=24, force_terminal=True)
        )
        assert caret is not None
        assert f"{at:06d}" in "".join(segment.text for segment in rows[caret[0]])


def test_a_marked_paste_is_collected_piece_by_piece() -> None:
    paste = MarkedPaste()
    text = f"{PASTE}{'words ' * 5000}{PASTE_END}after"
    pieces = (text[at : at + 7] for at in range(0, len(text), 7))
    rest = next(rest for piece in pieces if (rest := paste.add(piece)) is not None)
    assert paste.text == text.removesuffix("after")
    assert rest + "".join(pieces) == "after"


def test_a_marked_paste_takes_bounded_memory() -> None:
    paste = MarkedPaste()
    assert paste.add(PASTE) is None
    for _ in range(30):
        assert paste.add("x" * MEGABYTE) is None
    assert paste.add(PASTE_END) == ""
    assert len(paste.text) == len(PASTE) + LONGEST_LINE + 1 + len(PASTE_END)


def test_a_line_takes_what_fits_and_says_once_that_something_is_missing() -> None:
    now_s, told = [0.0], []
    line = LongLine()
    pastes = PastedText(line, lambda: told.append("full"), clock=lambda: now_s[0])
    for _ in range(3):
        pastes.insert("x" * MEGABYTE)
    assert (len(line.text), told, pastes.was_cut) == (LONGEST_LINE, ["full"], True)
    now_s[0] = 1.0
    assert not pastes.was_cut  # an Enter that comes now was meant
    line.reset()
    pastes.insert("a\r\nb\rc")
    assert (line.text, told, line.full) == ("a\nb\nc", ["full"], False)
    now_s[0] = 2.0
    pastes.insert("x" * LONGEST_LINE)
    assert told == ["full", "full"]


def test_undo_of_a_long_line_keeps_few_copies() -> None:
    line = LongLine()
    line.text = "x" * MEGABYTE
    for i in range(100):
        line.save_to_undo_stack()
        line.insert_text(str(i % 10))
    assert sum(len(text) for text, _ in line._undo_stack) <= UNDO_CHARACTERS
    short = LongLine()
    for _ in range(1000):
        short.save_to_undo_stack()
        short.insert_text("x")
    assert len(short._undo_stack) == 1000
    assert LONG > 1000
