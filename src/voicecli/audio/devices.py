"""Lists sound devices, and finds the one that a user names. `open_devices` opens it."""

from __future__ import annotations

import atexit
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from voicecli.audio.portaudio import SoundLibrary
from voicecli.audio.sound_files import SUFFIXES
from voicecli.config.suggest import did_you_mean
from voicecli.errors import AudioBackendMissing, AudioError, NoInputDevice, NoOutputDevice
from voicecli.offline.sound_server import refuse_remote_sound_server

Direction: TypeAlias = Literal["input", "output"]

DIRECTIONS: Final[tuple[Direction, ...]] = ("input", "output")

NONE = "none"
"""What a user writes to use no microphone, or no speaker."""

LIST_COMMAND = "voicecli devices"

INSTALL_COMMANDS = {
    "apt-get": "sudo apt-get install libportaudio2",
    "dnf": "sudo dnf install portaudio",
    "pacman": "sudo pacman -S portaudio",
    "zypper": "sudo zypper install libportaudio2",
    "apk": "sudo apk add portaudio",
    "brew": "brew install portaudio",
}
"""The command that installs PortAudio, for each package manager."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A sound device, as PortAudio lists it.

    Attributes:
        index: Its number. It changes when devices are plugged in or out.
        name: Its name.
        host_api: The system interface that provides it: ALSA, Core Audio, WASAPI.
        input_channels: How many channels it records; 0 if it is not a microphone.
        output_channels: How many channels it plays; 0 if it is not a speaker.
        rate_hz: Its preferred rate.
        default_input: Whether it is the system's default for recording.
        default_output: Whether it is the system's default for playing.
    """

    index: int
    name: str
    host_api: str
    input_channels: int
    output_channels: int
    rate_hz: int
    default_input: bool
    default_output: bool

    def channels(self, direction: Direction) -> int:
        """The number of channels it has in that direction."""
        return self.input_channels if direction == "input" else self.output_channels

    def is_default(self, direction: Direction) -> bool:
        """Whether it is the system's default for that direction."""
        return self.default_input if direction == "input" else self.default_output


def backend() -> SoundLibrary:
    """Returns the module `sounddevice`.

    Raises:
        AudioBackendMissing: sounddevice, or PortAudio, which it needs, is not installed or does not start.
        NetworkRefused: The sound server is on another machine.
    """
    refuse_remote_sound_server()
    try:
        import sounddevice
    except ImportError as error:
        raise AudioBackendMissing(f"sounddevice cannot be imported: {error}.", "pip install sounddevice") from error
    except OSError as error:
        commands = [command for program, command in INSTALL_COMMANDS.items() if shutil.which(program)]
        hint = commands[0] if commands else "Install PortAudio with the package manager of your system."
        raise AudioBackendMissing("PortAudio, the sound library, is not installed.", hint) from error
    except Exception as error:  # importing starts PortAudio, and an old one lacks symbols: any error means no card
        message = f"PortAudio, the sound library, does not start: {error}."
        raise AudioBackendMissing(message, "voicecli doctor") from error
    library: SoundLibrary = sounddevice
    return library


def restart_backend() -> None:
    """Makes PortAudio look for devices again, which it does only when it starts. All streams of the process must be closed first.

    Raises:
        AudioError: PortAudio does not start again.
    """
    sd = backend()
    try:
        sd._terminate()  # noqa: SLF001 - there is no public way
        sd._initialize()  # noqa: SLF001 - there is no public way
    except sd.PortAudioError as error:
        raise AudioError(f"PortAudio does not start: {error}.", LIST_COMMAND) from error


def leave_open_at_exit() -> None:
    """Keeps PortAudio from being closed at the end of the program, because a thread hangs in it: that would hang, or crash, too."""
    sd = sys.modules.get("sounddevice")
    if sd is not None:
        atexit.unregister(sd._exit_handler)  # noqa: SLF001 - there is no public way


def list_devices() -> list[Device]:
    """Lists all devices. The list is empty if no sound server answers.

    Raises:
        AudioBackendMissing: PortAudio is not installed.
        AudioError: PortAudio failed.
    """
    sd = backend()
    try:
        return _listed(sd)
    except sd.PortAudioError as error:
        raise AudioError(f"PortAudio cannot list the sound devices: {error}.", "voicecli doctor") from error


def _listed(sd: SoundLibrary) -> list[Device]:
    defaults: dict[Direction, int] = {}
    for direction in DIRECTIONS:
        try:
            defaults[direction] = sd.query_devices(kind=direction)["index"]
        except sd.PortAudioError:  # there is no default
            defaults[direction] = -1
    apis = sd.query_hostapis()
    return [
        Device(
            index=found["index"],
            name=found["name"],
            host_api=apis[found["hostapi"]]["name"],
            input_channels=found["max_input_channels"],
            output_channels=found["max_output_channels"],
            rate_hz=round(found["default_samplerate"]),
            default_input=found["index"] == defaults["input"],
            default_output=found["index"] == defaults["output"],
        )
        for found in sd.query_devices()
    ]


def missing(direction: Direction, message: str, hint: str = LIST_COMMAND) -> AudioError:
    """Returns the error for a missing device of that direction."""
    return (NoInputDevice if direction == "input" else NoOutputDevice)(message, hint)


def word_for(direction: Direction) -> str:
    """Returns the user's word for such a device."""
    return "microphone" if direction == "input" else "speaker"


def choose(devices: Sequence[Device], wanted: str | int | None, direction: Direction) -> Device:
    """Finds the device that a user names.

    Args:
        devices: The devices to choose from.
        wanted: A number, a name, a part of a name that only one device has, or "" or None for the system's default.
        direction: Whether to record or to play.

    Raises:
        NoInputDevice: There is no such microphone.
        NoOutputDevice: There is no such speaker.
    """
    word = word_for(direction)
    able = [device for device in devices if device.channels(direction)]
    if not able:
        raise missing(direction, f"There is no {word}.", f"Connect one or start the sound server, then: {LIST_COMMAND}")
    if wanted is None or wanted == "":
        return next((device for device in able if device.is_default(direction)), able[0])
    if isinstance(wanted, int) or wanted.isdecimal():
        return _by_number(devices, int(wanted), direction)
    for same in (
        [device for device in able if wanted in (device.name, f"{device.name}, {device.host_api}")],
        [device for device in able if device.name.casefold() == wanted.casefold()],
        [device for device in able if wanted.casefold() in device.name.casefold()],
    ):
        if len({device.name for device in same}) == 1:
            return same[0]  # the same device under several system interfaces: PortAudio lists the preferred one first
        if same:
            names = ", ".join(f"{device.index} ({device.name})" for device in same)
            raise missing(direction, f'"{wanted}" could be more than one {word}: {names}.', "Use its number.")
    near = did_you_mean(wanted, [device.name for device in able])
    raise missing(direction, f'There is no {word} called "{wanted}". {near}'.rstrip())


def _by_number(devices: Sequence[Device], number: int, direction: Direction) -> Device:
    for device in devices:
        if device.index == number:
            if device.channels(direction):
                return device
            raise missing(direction, f"Device {number} ({device.name}) is not a {word_for(direction)}.")
    raise missing(direction, f"There is no device number {number}.")


def is_file(spec: str) -> bool:
    """Whether `spec` names a sound file, not a device. A sound file's suffix or the form of a path decides.

    A device called `headset` stays a device, whatever files exist.
    """
    return Path(spec).suffix.lower() in SUFFIXES or spec.startswith(("/", "./", "../", "~/"))
