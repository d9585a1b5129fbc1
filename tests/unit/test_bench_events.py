"""Events report when each sound file started on the microphone's clock."""

from __future__ import annotations

from pathlib import Path

from voicecli import events
from voicecli import messages as m
from voicecli.audio.clock import SampleClock
from voicecli.audio.file_devices import FileMicrophone
from voicecli.audio.sound_files import WavWriter
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, silence
from voicecli.pipeline.listen import ForgetVoice
from voicecli.session import commands as c
from voicecli.session.history import Played
from voicecli.session.state import State
from voicecli.session.state_machine import step
from voicecli.ui.transcript import Transcript


def test_a_microphone_of_files_tells_at_which_sample_each_began(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        with WavWriter(tmp_path / name, RATE_HZ) as file:
            file.write(silence(BLOCK_SAMPLES))
    clock = SampleClock(realtime=False)
    microphone = FileMicrophone([tmp_path / "a.wav", tmp_path / "b.wav"], clock)
    begun: list[tuple[int, str, int]] = []
    microphone.on_begun = lambda *told: begun.append(told)
    microphone.start(lambda _block, _at_sample: None)
    clock.step(7)
    microphone.advance()
    clock.step(2)
    assert begun == [(1, "a.wav", 0), (2, "b.wav", 7 * BLOCK_SAMPLES)]


def test_the_beginning_of_a_file_is_an_event_in_microphone_time() -> None:
    before = State(voice=True, half_duplex=True)
    after, commands = step(before, m.FileBegun(number=2, name="q2.wav", at_sample=32_000), Played())
    assert after == before
    told = events.FileStarted(t_s=0.0, number=2, name="q2.wav", at_ms=2000.0)
    assert commands == [c.Tell(event=told), c.Order(order=ForgetVoice())]
    assert events.as_json(told) == {"event": "file_started", "t": 0.0, "number": 2, "name": "q2.wav", "at_ms": 2000.0}


def test_the_beginning_of_a_file_is_nothing_to_look_at() -> None:
    shown = Transcript()
    shown.fold(events.FileStarted(t_s=0.0, number=1, name="q.wav", at_ms=0.0))
    assert shown.live == ()
