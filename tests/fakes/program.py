"""Runs `voicecli` as a program, as another program would, and reads its output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LIMIT_S = 240.0
"""A bound on waiting; reached only when the test has failed. Real engines on a busy machine are slow."""


def command(*arguments: str) -> list[str]:
    """The command line of `voicecli` in this environment."""
    return [sys.executable, "-m", "voicecli", *arguments]


def run(*arguments: str, stdin: str = "", env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command until it exits, with `stdin` as its input."""
    return subprocess.run(
        command(*arguments),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env={**os.environ, **(env or {})},
    )


class Chat:
    """A running `voicecli chat --json`."""

    def __init__(self, *arguments: str, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None) -> None:
        self.events: list[dict[str, Any]] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [*prefix, *command("chat", "--json", *arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def told(self, name: str, **fields: object) -> list[dict[str, Any]]:
        """The events so far with this name and these values."""
        return [
            event
            for event in list(self.events)
            if event["event"] == name and all(event.get(key) == value for key, value in fields.items())
        ]

    def wait_for(self, name: str, count: int = 1, **fields: object) -> dict[str, Any]:
        """Waits for event number `count` with this name, and returns it."""
        self._wait(lambda: len(self.told(name, **fields)) >= count)
        found = self.told(name, **fields)
        assert len(found) >= count, f"no {name} came: {self.events[-5:]} {self.stderr()}"
        return found[count - 1]

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> int:
        """Waits until the program exits, and returns the exit code."""
        code = self._process.wait(LIMIT_S)
        self._reader.join()
        return code

    def stderr(self) -> str:
        """Its output to stderr; empty while it is running."""
        if self._process.poll() is None or self._process.stderr is None:
            return ""
        return self._process.stderr.read()

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._news:
            self._news.wait_for(lambda: condition() or self._process.poll() is not None, LIMIT_S)

    def _read(self) -> None:
        for line in self._process.stdout or ():
            with self._news:
                self.events.append(json.loads(line))
                self._news.notify_all()
        self._process.wait()
        with self._news:
            self._news.notify_all()


def files(paths: Sequence[Path]) -> list[str]:
    """The flags that use `paths` as the microphone."""
    return [argument for path in paths for argument in ("--mic", str(path))]
