"""What `voicecli doctor` reports about a real sound server with virtual devices."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from virtual_sound_card import VirtualSoundCard
from voicecli.audio.devices import restart_backend
from voicecli.audio.sound_files import WavWriter
from voicecli.cli.checks import sound
from voicecli.cli.checks.finding import Child, Finding, Scene
from voicecli.pcm import RATE_HZ


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Child() as child:
        yield Scene(full=False, apart=child)


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.usefixtures("card")
def test_devices_are_found_and_a_microphone_that_hears_nothing_is_told(scene: Scene) -> None:
    for find in (sound.library, sound.microphone, sound.loudspeaker, sound.playing):
        finding = only(find(scene))
        assert finding.verdict == "right", finding
    finding = only(sound.hearing(scene))
    assert finding.verdict == "warning"
    assert "only silence" in finding.message


def test_a_microphone_that_hears_something_is_right(card: VirtualSoundCard, scene: Scene, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 3000, 30 * RATE_HZ).astype(np.int16)
    with WavWriter(tmp_path / "noise.wav", RATE_HZ) as file:
        file.write(noise)
    only(sound.library(scene))
    player = card.play_into_microphone(tmp_path / "noise.wav")
    try:
        # The player may need a moment before it is heard.
        verdicts = [only(sound.hearing(scene)).verdict for _ in range(4)]
    finally:
        player.terminate()
        player.wait()
    assert "right" in verdicts


def test_a_sound_server_that_ended_is_told(card: VirtualSoundCard, scene: Scene) -> None:
    card.kill_server()
    restart_backend()
    assert only(sound.library(scene)).message.endswith("0 devices.")
    finding = only(sound.microphone(scene))
    assert finding.verdict == "warning"
    assert finding.remedy
