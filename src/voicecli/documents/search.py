"""Finds the passages of documents that belong to a question, by a full-text index in memory."""

from __future__ import annotations

import itertools
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from voicecli.documents.model import Document, Passage, Section
from voicecli.documents.words import shared, speaks_of_files, topics, words

LONGEST_PASSAGE: Final = 500
"""In characters. Two passages of this length are about 250 tokens, which a model on two cores reads in one to two seconds."""

MOST_PASSAGES: Final = 2
_LOOKED_AT: Final = 12
"""How many of the best passages by the index are looked at more closely."""

_LOOKED_AT_WITHIN: Final = 500
"""The same before those are left out that a question does not name."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+")

_NUMBERS: Final = {
    word: at
    for at, pair in enumerate(
        [
            ("one", "eins"), ("two", "zwei"), ("three", "drei"), ("four", "vier"), ("five", "fünf"), ("six", "sechs"),
            ("seven", "sieben"), ("eight", "acht"), ("nine", "neun"), ("ten", "zehn"), ("eleven", "elf"), ("twelve", "zwölf"),
        ],
        1,
    )
    for word in pair
}  # fmt: skip

_TABLE: Final = (
    "CREATE VIRTUAL TABLE passages USING fts5 (name, heading, text, tokenize = 'porter unicode61 remove_diacritics 2')"
)


class Index:
    """A full-text index of documents. Nothing of it is written to the disk.

    Thread: any.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._passages: list[Passage] = []
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute("PRAGMA temp_store = MEMORY")
        self._database.execute(_TABLE)

    def add(self, document: Document) -> None:
        """Adds a document."""
        with self._lock, self._database:
            for passage in passages(document):
                self._passages.append(passage)
                self._database.execute(
                    "INSERT INTO passages (rowid, name, heading, text) VALUES (?, ?, ?, ?)",
                    (len(self._passages), document.name, f"{passage.above} {passage.section.heading}", passage.text),
                )

    def find(
        self, question: str, most: int = MOST_PASSAGES, *, within: Callable[[Passage], bool] | None = None
    ) -> list[Passage]:
        """Returns the passages that belong to `question`, the best first; none if it does not seem to be about the documents.

        A passage belongs to a question if at least half of the words that say what the question is about are in it. A question that speaks of a file
        and of nothing else gets the beginnings of the documents.

        Args:
            question: The question.
            most: The most passages.
            within: Whether a passage is among those that the question names; None for all. If none of these belongs to it, it gets their beginning.
        """
        wanted = topics(question)
        if not wanted:
            return self._beginnings(most, within) if within is not None or speaks_of_files(question) else []
        counts = [(len(shared(wanted, each.searched)), each) for each in self._ranked(wanted, within)]
        needed = 1 if within is not None or speaks_of_files(question) else max(1, (len(wanted) + 1) // 2)
        # A stable sort: passages with equally many of the words stay in the order of the index.
        fitting = sorted((pair for pair in counts if pair[0] >= needed), key=lambda pair: -pair[0])
        found = [passage for _, passage in fitting[:most]]
        return found or (self._beginnings(most, within) if within is not None else [])

    def _ranked(self, wanted: Sequence[str], within: Callable[[Passage], bool] | None) -> list[Passage]:
        query = " OR ".join(f'"{word}"*' if len(word) > 4 else f'"{word}"' for word in wanted)  # noqa: PLR2004 - shorter ones are too vague
        with self._lock:
            rows = self._database.execute(
                "SELECT rowid FROM passages WHERE passages MATCH ? ORDER BY bm25(passages, 2.0, 3.0, 1.0) LIMIT ?",
                (query, _LOOKED_AT if within is None else _LOOKED_AT_WITHIN),
            ).fetchall()
            found = [self._passages[row[0] - 1] for row in rows]
        return [each for each in found if within is None or within(each)][:_LOOKED_AT]

    def _beginnings(self, most: int, within: Callable[[Passage], bool] | None) -> list[Passage]:
        with self._lock:
            found = [each for each in self._passages if within is None or within(each)]
        first = {id(each.document): each for each in reversed(found)}
        return found[:most] if len(first) == 1 else list(reversed(first.values()))[:most]


def passages(document: Document) -> Iterator[Passage]:
    """Splits the sections of a document into passages, at the ends of paragraphs and sentences where possible."""
    merged = _merged(document) if document.kind == "paragraph" else ((each, each.text) for each in document.sections)
    trail: list[Section] = []
    for section, text in merged:
        trail = [each for each in trail if section.level and each.level < section.level]
        above = " ".join(each.heading for each in trail)
        trail.append(section)
        pieces = list(_pieces(text)) or ([section.heading] if section.heading else [])
        for piece in pieces:
            yield Passage(document=document, section=section, text=piece, above=above)


def _merged(document: Document) -> Iterator[tuple[Section, str]]:
    """Joins short paragraphs that follow each other."""
    section, text = document.sections[0], ""
    for each in document.sections:
        if text and len(text) + len(each.text) > LONGEST_PASSAGE:
            yield section, text
            section, text = each, ""
        text = f"{text}\n\n{each.text}".lstrip()
    yield section, text


def _pieces(text: str) -> Iterator[str]:
    held = ""
    for paragraph in re.split(r"\n\n+", text):
        for number, sentence in enumerate(_SENTENCE_END.split(paragraph)):
            rest = sentence.strip()
            while rest:
                room = LONGEST_PASSAGE - len(held) - 1
                if len(rest) <= room:
                    held = f"{held}{' ' if number else chr(10)}{rest}".strip()
                    break
                if held:
                    yield held
                    held = ""
                    continue
                cut = rest.rfind(" ", 0, LONGEST_PASSAGE)
                cut = cut if cut > 0 else LONGEST_PASSAGE
                yield rest[:cut]
                rest = rest[cut:].strip()
    if held:
        yield held


def page_in(question: str) -> int:
    """Returns the number of the page that `question` speaks of; 0 if it speaks of none."""
    said = words(question)
    for word, following in itertools.pairwise(said):
        if word in {"page", "seite"}:
            return int(following) if following.isdecimal() else _NUMBERS.get(following, 0)
    return 0


def named_in(question: str, documents: Sequence[Document]) -> list[Document]:
    """Returns the documents whose names are in `question`, with or without their endings."""
    said = f" {' '.join(words(question))} "
    found = []
    for document in documents:
        name = document.name.rpartition("/")[2]
        stems = {" ".join(words(name.replace("_", " "))), " ".join(words(name.rpartition(".")[0].replace("_", " ")))}
        spoken = " ".join(words(name.replace("_", " ").replace(".", " dot ")))
        if any(f" {each} " in said for each in (*stems, spoken) if each):
            found.append(document)
    return found
