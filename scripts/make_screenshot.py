"""Draws a recorded session as an SVG picture, as a terminal would show it.

A recording is what `voicecli chat --json` prints:

    voicecli chat --json > session.jsonl
    python scripts/make_screenshot.py session.jsonl docs/session.svg
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from voicecli import events
from voicecli.ui.render import Rows, finished_rows, live_rows
from voicecli.ui.theme import THEMES
from voicecli.ui.transcript import Transcript

WIDTH: Final = 100
DARK: Final = TerminalTheme(
    (30, 30, 36),
    (214, 214, 220),
    [
        (72, 72, 80),
        (224, 108, 117),
        (140, 190, 120),
        (215, 180, 110),
        (105, 160, 225),
        (200, 130, 215),
        (95, 185, 195),
        (214, 214, 220),
    ],
)
_KINDS: Final[dict[str, type]] = {
    kind.json_name: kind for kind in get_args(events.Event) if getattr(kind, "json_name", None)
}
# The fonts that rich's picture would fetch from the network; the browser's own monospaced font is as good.
_FONT_FACES: Final = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def event_of(record: dict[str, Any]) -> events.Event:
    """Gives the event that `as_json` made `record` of."""
    kind = _KINDS[record["event"]]
    names = {field.name for field in dataclasses.fields(kind)}
    values = {name: record[name] for name in names & record.keys()}
    values["t_s"] = record["t"]
    if "turn" in names:
        values.setdefault("turn", None)
    event: events.Event = kind(**values)
    return event


def recorded(path: Path) -> Iterator[events.Event]:
    """Reads a recording."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield event_of(json.loads(line))


def picture(happened: Iterator[events.Event], *, width: int = WIDTH, title: str = "voicecli chat") -> str:
    """Draws the session as it stood before its end, with the status line.

    Args:
        happened: What happened.
        width: Cells.
        title: What stands above the picture.

    Returns:
        SVG that refers to nothing outside it.
    """
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="standard")
    console.push_theme(THEMES["dark"])
    transcript = Transcript()
    for event in happened:
        if not isinstance(event, events.Bye):
            transcript.fold(event)
    transcript.fold(events.PhaseChanged(t_s=0, phase="listening"))
    entries = transcript.take_finished()
    console.print(Rows(finished_rows(entries, console)))
    before = entries[-1] if entries else None
    console.print(Rows(live_rows(transcript, console, max_rows=console.height, before=before)))
    return _FONT_FACES.sub("", console.export_svg(title=title, theme=DARK, unique_id="session"))


def main() -> None:
    """Reads the command line and writes the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recording", type=Path, help="what `voicecli chat --json` printed")
    parser.add_argument("svg", type=Path, help="where the picture goes")
    parser.add_argument("--width", type=int, default=WIDTH, help="cells (default: %(default)s)")
    arguments = parser.parse_args()
    arguments.svg.write_text(picture(recorded(arguments.recording), width=arguments.width), encoding="utf-8")
    print(arguments.svg)


if __name__ == "__main__":
    main()
