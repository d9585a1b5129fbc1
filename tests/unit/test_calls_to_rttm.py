from __future__ import annotations

import json

import pytest

import calls_to_rttm
from measure_turns import label, read_rttm


def segment(side: str, at_ms: float, length_ms: float, text: str, *, late_ms: float = 0.0) -> dict[str, object]:
    times = {"offset_ms": at_ms, "start_ms": at_ms - late_ms, "duration_ms": length_ms}
    return {"speaker_role": side, "human_transcript": text, **times}


CALL = json.dumps(
    [
        segment("agent", 3000, 1000, "how can i help you", late_ms=2000),
        segment("caller", 6000, 500, "i lost"),
        segment("agent", 6600, 100, "[noise]", late_ms=2000),
        segment("caller", 7000, 500, "my card"),
        segment("agent", 9000, 1000, "which one", late_ms=2000),
    ]
)


def test_a_side_that_was_recorded_later_is_moved_to_the_clock_of_the_call() -> None:
    said = calls_to_rttm.segments(CALL)
    assert calls_to_rttm.late_ms(said, "agent") == 2000
    assert calls_to_rttm.late_ms(said, "caller") == 0


@pytest.mark.parametrize(("end_s", "kind"), [(4.0, "shift"), (6.5, "hold"), (7.5, "shift")])
def test_who_speaks_next_labels_a_pause_and_noise_is_no_speech(end_s: float, kind: str) -> None:
    lines = calls_to_rttm.rttm("call-caller", calls_to_rttm.segments(CALL), {"agent": "person1", "caller": "person2"})
    found = label(read_rttm("\n".join(lines))["call-caller"], end_s)
    assert found is not None
    assert found[0] == kind
