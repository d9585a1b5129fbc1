"""The picture at the top of the README is animated everywhere, and refers to nothing outside it."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import make_moving_picture

PICTURE = Path(__file__).parents[2] / "docs" / "session.svg"


def cast(*written: tuple[float, str]) -> list[str]:
    header = json.dumps({"version": 2, "width": 20, "height": 3, "title": "voicecli <chat>"})
    return [header, *(json.dumps([at_s, "o", text]) for at_s, text in written)]


def test_every_state_of_the_screen_is_a_frame_and_pauses_are_shortened() -> None:
    shown = list(make_moving_picture.frames(cast((0.0, "one"), (1.0, "\r\ntwo"), (60.0, "\x1b[2J\x1b[Hthree"))))
    texts = [re.sub("<[^>]*>", "", "|".join(frame.rows)) for frame in shown]
    assert texts == ["one||", "one|two|", "three||", "three||"]
    assert [frame.at_s for frame in shown] == [0.0, 1.0, 3.0, 3.0]


def test_states_that_nobody_could_see_are_left_out() -> None:
    flicker = [(n / 1000, f"\r{n:04d}") for n in range(1000)]
    assert len(list(make_moving_picture.frames(cast(*flicker)))) <= 1 / make_moving_picture.SHORTEST_FRAME_S + 2


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("\x1b[2mfaint\x1b[22m plain", 'opacity="0.55">faint</tspan><tspan x="54"> plain'),
        ("\x1b[1;32mgreen", 'fill="#8cbe78" font-weight="bold">green'),
        ("\x1b[9mgone", 'text-decoration="line-through">gone'),
        ("\x1b[38;2;1;2;3mexact", 'fill="#010203">exact'),
        ("a <b> & c", "a &lt;b&gt; &amp; c"),
    ],
)
def test_text_looks_as_it_did(written: str, expected: str) -> None:
    assert expected in next(make_moving_picture.frames(cast((0.0, written)))).rows[0]


def test_a_row_that_stays_is_kept_once() -> None:
    lines = cast(*((float(n), f"\x1b[1;1Hstays\x1b[2;1H{n}") for n in range(9)))
    drawn = make_moving_picture.picture(list(make_moving_picture.frames(lines)), columns=20, rows=3, title="t")
    assert drawn.count(">stays<") == 1
    assert drawn.count("<use ") == 2 * 10


def test_the_picture_in_the_documents_moves_and_refers_to_nothing() -> None:
    text = PICTURE.read_text(encoding="utf-8")
    ET.fromstring(text)  # noqa: S314 - a file of ours
    assert "@keyframes play" in text
    assert "prefers-reduced-motion" in text
    assert "<script" not in text
    assert text.count("://") == text.count("http://www.w3.org")
    assert "url(" not in text.replace("url(#", "")
    assert len(text) < 300_000
