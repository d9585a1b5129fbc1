"""Copies text by way of the terminal, so that it works over ssh, too."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Final

LARGEST_BYTES: Final = 74_994
"""Of what xterm takes at most: 100,000 characters of base64. Others take more."""

TMUX_S: Final = 2.0


def copy(text: str, send: Callable[[str], None], environment: Mapping[str, str] = os.environ) -> bool:
    r"""Asks the terminal to put `text` on the clipboard (OSC 52); whether it does, it does not tell.

    tmux does not pass that on unless it is told to (`set-clipboard on`), but puts on its own and on its terminal's clipboard what it is
    given as a buffer.

    Args:
        text: What to copy.
        send: Writes a sequence to the terminal.
        environment: Tells whether this is in tmux.

    Returns:
        False when it is too long.
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
