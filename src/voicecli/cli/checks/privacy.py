"""Checks that nothing leaves this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from voicecli.cli.checks.finding import Finding, Scene, right, warning

if TYPE_CHECKING:
    from voicecli.engines.server.address import ServerAddress
    from voicecli.offline.walls import Walls

TRIAL_S: Final = 30.0
"""How long a trial in a process of its own may take."""

REMOVE: Final = "voicecli doctor --remove-telemetry-id"


def network(scene: Scene) -> Iterator[Finding]:
    """Reports which of the restrictions around this process, which are those of `chat`, hold when they are tried."""
    from voicecli.offline.walls import WHAT, measure

    found = measure()
    standing = [WHAT[layer.name] for layer in found.layers if layer.stands]
    if found.leaves:
        yield right(
            f"What you say and type is sent {_sent(scene, found)}, which you allowed; nothing else can leave.",
            f"To end that: {'; '.join(f'voicecli config unset {each.setting}' for each in _away(scene))}",
        )
    elif found.offline and found.holds_native_code:
        yield right(f"Nothing can leave this machine, native code included: {_joined(standing)}.")
    elif found.offline:
        yield warning(
            f"Python cannot reach the network, but native code is not held: only {_joined(standing)} stands.",
            "Use a system with seccomp (Linux on x86-64 or aarch64), or disconnect the machine.",
        )
    else:
        yield warning("Nothing keeps this process from the network.", "voicecli verify-offline")
    for layer in found.layers:
        if not layer.stands:
            yield right(f"Not there: {WHAT[layer.name]}, because {layer.reason}.")
    yield from _tools(scene)
    if "system-calls" in found.names:
        reason = _why_engines_have_sockets()
        yield right(
            f"Engines may open Unix sockets, because {reason}."
            if reason
            else "Engines with processes of their own can open no socket at all."
        )


def _tools(scene: Scene) -> Iterator[Finding]:
    """Names the tools of others that can leave this machine, which the user allowed; `chat` lets them, this process does not."""
    from voicecli.tools.mcp.addresses import address_of

    settings = scene.settings
    allowed = settings.network.programs.replace(",", " ").split()
    configured = [each.name for each in settings.tools.mcp if each.network]
    configured += [each.name for each in settings.tools.command if each.network]
    for name in sorted(set(allowed) & set(configured)):
        yield right(
            f"In chat the program of {name} may use the network, which you allowed: what it is given can leave this machine.",
            "To end that: voicecli config edit (network.programs)",
        )
    hosts = settings.network.allow.replace(",", " ").split()
    for server in settings.tools.mcp:
        where = address_of(server).destination if server.url else None
        if where is not None and not where.is_here and str(where) in hosts:
            yield right(
                f"In chat what the tools of {server.name} are given is sent to {where}, which you allowed.",
                "To end that: voicecli config edit (network.allow)",
            )


def _away(scene: Scene) -> list[ServerAddress]:
    from voicecli.app import remote_engines

    return [each for each in remote_engines.addresses(scene.settings) if not each.destination.is_here]


def _sent(scene: Scene, found: Walls) -> str:
    from voicecli.app import remote_engines

    sent = remote_engines.sends(found, scene.settings) or {"text": _joined(list(map(str, found.leaves)))}
    return _joined([f"as {what} to {where}" for what, where in sent.items()])


def _why_engines_have_sockets() -> str:
    """Closes all sockets in a separate process, as an engine's process does. Returns the reason why that failed; empty if it worked."""
    command = [sys.executable, "-P", "-c", "from voicecli.offline.seccomp import close_sockets; print(close_sockets())"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TRIAL_S, check=False)
    return done.stdout.strip() if done.returncode == 0 else "the trial of it failed"


def _joined(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def telemetry(_scene: Scene) -> Iterator[Finding]:
    """Checks whether the telemetry of libraries is off, and what it has left on the disk when another program, or an older version, ran it."""
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
