from __future__ import annotations

import dataclasses
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from fakes.ui_events import TEXTS, any_events
from fakes.ui_scenes import (
    CANBERRA,
    CODE,
    LONG,
    MIXED,
    READY,
    TYPED,
    deltas,
    heard,
    latency,
    level,
    phase,
    reply,
    speaking,
    spoken,
)
from voicecli import events
from voicecli.ui.bottom_rows import BottomRows, key_row, line_rows
from voicecli.ui.line_editor import LineView
from voicecli.ui.render import Row, finished_rows, live_rows
from voicecli.ui.status import status_line
from voicecli.ui.theme import ASCII_SIGNS, PHASES, UNICODE_SIGNS
from voicecli.ui.transcript import Transcript
from voicecli.ui.transcript_entry import Entry

WIDTHS = (30, 40, 60, 80, 120, 200)


def terminal(width: int = 80, *, no_color: bool = False, encoding: str = "utf-8") -> Console:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    return Console(file=file, width=width, height=24, force_terminal=True, color_system="standard", no_color=no_color)


def lines(rows: list[Row]) -> list[str]:
    return ["".join(segment.text for segment in row) for row in rows]


def answer(text: str, *, heard_until: int | None = None) -> Entry:
    state = "final" if heard_until is None else "cut"
    return Entry(who="assistant", turn=1, text=text, state=state, closed=True, heard=heard_until)  # type: ignore[arg-type] # one of the two


def folded(*happened: events.Event) -> Transcript:
    transcript = Transcript()
    for event in happened:
        transcript.fold(event)
    return transcript


def status(transcript: Transcript, width: int = 120) -> str:
    return status_line(transcript, width=width, signs=UNICODE_SIGNS).plain


class Rows:
    """Rows as a renderable, each ended by a line feed."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    def __rich_console__(self, _console: Console, _options: ConsoleOptions) -> RenderResult:
        for row in self.rows:
            yield from row
            yield Segment.line()


def ansi(rows: list[Row], console: Console) -> str:
    with console.capture() as capture:
        console.print(Rows(rows))
    return capture.get()


def test_who_said_what_stands_at_the_left_and_questions_begin_blocks() -> None:
    entries = folded(
        TYPED, heard(1, "Capital?"), reply(1, CANBERRA), heard(2, "Really?"), reply(2, "Yes.")
    ).take_finished()
    assert lines(finished_rows(entries, terminal(60))) == [
        "you       Capital?",
        "voicecli  Canberra. It was chosen in 1908 as a compromise",
        "          between Sydney and Melbourne, which both wanted to",
        "          be the capital. Parliament moved there in 1927.",
        "",
        "you       Really?",
        "voicecli  Yes.",
    ]


def test_an_error_says_what_to_do() -> None:
    error = events.ErrorRaised(t_s=0, turn=None, code="x", message="It broke.", hint="voicecli doctor")
    assert lines(finished_rows(folded(error).take_finished(), terminal())) == [
        "error     It broke.",
        "          → voicecli doctor",
    ]


def test_a_finished_reply_is_markdown_with_code() -> None:
    assert lines(finished_rows([answer(CODE)], terminal())) == [
        "voicecli  Here is how:",
        "",
        "            def mean(values: list[float]) -> float:",
        "                # the average",
        "                return sum(values) / len(values)",
        "",
        "           • sum adds all values,",
        "           • len counts them.",
    ]


def test_an_interrupted_reply_shows_where_it_was_cut() -> None:
    shown = lines(finished_rows([answer(CANBERRA, heard_until=len("Canberra."))], terminal(60)))
    assert shown[0] == "voicecli  Canberra. It was chosen in 1908 as a compromise"
    assert shown[-1].endswith(" ■")


def test_words_that_were_spoken_are_brighter_than_those_to_come() -> None:
    transcript = folded(READY, phase("speaking"), *deltas(1, CANBERRA), speaking(1, CANBERRA, "Canberra."))
    row = live_rows(transcript, terminal(), max_rows=20)[0]
    assert [(segment.text, bool(segment.style and segment.style.dim)) for segment in row[2:]] == [
        ("Canberra.", False),
        (" It was chosen in 1908 as a compromise between Sydney and", True),
    ]


def test_text_that_is_only_read_is_all_bright() -> None:
    rows = live_rows(folded(TYPED, *deltas(1, CANBERRA)), terminal(), max_rows=20)
    assert not any(segment.style and segment.style.dim for segment in rows[0])


def test_of_a_long_reply_the_words_that_sound_now_are_in_sight() -> None:
    sentence = "number 60 of a long story."
    transcript = folded(READY, phase("speaking"), *deltas(1, LONG), speaking(1, LONG, sentence))
    shown = lines(live_rows(transcript, terminal(100), max_rows=10))
    assert len(shown) == 10
    assert shown[0] == "…"
    assert any(sentence in line for line in shown)
    assert shown[-1].startswith("◉ speaking")


def test_of_a_long_reply_that_is_read_the_tail_is_in_sight() -> None:
    shown = lines(live_rows(folded(TYPED, *deltas(1, LONG)), terminal(100), max_rows=10))
    assert "number 120" in shown[-3]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120])
@pytest.mark.parametrize(
    "text", [MIXED, MIXED * 8, CODE, "長" * 200, "👩\u200d💻" * 90, "e\u0301" * 300, "مرحبا " * 80]
)
def test_no_row_is_wider_than_the_terminal_and_no_letter_is_lost(text: str, width: int) -> None:
    console = terminal(width)
    transcript = folded(READY, *deltas(1, text), speaking(1, text, text[:20]))
    live = live_rows(transcript, console, max_rows=1000)
    finished = finished_rows([answer(text)], console)
    for shown in (lines(live), lines(finished)):
        assert max(map(cell_len, shown)) <= width
    for shown in (lines(live)[:-2], lines(finished)):
        letters = "".join(c for line in shown for c in line[10:] if c.isalpha())
        wanted = "".join(c for c in text if c.isalpha())
        assert letters in {wanted, wanted.replace("python", "")}  # the language of a code block is not shown


@given(any_events(), st.sampled_from(WIDTHS), st.sampled_from(["utf-8", "latin-1"]), st.integers(0, 150))
@settings(deadline=None)
def test_anything_is_rendered_within_the_width_without_control_characters(
    happened: list[events.Event], width: int, encoding: str, cursor: int
) -> None:
    console = terminal(width, encoding=encoding)
    transcript = Transcript()
    for event in happened:
        transcript.fold(event)
    finished = transcript.take_finished()
    view = LineView(
        text="日本 \x1b[1m" + "long " * 30, cursor=cursor, completions=(("/save", "日本"), ("/say\x1b[1m", ""))
    )
    foot = BottomRows(line=view)
    (above, _), below = line_rows(foot, console), key_row(foot, console, transcript.phase)
    rows = live_rows(transcript, console, max_rows=12, above=above, below=below) + finished_rows(finished, console)
    for line in lines(rows):
        assert cell_len(line) <= width
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", line)
        line.encode(encoding)


@given(st.lists(TEXTS, min_size=1).map("\n\n".join))
@settings(deadline=None)
def test_markdown_loses_no_word_of_a_finished_reply(text: str) -> None:
    shown = "".join(lines(finished_rows([answer(text)], terminal(200))))
    for word in (
        "One",
        "Two",
        "three",
        "red",
        "Title",
        "quoted",
        "html",
        "block",
        "ref",
        "picture",
        "link",
        "deep",
        "deeper",
        "half",
    ):
        assert shown.count(word) >= bool(re.search(rf"\b{word}\b", text))


def test_rich_markup_and_escapes_of_a_model_are_only_text() -> None:
    console = terminal()
    nasty = "[bold]x[/bold] \x1b[2J &#27;[2J \x1b]0;t\x07 [link=http://example.org]y[/link] [z](http://example.org)"
    text = ansi(finished_rows([answer(nasty)], console), console)
    assert "[bold]x[/bold]" in text
    assert "(http://example.org)" in re.sub("\x1b\\[[0-9;]*m", "", text)
    assert set(re.findall("\x1b.[0-9;]*(.)", text)) == {"m"}


def test_without_colour_bold_and_dim_and_words_remain() -> None:
    console = terminal(no_color=True)
    entries = [*folded(READY, heard(1, "Q")).take_finished(), answer(CODE), answer("abc", heard_until=1)]
    text = ansi(finished_rows(entries, console), console)
    assert set(re.findall("\x1b\\[([0-9;]*)m", text)) <= {"0", "1", "2", "4"}
    assert "you" in text
    assert "a\x1b[2mbc\x1b[0m \x1b[1m■" in text


def test_only_the_colours_of_the_terminal_itself_are_used_and_no_ground() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system="truecolor")
    text = ansi(finished_rows([answer(CODE + "\n`inline` > quote")], console), console)
    codes = {int(code) for found in re.findall("\x1b\\[([0-9;]*)m", text) for code in found.split(";")}
    assert codes <= {0, 1, 2, 3, 4, *range(30, 38)}


def test_a_terminal_without_unicode_gets_plain_signs() -> None:
    transcript = folded(READY, phase("listening"))
    assert (
        "* listening    ----------  full duplex | offline"
        in lines(live_rows(transcript, terminal(encoding="latin-1"), max_rows=5))[-1]
    )


def test_the_status_line_drops_the_least_important_first() -> None:
    transcript = folded(READY, phase("hearing"), level(-20), latency(1, 478.4))
    assert [status(transcript, width).rstrip() for width in (130, 120, 90, 70, 60, 40)] == [
        "● hearing you  ━━━━━━━━──  full duplex · offline · 0.48 s to answer · qwen2.5-coder-0.5b · whisper-base · en_US-joe-medium",
        "● hearing you  ━━━━━━━━──  full duplex · offline · 0.48 s to answer · qwen2.5-coder-0.5b · whisper-base",
        "● hearing you  ━━━━━━━━──  full duplex · offline · 0.48 s to answer · qwen2.5-coder-0.5b",
        "● hearing you  ━━━━━━━━──  full duplex · offline · 0.48 s to answer",
        "● hearing you  ━━━━━━━━──  full duplex · offline",
        "● hearing you  ━━━━━─  full · offline",
    ]


@pytest.mark.parametrize("name", PHASES)
def test_the_status_line_names_every_state_and_fits(name: events.Phase) -> None:
    transcript = folded(READY, phase(name), latency(1, 12345))
    for width in range(40, 201):
        line = status(transcript, width)
        assert line[2:].startswith(PHASES[name])
        assert cell_len(line) < width


def test_nothing_moves_when_the_state_changes() -> None:
    starts = {status(folded(READY, phase(name))).index("full") for name in PHASES if name != "loading"}
    assert len(starts) == 1


def test_a_typed_session_that_may_go_online_says_so() -> None:
    line = status(folded(TYPED, phase("listening")))
    assert line.split("  ")[-1].strip() == "typing · online · smollm2-135m (cuda)"
    assert "─" not in line


def test_loading_names_what_is_loaded_and_for_how_long() -> None:
    names = ("whisper-base", "qwen2.5-coder-0.5b", "joe")
    transcript = folded(*(events.Notice(t_s=0, code="loading", message=name) for name in names[:1]))
    line = status_line(transcript, width=80, signs=UNICODE_SIGNS, loading_s=3.2)
    assert line.plain == "◌ loading whisper-base · 3 s"
    everything = folded(*(events.Notice(t_s=0, code="loading", message=name) for name in names))
    line = status_line(everything, width=80, signs=UNICODE_SIGNS, loading_s=3.2)
    assert line.plain == "◌ loading whisper-base, qwen2.5-coder-0.5b, joe · 3 s"
    line = status_line(everything, width=40, signs=UNICODE_SIGNS, loading_s=3.2)
    assert line.plain == "◌ loading whisper-base, qwen2.5-c… · 3 s"[:39] or line.plain.endswith("… · 3 s")


def test_every_sign_is_one_cell() -> None:
    for signs in (UNICODE_SIGNS, ASCII_SIGNS):
        assert {cell_len(sign) for sign in (*signs.phases.values(), signs.level_on, signs.level_off, signs.muted)} == {
            1
        }


def test_a_spoken_reply_is_whole_when_it_is_finished() -> None:
    (entry,) = folded(READY, *deltas(1, LONG), reply(1, LONG), spoken(1, LONG)).take_finished()
    text = " ".join(line[10:] for line in lines(finished_rows([entry], terminal(50))))
    assert text == LONG


def test_the_status_line_says_that_the_microphone_is_muted_and_shows_no_level() -> None:
    muted = events.MicrophoneMuted(t_s=1.0, muted=True)
    opened = events.MicrophoneMuted(t_s=2.0, muted=False)
    assert status(folded(READY, phase("listening"), muted, level(-20)), 60).rstrip() == (
        "⊘ muted        ──────────  full duplex · offline"
    )
    assert "muted · full duplex" in status(folded(READY, muted, phase("speaking")))
    transcript = folded(READY, phase("listening"), muted, opened, level(-20))
    assert "muted" not in status(transcript)
    assert "━" in status(transcript)


def test_the_status_line_says_that_only_a_key_opens_a_turn() -> None:
    ready = dataclasses.replace(READY, mode="push-to-talk")
    assert "  push to talk · full duplex · offline" in status(folded(ready, phase("listening")))
    assert "push to talk" not in status(folded(READY, phase("listening")))
