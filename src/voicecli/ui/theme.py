"""The look: the sixteen colours of the terminal's own palette, bold and dim, and a few signs.

Colours are never used for a background, and nothing is expressed by colour alone, so that the screen also works with `NO_COLOR` (rich leaves colours
out and keeps bold and dim) and in black and white. The hues depend on the background: cyan and green are unreadable on white, blue on
black. If the background is unknown, only colours that are readable on both are used, and other words have the terminal's own colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from rich.errors import MissingStyle
from rich.style import Style
from rich.theme import Theme

from voicecli.events import Phase
from voicecli.ui.transcript_entry import Who

if TYPE_CHECKING:
    from rich.console import Console

Ground: TypeAlias = Literal["dark", "light", "any"]

LABELS: Final[dict[Who, str]] = {"you": "you", "assistant": "voicecli", "notice": "note", "error": "error"}
GUTTER: Final = max(map(len, LABELS.values())) + 2
"""Cells to the left of every text, for its label."""

PHASES: Final[dict[Phase, str]] = {
    "loading": "loading",
    "listening": "listening",
    "hearing": "hearing you",
    "transcribing": "transcribing",
    "thinking": "thinking",
    "speaking": "speaking",
    "confirming": "to be sent",
    "closed": "closed",
}

_ON_DARK: Final = Theme(
    {
        "label.you": "bold cyan",
        "label.assistant": "bold magenta",
        "label.notice": "bold",
        "label.error": "bold red",
        "said": "none",
        "sounding": "bold",
        "unsaid": "dim",
        "undone": "dim strike",
        "hint": "dim",
        "stopped": "bold red",
        "phase.loading": "dim",
        "phase.listening": "green",
        "phase.hearing": "bold cyan",
        "phase.transcribing": "cyan",
        "phase.thinking": "magenta",
        "phase.speaking": "bold magenta",
        "phase.confirming": "bold cyan",
        "phase.closed": "dim",
        "level.on": "green",
        "level.off": "dim",
        "status": "dim",
        "key": "bold",
        "warning": "bold red",
        "markdown.code": "cyan",
        "markdown.code_block": "none",
        "markdown.block_quote": "dim",
        "markdown.item.bullet": "bold",
        "markdown.item.number": "bold",
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.h3": "bold",
        "markdown.h4": "bold",
        "markdown.h5": "bold",
        "markdown.h6": "bold",
        "markdown.h7": "bold",
        "markdown.link": "underline",
        "markdown.link_url": "dim",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
        "markdown.hr": "dim",
        "markdown.list": "none",
        "markdown.kbd": "bold",
        "code.comment": "dim",
        "code.keyword": "bold",
        "code.name": "cyan",
        "code.string": "green",
        "code.number": "magenta",
        "code.deleted": "red",
        "code.inserted": "green",
    }
)

_INSTEAD: Final[dict[Ground, dict[str, str]]] = {
    "dark": {},
    "light": {"cyan": "blue", "green": "blue"},
    "any": {"cyan": "", "green": ""},
}
"""Replacements of colours on another background; empty for the terminal's own colour.

With xterm's colours, the contrast to the background is at least 3.5 to 1.
"""


def _for(ground: Ground) -> Theme:
    def worn(style: Style) -> Style:
        instead = _INSTEAD[ground].get(style.color.name) if style.color is not None else None
        if instead is None:
            return style
        return style + Style(color=instead) if instead else style.without_color

    return Theme({name: worn(style) for name, style in _ON_DARK.styles.items()}, inherit=False)


THEMES: Final[dict[Ground, Theme]] = {ground: _for(ground) for ground in _INSTEAD}

_LIGHT_GROUNDS: Final = frozenset({7, *range(9, 16)})
"""The light ones of the sixteen colours. Bright black is not light."""


def ground_of(wanted: str, environment: Mapping[str, str]) -> Ground:
    """Returns the terminal's background: `wanted` if that is `dark` or `light`, otherwise what COLORFGBG says, if the terminal sets it.

    COLORFGBG ("15;0", "0;default;15") ends with the number of the background colour; rxvt, Konsole and others set it. A query to the terminal itself
    would put its answer where keys are read.
    """
    match wanted:
        case "dark":
            return "dark"
        case "light":
            return "light"
        case _:
            pass
    last = environment.get("COLORFGBG", "").rpartition(";")[2]
    if not last.isdecimal():
        return "any"
    return "light" if int(last) in _LIGHT_GROUNDS else "dark"


def dressed(console: Console) -> AbstractContextManager[object]:
    """Returns a context in which `console` has our styles: the theme that it was given, or else the one for any background."""
    try:
        console.get_style("label.you")
    except MissingStyle:
        return console.use_theme(THEMES["any"])
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The signs that are not letters. The Unicode ones, other than the separator, are one cell wide."""

    phases: dict[Phase, str]
    level_on: str
    level_off: str
    stopped: str
    more: str
    hint: str
    muted: str
    separator: str


UNICODE_SIGNS: Final = Signs(
    phases={
        "loading": "◌",
        "listening": "○",
        "hearing": "●",
        "transcribing": "◔",
        "thinking": "◑",
        "speaking": "◉",
        "confirming": "?",
        "closed": "·",
    },
    level_on="━",
    level_off="─",
    stopped="■",
    more="…",
    hint="→",
    muted="⊘",
    separator=" · ",
)
ASCII_SIGNS: Final = Signs(
    phases=dict.fromkeys(PHASES, "*"),
    level_on="=",
    level_off="-",
    stopped="[stopped]",
    more="...",
    hint="->",
    muted="x",
    separator=" | ",
)
