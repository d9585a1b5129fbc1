"""The words of settings that have a fixed set of them. `schema` and `tool_schema` say what each word means."""

from __future__ import annotations

from typing import Literal, TypeAlias

DeviceChoice: TypeAlias = Literal["auto", "cpu", "cuda"]
Processes: TypeAlias = Literal["apart", "together"]
Duplex: TypeAlias = Literal["auto", "full", "half"]
EchoCancelling: TypeAlias = Literal["auto", "on", "off"]
ListenMode: TypeAlias = Literal["hands-free", "push-to-talk"]
SpeculationChoice: TypeAlias = Literal["auto", "off", "pauses", "speech"]
Theme: TypeAlias = Literal["auto", "dark", "light"]
BellMode: TypeAlias = Literal["auto", "bell", "off"]
LogLevel: TypeAlias = Literal["debug", "info", "warning", "error"]
Permission: TypeAlias = Literal["allow", "forbid"]
AskablePermission: TypeAlias = Literal["allow", "ask", "forbid"]
ToolsOfModel: TypeAlias = Literal["auto", "own", "forbid"]
