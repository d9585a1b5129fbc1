"""The environment variables that would send something out, or make a library try to."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

from voicecli import NO_TELEMETRY

OFFLINE: Final = {"HF_HUB_OFFLINE": "1"}
"""Asks huggingface_hub, which faster-whisper brings along, not to try."""

PROXY_ENDING: Final = "_proxy"
"""How the names of all proxy variables end, in either case: `HTTPS_PROXY`, `all_proxy`, `no_proxy` and so on."""


def silence_telemetry(environ: MutableMapping[str, str] = os.environ) -> None:
    """Sets what switches telemetry off, again, right before a library that reads it is imported."""
    environ.update(NO_TELEMETRY)


def seal(environ: MutableMapping[str, str] = os.environ) -> None:
    """Prepares `environ` for a process that reaches nobody, and for its children: no telemetry, no hub, no proxy."""
    silence_telemetry(environ)
    environ.update(OFFLINE)
    for name in [name for name in environ if name.lower().endswith(PROXY_ENDING)]:
        del environ[name]
