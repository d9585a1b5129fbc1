"""Any player of asciinema's format can play the recorded session, and it shows nothing private."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import record_session

CAST = Path(__file__).parents[2] / "docs" / "session.cast"


@given(st.text(st.sampled_from("aé日👩\u200d\x1b[2K\r\n")), st.lists(st.integers(0, 60)))
def test_what_was_written_is_played_whole_and_no_character_is_cut(text: str, cuts: list[int]) -> None:
    data = text.encode()
    places = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    chunks = [(100.0 + n / 8, data[a:b]) for n, (a, b) in enumerate(pairwise(places))]
    header, *events = map(json.loads, record_session.cast(chunks, columns=80, rows=24, title="t"))
    assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
    assert "".join(event[2] for event in events) == text
    times = [event[0] for event in events]
    assert times == sorted(times)
    assert all(0 <= at_s <= len(chunks) / 8 for at_s in times)


def test_a_program_is_recorded_in_a_terminal_of_the_size_asked_for() -> None:
    code = "import os, sys; print(*os.get_terminal_size(), sys.stdin.isatty())"
    chunks = list(record_session.run([sys.executable, "-c", code], columns=71, rows=19))
    assert b"".join(data for _, data in chunks).strip() == b"71 19 True"


def test_a_program_that_fails_is_not_recorded() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        list(record_session.run([sys.executable, "-c", "raise SystemExit(3)"], columns=80, rows=24))


def test_the_recording_in_the_documents_is_of_a_session_and_of_no_machine() -> None:
    header, *events = map(json.loads, CAST.read_text(encoding="utf-8").splitlines())
    assert header["version"] == 2
    assert [kind for _, kind, _ in events] == ["o"] * len(events)
    assert [at_s for at_s, _, _ in events] == sorted(at_s for at_s, _, _ in events)
    shown = re.sub("\x1b\\[[?0-9;]*[A-Za-z]", "", "".join(text for _, _, text in events))
    for sign in ("○ listening", "● hearing you", "◉ speaking", "you ", "voicecli "):
        assert sign in shown
    assert not re.search(r"/(home|root|tmp|work|Users)\b", shown)
    assert CAST.stat().st_size < 200_000
