"""Where engines run: all in this process, or each in one of its own, as the setting `models.processes` says."""

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
    """What makes engines; see `engines.registry`."""

    def make_turn_detector(self, path: Path, *, threads: int = 1) -> TurnDetector:
        """A turn detector."""
        ...

    def make_transcriber(self, path: Path, *, name: str, device: Device, threads: int) -> Transcriber:
        """A recogniser."""
        ...

    def make_chat_model(self, path: Path, *, name: str, device: Device, threads: int, context_tokens: int) -> ChatModel:
        """A language model."""
        ...

    def make_voice(self, path: Path, *, name: str, threads: int, speaker: str | None = None) -> Voice:
        """A voice."""
        ...


def _write(sentence: str) -> None:
    with contextlib.suppress(OSError, ValueError):
        console.remark(f"note: {sentence}")


_tell: Callable[[str], object] = _write


def _tell_now(sentence: str) -> None:
    _tell(sentence)


def makers(settings: Settings) -> Makers:
    """What makes the engines. Processes of their own are looked after on Linux only."""
    if are_apart(settings):
        from voicecli.engines.isolated.proxies import Apart

        return Apart(_tell_now)
    from voicecli.engines import registry

    return cast("Makers", registry)


def end_unused(settings: Settings) -> None:
    """Ends those that were begun and turned out not to be needed."""
    if are_apart(settings):
        from voicecli.engines.isolated.monitor import watch

        watch.end_unused()


def tell_in(inbox: Channel[Report]) -> None:
    """From now on the conversation tells when an engine has crashed, and standard error no longer."""
    global _tell  # noqa: PLW0603 - engines are made in several places, and may crash whenever they like

    def report(sentence: str) -> None:
        with contextlib.suppress(ChannelClosed):  # the session is over anyway
            inbox.insist(EngineCrashed(message=sentence))

    _tell = report
