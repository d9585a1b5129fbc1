"""The side of a running chat that lets one other program at a time speak and listen. Requests come from `voicecli mcp` over the control socket."""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicecli.app import voice_frames
from voicecli.events import Event, Phase, PhaseChanged, SaidForClient
from voicecli.session.tool_gate import HAND_OVER
from voicecli.tools.definitions import Call, IsCancelled, Result, Tool
from voicecli.tools.reports import Announced, ClientListens, ClientStops

if TYPE_CHECKING:
    from voicecli.messages import Report
    from voicecli.tools.registry import Registry

log = logging.getLogger(__name__)

ASK_S: Final = 0.05
"""How often the thread of a connection checks whether the program at its other end is still there."""

REQUEST_S: Final = 1.0
"""How long a program may take to send its request. Others are refused meanwhile."""

CLOSE_S: Final = 2.0
"""How long the end of a session waits for the answer to a program."""

FRESH_S: Final = 30.0
"""Speech while no program listened is given to the next program that listens within this time. Only a chat without a language model keeps it."""

LONGEST_LISTEN_S: Final = 600.0
"""How long another program may wait for a person to speak, at most."""

TALKING: Final = frozenset({"hearing", "transcribing", "thinking"})
"""The states in which somebody talks, or it is not known yet what was said. In them no program is told that nothing was said."""

TOOL: Final = Tool(
    name=HAND_OVER,
    group=HAND_OVER,
    description="Gives what was said to the program that listens.",
    schema={"type": "object"},
    source="voicecli mcp",
)


@dataclass(frozen=True, slots=True)
class _Said:
    """A person's words, and when they were handed over."""

    text: str
    at_s: float


class VoiceHub:
    """Lets other programs speak and listen, one at a time.

    Thread: the control thread calls `adopt`, the thread that publishes events `take`, a tool's thread `deliver`. Each connection has a thread.

    Args:
        offer: Takes reports for the conductor.
        keeps: Whether speech that no program listens to is kept for a while, because no language model answers it.

    Attributes:
        hears: Whether there is a microphone.
    """

    def __init__(self, offer: Callable[[Report], object], *, keeps: bool = False) -> None:
        self._offer = offer
        self._keeps = keeps
        self._phase: Phase = "listening"
        self._closing = False
        self._thread: threading.Thread | None = None
        self.hears = True
        self._busy = threading.Lock()
        self._numbers = itertools.count(1)
        self._over: queue.SimpleQueue[SaidForClient] = queue.SimpleQueue()
        self._heard: queue.SimpleQueue[_Said] = queue.SimpleQueue()

    def register(self, registry: Registry) -> None:
        """Adds the tool by which the conversation hands over what was said."""
        registry.offer(TOOL.source, {TOOL.name: (TOOL, self.deliver)})

    def take(self, event: Event) -> None:
        """Takes an event of the session. Returns at once."""
        if isinstance(event, SaidForClient):
            self._over.put(event)
        elif isinstance(event, PhaseChanged):
            self._phase = event.phase

    def deliver(self, call: Call, _is_cancelled: IsCancelled) -> Result:
        """Takes what was said, and gives it to the program that listens, or keeps it for the next one."""
        if call.arguments.get("key") or self._keeps:
            self._heard.put(_Said(str(call.arguments.get("text", "")), time.monotonic()))
        return Result(text="")

    def adopt(self, connection: socket.socket) -> bool:
        """Serves a program in a thread until its call is over. Returns False if another program is being served."""
        if not self._busy.acquire(blocking=False):
            return False
        connection.settimeout(None)
        self._thread = threading.Thread(target=self._run, args=(connection,), name="voice client", daemon=True)
        self._thread.start()
        return True

    def close(self) -> None:
        """Answers the program that is being served with the results so far, because the session ends."""
        self._closing = True
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def _run(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.sendall(b"ok\n")
                self._serve(connection)
        except (OSError, voice_frames.BadFrame) as error:
            log.info("voice client: %s", error)
        finally:
            self._busy.release()

    def _serve(self, connection: socket.socket) -> None:
        """Carries out one request, and answers it."""
        request = voice_frames.receive(connection, REQUEST_S)
        if request is None:
            return
        answer: dict[str, str | float | bool] = {}
        text, limit_s = str(request.get("text", "")), voice_frames.number(request, "limit_s", LONGEST_LISTEN_S)
        gone = _Gone(connection)
        if limit_s > 0 and not self.hears:
            voice_frames.send(connection, {"fault": "This chat has no microphone, so nobody can be heard."})
            return
        if text:
            answer |= self._speak(text, gone, listens=limit_s > 0)
        if limit_s > 0 and not gone() and not answer.get("fault"):
            answer |= self._listen(limit_s, gone)
        if gone():
            return
        with contextlib.suppress(OSError):
            voice_frames.send(connection, answer)

    def _speak(self, text: str, gone: _Gone, *, listens: bool) -> dict[str, str | float | bool]:
        """Speaks, and waits until the text was heard or cut off. With `listens`, what the person says meanwhile is kept for this program."""
        key = f"speak-{next(self._numbers)}"
        if listens:
            self._forget()
            self._offer(ClientListens(key=key))
        self._offer(Announced(text=text, language="", key=key))
        while not gone():
            with contextlib.suppress(queue.Empty):
                over = self._over.get(timeout=ASK_S)
                if over.key == key:
                    return {"heard": over.heard, "cut": over.cut, "fault": over.fault}
            if self._closing:
                return {"fault": "The chat has ended."}
        self._offer(ClientStops())
        self._offer(ClientListens(key=""))
        return {}

    def _listen(self, limit_s: float, gone: _Gone) -> dict[str, str | float | bool]:
        """Waits for the next thing that is said."""
        key = f"listen-{next(self._numbers)}"
        until_s = time.monotonic() + limit_s
        self._offer(ClientListens(key=key))
        try:
            while (time.monotonic() < until_s or self._phase in TALKING) and not gone():
                with contextlib.suppress(queue.Empty):
                    said = self._heard.get(timeout=ASK_S)
                    if time.monotonic() - said.at_s < FRESH_S:
                        return {"said": said.text}
                if self._closing:
                    break
        finally:
            self._offer(ClientListens(key=""))
        return {"said": ""}

    def _forget(self) -> None:
        """Discards what was said before the program began to speak."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._heard.get_nowait()


class _Gone:
    """Whether the program at the other end of a connection is gone, or has cancelled its request."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._is_gone = False

    def __call__(self) -> bool:
        if not self._is_gone and select.select([self._connection], [], [], 0)[0]:
            self._is_gone = True  # it sends nothing after its request, so this is the end
        return self._is_gone
