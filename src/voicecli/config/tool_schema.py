"""Settings of what the assistant may do, and of what may leave this machine. `schema` has the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from voicecli.config.choices import AskablePermission, Permission, ToolsOfModel
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

    clock: Permission = setting("allow", "Whether it tells time and date from the clock.", choices=get_args(Permission))
    calculator: Permission = setting("allow", "Whether it calculates and converts units.", choices=get_args(Permission))
    timers: Permission = setting("allow", "Whether it sets timers and reminders.", choices=get_args(Permission))
    controls: Permission = setting(
        "allow",
        "Whether volume, speed, persona, repetition and the end of the conversation can be had by voice.",
        choices=get_args(Permission),
    )
    files: Permission = setting(
        "allow",
        "Whether it reads files aloud that you named with `--file` or `/file`.",
        choices=get_args(Permission),
    )
    memory: Permission = setting(
        "allow",
        'Whether "remember that…" and "forget that…" are done when they are said; `/remember` and `/forget` work either way.',
        choices=get_args(Permission),
    )
    notes: AskablePermission = setting(
        "ask",
        "Whether it writes down notes, in the file of saved conversations; `ask` asks for permission once in a session.",
        choices=get_args(AskablePermission),
    )
    by_model: ToolsOfModel = setting(
        "auto",
        "Which tools the language model may call by itself: `auto` those that you configured, and with a large enough model the "
        "program's own as well; `own` all of them with any model; `forbid` none, so that only what a rule recognises is called.",
        choices=get_args(ToolsOfModel),
    )
    mcp: tuple[ToolServer, ...] = ()  # the tables [tools.mcp.NAME], which only the file has
    command: tuple[ProgramTool, ...] = ()  # the tables [tools.command.NAME], likewise
