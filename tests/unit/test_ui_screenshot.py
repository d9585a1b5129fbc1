from __future__ import annotations

import html
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given

import make_screenshot
from fakes.ui_events import any_events
from fakes.ui_scenes import CANBERRA, READY, SCENES, deltas, heard, spoken, whole
from voicecli import events


def record(path: Path, *happened: events.Event) -> Path:
    records = [events.as_json(event) for event in happened]
    path.write_text("".join(json.dumps(r) + "\n" for r in records if r is not None), encoding="utf-8")
    return path


def test_a_recording_becomes_a_picture_that_refers_to_nothing_outside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = record(
        tmp_path / "session.jsonl",
        READY,
        *whole(1, "What is the capital of Australia?", CANBERRA),
        heard(2, "More?"),
        *deltas(2, "Yes, much more"),
        spoken(2, "Yes,", cut=True),
        events.Bye(t_s=9, turns=2),
    )
    svg = tmp_path / "session.svg"
    monkeypatch.setattr("sys.argv", ["make_screenshot.py", str(recording), str(svg)])
    make_screenshot.main()
    text = svg.read_text(encoding="utf-8")
    ET.fromstring(text)  # noqa: S314 (written by this test)
    words = html.unescape(text).replace("\xa0", " ")
    for expected in ("you", "What is the capital of Australia?", "stopped here", "listening", "full duplex"):
        assert expected in words
    assert "url(" not in text.replace("url(#", "")
    assert text.count("://") == text.count("http://www.w3.org") + text.count("https://www.textualize.io")


@given(any_events())
def test_every_event_is_read_back_as_it_was_recorded(happened: list[events.Event]) -> None:
    for event in happened:
        if (written := events.as_json(event)) is not None:
            assert events.as_json(make_screenshot.event_of(written)) == written


def test_a_whole_scene_is_drawn(tmp_path: Path) -> None:
    happened = [event for step in SCENES["talk"] for event in step if not isinstance(event, Exception | int)]
    picture = make_screenshot.picture(make_screenshot.recorded(record(tmp_path / "session.jsonl", *happened)))
    assert "voicecli" in picture
