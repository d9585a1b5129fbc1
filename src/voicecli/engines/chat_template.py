"""Converts a conversation to the prompt format on which a language model was trained, with the model's own template.

The content of messages is kept apart from what the template writes around it: `render` returns parts, each of which is one or the other. Only
the template's parts may become special tokens. So a message that contains the characters `<|eot_id|>` stays those ten characters, and
nobody can end a turn, or start one under another name, by typing or saying it.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from voicecli.engines.ports import CallSpec, ChatMessage, ToolSpec
from voicecli.engines.template_renderer import TemplateFailedError, TemplateRanAwayError, renderer
from voicecli.engines.template_values import call_text, one_by_one, plain_message, result_text, tools_of
from voicecli.errors import ModelInvalid

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
_MARKS = re.compile("\ue000([0-9]{1,6})\ue001")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a prompt. `content`: it is the content of a message, so it never becomes special tokens."""

    text: str
    content: bool


class ChatTemplate:
    """A Jinja template. It is rendered in a process with limits, because it comes from a downloaded file (`template_renderer`).

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
        self._source, self._bos, self._eos, self._today = source, bos, eos, today.isoformat()
        self._failure = ""
        hello, answer = ChatMessage(role="user", content="a"), ChatMessage(role="assistant", content="b")
        self._has_system = self._writes([ChatMessage(role="system", content="s"), hello, answer, hello])
        self._alternates = not self._writes([hello, hello])
        self.takes_tools = self._writes_tools(1)
        """Whether the template writes tools, calls and results in the model's own format."""
        self._takes_several = self._writes_tools(2)
        if not self._writes([hello, answer, hello]):
            raise _useless(self._failure)

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
        contents: list[str] = []

        def content(text: str) -> str:
            contents.append(text)
            return _MARK.format(len(contents) - 1)

        fitted = [
            dataclasses.replace(
                message, content="" if message.calls and not message.content else content(message.content.strip())
            )
            for message in (messages if self.takes_tools else map(_without_tools, messages))
        ]
        try:
            text = self._write(self._fitted(fitted), content, opening=opening)
        except TemplateFailedError as error:
            raise ModelInvalid(
                f"The chat template of the language model refuses this conversation: it {error}.",
                "voicecli models list",
            ) from error
        parts = []
        # A split by a pattern with one group yields the text between the matches and the matches, alternately.
        for index, piece in enumerate(_MARKS.split(text)):
            is_content = index % 2 == 1
            if is_content and int(piece) >= len(contents):
                raise ModelInvalid("The chat template of the language model makes messages up.", "voicecli models list")
            piece_text = contents[int(piece)] if is_content else piece
            if piece_text:
                parts.append(Part(piece_text, is_content))
        return parts

    def _fitted(self, messages: list[ChatMessage]) -> list[ChatMessage]:
        if not self._takes_several:
            messages = one_by_one(messages)
        if not self._has_system:
            messages = _folded(messages)
        if self._alternates:
            messages = _joined(messages)
        return messages

    def _writes(self, messages: list[ChatMessage]) -> bool:
        marked = [dataclasses.replace(message, content=_MARK.format(number)) for number, message in enumerate(messages)]
        try:
            text = self._write(marked, str, opening=True)
        except TemplateRanAwayError as error:
            raise _useless(str(error)) from error
        except TemplateFailedError as error:
            self._failure = str(error)
            return False
        self._failure = ""
        return [int(number) for number in _MARKS.findall(text)] == list(range(len(messages)))

    def _writes_tools(self, calls: int) -> bool:
        """Whether everything that so many calls at once need comes out of the template."""
        tool = ToolSpec(name="tool-name", description="tool-description", schema="{}")
        call = CallSpec(name="call-name", arguments='{"argument": "argument-value"}')
        messages = [
            ChatMessage(role="system", content="s", tools=(tool,)),
            ChatMessage(role="user", content="a"),
            ChatMessage(role="assistant", content="", calls=(call,) * calls),
            *[ChatMessage(role="tool", content="result-text", name="call-name")] * calls,
        ]
        try:
            text = self._write(messages if self._has_system else _folded(messages), str, opening=True)
        except TemplateFailedError:
            return False
        return text.count("result-text") == calls and all(
            word in text for word in ("tool-name", "tool-description", "call-name", "argument-value")
        )

    def _write(self, messages: list[ChatMessage], content: Callable[[str], str], *, opening: bool) -> str:
        return renderer.render(
            self._source,
            [plain_message(message, content) for message in messages],
            tools=tools_of(messages, content),
            bos=self._bos,
            eos=self._eos,
            today=self._today,
            opening=opening,
        )


def _useless(why: str) -> ModelInvalid:
    reason = f": it {why}" if why else ""
    return ModelInvalid(
        f"The chat template of the language model cannot write a conversation{reason}.", "voicecli models list"
    )


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
        if joined and joined[-1].role == message.role != "tool" and not joined[-1].calls:
            joined[-1] = dataclasses.replace(message, content=f"{joined[-1].content}\n{message.content}")
        else:
            joined.append(message)
    return joined


def _without_tools(message: ChatMessage) -> ChatMessage:
    """A message for a template that knows no tools."""
    if message.role == "tool":
        return ChatMessage(role="user", content=result_text(message))
    return ChatMessage(role=message.role, content=call_text(message)) if message.calls else message
