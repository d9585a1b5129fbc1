"""Saves a session while it goes on, in a thread of its own: no answer ever waits for the disk."""

from __future__ import annotations

import contextlib
import datetime as dt
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, assert_never

from voicecli.errors import HistoryFailed, VoiceCliError, internal
from voicecli.events import Event
from voicecli.memory import database as db
from voicecli.memory import removing, sound_files
from voicecli.memory.sound_files import TurnSound
from voicecli.memory.tracker import TRACKED, Begin, Change, Know, Put, Remove, Resume, Tracked, Tracker
from voicecli.memory.writing import ConversationWriter
from voicecli.pipeline.worker import log_fault

CLOSE_S: Final = 5.0
"""How long the end of a session waits until everything is saved. Another process may be writing; that takes a second or two at most."""

SETTLE_S: Final = 1.0
"""How long the last remark on the screen waits for the last turn to be saved."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeepSound:
    """Save the sound of the turn with this number."""

    number: int
    sound: TurnSound


class Recorder:
    """Saves what is said.

    What cannot be written is kept in memory and tried again with the next turn. The person is told once.

    Thread: `take` from any; it returns at once. The database is used by the recorder's own thread alone.

    Args:
        where: The folder of the database. It is created with the first turn, so that a session without one leaves nothing.
        persona: The name of the persona at the start.
        now: The time of day, with the user's time zone.
        failed: Told, once, of the error because of which nothing is saved; called from the recorder's thread.
        keep_days: Conversations that were changed last so many days ago are removed when the session starts; 0 keeps all.
        spared: The conversation that is resumed, which is not removed.
    """

    def __init__(
        self,
        where: Path,
        *,
        persona: str,
        now: Callable[[], dt.datetime],
        failed: Callable[[VoiceCliError], object],
        keep_days: int = 0,
        spared: int | None = None,
    ) -> None:
        self._where = where
        self._tracker = Tracker(persona)
        self._now = now
        self._failed = failed
        self._keep_days = keep_days
        self._spared = spared
        self._inbox: queue.SimpleQueue[tuple[Tracked, dt.datetime] | KeepSound | threading.Event | None] = (
            queue.SimpleQueue()
        )
        self._unsaved: deque[Change | KeepSound] = deque()
        self._database: sqlite3.Connection | None = None
        self._writer: ConversationWriter | None = None
        self._conversation: int | None = None
        self._told = False
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    @property
    def conversation(self) -> int | None:
        """The number of the conversation; None while nothing of it is saved, or not all. `settle` first."""
        return None if self._unsaved else self._conversation

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def take(self, event: Event) -> None:
        """Takes the next event of the session."""
        if isinstance(event, TRACKED):
            self._inbox.put((event, self._now()))

    def row_of(self, turn: int) -> int | None:
        """The row of a turn of this session; None where it is not saved. `settle` first."""
        return self._writer.row_of(turn) if self._writer is not None else None

    def take_sound(self, turn: int, sound: TurnSound) -> None:
        """Takes the sound of a turn, after the event that settles it."""
        self._inbox.put(KeepSound(number=turn, sound=sound))

    def settle(self, timeout_s: float = SETTLE_S) -> bool:
        """Waits until everything that was taken so far is saved, or cannot be; returns False when the time was not enough."""
        reached = threading.Event()
        self._inbox.put(reached)
        return reached.wait(timeout_s)

    def close(self) -> None:
        """Saves what is left and ends."""
        self._inbox.put(None)
        if self._thread.ident is not None:
            self._thread.join(CLOSE_S)

    def _run(self) -> None:
        try:
            self._guarded(self._clean_up)
            while (item := self._inbox.get()) is not None:
                if isinstance(item, threading.Event):
                    item.set()
                    continue
                self._unsaved += [item] if isinstance(item, KeepSound) else self._tracker.take(*item)
                if self._unsaved:
                    self._guarded(self._save)
        finally:
            if self._database is not None:
                self._database.close()

    def _guarded(self, do: Callable[[], None]) -> None:
        """Tells the first error, whatever it is: nothing that happens here ends the conversation."""
        try:
            do()
        except VoiceCliError as error:
            self._tell(error)
        except (sqlite3.Error, OSError) as error:
            self._tell(db.failure(error, self._where))
        except Exception as error:  # noqa: BLE001 - a fault of the program costs the saving of this change
            log_fault("history", error)
            self._unsaved.clear()
            self._tell(internal("saving the conversation", error))

    def _tell(self, error: VoiceCliError) -> None:
        if self._database is not None:  # whatever it was, a new connection has the best chance
            self._database.close()
            self._database = None
        if not self._told:
            self._told = True
            self._failed(error)

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = db.open_database(self._where)
            if self._writer is not None:
                self._writer.database = self._database
        return self._database

    def _save(self) -> None:
        database = self._opened()
        if self._writer is None:
            self._writer = ConversationWriter(database)
        while self._unsaved:
            match self._unsaved[0]:
                case Put(number=number, turn=turn, about=about):
                    self._writer.write(number, turn, about)
                case Remove(number=number):
                    row = self._writer.row_of(number)
                    self._writer.remove(number)
                    if row is not None:
                        sound_files.remove(self._where, [row])
                case KeepSound(number=number, sound=sound):
                    self._unsaved.popleft()  # sound that cannot be written is not tried again: it would fill the memory
                    if (row := self._writer.row_of(number)) is not None:
                        sound_files.write(self._where, row, sound)
                    continue
                case Begin():
                    self._writer = ConversationWriter(database)
                case Resume(conversation=conversation):
                    self._writer = ConversationWriter(database, conversation)
                case Know(number=number):
                    self._writer.know(number, -number)
                case _ as never:
                    assert_never(never)
            self._unsaved.popleft()
        self._conversation = self._writer.id

    def _clean_up(self) -> None:
        if not db.exists(self._where) or not (self._keep_days or sound_files.folder(self._where).exists()):
            return
        database = self._opened()
        sound_files.tidy(self._where, database)
        if not self._keep_days:
            return
        old = removing.older_than(database, self._keep_days, self._now())
        if old := [each for each in old if each != self._spared]:
            # Another process that is reading at this moment delays the overwriting of the file a little; nobody need know.
            with contextlib.suppress(HistoryFailed):
                removing.remove(database, old)
