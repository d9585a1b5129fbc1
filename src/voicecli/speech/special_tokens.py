"""Removes the marks by which language models tell messages and calls apart from text that comes from elsewhere. Pure logic.

The local engine never takes text for such a mark (`engines.chat_template`), but a server may.
"""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = re.compile(
    r"<\|[^<>|\n]{1,40}\|>"  # ChatML, Llama 3, Phi
    r"|<\uff5c[^<>\uff5c\n]{1,40}\uff5c>"  # DeepSeek
    r"|</?s>|<(?:bos|eos|pad|unk)>|<(?:start|end)_of_turn>"
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]|<</?SYS>>"  # Llama 2, Mistral
    r"|</?(?:tool_calls?|tool_response|tools|function_calls?|think)>|<function=[^<>\n]{0,80}>|</function>",
    re.IGNORECASE,
)


def without_special_tokens(text: str) -> str:
    """Returns `text` without such marks; also without those that only arise when others are removed."""
    before = None
    while text != before:
        before, text = text, _MARKS.sub("", text)
    return text
