"""Restores a terminal whose program was killed: a small process that waits for the end of this one.

After SIGKILL, SIGSEGV or an out-of-memory kill a program cannot restore anything itself. A shell without line editing of its own would be left
without echo, and any shell with a hidden cursor and keys in the form of a keyboard protocol.
"""

from __future__ import annotations

import contextlib
import select
import shutil
import subprocess
import sys
from typing import Final

from voicecli.app.deadline import SHOWN_AGAIN

READY_S: Final = 0.5
"""How long the start may take. If it takes longer, the program goes on without a keeper."""

END_S: Final = 0.2
"""How long the end may take."""

# The input ends without `over` if this process was killed. A shell that has set the terminal for its own line editing meanwhile keeps its modes.
# SIGTTOU is ignored, because the keeper is in the background. The terminal is descriptor 2, which works after the end of the session as well.
SCRIPT: Final = """\
trap '' INT QUIT HUP TERM TSTP TTOU TTIN PIPE
modes() { stty "$@" <&2 2>/dev/null; }
own=$(modes -g) || exit 1
raw= state=given
echo ready
while read -r line; do
    state=$line
    case $line in
        taken) raw=$(modes -g) ;;
        over) exit 0 ;;
    esac
done
[ "$state" = taken ] || exit 0
[ "$(modes -g)" = "$raw" ] && modes "$own"
printf '%s' "$1" >&2
"""


class TerminalKeeper:
    """Watches over the modes of a terminal from construction to `close`. Without a POSIX shell or `stty` it does nothing.

    Construct it before the modes are changed. Thread: one at a time.

    Args:
        terminal: Its descriptor, for reading and writing.
    """

    def __init__(self, terminal: int) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        if sys.platform == "win32" or shutil.which("stty") is None:
            return
        with contextlib.suppress(OSError):
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", SCRIPT, "voicecli-terminal", SHOWN_AGAIN],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=terminal,
                bufsize=0,
                process_group=0,  # it outlives a signal to the whole job
            )
        if self._process is not None and not self._is_ready(self._process):
            self.close()

    @staticmethod
    def _is_ready(process: subprocess.Popen[bytes]) -> bool:
        stdout = process.stdout
        return stdout is not None and bool(select.select([stdout], [], [], READY_S)[0]) and bool(stdout.read(6))

    def taken(self) -> None:
        """The modes are changed from now on."""
        self._tell(b"taken\n")

    def given_back(self) -> None:
        """The modes are the terminal's own again."""
        self._tell(b"given\n")

    def close(self) -> None:
        """Ends the keeper. May be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        for stream, last in ((process.stdin, b"over\n"), (process.stdout, b"")):
            with contextlib.suppress(OSError):
                if stream is not None:
                    if last:
                        stream.write(last)
                    stream.close()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _tell(self, word: bytes) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(word)
