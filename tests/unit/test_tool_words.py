"""What the transcript shows of a call is plain words, for every tool of the program and for those of the user."""

from __future__ import annotations

import pytest

from voicecli.events.tool_words import used_in_words
from voicecli.tools.builtin_catalog import OWN


@pytest.mark.parametrize(("tool", "given", "outcome", "words"), [
    ("calculate", {"expression": "2+2"}, "done", "Calculated: 2 + 2"),
    ("calculate", {"expression": "(3+4)*-5/2**3"}, "failed", "Could not calculate: (3 + 4) \u00d7 -5 \u00f7 2^3"),
    ("convert", {"value": "5", "from": "mi", "to": "km"}, "done", "Converted: 5 mi into km"),
    ("stop", {}, "done", "Stopped, as you asked"),
    ("time", {"place": "Tokyo"}, "done", "Looked at the clock: Tokyo"),
    ("set_timer", {"seconds": 5400, "name": "eggs"}, "done", "Set a timer: 1 hour 30 minutes, eggs"),
    ("remind", {"text": "call Ana", "seconds": 1}, "done", "Set a reminder: 1 second, call Ana"),
    ("volume", {"percent": 50}, "done", "Changed the volume: 50 percent"),
    ("read_file", {"name": "report.pdf", "page": -1}, "done", "Read aloud: report.pdf, the last page"),
    ("add_note", {"text": "buy milk"}, "asked", "Asked whether it may write a note: buy milk"),
    ("lights", {}, "failed", "Could not use the tool lights"),
    ("weather", {"city": "Bonn", "in_days": 2, "long": True}, "done", "Used the tool weather with city Bonn, in days 2 and long true"),
    ("clock__get_time", {"zone": "Asia/Tokyo"}, "asked", "Asked whether it may use the tool get_time of the server clock with zone Asia/Tokyo"),
])  # fmt: skip
def test_a_call_is_told_in_plain_words(tool: str, given: dict[str, object], outcome: str, words: str) -> None:
    assert used_in_words(tool, given, outcome) == words


def test_every_tool_of_the_program_has_words_of_its_own() -> None:
    assert [each.name for each in OWN if "the tool" in used_in_words(each.name, {}, "failed")] == []
