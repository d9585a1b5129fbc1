"""Opens the microphone and the speaker that a user names: a device of the sound card, files, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voicecli.audio.clock import SampleClock
from voicecli.audio.devices import NONE, is_file
from voicecli.audio.ports import Microphone, Speaker
from voicecli.errors import NoInputDevice


def open_microphone(spec: str | Sequence[str], clock: SampleClock) -> Microphone:
    """Returns the microphone that a user asked for. It is not started yet.

    Args:
        spec: "" for the system's default, a number, a name, `none`, or one or more sound files.
        clock: Paces files.

    Raises:
        AudioError: There is no such microphone, or a file cannot be read.
    """
    specs = [spec] if isinstance(spec, str) else list(spec) or [""]
    if any(is_file(one) or (Path(one).suffix and Path(one).is_file()) for one in specs):  # films contain sound, too
        from voicecli.audio.file_devices import FileMicrophone

        return FileMicrophone([Path(one).expanduser() for one in specs], clock)
    if len(specs) > 1:
        raise NoInputDevice(
            f"Several microphones cannot be used, only several files: {', '.join(specs)}.", "Give one --mic."
        )
    if specs[0].lower() == NONE:
        raise NoInputDevice("The microphone is turned off in the settings.", 'voicecli config set audio.microphone ""')
    from voicecli.audio.microphone import SoundDeviceMicrophone

    return SoundDeviceMicrophone(specs[0])


def open_speaker(
    spec: str, preferred_rate_hz: int, clock: SampleClock, *, force: bool = False, prompt: bool = False
) -> Speaker:
    """Returns the speaker that a user asked for. It is not started yet.

    Args:
        spec: "" for the system's default, a number, a name, `none`, or a sound file to be written.
        preferred_rate_hz: The voice's rate. A card that does not support it is opened at its own rate.
        clock: Paces files and `none`.
        force: Whether a file that is not a sound file may be replaced.
        prompt: Whether to ask the card for a smaller buffer, so that a key press takes effect sooner.

    Raises:
        AudioError: There is no such speaker, or the file cannot be created.
        WouldOverwrite: A file of that name exists and is not a sound file.
    """
    if spec.lower() == NONE or is_file(spec):
        from voicecli.audio.file_devices import FileSpeaker, NullSpeaker

        if spec.lower() == NONE:
            return NullSpeaker(preferred_rate_hz, clock)
        return FileSpeaker(Path(spec).expanduser(), preferred_rate_hz, clock, force=force)
    from voicecli.audio.speaker import SoundDeviceSpeaker

    return SoundDeviceSpeaker(spec, preferred_rate_hz, prompt=prompt)
