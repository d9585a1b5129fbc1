"""Splits an endless text (a log, a coding agent) into chunks as soon as they can be spoken.

A sentence is spoken when the next one begins, as in an answer. But the next one may be long in coming, so pending text is also spoken after a
time without input: soon after a full stop, a little later after a line, and after a second in the middle of a line.
"""

from __future__ import annotations

from typing import Final

from voicecli.speech.markdown_reader import MarkdownReader
from voicecli.speech.punctuation import ends_in_mark, is_lower, is_tail, is_wide
from voicecli.speech.reader_events import Event, Word, unwritten
from voicecli.speech.sentence_chunker import Chunk, ChunkerConfig, Cut, SentenceChunker
from voicecli.speech.sentence_endings import ending, is_over
from voicecli.speech.spoken_phrases import code_left_out, table_left_out
from voicecli.speech.terminal_text import Arriving

AFTER_SENTENCE_S: Final = 0.1
"""The wait for the next character after a full stop. A program writes a line at once, and a model writes a token at least every 70 ms."""

AFTER_LINE_S: Final = 0.3
"""The wait after a line without a full stop. The next line may continue it."""

WITHIN_LINE_S: Final = 1.0
"""The wait in the middle of a line."""

SHORTEST_CHARS: Final = 8
"""A shorter sentence is spoken together with the next one. The limit is lower than for answers, because the listener skips by sentences."""

_WRAPPED: Final = 50
"""In characters. A shorter line does not continue in the next one."""


class FollowingReader(MarkdownReader):
    """A reader for lines that are mostly independent. It can emit what it has so far."""

    tells_code = staticmethod(code_left_out)
    tells_table = staticmethod(table_left_out)

    def __init__(self, announces_in: str) -> None:
        super().__init__(announces_in)
        self._told = False  # the table that is being read was announced

    @property
    def is_between_lines(self) -> bool:
        """Whether nothing of the present line was read."""
        return not self._opened and self.length > 0

    @property
    def holds(self) -> bool:
        """Whether it holds a table that was not announced."""
        return self._take == self._in_table and not self._told

    def pause(self) -> list[Event]:
        """Emits the word that is being read, and announces a table. Call it when nothing has arrived for a while."""
        if self._take == self._text:
            self._end_word()
        elif self.holds:
            if self._table.is_table:
                self._told = True
                told = type(self).tells_table(max(0, self._table.rows), self._announces_in)
                self._events += unwritten(told, self._table.start)
            else:
                self._end_table(self.length)
        return self._drain()

    def _open(self, block: str, first: str = "") -> None:
        if not (self._line_chars >= _WRAPPED and is_lower(first)):
            self._line_chars, first = 0, ""
        super()._open(block, first)

    def _end_table(self, end: int) -> None:
        told, self._told = self._told, False
        before = len(self._events)
        super()._end_table(end)
        if told:
            self._events[before:] = [event for event in self._events[before:] if not isinstance(event, Word)]


class FollowingChunker(SentenceChunker):
    """Splits an endless text."""

    def __init__(self, announces_in: str) -> None:
        super().__init__(ChunkerConfig(announces_in=announces_in, shortest_chars=SHORTEST_CHARS))
        self._following = self._reader = FollowingReader(announces_in)

    @property
    def patience_s(self) -> float | None:
        """How long to wait for the next characters before pending text is spoken; None if no text is pending."""
        unfinished = self._reader.unfinished
        if not self._words and unfinished is None:
            return AFTER_LINE_S if self._following.holds else None
        last, before = self._last, self._before
        if unfinished is not None:
            last, before = (last + unfinished.text, before) if is_tail(unfinished.text) else (unfinished.text, last)
        if is_over(ending(last, before), ""):
            return AFTER_SENTENCE_S
        return AFTER_LINE_S if self._following.is_between_lines else WITHIN_LINE_S

    def pause(self) -> list[Chunk]:
        """Returns the pending text as chunks. Call it when nothing has arrived for a while."""
        chunks = self._handle(self._following.pause())
        if not self._words:
            return chunks
        is_line = self._following.is_between_lines
        if is_line and self._last and not ends_in_mark(self._last):
            mark = "。" if is_wide(self._last[-1]) else "."
            self._words.append(Word(mark, self._reader.length, self._reader.length, glued=True))
        whole = is_line or is_over(ending(self._last, self._before), "")
        self._release(self._words[-1].end, Cut.SENTENCE if whole else self._cut_here)
        if is_line:
            self._last = ""
        return chunks + self._drain()

    def open_anew(self) -> None:
        """Lets the next chunk be as short as the first one of an answer. Call it when the voice has nothing to say."""
        self._said = 0


class Follower:
    """Takes text as it arrives and returns chunks. Times are in seconds, of any clock.

    Thread: one.

    Args:
        announces_in: The language in which code and tables are announced.
    """

    def __init__(self, announces_in: str) -> None:
        self._arriving = Arriving()
        self._splitter = FollowingChunker(announces_in)
        self._at_s = 0.0
        self._is_quiet = True

    def feed(self, text: str, now_s: float) -> list[Chunk]:
        """Takes the next characters, which arrived at `now_s`. Returns the chunks that are complete."""
        if text:
            self._at_s, self._is_quiet = now_s, False
        return self._splitter.feed(self._arriving.feed(text))

    def due_s(self, now_s: float) -> float | None:
        """Returns in how many seconds `pause` must be called if nothing arrives; None if no text is pending."""
        if self._is_quiet:
            return None
        patience_s = self._splitter.patience_s
        # The splitter does not know what `Arriving` holds back, so text may be pending although the splitter has none.
        return max(0.0, self._at_s + (WITHIN_LINE_S if patience_s is None else patience_s) - now_s)

    def pause(self) -> list[Chunk]:
        """Returns the pending text as chunks. Call it after the time of `due_s` without input."""
        self._is_quiet = True
        chunks = self._splitter.feed(self._arriving.quiet())
        return chunks + self._splitter.pause()

    def finish(self) -> list[Chunk]:
        """Returns the rest. Call it when nothing more will arrive."""
        chunks = self._splitter.feed(self._arriving.quiet())
        return chunks + self._splitter.finish()

    def open_anew(self) -> None:
        """Tells the splitter that the voice has nothing to say."""
        self._splitter.open_anew()
