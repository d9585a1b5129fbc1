"""An X server without a screen, and a program that presses keys."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def display() -> Iterator[dict[str, str]]:
    """Starts an X server without a window manager and without Wayland. Yields the environment of its clients."""
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1200x800x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        with os.fdopen(read) as numbers:
            number = numbers.readline().strip()
        try:
            yield {"DISPLAY": f":{number}", "WAYLAND_DISPLAY": "", "XDG_SESSION_TYPE": "x11"}
        finally:
            server.terminate()  # a test that fails must not leave `Popen` waiting for it


def press(display: dict[str, str], *words: str) -> None:
    """Runs an xdotool command, such as `key F8` or `keydown space`."""
    subprocess.run(["xdotool", *words], env={**os.environ, **display}, timeout=60, check=True)
