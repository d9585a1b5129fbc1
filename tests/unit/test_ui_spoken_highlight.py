"""A reply that is read aloud: each word is highlighted at its place, and nothing is split or lost."""

from __future__ import annotations

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from rich.text import Text

from fakes.ui_events import TEXTS
from fakes.ui_scenes import CODE, LONG, MIXED, READY, deltas, phase, read_aloud
from voicecli.ui.render import finished_rows, live_rows
from voicecli.ui.spoken_highlight import reading_rows
from voicecli.ui.theme import THEMES
from voicecli.ui.transcript import Transcript
from voicecli.ui.transcript_entry import Entry

HARD = [
    "👩\u200d💻" * 30,
    "👍🏽 " * 20,
    "🇯🇵 🇫🇷 " * 12,
    "e\u0301" * 60,
    "ก็" * 50,
    "日本語のテキスト。" * 8,
    "한국어 " * 15,
    "שלום עולם, " * 8,
    "مرحبا بالعالم " * 8,
    "x" * 100,
    MIXED,
    CODE,
]


def console(width: int = 60) -> Console:
    return Console(
        file=io.StringIO(), width=width, height=40, force_terminal=True, color_system="standard", theme=THEMES["dark"]
    )


def looks(rows: list[list[Segment]]) -> dict[str, str]:
    """The text in each style: said, sounding, unsaid."""
    found = {"said": "", "sounding": "", "unsaid": ""}
    for row in rows:
        for segment in row:
            style = segment.style
            look = "sounding" if style and style.bold else "unsaid" if style and style.dim else "said"
            found[look] += segment.text
    return found


def reply(text: str, heard: int | None, word: int | None = None) -> Entry:
    return Entry(who="assistant", turn=1, text=text, heard=heard, word=word)


def test_words_light_up_one_after_the_other() -> None:
    text = "One **two** three."
    transcript = Transcript()
    seen = []
    for event in (READY, *deltas(1, text), *read_aloud(1, text)):
        transcript.fold(event)
        if transcript.live:
            seen.append(tuple(looks(reading_rows(transcript.live[0], console(), width=50)[0]).values()))
    assert seen[-4:] == [
        ("", "", text),
        ("", "One", " **two** three."),
        ("One ", "**two**", " three."),
        ("One **two** ", "three.", ""),
    ]


def test_a_word_that_was_told_of_late_does_not_darken_what_was_lit() -> None:
    transcript = Transcript()
    one, two, three = read_aloud(1, "One two three.")
    for event in (READY, *deltas(1, "One two three."), one, three, two):
        transcript.fold(event)
    assert transcript.live[0].parts == ("One two three.", "")


@pytest.mark.parametrize("width", [20, 21, 50])
@pytest.mark.parametrize("text", HARD, ids=ascii)
def test_every_row_fits_and_no_letter_and_no_sign_is_torn(text: str, width: int) -> None:
    for heard in range(0, len(text), max(1, len(text) // 9)):
        rows, _ = reading_rows(reply(text, heard, max(0, heard - 3)), console(), width=width)
        shown = ["".join(segment.text for segment in row) for row in rows]
        assert max(map(cell_len, shown)) <= width
        assert "".join("".join(shown).split()) == "".join(text.split())
        for start in [segment.text for row in rows for segment in row]:
            assert unicodedata.category(start[0]) not in {"Mn", "Me", "Cf"}
            assert not start.startswith("💻")
            assert not "🏻" <= start[0] <= "🏿"


@pytest.mark.parametrize("width", [30, 60])
@pytest.mark.parametrize("text", HARD, ids=ascii)
def test_the_whole_screen_fits_while_it_is_read_when_it_is_cut_and_when_it_is_over(text: str, width: int) -> None:
    terminal = console(width)
    transcript = Transcript()
    for event in (READY, phase("speaking"), *deltas(1, text), *read_aloud(1, text)[:3]):
        transcript.fold(event)
    over = [Entry(who="assistant", turn=1, text=text, state=state, closed=True, heard=9) for state in ("cut", "final")]
    for rows in (live_rows(transcript, terminal, max_rows=1000), finished_rows(over, terminal)):
        for row in rows:
            line = "".join(segment.text for segment in row)
            assert cell_len(line) <= width
            assert not line or unicodedata.category(line.lstrip()[:1] or "x") not in {"Mn", "Me", "Cf"}


@given(TEXTS, st.integers(0, 300), st.integers(0, 300), st.sampled_from([8, 20, 70]))
def test_whatever_was_heard_all_is_shown_once_and_within_the_width(
    text: str, heard: int, word: int, width: int
) -> None:
    rows, focus = reading_rows(reply(text, heard, min(heard, word)), console(), width=width)
    assert 0 <= focus < len(rows)
    assert all(cell_len("".join(segment.text for segment in row)) <= width for row in rows)
    plain, _ = reading_rows(reply(text, None), console(), width=width)
    assert ["".join(segment.text for segment in row) for row in rows] == [
        "".join(segment.text for segment in row) for row in plain
    ]


def test_the_row_of_the_word_that_sounds_is_the_one_to_keep_in_sight() -> None:
    for end in range(10, len(LONG), 97):
        rows, focus = reading_rows(reply(LONG, end, end - 5), console(), width=40)
        assert LONG[end - 3 : end].split()[-1] in "".join(segment.text for segment in rows[focus])
    assert reading_rows(reply(LONG, 0), console(), width=40)[1] == 0
    rows, focus = reading_rows(reply(LONG, None), console(), width=40)
    assert focus == len(rows) - 1


def test_where_rows_break_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    wrap = Text.wrap

    def counted(*args: object, **more: object) -> object:
        nonlocal calls
        calls += 1
        return wrap(*args, **more)  # type: ignore[arg-type] # passed on

    monkeypatch.setattr(Text, "wrap", counted)
    text = "A text that no other test has. " * 10
    for heard in range(0, 300, 10):
        reading_rows(reply(text, heard), console(), width=33)
    assert calls == 1
