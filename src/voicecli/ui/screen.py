"""LiveScreen: a conversation on a terminal.

Finished text is printed and scrolls away like any other output, so that the terminal's own scrollback, search and copying work on it. Only
the few live rows below it are repainted: by a separate thread, at most ten times a second, and only when something visible
has changed. There is no alternate screen; only the cursor must be restored.

Finished text that is still on the screen is laid out again when the width or the colours change, or when it is undone. Text that has
scrolled away is no longer changed.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from voicecli import events
from voicecli.ui.bottom_rows import BottomRows, key_row, line_rows
from voicecli.ui.painter import Caret, Painter
from voicecli.ui.render import Row, finished_rows, live_rows
from voicecli.ui.stray_output import StrayLines
from voicecli.ui.theme import THEMES, Ground
from voicecli.ui.transcript import Transcript
from voicecli.ui.transcript_entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from rich.console import Console

    from voicecli.events import Event

REDRAW_INTERVAL_S: Final = 0.1
_LOOK_INTERVAL_S: Final = 0.25  # how often resizes and passing seconds are checked; each check costs a system call
_MIN_LIVE_ROWS: Final = 4
_JOIN_S: Final = 0.5
_REMEMBERED: Final = 200
"""How many finished entries can be laid out again; more than any screen shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printed:
    """A finished entry, the one before it, and its rows as they were written. Without an entry, the rows are stray output of a library."""

    entry: Entry | None
    before: Entry | None
    rows: tuple[Row, ...]


class LiveScreen:
    """Shows the events of a session on a terminal. Use it as a context manager.

    Thread: all methods may be called from any thread; a separate thread paints.

    Args:
        console: The terminal.
        clock: Seconds; only differences count.
        painter: Whether to start the painting thread; without it, `tick` paints.
    """

    def __init__(self, console: Console, *, clock: Callable[[], float] = time.monotonic, painter: bool = True) -> None:
        self.broken = False
        self.redraws = 0
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._transcript = Transcript()
        self._foot: BottomRows | None = None
        self._painter = Painter(console, reflows=reflows(os.environ))
        self._stray = StrayLines(self._wake_up)
        self._printed: deque[_Printed] = deque(maxlen=_REMEMBERED)
        self._shown: tuple[object, ...] = ()
        self._again = False  # finished text on the screen must be laid out again
        self._clear = False
        self._seen: tuple[object, ...] = ()
        self._started = False
        self._showing = False
        self._last_paint_s = float("-inf")
        self._loading_since_s = clock()
        self._fault: BaseException | None = None
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="screen", daemon=True) if painter else None

    def __enter__(self) -> Self:
        self._stray.catch()
        self._started = self._showing = True
        if self._thread is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def handle(self, event: Event) -> None:
        """Handles `event`. It is visible within a tenth of a second.

        Raises:
            Exception: The error that stopped the painter. A terminal that is gone does not raise, see `broken`.
        """
        if self._fault is not None:
            raise self._fault
        with self._lock:
            before = self._transcript.version
            self._transcript.fold(event)
            if isinstance(event, events.Undone):
                self._strike({event.turn, *event.turns})
            changed = self._transcript.version != before
        if changed:
            self._wake.set()

    def show(self, foot: BottomRows) -> None:
        """Shows the content around the status line."""
        with self._lock:
            self._foot = foot
        self._wake.set()

    def control(self, text: str) -> None:
        """Sends `text`, a control sequence that does not move the cursor, to the terminal unchanged, between two repaints."""
        with self._lock:
            self._guarded(lambda: self._send(text))

    def synchronize(self) -> None:
        """Uses synchronized updates from now on, because the terminal supports them."""
        with self._lock:
            self._painter.synchronized = True

    def set_ground(self, ground: Ground) -> None:
        """Changes to the colours for that background."""
        with self._lock:
            self._console.push_theme(THEMES[ground])
            self._again = True
        self._wake.set()

    def redraw(self) -> None:
        """Clears the screen and shows everything again. This removes what another program has written over it."""
        with self._lock:
            self._again = self._clear = True
        self._wake.set()

    def pause(self) -> None:
        """Removes the live rows and restores the cursor until `go_on`, so that another program can use the terminal."""
        with self._lock:
            if self._showing:
                self._guarded(self._take_away)
                self._showing = False

    def go_on(self) -> None:
        """Shows everything again."""
        with self._lock:
            if self._started and not self.broken and not self._closing.is_set() and not self._showing:
                self._printed.clear()  # the rows above belong to another program now
                self._showing = True
                self._seen = self._shown = ()
        self._wake.set()

    def close(self) -> None:
        """Prints what is pending, removes the live rows and restores the cursor. May be called twice."""
        self._closing.set()
        self._wake.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(_JOIN_S)
        self._stray.leave()
        try:
            with self._lock:
                self._transcript.finish()
                self._foot = None
                if self._showing and self._fault is None:
                    self._paint(self._clock())
        finally:
            if self._showing:
                self._showing = False
                self._guarded(self._take_away)

    def tick(self) -> float | None:
        """Paints if something has changed and the last redraw is long enough ago.

        Returns:
            Seconds until the change may be painted; None if nothing has changed, or it was painted.
        """
        with self._lock:
            if self.broken or not self._showing or self._state() == self._seen:
                return None
            now_s = self._clock()
            wait_s = self._last_paint_s + REDRAW_INTERVAL_S - now_s
            if wait_s > 0:
                return wait_s
            self._paint(now_s)
            return None

    def _wake_up(self) -> None:
        self._wake.set()

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._wake.wait(_LOOK_INTERVAL_S)
                self._wake.clear()
                wait_s = self.tick()
                if wait_s is not None:
                    self._wake.set()
                    self._closing.wait(wait_s)
        except Exception as error:  # noqa: BLE001 (an error of this thread is raised by `handle`)
            self._fault = error

    def _state(self) -> tuple[object, ...]:
        """Returns everything that determines what is visible."""
        loading = self._transcript.phase == "loading"
        seconds = int(self._clock() - self._loading_since_s) if loading else None
        stray = self._stray.count
        return self._transcript.version, self._foot, self._console.size, seconds, self._again, stray

    def _paint(self, now_s: float) -> None:
        finished = self._transcript.take_finished()
        size = self._console.size
        resized = bool(self._shown) and self._shown[1] != size
        above, back = self._laid_out_again() if self._again or resized else ([], 0)
        clear, self._again, self._clear = self._clear, False, False
        if stray := self._stray.take(self._console):
            self._printed.append(_Printed(entry=None, before=self._last_entry, rows=tuple(stray)))
            above += stray
        for entry in finished:
            above += self._print(entry)
        self._seen = self._state()
        self._last_paint_s = now_s
        rows, caret = self._live(now_s)
        shown = (rows, size, caret)
        if not above and not clear and not back and shown == self._shown:
            return
        if self._guarded(lambda: self._painter.paint(above, rows, caret, back=back, clear=clear)):
            self._shown = shown
            self.redraws += 1

    def _print(self, entry: Entry) -> list[Row]:
        before = self._last_entry
        rows = finished_rows([entry], self._console, before=before)
        self._printed.append(_Printed(entry=entry, before=before, rows=tuple(rows)))
        return rows

    @property
    def _last_entry(self) -> Entry | None:
        last = self._printed[-1] if self._printed else None
        return None if last is None else last.entry or last.before

    def _live(self, now_s: float) -> tuple[list[Row], Caret]:
        """Returns the live rows, and the position of the cursor in them."""
        if self._transcript.phase == "closed":
            return [], Caret(row=0, cell=0, visible=True)
        foot, height = self._foot, self._console.size.height
        line, caret = line_rows(foot, self._console) if foot is not None else ([], None)
        below = self._keys(foot) if foot is not None else []
        panel = foot is not None and foot.panel is not None
        rows = live_rows(
            self._transcript,
            self._console,
            # Half of the screen, so that live rows wrapped by a narrower window into twice as many can still be erased.
            max_rows=max(_MIN_LIVE_ROWS, height - 1 if panel else height // 2),
            before=self._last_entry,
            above=line,
            below=below,
            loading_s=now_s - self._loading_since_s,
        )
        first = len(rows) - len(below) - 1 - len(line)
        if caret is None:
            # On a written cell, because tmux moves a cursor that is behind the end of a row when it rewraps the row.
            return rows, Caret(row=first + len(line), cell=0, visible=False)
        return rows, Caret(row=max(0, first + caret[0]), cell=caret[1], visible=True)

    def _keys(self, foot: BottomRows) -> list[Row]:
        return key_row(foot, self._console, self._transcript.phase, muted=self._transcript.muted)

    def _laid_out_again(self) -> tuple[list[Row], int]:
        """Lays out the finished entries on the screen again, from the first one that changes.

        Returns:
            Their rows, and how many rows of the screen these replace.
        """
        room = self._console.size.height - (0 if self._clear else self._painter.height)
        taken: list[tuple[_Printed, int]] = []
        for each in reversed(self._printed):
            new = each
            if each.entry is not None:
                new = replace(each, rows=tuple(finished_rows([each.entry], self._console, before=each.before)))
            height = self._painter.rows_on_screen(each.rows)
            if (room := room - (len(new.rows) if self._clear else height)) < 0:
                break
            taken.append((new, height))
        taken.reverse()
        kept = 0
        if not self._clear:
            olds = list(self._printed)[len(self._printed) - len(taken) :]
            while (
                kept < len(taken) and taken[kept][0].rows == olds[kept].rows and taken[kept][1] == len(olds[kept].rows)
            ):
                kept += 1
        changed = taken[kept:]
        for _ in changed:
            self._printed.pop()
        self._printed.extend(each for each, _ in changed)
        return [row for each, _ in changed for row in each.rows], sum(height for _, height in changed)

    def _strike(self, turns: set[int]) -> None:
        """Marks the printed entries of undone turns."""
        for i, each in enumerate(self._printed):
            entry = each.entry
            if entry is not None and entry.turn in turns and entry.who in {"you", "assistant"}:
                self._printed[i] = replace(each, entry=replace(entry, undone=True))
                self._again = True

    def _take_away(self) -> None:
        if self._painter.height:
            self._painter.paint([], [], Caret(row=0, cell=0, visible=True))
        self._shown = ()

    def _send(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()

    def _guarded(self, write: Callable[[], None]) -> bool:
        """Calls `write`. Returns whether it reached the terminal."""
        try:
            write()
        except (OSError, SystemExit):  # rich exits the program on a broken pipe
            self.broken = True
            self._console.quiet = True
        return not self.broken


def reflows(environment: Mapping[str, str]) -> bool:
    """Whether the terminal rewraps the screen when its width changes, as nearly all do.

    xterm and rxvt, the Linux console, and GNU screen do not. They cut rows off instead.
    """
    terminal = environment.get("TERM", "")
    if "TMUX" in environment:
        return True
    return "XTERM_VERSION" not in environment and not terminal.startswith(("linux", "rxvt", "screen"))
