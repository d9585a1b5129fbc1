"""Faults of disks, files and the database."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from faults.case import Fault
from faults.session import Session
from voicecli.memory.database import NAME, open_database

DISK: Final = "size=8m"
LOCKED_S: Final = 1.5


def _disk(which: str) -> Callable[[Path], Callable[[], object]]:
    """Makes a small file system of its own for the folder `which`."""

    def prepare(folder: Path) -> Callable[[], object]:
        place = folder / which
        place.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(place)], check=True)
        return lambda: subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)

    return prepare


def _fill(which: str) -> Callable[[Session], None]:
    def do(session: Session) -> None:
        with contextlib.suppress(OSError), (session.folder / which / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    return do


def _full_for_a_turn(session: Session) -> None:
    """A question while the disk is full, and one when it is not."""
    session.order("quiet")
    session.order("release")
    for question in ("Full", "Free"):
        session.rest()
        session.order(f"say {question}?")
        session.until(lambda said=question: any(said in each["text"] for each in session.told("spoken")), 20)  # type: ignore[misc] # the loop's
        if question == "Full":
            session.until(lambda: session.told("notice", code=NOT_SAVED), 3)
            (session.folder / "data" / "filler").unlink()


def _take_away(session: Session) -> None:
    subprocess.run(["umount", "-l", str(session.folder / "data")], check=True)


def _history(session: Session) -> Path:
    return session.data / "history"


def _remove_database(session: Session) -> None:
    for file in _history(session).glob(f"{NAME}*"):
        file.unlink()


def _replace_database(session: Session) -> None:
    _move_database_away(session)
    (_history(session) / NAME).write_bytes(b"This is no database. " * 1000)


def _overwrite_database(session: Session) -> None:
    (_history(session) / NAME).write_bytes(b"This is no database. " * 1000)


def _truncate_database(session: Session) -> None:
    os.truncate(_history(session) / NAME, 0)


def _copy_over_database(session: Session) -> None:
    """As `cp` of another saved history does."""
    other = session.folder / "other"
    open_database(other).close()
    (_history(session) / NAME).write_bytes((other / NAME).read_bytes())


def _move_database_away(session: Session) -> None:
    for file in _history(session).glob(f"{NAME}*"):
        file.rename(file.with_name(f"damaged-{file.name}"))


def _lock(session: Session) -> None:
    taken = threading.Event()

    def hold() -> None:
        with contextlib.closing(sqlite3.connect(_history(session) / NAME, isolation_level=None, timeout=5)) as other:
            other.execute("BEGIN EXCLUSIVE")
            taken.set()
            time.sleep(LOCKED_S)
            other.execute("COMMIT")

    threading.Thread(target=hold, daemon=True).start()
    taken.wait(5)


def _limit_handles(session: Session) -> None:
    used = max(int(each.name) for each in Path(f"/proc/{session.process.pid}/fd").iterdir()) + 1
    resource.prlimit(session.process.pid, resource.RLIMIT_NOFILE, (used, 4096))


def _free_handles(session: Session) -> None:
    resource.prlimit(session.process.pid, resource.RLIMIT_NOFILE, (1024, 4096))


def _spoil_settings(session: Session) -> None:
    place = session.folder / "config" / "voicecli"
    place.mkdir(parents=True, exist_ok=True)
    (place / "config.toml").write_text('history = "' + "[" * 5000)


NOT_SAVED: Final = "not-saved"
SAVED_AGAIN: Final = "saved-again"

FAULTS = (
    Fault(
        group="files",
        name="the disk of the saved conversations is full",
        prepare=_disk("data"),
        do=_fill("data"),
        code=NOT_SAVED,
        says="disk is full",
        later=True,
        saved="before",
    ),
    Fault(
        group="files",
        name="the disk of the saved conversations is full, and two turns later not any more",
        prepare=_disk("data"),
        do=_fill("data"),
        code=NOT_SAVED,
        says="disk is full",
        later=True,
        heal=_full_for_a_turn,
        back=SAVED_AGAIN,
    ),
    Fault(
        group="files",
        name="the same, and their sound is saved, too",
        prepare=_disk("data"),
        do=_fill("data"),
        code=NOT_SAVED,
        says="disk is full",
        later=True,
        arguments=("--save-audio",),
        saved="before",
    ),
    Fault(
        group="files",
        name="the disk of the saved conversations is taken away",
        prepare=_disk("data"),
        do=_take_away,
        code=SAVED_AGAIN,
        says="were removed",
        later=True,
        saved="later",
    ),
    Fault(
        group="files",
        name="the folder of the saved conversations is removed",
        do=lambda session: shutil.rmtree(_history(session)),
        code=SAVED_AGAIN,
        says="were removed",
        later=True,
        saved="later",
    ),
    Fault(
        group="database",
        name="the database is removed",
        do=_remove_database,
        code=SAVED_AGAIN,
        says="were removed",
        later=True,
        saved="later",
    ),
    Fault(
        group="database",
        name="the database is replaced by a file that is none",
        do=_replace_database,
        code=SAVED_AGAIN,
        says="was moved to",
        later=True,
    ),
    Fault(
        group="database",
        name="the database is overwritten in place with something that is none",
        do=_overwrite_database,
        code=SAVED_AGAIN,
        says="was moved to",
        later=True,
    ),
    Fault(
        group="database",
        name="the database is truncated",
        do=_truncate_database,
        code=SAVED_AGAIN,
        says="was moved to",
        later=True,
    ),
    Fault(
        group="database",
        name="another database is copied over the database",
        do=_copy_over_database,  # the log of the session holds all its pages, and they win
    ),
    Fault(
        group="database",
        name="the database is moved away and a new one begins",
        do=_move_database_away,
        code=SAVED_AGAIN,
        says="were removed",
        later=True,
        saved="later",
    ),
    Fault(
        group="database",
        name="another program locks the database for a second and a half",
        do=_lock,
    ),
    Fault(
        group="files",
        name="the disk of the log is full",
        prepare=_disk("state"),
        do=_fill("state"),
    ),
    Fault(
        group="files",
        name="the folder of the log is removed",
        do=lambda session: shutil.rmtree(session.state, ignore_errors=True),
    ),
    Fault(
        group="files",
        name="the program may open no more files, later it may",
        do=_limit_handles,
        heal=_free_handles,
    ),
    Fault(
        group="files",
        name="the working folder is removed",
        do=lambda session: shutil.rmtree(session.folder / "work"),
    ),
    Fault(
        group="files",
        name="the disk of the speaker's file is full",
        prepare=_disk("sound"),
        do=_fill("sound"),
        arguments=("--speaker", "../sound/answer.wav"),
        exit=3,
        says="cannot be written: the disk is full",
        within_s=6.0,
    ),
    Fault(
        group="settings",
        name="the settings are overwritten with nonsense",
        do=_spoil_settings,
    ),
)
