"""What stands around the status line: the line that is typed above it, and below it what the keys do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.segment import Segment
from rich.text import Text

from voicecli.ui.actions import key_hints
from voicecli.ui.clean import clean
from voicecli.ui.render import Row, label_row, render_rows, signs_for

if TYPE_CHECKING:
    from rich.console import Console

    from voicecli.events import Phase
    from voicecli.ui.actions import ActionName
    from voicecli.ui.line import LineView

LINE_ROWS: Final = 4
"""Rows of a long line that are shown, those around the caret."""

_COMPLETIONS: Final = 40
_PURPOSES: Final = {
    "typing": "",
    "correcting": "what did you say?",
    "confirming": "is that right?",
    "searching": "search what you typed",
}

_IDLE: Final[tuple[ActionName, ...]] = ("talk", "stop", "help", "mute", "correct")
_MUTE: Final[tuple[ActionName, ...]] = ("send", "stop", "help", "correct")
_COMMANDS: Final = ("/", "commands")


@dataclass(frozen=True, slots=True, kw_only=True)
class Foot:
    """What stands around the status line.

    Attributes:
        line: The line that is typed; None where nobody can type.
        talks: Whether there is a microphone.
        holds: Whether the key to talk is held, rather than tapped.
        recording: Whether what is said is recorded because of the key.
    """

    line: LineView
    talks: bool = True
    holds: bool = False
    recording: bool = False


def line_rows(foot: Foot, console: Console) -> list[Row]:
    """The line with its caret, and what it may become; nothing while nothing is typed and there is a microphone to talk into."""
    line = foot.line
    if not line.text and line.purpose == "typing" and foot.talks:
        return []
    signs = signs_for(console.options)
    body = Text(overflow="fold")
    before, behind = _visible(line.text[: line.cursor]), _visible(line.text[line.cursor :])
    body.append(before)
    if behind and not behind.startswith("\n"):
        body.append(behind[0], "caret").append(behind[1:])
    else:
        body.append(signs.caret, "unsaid").append(behind)
    rows = render_rows(body, console)
    if len(rows) > LINE_ROWS:
        at = min(len(rows), len(render_rows(Text(before + ".", overflow="fold"), console)))
        first = max(0, at - LINE_ROWS)
        rows = rows[first : first + LINE_ROWS]
    shown = [label_row("you", rows[0], console), *([_indent(), *row] for row in rows[1:])]
    note = Text(no_wrap=True, overflow="ellipsis")
    if line.completions:
        _list_completions(note, line)
    elif line.found:
        note.append(" ".join(clean(line.found).split()), "key")
    elif line.purpose == "searching" and line.text:
        note.append("no typed line has that", "hint")
    else:
        note.append(_PURPOSES[line.purpose], "hint")
    if note:
        shown.append([_indent(), *render_rows(note, console)[0]])
    return shown


def key_row(foot: Foot, console: Console, phase: Phase, *, muted: bool = False) -> list[Row]:
    """What the most important keys do now, as many as there is room for."""
    width = console.options.max_width
    text = Text(no_wrap=True, overflow="crop")
    for key, word in _hints(foot, phase, muted=muted):
        piece = Text.assemble(("   " if text else "", ""), (key, "key"), f" {word}", style="status")
        if text.cell_len + piece.cell_len >= width:
            break
        text.append_text(piece)
    return render_rows(text, console, gutter=0)[:1]


def _hints(foot: Foot, phase: Phase, *, muted: bool) -> list[tuple[str, str]]:
    line = foot.line
    if line.purpose == "confirming":
        return [("Enter", "send"), ("Esc", "throw away"), ("F1", "help")]
    if line.purpose == "correcting":
        return [("Enter", "ask again"), ("Esc", "leave it as it was"), ("F1", "help")]
    if line.purpose == "searching":
        return [("Enter", "take it"), ("Ctrl-R", "older"), ("Esc", "cancel")]
    if line.text.startswith("/"):
        return [("Enter", "do it"), ("Tab", "complete"), ("Esc", "leave")]
    if line.text:
        return [("Enter", "send"), ("Esc", "leave"), ("Alt-Enter", "new line"), ("F1", "help")]
    if foot.recording or (foot.talks and phase == "hearing"):
        done = [("Space", "let go to send" if foot.holds else "tap again to send")] if foot.recording else []
        return [*done, ("Esc", "throw away"), ("F1", "help")]
    hints = dict(key_hints(_IDLE if foot.talks else _MUTE))
    if muted and foot.talks:  # nothing to talk into
        del hints["Space"]
        hints["F2"] = "unmute"
    elif "Space" in hints:
        hints["Space"] = "hold to talk" if foot.holds else "talk"
    return [*hints.items(), _COMMANDS]


def _list_completions(note: Text, line: LineView) -> None:
    chosen = line.chosen if line.chosen is not None else 0 if len(line.completions) == 1 else None
    first = max(0, (line.chosen or 0) - 3)  # so that the chosen one is in sight
    for i, (word, _) in enumerate(line.completions[first : first + _COMPLETIONS], first):
        note.append("  " if note else "").append(clean(word), "key" if i == chosen else "hint")
        if i == chosen and line.completions[i][1]:
            note.append(f" {line.completions[i][1]}", "hint")


def _visible(text: str) -> str:
    return clean(text)


def _indent() -> Segment:
    from voicecli.ui.theme import GUTTER

    return Segment(" " * GUTTER)
