"""The sound of a session: its devices, the echo of the speaker in the microphone, and the loss of a device."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

from voicecli.app.full_duplex import listens_while_speaking
from voicecli.audio.clock import SampleClock
from voicecli.audio.echo_canceller import DualEchoCanceller, make_canceller
from voicecli.audio.far_end import FarEnd
from voicecli.audio.file_devices import FileMicrophone, FileSpeaker
from voicecli.audio.near_end import EchoFreeNearEnd, EcholessNearEnd
from voicecli.audio.open_devices import open_microphone, open_speaker
from voicecli.audio.playout import Playout
from voicecli.audio.playout_reports import PlayoutReport
from voicecli.audio.ports import HELD_MS
from voicecli.errors import AudioError, internal
from voicecli.messages import DeviceChanged, EngineLost, FileBegun, MicrophoneExhausted, Report, WorkerDied
from voicecli.timing import BufferEnlarged, SoundDropped

if TYPE_CHECKING:
    from voicecli.audio.ports import BlockSink, Microphone, NearEnd, Speaker
    from voicecli.config.schema import Settings
    from voicecli.pcm import Pcm


class Sound:
    """The devices of a session. Without a microphone the user types; without a speaker nothing is spoken.

    A device that was named must exist. One that was not named may be missing; `notices` says so.

    Thread: the one that composes the session.

    Args:
        settings: The devices, and whether the user may talk over an answer.
        microphones: The values of `--mic`; empty for the configured one.
        hears: Whether a microphone is wanted.
        rate_hz: The voice's sample rate; None if nothing is to be heard.
        force: Whether a speaker that is a file may replace a file that is no sound file.

    Raises:
        AudioError: A device that was named cannot be opened.
    """

    def __init__(
        self,
        settings: Settings,
        microphones: tuple[str, ...],
        *,
        hears: bool,
        rate_hz: int | None,
        force: bool = False,
    ) -> None:
        self.clock = SampleClock()
        self._force = force
        self.notices: list[tuple[str, str]] = []
        self._unopened = False
        self.microphone = self._open_microphone(microphones or (settings.audio.microphone,)) if hears else None
        self.speaker = self._open_speaker(settings.audio.speaker, rate_hz) if rate_hz is not None else None
        self.duplex: Literal["full", "half"] | None = None if self.microphone is None else "full"
        self._settings = settings
        self._far_end: FarEnd | None = None
        self._near_end: EchoFreeNearEnd | None = None
        self._canceller: DualEchoCanceller | None = None

    def _open_microphone(self, names: tuple[str, ...]) -> Microphone | None:
        try:
            return open_microphone(names, self.clock)
        except AudioError as error:
            if names != ("",):
                raise
            message = f"{error.message.rstrip('.')}, so you can only type. {error.hint}".strip()
            self.notices.append(("no-microphone", message))
            return None

    def _open_speaker(self, name: str, rate_hz: int) -> Speaker | None:
        try:
            return open_speaker(name, rate_hz, self.clock, force=self._force, prompt=True)
        except AudioError as error:
            if name:
                raise
            message = f"{error.message.rstrip('.')}, so answers are shown only. {error.hint}".strip()
            self.notices.append(("no-speaker", message))
            return None

    def playout(
        self, on_report: Callable[[PlayoutReport], None], *, listener: Callable[[Pcm], None] | None = None
    ) -> Playout | None:
        """Makes the playout, and decides whether the user may talk over answers. Returns None without a speaker.

        `listener` gets every block that is played, under the rules of a tap.

        Raises:
            EngineNotInstalled: The user insists on talking over answers, and what that needs is missing.
        """
        if self.speaker is None:
            return None
        if self.microphone is not None:
            # The speaker cannot be heard in a file, nor by a microphone beside headphones.
            echo = not isinstance(self.microphone, FileMicrophone) and self._settings.audio.echo_cancel != "off"
            can, why_not = listens_while_speaking(self._settings, echo=echo)
            self.duplex = "full" if can else "half"
            if why_not:
                self.notices.append(("half-duplex", why_not))
            if can and echo:
                self._far_end = FarEnd(self.speaker.rate_hz)
        taps = [
            *([self._far_end.tap] if self._far_end is not None else []),
            *([listener] if listener is not None else []),
        ]

        def tap(block: Pcm) -> None:
            for each in taps:
                each(block)

        return Playout(
            self.speaker.rate_hz,
            on_report=on_report,
            tap=tap if taps else None,
            held_ms=self.speaker.held_ms,
            volume=self._settings.audio.volume,
        )

    def near_end(self) -> NearEnd | None:
        """Returns what cleans the microphone's sound while an answer plays; None if nothing is heard then. To be called after `playout`."""
        if self.duplex != "full":
            return None
        if self._far_end is None:
            return EcholessNearEnd()
        self._canceller = make_canceller(self._settings.audio.echo_cancel)
        self._near_end = EchoFreeNearEnd(self._far_end, self._canceller)
        return self._near_end

    def start(
        self, stack: ExitStack, playout: Playout | None, sink: BlockSink, offer: Callable[[Report], object]
    ) -> None:
        """Starts playing and listening, until `stack` is closed. Files start only when the clock runs."""
        if (speaker := self.speaker) is not None and playout is not None:
            if isinstance(self.speaker, FileSpeaker):  # a recording must not have gaps
                self.speaker.on_failed = lambda error: offer(WorkerDied(worker="speaker", error=error))
            self._begin(speaker, lambda: speaker.start(playout.pull))
            stack.callback(speaker.stop)
        if self._canceller is not None:
            what = "The canceller that cleans what is written down"
            self._canceller.on_lost = lambda error: offer(EngineLost(what=what, error=internal("listen", error)))
        if (microphone := self.microphone) is not None:
            if isinstance(self.microphone, FileMicrophone):
                self.microphone.on_begun = lambda number, name, at_sample: offer(
                    FileBegun(number=number, name=name, at_sample=at_sample)
                )
                self.microphone.on_exhausted = lambda: offer(MicrophoneExhausted())
            heard = self._near_end.sink(sink) if self._near_end is not None else sink
            self._begin(microphone, lambda: microphone.start(heard))
            stack.callback(microphone.stop)

    def _begin(self, device: object, start: Callable[[], None]) -> None:
        """Starts a device. A card that another program uses may be free later, and the watch tries it again."""
        from voicecli.audio.device_watchdog import Card

        try:
            start()
        except AudioError as error:
            if not isinstance(device, Card):
                raise
            self._unopened = True
            self.notices.append(("device-busy", f"{error.message} {error.hint} It is tried every few seconds."))

    def watch(self, stack: ExitStack, offer: Callable[[Report], object], tell: Callable[[str, str], object]) -> None:
        """Reports when a device is lost, and when it is back; and, with a code and a sentence, when a microphone delivers only zeros."""
        from voicecli.audio.device_watchdog import DeviceWatch

        watch = DeviceWatch(
            self.microphone,
            self.speaker,
            on_lost=lambda error: offer(DeviceChanged(error=error)),
            on_back=lambda: offer(DeviceChanged(error=None)),
            on_silent=lambda name: tell(*_silence(name)),
            on_dropped=lambda device, blocks: offer(SoundDropped(device=device, blocks=blocks)),
            on_enlarged=lambda size: offer(BufferEnlarged(block_ms=size.block_ms, held_ms=size.held_ms)),
        )
        watch.start(lost=self._unopened)
        stack.callback(watch.stop)

    @property
    def live(self) -> bool:
        """Whether a microphone hears a person, not a file."""
        return self.microphone is not None and not isinstance(self.microphone, FileMicrophone)

    def next_file(self) -> bool:
        """Begins the next file that takes the microphone's place; returns False if there is none."""
        return isinstance(self.microphone, FileMicrophone) and self.microphone.advance()

    @property
    def fault(self) -> AudioError | None:
        """Why the speaker's file is incomplete. To be asked when everything is closed."""
        return self.speaker.error if isinstance(self.speaker, FileSpeaker) else None

    def let_end(self) -> None:
        """Waits until the sound in the card's buffer was heard."""
        if self.speaker is not None:
            time.sleep(HELD_MS / 1000)


def _silence(name: str) -> tuple[str, str]:
    """Returns the notice about a microphone that delivers only zeros; if `name` is empty, the notice about one that delivers sound again."""
    if not name:
        return "microphone-back", "The microphone delivers sound again."
    what = "it is muted, or the system does not let this program record"
    return (
        "microphone-silent",
        f"The microphone {name} delivers nothing but zeros: {what}. Check it: voicecli devices --test",
    )
