r"""Notifies a user who looks at another window that an answer is ready.

Sources: the terminals' own pages on notifications: OSC 9 (iTerm2), OSC 777 (foot, after urxvt), OSC 99 (kitty); focus events are xterm's mode 1004.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Final

from voicecli import events
from voicecli.config.choices import BellMode

FOCUS_ON: Final = "\x1b[?1004h"
FOCUS_OFF: Final = "\x1b[?1004l"

LONG_S: Final = 5.0
"""The user may have stopped waiting for an answer that took this long."""

BEL: Final = "\x07"
MESSAGE: Final = "The answer is ready."
"""It does not contain the answer, because notifications are shown on locked screens and are stored."""

_OSC_9_PROGRAMS: Final = frozenset({"iTerm.app", "WezTerm", "ghostty"})


class Bell:
    """Rings when an answer is ready that took long and is not spoken, if the window does not have the focus.

    A terminal that does not report its focus counts as having it, so that nothing rings in front of the user.

    Thread: `handle` belongs to the events', `on_focus` to the one that reads keys.

    Args:
        mode: `auto` for a desktop notification if the terminal is known to support it, otherwise the bell; `bell` for the bell in any case; or `off`.
        send: Sends a control sequence to the terminal.
        environment: The process's environment.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        mode: BellMode,
        send: Callable[[str], None],
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._mode = mode
        self._send = send
        self._environment = environment
        self._clock = clock
        self._focused = True
        self._spoken = False
        self._asked_s: dict[int, float] = {}

    @property
    def on(self) -> bool:
        """Whether it may ever ring."""
        return self._mode != "off"

    def on_focus(self, *, focused: bool) -> None:
        """Notes that the window got or lost the focus."""
        self._focused = focused

    def handle(self, event: events.Event) -> None:
        """Handles `event`, and rings if necessary."""
        match event:
            case events.Ready(speaker=speaker):
                self._spoken = speaker is not None
            case events.Transcript(turn=turn, final=True):
                self._asked_s = {turn: self._clock()}
            case events.Reply(turn=turn) if turn in self._asked_s:
                took_s = self._clock() - self._asked_s.pop(turn)
                if self.on and not self._focused and not self._spoken and took_s >= LONG_S:
                    self._send(notification(self._environment) if self._mode == "auto" else BEL)
            case _:
                pass


def notification(environment: Mapping[str, str]) -> str:
    """Returns the sequence that shows a desktop notification in this terminal, or the bell if none is known to work.

    tmux and screen are terminals of their own: they do not pass such sequences on, but they pass on a bell.
    """
    terminal = environment.get("TERM", "")
    if "TMUX" in environment or "STY" in environment or terminal.startswith(("tmux", "screen")):
        return BEL
    if "KITTY_WINDOW_ID" in environment or terminal == "xterm-kitty":
        return f"\x1b]99;;voicecli: {MESSAGE}\x1b\\"
    if environment.get("TERM_PROGRAM") in _OSC_9_PROGRAMS:
        return f"\x1b]9;voicecli: {MESSAGE}\x1b\\"
    if terminal == "foot" or terminal.startswith("foot-"):
        return f"\x1b]777;notify;voicecli;{MESSAGE}\x1b\\"
    return BEL
