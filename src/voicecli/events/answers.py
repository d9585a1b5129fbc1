"""Events of an answer: its text, its playback, interruptions and pauses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from voicecli.events.field_types import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDelta:
    """The next part of the reply, as the language model wrote it."""

    json_name: ClassVar = "reply_delta"
    t_s: float
    turn: int
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply is complete. It may not be played yet, or may never be.

    Attributes:
        text: The whole reply. If it reached the length limit, it ends with the last whole sentence, and the deltas contained more.
        hit_limit: Whether the length limit ended it. The user can say "continue" to get more.
    """

    json_name: ClassVar = "reply"
    t_s: float
    turn: int
    text: Words
    hit_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """A word of the reply begins to play. The event is sent at that time, not when the word is passed to the speaker, and once per word (about 3/s).

    Attributes:
        start: Offset in the reply's text where the written form of the word begins, including markup, in characters.
        end: Offset after its last character.
        text: The written form.
    """

    json_name: ClassVar = "word"
    t_s: float
    turn: int
    start: int
    end: int
    text: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Playback of the reply has ended. `text` is the part that was played, `cut` whether it was stopped before its end."""

    json_name: ClassVar = "spoken"
    t_s: float
    turn: int
    text: Words
    cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Interrupted:
    """The user stopped an answer.

    Attributes:
        by: How the user stopped it.
        withdrawn: Whether the answer came too early. The question then goes on, and what was played of the answer does not count.
        overlap_ms: For how long both spoke before the answer fell silent, where a voice stopped it. The latency of the sound card is not included.
    """

    json_name: ClassVar = "interrupted"
    t_s: float
    turn: int
    by: Literal["voice", "key", "typing"]
    withdrawn: bool = False
    overlap_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPaused:
    """The answer is paused for a moment, because a person may be talking over it."""

    json_name: ClassVar = "paused"
    t_s: float
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerResumed:
    """The answer continues where it was paused.

    Attributes:
        because: `noise` if no one said anything, `backchannel` if a person only showed that they are listening ("uh-huh").
        heard: The recognised text, if any.
    """

    json_name: ClassVar = "resumed"
    t_s: float
    turn: int
    because: Literal["noise", "backchannel"]
    heard: Words = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnSettled:
    """A question and its answer are over. The conversation keeps them in this form.

    Attributes:
        turn: The turn that was answered.
        turns: All turns of the question, oldest first. A question said in parts has several, each with its own transcript.
        question: The whole question.
        answer: The part of the answer that was played, or shown if nothing is played.
        cut: Whether the answer was stopped before its end.
        dropped: Whether nothing of the answer was played, so that the question is left out of the model's context.
    """

    t_s: float
    turn: int
    turns: tuple[int, ...]
    question: Words
    answer: Words = ""
    cut: bool = False
    dropped: bool = False
