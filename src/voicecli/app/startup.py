"""What every command does before it loads an engine: shut itself in, open the log, keep native libraries off the screen."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from typing import TYPE_CHECKING

from voicecli.app import console

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from voicecli.offline.destination import Destination
    from voicecli.offline.outside import Program

LARGEST_LOG_BYTES = 1_000_000
"""A log that is larger is begun anew."""


def prepare(log_level: str = "warning", reach: Collection[Destination] = (), programs: Sequence[Program] = ()) -> None:
    """From now on no connection leaves this machine, what native code writes goes to a file, and so does what the program logs.

    To be called before threads are started: not all walls reach threads that are there (`voicecli.offline.walls`). Files of ours that others
    could read are closed to them, and the user is told.

    Should native code bring the process down, the reason still reaches the user's terminal.

    Args:
        log_level: What is worth a line: debug, info, warning or error.
        reach: Servers that the user allowed; a broker is started for them, which stays outside the walls.
        programs: Programs that the user allowed to use the network; a process is started that starts them outside the walls.

    Raises:
        ConfigError: The log cannot be written.
    """
    from voicecli.audio.library_output import redirect_native_stderr
    from voicecli.config import paths
    from voicecli.errors import ConfigError
    from voicecli.offline import broker, outside
    from voicecli.offline.walls import shut_in

    broker.start(reach)
    outside.start(programs)
    shut_in()
    folder = paths.log_dir()
    try:
        paths.private_dir(folder)
        log_file, native_file = (_begin(folder / name) for name in ("voicecli.log", "native.log"))
        handler = logging.FileHandler(log_file, encoding="utf-8")
        redirect_native_stderr(native_file)
    except OSError as error:
        raise ConfigError(
            f"The log folder {folder} cannot be written: {error.strerror}.", f"ls -ld {folder}"
        ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("voicecli")
    logger.addHandler(handler)
    logger.setLevel(log_level.upper())
    logger.propagate = False
    faulthandler.enable(file=sys.stderr)
    folders = [paths.config_dir(), paths.state_dir(), paths.log_dir()]
    if _is_open(paths.history_dir()):  # it may hold thousands of files, which nobody reaches where the folder is closed
        folders.append(paths.history_dir())
    for path in paths.close_to_others(*folders):
        console.remark(f"note: other users could read {path}; now only you can.")


def _is_open(folder: Path) -> bool:
    """Whether anybody but its owner has rights to `folder`."""
    from voicecli.config import paths

    try:
        return bool(folder.stat().st_mode & paths.OTHERS)
    except OSError:
        return False


def _begin(path: Path) -> Path:
    """Makes a log that only the user can read, or empties one that has grown large."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    handle = os.open(path, flags, 0o600)
    if os.fstat(handle).st_size > LARGEST_LOG_BYTES:
        os.ftruncate(handle, 0)
    os.close(handle)
    return path
