"""What the listener gets: the microphone without echo, or unchanged if there is no echo."""

from __future__ import annotations

import numpy as np
import pytest

from voicecli.audio.echo_detector import Peak
from voicecli.audio.echo_path import EchoPath
from voicecli.audio.far_end import FarEnd
from voicecli.audio.near_end import EchoFreeNearEnd, EcholessNearEnd
from voicecli.audio.ports import Cancelling, Cleaned
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks_of, silence

RANDOM = np.random.default_rng(3)


def noise(dbfs: float) -> Pcm:
    return np.rint(RANDOM.normal(0, 32768 * 10 ** (dbfs / 20), BLOCK_SAMPLES)).clip(-32768, 32767).astype(np.int16)


class Mark:
    """A canceller whose output can be told from its input."""

    name = "mark"

    def process(self, near: Pcm, far: Pcm) -> Cleaned:  # noqa: ARG002 - the port has it
        cleaned = np.full_like(near, 7)
        return Cleaned(decide=cleaned, transcribe=cleaned)


def path_after(near_dbfs: float, seconds: float = 2.0) -> EchoPath:
    path = EchoPath()
    for _ in range(blocks_of(3000)):
        path.step(noise(-65), silence(BLOCK_SAMPLES))
    for _ in range(blocks_of(seconds * 1000)):
        path.step(noise(near_dbfs), noise(-20))
    return path


def test_a_microphone_that_stays_quiet_while_something_plays_hears_no_echo() -> None:
    assert path_after(-65).absent
    assert not path_after(-65, seconds=0.6).absent  # an echo may come half a second late


def heard_while_playing(gain: float, *, user: bool) -> EchoPath:
    """Two seconds of noise are played. The microphone records its echo with `gain`, and a person too if `user` is set."""
    path = EchoPath()
    for _ in range(blocks_of(3000)):
        path.step(noise(-65), silence(BLOCK_SAMPLES))
    played = [noise(-20) for _ in range(blocks_of(2000))]
    for at, far in enumerate(played):
        echo = played[at - 5] * gain if at >= 5 else np.zeros(BLOCK_SAMPLES)
        near = echo + noise(-65) + (noise(-30) if user and at > 20 else 0)
        path.step(near.astype(np.int16), far)
    return path


@pytest.mark.parametrize("user", [True, False])
@pytest.mark.parametrize("gain", [0.5, 0.1])
def test_one_that_hears_what_was_played_hears_an_echo(gain: float, user: bool) -> None:
    assert not heard_while_playing(gain, user=user).absent


def test_the_delay_of_an_echo_is_known() -> None:
    assert heard_while_playing(0.3, user=False).delays == {5 * BLOCK_SAMPLES}


def test_one_that_hears_somebody_and_nothing_of_what_is_played_hears_no_echo() -> None:
    assert heard_while_playing(0.0, user=True).absent


def test_silence_proves_nothing_while_nothing_plays_or_nothing_is_known_of_the_room() -> None:
    path = EchoPath()
    for _ in range(500):
        path.step(noise(-65), silence(BLOCK_SAMPLES))
    assert not path.absent
    fresh = EchoPath()
    for _ in range(40):
        fresh.step(noise(-65), noise(-20))
    assert not fresh.absent


@pytest.mark.parametrize(("height", "counts"), [(0.2, False), (0.3, True)])
def test_an_echo_that_is_found_later_counts_if_it_is_beyond_doubt(
    height: float, counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = path_after(-65)
    monkeypatch.setattr(path._witness, "peak", lambda: Peak(height=height, delay=80))
    path.look()
    assert path.absent is not counts
    assert path.delays == (frozenset({80}) if counts else frozenset())
    if not counts:
        return
    for _ in range(blocks_of(600)):
        path.step(noise(-65), noise(-20))
    assert not path.absent


def near_end() -> tuple[EchoFreeNearEnd, FarEnd]:
    far_end = FarEnd(RATE_HZ)
    return EchoFreeNearEnd(far_end, Mark()), far_end


def hear(end: EchoFreeNearEnd, far_end: FarEnd, block: Pcm, far: Pcm, number: int) -> Cleaned:
    far_end.tap(far)
    heard: list[int] = []
    end.sink(lambda _samples, first: heard.append(first))(block, number * BLOCK_SAMPLES)
    assert heard == [number * BLOCK_SAMPLES]
    return end.clean(block, number * BLOCK_SAMPLES)


def test_with_headphones_the_detector_gets_the_microphone_as_it_is() -> None:
    end, far_end = near_end()
    for number in range(150):
        cleaned = hear(end, far_end, noise(-65), silence(BLOCK_SAMPLES), number)
    assert (cleaned.decide == 7).all()
    for number in range(150, 250):
        block = noise(-65)
        cleaned = hear(end, far_end, block, noise(-20), number)
    np.testing.assert_array_equal(cleaned.decide, block)
    assert end.playing
    assert not end.is_echo()


def test_when_an_echo_is_found_it_is_cancelled_again() -> None:
    end, far_end = near_end()
    number = 0
    for _ in range(150):
        hear(end, far_end, noise(-65), silence(BLOCK_SAMPLES), number)
        number += 1
    for _ in range(100):
        hear(end, far_end, noise(-65), noise(-20), number)
        number += 1
    played = [noise(-20) for _ in range(60)]
    for at, far in enumerate(played):
        echo = (played[at - 4] // 4) if at >= 4 else noise(-65)
        cleaned = hear(end, far_end, echo.astype(np.int16), far, number)
        found = end.is_echo()
        number += 1
        if found:
            break
    assert found
    cleaned = hear(end, far_end, noise(-30), noise(-20), number)
    assert (cleaned.decide == 7).all()


def test_a_lost_block_is_a_disturbance_while_something_plays() -> None:
    end, far_end = near_end()
    for number in range(20):
        hear(end, far_end, noise(-65), noise(-20), number)
    end.was_disturbed()
    assert not end.was_disturbed()
    hear(end, far_end, noise(-65), noise(-20), 22)
    assert end.was_disturbed()


def test_a_microphone_that_cannot_hear_the_speaker_is_left_alone() -> None:
    end, block = EcholessNearEnd(), noise(-20)
    cleaned = end.clean(block, 0)
    assert cleaned.decide is block
    assert cleaned.transcribe is block
    assert (end.playing, end.is_echo(), end.was_disturbed()) == (False, False, False)
    assert end.judge(speech=True) is Cancelling.CONVERGED
