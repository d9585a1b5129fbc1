"""The size of the speaker's buffer: as small as this machine allows, larger after an underrun, remembered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakes.audio import FakeCard, FakeMicrophone, FakeSoundDevice
from voicecli.audio import devices as devices_module
from voicecli.audio import output_buffer, stream
from voicecli.audio import speaker as speaker_module
from voicecli.audio.device_watchdog import DeviceWatch
from voicecli.audio.output_buffer import CALM_S, SIZES, USUAL, BufferSize, OutputBuffer, remember, remembered_step
from voicecli.audio.speaker import SoundDeviceSpeaker
from voicecli.config import paths
from voicecli.pcm import Pcm, samples_of

RATE = 22_050


class Clock:
    now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Clock:
    clock = Clock()
    for module in (output_buffer, speaker_module, stream):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(paths, "state_dir", lambda: tmp_path / "state")
    return clock


@pytest.fixture
def sd(monkeypatch: pytest.MonkeyPatch) -> FakeSoundDevice:
    sd = FakeSoundDevice(FakeCard("card"))
    for module in (devices_module, stream, speaker_module):
        monkeypatch.setattr(module, "backend", lambda: sd)
    return sd


class Card:
    """A speaker at a fake card, which a test calls back."""

    def __init__(self, sd: FakeSoundDevice, clock: Clock, *, prompt: bool = True) -> None:
        self.sd, self.clock, self.loud = sd, clock, False
        self.speaker = SoundDeviceSpeaker("", RATE, prompt=prompt)
        self.speaker.start(self.source)
        clock.now_s += 5

    def source(self, samples: int) -> Pcm:
        return np.full(samples, 9 if self.loud else 0, dtype=np.int16)

    def call(self, *, underflow: bool = False) -> None:
        size = self.sd.streams[-1].settings["blocksize"]
        self.sd.streams[-1].call(np.zeros((size, 1), dtype=np.int16), underflow=underflow)

    @property
    def opened(self) -> list[tuple[int, float]]:
        return [(each.settings["blocksize"], each.settings["latency"]) for each in self.sd.streams]


def asked(size: BufferSize) -> tuple[int, float]:
    return samples_of(size.block_ms, RATE), size.held_ms / 1000


def test_it_begins_with_the_smallest_and_grows_after_an_underrun(sd: FakeSoundDevice, clock: Clock) -> None:
    card = Card(sd, clock)
    assert card.speaker.held_ms == SIZES[0].held_ms
    card.call()
    assert card.speaker.adapt() is None
    card.call(underflow=True)
    assert card.speaker.breaks_off
    assert card.speaker.adapt() == SIZES[1]
    assert card.opened == [asked(SIZES[0]), asked(SIZES[1])]
    assert [each.state for each in sd.streams] == ["closed", "started"]
    assert (card.speaker.underruns, card.speaker.held_ms) == (0, SIZES[1].held_ms)


def test_it_is_not_opened_again_in_the_middle_of_a_word(sd: FakeSoundDevice, clock: Clock) -> None:
    card = Card(sd, clock)
    card.loud = True
    card.call()
    card.call(underflow=True)
    assert card.speaker.adapt() is None
    card.loud = False
    card.call()
    clock.now_s += 0.2
    assert card.speaker.adapt() == SIZES[1]


def test_sound_that_breaks_off_again_and_again_does_not_wait_for_silence(sd: FakeSoundDevice, clock: Clock) -> None:
    card = Card(sd, clock)
    card.loud = True
    for _ in range(4):
        card.call(underflow=True)
    assert card.speaker.adapt() == SIZES[1]


def test_underruns_while_the_stream_begins_do_not_count(sd: FakeSoundDevice, clock: Clock) -> None:
    card = Card(sd, clock)
    clock.now_s -= 4.95
    card.call(underflow=True)
    assert not card.speaker.breaks_off


def test_the_largest_stays(sd: FakeSoundDevice, clock: Clock) -> None:
    card = Card(sd, clock)
    for _ in range(20):
        card.call(underflow=True)
        card.speaker.adapt()
        clock.now_s += 5
    assert len(card.opened) == len(SIZES)
    assert card.speaker.held_ms == SIZES[-1].held_ms


def test_more_than_the_usual_size_needs_more_evidence(sd: FakeSoundDevice, clock: Clock) -> None:
    remember("card", USUAL)
    card = Card(sd, clock)
    grown = []
    for _ in range(3):
        card.call(underflow=True)
        grown.append(card.speaker.adapt())
    assert grown == [None, None, SIZES[USUAL + 1]]


def test_the_next_session_begins_with_what_worked(sd: FakeSoundDevice, clock: Clock) -> None:
    card = Card(sd, clock)
    card.call(underflow=True)
    card.speaker.adapt()
    clock.now_s += CALM_S + 1  # no proof: it was enlarged in this session
    card.speaker.stop()
    card.speaker.stop()

    again = Card(sd, clock)
    assert again.opened[-1] == asked(SIZES[1])
    clock.now_s += CALM_S
    again.speaker.stop()
    assert Card(sd, clock).opened[-1] == asked(SIZES[0]), "a long session without an underrun tries a smaller one"


def test_where_nobody_interrupts_the_size_is_the_usual_one(sd: FakeSoundDevice, clock: Clock) -> None:
    card = Card(sd, clock, prompt=False)
    card.call(underflow=True)
    assert card.speaker.adapt() is None
    assert card.opened == [asked(SIZES[USUAL])]
    card.speaker.stop()
    assert remembered_step("card") == 0


def test_sizes_are_remembered_by_device_in_a_private_file(tmp_path: Path) -> None:
    remember("one", 2)
    remember("two", 1)
    remember("one", 1)
    assert (remembered_step("one"), remembered_step("two"), remembered_step("three")) == (1, 1, 0)
    (file,) = (tmp_path / "state").iterdir()
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"card": "x"}', '{"card": 99}', '{"card": -1}', "[" * 5000])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "output-buffers.json").write_text(text)
    assert remembered_step("card") == 0
    remember("card", 3)
    assert remembered_step("card") == 3


def test_a_buffer_never_leaves_the_list() -> None:
    assert OutputBuffer(99).size == SIZES[-1]
    assert OutputBuffer(-1).size == SIZES[0]


@pytest.fixture
def watched(sd: FakeSoundDevice, clock: Clock) -> tuple[Card, Callable[[], float], list[BufferSize]]:
    card, told, microphone = Card(sd, clock), list[BufferSize](), FakeMicrophone()
    watch = DeviceWatch(
        microphone,
        card.speaker,
        on_lost=lambda _: None,
        on_back=lambda: None,
        on_enlarged=told.append,
        restart=lambda: None,
    )
    return card, watch.check, told


def test_the_watch_enlarges_and_tells(watched: tuple[Card, Callable[[], float], list[BufferSize]]) -> None:
    card, check, told = watched
    card.call()
    assert check() == 0.5
    card.loud = True
    card.call(underflow=True)
    assert check() == 0.05, "it looks again soon, for a moment of silence"
    assert told == []
    card.loud = False
    card.call()
    card.clock.now_s += 0.2
    assert check() == 0.5
    assert told == [SIZES[1]]
