"""A number says what it is for: in a docstring, or in a comment."""

from __future__ import annotations

from pathlib import Path

import pytest

from measure_code import undescribed_numbers

ROOT = Path(__file__).parents[2] / "src" / "voicecli"


def test_every_number_says_what_it_is_for() -> None:
    found = {
        f"{path.relative_to(ROOT).as_posix()}:{number}"
        for path in ROOT.rglob("*.py")
        for number in undescribed_numbers(path.read_text(encoding="utf-8"))
    }
    assert found == set(), 'add a docstring below it: """How long …, in seconds."""'


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("LIMIT_S = 3.0\n", ["LIMIT_S"]),
        ("LIMIT_S: Final = -3.0\n\n", ["LIMIT_S"]),
        ("BYTES = 1 << 20\nTEXT = ''\n", ["BYTES"]),
        ("LIMIT_S = 3.0\n\n'''Not its own.'''\n", ["LIMIT_S"]),
        ("LIMIT_S = 3.0\n'''How long.'''\n", []),
        ("LEAST, MOST = 1, 2\nLIMIT_S = 3.0\nREST_S = 1.0\n'''Both times.'''\n", []),
        ("LIMIT_S = 3.0  # how long\n", []),
        ("# how long, and how often\nLIMIT_S = 3.0\nTIMES = 2\n", []),
        ("ON = True\nNAME = 'x'\nlimit = 3\n", []),
    ],
)
def test_what_counts_as_described(source: str, found: list[str]) -> None:
    assert list(undescribed_numbers(source)) == found
