"""Decides where engines run: all in this process, or each in its own process, as the setting `models.processes` says."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from voicecli.app import console
from voicecli.app.early_engine_start import are_apart
from voicecli.pipeline.channel import ChannelClosed
from voicecli.tuning import EngineCrashed

if TYPE_CHECKING:
    from voicecli.app.early_engine_start import are_apart
    from voicecli.config.schema import Settings
    from voicecli.engines.ports import ChatModel, Device, Transcriber, TurnDetector, Voice
    from voicecli.messages import Report
from voicecli.pipeline.channel import Channel


class Makers(Protocol):
    """Makes engines; see `engines.registry`."""

    def make_turn_detector(self, path: Path, *, threads: int = 1, engine: str = "") -> TurnDetector:
        """Makes a turn detector."""
        ...

    def make_transcriber(self, path: Path, *, name: str, device: Device, threads: int, engine: str = "") -> Transcriber:
        """Makes a recogniser."""
        ...

    def make_chat_model(
        self, path: Path, *, name: str, device: Device, threads: int, context_tokens: int, engine: str = ""
    ) -> ChatModel:
        """Makes a language model."""
        ...

    def make_voice(self, path: Path, *, name: str, threads: int, speaker: str | None = None, engine: str = "") -> Voice:
        """Makes a voice."""
        ...


def _write(sentence: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        console.remark(f"note: {sentence}")


_tell: Callable[[str], object] = _write


def _tell_now(sentence: str) -> None:
    _tell(sentence)


def makers(settings: Settings) -> Makers:
    """Returns the object that makes the engines. Processes of engines are monitored on Linux only."""
    if are_apart(settings):
        from voicecli.engines.isolated.proxies import Apart

        return Apart(_tell_now)
    from voicecli.engines import registry

    return cast("Makers", registry)


def end_unused(settings: Settings) -> None:
    """Ends processes that were begun and turned out not to be needed."""
    if are_apart(settings):
        from voicecli.engines.isolated.monitor import watch

        watch.end_unused()


def tell_in(inbox: Channel[Report]) -> None:
    """Sends messages about crashed engines to the conversation from now on, and no longer to standard error."""
    global _tell  # noqa: PLW0603 - engines are made in several places, and may crash at any time

    def report(sentence: str) -> None:
        with contextlib.suppress(ChannelClosed):  # the session is over anyway
            inbox.insist(EngineCrashed(message=sentence))

    _tell = report
