"""Makes paragraphs of the lines of a page: joins lines, and words that were divided at their ends. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from voicecli.documents.model import Document, Section
from voicecli.documents.text import tidy

_ENDS: Final = (".", "!", "?", ":", "…", '"', "”", "“", ")")
_LIST: Final = re.compile(r"(?:[•·▪‣*–-]|\d{1,3}[.)]|[a-z][.)])\s")  # noqa: RUF001 - signs of lists
_SHORT: Final = 0.7
"""A line that ends a sentence and is shorter than this share of the longest line ends a paragraph."""


def document_of_pages(name: str, pages: Sequence[str]) -> Document | None:
    """Makes a document of the texts of pages. None if there is no text on any of them, as in a scan."""
    sections = [Section(number=number, text=text) for number, page in enumerate(pages, 1) if (text := flowing(page))]
    return Document(name=name, kind="page", sections=tuple(sections)) if sections else None


def flowing(page: str) -> str:
    """Returns the text of a page with its lines joined to paragraphs."""
    lines = tidy(page).split("\n")
    short = _SHORT * max(map(len, lines), default=0)
    text = before = ""
    for line in lines:
        if not line:
            text = text.rstrip() + "\n\n"
        elif not text or text.endswith("\n"):
            text += line
        elif re.search(r"[^\W\d_]-$", text) and line[:1].islower():
            text = text[:-1] + line
        elif _LIST.match(line) or (before.endswith(_ENDS) and len(before) < short):
            text += "\n" + line
        else:
            text += " " + line
        before = line
    return text.strip()
