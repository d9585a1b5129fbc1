"""Measures `say --follow`: full stop to first word, key to silence, and whether it goes on at the same word.

    python scripts/measure_follow.py                 20 sentences, 12 pauses
    python scripts/measure_follow.py --sentences 5 --pauses 3

The real program with a real voice runs on a pseudo-terminal, reads a pipe, and plays through a virtual sound card whose loudspeaker is
recorded. All times are of one clock: that of a sentence is taken before its full stop is written to the pipe, that of a key before it is
written to the terminal, those of sounds when the recording delivers them, so what the sound server and the recorder hold back is in them.
Heard is what is louder than 1 % of full scale; silent is only zero.
"""

from __future__ import annotations

import argparse
import os
import random
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.live_session import homes
from fakes.pty_terminal import PtyTerminal
from measure_keys import row
from virtual_sound_card import RATE_HZ, VirtualSoundCard
from voicecli.bench.machine_info import describe

HEARD: Final = 328
FIRST_WORD_MS, SILENT_MS = 400.0, 60.0
"""What is aimed at."""

SENTENCES: Final = (
    "The build has finished.",
    "Two tests have failed.",
    "Now I am going to read the configuration file and look for the line that sets the port.",
    "Done.",
    "Everything that was changed today is on the branch, and nobody has to do anything about it.",
)
COUNTING: Final = "one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen."


class Recording:
    """All that the virtual loudspeaker plays, with the times at which it was delivered; in a thread of its own."""

    def __init__(self, card: VirtualSoundCard) -> None:
        recorder = ["parec", "--device=speaker.monitor", "--raw", "--format=s16le", "--channels=1", "--latency-msec=10"]
        self._recorder = subprocess.Popen(
            [*recorder, f"--rate={RATE_HZ}"], stdout=subprocess.PIPE, env={**os.environ, **card.environment}
        )
        self._blocks: list[tuple[float, np.ndarray]] = []
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Records no more."""
        self._recorder.kill()
        self._recorder.wait()
        self._thread.join()

    def first_heard_s(self, since_s: float) -> float | None:
        """When something was heard for the first time since then."""
        for at_s, block in list(self._blocks):
            if at_s >= since_s:
                (loud,) = np.nonzero(np.abs(block.astype(np.int32)) > HEARD)
                if len(loud):
                    return at_s - (len(block) - 1 - int(loud[0])) / RATE_HZ
        return None

    def last_sound_s(self, since_s: float = 0.0) -> float:
        """When the last sample was heard that is not zero."""
        for at_s, block in reversed(self._blocks):
            (sounds,) = np.nonzero(block)
            if len(sounds) or at_s < since_s:
                return at_s - (len(block) - 1 - int(sounds[-1])) / RATE_HZ if len(sounds) else since_s
        return since_s

    def between(self, from_s: float, to_s: float) -> np.ndarray:
        """What was delivered between two times."""
        return np.concatenate([np.zeros(0, np.int16), *(b for at_s, b in self._blocks if from_s < at_s <= to_s)])

    def _listen(self) -> None:
        assert self._recorder.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        while data := os.read(self._recorder.stdout.fileno(), 4096):
            self._blocks.append((time.monotonic(), np.frombuffer(data[: len(data) // 2 * 2], dtype=np.int16)))


class Program:
    """`say --follow` on its terminal, behind a pipe."""

    def __init__(self, folder: Path, card: VirtualSoundCard) -> None:
        fifo = folder / "text"
        os.mkfifo(fifo)
        kept = {name: os.environ[name] for name in ("VOICECLI_MODELS", "HOME", "PYTHONPATH") if name in os.environ}
        line = f"cat {shlex.quote(str(fifo))} | {shlex.quote(sys.executable)} -m voicecli say --follow"
        self.terminal = PtyTerminal(
            ["/bin/sh", "-c", line], environment={**kept, **card.environment, **homes(folder)}, width=120
        )
        self._pipe = os.open(fifo, os.O_WRONLY)
        self.terminal.wait("Space pauses")

    def write(self, text: str) -> float:
        """Writes into the pipe; gives when."""
        at_s = time.monotonic()
        os.write(self._pipe, text.encode())
        return at_s

    def press(self, key: str) -> float:
        """Presses a key; gives when."""
        at_s = time.monotonic()
        self.terminal.type(key)
        return at_s

    def end(self) -> int:
        """Ends it by its key; gives the exit code."""
        self.terminal.type("q")
        os.close(self._pipe)
        return self.terminal.end()


def quiet(recording: Recording, for_s: float = 0.6) -> None:
    """Waits until nothing has sounded for a while."""
    while time.monotonic() - recording.last_sound_s() < for_s:
        time.sleep(0.02)


def first_words(program: Program, recording: Recording, count: int) -> tuple[list[float], list[float]]:
    """Writes sentences one after the other, with an end of line and without; gives how long their first words took, in ms."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(count):
        sentence = SENTENCES[number % len(SENTENCES)]
        ends = number % 2
        program.write(sentence[:-1])  # all but its full stop
        written_s = program.write("." + "\n" * ends)
        while (heard_s := recording.first_heard_s(written_s)) is None:
            time.sleep(0.01)
        took[ends].append(1000 * (heard_s - written_s))
        quiet(recording)
        if not ends:
            program.write("\n")
        time.sleep(random.uniform(0.0, 0.05))
        print(f"\rsentence {number + 1}", end="", file=sys.stderr)
    return took


def pauses(program: Program, recording: Recording, count: int) -> tuple[list[float], list[float]]:
    """Pauses while something sounds; gives, in ms, key to silence, and key to going on."""
    silent: list[float] = []
    on: list[float] = []
    for number in range(count):
        if number % 4 == 0:
            quiet(recording)
            program.write(COUNTING + "\n")
            while time.monotonic() - recording.last_sound_s() > 0.03:  # noqa: PLR2004 - just now
                time.sleep(0.005)
        time.sleep(random.uniform(0.3, 0.7))  # any phase of blocks and buffers
        while time.monotonic() - recording.last_sound_s() > 0.03:  # noqa: PLR2004 - not between two words
            time.sleep(0.002)
        pressed_s = program.press(" ")
        time.sleep(0.5)
        silent.append(1000 * (recording.last_sound_s(pressed_s) - pressed_s))
        again_s = program.press(" ")
        while (heard_s := recording.first_heard_s(again_s)) is None:
            time.sleep(0.005)
        on.append(1000 * (heard_s - again_s))
        print(f"\rpause {number + 1}   ", end="", file=sys.stderr)
    return silent, on


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=20, help="default: %(default)s")
    parser.add_argument("--pauses", type=int, default=12, help="default: %(default)s")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, VirtualSoundCard() as card:
        recording = Recording(card)
        program = Program(Path(name), card)
        with program.terminal:
            try:
                time.sleep(1.0)
                within, at_end = first_words(program, recording, options.sentences)
                silent, on = pauses(program, recording, options.pauses)
                code = program.end()
            finally:
                recording.close()
    print("\r", end="", file=sys.stderr)
    machine = describe()
    print(f"{machine.cpu}, {machine.cores} cores; load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after")
    print(f"{'ms':<58} {'n':>3} {'median':>7} {'p95':>7} {'most':>7}")
    print(row("full stop to first word, nothing behind it", within, FIRST_WORD_MS))
    print(row("full stop and end of line to first word", at_end, FIRST_WORD_MS))
    print(row("Space to silence at the loudspeaker", silent, SILENT_MS))
    print(row("Space to going on", on))
    return code


if __name__ == "__main__":
    sys.exit(main())
