"""Settings of what the assistant may do, and of what may leave this machine. `schema` has the others."""

from __future__ import annotations

from dataclasses import dataclass

from voicecli.config.programs import ProgramTool
from voicecli.config.rules import setting
from voicecli.config.servers import ToolServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Servers of your own on other machines. As it is, nothing leaves this machine."""

    allow: str = setting(
        "",
        "Hosts and ports that what you say and type may be sent to, as text or sound, such as `gpu.lan:8000`, separated by spaces; `chat` asks once. "
        "Servers on this machine need no permission.",
    )
    programs: str = setting(
        "",
        "Names of MCP servers (`tools.mcp`) and programs (`tools.command`) that may use the network, separated by spaces; `chat` asks once "
        "about each.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the assistant may do besides talking."""

    clock: str = setting("allow", "Whether it tells time and date from the clock.", choices=("allow", "forbid"))
    calculator: str = setting("allow", "Whether it calculates and converts units.", choices=("allow", "forbid"))
    timers: str = setting("allow", "Whether it sets timers and reminders.", choices=("allow", "forbid"))
    controls: str = setting(
        "allow",
        "Whether volume, speed, persona, repetition and the end of the conversation can be had by voice.",
        choices=("allow", "forbid"),
    )
    files: str = setting(
        "allow",
        "Whether it reads files aloud that you named with `--file` or `/file`.",
        choices=("allow", "forbid"),
    )
    memory: str = setting(
        "allow",
        'Whether "remember that…" and "forget that…" are done when they are said; `/remember` and `/forget` work either way.',
        choices=("allow", "forbid"),
    )
    notes: str = setting(
        "ask",
        "Whether it writes down notes, in the file of saved conversations; `ask` asks for permission once in a session.",
        choices=("allow", "ask", "forbid"),
    )
    by_model: str = setting(
        "auto",
        "Which tools the language model may call by itself: `auto` those that you configured, and with a large enough model the "
        "program's own as well; `own` all of them with any model; `forbid` none, so that only what a rule recognises is called.",
        choices=("auto", "own", "forbid"),
    )
    mcp: tuple[ToolServer, ...] = ()  # the tables [tools.mcp.NAME], which only the file has
    command: tuple[ProgramTool, ...] = ()  # the tables [tools.command.NAME], likewise
