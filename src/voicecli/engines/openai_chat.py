"""A language model on the user's own server, with the interface that OpenAI introduced: llama.cpp's server, vLLM, SGLang, Ollama.

Each reply is one request on its own connection, and is read on the calling thread. When the reply is no longer wanted, the connection is closed,
which tells the server to stop.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from voicecli.config.documents import Json, parse_json
from voicecli.engines.ports import CallStyle, ChatMessage, IsCancelled, Place, Sampling
from voicecli.engines.reasoning_filter import LONGEST_TOKENS, ReasoningFilter
from voicecli.engines.server import errors
from voicecli.engines.server.http import Answer, CancelledError, Server
from voicecli.engines.server.model_info import PENALTY, ServedModel
from voicecli.engines.server.numbers import tokens_of
from voicecli.engines.server.sse import EventStream, TooLongError
from voicecli.engines.server.token_estimate import TokenCounter
from voicecli.engines.server.tool_calls import SentCalls, plain_messages, tools_of
from voicecli.errors import ServerWithoutTools, VoiceCliError

FIRST_TIME_S: Final = 300.0
"""Longest wait for the first answer. Servers that load a model on demand take minutes."""

READ_AHEAD_TOKENS: Final = 512
"""Number of new tokens in a prompt from which it is read ahead. A server reads fewer in tens of milliseconds, and reading them ahead would cost one
request per second.
"""

LONGEST_TOKEN: Final = 64
"""Characters per token, on average, above which a reply is treated as runaway output."""

_DONE: Final = "[DONE]"
_NEW_SHARE: Final = 0.1
"""Weight of the latest measurement in the running mean of the time per token, from 0 to 1."""

log = logging.getLogger(__name__)


class OpenAiChatModel:
    """A model on a server.

    Args:
        server: The server, and how to reach it.
        model: The model to use.
        context_tokens: Longest prompt and reply together. It is reduced if the server's context is smaller.
    """

    def __init__(self, server: Server, model: ServedModel, *, context_tokens: int) -> None:
        self._server = server
        self._model = model
        self._context_tokens = min(context_tokens, model.context_tokens or context_tokens)
        self._counter = TokenCounter()
        self._read: tuple[ChatMessage, ...] = ()
        self._hit_limit = False
        self._token_ms = 0.0
        self._thinks = False
        self._takes_tools = True

    @property
    def name(self) -> str:
        """The name of the model for the user."""
        return self._model.name

    @property
    def device(self) -> Place:
        """Where the model runs."""
        return "server"

    @property
    def call_style(self) -> CallStyle:
        """How the model calls tools: by the interface, unless the server does not offer that."""
        return "format" if self._takes_tools else "chosen"

    @property
    def context_tokens(self) -> int:
        """The maximum number of tokens of prompt and reply together."""
        return self._context_tokens

    @property
    def token_ms(self) -> float:
        """The recent average time per token, in ms."""
        return self._token_ms

    @property
    def hit_limit(self) -> bool:
        """Whether the last reply was ended by the length limit."""
        return self._hit_limit

    def close(self) -> None:
        """Does nothing: connections end with their replies."""

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """The approximate number of tokens in `messages`; see `counting`."""
        return self._counter.count(messages)

    def prime(self, messages: Sequence[ChatMessage]) -> None:
        """Makes the server read the beginning of every conversation, and write one token that is discarded. Errors of the server show early this way.

        Raises:
            VoiceCliError: The server failed.
        """
        question = ChatMessage(role="user", content="?")
        self._warm_up([*messages, question], is_cancelled=lambda: False, first_s=FIRST_TIME_S)

    def read_ahead(self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled) -> None:
        """Makes the server read `messages` if enough of them is new: an earlier conversation, a long text."""
        known = _common(self._read, messages)
        if self._counter.count(messages[known:]) >= READ_AHEAD_TOKENS:
            self._warm_up(messages, is_cancelled=is_cancelled)

    def reply(self, messages: Sequence[ChatMessage], *, sampling: Sampling, is_cancelled: IsCancelled) -> Iterator[str]:
        """Generates the next reply; see `ChatModel.reply`.

        Raises:
            VoiceCliError: The server failed. The next reply can still be requested.
        """
        self._hit_limit = False
        thoughts = ReasoningFilter()
        limit = _Limit(sampling.max_tokens)
        try:
            for text in self._answered(messages, sampling, is_cancelled):
                if is_cancelled():  # several events may have arrived at once
                    return
                if shown := thoughts.feed(text):
                    yield shown
                if limit.reached(text, answers=thoughts.answers):
                    self._hit_limit = True
                    break
            if not is_cancelled():
                yield from filter(None, (thoughts.finish(),))
        except CancelledError:
            return

    # ---- requests

    def _answered(
        self, messages: Sequence[ChatMessage], sampling: Sampling, is_cancelled: IsCancelled
    ) -> Iterator[str]:
        """Yields the text of the server. A server that does not accept tools is asked again without them, and offered none later."""
        try:
            yield from self._written(messages, sampling, is_cancelled)
        except ServerWithoutTools:
            if not self._takes_tools:
                raise
            self._takes_tools = False
            yield from self._written(messages, sampling, is_cancelled)

    def _warm_up(
        self, messages: Sequence[ChatMessage], *, is_cancelled: IsCancelled, first_s: float | None = None
    ) -> None:
        sampling = Sampling(temperature=0.0, max_tokens=1)
        try:
            for _ in self._written(messages, sampling, is_cancelled, first_s=first_s):
                pass
        except CancelledError:
            return
        self._hit_limit = False

    def _written(
        self,
        messages: Sequence[ChatMessage],
        sampling: Sampling,
        is_cancelled: IsCancelled,
        *,
        first_s: float | None = None,
    ) -> Iterator[str]:
        """Yields the text of the server as it arrives."""
        path = f"{self._server.address.path}/chat/completions"
        asked = self._server.ask(
            path,
            self._payload(messages, sampling),
            is_cancelled=is_cancelled,
            model=self._model.name,
            first_s=first_s,
        )
        with asked as answer:
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind != "text/event-stream":
                raise errors.nonsense(self._server.address, "it is not a stream of events")
            self._read = tuple(messages)
            last_s = 0.0
            calls = SentCalls()
            for record in self._records(answer):
                self._take_usage(messages, record)
                text = self._delta(record, calls)
                if text is None:
                    continue
                now_s = time.perf_counter()
                if last_s:
                    self._took((now_s - last_s) * 1000)
                last_s = now_s
                if text:
                    yield text
            if called := calls.finish():
                yield called

    def _records(self, answer: Answer) -> Iterator[dict[str, Json]]:
        """Yields the objects of the stream until the server ends it."""
        events, ends = EventStream(), False
        address = self._server.address
        try:
            for piece in answer.pieces():
                for data in events.feed(piece):
                    answer.part_came()
                    if data.strip() == _DONE:
                        return
                    record = self._checked(data)
                    yield record
                    ends = ends or _finish(record) is not None
        except TooLongError as error:
            raise errors.nonsense(address, "an event does not end") from error
        if not ends:
            raise errors.cut_off(address)

    def _checked(self, data: str) -> dict[str, Json]:
        address = self._server.address
        try:
            record = parse_json(data)
        except ValueError as error:
            raise errors.nonsense(address, "an event is not JSON") from error
        if not isinstance(record, dict):
            raise errors.nonsense(address, "an event is not an object")
        failure = record.get("error")
        if failure is not None:
            raise self._failure(failure)
        return record

    def _failure(self, error: object) -> VoiceCliError:
        code = error.get("code") if isinstance(error, dict) else None
        status = code if isinstance(code, int) and 400 <= code < 600 else 500  # noqa: PLR2004 - codes of HTTP
        return errors.for_status(
            status,
            {},
            json.dumps(error),
            address=self._server.address,
            model=self._model.name,
            path="",
            has_key=self._server.key is not None,
        )

    def _payload(self, messages: Sequence[ChatMessage], sampling: Sampling) -> dict[str, object]:
        limit = sampling.max_tokens
        if self._thinks and limit > 1:
            # The server counts thoughts towards its limit, but they are not spoken.
            room = self._context_tokens - self._counter.count(messages)
            limit = max(limit, min(limit + LONGEST_TOKENS, room))
        payload: dict[str, object] = {
            "model": self._model.id,
            "messages": plain_messages(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": limit,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }
        if (penalty := PENALTY.get(self._model.kind)) and sampling.repeat_penalty != 1.0:
            payload[penalty] = sampling.repeat_penalty
        if sampling.grammar and self._model.kind == "llama.cpp":
            payload |= {"grammar": sampling.grammar, "temperature": 0.0}
        if self._takes_tools and (tools := tools_of(messages)):
            payload["tools"] = tools
        return payload

    def _delta(self, record: Mapping[str, Json], calls: SentCalls) -> str | None:
        """The text of one event; empty for a thought or a part of a call, None for an event with none of these."""
        choice = _choice(record)
        if _finish(record) == "length":
            self._hit_limit = True
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            return None
        content = delta.get("content")
        if isinstance(content, str) and content:
            return content.encode("utf-8", errors="replace").decode("utf-8")
        if delta.get("reasoning_content") or delta.get("reasoning"):
            self._thinks = True
            return ""
        return "" if calls.feed(delta.get("tool_calls")) else None

    def _take_usage(self, messages: Sequence[ChatMessage], record: Mapping[str, Json]) -> None:
        usage = record.get("usage")
        tokens = tokens_of(usage.get("prompt_tokens")) if isinstance(usage, dict) else None
        if tokens is not None:
            self._counter.learn(messages, tokens)
            log.debug("the server counted %d tokens of prompt", tokens)

    def _took(self, ms: float) -> None:
        self._token_ms += (ms - self._token_ms) * (_NEW_SHARE if self._token_ms else 1.0)


class _Limit:
    """Ends a reply that the server does not end. One event counts as at least one token."""

    def __init__(self, tokens: int) -> None:
        self._tokens = tokens
        self._written = self._thought = self._characters = 0

    def reached(self, text: str, *, answers: bool) -> bool:
        self._written += answers
        self._thought += not answers
        self._characters += len(text) if answers else 0
        return (
            self._written > self._tokens
            or self._thought > LONGEST_TOKENS
            or self._characters > self._tokens * LONGEST_TOKEN
        )


def _choice(record: Mapping[str, Json]) -> dict[str, Json]:
    choices = record.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _finish(record: Mapping[str, Json]) -> str | None:
    reason = _choice(record).get("finish_reason")
    return reason if isinstance(reason, str) else None


def _common(left: Sequence[ChatMessage], right: Sequence[ChatMessage]) -> int:
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))
