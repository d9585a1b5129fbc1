"""Turns a recorded session into a moving picture that any browser shows: an SVG without scripts, fonts or links.

    python scripts/make_moving_picture.py [docs/session.cast [docs/session.svg]]

The recording is in asciinema's format, version 2 (`record_session.py` makes one). Each state of the screen becomes a frame, and a style sheet
moves from one to the next. Who asked the system for less motion sees the last frame.
"""

from __future__ import annotations

import argparse
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import pyte
from pyte.screens import Char

DOCS: Final = Path(__file__).parent.parent / "docs"

CELL_WIDTH: Final = 8.4
CELL_HEIGHT: Final = 18
"""Pixels of a character. Most monospaced fonts are 0.6 times as wide as they are high."""

FONT_PIXELS: Final = 14
MARGIN: Final = 12
TITLE_HEIGHT: Final = 30

SHORTEST_FRAME_S: Final = 0.08
LONGEST_FRAME_S: Final = 2.0
"""A longer pause is shown as long as this."""

LAST_FRAME_S: Final = 4.0

BACKGROUND: Final = "#1e1e24"
FOREGROUND: Final = "#d6d6dc"
DIM_OPACITY: Final = 0.55
COLOURS: Final = {
    "default": FOREGROUND,
    "black": "#484850",
    "red": "#e06c75",
    "green": "#8cbe78",
    "brown": "#d7b46e",  # what the library calls yellow
    "blue": "#69a0e1",
    "magenta": "#c882d7",
    "cyan": "#5fb9c3",
    "white": FOREGROUND,
}
NORMAL_WEIGHT: Final = 22
DIM: Final = 2
BLINK: Final = 5
STEADY: Final = 25
COLOUR_FOLLOWS: Final = (38, 48)
COLOUR_NUMBERS: Final = {5: 2, 2: 4}
"""How many numbers name a colour: 5 and a place in the palette, or 2 and red, green and blue."""


class DimScreen(pyte.Screen):  # type: ignore[misc] # the library has no types
    """A screen that knows faint text. The library does not, so faint is kept as blinking, which nothing here uses."""

    def select_graphic_rendition(self, *attrs: int, **kwargs: object) -> None:
        """Takes the attributes of what is written next."""
        swapped: list[int] = []
        left = list(attrs)
        while left:
            each = left.pop(0)
            if each in COLOUR_FOLLOWS and left:
                length = COLOUR_NUMBERS.get(left[0], 0)
                swapped += [each, *left[:length]]
                del left[:length]
            else:
                swapped += [BLINK] if each == DIM else [NORMAL_WEIGHT, STEADY] if each == NORMAL_WEIGHT else [each]
        super().select_graphic_rendition(*swapped, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A state of the screen.

    Attributes:
        at_s: When it begins.
        rows: SVG text of each row; empty for an empty row.
    """

    at_s: float
    rows: tuple[str, ...]


def frames(lines: Sequence[str]) -> Iterator[Frame]:
    """The states of the screen in a recording, pauses shortened."""
    header = json.loads(lines[0])
    screen = DimScreen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    at_s = before_s = 0.0
    shown: Frame | None = None
    for line in lines[1:]:
        written_s, _, text = json.loads(line)
        at_s += min(written_s - before_s, LONGEST_FRAME_S)
        before_s = written_s
        stream.feed(text)
        frame = Frame(at_s=at_s, rows=tuple(_row(screen, number) for number in range(screen.lines)))
        if shown is None or (frame.rows != shown.rows and at_s - shown.at_s >= SHORTEST_FRAME_S):
            yield frame
            shown = frame
    yield Frame(at_s=at_s, rows=tuple(_row(screen, number) for number in range(screen.lines)))


def _row(screen: pyte.Screen, number: int) -> str:
    cells = [(column, screen.buffer[number][column]) for column in range(screen.columns)]
    parts = []
    for style, run in groupby(cells, key=lambda cell: cell[1]._replace(data="")):
        characters = list(run)
        text = "".join(char.data for _, char in characters)
        if text.strip():
            x = MARGIN + characters[0][0] * CELL_WIDTH
            parts.append(f'<tspan x="{x:g}"{_style(style)}>{html.escape(text.rstrip(), quote=False)}</tspan>')
    return "".join(parts)


def _style(char: Char) -> str:
    name = char.bg if char.reverse else char.fg
    colour = COLOURS.get(name.removeprefix("bright"), f"#{name}")
    found = [f'fill="{colour}"'] if colour != FOREGROUND else []
    found += ['font-weight="bold"'] if char.bold else []
    found += ['font-style="italic"'] if char.italics else []
    found += ['text-decoration="line-through"'] if char.strikethrough else []
    found += ['text-decoration="underline"'] if char.underscore else []
    found += [f'opacity="{DIM_OPACITY}"'] if char.blink else []
    return "".join(f" {each}" for each in found)


def picture(shown: Sequence[Frame], *, columns: int, rows: int, title: str) -> str:
    """The moving picture.

    Args:
        shown: Its frames, in order.
        columns: Width of the terminal.
        rows: Its height.
        title: What stands in the title bar.
    """
    width = 2 * MARGIN + columns * CELL_WIDTH
    height = TITLE_HEIGHT + rows * CELL_HEIGHT + MARGIN
    whole_s = shown[-1].at_s + LAST_FRAME_S
    texts = {text: f"r{number}" for number, text in enumerate(dict.fromkeys(_texts(shown)))}
    steps = "".join(
        f"{100 * frame.at_s / whole_s:.3f}%{{transform:translateX({-number * width:g}px)}}"
        for number, frame in enumerate(shown)
    )
    defined = "".join(f'<text id="{name}">{text}</text>' for text, name in texts.items())
    drawn = "".join(
        f'<use href="#{texts[text]}" x="{number * width:g}" y="{TITLE_HEIGHT + (row + 1) * CELL_HEIGHT}"/>'
        for number, frame in enumerate(shown)
        for row, text in enumerate(frame.rows)
        if text
    )
    last = f"translateX({-(len(shown) - 1) * width:g}px)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}">'
        f"<title>{html.escape(title)}</title><style>"
        f"text{{font:{FONT_PIXELS}px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:{FOREGROUND};white-space:pre}}"
        f"@keyframes play{{{steps}}}#film{{animation:play {whole_s:.2f}s step-end infinite}}"
        f"@media (prefers-reduced-motion:reduce){{#film{{animation:none;transform:{last}}}}}</style>"
        f'<defs>{defined}<clipPath id="screen"><rect width="{width:g}" height="{height:g}"/></clipPath></defs>'
        f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{BACKGROUND}"/>'
        '<circle cx="18" cy="16" r="5" fill="#e06c75"/><circle cx="34" cy="16" r="5" fill="#d7b46e"/>'
        '<circle cx="50" cy="16" r="5" fill="#8cbe78"/>'
        f'<text x="{width / 2:g}" y="20" text-anchor="middle" opacity="{DIM_OPACITY}">{html.escape(title)}</text>'
        f'<g clip-path="url(#screen)"><g id="film">{drawn}</g></g></svg>\n'
    )


def _texts(shown: Iterable[Frame]) -> Iterator[str]:
    for frame in shown:
        yield from (text for text in frame.rows if text)


def main() -> None:
    """Reads the command line and writes the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cast", type=Path, nargs="?", default=DOCS / "session.cast")
    parser.add_argument("svg", type=Path, nargs="?", default=DOCS / "session.svg")
    options = parser.parse_args()
    lines = options.cast.read_text(encoding="utf-8").splitlines()
    header = json.loads(lines[0])
    shown = list(frames(lines))
    drawn = picture(shown, columns=header["width"], rows=header["height"], title=header.get("title", "voicecli"))
    options.svg.write_text(drawn, encoding="utf-8")
    print(f"{options.svg}: {len(shown)} frames, {options.svg.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
