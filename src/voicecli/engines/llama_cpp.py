"""llama.cpp: a GGUF language model for conversations."""

from __future__ import annotations

import codecs
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path

from voicecli.engines.chat_template import END_TOKENS, ChatTemplate, Part, family_template
from voicecli.engines.llama_native import LlamaSession
from voicecli.engines.mapped_files import MappedFiles
from voicecli.engines.native_memory import give_back
from voicecli.engines.ports import CallStyle, ChatMessage, Device, IsCancelled, Sampling
from voicecli.engines.prompt_lookup import PromptLookup
from voicecli.engines.reasoning_filter import LONGEST_TOKENS, MARK_TOKENS, TURN_MARKS, ReasoningFilter, opened_by
from voicecli.engines.template_renderer import renderer
from voicecli.engines.threads import in_passing
from voicecli.errors import ModelInvalid

FORMAT_PARAMETERS = 2_500_000_000
"""The fewest parameters of a model that may call tools in its own format. Smaller ones often write damaged calls, or calls where none is needed
(docs/decisions/0034-calls-that-a-model-writes.md)."""

CALL_MARKS = (
    "<tool_call>",
    "</tool_call>",
    "[TOOL_CALLS]",
    "[ARGS]",
    "[CALL_ID]",
    "<|python_tag|>",
    "<|recipient|>",
    "<|from|>",
    "<|content|>",
)
"""Marks of calls that are special tokens in some vocabularies. They are part of a reply where tools were offered."""

_WARM_UP = Sampling(temperature=0.0, repeat_penalty=1.0)
_UNSURE_TOKENS = 2
"""The last tokens that are not read ahead: a mark, which a recogniser puts after any last word, and the word before it, which may be incomplete."""

_WARM_UP_TOKENS = 2
"""The first token results from reading the prompt. Only the second one takes the code path of writing."""


class LlamaChatModel:
    """A chat model on llama.cpp.

    If consecutive prompts have the same beginning, only the new part is read (see `LlamaSession.read`). So keep the beginning of a conversation
    unchanged.

    Args:
        path: The .gguf file, or a folder that contains one.
        name: The model's name for users.
        device: `cuda` puts all layers on the graphics card.
        threads: Threads for reading and for writing.
        context_tokens: Longest prompt and reply together; less if the model was trained with less.
        today: The date for templates that contain one; None for the present day.

    Raises:
        EngineNotInstalled: llama-cpp-python is missing or cannot use the device.
        ModelNotFound: The file is missing.
        ModelInvalid: The file is damaged or cut off, or is not a chat model.
    """

    def __init__(
        self,
        path: Path,
        *,
        name: str,
        device: Device,
        threads: int,
        context_tokens: int,
        today: dt.date | None = None,
    ) -> None:
        self._name = name
        self._device = device
        self._hit_limit = False
        if path.is_dir():
            path = next(iter(sorted(path.glob("*.gguf"))), path / f"{name}.gguf")
        renderer.begin()  # it is there when the model is loaded
        self._files = MappedFiles(path, name)
        self._session = LlamaSession(path, name=name, device=device, threads=threads, context_tokens=context_tokens)
        try:
            self._template = self._find_template(today or dt.datetime.now(tz=dt.UTC).astimezone().date())
        except ModelInvalid:
            self._session.close()
            self._files.close()
            raise
        found = (self._session.special_token(text) for text in END_TOKENS)
        self._ends = frozenset(token for token in found if token is not None)
        marks = ((self._session.special_token(text), text) for text in MARK_TOKENS)
        self._marks = {token: text for token, text in marks if token is not None}
        calls = ((self._session.special_token(text), text) for text in CALL_MARKS)
        self._call_marks = {token: text for token, text in calls if token is not None}

    @property
    def name(self) -> str:
        """The model's name for users."""
        return self._name

    @property
    def device(self) -> Device:
        """Where it runs."""
        return self._device

    @property
    def call_style(self) -> CallStyle:
        """How it calls tools."""
        large = self._session.parameters >= FORMAT_PARAMETERS
        return "format" if large and self._template.takes_tools else "chosen"

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and reply may have together."""
        return self._session.context_tokens

    def close(self) -> None:
        """Frees its memory. May be called twice. Nothing else may be called after it."""
        self._session.close()
        self._files.close()
        give_back()

    def cut_off(self) -> None:
        """Stops the present reading or writing at once. Called by another thread after the work was cancelled."""
        self._session.cut_off()

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Returns how many tokens `messages` take with the model's chat template, including the opening of the reply."""
        return len(self._tokens(self._template.render(messages)))

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Reads the common beginning of all conversations that start with `messages`, and writes two tokens as a warm-up.

        Raises:
            GenerationFailed: They do not fit into the context.
        """
        in_passing(lambda: self._prime(messages))

    def _prime(self, messages: Sequence[ChatMessage]) -> None:
        # A user's message follows, so its header belongs to the common beginning; its words do not.
        question = ChatMessage(role="user", content="?")
        parts = self._template.render([*messages, question], opening=False)
        last = max((index for index, part in enumerate(parts) if part.content), default=0)
        if not self._session.read(self._tokens(parts[:last]) or self._tokens(parts), lambda: False):
            return
        for count, _ in enumerate(self._session.write(_WARM_UP), start=1):
            if count == _WARM_UP_TOKENS:
                return

    @property
    def token_ms(self) -> float:
        """The recent mean time to write a token."""
        return self._session.token_ms

    @property
    def hit_limit(self) -> bool:
        """Whether the last reply was ended by its limit."""
        return self._hit_limit

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        """Reads all of `messages` except the last words, which may still change."""
        self._files.check()
        parts = self._template.render(messages, opening=False)
        last = max((index for index, part in enumerate(parts) if part.content), default=0)
        words = self._session.tokenize(parts[last].text, special=False) if parts else []
        tokens = self._tokens(parts[:last]) + words[:-_UNSURE_TOKENS]
        if self._session.would_read(tokens):
            self._session.read(tokens, is_cancelled)

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        """Generates the next reply; see `ChatModel.reply`. A cancellation also takes effect between batches of the prompt.

        Raises:
            GenerationFailed: The prompt does not fit, llama.cpp failed, or the model's file was changed.
        """
        self._files.check()
        parts = self._template.render(messages)
        prompt = self._tokens(parts)
        if not self._session.read(prompt, is_cancelled):
            return
        question = self._session.tokenize(messages[-1].content, special=False)
        restating = PromptLookup(question, lambda token: self._session.piece(token).decode("utf-8", errors="ignore"))
        # A token may be part of a character. The decoder holds bytes back until the character is complete.
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        # A call that follows a grammar has no thoughts before it.
        thoughts = ReasoningFilter(None if parts[-1].content else opened_by(parts[-1].text))
        call_marks = self._call_marks if messages[0].tools else {}
        self._hit_limit = False
        thought_tokens = written_tokens = 0
        for token in self._session.write(sampling, restating.guess):
            if is_cancelled():
                return
            mark = call_marks.get(token) or (None if thoughts.answers else self._marks.get(token))
            if mark is None and (token in self._ends or self._session.ends_reply(token)):
                yield from filter(None, (thoughts.finish(),))
                return
            if mark not in TURN_MARKS:
                yield from filter(None, (thoughts.feed(mark or decoder.decode(self._session.piece(token))),))
            thought_tokens += not thoughts.answers
            written_tokens += thoughts.answers
            if written_tokens >= sampling.max_tokens or thought_tokens >= LONGEST_TOKENS:
                break
        if is_cancelled():
            return
        yield from filter(None, (thoughts.finish(),))
        self._hit_limit = True  # also if the context was full

    def _tokens(self, parts: Sequence[Part]) -> list[int]:
        """Tokenizes a prompt. Only the template's own parts may become special tokens."""
        tokens: list[int] = []
        for part in parts:
            tokens.extend(self._session.tokenize(part.text, special=not part.content))
        bos = self._session.bos
        if bos is not None and tokens[:1] != [bos]:
            tokens.insert(0, bos)
        return tokens

    def _find_template(self, today: dt.date) -> ChatTemplate:
        bos, eos = self._session.bos_eos_text()
        own = self._session.metadata("tokenizer.chat_template")
        family = family_template(lambda text: self._session.special_token(text) is not None)
        for source in filter(None, (own, family)):
            try:
                return ChatTemplate(source, bos=bos, eos=eos, today=today)
            except ModelInvalid:
                if source == family or not family:
                    raise
        raise ModelInvalid(
            f"The language model {self._name} has no chat template and belongs to no known family: it cannot hold a conversation.",
            "voicecli models list",
        )
