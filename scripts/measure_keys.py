"""Measures the keys of a conversation: press to capturing, press to silence at the loudspeaker, release to transcript.

    python scripts/measure_keys.py                   20 presses into answers, 5 questions held, 5 hands-free
    python scripts/measure_keys.py --presses 5 --questions 2

The real program with real models runs on a pseudo-terminal that speaks kitty's keyboard protocol, with a virtual sound card. All times are
of one clock: that of the key is taken before its bytes are written to the terminal, that of the silence when a recording of the loudspeaker
has delivered the last sample that is not zero (so what the sound server holds back is in it), the others inside the program, by hooks that
only look at the clock.

Capturing begins with the block that is being recorded when the order reaches the listener, so its beginning may lie before the press; the
pre-roll, which comes in front of it when nothing was playing, is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.live_session import homes
from fakes.pty_terminal import PtyTerminal
from speech_fixtures import speak
from virtual_sound_card import RATE_HZ, VirtualSoundCard
from voicecli.bench.machine_info import describe
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, Pcm
from voicecli.pcm import RATE_HZ as MICROPHONE_HZ

DOWN, UP, ESCAPE = "\x1b[32u", "\x1b[32;1:3u", "\x1b[27u"
LONG: Final = "Please tell me a long story about the sea."
QUESTIONS: Final = ("What is the capital of Japan?", "Name a fruit that is yellow.")
JUST_NOW_S: Final = 0.03
CAPTURING_MS, SILENT_MS = 20.0, 80.0
"""What is aimed at."""


# ---- inside the program


def watched(arguments: Sequence[str], log: IO[str]) -> int:
    """Runs `voicecli` with hooks that write down what happened when."""
    from voicecli import events
    from voicecli.app.event_broadcast import EventBroadcast
    from voicecli.cli.main import main
    from voicecli.pipeline.graph import Graph
    from voicecli.pipeline.listen import ListenOrder
    from voicecli.speech.utterance_segmenter import BeginTalk

    captured: dict[int, float] = {}
    put, order, publish = Graph.put_block, Graph.order, EventBroadcast.publish

    def tell(name: str, **fields: object) -> None:
        log.write(json.dumps({"what": name, "at": time.monotonic(), **fields}) + "\n")
        log.flush()

    def putting(graph: Graph, samples: Pcm, first_sample: int) -> None:
        captured[first_sample] = time.monotonic()
        if len(captured) > 500:  # noqa: PLR2004 - ten seconds
            del captured[next(iter(captured))]
        put(graph, samples, first_sample)

    def ordering(graph: Graph, given: ListenOrder) -> None:
        order(graph, given)
        if isinstance(given, BeginTalk):
            tell("ordered")

    def publishing(broadcast: EventBroadcast, event: events.Event) -> None:
        if isinstance(event, events.SpeechStarted):
            # The block that begins there was complete when it came.
            first = round(event.at_ms * MICROPHONE_HZ / 1000)
            came = captured.get(first - first % BLOCK_SAMPLES)
            tell("captured", since=came - BLOCK_MS / 1000 if came is not None else None)
        elif isinstance(
            event, events.SpeechEnded | events.Transcript | events.Ready | events.PhaseChanged | events.Latency
        ):
            tell(type(event).__name__, **{k: v for k, v in (events.as_json(event) or {}).items() if k != "t"})
            if isinstance(event, events.PhaseChanged):
                tell(event.phase)
        publish(broadcast, event)

    Graph.put_block = putting  # type: ignore[method-assign,assignment] # to see when a block came
    Graph.order = ordering  # type: ignore[method-assign,assignment] # to see when the order came
    EventBroadcast.publish = publishing  # type: ignore[method-assign,assignment] # to see when it was told
    return main(list(arguments))


# ---- outside


class Ear:
    """Listens to the virtual loudspeaker and knows when what sounded; in a thread of its own."""

    def __init__(self, card: VirtualSoundCard) -> None:
        self.last_sound_s = float("-inf")
        recorder = ["parec", "--device=speaker.monitor", "--raw", "--format=s16le", "--channels=1", "--latency-msec=10"]
        self._recorder = subprocess.Popen(
            [*recorder, f"--rate={RATE_HZ}"], stdout=subprocess.PIPE, env={**os.environ, **card.environment}
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listens no more."""
        self._recorder.kill()
        self._recorder.wait()
        self._thread.join()

    def _listen(self) -> None:
        assert self._recorder.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        while data := os.read(self._recorder.stdout.fileno(), 4096):
            now_s = time.monotonic()
            samples = np.frombuffer(data[: len(data) // 2 * 2], dtype=np.int16)
            (sounds,) = np.nonzero(samples)
            if len(sounds):
                self.last_sound_s = now_s - (len(samples) - 1 - int(sounds[-1])) / RATE_HZ


class Program:
    """The program on its terminal, and what its hooks wrote."""

    def __init__(self, folder: Path, card: VirtualSoundCard, *flags: str) -> None:
        self._log = folder / "hooks"
        self._log.touch()
        kept = {name: os.environ[name] for name in ("VOICECLI_MODELS", "HOME", "PYTHONPATH") if name in os.environ}
        self.terminal = PtyTerminal(
            [sys.executable, __file__, "--inside", str(self._log), "--", "chat", "--language", "en", *flags],
            environment={**kept, **card.environment, **homes(folder)},
            kind="kitty",
            width=100,
        )

    def told(self, what: str, since_s: float = 0.0) -> list[dict[str, Any]]:
        """What the hooks wrote of one kind."""
        lines = self._log.read_text(encoding="utf-8").splitlines(keepends=True)
        written = [json.loads(line) for line in lines if line.endswith("\n")]
        return [each for each in written if each["what"] == what and each["at"] > since_s]

    def wait(self, what: str, since_s: float = 0.0, **fields: object) -> dict[str, Any]:
        """The first of a kind since then, as soon as it is there."""

        def found() -> Iterator[dict[str, Any]]:
            return (e for e in self.told(what, since_s) if all(e.get(k) == v for k, v in fields.items()))

        self.terminal.until(lambda: next(found(), None) is not None, what)
        return next(found())

    def press(self, keys: str) -> float:
        """Sends keys; gives when."""
        at_s = time.monotonic()
        self.terminal.type(keys)
        return at_s

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Waits."""
        self.terminal.until(condition, what)


def press_into_answers(program: Program, ear: Ear, presses: int) -> tuple[list[float], list[float], list[float]]:
    """Presses Space while an answer sounds; gives, in ms, press to order, press to capturing, and press to silence."""
    ordered: list[float] = []
    capturing: list[float] = []
    silent: list[float] = []
    while len(silent) < presses:
        began_s = _answer_sounds(program, ear)
        if program.told("listening", began_s):
            continue  # a short one: it is over
        pressed_s = program.press(DOWN)
        ordered.append(1000 * (program.wait("ordered", pressed_s)["at"] - pressed_s))
        if (since_s := program.wait("captured", pressed_s)["since"]) is not None:
            capturing.append(1000 * (since_s - pressed_s))
        time.sleep(0.4)
        silent.append(1000 * (ear.last_sound_s - pressed_s))
        left_s = program.press(ESCAPE)
        program.terminal.type(UP)
        program.wait("listening", left_s)
        print(f"\rpress {len(silent)}", end="", file=sys.stderr)
    return ordered, capturing, silent


def _answer_sounds(program: Program, ear: Ear) -> float:
    """Asks, and waits until somewhere in the answer something sounds, or it is over; gives when it began."""
    asked_s = program.press(f"/clear\r{LONG}\r")
    began_s: float = program.wait("speaking", asked_s)["at"]

    def sounds() -> bool:
        return time.monotonic() - ear.last_sound_s < JUST_NOW_S or bool(program.told("listening", began_s))

    program.until(sounds, "sound")
    time.sleep(random.uniform(0.3, 0.8))  # any phase of blocks and buffers
    program.until(sounds, "sound")  # not between two words
    return began_s


def hold(program: Program, card: VirtualSoundCard, questions: Sequence[Path]) -> list[float]:
    """Asks with the key held; gives, in ms, release to transcript."""
    took = []
    for number, question in enumerate(questions):
        pressed_s = program.press(DOWN)
        program.wait("hearing", pressed_s)
        card.play_into_microphone(question).wait()
        released_s = program.press(UP)
        took.append(1000 * (program.wait("Transcript", released_s, final=True)["at"] - released_s))
        program.wait("listening", program.wait("speaking", released_s)["at"])
        print(f"\rheld {number + 1} ", end="", file=sys.stderr)
    return took


def talk(program: Program, card: VirtualSoundCard, questions: Sequence[Path]) -> tuple[list[float], list[float]]:
    """Asks hands-free; gives, in ms, the last sound of speech to transcript, and endpoint to transcript."""
    from_speech, from_endpoint = [], []
    for number, question in enumerate(questions):
        began_s = time.monotonic()
        card.play_into_microphone(question).wait()
        ended = program.wait("SpeechEnded", began_s)
        heard = program.wait("Transcript", began_s, final=True)
        from_endpoint.append(1000 * (heard["at"] - ended["at"]))
        from_speech.append(ended["waited_ms"] + from_endpoint[-1])
        program.wait("listening", program.wait("speaking", began_s)["at"])
        print(f"\rhands-free {number + 1} ", end="", file=sys.stderr)
    return from_speech, from_endpoint


def row(name: str, values: Sequence[float], aim_ms: float | None = None) -> str:
    """A line of the table."""
    if not values:
        return f"{name:<58} no figure"
    spread = sorted(values)
    at_95 = spread[min(len(spread) - 1, round(0.95 * (len(spread) - 1)))]
    aim = "" if aim_ms is None else f"   aim {aim_ms:.0f}: {'met' if at_95 <= aim_ms else 'missed'}"
    return f"{name:<58} {len(spread):>3} {statistics.median(spread):>7.0f} {at_95:>7.0f} {spread[-1]:>7.0f}{aim}"


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--presses", type=int, default=20, help="into answers (default: %(default)s)")
    parser.add_argument("--questions", type=int, default=5, help="with the key and without (default: %(default)s)")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("command", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        with options.inside.open("a", encoding="utf-8") as log:
            return watched(options.command, log)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, VirtualSoundCard() as card:
        folder = Path(name)
        spoken = speak(QUESTIONS, folder / "said")
        questions = [spoken[n % len(spoken)] for n in range(options.questions)]
        program, ear = Program(folder, card), Ear(card)
        with program.terminal:
            try:
                program.wait("listening")
                program.terminal.wait("hold to talk")
                ordered, capturing, silent = press_into_answers(program, ear, options.presses)
                held = hold(program, card, questions)
                from_speech, from_endpoint = talk(program, card, questions)
            finally:
                ear.close()
    print("\r", end="", file=sys.stderr)
    machine = describe()
    print(f"{machine.cpu}, {machine.cores} cores; load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after")
    print(f"{'ms':<58} {'n':>3} {'median':>7} {'p95':>7} {'most':>7}")
    print(row("press to the order in the listener's hands", ordered))
    print(row("press to the beginning of what is captured", capturing, CAPTURING_MS))
    print(row("press while an answer sounds to silence at the speaker", silent, SILENT_MS))
    print(row("release to transcript", held))
    print(row("hands-free: end of speech to transcript", from_speech))
    print(row("hands-free: endpoint to transcript", from_endpoint))
    return 0


if __name__ == "__main__":
    sys.exit(main())
