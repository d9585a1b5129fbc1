"""Plays a scripted session through a real LiveScreen: `python ui_player.py SCENE`; waits for a line on stdin at each step.

A test starts it in a terminal, sends a line feed to continue, and checks the screen. Input is not echoed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator

from rich.console import Console

from fakes.ui_scenes import SCENES
from voicecli.ui.screen import LiveScreen


@contextlib.contextmanager
def _no_echo() -> Iterator[None]:
    import termios  # not on Windows, where these tests do not run

    old = termios.tcgetattr(0)
    new = termios.tcgetattr(0)
    new[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSADRAIN, new)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, old)


def main() -> None:
    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, end)
    with _no_echo(), LiveScreen(Console()) as screen:
        for step in SCENES[sys.argv[1]]:
            for event in step:
                if isinstance(event, Exception):
                    raise event
                if isinstance(event, signal.Signals):
                    os.kill(os.getpid(), event)
                    continue
                screen.handle(event)
            sys.stdin.readline()
    print("done")


if __name__ == "__main__":
    main()
