"""Kills sessions that save with sound at random moments, and reports what is missing afterwards.

    python scripts/measure_kills.py                    100 sessions whose models and sound are fake (tests/fakes/chat_player.py)
    python scripts/measure_kills.py --real --kills 10  with the installed models: questions are spoken from files
    python scripts/measure_kills.py --ways SEGV        only with SIGSEGV

Every session runs at a terminal of its own. The ways to die take turns: SIGKILL, SIGSEGV, SIGBUS, and too little memory. For the last one the
session is moved into a group of processes (cgroup) that may take another 256 KiB, in which the kernel's out-of-memory killer ends it. Where no such
group can be made, which takes root or a delegated group, there is a stand-in: the limit of the address space is set to what is in use, so that the
next allocation fails, and a session that survives that is killed after two seconds. After each death the database is checked, and the terminal's
modes are compared with those before. What is saved is compared with what the session had told by then: a turn whose answer was told as heard half a
second before the kill must be saved whole; only the last turn may be missing or lack its answer. At the end one more session is started, and the
files that are left beside the database are listed. It exits with 1 if anything is not as it should be.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import memory_group
from fakes import live_session
from fakes.pty_terminal import PtyTerminal, player
from memory_group import MemoryGroup
from voicecli.audio.sound_files import read_audio
from voicecli.memory import queries
from voicecli.memory.database import NAME, open_database

ROOT: Final = Path(__file__).parents[1]
LAG_S: Final = 0.5
"""What was told as heard this long before the kill must be saved."""

REAL_S: Final = (1.0, 14.0)
FAKE_S: Final = (0.0, 2.5)
"""When a session is killed, after it is ready."""

START_S: Final = 90.0
MEMORY_S: Final = 2.0
"""How long a session without memory may go on."""

PRESSED_S: Final = 10.0
"""How long a session in a full group may go on."""

RESTORED_S: Final = 2.0
"""How soon the terminal is as it was."""

WAYS: Final = ("KILL", "SEGV", "BUS", "MEMORY")

QUESTIONS: Final = (
    "What is a nebula?",
    "How many legs does a spider have?",
    "What colour is the sky?",
    "Who was Mozart?",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """A session that was killed.

    Attributes:
        way: How.
        after_s: How long it ran after it was ready.
        told: The answers that it had told as heard, with the time from then to the kill, or to the beginning of the want of memory.
        dying_s: How long it lived from then on.
        integrity: What `PRAGMA integrity_check` says afterwards.
        code: The exit code.
        by_kernel: Whether the kernel's out-of-memory killer ended it.
        terminal: Whether the terminal's modes are those from before.
    """

    way: str
    after_s: float
    told: tuple[tuple[str, float], ...]
    dying_s: float
    integrity: str
    code: int
    by_kernel: bool
    terminal: bool

    @property
    def surely(self) -> list[str]:
        """The answers that must be saved."""
        return [text for text, before_s in self.told if before_s > LAG_S]


def environment(home: Path, number: int) -> dict[str, str]:
    """The environment of the session with this number. All save into `home`; each has a log of its own."""
    state = {"XDG_STATE_HOME": str(home / f"{number}" / "state")}
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT / "src")])
    kept = {name: os.environ[name] for name in ("VOICECLI_MODELS", "HOME") if name in os.environ}
    return {
        **kept,
        **live_session.homes(home),
        **live_session.LOG,
        **state,
        "PYTHONPATH": path,
        "XDG_RUNTIME_DIR": str(home),
        "REPORTS": str(home / f"{number}.reports"),
    }


def kill_by_memory(terminal: PtyTerminal) -> bool:
    """Has the kernel kill a session for want of memory. Returns False where that cannot be done."""
    folder = memory_group.parent()
    if folder is None:
        return False
    try:
        group = MemoryGroup(folder)
    except OSError:
        return False
    with group:
        group.press(terminal.process.pid)
        until_s = time.monotonic() + PRESSED_S
        while time.monotonic() < until_s and terminal.process.poll() is None:
            terminal.offer(b"word " * 400)  # an idle session asks for no memory
            terminal.read(0.01)
        killed = group.killed > 0
        if terminal.process.poll() is None:  # it asked for nothing in all that time
            terminal.signal(signal.SIGKILL)
            terminal.end()
        return killed


def take_memory(process: int) -> None:
    """Limits the address space of a process to what it has."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[0])
    size = pages * os.sysconf("SC_PAGE_SIZE")
    resource.prlimit(process, resource.RLIMIT_AS, (size, size))


def die(terminal: PtyTerminal, way: str) -> bool:
    """Brings a session to its end. Returns whether the kernel's out-of-memory killer did it."""
    process = terminal.process.pid
    if way != "MEMORY":
        terminal.signal(signal.Signals[f"SIG{way}"])
        return False
    if kill_by_memory(terminal):
        return True
    if terminal.process.poll() is not None:
        return False
    take_memory(process)
    until_s = time.monotonic() + MEMORY_S
    while time.monotonic() < until_s and terminal.process.poll() is None:
        terminal.read(0.05)
    if terminal.process.poll() is None:
        terminal.signal(signal.SIGKILL)
    return False


def kill_one(home: Path, number: int, command: Sequence[str], way: str, after_s: float, *, types: bool) -> Killed:
    """Runs a session until it is killed; `types`: questions are typed, one when the answer to the one before was heard."""
    told: list[tuple[float, str]] = []
    log = live_session.EventLog(home / f"{number}")
    asked, kill_s = 0, time.monotonic() + START_S
    with PtyTerminal(command, environment=environment(home, number)) as terminal:
        while time.monotonic() < kill_s and terminal.process.poll() is None:
            terminal.read(0.01)
            for event in log.new():
                if event["event"] == "ready":
                    kill_s = time.monotonic() + after_s
                if event["event"] == "spoken":
                    told.append((time.monotonic(), event["text"].strip()))
                if types and event["event"] in {"ready", "spoken"}:
                    asked += 1
                    terminal.type(f"Question {asked}?\r")
        hit_s = time.monotonic()  # from now on a session may be without memory, and so may not save
        by_kernel = die(terminal, way)
        end_s = time.monotonic()
        code = terminal.end()
        while terminal.modes != terminal.modes_before and time.monotonic() < end_s + RESTORED_S:
            terminal.read(0.05)
        return Killed(
            way=way,
            after_s=after_s,
            told=tuple((text, hit_s - at_s) for at_s, text in told),
            dying_s=end_s - hit_s,
            integrity=integrity(history(home)),
            code=code,
            by_kernel=by_kernel,
            terminal=terminal.modes == terminal.modes_before,
        )


def history(home: Path) -> Path:
    """The folder of the saved conversations."""
    return home / "data" / "voicecli" / "history"


def integrity(where: Path) -> str:
    """What SQLite says of the database; `none` if there is none yet."""
    if not (where / NAME).exists():
        return "none"
    database = sqlite3.connect(where / NAME)
    try:
        return str(database.execute("PRAGMA integrity_check").fetchone()[0])
    finally:
        database.close()


def missing(home: Path, killed: Sequence[Killed]) -> tuple[int, int]:
    """How many answers that had to be saved are not, and how many turns other than a session's last have no answer."""
    database = open_database(history(home))
    try:
        saved = [[turn.answer for turn in queries.turns(database, each.id)] for each in queries.conversations(database)]
    finally:
        database.close()
    lost = 0
    for session in killed:
        wanted = session.surely
        mine = next((each for each in saved if wanted and each[: len(wanted)] == wanted), None)
        if mine is not None:
            saved.remove(mine)
        elif wanted:
            lost += len(wanted)
    return lost, sum(not answer for answers in saved for answer in answers[:-1])


def strays(home: Path) -> list[str]:
    """The files that should not be there after the next start."""
    where = history(home)
    database = open_database(where)
    try:
        rows = {turn.row for each in queries.conversations(database) for turn in queries.turns(database, each.id)}
    finally:
        database.close()
    allowed = {f"{row}-{side}.flac" for row in rows for side in ("you", "voicecli")}
    sounds = list((where / "audio").iterdir()) if (where / "audio").exists() else []
    found = [file.name for file in where.iterdir() if file.name not in {NAME, "audio"}]
    found += [file.name for file in sounds if file.name not in allowed]
    found += [file.name for file in home.rglob("*.sock")]
    for file in sounds:
        read_audio(file)  # every file that is left is whole
    print(f"{len(sounds)} sound files are left, all of them whole")
    return found


def spoken_questions(home: Path) -> list[str]:
    """Sound files with questions, made by the installed voice."""
    files = []
    for number, question in enumerate(QUESTIONS):
        file = home / f"q{number}.wav"
        subprocess.run([sys.executable, "-m", "voicecli", "say", question, "-o", str(file)], check=True)
        files.append(str(file))
    return files


def command_for(home: Path, *, real: bool) -> list[str]:
    """The command that starts a session."""
    speaker = ["--speaker", str(home / "heard.wav"), "--save-audio"]
    if not real:
        return player("--speak", *speaker)
    microphones = [each for file in spoken_questions(home) for each in ("--mic", file)]
    return [sys.executable, "-m", "voicecli", "chat", *microphones, *speaker]


def start_once_more(home: Path, command: Sequence[str]) -> None:
    """One more session, which removes what the killed ones left, and is ended properly."""
    log = live_session.EventLog(home / "last")
    env: Mapping[str, str] = {**environment(home, 0), "XDG_STATE_HOME": str(home / "last" / "state")}
    told: Counter[str] = Counter()

    def heard(name: str) -> bool:
        told.update(event["event"] for event in log.new())
        return told[name] > 0

    with PtyTerminal(command, environment=env) as terminal:
        terminal.until(lambda: heard("ready"), "ready")
        if "--mic" not in command:
            terminal.type("Bye?\r")
        terminal.until(lambda: heard("spoken"), "spoken")
        terminal.signal(signal.SIGTERM)
        terminal.end()


def main() -> int:
    """Reads the command line and kills; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="how many sessions (default: 100)")
    parser.add_argument("--ways", nargs="+", default=WAYS, choices=WAYS)
    parser.add_argument("--real", action="store_true", help="use the installed models")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="vk-") as folder:
        home = Path(folder)
        command = command_for(home, real=options.real)
        low, high = REAL_S if options.real else FAKE_S
        killed = []
        for number in range(1, options.kills + 1):
            way = options.ways[(number - 1) % len(options.ways)]
            one = kill_one(home, number, command, way, chance.uniform(low, high), types=not options.real)
            killed.append(one)
            told = f"{len(one.told)} answers told, {len(one.surely)} of them {LAG_S} s before"
            modes = "as it was" if one.terminal else "NOT AS IT WAS"
            print(
                f"{number:3}. {way} after {one.after_s:5.2f} s: exit code {one.code}, {told}, integrity {one.integrity}, terminal {modes}",
                flush=True,
            )
        lost, unanswered = missing(home, killed)
        bad = sum(each.integrity not in {"ok", "none"} for each in killed)
        rough = sum(not each.terminal for each in killed)
        by_memory = Counter(each.code for each in killed if each.way == "MEMORY")
        print(
            f"{len(killed)} kills: {bad} databases not ok, {lost} answers lost, {unanswered} turns before the last one without an answer, "
            f"{rough} terminals not as they were"
        )
        by_kernel = sum(each.by_kernel for each in killed)
        starved_s = max((each.dying_s for each in killed if each.way == "MEMORY"), default=0.0)
        print(f"longest life without memory: {starved_s:.1f} s")
        print(
            f"exit codes without memory: {dict(by_memory) or 'none'}; {by_kernel} by the kernel's out-of-memory killer"
        )
        start_once_more(home, command)
        left = strays(home)
        print(f"stray files after the next start: {', '.join(left) or 'none'}")
        return int(bool(bad or lost or unanswered or rough or left))


if __name__ == "__main__":
    sys.exit(main())
