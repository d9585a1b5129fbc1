"""How things look: the sixteen colours of the terminal's own palette, bold and dim, and a few signs.

Only hues that read on dark and on light grounds are used, and never for a background; nothing is told by colour alone, so that the same
screen works with `NO_COLOR` (rich leaves colours out and keeps bold and dim) and in black and white.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.theme import Theme

from voicecli.events import Phase
from voicecli.ui.transcript import Who

LABELS: Final[dict[Who, str]] = {"you": "you", "assistant": "voicecli", "notice": "note", "error": "error"}
GUTTER: Final = max(map(len, LABELS.values())) + 2
"""Cells to the left of every text, where its label stands."""

PHASES: Final[dict[Phase, str]] = {
    "loading": "loading",
    "listening": "listening",
    "hearing": "hearing you",
    "transcribing": "transcribing",
    "thinking": "thinking",
    "speaking": "speaking",
    "closed": "closed",
}

THEME: Final = Theme(
    {
        "label.you": "bold cyan",
        "label.assistant": "bold magenta",
        "label.notice": "bold",
        "label.error": "bold red",
        "said": "none",
        "sounding": "bold",
        "unsaid": "dim",
        "hint": "dim",
        "stopped": "bold red",
        "phase.loading": "dim",
        "phase.listening": "green",
        "phase.hearing": "bold cyan",
        "phase.transcribing": "cyan",
        "phase.thinking": "magenta",
        "phase.speaking": "bold magenta",
        "phase.closed": "dim",
        "level.on": "green",
        "level.off": "dim",
        "status": "dim",
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
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """The signs that are not letters; every one is a single cell wide."""

    phases: dict[Phase, str]
    level_on: str
    level_off: str
    stopped: str
    more: str
    hint: str
    caret: str
    separator: str


UNICODE_SIGNS: Final = Signs(
    phases={
        "loading": "◌",
        "listening": "○",
        "hearing": "●",
        "transcribing": "◔",
        "thinking": "◑",
        "speaking": "◉",
        "closed": "·",
    },
    level_on="━",
    level_off="─",
    stopped="■ stopped here",
    more="…",
    hint="→",
    caret="▏",
    separator=" · ",
)
ASCII_SIGNS: Final = Signs(
    phases=dict.fromkeys(PHASES, "*"),
    level_on="=",
    level_off="-",
    stopped="[stopped here]",
    more="...",
    hint="->",
    caret="|",
    separator=" | ",
)
