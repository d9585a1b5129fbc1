"""What the painter writes: nothing twice, no erasing first, in one write, and the cursor at the caret."""

from __future__ import annotations

import io

from rich.console import Console
from rich.segment import Segment

from voicecli.ui.bottom_rows import BottomRows, fold, line_rows
from voicecli.ui.line_editor import LineView
from voicecli.ui.painter import BEGIN_UPDATE, END_UPDATE, HIDE_CURSOR, SHOW_CURSOR, Caret, Painter
from voicecli.ui.render import Row

CARET = Caret(row=1, cell=3, visible=True)


class Terminal(io.StringIO):
    def taken(self) -> str:
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


def painter(width: int = 40, *, reflows: bool = True) -> tuple[Painter, Terminal, Console]:
    terminal = Terminal()
    console = Console(file=terminal, width=width, height=24, force_terminal=True, color_system=None)
    return Painter(console, reflows=reflows), terminal, console


def rows(*texts: str) -> list[Row]:
    return [[Segment(text)] if text else [] for text in texts]


def test_only_what_has_changed_is_written_and_nothing_is_erased_before_it() -> None:
    paint, terminal, _ = painter()
    paint.paint([], rows("one", "two", "three"), CARET)
    assert terminal.taken().count("\x1b[K") == 3
    paint.paint([], rows("one", "TWO", "three"), CARET)
    text = terminal.taken()
    assert "TWO" in text
    assert "one" not in text
    assert "three" not in text
    assert text.index("TWO") < text.index("\x1b[K") < text.index("\x1b[J")
    assert "\x1b[2K" not in text


def test_an_update_is_synchronized_once_the_terminal_says_that_it_can() -> None:
    paint, terminal, _ = painter()
    paint.paint([], rows("one", "two"), CARET)
    assert BEGIN_UPDATE not in terminal.taken()
    paint.synchronized = True
    paint.paint([], rows("one", "TWO"), CARET)
    text = terminal.taken()
    assert text.startswith(BEGIN_UPDATE)
    assert text.endswith(END_UPDATE)


def test_the_cursor_is_left_at_the_caret_and_found_there_again() -> None:
    paint, terminal, _ = painter()
    paint.paint([], rows("one", "two", "three", "four"), CARET)
    assert terminal.taken().endswith(f"\x1b[2A\r\x1b[3C{SHOW_CURSOR}")
    paint.paint(rows("above"), rows("one"), Caret(row=0, cell=0, visible=False))
    text = terminal.taken()
    assert text.startswith(f"{HIDE_CURSOR}\x1b[1A\rabove")
    assert SHOW_CURSOR not in text
    paint.paint([], [], CARET)
    assert terminal.taken().endswith(SHOW_CURSOR)


def test_a_narrower_terminal_that_reflows_has_wrapped_what_is_above_the_cursor() -> None:
    for reflows, up in ((True, "\x1b[4A"), (False, "\x1b[2A")):
        paint, terminal, console = painter(reflows=reflows)
        paint.paint([], rows("x" * 30, "y" * 30, "z"), Caret(row=2, cell=0, visible=True))
        terminal.taken()
        console.size = (20, 24)
        paint.paint([], rows("x" * 20, "y" * 20, "z"), Caret(row=2, cell=0, visible=True))
        assert terminal.taken().startswith(f"{HIDE_CURSOR}{up}\r")


def test_a_full_row_does_not_lose_its_last_cell() -> None:
    paint, terminal, _ = painter(width=10)
    paint.paint([], rows("x" * 10, "y" * 10), Caret(row=0, cell=0, visible=True))
    text = terminal.taken()
    assert "x" * 10 + "\x1b[K" not in text
    assert text.count("y" * 10) == 2  # once more behind the erasing
    assert "\r\x1b[J" + "y" * 10 in text


def test_a_typed_line_is_folded_between_words_where_it_can_be() -> None:
    def folded(text: str, width: int) -> list[str]:
        return [text[start:end] for start, end in fold(text, width)]

    assert folded("", 5) == [""]
    assert folded("one two three", 8) == ["one two ", "three"]
    assert folded("onetwothree", 4) == ["onet", "woth", "ree"]
    assert folded("日本語", 4) == ["日本", "語"]
    assert folded("ab\n\ncd", 9) == ["ab", "", "cd"]
    assert folded("abcd", 4) == ["abcd", ""]
    assert folded("abcd e", 4) == ["abcd ", "e"]
    assert "".join(folded("e\u0301" * 9, 4)) == "e\u0301" * 9


def test_the_caret_is_in_the_row_and_cell_of_the_next_letter() -> None:
    def caret(text: str, cursor: int, width: int = 18) -> tuple[int, int] | None:
        return line_rows(BottomRows(line=LineView(text=text, cursor=cursor)), Console(width=width, height=24))[1]

    assert caret("", 0) is None
    assert caret("abc", 3) == (0, 13)
    assert caret("日本", 1) == (0, 12)
    assert caret("abcdefgh", 8) == (1, 10)
    assert caret("one two three", 8) == (1, 10)
    assert caret("a\nb", 2) == (1, 10)
    assert caret("abc", 0) == (0, 10)
    assert line_rows(BottomRows(line=LineView(), talks=False), Console(width=40, height=24))[1] == (0, 10)
