"""MCP servers and the walls: programs inherit them, those with the network are started outside, and addresses are reached through the broker."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fakes import forked, mcp_server
from voicecli.app import mcp_servers
from voicecli.cli.checks import privacy
from voicecli.cli.checks.finding import Child, Scene
from voicecli.config.schema import Settings
from voicecli.config.servers import ToolServer
from voicecli.config.tool_schema import Network, Tools
from voicecli.errors import NetworkRefused

pytestmark = pytest.mark.skipif(
    find_spec("mcp") is None, reason="needs voicecli[mcp]"
)  # which takes a second to import

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the walls of the operating system are Linux's")

PROGRAM = """
import json, sys, threading
from voicecli.config.servers import ToolServer
from voicecli.offline import broker, outside, walls
from voicecli.offline.destination import Destination
from voicecli.tools.definitions import Call, ToolFailed
from voicecli.tools.mcp.host import McpHost
from voicecli.tools.mcp.programs import outside_program
settings, port = json.loads(sys.argv[1]), int(sys.argv[2])
settings["args"] = tuple(settings.get("args", ()))
settings["env"] = tuple(map(tuple, settings.get("env", ())))
server = ToolServer(**settings)
if port:
    broker.start([Destination("127.0.0.1", port)])
if server.network:
    outside.start([outside_program(server)])
standing = walls.shut_in()
news, tools = threading.Event(), {}
def offered(source, listed, remarks):
    tools.update({each.name: each for each in listed})
    for remark in remarks:
        print("remark:", remark, flush=True)
    news.set()
host = McpHost([server], offered)
host.start()
news.wait(30)
def call(name, **arguments):
    try:
        return host.call(server.name, tools[name], Call(name=name, arguments=arguments), lambda: False).text
    except ToolFailed as error:
        return f"failed: {error}"
print("offline:", standing.offline, flush=True)
for name in sys.argv[3:]:
    print(f"{name}:", call(name, text="Hello.") if name in tools else "not there", flush=True)
host.stop()
"""


def run(server: dict[str, Any], *calls: str, port: int = 0) -> list[str]:
    done = forked.run("code", PROGRAM, json.dumps(server), str(port), *calls)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def program(**more: object) -> dict[str, Any]:
    return {"name": "fake", "command": sys.executable, "args": [str(mcp_server.__file__)], **more}


@on_linux
def test_a_program_inherits_the_walls() -> None:
    assert run(program(), "echo", "network") == ["offline: True", "echo: Hello.", "network: refused by the system"]


@on_linux
def test_a_program_that_may_use_the_network_is_started_outside_and_the_session_is_not_called_offline() -> None:
    told = run(program(network=True), "echo", "network")
    assert told[:2] == ["offline: False", "echo: Hello."]
    assert told[2].startswith("network: tried")  # an address for documentation, where nobody is


class Http(BaseHTTPRequestHandler):
    """An MCP server with streamable HTTP, as small as it can be."""

    keys: list[str | None] = []  # noqa: RUF012 - a server class has one for all requests

    def do_POST(self) -> None:
        self.keys.append(self.headers.get("Authorization"))
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if message.get("method") == "tools/call" and message["params"]["name"] == "elsewhere":
            self.send_response(307)
            self.send_header("Location", "http://192.0.2.1/mcp")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = json.dumps({"jsonrpc": "2.0", "id": message.get("id"), "result": self._result(message)}).encode()
        self.send_response(200 if "id" in message else 202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if "id" in message else 0))
        self.end_headers()
        if "id" in message:
            self.wfile.write(body)

    def _result(self, message: dict[str, Any]) -> dict[str, Any]:
        params = message.get("params") or {}
        if message["method"] == "initialize":
            about = {"name": "http", "version": "1"}
            return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": about}
        if message["method"] == "tools/list":
            schema = {"type": "object"}
            return {"tools": [{"name": name, "inputSchema": schema} for name in ("echo", "elsewhere")]}
        return {"content": [{"type": "text", "text": str((params.get("arguments") or {}).get("text"))}]}

    def do_GET(self) -> None:
        self.send_error(405)

    do_DELETE = do_GET  # noqa: N815 - the framework has it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the framework's name
        pass


@pytest.fixture
def http() -> Iterator[int]:
    Http.keys = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Http)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield int(server.server_address[1])
    server.shutdown()
    server.server_close()


def test_a_server_with_an_address_is_reached_through_the_broker_with_its_key(http: int, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("secret-key\n", encoding="ascii")
    key.chmod(0o600)
    server = {"name": "there", "url": f"http://127.0.0.1:{http}/mcp", "key_file": str(key)}
    told = run(server, "echo", "elsewhere", port=http)
    assert told[:2] == ["offline: True", "echo: Hello."]
    assert "failed: The MCP server there refused the call: Redirect" in "".join(told[2:])  # it is not followed
    assert set(Http.keys) == {"Bearer secret-key"}


def test_an_address_that_nobody_allowed_or_where_nobody_answers_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    server = {"name": "there", "url": f"http://127.0.0.1:{port}/mcp"}
    assert "cannot be used" in run(server, port=port)[0]
    assert f"Nothing may be sent to 127.0.0.1:{port}." in run(server)[0]


def settings(server: ToolServer, **network: str) -> Settings:
    return Settings(tools=Tools(mcp=(server,)), network=Network(**network))


def test_the_network_and_other_machines_need_consent() -> None:
    weather = ToolServer(name="weather", command=sys.executable, network=True)
    with pytest.raises(NetworkRefused) as refused:
        mcp_servers.reach(settings(weather), asks=False)
    assert refused.value.hint == "If it may: voicecli config set network.programs 'weather'"
    assert [each.name for each in mcp_servers.reach(settings(weather, programs="weather"), asks=False).programs] == [
        "weather"
    ]
    away = ToolServer(name="away", url="https://tools.lan/mcp")
    with pytest.raises(NetworkRefused, match=r"tools\.lan:443"):
        mcp_servers.reach(settings(away), asks=False)
    there = mcp_servers.reach(settings(away, allow="tools.lan:443"), asks=False)
    assert [str(each) for each in there.destinations] == ["tools.lan:443"]
    here = ToolServer(name="here", url="http://127.0.0.1:8000/mcp")
    assert [str(each) for each in mcp_servers.reach(settings(here), asks=False).destinations] == ["127.0.0.1:8000"]


def test_doctor_names_what_tools_of_others_may_send_away() -> None:
    weather = ToolServer(name="weather", command=sys.executable, network=True)
    away = ToolServer(name="away", url="https://tools.lan/mcp")
    scene = Scene(full=False, apart=Child())
    scene.settings = Settings(
        tools=Tools(mcp=(weather, away)), network=Network(programs="weather", allow="tools.lan:443")
    )
    told = [each.message for each in privacy._tools(scene)]
    assert told[0].startswith("In chat the program of weather may use the network")
    assert told[1] == "In chat what the tools of away are given is sent to tools.lan:443, which you allowed."
    scene.settings = Settings(tools=Tools(mcp=(weather, away)))
    assert list(privacy._tools(scene)) == []
