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
from voicecli.errors import VoiceCliError
from voicecli.memory import database as db
from voicecli.memory import facts as saved
from voicecli.messages import Report
from voicecli.session.remembered_facts import Fact, fits, request, tidy
from voicecli.tools.memory_words import Outcome
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

    def take(self, question: str) -> None:
        """Carries out a request in a question to remember or to forget, if the question contains more than that; never blocks.

        A question that contains only such a request is carried out by a tool.
        """
        asked = request(question)
        if asked is None or asked.alone:
            return
        do = self._add if asked.tool == "remember" else self._remove
        self._change(lambda: do(asked.fact))

    def remember(self, text: str) -> None:
        """Adds a fact, in a separate thread. A notice says what went wrong."""
        self._change(lambda: self._add(tidy(text)))

    def forget(self, which: str) -> None:
        """Removes the fact with this number, the only fact with these words, or `all`, in a separate thread."""
        self._change(lambda: self._remove(which))

    def remember_now(self, text: str) -> Outcome:
        """Adds a fact, and returns when it is written."""
        return self._now(lambda: self._add(tidy(text)))

    def forget_now(self, text: str) -> Outcome:
        """Removes the only fact with these words, and returns when that is done."""
        return self._now(lambda: self._remove(text))

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

    def _now(self, do: Callable[[], Outcome]) -> Outcome:
        if not self._writes:
            return "not-written"
        with self._lock:
            try:
                with db.told(self._where):
                    return do()
            except VoiceCliError as error:
                self._notice("memory", f"{error.message} {error.hint}".rstrip())
                return "failed"

    def _change(self, do: Callable[[], Outcome]) -> None:
        if not self._writes:
            self._notice("memory", NOT_WRITTEN)
            return
        thread = threading.Thread(target=self._run, args=(do,), name="facts", daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()] + [thread]
        thread.start()

    def _run(self, do: Callable[[], Outcome]) -> None:
        self._now(do)

    def _add(self, fact: str) -> Outcome:
        with contextlib.closing(db.open_database(self._where)) as database:
            before = saved.all_facts(database)
            if any(each.text.casefold() == fact.casefold() for each in before):
                self._notice("memory", "That is remembered already.")
                return "known"
            if not fits([*(each.text for each in before), fact]):
                self._notice("memory", f"{NO_ROOM} /memory shows it, and /forget N makes room.")
                return "no-room"
            saved.add(database, fact)
            self._tell(saved.all_facts(database), added=fact)
        return "added"

    def _remove(self, which: str) -> Outcome:
        facts = self._read()
        found = _chosen(facts, which)
        if not found:
            self._notice("memory", "Nothing of that is remembered. /memory shows what is.")
            return "unknown"
        if len(found) > 1 and which.casefold() != "all":
            numbers = ", ".join(f"{facts.index(fact) + 1}. {fact.text}" for fact in found)
            self._notice(
                "memory", f"Several things with that are remembered: {numbers}. Say which by its number: /forget N"
            )
            return "several"
        with contextlib.closing(db.open_database(self._where)) as database:
            try:
                saved.remove(database, found)
            finally:
                left = saved.all_facts(database)
                self._tell(left, removed="; ".join(fact.text for fact in found))
        forget_typed(lambda line: any(fact.text in line for fact in found))
        return "removed"

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
