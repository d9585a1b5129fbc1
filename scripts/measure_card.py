"""Measures how late sound is on its way through the sound card, and the price of being early.

    python scripts/measure_card.py                     the loudspeaker and the microphone, at several sizes of buffer
    python scripts/measure_card.py --trials 40 --busy 2

A private sound server stands for the card, and nothing of the program runs but PortAudio and a callback. The loudspeaker plays a tone that is stopped
at random moments; its delay is from the decision until the recording contains only zeros. Clicks are played into the microphone; its delay is
from the click in the recording until the callback that brings it. `--busy` runs so many busy loops beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from card_sides import BothSides
from virtual_sound_card import RATE_HZ, VirtualSoundCard
from voicecli.audio.devices import backend, restart_backend
from voicecli.audio.sound_files import WavWriter
from voicecli.pcm import Pcm, samples_of

VOICE_HZ: Final = 22_050
MICROPHONE_HZ: Final = 16_000
LATENCIES: Final[tuple[float | str, ...]] = (0.02, 0.03, "high")
BLOCKS_MS: Final = (5.0, 10.0, 20.0)
CLICK: Final = 20_000
CLICK_EVERY_S: Final = 0.31
LOOP: Final = "while True: pass"


def tone(samples: int) -> Pcm:
    """A tone of which no sample is zero for long."""
    return (8000 * np.sin(2 * np.pi * 440 * np.arange(samples) / VOICE_HZ) + 1000).astype(np.int16)


class Loudspeaker:
    """A stream that plays a tone, or zeros."""

    def __init__(self, block_ms: float, latency: float | str) -> None:
        self.on = False
        self.underflows = 0
        block = samples_of(block_ms, VOICE_HZ)
        sound = tone(block)

        def send(frames: Any, count: int, _times: Any, flags: Any) -> None:  # noqa: ANN401 - PortAudio's
            self.underflows += bool(flags.output_underflow)
            frames[:, 0] = sound[:count] if self.on else 0

        sd: Any = backend()
        self.stream = sd.OutputStream(
            samplerate=VOICE_HZ, channels=1, dtype="int16", blocksize=block, latency=latency, callback=send
        )
        self.stream.start()

    def close(self) -> None:
        """Closes it."""
        self.stream.abort()
        self.stream.close()


def loudspeaker(card: VirtualSoundCard, block_ms: float, latency: float | str, trials: int, *, abort: bool) -> str:
    """Measures one size; returns a row of a table."""
    with BothSides(card) as sides:
        speaker = Loudspeaker(block_ms, latency)
        time.sleep(0.5)
        delays_ms = []
        began_s, cpu_s = time.monotonic(), time.process_time()
        for _ in range(trials):
            speaker.on = True
            if not speaker.stream.active:
                speaker.stream.start()
            time.sleep(0.3 + random.uniform(0.0, 0.05))
            stopped_s = time.monotonic()
            speaker.on = False
            if abort:
                speaker.stream.abort()
            time.sleep(0.25)
            after = sides.loudspeaker.sound(stopped_s, stopped_s + 0.22)
            sounds = np.flatnonzero(after)
            delays_ms.append((int(sounds[-1]) + 1) * 1000 / RATE_HZ if len(sounds) else 0.0)
        core = (time.process_time() - cpu_s) / (time.monotonic() - began_s)
        told_ms = 1000 * speaker.stream.latency
        underflows = speaker.underflows
        speaker.close()
    return (
        f"| {block_ms:.0f} ms, {latency}{', abort' if abort else ''} | {told_ms:.0f} | {statistics.median(delays_ms):.0f} | {max(delays_ms):.0f} | "
        f"{underflows} | {100 * core:.1f} % |"
    )


def microphone(card: VirtualSoundCard, block_ms: float, latency: float | str, trials: int, clicks: Path) -> str:
    """Measures one size; returns a row of a table."""
    block = samples_of(block_ms, MICROPHONE_HZ)
    arrived_s: list[float] = []
    overflows = 0

    def receive(frames: Any, _count: int, _times: Any, flags: Any) -> None:  # noqa: ANN401 - PortAudio's
        nonlocal overflows
        overflows += bool(flags.input_overflow)
        if np.abs(frames).max() > CLICK // 4:
            arrived_s.append(time.monotonic())

    with BothSides(card) as sides:
        sd: Any = backend()
        stream = sd.InputStream(
            samplerate=MICROPHONE_HZ, channels=1, dtype="int16", blocksize=block, latency=latency, callback=receive
        )
        stream.start()
        time.sleep(0.3)
        began_s, cpu_s = time.monotonic(), time.process_time()
        card.play_into_microphone(clicks).wait()
        time.sleep(0.3)
        core = (time.process_time() - cpu_s) / (time.monotonic() - began_s)
        heard = sides.microphone.sound(began_s, time.monotonic())
        loud = np.flatnonzero(np.abs(heard.astype(np.int32)) > CLICK // 4)
        firsts = loud[np.concatenate([[True], np.diff(loud) > RATE_HZ // 10])] if len(loud) else loud
        said_s = [began_s + int(at) / RATE_HZ for at in firsts]
        told_ms = 1000 * stream.latency
        stream.abort()
        stream.close()
    delays_ms: list[float] = []
    for at_s in said_s:
        later = [each for each in arrived_s if abs(each - at_s) < CLICK_EVERY_S / 2]
        delays_ms.extend(1000 * (each - at_s) for each in later[:1])
    if not delays_ms:
        return f"| {block_ms:.0f} ms, {latency} | {told_ms:.0f} | nothing arrived |"
    return (
        f"| {block_ms:.0f} ms, {latency} | {told_ms:.0f} | {statistics.median(delays_ms):.0f} | {max(delays_ms):.0f} | "
        f"{overflows} | {100 * core:.1f} % | {len(delays_ms)} of {trials} |"
    )


def click_file(path: Path, trials: int) -> Path:
    """Writes the clicks. They are not evenly spaced, so that they fall on all parts of a block."""
    sound = np.zeros(samples_of(1000 * (CLICK_EVERY_S * trials + 0.3), MICROPHONE_HZ), dtype=np.int16)
    for number in range(trials):
        at = samples_of(1000 * (0.2 + CLICK_EVERY_S * number) + number * 7.3 % 20, MICROPHONE_HZ)
        sound[at : at + 32] = CLICK
    with WavWriter(path, MICROPHONE_HZ) as file:
        file.write(sound)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description="Measures how late sound is on its way through the sound card.")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--busy", type=int, default=0, metavar="N", help="busy loops beside it")
    parser.add_argument("--blocks", type=float, nargs="+", default=BLOCKS_MS, metavar="MS")
    parser.add_argument("--abort", action="store_true", help="also stop the stream instead of playing zeros")
    parser.add_argument("--side", choices=("both", "microphone", "loudspeaker"), default="both")
    options = parser.parse_args(arguments)
    loops = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(options.busy)]
    try:
        with tempfile.TemporaryDirectory() as folder, VirtualSoundCard() as card:
            os.environ.update(card.environment)
            restart_backend()
            if options.side != "microphone":
                print(
                    "| loudspeaker | told, ms | delay, ms | most | underflows | of a core |\n|---|---|---|---|---|---|"
                )
                for abort in (False, True)[: 1 + options.abort]:
                    for block_ms in options.blocks:
                        for latency in LATENCIES:
                            print(loudspeaker(card, block_ms, latency, options.trials, abort=abort), flush=True)
            if options.side != "loudspeaker":
                clicks = click_file(Path(folder) / "clicks.wav", options.trials)
                print(
                    "\n| microphone | told, ms | delay, ms | most | overflows | of a core | heard |\n|---|---|---|---|---|---|---|"
                )
                for block_ms in options.blocks:
                    for latency in LATENCIES:
                        print(microphone(card, block_ms, latency, options.trials, clicks), flush=True)
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
