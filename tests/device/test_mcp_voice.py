"""`voicecli mcp` through a real sound server: it speaks, is talked over, listens, and shares the voice of a running chat."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from fakes.program import Chat
from fakes.words import plain
from speech_fixtures import speak
from virtual_sound_card import VirtualSoundCard

pytest.importorskip("mcp", reason="needs voicecli[mcp]")
pytestmark = pytest.mark.engines

STORY = (
    "The build has failed because two tests are red. The first is about dates and the second is about files. "
    "I would like to repair the first one, and then look at the second one together with you. Shall I begin now?"
)
BARGE_IN = "Wait, leave the second one alone."


@pytest.fixture
def runtime() -> Iterator[dict[str, str]]:
    """A folder for sockets. Its path is short, because the path of a socket has to be."""
    with tempfile.TemporaryDirectory(prefix="vc-") as name:
        yield {"XDG_RUNTIME_DIR": name}


async def connect(stack: AsyncExitStack, env: dict[str, str]) -> Any:  # noqa: ANN401 - a class of a package that is loaded late
    """A client of the SDK, connected to a `voicecli mcp` of its own."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    program = StdioServerParameters(command=sys.executable, args=["-m", "voicecli", "mcp"], env={**os.environ, **env})
    streams = await stack.enter_async_context(stdio_client(program))
    session = await stack.enter_async_context(ClientSession(*streams))
    await session.initialize()
    return session


def run(talk: Callable[[AsyncExitStack], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with AsyncExitStack() as stack:
            await talk(stack)

    asyncio.run(asyncio.wait_for(inside(), 200))


def test_who_talks_over_it_stops_it_and_is_understood(
    server: VirtualSoundCard, runtime: dict[str, str], tmp_path: Path
) -> None:
    words = speak([BARGE_IN], tmp_path)[0]

    async def talk(stack: AsyncExitStack) -> None:
        session = await connect(stack, {**server.environment, **runtime})
        short = await session.call_tool("speak", {"text": "Ready."})
        assert (short.is_error, short.structured_content) == (False, {"heard": "Ready.", "interrupted": False})
        talking = asyncio.ensure_future(session.call_tool("converse", {"text": STORY, "timeout_s": 20}))
        await asyncio.sleep(3.5)
        playing = server.play_into_microphone(words)
        told = (await talking).structured_content
        playing.wait()
        assert told["interrupted"] is True
        assert STORY.startswith(told["heard"])
        assert 0 < len(told["heard"]) < len(STORY)
        assert plain(told["said"])[-3:] == plain(BARGE_IN)[-3:]

    run(talk)


def test_a_running_chat_is_shared_by_one_program_at_a_time(
    server: VirtualSoundCard, runtime: dict[str, str], tmp_path: Path
) -> None:
    words = speak([BARGE_IN], tmp_path)[0]
    env = {**server.environment, **runtime}
    with Chat("--no-save", env=env) as chat:
        chat.wait_for("ready")

        async def talk(stack: AsyncExitStack) -> None:
            one, two = await connect(stack, env), await connect(stack, env)
            listening = asyncio.ensure_future(one.call_tool("listen", {"timeout_s": 60}))
            await asyncio.sleep(1.0)
            refused = await two.call_tool("speak", {"text": "Me, too."})
            assert refused.is_error
            assert "Another program is using the voice." in refused.content[0].text
            playing = server.play_into_microphone(words)
            assert plain((await listening).structured_content["said"]) == plain(BARGE_IN)
            playing.wait()
            spoken = await two.call_tool("speak", {"text": "Me, too."})
            assert spoken.structured_content == {"heard": "Me, too.", "interrupted": False}

        run(talk)
        chat.signal(signal.SIGTERM)
        chat.end()
        assert [event["tool"] for event in chat.told("tool")] == ["hand_over"]
        assert [event["text"] for event in chat.told("spoken")] == ["Me, too."]  # the assistant answered nothing
