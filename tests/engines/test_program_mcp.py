"""MCP both ways with real engines: a spoken request reaches a tool of a server, and another program speaks and listens."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes import mcp_server
from fakes.program import Chat, files
from fakes.words import plain
from speech_fixtures import speak
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.pcm import RATE_HZ, silence

pytestmark = pytest.mark.engines

pytest.importorskip("mcp", reason="needs voicecli[mcp]")

ASKED = "What is the office time in Tokyo?"
SETTINGS = """
[tools.mcp.fake]
command = {python!r}
args = [{server!r}]
env = {{ MCP_SEEN = {seen!r} }}
allow = ["echo"]

[[tools.mcp.fake.phrases]]
say = "what is the office time in {{text}}"
tool = "echo"
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for sockets. Its path is short, because the path of a socket has to be."""
    with tempfile.TemporaryDirectory(prefix="vc-") as name:
        yield Path(name)


def test_a_spoken_request_reaches_a_tool_of_a_server_and_the_result_is_spoken(home: Path, tmp_path: Path) -> None:
    settings, seen = tmp_path / "config.toml", tmp_path / "seen"
    settings.write_text(
        SETTINGS.format(python=sys.executable, server=str(mcp_server.__file__), seen=str(seen)), encoding="utf-8"
    )
    settings.chmod(0o600)
    env = {"VOICECLI_CONFIG": str(settings), "XDG_RUNTIME_DIR": str(home)}
    question = speak([ASKED], tmp_path)[0]
    with Chat("--no-save", *files([question]), "--speaker", str(tmp_path / "out.wav"), env=env) as chat:
        used = chat.wait_for("tool")
        assert (used["tool"], used["outcome"], plain(used["text"])) == ("fake__echo", "done", ["tokyo"])
        assert plain(chat.wait_for("spoken")["text"]) == ["tokyo"]
        assert chat.end() == 0, chat.stderr()
        assert chat.told("ready")[0]["offline"] is True
    lines = seen.read_text(encoding="utf-8").splitlines()
    assert "called echo" in lines
    assert lines[-1] == "end of input"


def served(home: Path, arguments: list[str], talk: Callable[..., Awaitable[None]]) -> None:
    """Runs `voicecli mcp` with the client of the SDK."""
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    async def run() -> None:
        env = {**os.environ, "XDG_RUNTIME_DIR": str(home)}
        program = StdioServerParameters(command=sys.executable, args=["-m", "voicecli", "mcp", *arguments], env=env)
        async with stdio_client(program) as streams, ClientSession(*streams) as session:
            await session.initialize()
            await talk(session)

    asyncio.run(run())


def test_another_program_speaks_listens_and_transcribes_with_a_chat_of_its_own(home: Path, tmp_path: Path) -> None:
    question, later = speak([ASKED], tmp_path)[0], tmp_path / "later.wav"
    with WavWriter(later, RATE_HZ) as file:
        file.write(np.concatenate([silence(6 * RATE_HZ), read_wav(question)[0]]))

    async def talk(session) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 - a class of a package that is loaded late
        names = [each.name for each in (await session.list_tools()).tools]
        assert names == ["speak", "listen", "converse", "stop", "transcribe_file"]
        heard = await session.call_tool("converse", {"text": "Hello.", "timeout_s": 20})
        assert not heard.is_error, heard.content
        assert heard.structured_content["heard"] == "Hello."
        assert plain(heard.structured_content["said"]) == plain(ASKED)
        written = await session.call_tool("transcribe_file", {"path": str(question)})
        assert plain(written.structured_content["text"]) == plain(ASKED)
        missing = await session.call_tool("transcribe_file", {"path": str(tmp_path / "none.wav")})
        assert missing.is_error
        assert "none.wav" in missing.content[0].text

    served(home, ["--mic", str(later), "--speaker", str(tmp_path / "out.wav")], talk)
    assert not list((home / "voicecli").glob("*.sock"))
