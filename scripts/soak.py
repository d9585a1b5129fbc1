"""A long conversation from files, in this process: does anything grow, stay behind or overflow?

    python scripts/soak.py                 ten minutes: about 60 turns
    python scripts/soak.py --turns 6
    python scripts/soak.py --turns 6 --devices     through a virtual sound card, with the live screen on a terminal
    python scripts/soak.py --turns 6 --devices --no-screen     the same without a screen, to compare

Prints memory, what threads are left at the end, how full every channel got and how many blocks the devices lost; exits with 1 when something
is left or overflowed. Memory is printed, not judged: allocators keep what they once had.

With devices it also prints every moment at which the loudspeaker's callback came late, beside what a witness saw: another process that only sleeps
and looks at the clock. What holds up the witness as well is the machine, not this program.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, cast

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from speech_fixtures import QUESTIONS, speak
from voicecli.audio.portaudio import Callback
from voicecli.audio.speaker import SoundDeviceSpeaker
from voicecli.audio.stream import CardStream, Run
from voicecli.cli.main import main as voicecli
from voicecli.pcm import BLOCK_MS
from voicecli.pipeline.channel import ChannelStats
from voicecli.pipeline.graph import Graph


class Recorder:
    """Stands for stdout: keeps events, and what memory was in use when an answer had been heard."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.memory_mb: list[float] = []

    def write(self, text: str) -> int:
        """Takes whole lines, as the program writes them."""
        for line in text.splitlines():
            if line.strip():
                self.events.append(json.loads(line))
                if self.events[-1]["event"] == "spoken":
                    self.memory_mb.append(resident_mb())
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""

    def isatty(self) -> bool:
        """No."""
        return False


def resident_mb() -> float:
    """Memory of this process that is in use now, in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


LATE_S = 0.03
"""A callback, due every 20 ms, that comes so much later is noted; a card holds back 40 ms or more."""

SAME_S = 0.25
"""What happened within so much happened together."""

WITNESS = """
import sys, time
last = time.monotonic()
while True:
    time.sleep(0.005)
    now = time.monotonic()
    if now - last > 0.02:
        print(now, now - last, flush=True)
    last = now
"""


@contextlib.contextmanager
def witness(folder: Path) -> Iterator[Path]:
    """A process that sleeps; the file that it writes down in when it was woken up late."""
    told = folder / "witness"
    with told.open("w", encoding="utf-8") as file:
        process = subprocess.Popen([sys.executable, "-c", WITNESS], stdout=file)
    try:
        yield told
    finally:
        process.kill()
        process.wait()


@dataclass
class Watch:
    """What is looked at while a session ends: channels, devices and threads."""

    before: set[str] = field(default_factory=lambda: {thread.name for thread in threading.enumerate()})
    stats: list[ChannelStats] = field(default_factory=list)
    lost_blocks: dict[str, int] = field(default_factory=dict)
    late: list[tuple[float, float]] = field(default_factory=list)

    def begin(self) -> None:
        """From now on."""
        stop_graph, stop_card = Graph.stop, CardStream.stop

        def stop_and_tell(graph: Graph) -> list[str]:
            late = stop_graph(graph)
            self.stats.extend(graph.stats())
            return late

        def stop_and_count(card: CardStream) -> None:
            stop_card(card)
            self.lost_blocks[f"{type(card).__name__} {card.name}"] = card.health().lost_blocks

        make_callback = SoundDeviceSpeaker._callback  # noqa: SLF001 - to see when it is called

        def timed(speaker: SoundDeviceSpeaker, run: Run, rate_hz: int) -> Callback:
            callback = make_callback(speaker, run, rate_hz)
            last_s = time.monotonic()

            def call(*arguments: Any) -> None:  # noqa: ANN401 - PortAudio's
                nonlocal last_s
                now_s = time.monotonic()
                if now_s - last_s > BLOCK_MS / 1000 + LATE_S:
                    self.late.append((now_s, now_s - last_s))
                last_s = now_s
                callback(*arguments)

            return call

        SoundDeviceSpeaker._callback = timed  # type: ignore[method-assign,assignment] # noqa: SLF001 - the same
        Graph.stop = stop_and_tell  # type: ignore[method-assign,assignment] # to see the channels before they are gone
        CardStream.stop = stop_and_count  # type: ignore[method-assign,assignment] # the same of the devices

    def tell_late(self, told: Path) -> None:
        """Prints when the loudspeaker's callback came late, and what the witness saw then."""
        lines = (line.split() for line in told.read_text(encoding="utf-8").splitlines())
        seen = [(float(at_s), float(gap_s)) for at_s, gap_s in lines]
        for at_s, gap_s in self.late:
            beside = [gap for at, gap in seen if abs(at - at_s) < SAME_S]
            saw = f"the witness was {1000 * max(beside):.0f} ms late then" if beside else "the witness was not"
            print(f"loudspeaker called after {1000 * gap_s:.0f} ms; {saw}")
        print(f"loudspeaker called late: {len(self.late)} times; the witness woke up late {len(seen)} times")

    def report(self) -> bool:
        """Prints what is left; gives whether something is that should not."""
        left = sorted({thread.name for thread in threading.enumerate()} - self.before)
        full = [channel.name for channel in self.stats if channel.peak > channel.limit or channel.dropped]
        for channel in self.stats:
            print(f"channel {channel.name}: at most {channel.peak} of {channel.limit}, {channel.dropped} dropped")
        for name, lost in self.lost_blocks.items():
            print(f"{name}: {lost} blocks lost")
        print(f"threads left: {', '.join(left) or 'none'}")
        print(f"channels over their limit: {', '.join(full) or 'none'}")
        return bool(left or full)


def main() -> int:
    """Holds the conversation; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--devices", action="store_true", help="through a virtual sound card, at a terminal")
    parser.add_argument("--no-screen", action="store_true", help="with --devices: nothing is drawn")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        return _at_a_terminal(options.inside, screen=not options.no_screen)
    folder = options.folder or Path(tempfile.mkdtemp())
    questions = speak(QUESTIONS, folder)
    asked = [questions[turn % len(questions)] for turn in range(options.turns)]
    return _with_devices(asked, folder, screen=not options.no_screen) if options.devices else _from_files(asked, folder)


def _from_files(asked: Sequence[Path], folder: Path) -> int:
    watch = Watch()
    watch.begin()
    recorder, stdout = Recorder(), sys.stdout
    began_s = time.monotonic()
    sys.stdout = cast(TextIO, recorder)  # as much of a stream as is used
    try:
        microphones = [argument for question in asked for argument in ("--mic", str(question))]
        code = voicecli(["chat", "--json", "--no-save", *microphones, "--speaker", str(folder / "out.wav")])
    finally:
        sys.stdout = stdout
    turns = len(recorder.memory_mb)
    print(f"{turns} of {len(asked)} questions answered in {time.monotonic() - began_s:.0f} s, exit code {code}")
    if turns:
        middle = recorder.memory_mb[turns // 2]
        print(f"memory: {recorder.memory_mb[0]:.0f} MB after the first turn, {middle:.0f} in the middle, ", end="")
        print(f"{recorder.memory_mb[-1]:.0f} after the last")
    return int(watch.report() or bool(code) or not turns)


def _with_devices(asked: Sequence[Path], folder: Path, *, screen: bool) -> int:
    from fakes.live_session import LOG, EventLog, homes
    from fakes.pty_terminal import PtyTerminal
    from virtual_sound_card import VirtualSoundCard

    report = folder / "report"
    kept = {name: os.environ[name] for name in ("VOICECLI_MODELS", "HOME", "PYTHONPATH") if name in os.environ}
    # Its own voice is not what is tested here, so it does not hear itself.
    chosen = {"VOICECLI_AUDIO_DUPLEX": "half"}
    began_s = time.monotonic()
    with VirtualSoundCard() as card:
        environment = {**kept, **card.environment, **homes(folder), **LOG, **chosen}
        inside = [sys.executable, __file__, "--inside", str(report), *([] if screen else ["--no-screen"])]
        with witness(folder), PtyTerminal(inside, environment=environment) as terminal:
            log = EventLog(folder)
            told: Counter[str] = Counter()

            def heard(name: str, count: int) -> bool:
                told.update(event["event"] for event in log.new())
                return told[name] >= count

            terminal.until(lambda: heard("ready", 1), "ready")
            for number, question in enumerate(asked, 1):
                player = card.play_into_microphone(question)
                terminal.until(lambda count=number: heard("spoken", count), "an answer")  # type: ignore[misc] # the loop's
                player.wait()
            terminal.signal(signal.SIGTERM)
            code = terminal.end()
    heard("spoken", 0)
    turns = told["spoken"]
    print(f"{turns} of {len(asked)} questions answered in {time.monotonic() - began_s:.0f} s, exit code {code}")
    print(report.read_text(encoding="utf-8"), end="")
    return int(bool(code) or turns < len(asked))


def _at_a_terminal(report: Path, *, screen: bool) -> int:
    """The session itself, on the terminal that this process has; what is left of it goes into a file."""
    watch = Watch()
    watch.begin()
    if screen:
        code = voicecli(["chat"])
    else:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
            code = voicecli(["chat", "--json"])
    with report.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
        left = watch.report()
        watch.tell_late(report.with_name("witness"))
        print(f"memory: {resident_mb():.0f} MB at the end")
    return int(left or bool(code))


if __name__ == "__main__":
    sys.exit(main())
