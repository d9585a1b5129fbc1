"""Separates the calls that a language model writes from the text of its reply, while the reply is being written.

It knows the formats of Llama 3.1 and 3.2, Qwen and Hermes, Mistral, and functionary. It is used only where tools were offered to the model.
A call is never part of the text, even if it is damaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from voicecli.tools.written import Signatures, Written, any_calls, call_of, json_value

LONGEST_CALL: Final = 20_000
"""Longest JSON value at the beginning of a reply that is read as a call, in characters."""

_FENCE: Final = "```"
_OPENING: Final = re.compile(r"```[a-z_]*\s*")
_KEYS: Final = ("name", "function", "type", "arguments", "parameters", "id", "tool")
_JSON_CALL: Final = re.compile(rf'\{{\s*"(?:{"|".join(_KEYS)})"')
_JSON_BEGUN: Final = re.compile(r'\{\s*(?:"(\w*))?')
_PARTS: Final = re.compile(r"\[TOOL_CALLS\]|(?:^|\n)>>>|<\|from\|>assistant\n|<\|recipient\|>")

_State: TypeAlias = Literal["start", "text", "call"]
_Verdict: TypeAlias = Literal["call", "text", "wait"]


@dataclass(frozen=True, slots=True)
class _Mark:
    """What begins a call inside a reply. `end`: what ends it; empty if only the reply does. `keeps`: how its text begins besides."""

    begin: str
    end: str = ""
    keeps: str = ""


_FUNCTION_END: Final = "</function>"
_MARKS: Final = (
    _Mark("<tool_call>", "</tool_call>"),
    _Mark("<function=", _FUNCTION_END, "<function="),
    _Mark("[TOOL_CALLS]"),
    _Mark("<|python_tag|>"),
)
_NOISE: Final = ("<|from|>assistant\n", "<|content|>", "<|recipient|>all\n", "<|stop|>", "\n>>>all\n", "</tool_call>")
"""What functionary writes around its text, and a closing tag without an opening one."""

_ALL: Final = ("all\n", ">>>all\n")
"""How functionary begins a text."""


class CallReader:
    """Reads one reply. The result does not depend on how the reply is split.

    Args:
        signatures: The tools that were offered.

    Attributes:
        calls: The calls so far, in order.
        broken: Whether something that was meant as a call cannot be read.
    """

    def __init__(self, signatures: Signatures) -> None:
        self.calls: list[Written] = []
        self.broken = False
        self._signatures = signatures
        self._state: _State = "start"
        self._held = ""
        self._end = ""
        self._marks = {mark.begin: mark for mark in (*_MARKS, *_recipients(signatures))}
        self._begins = (*self._marks, *_NOISE, _FENCE)
        self._starts = tuple(
            f"{before}{name}{behind}"
            for name in signatures
            for before, behind in (("", "("), ("", ".call("), ("", "\n{"), ("", "\n<|content|>"), (">>>", "\n"))
        )

    @property
    def called(self) -> bool:
        """Whether a call was begun. From there on nothing of the reply is text."""
        return bool(self.calls) or self.broken or self._state == "call"

    def feed(self, text: str) -> str:
        """Takes the next characters. Returns those that belong to the text."""
        self._held += text
        return self._read(final=False)

    def finish(self) -> str:
        """Completes the reply. Returns what was held back and belongs to the text."""
        return self._read(final=True)

    def _read(self, *, final: bool) -> str:
        given = ""
        while True:
            before, called = self._state, bool(self.calls) or self.broken
            match before:
                case "call":
                    if not self._read_call(final=final):
                        return given
                case "start":
                    text = self._read_start(final=final)
                    if text is None:
                        return given
                    given += "" if called else text
                case "text":
                    text = self._read_text(final=final)
                    given += "" if called else text
                    if self._state == "text":
                        return given

    def _read_call(self, *, final: bool) -> bool:
        """Reads to the end of a call. Returns False if that is not there yet."""
        at = self._held.find(self._end) if self._end else -1
        if at < 0 and not final:
            return False
        keeps = len(self._end) if self._end == _FUNCTION_END else 0
        body = self._held if at < 0 else self._held[: at + keeps]
        self._held = "" if at < 0 else self._held[at + len(self._end) :]
        found: list[Written] = []
        for part in filter(None, map(_unfenced, _PARTS.split(body))):
            found += any_calls(part, self._signatures)
        self.calls += found
        self.broken = self.broken or not found
        self._state = "text"
        return True

    def _read_start(self, *, final: bool) -> str | None:
        """Decides what the reply, or the code block, begins with. Returns what is text by then; None if it is too early to tell."""
        self._held = self._held.lstrip()
        if not self._held:
            return None
        begins = self._begins_with()
        if begins == "wait":
            if not final:
                return None
            begins = "call" if self._was_meant() else "text"
        self._end = ""
        self._state = "call" if begins == "call" else "text"
        if begins == "call":
            return ""
        for begin in _ALL:
            if self._held.startswith(begin):
                self._held = self._held.removeprefix(begin)
                return ""
        if self._held.startswith(_FENCE):
            self._held = self._held.removeprefix(_FENCE)
            return _FENCE
        return ""

    def _was_meant(self) -> bool:
        """Whether what is held is a call that was cut off."""
        names = "|".join(map(re.escape, self._signatures))
        return re.search(rf'"(?:name|function)"\s*:\s*"(?:{names})"', self._held) is not None

    def _begins_with(self) -> _Verdict:
        held = self._held
        if held.startswith(tuple(begin for begin in self._begins if begin != _FENCE)):
            return "text"  # the mark is found there
        if any(begin.startswith(held) for begin in (*self._begins, *_ALL)):
            return "wait" if held not in _ALL else "text"
        inner = held
        if opening := _OPENING.match(held):
            inner = held[opening.end() :]
            if not inner:
                return "wait"
        if inner.startswith("{") or re.match(r"\[\s*\{", inner):
            return self._json_begins(inner)
        if re.fullmatch(r"\[\s*", inner):
            return "wait"
        called = inner.removeprefix("[").lstrip()
        if called.startswith(self._starts):
            return "call"
        return "wait" if any(start.startswith(called) for start in self._starts) else "text"

    def _json_begins(self, text: str) -> _Verdict:
        item = text.removeprefix("[").lstrip()
        if not _JSON_CALL.match(item):
            begun = _JSON_BEGUN.fullmatch(item)
            could = begun is not None and any(key.startswith(begun[1] or "") for key in _KEYS)
            return "wait" if could else "text"
        value = json_value(text)
        if value is not None and value[1] <= LONGEST_CALL:
            calls = [call_of(each) for each in (value[0] if isinstance(value[0], list) else [value[0]])]
            return "call" if calls and all(call and call[0] in self._signatures for call in calls) else "text"
        return "text" if value is not None or len(text) > LONGEST_CALL else "wait"

    def _read_text(self, *, final: bool) -> str:
        """Returns the text up to the next mark. What may be the beginning of a mark is held back."""
        given = ""
        while begun := [(at, begin) for begin in self._begins if (at := self._held.find(begin)) >= 0]:
            at, begin = min(begun)
            given += self._held[:at]
            if begin == _FENCE:
                self._held = self._held[at:]
                self._state = "start"
                return given
            self._held = self._held[at + len(begin) :]
            if begin in self._marks:
                mark = self._marks[begin]
                self._state, self._end, self._held = "call", mark.end, mark.keeps + self._held
                return given
        kept = 0 if final else _begun(self._held, self._begins)
        end = len(self._held) - kept
        given, self._held = given + self._held[:end], self._held[end:]
        return given


def _recipients(signatures: Signatures) -> Iterable[_Mark]:
    """The marks of functionary, which names the recipient of each part of a reply."""
    for name in signatures:
        yield _Mark(f"\n>>>{name}\n", "", f"{name}\n")
        yield _Mark(f"<|recipient|>{name}\n", "", f"{name}\n")


def _begun(text: str, marks: Iterable[str]) -> int:
    """The length of the longest end of `text` with which a mark may begin."""
    return max((size for mark in marks for size in range(1, len(mark)) if text.endswith(mark[:size])), default=0)


def _unfenced(text: str) -> str:
    """A call without the code fence and the marks of functionary around it."""
    text = text.strip().replace("<|content|>", "").removesuffix("<|stop|>")
    if opening := _OPENING.match(text):
        text = text[opening.end() :]
    return text.partition(_FENCE)[0].strip()
