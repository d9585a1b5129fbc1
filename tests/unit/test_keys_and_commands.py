"""Bindings, help, key line and the tour agree with the one table of keys and commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.key_binding.key_bindings import _parse_key
from rich.console import Console

from voicecli.events import Phase
from voicecli.ui.bottom_rows import BottomRows, key_row
from voicecli.ui.help_panel import HelpPanel, panel_keys, panel_rows
from voicecli.ui.keys_and_commands import ACTIONS, BY_SLASH, RESTARTS, keys_table
from voicecli.ui.line_editor import LineView, Purpose

ROOT = Path(__file__).parents[2]


def test_no_key_and_no_command_means_two_things() -> None:
    for each in ("name", "slash"):
        names = [getattr(action, each) for action in ACTIONS if getattr(action, each)]
        assert len(names) == len(set(names))
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(keys) == len(set(keys))
    bound = [_parse_key(key) for action in ACTIONS for key in action.bound]
    assert len(bound) == len(set(bound))
    assert not set(RESTARTS) & set(BY_SLASH)


def test_the_tour_has_the_table() -> None:
    assert keys_table() in (ROOT / "docs" / "tour.md").read_text(encoding="utf-8"), (
        f"put this into docs/tour.md:\n{keys_table()}"
    )


@pytest.mark.parametrize("width", [30, 58, 60, 100, 120, 200])
def test_the_help_panel_names_everything_within_its_width(width: int) -> None:
    console = Console(width=width, height=60)
    panel = HelpPanel(talks=True, holds=True, models="Using llama and whisper.")
    rows = ["".join(segment.text for segment in row) for row in panel_rows(panel, console)]
    assert all(len(row) <= width for row in rows)
    text = "\n".join(rows)
    for action in ACTIONS:
        assert all(key in text for key in action.keys)
        assert action.slash in text
    for words in ("hold it to talk", "fix your question", "Ctrl-R", "Using llama and whisper."):
        assert words in text
    assert "Space" not in dict(panel_keys(HelpPanel(talks=False, holds=False)))


@pytest.mark.parametrize("height", [10, 16, 24, 40])
def test_the_help_panel_leaves_room_for_the_line(height: int) -> None:
    rows = panel_rows(HelpPanel(talks=True, holds=True, models="x"), Console(width=60, height=height))
    assert len(rows) <= height - 5
    if height >= 24:
        assert "".join(s.text for s in rows[-2]) == "x"


@pytest.mark.parametrize("width", [60, 120])
def test_no_word_of_the_help_panel_is_cut(width: int) -> None:
    panel = HelpPanel(talks=True, holds=False)
    text = "\n".join("".join(s.text for s in row) for row in panel_rows(panel, Console(width=width, height=40)))
    assert all(does in text for _, does in panel_keys(panel))


@pytest.mark.parametrize("talks", [True, False])
@pytest.mark.parametrize("purpose", ["typing", "correcting", "confirming"])
@pytest.mark.parametrize("phase", ["listening", "hearing", "speaking"])
@pytest.mark.parametrize("text", ["", "hello", "/"])
@pytest.mark.parametrize("holds", [True, False])
def test_the_key_line_is_one_row_of_sixty_columns_and_says_how_to_get_out(
    *, talks: bool, purpose: Purpose, phase: Phase, text: str, holds: bool
) -> None:
    foot = BottomRows(
        line=LineView(text=text, purpose=purpose), talks=talks, holds=holds, recording=talks and phase == "hearing"
    )
    (row,) = key_row(foot, Console(width=60), phase)
    shown = "".join(segment.text for segment in row)
    assert len(shown) < 60
    leaves = text or purpose != "typing" or (phase == "hearing" and talks) or phase == "speaking"
    assert ("Esc" in shown) == bool(leaves)
    assert "throw" not in shown


def test_the_key_line_loses_nothing_at_sixty_columns_where_it_matters_most() -> None:
    shown = [
        "".join(s.text for s in key_row(BottomRows(line=LineView(), holds=holds), Console(width=60), "listening")[0])
        for holds in (False, True)
    ]
    assert shown == [
        "Space talk   F1 help   F2 mute   F3 fix   / commands",
        "Space hold to talk   F1 help   F2 mute   F3 fix",
    ]


@pytest.mark.parametrize("holds", [True, False])
def test_muted_the_key_line_offers_the_way_back_and_nothing_to_talk_into(*, holds: bool) -> None:
    foot = BottomRows(line=LineView(), holds=holds)
    (row,) = key_row(foot, Console(width=60), "listening", muted=True)
    assert "".join(s.text for s in row) == "F1 help   F2 unmute   F3 fix   / commands"
