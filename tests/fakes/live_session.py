"""What remains of a session besides the screen: its log, with every event that `--json` would print, and a recording of the screen."""

from __future__ import annotations

import ast
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from fakes.tmux_terminal import Terminal

PHASE_SIGNS: Final = "◌○●◐◑◉⊘"
LOG: Final = {"VOICECLI_LOG_LEVEL": "info", "VOICECLI_LOG_WORDS": "true"}
"""Environment variables that make the program write the log that is read here."""


def homes(folder: Path) -> dict[str, str]:
    """An environment that keeps a user's files in `folder`."""
    return {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}


class EventLog:
    """The events in the log of the program whose `homes` are in `folder`. Each line is read only once, however long the log becomes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "state" / "voicecli" / "log" / "voicecli.log"
        self._read_bytes = 0

    def new(self) -> list[dict[str, Any]]:
        """The events logged since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            lines = file.read()
        lines = lines[: lines.rfind(b"\n") + 1]  # a line without its end is still being written
        self._read_bytes += len(lines)
        parts = (line.partition(" voicecli.ui.event_log: ") for line in lines.decode().splitlines())
        return [ast.literal_eval(text) for _, mark, text in parts if mark]


def events(folder: Path, name: str = "", **fields: object) -> list[dict[str, Any]]:
    """All events in the log of the program whose `homes` are in `folder`; of one name and with these values, if given."""
    return [
        event
        for event in EventLog(folder).new()
        if name in {"", event["event"]} and all(event.get(key) == value for key, value in fields.items())
    ]


class Film:
    """Records the screens of a terminal, 20 times a second. Use it as a context manager.

    Thread: records on its own thread.
    """

    def __init__(self, terminal: Terminal) -> None:
        self.pictures: list[str] = []
        self._terminal = terminal
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._shoot, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _shoot(self) -> None:
        while not self._over.is_set():
            screen = self._terminal.screen()
            if self.pictures[-1:] != [screen]:
                self.pictures.append(screen)
            time.sleep(0.05)


def rows(screen: str) -> list[str]:
    """The rows of a screen, without empty ones."""
    return [line.rstrip() for line in screen.splitlines() if line.strip()]


def who_said(screen: str) -> list[str]:
    """The utterances and notes on a screen, one string each. Wrapped rows are joined."""
    said: list[str] = []
    for line in rows(screen):
        if line.startswith(("you ", "voicecli ", "note ")):
            said.append(" ".join(line.split()))
        elif line.startswith(" ") and said:
            said[-1] += " " + " ".join(line.split())
    return said


def is_whole(screen: str, *, width: int) -> bool:
    """Whether the live rows are in their places: one status line, second to last, with the keys below it, both within the width."""
    lines = rows(screen)
    status = [i for i, line in enumerate(lines) if line[0] in PHASE_SIGNS]
    return (
        status == [len(lines) - 2]
        and "F1 help" in lines[-1]
        and "offline" in lines[-2]
        and "full duplex" in lines[-2]
        and all(len(line) < width for line in lines[-2:])
    )
