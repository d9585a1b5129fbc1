"""A small part of `scripts/fault_campaign.py`: the program is broken from outside, and what follows is as designed."""

from __future__ import annotations

import sys

import pytest

import fault_campaign
from faults import files
from faults.case import Row, State, attempt

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the campaign reads /proc")

CASES: list[tuple[str, State]] = [
    ("the speaker is unplugged and connected again", "answering"),
    ("the database is removed", "thinking"),
    ("a program that wants to speak sends values of the wrong kind", "hearing"),
]


@pytest.mark.processes
@pytest.mark.parametrize(("name", "state"), CASES)
def test_a_fault_is_told_and_costs_what_it_may(name: str, state: State) -> None:
    (fault,) = fault_campaign.chosen((), (name,))
    row = attempt(fault, state)
    assert row.wrong == []
    assert row.ended is None
    assert bool(row.message) is bool(fault.code)


def test_there_are_enough_faults_and_each_is_tried_in_three_states_at_least() -> None:
    names = [fault.name for fault in fault_campaign.FAULTS]
    assert len(names) == len(set(names)) >= 40
    assert all(len(fault.states) >= 3 for fault in fault_campaign.FAULTS)


def test_a_row_that_is_not_as_designed_is_seen_in_both_tables() -> None:
    good = Row(fault=files.FAULTS[0], state="hearing", message="The disk is full.", told_s=0.2, turn="answered")
    bad = Row(fault=files.FAULTS[0], state="thinking", wrong=["not saved: a | b"])
    assert fault_campaign.line(good).endswith("| as designed |")
    assert fault_campaign.line(bad).endswith("| not saved: a \\| b |")
    assert list(fault_campaign.summary([good, bad]))[-1].endswith("| 1 of 2 |")
