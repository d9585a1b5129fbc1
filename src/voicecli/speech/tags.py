"""The tags that turn up in answers, and what a voice makes of each."""

from __future__ import annotations

import re
from enum import Enum, auto


class Tag(Enum):
    """What a tag means to a voice."""

    UNKNOWN = auto()
    """None: `<your name>`, `List<String>`. Its words are said."""
    SILENT = auto()
    """It is not said; what it encloses is."""
    PART = auto()
    """The same, and it parts what is before from what is behind."""
    HIDES = auto()
    """Nothing is said up to the tag that closes it."""


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
"""In characters: a tag with attributes is shorter; what is longer is none."""

BARS = frozenset("|｜")  # noqa: RUF001 - DeepSeek writes its special tokens with wide bars


def name_of(tag: str) -> str:
    """The name of a tag, complete or not, in small letters."""
    found = _NAME.match(tag)
    return found[1].lower() if found else ""


def meaning(tag: str) -> Tag:
    """What `tag`, from `<` to `>`, means to a voice."""
    if tag[1] in BARS or tag[1] in "!?":
        return Tag.SILENT  # <|im_end|>, <!DOCTYPE html>, <?xml?>
    name = name_of(tag)
    if not _TAG.fullmatch(tag) or name not in _KNOWN:
        return Tag.UNKNOWN
    if name in _HIDDEN:
        return Tag.SILENT if tag[1] == "/" or tag[-2] == "/" else Tag.HIDES
    return Tag.PART if name in _PARTS else Tag.SILENT


def may_become(start: str) -> bool:
    """Whether `start`, two characters or more from `<` on, may be the start of a tag."""
    second, last = start[1], start[-1]
    if last in "<\n" or len(start) > _LONGEST or not (second.isalpha() or second in "/!?" or second in BARS):
        return False
    if not last.isspace() or second in "!?":
        return True
    return second not in BARS and name_of(start) in _KNOWN and bool(re.match(r"</?[\w-]+\s", start))
