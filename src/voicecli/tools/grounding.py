"""Finds what a small model made up in a call: arguments for which nobody said a word. Pure logic."""

from __future__ import annotations

import dataclasses

from voicecli.tools.definitions import Call, Json, Tool
from voicecli.tools.fitting import required_by, to_be_said
from voicecli.tools.number_words import number, tokens
from voicecli.tools.relevance import stems


def grounded(call: Call, tool: Tool, question: str) -> Call:
    """Returns `call` without the optional arguments of which nothing was said.

    A small model under a grammar fills every argument that it may: asked for the time, it adds a place.

    Args:
        call: The call, with arguments of the right types.
        tool: Its tool.
        question: What was asked.
    """
    needed = required_by(tool.schema)
    asked, numbers = frozenset(stems(question)), _numbers(question)
    kept = {
        name: value
        for name, value in call.arguments.items()
        if name in needed or _was_said(name, value, asked, numbers, question)
    }
    return dataclasses.replace(call, arguments=kept) if len(kept) < len(call.arguments) else call


def is_invented(call: Call, tool: Tool, said: str) -> bool:
    """Whether nothing of what `call` requires was said, so that the whole call is made up.

    A small model under a grammar fills in what it must, too: asked for "the weather" of no city, it takes New York. Arguments with a list of values,
    or yes and no, do not count: their values need not be said in the same words.

    Args:
        call: The call, with arguments of the right types.
        tool: Its tool.
        said: All that was said so far, in the language of the arguments.
    """
    free = [call.arguments[name] for name in to_be_said(tool.schema) if name in call.arguments]
    asked, numbers = frozenset(stems(said)), _numbers(said)
    return bool(free) and not any(_was_said("", value, asked, numbers, said) for value in free)


def _was_said(name: str, value: Json, asked: frozenset[str], numbers: frozenset[float], question: str) -> bool:
    if asked & frozenset(stems(name)):
        return True
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return value in numbers
    if isinstance(value, str):
        plain = value.strip().casefold()
        return bool(plain) and (plain in question.casefold() or bool(asked & frozenset(stems(value))))
    values = list(value.values()) if isinstance(value, dict) else list(value)
    return any(_was_said("", each, asked, numbers, question) for each in values)


def _numbers(question: str) -> frozenset[float]:
    """The numbers in a question, in digits or in words."""
    words = [each.text for each in tokens(question)]
    found = (number(words, at, language) for at in range(len(words)) for language in ("en", "de"))
    return frozenset(float(each[0]) for each in found if each is not None)
