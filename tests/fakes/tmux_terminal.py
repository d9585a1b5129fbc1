"""Runs a program in tmux, which keeps the cells, the cursor and the scrollback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
SRC = TESTS.parent / "src"
PLAYER = TESTS / "fakes" / "ui_player.py"
PATIENCE_S = 30.0


class Terminal:
    """A separate tmux server with one window, in which a scene is played."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder / "tmux"
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith(("TMUX", "NO_COLOR"))}

    def tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self._socket), "-f", os.devnull, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=self._environment).stdout

    def play(self, scene: str, *, width: int, height: int = 24, variables: str = "") -> None:
        """Plays a scene."""
        self.run(f"{PLAYER} {scene}", width=width, height=height, variables=variables)

    def run(self, script: str, *, width: int, height: int = 24, variables: str = "") -> None:
        """Runs one of the Python programs of these tests."""
        shell = f"trap : INT; PYTHONPATH={TESTS}:{SRC} {variables} {sys.executable} {script}; echo rc=$?; exec cat"
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), f"env LC_ALL=C.UTF-8 sh -c '{shell}'")
        self.tmux("set-option", "-g", "history-limit", "5000")

    def resize(self, width: int, height: int = 24) -> None:
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def keys(self, *keys: str) -> None:
        """Types keys. Each is a text, or the name of a key in tmux."""
        self.tmux("send-keys", *keys)

    def step(self) -> None:
        self.tmux("send-keys", "Enter")

    def screen(self, *options: str) -> str:
        return self.tmux("capture-pane", "-p", *options)

    def scrollback(self) -> str:
        return self.screen("-S", "-", "-J")

    def wait(self, text: str, *, gone: str | None = None) -> str:
        """Waits until the screen shows `text` and not `gone`, and returns it."""
        return self._wait(lambda screen: text in screen and (gone is None or gone not in screen), text)

    def wait_until(self, there: Callable[[str], bool], what: str) -> str:
        """Waits until `there` is true for the screen, and returns it."""
        return self._wait(there, what)

    def wait_for_line(self, line: str) -> str:
        """Waits until the screen has exactly this line, and returns it."""
        return self._wait(lambda screen: line in screen.splitlines(), line)

    def _wait(self, there: Callable[[str], bool], what: str) -> str:
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            screen = self.screen()
            if there(screen):
                return screen
            time.sleep(0.05)
        return pytest.fail(f"{what!r} did not come (or what should have gone stayed):\n{self.screen()}")

    def wait_for_cursor(self, *, shown: bool) -> None:
        """Waits until the cursor is shown or hidden. The program writes that after the content of the screen."""
        self._wait(lambda _: self._cursor_is_shown() is shown, "the cursor" if shown else "no cursor")

    def _cursor_is_shown(self) -> bool:
        return self.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"
