"""Calls that a language model makes: what it wants, and what came of it. A model may make several at once, and more once it knows their results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from voicecli.tools.definitions import Call, Language, Offer, Tool
from voicecli.tools.reports import ToolAnswered, ToolReport
from voicecli.turn import Turn

ModelCalls: TypeAlias = Literal["none", "configured", "all"]
"""Which tools the language model may call by itself: none, those that the user configured, or the program's own as well."""

Tools: TypeAlias = tuple[Tool, ...]

MOST_ROUNDS: Final = 5
"""How many times in one turn a model may make calls. After that it has gone in circles."""

MOST_AT_ONCE: Final = 4
"""How many calls a model may make at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Calls that wait for permission. `by_model`: whether the model wants them, and words the answer from their results."""

    calls: tuple[Call, ...]
    by_model: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsWanted:
    """The model wrote calls in place of the rest of its reply. None of them has any effect yet.

    Attributes:
        turn: The turn in which it wrote them.
        calls: The calls; empty if what it wrote cannot be read.
    """

    turn: Turn
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDone:
    """Calls that the model made were carried out. `answered`: their results, in order."""

    turn: Turn
    answered: tuple[ToolAnswered, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolSlow:
    """Calls that the model made take so long that a listener needs a word."""

    turn: Turn


MOMENT: Final[dict[Language, str]] = {"en": "One moment.", "de": "Einen Moment."}
"""What is said when calls take long."""


def without_moment(answer: str) -> str:
    """Returns an answer as the model should remember it. It would repeat "One moment." in every answer."""
    for words in MOMENT.values():
        if answer != words:
            answer = answer.removeprefix(words).lstrip()
    return answer


CallReport: TypeAlias = CallsWanted | RoundDone | ToolSlow
AnyToolReport: TypeAlias = ToolReport | CallReport


def offer_of(offers: Iterable[Offer], call: Call) -> Offer | None:
    """Returns the offer of the tool of `call`; None if that is not offered."""
    return next((each for each in offers if each.tool.name == call.name), None)
