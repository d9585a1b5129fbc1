"""Plays saved sound to its end, or until Ctrl-C."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

from voicecli.audio.clock import SampleClock
from voicecli.audio.open_devices import open_speaker
from voicecli.audio.playout import Playout
from voicecli.audio.playout_reports import PlayoutReport, TurnPlayed
from voicecli.audio.ports import HELD_MS
from voicecli.audio.resample import resample
from voicecli.pcm import RATE_HZ, Pcm
from voicecli.turn import Turn


def play(pcm: Pcm, speaker_name: str, *, volume: float = 100) -> None:
    """Plays `pcm`, which is at 16 kHz.

    Raises:
        AudioError: There is no such loudspeaker.
    """
    done = threading.Event()
    turn = Turn(1)

    def on_report(mark: PlayoutReport) -> None:
        if isinstance(mark, TurnPlayed):
            done.set()

    with ExitStack() as stack:
        clock = SampleClock()
        speaker = open_speaker(speaker_name, RATE_HZ, clock)
        playout = Playout(speaker.rate_hz, on_report=on_report, volume=volume)
        playout.open(turn)
        stack.callback(clock.stop)
        stack.callback(speaker.stop)
        playout.add(turn, 0, resample(pcm, RATE_HZ, speaker.rate_hz), speaker.rate_hz)
        playout.end_chunk(turn, 0)
        playout.finish(turn)
        speaker.start(playout.pull)
        clock.start()
        while not done.wait(0.1):  # short enough for Ctrl-C
            pass
        time.sleep(HELD_MS / 1000)  # the sound in the card's buffer
