"""LiveScreen: a conversation on a terminal.

Finished text is printed and scrolls away like any other output, so that the terminal's own scrollback, search and copying work on it. Only
the few rows in motion below it are repainted: by a thread of its own, at most ten times a second, and only when something that can be
seen has changed. No alternate screen; the only thing to restore is the cursor.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from rich.cells import cell_len
from rich.control import Control
from rich.live import Live
from rich.segment import ControlType

from voicecli.ui.entry import Entry
from voicecli.ui.foot import Foot, key_row, line_rows
from voicecli.ui.render import Row, Rows, finished_rows, live_rows
from voicecli.ui.theme import GUTTER
from voicecli.ui.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from rich.console import Console

    from voicecli.events import Event

REDRAW_INTERVAL_S: Final = 0.1
_LOOK_INTERVAL_S: Final = 0.25  # how often a resize or a passing second is looked for; costs a system call each
_MIN_LIVE_ROWS: Final = 4
_JOIN_S: Final = 2.0


class LiveScreen:
    """Shows the events of a session on a terminal; use it as a context manager.

    Thread: all methods may be called from any thread; painting is done by one of its own.

    Args:
        console: The terminal.
        clock: Gives seconds; only differences count.
        painter: Whether to start the painting thread; without it, `tick` paints.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic, painter: bool = True) -> None:
        self.broken = False
        self.redraws = 0
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._transcript = Transcript()
        self._foot: Foot | None = None
        self._rows = Rows([])  # always the same object, which `Live` renders anew at every print and refresh
        self._live = Live(
            self._rows,
            console=console,
            auto_refresh=False,
            transient=True,
            vertical_overflow="crop",
            # A stray line of some library is printed above the live rows; what goes to a file goes there.
            redirect_stdout=sys.stdout.isatty(),
            redirect_stderr=sys.stderr.isatty(),
        )
        self._reflows = reflows(os.environ)
        self._shown: list[Row] = []
        self._shown_size = console.size
        self._seen: tuple[object, ...] = ()
        self._last_entry: Entry | None = None
        self._started = False
        self._last_paint_s = float("-inf")
        self._loading_since_s = clock()
        self._fault: BaseException | None = None
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._painter = threading.Thread(target=self._run, name="screen", daemon=True) if painter else None

    def __enter__(self) -> Self:
        self._started = self._guarded(self._live.start)
        if self._painter is not None:
            self._painter.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def handle(self, event: Event) -> None:
        """Takes in `event`; it is seen within a tenth of a second.

        Raises:
            Exception: What stopped the painter; a terminal that went away does not, see `broken`.
        """
        if self._fault is not None:
            raise self._fault
        with self._lock:
            before = self._transcript.version
            self._transcript.fold(event)
            changed = self._transcript.version != before
        if changed:
            self._wake.set()

    def show(self, foot: Foot) -> None:
        """Shows what stands around the status line."""
        with self._lock:
            self._foot = foot
        self._wake.set()

    @property
    def text_width(self) -> int:
        """Cells that a text has in a row."""
        return max(1, self._console.size.width - GUTTER)

    def control(self, text: str) -> None:
        """Sends `text`, a control sequence, to the terminal as it is, between two paintings."""
        with self._lock:
            self._guarded(lambda: self._send(text))

    def pause(self) -> None:
        """Takes the live rows away and gives the cursor back, until `go_on`: somebody else gets the terminal."""
        with self._lock:
            if self._live.is_started:
                # Empty first: rich remembers how many rows there are, and would erase as many of somebody else's when it goes on.
                self._guarded(lambda: self._write([], []))
                self._guarded(self._live.stop)
                self._shown = []

    def go_on(self) -> None:
        """Shows everything again."""
        with self._lock:
            if self._started and not self.broken and not self._closing.is_set() and not self._live.is_started:
                self._guarded(self._live.start)
                self._seen = ()
        self._wake.set()

    def close(self) -> None:
        """Prints what is still owed, takes the live rows away and gives the cursor back; may be called twice."""
        self._closing.set()
        self._wake.set()
        if self._painter is not None and self._painter.is_alive():
            self._painter.join(_JOIN_S)
        try:
            with self._lock:
                self._transcript.finish()
                self._foot = None
                if self._live.is_started and self._fault is None:
                    self._paint(self._clock())
        finally:
            if self._started:
                self._guarded(self._live.stop)

    def tick(self) -> float | None:
        """Paints if something has changed and the last redraw is long enough ago.

        Returns:
            Seconds until what has changed may be painted; None when nothing has changed, or it was painted.
        """
        with self._lock:
            if self.broken or not self._live.is_started or self._state() == self._seen:
                return None
            now_s = self._clock()
            wait_s = self._last_paint_s + REDRAW_INTERVAL_S - now_s
            if wait_s > 0:
                return wait_s
            self._paint(now_s)
            return None

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._wake.wait(_LOOK_INTERVAL_S)
                self._wake.clear()
                wait_s = self.tick()
                if wait_s is not None:
                    self._wake.set()
                    self._closing.wait(wait_s)
        except Exception as error:  # noqa: BLE001 (a fault of this thread belongs to whoever calls `handle`)
            self._fault = error

    def _state(self) -> tuple[object, ...]:
        """All that decides what is seen."""
        loading = self._transcript.phase == "loading"
        seconds = int(self._clock() - self._loading_since_s) if loading else None
        return self._transcript.version, self._foot, self._console.size, seconds

    def _paint(self, now_s: float) -> None:
        finished = self._transcript.take_finished()
        before = self._last_entry
        self._last_entry = finished[-1] if finished else before
        self._seen = self._state()
        self._last_paint_s = now_s
        size = self._console.size
        above = finished_rows(finished, self._console, before=before)
        rows: list[Row] = []
        foot = self._foot
        if self._transcript.phase != "closed":
            rows = live_rows(
                self._transcript,
                self._console,
                # Half of the screen, so that what a narrower window wraps into twice the rows is still there to be erased.
                max_rows=max(_MIN_LIVE_ROWS, size.height // 2),
                before=self._last_entry,
                above=line_rows(foot, self._console) if foot is not None else (),
                below=self._keys(foot) if foot is not None else (),
                loading_s=now_s - self._loading_since_s,
            )
        if not above and rows == self._shown and size == self._shown_size:
            return
        if self._guarded(lambda: self._write(above, rows)):
            self._shown, self._shown_size = rows, size
            self.redraws += 1

    def _keys(self, foot: Foot) -> list[Row]:
        return key_row(foot, self._console, self._transcript.phase, muted=self._transcript.muted)

    def _write(self, above: list[Row], rows: list[Row]) -> None:
        """Replaces the live rows in a single write, with `above` printed before them.

        When the terminal has become narrower, it has wrapped the live rows into more. What it pushed into its scrollback in doing so (tmux
        does, as long as there are empty rows below) is out of reach and stays there.
        """
        with self._console:
            if self._reflows and (extra := wrapped_rows(self._shown, self._console.size.width) - len(self._shown)) > 0:
                up = ((ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1))
                self._console.control(Control(*up * extra))
            self._rows.rows = rows
            if above:
                self._console.print(Rows(above))
            else:
                self._live.refresh()

    def _send(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()

    def _guarded(self, write: Callable[[], None]) -> bool:
        """Whether `write` reached the terminal."""
        try:
            write()
        except (OSError, SystemExit):  # rich turns a broken pipe into an exit of the program
            self.broken = True
            self._console.quiet = True
        return not self.broken


def wrapped_rows(rows: list[Row], width: int) -> int:
    """How many rows a terminal of `width` cells that reflows has made of `rows`."""
    return sum(max(1, -(-sum(cell_len(segment.text) for segment in row) // width)) for row in rows)


def reflows(environment: Mapping[str, str]) -> bool:
    """Whether the terminal wraps anew what is on the screen when its width changes, as nearly all do.

    Not: xterm and rxvt, the Linux console, and GNU screen, which cut rows off instead.
    """
    terminal = environment.get("TERM", "")
    if "TMUX" in environment:
        return True
    return "XTERM_VERSION" not in environment and not terminal.startswith(("linux", "rxvt", "screen"))
