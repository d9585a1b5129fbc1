"""Where files live, and how they are made private to the user: directories 0700, files 0600.

The places are platformdirs' own: on Linux `$XDG_CONFIG_HOME/voicecli` and so on, on macOS and Windows what is usual there.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

APP = "voicecli"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The rights of everybody but the owner of a file."""


def config_dir() -> Path:
    """Where the configuration file and the user's own personas are."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False))


def data_dir() -> Path:
    """Where models and past conversations are."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False))


def history_dir() -> Path:
    """Where saved conversations are. A folder of their own, so that it is private in any case."""
    return data_dir() / "history"


def state_dir() -> Path:
    """Where what is worth keeping between two runs is, but not worth a backup."""
    return Path(platformdirs.user_state_dir(APP, appauthor=False))


def log_dir() -> Path:
    """Where logs are."""
    return Path(platformdirs.user_log_dir(APP, appauthor=False))


def cache_dir() -> Path:
    """Where what can be made again is."""
    return Path(platformdirs.user_cache_dir(APP, appauthor=False))


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The configuration file, whether it is there or not: `VOICECLI_CONFIG`, or `config.toml` in `config_dir`."""
    named = environ.get("VOICECLI_CONFIG")
    return Path(named).expanduser() if named else config_dir() / "config.toml"


def personas_dir() -> Path:
    """Where the user's own personas are."""
    return config_dir() / "personas"


def private_dir(path: Path) -> Path:
    """Makes `path` and what is missing above it, all of it 0700; what is there is left as it is."""
    # `mkdir(parents=True)` would make what is above with everybody's rights.
    if not path.parent.exists():
        private_dir(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def close_to_others(*folders: Path) -> list[Path]:
    """Takes away everybody else's rights to `folders` and what is in them, as far as it is the user's own; links are left alone.

    Returns:
        What was open to others until now, the folders first.
    """
    if os.name != "posix":
        return []
    closed = []
    for path in (each for folder in folders for each in (folder, *sorted(folder.rglob("*")))):
        with contextlib.suppress(OSError):  # not ours, or gone
            found = path.lstat()
            kind = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
            if kind and found.st_uid == os.getuid() and found.st_mode & OTHERS:
                path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
                closed.append(path)
    return closed


def write_private(path: Path, text: str) -> None:
    """Writes a file (UTF-8, 0600) whole or not at all; what a symbolic link points to is written, not the link.

    Raises:
        OSError: It cannot be written; what was there is still there.
    """
    path = path.resolve()
    private_dir(path.parent)
    # Made 0600, in the same directory so that the renaming is atomic.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    scratch = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
