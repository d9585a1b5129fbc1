"""How much is prepared before it is sure that it is needed. Work that turns out to be for nothing costs heat, and time where the machine is slow."""

from __future__ import annotations

from typing import Literal, TypeAlias

Speculation: TypeAlias = Literal["off", "pauses", "speech"]
"""`off`: recognition begins when the utterance is over. `pauses`: an answer is begun at every pause. `speech`: besides, what was said so far is
written down while the person speaks on, shown, and read by the language model."""

FAST_MS = 500.0
"""A machine that recognises a short utterance in less does not mind doing it once more a second."""

SLOW_MS = 2000.0
"""One that needs longer is still busy with a pause when the person goes on, every time."""

PARTIAL_MS = 1000
"""How often what was said so far is written down."""


def choose(
    wanted: Literal["auto", "off", "pauses", "speech"], *, recognition_ms: float, on_battery: bool
) -> Speculation:
    """What this machine should do.

    Args:
        wanted: The user's setting.
        recognition_ms: How long the recogniser takes for a short utterance here, measured when the session begins.
        on_battery: Whether energy is scarce.
    """
    if wanted != "auto":
        return wanted
    if recognition_ms > SLOW_MS:
        return "off"
    return "pauses" if on_battery or recognition_ms > FAST_MS else "speech"
