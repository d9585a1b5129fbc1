"""Renders entries and live lines as rows of rich segments.

Every row is cut to the width by rich's own measure of cells (it counts wide, combining and zero-width characters as a terminal does),
and cleaned once more after rendering, because Markdown can produce control characters through entities such as `&#27;`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.text import Text

from voicecli.ui.markdown import reply_body
from voicecli.ui.sanitize import clean, encodable
from voicecli.ui.spoken_highlight import heard_chars, reading_rows
from voicecli.ui.status import status_line
from voicecli.ui.theme import ASCII_SIGNS, GUTTER, LABELS, UNICODE_SIGNS, Signs, dressed
from voicecli.ui.transcript import Transcript
from voicecli.ui.transcript_entry import Entry

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType

Row = list[Segment]

_MIN_BODY_CELLS: Final = 8
"""Text is never wrapped into fewer cells, however narrow the terminal is."""


def signs_for(options: ConsoleOptions) -> Signs:
    """Returns the signs that the terminal's encoding supports."""
    return ASCII_SIGNS if options.ascii_only else UNICODE_SIGNS


def finished_rows(entries: Sequence[Entry], console: Console, *, before: Entry | None = None) -> list[Row]:
    """Returns the rows that scroll away: each entry whole, with its label.

    Args:
        entries: Closed entries, in order.
        console: The console on which they will be printed; supplies width, colours and encoding.
        before: The entry that was printed last.
    """
    rows: list[Row] = []
    for entry in entries:
        if _begins_block(entry, before):
            rows.append([])
        rows += _labelled(entry, _body_rows(entry, console), console)
        before = entry
    return rows


def live_rows(
    transcript: Transcript,
    console: Console,
    *,
    max_rows: int,
    before: Entry | None = None,
    above: Sequence[Row] = (),
    below: Sequence[Row] = (),
    loading_s: float | None = None,
) -> list[Row]:
    """Returns the live rows: the open entries and, below, the status line.

    Args:
        transcript: The content.
        console: The console on which they will be shown.
        max_rows: The most rows. If there are more, those around the present words are returned.
        before: The entry that was printed last.
        above: Rows above the status line: the typed line.
        below: Rows below it: the key line.
        loading_s: How long loading has taken so far.
    """
    options = console.options
    signs = signs_for(options)
    status = status_line(transcript, width=options.max_width, signs=signs, loading_s=loading_s)
    foot: list[Row] = [[], *above, *render_rows(status, console, gutter=0), *below]
    room = max(1, max_rows - len(foot))
    rows: list[Row] = []
    focus = 0
    for entry in transcript.live:
        if _begins_block(entry, before):
            rows.append([])
        body, at = _live_body(entry, console)
        focus = len(rows) + at
        rows += _labelled(entry, body, console)
        before = entry
    if len(rows) > room:
        last = min(len(rows), max(focus + 1, focus + 1 + room // 2))
        first = max(0, last - room)
        rows = rows[first : first + room]
        if first:
            rows[0] = [Segment(signs.more, console.get_style("dim"))]
    return rows + foot


def _begins_block(entry: Entry, before: Entry | None) -> bool:
    """Whether an empty row precedes `entry`: before a question, and after an answer."""
    return before is not None and (entry.who == "you" or before.who == "assistant")


def _body_rows(entry: Entry, console: Console) -> list[Row]:
    try:
        return render_rows(_body(entry, signs_for(console.options)), console)
    except Exception:  # noqa: BLE001 (a model's Markdown hit a bug in a third-party parser; its text must still be shown)
        return render_rows(Text(clean(entry.text), overflow="fold"), console)


def _body(entry: Entry, signs: Signs) -> RenderableType:
    if entry.undone or entry.past:
        style = "undone" if entry.undone and entry.who != "notice" else "unsaid"
        return Text(clean(entry.text).strip(), style, overflow="fold")
    match entry.who:
        case "you" | "notice":
            text = clean(entry.text).strip()
            if entry.state == "growing":
                return Text(f"{text} {signs.more}", "unsaid", overflow="fold")
            return Text(text, overflow="fold")
        case "error":
            body = Text(clean(entry.text).strip(), overflow="fold")
            if hint := clean(entry.hint).strip():
                body.append(f"\n{signs.hint} {hint}", "hint")
            return body
        case "assistant":
            text = clean(entry.text)
            end = heard_chars(entry, text)
            heard, rest = text[:end], text[end:]
            if entry.closed and entry.state == "final":
                return reply_body((heard + rest).strip())
            body = Text(heard.lstrip("\n"), "said", overflow="fold").append(rest.rstrip("\n"), "unsaid")
            if entry.state == "cut":
                body.rstrip()
                body.append(" " if body else "").append(signs.stopped, "stopped")
            return body


def _live_body(entry: Entry, console: Console) -> tuple[list[Row], int]:
    """Returns the rows of a live entry, and the index of the row to keep visible: where the sound is, or was cut, or the end."""
    width = max(_MIN_BODY_CELLS, console.width - GUTTER)
    with dressed(console):
        if entry.who == "assistant" and not entry.closed:
            rows, focus = reading_rows(entry, console, width=width)
            return (rows, focus) if entry.state == "growing" else (_body_rows(entry, console), focus)
    rows = _body_rows(entry, console)
    return rows, len(rows) - 1


def render_rows(body: RenderableType, console: Console, *, gutter: int = GUTTER) -> list[Row]:
    """Renders `body` to clean rows without trailing spaces, `gutter` cells narrower than the console."""
    options = console.options
    options = options.update(width=max(_MIN_BODY_CELLS, options.max_width - gutter), height=None, highlight=False)
    with dressed(console):
        rows = [_clean_row(row, options.encoding) for row in console.render_lines(body, options, pad=False)]
    while len(rows) > 1 and not rows[-1]:
        rows.pop()
    return rows or [[]]


def _clean_row(row: Row, encoding: str) -> Row:
    cleaned = [Segment(encodable(clean(s.text).replace("\n", " "), encoding), s.style) for s in row if not s.control]
    while cleaned:
        text = cleaned[-1].text.rstrip()
        if text:
            cleaned[-1] = Segment(text, cleaned[-1].style)
            break
        cleaned.pop()
    return cleaned


def _labelled(entry: Entry, rows: list[Row], console: Console) -> list[Row]:
    indent = Segment(" " * GUTTER)
    return [
        label_row(entry.who, rows[0], console, faint=entry.undone or entry.past),
        *([indent, *row] if row else [] for row in rows[1:]),
    ]


def label_row(who: str, row: Row, console: Console, *, faint: bool = False) -> Row:
    """Returns `row` behind the label of its speaker."""
    with dressed(console):
        style = console.get_style("unsaid" if faint else f"label.{who}")
    label = next(text for key, text in LABELS.items() if key == who)
    return [Segment(label, style), Segment(" " * (GUTTER - len(label))), *row]
