"""Converts a conversation to the prompt format on which a language model was trained, with the model's own template.

The content of messages is kept apart from what the template writes around it: `render` returns parts, each of which is one or the other. Only
the template's parts may become special tokens. So a message that contains the characters `<|eot_id|>` stays those ten characters, and
nobody can end a turn, or start one under another name, by typing or saying it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from voicecli.engines.ports import ChatMessage
from voicecli.errors import DAMAGED, ModelInvalid

CHATML: Final = """\
{%- for message in messages %}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif %}"""

LLAMA3: Final = """\
{{- bos_token }}
{%- for message in messages %}
{{- '<|start_header_id|>' + message.role + '<|end_header_id|>\\n\\n' + message.content | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}"""

GEMMA: Final = """\
{{- bos_token }}
{%- for message in messages %}
{%- if message.role == 'system' %}{{- raise_exception('no system role') }}{% endif %}
{{- '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' + message.content | trim + '<end_of_turn>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{% endif %}"""

FAMILIES: Final = (("<|start_header_id|>", LLAMA3), ("<|im_start|>", CHATML), ("<start_of_turn>", GEMMA))
"""A token that only this family's vocabulary has, and the family's template."""

END_TOKENS: Final = (
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<end_of_turn>",
    "<|end|>",
    "</s>",
)
"""Tokens that end a reply in some family. llama.cpp knows most of them from the vocabulary, but carelessly converted files lack some."""

# A number between two characters of the private use area. No template contains or changes them.
_MARK = "\ue000{}\ue001"
_MARKS = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a prompt. `content`: it is the content of a message, so it never becomes special tokens."""

    text: str
    content: bool


class ChatTemplate:
    """A Jinja template, compiled in a sandbox because it comes from a downloaded file.

    Args:
        source: The template.
        bos: Text of the token that begins a prompt; empty without one.
        eos: Text of the token that ends a prompt.
        today: The date for templates that contain one. It must not change while the model is in use, or every prompt would
            differ from its beginning on, and the prefix cache would be useless.

    Raises:
        ModelInvalid: The template cannot be used for a conversation.
    """

    def __init__(self, source: str, *, bos: str = "", eos: str = "", today: dt.date) -> None:
        import jinja2
        import jinja2.ext
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        # What an expression in a template can raise besides the template engine's own errors.
        python = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
        self._failures: tuple[type[Exception], ...] = (jinja2.TemplateError, *python)
        # Published templates are written for these whitespace rules and extensions.
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols]
        )
        environment.filters["tojson"] = _to_json
        environment.globals |= {
            "bos_token": bos,
            "eos_token": eos,
            "raise_exception": _raise,
            "date_string": f"{today:%d %b %Y}",
            "strftime_now": today.strftime,
            # Models that think first would keep a listener waiting.
            "enable_thinking": False,  # Qwen 3, SmolLM 3, GLM, Hunyuan
            "thinking": False,  # Granite, DeepSeek V3.1
            "thinking_budget": 0,  # Seed-OSS
        }
        if "<|channel|>" in source:  # gpt-oss always thinks; other families reject this variable
            environment.globals["reasoning_effort"] = "low"
        try:
            self._template = environment.from_string(source)
        except self._failures as error:
            raise ModelInvalid("The chat template of the language model is damaged.", DAMAGED) from error
        hello, answer = ChatMessage(role="user", content="a"), ChatMessage(role="assistant", content="b")
        self._has_system = self._writes([ChatMessage(role="system", content="s"), hello, answer, hello])
        self._alternates = not self._writes([hello, hello])
        if not self._writes([hello, answer, hello]):
            raise ModelInvalid(
                "The chat template of the language model cannot write a conversation.", "voicecli models list"
            )

    def render(self, messages: Sequence[ChatMessage], *, opening: bool = True) -> list[Part]:
        """Returns the prompt for `messages`.

        If the template has no place for a system message, the message is put before the first user message. Adjacent messages of the same
        role are joined if the template requires alternation.

        Args:
            messages: The conversation.
            opening: Whether to open the reply at the end.

        Raises:
            ModelInvalid: The template refuses this conversation.
        """
        contents = [message.content.strip() for message in messages]
        marked = [dataclasses.replace(message, content=_MARK.format(number)) for number, message in enumerate(messages)]
        try:
            text = self._write(self._fitted(marked), opening=opening)
        except self._failures as error:
            raise ModelInvalid(
                "The chat template of the language model refuses this conversation.", "voicecli models list"
            ) from error
        parts = []
        # A split by a pattern with one group yields the text between the matches and the matches, alternately.
        for index, piece in enumerate(_MARKS.split(text)):
            content = index % 2 == 1
            piece_text = contents[int(piece)] if content else piece
            if piece_text:
                parts.append(Part(piece_text, content))
        return parts

    def _fitted(self, messages: list[ChatMessage]) -> list[ChatMessage]:
        if not self._has_system:
            messages = _folded(messages)
        if self._alternates:
            messages = _joined(messages)
        return messages

    def _writes(self, messages: list[ChatMessage]) -> bool:
        marked = [dataclasses.replace(message, content=_MARK.format(number)) for number, message in enumerate(messages)]
        try:
            text = self._write(marked, opening=True)
        except self._failures:
            return False
        return [int(number) for number in _MARKS.findall(text)] == list(range(len(messages)))

    def _write(self, messages: list[ChatMessage], *, opening: bool) -> str:
        plain = [{"role": message.role, "content": message.content} for message in messages]
        return self._template.render(messages=plain, add_generation_prompt=opening)


def family_template(has_token: Callable[[str], bool]) -> str | None:
    """Returns the template of the family to which a vocabulary belongs, for a model file without one; None if no family is known."""
    return next((template for token, template in FAMILIES if has_token(token)), None)


def _folded(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Moves system messages to the beginning of the next user message."""
    folded: list[ChatMessage] = []
    waiting: list[str] = []
    for message in messages:
        if message.role == "system":
            waiting.append(message.content)
            continue
        taken = waiting if message.role == "user" else []
        folded.append(dataclasses.replace(message, content="\n\n".join([*taken, message.content])))
        if taken:
            waiting = []
    if waiting:
        folded.append(ChatMessage(role="user", content="\n\n".join(waiting)))
    return folded


def _joined(messages: list[ChatMessage]) -> list[ChatMessage]:
    joined: list[ChatMessage] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            joined[-1] = dataclasses.replace(message, content=f"{joined[-1].content}\n{message.content}")
        else:
            joined.append(message)
    return joined


def _to_json(value: Any, indent: int | None = None, **_: Any) -> str:  # noqa: ANN401 - any value of a template
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise(message: str) -> None:
    raise ValueError(message)
