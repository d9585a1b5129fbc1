"""Numbers for the endpointing rule are chosen on people, and never at the price of the spoken sentences."""

from __future__ import annotations

from fit_turns import BEFORE, Made, curve, cut_in, folds, numbers, waits
from measure_turns import TRAILING_MS, Kind, Pause
from voicecli.speech import endpoint, turn_completeness

DEAF = {**BEFORE, "HELD": 0.0, "FADING": 0.0}
HELD = {**BEFORE, "HELD": 2.8, "FADING": 0.0}
"""Numbers that do not use the last sounds, and numbers that use how long the last one was held."""


def pause(kind: Kind, speaker: str, *, held_ms: float) -> Pause:
    return Pause(
        group="set",
        file="talk",
        speaker=speaker,
        at_s=1.0,
        kind=kind,
        gap_ms=700.0,
        speech_ms=900.0,
        pauses_before=0,
        earlier_ms=[],
        probabilities={str(ms): 0.7 for ms in TRAILING_MS},
        text="What time is it?",
        language="en",
        log_probability=-0.2,
        held_ms=held_ms,
        change_db_s=-40.0,
    )


def of_each(speaker: str) -> list[Pause]:
    return [pause("hold", speaker, held_ms=400.0), pause("shift", speaker, held_ms=60.0)]


def test_numbers_are_put_back() -> None:
    weight, asked = endpoint.TURN_WEIGHT, turn_completeness.ASKED
    with numbers({"TURN_WEIGHT": 0.1, "ASKED": 0.6}):
        assert endpoint.TURN_WEIGHT == 0.1
        assert endpoint.looks_finished("Why not?", "en") == 0.6
    assert weight == endpoint.TURN_WEIGHT
    assert asked == turn_completeness.ASKED


def test_held_sounds_tell_hesitations_from_ends_where_nothing_else_does() -> None:
    people = [each for name in ("Anna", "Bert") for each in of_each(name)]
    assert curve(people, waits(people, DEAF)) == 0.5
    assert curve(people, waits(people, HELD)) == 1.0
    assert cut_in(people, waits(people, HELD)) < cut_in(people, waits(people, DEAF))


def test_everybody_is_judged_by_numbers_that_were_chosen_without_them() -> None:
    like_others = [each for number in range(9) for each in of_each(f"speaker {number}")]
    odd_one = [pause("hold", "odd", held_ms=60.0), pause("shift", "odd", held_ms=400.0)]
    people = [*like_others, *odd_one]
    held_out = folds(people, [DEAF, HELD], seed=0)
    assert held_out == waits(people, HELD)


def test_a_choice_that_cuts_in_on_more_of_the_spoken_sentences_is_worse() -> None:
    before = Made(median_ms=340, ninety_ms=800, cut=(10.0, 20.0, 30.0))
    assert Made(median_ms=350, ninety_ms=900, cut=(11.0, 21.0, 31.0)).no_worse_than(before)
    assert not Made(median_ms=340, ninety_ms=800, cut=(15.0, 25.0, 30.0)).no_worse_than(before)
    assert not Made(median_ms=400, ninety_ms=800, cut=(10.0, 20.0, 30.0)).no_worse_than(before)
