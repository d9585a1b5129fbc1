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
from voicecli.tools.grammar import call_grammar, word_grammar
from voicecli.tools.grounding import grounded, is_invented
from voicecli.tools.relevance import candidates, could_need_several, reluctance_at
from voicecli.tools.rounds import MOST_AT_ONCE
from voicecli.tools.written import any_calls

CHOICE_TOKENS: Final = 400
"""Longest call."""

LONGEST_BRIEF: Final = 200
"""Longest description of a tool in a list from which a small model picks, in characters."""

LONGEST_DESCRIPTION: Final = 300
"""Longest description of a tool that a small model reads, in characters."""

ANSWER: Final = "answer"
"""What a small model picks in place of a tool when no further one is needed."""

ENGLISH: Final = "en"

_SHOWN: Final = """Functions:
{functions}

Request: "{question}"
"""
"""What a small model reads for the decision and for the call. With the request before the functions, the 1.5B says yes to everything."""

_NEEDED: Final = _SHOWN + "Can one of the functions do exactly what the request asks for? Answer yes or no."
_FILL: Final = _SHOWN + "Write the call with the arguments that the request gives, as JSON."
_YES: Final = "Yes"
_NO: Final = "No"

_AFTER: Final = """Functions:
{functions}
Write the call with the arguments that the request gives, as JSON."""

_NEXT: Final = """Functions:
{functions}
- answer(text): Answers in words, because nothing else is needed.

Which function is needed next? Write its name only."""


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
    """Has a small model choose one of `tools` and fill its arguments, under a grammar. Empty for a question that needs none.

    The model sees only tools with which the question shares words, or is asked nothing at all. Whether one is needed is decided by these words and by
    how much likelier the model holds "yes" than "no".

    Args:
        model: The model.
        messages: The conversation, up to the question, or to the results of calls.
        tools: The tools that may be called.
        language: The language of the question, ISO 639-1, if known.
        none: Whether the question may need none of them.
        is_cancelled: As for a model.
    """
    question = next((each.content for each in reversed(messages) if each.role == "user"), "")
    follows = messages[-1].role == "tool"
    several = could_need_several(question)
    if follows and not several:
        return ()
    evidence = candidates(question, tools) or (() if none else tuple((tool, 0) for tool in tools))
    if not evidence:
        return ()
    found = [tool for tool, _ in evidence]
    if follows:
        pick = _next(model, messages, found, is_cancelled)
        if pick is None or is_cancelled():
            return ()
        found = [pick]
    elif none and not _is_needed(model, messages, found, reluctance_at(evidence[0][1]), is_cancelled):
        return ()
    return _filled(model, messages, found, language, is_cancelled, most=MOST_AT_ONCE if several else 1)


def _is_needed(
    model: ChatModel,
    messages: Sequence[ChatMessage],
    tools: Sequence[Tool],
    reluctance: float,
    is_cancelled: IsCancelled,
) -> bool:
    """Has the model decide whether one of `tools` does what is asked for. `reluctance`: how much likelier a yes must be than a no, in nats."""
    sampling = Sampling(
        temperature=0.0,
        repeat_penalty=1.0,
        max_tokens=CHOICE_TOKENS,
        grammar=word_grammar([_YES, _NO]),
        favoured=_NO,
        favour=reluctance,
    )
    asked = _about(messages, tools, _NEEDED)
    return "".join(model.reply(asked, sampling=sampling, is_cancelled=is_cancelled)).strip().startswith(_YES)


def _about(messages: Sequence[ChatMessage], tools: Sequence[Tool], form: str) -> Sequence[ChatMessage]:
    """Returns a conversation whose last question is put into `form`, together with `tools`; after results, one with a demand for a call behind it."""
    functions = "\n".join(map(described, tools))
    if messages[-1].role == "tool":
        return (*messages, ChatMessage(role="user", content=_AFTER.format(functions=functions)))
    text = form.format(question=messages[-1].content, functions=functions)
    return (*messages[:-1], replace(messages[-1], content=text))


def _next(
    model: ChatModel, messages: Sequence[ChatMessage], tools: Sequence[Tool], is_cancelled: IsCancelled
) -> Tool | None:
    """Has the model name the tool that it needs after a result; None if it needs none."""
    functions = "\n".join(map(_brief, tools))
    asked = (*messages, ChatMessage(role="user", content=_NEXT.format(functions=functions)))
    grammar = word_grammar([*(each.name for each in tools), ANSWER])
    sampling = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=CHOICE_TOKENS, grammar=grammar)
    written = "".join(model.reply(asked, sampling=sampling, is_cancelled=is_cancelled)).strip()
    return next((each for each in tools if each.name == written), None)


def _filled(
    model: ChatModel,
    messages: Sequence[ChatMessage],
    tools: Sequence[Tool],
    language: str,
    is_cancelled: IsCancelled,
    *,
    most: int,
) -> tuple[Call, ...]:
    """Has the model write calls of `tools`."""
    tongue: Language = "de" if language == "de" else "en"
    if len(tools) == 1 and not properties_of(tools[0].schema):
        calls = [Call(name=tools[0].name, language=tongue)]
    else:
        grammar = call_grammar(tools, none=False, most=most)
        sampling = Sampling(temperature=0.0, repeat_penalty=1.0, max_tokens=CHOICE_TOKENS, grammar=grammar)
        asked = _about(messages, tools, _FILL)
        written = "".join(model.reply(asked, sampling=sampling, is_cancelled=is_cancelled))
        calls = [fitted(each, tools, tongue) for each in any_calls(written, signatures_of(tools))]
    return _sound(calls, messages, tools, language)


def _sound(
    calls: Sequence[Call], messages: Sequence[ChatMessage], tools: Sequence[Tool], language: str
) -> tuple[Call, ...]:
    """Returns calls without what the model made up, and without those that it has made already."""
    question = next((each.content for each in reversed(messages) if each.role == "user"), "")
    said = "\n".join(each.content for each in messages)
    by_name = {each.name: each for each in tools}
    known = [call for call in calls if call.name in by_name]
    if language in ("", ENGLISH):  # a model may put the words of other languages into English
        known = [call for call in known if not is_invented(call, by_name[call.name], said)]
    found = (grounded(call, by_name[call.name], question) for call in known)
    return tuple(call for call in found if not _was_made(call, messages))


def _brief(tool: Tool) -> str:
    """A tool on one short line, to be picked from."""
    does = " ".join(tool.description.split())[:LONGEST_BRIEF]
    return f"- {tool.name}({', '.join(properties_of(tool.schema))}): {does}"


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
