"""The locations of files. Directories (0700) and files (0600) are private to the user.

The locations are those of platformdirs: on Linux `$XDG_CONFIG_HOME/voicecli` and so on, on macOS and Windows the usual ones.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import platformdirs

APP = "voicecli"
OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""The permissions of everybody except the owner of a file."""


def config_dir() -> Path:
    """Returns the directory of the configuration file and the user's own personas."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False))


def data_dir() -> Path:
    """Returns the directory of models and past conversations."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False))


def history_dir() -> Path:
    """Returns the directory of saved conversations. It is separate, so that it is private in any case."""
    return data_dir() / "history"


def state_dir() -> Path:
    """Returns the directory of data that is kept between two runs, but is not worth a backup."""
    return Path(platformdirs.user_state_dir(APP, appauthor=False))


def log_dir() -> Path:
    """Returns the directory of logs."""
    return Path(platformdirs.user_log_dir(APP, appauthor=False))


def cache_dir() -> Path:
    """Returns the directory of data that can be recreated."""
    return Path(platformdirs.user_cache_dir(APP, appauthor=False))


def config_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Returns the configuration file, whether it exists or not: `VOICECLI_CONFIG`, or `config.toml` in `config_dir`."""
    named = environ.get("VOICECLI_CONFIG")
    return Path(named).expanduser() if named else config_dir() / "config.toml"


def personas_dir() -> Path:
    """Returns the directory of the user's own personas."""
    return config_dir() / "personas"


def private_dir(path: Path) -> Path:
    """Creates `path` and its missing parents, all of them 0700. Existing directories are not changed."""
    # `mkdir(parents=True)` would create the parents with default permissions.
    if not path.parent.exists():
        private_dir(path.parent)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def close_to_others(*folders: Path) -> list[Path]:
    """Removes the permissions of others from `folders` and their content, as far as the user owns it. Links are not changed.

    Returns:
        The paths that were open to others before, the folders first.
    """
    if sys.platform == "win32":
        return []
    closed = []
    for path in (each for folder in folders for each in (folder, *sorted(folder.rglob("*")))):
        with contextlib.suppress(OSError):  # not the user's, or gone
            found = path.lstat()
            kind = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
            if kind and found.st_uid == os.getuid() and found.st_mode & OTHERS:
                path.chmod(stat.S_IMODE(found.st_mode) & ~OTHERS)
                closed.append(path)
    return closed


def write_private(path: Path, text: str) -> None:
    """Writes a file (UTF-8, 0600) completely or not at all. It writes the target of a symbolic link, not the link.

    Raises:
        OSError: It cannot be written. The earlier content still exists.
    """
    path = path.resolve()
    private_dir(path.parent)
    # Created 0600, in the same directory so that renaming it is atomic.
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
