"""Where sound begins and ends in a recording. Every figure of the benchmark depends on these samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.audio.sound_files import WavWriter, read_audio
from voicecli.bench.voiced_spans import Span, spans, voiced
from voicecli.pcm import RATE_HZ, Pcm, samples_of, silence

RNG = np.random.default_rng(1)


def tone(duration_ms: float, level: float = 8000, rate_hz: int = RATE_HZ) -> Pcm:
    """A square wave, which has its full level from the first sample to the last."""
    half = rate_hz // 500
    wave = np.where(np.arange(samples_of(duration_ms, rate_hz)) // half % 2, -level, level)
    return wave.astype(np.int16)


def noise(duration_ms: float, level: float) -> Pcm:
    return RNG.normal(0, level, samples_of(duration_ms)).astype(np.int16)


def joined(*parts: Pcm) -> Pcm:
    return np.concatenate(parts)


# A pause is needed to tell a soft end from the noise of the room: a tenth of the longest sound.
@given(before=st.integers(2_400, 20_000), length=st.integers(640, 20_000), after=st.integers(0, 20_000))
def test_sound_between_silence_is_found_to_the_sample(before: int, length: int, after: int) -> None:
    sound = joined(silence(before), tone(length * 1000 / RATE_HZ), silence(after))
    assert voiced(sound) == Span(start=before, end=before + length)


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 48_000])
def test_the_rate_of_the_sound_makes_no_difference(rate_hz: int) -> None:
    sound = joined(silence(rate_hz), tone(300, rate_hz=rate_hz), silence(rate_hz // 2))
    assert voiced(sound, rate_hz) == Span(start=rate_hz, end=rate_hz + samples_of(300, rate_hz))


@pytest.mark.parametrize("sound", [silence(0), silence(RATE_HZ), np.ones(RATE_HZ, dtype=np.int16)])
def test_nothing_is_found_where_nothing_is(sound: Pcm) -> None:
    assert voiced(sound) is None
    assert spans(sound) == []


def test_the_soft_end_of_a_word_belongs_to_it() -> None:
    soft = tone(100, level=200)  # 32 dB below
    sound = joined(tone(500), soft, silence(RATE_HZ))
    assert voiced(sound) == Span(start=0, end=samples_of(600))


def test_the_noise_of_a_room_is_no_sound() -> None:
    sound = joined(noise(700, 150), tone(500), noise(900, 150))
    found = voiced(sound)
    assert found is not None
    assert abs(found.start - samples_of(700)) <= samples_of(10)
    assert abs(found.end - samples_of(1200)) <= samples_of(10)


def test_speech_without_a_pause_is_not_taken_for_noise() -> None:
    sound = joined(tone(400, level=2000), tone(400), tone(100, level=1500))
    assert voiced(sound) == Span(start=0, end=samples_of(900))


def test_a_click_is_no_sound() -> None:
    click = tone(5, level=20_000)
    sound = joined(silence(1600), click, silence(1600), tone(300), silence(3200), click, silence(160))
    start = 3200 + len(click)
    assert voiced(sound) == Span(start=start, end=start + samples_of(300))


def test_every_stretch_of_sound_is_found() -> None:
    sound = joined(tone(200), silence(samples_of(700)), tone(300))
    assert spans(sound) == [Span(start=0, end=3200), Span(start=3200 + 11_200, end=3200 + 11_200 + 4800)]


@pytest.mark.parametrize("rate_hz", [16_000, 22_050, 44_100])
def test_the_rate_of_the_speaker_does_not_move_what_is_heard(tmp_path: Path, rate_hz: int) -> None:
    wave = np.sin(np.arange(samples_of(800, rate_hz)) * 2 * np.pi * 300 / rate_hz) * 12_000
    with WavWriter(tmp_path / "out.wav", rate_hz) as file:
        file.write(np.concatenate([silence(samples_of(1234, rate_hz)), wave.astype(np.int16)]))
    found = voiced(read_audio(tmp_path / "out.wav")[0])
    assert found is not None
    assert found.start * 1000 / RATE_HZ == pytest.approx(1234, abs=0.5)
