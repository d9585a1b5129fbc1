"""The bell rings only for an answer that took long, is not spoken, and whose window does not have the focus."""

from __future__ import annotations

import pytest

from voicecli import events
from voicecli.config.choices import BellMode
from voicecli.ui.bell import BEL, LONG_S, MESSAGE, Bell, notification
from voicecli.ui.key_parser import Focus, Keyboard, Typed

KITTY = {"TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1"}


class Ring:
    """A bell, and what it sent."""

    def __init__(self, mode: BellMode = "auto", *, speaker: str | None = None, **environment: str) -> None:
        self.now_s = 0.0
        self.sent: list[str] = []
        self.bell = Bell(mode, self.sent.append, environment, lambda: self.now_s)
        self.bell.handle(
            events.Ready(
                t_s=0.0, models={}, device={}, offline=True, microphone=None, speaker=speaker, duplex=None, mode="typed"
            )
        )

    def answer(self, after_s: float, turn: int = 1) -> list[str]:
        self.bell.handle(events.Transcript(t_s=0.0, turn=turn, text="Why?", language="en", final=True))
        self.now_s += after_s
        self.bell.handle(events.Reply(t_s=0.0, turn=turn, text="Because."))
        return self.sent


def test_it_rings_for_a_long_answer_when_the_window_has_no_focus() -> None:
    ring = Ring(TERM="xterm")
    assert ring.answer(LONG_S) == []  # nobody has told of the focus: it is there
    ring.bell.on_focus(focused=False)
    assert ring.answer(LONG_S - 0.1, turn=2) == []
    assert ring.answer(LONG_S, turn=3) == [BEL]
    ring.bell.on_focus(focused=True)
    assert ring.answer(60, turn=4) == [BEL]


def test_it_does_not_ring_for_what_is_spoken_or_when_it_is_off() -> None:
    for ring in (Ring(speaker="a loudspeaker"), Ring("off")):
        ring.bell.on_focus(focused=False)
        assert ring.answer(60) == []


def test_an_answer_that_is_told_twice_rings_once() -> None:
    ring = Ring("bell", **KITTY)
    ring.bell.on_focus(focused=False)
    ring.answer(60)
    ring.bell.handle(events.Reply(t_s=0.0, turn=1, text="Because."))
    assert ring.sent == [BEL]


@pytest.mark.parametrize(
    ("environment", "begins"),
    [
        (KITTY, "\x1b]99;;"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "\x1b]9;"),
        ({"TERM": "xterm-ghostty", "TERM_PROGRAM": "ghostty"}, "\x1b]9;"),
        ({"TERM": "foot"}, "\x1b]777;notify;"),
        ({"TERM": "xterm-256color"}, BEL),
        ({"TERM": "tmux-256color", "TMUX": "/run/tmux", "TERM_PROGRAM": "iTerm.app"}, BEL),
        ({"TERM": "screen", "STY": "1.pts"} | {"KITTY_WINDOW_ID": "1"}, BEL),
        ({}, BEL),
    ],
)
def test_a_notification_only_where_the_terminal_is_known_to_take_it(environment: dict[str, str], begins: str) -> None:
    sequence = notification(environment)
    assert sequence.startswith(begins)
    assert sequence == BEL or MESSAGE in sequence


def test_the_focus_is_told_apart_from_keys() -> None:
    keyboard = Keyboard()
    assert keyboard.feed("a\x1b[Ib\x1b[O") == [Typed("a"), Focus(focused=True), Typed("b"), Focus(focused=False)]
    assert keyboard.feed("\x1b[1;2I") == []
    assert keyboard.feed("\x1bOP") == [Typed("\x1bOP")]
