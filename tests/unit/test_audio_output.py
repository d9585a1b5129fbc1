"""Sound files that a user names: what is replaced, what is refused, and their content."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from voicecli.audio.clock import SampleClock
from voicecli.audio.devices import is_file
from voicecli.audio.open_devices import open_speaker
from voicecli.audio.output_file import WRITABLE, SoundFile, check_target
from voicecli.audio.sound_files import WavWriter, read_audio, read_wav
from voicecli.errors import AudioError, UnsupportedFormat, VoiceCliError, WouldOverwrite
from voicecli.pcm import RATE_HZ, Pcm

VOICE_HZ = 22_050
TONE_HZ = 440


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def tone(seconds: float = 1.0) -> Pcm:
    n = np.arange(round(seconds * VOICE_HZ))
    pcm: Pcm = (8000 * np.sin(2 * np.pi * TONE_HZ * n / VOICE_HZ)).astype(np.int16)
    return pcm


def write(path: Path, pcm: Pcm, *, force: bool = False) -> None:
    file = SoundFile(path, VOICE_HZ, force=force)
    for start in range(0, len(pcm), 441):
        file.write(pcm[start : start + 441])
    file.close()
    file.close()


@pytest.mark.parametrize("suffix", WRITABLE)
def test_a_file_holds_what_its_suffix_says(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    write(path, tone())
    magic = {".wav": b"RIFF", ".flac": b"fLaC", ".ogg": b"OggS", ".oga": b"OggS", ".opus": b"OggS"}
    magic |= {".aiff": b"FORM", ".aif": b"FORM", ".aac": b"\xff\xf1", ".mp3": b"ID3"}
    data = path.read_bytes()
    assert data[4:8] == b"ftyp" if suffix == ".m4a" else data.startswith(magic[suffix])
    pcm, seconds = read_audio(path)
    assert seconds == pytest.approx(1.0, abs=0.1)  # AAC has some silence at its ends
    middle = pcm[4000:12_000].astype(float)
    assert np.abs(np.fft.rfft(middle)).argmax() * RATE_HZ / len(middle) == pytest.approx(TONE_HZ, abs=3)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == [path.name]
    write(path, tone(0.5))  # and may be replaced
    assert read_audio(path)[1] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("name", ["headset", "notes.txt", "out.wma", "film.mp4", "out."])
def test_a_name_that_is_none_of_a_sound_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for there in (False, True):
        if there:
            path.write_bytes(b"RIFF\0\0\0\0WAVE")
        with pytest.raises(UnsupportedFormat, match="is not the name of a sound file") as caught:
            check_target(path, force=True)
        assert ".wav" in caught.value.hint
        assert path.exists() is there


def test_what_is_no_sound_file_is_replaced_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "diary.wav"
    path.write_text("Dear diary")
    with pytest.raises(WouldOverwrite, match="exists and is not a sound file"):
        write(path, tone())
    assert path.read_text() == "Dear diary"
    write(path, tone(), force=True)
    assert read_wav(path)[1] == pytest.approx(1.0)


@pytest.mark.parametrize("data", [b"\xff\xfeD\0i\0a\0r\0y\0", b"\x89PNG\r\n\x1a\n\0\0\0\r", b"FORM\0\0\0\0ILBM"])
def test_other_files_are_not_taken_for_sound(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(data)
    with pytest.raises(WouldOverwrite):
        check_target(path)


def test_an_empty_file_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "made by mktemp.wav"
    path.touch()
    write(path, tone())
    assert read_wav(path)[1] == pytest.approx(1.0)


@pytest.mark.parametrize("keep", [False, True])
def test_until_it_is_whole_the_old_file_stays(tmp_path: Path, keep: bool) -> None:
    path = tmp_path / "a.wav"
    write(path, tone(2))
    before = path.read_bytes()

    for end in ("discard", "close"):  # nothing written; nothing whole
        file = SoundFile(path, VOICE_HZ, keep=keep)
        file.open()
        if end == "discard":
            file.write(tone())
        assert path.read_bytes() == before
        getattr(file, end)()
        assert path.read_bytes() == before
        assert names(tmp_path) == ["a.wav"]


def test_a_new_file_that_is_kept_grows_under_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    file = SoundFile(path, VOICE_HZ, keep=True)
    assert not path.exists()
    file.write(tone(1.5))
    assert read_wav(path)[1] >= 1
    file.close()
    assert read_wav(path)[1] == pytest.approx(1.5)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.wav").touch()
    link = tmp_path / "link.wav"
    link.symlink_to("real.wav")
    write(link, tone())
    assert link.is_symlink()
    assert read_wav(tmp_path / "real.wav")[1] == pytest.approx(1.0)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    write(path, tone(2))
    before = path.read_bytes()

    close = WavWriter.close

    def fail(writer: WavWriter) -> None:
        close(writer)
        raise AudioError("a.wav cannot be written: the disk is full.", "df -h")

    file = SoundFile(path, VOICE_HZ)
    file.write(tone())
    monkeypatch.setattr(WavWriter, "close", fail)
    with pytest.raises(AudioError, match="the disk is full"):
        file.close()
    assert path.read_bytes() == before
    assert names(tmp_path) == ["a.wav"]


@pytest.mark.parametrize("path", ["gone/a.wav", "folder.wav"])
def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(AudioError, match="cannot be written"):
        check_target(tmp_path / path)


# ---- streams

SCRIPT = """
import sys
import numpy as np
from voicecli.audio.output_file import SoundFile
file = SoundFile(sys.argv[1], 22050)
file.write(np.arange(30_000, dtype=np.int16))
file.close()
"""


def streamed(target: str, redirect: str) -> bytes:
    command = f"{sys.executable} -c '{SCRIPT}' {target} {redirect}"
    return subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=60).stdout


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="a shell's redirections")
@pytest.mark.parametrize("target", ["-", "/dev/stdout", "/dev/fd/1"])
def test_a_pipe_gets_a_header_of_unknown_length(tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = streamed(target, "| cat")
    assert struct.unpack_from("<I", out, 4) == struct.unpack_from("<I", out, 40) == (0xFFFF_FFFF,)
    assert out[44:] == np.arange(30_000, dtype="<i2").tobytes()
    assert names(tmp_path) == []
    (tmp_path / "a.wav").write_bytes(out)
    assert read_wav(tmp_path / "a.wav")[1] == pytest.approx(30_000 / 22_050)


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="a shell's redirections")
@pytest.mark.parametrize("target", ["-", "/dev/stdout"])
def test_a_file_that_the_shell_opened_is_completed_and_never_cut(tmp_path: Path, target: str) -> None:
    file = tmp_path / "a.wav"
    streamed(target, f"> {file}")
    assert struct.unpack_from("<I", file.read_bytes(), 40) == (60_000,)
    log = tmp_path / "log"
    log.write_bytes(b"before")
    streamed(target, f">> {log}")
    assert log.read_bytes().startswith(b"beforeRIFF\xff\xff\xff\xff")
    assert len(log.read_bytes()) == 6 + 44 + 60_000


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a matter of Unix")
def test_a_reader_that_goes_away_is_a_broken_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["head", "-c", "10", pipe], stdout=subprocess.DEVNULL) as head:
        file = SoundFile(pipe, VOICE_HZ)
        file.open()
        head.wait()
        with pytest.raises(BrokenPipeError):
            file.write(tone(10))
        file.discard()
    assert pipe.is_fifo()


# ---- loudspeakers and files


def test_a_device_is_no_file_whatever_files_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "headset").write_text("mine")
    assert not is_file("headset")
    assert not is_file("HDMI / DisplayPort 1")
    assert is_file("out.wav")
    assert is_file("./headset")
    with pytest.raises(VoiceCliError, match="is not the name of a sound file"):
        open_speaker("./headset", VOICE_HZ, SampleClock(realtime=False))
    assert (tmp_path / "headset").read_text() == "mine"


def test_a_speaker_that_never_starts_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "old.wav"
    write(path, tone())
    before = path.read_bytes()
    speaker = open_speaker(str(path), VOICE_HZ, SampleClock(realtime=False))
    assert path.read_bytes() == before
    speaker.stop()
    assert path.read_bytes() == before
