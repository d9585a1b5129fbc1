"""Checks of the sound card: PortAudio, the devices that `chat` would use, and whether they can be opened.

If a device is missing that nobody named, `chat` continues by typing, so that is a warning. A device that was named must exist.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from voicecli.cli.checks.finding import Finding, Scene, right, warning, wrong
from voicecli.errors import AudioBackendMissing, AudioError
from voicecli.timing import AUDIBLE_BLOCKS

if TYPE_CHECKING:
    from voicecli.audio.devices import Direction
    from voicecli.pcm import Pcm

LISTEN_S = 0.5
"""How long each device is tested: long enough for the first blocks of every sound server, and short enough for the user."""

PATIENCE_S = 3.0
"""How long a loudspeaker may take before it requests its first sound."""

SPEAKER_RATE_HZ = 22_050
"""The rate of most voices."""

ALSA_BRIDGES = ("*pulse*", "*pipewire*")
WITHOUT: dict[Direction, str] = {"input": "chat would be text only", "output": "answers would be shown only"}


def library(scene: Scene) -> Iterator[Finding]:
    """Checks PortAudio, through which every card is reached."""
    from voicecli.audio.devices import backend, list_devices

    named = [spec for spec in _specs(scene).values() if spec]
    if not any(_needs_card(spec) for spec in _specs(scene).values()):
        yield right("Not needed: the settings use sound files, or none.")
        return
    try:
        version = str(backend().get_portaudio_version()[1]).partition(",")[0]
        scene.devices = list_devices()
    except AudioBackendMissing as error:
        unnamed = not any(_needs_card(spec) for spec in named)
        yield warning(f"{error.message} Without it {WITHOUT['input']}.", error.hint) if unnamed else wrong(error)
        return
    yield right(f"{version}, {len(scene.devices)} device{'' if len(scene.devices) == 1 else 's'}.")


def microphone(scene: Scene) -> Iterator[Finding]:
    """Checks the microphone that `chat` would use."""
    yield from _device(scene, "input")


def loudspeaker(scene: Scene) -> Iterator[Finding]:
    """Checks the loudspeaker that `chat` would use."""
    yield from _device(scene, "output")


def hearing(scene: Scene) -> Iterator[Finding]:
    """Opens the microphone for half a second and reports its level."""
    from voicecli.audio.clock import SampleClock
    from voicecli.audio.device_test import judge, listen
    from voicecli.audio.devices import word_for
    from voicecli.audio.open_devices import open_microphone

    if not _usable(scene, "input"):
        return
    source = open_microphone(scene.settings.audio.microphone, SampleClock())
    peak = max(reading.peak_dbfs for reading in listen(source, LISTEN_S))
    if judge(peak) == "silent":
        yield warning(
            f"{source.name} delivers only silence: is the {word_for('input')} muted?", "voicecli devices --test"
        )
    elif source.health().lost_blocks >= AUDIBLE_BLOCKS:
        yield _gaps(source.name, source.health().lost_blocks)
    else:
        yield right(f"{source.name} is open and delivers sound.")


def playing(scene: Scene) -> Iterator[Finding]:
    """Opens the loudspeaker as `chat` does, plays silence, and reports the buffer that does not break off."""
    from voicecli.audio.clock import SampleClock
    from voicecli.audio.device_watchdog import Buffered
    from voicecli.audio.devices import LIST_COMMAND
    from voicecli.audio.open_devices import open_speaker
    from voicecli.errors import DeviceLost
    from voicecli.pcm import silence

    if not _usable(scene, "output"):
        return
    speaker = open_speaker(scene.settings.audio.speaker, SPEAKER_RATE_HZ, SampleClock(), prompt=True)
    asked = threading.Event()

    def source(count: int) -> Pcm:
        asked.set()
        return silence(count)

    speaker.start(source)
    try:
        if not asked.wait(PATIENCE_S):
            raise DeviceLost(f"The speaker {speaker.name} is open but does not play.", LIST_COMMAND)
        time.sleep(LISTEN_S)
        while isinstance(speaker, Buffered) and speaker.adapt() is not None:
            time.sleep(LISTEN_S)
    finally:
        speaker.stop()
    lost = speaker.underruns if isinstance(speaker, Buffered) else speaker.health().lost_blocks
    if lost >= AUDIBLE_BLOCKS:
        yield _gaps(speaker.name, lost)
        return
    yield right(
        f"{speaker.name} is open and plays; it holds {speaker.held_ms:.0f} ms, the least that did not break off."
    )


def _gaps(name: str, lost: int) -> Finding:
    return warning(
        f"{name} lost {lost} blocks of 20 ms within {LISTEN_S:g} s, because this computer is too busy.",
        "Close programs that keep the processor busy, then: voicecli doctor",
    )


def _specs(scene: Scene) -> dict[Direction, str]:
    return {"input": scene.settings.audio.microphone, "output": scene.settings.audio.speaker}


def _needs_card(spec: str) -> bool:
    from voicecli.audio.devices import NONE, is_file

    return spec.lower() != NONE and not is_file(spec)


def _usable(scene: Scene, direction: Direction) -> bool:
    """Whether there is a device that can be opened. `_device` has reported any problem."""
    from voicecli.audio.devices import choose

    spec = _specs(scene)[direction]
    if not scene.devices or not _needs_card(spec):
        return False
    try:
        choose(scene.devices, spec, direction)
    except AudioError:
        return False
    return True


def _device(scene: Scene, direction: Direction) -> Iterator[Finding]:
    from voicecli.audio.devices import choose

    spec = _specs(scene)[direction]
    if not _needs_card(spec):
        yield _without_card(spec, direction)
        return
    if scene.devices is None:
        return  # another check reports that PortAudio is missing
    try:
        device = choose(scene.devices, spec, direction)
    except AudioError as error:
        if spec:
            yield wrong(error)
        else:
            remedy = error.hint if scene.devices else _server_remedy()
            yield warning(f"{error.message.rstrip('.')}, so {WITHOUT[direction]}.", remedy)
        return
    whose = "as set" if spec else "the system's default"
    yield right(f"{device.name}, {device.rate_hz} Hz, {device.host_api}; {whose}.")


def _without_card(spec: str, direction: Direction) -> Finding:
    from voicecli.audio.devices import NONE
    from voicecli.audio.sound_files import read_audio

    if spec.lower() == NONE:
        return right(f"Switched off in the settings, so {WITHOUT[direction]}.")
    if direction == "input":
        read_audio(spec)
    return right(f"The sound file {spec}.")


def _server_remedy() -> str:
    """Returns what to do if PortAudio finds no device at all."""
    if sys.platform != "linux":
        return "Connect a microphone and a loudspeaker, then: voicecli devices"
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}"))
    answers = os.environ.get("PULSE_SERVER") or any(
        (runtime / socket).exists() for socket in ("pulse/native", "pipewire-0")
    )
    bridged = any(any(Path("/etc/alsa/conf.d").glob(pattern)) for pattern in ALSA_BRIDGES)
    if answers and not bridged and shutil.which("apt-get"):
        return "sudo apt-get install libasound2-plugins"  # PortAudio reaches the server through ALSA
    if not answers and shutil.which("pipewire-pulse"):
        return "systemctl --user start pipewire pipewire-pulse wireplumber"
    if not answers and shutil.which("pulseaudio"):
        return "pulseaudio --start"
    return "Connect a microphone and a loudspeaker, then: voicecli devices"
