"""Makes messages for the language model from the calls that it made, and their results."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from voicecli.engines.ports import CallSpec, ChatMessage
from voicecli.tools.reports import ToolAnswered


def called(rounds: Sequence[Sequence[ToolAnswered]]) -> Iterator[ChatMessage]:
    """The calls that the model made, and their results as data in messages of their own role."""
    for answered in rounds:
        calls = tuple(
            CallSpec(name=each.call.name, arguments=json.dumps(dict(each.call.arguments), ensure_ascii=False))
            for each in answered
        )
        yield ChatMessage(role="assistant", content="", calls=calls)
        for each in answered:
            key = "error" if each.result.failed else "result"
            content = json.dumps({key: each.result.text}, ensure_ascii=False)
            yield ChatMessage(role="tool", content=content, name=each.call.name)
