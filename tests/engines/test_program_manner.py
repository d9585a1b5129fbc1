"""The speed and volume of `say`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.program import run
from voicecli.audio.sound_files import read_wav
from voicecli.pcm import FULL_SCALE

pytestmark = pytest.mark.engines

TEXT = "The quick brown fox jumps over the lazy dog, and then it sleeps."


def said(tmp_path: Path, *flags: str) -> tuple[float, float]:
    """The duration in seconds and the loudness (root mean square) of the speech."""
    path = tmp_path / f"{'-'.join(flags) or 'usual'}.wav"
    result = run("say", *flags, "-o", str(path), TEXT)
    assert result.returncode == 0, result.stderr
    sound, seconds = read_wav(path)
    if "200" in flags:
        assert np.abs(sound.astype(int)).max() < FULL_SCALE - 1  # limited, and not cut off
    return seconds, float(np.sqrt(np.mean(sound.astype(float) ** 2)))


def test_speed_and_volume_are_flags_and_out_of_range_is_refused(tmp_path: Path) -> None:
    seconds, loudness = said(tmp_path)
    fast, _ = said(tmp_path, "--speed", "2")
    slow, _ = said(tmp_path, "--speed", "0.5")
    _, soft = said(tmp_path, "--volume", "25")
    _, loud = said(tmp_path, "--volume", "200")
    assert fast == pytest.approx(seconds / 2, rel=0.15)
    assert slow == pytest.approx(seconds * 2, rel=0.15)
    assert soft == pytest.approx(loudness / 4, rel=0.3)
    assert loud > 1.4 * loudness
    refused = run("say", "--speed", "9", "-o", str(tmp_path / "x.wav"), TEXT)
    assert refused.returncode == 2
    assert "from 0.5 to 3" in refused.stderr
