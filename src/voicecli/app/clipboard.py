"""Copies text through the terminal, so that it also works over ssh."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Final

LARGEST_BYTES: Final = 74_994
"""The most that xterm accepts: 100,000 characters of base64. Other terminals accept more."""

TMUX_S: Final = 2.0
"""How long tmux may take to accept a text."""


def copy(text: str, send: Callable[[str], None], environment: Mapping[str, str] = os.environ) -> bool:
    r"""Asks the terminal to put `text` on the clipboard (OSC 52). The terminal does not report whether it does.

    tmux passes the sequence on only with `set-clipboard on`. But it puts text that it is given as a buffer on its own clipboard and on that of its
    terminal.

    Args:
        text: The text.
        send: Writes a sequence to the terminal.
        environment: Says whether the program runs in tmux.

    Returns:
        False if the text is too long.
    """
    data = text.encode("utf-8", errors="replace")
    if len(data) > LARGEST_BYTES:
        return False
    if "TMUX" in environment and (tmux := shutil.which("tmux")) is not None:
        try:
            command = [tmux, "load-buffer", "-w", "-"]
            done = subprocess.run(command, input=data, capture_output=True, timeout=TMUX_S, check=False)
        except (OSError, subprocess.TimeoutExpired):
            done = None
        if done is not None and done.returncode == 0:
            return True
    send(f"\x1b]52;c;{base64.b64encode(data).decode()}\x07")
    return True
