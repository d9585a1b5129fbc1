"""What a fault is, and how one is tried in a state of the conversation."""

from __future__ import annotations

import contextlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias

from faults.session import START_S, Event, Session
from voicecli.errors import VoiceCliError
from voicecli.memory import queries
from voicecli.memory.database import NAME, open_database

State: TypeAlias = Literal["listening", "hearing", "thinking", "answering"]
STATES: Final[tuple[State, ...]] = ("listening", "hearing", "thinking", "answering")
"""Nobody talks; the person talks; the model has written nothing yet; an answer is being heard."""

NOTICED_S: Final = 2.0
"""Within this time a fault is told."""

END_S: Final = 2.7
"""Two seconds, and what a busy machine needs to notice the end of a process."""

ANSWER_S: Final = 45.0
"""A bound on waiting for an answer; reached only if there is none."""

LONG_ENOUGH_S: Final = 0.8
"""For how long the person speaks at least, so that it is not taken for a noise."""

TERMINATED: Final = 128 + signal.SIGTERM

USED: Final = "tool:"
"""Begins a code that stands for the event of a tool, and its outcome."""

Saved: TypeAlias = Literal["all", "before", "later", "none"]


def nothing(_session: Session) -> None:
    """Does nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault, and what is designed to happen.

    Attributes:
        group: What is broken: a row of the summary.
        name: What happens, in a few words.
        do: Makes it happen.
        code: The code of the event that tells it; empty if nothing is told, because nothing is lost.
        says: A pattern that what is told must contain: the event, what is written on the terminal, or standard error.
        exit: The exit code of a session that ends by it; None for a session that goes on.
        heal: Ends the fault, before the conversation goes on; None if it ends by itself.
        back: The code of the event that tells that it is over.
        later: Whether it acts only on the next use of something, so that it is told later.
        turns: How the turn in progress may end besides being answered: codes of errors, or `cut`, by states. "*" stands for all states.
        asks: How many questions may fail afterwards.
        saved: Which answers must be in the database: all, those from before or after the fault, or none.
        within_s: How soon it must be told.
        prepare: Called with the folder before the session begins; returns what undoes it at the end.
        arguments: Further arguments of `chat`.
        environment: Further variables.
        terminal: Whether the session has a terminal.
        states: The states in which it is tried.
    """

    group: str
    name: str
    do: Callable[[Session], object]
    code: str = ""
    says: str = ""
    exit: int | None = None
    heal: Callable[[Session], object] | None = None
    back: str = ""
    later: bool = False
    turns: Mapping[str, Collection[str]] = field(default_factory=dict)
    asks: int = 0
    saved: Saved = "all"
    within_s: float = NOTICED_S
    prepare: Callable[[Path], Callable[[], object]] = lambda _folder: lambda: None
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    terminal: bool = False
    states: Sequence[State] = STATES


@dataclass(slots=True, kw_only=True)
class Row:
    """What came of a fault in a state.

    Attributes:
        message: What was told, in one line.
        told_s: How long after the fault.
        ended: The exit code, if the session ended by it.
        turn: How the turn in progress ended.
        wrong: What is not as designed, in words.
    """

    fault: Fault
    state: str
    message: str = ""
    told_s: float = 0.0
    ended: int | None = None
    turn: str = ""
    wrong: list[str] = field(default_factory=list)


def attempt(fault: Fault, state: State, make: Callable[..., Session] = Session) -> Row:
    """Holds a conversation, as `make` returns one, in which a fault happens."""
    row = Row(fault=fault, state=state)
    with tempfile.TemporaryDirectory(prefix="vf-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        undo = fault.prepare(folder)
        try:
            with make(folder, fault.arguments, fault.environment, terminal=fault.terminal) as session:
                try:
                    _Attempt(session, fault, state, row).run()
                except (OSError, RuntimeError, AssertionError, subprocess.CalledProcessError) as error:
                    row.wrong.append(f"{type(error).__name__}: {error}")
        finally:
            undo()
    return row


class _Attempt:
    """One conversation."""

    def __init__(self, session: Session, fault: Fault, state: State, row: Row) -> None:
        self._session = session
        self._fault = fault
        self._state = state
        self._row = row

    def run(self) -> None:
        session, fault = self._session, self._fault
        if not session.until(lambda: session.told("ready"), START_S) or not self._ask("Zero?"):
            self._wrong(f"did not begin: {session.written[-200:]}")
            return
        turn = self._enter()
        mark = len(session.events)
        children = session.children()
        began_s = time.monotonic()
        fault.do(session)
        if fault.exit is not None:
            self._ended(mark, began_s, fault.exit)
        else:
            self._goes_on(mark, began_s, turn)
        self._look_behind(mark, children)

    # ---- the conversation

    def _ask(self, question: str) -> bool:
        session = self._session
        session.order(f"say {question}")
        return session.until(lambda: self._answers(question), ANSWER_S)

    def _answers(self, question: str, since: int = 0) -> list[Event]:
        told = self._session.told("spoken", since, cut=False)
        return [event for event in told if f"to {question} " in event["text"] and "That is all." in event["text"]]

    def _enter(self) -> str:
        """Brings the conversation into its state. Returns the question in progress."""
        session = self._session
        match self._state:
            case "listening":
                return ""
            case "hearing":
                session.order("speak One?")
                reached = session.until(lambda: len(session.told("speech_started")) > 1, ANSWER_S)
                session.until(lambda: False, LONG_ENOUGH_S)
                question = "One?"
            case "thinking":
                session.order("say One slow?")
                reached = session.until(lambda: session.told("transcript", text="One slow?"), ANSWER_S)
                question = "One slow?"
            case "answering":
                session.order("say One long?")
                reached = session.until(lambda: len(session.told("latency")) > 1, ANSWER_S)
                question = "One long?"
        if not reached:
            self._wrong("the state was not reached")
        return question

    def _goes_on(self, mark: int, began_s: float, question: str) -> None:
        session, fault = self._session, self._fault
        if not fault.later:
            self._listen_for(mark, began_s)
        if fault.heal is not None:
            fault.heal(session)
        if fault.back and not session.until(lambda: self._coded(fault.back, mark), 10.0):
            self._wrong(f"{fault.back} was not told")
        if session.process.poll() is not None:
            self._row.ended = session.process.returncode
            self._wrong(f"ended with {self._row.ended}: {session.written[-300:]}")
            return
        session.order("quiet" if self._state == "hearing" else "release")
        self._finish(mark, question)
        session.rest()
        asked = [f"Last {number}?" for number in range(fault.asks + 1)]
        answered = []
        for each in asked:
            answered.append(self._asked_on(each))
            if len(asked) > 1:
                session.rest()
        if not answered[-1]:
            self._wrong("the next question was not answered")
        elif fault.saved == "all":
            self._check_context(asked[-1])
        if fault.later:
            self._listen_for(mark, began_s, limit_s=0.1)
        if session.process.poll() is not None:
            self._wrong(f"ended with {session.process.returncode}: {session.written[-300:]}")
            return
        session.signal(signal.SIGTERM)
        if not session.ends(END_S):
            self._wrong("did not end within two seconds")
        elif session.process.returncode != TERMINATED:
            self._wrong(f"exit code {session.process.returncode} at the end")

    def _asked_on(self, question: str) -> bool:
        """Asks; where a question may fail, waits for its failure as well."""
        session = self._session
        mark = len(session.events)
        session.order(f"say {question}")
        session.until(lambda: self._answers(question, mark) or (self._fault.asks and self._outcome(mark)), ANSWER_S)
        return bool(self._answers(question, mark))

    def _finish(self, mark: int, question: str) -> None:
        if not question:
            return
        session = self._session
        session.until(lambda: self._answers(question, 0) or self._outcome(mark), ANSWER_S)
        self._row.turn = "answered" if self._answers(question) else self._outcome(mark) or "nothing"
        allowed = {*self._fault.turns.get(self._state, ()), *self._fault.turns.get("*", ())}
        if self._row.turn != "answered" and self._row.turn not in allowed:
            self._wrong(f"the turn in progress: {self._row.turn}")

    def _outcome(self, mark: int) -> str:
        """How a turn ended that was not answered: the code of its error, `cut`, or nothing yet."""
        session = self._session
        errors = [event for event in session.told("error", mark) if "turn" in event]
        if errors:
            return str(errors[0]["code"])
        if session.told("spoken", mark, cut=True):
            return "cut"
        for because in ("muted", "discarded"):
            if session.told("speech_ended", mark, because=because):
                return because
        if any(event["text"] and "That is all." not in event["text"] for event in session.told("spoken", mark)):
            return "answered otherwise"
        if session.told("interrupted", mark):
            return "interrupted"
        if session.told("notice", mark, code="no-answer"):
            return "no-answer"
        return ""

    def _check_context(self, question: str) -> None:
        """Everything that was answered before must have been in the model's prompt."""
        session = self._session
        whole = session.told("spoken", cut=False)
        before = re.search(r"\((\d+) before\)", self._answers(question)[-1]["text"])
        earlier = sum("That is all." in event["text"] for event in whole) - 1
        if before is None or int(before.group(1)) < 2 * earlier:
            self._wrong(f"{earlier} answers, but {before and before.group(1)} messages in the prompt")

    # ---- what is told

    def _coded(self, code: str, mark: int) -> list[Event]:
        session = self._session
        if code.startswith(USED):
            return session.told("tool", mark, outcome=code.removeprefix(USED))
        return session.told("notice", mark, code=code) + session.told("error", mark, code=code)

    def _said(self, mark: int) -> tuple[str, float]:
        """What tells the fault, and when; empty if it was not told yet."""
        fault, session = self._fault, self._session
        events = self._coded(fault.code, mark) if fault.code else []
        found = [(str(event.get("message") or event.get("text")), float(event["at_s"])) for event in events]
        if not fault.code and fault.says:
            texts = [str(event.get("message", "")) for event in session.events[mark:]]
            matches = (re.search(f".*{fault.says}.*", text) for text in (*texts, session.written))
            found = [(match.group().strip(), time.monotonic()) for match in matches if match]
        for message, at_s in found:
            if re.search(fault.says, message):
                return message, at_s
        return "", 0.0

    def _listen_for(self, mark: int, began_s: float, limit_s: float = 0.0) -> None:
        fault = self._fault
        if not fault.code and not fault.says:
            return
        self._session.until(lambda: self._said(mark)[0], limit_s or fault.within_s + 3)
        message, at_s = self._said(mark)
        self._row.message, self._row.told_s = message, at_s - began_s
        if not message:
            self._wrong(f"{fault.code or fault.says} was not told")
        elif not limit_s and self._row.told_s > fault.within_s:
            self._wrong(f"told after {self._row.told_s:.1f} s")

    def _ended(self, mark: int, began_s: float, code: int) -> None:
        session = self._session
        if not session.ends(max(END_S, self._fault.within_s)):
            self._wrong("did not end within two seconds")
            return
        session.until(lambda: False, 0.1)
        self._row.ended = session.process.returncode
        self._row.told_s = time.monotonic() - began_s
        if self._row.ended != code:
            self._wrong(f"exit code {self._row.ended} instead of {code}: {session.written[-200:]}")
        if self._fault.code or self._fault.says:
            self._listen_for(mark, began_s, limit_s=0.1)

    # ---- what is left

    def _look_behind(self, mark: int, children: Sequence[int]) -> None:
        session, fault = self._session, self._fault
        written = session.written
        killed = self._row.ended is not None and self._row.ended < 0  # then the program writes where it was
        if not killed and ("Traceback" in written or "Fatal Python" in written):
            self._wrong(f"a traceback: {written[-300:]}")
        until_s = time.monotonic() + 1.0
        while (
            left := [each for each in children if Path(f"/proc/{each}/exe").exists()]
        ) and time.monotonic() < until_s:
            time.sleep(0.02)
        if left:
            self._wrong(f"processes left: {left}")
        sockets = [*(session.folder / "run").rglob("*.sock")]
        if sockets and (session.process.returncode or 0) >= 0:
            self._wrong(f"sockets left: {[each.name for each in sockets]}")
        terminal = session.terminal
        is_open = terminal is not None and terminal._master >= 0  # noqa: SLF001 - a fake's
        if terminal is not None and is_open and terminal.modes != terminal.modes_before:
            self._wrong("the terminal is not as it was")
        if fault.saved != "none":
            self._check_database(mark)

    def _check_database(self, mark: int) -> None:
        session = self._session
        part = {"later": slice(mark, None), "before": slice(mark)}.get(self._fault.saved, slice(None))
        told = [event for event in session.events[part] if event["event"] == "spoken" and not event["cut"]]
        heard = [event["text"].strip() for event in told]
        wanted = [text for text in heard if "That is all." in text]
        try:
            integrity, saved = saved_answers(session.data / "history")
        except (VoiceCliError, sqlite3.Error) as error:
            self._wrong(f"the database: {error}")
            return
        if integrity != "ok":
            self._wrong(f"the database: {integrity}")
        lost = [text for text in wanted if text not in saved]
        if lost:
            self._wrong(f"not saved: {lost}")

    def _wrong(self, what: str) -> None:
        self._row.wrong.append(" ".join(what.split()))


def saved_answers(where: Path) -> tuple[str, list[str]]:
    """What SQLite says of a copy of the database in a folder, and the answers in it."""
    if not (where / NAME).exists():
        return "ok", []
    with tempfile.TemporaryDirectory() as name:
        for file in where.glob(f"{NAME}*"):
            if not file.name.endswith("-shm"):
                shutil.copy(file, name)
        with contextlib.closing(open_database(Path(name))) as database:
            integrity = str(database.execute("PRAGMA integrity_check").fetchone()[0])
            answers = [
                turn.answer for each in queries.conversations(database) for turn in queries.turns(database, each.id)
            ]
    return integrity, answers
