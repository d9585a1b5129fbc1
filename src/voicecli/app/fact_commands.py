"""Implements `/remember`, `/memory`, `/forget` and "remember that…".

Each change is written by a separate thread, because another process may lock the database for a moment.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from voicecli.app.typed_history import forget_typed
from voicecli.errors import ConfigError, VoiceCliError
from voicecli.events import Event, Transcript
from voicecli.memory import database as db
from voicecli.memory import facts as saved
from voicecli.messages import Report
from voicecli.session.remembered_facts import Fact, asked_to_forget, asked_to_remember, fits, tidy
from voicecli.tuning import FactsChanged

NO_ROOM: Final = "There is no room for that: what is to be remembered is too long."
_WORD: Final = re.compile(r"\w+")
NOT_WRITTEN: Final = "With --no-save nothing is remembered."


class Facts:
    """The facts that the user wants remembered, in one session.

    Thread: any.

    Args:
        where: The folder of the database.
        writes: Whether anything may be written.
        offer: Sends a report to the conductor.
        notice: Shows a notice: a code and a sentence.
    """

    def __init__(
        self,
        where: Path,
        *,
        writes: bool,
        offer: Callable[[Report], object],
        notice: Callable[[str, str], object],
    ) -> None:
        self._where = where
        self._writes = writes
        self._offer = offer
        self._notice = notice
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def texts(self) -> tuple[str, ...]:
        """Returns all facts, the oldest first; none if they cannot be read."""
        with contextlib.suppress(VoiceCliError):
            return tuple(fact.text for fact in self._read())
        return ()

    def take(self, event: Event) -> None:
        """Adds the fact that a question asks to remember, or removes the one that it asks to forget; never blocks."""
        if not isinstance(event, Transcript) or not event.final:
            return
        if fact := asked_to_remember(event.text):
            self._change(lambda: self._add(fact))
        elif fact := asked_to_forget(event.text):
            self._change(lambda: self._remove(fact))

    def remember(self, text: str) -> None:
        """Adds a fact."""
        self._change(lambda: self._add(tidy(text)))

    def forget(self, which: str) -> None:
        """Removes the fact with this number, the only fact with these words, or `all`."""
        self._change(lambda: self._remove(which))

    def listing(self) -> str:
        """Returns all facts with their numbers, one per line.

        Raises:
            HistoryFailed: They cannot be read.
        """
        return "\n".join(f"{number}. {fact.text}" for number, fact in enumerate(self._read(), 1))

    def close(self) -> None:
        """Waits until everything is written."""
        for thread in self._threads:
            thread.join(db.BUSY_S)

    def _change(self, do: Callable[[], None]) -> None:
        if not self._writes:
            self._notice("memory", NOT_WRITTEN)
            return
        thread = threading.Thread(target=self._run, args=(do,), name="facts", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _run(self, do: Callable[[], None]) -> None:
        with self._lock:
            try:
                with db.told(self._where):
                    do()
            except VoiceCliError as error:
                self._notice("memory", f"{error.message} {error.hint}".rstrip())

    def _add(self, fact: str) -> None:
        with contextlib.closing(db.open_database(self._where)) as database:
            before = saved.all_facts(database)
            if any(each.text.casefold() == fact.casefold() for each in before):
                self._notice("memory", "That is remembered already.")
                return
            if not fits([*(each.text for each in before), fact]):
                raise ConfigError(NO_ROOM, "/memory shows it, and /forget N makes room.")
            saved.add(database, fact)
            self._tell(saved.all_facts(database), added=fact)

    def _remove(self, which: str) -> None:
        facts = self._read()
        found = _chosen(facts, which)
        if not found:
            raise ConfigError("Nothing of that is remembered.", "/memory shows what is.")
        if len(found) > 1 and which.casefold() != "all":
            numbers = ", ".join(f"{facts.index(fact) + 1}. {fact.text}" for fact in found)
            raise ConfigError(
                f"Several things with that are remembered: {numbers}.", "Say which by its number: /forget N"
            )
        with contextlib.closing(db.open_database(self._where)) as database:
            try:
                saved.remove(database, found)
            finally:
                left = saved.all_facts(database)
                self._tell(left, removed="; ".join(fact.text for fact in found))
        forget_typed(lambda line: any(fact.text in line for fact in found))

    def _tell(self, facts: Sequence[Fact], *, added: str = "", removed: str = "") -> None:
        self._offer(FactsChanged(facts=tuple(fact.text for fact in facts), added=added, removed=removed))

    def _read(self) -> list[Fact]:
        if not db.exists(self._where):
            return []
        with db.told(self._where), contextlib.closing(db.open_database(self._where)) as database:
            return saved.all_facts(database)


def _chosen(facts: list[Fact], which: str) -> list[Fact]:
    if which.casefold() == "all":
        return facts
    if which.isdecimal():
        return facts[int(which) - 1 : int(which)] if int(which) else []
    wanted = _words(which)
    return [fact for fact in facts if wanted and f" {' '.join(wanted)} " in f" {' '.join(_words(fact.text))} "]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
