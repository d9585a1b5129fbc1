"""Removes the thoughts that a model writes before it answers, by the marks that each family uses.

A thought is removed where the reply is made, so nothing behind the engine sees it: it is not shown, spoken, saved or put into the history,
and offsets into a reply count what a user can read. Marks are recognised only at the beginning of a reply. An answer about the tag `<think>`
is not hidden.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Form:
    """How a family marks a thought, in lower case."""

    opens: str
    closes: str


FORMS: Final = (
    Form("<think>", "</think>"),  # DeepSeek R1, Qwen 3, QwQ, GLM, Hunyuan, SmolLM 3, MiniMax, Kimi, Nemotron, Ernie
    Form("<thinking>", "</thinking>"),
    Form("<thought>", "</thought>"),
    Form("<reasoning>", "</reasoning>"),
    Form("<seed:think>", "</seed:think>"),  # Seed-OSS
    Form("[think]", "[/think]"),  # Magistral
    Form("<|start_thinking|>", "<|end_thinking|>"),  # Cohere
    Form("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),  # gpt-oss
    Form("<|channel|>commentary<|message|>", "<|channel|>final<|message|>"),
    Form("here is my thought process:", "here is my response:"),  # Granite 3
    Form("here's my thought process:", "here's my response:"),
)

MARK_TOKENS: Final = (
    "<think>",
    "</think>",
    "<seed:think>",
    "</seed:think>",
    "[THINK]",
    "[/THINK]",
    "<|START_THINKING|>",
    "<|END_THINKING|>",
    "<|channel|>",
    "<|message|>",
    "<|start|>",
    "<|end|>",
)
"""Marks that are special tokens in some vocabularies. Special tokens have no text of their own, so they must be looked up."""

TURN_MARKS: Final = frozenset(("<|start|>", "<|end|>"))
"""Marks that end a thought's message for gpt-oss. After the answer they end the reply."""

LONGEST_TOKENS: Final = 2048
"""Longest thought, in tokens. They do not count as part of the reply. A model that needs more keeps the listener waiting for minutes."""

_MARKS: Final = frozenset(form.opens for form in FORMS) | frozenset(form.closes for form in FORMS)


def opened_by(prompt_end: str) -> Form | None:
    """Returns the thought that the end of a prompt opens for the model and does not close; None without one."""
    end = prompt_end.lower()
    return next((form for form in FORMS if end.rfind(form.opens) > end.rfind(form.closes)), None)


def without_thought(text: str) -> str:
    """Returns the answer in a complete text by a model, which may begin with a thought.

    A closing mark without an opening one counts if a line begins or ends with it, because templates that open a thought themselves leave nothing
    else of it in what the model writes. A text about such a mark, in the middle of a line, is unchanged.
    """
    marked = [form for form in FORMS if form.opens[0] in "<["]  # the others are words with which an answer may begin
    for form in marked:
        closes, opens = re.escape(form.closes), re.escape(form.opens)
        found = re.search(rf"^{closes}|{closes}[ \t]*$", text, re.IGNORECASE | re.MULTILINE)
        if found and not re.search(opens, text[: found.start()], re.IGNORECASE):
            return text[found.end() :].lstrip()
    if not text.lstrip().lower().startswith(tuple(form.opens for form in marked)):
        return text
    thoughts = ReasoningFilter()
    return thoughts.feed(text) + thoughts.finish()


class ReasoningFilter:
    """Removes the thoughts from one reply. The result does not depend on how the reply is split.

    Args:
        begins_in: The thought that the prompt has already opened.
    """

    def __init__(self, begins_in: Form | None = None) -> None:
        self._form = begins_in
        self._answers = False
        self._held = ""

    @property
    def hidden(self) -> bool:
        """Whether the model is thinking now."""
        return self._form is not None

    @property
    def answers(self) -> bool:
        """Whether the answer has started. From there on nothing is removed."""
        return self._answers

    def feed(self, text: str) -> str:
        """Takes the next characters. Returns those that belong to the answer, mostly all."""
        if self._answers:
            return text
        self._held += text
        while True:
            if self._form is not None:
                closes = self._form.closes
                at = self._held.lower().find(closes)
                if at < 0:
                    self._held = self._held[-len(closes) :]
                    return ""
                self._held = self._held[at + len(closes) :]
                self._form = None
            self._held = self._held.lstrip()
            start = self._held.lower()
            if mark := next((mark for mark in _MARKS if start.startswith(mark)), None):
                # A closing mark here ends an empty thought.
                self._held = self._held[len(mark) :]
                self._form = next((form for form in FORMS if form.opens == mark), None)
            elif any(mark.startswith(start) for mark in _MARKS):
                return ""
            else:
                return self.finish()

    def finish(self) -> str:
        """Completes the reply. Returns what was held back."""
        held, self._held = self._held, ""
        if self._form is not None:
            return ""
        self._answers = True
        return held
