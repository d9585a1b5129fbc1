"""Pauses are labelled by who speaks next, and the figures are what they are called."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

import measure_turns
from measure_turns import Kind, Pause, Said, area, interval, label, label_by_length, read, read_rttm

ANNA, BERT = "Anna", "Bert"


def pause(kind: Kind, speaker: str = ANNA, *, gap_ms: float = 700.0, probability: float = 0.5) -> Pause:
    return Pause(
        group="set",
        file="talk",
        speaker=speaker,
        at_s=1.0,
        kind=kind,
        gap_ms=gap_ms,
        speech_ms=900.0,
        pauses_before=0,
        earlier_ms=[],
        probabilities={str(ms): probability for ms in measure_turns.TRAILING_MS},
        text="I see.",
        language="en",
        log_probability=-0.2,
    )


def test_who_spoke_when_is_read_from_rttm() -> None:
    text = "SPKR-INFO talk\nSPEAKER talk 1 0.500 1.250 <NA> <NA> Anna <NA> <NA>\n"
    assert read_rttm(text) == {"talk": [Said(0.5, 1.75, ANNA)]}


def test_the_same_person_goes_on_after_a_hesitation() -> None:
    found: object = label([Said(0.0, 2.0, ANNA), Said(2.6, 4.0, ANNA)], 2.0)
    assert found == ("hold", pytest.approx(0.6), ANNA)


def test_a_pause_inside_what_the_annotation_takes_for_one_piece_is_a_hesitation() -> None:
    assert label([Said(0.0, 4.0, ANNA)], 2.0) == ("hold", None, ANNA)


def test_somebody_else_goes_on_after_an_end() -> None:
    found: object = label([Said(0.0, 2.0, ANNA), Said(2.4, 4.0, BERT)], 2.0)
    assert found == ("shift", pytest.approx(0.4), ANNA)


@pytest.mark.parametrize("later", [[], [Said(6.0, 7.0, ANNA)]])
def test_nobody_goes_on_after_an_end(later: list[Said]) -> None:
    assert label([Said(0.0, 2.0, ANNA), *later], 2.0) == ("shift", 3.0, ANNA)


def test_where_two_speak_nothing_is_said() -> None:
    assert label([Said(0.0, 2.0, ANNA), Said(1.0, 2.1, BERT)], 2.0) is None
    assert label([Said(0.0, 2.0, ANNA), Said(1.9, 5.0, BERT)], 2.0) is None
    assert label([Said(0.0, 1.0, ANNA)], 2.0) is None


def test_one_side_of_a_conversation_is_labelled_by_the_length_of_its_pauses() -> None:
    assert [label_by_length(gap_s) for gap_s in (0.4, 2.0, 3.0)] == ["hold", None, "shift"]


def test_the_area_is_the_share_of_pairs_in_the_right_order() -> None:
    assert area([2.0, 3.0], [0.0, 1.0]) == 1.0
    assert area([0.0], [0.0]) == 0.5
    assert area([1.0, 3.0], [2.0]) == 0.5


def test_pauses_of_one_person_count_less_than_those_of_many() -> None:
    kinds: list[Kind] = ["shift", "hold"] * 10
    scores = [float(index % 3) for index in range(20)]
    many = [pause(kind, f"speaker {index // 2}") for index, kind in enumerate(kinds)]
    low, high = interval(many, scores)
    assert low < area(scores[::2], scores[1::2]) < high
    one = [pause(kind) for kind in kinds]
    assert interval(one, scores) == pytest.approx((area(scores[::2], scores[1::2]),) * 2)


def test_short_hesitations_are_left_out(tmp_path: Path) -> None:
    every = [pause("hold", gap_ms=120.0), pause("hold", gap_ms=400.0), pause("shift", gap_ms=100.0)]
    file = tmp_path / "pauses.jsonl"
    file.write_text("".join(json.dumps(asdict(each)) + "\n" for each in every), encoding="utf-8")
    assert read([file]) == every[1:]
