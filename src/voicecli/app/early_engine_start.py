"""Begins to start the processes of a conversation's engines while the program itself is still being imported. Imports almost nothing."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voicecli.config.rules import Value
    from voicecli.config.schema import Settings


def are_apart(settings: Settings) -> bool:
    """Whether engines have processes of their own. They are monitored on Linux only."""
    return settings.models.processes == "apart" and sys.platform == "linux"


def begin(flags: Mapping[str, Value | None], *, typed: bool, thinks: bool = True) -> None:
    """Cuts the program off from the network, and begins to start the processes that a conversation will need.

    `engine_processes.end_unused` ends processes that turn out not to be needed. Nothing is begun if a server may be reached or a tool's program may
    use the network: the processes for these must start before the restrictions apply (`app.startup`).

    Args:
        flags: Settings by name; None for a flag that was not given.
        typed: Whether the microphone stays closed.
        thinks: Whether there is a language model.

    Raises:
        ConfigError: A setting is wrong.
    """
    from voicecli.config.load import load

    settings = load(flags=flags).settings
    models = settings.models
    servers = models.llm_url or models.stt_url or models.tts_url
    if not are_apart(settings) or servers or any(each.url or each.network for each in settings.tools.mcp):
        return
    from voicecli.offline.walls import shut_in

    shut_in()  # before the first thread; the processes inherit it
    from voicecli.engines.isolated.monitor import watch
    from voicecli.engines.isolated.supervisor import WHAT, name_of

    kinds = [
        *(["llm"] if thinks else []),
        *([] if typed else ["stt", "turn"]),
        *([] if settings.audio.speaker == "none" else ["voice"]),
    ]
    watch.begin(name_of(WHAT[kind]) for kind in kinds)
