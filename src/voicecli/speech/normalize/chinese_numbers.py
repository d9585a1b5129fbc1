"""Numbers in words, as spoken in Mandarin, and how they are written."""

from __future__ import annotations

import re
from functools import lru_cache

from voicecli.speech.normalize.grouping import simple_or

_DIGITS = "零一二三四五六七八九"
_COUNTED = "个位名只条张本杯瓶件次种年天周家点岁层辆块分把双座根颗台部口头匹米克升倍门棵首篇句份样间所场届公"
"""Nouns and measure words that take 两 and not 二."""

_GROUPED = (
    r"[1-9]\d{0,2}(?:(?:\.\d{3}){2,5}(?!\.)|(?:['\u2019\u00a0\u202f\u2009]\d{3}){1,5}|(?: \d{3}){2,5}(?! \d))(?!\d)"
)
NUMBER = simple_or(
    ".,'\u2019\u00a0\u202f\u2009 ",
    rf"(?:\d{{1,3}}(?:,\d{{3}}){{1,5}}(?!\d)|{_GROUPED}|\d{{1,40}})(?:\.\d{{1,20}})?",
)
"""A regular expression for a number, without groups."""

_GROUP_MARKS = re.compile(r"[,'\u2019\s]")


def _below_10000(n: int, *, inner: bool) -> str:
    """Returns a number up to 9999. `inner`: whether a larger part stands before it, so that 15 is 一十五."""
    said, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = n // unit % 10
        if digit:
            said += (
                ("零" if gap and said else "")
                + (_DIGITS[digit] if digit != 1 or unit != 10 or said or inner else "")
                + name
            )
            gap = False
        else:
            gap = True
    return said


def cardinal(n: int) -> str:
    """Returns `12500` as 一万二千五百."""
    if n == 0:
        return "零"
    if n >= 10**16:
        return spelled(str(n))
    groups = []
    rest = n
    for name in ("", "万", "亿", "万亿"):
        groups.append((rest % 10000, name))
        rest //= 10000
    said = ""
    skipped = False
    for value, name in reversed(groups):
        if not value:
            skipped = bool(said)
            continue
        zero = said and (skipped or value < 1000)
        said += ("零" if zero else "") + _below_10000(value, inner=bool(said)) + name
        skipped = False
    return said


def spelled(digits: str, *, phone: bool = False) -> str:
    """Returns the digits one by one."""
    said = "".join(_DIGITS[int(char)] for char in digits if char.isdigit())
    return said.replace("一", "幺") if phone else said


def ungrouped(text: str) -> str:
    """Returns a number as written, without the marks between its groups of digits."""
    if text.isdigit():
        return text
    text = _GROUP_MARKS.sub("", text)
    return text.replace(".", "") if text.count(".") > 1 else text


@lru_cache(1000)
def number(text: str, following: str = "") -> str:
    """Returns a number as written, in words. `following` is the character after it."""
    head, point, tail = ungrouped(text).partition(".")
    if point:
        return f"{cardinal(int(head or 0))}点{spelled(tail)}"
    if len(head) > 1 and head[0] == "0":
        return spelled(head)
    if head == "2" and following and following in _COUNTED:
        return "两"
    return cardinal(int(head))
