"""The real path: PortAudio, a real sound server, virtual devices."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

from virtual_sound_card import NoSoundServer, VirtualSoundCard
from voicecli.audio.clock import SampleClock
from voicecli.audio.device_watchdog import DeviceWatch
from voicecli.audio.devices import list_devices, restart_backend
from voicecli.audio.microphone import SoundDeviceMicrophone
from voicecli.audio.open_devices import open_microphone, open_speaker
from voicecli.audio.playout import Playout
from voicecli.audio.playout_reports import TurnPlayed
from voicecli.audio.ports import HELD_MS
from voicecli.audio.resample import resample
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.audio.speaker import SoundDeviceSpeaker
from voicecli.errors import AudioError, DeviceLost, NoInputDevice, NoOutputDevice
from voicecli.pcm import RATE_HZ, Pcm, silence
from voicecli.turn import Turn

PATIENCE_S = 20.0
SCRIPT = Path(__file__).parents[2] / "scripts" / "virtual_sound_card.py"


def until(done: Callable[[], bool], what: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not done():
        assert time.monotonic() < deadline_s, f"{what} did not happen"
        time.sleep(0.01)


def speechlike(seconds: float, rate_hz: int = RATE_HZ) -> Pcm:
    """Noise in the band of a loudspeaker, with loudness that varies like syllables. Nothing repeats, so it can be aligned in only one way."""
    noise = np.random.default_rng(7).standard_normal(round(seconds * 4_000))
    syllables = 0.5 + 0.5 * np.sin(2 * np.pi * 4 * np.arange(len(noise)) / 4_000)
    loud: Pcm = np.clip(noise * syllables * 5_000, -32_000, 32_000).astype(np.int16)
    return resample(loud, 4_000, rate_hz)


def likeness(heard: Pcm, played: Pcm) -> float:
    """Correlation of `played` with the most similar part of `heard`; 1.0 if they are equal."""
    size = 1 << (len(heard) + len(played)).bit_length()
    spectrum = np.fft.rfft(heard.astype(float), size) * np.conj(np.fft.rfft(played.astype(float), size))
    best = int(np.argmax(np.fft.irfft(spectrum, size)[: len(heard)]))
    part: NDArray[np.float64] = heard[best : best + len(played)].astype(float)
    if len(part) < len(played) or not part.any():
        return 0.0
    return float(np.corrcoef(part, played)[0, 1])


class Recorder:
    """A sink that stores all blocks."""

    def __init__(self) -> None:
        self.blocks: list[Pcm] = []
        self.at: list[int] = []

    def __call__(self, block: Pcm, at_sample: int) -> None:
        self.blocks.append(block)
        self.at.append(at_sample)

    @property
    def heard(self) -> Pcm:
        return np.concatenate(self.blocks) if self.blocks else silence(0)


@pytest.fixture
def spoken(tmp_path: Path) -> tuple[Path, Pcm]:
    pcm = speechlike(1.5)
    with WavWriter(tmp_path / "spoken.wav", RATE_HZ) as writer:
        writer.write(pcm)
    return tmp_path / "spoken.wav", pcm


def test_what_is_said_into_the_microphone_arrives(card: VirtualSoundCard, spoken: tuple[Path, Pcm]) -> None:
    wav, pcm = spoken
    recorder = Recorder()
    microphone = SoundDeviceMicrophone()
    microphone.start(recorder)
    until(lambda: bool(recorder.blocks), "the first block")
    assert microphone.health().alive
    card.play_into_microphone(wav).wait()
    said = len(recorder.blocks)
    until(lambda: len(recorder.blocks) > said + 20, "the rest")
    microphone.stop()
    stopped = len(recorder.blocks)
    time.sleep(0.1)

    assert len(recorder.blocks) == stopped
    assert likeness(recorder.heard, pcm) > 0.99
    assert microphone.health().lost_blocks == 0
    assert recorder.at == list(range(0, len(recorder.blocks) * 320, 320))


@pytest.mark.parametrize("rate_hz", [22_050, 48_000])
def test_what_is_played_leaves_the_speaker_whole(card: VirtualSoundCard, tmp_path: Path, rate_hz: int) -> None:
    played = threading.Event()
    speaker = SoundDeviceSpeaker("", rate_hz)
    playout = Playout(speaker.rate_hz, on_report=lambda mark: played.set() if isinstance(mark, TurnPlayed) else None)
    pcm, turn = speechlike(1.5, 22_050), Turn(1)
    with card.record_speaker(tmp_path / "heard.wav", 48_000):
        speaker.start(playout.pull)
        playout.add(turn, 0, pcm, 22_050)
        playout.finish(turn)
        playout.open(turn)
        assert played.wait(PATIENCE_S)
        time.sleep(HELD_MS / 1000)
        speaker.stop()

    assert speaker.rate_hz == rate_hz
    assert likeness(read_wav(tmp_path / "heard.wav")[0], resample(pcm, 22_050, RATE_HZ)) > 0.99


def test_a_cancelled_turn_falls_silent_in_the_room(card: VirtualSoundCard, tmp_path: Path) -> None:
    speaker = SoundDeviceSpeaker("", 48_000)
    playout, turn = Playout(48_000), Turn(1)
    pulled_ms: list[float] = []

    def pull(samples: int) -> Pcm:
        block = playout.pull(samples)
        if block.any():
            pulled_ms.append(samples / 48)
        return block

    with card.record_speaker(tmp_path / "heard.wav", 48_000):
        speaker.start(pull)
        playout.add(turn, 0, np.full(48_000 * 3, 8_000, dtype=np.int16), 48_000)
        playout.finish(turn)
        playout.open(turn)
        until(lambda: sum(pulled_ms) >= 500, "half a second of sound")
        turn.cancel()
        cancelled_after_ms = sum(pulled_ms)
        time.sleep(0.3)
    speaker.stop()
    loud = int(np.count_nonzero(np.abs(read_wav(tmp_path / "heard.wav")[0]) > 4_000)) / 16

    assert loud <= cancelled_after_ms + 40, "more than two blocks of a cancelled turn were heard"


@pytest.mark.usefixtures("card")
def test_both_devices_are_listed_and_found_by_name() -> None:
    clock = SampleClock(realtime=False)
    names = {device.name for device in list_devices()}

    assert "pulse" in names
    assert open_microphone("PUL", clock).name == "pulse"
    assert open_speaker("pulse", 22_050, clock).name == "pulse"
    with pytest.raises(NoInputDevice, match="Did you mean pulse"):
        open_microphone("pusle", clock)


def test_without_a_sound_server_there_is_no_device(card: VirtualSoundCard) -> None:
    card.kill_server()
    restart_backend()
    with pytest.raises(NoInputDevice):
        SoundDeviceMicrophone()
    with pytest.raises(NoOutputDevice):
        SoundDeviceSpeaker("", 22_050)


def test_a_device_that_vanishes_between_looking_and_opening_is_told(card: VirtualSoundCard) -> None:
    microphone = SoundDeviceMicrophone()
    card.kill_server()
    with pytest.raises(AudioError) as caught:
        microphone.start(Recorder())
    assert "cannot be opened" in caught.value.message
    microphone.stop()


def test_a_killed_server_is_noticed_told_once_and_survived(card: VirtualSoundCard, spoken: tuple[Path, Pcm]) -> None:
    wav, pcm = spoken
    recorder, told = Recorder(), list[object]()
    pulled = [0]

    def source(samples: int) -> Pcm:
        pulled[0] += 1
        return silence(samples)

    microphone, speaker = SoundDeviceMicrophone(), SoundDeviceSpeaker("", 22_050)
    watch = DeviceWatch(microphone, speaker, on_lost=told.append, on_back=lambda: told.append("back"))
    speaker.start(source)
    microphone.start(recorder)
    watch.start()
    try:
        until(lambda: len(recorder.blocks) > 10 and pulled[0] > 10, "sound")
        card.kill_server()
        until(lambda: not (microphone.health().alive or speaker.health().alive), "the loss")
        until(lambda: bool(told), "the message")
        time.sleep(0.7)  # at least one attempt fails
        card.start_server()
        until(lambda: told[-1] == "back", "the return")
        before, pulled[0] = len(recorder.blocks), 0
        until(lambda: len(recorder.blocks) > before + 5 and pulled[0] > 5, "sound again")
        card.play_into_microphone(wav).wait()
        said = len(recorder.blocks)
        until(lambda: len(recorder.blocks) > said + 20, "the rest")
    finally:
        watch.stop()
        microphone.stop()
        speaker.stop()

    assert len(told) == 2
    assert isinstance(told[0], DeviceLost)
    assert likeness(np.concatenate(recorder.blocks[before:]), pcm) > 0.99
    gaps = np.diff(recorder.at)  # it is told to be back once it delivers sound
    assert gaps.max() > RATE_HZ // 2, "the indices count what was missed"


NOTICED_S = 2.0


class Session:
    """Both devices with a watch, as in `chat`; stores what it tells, and when."""

    def __init__(self) -> None:
        self.recorder, self.pulled = Recorder(), 0
        self.told: list[tuple[float, str]] = []
        self.microphone, self.speaker = SoundDeviceMicrophone(), SoundDeviceSpeaker("", 22_050)
        self.watch = DeviceWatch(
            self.microphone,
            self.speaker,
            on_lost=lambda error: self.tell(error.message),
            on_back=lambda: self.tell("back"),
            on_silent=lambda name: self.tell(f"silent: {name}"),
        )

    def __enter__(self) -> Self:
        self.speaker.start(self.source)
        self.microphone.start(self.recorder)
        self.watch.start()
        until(lambda: len(self.recorder.blocks) > 10 and self.pulled > 10, "sound")
        return self

    def __exit__(self, *_: object) -> None:
        self.watch.stop()
        self.microphone.stop()
        self.speaker.stop()

    def source(self, samples: int) -> Pcm:
        self.pulled += 1
        return silence(samples)

    def tell(self, what: str) -> None:
        self.told.append((time.monotonic(), what))

    def noticed(self, words: str, since_s: float) -> float:
        """Waits until something with these words is told. Returns how long that took since then."""
        until(lambda: any(words in what and at_s > since_s for at_s, what in self.told), words)
        return next(at_s for at_s, what in self.told if words in what and at_s > since_s) - since_s


def pactl(card: VirtualSoundCard, *words: str) -> str:
    command = ["pactl", *words]
    return subprocess.run(
        command, env={**os.environ, **card.environment}, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_a_microphone_that_stalls_is_noticed_within_two_seconds_and_healed(card: VirtualSoundCard) -> None:
    with Session() as session:
        began_s = time.monotonic()
        pactl(card, "suspend-source", "mic", "1")
        pactl(card, "suspend-sink", "mic_in", "1")
        assert session.noticed("microphone", began_s) < NOTICED_S
        pactl(card, "suspend-sink", "mic_in", "0")
        pactl(card, "suspend-source", "mic", "0")
        session.noticed("back", began_s)
        before = len(session.recorder.blocks)
        until(lambda: len(session.recorder.blocks) > before + 5, "sound again")
    card.kill_server()  # the next test gets all devices as they were


def test_a_speaker_that_stalls_is_noticed_within_two_seconds_and_healed(card: VirtualSoundCard) -> None:
    with Session() as session:
        began_s = time.monotonic()
        pactl(card, "suspend-sink", "speaker", "1")
        assert session.noticed("speaker", began_s) < NOTICED_S
        pactl(card, "suspend-sink", "speaker", "0")
        session.noticed("back", began_s)
        before = session.pulled
        until(lambda: session.pulled > before + 5, "sound again")
    card.kill_server()


def test_a_server_that_is_restarted_is_noticed_within_two_seconds(card: VirtualSoundCard) -> None:
    with Session() as session:
        began_s = time.monotonic()
        card.kill_server()
        assert session.noticed("do not answer", began_s) < NOTICED_S
        card.start_server()
        session.noticed("back", began_s)


def test_a_server_that_hangs_is_noticed_within_two_seconds_and_healed(card: VirtualSoundCard) -> None:
    with Session() as session:
        began_s = time.monotonic()
        card.freeze_server()
        try:
            assert session.noticed("do not answer", began_s) < NOTICED_S
        finally:
            card.thaw_server()
        session.noticed("back", began_s)


def test_a_new_default_device_is_used_at_once(card: VirtualSoundCard) -> None:
    """The sound server moves what plays on its default device to the new one, so nothing has to be told."""
    with Session() as session:
        pactl(card, "load-module", "module-null-sink", "sink_name=other")
        pactl(card, "set-default-sink", "other")
        number = next(line.split()[0] for line in pactl(card, "list", "short", "sinks").splitlines() if "other" in line)
        until(lambda: f"\t{number}\t" in pactl(card, "list", "short", "sink-inputs"), "the move")
        before = session.pulled
        until(lambda: session.pulled > before + 5, "sound")
        assert not [what for _, what in session.told if "answer" in what]
    card.kill_server()


def test_a_microphone_that_delivers_only_zeros_is_told_within_two_seconds(
    card: VirtualSoundCard, spoken: tuple[Path, Pcm]
) -> None:
    began_s = time.monotonic()
    with Session() as session:
        assert session.noticed("silent: default", began_s) < NOTICED_S + 1  # and the time it takes to open
        card.play_into_microphone(spoken[0]).wait()
        assert "silent: " in [what for _, what in session.told]


def test_a_server_that_hangs_is_noticed_and_does_not_hang_the_program(card: VirtualSoundCard) -> None:
    recorder = Recorder()
    microphone = SoundDeviceMicrophone()
    microphone.start(recorder)
    until(lambda: bool(recorder.blocks), "the first block")
    card.freeze_server()
    try:
        until(lambda: not microphone.health().alive, "the loss")
        assert not microphone.release()
        card.thaw_server()
        until(microphone.release, "the end of closing")
        restart_backend()
        before = len(recorder.blocks)
        microphone.acquire()
        until(lambda: len(recorder.blocks) > before + 5, "sound again")
        microphone.stop()
    finally:
        card.thaw_server()


def test_a_program_can_end_while_the_server_hangs(card: VirtualSoundCard) -> None:
    script = (
        "import sys; from voicecli.audio.microphone import SoundDeviceMicrophone\n"
        "microphone = SoundDeviceMicrophone(); microphone.start(lambda block, at: None)\n"
        "print('open', flush=True); sys.stdin.readline(); microphone.stop(); print('stopped', flush=True)"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    assert program.stdout.readline() == "open\n"
    card.freeze_server()
    try:
        out, _ = program.communicate("\n", timeout=PATIENCE_S)
    finally:
        card.thaw_server()
        program.kill()
    assert out == "stopped\n"
    assert program.returncode == 0


def test_a_source_that_is_removed_does_not_end_the_recording(card: VirtualSoundCard) -> None:
    """PulseAudio moves the stream to another device, and the microphone continues with the sound of that device."""
    recorder = Recorder()
    microphone = SoundDeviceMicrophone()
    microphone.start(recorder)
    until(lambda: bool(recorder.blocks), "the first block")
    environment = {**os.environ, **card.environment}
    subprocess.run(["pactl", "unload-module", "module-remap-source"], env=environment, check=True)
    time.sleep(0.3)
    before = len(recorder.blocks)
    until(lambda: len(recorder.blocks) > before + 10, "sound from another device")
    assert microphone.health().alive
    microphone.stop()
    card.kill_server()  # the next test gets all devices back


def test_the_echo_of_the_speaker_can_be_heard(tmp_path: Path) -> None:
    script = (
        "import sys, time; from voicecli.audio.microphone import SoundDeviceMicrophone\n"
        "from voicecli.audio.speaker import SoundDeviceSpeaker; from voicecli.audio.sound_files import WavWriter, read_wav\n"
        "pcm, at = read_wav(sys.argv[1])[0], [0]\n"
        "def source(samples):\n"
        "    at[0] += samples\n"
        "    part = pcm[at[0] - samples : at[0]].copy(); part.resize(samples); return part\n"
        "with WavWriter(sys.argv[2], 16000) as out:\n"
        "    microphone = SoundDeviceMicrophone(); microphone.start(lambda block, _: out.write(block))\n"
        "    speaker = SoundDeviceSpeaker('', 16000); speaker.start(source)\n"
        "    time.sleep(2); speaker.stop(); microphone.stop()\n"
    )
    pcm = speechlike(1.0)
    with WavWriter(tmp_path / "far.wav", RATE_HZ) as writer:
        writer.write(pcm)
    command = [sys.executable, "-c", script, str(tmp_path / "far.wav"), str(tmp_path / "near.wav")]
    subprocess.run([sys.executable, SCRIPT, "--echo-ms", "80", "--echo-db", "-8", "--", *command], check=True)
    near = read_wav(tmp_path / "near.wav")[0]

    assert likeness(near, pcm) > 0.95
    assert np.abs(near).max() == pytest.approx(np.abs(pcm).max() * 10 ** (-8 / 20), rel=0.1)


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def servers(folder: Path) -> list[int]:
    found = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def test_nothing_is_left_of_a_sound_card_whose_owner_was_killed() -> None:
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); from virtual_sound_card import VirtualSoundCard\n"
        "card = VirtualSoundCard(); print(card.folder, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, SCRIPT.parent], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        assert servers(folder)
        owner.send_signal(signal.SIGKILL)
    until(lambda: not folder.exists() and not servers(folder), "the end of the server")


def test_sound_cards_do_not_know_each_other(card: VirtualSoundCard) -> None:
    with VirtualSoundCard() as other:
        assert other.folder != card.folder
        assert other.environment != card.environment
    assert not other.folder.exists()
    other.close()


def test_missing_programs_are_told_with_what_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoSoundServer, match=r"pulseaudio.*make setup-sound"):
        VirtualSoundCard()


def test_the_script_runs_a_command_and_gives_its_status() -> None:
    command = [sys.executable, "-c", "import os, json; print(json.dumps(dict(os.environ))); raise SystemExit(3)"]
    done = subprocess.run([sys.executable, SCRIPT, "--", *command], capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert "virtual-sound-card-" in json.loads(done.stdout)["PULSE_SERVER"]


def test_the_command_lists_tests_and_plays(card: VirtualSoundCard, spoken: tuple[Path, Pcm], tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    environment = {**os.environ, "VOICECLI_CONFIG": str(tmp_path / "config.toml"), "XDG_STATE_HOME": str(tmp_path)}

    def voicecli(*arguments: str) -> str:
        start = "import sys; from voicecli.cli.main import main; sys.exit(main())"
        command = [sys.executable, "-c", start, "devices", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "native libraries stay off the screen"
        return done.stdout

    listed = json.loads(voicecli("--json"))
    assert [device["name"] for device in listed if device["used_as_microphone"]] == ["default"]
    assert "only silence" in voicecli("--test", "--seconds", "0.5")
    with card.play_into_microphone(spoken[0]):
        assert json.loads(voicecli("--test", "--seconds", "1.5", "--json"))["verdict"] == "good"
    with card.record_speaker(tmp_path / "heard.wav", RATE_HZ):
        voicecli("--tone")
    heard = read_wav(tmp_path / "heard.wav")[0]
    loud = np.nonzero(np.abs(heard) > 300)[0]
    assert (loud[-1] - loud[0]) / RATE_HZ == pytest.approx(1.0, abs=0.02), "the tone is heard to its end"
