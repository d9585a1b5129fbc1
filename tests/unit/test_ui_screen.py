from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from rich.console import Console
from rich.segment import Segment

from fakes.ui_events import any_events
from fakes.ui_scenes import CANBERRA, LONG, READY, TYPED, deltas, heard, level, phase, reply, speaking, spoken, whole
from voicecli import events
from voicecli.ui.bottom_rows import BottomRows
from voicecli.ui.line_editor import LineView
from voicecli.ui.painter import wrapped_rows
from voicecli.ui.screen import REDRAW_INTERVAL_S, LiveScreen, reflows

SHOW_CURSOR = "\x1b[?25h"
HIDE_CURSOR = "\x1b[?25l"


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Terminal(io.StringIO):
    """Counts writes and stores their text."""

    writes = 0

    def write(self, text: str, /) -> int:
        self.writes += 1
        return super().write(text)


class HungUp(io.StringIO):
    def write(self, _text: str, /) -> int:
        raise OSError(5, "Input/output error")


class Closed(io.StringIO):
    def write(self, _text: str, /) -> int:
        raise BrokenPipeError


def console(file: io.StringIO, width: int = 80) -> Console:
    return Console(file=file, width=width, height=24, force_terminal=True, color_system="standard")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def screen(terminal: Terminal, clock: Clock) -> Iterator[LiveScreen]:
    with LiveScreen(console(terminal), clock=clock, painter=False) as screen:
        yield screen


def test_ten_redraws_a_second_at_most(screen: LiveScreen, clock: Clock, terminal: Terminal) -> None:
    screen.handle(TYPED)
    screen.handle(phase("speaking"))
    screen.tick()
    drawn, writes = screen.redraws, terminal.writes
    for delta in deltas(1, LONG[:3000], size=10):  # a hundred a second for three seconds
        clock.now_s += 0.01
        screen.handle(delta)
        screen.tick()
    assert 28 <= screen.redraws - drawn <= 30
    assert terminal.writes - writes == screen.redraws - drawn


def test_what_comes_too_soon_is_painted_when_it_is_time(screen: LiveScreen, clock: Clock, terminal: Terminal) -> None:
    screen.handle(READY)
    screen.tick()
    screen.handle(heard(1, "Late", final=False))
    wait_s = screen.tick()
    assert wait_s == pytest.approx(REDRAW_INTERVAL_S)
    assert "Late" not in terminal.getvalue()
    clock.now_s += REDRAW_INTERVAL_S
    assert screen.tick() is None
    assert "Late" in terminal.getvalue()


def test_nothing_is_painted_when_nothing_has_changed(screen: LiveScreen, clock: Clock, terminal: Terminal) -> None:
    for event in (READY, phase("listening"), level(-50)):
        screen.handle(event)
    screen.tick()
    drawn, writes = screen.redraws, terminal.writes
    for i in range(100):
        clock.now_s += 0.1
        screen.handle(level(-50 + i % 3))
        screen.tick()
    assert (screen.redraws, terminal.writes) == (drawn, writes)


def test_while_models_load_the_seconds_are_counted(screen: LiveScreen, clock: Clock, terminal: Terminal) -> None:
    screen.tick()
    drawn = screen.redraws
    for _ in range(31):
        clock.now_s += 0.1
        screen.tick()
    assert screen.redraws - drawn == 3
    assert "loading models · 3 s" in re.sub("\x1b[^A-Za-z]*[A-Za-z]", "", terminal.getvalue())


def test_a_resize_is_painted(screen: LiveScreen, clock: Clock, terminal: Terminal) -> None:
    screen.handle(READY)
    screen.handle(phase("listening"))
    screen.tick()
    screen._console.size = (40, 24)
    clock.now_s += 1
    before = len(terminal.getvalue())
    screen.tick()
    assert "full · offline" in re.sub("\x1b[^A-Za-z]*[A-Za-z]", "", terminal.getvalue()[before:])


def test_the_line_being_typed_is_seen_until_it_is_sent(screen: LiveScreen, clock: Clock, terminal: Terminal) -> None:
    screen.handle(READY)
    screen.show(BottomRows(line=LineView(text="hello \x1b[2Jthe", cursor=13)))
    screen.tick()
    assert "hello the" in terminal.getvalue()
    screen.show(BottomRows(line=LineView()))
    clock.now_s += 1
    before = len(terminal.getvalue())
    screen.tick()
    assert "hello" not in terminal.getvalue()[before:]


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt, SystemExit])
def test_the_cursor_comes_back_on_every_way_out(error: type[BaseException] | None) -> None:
    terminal = Terminal()
    stdout = sys.stdout
    try:
        with LiveScreen(console(terminal)) as screen:
            screen.handle(TYPED)
            for delta in deltas(1, "Half of it"):
                screen.handle(delta)
            if error is not None:
                raise error
    except (RuntimeError, KeyboardInterrupt, SystemExit):
        assert error is not None
    text = terminal.getvalue()
    assert text.rindex(SHOW_CURSOR) > text.rindex(HIDE_CURSOR)
    assert text.rindex(SHOW_CURSOR) > text.rindex("Half of it")
    assert sys.stdout is stdout
    screen.close()
    assert terminal.getvalue() == text


@pytest.mark.parametrize("file", [HungUp(), Closed()])
def test_a_terminal_that_went_away_is_no_error(
    file: io.StringIO, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # rich answers a closed pipe by pointing the program's own stdout elsewhere.
    monkeypatch.setattr("os.dup2", lambda *_: None)
    screen = LiveScreen(console(file), clock=clock, painter=False)
    with screen:
        screen.handle(READY)
        screen.tick()
        screen.handle(heard(1, "anyone?"))
    assert screen.broken


def test_a_fault_of_the_painter_reaches_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError

    terminal = Terminal()
    with LiveScreen(console(terminal)) as screen:
        monkeypatch.setattr("voicecli.ui.screen.live_rows", fail)
        screen.handle(READY)
        assert screen._thread is not None
        screen._thread.join()
        with pytest.raises(ZeroDivisionError):
            screen.handle(phase("listening"))
    assert terminal.getvalue().count(SHOW_CURSOR) >= terminal.getvalue().count(HIDE_CURSOR)


def test_everything_that_was_said_is_printed_whole_and_once() -> None:
    terminal = Terminal()
    with LiveScreen(console(terminal, width=200)) as screen:
        for event in (
            READY,
            *whole(1, "First?", "First answer."),
            heard(2, "Story?"),
            *deltas(2, LONG),
            reply(2, LONG),
        ):
            screen.handle(event)
        for event in (speaking(2, LONG, "number 3 of"), spoken(2, LONG), *whole(3, "Capital?", CANBERRA)):
            screen.handle(event)
    final = " ".join(remaining(terminal.getvalue()).split())
    assert final.count("voicecli") == 3
    assert [int(n) for n in re.findall(r"Sentence number (\d+)", final)] == list(range(1, 121))


@given(any_events())
@settings(deadline=None, max_examples=50)
def test_no_sequence_of_events_breaks_the_screen(happened: list[events.Event]) -> None:
    terminal = Terminal()
    clock = Clock()
    with LiveScreen(console(terminal, width=50), clock=clock, painter=False) as screen:
        for event in happened:
            clock.now_s += 0.06
            screen.handle(event)
            screen.tick()
    assert not screen.broken
    assert set(re.findall("\x1b\\[[?0-9;]*(.)", terminal.getvalue())) <= set("mKJABCHhl")
    assert all(c in "\n\r\x1b" or c >= " " for c in terminal.getvalue())


def test_rows_are_counted_as_a_narrower_terminal_wraps_them() -> None:
    rows = [[Segment("x" * 100)], [], [Segment("日本" * 15)], [Segment("x" * 60)]]
    assert wrapped_rows(rows, 120) == 4
    assert wrapped_rows(rows, 60) == 5
    assert wrapped_rows(rows, 40) == 8


@pytest.mark.parametrize(
    ("environment", "wraps"),
    [
        ({"TERM": "xterm-256color"}, True),
        ({"TERM": "xterm-256color", "XTERM_VERSION": "XTerm(390)"}, False),
        ({"TERM": "screen-256color", "TMUX": "/run/x,1,0"}, True),
        ({"TERM": "screen"}, False),
        ({"TERM": "linux"}, False),
        ({}, True),
    ],
)
def test_terminals_that_do_not_reflow_are_known(environment: dict[str, str], wraps: bool) -> None:
    assert reflows(environment) is wraps


def remaining(output: str) -> str:
    """The text that `output` leaves on an endless terminal that is wider than any row."""
    rows, row, column = [""], 0, 0
    for piece in re.findall("\x1b\\[[?0-9;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", output):
        amount = int(piece[2:-1]) if re.fullmatch("\x1b\\[[0-9]+[A-Z]", piece) else 0
        match piece[-1] if piece.startswith("\x1b") else piece:
            case "\r":
                column = 0
            case "\n":
                row += 1
            case "A":
                row -= amount
            case "B":
                row += amount
            case "C":
                column += amount
            case "J":
                rows[row + 1 :] = []
                rows[row] = rows[row][:column]
            case "K":
                rows[row] = "" if amount else rows[row][:column]
            case "m" | "h" | "l":
                pass
            case text:
                rows[row] = rows[row][:column].ljust(column) + text + rows[row][column + len(text) :]
                column += len(text)
        rows += [""] * (row + 1 - len(rows))
    return "\n".join(rows)
