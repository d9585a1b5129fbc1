"""A paste without marks is distinguished from keys that a person presses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.ui.paste_detection import BURST, CONTINUES_S, PasteDetector

SOON, LATER = CONTINUES_S / 2, 10 * CONTINUES_S
BEGIN, END = "\x1b[200~", "\x1b[201~"


def paste(text: str) -> str:
    return f"{BEGIN}{text}{END}"


def arriving(*pieces: str, pause_s: float = SOON) -> list[str]:
    """What the pieces give, with `pause_s` between them, and last what was held back."""
    pastes = PasteDetector()
    return [*(pastes.marked(piece, i * pause_s) for i, piece in enumerate(pieces)), pastes.flush()]


@pytest.mark.parametrize("text", ["Hello", "\r", "\r\r", "\rb", "\x1b[A\rb", "\x01\x0bshort?\r", "\x7f" * 1000, ""])
def test_what_is_typed_is_left_as_it_is(text: str) -> None:
    assert arriving(text) == [text, ""]


@pytest.mark.parametrize("text", ["a\nb", "a\rb\r", "a\r\n\r\nb", "\ta\n\tb\n"])
def test_several_lines_at_once_are_a_paste(text: str) -> None:
    assert arriving(text) == [paste(text), ""]


def test_enter_behind_a_line_sends_it_when_nothing_follows() -> None:
    assert arriving("Hello?\r") == ["Hello?", "\r"]
    assert arriving("Hello?", "\r") == ["Hello?", "", "\r"]
    assert arriving("Hello?", "\r", pause_s=LATER) == ["Hello?", "\r", ""]
    assert arriving("One?\r", "Two?\r", pause_s=LATER) == ["One?", "\rTwo?", "\r"]


def test_enter_that_text_follows_at_once_is_a_line_end_of_a_paste() -> None:
    assert arriving("a\r", "b") == ["a", paste("\rb"), ""]
    assert arriving("a", "\rb") == ["a", paste("\rb"), ""]
    assert arriving(*"ab\rc\r") == ["a", "b", "", paste("\rc"), paste("\r"), ""]  # from a serial line


def test_keys_of_a_terminal_with_the_protocol_are_no_paste_however_many() -> None:
    keys = "\x1b[97;;97u\x1b[13u" * BURST
    assert arriving(keys) == [keys, ""]
    assert arriving("\x1b[A" * BURST) == ["\x1b[A" * BURST, ""]


def test_a_long_line_is_a_paste_and_the_enter_behind_it_sends_it() -> None:
    line = "x" * BURST
    assert arriving(line + "\r") == [paste(line), "\r"]
    assert arriving(line, "y", "\r") == [paste(line), paste("y"), "", "\r"]
    assert arriving(*["xx"] * (BURST // 2 + 1))[-2] == paste("xx")
    assert arriving(*["xx"] * (BURST // 2 + 1), pause_s=LATER)[-2] == "xx"


def test_control_characters_of_a_paste_edit_nothing() -> None:
    line = "x" * BURST
    assert arriving(line + "\x15\x04a\rb") == [paste(line + "\x15\x04a\rb"), ""]
    assert arriving(line, "\x1b[A\x1a") == [paste(line), paste("\x1b[A\x1a"), ""]


def test_ctrl_c_and_esc_act_within_a_paste() -> None:
    line = "x" * BURST
    assert arriving(f"{line}\x03rest") == [paste(line) + "\x03" + paste("rest"), ""]
    assert arriving(f"{line}\x1brest") == [paste(line) + "\x1b" + paste("rest"), ""]
    assert arriving(line, "\x1b", "[31mred") == [paste(line), "", paste("\x1b[31mred"), ""]
    assert arriving(line, "\x1b") == [paste(line), "", "\x1b"]


def test_a_paste_that_the_terminal_marks_gets_no_marks_inside() -> None:
    pastes = PasteDetector()
    pieces = ["x\x1b[200~a\nb", "c\nd\r", "e\nf\x1b[20", "1~"]
    assert [pastes.marked(piece, 1.0) for piece in pieces] == pieces
    assert pastes.marked("a\nb", 2.0) == paste("a\nb")


def test_a_marked_paste_whose_end_is_lost_ends_with_ctrl_c() -> None:
    pastes = PasteDetector()
    pastes.marked("\x1b[200~a\nb", 1.0)
    assert pastes.marked("c\nd\x03", 1.0) == "c\nd\x03"
    assert pastes.marked("a\nb", 2.0) == paste("a\nb")


def test_a_long_paste_arrives_in_pieces() -> None:
    assert arriving("a\nb", "c\r", "\r") == [paste("a\nb"), paste("c\r"), paste("\r"), ""]
    assert arriving("a\nb", "more\r", "\r") == [paste("a\nb"), paste("more\r"), "", "\r"]  # Enter in a read of its own
    assert arriving("a\r\nb\r", "\nc") == [paste("a\r\nb\r"), paste("c"), ""]
    assert arriving("a\nb", "d", pause_s=LATER) == [paste("a\nb"), "d", ""]


@given(st.lists(st.text(st.sampled_from("ab \r\n\t"), min_size=1, max_size=40), min_size=1, max_size=8))
def test_no_character_is_lost_and_a_line_end_sends_only_at_the_end(pieces: list[str]) -> None:
    line = "x" * BURST + "\r" + "y" * 3
    sent = arriving(line, *pieces)
    whole = "".join(sent)
    outside = "".join(part.partition(END)[2] if i else part for i, part in enumerate(whole.split(BEGIN)))
    assert lines(*(each.replace(BEGIN, "").replace(END, "") for each in sent)) == lines("".join((line, *pieces)))
    assert outside == sent[-1]
    assert not outside.strip("\r\n")


def lines(*pieces: str) -> str:
    """The pieces with line feeds, as the line editor inserts each."""
    return "".join(piece.replace("\r\n", "\n").replace("\r", "\n") for piece in pieces)
