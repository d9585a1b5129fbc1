"""Strict parsers of subtitle files: everything that could confuse a player is an error."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

_SRT_TIMES = re.compile(r"(\d\d):([0-5]\d):([0-5]\d),(\d{3}) --> (\d\d):([0-5]\d):([0-5]\d),(\d{3})")
_VTT_TIMES = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d\d):([0-5]\d):([0-5]\d)\.(\d{3})")
_VTT_TAG = re.compile(r"<\d\d:[0-5]\d:[0-5]\d\.\d{3}>")


@dataclass(frozen=True)
class Parsed:
    from_ms: int
    to_ms: int
    text: str


def parse_srt(text: str) -> list[Parsed]:
    """The subtitles of a SubRip file."""
    found = []
    for number, block in enumerate(_blocks(text), 1):
        told, times, *lines = block.split("\n")
        assert told == str(number), f"{told} where {number} belongs"
        found.append(_parsed(_SRT_TIMES, times, lines))
    return found


def parse_vtt(text: str) -> list[Parsed]:
    """The subtitles of a WebVTT file."""
    head, *blocks = _blocks(text)
    assert head == "WEBVTT", head
    found = []
    for block in blocks:
        times, *lines = block.split("\n")
        assert not any("-->" in line for line in lines), block
        plain = [_VTT_TAG.sub("", line) for line in lines]
        assert not any(sign in line for line in plain for sign in "<>"), block
        found.append(_parsed(_VTT_TIMES, times, [html.unescape(line) for line in plain]))
    return found


def _blocks(text: str) -> list[str]:
    assert text.endswith("\n\n"), "the last block has no empty line behind it"
    assert "\r" not in text
    return text.removesuffix("\n\n").split("\n\n")


def _parsed(pattern: re.Pattern[str], times: str, lines: list[str]) -> Parsed:
    match = pattern.fullmatch(times)
    assert match is not None, times
    numbers = list(map(int, match.groups()))
    from_ms, to_ms = (((h * 60 + m) * 60 + s) * 1000 + ms for h, m, s, ms in (numbers[:4], numbers[4:]))
    assert from_ms < to_ms, times
    assert lines
    assert all(line.strip() == line != "" for line in lines), lines
    return Parsed(from_ms=from_ms, to_ms=to_ms, text=" ".join(lines))
