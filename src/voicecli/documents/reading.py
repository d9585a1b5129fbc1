"""Finds what of a document is to be read aloud, part by part, and where reading goes on. Pure logic."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from voicecli.documents.model import Document, Language, Section
from voicecli.documents.search import named_in
from voicecli.documents.words import shared, topics, words

LONGEST: Final = 3500
"""Longest part that is read at once, in characters: about four minutes."""

_SENTENCE: Final = re.compile(r"(?<=[.!?…])\s+|\n+")

LAST: Final = -1
"""Stands for the last section, paragraph or page."""


class NotThereError(ValueError):
    """What is to be read is not there. The message is a sentence for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of a document that is read aloud.

    Attributes:
        document: The document.
        title: What it is, as it is announced; empty where reading goes on.
        text: The whole text that is to be read, of which this part begins at `start`.
        start: Where this part begins.
        end: Where it ends.
        next_section: The index of the section after it; None after the last.
    """

    document: Document
    title: str
    text: str
    start: int
    end: int
    next_section: int | None = None

    @property
    def is_last(self) -> bool:
        """Whether the text ends with this part."""
        return self.end >= len(self.text)


def document_named(
    documents: Sequence[Document], name: str, language: Language, *, with_pages: bool = False
) -> Document:
    """Returns the document that is meant; an empty name means the one that was given last, or with `with_pages` the last that has pages.

    Raises:
        NotThereError: There is none.
    """
    german = language == "de"
    if not documents:
        raise NotThereError(
            "Du hast mir keine Datei gegeben. Das geht mit /file und ihrem Pfad."
            if german
            else "You have given me no file. To give one, type /file and its path."
        )
    if not name:
        paged = [each for each in documents if each.kind == "page"] if with_pages else []
        return (paged or documents)[-1]
    found = named_in(name, documents) or [
        each for each in documents if shared(words(name), each.name.replace("_", " "))
    ]
    if not found:
        there = ", ".join(each.name for each in documents[:5])
        raise NotThereError(
            f"Es gibt keine Datei {name}. Da ist: {there}."
            if german
            else f"There is no file {name}. There is: {there}."
        )
    return found[0]


def whole(document: Document) -> Stretch:
    """All of a document, from its beginning."""
    text = "\n\n".join(filter(None, (_headed(each) for each in document.sections)))
    return _stretch(document, document.name, text, 0)


def numbered(document: Document, number: int, language: Language, *, page: bool = False) -> Stretch:
    """The section, paragraph or page with a number, counted from 1; `LAST` for the last one.

    Raises:
        NotThereError: There is none.
    """
    german = language == "de"
    parts = chapters(document)
    if page and document.kind != "page":
        raise NotThereError(f"{document.name} hat keine Seiten." if german else f"{document.name} has no pages.")
    if document.kind == "page":
        sections = {each.number: each for each in document.sections}
        wanted = document.sections[-1].number if number == LAST else number
        if wanted not in sections:
            last = document.sections[-1].number
            raise NotThereError(
                f"Auf Seite {wanted} von {document.name} ist kein Text. Die letzte mit Text ist Seite {last}."
                if german
                else f"There is no text on page {wanted} of {document.name}. The last with text is page {last}."
            )
        return _section(document, [sections[wanted]], f"Seite {wanted}" if german else f"Page {wanted}")
    if number == LAST:
        number = len(parts)
    if not 1 <= number <= len(parts):
        kind = _kind(document, language)
        raise NotThereError(
            f"{document.name} hat nur {len(parts)} {kind}."
            if german
            else f"{document.name} has only {len(parts)} {kind}."
        )
    return _chapter(document, parts[number - 1], number, language)


def about(document: Document, wanted: str, language: Language) -> Stretch:
    """The section whose heading has the wanted words in it, or else whose text has most of them.

    Raises:
        NotThereError: There is none.
    """
    keys = topics(wanted) or words(wanted)
    headed = [each for each in document.sections if each.heading and len(shared(keys, each.heading)) == len(keys)]
    best = headed[0] if headed else max(document.sections, key=lambda each: len(shared(keys, each.text)))
    if not headed and 2 * len(shared(keys, best.text)) < max(1, len(keys)):
        raise NotThereError(
            f"In {document.name} steht kein Abschnitt über {wanted}."
            if language == "de"
            else f"There is no section about {wanted} in {document.name}."
        )
    title = best.heading or (_one(document, language) + f" {best.number}")
    return _section(document, _with_those_below(document, best), title)


def following(stretch: Stretch, heard: int | None, language: Language) -> Stretch:
    """What comes after `stretch`.

    Args:
        stretch: What was read last.
        heard: How many characters of its text were heard if it was stopped; None if all were. Reading goes on with the sentence that was cut.
        language: The language of the announcement.

    Raises:
        NotThereError: That was the end.
    """
    if heard is not None and stretch.start + heard < stretch.end:
        at = _sentence_start(stretch.text, stretch.start + heard)
        return _stretch(stretch.document, "", stretch.text, max(at, stretch.start), stretch.next_section)
    if not stretch.is_last:
        return _stretch(stretch.document, "", stretch.text, stretch.end, stretch.next_section)
    if stretch.next_section is None:
        raise NotThereError("Das war das Ende." if language == "de" else "That was the end.")
    section = stretch.document.sections[stretch.next_section]
    title = section.heading or f"{_one(stretch.document, language)} {section.number}"
    return _section(stretch.document, [section], title)


def next_part(stretch: Stretch, language: Language) -> Stretch:
    """The section or page after `stretch`, whether that was read to its end or not. Raises `NotThereError`."""
    ended = Stretch(
        document=stretch.document,
        title="",
        text=stretch.text,
        start=len(stretch.text),
        end=len(stretch.text),
        next_section=stretch.next_section,
    )
    return following(ended, None, language)


def contents(document: Document, language: Language) -> str:
    """A sentence that says what is in a document: its length, and its first headings."""
    parts = chapters(document)
    count = len(parts)
    said = f"{document.name}: {count} {_kind(document, language, one=count == 1)}"
    headings = [each[0].heading for each in parts if each[0].heading][:6]
    return f"{said}: {'; '.join(headings)}." if headings else f"{said}."


def chapters(document: Document) -> list[list[Section]]:
    """Groups the sections by the highest level of headings that occurs more than once; each group begins with its own heading."""
    if document.kind != "heading":
        return [[each] for each in document.sections]
    levels = [each.level for each in document.sections if each.level]
    main = next((level for level in sorted(set(levels)) if levels.count(level) > 1), max(levels, default=0))
    groups: list[list[Section]] = []
    for section in document.sections:
        if section.level == main:
            groups.append([section])
        elif groups and section.level > main:
            groups[-1].append(section)
    return groups or [[each] for each in document.sections]


def _chapter(document: Document, sections: list[Section], number: int, language: Language) -> Stretch:
    heading = sections[0].heading
    title = f"{_one(document, language)} {number}{f', {heading}' if heading else ''}"
    return _section(document, sections, title)


def _section(document: Document, sections: Sequence[Section], title: str) -> Stretch:
    first = sections[0].text
    text = "\n\n".join(filter(None, (first, *map(_headed, sections[1:]))))
    last = document.sections.index(sections[-1])
    return _stretch(document, title, text, 0, last + 1 if last + 1 < len(document.sections) else None)


def _with_those_below(document: Document, section: Section) -> list[Section]:
    at = document.sections.index(section)
    below = [section]
    for each in document.sections[at + 1 :]:
        if not section.level or each.level <= section.level:
            break
        below.append(each)
    return below


def _headed(section: Section) -> str:
    if not section.heading:
        return section.text
    end = "" if section.heading.endswith((".", "!", "?", ":")) else "."
    return f"{section.heading}{end}\n{section.text}".rstrip()


def _stretch(document: Document, title: str, text: str, start: int, next_section: int | None = None) -> Stretch:
    end = len(text)
    if end - start > LONGEST:
        end = start + LONGEST
        ends = [found.end() for found in _SENTENCE.finditer(text, start, end)]
        end = ends[-1] if ends else max(text.rfind(" ", start, end), start + 1)
    return Stretch(document=document, title=title, text=text, start=start, end=end, next_section=next_section)


def _sentence_start(text: str, at: int) -> int:
    """The beginning of the sentence that contains the character before `at`."""
    return max((found.end() for found in _SENTENCE.finditer(text, 0, min(at, len(text)))), default=0)


def _kind(document: Document, language: Language, *, one: bool = False) -> str:
    names = {
        "en": {"page": ("page", "pages"), "heading": ("section", "sections"), "paragraph": ("paragraph", "paragraphs")},
        "de": {"page": ("Seite", "Seiten"), "heading": ("Abschnitt", "Abschnitte"), "paragraph": ("Absatz", "Absätze")},
    }
    return names["de" if language == "de" else "en"][document.kind][0 if one else 1]


def _one(document: Document, language: Language) -> str:
    name = _kind(document, language, one=True)
    return name[:1].upper() + name[1:]
