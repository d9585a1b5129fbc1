"""Prepares every command before it loads an engine: cuts it off from the network, opens the log, keeps native libraries off the screen."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
from typing import TYPE_CHECKING

from voicecli.app import console
from voicecli.log_format import write_to

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from voicecli.offline.destination import Destination
    from voicecli.offline.outside import Program

LARGEST_LOG_BYTES = 1_000_000
"""A log larger than this is emptied."""


def prepare(log_level: str = "warning", reach: Collection[Destination] = (), programs: Sequence[Program] = ()) -> None:
    """Cuts the program off from the network from now on, and sends log records and the output of native code to files.

    To be called before threads are started, because not all restrictions reach threads that exist already (`voicecli.offline.walls`). Files of
    voicecli that others could read are closed to them, and the user is told.

    If native code ends the process, the reason still reaches the user's terminal.

    Args:
        log_level: The lowest level that is logged: debug, info, warning or error.
        reach: Servers that the user allowed. A broker outside the restrictions is started for them.
        programs: Programs that the user allowed to use the network. A process outside the restrictions is started, which starts them.

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
        write_to(log_file, logging.getLevelNamesMapping()[log_level.upper()])
        redirect_native_stderr(native_file)
    except OSError as error:
        raise ConfigError(
            f"The log folder {folder} cannot be written: {error.strerror}.", f"ls -ld {folder}"
        ) from error
    faulthandler.enable(file=sys.stderr)
    folders = [paths.config_dir(), paths.state_dir(), paths.log_dir()]
    if _is_open(paths.history_dir()):  # it may hold thousands of files, which nobody reaches if the folder is closed
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
    """Creates a log that only the user can read, or empties one that has grown large."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    handle = os.open(path, flags, 0o600)
    if os.fstat(handle).st_size > LARGEST_LOG_BYTES:
        os.ftruncate(handle, 0)
    os.close(handle)
    return path
