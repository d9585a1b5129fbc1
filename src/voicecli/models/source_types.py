"""Types that the sources of models share."""

from __future__ import annotations

from typing import Literal, TypeAlias

Source: TypeAlias = Literal["auto", "hub", "index"]


class SourceFailed(Exception):
    """This source cannot provide the files, but another might. Never raised outside this package.

    Args:
        message: What happened, in one sentence.
        hint: What to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
