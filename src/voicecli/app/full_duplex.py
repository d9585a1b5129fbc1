"""Decides whether the user may talk over an answer on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voicecli.app import engine_setup

if TYPE_CHECKING:
    from voicecli.config.schema import Settings


def listens_while_speaking(settings: Settings, *, echo: bool) -> tuple[bool, str]:
    """Returns whether the user may talk over an answer; and if not although it is not forbidden, the reason.

    Args:
        settings: The user's settings.
        echo: Whether the microphone can hear the speaker.

    Raises:
        EngineNotInstalled: It was asked for, and something it needs is missing.
    """
    from voicecli.audio.echo_canceller import make_canceller
    from voicecli.errors import EngineNotInstalled

    if settings.audio.duplex == "half":
        return False, ""
    try:
        _require_confirming_detector()
        if echo:
            make_canceller(settings.audio.echo_cancel)
    except EngineNotInstalled as error:
        if settings.audio.duplex == "full":
            raise
        return False, f"{error.message} You cannot talk over answers. {error.hint}"
    return True, ""


def _require_confirming_detector() -> None:
    from voicecli.errors import EngineNotInstalled

    if engine_setup.detectors()[1] is None:
        raise EngineNotInstalled(
            "The Silero voice detector is missing, without which nobody can talk over an answer.",
            "pip install --force-reinstall faster-whisper==1.2.1",
        )
