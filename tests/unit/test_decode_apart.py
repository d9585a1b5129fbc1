"""Compressed sound is decoded by a process with limits: what its decoder does wrong harms nobody else."""

from __future__ import annotations

import io
import os
import signal
import struct
import sys
import time
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from voicecli.audio import decode_apart
from voicecli.audio.decode_apart import CRASHED, DecoderApart
from voicecli.audio.pyav_encoder import EncodedWriter
from voicecli.audio.sound_files import read_audio
from voicecli.audio.sound_reader import SoundReader
from voicecli.confined import Child, ChildGoneError, ChildSlowError
from voicecli.errors import UnsupportedFormat
from voicecli.pcm import Pcm

TONE: Pcm = (8_000 * np.sin(2 * np.pi * 300 * np.arange(16_000) / 16_000)).astype(np.int16)

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the limits and /proc")


@pytest.fixture
def flac(tmp_path: Path) -> Path:
    path = tmp_path / "a.flac"
    writer = EncodedWriter(path, 16_000, shown=path)
    for _ in range(30):
        writer.write(TONE)
    writer.close()
    return path


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module that takes the place of the decoder's process; to be written by the test."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    real = Child

    def start(_module: str, *, stdin: BinaryIO, most_bytes: int) -> Child:
        return real("stand_in", stdin=stdin, most_bytes=most_bytes)

    monkeypatch.setattr(decode_apart, "Child", start)
    return tmp_path / "stand_in.py"


ABOUT = "from voicecli.confined import *; import time, os, struct; line = Line(); line.send(b'I', b'[1.0, true]')\n"


def test_a_file_a_stream_and_a_pipe_give_the_same_sound(flac: Path) -> None:
    whole, seconds = read_audio(flac)
    assert seconds == pytest.approx(30.0)
    assert np.array_equal(whole, read_audio(io.BytesIO(flac.read_bytes()))[0])
    assert np.array_equal(whole, read_audio(flac, own=True)[0])
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe:
        with os.fdopen(writing, "wb") as into:
            into.write(flac.read_bytes()[:60_000])
        assert len(read_audio(pipe)[0]) > 16_000


def test_nothing_of_the_decoder_is_loaded_here(flac: Path) -> None:
    import subprocess

    script = "import sys; from voicecli.audio.sound_files import read_audio; read_audio(sys.argv[1]); assert 'av' not in sys.modules"
    subprocess.run([sys.executable, "-c", script, flac], check=True)


def test_the_decoders_process_starts_without_numpy() -> None:
    import subprocess

    script = "import sys, av, voicecli.audio.decode_child; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize(
    "does",
    [
        "os.kill(os.getpid(), 11)",
        "os._exit(0)",
        "os.write(line._out.fileno(), b'F' + struct.pack('<I', 0xFFFFFFFF))",
        "os.write(line._out.fileno(), b'F' + struct.pack('<I', 100) + b'short')",
        "line.send(b'F', struct.pack('<III', 16000, 1, 99) + bytes(8))",
        "line.send(b'F', struct.pack('<III', 16000, 2, 1) + bytes(6))",
        "line.send(b'F', struct.pack('<III', 1, 1, 2) + bytes(8))",
        "line.send(b'F', struct.pack('<III', 16000, 256, 0))",
        "line.send(b'F', struct.pack('<III', 16000, 0, 0))",
        "line.send(b'F', b'x')",
        "line.send(b'E', b'[]')",
        "line.send(b'E', b'[')",
    ],
)
def test_a_decoder_that_crashes_or_lies_makes_a_file_that_cannot_be_read(flac: Path, child: Path, does: str) -> None:
    child.write_text(ABOUT + does)
    with pytest.raises(UnsupportedFormat, match=f"a.flac {CRASHED}"):
        read_audio(flac)


@LINUX
@pytest.mark.parametrize("does", ["limit_time(0)\nwhile True: pass", "limit_memory(1 << 28); bytearray(1 << 29)"])
def test_time_and_memory_of_a_decoder_have_limits(flac: Path, child: Path, does: str) -> None:
    child.write_text(ABOUT + does)
    began_s = time.monotonic()
    with pytest.raises(UnsupportedFormat, match=CRASHED):
        read_audio(flac)
    assert time.monotonic() - began_s < 10


def test_a_decoder_that_sleeps_is_not_waited_for(flac: Path, child: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_apart, "WAIT_S", 0.5)
    child.write_text("import time; time.sleep(60)")
    with pytest.raises(UnsupportedFormat, match="takes too long"):
        read_audio(flac)


@LINUX
def test_no_process_and_no_handle_is_left(flac: Path) -> None:
    def children() -> list[str]:
        return [path.read_text() for path in sorted(Path("/proc/self/task").glob("*/children"))]

    handles, before = len(list(Path("/proc/self/fd").iterdir())), children()
    for source in (flac, io.BytesIO(flac.read_bytes()), io.BytesIO(b"fLaC" + bytes(2000))):
        try:
            with SoundReader(source) as reader:
                next(iter(reader))
        except UnsupportedFormat:
            pass
    assert len(list(Path("/proc/self/fd").iterdir())) == handles
    assert children() == before


@LINUX
def test_memory_does_not_grow_with_the_length_of_a_file(tmp_path: Path) -> None:
    """A stereo file of a minute and one of twelve; the child's memory is counted as well."""
    script = """
import resource, sys
from voicecli.audio.sound_reader import SoundReader
with SoundReader(sys.argv[1]) as reader:
    total = sum(map(len, reader))
print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)), total)
"""
    import subprocess

    peaks = []
    for minutes in (1, 12):
        path = tmp_path / f"{minutes}.flac"
        _stereo(path, minutes)
        peak, total = map(
            int, subprocess.run([sys.executable, "-c", script, path], capture_output=True, check=True).stdout.split()
        )
        assert total == pytest.approx(minutes * 60 * 16_000, rel=0.01)
        peaks.append(peak)
    assert peaks[1] < peaks[0] + 20_000  # kB


def _stereo(path: Path, minutes: int) -> None:
    import av

    rng = np.random.default_rng(1)
    piece = np.ascontiguousarray(rng.normal(0, 1, 22_050 * 20 * 2).astype(np.int16).reshape(1, -1))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=22_050, layout="stereo")
        for number in range(minutes * 3):
            frame = av.AudioFrame.from_ndarray(piece, format="s16", layout="stereo")
            frame.sample_rate = 22_050
            frame.pts = number * 22_050 * 20
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_a_header_of_a_wav_file_without_end_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", 1 << 30) + b"WAVE" + (b"junk" + struct.pack("<I", 0)) * 400_000)
    began_s = time.monotonic()
    with pytest.raises(UnsupportedFormat, match="cut off"):
        read_audio(path)
    assert time.monotonic() - began_s < 1


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such file")
def test_a_device_is_no_sound_file() -> None:
    with pytest.raises(UnsupportedFormat, match="is a device"):
        read_audio("/dev/zero")


def test_a_child_that_says_too_much_or_nothing_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "talks.py").write_text("from voicecli.confined import Line; Line().send(b'x', bytes(1000))")
    (tmp_path / "sleeps.py").write_text("import time; time.sleep(60)")
    with Child("talks", most_bytes=999) as child, pytest.raises(ChildGoneError):
        child.receive(20.0)
    with Child("sleeps") as child, pytest.raises(ChildSlowError):
        child.receive(0.2)
    assert signal.SIGKILL or child.pid


def test_the_decoder_is_closed_twice(flac: Path) -> None:
    with flac.open("rb") as file:
        decoder = DecoderApart(file)
        decoder.close()
        decoder.close()
