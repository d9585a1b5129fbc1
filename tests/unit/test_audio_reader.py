"""Sound files in practice: many channels, channels that cancel each other, damage, excessive lengths and rates."""

from __future__ import annotations

import io
import math
import os
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import numpy as np
import pytest

from voicecli.audio import sound_files
from voicecli.audio.downmix import Downmix
from voicecli.audio.sound_files import read_audio, read_wav
from voicecli.audio.sound_reader import SoundReader
from voicecli.errors import AudioError, UnsupportedFormat
from voicecli.pcm import RATE_HZ, Float, Pcm

if TYPE_CHECKING:
    import av

RATE = 48_000
TONE = (8_000 * np.sin(2 * np.pi * 300 * np.arange(RATE // 2) / RATE)).astype(np.int16)
LAYOUTS = {1: "mono", 2: "stereo", 8: "7.1"}


def encoded(path: Path, codec: str, frames: np.ndarray) -> Path:
    """Writes frames of shape (n, channels) to a file."""
    import av

    channels = frames.shape[1]
    layout = LAYOUTS.get(channels, f"{channels}C")
    with av.open(str(path), "w") as container:
        stream = cast("av.AudioStream", container.add_stream(codec, rate=RATE))
        stream.layout = layout
        formats = stream.codec_context.codec.audio_formats
        assert formats
        frame = av.AudioFrame.from_ndarray(frames.reshape(1, -1).copy(), format="s16", layout=layout)
        frame.sample_rate = RATE
        fitting = av.AudioResampler(
            format=formats[0].name, layout=layout, rate=RATE, frame_size=stream.codec_context.frame_size or None
        )
        for part in (*fitting.resample(frame), *fitting.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def copies(channels: int) -> np.ndarray:
    return np.repeat(TONE[:, np.newaxis], channels, axis=1)


def aiff(channels: int) -> bytes:
    sound = copies(channels).astype(">i2").tobytes()
    exponent = int(math.log2(RATE))
    rate = struct.pack(">HQ", 16_383 + exponent, int(RATE / 2**exponent * 2**63))
    common = struct.pack(">hIh", channels, len(TONE), 16) + rate
    body = b"AIFF" + b"COMM" + struct.pack(">I", len(common)) + common
    body += b"SSND" + struct.pack(">III", len(sound) + 8, 0, 0) + sound
    return b"FORM" + struct.pack(">I", len(body)) + body


def au(channels: int) -> bytes:
    return b".snd" + struct.pack(">5I", 24, 0xFFFF_FFFF, 3, RATE, channels) + copies(channels).astype(">i2").tobytes()


def wav(frames: np.ndarray, *, codec: int = 1, rate_hz: int = RATE) -> bytes:
    channels, width = frames.shape[1], frames.dtype.itemsize
    fmt = struct.pack("<HHIIHH", codec, channels, rate_hz, rate_hz * channels * width, channels * width, width * 8)
    sound = frames.tobytes()
    body = b"WAVE" + b"fmt " + struct.pack("<I", 16) + fmt + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


MANY = [
    ("flac", "flac", 8),
    ("opus", "libopus", 8),
    ("wv", "wavpack", 8),
    ("m4a", "aac", 8),
    ("aiff", "pcm_s16be", 8),
    ("caf", "pcm_s16le", 8),
    ("mka", "pcm_s16le", 8),
    ("mov", "pcm_s16le", 20),
    ("w64", "pcm_s24le", 20),
]
ONE_OR_TWO = [
    (name, codec, channels)
    for name, codec in (("aiff", "pcm_s16be"), ("caf", "pcm_s16le"), ("m4a", "aac"), ("mka", "pcm_s16le"))
    for channels in (1, 2)
]

READ = """
import sys
from voicecli.audio.sound_files import read_audio
import numpy as np
for _ in range(2):
    for path in sys.argv[1:]:
        pcm, seconds = read_audio(path, own=True)
        loud = int(np.abs(pcm[2000:6000].astype(int)).max())
        assert 0.49 < seconds < 0.56 and 7000 < loud < 8400, (path, seconds, loud)
print("read", len(sys.argv) - 1)
"""


def test_files_of_any_number_of_channels_are_read_and_crash_nothing(tmp_path: Path) -> None:
    paths = [encoded(tmp_path / f"{n}-{c}.{n}", codec, copies(c)) for n, codec, c in (*MANY, *ONE_OR_TWO)]
    for channels in (1, 2, 7, 8, 9, 17, 64, 65, 255):
        for name, data in (("aiff", aiff(channels)), ("au", au(channels)), ("wav", wav(copies(channels)))):
            path = tmp_path / f"{channels}.{name}"
            path.write_bytes(data)
            paths.append(path)
    # A process of its own, in which freed memory is overwritten: what reads there is found out at once, and ends nobody else.
    ran = subprocess.run(
        [sys.executable, "-c", READ, *map(str, paths)],
        env={**os.environ, "MALLOC_PERTURB_": "165", "MALLOC_CHECK_": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, f"read {len(paths)}"), ran.stderr[-2000:]


def test_a_tiny_file_of_many_channels_that_only_the_decoder_reads_is_refused_or_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for channels in (8, 10):
        path.write_bytes(wav(np.full((11, channels), 200, dtype=np.uint8), codec=7, rate_hz=44_100))
        read = (
            "import sys; from voicecli.audio.sound_files import read_audio; from voicecli.errors import VoiceCliError\n"
        )
        read += "for _ in range(50):\n    try: read_audio(sys.argv[1], own=True)\n    except VoiceCliError: pass\n"
        assert subprocess.run([sys.executable, "-c", read, path], check=False).returncode == 0


@pytest.mark.parametrize(("rate_hz", "channels"), [(1, 1), (1_000, 1), (1_000_000, 1)])
def test_rates_that_no_speech_has_are_refused(rate_hz: int, channels: int) -> None:
    data = wav(np.zeros((5_000, channels), dtype=np.int16), rate_hz=rate_hz)
    for source in (data, b".snd" + struct.pack(">5I", 24, 0xFFFF_FFFF, 3, rate_hz, channels) + bytes(10_000)):
        with pytest.raises(UnsupportedFormat, match="sample rate"):
            read_audio(io.BytesIO(source))


def test_more_channels_than_any_recording_are_refused() -> None:
    for data in (wav(np.zeros((10, 256), dtype=np.int16)), au(256)):
        with pytest.raises(UnsupportedFormat, match="channels"):
            read_audio(io.BytesIO(data))


def loudest(pcm: Pcm) -> int:
    return int(np.abs(pcm[2000:6000].astype(int)).max())


def test_channels_that_cancel_each_other_do_not_lose_the_sound() -> None:
    reader = SoundReader(io.BytesIO(wav(np.stack([TONE, -TONE], axis=1))))
    pcm = np.concatenate(list(reader))
    assert loudest(pcm) == pytest.approx(8_000, abs=100)
    assert ["loudest channel" in note for note in reader.notes] == [True]


@pytest.mark.parametrize("channels", [2, 6, 8])
def test_a_voice_on_one_of_many_channels_is_not_made_faint(channels: int) -> None:
    frames = np.zeros((len(TONE), channels), dtype=np.int16)
    frames[:, 1] = TONE
    pcm = read_wav(io.BytesIO(wav(frames)))[0]
    assert loudest(pcm) == pytest.approx(4_000 if channels == 2 else 8_000, abs=100)


def test_two_voices_on_two_channels_are_both_heard() -> None:
    other = (8_000 * np.sin(2 * np.pi * 1000 * np.arange(len(TONE)) / RATE)).astype(np.int16)
    reader = SoundReader(io.BytesIO(wav(np.stack([TONE, other], axis=1))))
    spectrum = np.abs(np.fft.rfft(np.concatenate(list(reader)).astype(float)))
    assert spectrum[150] == pytest.approx(spectrum[500], rel=0.1)
    assert reader.notes == []


def test_of_two_equally_loud_channels_that_cancel_the_same_one_is_kept() -> None:
    rng = np.random.default_rng(0)
    left = rng.normal(0, 0.1, (24_000,)).astype(np.float32)
    right = -left * rng.choice([0.9, 1.1], 10).repeat(2_400).astype(np.float32)
    frames: Float = np.stack([left, right], axis=1)
    downmix = Downmix(48_000)
    taken = np.concatenate([downmix.feed(frames[start : start + 2_400]) for start in range(0, 24_000, 2_400)])
    assert np.array_equal(taken[2_400:], left[2_400:]) or np.array_equal(taken[2_400:], frames[2_400:, 1])


@pytest.mark.parametrize(("name", "codec"), [("a.mp3", "libmp3lame"), ("a.aac", "aac"), ("a.m4a", "aac")])
def test_a_junk_frame_costs_no_more_than_itself_and_is_told(tmp_path: Path, name: str, codec: str) -> None:
    data = bytearray(encoded(tmp_path / name, codec, np.tile(TONE, 8)[:, np.newaxis]).read_bytes())
    middle = len(data) // 2
    if name == "a.mp3":
        middle = data.index(data[2000:2004][:2], middle) + 4  # behind a frame's header, so that it is taken for one
    data[middle : middle + 300] = b"\xff\xfe" * 150
    reader = SoundReader(io.BytesIO(bytes(data)))
    seconds = len(np.concatenate(list(reader))) / RATE_HZ
    assert 3.4 < seconds < 4.2
    assert ["is damaged and was left out" in note for note in reader.notes] == [True]


@pytest.mark.parametrize("damage", ["middle", "end"])
def test_sound_that_a_decoder_drops_without_a_word_is_told_too(tmp_path: Path, damage: str) -> None:
    noise = np.random.default_rng(0).integers(-9000, 9000, (4 * RATE, 1), np.int16)
    data = bytearray(encoded(tmp_path / "a.flac", "flac", noise).read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40_000 if damage == "middle" else len(data)] = bytes(40_000 if damage == "middle" else 0)
    reader = SoundReader(io.BytesIO(bytes(data)))
    assert 1.5 * RATE_HZ < sum(len(pcm) for pcm in reader) < 3.9 * RATE_HZ
    assert any("of its 4.0 s are there" in note for note in reader.notes)


def test_a_wav_file_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    reader = SoundReader(io.BytesIO(wav(np.zeros((2 * RATE, 1), dtype=np.int16))[: RATE * 2 + 44]))
    assert sum(len(pcm) for pcm in reader) == RATE_HZ
    assert reader.notes == ["standard input is cut off: 1.0 s of its 2.0 s are there."]


class Pipe(io.RawIOBase):
    """A stream that cannot seek, and returns a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a buffer of any kind
        part = self._data[self._at : self._at + min(len(buffer), 1_000)]
        self._at += len(part)
        buffer[: len(part)] = part
        return len(part)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.m4a", "aac"), ("a.flac", "flac"), ("a.wav", "pcm_mulaw"), ("a.wav", "")]
)
def test_a_pipe_is_read_as_a_file_is(tmp_path: Path, name: str, codec: str) -> None:
    data = encoded(tmp_path / name, codec, copies(1)).read_bytes() if codec else wav(copies(1))
    piped = np.concatenate(list(SoundReader(cast("BinaryIO", Pipe(data)))))
    assert np.array_equal(piped, read_audio(io.BytesIO(data))[0])


class Zeros(io.RawIOBase):
    """Half an hour of sound from a recorder that does not know the length in advance."""

    def __init__(self) -> None:
        header = wav(np.zeros((0, 1), dtype=np.int16), rate_hz=RATE_HZ)
        self._left = 1800 * RATE_HZ * 2
        self._header = header[:40] + b"\xff\xff\xff\xff"

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a buffer of any kind
        part = self._header or bytes(min(len(buffer), self._left))
        self._header = b""
        self._left -= len(part)
        buffer[: len(part)] = part
        return len(part)


def test_a_long_file_takes_no_more_memory_than_a_short_one() -> None:
    tracemalloc.start()
    try:
        samples = sum(map(len, SoundReader(cast("BinaryIO", Zeros()))))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert samples > 1_700 * RATE_HZ
    assert most < 2_000_000


def test_a_file_that_would_fill_the_memory_is_refused_where_it_is_read_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sound_files, "LONGEST_S", 1.0)
    with pytest.raises(UnsupportedFormat, match="too long") as caught:
        read_audio(io.BytesIO(wav(np.zeros((3 * RATE, 1), dtype=np.int16))))
    assert "voicecli transcribe" in caught.value.hint


def test_compressed_sound_from_an_endless_pipe_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("voicecli.audio.sound_reader.MOST_PIPED_BYTES", 2_000)
    data = encoded(tmp_path / "a.flac", "flac", copies(1)).read_bytes()
    with pytest.raises(AudioError, match="too much for a pipe"):
        SoundReader(cast("BinaryIO", Pipe(data)))
