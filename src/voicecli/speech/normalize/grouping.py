"""How the digits of a number are grouped and where its decimals begin: "1,000,000", "1.234,56", "1'000'000", "1,50,000".

A language has its own marks. Those of other countries are recognised where the shape leaves no doubt: a mark that occurs twice, or before the other
mark, does not begin decimals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

GROUP_SPACES: Final = "\u00a0\u202f\u2009\u2007 "
"""Spaces that separate groups of three digits."""

APOSTROPHES: Final = "'\u2019"
"""Separate groups of three digits in Switzerland."""

_LOCAL: Final = r"[1-9]\d?(?:,\d\d){1,4},\d{3}(?!\d)(?:\.\d{1,20})?"
"""As in India, with groups of two digits before the last three: "1,50,000"."""


def _foreign(group: str, decimal: str, most_decimals: int) -> str:
    """Returns a pattern for numbers that have these marks and can mean nothing else."""
    several = rf"(?:{group}\d{{3}}){{1,5}}(?!{group}?\d)(?:{decimal}\d{{1,20}})?"
    return rf"[1-9]\d{{0,2}}{group}\d{{3}}(?:{several}|{decimal}\d{{1,{most_decimals}}}(?!{group}?\d))"


_POINT_IS_DECIMAL: Final = _foreign(",", r"\.", 20)
_COMMA_IS_DECIMAL: Final = _foreign(r"\.", ",", 2)  # after "1.234," three digits could be a number of their own


@dataclass(frozen=True, slots=True)
class Grouping:
    """How numbers are written in one language.

    Attributes:
        pattern: A regular expression for a number, without groups.
        foreign: One for a number in which the point and the comma have exchanged their meanings.
        foreign_mark: The mark that separates groups there.
    """

    pattern: str
    foreign: re.Pattern[str]
    foreign_mark: str

    def split_foreign(self, text: str) -> tuple[str, str] | None:
        """Splits a number into the digits before and after its decimal mark if it is one of `foreign`; returns None otherwise."""
        if self.foreign_mark not in text or not self.foreign.fullmatch(text):
            return None
        head, _, tail = text.partition("," if self.foreign_mark == "." else ".")
        return head.replace(self.foreign_mark, ""), tail


def simple_or(marks: str, pattern: str) -> str:
    """Returns a pattern for a number without any of `marks` in it, and else for `pattern`, which takes longer. Most numbers have no mark."""
    inside = f"[{re.escape(marks)}]?\\d"
    return rf"(?:\d{{1,40}}+(?!{inside})|(?=\d{{0,40}}+{inside})(?:{pattern}))"


@cache
def grouping(decimal: str, groups: str) -> Grouping:
    """Returns how numbers are written with this decimal mark. Any of `groups` may separate groups of three digits."""
    own = rf"\d{{1,3}}(?:[{re.escape(groups)}]\d{{3}}){{1,6}}(?!\d)"
    if decimal == ",":
        pattern = rf"{_POINT_IS_DECIMAL}|(?:{own}|\d{{1,40}})(?:,\d{{1,20}}|(?:\.\d{{1,20}})?)"
        return Grouping(simple_or(f".,{groups}", pattern), re.compile(_POINT_IS_DECIMAL), ",")
    pattern = rf"{_COMMA_IS_DECIMAL}|{_LOCAL}|(?:{own}|\d{{1,40}}|(?=\.\d))(?:\.\d{{1,20}})?"
    return Grouping(simple_or(f".,{groups}", pattern), re.compile(_COMMA_IS_DECIMAL), ".")


def is_grouped(parts: list[str]) -> bool:
    """Whether numbers with dots between them may be the groups of one number."""
    return 1 <= len(parts[0]) <= 3 and parts[0][0] != "0" and all(len(part) == 3 for part in parts[1:])


def is_address(parts: list[str]) -> bool:
    """Whether numbers with dots between them are an address in a network."""
    in_range = all(int(part) < 256 and (len(part) == 1 or part[0] != "0") for part in parts)
    return len(parts) == 4 and in_range and any(len(part) > 1 for part in parts)
