from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.pcm import blocks_of
from voicecli.speech.barge_in_detector import (
    Interruption,
    InterruptionJudge,
    JudgeConfig,
    is_backchannel,
    is_hesitation,
)

QUIET, SUSPECTED, CONFIRMED, BRIEF, DISMISSED = Interruption
SILENCE = [0.05] * 30


def verdicts(probabilities: list[float], judge: InterruptionJudge | None = None) -> list[Interruption]:
    judge = judge or InterruptionJudge()
    return [judge.step(probability) for probability in probabilities]


def outcome(probabilities: list[float]) -> list[Interruption]:
    """The verdicts without QUIET and without repetitions."""
    said = [verdict for verdict in verdicts([*SILENCE, *probabilities, *SILENCE]) if verdict is not QUIET]
    return [verdict for at, verdict in enumerate(said) if at == 0 or said[at - 1] is not verdict]


def test_the_first_sign_makes_it_suspicious_in_the_same_block() -> None:
    assert verdicts([0.1, 0.1, 0.4]) == [QUIET, QUIET, SUSPECTED]


def test_somebody_who_goes_on_means_it() -> None:
    said = verdicts([0.9] * 60)
    assert said.index(CONFIRMED) == blocks_of(500) - 1
    assert set(said[said.index(CONFIRMED) :]) == {CONFIRMED}


def test_a_confirmed_interruption_stays_so_until_the_next_answer() -> None:
    judge = InterruptionJudge()
    assert verdicts([0.9] * 30 + SILENCE * 2, judge)[-1] is CONFIRMED
    judge.reset()
    assert judge.step(0.1) is QUIET
    assert judge.suspected_blocks == 0


def test_the_echo_of_one_loud_syllable_is_dismissed_once_and_forgotten() -> None:
    said = verdicts([0.4, 0.4, 0.4, *SILENCE])
    assert said[0] is SUSPECTED
    assert said.count(DISMISSED) == 1
    assert said.index(DISMISSED) == 3 + blocks_of(240) - 1
    assert said[-1] is QUIET


def test_something_short_is_left_to_its_words() -> None:
    assert outcome([0.8] * 16) == [SUSPECTED, BRIEF]


def test_somebody_who_goes_on_after_a_short_word_is_suspected_again() -> None:
    assert outcome([0.8] * 16 + SILENCE[:12] + [0.9] * 40) == [SUSPECTED, BRIEF, SUSPECTED, CONFIRMED]


def test_a_stop_inside_a_word_does_not_end_what_is_said() -> None:
    assert outcome(([0.9] * 6 + [0.1] * 8) * 5) == [SUSPECTED, CONFIRMED]


def test_noise_that_no_detector_believes_in_never_pauses_the_answer() -> None:
    assert set(verdicts([0.3, 0.2, 0.34] * 50)) == {QUIET}


def test_one_sign_is_not_enough_after_the_sound_card_lost_something() -> None:
    judge = InterruptionJudge()
    judge.be_wary()
    assert set(verdicts([0.9] * 3 + SILENCE, judge)) == {QUIET}
    assert SUSPECTED in verdicts([0.9] * 10, judge)


def test_wariness_ends() -> None:
    judge = InterruptionJudge()
    judge.be_wary()
    verdicts([0.0] * blocks_of(JudgeConfig().wary_ms), judge)
    assert judge.step(0.4) is SUSPECTED


def test_right_after_the_answer_has_begun_less_voice_is_enough() -> None:
    judge = InterruptionJudge()
    judge.reset()
    said = verdicts([*[0.1] * 10, *[0.9] * 30], judge)
    assert said.index(CONFIRMED) == 10 + blocks_of(200) - 1


def test_and_later_it_is_not() -> None:
    judge = InterruptionJudge()
    judge.reset()
    quiet = blocks_of(JudgeConfig().early_ms)
    said = verdicts([*[0.1] * quiet, *[0.9] * 30], judge)
    assert said.index(CONFIRMED) == quiet + blocks_of(500) - 1


def test_the_residual_echo_of_the_first_word_is_not_enough() -> None:
    judge = InterruptionJudge()
    judge.reset()
    assert CONFIRMED not in verdicts([*[0.6] * (blocks_of(200) - 1), *SILENCE], judge)


def test_it_counts_how_long_ago_somebody_began() -> None:
    judge = InterruptionJudge()
    verdicts([0.1, 0.1, *[0.9] * 7], judge)
    assert judge.suspected_blocks == 7


@given(st.lists(st.floats(0.0, 1.0), max_size=200))
def test_every_suspicion_ends_in_silence_unless_it_was_confirmed(probabilities: list[float]) -> None:
    judge = InterruptionJudge()
    said = verdicts(probabilities, judge)
    after = verdicts([0.0] * (blocks_of(240) + 1), judge)
    assert after[-1] is (CONFIRMED if CONFIRMED in said else QUIET)
    for before, verdict in itertools.pairwise(said):
        assert verdict not in {BRIEF, DISMISSED} or before is SUSPECTED


@pytest.mark.parametrize(
    "text",
    [
        "Uh-huh.",
        "Mm-hmm.",
        "Yeah, yeah.",
        "Okay.",
        "I see.",
        "Oh, right.",
        "",
        " ... ",
        "Ja, genau.",
        "D'accord.",
        "Sí, claro.",
        "Ach so.",
    ],
)
def test_words_of_a_listener(text: str) -> None:
    assert is_backchannel(text)


@pytest.mark.parametrize(
    "text", ["Stop.", "No.", "Wait.", "Wait, okay.", "What?", "Yes, but", "I think", "Nein.", "Okay, stop."]
)
def test_words_of_somebody_who_wants_to_speak(text: str) -> None:
    assert not is_backchannel(text)


@pytest.mark.parametrize("text", ["Um,", "Uh...", "Hmm.", "Äh, ähm."])
def test_sounds_of_somebody_who_looks_for_a_word(text: str) -> None:
    assert is_hesitation(text)
    assert is_backchannel(text)  # while somebody else speaks


@pytest.mark.parametrize("text", ["", "Uh-huh.", "Yeah.", "Um, Spain."])
def test_other_words_are_no_hesitation(text: str) -> None:
    assert not is_hesitation(text)
