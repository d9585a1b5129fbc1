"""Kills sessions that save with sound at random moments, and reports what is missing afterwards.

    python scripts/measure_kills.py                    50 sessions whose models and sound are fake (tests/fakes/chat_player.py)
    python scripts/measure_kills.py --real --kills 10  with the installed models: questions are spoken from files

Each session is killed with SIGKILL. Then the database is opened and checked, and what is saved is compared with what the session had told by then:
a turn whose answer was told as heard half a second before the kill must be saved whole; only the last turn may be missing or lack its answer. At
the end one more session is started, and the files that are left beside the database are listed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voicecli.audio.sound_files import read_audio
from voicecli.memory import queries
from voicecli.memory.database import NAME, open_database

ROOT: Final = Path(__file__).parents[1]
PLAYER: Final = ROOT / "tests" / "fakes" / "chat_player.py"
LAG_S: Final = 0.5
"""What was told as heard this long before the kill must be saved."""

REAL_S: Final = (1.0, 14.0)
FAKE_S: Final = (0.0, 2.5)
"""When a session is killed, after it is ready."""

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
        after_s: How long it ran after it was ready.
        told: The answers that it had told as heard, with the time from then to the kill.
        integrity: What `PRAGMA integrity_check` says afterwards.
    """

    after_s: float
    told: tuple[tuple[str, float], ...]
    integrity: str

    @property
    def surely(self) -> list[str]:
        """The answers that must be saved."""
        return [text for text, before_s in self.told if before_s > LAG_S]


def environment(home: Path) -> dict[str, str]:
    """The environment of a session whose data lie in `home`."""
    homes = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "DATA", "CACHE")}
    path = os.pathsep.join([str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, **homes, "PYTHONPATH": path, "XDG_RUNTIME_DIR": str(home)}


def kill_one(home: Path, command: Sequence[str], after_s: float, *, types: bool) -> Killed:
    """Runs a session until it is killed; `types`: questions are typed, one when the answer to the one before was heard."""
    told: list[tuple[float, str]] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment(home),
    ) as process:
        if process.stdin is None or process.stdout is None:  # never: both are pipes
            raise RuntimeError
        killer = threading.Timer(after_s, process.kill)
        with contextlib.suppress(BrokenPipeError):
            number = 0
            for line in process.stdout:
                event = json.loads(line) if line.endswith("\n") else {"event": "half a line"}
                if event["event"] == "ready":
                    killer.start()
                if event["event"] == "spoken":
                    told.append((time.monotonic(), event["text"].strip()))
                if types and event["event"] in {"ready", "spoken"}:
                    number += 1
                    process.stdin.write(f"Question {number}?\n")
                    process.stdin.flush()
        killer.cancel()
        process.kill()
        process.wait()
        end_s = time.monotonic()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
    return Killed(
        after_s=after_s, told=tuple((text, end_s - at_s) for at_s, text in told), integrity=integrity(history(home))
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
    sounds = list((where / "audio").iterdir())
    found = [file.name for file in where.iterdir() if file.name not in {NAME, "audio"}]
    found += [file.name for file in sounds if file.name not in allowed]
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
    speaker = ["--speaker", str(home / "heard.wav"), "--save-audio", "--json"]
    if not real:
        return [sys.executable, str(PLAYER), "--speak", *speaker]
    microphones = [each for file in spoken_questions(home) for each in ("--mic", file)]
    return [sys.executable, "-m", "voicecli", "chat", *microphones, *speaker]


def main() -> None:
    """Reads the command line and kills."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="how many sessions (default: 50)")
    parser.add_argument("--real", action="store_true", help="use the installed models")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        command = command_for(home, real=options.real)
        low, high = REAL_S if options.real else FAKE_S
        killed = []
        for number in range(1, options.kills + 1):
            one = kill_one(home, command, chance.uniform(low, high), types=not options.real)
            killed.append(one)
            told = f"{len(one.told)} answers told, {len(one.surely)} of them {LAG_S} s before"
            print(f"{number:3}. killed after {one.after_s:5.2f} s, {told}, integrity {one.integrity}", flush=True)
        lost, unanswered = missing(home, killed)
        bad = sum(each.integrity not in {"ok", "none"} for each in killed)
        print(
            f"{len(killed)} kills: {bad} databases not ok, {lost} answers lost, {unanswered} turns before the last one without an answer"
        )
        subprocess.run(command, input="Bye?\n", text=True, check=True, stdout=subprocess.DEVNULL, env=environment(home))
        print(f"stray files after the next start: {', '.join(strays(home)) or 'none'}")


if __name__ == "__main__":
    main()
