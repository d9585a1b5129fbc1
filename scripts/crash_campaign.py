"""Engines are brought down in the middle of a conversation: what is said of it, how soon, and what is left.

    python scripts/crash_campaign.py                           4 signals, 4 engines, 5 states of a turn: 80 crashes in about 20 minutes
    python scripts/crash_campaign.py --signals SEGV STOP --engines voice

A conversation from files on a terminal of its own, with real models. Each crash is followed by another question. For each it prints when
the crash was told, how the turn ended, and whether the next question was answered; for each session whether the terminal was given back as it
was, and whether every question that was answered is in the saved conversation with its answer.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes import live_session
from fakes.pty_terminal import PtyTerminal
from speech_fixtures import QUESTIONS, speak, voicecli
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.pcm import RATE_HZ, silence

SIGNALS = ("SEGV", "BUS", "KILL", "STOP")
ENGINES = ("recogniser", "language model", "voice", "turn detector")
STATES = {
    "listening": ("speech_started", {}),
    "recognising": ("speech_ended", {}),
    "thinking": ("transcript", {"final": True}),
    "speaking": ("word", {}),
    "between": ("spoken", {}),
}
"""A state of a turn, and the event with which it begins."""

BEFORE_MS = 1500
"""Silence in front of every question, so that there is time between two turns."""

PROMISED_S = 2.0
"""Within so many seconds a crash is told."""

NOTICED_S = 6.0
"""How long a crash may go untold before the campaign goes on."""

ENVIRONMENT = {
    "VOICECLI_MODELS_PROCESSES": "apart",
    "VOICECLI_REPLY_LONGEST_TOKENS": "64",
    "VOICECLI_CHAT_LANGUAGE": "en",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Which engine is brought down, how and when."""

    engine: str
    signal: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of a case.

    Attributes:
        said: The sentence; empty where there was none.
        noticed_s: Seconds from the signal to the sentence.
        turn: How the turn ended.
        next_answered: Whether the question after it was answered.
        terminal: Whether the terminal was given back as it was; of the whole session.
        history: Whether the saved conversation holds what was answered; of the whole session.
    """

    case: Case
    said: str
    noticed_s: float
    turn: str
    next_answered: bool
    terminal: bool
    history: bool

    @property
    def passed(self) -> bool:
        """Whether all of it is as it should be."""
        told = bool(self.said) and self.noticed_s < PROMISED_S
        return told and self.next_answered and self.terminal and self.history and self.turn != "nothing"


def child_of(parent: int, engine: str) -> int:
    """The process of an engine."""
    for file in Path(f"/proc/{parent}/task").glob("*/children"):
        for child in file.read_text().split():
            try:
                command = Path(f"/proc/{child}/cmdline").read_text()
            except OSError:
                continue
            if command.rstrip("\0").endswith(f"\0{engine}"):
                return int(child)
    return 0


class Session:
    """A conversation in which engines are brought down.

    Args:
        folder: Its own; for settings, logs and sound.
        models: The store of models.
        cases: What happens, in order.
    """

    def __init__(self, folder: Path, models: Path, cases: Sequence[Case]) -> None:
        self._folder = folder
        self._cases = cases
        self._log = live_session.EventLog(folder)
        self._events: list[dict[str, Any]] = []
        files = self._questions(2 * len(cases))
        microphones = [argument for path in files for argument in ("--mic", str(path))]
        self._saved = folder / "saved.md"
        self._terminal = PtyTerminal(
            [*voicecli("chat", "--stt", "whisper-tiny.en", "--speaker", str(folder / "out.wav")), *microphones],
            environment={
                **live_session.homes(folder),
                **live_session.LOG,
                **ENVIRONMENT,
                "VOICECLI_LISTEN_SPECULATION": _speculation(cases),
                "VOICECLI_MODELS": str(models),
                "PYTHONPATH": str(Path(__file__).parent.parent / "src"),
            },
            width=120,
        )

    def run(self) -> list[Row]:
        """Holds it, and gives what came of each case."""
        with self._terminal as terminal:
            told = [self._crash(number, case) for number, case in enumerate(self._cases)]
            last = 2 * len(self._cases)
            self._until(lambda: self._part(last + 1), 60.0)  # the silence at the end: everything is answered
            terminal.type(f"/save {self._saved}\r")
            self._until(self._saved.exists, 10.0)
            terminal.end()
            same = terminal.modes == terminal.modes_before and "Fatal" not in terminal.text
        kept = self._history_is_whole()
        return [self._row(number, case, *told[number], same, kept) for number, case in enumerate(self._cases)]

    def _crash(self, number: int, case: Case) -> tuple[str, float]:
        """Waits for the state, brings the engine down, and waits for the sentence."""
        name, fields = STATES[case.state]
        self._until(lambda: self._told(2 * number + 1, name, **fields), 90.0)
        child = child_of(self._terminal.process.pid, case.engine)
        if not child:
            return "", 0.0
        before = len(self._told(0, "notice", code="engine-crashed"))
        began_s = time.monotonic()
        os.kill(child, getattr(signal, f"SIG{case.signal}"))
        self._until(lambda: len(self._told(0, "notice", code="engine-crashed")) > before, NOTICED_S)
        took_s = time.monotonic() - began_s
        told = self._told(0, "notice", code="engine-crashed")[before:]
        return (str(told[0]["message"]), took_s) if told else ("", took_s)

    def _row(self, number: int, case: Case, said: str, noticed_s: float, terminal: bool, history: bool) -> Row:
        part = 2 * number + 1
        errors = [str(event["message"]) for event in self._told(part, "error")]
        whole = [event for event in self._told(part, "spoken", cut=False) if event["text"]]
        turn = "answered" if whole else f"ended: {errors[0]}" if errors else "nothing"
        return Row(
            case=case,
            said=said,
            noticed_s=noticed_s,
            turn=turn,
            next_answered=any(event["text"] for event in self._told(part + 1, "spoken", cut=False)),
            terminal=terminal,
            history=history,
        )

    def _history_is_whole(self) -> bool:
        text = self._saved.read_text(encoding="utf-8") if self._saved.exists() else ""
        answers = [str(event["text"]).strip() for event in self._told(0, "spoken", cut=False)]
        return bool(answers) and all(" ".join(answer.split()) in " ".join(text.split()) for answer in answers)

    def _told(self, part: int, name: str, **fields: object) -> list[dict[str, Any]]:
        """Events of a name, with these values: of the file of that number, or with 0 of all."""
        events = self._part(part) if part else self._events
        return [
            event
            for event in events
            if event["event"] == name and all(event.get(key) == value for key, value in fields.items())
        ]

    def _part(self, number: int) -> list[dict[str, Any]]:
        """The events from the beginning of a file to that of the next one."""
        starts = [index for index, event in enumerate(self._events) if event["event"] == "file_started"]
        starts.append(len(self._events))
        return self._events[starts[number - 1] : starts[number]] if number < len(starts) else []

    def _until(self, condition: Any, limit_s: float) -> None:  # noqa: ANN401 - gives anything
        until_s = time.monotonic() + limit_s
        while not condition() and time.monotonic() < until_s and self._terminal.process.poll() is None:
            self._terminal.read(0.01)
            self._events += self._log.new()

    def _questions(self, count: int) -> Iterator[Path]:
        spoken = speak(QUESTIONS, self._folder / "spoken")
        for number in range(count + 1):
            path = self._folder / f"{number + 1}.wav"
            with WavWriter(path, RATE_HZ) as file:
                if number == count:
                    file.write(np.zeros(6 * RATE_HZ, dtype=np.int16))
                else:
                    file.write(silence(BEFORE_MS * RATE_HZ // 1000))
                    file.write(read_wav(spoken[number % len(spoken)])[0])
            yield path


def _speculation(cases: Sequence[Case]) -> str:
    """Without drafts each state is what it is called; but the turn detector is asked for drafts only."""
    return "pauses" if any(case.engine == "turn detector" for case in cases) else "off"


def campaign(sessions: Sequence[Sequence[Case]], models: Path) -> Iterator[Row]:
    """Holds one conversation for each list of cases."""
    for cases in sessions:
        with tempfile.TemporaryDirectory() as folder:
            yield from Session(Path(folder), models, cases).run()


def main() -> int:
    """Holds the campaign and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", nargs="+", default=SIGNALS, choices=SIGNALS)
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--states", nargs="+", default=list(STATES), choices=list(STATES))
    asked = parser.parse_args()
    models = Path(os.environ.get("VOICECLI_MODELS", Path(__file__).parent.parent / "models")).resolve()
    sessions = [
        [Case(engine=engine, signal=name, state=state) for state in asked.states]
        for name in asked.signals
        for engine in asked.engines
    ]
    rows = []
    print("| engine | signal | state | told after | what was said | turn | next answered | terminal | history |")
    print("|---|---|---|---|---|---|---|---|---|")
    for row in campaign(sessions, models):
        rows.append(row)
        marks = ["yes" if good else "**no**" for good in (row.next_answered, row.terminal, row.history)]
        case = row.case
        print(
            f"| {case.engine} | SIG{case.signal} | {case.state} | {row.noticed_s:.2f} s | {row.said} | {row.turn} | "
            f"{' | '.join(marks)} |",
            flush=True,
        )
    failed = [row for row in rows if not row.passed]
    print(f"\n{len(rows)} crashes, {len(failed)} not survived as they should be.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
