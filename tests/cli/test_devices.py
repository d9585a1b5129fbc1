"""`voicecli devices` from the outside, with a fake sound card."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner, Result

from fakes.audio import FakeCard, FakeMicrophone, FakeSoundDevice
from voicecli.app import startup
from voicecli.audio import devices as rooms
from voicecli.audio import open_devices, speaker, stream
from voicecli.audio.ports import BlockSink
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.cli.devices import EPILOG, devices
from voicecli.errors import AudioBackendMissing, ConfigError, DeviceLost, NoInputDevice, NoOutputDevice, VoiceCliError
from voicecli.pcm import Pcm, silence

Run = Callable[..., Result]
CARDS = (
    FakeCard("HDMI", inputs=0, outputs=8),
    FakeCard("Webcam", outputs=0),
    FakeCard("USB Headset", outputs=2, rate_hz=16_000),
)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "config.toml"
    file.write_text("")
    monkeypatch.setenv("VOICECLI_CONFIG", str(file))
    return file


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeSoundDevice]:
    def put(*cards: FakeCard) -> FakeSoundDevice:
        sd = FakeSoundDevice(*cards)
        for module in (rooms, stream, speaker):
            monkeypatch.setattr(module, "backend", lambda: sd)
        return sd

    return put


@pytest.fixture
def run(config: Path, install: Callable[..., FakeSoundDevice], monkeypatch: pytest.MonkeyPatch) -> Run:  # noqa: ARG001 - a test must not touch the user's own
    install(*CARDS)
    monkeypatch.setattr(startup, "prepare", lambda: None)  # it would redirect the test run's own output
    app = typer.Typer()
    app.command(epilog=EPILOG)(devices)

    def call(*arguments: str, fails: type[VoiceCliError] | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        if fails is None:
            assert result.exception is None, result.exception
        else:
            assert isinstance(result.exception, fails), result.exception
        return result

    return call


class Spoken(FakeMicrophone):
    """Pushes all its sound when it is started."""

    def __init__(self, pcm: Pcm) -> None:
        super().__init__()
        self.pcm = pcm

    def start(self, sink: BlockSink) -> None:
        super().start(sink)
        self.hear(self.pcm)


@pytest.fixture
def hears(monkeypatch: pytest.MonkeyPatch) -> Callable[[Pcm], None]:
    def put(pcm: Pcm) -> None:
        monkeypatch.setattr(open_devices, "open_microphone", lambda _spec, _clock: Spoken(pcm))

    return put


def test_all_devices_are_listed_with_what_they_are_used_as(run: Run) -> None:
    lines = [line.split("\t") for line in run().stdout.splitlines()]

    assert lines == [
        ["0", "HDMI", "ALSA", "-", "8", "48000 Hz", "speaker"],
        ["1", "Webcam", "ALSA", "1", "-", "48000 Hz", "microphone"],
        ["2", "USB Headset", "ALSA", "1", "2", "16000 Hz", ""],
    ]


def test_the_list_is_there_as_json(run: Run) -> None:
    records = json.loads(run("--json").stdout)

    assert [record["name"] for record in records] == ["HDMI", "Webcam", "USB Headset"]
    assert records[1] == {
        "index": 1,
        "name": "Webcam",
        "host_api": "ALSA",
        "input_channels": 1,
        "output_channels": 0,
        "rate_hz": 48_000,
        "default_microphone": True,
        "default_speaker": False,
        "used_as_microphone": True,
        "used_as_speaker": False,
    }


def test_a_chosen_device_is_kept_by_name_and_used(run: Run, config: Path) -> None:
    result = run("--use-mic", "2", "--use-speaker", "head")

    assert result.stdout == "audio.microphone = USB Headset\naudio.speaker = USB Headset\n"
    assert config.read_text().count('"USB Headset"') == 2
    listed = run().stdout.splitlines()
    assert listed[1].endswith("default microphone")
    assert listed[2].endswith("microphone, speaker")
    assert run("--use-mic", "").stdout == "audio.microphone = the system default\n"
    assert run("--use-speaker", "none").stdout == "audio.speaker = none\n"


def test_a_device_that_is_not_there_is_not_kept(run: Run, config: Path) -> None:
    run("--use-mic", "nothing", fails=NoInputDevice)
    run("--use-speaker", "Webcam", fails=NoOutputDevice)

    assert config.read_text() == ""


def test_a_choice_that_the_environment_overrides_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICECLI_AUDIO_MICROPHONE", "Webcam")

    assert "environment" in run("--use-mic", "head").stderr


def test_a_configured_device_that_was_unplugged_is_told_beside_the_list(run: Run, config: Path) -> None:
    config.write_text('[audio]\nmicrophone = "Studio"\nspeaker = "none"\n')
    result = run()

    assert 'note: There is no microphone called "Studio".' in result.stderr
    assert "speaker called" not in result.stderr
    assert len(result.stdout.splitlines()) == 3


def test_without_any_device_the_error_says_so_and_json_is_empty(
    run: Run, install: Callable[..., FakeSoundDevice]
) -> None:
    install()

    assert "There is no sound device" in str(run(fails=NoInputDevice).exception)
    assert json.loads(run("--json").stdout) == []


def test_a_missing_portaudio_is_not_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise AudioBackendMissing("PortAudio is not installed.", "install it")

    monkeypatch.setattr(rooms, "backend", fail)
    run(fails=AudioBackendMissing)


def test_a_wrong_configuration_is_told_first(run: Run, config: Path) -> None:
    config.write_text("[audio]\nmicrofone = 1\n")
    run(fails=ConfigError)


@pytest.mark.parametrize(
    ("level", "verdict", "words"),
    [
        (0, "silent", "only silence: is it muted?"),
        (4, "silent", "only silence: is it muted?"),
        (200, "quiet", "very quiet"),
        (8_000, "good", "good"),
        (32_767, "clipped", "too loud"),
    ],
)
def test_a_microphone_is_judged_in_words(
    run: Run, hears: Callable[[Pcm], None], level: int, verdict: str, words: str
) -> None:
    hears(np.full(16_000 * 2, level, dtype=np.int16))
    lines = run("--test", "--seconds", "2").stdout.splitlines()
    assert lines[-1].startswith(f"fake microphone: {words}")

    record = json.loads(run("--test", "--seconds", "2", "--json").stdout)
    assert record["verdict"] == verdict
    assert record["seconds"] == 2.0


def test_off_a_terminal_there_is_one_line_a_second_with_its_loudest(run: Run, hears: Callable[[Pcm], None]) -> None:
    pcm = silence(16_000 * 3)
    pcm[16_000:17_600] = 3_277  # a tenth of full scale, for a tenth of a second
    hears(pcm)
    lines = run("--test", "--seconds", "3").stdout.splitlines()

    assert lines[:-1] == [
        "1 s  -96 dBFS  peak -96 dBFS",
        "2 s  -20 dBFS  peak -20 dBFS",
        "3 s  -96 dBFS  peak -96 dBFS",
    ]


def test_a_microphone_that_gives_nothing_at_all_is_told(
    run: Run, hears: Callable[[Pcm], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voicecli.audio.device_test.PATIENCE_S", 0.01)
    hears(silence(0))
    run("--test", fails=DeviceLost)


def test_a_sound_file_can_be_tested_like_a_microphone(run: Run, tmp_path: Path) -> None:
    with WavWriter(tmp_path / "a.wav", 16_000) as writer:
        writer.write(np.full(16_000, 8_000, dtype=np.int16))
    out = run("--test", "--seconds", "0.2", "--mic", str(tmp_path / "a.wav")).stdout

    assert out.startswith("a.wav: good")


def test_a_tone_is_played_whole(run: Run, tmp_path: Path) -> None:
    result = run("--tone", "--speaker", str(tmp_path / "tone.wav"))
    pcm, seconds = read_wav(tmp_path / "tone.wav")
    spectrum = np.abs(np.fft.rfft(pcm[:16_000].astype(float)))

    assert result.stdout == "Played a tone on tone.wav.\n"
    assert seconds >= 1.1
    assert int(np.argmax(spectrum)) == 440
    assert np.abs(pcm).max() == pytest.approx(3_277, rel=0.02)


def test_the_module_is_light() -> None:
    script = (
        "import sys, voicecli.cli.devices\n"
        "heavy = {'numpy', 'rich', 'sounddevice', 'soxr', 'tomlkit'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
