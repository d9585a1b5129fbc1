"""`voicecli tools` with MCP servers, and `voicecli mcp` as another program starts it, without models."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fakes import forked, mcp_server
from fakes.forked import voicecli as run

pytestmark = pytest.mark.skipif(
    find_spec("mcp") is None, reason="needs voicecli[mcp]"
)  # which takes a second to import

SETTINGS = """
# mine
[tools.mcp.fake]
command = {python!r}
args = [{server!r}]
allow = ["echo"]  # harmless
forbid = ["remove"]

[[tools.mcp.fake.phrases]]
say = "repeat after me {{text}}"
tool = "echo"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(SETTINGS.format(python=sys.executable, server=str(mcp_server.__file__)), encoding="utf-8")
    file.chmod(0o600)
    return file


def tools(settings: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run("tools", *words, env={"VOICECLI_CONFIG": str(settings), "XDG_CONFIG_HOME": str(settings.parent)})


def test_tools_of_servers_are_listed_with_what_they_may(settings: Path) -> None:
    done = tools(settings, "list", "--json")
    assert done.returncode == 0, done.stderr
    listed = {each["name"]: each for each in json.loads(done.stdout)}
    may = {name: listed[f"fake__{name}"]["may"] for name in ("echo", "remove", "hang")}
    assert may == {"echo": "allow", "remove": "forbid", "hang": "ask"}
    assert listed["fake__echo"]["group"] == "fake"
    assert listed["time"]["group"] == "clock"


def test_a_tool_of_a_server_is_tried_by_its_name_or_by_its_phrase(settings: Path) -> None:
    done = tools(settings, "test", "fake__echo", "--with", '{"text": "Hello."}')
    assert (done.returncode, done.stdout) == (0, "Hello.\n"), done.stderr
    done = tools(settings, "test", "Please repeat after me good morning.")
    assert done.stdout == "fake__echo: text good morning\n", done.stderr
    failed = tools(settings, "test", "fake__fail")
    assert failed.returncode == 5
    assert "reports an error: the disk is full" in failed.stderr
    unknown = tools(settings, "test", "fake__ecko")
    assert (unknown.returncode, "Did you mean fake__echo?" in unknown.stderr) == (2, True)
    wrong = tools(settings, "test", "fake__echo", "--with", "[1]")
    assert (wrong.returncode, "must be a JSON object" in wrong.stderr) == (2, True)


def test_allow_and_forbid_change_the_table_of_the_server_and_nothing_else(settings: Path) -> None:
    assert tools(settings, "allow", "fake__hang").returncode == 0
    assert tools(settings, "forbid", "fake__echo").returncode == 0
    text = settings.read_text(encoding="utf-8")
    assert text.startswith("\n# mine\n")
    assert 'allow = ["hang"]' in text
    assert 'forbid = ["remove", "echo"]' in text
    assert tools(settings, "allow", "fake").returncode == 0
    assert 'allow = ["*"]' in settings.read_text(encoding="utf-8")
    assert "forbid" not in settings.read_text(encoding="utf-8")


def test_a_server_that_cannot_be_started_is_told_and_the_others_are_listed(settings: Path) -> None:
    settings.write_text('[tools.mcp.gone]\ncommand = "no-such-program-at-all"\n', encoding="utf-8")
    done = tools(settings, "list")
    assert done.returncode == 0
    assert "The program no-such-program-at-all of the MCP server gone cannot be found." in done.stderr
    assert "time" in done.stdout


@pytest.fixture
def nowhere() -> Iterator[dict[str, str]]:
    """An environment without models and without a chat. The path of a socket has to be short."""
    with tempfile.TemporaryDirectory(prefix="vc-") as name:
        yield {"XDG_RUNTIME_DIR": name, "VOICECLI_MODELS": f"{name}/none", "XDG_CONFIG_HOME": name}


def test_the_server_offers_five_tools_and_tells_in_a_sentence_what_is_missing(nowhere: dict[str, str]) -> None:
    def message(number: int, method: str, **params: object) -> str:
        return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n"

    about = {"name": "test", "version": "1"}
    begin = message(1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=about)
    begin += json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}) + "\n"
    pipe = subprocess.PIPE
    with forked.start("voicecli", "mcp", stdin=pipe, stdout=pipe, stderr=pipe, env=nowhere) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        answers: dict[int, dict[str, Any]] = {}
        process.stdin.write(begin + message(2, "tools/list"))
        calls = {3: "speak", 4: "stop", 5: "dance", 6: "listen"}
        for number, name in calls.items():
            given = {"text": "Hello."} if name == "speak" else {"timeout_s": 0} if name == "listen" else {}
            process.stdin.write(message(number, "tools/call", name=name, arguments=given))
        process.stdin.flush()
        while len(answers) < 6:
            answer = json.loads(process.stdout.readline())
            answers[answer["id"]] = answer["result"]
        process.stdin.close()
        assert process.wait(30) == 0
    names = [each["name"] for each in answers[2]["tools"]]
    assert names == ["speak", "listen", "converse", "stop", "transcribe_file"]
    said = {name: answers[number]["content"][0]["text"] for number, name in calls.items()}
    assert answers[3]["isError"]
    assert "voicecli models get" in said["speak"]  # there is no model, and no chat to share
    assert said["stop"] == "No chat is running."
    assert said["dance"].startswith("There is no tool dance.")
    assert said["listen"] == "The argument timeout_s must be a number from 1 to 600."
