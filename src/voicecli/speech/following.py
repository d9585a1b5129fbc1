"""Text that arrives without an end (a log, a coding agent), cut into pieces as soon as they can be said.

A sentence is said when the next one begins, as in an answer. But the next one may be long in coming, so what stands is also said when nothing has
come for a while: soon after a full stop, a little later after a line, and after a second in the middle of one.
"""

from __future__ import annotations

from typing import Final

from voicecli.speech.arriving import Arriving
from voicecli.speech.endings import ending, is_over
from voicecli.speech.marks import ends_in_mark, is_lower, is_tail, is_wide
from voicecli.speech.phrases import code_left_out, table_left_out
from voicecli.speech.reader import Reader
from voicecli.speech.sentences import Cut, Cuts, Piece, Splitter
from voicecli.speech.words import Event, Word, unwritten

AFTER_SENTENCE_S: Final = 0.1
"""How long after a full stop the next character may come. A program writes a line at once and a model a token every 70 ms at most."""

AFTER_LINE_S: Final = 0.3
"""The same after a line without a full stop; the next line may show that it goes on."""

WITHIN_LINE_S: Final = 1.0
"""The same in the middle of a line."""

SHORTEST_CHARS: Final = 8
"""A sentence that is shorter is said together with the next one. Less than in an answer, because it is sentences that are skipped."""

_WRAPPED: Final = 50
"""In characters: a line that is shorter does not go on in the next one."""


class FollowingReader(Reader):
    """A reader for lines that mostly stand for themselves, which can be asked for what it has so far."""

    tells_code = staticmethod(code_left_out)
    tells_table = staticmethod(table_left_out)

    def __init__(self, announces_in: str) -> None:
        super().__init__(announces_in)
        self._told = False  # of the table that is being read

    @property
    def is_between_lines(self) -> bool:
        """Whether nothing of the present line was read."""
        return not self._opened and self.length > 0

    @property
    def holds(self) -> bool:
        """Whether it holds a table that was not told of."""
        return self._take == self._in_table and not self._told

    def pause(self) -> list[Event]:
        """Nothing more has come for a while: gives the word that is being read, and tells of a table."""
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


class FollowingSplitter(Splitter):
    """Cuts a text without an end."""

    def __init__(self, announces_in: str) -> None:
        super().__init__(Cuts(announces_in=announces_in, shortest_chars=SHORTEST_CHARS))
        self._following = self._reader = FollowingReader(announces_in)

    @property
    def patience_s(self) -> float | None:
        """How long the next characters may take before what stands is to be said; None where nothing does."""
        unfinished = self._reader.unfinished
        if not self._words and unfinished is None:
            return AFTER_LINE_S if self._following.holds else None
        last, before = self._last, self._before
        if unfinished is not None:
            last, before = (last + unfinished.text, before) if is_tail(unfinished.text) else (unfinished.text, last)
        if is_over(ending(last, before), ""):
            return AFTER_SENTENCE_S
        return AFTER_LINE_S if self._following.is_between_lines else WITHIN_LINE_S

    def pause(self) -> list[Piece]:
        """Nothing more has come for a while: gives what stands."""
        pieces = self._handle(self._following.pause())
        if not self._words:
            return pieces
        is_line = self._following.is_between_lines
        if is_line and self._last and not ends_in_mark(self._last):
            mark = "。" if is_wide(self._last[-1]) else "."
            self._words.append(Word(mark, self._reader.length, self._reader.length, glued=True))
        whole = is_line or is_over(ending(self._last, self._before), "")
        self._release(self._words[-1].end, Cut.SENTENCE if whole else self._cut_here)
        if is_line:
            self._last = ""
        return pieces + self._drain()

    def open_anew(self) -> None:
        """The voice has nothing to say: the next piece may be as short as the first one of an answer."""
        self._said = 0


class Follower:
    """Text in as it arrives, pieces out. Times are in seconds, of any clock.

    Thread: one.

    Args:
        announces_in: The language in which code and tables are announced.
    """

    def __init__(self, announces_in: str) -> None:
        self._arriving = Arriving()
        self._splitter = FollowingSplitter(announces_in)
        self._at_s = 0.0
        self._is_quiet = True

    def feed(self, text: str, now_s: float) -> list[Piece]:
        """Takes the next characters, which have come now; gives the pieces that are complete."""
        if text:
            self._at_s, self._is_quiet = now_s, False
        return self._splitter.feed(self._arriving.feed(text))

    def due_s(self, now_s: float) -> float | None:
        """In how many seconds `pause` is to be called if nothing comes; None where nothing stands."""
        if self._is_quiet:
            return None
        patience_s = self._splitter.patience_s
        # What `Arriving` holds back is not known to the splitter, so something may stand where it sees nothing.
        return max(0.0, self._at_s + (WITHIN_LINE_S if patience_s is None else patience_s) - now_s)

    def pause(self) -> list[Piece]:
        """Nothing has come for so long: gives what stands."""
        self._is_quiet = True
        pieces = self._splitter.feed(self._arriving.quiet())
        return pieces + self._splitter.pause()

    def finish(self) -> list[Piece]:
        """Nothing more will come: gives the rest."""
        pieces = self._splitter.feed(self._arriving.quiet())
        return pieces + self._splitter.finish()

    def open_anew(self) -> None:
        """The voice has nothing to say."""
        self._splitter.open_anew()
