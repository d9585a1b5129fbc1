"""The spoken form of a text, and which part of it corresponds to which part of the written text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from voicecli.speech.punctuation import is_wide


class Part(NamedTuple):
    """A part of a reading. Parts follow each other without a gap, in the reading and in the text.

    Attributes:
        said: The offset of its beginning in the reading.
        said_end: The offset of its end in the reading.
        start: The offset in the text at which its written form begins.
        end: The offset in the text at which its written form ends.
        changed: Whether the spoken form differs from the written one; if not, offsets correspond one to one.
    """

    said: int
    said_end: int
    start: int
    end: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in the form in which it is spoken.

    Attributes:
        text: The text for the voice.
        parts: Its parts, in order.
        left_out: The script of the text that is left out, because the language does not use it; empty if nothing is left out.
    """

    text: str
    parts: tuple[Part, ...]
    left_out: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether nothing can be spoken, because of the script."""
        return bool(self.left_out) and not any(map(str.isalnum, self.text))

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Returns which part of the written text is heard from `start` to `end` of the reading.

        A changed part is treated as if both forms advanced evenly: if ".99" is read as "ninety-nine cents", each word takes its share of ".99".
        """
        return self._back(start), max(self._back(start), self._back(end))

    def _back(self, at: int) -> int:
        low, high = 0, len(self.parts)
        while low < high:  # find the first part that ends after `at`
            middle = (low + high) // 2
            if self.parts[middle].said_end <= at:
                low = middle + 1
            else:
                high = middle
        if low == len(self.parts):
            return self.parts[-1].end if self.parts else 0
        part = self.parts[low]
        if not part.changed:
            return part.start + at - part.said
        return part.start + (part.end - part.start) * (at - part.said) // (part.said_end - part.said)


class Builder:
    """Builds a reading from left to right."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._parts: list[Part] = []
        self._length = 0
        self._last = ""
        self._was_changed = False

    def keep(self, text: str, start: int) -> None:
        """Adds the next characters of the text as they are written."""
        if text[:1] == " " and self._last == " ":
            self._put("", start, start + 1, changed=True)  # the rule before has added a space already
            text, start = text[1:], start + 1
        if text:
            self._put(text, start, start + len(text), changed=False)

    def replace(self, said: str, start: int, end: int) -> None:
        """Adds `said` for the text from `start` to `end`."""
        if said[:1] == " " and self._last in {"", " "}:
            said = said.lstrip(" ")
        self._put(said, start, end, changed=True)

    def finish(self) -> Reading:
        """Returns the reading."""
        return Reading("".join(self._pieces), tuple(self._parts))

    def _put(self, said: str, start: int, end: int, *, changed: bool) -> None:
        before = self._length
        if said and (changed or self._was_changed) and said[0] != " " and _runs_together(self._last, said[0]):
            if changed:
                said = f" {said}"
            else:  # the space belongs to the number, not to the text after it
                self._pieces.append(" ")
                last = self._parts.pop()
                before += 1
                self._parts.append(Part(last.said, before, last.start, last.end, last.changed))
        self._pieces.append(said)
        self._length = before + len(said)
        self._parts.append(Part(before, self._length, start, end, changed))
        self._was_changed = changed
        if said:
            self._last = said[-1]


def _runs_together(before: str, after: str) -> bool:
    """Whether the two characters would join two words into one."""
    if not (before and after.isalnum() and (before.isalnum() or before in ".,)%")):
        return False
    return not is_wide(before) and not is_wide(after)


def unchanged(text: str) -> Reading:
    """Returns the reading of a text that is said as it is written."""
    return Reading(text, (Part(0, len(text), 0, len(text), changed=False),) if text else ())
