"""What terminals send, however split, becomes the same keys. Their answers never become keys."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100_parser import Vt100Parser

from voicecli.ui.key_parser import (
    Attributes,
    Background,
    EscapeKey,
    Flags,
    Keyboard,
    SpaceKey,
    Synchronized,
    Token,
    Typed,
)


def sorted_out(*pieces: str) -> list[Token]:
    """The tokens that the pieces give. Adjacent texts are joined."""
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
    ("\x1b[1;129A", "\x1b[A"),  # kitty with Num Lock
    ("\x1b[27;5;99~", "\x03"),  # xterm's modifyOtherKeys
    ("\x1bOM", "\r"),  # the keypad in its application mode
    ("\x1bOs", "3"),
    ("\x1bO5C", "\x1b[1;5C"),  # older terminals
    ("\x1b[[C", "\x1b[[C"),  # the Linux console
]

F_KEYS = {
    "xterm, alacritty, foot, VTE, tmux, screen": ("\x1bOP \x1bOQ \x1bOR \x1bOS", "\x1b[15~ \x1b[17~ \x1b[18~ \x1b[19~"),
    "kitty 0.26 with its protocol": ("\x1b[P \x1b[Q \x1b[R \x1b[S", "\x1b[15~ \x1b[17~ \x1b[18~ \x1b[19~"),
    "kitty 0.27 and later, foot with the protocol": (
        "\x1b[P \x1b[Q \x1b[13~ \x1b[S",
        "\x1b[15~ \x1b[17~ \x1b[18~ \x1b[19~",
    ),
    "with events": (
        "\x1b[1;1:1P \x1b[1;1:1Q \x1b[1;1:1R \x1b[1;1:1S",
        "\x1b[15;1:1~ \x1b[17;1:1~ \x1b[18;1:1~ \x1b[19;1:1~",
    ),
    "with Num Lock": (
        "\x1b[1;129P \x1b[1;129Q \x1b[1;129R \x1b[1;129S",
        "\x1b[15;129~ \x1b[17;129~ \x1b[18;129~ \x1b[19;129~",
    ),
    "rxvt, PuTTY": ("\x1b[11~ \x1b[12~ \x1b[13~ \x1b[14~", "\x1b[15~ \x1b[17~ \x1b[18~ \x1b[19~"),
    "Linux console": ("\x1b[[A \x1b[[B \x1b[[C \x1b[[D", "\x1b[[E \x1b[17~ \x1b[18~ \x1b[19~"),
}
"""What the terminals send for F1 to F8: as their terminfo says, and as kitty's protocol does."""

OTHER_KEYS = {
    "up": ("\x1b[A", "\x1bOA", "\x1b[1;1:1A", "\x1b[57419u"),
    "down": ("\x1b[B", "\x1bOB", "\x1b[57420u"),
    "left": ("\x1b[D", "\x1bOD", "\x1b[57417u"),
    "right": ("\x1b[C", "\x1bOC", "\x1b[57418u"),
    "home": ("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~", "\x1b[57423u"),
    "end": ("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~", "\x1b[57424u"),
    "delete": ("\x1b[3~", "\x1b[57426u"),
    "insert": ("\x1b[2~",),
    "pageup": ("\x1b[5~",),
    "pagedown": ("\x1b[6~",),
    "s-tab": ("\x1b[Z", "\x1b[9;2u"),
    "c-left": ("\x1b[1;5D", "\x1bOd", "\x1b[5D"),
    "c-right": ("\x1b[1;5C", "\x1bOc", "\x1b[5C"),
}


def pressed(sent: str) -> list[str]:
    """The keys that the line editor receives."""
    keys: list[str] = []
    parser = Vt100Parser(lambda press: keys.append(str(getattr(press.key, "value", press.key))))
    for token in sorted_out(sent):
        assert isinstance(token, Typed)
        parser.feed(token.text)
        parser.flush()
    return keys


@pytest.mark.parametrize("terminal", F_KEYS)
def test_function_keys_of_every_terminal_are_known(terminal: str) -> None:
    first, others = F_KEYS[terminal]
    assert [pressed(sent) for sent in f"{first} {others}".split()] == [[f"f{i}"] for i in range(1, 9)]


@pytest.mark.parametrize("key", OTHER_KEYS)
def test_other_keys_of_every_terminal_are_known(key: str) -> None:
    assert [pressed(sent) for sent in OTHER_KEYS[key]] == [[key]] * len(OTHER_KEYS[key])


@given(st.from_regex(r"\x1b\[[0-9;:]{0,6}[ -/]?[@-~]|\x1bO[0-9;]{0,2}[A-Za-z]", fullmatch=True))
def test_no_sequence_types_its_own_text(sent: str) -> None:
    if sent.startswith(("\x1b[[", "\x1b[M", "\x1b[200~")) or sent.endswith("u"):
        return
    typed = "".join(token.text for token in sorted_out(sent) if isinstance(token, Typed))
    assert typed in {"", *"0123456789*+,-./=\r"} or typed in ANSI_SEQUENCES or typed.startswith("\x1bO"), typed


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
    "\x1b]10;rgb:0000/0000/0000\x07",
    "\x1b[1;3R",  # Alt-F3, which the line editor does not know; also how a terminal tells where the cursor is
    "\x1b[24;80R",
    "\x1b[57~",
    "\x1b[3$",  # rxvt: Shift-Delete
    "\x1b[M !!",  # a mouse
    "\x1b[<0;10;10M",
    "\x1b[1;9:3X",
    "\x1b[20;6~",  # prompt_toolkit's name for it stands for Esc here
    "\x1bOz",
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
    assert keyboard.feed("a\x1b]11;rgb:ff") == [Typed("a")]
    assert keyboard.flush() == []
    assert keyboard.feed("ff/ffff/ffff\x1b") == []
    assert keyboard.flush() == []
    assert keyboard.feed("\\b\x1b[?2026;2$y") == [Background(1.0), Typed("b"), Synchronized(available=True)]
    assert keyboard.feed("\x1b[?2026;0$y") == [Synchronized(available=False)]


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
