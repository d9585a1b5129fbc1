from __future__ import annotations

import io
import os
import signal
import stat
import struct
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.audio.sound_files import WavWriter, read_audio, read_wav
from voicecli.errors import AudioError, UnsupportedFormat
from voicecli.pcm import RATE_HZ, Pcm

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE


def wav(
    sound: bytes,
    *,
    codec: int = PCM,
    bits: int = 16,
    channels: int = 1,
    rate_hz: int = RATE_HZ,
    data_bytes: int | None = None,
    riff_bytes: int | None = None,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    """A WAV file that is assembled by hand, so that the reader is not tested against itself."""
    frame = channels * bits // 8
    fmt = struct.pack("<HHIIHH", codec, channels, rate_hz, rate_hz * frame, frame, bits)
    if codec == EXTENSIBLE:
        fmt += struct.pack("<HHIH14s", 22, bits, 0, PCM, bytes(14))
    size = len(sound) if data_bytes is None else data_bytes
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"data" + struct.pack("<I", size) + sound + after
    return b"RIFF" + struct.pack("<I", len(body) if riff_bytes is None else riff_bytes) + body


def read(data: bytes) -> Pcm:
    return read_wav(io.BytesIO(data))[0]


RAMP = np.array([0, 256, -256, 32_512, -32_768], dtype=np.int16)


@pytest.mark.parametrize(
    ("bits", "codec", "sound"),
    [
        (8, PCM, (RAMP // 256 + 128).astype(np.uint8)),
        (16, PCM, RAMP),
        (32, PCM, RAMP.astype(np.int32) * 65_536),
        (32, FLOAT, RAMP.astype(np.float32) / 32_768),
        (64, FLOAT, RAMP.astype(np.float64) / 32_768),
        (16, EXTENSIBLE, RAMP),
    ],
)
def test_every_usual_width_is_read_exactly(bits: int, codec: int, sound: np.ndarray) -> None:
    assert np.array_equal(read(wav(sound.tobytes(), bits=bits, codec=codec)), RAMP)


def test_24_bits_are_read_exactly() -> None:
    sound = b"".join((int(sample) * 256).to_bytes(3, "little", signed=True) for sample in RAMP)

    assert np.array_equal(read(wav(sound, bits=24)), RAMP)


def test_float_that_is_too_loud_or_not_a_number_is_tamed() -> None:
    sound = np.array([2.0, -2.0, np.nan, np.inf], dtype=np.float32)

    assert read(wav(sound.tobytes(), codec=FLOAT, bits=32)).tolist() == [32_767, -32_768, 0, 32_767]


@pytest.mark.parametrize("channels", [2, 6])
def test_channels_are_mixed(channels: int) -> None:
    frames = np.tile(np.array([600, 0], dtype=np.int16), channels * 10 // 2)

    assert read(wav(frames.tobytes(), channels=channels)).tolist() == [300] * 10


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000])
def test_every_rate_becomes_16_khz_and_keeps_its_length_and_pitch(rate_hz: int) -> None:
    tone = 10_000 * np.sin(2 * np.pi * 300 * np.arange(rate_hz) / rate_hz)
    pcm, seconds = read_wav(io.BytesIO(wav(tone.astype(np.int16).tobytes(), rate_hz=rate_hz)))

    assert len(pcm) == RATE_HZ
    assert seconds == 1.0
    assert int(np.argmax(np.abs(np.fft.rfft(pcm.astype(float))))) == 300


@pytest.mark.parametrize("data_bytes", [0, 0x7FFF_F000, 0xFFFF_FFFF])
def test_a_header_that_was_never_completed_is_no_obstacle(data_bytes: int) -> None:
    for riff_bytes in (0, 0xFFFF_FFFF):
        data = wav(RAMP.tobytes() + b"\x01", data_bytes=data_bytes, riff_bytes=riff_bytes)
        assert np.array_equal(read(data), RAMP)


def test_other_chunks_are_passed_over() -> None:
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"

    assert np.array_equal(read(wav(RAMP.tobytes(), before=odd, after=odd)), RAMP)


def test_the_large_variant_is_read() -> None:
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 0, RAMP.nbytes, 0, 0)
    data = wav(RAMP.tobytes(), before=ds64, data_bytes=0xFFFF_FFFF, after=b"LIST\4\0\0\0more")

    assert np.array_equal(read(b"RF64" + data[4:]), RAMP)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"Dear diary,\n", "is a text file, not a WAV file"),
        ("Zürich".encode()[:2], "is a text file"),
        (b"\x89PNG\r\n\x1a\n", "is a picture"),
        (b"fLaC\0\0\0\x22", "is a FLAC file"),
        (bytes(range(256)), "of a kind that is not known"),
        (wav(RAMP.tobytes())[:30], "is cut off"),
        (wav(RAMP.tobytes())[:44], "is cut off: 0.0 s"),
        (wav(bytes(64_000), rate_hz=1), "its sample rate would be 1 Hz"),
        (wav(bytes(2_000), channels=1_000), "it would have 1000 channels"),
        (wav(b""), "holds no sound"),
        (wav(b"\1\2\3", codec=7, bits=8), "holds mu-law, which is not read"),
        (wav(b"\1\2\3", codec=0x1234, bits=8), "a kind of sound (number 0x1234)"),
        (wav(b"\1\2\3\4\5", bits=40), "holds samples of 40 bits"),
        (wav(RAMP.tobytes(), rate_hz=0), "its sample rate would be 0 Hz"),
        (b"RIFF\x14\0\0\0WAVEdata\4\0\0\0abcd", "its sound comes before the description"),
        (b"RIFF\x14\0\0\0WAVEfmt \4\0\0\0abcd", "too short"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence_with_a_way_out(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "note.wav"
    path.write_bytes(data)
    with pytest.raises(UnsupportedFormat) as caught:
        read_wav(path)

    assert words in caught.value.message
    assert caught.value.message.startswith("note.wav ")
    assert caught.value.hint


@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_whatever_make_the_reader_fail_in_another_way(junk: bytes, keep: int) -> None:
    for data in (junk, wav(RAMP.tobytes())[:keep] + junk):
        try:
            read(data)
        except UnsupportedFormat:
            continue


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"There is no file .*gone\.wav"):
        read_wav(tmp_path / "gone.wav")
    with pytest.raises(AudioError, match="cannot be read"):
        read_wav(tmp_path)


def encoded(path: Path, codec: Literal["flac", "libopus", "libmp3lame", "pcm_mulaw"], pcm: Pcm) -> Path:
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(pcm[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec"), [("a.flac", "flac"), ("a.ogg", "libopus"), ("a.mp3", "libmp3lame"), ("a.wav", "pcm_mulaw")]
)
def test_compressed_files_are_read(
    tmp_path: Path, name: str, codec: Literal["flac", "libopus", "libmp3lame", "pcm_mulaw"]
) -> None:
    tone = (10_000 * np.sin(2 * np.pi * 300 * np.arange(48_000) / 48_000)).astype(np.int16)
    pcm, seconds = read_audio(encoded(tmp_path / name, codec, tone))

    assert seconds == pytest.approx(1.0, abs=0.06)
    assert len(pcm) == pytest.approx(seconds * RATE_HZ, abs=1)
    middle = pcm[4_000:12_000].astype(float)
    assert int(np.argmax(np.abs(np.fft.rfft(middle)))) == 150
    assert np.abs(middle).max() == pytest.approx(10_000, rel=0.1)


def test_a_plain_wav_file_is_read_without_the_decoder(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(RAMP.tobytes()))
    script = "import sys; from voicecli.audio.sound_files import read_audio; read_audio(sys.argv[1]); assert 'av' not in sys.modules"

    subprocess.run([sys.executable, "-c", script, path], check=True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"Dear diary,\n", "is a text file, and cannot be read as sound"),
        (b"fLaC\0\0\0\x22", "is a FLAC file, and cannot be read"),
        (bytes(range(256)) * 8, "of a kind that is not known, and cannot be read"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", "is a text file"),
    ],
)
def test_what_no_decoder_knows_is_told_in_a_sentence(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "note.mp3"
    path.write_bytes(data)
    with pytest.raises(UnsupportedFormat) as caught:
        read_audio(path)

    assert words in caught.value.message
    assert caught.value.hint


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    pcm = np.arange(-1_000, 1_000, dtype=np.int16)
    with WavWriter(tmp_path / "a.wav", RATE_HZ) as writer:
        writer.write(pcm[:700])
        writer.write(pcm[700:])
    writer.close()

    assert np.array_equal(read_wav(tmp_path / "a.wav")[0], pcm)


def test_a_recording_is_for_the_user_alone_even_over_a_file_that_was_not(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"old")
    path.chmod(0o644)
    WavWriter(path, RATE_HZ).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no signal that kills like this")
def test_a_recording_whose_program_is_killed_can_be_played(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    script = (
        "import os, signal, sys; from voicecli.audio.sound_files import WavWriter; from voicecli.pcm import silence\n"
        "writer = WavWriter(sys.argv[1], 16000)\n"
        "for _ in range(130): writer.write(silence(320) + 7)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, path], check=False)
    pcm, seconds = read_wav(path)

    assert seconds == 2.0
    assert np.all(pcm == 7)


def test_a_full_disk_and_a_place_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"a\.wav cannot be written"):
        WavWriter(tmp_path / "nowhere" / "a.wav", RATE_HZ)
    if not Path("/dev/full").exists():
        return
    writer = WavWriter("/dev/full", RATE_HZ)
    with pytest.raises(AudioError, match="the disk is full") as caught:
        writer.write(np.zeros(RATE_HZ, dtype=np.int16))
    assert caught.value.hint.startswith("df -h")
    with pytest.raises(AudioError, match="the disk is full"):
        writer.close()
    writer.close()


def test_a_recording_into_a_pipe_is_written_too(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        return
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as cat:
        with WavWriter(pipe, RATE_HZ) as writer:
            writer.write(RAMP)
        out, _ = cat.communicate()

    assert np.array_equal(read(out), RAMP)
