"""Checks of what is promised: nothing leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from voicecli.cli.checks.finding import Finding, Scene, right

REMOVE: Final = "voicecli doctor --remove-telemetry-id"


def telemetry(_scene: Scene) -> Iterator[Finding]:
    """Whether the telemetry of libraries is off, and what it left on the disk when another program, or an older version, ran it."""
    from voicecli.offline.telemetry import identifier_folder

    folder = identifier_folder()
    if folder is None:
        yield right("The telemetry of all libraries is switched off.")
    else:
        yield right(
            f"The telemetry of all libraries is switched off. An identifier from onnxruntime is in {folder}; "
            "other programs on this machine use it too.",
            f"To remove it: {REMOVE}",
        )
