r"""Parses what a terminal sends: text and legacy keys for the line editor, and events that no legacy key can express.

A terminal with the kitty keyboard protocol (https://sw.kovidgoyal.net/kitty/keyboard-protocol/) reports every key as
`CSI code:shifted:base ; modifiers:event ; text u` when it is pressed, repeats and is released. This module converts it to what a terminal without
the protocol sends for the same key, except for two keys: Space, whose release matters, and Esc, which otherwise only a pause can distinguish
from the beginning of another key.

The same stream contains the terminal's answers to queries. They may come late (over ssh) and in pieces, so nothing waits for them. Each answer is
removed when it arrives, and no key before or after it is removed with it.

Only key sequences that the line editor knows are passed on. Every other sequence is dropped whole, so that none is ever typed as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.keys import Keys

from voicecli.ui.marked_paste import PASTE, MarkedPaste

ASK_FLAGS: Final = "\x1b[?u"
"""Queries which flags of the protocol are in force. A terminal without the protocol does not answer."""

PUSH_FLAGS: Final = "\x1b[>31u"
"""Distinguish all keys (1), report repeats and releases (2), other layouts' keys (4), all keys (8), and their text (16)."""

NEEDED_FLAGS: Final = 1 | 2 | 8 | 16
"""The flags of the keyboard protocol that tell a press from a release (kitty's progressive enhancement)."""

POP_FLAGS: Final = "\x1b[<u"

ASK_ATTRIBUTES: Final = "\x1b[c"
"""A query that every terminal answers (DA1). Its answer shows that all earlier answers have arrived."""

ASK_SYNCHRONIZED: Final = "\x1b[?2026$p"
"""Queries whether the terminal supports synchronized updates (DECRQM of mode 2026)."""

ASK_BACKGROUND: Final = "\x1b]11;?\x1b\\"
"""Queries the background colour (xterm's OSC 11)."""

_CSI = re.compile(r"\x1b\[([0-?]*)([ -/]*)([@-~])")
_CSI_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*)?")
_LINUX_KEY = re.compile(r"\x1b\[\[[A-E]")  # F1 to F5 of the Linux console
_RXVT_SHIFTED = re.compile(
    r"\x1b\[\d+\$"
)  # rxvt's sequences of keys with Shift end with a character that is in the middle of other sequences
_MOUSE = re.compile(r"\x1b\[M[^\x1b]{3}", re.DOTALL)  # X10's report, if another program left the mouse on
_MOUSE_BEGUN = re.compile(r"\x1b\[M[^\x1b]{0,2}", re.DOTALL)
_SS3 = re.compile(r"\x1bO([0-9;]*)([A-Za-z])")
_SS3_BEGUN = re.compile(r"\x1bO[0-9;]*")
_COLOUR = re.compile(r"\x1b\]11;rgba?:([0-9A-Fa-f]{1,4})/([0-9A-Fa-f]{1,4})/([0-9A-Fa-f]{1,4})")
_ANSWER_BEGUN = re.compile(r"\x1b(?:\[\?[0-?]*[ -/]*|\]11?|\]11;[rgba:/0-9A-Fa-f]*\x1b?)")
_STRING = re.compile(r"\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)")
_STRING_BEGUN = re.compile(r"\x1b[\]PX^_][^\x07\x1b\x9c]*\x1b?")
_CTRL_C = "\x03"

_SHIFT, _ALT, _CTRL = 1, 2, 4
_KNOWN_MODIFIERS: Final = (
    _SHIFT | _ALT | _CTRL | 8 | 16 | 32
)  # super, hyper, meta; the higher bits are locks, which change no key
_RELEASE: Final = 3
"""The number of a release among the protocol's events."""

_ESCAPE, _ENTER, _TAB, _BACKSPACE, _SPACE = 27, 13, 9, 127, 32
_KEYPAD: Final = {
    **{57399 + digit: str(digit) for digit in range(10)},
    **dict(zip(range(57409, 57414), "./*-+", strict=True)),
    57414: "\r",
    57415: "=",
    57416: ",",
    **dict(zip(range(57417, 57421), ("\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"), strict=True)),
    57421: "\x1b[5~",
    57422: "\x1b[6~",
    57423: "\x1b[H",
    57424: "\x1b[F",
    57425: "\x1b[2~",
    57426: "\x1b[3~",
}
_ALT_LENGTH: Final = 2
"""Length of the sequence for Alt with a character."""

_LONGEST_SEQUENCE: Final = 4096
"""In characters. A longer sequence has lost its end, and is not waited for any more."""

_MOST_DIGITS: Final = 9
"""Longer numbers are no part of a key."""

_PRIVATE_USE: Final = range(57344, 63744)  # keys without a character


_KEYPAD_SS3: Final = {
    "M": "\r",
    "X": "=",
    **dict(zip("jklmno", "*+,-./", strict=True)),
    **dict(zip("pqrstuvwxy", "0123456789", strict=True)),
}
"""Keys of the keypad in application mode, by the letter after `ESC O`."""

_KNOWN: Final = frozenset(
    sequence
    for sequence, key in ANSI_SEQUENCES.items()
    if key
    not in (Keys.ControlF21, Keys.ControlF22, Keys.ControlF23, Keys.ControlF24)  # the line editor's Esc and Space
) | {f"\x1bO{letter}" for letter in "ABCDHFPQRS"}


@dataclass(frozen=True, slots=True)
class Typed:
    """Characters and keys, as a terminal without the protocol sends them. A paste is complete, between its marks."""

    text: str


@dataclass(frozen=True, slots=True)
class SpaceKey:
    """The Space key, on a terminal that reports its release."""

    event: Literal["down", "again", "up"]


@dataclass(frozen=True, slots=True)
class EscapeKey:
    """The Esc key."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The terminal's answer to `ASK_FLAGS`."""

    value: int


@dataclass(frozen=True, slots=True)
class Attributes:
    """The terminal's answer to `ASK_ATTRIBUTES`."""


@dataclass(frozen=True, slots=True)
class Focus:
    """The window got the focus, or lost it."""

    focused: bool


@dataclass(frozen=True, slots=True)
class Synchronized:
    """The terminal's answer to `ASK_SYNCHRONIZED`: whether it has that mode."""

    available: bool


@dataclass(frozen=True, slots=True)
class Background:
    """The terminal's answer to `ASK_BACKGROUND`: its luminance, from 0 (black) to 1 (white)."""

    luminance: float


Answer: TypeAlias = Flags | Attributes | Synchronized | Background | Focus
Token: TypeAlias = Typed | SpaceKey | EscapeKey | Answer


class Keyboard:
    """Parses what a terminal sends, however it is split."""

    def __init__(self) -> None:
        self._held = ""
        self._paste: MarkedPaste | None = None

    def feed(self, text: str) -> list[Token]:
        """Takes the next piece. An incomplete sequence is held back."""
        tokens: list[Token] = []
        if self._paste is not None:
            rest = self._paste.add(text)
            if rest is None:
                return self._lost_end(text)
            tokens.append(Typed(self._paste.text))
            text, self._paste = rest, None
        held = self._held + text
        at = 0
        while at < len(held):
            end = held.find("\x1b", at)
            if end != at:
                end = len(held) if end < 0 else end
                tokens.append(Typed(held[at:end]))
                at = end
                continue
            if held.startswith(PASTE, at):
                paste = MarkedPaste()
                rest = paste.add(held[at:])
                if rest is None:
                    self._held, self._paste = "", paste
                    return _joined([*tokens, *self._lost_end(text)])
                tokens.append(Typed(paste.text))
                at = len(held) - len(rest)
                continue
            found, length = _sequence(held[at:])
            if not length:
                break
            if found is not None:
                tokens.append(found)
            at += length
        self._held = held[at:]
        return _joined(tokens)

    def _lost_end(self, text: str) -> list[Token]:
        """Ends a paste whose end was lost, if `text` ends with Ctrl-C."""
        if not text.endswith(_CTRL_C):
            return []
        self._paste = None
        return [Typed(_CTRL_C)]

    def flush(self) -> list[Token]:
        """Returns what was held back, because nothing followed it. A lone ESC is the Esc key.

        An incomplete answer stays held back, because no key begins like one. So does a paste.
        """
        held = self._held
        if not held or _ANSWER_BEGUN.fullmatch(held):
            return []
        self._held = ""
        if held == "\x1b":
            return [EscapeKey()]
        return [Typed(held)] if len(held) == _ALT_LENGTH else []  # Alt and a sign that could have started a sequence


def _joined(tokens: list[Token]) -> list[Token]:
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if isinstance(token, Typed) and isinstance(last, Typed):
            joined[-1] = Typed(last.text + token.text)
        else:
            joined.append(token)
    return joined


def _sequence(text: str) -> tuple[Token | None, int]:
    """Parses the start of `text`, which begins with ESC. Returns the token (None to drop it) and its length (0 if it is incomplete)."""
    if match := _LINUX_KEY.match(text):
        return Typed(match.group()), match.end()
    if match := _RXVT_SHIFTED.match(text) or _MOUSE.match(text):
        return None, match.end()
    if _MOUSE_BEGUN.fullmatch(text) or text == "\x1b[[":
        return None, 0
    if match := _CSI.match(text):
        return _control(*match.groups()), match.end()
    if match := _SS3.match(text):
        return _single_shift(*match.groups()), match.end()
    begun = len(text) <= _LONGEST_SEQUENCE
    if begun and (_CSI_BEGUN.fullmatch(text) or _SS3_BEGUN.fullmatch(text)):
        return None, 0
    if text.startswith("\x1b\x1b"):
        return EscapeKey(), 1
    if match := _STRING.match(text):
        return _string(match.group()), match.end()
    if begun and _STRING_BEGUN.fullmatch(text):
        return None, 0
    return Typed(text[:_ALT_LENGTH]), _ALT_LENGTH


def _control(parameters: str, middle: str, final: str) -> Token | None:
    if parameters.startswith("?"):
        return _answer(parameters[1:], middle, final)
    if parameters.startswith((">", "<", "=")) or middle:
        return None
    if not parameters and final in "IO":
        return Focus(focused=final == "I")
    if final == "u":
        return _key(parameters)
    if final == "~" and parameters.startswith("27;"):  # xterm's modifyOtherKeys
        _, modifiers, code, *_ = (*parameters.split(";"), "", "")
        return _key(f"{code};{modifiers}")
    if final == "~" or (final in "ABCDEFHPQRS" and parameters.partition(";")[0] in {"", "1"}):
        return _functional(parameters, final)
    return _known(f"\x1b[{parameters}{final}")


def _single_shift(parameters: str, final: str) -> Token | None:
    if parameters:  # older terminals report modifiers this way
        return _functional(f"1;{parameters.rpartition(';')[2]}", final) if final in "ABCDEFHPQRS" else None
    if final in _KEYPAD_SS3:
        return Typed(_KEYPAD_SS3[final])
    return _known(f"\x1bO{final}")


def _known(sequence: str) -> Typed | None:
    return Typed(sequence) if sequence in _KNOWN else None


def _answer(parameters: str, middle: str, final: str) -> Token | None:
    match middle, final:
        case "", "u" if _is_number(parameters):
            return Flags(int(parameters))
        case "", "c":
            return Attributes()
        case "$", "y" if parameters.startswith("2026;"):
            return Synchronized(parameters.removeprefix("2026;") in {"1", "2", "3"})
        case _:
            return None


def _string(text: str) -> Token | None:
    """Parses an operating system command and the like: the answer about the background, or None."""
    if not (match := _COLOUR.match(text)):
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in match.groups())
    return Background(0.2126 * red + 0.7152 * green + 0.0722 * blue)  # ITU-R BT.709


def _numbers(field: str) -> list[int]:
    return [int(part) if _is_number(part) else 0 for part in field.split(":")]


def _is_number(text: str) -> bool:
    """Whether it is a number of a length that a key or a mode can have. Python refuses to convert thousands of digits."""
    return text.isdigit() and len(text) <= _MOST_DIGITS


def _fields(parameters: str) -> tuple[list[int], int, int, str]:
    """Returns codes, modifiers (without the locks), event, and text."""
    fields = parameters.split(";")
    modifiers, event, *_ = [*_numbers(fields[1]), 1] if len(fields) > 1 else [1, 1]
    text = "".join(chr(code) for code in _numbers(fields[2]) if _is_text(code)) if len(fields) > 2 else ""  # noqa: PLR2004 - the third
    return _numbers(fields[0]), (max(modifiers, 1) - 1) & _KNOWN_MODIFIERS, event or 1, text


def _is_text(code: int) -> bool:
    return 32 <= code < 0x110000 and code != _BACKSPACE and not 0xD800 <= code < 0xE000  # noqa: PLR2004 - what a character can be


def _functional(parameters: str, final: str) -> Token | None:
    """Converts an arrow, F-key and the like. A terminal without the protocol reports no event for them."""
    codes, modifiers, event, _ = _fields(parameters)
    if event == _RELEASE:
        return None
    modifiers &= _SHIFT | _ALT | _CTRL
    if final == "~":
        return _known(f"\x1b[{codes[0]};{modifiers + 1}~" if modifiers else f"\x1b[{codes[0]}~")
    if modifiers:
        return _known(f"\x1b[1;{modifiers + 1}{final}")
    return _known(f"\x1bO{final}" if final in "PQRS" else f"\x1b[{final}")


def _key(parameters: str) -> Token | None:
    codes, modifiers, event, text = _fields(parameters)
    code = codes[0]
    if code == _SPACE and not modifiers & ~_SHIFT:
        return SpaceKey({1: "down", 2: "again"}.get(event, "up"))  # type: ignore[arg-type] # one of the three
    if event == _RELEASE:
        return None
    if code == _ESCAPE:
        return EscapeKey()
    legacy = _legacy(codes, modifiers, text)
    return Typed(legacy) if legacy else None


def _legacy(codes: list[int], modifiers: int, text: str) -> str:
    """Returns what a terminal without the protocol sends for a key; empty if it has no such key."""
    code = codes[0]
    base = codes[2] if len(codes) > 2 and codes[2] else code  # noqa: PLR2004 - the third: the key's place on a Latin layout
    alt = "\x1b" if modifiers & _ALT else ""
    if modifiers & ~(_SHIFT | _ALT | _CTRL):
        return ""  # keys of the window manager
    if code == _ENTER:
        return "\x1b\r" if modifiers else "\r"  # with any modifier: a new line in the text
    if code == _TAB:
        return "\x1b[Z" if modifiers & _SHIFT else "\t"
    if code == _BACKSPACE:
        return alt + ("\x17" if modifiers & _CTRL else "\x7f")
    if code in _KEYPAD:
        return alt + _KEYPAD[code]
    if text and not modifiers & _CTRL:
        return alt + text
    if code in _PRIVATE_USE or not _is_text(code):
        return ""
    if modifiers & _CTRL:
        key = base if 64 <= base < 128 else code  # noqa: PLR2004 - ASCII letters and the signs beside them
        return alt + (chr(key & 0x1F) if 64 <= key < 128 else "\x00" if key == _SPACE else "")  # noqa: PLR2004 - the same
    if modifiers & _SHIFT:
        return alt + (chr(codes[1]) if len(codes) > 1 and _is_text(codes[1]) else chr(code).upper())
    return alt + chr(code)
