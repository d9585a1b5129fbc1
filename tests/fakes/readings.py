"""The tables of expected readings, and the comparison of a reading with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "data" / "readings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A written text, and its correct readings."""

    category: str
    written: str
    wanted: tuple[str, ...]


def table(language: str) -> list[Line]:
    rows = [row.split("\t") for row in (FOLDER / f"{language}.tsv").read_text(encoding="utf-8").splitlines()]
    return [Line(category=category, written=written, wanted=tuple(wanted)) for category, written, *wanted in rows]


def plain(reading: str, language: str) -> str:
    """A reading without capitals, punctuation and hyphens, which cannot be heard."""
    text = re.sub(r"[^\w' ]", " ", reading.lower().replace("’", "'"))  # noqa: RUF001 - an apostrophe
    if language == "en":
        text = re.sub(r"\b(hundred|thousand|million) and\b", r"\1", text)
    text = " ".join(text.split())
    return text.replace(" ", "") if language == "zh" else text
