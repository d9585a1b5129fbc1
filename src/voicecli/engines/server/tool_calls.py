"""Tools in the interface that OpenAI introduced: what is sent to a server, and the calls in what it sends back.

A server reads the model's own format and sends calls as fields. They are put into the reply as tags, in which every model's calls are read later.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from voicecli.engines.ports import ChatMessage

MOST_CALLS: Final = 16
"""How many calls of one reply are read. A model that makes more is in a loop."""

LONGEST_ARGUMENTS: Final = 20_000
"""How many characters of a call's arguments are read."""


def tools_of(messages: Sequence[ChatMessage]) -> list[dict[str, object]]:
    """Returns the tools for a request; empty if there are none."""
    return [
        {
            "type": "function",
            "function": {"name": each.name, "description": each.description, "parameters": json.loads(each.schema)},
        }
        for message in messages
        for each in message.tools
    ]


def plain_messages(messages: Sequence[ChatMessage]) -> list[dict[str, object]]:
    """Returns the conversation for a request. Adjacent messages of the same role are joined, because many templates require alternating roles."""
    plain: list[dict[str, object]] = []
    ids: list[str] = []
    for number, message in enumerate(messages):
        if message.role == "tool":
            plain.append({"role": "tool", "tool_call_id": ids.pop(0) if ids else "call", "content": message.content})
        elif message.calls:
            ids = [f"call{number:03}{at:02}" for at in range(len(message.calls))]
            calls = [
                {"id": id_, "type": "function", "function": {"name": each.name, "arguments": each.arguments}}
                for id_, each in zip(ids, message.calls, strict=True)
            ]
            plain.append({"role": message.role, "content": message.content or None, "tool_calls": calls})
        elif plain and plain[-1]["role"] == message.role and "tool_calls" not in plain[-1]:
            plain[-1] = {"role": message.role, "content": f"{plain[-1]['content']}\n{message.content}"}
        else:
            plain.append({"role": message.role, "content": message.content})
    return plain


class SentCalls:
    """Collects the calls of one reply, which arrive in parts."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._arguments: dict[int, str] = {}

    def feed(self, parts: object) -> bool:
        """Takes the field `tool_calls` of an event. Returns whether it holds any call."""
        if not isinstance(parts, list):
            return False
        for part in parts:
            function = part.get("function") if isinstance(part, dict) else None
            if not isinstance(function, dict):
                continue
            index = part.get("index")
            at = index if isinstance(index, int) else len(self._names)
            if at not in self._names and len(self._names) >= MOST_CALLS:
                continue
            name, arguments = function.get("name"), function.get("arguments")
            self._names[at] = self._names.get(at, "") or (name if isinstance(name, str) else "")
            if isinstance(arguments, dict):
                arguments = json.dumps(arguments, ensure_ascii=False)
            if isinstance(arguments, str):
                self._arguments[at] = (self._arguments.get(at, "") + arguments)[:LONGEST_ARGUMENTS]
        return bool(parts)

    def finish(self) -> str:
        """Returns the calls as tags; empty if there are none."""
        tags = []
        for at in sorted(self._names):
            name, arguments = json.dumps(self._names[at], ensure_ascii=False), self._arguments.get(at, "").strip()
            tags.append(f'<tool_call>{{"name": {name}, "arguments": {arguments or "{}"}}}</tool_call>')
        return "".join(tags).encode("utf-8", errors="replace").decode("utf-8")  # JSON can hold halves of characters
