"""The rows around the status line: the help panel and the typed line above it, and the key line below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text

from voicecli.events import Phase
from voicecli.ui.help_panel import HelpPanel, panel_rows
from voicecli.ui.keys_and_commands import key_hints
from voicecli.ui.render import Row, label_row, render_rows
from voicecli.ui.sanitize import clean, encodable
from voicecli.ui.spoken_highlight import whole
from voicecli.ui.theme import GUTTER

if TYPE_CHECKING:
    from rich.console import Console

    from voicecli.ui.keys_and_commands import ActionName
    from voicecli.ui.line_editor import LineView

LINE_ROWS: Final = 4
"""How many rows of a long line are shown, around the caret."""

_WINDOW: Final = 4096
"""How many characters of a long line before and behind the caret are laid out at least."""

_COMPLETIONS: Final = 40
"""How many completions are drawn at most."""

_MIN_CELLS: Final = 8
"""Text is never wrapped into fewer cells, however narrow the terminal is."""

_INDENT: Final = Segment(" " * GUTTER)
_PURPOSES: Final = {
    "typing": "",
    "correcting": "what did you say?",
    "confirming": "is that right?",
    "searching": "search what you typed",
}

_TALKING: Final[tuple[ActionName, ...]] = ("talk", "help", "mute", "correct")
_TYPING: Final[tuple[ActionName, ...]] = ("send", "help", "correct")
_STOPPABLE: Final[frozenset[Phase]] = frozenset({"transcribing", "thinking", "speaking"})
_COMMANDS: Final = ("/", "commands")


@dataclass(frozen=True, slots=True, kw_only=True)
class BottomRows:
    """The content around the status line.

    Attributes:
        line: The typed line; None if nobody can type.
        talks: Whether there is a microphone.
        holds: Whether the talk key is held, rather than tapped.
        recording: Whether speech is being recorded because of the key.
        panel: The help panel; None while it is not shown.
    """

    line: LineView
    talks: bool = True
    holds: bool = False
    recording: bool = False
    panel: HelpPanel | None = None


def line_rows(foot: BottomRows, console: Console) -> tuple[list[Row], tuple[int, int] | None]:
    """Returns the rows of the panel, of the typed line, and of its completions.

    Returns:
        The rows, and row and cell of the caret. While nothing is typed and there is a microphone, there is neither a line nor a
        caret.
    """
    rows = panel_rows(foot.panel, console) if foot.panel is not None else []
    line = foot.line
    if not line.text and line.purpose == "typing" and foot.talks:
        return rows, None
    width = max(_MIN_CELLS, console.size.width - GUTTER)
    text, caret = _around_caret(line, width)
    folded = fold(text, width)
    at = max(i for i, (start, _) in enumerate(folded) if start <= caret)
    first = max(0, at + 1 - LINE_ROWS) if len(folded) > LINE_ROWS else 0
    shown = folded[first : first + LINE_ROWS]
    parts = [encodable(text[start:end], console.encoding).rstrip(" \n") for start, end in shown]
    body = [[Segment(part)] if part else [] for part in parts]
    cell = min(GUTTER + cell_len(text[folded[at][0] : caret]), console.size.width - 1)
    place = (len(rows) + at - first, cell)
    rows += [label_row("you", body[0], console), *([_INDENT, *row] for row in body[1:])]
    note = Text(no_wrap=True, overflow="ellipsis")
    if line.completions:
        _list_completions(note, line)
    elif line.found:
        note.append(" ".join(clean(line.found[:_WINDOW]).split()), "key")
    elif line.purpose == "searching" and line.text:
        note.append("no typed line has that", "hint")
    else:
        note.append(_PURPOSES[line.purpose], "hint")
    if note:
        rows.append([_INDENT, *render_rows(note, console)[0]])
    return rows, place


def _around_caret(line: LineView, width: int) -> tuple[str, int]:
    """Returns the text that can be visible, cleaned, and where the caret is in it. The cost does not grow with the length of the line.

    Of a long line, it begins at a place that changes only every `_WINDOW` characters, so that its rows do not move with every key.
    """
    window = max(_WINDOW, LINE_ROWS * width)
    begin = max(0, line.cursor // window - 1) * window
    before = clean(line.text[begin : line.cursor])
    return before + clean(line.text[line.cursor : line.cursor + window]), len(before)


def fold(text: str, width: int) -> list[tuple[int, int]]:
    """Wraps a typed text. Returns where each row begins and ends: between words if there is a space, which then belongs to the row before it.

    Such a space may extend beyond the width. If the last row is full, an empty row follows it.
    """
    rows = []
    start = at = used = 0
    while at < len(text):
        after = whole(text, at + 1)
        cells = cell_len(text[at:after])
        if text[at] == "\n":
            rows.append((start, at))
            start, used = at + 1, 0
        elif used + cells <= width:
            used += cells
        elif text[at] == " ":
            rows.append((start, after))
            start, used = after, 0
        else:
            space = text.rfind(" ", start, at)
            rows.append((start, at if space < 0 else space + 1))
            start = rows[-1][1]
            used = cell_len(text[start:after])
        at = after
    rows.append((start, len(text)))
    return [*rows, (len(text), len(text))] if used >= width else rows


def key_row(foot: BottomRows, console: Console, phase: Phase, *, muted: bool = False) -> list[Row]:
    """Returns the line that shows what the most important keys do now, as many as fit."""
    width = console.options.max_width
    text = Text(no_wrap=True, overflow="crop")
    for key, word in _hints(foot, phase, muted=muted):
        piece = Text.assemble(("   " if text else "", ""), (key, "key"), f" {word}", style="status")
        if text.cell_len + piece.cell_len >= width:
            break
        text.append_text(piece)
    return render_rows(text, console, gutter=0)[:1]


def _hints(foot: BottomRows, phase: Phase, *, muted: bool) -> list[tuple[str, str]]:
    line = foot.line
    match line.purpose:
        case "confirming":
            return [("Enter", "send"), ("Esc", "discard"), ("F1", "help")]
        case "correcting":
            return [("Enter", "ask again"), ("Esc", "cancel"), ("F1", "help")]
        case "searching":
            return [("Enter", "use it"), ("Ctrl-R", "older"), ("Esc", "cancel")]
        case "typing":
            pass
    if line.text.startswith("/"):
        return [("Enter", "run"), ("Tab", "complete"), ("Esc", "cancel")]
    if line.text:
        return [("Enter", "send"), ("Esc", "cancel"), ("Alt-Enter", "new line"), ("F1", "help")]
    if foot.panel is not None:
        return [("Esc", "close"), _COMMANDS]
    if foot.recording or (foot.talks and phase == "hearing"):
        done = [("Space", "let go to send" if foot.holds else "tap again to send")] if foot.recording else []
        return [*done, ("Esc", "discard"), ("F1", "help")]
    return [*_idle_hints(foot, muted=muted, stops=phase in _STOPPABLE), _COMMANDS]


def _idle_hints(foot: BottomRows, *, muted: bool, stops: bool) -> list[tuple[str, str]]:
    hints = dict(key_hints(_TALKING if foot.talks else _TYPING))
    stop = dict(key_hints(("stop",)))
    if muted and foot.talks:  # nothing to talk into
        del hints["Space"]
        hints["F2"] = "unmute"
    elif "Space" in hints:
        hints["Space"] = "hold to talk" if foot.holds else "talk"
    return [*stop.items(), *hints.items()] if stops else [*hints.items()]


def _list_completions(note: Text, line: LineView) -> None:
    chosen = line.chosen if line.chosen is not None else 0 if len(line.completions) == 1 else None
    first = max(0, (line.chosen or 0) - 3)  # so that the chosen one is visible
    for i, (word, _) in enumerate(line.completions[first : first + _COMPLETIONS], first):
        note.append("  " if note else "").append(clean(word), "key" if i == chosen else "hint")
        if i == chosen and line.completions[i][1]:
            note.append(f" {line.completions[i][1]}", "hint")
