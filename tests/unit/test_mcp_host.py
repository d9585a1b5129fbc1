"""MCP servers as tools, with the SDK and real programs: lists, calls, changes, cancellation, and servers that misbehave."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from fakes import mcp_server
from voicecli.config.servers import ToolServer
from voicecli.tools.definitions import LONGEST_RESULT, Call, Result, ToolFailed
from voicecli.tools.mcp.definitions import ServedTool
from voicecli.tools.mcp.host import McpHost

pytestmark = pytest.mark.skipif(
    find_spec("mcp") is None, reason="needs voicecli[mcp]"
)  # which takes a second to import

SERVER = str(Path(mcp_server.__file__))


class Hosted:
    """A host with one server, and what it has offered."""

    def __init__(self, server: ToolServer, seen: Path) -> None:
        self.tools: dict[str, ServedTool] = {}
        self.remarks: list[str] = []
        self.lists = 0
        self._seen = seen
        self._news = threading.Condition()
        self.host = McpHost([server], self._offered, delay_s=0.05)
        self.name = server.name
        self.host.start()

    def _offered(self, _source: str, tools: tuple[ServedTool, ...], remarks: tuple[str, ...]) -> None:
        with self._news:
            self.tools = {each.name: each for each in tools}
            self.remarks += remarks
            self.lists += 1
            self._news.notify_all()

    def wait(self, until: Callable[[], bool], limit_s: float = 30.0) -> None:
        with self._news:
            assert self._news.wait_for(until, limit_s), (sorted(self.tools), self.remarks)

    def call(self, name: str, is_cancelled: Callable[[], bool] = lambda: False, **arguments: str) -> Result:
        self.wait(lambda: name in self.tools)
        return self.host.call(self.name, self.tools[name], Call(name=name, arguments=arguments), is_cancelled)

    def seen(self) -> list[str]:
        return self._seen.read_text(encoding="utf-8").splitlines()

    def wait_seen(self, line: str, limit_s: float = 10.0) -> None:
        until_s = time.monotonic() + limit_s
        while not any(each.startswith(line) for each in self.seen()):
            assert time.monotonic() < until_s, self.seen()
            time.sleep(0.02)


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[Callable[..., Hosted]]:
    begun: list[Hosted] = []

    def begin(*words: str, limit_s: float = 10.0, **settings: object) -> Hosted:
        seen = tmp_path / "seen"
        seen.touch()
        server = ToolServer(
            name="fake",
            command=sys.executable,
            args=(SERVER, *words),
            env=(("MCP_SEEN", str(seen)),),
            limit_s=limit_s,
            **settings,  # type: ignore[arg-type] # fields of the settings
        )
        begun.append(Hosted(server, seen))
        return begun[-1]

    yield begin
    for each in begun:
        each.host.stop()


def test_tools_are_listed_called_and_listed_again_when_they_change(hosted: Callable[..., Hosted]) -> None:
    one = hosted(allow=("echo",), forbid=("remove",))
    assert one.call("echo", text="Hello.") == Result(text="Hello.")
    assert "remove" not in one.tools
    offers = {name: each.offer for name, each in one.tools.items()}
    assert (offers["echo"].tool.name, offers["echo"].asks) == ("fake__echo", False)
    assert offers["hang"].asks  # what is not allowed needs permission
    assert one.call("change") == Result(text="Changed.", changed=True)
    one.wait(lambda: "more" in one.tools)
    assert one.call("more", text="Later.").text == "Later."


@pytest.mark.parametrize(
    ("tool", "text", "failed"),
    [
        ("control", "[2J red evil 31m\nline", False),
        ("binary", "(an image: image/png, 8 bytes)\n(a sound: audio/wav, 4 bytes)", False),
        ("nothing", "The tool nothing of the server fake returned nothing.", False),
        ("fail", "The tool fail of the server fake reports an error: the disk is full", True),
    ],
)
def test_whatever_comes_back_is_text_that_can_be_shown_and_read(
    hosted: Callable[..., Hosted], tool: str, text: str, failed: bool
) -> None:
    one = hosted()
    result = one.call(tool)
    assert (result.text, result.failed) == (text, failed)


def test_a_megabyte_is_shortened_and_an_endless_message_ends_the_server(hosted: Callable[..., Hosted]) -> None:
    one = hosted()
    assert len(one.call("megabyte").text) <= LONGEST_RESULT
    with pytest.raises(ToolFailed, match="ended before it had answered"):
        one.call("flood")
    assert one.call("echo", text="again").text == "again"


@pytest.mark.parametrize("tool", ["nonsense", "refuse"])
def test_an_answer_that_is_none_fails_in_a_sentence_and_the_server_stays(
    hosted: Callable[..., Hosted], tool: str
) -> None:
    one = hosted()
    with pytest.raises(ToolFailed, match="fake"):
        one.call(tool)
    assert one.call("echo", text="still there").text == "still there"
    assert sum(line.startswith("started") for line in one.seen()) == 1


def test_a_server_that_dies_is_started_again(hosted: Callable[..., Hosted]) -> None:
    one = hosted()
    with pytest.raises(ToolFailed, match="The MCP server fake ended before it had answered"):
        one.call("die")
    assert one.call("echo", text="back").text == "back"
    assert "The MCP server fake has ended; it is started again." in one.remarks
    assert sum(line.startswith("started") for line in one.seen()) == 2


def test_a_call_that_takes_too_long_is_cancelled_at_the_server(hosted: Callable[..., Hosted]) -> None:
    one = hosted(limit_s=0.3)
    one.wait(lambda: "hang" in one.tools)
    began_s = time.monotonic()
    result = one.call("hang")
    assert 0.25 < time.monotonic() - began_s < 5
    assert result.failed
    assert result.changed  # nobody knows what it has done
    assert result.text == (
        "The tool hang of the server fake took too long and was stopped. What it had done by then is done."
    )
    one.wait_seen("cancelled")


def test_an_interruption_cancels_a_running_call(hosted: Callable[..., Hosted]) -> None:
    one = hosted(limit_s=30.0)
    one.wait(lambda: "hang" in one.tools)
    interrupted = threading.Event()
    threading.Timer(0.2, interrupted.set).start()
    began_s = time.monotonic()
    result = one.call("hang", interrupted.is_set)
    assert time.monotonic() - began_s < 5
    assert "was stopped" in result.text
    one.wait_seen("cancelled")


def test_servers_are_ended_with_the_session_even_those_that_stay(hosted: Callable[..., Hosted]) -> None:
    one = hosted("stays")
    one.wait(lambda: bool(one.tools))
    pid = int(one.seen()[0].split()[1])
    one.host.stop()
    assert "end of input" in one.seen()
    until_s = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until_s:
        time.sleep(0.02)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_greeting_on_the_wrong_stream_is_overlooked_and_endless_nonsense_is_told(
    hosted: Callable[..., Hosted],
) -> None:
    assert hosted("talks").call("echo", text="fine").text == "fine"
    bad = hosted("nonsense")
    bad.wait(lambda: bool(bad.remarks))
    assert "The MCP server fake" in bad.remarks[0]


def test_a_program_that_is_not_there_or_ends_at_once_is_told_once(
    tmp_path: Path, hosted: Callable[..., Hosted]
) -> None:
    gone = Hosted(ToolServer(name="gone", command="no-such-program-at-all"), tmp_path / "none")
    gone.wait(lambda: gone.lists > 2)
    gone.host.stop()
    assert gone.remarks == ["The program no-such-program-at-all of the MCP server gone cannot be found."]
    brief = hosted("ends")
    brief.wait(lambda: brief.lists > 2)
    assert len(brief.remarks) == 1


def test_a_program_gets_no_keys_from_the_environment(
    hosted: Callable[..., Hosted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICECLI_LLM_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    names = hosted().call("environment").text.split()
    assert {"PATH", "MCP_SEEN"} <= set(names)
    assert not {"VOICECLI_LLM_KEY", "HTTPS_PROXY"} & set(names)
