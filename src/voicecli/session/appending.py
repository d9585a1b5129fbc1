"""Appends sentences of the program to an answer in progress."""

from __future__ import annotations

import dataclasses

from voicecli.session.state import Asked
from voicecli.speech.sentence_chunker import Chunk, SentenceChunker, moved


def gap(exchange: Asked) -> str:
    """Returns what separates the answer so far from what follows."""
    return " " if exchange.reply and not exchange.reply[-1].isspace() else ""


def appended(exchange: Asked, text: str) -> tuple[Asked, tuple[Chunk, ...]]:
    """Appends `text` to the answer. Returns the exchange with it, and the chunks that `text` was split into."""
    splitter = SentenceChunker()
    before = exchange.reply + gap(exchange)
    new = tuple(
        moved(chunk, chunks=len(exchange.chunks), characters=len(before))
        for chunk in (*splitter.feed(text), *splitter.finish())
    )
    return dataclasses.replace(exchange, reply=before + text, chunks=(*exchange.chunks, *new)), new
