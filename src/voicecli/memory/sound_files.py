"""Reads, writes and removes the sound of saved turns: FLAC files beside the database, two for each turn.

numpy is imported only to read and write them.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from voicecli.config import paths

if TYPE_CHECKING:
    from voicecli.pcm import Pcm

Side: TypeAlias = Literal["you", "voicecli"]
SIDES: Final[tuple[Side, Side]] = ("you", "voicecli")

TAIL_MS: Final = 100.0
"""How much sound of a question is kept behind its last speech. The fixed length gives the file its place on the time line."""

_PART: Final = ".part.flac"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnSound:
    """Both sides of a turn.

    Attributes:
        you: The question at 16 kHz, up to `TAIL_MS` behind its last speech; empty when it was typed.
        voicecli: The part of the answer that was played, from its first sound; empty when nothing was.
        rate_hz: The rate of the answer.
    """

    you: Pcm
    voicecli: Pcm
    rate_hz: int


def folder(where: Path) -> Path:
    """Returns the folder of the sound files for the database in the folder `where`."""
    return where / "audio"


def path_of(where: Path, row: int, side: Side) -> Path:
    """Returns the path of one side of a turn. The file need not exist."""
    return folder(where) / f"{row}-{side}.flac"


def write(where: Path, row: int, sound: TurnSound) -> None:
    """Writes both sides of a turn. A file exists only when it is complete.

    Raises:
        AudioError: The disk is full, or failed.
    """
    from voicecli.audio.pyav_encoder import EncodedWriter
    from voicecli.pcm import RATE_HZ

    paths.private_dir(folder(where))
    for side, pcm, rate_hz in (("you", sound.you, RATE_HZ), ("voicecli", sound.voicecli, sound.rate_hz)):
        file = folder(where) / f"{row}-{side}.flac"
        if not len(pcm):
            file.unlink(missing_ok=True)
            continue
        part = file.with_name(f"{row}-{side}.{os.getpid()}{_PART}")
        try:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            writer = EncodedWriter(part, rate_hz, shown=file)
            try:
                writer.write(pcm)
            finally:
                writer.close()
            part.replace(file)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def read(where: Path, row: int, side: Side) -> Pcm:
    """Returns one side of a turn at 16 kHz; empty if it was not saved.

    Raises:
        AudioError: It cannot be read.
    """
    from voicecli.audio.sound_files import read_audio
    from voicecli.pcm import silence

    file = path_of(where, row, side)
    return read_audio(file, own=True)[0] if file.exists() else silence(0)


def remove(where: Path, rows: Iterable[int]) -> None:
    """Removes the sound of turns."""
    for row in rows:
        for side in SIDES:
            path_of(where, row, side).unlink(missing_ok=True)


def tidy(where: Path, database: sqlite3.Connection) -> None:
    """Removes files left by a killed process: incomplete ones, and those of turns that are not in the database."""
    if not folder(where).is_dir():
        return
    for file in folder(where).glob("*.flac"):
        row, _, _ = file.name.partition("-")
        if file.name.endswith(_PART):
            stray = not _runs(file.name.removesuffix(_PART).rpartition(".")[2])
        else:
            found = row.isdecimal() and database.execute("SELECT 1 FROM turns WHERE id = ?", (int(row),)).fetchone()
            stray = not found
        if stray:
            with contextlib.suppress(OSError):
                file.unlink()


def _runs(process: str) -> bool:
    """Whether another process with this number is running."""
    if not process.isdecimal() or int(process) == os.getpid():
        return False
    if os.name != "posix":  # on Windows `os.kill` would end it, and a file that is open there cannot be removed anyway
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
