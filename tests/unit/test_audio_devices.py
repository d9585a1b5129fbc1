from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakes.audio import FakeCard, FakeMicrophone, FakeSoundDevice, FakeSpeaker
from voicecli.audio import device_watchdog
from voicecli.audio import devices as devices_module
from voicecli.audio import microphone as microphone_module
from voicecli.audio import speaker as speaker_module
from voicecli.audio import stream as stream_module
from voicecli.audio.clock import SampleClock
from voicecli.audio.device_watchdog import LONGEST_WAIT_S, DeviceWatch
from voicecli.audio.devices import Device, Direction, backend, choose, list_devices
from voicecli.audio.file_devices import FileMicrophone, FileSpeaker, NullSpeaker
from voicecli.audio.microphone import SoundDeviceMicrophone, Zeros
from voicecli.audio.open_devices import open_microphone, open_speaker
from voicecli.audio.ports import Microphone, Speaker
from voicecli.audio.sound_files import WavWriter
from voicecli.audio.speaker import SoundDeviceSpeaker
from voicecli.errors import AudioBackendMissing, AudioError, DeviceLost, NoInputDevice, NoOutputDevice
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, silence

Install = Callable[..., FakeSoundDevice]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    def put(*cards: FakeCard) -> FakeSoundDevice:
        sd = FakeSoundDevice(*cards)
        for module in (devices_module, stream_module, speaker_module):
            monkeypatch.setattr(module, "backend", lambda: sd)
        return sd

    return put


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (stream_module, microphone_module, speaker_module):
        monkeypatch.setattr(module, "time", clock)
    return clock


def device(
    index: int,
    name: str,
    *,
    inputs: int = 1,
    outputs: int = 0,
    host_api: str = "ALSA",
    rate_hz: int = 48_000,
    default: Direction | None = None,
) -> Device:
    return Device(
        index=index,
        name=name,
        host_api=host_api,
        input_channels=inputs,
        output_channels=outputs,
        rate_hz=rate_hz,
        default_input=default == "input",
        default_output=default == "output",
    )


DEVICES = [
    device(0, "HDMI", inputs=0, outputs=8, default="output"),
    device(1, "Blue Yeti USB"),
    device(2, "USB Headset", outputs=2, default="input"),
    device(3, "usb headset", inputs=0, outputs=2, host_api="JACK"),
    device(4, "Webcam"),
    device(5, "Webcam", host_api="JACK"),
]


@pytest.mark.parametrize(
    ("wanted", "direction", "index"),
    [
        ("", "input", 2),
        (None, "input", 2),
        ("", "output", 0),
        ("1", "input", 1),
        (1, "input", 1),
        ("Blue Yeti USB", "input", 1),
        ("blue yeti usb", "input", 1),
        ("yeti", "input", 1),
        ("headset", "input", 2),
        ("USB Headset", "output", 2),
        ("usb headset", "output", 3),
        ("Webcam", "input", 4),
        ("Webcam, JACK", "input", 5),
        ("web", "input", 4),
    ],
)
def test_a_device_is_found_by_number_name_or_part_of_its_name(
    wanted: str | int | None, direction: Direction, index: int
) -> None:
    assert choose(DEVICES, wanted, direction).index == index


@pytest.mark.parametrize(
    ("wanted", "direction", "words"),
    [
        ("usb", "input", '"usb" could be more than one microphone: 1 (Blue Yeti USB), 2 (USB Headset).'),
        ("Webcan", "input", 'There is no microphone called "Webcan". Did you mean Webcam?'),
        ("zzz", "input", 'There is no microphone called "zzz".'),
        ("Webcam", "output", 'There is no speaker called "Webcam".'),
        ("0", "input", "Device 0 (HDMI) is not a microphone."),
        ("4", "output", "Device 4 (Webcam) is not a speaker."),
        (9, "input", "There is no device number 9."),
    ],
)
def test_a_device_that_is_not_there_is_told_with_a_way_on(wanted: str | int, direction: Direction, words: str) -> None:
    with pytest.raises(NoInputDevice if direction == "input" else NoOutputDevice) as caught:
        choose(DEVICES, wanted, direction)

    assert words in caught.value.message
    assert caught.value.hint


def test_without_any_device_there_is_no_microphone_and_no_speaker(install: Install) -> None:
    install()
    with pytest.raises(NoInputDevice, match="There is no microphone"):
        SoundDeviceMicrophone()
    with pytest.raises(NoOutputDevice, match="There is no speaker"):
        SoundDeviceSpeaker("", 22_050)


def test_the_first_able_device_serves_where_the_system_has_no_choice_of_its_own() -> None:
    assert choose(DEVICES[3:], "", "input").index == 4


def test_devices_are_listed_with_the_systems_own_choice(install: Install) -> None:
    install(FakeCard("a", inputs=0, outputs=2), FakeCard("b", inputs=2, outputs=0, host_api="JACK", rate_hz=44_100))

    assert list_devices() == [
        device(0, "a", inputs=0, outputs=2, default="output"),
        device(1, "b", inputs=2, host_api="JACK", rate_hz=44_100, default="input"),
    ]


@pytest.mark.parametrize("program", ["apt-get", "dnf", "pacman", "brew", None])
def test_a_missing_portaudio_is_told_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, program: str | None
) -> None:
    class Finder:
        def find_spec(self, name: str, path: object, target: object = None) -> None:  # noqa: ARG002 - Python's own
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    monkeypatch.setattr("voicecli.audio.devices.shutil.which", lambda name: name if name == program else None)
    with pytest.raises(AudioBackendMissing, match="PortAudio") as caught:
        backend()

    assert caught.value.hint == devices_module.INSTALL_COMMANDS.get(
        program or "", "Install PortAudio with the package manager of your system."
    )


@pytest.mark.parametrize(
    ("failure", "says", "hint"),
    [
        (ImportError("no module named _sounddevice"), "sounddevice cannot be imported", "pip install sounddevice"),
        (RuntimeError("Error initializing PortAudio: [-9999]"), "PortAudio.*does not start", "voicecli doctor"),
        (AttributeError("undefined symbol: Pa_GetVersionInfo"), "PortAudio.*does not start", "voicecli doctor"),
    ],
)
def test_a_sound_library_that_does_not_work_is_told_like_one_that_is_missing(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, says: str, hint: str
) -> None:
    class Finder:
        def find_spec(self, name: str, path: object, target: object = None) -> None:  # noqa: ARG002 - Python's own
            if name == "sounddevice":
                raise failure

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    with pytest.raises(AudioBackendMissing, match=says) as caught:
        backend()
    assert str(failure) in caught.value.message
    assert caught.value.hint == hint


def test_files_and_none_are_opened_without_a_sound_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise AssertionError("the sound card was asked for")

    monkeypatch.setattr(devices_module, "backend", fail)
    wav = tmp_path / "a.wav"
    with WavWriter(wav, RATE_HZ) as writer:
        writer.write(silence(10))
    clock = SampleClock(realtime=False)

    assert isinstance(open_microphone(str(wav), clock), FileMicrophone)
    assert isinstance(open_microphone([str(wav), str(wav)], clock), FileMicrophone)
    out = open_speaker(str(tmp_path / "out.wav"), 22_050, clock)
    assert isinstance(out, FileSpeaker)
    out.stop()
    assert isinstance(open_speaker("none", 22_050, clock), NullSpeaker)
    with pytest.raises(NoInputDevice, match="turned off"):
        open_microphone("none", clock)
    with pytest.raises(NoInputDevice, match="Several microphones"):
        open_microphone(["1", "2"], clock)
    with pytest.raises(AudioError, match="There is no file"):
        open_microphone("gone.wav", clock)


def test_cards_are_opened_by_name(install: Install) -> None:
    install(FakeCard("USB Headset"))
    clock = SampleClock(realtime=False)

    assert open_microphone("headset", clock).name == "USB Headset"
    assert open_microphone([""], clock).name == "USB Headset"
    assert open_speaker("", 22_050, clock).name == "USB Headset"


class Sink:
    def __init__(self) -> None:
        self.blocks: list[Pcm] = []
        self.at: list[int] = []

    def __call__(self, block: Pcm, at_sample: int) -> None:
        assert block.shape == (BLOCK_SAMPLES,)
        self.blocks.append(block)
        self.at.append(at_sample)


def test_a_willing_card_gives_its_blocks_untouched(install: Install) -> None:
    sd, sink = install(FakeCard()), Sink()
    microphone: Microphone = SoundDeviceMicrophone()
    microphone.start(sink)
    stream = sd.streams[0]
    frames = np.arange(320, dtype=np.int16).reshape(320, 1)
    stream.call(frames)
    frames[:] = 0  # PortAudio uses its buffer again
    stream.call(frames)

    assert stream.settings["samplerate"] == RATE_HZ
    assert stream.settings["channels"] == 1
    assert np.array_equal(sink.blocks[0], np.arange(320))
    assert not sink.blocks[1].any()
    assert sink.at == [0, 320]


def test_a_card_delivers_half_a_block_at_a_time_and_keeps_much_more(install: Install) -> None:
    sd, sink = install(FakeCard()), Sink()
    SoundDeviceMicrophone().start(sink)
    stream = sd.streams[0]
    assert stream.settings["blocksize"] == BLOCK_SAMPLES // 2
    assert stream.settings["latency"] >= 0.08
    half = np.arange(160, dtype=np.int16).reshape(160, 1)
    stream.call(half)
    assert sink.blocks == []
    stream.call(half + 160)
    assert np.array_equal(sink.blocks[0], np.arange(320))
    assert sink.at == [0]


def test_a_card_that_refuses_16_khz_is_resampled_into_exact_blocks(install: Install) -> None:
    sd, sink = install(FakeCard(rate_hz=44_100, rates=[44_100])), Sink()
    SoundDeviceMicrophone().start(sink)
    tone = np.rint(8_000 * np.sin(2 * np.pi * 500 * np.arange(44_100) / 44_100)).astype(np.int16)
    for start in range(0, 44_100, 882):
        sd.streams[0].call(tone[start : start + 882].reshape(-1, 1))
    heard = np.concatenate(sink.blocks)

    assert sd.streams[0].settings["samplerate"] == 44_100
    assert len(heard) >= RATE_HZ - 2 * BLOCK_SAMPLES, "no more than 40 ms may be held back"
    middle = slice(1_000, 15_000)
    expected = 8_000 * np.sin(2 * np.pi * 500 * np.arange(RATE_HZ) / RATE_HZ)
    assert np.abs(heard[middle] - expected[middle]).max() < 10
    assert sink.at == list(range(0, len(heard), BLOCK_SAMPLES))


def test_a_card_that_has_only_many_channels_is_mixed(install: Install) -> None:
    sd, sink = install(FakeCard(inputs=4, channels=[4])), Sink()
    SoundDeviceMicrophone().start(sink)
    sd.streams[0].call(np.tile(np.array([400, 0, 0, 0], dtype=np.int16), (320, 1)))

    assert sd.streams[0].settings["channels"] == 4
    assert sink.blocks[0].tolist() == [100] * 320


def test_lost_blocks_are_counted_and_the_indices_go_on_over_them(install: Install) -> None:
    sd, sink = install(FakeCard()), Sink()
    microphone = SoundDeviceMicrophone()
    microphone.start(sink)
    frames = np.zeros((320, 1), dtype=np.int16)
    sd.streams[0].call(frames)
    sd.streams[0].call(frames, overflow=True)

    assert sink.at == [0, 640]
    assert microphone.health().lost_blocks == 1


def test_a_card_that_takes_nothing_is_told_by_name(install: Install) -> None:
    install(FakeCard("Odd Card", rates=[]))
    with pytest.raises(AudioError, match=r"Odd Card cannot be opened: Invalid sample rate") as caught:
        SoundDeviceMicrophone().start(Sink())
    assert "voicecli devices" in caught.value.hint


def test_a_card_that_is_in_use_is_told_and_not_left_open(install: Install) -> None:
    sd = install(FakeCard())
    sd.refuses_start = True
    with pytest.raises(AudioError, match="Device unavailable"):
        SoundDeviceMicrophone().start(Sink())

    assert {stream.state for stream in sd.streams} == {"closed"}


@pytest.mark.parametrize(
    ("card", "rate_hz"),
    [
        (FakeCard(), 22_050),
        (FakeCard(rates=[44_100], rate_hz=44_100), 44_100),
        (FakeCard(channels=[2]), 22_050),
        (FakeCard(channels=[8], outputs=8, rates=[48_000]), 48_000),
    ],
)
def test_a_speaker_plays_at_the_voices_rate_or_at_its_own_on_whatever_channels_it_has(
    install: Install, card: FakeCard, rate_hz: int
) -> None:
    sd = install(card)
    speaker: Speaker = SoundDeviceSpeaker("", 22_050)
    assert speaker.rate_hz == rate_hz
    speaker.start(lambda samples: np.arange(samples, dtype=np.int16))
    stream = sd.streams[0]
    frames = np.full((50, stream.settings["channels"]), 7, dtype=np.int16)
    stream.call(frames)

    assert stream.settings["samplerate"] == rate_hz
    assert np.array_equal(frames, np.repeat(np.arange(50)[:, None], frames.shape[1], axis=1))


def test_a_speaker_counts_underflows_and_falls_silent_when_stopped(install: Install) -> None:
    sd = install(FakeCard())
    speaker = SoundDeviceSpeaker(None, 22_050)
    speaker.start(lambda samples: np.full(samples, 5, dtype=np.int16))
    frames = np.zeros((441, 1), dtype=np.int16)
    sd.streams[0].call(frames, underflow=True)
    assert speaker.health().lost_blocks == 0, "nothing sounded before"
    sd.streams[0].call(frames, underflow=True)
    assert speaker.health().lost_blocks == 1
    assert frames.all()
    speaker.stop()
    speaker.stop()
    sd.streams[0].call(frames)

    assert not frames.any()
    assert sd.streams[0].state == "closed"
    assert not speaker.health().alive


def test_a_microphone_that_was_stopped_gives_no_more_blocks(install: Install) -> None:
    sd, sink = install(FakeCard()), Sink()
    microphone = SoundDeviceMicrophone()
    microphone.start(sink)
    microphone.stop()
    sd.streams[0].call(np.zeros((320, 1), dtype=np.int16))
    microphone.acquire()

    assert sink.blocks == []
    assert len(sd.streams) == 1, "what was stopped is not opened again"


def test_a_card_is_alive_while_it_calls_and_not_when_it_gave_up(install: Install, clock: Clock) -> None:
    sd = install(FakeCard())
    microphone = SoundDeviceMicrophone()
    assert not microphone.health().alive
    microphone.start(Sink())
    stream = sd.streams[0]
    clock.now_s += 2.5
    assert microphone.health().alive, "the first callback may take its time"
    stream.call(np.zeros((320, 1), dtype=np.int16))
    clock.now_s += 0.9
    assert microphone.health().alive
    clock.now_s += 0.2
    assert not microphone.health().alive, "a server that hangs does not say so"
    stream.call(np.zeros((320, 1), dtype=np.int16))
    assert microphone.health().alive
    stream.give_up()
    assert not microphone.health().alive


def test_after_a_gap_the_indices_count_what_was_missed(install: Install, clock: Clock) -> None:
    sd, sink = install(FakeCard()), Sink()
    microphone = SoundDeviceMicrophone()
    microphone.start(sink)
    frames = np.zeros((320, 1), dtype=np.int16)
    sd.streams[0].call(frames)
    clock.now_s += 1.5
    assert microphone.release()
    clock.now_s += 0.5
    assert microphone.release(), "releasing twice changes nothing"
    sd.refuses_start = True
    with pytest.raises(AudioError):
        microphone.acquire()
    sd.refuses_start = False
    clock.now_s += 1
    microphone.acquire()
    sd.streams[-1].call(frames)

    assert sink.at == [0, 320 + 3 * RATE_HZ]


def test_a_device_given_by_number_is_found_again_by_name(install: Install) -> None:
    sd = install(FakeCard("other"), FakeCard("mine"))
    microphone = SoundDeviceMicrophone("1")
    microphone.start(Sink())
    microphone.release()
    sd.cards.reverse()
    microphone.acquire()

    assert [stream.settings["device"] for stream in sd.streams] == [1, 0]
    assert microphone.name == "mine"


def test_a_stream_that_cannot_be_closed_is_left_behind(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "CLOSE_S", 0.01)
    sd, sink, thawed = install(FakeCard()), Sink(), threading.Event()
    sd.on_abort = lambda: thawed.wait(20)
    microphone = SoundDeviceMicrophone()
    microphone.start(sink)
    assert not microphone.release()
    assert not microphone.release()
    sd.streams[0].call(np.zeros((320, 1), dtype=np.int16))
    assert sink.blocks == [], "what it still has to say is not heard"
    microphone.stop()
    thawed.set()
    deadline_s = time.monotonic() + 20
    while not microphone.release():
        assert time.monotonic() < deadline_s

    assert sd.streams[0].state == "closed"


class Watched:
    """A watch over two fake devices, and its reports."""

    def __init__(self) -> None:
        self.microphone, self.speaker = FakeMicrophone(), FakeSpeaker()
        self.told: list[DeviceLost | str] = []
        self.restarts = 0
        self.asleep_s = 4000.0
        self.watch = DeviceWatch(
            self.microphone,
            self.speaker,
            on_lost=self.told.append,
            on_back=lambda: self.told.append("back"),
            restart=self.restart,
            on_silent=lambda name: self.told.append(f"silent: {name}"),
            on_dropped=lambda word, blocks: self.told.append(f"{word}: {blocks}"),
            asleep_s=lambda: self.asleep_s,
        )

    def restart(self) -> None:
        assert not self.microphone.alive, "a restart ends every stream"
        self.restarts += 1


def test_sound_that_a_device_loses_is_counted_and_told() -> None:
    watched = Watched()
    watched.microphone.lose(2)
    watched.watch.check()
    watched.microphone.lose(3)
    watched.watch.check()
    watched.watch.check()

    assert watched.told == ["microphone: 2", "microphone: 3"]
    assert watched.restarts == 0


def test_nothing_is_done_while_all_is_well() -> None:
    watched = Watched()

    assert watched.watch.check() == 0.5
    assert watched.told == []
    assert watched.restarts == 0


def test_a_lost_device_is_told_once_tried_ever_more_seldom_and_told_once_when_back() -> None:
    watched = Watched()
    watched.microphone.alive = False
    watched.microphone.failures = [NoInputDevice("no")] * 6
    waits = [watched.watch.check() for _ in range(6)]
    assert waits == [0.5, 1.0, 2.0, 4.0, LONGEST_WAIT_S, LONGEST_WAIT_S]
    assert len(watched.told) == 1
    lost = watched.told[0]
    assert isinstance(lost, DeviceLost)
    assert lost.message == "The microphone fake microphone does not answer any more."

    assert watched.watch.check() == 0.5
    assert watched.watch.check() == 0.5
    assert watched.told[1:] == ["back"]
    assert watched.restarts == 7


def test_a_device_that_opens_but_delivers_nothing_is_not_back() -> None:
    watched = Watched()
    watched.microphone.alive = watched.microphone.flows = False
    waits = [watched.watch.check() for _ in range(3)]
    assert waits == [0.1, 0.1, 0.1]
    assert watched.restarts == 1
    watched.microphone.alive = False  # the first block did not come in time
    watched.watch.check()
    assert watched.restarts == 2
    assert len(watched.told) == 1
    watched.microphone.flows = True
    assert watched.watch.check() == 0.5
    assert watched.told[1:] == ["back"]


@pytest.mark.parametrize(("slept_s", "words"), [(3.0, "3 seconds"), (60.0, "1 minute,"), (5400.0, "90 minutes")])
def test_after_the_machine_was_suspended_both_are_opened_again(slept_s: float, words: str) -> None:
    watched = Watched()
    watched.asleep_s += slept_s
    watched.watch.check()
    lost, back = watched.told
    assert isinstance(lost, DeviceLost)
    assert f"suspended for {words}" in lost.message
    assert back == "back"
    assert (watched.restarts, watched.microphone.opens) == (1, 1)
    assert watched.watch.check() == 0.5
    assert watched.restarts == 1


def test_a_card_that_another_program_held_at_the_start_is_opened_once_it_is_free() -> None:
    watched = Watched()
    watched.microphone.alive = False
    watched.microphone.failures = [AudioError("busy")]
    back = threading.Event()
    watched.watch._on_back = back.set
    watched.watch.start(lost=True)
    assert back.wait(20)
    watched.watch.stop()
    assert watched.told == []  # whoever started it has told it
    assert watched.restarts == 2


def test_a_device_that_is_lost_before_the_watch_begins_is_told() -> None:
    watched = Watched()
    watched.microphone.alive = False
    back = threading.Event()
    watched.watch._on_back = back.set
    watched.watch.start()
    assert back.wait(20)
    watched.watch.stop()
    assert [type(each) for each in watched.told] == [DeviceLost]


def test_a_microphone_that_delivers_only_zeros_is_told_once_and_when_it_is_over() -> None:
    watched = Watched()
    watched.microphone.silent = True
    watched.watch.check()
    watched.watch.check()
    watched.microphone.silent = False
    watched.watch.check()
    assert watched.told == ["silent: fake microphone", "silent: "]


def test_a_watch_survives_what_nobody_expected() -> None:
    watched = Watched()
    watched.microphone.alive = False
    watched.microphone.failures = [ZeroDivisionError()]
    back = threading.Event()
    watched.watch._on_back = back.set
    before_s, device_watchdog.LONGEST_WAIT_S = device_watchdog.LONGEST_WAIT_S, 0.01
    try:
        watched.watch.start()
        assert back.wait(20)
    finally:
        device_watchdog.LONGEST_WAIT_S = before_s
    watched.watch.stop()


def test_a_watch_that_hangs_in_a_restart_keeps_nobody_from_ending(monkeypatch: pytest.MonkeyPatch) -> None:
    watched, thawed = Watched(), threading.Event()
    watched.microphone.alive = False

    def hang() -> None:
        thawed.wait(20)

    watched.watch._restart = hang
    watched.watch.start()
    time.sleep(0.6)
    began_s = time.monotonic()
    left_open: list[bool] = []
    monkeypatch.setattr(device_watchdog, "leave_open_at_exit", lambda: left_open.append(True))
    watched.watch.stop()
    assert time.monotonic() - began_s < 1.0
    assert left_open == [True], "closing PortAudio under the thread that hangs in it would crash at the end"
    thawed.set()
    watched.watch._thread.join(20)


def fed(*parts: tuple[float, int]) -> bool:
    """Whether a microphone counts as silent after so many seconds of each value."""
    zeros = Zeros()
    for seconds, value in parts:
        for _ in range(round(seconds * 50)):
            zeros.take(np.full((320, 1), value, dtype=np.int16), 0.02)
    return zeros.last


def test_only_zeros_are_told_where_there_should_be_sound() -> None:
    assert not fed((1.4, 0))
    assert fed((1.6, 0))
    assert not fed((1.6, 0), (0.1, 1))
    assert not fed((2, 1), (5, 0)), "it has a noise gate, as headsets do"
    assert not fed((6, 1), (0.5, 0), (6, 1), (5, 0)), "the same, and somebody talked with pauses"
    assert fed((11, 1), (1.6, 0)), "it had a noise of its own, and has been muted"


def test_portaudio_is_not_restarted_under_a_stream_that_hangs() -> None:
    watched = Watched()
    watched.microphone.alive = False
    watched.microphone.hangs = True
    watched.watch.check()
    assert watched.restarts == 0
    watched.microphone.hangs = False
    watched.watch.check()

    assert watched.restarts == 1
    assert watched.told[-1] == "back"


def test_what_is_no_card_is_not_watched() -> None:
    speaker = FakeSpeaker()
    speaker.alive = False
    told: list[object] = []
    watch = DeviceWatch(None, speaker, on_lost=told.append, on_back=lambda: None)
    watch.start()
    watch.check()
    watch.stop()

    assert told == []


def test_a_watch_runs_by_itself_and_stops() -> None:
    watched = Watched()
    watched.microphone.alive = False
    back = threading.Event()
    watched.watch._on_back = back.set
    watched.watch.start()
    assert back.wait(20)
    watched.watch.stop()
    watched.watch.stop()

    assert not watched.watch._thread.is_alive()


def test_native_noise_goes_to_the_log_and_pythons_own_words_stay(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = (
        "import os, sys; from pathlib import Path; from voicecli.audio.library_output import redirect_native_stderr\n"
        "redirect_native_stderr(Path(sys.argv[1]))\n"
        "os.write(2, b'native\\n'); print('python', file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, log], capture_output=True, text=True, check=True)

    assert done.stderr == "python\n"
    assert log.read_text() == "native\n"
    if os.name == "posix":
        assert log.stat().st_mode & 0o777 == 0o600
