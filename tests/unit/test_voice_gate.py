"""The gate opens when both detectors agree, and stays open through the gaps inside words."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from voicecli.speech.voice_gate import Gate, GateConfig, Voicing

Q, B, S, P = Voicing.QUIET, Voicing.STARTING, Voicing.SPEAKING, Voicing.STOPPING


def run(gate: Gate, scores: Sequence[tuple[float, float | None]]) -> list[Voicing]:
    return [gate.step(first_stage=first, confirmed=confirmed) for first, confirmed in scores]


def test_speech_begins_after_start_ms_when_both_agree() -> None:
    assert run(Gate(GateConfig(start_ms=60)), [(1, 0.9)] * 4) == [B, B, S, S]


@pytest.mark.parametrize("scores", [(1.0, 0.1), (0.0, 0.9)], ids=["keys and hum", "only the second stage"])
def test_one_detector_alone_opens_nothing(scores: tuple[float, float]) -> None:
    assert set(run(Gate(GateConfig()), [scores] * 100)) == {Q}


def test_without_the_second_stage_the_first_is_enough() -> None:
    assert run(Gate(GateConfig(start_ms=60)), [(1, None)] * 3)[-1] is S


def test_the_first_stage_may_have_fired_some_blocks_before_the_second() -> None:
    scores: list[tuple[float, float | None]] = [(1, 0.1), (0, 0.1), (0, 0.9), (0, 0.9), (0, 0.9)]
    assert run(Gate(GateConfig(start_ms=60, memory_ms=200)), scores)[-1] is S


def test_a_click_is_forgotten() -> None:
    gate = Gate(GateConfig(start_ms=60, patience_ms=100))
    assert run(gate, [(1, 0.9), (1, 0.9)])[-1] is B
    assert run(gate, [(0, 0.0)] * 6)[-1] is Q
    assert run(gate, [(1, 0.9)])[-1] is B


def test_a_gap_inside_a_word_is_no_pause_and_a_longer_one_is() -> None:
    gate = Gate(GateConfig(start_ms=20, pause_ms=160))
    run(gate, [(1, 0.9)])
    assert set(run(gate, [(0, 0.1)] * 7)) == {S}
    assert run(gate, [(1, 0.9)]) == [S]
    assert run(gate, [(0, 0.1)] * 8)[-1] is P
    assert gate.unvoiced_blocks == 8


def test_a_weak_syllable_keeps_speech_going_but_does_not_begin_it() -> None:
    gate = Gate(GateConfig(start_ms=20, start_probability=0.5, stop_probability=0.35))
    assert set(run(gate, [(1, 0.4)] * 10)) == {Q}
    run(gate, [(1, 0.9)])
    assert set(run(gate, [(1, 0.4)] * 30)) == {S}


def test_one_voiced_block_in_a_pause_is_a_breath_and_two_are_a_word() -> None:
    gate = Gate(GateConfig(start_ms=60, pause_ms=40))
    run(gate, [(1, 0.9)] * 3 + [(0, 0.1)] * 2)
    assert run(gate, [(1, 0.9), (0, 0.1)]) == [P, P]
    assert run(gate, [(1, 0.9), (1, 0.9)]) == [P, S]


def test_closing_makes_it_quiet() -> None:
    gate = Gate(GateConfig(start_ms=20))
    run(gate, [(1, 0.9)] * 3)
    gate.close()
    assert gate.voicing is Q
    assert run(gate, [(0, 0.0)]) == [Q]


VOICE_DBFS, ROOM_DBFS = -25.0, -70.0


def spoken(gate: Gate, blocks: int, level_dbfs: float) -> list[Voicing]:
    """Feeds blocks that both detectors score as speech."""
    return [gate.step(first_stage=1, confirmed=0.9, level_dbfs=level_dbfs) for _ in range(blocks)]


def test_silence_after_a_voice_is_a_pause_before_the_detectors_say_so() -> None:
    gate = Gate(GateConfig(quiet_pause_ms=100))
    assert spoken(gate, 20, VOICE_DBFS)[-1] is S
    assert spoken(gate, 5, ROOM_DBFS) == [S, S, S, S, P]
    assert gate.unvoiced_blocks == 5


def test_in_noise_the_level_knows_nothing() -> None:
    gate = Gate(GateConfig(quiet_db=35.0))
    spoken(gate, 20, VOICE_DBFS)
    assert set(spoken(gate, 50, VOICE_DBFS - 30.0)) == {S}


def test_a_soft_voice_after_a_slammed_door_is_still_a_voice() -> None:
    gate = Gate(GateConfig())
    spoken(gate, 20, -45.0)
    spoken(gate, 2, -9.0)
    assert P not in spoken(gate, 50, -45.0)


def test_the_next_speaker_may_be_softer() -> None:
    gate = Gate(GateConfig())
    spoken(gate, 20, -10.0)
    gate.close()
    assert spoken(gate, 20, -55.0)[-1] is S
