"""Conversations to save, and the bytes of everything that a history leaves on the disk."""

from __future__ import annotations

import datetime as dt
import random
import re
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voicecli.memory.conversations import SavedTurn, Times
from voicecli.memory.writer import About, ConversationWriter

ZONE = dt.timezone(dt.timedelta(hours=2))
MONDAY = dt.datetime(2026, 5, 4, 9, 30, tzinfo=ZONE)
ABOUT = About(persona="assistant", models={"llm": "echo"})


def turn(question: str, answer: str = "", asked: dt.datetime = MONDAY, **rest: Any) -> SavedTurn:  # noqa: ANN401 - fields of SavedTurn
    return SavedTurn(session=1, asked=asked, question=question, answer=answer, **rest)


def save(
    database: sqlite3.Connection,
    *said: tuple[str, str],
    asked: dt.datetime = MONDAY,
    title: str = "",
    about: About = ABOUT,
) -> int:
    """Saves a conversation with one turn per minute, and returns its number."""
    writer = ConversationWriter(database)
    for number, (question, answer) in enumerate(said, 1):
        start = (number - 1) * 60_000.0
        times = Times(
            question_from_ms=start, question_to_ms=start + 2000, answer_from_ms=start + 2500, answer_to_ms=start + 6000
        )
        moment = asked + dt.timedelta(minutes=number - 1)
        writer.write(number, turn(question, answer, moment, times=times), about)
    if title:
        writer.name(title)
    assert writer.id is not None
    # The conversation is saved now, but its end must be the time when it was said.
    database.execute("UPDATE conversations SET ended_ms = began_ms + 60000 WHERE id = ?", (writer.id,))
    return writer.id


def fill(database: sqlite3.Connection, turns: int, *, per_conversation: int = 20, seed: int = 7) -> None:
    """Saves many turns of invented words."""
    chance = random.Random(seed)
    written = "ka lo mi ren tu bas fel gor hin jup der nal os qui vex wam yel zor pra sti"
    syllables = re.findall(r"\w+", written)
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(4000)]
    for first in range(0, turns, per_conversation):
        said = [
            (" ".join(chance.choices(words, k=12)), " ".join(chance.choices(words, k=45)))
            for _ in range(min(per_conversation, turns - first))
        ]
        save(
            database,
            *said,
            asked=MONDAY + dt.timedelta(hours=first // per_conversation),
            title=" ".join(said[0][0].split()[:5]),
        )


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The contents of every file under `folder`."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def traces(folder: Path, words: Sequence[str]) -> list[str]:
    """Which of `words` occur in which file under `folder`, in UTF-8 or UTF-16."""
    return [
        f"{word} in {name}"
        for name, content in bytes_of(folder).items()
        for word in words
        if any(word.encode(encoding) in content for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
    ]
