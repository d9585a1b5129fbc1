"""The main program of the process that renders chat templates.

    python -P -m voicecli.engines.template_child

A request holds the template, the texts of its special tokens, the date and the messages; the answer is the rendered text (`T`) or the reason why
there is none (`X`). Templates that were used lately stay compiled.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import sys
from typing import TYPE_CHECKING, Final, TypedDict

from voicecli.confined import Line, limit_memory, limit_time

if TYPE_CHECKING:
    from jinja2 import Template

MEMORY_BYTES: Final = 384 << 20
RENDER_S: Final = 1
"""Processor time for one request. A real template takes some milliseconds with a long conversation."""

LONGEST_TEXT: Final = 16_000_000
"""More characters than any context of a model holds."""

KEPT: Final = 4
"""How many templates stay compiled: one for each model that a session changes between."""


class Request(TypedDict):
    """What the program asks for. `template_renderer` describes the fields."""

    source: str
    bos: str
    eos: str
    today: str
    messages: list[dict[str, object]]
    tools: list[dict[str, object]] | None
    opening: bool


def main() -> int:
    """Serves until standard input ends."""
    line = Line()
    import jinja2.ext
    import jinja2.sandbox  # noqa: F401 - loaded before the limits

    limit_memory(MEMORY_BYTES)
    while True:
        _, body = line.receive()
        limit_time(RENDER_S)
        try:
            request: Request = json.loads(body)
            text = render(request)
            answer = text.encode("utf-8", "surrogatepass")
        except Exception as error:  # noqa: BLE001 - whatever a template does is told
            line.send(b"X", type(error).__name__.encode("ascii", "replace"))
        else:
            line.send(b"T", answer)


def render(request: Request) -> str:
    """Renders what `request` asks for.

    Raises:
        Exception: Anything that a template can raise.
    """
    template = _compiled(request["source"], request["bos"], request["eos"], request["today"])
    messages, tools = revived(request["messages"]), revived(request["tools"])
    text = template.render(messages=messages, tools=tools, add_generation_prompt=request["opening"])
    if len(text) > LONGEST_TEXT:
        raise MemoryError
    return text


@functools.lru_cache(maxsize=KEPT)
def _compiled(source: str, bos: str, eos: str, today: str) -> Template:
    import jinja2.ext
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    date = dt.date.fromisoformat(today)
    # Published templates are written for these whitespace rules and extensions.
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
    )
    environment.filters["tojson"] = _to_json
    environment.globals |= {
        "bos_token": bos,
        "eos_token": eos,
        "raise_exception": _raise,
        "date_string": f"{date:%d %b %Y}",
        "strftime_now": date.strftime,
        "tools_in_user_message": False,  # Llama 3.1: the question stays as it is, and the tools are read once
        # Models that think first would keep a listener waiting.
        "enable_thinking": False,  # Qwen 3, SmolLM 3, GLM, Hunyuan
        "thinking": False,  # Granite, DeepSeek V3.1
        "thinking_budget": 0,  # Seed-OSS
    }
    if "<|channel|>" in source:  # gpt-oss always thinks; other families reject this variable
        environment.globals["reasoning_effort"] = "low"
    return environment.from_string(source)


class Marked(dict[str, object]):
    """A JSON object whose JSON was made by the program, so that it stays content. `texts`: that JSON by its indentation."""

    _texts: dict[str, str]


def revived(value: object) -> object:
    """Returns `value` with the objects that `template_values` has marked."""
    if isinstance(value, list):
        return [revived(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "$texts" not in value:
        return {key: revived(each) for key, each in value.items()}
    marked = Marked({key: revived(each) for key, each in value["$fields"].items()})
    marked._texts = value["$texts"]  # noqa: SLF001 - its own class; the sandbox keeps templates away from it
    return marked


def _to_json(value: object, indent: int | None = None, **_: object) -> str:
    if isinstance(value, Marked):
        texts = value._texts  # noqa: SLF001 - the same
        return texts.get(str(indent), texts["None"])
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise(message: str) -> None:
    raise ValueError(message)


if __name__ == "__main__":
    sys.exit(main())
