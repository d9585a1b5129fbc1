"""Removes typed lines, which the arrow keys recall in later sessions, together with the conversations that they began."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from voicecli.config import paths


def forget_typed(is_trace: Callable[[str], bool]) -> None:
    """Removes the typed lines for which `is_trace` returns True from the file of `chat.remember_typed`; does nothing without that file.

    A session that runs keeps its own lines in memory until it ends.
    """
    path = paths.state_dir() / "typed-lines"
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    kept = [entry for entry in _entries(text) if not is_trace(_line(entry))]
    rest = "".join(kept)
    if rest != text:
        with contextlib.suppress(OSError):
            paths.write_private(path, rest)


def _entries(text: str) -> list[str]:
    """Splits the file into its entries: a comment with the time, then the lines of what was typed, each with `+` in front."""
    entries: list[str] = []
    typed = False
    for row in text.splitlines(keepends=True):
        if not entries or (typed and not row.startswith("+")):
            entries.append("")
            typed = False
        entries[-1] += row
        typed = typed or row.startswith("+")
    return entries


def _line(entry: str) -> str:
    return "\n".join(row[1:] for row in entry.splitlines() if row.startswith("+"))
