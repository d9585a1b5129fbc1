"""Checks of the machine and of the user's files: Python, settings, persona, folders, disk."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from voicecli.cli.checks.finding import Finding, Scene, right, warning, wrong
from voicecli.config import paths
from voicecli.errors import ConfigError, VoiceCliError

OLDEST_PYTHON = (3, 11)

LITTLE_BYTES = 1_000_000_000
"""With less free space than this, the medium models of every kind no longer fit (`voicecli models list`)."""


def python(_scene: Scene) -> Iterator[Finding]:
    """Checks the version of Python, and the platform."""
    version = ".".join(map(str, sys.version_info[:3]))
    where = f"{platform.system()} {platform.release()}, {platform.machine()}"
    if sys.version_info[:2] < OLDEST_PYTHON:
        needed = ".".join(map(str, OLDEST_PYTHON))
        yield wrong(ConfigError(f"Python {version} is too old: {needed} or later is needed.", "Install a newer one."))
        return
    yield right(f"Python {version} on {where}.")


def settings(scene: Scene) -> Iterator[Finding]:
    """Checks the configuration file, the environment, and the settings that result."""
    from voicecli.config.load import load

    loaded = load()
    scene.settings = loaded.settings
    changed = sum(source.kind != "default" for source in loaded.sources.values())
    if not loaded.file.exists() and not changed:
        yield right(f"{loaded.file} does not exist, so the defaults are used.")
        return
    yield right(
        f"{loaded.file} has no errors; {changed} setting{'s differ' if changed != 1 else ' differs'} from the default."
    )


def persona(scene: Scene) -> Iterator[Finding]:
    """Checks the persona that `chat` would use, and the user's own others."""
    from voicecli.session import personas

    chosen = scene.settings.chat.persona
    scene.persona = personas.load(chosen)
    yield right(f"{chosen}: {scene.persona.title.rstrip('.')}.")
    for name in personas.names():
        try:
            personas.load(name)
        except VoiceCliError as error:
            yield warning(error.message, error.hint)


def folders(_scene: Scene) -> Iterator[Finding]:
    """Checks whether voicecli can write where it must, and whether others cannot read what is the user's own.

    A closed folder (0700) protects everything in it, whatever the modes of its files are. The models' folder and the cache contain nothing personal,
    so they need only be writable.
    """
    from voicecli.models.store import default_root

    own = (paths.config_dir(), paths.log_dir())
    found: list[Finding] = []
    for folder in (*own, default_root(), paths.cache_dir()):
        if reason := _not_writable(folder):
            error = ConfigError(f"{folder} {reason}.", f"ls -ld {folder}")
            # No command begins without its log. Without the other folders it only cannot save anything.
            found.append(wrong(error) if folder == paths.log_dir() else warning(error.message, error.hint))
        elif folder in own and _open_to_others(folder):
            found.append(warning(f"Other users can list {folder}.", f"chmod 700 {folder}"))
    file = paths.config_file()
    if file.parent not in own and file.exists() and _open_to_others(file):
        found.append(warning(f"Other users can read {file}.", f"chmod 600 {file}"))
    yield from found or [right("All folders are writable, and other users cannot read your files.")]


def _not_writable(folder: Path) -> str:
    """Returns why nothing can be written into a folder, or why it cannot be created; empty if it can."""
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    if not there.is_dir():
        return "is not a folder" if there == folder else f"cannot be made: {there} is not a folder"
    if not os.access(there, os.W_OK | os.X_OK):
        return "cannot be written" if there == folder else f"cannot be made: {there} cannot be written"
    return ""


def _open_to_others(path: Path) -> bool:
    """Whether anybody else may read it. A missing file has no mode yet, and Windows has no modes."""
    return os.name == "posix" and path.exists() and bool(path.stat().st_mode & paths.OTHERS)


def disk(_scene: Scene) -> Iterator[Finding]:
    """Checks the room for models on each disk that they use."""
    from voicecli.models.blob_cache import nearest_existing, same_disk
    from voicecli.models.progress import human_size
    from voicecli.models.store import default_root

    root, cache = default_root(), paths.cache_dir()
    for folder in [root] if same_disk(root, cache) else [root, cache]:
        free_bytes = shutil.disk_usage(nearest_existing(folder)).free
        if free_bytes < LITTLE_BYTES:
            yield warning(
                f"Only {human_size(free_bytes)} are free in {folder}, too little for most models.",
                "Free some space; `voicecli models rm NAME` removes a model.",
            )
        else:
            yield right(f"{human_size(free_bytes)} are free in {folder}.")
