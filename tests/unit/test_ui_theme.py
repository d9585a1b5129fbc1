"""The colours are readable on the background for which they are meant."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.style import Style

from voicecli.ui.render import finished_rows
from voicecli.ui.theme import PHASES, THEMES, Ground, dressed, ground_of
from voicecli.ui.transcript_entry import Entry

# The colours of xterm, the least kind of the usual terminals; black and white are its grounds.
XTERM = {
    "red": (205, 0, 0),
    "green": (0, 205, 0),
    "yellow": (205, 205, 0),
    "blue": (0, 0, 238),
    "magenta": (205, 0, 205),
    "cyan": (0, 205, 205),
}
BLACK, WHITE = (0, 0, 0), (255, 255, 255)
GROUNDS: dict[Ground, list[tuple[int, int, int]]] = {"dark": [BLACK], "light": [WHITE], "any": [BLACK, WHITE]}
OURS = (
    "label.",
    "said",
    "sounding",
    "unsaid",
    "hint",
    "stopped",
    "phase.",
    "level.",
    "status",
    "warning",
    "code.",
    "markdown.",
)


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [part / 255 for part in colour]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ours(ground: Ground) -> dict[str, Style]:
    return {name: style for name, style in THEMES[ground].styles.items() if name.startswith(OURS)}


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_colour_reads_on_its_ground_and_none_paints_it(ground: Ground) -> None:
    for name, style in ours(ground).items():
        assert style.bgcolor is None, name
        if style.color is not None:
            assert all(contrast(XTERM[style.color.name], behind) >= 3.5 for behind in GROUNDS[ground]), name


def test_the_looks_differ_in_colour_only() -> None:
    for ground in GROUNDS:
        assert ours(ground).keys() == ours("dark").keys()
        for name, style in ours(ground).items():
            assert style.without_color == ours("dark")[name].without_color
    assert {f"phase.{phase}" for phase in PHASES} <= ours("dark").keys()


@pytest.mark.parametrize(
    ("wanted", "variable", "ground"),
    [
        ("dark", "0;15", "dark"),
        ("light", "15;0", "light"),
        ("auto", "15;0", "dark"),
        ("auto", "0;15", "light"),
        ("auto", "0;default;15", "light"),
        ("auto", "0;7", "light"),
        ("auto", "15;8", "dark"),
        ("auto", "15;default", "any"),
        ("auto", "²", "any"),
        ("auto", "", "any"),
        ("auto", None, "any"),
    ],
)
def test_the_ground_is_what_was_asked_for_or_what_the_terminal_says(
    wanted: str, variable: str | None, ground: Ground
) -> None:
    assert ground_of(wanted, {} if variable is None else {"COLORFGBG": variable}) == ground


def test_a_console_keeps_the_colours_it_was_given_and_others_get_careful_ones() -> None:
    question = [Entry(who="you", turn=1, text="Hello?", state="final", closed=True)]
    colours = {}
    for ground in (None, *GROUNDS):
        console = Console(file=io.StringIO(), force_terminal=True, color_system="standard")
        if ground is not None:
            console.push_theme(THEMES[ground])
        style = next(row for row in finished_rows(question, console) if row)[0].style
        assert style is not None
        assert style.bold
        colours[ground] = style.color.name if style.color else None
        with dressed(console):
            assert console.get_style("said") is not None
    assert colours == {None: None, "any": None, "dark": "cyan", "light": "blue"}
