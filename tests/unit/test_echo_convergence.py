from __future__ import annotations

import numpy as np
import pytest

from voicecli.audio.echo_convergence import Convergence
from voicecli.audio.ports import Cancelling
from voicecli.pcm import BLOCK_SAMPLES, Pcm, blocks_of, silence

RANDOM = np.random.default_rng(0)
CONVERGED, LEARNING, NOT_CONVERGING = Cancelling


def noise(dbfs: float) -> Pcm:
    return np.rint(RANDOM.normal(0, 32768 * 10 ** (dbfs / 20), BLOCK_SAMPLES)).clip(-32768, 32767).astype(np.int16)


def listen(
    meter: Convergence, seconds: float, *, near: float, far: float | None, decide: float, speech: bool = False
) -> Cancelling:
    verdict = meter.verdict
    for _ in range(blocks_of(1000 * seconds)):
        played = silence(BLOCK_SAMPLES) if far is None else noise(far)
        verdict = meter.step(noise(near), played, noise(decide), near_speech=speech)
    return verdict


@pytest.fixture
def meter() -> Convergence:
    """A meter that has received five seconds of a quiet room."""
    meter = Convergence()
    listen(meter, 5, near=-65, far=None, decide=-65)
    return meter


def test_it_begins_by_learning_and_has_no_figure(meter: Convergence) -> None:
    assert meter.verdict is LEARNING
    assert meter.erle_db is None
    assert listen(meter, 0.9, near=-30, far=-20, decide=-60) is LEARNING


def test_an_echo_that_is_taken_out_is_converged_and_the_figure_is_right(meter: Convergence) -> None:
    assert listen(meter, 2, near=-30, far=-20, decide=-55) is CONVERGED
    assert meter.erle_db == pytest.approx(25, abs=1)


def test_an_echo_that_stays_is_a_failure_after_some_seconds(meter: Convergence) -> None:
    assert listen(meter, 3, near=-30, far=-20, decide=-36) is LEARNING
    assert listen(meter, 2, near=-30, far=-20, decide=-36) is NOT_CONVERGING
    assert meter.erle_db == pytest.approx(6, abs=1)


def test_a_failure_that_mends_itself_is_forgiven(meter: Convergence) -> None:
    listen(meter, 6, near=-30, far=-20, decide=-36)
    assert listen(meter, 3, near=-30, far=-20, decide=-60) is CONVERGED


def test_a_short_lapse_is_no_failure(meter: Convergence) -> None:
    listen(meter, 5, near=-30, far=-20, decide=-60)
    for _ in range(blocks_of(2500)):
        meter.step(noise(-30), noise(-20), noise(-38), near_speech=False)
        assert meter.verdict is not NOT_CONVERGING
    assert listen(meter, 3, near=-30, far=-20, decide=-60) is CONVERGED


def test_a_faint_echo_that_is_cancelled_down_to_the_noise_is_converged(meter: Convergence) -> None:
    assert listen(meter, 3, near=-53, far=-20, decide=-64) is CONVERGED


def test_with_headphones_there_is_nothing_to_cancel(meter: Convergence) -> None:
    assert listen(meter, 3.1, near=-65, far=-20, decide=-65) is CONVERGED
    assert meter.erle_db is None


def test_somebody_who_speaks_into_the_answer_does_not_count(meter: Convergence) -> None:
    listen(meter, 3, near=-30, far=-20, decide=-60)
    figure = meter.erle_db
    for _ in range(10):
        assert listen(meter, 0.4, near=-20, far=-20, decide=-22, speech=True) is CONVERGED
        assert listen(meter, 0.1, near=-30, far=-20, decide=-60) is CONVERGED
    assert meter.erle_db == pytest.approx(figure, abs=1)


def test_speech_that_never_ends_is_the_answer_itself(meter: Convergence) -> None:
    assert listen(meter, 8, near=-30, far=-20, decide=-32, speech=True) is NOT_CONVERGING


def test_what_is_heard_while_nothing_plays_says_nothing(meter: Convergence) -> None:
    assert listen(meter, 20, near=-20, far=None, decide=-20, speech=True) is LEARNING
    assert meter.erle_db is None


def test_a_room_that_is_noisy_from_the_first_block_on_is_still_judged() -> None:
    meter = Convergence()
    assert listen(meter, 5, near=-45, far=None, decide=-45) is LEARNING
    assert listen(meter, 4, near=-25, far=-20, decide=-44) is CONVERGED
