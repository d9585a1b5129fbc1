"""What is said for a text, and which part of it stands for which part of the text."""

from __future__ import annotations

from dataclasses import dataclass

from voicecli.speech.punctuation import is_wide


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a reading. Parts follow each other without a gap, in the reading and in the text.

    Attributes:
        said: Where it begins in the reading.
        said_end: Offset behind it there.
        start: Where what was written for it begins in the text.
        end: Offset behind that.
        changed: Whether it is said otherwise than written; where not, offsets correspond one to one.
    """

    said: int
    said_end: int
    start: int
    end: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as it is said.

    Attributes:
        text: For the voice.
        parts: Of it, in order.
        left_out: The script of what is not said, because the language does not use it; empty where all is said.
    """

    text: str
    parts: tuple[Part, ...]
    left_out: str = ""

    @property
    def is_silent(self) -> bool:
        """Whether nothing can be said, because of the script."""
        return bool(self.left_out) and not any(map(str.isalnum, self.text))

    def written(self, start: int, end: int) -> tuple[int, int]:
        """Which part of the written text is heard from `start` to `end` of the reading.

        Inside a part that was changed both are taken to go on evenly: of "ninety-nine" and "cents" for ".99" each takes its share.
        """
        return self._back(start), max(self._back(start), self._back(end))

    def _back(self, at: int) -> int:
        low, high = 0, len(self.parts)
        while low < high:  # the first part that ends behind `at`
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
    """Puts a reading together from left to right."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._parts: list[Part] = []
        self._length = 0
        self._last = ""
        self._was_changed = False

    def keep(self, text: str, start: int) -> None:
        """The next characters of the text are said as they are written."""
        if text[:1] == " " and self._last == " ":
            self._put("", start, start + 1, changed=True)  # the rule before has put a space already
            text, start = text[1:], start + 1
        if text:
            self._put(text, start, start + len(text), changed=False)

    def replace(self, said: str, start: int, end: int) -> None:
        """`said` is said for what stands from `start` to `end`."""
        if said[:1] == " " and self._last in {"", " "}:
            said = said.lstrip(" ")
        self._put(said, start, end, changed=True)

    def finish(self) -> Reading:
        """The reading."""
        return Reading("".join(self._pieces), tuple(self._parts))

    def _put(self, said: str, start: int, end: int, *, changed: bool) -> None:
        gap = ""
        if said and (changed or self._was_changed) and _runs_together(self._last, said[0]):
            gap = " "
        before = self._length
        if gap and not changed:  # the space belongs to the number, not to what follows it
            self._pieces.append(gap)
            last = self._parts.pop()
            self._parts.append(Part(last.said, before + 1, last.start, last.end, last.changed))
            before += 1
            gap = ""
        self._pieces.append(gap + said)
        self._length = before + len(gap + said)
        if self._parts and not changed and not self._was_changed:
            last = self._parts.pop()
            self._parts.append(Part(last.said, self._length, last.start, end, changed=False))
        else:
            self._parts.append(Part(before, self._length, start, end, changed))
        self._was_changed = changed
        if said:
            self._last = said[-1]


def _runs_together(before: str, after: str) -> bool:
    """Whether the two characters would make one word of two."""
    if not before or is_wide(before) or is_wide(after):
        return False
    return (before.isalnum() or before in ".,)%") and after.isalnum()


def unchanged(text: str) -> Reading:
    """A text that is said as it is written."""
    return Reading(text, (Part(0, len(text), 0, len(text), changed=False),) if text else ())
