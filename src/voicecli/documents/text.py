"""Decodes the bytes of a text file, and splits text into sections. Pure logic."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from voicecli.documents.model import Document, Section
from voicecli.speech.special_tokens import without_special_tokens

MOST_CONTROLS: Final = 0.01
"""The largest share of control characters in a text. A binary file has more."""

MARKDOWN: Final = (".md", ".markdown")

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SPACES: Final = "\t\n\r\f\v"
_HEADING: Final = re.compile(r"(#{1,6})\s+(.+?)\s*#*")
_UNDERLINE: Final = re.compile(r"=+|-{3,}")
_FENCE: Final = re.compile(r"\s*(```|~~~)")
_LONGEST_HEADING: Final = 120
"""A heading is cut after so many characters."""


class NotTextError(ValueError):
    """The bytes are no text. The message says why and can follow the file's name."""


def decoded(data: bytes) -> str:
    """Returns the text of a file: UTF-8, UTF-16 with its mark, or else the usual encoding of Western Europe.

    Raises:
        NotTextError: It is no text.
    """
    if data.startswith(_UTF16):
        text = data.decode("utf-16", errors="replace")
    elif b"\0" in data:
        raise NotTextError("is not a text")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", errors="replace")
    controls = sum(1 for each in text if unicodedata.category(each) == "Cc" and each not in _SPACES)
    if controls > MOST_CONTROLS * len(text):
        raise NotTextError("is not a text")
    return text


def tidy(text: str) -> str:
    """Returns `text` with single spaces in its lines, and without control characters, marks of direction and special tokens of language models."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\u00ad", "")
    shown = "".join(each if each == "\n" or _is_shown(each) else " " for each in text)
    lines = [" ".join(line.split()) for line in without_special_tokens(shown).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _is_shown(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) == "Zs"


def document_of(name: str, text: str) -> Document | None:
    """Splits the text of a file at its headings, or else into paragraphs. None if there is nothing in it.

    Args:
        name: The name of the file. Its ending tells whether it is Markdown.
        text: Its text, not tidied.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    is_markdown = name.lower().endswith(MARKDOWN)
    parts = list(_split(_without_front_matter(lines) if is_markdown else lines, is_markdown=is_markdown))
    sections: list[Section] = []
    for level, heading, body in parts:
        tidied = tidy("\n".join(body))
        if tidied or heading:
            sections.append(Section(number=len(sections) + 1, text=tidied, heading=tidy(heading), level=level))
    if any(each.heading for each in sections):
        return Document(name=name, kind="heading", sections=tuple(sections))
    paragraphs = [each for each in re.split(r"\n\n+", "\n\n".join(each.text for each in sections)) if each.strip()]
    if not paragraphs:
        return None
    found = tuple(Section(number=number, text=each) for number, each in enumerate(paragraphs, 1))
    return Document(name=name, kind="paragraph", sections=found)


def _without_front_matter(lines: list[str]) -> list[str]:
    if lines[:1] == ["---"] and "---" in lines[1:]:
        return lines[lines.index("---", 1) + 1 :]
    return lines


def _split(lines: list[str], *, is_markdown: bool) -> Iterator[tuple[int, str, list[str]]]:
    """Yields the level, the heading and the lines of each section."""
    level, heading, body = 0, "", list[str]()
    fenced = False
    for line in lines:
        if is_markdown and _FENCE.match(line):
            fenced = not fenced
        found = _HEADING.fullmatch(line.strip()) if is_markdown and not fenced else None
        title = body[-1].strip() if body else ""
        underlined = not fenced and _UNDERLINE.fullmatch(line.strip()) is not None and _can_be_heading(body)
        if found is not None:
            yield level, heading, body
            level, heading, body = len(found[1]), found[2][:_LONGEST_HEADING], []
        elif underlined:
            yield level, heading, body[:-1]
            level, heading, body = (1 if line.strip()[0] == "=" else 2), title, []
        else:
            body.append(line)
    yield level, heading, body


def _can_be_heading(body: list[str]) -> bool:
    """Whether the last of these lines stands alone, so that a line of dashes below makes it a heading."""
    title = body[-1].strip() if body else ""
    alone = len(body) < 2 or not body[-2].strip()  # noqa: PLR2004 - it and the line before it
    return bool(title) and alone and len(title) <= _LONGEST_HEADING and not title.startswith(("|", "-", ">", "#"))
