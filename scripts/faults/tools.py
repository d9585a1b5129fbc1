"""Faults of MCP servers. The server is `tests/fakes/mcp_server.py`; its tools are called by phrases."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from faults.case import Fault
from faults.session import Session, children_of

SERVER: Final = Path(__file__).parents[2] / "tests" / "fakes" / "mcp_server.py"
LIMIT_S: Final = 2
"""How long a call may take."""

CALLS: Final = {"echo": "repeat this", "hang": "stay silent", "die": "end the server", "megabyte": "say a lot", "control": "send control",
                "fail": "make an error", "nonsense": "send nonsense", "flood": "write without end"}  # fmt: skip
TRIES: Final = 4
"""How often a tool is called until its server has been started, again if need be."""

OFFERED_S: Final = 3.0
"""How long a server that runs may take to offer its tools."""

SPOKEN_S: Final = 15.0


def _configure(manner: str = "well") -> Callable[[Path], Callable[[], object]]:
    def prepare(folder: Path) -> Callable[[], object]:
        place = folder / "config" / "voicecli"
        place.mkdir(parents=True)
        lines = [
            "[tools.mcp.fake]",
            f"command = {sys.executable!r}",
            f"args = [{str(SERVER)!r}, {manner!r}]",
            'allow = ["*"]',
            f"limit_s = {LIMIT_S}",
        ]
        for tool, phrase in CALLS.items():
            lines += ["[[tools.mcp.fake.phrases]]", f'say = "{phrase}"', f'tool = "{tool}"']
            lines += ['arguments = { text = "The echo answers" }']
        file = place / "config.toml"
        file.write_text("\n".join(lines))
        file.chmod(0o600)
        return lambda: None

    return prepare


def servers(session: Session) -> list[int]:
    """The processes of the server."""
    found = []
    for child in children_of(session.process.pid):
        with contextlib.suppress(OSError):
            if SERVER.name in Path(f"/proc/{child}/cmdline").read_text():
                found.append(child)
    return found


def _send(number: signal.Signals) -> Callable[[Session], None]:
    def do(session: Session) -> None:
        session.until(lambda: servers(session), SPOKEN_S)
        session.until(lambda: False, OFFERED_S)
        for child in servers(session):
            os.kill(child, number)

    return do


def _call(tool: str) -> Callable[[Session], None]:
    """The next question calls a tool. Waits until it was answered, or failed."""

    def heal(session: Session) -> None:
        session.order("quiet")
        session.order("release")
        for _ in range(TRIES):
            session.rest()
            mark = len(session.events)
            session.order(f"say {CALLS[tool].capitalize()}.")
            session.until(lambda since=mark: session.told("spoken", since) or session.told("error", since), SPOKEN_S)  # type: ignore[misc] # the loop's
            if session.told("tool", mark):
                return

    return heal


def _tool(name: str, tool: str, outcome: str) -> Fault:
    return Fault(
        group="tools",
        name=name,
        prepare=_configure(),
        do=lambda _session: None,
        heal=_call(tool),
        code=f"tool:{outcome}",
        later=True,
    )


FAULTS = (
    _tool("a tool never answers", "hang", "failed"),
    _tool("a tool ends its server", "die", "failed"),
    _tool("a tool returns a megabyte", "megabyte", "done"),
    _tool("a tool returns control characters", "control", "done"),
    _tool("a tool fails", "fail", "failed"),
    _tool("a tool returns no result", "nonsense", "failed"),
    _tool("a tool writes without end", "flood", "failed"),
    Fault(
        group="tools",
        name="the MCP server is killed",
        prepare=_configure(),
        do=_send(signal.SIGKILL),
        heal=_call("echo"),
        later=True,
        code="tool:done",
    ),
    Fault(
        group="tools",
        name="the MCP server is stopped (SIGSTOP)",
        prepare=_configure(),
        do=_send(signal.SIGSTOP),
        heal=_call("echo"),
        later=True,
        code="tool:failed",
    ),
    Fault(
        group="tools",
        name="the MCP server never says anything",
        prepare=_configure("silent"),
        do=lambda _session: None,
    ),
)
