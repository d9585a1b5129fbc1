"""The types of documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["de", "en", "es", "fr", "it"]
"""The languages of a request. A place is named in English or German."""

Kind: TypeAlias = Literal["page", "heading", "paragraph"]
"""What the sections of a document are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a document that has a name or a number of its own.

    Attributes:
        number: The page, or the section or paragraph, counted from 1.
        text: Its text, without its heading.
        heading: Its heading; empty for a page or a paragraph.
        level: The level of its heading, 1 to 6; 0 without one.
    """

    number: int
    text: str
    heading: str = ""
    level: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that was read.

    Attributes:
        name: Its name for users; within a folder, its path from there.
        kind: What its sections are.
        sections: Its sections, in order; none of them is empty.
    """

    name: str
    kind: Kind
    sections: tuple[Section, ...]

    @property
    def characters(self) -> int:
        """The length of its whole text."""
        return sum(len(each.heading) + len(each.text) for each in self.sections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a section that can be quoted.

    Attributes:
        document: The document.
        section: The section.
        text: The text of the passage.
        above: The headings of the sections that its section belongs to.
    """

    document: Document
    section: Section
    text: str
    above: str = ""

    @property
    def searched(self) -> str:
        """All words by which it is found."""
        return f"{self.document.name} {self.above} {self.section.heading} {self.text}"


def place(document: Document, section: Section, language: Language = "en") -> str:
    """The place of a section, in words that follow "That is": "on page 3 of report.pdf"."""
    german = language == "de"
    if document.kind == "page":
        return (
            f"auf Seite {section.number} von {document.name}"
            if german
            else f"on page {section.number} of {document.name}"
        )
    if section.heading:
        if german:
            return f"unter „{section.heading}“ in {document.name}"
        return f"under “{section.heading}” in {document.name}"
    return f"in {document.name}"


def label(document: Document, section: Section) -> str:
    """The place of a section as it stands above a quotation: "report.pdf, page 3"."""
    if document.kind == "page":
        return f"{document.name}, page {section.number}"
    return f"{document.name}, “{section.heading}”" if section.heading else document.name
