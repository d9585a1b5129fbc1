"""A paste without marks is distinguished from typed lines."""

from __future__ import annotations

import pytest

from voicecli.ui.paste_detection import CONTINUES_S, PasteDetector


@pytest.mark.parametrize("text", ["Hello", "Hello?\r", "\r", "\r\r", "a\tb\r", "\x1b[A\rb", "\x01\x0bshort?\r", ""])
def test_what_is_typed_is_left_as_it_is(text: str) -> None:
    assert PasteDetector().marked(text, 0.0) == text


@pytest.mark.parametrize("text", ["a\nb", "a\rb\r", "a\r\n\r\nb", "\ta\n\tb\n"])
def test_several_lines_at_once_are_a_paste(text: str) -> None:
    assert PasteDetector().marked(text, 0.0) == f"\x1b[200~{text}\x1b[201~"


def test_a_paste_that_the_terminal_marks_gets_no_marks_inside() -> None:
    pastes = PasteDetector()
    pieces = ["x\x1b[200~a\nb", "c\nd\r", "e\nf\x1b[20", "1~"]
    assert [pastes.marked(piece, 1.0) for piece in pieces] == pieces
    assert pastes.marked("a\nb", 2.0) == "\x1b[200~a\nb\x1b[201~"


def test_a_marked_paste_whose_end_is_lost_ends_with_ctrl_c() -> None:
    pastes = PasteDetector()
    pastes.marked("\x1b[200~a\nb", 1.0)
    assert pastes.marked("c\nd\x03", 1.0) == "c\nd\x03"
    assert pastes.marked("a\nb", 2.0) == "\x1b[200~a\nb\x1b[201~"


def test_a_long_paste_arrives_in_pieces() -> None:
    pastes = PasteDetector()
    assert pastes.marked("a\nb", 1.0).startswith("\x1b[200~")
    assert pastes.marked("c\r", 1.0 + CONTINUES_S / 2).startswith("\x1b[200~")
    assert pastes.marked("\r", 1.0 + CONTINUES_S / 2) == "\r"
    assert pastes.marked("d", 1.0 + 2 * CONTINUES_S) == "d"
