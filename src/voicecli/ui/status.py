"""The status line: what the session is doing, and its circumstances."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from voicecli.events import Ready
from voicecli.ui.sanitize import clean_line
from voicecli.ui.theme import PHASES, Signs
from voicecli.ui.transcript import LEVEL_CELLS, Transcript

_LOADING: Final = "loading"
_MODELS_WORD: Final = "models"
_MUTED: Final = "muted"
_READY: Final = "ready"
_ANSWERING: Final = "answering"
_NARROW: Final = 60
"""Below this width, in cells, the status line is shortened."""

_NARROW_LEVEL_CELLS: Final = 6
"""Cells of the level meter in a narrow terminal."""

_LONGEST_PHASE: Final = max(map(len, PHASES.values()))
_LONGEST_MODEL: Final = 28
"""A model's name is cut after so many cells."""

_MODELS: Final = ("llm", "stt", "voice")  # the most important first


def status_line(transcript: Transcript, *, width: int, signs: Signs, loading_s: float | None = None) -> Text:
    """Builds the status line.

    If room is short, the least important parts are left out first: the voice, the recogniser, the language model, the latency, the offline
    state, the duplex mode, the meter. The state in words always stays, and everything keeps its place when the state changes.

    Args:
        transcript: The content.
        width: Cells; the line is narrower.
        signs: The signs that the terminal's encoding supports.
        loading_s: How long loading has taken so far, shown while it lasts.
    """
    narrow = width < _NARROW
    phase = transcript.phase
    line = Text(no_wrap=True, overflow="crop")
    if phase == "loading":
        line.append(signs.phases[phase], f"phase.{phase}")
        seconds = f"{signs.separator}{loading_s:.0f} s" if loading_s is not None else ""
        what = _cropped(clean_line(transcript.loading) or _MODELS_WORD, width - len(f"  {_LOADING} {seconds}"), signs)
        line.append(f" {_LOADING} {what}", "said").append(seconds, "status")
    else:
        sign, words, style = _state(transcript, signs)
        line.append(sign, style)
        line.append(" " + words.ljust(_LONGEST_PHASE), "said")
        if transcript.ready is None or transcript.ready.microphone is not None:
            meter = _meter(transcript, cells=_NARROW_LEVEL_CELLS if narrow else LEVEL_CELLS, signs=signs)
            if line.cell_len + 1 + meter.cell_len < width:
                line.append(" ").append_text(meter)
    gap = "  "
    for text, style in _circumstances(transcript, narrow=narrow):
        piece = Text.assemble((gap, "status"), (text, style))
        if line.cell_len + piece.cell_len >= width:
            break
        line.append_text(piece)
        gap = signs.separator
    line.truncate(width - 1)
    return line


def _network(ready: Ready) -> tuple[str, str]:
    """Returns the offline state measured at the start of the session, and its style."""
    if ready.sends:
        return " and ".join(f"sends {what} to {where}" for what, where in ready.sends.items()), "warning"
    if not ready.offline:
        return "online", "warning"
    # Without walls of the operating system, native code can still reach the network.
    return ("offline (Python only)" if ready.walls and "system-calls" not in ready.walls else "offline"), "status"


def _state(transcript: Transcript, signs: Signs) -> tuple[str, str, str]:
    """Returns sign, words and style of what the session is doing, once models are loaded."""
    phase = transcript.phase
    ready = transcript.ready
    match phase:
        case "listening" if transcript.muted:
            return signs.muted, _MUTED, "warning"
        case "listening" if ready is not None and ready.microphone is None:
            return signs.phases[phase], _READY, f"phase.{phase}"
        case "thinking" if transcript.answering:
            return signs.phases["speaking"], _ANSWERING, "phase.speaking"
        case _:
            return signs.phases[phase], PHASES[phase], f"phase.{phase}"


def _cropped(text: str, cells: int, signs: Signs) -> str:
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(0, cells - len(signs.more))).rstrip() + signs.more


def _meter(transcript: Transcript, *, cells: int, signs: Signs) -> Text:
    level = transcript.level if transcript.shows_level else 0
    lit = round(level * cells / LEVEL_CELLS)
    return Text.assemble((signs.level_on * lit, "level.on"), (signs.level_off * (cells - lit), "level.off"))


def _circumstances(transcript: Transcript, *, narrow: bool) -> list[tuple[str, str]]:
    """Returns the other parts of the line with their styles, the most important first."""
    ready = transcript.ready
    if ready is None:
        return []
    duplex = "typing" if ready.duplex is None else ready.duplex if narrow else f"{ready.duplex} duplex"
    parts = [(duplex, "status"), _network(ready)]
    if ready.mode == "push-to-talk":
        parts.insert(0, ("key" if narrow else "push to talk", "status"))
    if transcript.muted and transcript.phase != "listening":
        parts.insert(0, (_MUTED, "warning"))
    if transcript.latency_ms is not None:
        parts.append((f"{transcript.latency_ms / 1000:.2f} s" + ("" if narrow else " to answer"), "status"))
    for kind in _MODELS:
        if name := clean_line(ready.models.get(kind, "")):
            if cell_len(name) > _LONGEST_MODEL:
                name = set_cell_size(name, _LONGEST_MODEL - 1) + "~"
            on = ready.device.get(kind, "cpu")
            parts.append((name if on == "cpu" else f"{name} ({clean_line(on)})", "status"))
    return parts
