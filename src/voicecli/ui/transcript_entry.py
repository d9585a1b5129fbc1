"""One entry of the transcript, and how much of a reply was heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Who: TypeAlias = Literal["you", "assistant", "notice", "error"]
State: TypeAlias = Literal["growing", "final", "cut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was said, or that a user should know.

    Attributes:
        turn: The turn to which it belongs; None if it belongs to none.
        text: The original text. It is not `clean`ed, because `heard` counts its characters.
        state: `growing` while more may come, `cut` if it was stopped before its end.
        closed: Nothing about it can change any more.
        heard: How many characters of a reply were heard, or have started to be heard; None for a reply that is only read.
        word: Where the word that is being heard begins; None for no word.
        complete: The whole text of a reply is known.
        hint: What to do about an error.
        undone: Whether it no longer counts, because the user undid it.
        past: Whether it is from an earlier session.
    """

    who: Who
    turn: int | None
    text: str
    state: State = "growing"
    closed: bool = False
    heard: int | None = None
    word: int | None = None
    complete: bool = False
    hint: str = ""
    undone: bool = False
    past: bool = False

    @property
    def parts(self) -> tuple[str, str]:
        """The text up to where it was heard (all of it if it is only read), and the rest."""
        end = len(self.text) if self.heard is None else self.heard
        return self.text[:end], self.text[end:]


def heard_end(text: str, heard: str, *, otherwise: int) -> int:
    """Finds where in `text` the part that was `heard` ends.

    `heard` may be the spoken form of the text (no Markdown, other spaces), so only letters and digits are compared.

    Args:
        text: The reply as it was written.
        heard: Its beginning, as it was spoken.
        otherwise: The result if `heard` is not a beginning of `text` in that sense.

    Returns:
        An offset into `text`, behind the last character that was heard and the signs that directly follow it.
    """
    if text.startswith(heard):
        return len(heard)
    wanted = [c for c in heard.casefold() if c.isalnum()]
    found = 0
    end = 0
    for i, character in enumerate(text):
        letters = [c for c in character.casefold() if c.isalnum()]
        if found == len(wanted) and (letters or character.isspace()):
            break
        if letters and wanted[found : found + len(letters)] != letters:
            break
        found += len(letters)
        if found:
            end = i + 1
    return end if found == len(wanted) else otherwise
