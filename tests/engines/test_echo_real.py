"""The real cancellers in simulated rooms, with a real voice detector and a real recogniser."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fakes.words import word_error_rate
from rooms import Room, at_level, drifted
from voicecli.audio.echo_canceller import AEC3_DELAY_SAMPLES, Aec3, LinearCanceller, make_canceller
from voicecli.audio.echo_convergence import Convergence
from voicecli.audio.ports import Cancelling, EchoCanceller
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.silero_vad import SileroVad
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks, silence
from voicecli.speech.barge_in_detector import Interruption, InterruptionJudge
from voicecli.speech.level import dbfs

pytestmark = pytest.mark.engines

ANSWER = (
    "The old lighthouse stands on a hill near the sea, and every evening its lamp is lit by hand. "
    "People who live in the valley say that it has never gone out, not even in the great storm. "
    "If you walk up there in summer you can see fishing boats coming home."
)


@pytest.fixture(scope="module")
def answer(say: Callable[[str], Pcm]) -> Pcm:
    sound = at_level(say(ANSWER), -20)
    return sound[: len(sound) // BLOCK_SAMPLES * BLOCK_SAMPLES]


@pytest.fixture(scope="module")
def person(say: Callable[[str], Pcm]) -> Callable[[str], Pcm]:
    """Another person: the same voice, much higher and faster."""
    import soxr

    def speak(text: str) -> Pcm:
        higher = np.asarray(soxr.resample(say(text).astype(np.float32), 20_000, RATE_HZ), dtype=np.float32)
        return at_level(higher.astype(np.int16), -26)

    return speak


def cleaned(canceller: EchoCanceller, room: Room, far: Pcm, near: Pcm | None = None) -> tuple[Pcm, Pcm, Pcm]:
    """The microphone signal, and the canceller's outputs `decide` and `transcribe`."""
    heard = room.hear_all(far, near)
    done = [canceller.process(*pair) for pair in zip(blocks(heard), blocks(far), strict=True)]
    return heard, np.concatenate([each.decide for each in done]), np.concatenate([each.transcribe for each in done])


def erle_db(before: Pcm, after: Pcm, from_s: float) -> float:
    start = round(from_s * RATE_HZ)
    return dbfs(before[start:]) - dbfs(after[start:])


def verdicts(decide: Pcm) -> set[Interruption]:
    silero, judge = SileroVad(), InterruptionJudge()
    return {judge.step(silero.score(block)) for block in blocks(decide)}


@pytest.mark.parametrize("delay_ms", [20, 120, 300])
def test_the_answer_does_not_interrupt_itself(delay_ms: int, answer: Pcm) -> None:
    heard, decide, transcribe = cleaned(make_canceller("on"), Room(delay_ms=delay_ms, gain_db=-6), answer)
    assert Interruption.CONFIRMED in verdicts(heard)  # it would
    assert verdicts(decide) <= {Interruption.QUIET, Interruption.SUSPECTED, Interruption.DISMISSED}
    assert erle_db(heard, decide, 2) > 25
    assert erle_db(heard, transcribe, 5) > 8


def test_what_it_learned_is_good_for_the_next_answer_after_a_long_silence(answer: Pcm) -> None:
    canceller, room = make_canceller("on"), Room(delay_ms=120, gain_db=-6)
    cleaned(canceller, room, answer)
    cleaned(canceller, room, silence(10 * RATE_HZ))
    heard, decide, transcribe = cleaned(canceller, room, answer[: 3 * RATE_HZ])
    assert erle_db(heard, decide, 0.5) > 25
    assert erle_db(heard, transcribe, 0.5) > 10


def test_a_person_who_talks_into_the_answer_is_noticed_and_understood(
    answer: Pcm, person: Callable[[str], Pcm], base: FasterWhisperTranscriber
) -> None:
    words = "Hold on, what did you say about the weather?"
    speech = person(words)
    begins = 6 * RATE_HZ // BLOCK_SAMPLES * BLOCK_SAMPLES
    near = np.concatenate([silence(begins), speech, silence(len(answer))])[: len(answer)]
    _, decide, transcribe = cleaned(make_canceller("on"), Room(delay_ms=120, gain_db=-10), answer, near)
    assert Interruption.CONFIRMED in verdicts(decide[begins : begins + len(speech)])
    heard = base.transcribe(transcribe[begins : begins + len(speech)], language="en", is_cancelled=lambda: False)
    assert word_error_rate(words, heard.text) < 0.3


def test_after_the_answer_the_microphone_comes_through_untouched(answer: Pcm) -> None:
    canceller, room = make_canceller("on"), Room(delay_ms=120)
    cleaned(canceller, room, answer)
    cleaned(canceller, room, silence(2 * RATE_HZ))
    speech = answer[: 2 * RATE_HZ]
    done = [canceller.process(block, silence(BLOCK_SAMPLES)) for block in blocks(speech)]
    assert np.array_equal(np.concatenate([each.transcribe for each in done]), speech)
    decide = np.concatenate([each.decide for each in done])
    assert np.array_equal(decide[AEC3_DELAY_SAMPLES:], speech[:-AEC3_DELAY_SAMPLES])


@pytest.mark.parametrize(("make", "delay"), [(Aec3, AEC3_DELAY_SAMPLES), (LinearCanceller, 0)])
def test_the_delay_of_each_canceller_is_what_is_counted_on(
    make: Callable[[], Aec3 | LinearCanceller], delay: int, answer: Pcm
) -> None:
    canceller = make()
    speech = answer[: 3 * RATE_HZ]
    out = np.concatenate([canceller.cancel(block, silence(BLOCK_SAMPLES)) for block in blocks(speech)])
    start, size = RATE_HZ, RATE_HZ
    wanted = speech[start : start + size].astype(float)
    found = [float(np.dot(wanted, out[start + lag : start + lag + size].astype(float))) for lag in range(400)]
    assert int(np.argmax(found)) == delay


def test_nothing_clicks_when_cancelling_begins_and_ends(answer: Pcm) -> None:
    canceller = make_canceller("on")
    time = np.arange(4 * RATE_HZ)
    near = np.rint(3000 * np.sin(2 * np.pi * 400 / RATE_HZ * time)).astype(np.int16)
    far = np.concatenate([silence(RATE_HZ), answer[:RATE_HZ] // 1000, silence(2 * RATE_HZ)])
    done = [canceller.process(*pair) for pair in zip(blocks(near), blocks(far), strict=True)]
    for signal in ([each.transcribe for each in done], [each.decide for each in done]):
        steps = np.abs(np.diff(np.concatenate(signal).astype(int)[AEC3_DELAY_SAMPLES:]))
        assert steps.max() < 3 * 3000 * 2 * np.pi * 400 / RATE_HZ


def test_convergence_tells_a_canceller_that_works_from_one_that_is_given_the_far_end_too_late(answer: Pcm) -> None:
    long_answer = np.concatenate([answer, answer])
    for late_ms, verdict in ((0, Cancelling.CONVERGED), (200, Cancelling.NOT_CONVERGING)):
        room, canceller, meter = Room(delay_ms=60, gain_db=-6), make_canceller("on"), Convergence()
        late = np.concatenate([silence(RATE_HZ * late_ms // 1000), long_answer])[: len(long_answer)]
        silent = silence(BLOCK_SAMPLES)
        for _ in range(100):
            meter.step(room.hear(silent), silent, silent, near_speech=False)
        for played, far in zip(blocks(long_answer), blocks(late), strict=True):
            near = room.hear(played)
            meter.step(near, far, canceller.process(near, far).decide, near_speech=False)
        assert meter.verdict is verdict, (late_ms, meter.erle_db)


def test_two_clocks_that_drift_apart_as_those_of_two_devices_do_are_followed(answer: Pcm) -> None:
    room = Room(delay_ms=120, gain_db=-6)
    heard = drifted(room.hear_all(answer), 100)[: len(answer) // BLOCK_SAMPLES * BLOCK_SAMPLES]
    canceller = make_canceller("on")
    pairs = zip(blocks(heard), blocks(answer), strict=False)
    decide = np.concatenate([canceller.process(*pair).decide for pair in pairs])
    assert erle_db(heard[: len(decide)], decide, 3) > 20
