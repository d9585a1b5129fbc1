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
    """A tmux server of its own with one window, in which a scene is played."""

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
        """Runs a Python program of ours."""
        shell = f"trap : INT; PYTHONPATH={TESTS}:{SRC} {variables} {sys.executable} {script}; echo rc=$?; exec cat"
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height), f"env LC_ALL=C.UTF-8 sh -c '{shell}'")
        self.tmux("set-option", "-g", "history-limit", "5000")

    def resize(self, width: int, height: int = 24) -> None:
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def keys(self, *keys: str) -> None:
        """Types; each is a text, or a key as tmux names it."""
        self.tmux("send-keys", *keys)

    def step(self) -> None:
        self.tmux("send-keys", "Enter")

    def screen(self, *options: str) -> str:
        return self.tmux("capture-pane", "-p", *options)

    def scrollback(self) -> str:
        return self.screen("-S", "-", "-J")

    def wait(self, text: str, *, gone: str | None = None) -> str:
        """The screen as soon as it shows `text` and no longer `gone`."""
        return self._wait(lambda screen: text in screen and (gone is None or gone not in screen), text)

    def wait_until(self, there: Callable[[str], bool], what: str) -> str:
        """The screen as soon as it is as `there` says."""
        return self._wait(there, what)

    def wait_for_line(self, line: str) -> str:
        """The screen as soon as it has exactly this line."""
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
        """Waits until the cursor is there, or is not: the program writes that after what the screen shows."""
        self._wait(lambda _: self._cursor_is_shown() is shown, "the cursor" if shown else "no cursor")

    def _cursor_is_shown(self) -> bool:
        return self.tmux("display-message", "-p", "#{cursor_flag}").strip() == "1"
