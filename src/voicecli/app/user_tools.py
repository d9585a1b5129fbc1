"""The tools that a user has configured or installed: programs, and functions of Python packages."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from voicecli.app import permissions
from voicecli.app.tool_rules import may_of
from voicecli.tools import functions
from voicecli.tools.builtin_catalog import BY_NAME
from voicecli.tools.definitions import LongRun, Offer, Tool
from voicecli.tools.outside_programs import outside_program, outside_runner
from voicecli.tools.permissions import Rule
from voicecli.tools.programs import runner
from voicecli.tools.registry import Registry

if TYPE_CHECKING:
    from voicecli.config.programs import ProgramTool
    from voicecli.config.schema import Settings
    from voicecli.offline.outside import Program

PROGRAMS = "command"
FUNCTIONS = "python"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserTools:
    """Tools that are not the program's own, by the source of each.

    Attributes:
        sources: The tools of each source, by their names.
        faults: A sentence for each tool that cannot be used.
    """

    sources: Mapping[str, Mapping[str, tuple[Tool, LongRun]]] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def tools(self) -> tuple[Tool, ...]:
        """All these tools."""
        return tuple(tool for tools in self.sources.values() for tool, _ in tools.values())

    def offers(self, rules: tuple[Rule, ...]) -> tuple[Offer, ...]:
        """Returns the tools that may be used. The user is asked before a call, unless a rule allows or forbids all calls of the tool."""
        whole = {rule.tool: rule.may for rule in rules if not rule.arguments}
        allowed = (each for each in self.tools if whole.get(each.name) != "forbid")
        return tuple(Offer(tool=each, asks=whole.get(each.name) != "allow", by_model=True) for each in allowed)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Returns the rows of a list: name, source, what may be done, and what it does."""
        rules = permissions.load()
        return [(each.name, each.source, may_of(each.name, rules), each.description) for each in self.tools]

    def records(self) -> list[Mapping[str, object]]:
        """Returns the same as JSON objects, with the schemas of the arguments."""
        keys = ("name", "group", "may", "description")
        records = zip(self.rows(), self.tools, strict=True)
        return [{**dict(zip(keys, row, strict=True)), "arguments": tool.schema} for row, tool in records]

    def register(self, registry: Registry) -> None:
        """Registers the tools with `registry`, which runs them."""
        for source, tools in self.sources.items():
            registry.offer(source, tools)


def found(settings: Settings) -> UserTools:
    """Returns the tools that the settings name, and those of installed packages. A name counts once: the program's own tools come first."""
    by_package, faults = functions.found()
    programs = {each.name: (program_tool(each), _run(each)) for each in settings.tools.command}
    taken = set(BY_NAME)
    sources: dict[str, dict[str, tuple[Tool, LongRun]]] = {}
    for source, tools in ((PROGRAMS, programs), (FUNCTIONS, by_package)):
        for name in sorted(taken & tools.keys()):
            faults.append(f"There is another tool {name}, so that of {tools[name][0].source} is not used.")
        sources[source] = {name: tool for name, tool in tools.items() if name not in taken}
        taken |= tools.keys()
    return UserTools(sources=sources, faults=tuple(faults))


def program_tool(program: ProgramTool) -> Tool:
    """Returns the description of a program as a tool."""
    return Tool(
        name=program.name,
        group=program.name,
        description=program.description,
        schema=jsonlib.loads(program.schema),
        title=f"the tool {program.name.replace('_', ' ')}",
        source=PROGRAMS,
        limit_s=program.limit_s,
        reads=program.reads,
        words=program.words,
    )


def outside_programs(settings: Settings) -> list[Program]:
    """Returns the programs that may use the network, for the process that starts them outside the restrictions."""
    return [
        outside_program(each.name, each.program, each.arguments, limit_s=each.limit_s, reads=each.reads)
        for each in settings.tools.command
        if each.network
    ]


def _run(program: ProgramTool) -> LongRun:
    if program.network:
        return outside_runner(program.name, reads=program.reads)
    return runner(program.program, program.arguments, limit_s=program.limit_s, reads=program.reads)
