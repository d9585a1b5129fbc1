"""Reads the output of a language model, a character at a time. Emits the words that can be spoken, with their offsets, and the ends of lines.

The reader handles what spans several words or lines: thoughts, code blocks, tables, lists, headings, tags, the targets of links. `plain_word`
handles signs within a word. The reader follows CommonMark where a voice can tell the difference, and no further.

Every decision depends on the characters so far and never on how they were split, so any split of a text gives the same events.
Only short holds are read twice (what looked like a tag but is not), so the work is linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from voicecli.speech.code_fence import Fence
from voicecli.speech.html_tags import Tag, may_become, meaning, name_of
from voicecli.speech.markdown_table import Table
from voicecli.speech.plain_text import lacks_space, plain_word
from voicecli.speech.punctuation import BULLETS, ENDS_WORD, HARD_SPACES, RULES, can_be_said, is_lower, is_wide
from voicecli.speech.reader_events import Break, Event, Glance, LineEnd, Word, unwritten
from voicecli.speech.spoken_phrases import code_shown, table_shown

_LONGEST_PHONEMES = 300
"""In characters. Longer text is not phonemes."""

_LONGEST_WORD = 256
"""In characters. Longer text is not a word, and is not held back until its end."""

_WRAPPED = 50
"""In characters. A shorter line was ended on purpose (verse, a list without signs), a longer one by the width of a page."""


class MarkdownReader:
    """Reads one reply.

    Args:
        announces_in: The language of announcements of code and tables, see `code_shown`. If empty, code is left out, and tables are read.
    """

    tells_code = staticmethod(code_shown)
    tells_table = staticmethod(table_shown)

    def __init__(self, announces_in: str = "") -> None:
        self.length = 0
        """The number of characters read."""
        self._announces_in = announces_in
        self._events: list[Event] = []
        self._take: Callable[[str, int], None] = self._line

        self._word: list[str] = []
        self._word_start = 0
        self._word_end = 0
        self._glanced = False
        self._spaced = False  # since the last word
        self._lead = ""  # signs at the start of a line that may be a marker
        self._lead_start = 0
        self._block = ""  # the kind of the previous line: text, item, heading, row, fence; empty after a blank line
        self._opened = False  # whether the kind of this line is known
        self._line_start = 0
        self._line_chars = 0  # of the previous line
        self._in_code = False
        self._brackets = 0
        self._row = self._cell_over = False
        self._cells_said = 0
        self._hold = ""
        self._hold_start = 0
        self._literal = False  # a hold that is not markup is read again
        self._close = ""  # what ends a hidden stretch
        self._depth = 0
        self._fence = Fence("`")
        self._table = Table(0)

    def feed(self, delta: str) -> list[Event]:
        """Takes the next characters. Returns the events that are now known."""
        for at, char in enumerate(delta, self.length):
            self._take(char, at)
        self.length += len(delta)
        return self._drain()

    def finish(self) -> list[Event]:
        """Ends the text. Returns the events that were held back."""
        if self._take == self._in_table:
            self._end_table(self.length)
        if self._take == self._tag and (" " in self._hold or self._hold == "<"):
            self._read_again()
        if self._lead[:1].isdigit():
            self._begin_text()
        self._end_word()
        return self._drain()

    @property
    def unfinished(self) -> Word | None:
        """The word that is being read, as far as it goes; None between words and inside hidden text."""
        if not self._word or self._take != self._text:
            return None
        return Word("".join(self._word), self._word_start, self._word_end, glued=not self._spaced)

    def _drain(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # The start of a line: possible markers

    def _line(self, char: str, at: int) -> None:
        lead = self._lead
        if not lead:
            if char == "\n":
                self._blank(at)
            elif char == "|":
                self._table = Table(at)
                is_first = self._block != "row"
                self._open("row")
                self._row = True
                self._take = self._in_table if self._announces_in and is_first else self._text
            elif char in BULLETS:
                self._open("item")
            elif char in "#`~" or char in RULES or (char.isdigit() and char.isascii()):
                self._lead, self._lead_start = char, at
            elif char != ">" and not char.isspace():
                self._open("text", char)
                self._take = self._text
                self._text(char, at)
        elif char == lead[-1] and lead[0] in "#`~-*+_=" and len(lead) < 6:  # noqa: PLR2004 - no marker is longer
            self._lead += char
            if len(self._lead) == 3 and lead[0] in "`~":  # noqa: PLR2004 - CommonMark
                self._open_fence(lead[0], self._lead_start)
            elif len(self._lead) == 3 and lead[0] in RULES:  # noqa: PLR2004 - CommonMark
                self._lead = ""
                self._take = self._rule
        elif char.isspace():
            self._end_lead(char, at)
        elif lead[0].isdigit() and lead[-1].isdigit() and len(lead) <= 3 and (char in ".)" or char.isdigit()):  # noqa: PLR2004 - 999 items
            self._lead += char
        else:
            self._begin_text()
            self._take(char, at)

    def _end_lead(self, char: str, at: int) -> None:
        """Handles a space after signs that may be a marker."""
        lead = self._lead
        if lead[0] == "#" and len(lead) <= 6:  # noqa: PLR2004 - CommonMark has six levels
            self._open("heading")
            self._lead = ""
            self._take = self._text
        elif len(lead) == 1 and lead in RULES:
            self._open("item")
            self._lead = ""
        elif lead[-1] in ".)":
            self._open("item")
            self._lead = ""
            self._events.append(Word(lead[:-1] + ".", self._lead_start, self._lead_start + len(lead), glued=False))
            self._spaced = True
            if char == "\n":
                self._end_line(at)
            return
        else:
            self._begin_text()
        if char == "\n" or self._take == self._text:
            self._take(char, at)

    def _begin_text(self) -> None:
        """Treats the signs at the start of the line as text, because they are not a marker."""
        lead, self._lead = self._lead, ""
        self._open("text", lead[0])
        self._take = self._text
        for at, char in enumerate(lead, self._lead_start):
            self._text(char, at)

    def _rule(self, char: str, at: int) -> None:
        """Follows three equal signs. If only such signs follow, the line is a rule; otherwise they are emphasis."""
        if char in RULES or (char.isspace() and char != "\n"):
            return
        if char == "\n":
            self._open("rule")
            self._end_line(at)
            return
        self._open("text", char)
        self._take = self._text
        self._text(char, at)

    def _open(self, block: str, first: str = "") -> None:
        """Sets the kind of this line, now that it is known, and emits a break unless the line continues the one before."""
        if self._opened:
            return
        self._opened = True
        goes_on = (
            block == "text" and self._block in {"text", "item"} and (self._line_chars >= _WRAPPED or is_lower(first))
        )
        if not goes_on and self._block:
            self._events.append(Break(self._line_start))
        self._block = block

    def _blank(self, at: int) -> None:
        if self._block:
            self._events.append(Break(at + 1))
        self._block, self._opened = "", False
        self._line_start = at + 1

    def _end_line(self, at: int) -> None:
        self._end_word()
        self._events.append(LineEnd(at + 1))
        self._line_chars = at - self._line_start
        self._line_start = at + 1
        self._opened = self._in_code = self._row = self._cell_over = False
        self._brackets = self._cells_said = 0
        self._spaced = True
        self._take = self._line

    # Within a line

    def _text(self, char: str, at: int) -> None:
        word = self._word
        if char.isalnum() and char < "\u2e80":
            if char.isupper() and not self._in_code and lacks_space(word):
                self._end_word()
                self._spaced = True
            self._add(char, at)
        elif is_wide(char) and not (self._literal or char.isspace()):
            self._end_word()
            self._emit(plain_word(char), at, at + 1)
        elif char == "\n":
            self._end_line(at)
        elif char.isspace() and char not in HARD_SPACES:
            self._end_word()
            self._spaced = True
        elif self._literal:
            self._add(char, at)
        elif char == "<" and not self._in_code:
            self._hold, self._hold_start = char, at
            self._take = self._tag
        elif char == "`":
            self._add(char, at)
            self._in_code = not self._in_code
            if word[-3:] == ["`", "`", "`"]:
                del word[-3:]
                self._end_word()
                self._open_fence(char, at - 2)
        elif char == "[" and word[-1:] == ["["] and not self._in_code:
            word.pop()
            self._hold, self._hold_start = "[[", at - 1
            self._take = self._phonemes
        elif char in "([" and self._brackets and word[-1:] == ["]"]:
            self._depth = 1
            self._brackets -= 1
            self._take = self._target
        elif char == "|" and self._row:
            self._end_word()
            self._cell_over = self._cells_said > 0
            self._spaced = True
        else:
            self._brackets += char == "["
            self._add(char, at)
            if char in ENDS_WORD:
                self._end_word()

    def _add(self, char: str, at: int) -> None:
        if not self._word:
            self._word_start = at
            self._glanced = False
        self._word.append(char)
        self._word_end = at + 1
        if not self._glanced and char.isalnum():
            self._glanced = True
            self._events.append(Glance(char, self._word_start))
        if len(self._word) >= _LONGEST_WORD:
            self._end_word()

    def _end_word(self) -> None:
        if self._word:
            raw = "".join(self._word)
            self._word.clear()
            self._emit(plain_word(raw), self._word_start, self._word_end)

    def _emit(self, text: str, start: int, end: int) -> None:
        """Emits a word, if anything of it is left."""
        if not text or (self._row and not text.strip(":-")):
            return
        if self._row and can_be_said(text):
            if self._cell_over:
                self._events.append(Word(",", start, start, True))
            self._cell_over = False
            self._cells_said += 1
        self._events.append(Word(text, start, end, not self._spaced))
        self._spaced = False

    # Holds: possible markup that is incomplete

    def _tag(self, char: str, at: int) -> None:
        """Collects a tag, from `<` on."""
        hold = self._hold = self._hold + char
        if hold == "<!--":
            self._hide("-->")
        elif not may_become(hold):
            self._hold = hold[:-1]
            self._read_again()
            self._take(char, at)
        elif char == ">":
            self._end_tag(hold, at)

    def _end_tag(self, tag: str, at: int) -> None:
        match meaning(tag):
            case Tag.UNKNOWN:
                self._read_again()
                return
            case Tag.HIDES:
                self._end_word()
                self._hide(f"</{name_of(tag)}>")
                return
            case Tag.PART:
                self._end_word()
                self._spaced = True
                self._events.append(Break(at + 1))
            case Tag.SILENT:
                pass
            case kind:
                assert_never(kind)
        self._hold = ""
        self._take = self._text

    def _hide(self, close: str) -> None:
        self._close = close
        self._hold = ""
        self._take = self._hidden

    def _hidden(self, char: str, at: int) -> None:  # noqa: ARG002 - a state takes both
        """Skips hidden text up to what closes it."""
        self._hold = (self._hold + char.lower())[-len(self._close) :]
        if self._hold == self._close:
            self._hold = ""
            self._spaced = True
            self._take = self._text

    def _phonemes(self, char: str, at: int) -> None:
        """Collects raw phonemes for Piper, from `[[` on. None of it may be spoken."""
        self._hold += char
        if self._hold.endswith("]]"):
            self._hold = ""
            self._take = self._text
        elif char in "<\n" or len(self._hold) > _LONGEST_PHONEMES:
            self._hold = self._hold[:-1]
            self._read_again()
            self._take(char, at)

    def _target(self, char: str, at: int) -> None:
        """Skips the address of a link. An answer that was cut off may never close it."""
        if char == "\n":
            self._end_line(at)
        elif char in "([":
            self._depth += 1
        elif char in ")]":
            self._depth -= 1
            if not self._depth:
                self._take = self._text

    def _read_again(self) -> None:
        """Reads the held characters again as plain text, because they are not markup."""
        hold, self._hold = self._hold, ""
        self._take = self._text
        self._literal = True
        for at, char in enumerate(hold, self._hold_start):
            self._text(char, at)
        self._literal = False

    # Blocks of code and tables

    def _open_fence(self, sign: str, at: int) -> None:
        self._lead = ""
        self._open("code")
        self._block = "code"  # also if the line began as text
        self._in_code = False
        self._fence = Fence(sign)
        self._take = self._code
        self._hold_start = at

    def _code(self, char: str, at: int) -> None:
        if char == "\n" and self._fence.is_first_line and self._announces_in:
            self._events += [Break(self._hold_start), *unwritten(self.tells_code(self._announces_in), self._hold_start)]
        if not self._fence.closes(char):
            return
        if char == "\n":
            self._end_line(at)
        else:
            self._spaced = True
            self._take = self._text

    def _in_table(self, char: str, at: int) -> None:
        """Collects a possible table, from its first `|` on."""
        if self._table.ends_before(char):
            self._end_table(at - self._table.indent)
            self._take(char, at)

    def _end_table(self, end: int) -> None:
        table = self._table
        if table.is_table:
            self._events += unwritten(self.tells_table(table.rows, self._announces_in), table.start)
            self._end_line(end - 1)
            return
        self._take = self._text
        for at, char in enumerate(table.held, table.start + 1):
            self._take(char, at)
