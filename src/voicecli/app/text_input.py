"""The text that a command is given: on the command line, on standard input, or on both.

Standard input is read as bytes, because it may be anything. Text in UTF-8 or UTF-16 is accepted, anything else is refused.
"""

from __future__ import annotations

import codecs
import contextlib
import functools
import os
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from io import BufferedReader
from typing import cast

from voicecli.app import console
from voicecli.engines.reasoning_filter import without_thought
from voicecli.errors import ConfigError

STDIN = "-"
"""The argument that stands for standard input."""

LONGEST_BYTES = 2_000_000
"""The longest text that is accepted as one question: four times the longest context of any model."""

CHUNK_BYTES = 65_536
WAIT_S = 2.0
"""How long a pipe may stay silent before the user is told that the program waits for it."""

MOST_ODD = 0.3
"""The largest share of undecodable characters in a text. Latin-1 in a European language has a tenth."""

FEW = 8
"""A text with fewer characters than this may have any share of undecodable ones."""

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def question(words: Sequence[str]) -> str:
    """Returns the question: the words of the command line and standard input.

    Standard input takes the place of `-`. Without a `-` it comes before the words if something was piped or redirected in, and is the whole question
    if there are no words.

    Raises:
        ConfigError: There is nothing to read it from, it is too long, or it is not text.
    """
    pieces = _in_order(words, joins=True)
    parts = [_everything() if piece is None else piece.strip() for piece in pieces]
    return "\n\n".join(filter(None, (part.strip() for part in parts)))


def lines(words: Sequence[str]) -> Iterator[str]:
    """Yields the text to be spoken as it arrives: the words of the command line, and standard input in the place of `-`.

    Without words it is standard input alone.

    Raises:
        ConfigError: As `question`; standard input may have any length.
    """
    pieces = _in_order(words, joins=False)
    stream = _stdin() if None in pieces else None  # before engines are loaded
    return _said(pieces, stream)


def arriving(words: Sequence[str]) -> Iterator[str]:
    """Yields standard input as it arrives, for a program that the user ends. `words` may be `-` alone, or nothing.

    Only the beginning must be text: a log may contain anything later.

    Raises:
        ConfigError: There is nothing to read, `words` contains other text, or it does not begin with text.
    """
    if [word for word in words if word != STDIN]:
        raise ConfigError("--follow reads standard input, so it takes no TEXT.", "tail -f LOG | voicecli say --follow")
    _in_order(words, joins=False)
    handle = _stdin().fileno()
    # The buffered stream is not used: a thread that waits in it would hold its lock when the program ends.
    return _decoded_pieces(lambda: os.read(handle, CHUNK_BYTES), only_beginning=True)


def _said(pieces: Sequence[str | None], stream: BufferedReader | None) -> Iterator[str]:
    for index, piece in enumerate(pieces):
        if index:
            yield "\n\n"
        if piece is not None:
            yield without_thought(piece)
        elif stream is not None:
            coming = _decoded_pieces(functools.partial(stream.read1, CHUNK_BYTES))
            yield without_thought(next(coming, ""))
            yield from coming


def has_stdin(words: Sequence[str]) -> bool:
    """Whether `lines` would read standard input for these words."""
    return not words or STDIN in words


def _in_order(words: Sequence[str], *, joins: bool) -> list[str | None]:
    """Returns the pieces of a text, None in the place of standard input. Words that follow each other are one piece."""
    if not words:
        if sys.stdin is not None and sys.stdin.isatty():
            raise ConfigError("There is no text.", "Give one, or pipe it in; - reads it from this terminal.")
        return [None]
    if words.count(STDIN) > 1:
        raise ConfigError("Standard input can be read only once.", "Write - once.")
    pieces: list[str | None] = []
    for word in words:
        if word == STDIN:
            pieces.append(None)
        elif pieces and (last := pieces[-1]) is not None:
            pieces[-1] = f"{last} {word}"
        else:
            pieces.append(word)
    return [None, *pieces] if joins and STDIN not in words and _is_piped() else pieces


def _is_piped() -> bool:
    """Whether something was piped or redirected in. A terminal, /dev/null and a closed stream do not count."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # closed, or not a stream of the system's
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _stdin() -> BufferedReader:
    if sys.stdin is None:
        raise ConfigError("There is no standard input: it is closed.", "Give a text or a file instead of -.")
    return cast("BufferedReader", sys.stdin.buffer)


def _everything() -> str:
    stream = _stdin()
    with _told_when_waiting():
        data = stream.read(LONGEST_BYTES + 1)
    if len(data) > LONGEST_BYTES:
        raise ConfigError(
            f"Standard input is longer than {LONGEST_BYTES // 1_000_000} MB, more than any model can read at once.",
            "Shorten it, for example with head -c 10000.",
        )
    return _decoded(data)


def _decoded(data: bytes) -> str:
    if data.startswith(UTF16):
        return data.decode("utf-16", errors="replace")
    _refuse_binary(data)
    text = data.decode("utf-8-sig", errors="replace")
    _refuse_odd(text)
    return text


def _decoded_pieces(read: Callable[[], bytes], *, only_beginning: bool = False) -> Iterator[str]:
    """Yields the text as it arrives. Text that is there already comes in one piece, so that a thought at its beginning is seen as a whole.

    Args:
        read: Returns the next bytes; none at the end.
        only_beginning: Whether only the beginning must be text.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
    first = True
    while data := read():
        if first and data.startswith(UTF16):
            yield from _decoded(data + b"".join(iter(read, b""))).splitlines(keepends=True)
            return
        if first or not only_beginning:
            _refuse_binary(data)
        text = decoder.decode(data)
        if first or not only_beginning:
            _refuse_odd(text)
        first = False
        yield text


def _refuse_binary(data: bytes) -> None:
    if b"\0" in data:
        raise ConfigError(
            "Standard input is not text.",
            "A sound file is read by: voicecli transcribe FILE, or voicecli ask --audio FILE",
        )


def _refuse_odd(text: str) -> None:
    """Refuses a text with many undecodable characters: it is in another encoding, or not text. A few are replaced by a sign."""
    if len(text) >= FEW and text.count("\N{REPLACEMENT CHARACTER}") > MOST_ODD * len(text):
        raise ConfigError("Standard input is not text in UTF-8.", "Convert it: iconv -f ENCODING -t UTF-8")


@contextlib.contextmanager
def _told_when_waiting() -> Iterator[None]:
    """Tells the user that a pipe was left open, if nothing arrives for a while."""

    def tell() -> None:
        console.remark("note: reading standard input until it ends (</dev/null leaves it out)")

    timer = threading.Timer(WAIT_S, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
