"""Lets a language model call tools: offers them, reads the calls that it writes, and has small models choose under a grammar."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from voicecli.engines.ports import ChatMessage, ChatModel, IsCancelled, Sampling, ToolSpec
from voicecli.tools.call_reader import CallReader
from voicecli.tools.definitions import Call, Language, Tool
from voicecli.tools.fitting import fitted, properties_of, required_by, signatures_of
from voicecli.tools.grammar import NONE, call_grammar
from voicecli.tools.relevance import candidates, could_need_several
from voicecli.tools.rounds import MOST_AT_ONCE
from voicecli.tools.written import any_calls

CHOICE_TOKENS: Final = 400
"""Longest call."""

LONGEST_DESCRIPTION: Final = 300
"""Longest description of a tool that a small model reads, in characters."""

_ASKED: Final = """{question}

Functions:
{functions}
If one of these functions is needed for this, answer only with {{"name": …, "arguments": {{…}}}}. If none is, answer only: none"""

_NEXT: Final = """Functions:
{functions}
If another call is needed for the question, answer only with {{"name": …, "arguments": {{…}}}}. If not, answer only: none"""


def specs_of(tools: Sequence[Tool]) -> tuple[ToolSpec, ...]:
    """Returns the tools as a model's own format describes them."""
    return tuple(
        ToolSpec(name=each.name, description=each.description, schema=json.dumps(dict(each.schema), ensure_ascii=False))
        for each in tools
    )


def offered(messages: Sequence[ChatMessage], model: ChatModel, tools: Sequence[Tool]) -> tuple[ChatMessage, ...]:
    """Returns a conversation with tools in its system message, if the model calls them in its own format.

    They are the same in every prompt, so that its beginning stays in the cache.
    """
    if not tools or model.call_style != "format" or not messages or messages[0].role != "system":
        return tuple(messages)
    return (replace(messages[0], tools=specs_of(tools)), *messages[1:])


def reading(texts: Iterator[str], reader: CallReader | None) -> Iterator[str]:
    """Yields what a model writes, without its calls. Ends early only with the reply."""
    if reader is None:
        yield from texts
        return
    for text in texts:
        if shown := reader.feed(text):
            yield shown
    if shown := reader.finish():
        yield shown


def calls_of(reader: CallReader, tools: Sequence[Tool], language: str) -> tuple[Call, ...]:
    """Returns the calls that were read, with arguments of the right types."""
    tongue: Language = "de" if language == "de" else "en"
    return tuple(fitted(each, tools, tongue) for each in reader.calls)


def chosen(
    model: ChatModel,
    messages: Sequence[ChatMessage],
    tools: Sequence[Tool],
    *,
    language: str = "",
    none: bool = True,
    is_cancelled: IsCancelled,
) -> tuple[Call, ...]:
    """Asks a small model which of `tools` the question needs. Its answer follows a grammar; it is empty for an ordinary question.

    Args:
        model: The model.
        messages: The conversation, up to the question, or to the results of calls.
        tools: The tools that may be called.
        language: The language of the question, ISO 639-1, if known.
        none: Whether it may need none. Otherwise all of `tools` are offered, even if the question seems to need none.
        is_cancelled: As for a model.
    """
    question = next((each.content for each in reversed(messages) if each.role == "user"), "")
    follows = messages[-1].role == "tool"
    if follows and not could_need_several(question):
        return ()
    found = candidates(question, tools) or (() if none else tuple(tools))
    if not found:
        return ()
    most = MOST_AT_ONCE if could_need_several(question) and not follows else 1
    functions = "\n".join(map(described, found))
    if follows:
        asked = (*messages, ChatMessage(role="user", content=_NEXT.format(functions=functions)))
    else:
        last = replace(messages[-1], content=_ASKED.format(question=messages[-1].content, functions=functions))
        asked = (*messages[:-1], last)
    sampling = Sampling(
        temperature=0.0,
        repeat_penalty=1.0,
        max_tokens=CHOICE_TOKENS,
        grammar=call_grammar(found, none=none, most=most),
    )
    written = "".join(model.reply(asked, sampling=sampling, is_cancelled=is_cancelled)).strip()
    if is_cancelled() or written.casefold() == NONE:
        return ()
    tongue: Language = "de" if language == "de" else "en"
    known = {each.name for each in found}
    calls = [fitted(each, found, tongue) for each in any_calls(written, signatures_of(found))]
    unlike_before = [call for call in calls if call.name in known and not _was_made(call, messages)]
    return tuple(unlike_before)


def _was_made(call: Call, messages: Sequence[ChatMessage]) -> bool:
    """Whether the model has made this call already, for this question."""
    arguments = dict(call.arguments)
    return any(
        each.name == call.name and json.loads(each.arguments) == arguments
        for message in messages
        for each in message.calls
    )


def described(tool: Tool) -> str:
    """Returns a tool on one line: its name, its arguments, and what it does."""
    needed = required_by(tool.schema)
    arguments = [
        f"{name}{'' if name in needed else '?'}: {_kind(rule)}" for name, rule in properties_of(tool.schema).items()
    ]
    does = " ".join(tool.description.split())[:LONGEST_DESCRIPTION]
    return f"- {tool.name}({', '.join(arguments)}): {does}"


def _kind(rule: object) -> str:
    if not isinstance(rule, dict):
        return "any"
    choices = rule.get("enum")
    if isinstance(choices, list | tuple) and choices:
        return " | ".join(json.dumps(each, ensure_ascii=False) for each in choices)
    kind = rule.get("type", "any")
    text = " | ".join(map(str, kind)) if isinstance(kind, list | tuple) else str(kind)
    described_as = rule.get("description")
    return f"{text} ({' '.join(described_as.split())[:LONGEST_DESCRIPTION]})" if isinstance(described_as, str) else text
