"""A console of rich whose output contains no control characters from the texts that are drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

from voicecli.ui.sanitize import clean

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderableType


class CleanConsole(Console):
    """Draws styled text, tables and bars. Square brackets in strings are text, never markup.

    Every piece of text is cleaned after it was rendered, so that no control character and no escape sequence of a name reaches the terminal. Rich
    adds its own escape sequences for colours and for the cursor afterwards.

    Args:
        stderr: Whether it writes to standard error instead of standard output.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, highlight=False, markup=False, emoji=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yields the segments of `renderable`, cleaned."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(clean(segment.text), segment.style)
