"""The tags that occur in answers, and what each means to a voice."""

from __future__ import annotations

import re
from enum import Enum, auto


class Tag(Enum):
    """What a tag means to a voice."""

    UNKNOWN = auto()
    """Not a tag: `<your name>`, `List<String>`. Its words are spoken."""
    SILENT = auto()
    """The tag is not spoken; its content is."""
    PART = auto()
    """As `SILENT`, and it separates the text before it from the text after it."""
    HIDES = auto()
    """Nothing is spoken up to the closing tag."""


_HIDDEN_NAMES = (
    "think thinking thought thoughts reasoning reflection scratchpad tool_call tool_response function_call script style"
)
_HIDDEN = frozenset(_HIDDEN_NAMES.split())  # models with a thinking mode write <think>; Qwen writes <tool_call>
_PART_NAMES = "blockquote br dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p pre section table td th tr ul"
_PARTS = frozenset(_PART_NAMES.split())
_SILENT_NAMES = """
    a abbr b big body button center cite code del details em figure font footer form head header html i img input ins kbd label link main mark
    meta nav q s samp small span strike strong sub summary sup tbody tfoot thead title tt u var video audio speak voice prosody
"""
_KNOWN = _HIDDEN | _PARTS | frozenset(_SILENT_NAMES.split())

_TAG = re.compile(r"</?([A-Za-z][\w-]*)(?:\s+[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'<>]+))*\s*/?>")
_NAME = re.compile(r"</?([A-Za-z][\w-]*)")
_LONGEST = 300
"""In characters. Tags with attributes are shorter; longer text is not a tag."""

BARS = frozenset("|｜")  # noqa: RUF001 - DeepSeek writes its special tokens with wide bars


def name_of(tag: str) -> str:
    """Returns the name of a tag, complete or not, in lower case."""
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


def meaning(tag: str) -> Tag:
    """Returns what `tag`, from `<` to `>`, means to a voice."""
    if tag[1] in BARS or tag[1] in "!?":
        return Tag.SILENT  # <|im_end|>, <!DOCTYPE html>, <?xml?>
    name = name_of(tag)
    if not _TAG.fullmatch(tag) or name not in _KNOWN:
        return Tag.UNKNOWN
    if name in _HIDDEN:
        return Tag.SILENT if tag[1] == "/" or tag[-2] == "/" else Tag.HIDES
    return Tag.PART if name in _PARTS else Tag.SILENT


def may_become(start: str) -> bool:
    """Whether `start`, at least two characters from `<` on, may be the start of a tag."""
    second, last = start[1], start[-1]
    if last in "<\n" or len(start) > _LONGEST or not (second.isalpha() or second in "/!?" or second in BARS):
        return False
    if not last.isspace() or second in "!?":
        return True
    return second not in BARS and name_of(start) in _KNOWN and bool(re.match(r"</?[\w-]+\s", start))
