"""What terminals send, in any pieces, becomes the same keys; their answers never become keys."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.ui.keyboard import Attributes, EscapeKey, Flags, Keyboard, SpaceKey, Token, Typed


def sorted_out(*pieces: str) -> list[Token]:
    """What comes of the pieces, texts that follow one another joined."""
    keyboard = Keyboard()
    tokens: list[Token] = []
    for token in [*(t for piece in pieces for t in keyboard.feed(piece)), *keyboard.flush()]:
        if isinstance(token, Typed) and tokens and isinstance(tokens[-1], Typed):
            tokens[-1] = Typed(tokens[-1].text + token.text)
        else:
            tokens.append(token)
    return tokens


LEGACY = [
    ("\x1b[97;;97u", "a"),
    ("\x1b[97:65;2;65u", "A"),
    ("\x1b[97:65;2u", "A"),  # without its text, as flags 11 give it
    ("\x1b[49:33;2u", "!"),
    ("\x1b[97;2u", "A"),
    ("\x1b[228;;228u", "ä"),
    ("\x1b[0;;22909:21527u", "好吗"),  # from an input method
    ("\x1b[97;65;97u", "a"),  # with Caps Lock, which changes no key by itself
    ("\x1b[97;129;97u", "a"),  # with Num Lock
    ("\x1b[99;5u", "\x03"),
    ("\x1b[99;133u", "\x03"),
    ("\x1b[1089::99;5u", "\x03"),  # Ctrl-C on a Cyrillic layout
    ("\x1b[122;5u", "\x1a"),
    ("\x1b[91;5u", "\x1b"),
    ("\x1b[98;3u", "\x1bb"),
    ("\x1b[13u", "\r"),
    ("\x1b[13;2u", "\x1b\r"),
    ("\x1b[13;3u", "\x1b\r"),
    ("\x1b[9u", "\t"),
    ("\x1b[9;2u", "\x1b[Z"),
    ("\x1b[127u", "\x7f"),
    ("\x1b[127;3u", "\x1b\x7f"),
    ("\x1b[127;5u", "\x17"),
    ("\x1b[57400u", "1"),
    ("\x1b[57414u", "\r"),
    ("\x1b[A", "\x1b[A"),
    ("\x1b[1;1:2A", "\x1b[A"),
    ("\x1b[1;5:1D", "\x1b[1;5D"),
    ("\x1b[3;1:1~", "\x1b[3~"),
    ("\x1b[3;129:1~", "\x1b[3~"),
    ("\x1b[P", "\x1bOP"),
    ("\x1b[1;1:1P", "\x1bOP"),
    ("\x1b[13;1:1~", "\x1b[13~"),
    ("\x1bOQ", "\x1bOQ"),
    ("\x1b[18~", "\x1b[18~"),
    ("\x1bb", "\x1bb"),
    ("\x1b[1;2P", "\x1b[1;2P"),
]
NOTHING = [
    "\x1b[97;1:3u",
    "\x1b[1;1:3A",
    "\x1b[3;1:3~",
    "\x1b[57441;2u",  # Shift alone
    "\x1b[57358u",  # Caps Lock
    "\x1b[97;9u",  # Super-A: the window manager's
    "\x1b[>1;10;0c",
    "\x1b[?2004;2$y",
    "\x1bP>|kitty(0.26.5)\x1b\\",
    "\x1b]11;rgb:0000/0000/0000\x07",
]


@pytest.mark.parametrize(("sent", "legacy"), LEGACY)
def test_a_key_is_what_a_terminal_without_the_protocol_sends_for_it(sent: str, legacy: str) -> None:
    assert sorted_out(sent) == [Typed(legacy)]


@pytest.mark.parametrize("sent", NOTHING)
def test_what_is_no_key_is_dropped_and_what_stands_around_it_is_not(sent: str) -> None:
    assert sorted_out(f"a{sent}b") == [Typed("ab")]


def test_space_and_escape_are_told_from_all_other_keys() -> None:
    assert sorted_out("\x1b[32u\x1b[32;1:2u\x1b[32;1:3u\x1b[27u") == [
        SpaceKey("down"),
        SpaceKey("again"),
        SpaceKey("up"),
        EscapeKey(),
    ]
    assert sorted_out("\x1b[27;1:3u") == []
    assert sorted_out("\x1b[32;5u") == [Typed("\x00")]  # Ctrl-Space is another key
    assert sorted_out("\x1b") == [EscapeKey()]
    assert sorted_out("\x1b\x1b[A") == [EscapeKey(), Typed("\x1b[A")]


def test_an_answer_is_taken_out_of_what_is_typed_however_late() -> None:
    keyboard = Keyboard()
    assert keyboard.feed("hel\x1b[?") == [Typed("hel")]
    assert keyboard.flush() == []  # an answer that has begun is waited for: no key begins like that
    assert keyboard.feed("31ulo\x1b[?62;22c!") == [Flags(31), Typed("lo"), Attributes(), Typed("!")]


def test_a_paste_is_whole_and_means_nothing_but_itself() -> None:
    paste = "\x1b[200~a \x1b[32u\x1b[27u\x1b[?31u\x03\r\x1b[201~"
    assert sorted_out(paste[:9], paste[9:20], paste[20:]) == [Typed(paste)]
    keyboard = Keyboard()
    assert keyboard.feed("\x1b[200~never") == []
    assert keyboard.flush() == []
    assert keyboard.feed("\x03") == [Typed("\x03")]
    assert keyboard.feed("a") == [Typed("a")]


SENT = st.lists(
    st.sampled_from(
        [sent for sent, _ in LEGACY]
        + NOTHING
        + [
            "a",
            " ",
            "ä",
            "日",
            "\x1b[32u",
            "\x1b[32;1:3u",
            "\x1b[27u",
            "\x1b[?31u",
            "\x1b[?62c",
            "\x1b[200~x\r\x1b[201~",
        ]
    ),
    max_size=12,
).map("".join)


@given(SENT, st.lists(st.integers(0, 200), max_size=12))
def test_how_it_is_cut_into_pieces_changes_nothing(sent: str, cuts: list[int]) -> None:
    at = sorted({0, len(sent), *(cut for cut in cuts if cut < len(sent))})
    pieces = [sent[i:j] for i, j in itertools.pairwise(at)]
    assert sorted_out(*pieces) == sorted_out(sent)


@given(st.text(st.sampled_from("\x1b[]?;:~OPuac1359 \x07\x03"), max_size=60))
def test_nothing_that_is_sent_takes_the_keyboard_away(sent: str) -> None:
    keyboard = Keyboard()
    keyboard.feed(sent)
    keyboard.flush()
    assert keyboard.feed("\x03\x1b[?1u\x03")[-1] == Typed("\x03")
