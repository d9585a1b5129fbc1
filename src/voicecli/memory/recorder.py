"""Saves a running session to the database, in a separate thread, so that no answer waits for the disk."""

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

from voicecli.errors import AudioError, HistoryFailed, InternalError, VoiceCliError, internal
from voicecli.events import Event
from voicecli.memory import database as db
from voicecli.memory import overwritten, removal, sound_files
from voicecli.memory.event_tracker import TRACKED, Begin, Change, Know, Name, Put, Remove, Resume, Tracked, Tracker
from voicecli.memory.session_changes import SessionChanges
from voicecli.memory.sound_files import TurnSound
from voicecli.memory.writer import ConversationWriter
from voicecli.pipeline.worker import log_fault

CLOSE_S: Final = 5.0
"""How long the end of a session waits until everything is saved. Another process may be writing; that takes a second or two at most."""

SAVED_AGAIN: Final = "This conversation is saved again, and nothing of it is missing."
REMOVED: Final = (
    "The saved conversations were removed while this one is going on. What is said from now on is saved in a new file."
)

OVERWRITTEN: Final = (
    "Another program has changed the file of the saved conversations. It was moved to {file}, and this session is saved "
    "in a new one."
)

SETTLE_S: Final = 1.0
"""How long the last remark on the screen waits for the last turn to be saved."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KeepSound:
    """Save the sound of the turn with this number."""

    number: int
    sound: TurnSound


class Recorder:
    """Saves a session.

    Changes that cannot be written stay in memory and are tried again with the next turn, and once at the end. The first error is reported, and so is
    that it is over; errors in between are not. A database that was removed meanwhile is replaced by a new one. One that another program has
    overwritten is moved out of the way, and what the session has saved is saved again in a new one.

    Thread: `take` may be called from any thread and returns at once. Only the recorder's own thread uses the database.

    Args:
        where: The folder of the database. It is created with the first turn, so that a session without one leaves nothing.
        persona: The name of the persona at the start.
        now: The time of day, with the user's time zone.
        failed: Called with the first error, from the recorder's thread; and again if there is another one after `again`.
        again: Called with a sentence when what could not be saved is saved, or when the database was removed or overwritten and a new one begins.
        keep_days: Conversations last changed more than this many days ago are removed when the session starts; 0 keeps all.
        spared: The resumed conversation, which `keep_days` does not remove.
    """

    def __init__(
        self,
        where: Path,
        *,
        persona: str,
        now: Callable[[], dt.datetime],
        failed: Callable[[VoiceCliError], object],
        again: Callable[[str], object] = lambda _: None,
        keep_days: int = 0,
        spared: int | None = None,
    ) -> None:
        self._where = where
        self._tracker = Tracker(persona)
        self._now = now
        self._failed = failed
        self._again = again
        self._keep_days = keep_days
        self._spared = spared
        self._inbox: queue.SimpleQueue[tuple[Tracked, dt.datetime] | KeepSound | threading.Event | None] = (
            queue.SimpleQueue()
        )
        self._unsaved: deque[Change | KeepSound] = deque()
        self._database: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None  # of the file that is open
        self._stamp: overwritten.Stamp | None = None  # of that file after the last change
        self._content: overwritten.Content | None = None  # of the same
        self._version = 0  # of the data then
        self._log: tuple[int, int] | None = None
        self._saved = SessionChanges()
        self._incomplete = False  # whether something was lost that is not tried again
        self._writer: ConversationWriter | None = None
        self._left: list[ConversationWriter] = []  # of conversations that were left for another one in this session
        self._conversation: int | None = None
        self._told = False
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)

    @property
    def conversation(self) -> int | None:
        """The number of the conversation; None while any change is unsaved. Call `settle` first."""
        return None if self._unsaved else self._conversation

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def take(self, event: Event) -> None:
        """Queues an event of the session."""
        if isinstance(event, TRACKED):
            self._inbox.put((event, self._now()))

    def row_of(self, turn: int) -> int | None:
        """Returns the database row of a turn of this session; None if it is not saved. Call `settle` first."""
        return self._writer.row_of(turn) if self._writer is not None else None

    def take_sound(self, turn: int, sound: TurnSound) -> None:
        """Queues the sound of a turn. Call it after `take` with the event that settles the turn."""
        self._inbox.put(KeepSound(number=turn, sound=sound))

    def settle(self, timeout_s: float = SETTLE_S) -> bool:
        """Waits until everything queued so far is saved or has failed. Returns False on timeout."""
        reached = threading.Event()
        self._inbox.put(reached)
        return reached.wait(timeout_s)

    def close(self) -> None:
        """Saves the rest of the queue and stops the thread."""
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
            if self._unsaved or (self._database is not None and overwritten.stamp(self._where) != self._stamp):
                self._guarded(self._finish)
        finally:
            if self._database is not None:
                self._database.close()

    def _guarded(self, do: Callable[[], None]) -> None:
        """Calls `do` and reports the first error. No error of any kind reaches the conversation."""
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
        if self._database is not None:  # the next attempt uses a new connection
            self._database.close()
            self._database = None
        self._incomplete = self._incomplete or isinstance(error, AudioError | InternalError)
        if not self._told:
            self._told = True
            self._failed(error)

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._database = db.open_database(self._where)
            self._identity = db.identity(self._where)
            self._look(self._database)
            if self._writer is not None:
                self._writer.database = self._database
        return self._database

    def _look(self, database: sqlite3.Connection) -> None:
        """Notes what the file is like after a change, so that another one is noticed."""
        self._version, self._log = overwritten.data_version(database), overwritten.log_of(self._where)
        self._stamp, self._content = overwritten.stamp(self._where), overwritten.content(database)

    def _is_removed(self) -> bool:
        """Whether the file that was written was removed or replaced. Its connection is left then."""
        if self._database is None and self._identity is None:
            return False
        present = db.identity(self._where)
        if present is not None and present == self._identity:
            return False
        if self._database is not None:
            db.abandon(self._database)
            self._database = None
            if present is not None:
                overwritten.move_log_aside(self._where, self._log)
        # A new file, or one that was put in its place, may hold another conversation with the number of this one.
        self._writer, self._left = None, []
        return True

    def _is_overwritten(self) -> bool:
        """Whether another program has changed the file, without SQLite."""
        if self._database is None or overwritten.stamp(self._where) == self._stamp:
            return False
        try:
            intact = overwritten.is_intact(self._where, self._content, self._database, self._version)
        except sqlite3.Error as error:
            if not overwritten.is_damage(error):
                raise
            intact = False
        return not intact

    def _save(self) -> None:
        saved = self._saved
        if removed := self._is_removed():
            self._saved = SessionChanges()  # what the user has removed is not written again
        try:
            if not self._is_overwritten():
                self._write(REMOVED if removed else "")
                return
        except (sqlite3.Error, HistoryFailed) as error:
            damaged = overwritten.is_damage(error) or overwritten.is_damage(error.__cause__ or error)
            if self._identity is None or not damaged:  # the user decides about a file damaged earlier
                raise
        database, self._database = self._database, None
        aside = overwritten.move_aside(self._where, database)
        self._writer, self._left = None, []
        self._unsaved.extendleft(reversed(list(saved.again())))
        self._saved = SessionChanges()
        self._write(OVERWRITTEN.format(file=aside))

    def _finish(self) -> None:
        """Saves the rest. A file that is not ours any more is left as it is."""
        if self._unsaved or (not self._is_removed() and self._is_overwritten()):
            self._save()

    def _write(self, news: str) -> None:
        database = self._opened()
        if self._writer is None:
            self._writer = ConversationWriter(database)
        while self._unsaved:
            change = self._unsaved[0]
            match change:
                case Put(number=number, turn=turn, about=about):
                    self._writer.write(number, turn, about)
                case Remove(number=number):
                    row = self._writer.row_of(number)
                    self._writer.remove(number)
                    if row is not None:
                        sound_files.remove(self._where, [row])
                case KeepSound(number=number, sound=sound):
                    self._unsaved.popleft()  # not tried again on failure, because sound would fill the memory
                    if (row := self._writer.row_of(number)) is not None:
                        sound_files.write(self._where, row, sound)
                    continue
                case Begin():
                    self._left.append(self._writer)
                    self._writer = ConversationWriter(database)
                case Resume(conversation=conversation):
                    self._left.append(self._writer)
                    self._writer = ConversationWriter(database, conversation)
                case Name(number=number, title=title):
                    self._name(number, title)
                case Know(number=number):
                    self._writer.know(number, -number)
                case _ as never:
                    assert_never(never)
            self._unsaved.popleft()
            self._saved.add(change)
        self._conversation = self._writer.id
        self._look(database)
        if news:
            self._again(news)
        elif self._told and not self._incomplete:
            self._again(SAVED_AGAIN)
        self._told = self._told and self._incomplete

    def _name(self, number: int, title: str) -> None:
        for writer in (self._writer, *reversed(self._left)):
            if writer is not None and writer.row_of(number) is not None:
                writer.database = self._opened()
                writer.name(title, by_model=True)
                return

    def _clean_up(self) -> None:
        if not db.exists(self._where) or not (self._keep_days or sound_files.folder(self._where).exists()):
            return
        database = self._opened()
        sound_files.tidy(self._where, database)
        if not self._keep_days:
            return
        old = removal.older_than(database, self._keep_days, self._now())
        if old := [each for each in old if each != self._spared]:
            # If another process is reading now, the old pages are overwritten a little later.
            with contextlib.suppress(HistoryFailed):
                removal.remove(database, old)
            self._look(database)
