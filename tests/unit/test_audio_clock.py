from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from voicecli.audio.clock import SampleClock
from voicecli.audio.file_devices import FileMicrophone, FileSpeaker, NullSpeaker
from voicecli.audio.ports import Microphone, Speaker
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.errors import AudioError, UnsupportedFormat
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence


def recording(path: Path, samples: int, level: int) -> Path:
    with WavWriter(path, RATE_HZ) as writer:
        writer.write(np.full(samples, level, dtype=np.int16))
    return path


class Sink:
    def __init__(self) -> None:
        self.blocks: list[Pcm] = []
        self.indices: list[int] = []

    def __call__(self, block: Pcm, at_sample: int) -> None:
        assert block.shape == (BLOCK_SAMPLES,)
        self.blocks.append(block)
        self.indices.append(at_sample)

    @property
    def levels(self) -> list[int]:
        return [int(block[0]) for block in self.blocks]


@pytest.fixture
def clock() -> SampleClock:
    return SampleClock(realtime=False)


def test_within_a_tick_the_lower_order_comes_first(clock: SampleClock) -> None:
    seen: list[str] = []
    clock.add(lambda tick: seen.append(f"second {tick}"), order=1)
    clock.add(lambda tick: seen.append(f"first {tick}"), order=0)
    clock.step(2)

    assert seen == ["first 0", "second 0", "first 1", "second 1"]


def test_who_was_removed_is_not_called(clock: SampleClock) -> None:
    seen: list[int] = []
    clock.add(seen.append, order=0)
    clock.step()
    clock.remove(seen.append)
    clock.step()

    assert seen == [0]


class FakeTime:
    """A clock that advances only while a thread waits, and sometimes too far."""

    def __init__(self, oversleep_s: dict[int, float]) -> None:
        self.now_s = 100.0
        self.waits = 0
        self.oversleep_s = oversleep_s

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, duration_s: float) -> None:
        self.waits += 1
        self.now_s += duration_s + self.oversleep_s.get(self.waits, 0.0)


def test_a_late_tick_is_made_up_for_and_the_clock_never_drifts(monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeTime(oversleep_s={2: 0.105})
    clock = SampleClock()
    at_ms: list[int] = []
    clock.add(lambda _: at_ms.append(round((time.now_s - 100) * 1000)), order=0)
    clock.add(lambda tick: clock.stop() if tick == 9 else None, order=1)
    monkeypatch.setattr("voicecli.audio.clock.time", time)
    clock._run()

    assert at_ms == [0, 20, 145, 145, 145, 145, 145, 145, 160, 180]


def test_a_running_clock_ticks_by_itself_and_stops() -> None:
    clock = SampleClock()
    ticked = threading.Event()
    clock.add(lambda tick: ticked.set() if tick == 3 else None, order=0)
    clock.start()
    clock.start()
    assert ticked.wait(20)
    clock.stop()
    clock.stop()
    stopped_at = clock.ticks
    assert stopped_at >= 4
    assert all(thread.name != "clock" for thread in threading.enumerate())


def test_a_clock_can_be_stopped_from_within_a_tick() -> None:
    clock = SampleClock()
    clock.add(lambda _: clock.stop(), order=0)
    clock.start()
    assert clock._thread is not None
    clock._thread.join(20)
    assert clock.ticks == 1


def test_a_file_is_fed_and_then_silence(clock: SampleClock, tmp_path: Path) -> None:
    microphone: Microphone = FileMicrophone([recording(tmp_path / "a.wav", 700, 5)], clock)
    sink = Sink()
    microphone.start(sink)
    clock.step(5)

    heard = np.concatenate(sink.blocks)
    assert heard.tolist() == [5] * 700 + [0] * 900
    assert sink.indices == [0, 320, 640, 960, 1280]
    assert microphone.health().alive


def test_the_next_file_begins_when_it_is_asked_for(clock: SampleClock, tmp_path: Path) -> None:
    exhausted_at: list[int] = []
    files = [recording(tmp_path / "a.wav", 640, 1), recording(tmp_path / "b.wav", 320, 2)]
    microphone = FileMicrophone(files, clock, on_exhausted=lambda: exhausted_at.append(clock.ticks))
    sink = Sink()
    microphone.start(sink)
    clock.step(1)
    before = len(exhausted_at)
    clock.step(3)
    after = len(exhausted_at)
    assert microphone.files_left == 1
    assert microphone.advance()
    begun = len(exhausted_at)
    clock.step(2)

    assert (before, after, begun) == (0, 1, 1)
    assert sink.levels == [1, 1, 0, 0, 2, 0]
    assert exhausted_at == [1, 4]
    assert microphone.starts_samples == [0, 4 * BLOCK_SAMPLES]
    assert not microphone.advance()


def test_a_file_that_cannot_be_read_is_found_before_anything_is_played(clock: SampleClock, tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_text("no")
    with pytest.raises(UnsupportedFormat):
        FileMicrophone([recording(tmp_path / "a.wav", 10, 1), tmp_path / "b.wav"], clock)


def test_a_stopped_microphone_feeds_nothing(clock: SampleClock, tmp_path: Path) -> None:
    microphone = FileMicrophone([recording(tmp_path / "a.wav", 700, 5)], clock)
    sink = Sink()
    microphone.start(sink)
    clock.step()
    microphone.stop()
    microphone.stop()
    clock.step()

    assert len(sink.blocks) == 1
    assert not microphone.health().alive


@pytest.mark.parametrize("rate_hz", [11_025, 16_000, 22_050, 24_000, 48_000])
def test_what_is_written_keeps_the_time_of_the_microphone(clock: SampleClock, tmp_path: Path, rate_hz: int) -> None:
    """At every tick, exactly as many samples were played as recorded, and the sound played in a tick is known before it is recorded."""
    played, ticks = [0], []

    def source(samples: int) -> Pcm:
        played[0] += samples
        return silence(samples)

    def sink(_: Pcm, at_sample: int) -> None:
        assert played[0] == (at_sample + BLOCK_SAMPLES) * rate_hz // RATE_HZ
        ticks.append(at_sample)

    speaker: Speaker = FileSpeaker(tmp_path / "out.wav", rate_hz, clock)
    microphone = FileMicrophone([recording(tmp_path / "a.wav", 700, 5)], clock)
    microphone.start(sink)
    speaker.start(source)
    clock.step(101)
    speaker.stop()

    assert len(ticks) == 101
    assert read_wav(tmp_path / "out.wav")[1] == pytest.approx(101 * 0.02, abs=1 / rate_hz)


def test_a_speaker_that_starts_late_has_the_silence_before_it_in_its_file(clock: SampleClock, tmp_path: Path) -> None:
    clock.step(10)
    speaker = FileSpeaker(tmp_path / "out.wav", RATE_HZ, clock)
    speaker.start(lambda samples: np.full(samples, 9, dtype=np.int16))
    clock.step(1)
    speaker.stop()

    assert read_wav(tmp_path / "out.wav")[0].tolist() == [0] * 3_200 + [9] * 320


def test_a_speaker_whose_disk_is_full_says_so_and_goes_on(clock: SampleClock) -> None:
    if not Path("/dev/full").exists():
        return
    speaker = FileSpeaker("/dev/full", RATE_HZ, clock)
    pulled: list[int] = []

    def source(samples: int) -> Pcm:
        pulled.append(samples)
        return silence(samples)

    speaker.start(source)
    clock.step(200)

    assert len(pulled) == 200
    assert isinstance(speaker.error, AudioError)
    assert not speaker.health().alive
    speaker.stop()


def test_a_speaker_that_nobody_hears_pulls_at_the_same_pace(clock: SampleClock) -> None:
    pulled: list[int] = []

    def source(samples: int) -> Pcm:
        pulled.append(samples)
        return silence(samples)

    speaker: Speaker = NullSpeaker(22_050, clock)
    assert not speaker.health().alive
    speaker.start(source)
    clock.step(50)
    speaker.stop()
    clock.step(5)

    assert sum(pulled) == 22_050
    assert speaker.name == "none"


def test_files_need_no_sound_card() -> None:
    script = "import sys, voicecli.audio.file_devices; assert 'sounddevice' not in sys.modules"

    subprocess.run([sys.executable, "-c", script], check=True)


def test_while_nothing_goes_on_it_ticks_seldom_and_keeps_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    time = FakeTime(oversleep_s={})
    clock = SampleClock()
    clock.busy = lambda: clock.ticks >= 6
    at_ms: list[int] = []
    clock.add(lambda _: at_ms.append(round((time.now_s - 100) * 1000)), order=0)
    clock.add(lambda tick: clock.stop() if tick == 8 else None, order=1)
    monkeypatch.setattr("voicecli.audio.clock.time", time)
    clock._run()

    assert at_ms == [0, 100, 100, 100, 100, 100, 120, 140, 160]
