"""Records a real conversation as a terminal shows it: docs/session.cast, in asciinema's format (version 2).

    python scripts/record_session.py [docs/session.cast]

The questions are spoken by the installed voice and fed as the microphone, in real time; the answers are what the installed models make of them.
Nothing is edited. To play it: `asciinema play docs/session.cast`, or any player that knows the format. `make_moving_picture.py` draws it.

The format is a line of JSON for the terminal, then one for each piece of output: `[seconds, "o", text]`.
"""

from __future__ import annotations

import argparse
import codecs
import json
import os
import pty
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from speech_fixtures import speak, voicecli
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.pcm import RATE_HZ, silence

CAST: Final = Path(__file__).parent.parent / "docs" / "session.cast"
QUESTIONS: Final = (
    ("What is the capital of France?",),
    ("And, of Spain?",),  # with a comma because the starter voice says "End of Spain" without one
    ("Please tell me a short story about a cat.", "Thank you, that is enough. How many days are there in a week?"),
)
"""What each file says; what comes second in one is said into the answer to what came first."""

TALKS_OVER_AFTER_S: Final = 4.0
COLUMNS: Final = 90
ROWS: Final = 24
IDLE_S: Final = 2.0
"""Longer pauses are to be played as long as this."""
READ_BYTES: Final = 65_536


def cast(chunks: Iterable[tuple[float, bytes]], *, columns: int, rows: int, title: str) -> Iterator[str]:
    """Gives the lines of a recording.

    Args:
        chunks: What a terminal was sent, and when: in seconds, from any moment on. Characters may be cut between two of them.
        columns: Width of the terminal.
        rows: Its height.
        title: What is shown above it.
    """
    environment = {"TERM": "xterm-256color", "SHELL": "/bin/sh"}
    header = {"version": 2, "width": columns, "height": rows, "title": title, "idle_time_limit": IDLE_S}
    yield json.dumps({**header, "env": environment})
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    began_s: float | None = None
    for at_s, data in chunks:
        began_s = at_s if began_s is None else began_s
        text = decoder.decode(data)
        if text:
            yield json.dumps([round(at_s - began_s, 3), "o", text], ensure_ascii=False)


def run(command: list[str], *, columns: int, rows: int) -> Iterator[tuple[float, bytes]]:
    """Runs a program in a terminal of its own; gives what it writes there, and when.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    mine, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (rows, columns))
    hidden = ("NO_COLOR", "TMUX", "COLUMNS", "LINES")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    environment |= {"TERM": "xterm-256color", "COLORFGBG": "15;0", "LC_ALL": "C.UTF-8"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    while True:
        try:
            data = os.read(mine, READ_BYTES)
        except OSError:  # how Linux says that nobody has the terminal open any more
            data = b""
        if not data:
            break
        yield time.monotonic(), data
    os.close(mine)
    if process.wait():
        raise subprocess.CalledProcessError(process.returncode, command)


def spoken(questions: Sequence[Sequence[str]], folder: Path) -> list[Path]:
    """A sound file for each of `questions`."""
    files = []
    for number, parts in enumerate(questions):
        sounds = [read_wav(path)[0] for path in speak(parts, folder / str(number))]
        path = folder / f"{number}.wav"
        with WavWriter(path, RATE_HZ) as file:
            for part, sound in enumerate(sounds):
                file.write(silence(round(TALKS_OVER_AFTER_S * RATE_HZ) if part else 0))
                file.write(sound)
        files.append(path)
    return files


def record(questions: Sequence[Sequence[str]]) -> list[str]:
    """Holds the conversation; gives the lines of the recording.

    Raises:
        ValueError: A path of this machine was shown.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [flag for path in spoken(questions, folder) for flag in ("--mic", str(path))]
        command = voicecli("chat", *files, "--speaker", str(folder / "out.wav"), "--duplex", "full")
        chunks = run(command, columns=COLUMNS, rows=ROWS)
        lines = list(cast(chunks, columns=COLUMNS, rows=ROWS, title="voicecli chat"))
        for private in (name, str(Path.home()), str(Path.cwd())):
            if len(private) > 1 and any(private in line for line in lines):
                raise ValueError(f"{private} is shown")
    return lines


def main() -> None:
    """Reads the command line and writes the recording."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cast", type=Path, nargs="?", default=CAST, help="where it goes (default: %(default)s)")
    arguments = parser.parse_args()
    lines = record(QUESTIONS)
    arguments.cast.write_text("\n".join(lines) + "\n", encoding="utf-8")
    last_s = json.loads(lines[-1])[0]
    sys.stdout.write(f"{arguments.cast}: {last_s:.0f} s, {arguments.cast.stat().st_size / 1000:.0f} kB\n")


if __name__ == "__main__":
    main()
