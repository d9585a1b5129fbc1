"""Environment variables that would make a library send something to another machine, or try to."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Final

from voicecli import NO_TELEMETRY

OFFLINE: Final = {"HF_HUB_OFFLINE": "1"}
"""Tells huggingface_hub, a dependency of faster-whisper, not to try."""

PROXY_ENDING: Final = "_proxy"
"""The end of the names of all proxy variables, in upper or lower case: `HTTPS_PROXY`, `all_proxy`, `no_proxy` and so on."""


def silence_telemetry(environ: MutableMapping[str, str] = os.environ) -> None:
    """Sets the variables that disable telemetry. Call it again right before a library that reads them is imported."""
    environ.update(NO_TELEMETRY)


def seal(environ: MutableMapping[str, str] = os.environ) -> None:
    """Prepares `environ` for a process that reaches no other machine, and for its children: no telemetry, no model hub, no proxy."""
    silence_telemetry(environ)
    environ.update(OFFLINE)
    for name in [name for name in environ if name.lower().endswith(PROXY_ENDING)]:
        del environ[name]
