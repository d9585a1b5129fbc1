"""Offers the voice to other programs as an MCP server on standard input and output. Runs in an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

if TYPE_CHECKING:
    from mcp.server.context import ServerRequestContext
    from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams

    from voicecli.tools.definitions import IsCancelled

LISTEN_S: Final = 30.0
"""How long `listen` and `converse` wait if the other program says nothing about it."""

LONGEST_LISTEN_S: Final = 600.0
"""The longest time that another program may wait for a person."""

INSTRUCTIONS: Final = (
    "The voice of this computer. Everything stays on it. Say little at a time: one to three sentences are heard best. The person may talk over "
    "what is said; it then stops, and the result says how much was heard."
)

_TEXT: Final = {"type": "string", "minLength": 1, "description": "What to say, in plain sentences."}
_TIMEOUT: Final = {
    "type": "number",
    "minimum": 1,
    "maximum": LONGEST_LISTEN_S,
    "description": "How many seconds to wait for the person to begin; 30 if left out.",
}


class Refused(Exception):
    """A call that is answered with an error. The message is a sentence for the other program."""


Answer: TypeAlias = dict[str, str | bool]


class Voice(Protocol):
    """What the server offers. All methods block, raise `Refused`, and stop soon after they are cancelled."""

    def speak(self, text: str, listen_s: float, is_cancelled: IsCancelled) -> Answer:
        """Speaks, then listens for that long; the text may be empty, and so may the time."""
        ...

    def stop(self) -> Answer:
        """Stops what is being said."""
        ...

    def transcribe(self, path: str, is_cancelled: IsCancelled) -> Answer:
        """Transcribes a sound file."""
        ...


Arguments: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A tool that the server offers.

    Attributes:
        name: Its name.
        description: What it does, for the language model of the other program.
        properties: The JSON schema of its arguments.
        required: The arguments that must be there.
        reads: Whether it changes nothing.
        run: Carries it out.
    """

    name: str
    description: str
    properties: Mapping[str, object]
    run: Callable[[Voice, Arguments, IsCancelled], Answer]
    required: tuple[str, ...] = field(default=())
    reads: bool = False


def _text(arguments: Arguments, name: str) -> str:
    value = arguments.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"The argument {name} must be a text that is not empty.")
    return value.strip()


def _seconds(arguments: Arguments) -> float:
    value = arguments.get("timeout_s", LISTEN_S)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= LONGEST_LISTEN_S:
        raise Refused(f"The argument timeout_s must be a number from 1 to {LONGEST_LISTEN_S:.0f}.")
    return float(value)


SERVICES: Final = (
    Service(
        name="speak",
        description="Says a text aloud, and returns when it was heard. If the person talks, it waits until they have finished. "
        "If they talk over it, it stops: `interrupted` is true, and `heard` is what they heard.",
        properties={"text": _TEXT},
        required=("text",),
        run=lambda voice, given, cancelled: voice.speak(_text(given, "text"), 0.0, cancelled),
    ),
    Service(
        name="listen",
        description="Waits for the person to say something, and returns it as text: `said`, empty if nothing was said in time.",
        properties={"timeout_s": _TIMEOUT},
        run=lambda voice, given, cancelled: voice.speak("", _seconds(given), cancelled),
    ),
    Service(
        name="converse",
        description="Says a text aloud, then waits for the answer and returns it as text: `said`. The person may answer before the text is over.",
        properties={"text": _TEXT, "timeout_s": _TIMEOUT},
        required=("text",),
        run=lambda voice, given, cancelled: voice.speak(_text(given, "text"), _seconds(given), cancelled),
    ),
    Service(
        name="stop",
        description="Stops what is being said.",
        properties={},
        run=lambda voice, _given, _cancelled: voice.stop(),
    ),
    Service(
        name="transcribe_file",
        description="Returns what is said in a sound file of this computer (WAV, FLAC, MP3, Opus and others): `text`.",
        properties={"path": {"type": "string", "minLength": 1, "description": "The path of the file."}},
        required=("path",),
        reads=True,
        run=lambda voice, given, cancelled: voice.transcribe(_text(given, "path"), cancelled),
    ),
)

_BY_NAME: Final = {each.name: each for each in SERVICES}


def serve(voice: Voice, version: str) -> None:
    """Serves one other program on standard input and output until it closes them."""
    asyncio.run(_serve(voice, version))


async def _serve(voice: Voice, version: str) -> None:
    from mcp.server.lowlevel import Server
    from mcp.server.stdio import stdio_server
    from mcp.types import CallToolResult, ListToolsResult, TextContent, Tool, ToolAnnotations

    async def list_tools(
        _context: ServerRequestContext[object], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(
            tools=[
                Tool(
                    name=each.name,
                    description=each.description,
                    input_schema={
                        "type": "object",
                        "properties": dict(each.properties),
                        "required": list(each.required),
                        "additionalProperties": False,
                    },
                    annotations=ToolAnnotations(read_only_hint=each.reads, open_world_hint=False),
                )
                for each in SERVICES
            ]
        )

    async def call_tool(_context: ServerRequestContext[object], params: CallToolRequestParams) -> CallToolResult:
        try:
            answer = await _in_thread(_service(params.name), voice, params.arguments or {})
        except Refused as error:
            return CallToolResult(content=[TextContent(type="text", text=str(error))], is_error=True)
        return CallToolResult(
            content=[TextContent(type="text", text=in_words(answer))], structured_content=dict(answer)
        )

    server = Server(
        "voicecli", version=version, instructions=INSTRUCTIONS, on_list_tools=list_tools, on_call_tool=call_tool
    )
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _service(name: str) -> Service:
    if name not in _BY_NAME:
        raise Refused(f"There is no tool {name}. There are: {', '.join(_BY_NAME)}.")
    return _BY_NAME[name]


async def _in_thread(service: Service, voice: Voice, arguments: Arguments) -> Answer:
    """Carries out a call in a thread. When the other program cancels it, the thread is told, and stops soon."""
    cancelled = threading.Event()
    work = asyncio.ensure_future(asyncio.to_thread(service.run, voice, arguments, cancelled.is_set))
    work.add_done_callback(lambda done: done.cancelled() or done.exception())  # which nobody may wait for any more
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        cancelled.set()
        raise


def in_words(answer: Answer) -> str:
    """An answer as a sentence, for language models that read no structured results."""
    parts = []
    if answer.get("interrupted"):
        parts.append(f"The person talked over it after hearing: {answer.get('heard') or 'nothing'}.")
    elif "heard" in answer:
        parts.append("It was heard to its end.")
    if "said" in answer:
        parts.append(f"The person said: {answer['said']}" if answer["said"] else "The person said nothing.")
    if "text" in answer:
        parts.append(str(answer["text"]) or "Nothing is said in it.")
    if "stopped" in answer:
        parts.append("It is silent." if answer["stopped"] else "No chat is running.")
    return " ".join(parts)
