"""The help panel: keys, commands and models, shown above the typed line until a key closes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.text import Text

from voicecli.ui.keys_and_commands import ACTIONS, EDITING_KEYS
from voicecli.ui.render import Row, render_rows
from voicecli.ui.sanitize import clean_line
from voicecli.ui.theme import dressed

if TYPE_CHECKING:
    from rich.console import Console

_COLUMN: Final = 29
_KEY: Final = 10
_MOST_COLUMNS: Final = 4
_ROWS_BESIDE: Final = 6
"""How many rows of the screen the panel leaves free: the line, the status, the keys and the last words of the conversation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPanel:
    """The content of the panel for this session.

    Attributes:
        talks: Whether there is a microphone.
        holds: Whether the talk key is held, rather than tapped.
        models: The models of the session, and how to get better ones.
    """

    talks: bool
    holds: bool
    models: str = ""


def panel_rows(panel: HelpPanel, console: Console) -> list[Row]:
    """Returns the panel in as many columns as fit. Rows that do not fit on the screen are left out at its end."""
    width = console.size.width
    items = panel_keys(panel)
    count = max(1, min(_MOST_COLUMNS, width // _COLUMN))
    height = -(-len(items) // count)
    rows: list[Row] = [_heading("Keys", console)]
    with dressed(console):
        key_style, plain = console.get_style("key"), console.get_style("said")
    for i in range(height):
        row: Row = []
        for column, (key, does) in enumerate(items[i::height]):
            used = sum(cell_len(segment.text) for segment in row)
            row += [Segment(" " * (column * _COLUMN - used))] if column else []
            does = set_cell_size(does, min(cell_len(does), _COLUMN - _KEY - 1))  # noqa: PLW2901 - cut to the column
            row += [Segment(key.ljust(_KEY), key_style), Segment(does, plain)]
        rows.append(row)
    commands = " ".join(action.slash for action in ACTIONS if action.slash)
    for heading, text in (
        ("Commands, which Tab explains", commands),
        ("", clean_line(panel.models)),
    ):
        rows += [_heading(heading, console)] if heading else []
        rows += render_rows(Text(text, "hint", overflow="fold"), console, gutter=0) if text else []
    room = max(1, console.size.height - _ROWS_BESIDE)
    return [*rows[:room], []]


def panel_keys(panel: HelpPanel) -> list[tuple[str, str]]:
    """Returns each key and what it does, in a few words."""
    items = []
    for action in ACTIONS:
        if not action.keys or (action.name in {"talk", "mute"} and not panel.talks):
            continue
        does = action.brief or action.does
        if action.name == "talk":
            does = "hold it to talk" if panel.holds else "tap, talk, tap"
        items.append((" ".join(action.keys), does))
    editing: list[tuple[str, str]] = [*EDITING_KEYS]
    return [*items, *(each for each in editing if each[0] != "Tab")]  # Tab is explained with the commands


def _heading(text: str, console: Console) -> Row:
    with dressed(console):
        return [Segment(text, console.get_style("label.you"))]
