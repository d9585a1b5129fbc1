"""Renders chat templates in a process of its own, because a template is a program that comes with a downloaded file.

Jinja's sandbox keeps a template away from Python, but not from an endless loop or from all memory. The process has limits on both
(docs/decisions/0032-files-of-strangers-in-children.md).
"""

from __future__ import annotations

import atexit
import contextlib
import json
import threading
from typing import Final

from voicecli.confined import Child, ChildGoneError, ChildSlowError

MOST_SOURCE_CHARS: Final = 1_000_000
"""The longest known template has 20,000 characters."""

START_S: Final = 20.0
"""How long the first answer may take, with the start of the process on a busy machine."""

RENDER_S: Final = 1.2
"""How long any other answer may take. An engine that sleeps for 1.4 s counts as hanging (`apart/look.py`)."""

LONGEST_BYTES: Final = 1 << 26
"""The longest rendered conversation, in bytes."""


class TemplateFailedError(ValueError):
    """The template raised an error. The message is a clause that says which."""


class TemplateRanAwayError(TemplateFailedError):
    """The template took too long or too much memory. Another conversation is not worth a try."""


class Renderer:
    """The process, which is started when it is first needed and again after a template has ended it.

    Thread: any.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._has_answered = False

    def begin(self) -> None:
        """Starts the process, which will be needed soon; does not wait."""
        with self._lock, contextlib.suppress(OSError):  # the first rendering tells
            self._child = self._child or self._started()

    def render(
        self,
        source: str,
        messages: list[dict[str, object]],
        *,
        tools: list[dict[str, object]] | None = None,
        bos: str,
        eos: str,
        today: str,
        opening: bool,
    ) -> str:
        """Returns the text that the template `source` makes of `messages`.

        Args:
            source: The template.
            messages: Each with `role` and `content`, and with `tool_calls` where there are calls.
            tools: The tools that the model may call, as `template_values` makes them.
            bos: Text of the token that begins a prompt.
            eos: Text of the token that ends a prompt.
            today: The date, as 2026-05-31.
            opening: Whether to open the reply at the end.

        Raises:
            TemplateFailedError: It cannot be rendered.
        """
        if len(source) > MOST_SOURCE_CHARS:
            raise TemplateRanAwayError("is too long")
        request = {
            "source": source,
            "bos": bos,
            "eos": eos,
            "today": today,
            "messages": messages,
            "tools": tools,
            "opening": opening,
        }
        body = json.dumps(request).encode("ascii")
        with self._lock:
            try:
                kind, answer = self._ask(body)
            except ChildSlowError as error:
                self._end()
                raise TemplateRanAwayError("takes too long") from error
            except (ChildGoneError, OSError) as error:
                self._end()
                raise TemplateRanAwayError("takes too much time or memory") from error
        if kind != b"T" and answer == b"MemoryError":
            raise TemplateRanAwayError("takes too much memory")
        if kind != b"T":
            raise TemplateFailedError(f"raises {answer.decode('ascii', 'replace')}")
        return answer.decode("utf-8", "surrogatepass")

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _ask(self, body: bytes) -> tuple[bytes, bytes]:
        self._child = self._child or self._started()
        try:
            self._child.send(b"R", body)
        except ChildGoneError:  # somebody ended it between two renderings
            self._end()
            self._child = self._started()
            self._child.send(b"R", body)
        answer = self._child.receive(RENDER_S if self._has_answered else START_S)
        self._has_answered = True
        return answer

    def _started(self) -> Child:
        self._has_answered = False
        return Child("voicecli.engines.template_child", most_bytes=LONGEST_BYTES)

    def _end(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None


renderer = Renderer()
"""The program's own."""

atexit.register(renderer.close)
