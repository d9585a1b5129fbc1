"""Events of an answer: how it is written, heard, interrupted and resumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from voicecli.events.vocabulary import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDelta:
    """The next piece of the reply, as the language model wrote it."""

    json_name: ClassVar = "reply_delta"
    t_s: float
    turn: int
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply is complete (it may not all be heard yet, or ever).

    Attributes:
        text: All of it. Where the reply had reached its longest length it ends with the last whole sentence, and the deltas held more.
        hit_limit: Whether it was ended by its longest length; "continue" goes on.
    """

    json_name: ClassVar = "reply"
    t_s: float
    turn: int
    text: Words
    hit_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """A word of the reply begins to be heard: told when it is, not when it was handed to the speaker, and once for every word (about three a second).

    Attributes:
        start: Offset in the reply's text of what was written for the word, markup included, in characters.
        end: Offset behind that.
        text: What was written.
    """

    json_name: ClassVar = "word"
    t_s: float
    turn: int
    start: int
    end: int
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The reply has been heard: `text` is what was, `cut` whether it was stopped before its end."""

    json_name: ClassVar = "spoken"
    t_s: float
    turn: int
    text: Words
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The user stopped an answer.

    Attributes:
        by: How.
        withdrawn: Whether the answer came too soon: the question goes on, and what was heard of the answer counts for nothing.
    """

    json_name: ClassVar = "interrupted"
    t_s: float
    turn: int
    by: Literal["voice", "key", "typing"]
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPaused:
    """The answer is silent for a moment: somebody may be talking into it."""

    json_name: ClassVar = "paused"
    t_s: float
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResumed:
    """The answer goes on where it was paused.

    Attributes:
        because: `noise` when nobody said anything, `backchannel` when somebody only showed that they listen ("uh-huh").
        heard: What was said, if anything.
    """

    json_name: ClassVar = "resumed"
    t_s: float
    turn: int
    because: Literal["noise", "backchannel"]
    heard: Words = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettled:
    """A question and its answer are over: this is how the conversation remembers them.

    Attributes:
        turn: The turn that was answered.
        turns: All turns of the question, oldest first. A question that was said in parts has several, each with a transcript of its own.
        question: The whole question.
        answer: The part of the answer that was heard, or shown where nothing is spoken.
        cut: Whether the answer was stopped before its end.
        dropped: Whether nothing of the answer was heard, so that the question is left out of the model's context.
    """

    t_s: float
    turn: int
    turns: tuple[int, ...]
    question: Words
    answer: Words = ""
    cut: bool = False
    dropped: bool = False
