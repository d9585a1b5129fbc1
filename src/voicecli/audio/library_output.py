"""Keeps the output of native libraries off the screen.

ALSA, PortAudio, llama.cpp, CTranslate2 and onnxruntime all write to file descriptor 2, bypassing Python. Only redirecting the descriptor
itself catches all of it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def redirect_native_stderr(log_file: Path) -> None:
    """Redirects what native code writes to stderr to `log_file` (0600). Python's `sys.stderr` keeps its destination.

    Call it once, before the first heavy import. Programs that are started afterwards inherit the redirected descriptor.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    sys.stderr = os.fdopen(kept, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace")
