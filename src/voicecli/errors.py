"""The exception tree: everything that can go wrong, in words for users.

Every error has a stable kebab-case `code` (for programs), a `message` (what happened), a `hint` (what to do, if possible a command)
and an `exit_code`. Adapters translate foreign exceptions with `raise … from`. Only `voicecli.cli.main` prints errors and exits.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Final


class VoiceCliError(Exception):
    """An error that is reported to the user.

    Args:
        message: One sentence: what happened, naming the file, device or key.
        hint: What to do about it; empty only if nothing can be done.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InternalError(VoiceCliError):
    """A bug in the program."""

    code = "internal-error"


def internal(where: str, error: BaseException) -> InternalError:
    """Returns the error for an unexpected exception that was raised in `where`."""
    fault = InternalError(
        f"Internal error in {where}: {place_of(error)}.",
        "For a traceback, run the command again with --verbose.",
    )
    fault.__cause__ = error
    return fault


def place_of(error: BaseException) -> str:
    """Returns the type of a foreign exception and where it was raised: `ValueError at voicecli/pipeline/engine_slot.py:31`.

    Its message is left out, because it may contain what a person said. The name of a missing module and the
    reason that the operating system gives contain no such words and are kept.
    """
    kind = type(error).__name__
    if isinstance(error, ImportError) and error.name:
        kind = f"{kind} of {error.name}"
    elif isinstance(error, OSError) and error.errno and error.strerror:
        kind = f"{kind} ({error.strerror})"
    package = Path(__file__).parent
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(package)]
    for frame in reversed(own or frames):
        path = Path(frame.filename)
        shown = path.relative_to(package.parent).as_posix() if own else path.name
        return f"{kind} at {shown}:{frame.lineno}"
    return kind


PACKAGES: Final[Mapping[str, str]] = {
    "faster_whisper": "faster-whisper",
    "llama_cpp": "llama-cpp-python",
    "piper": "piper-tts",
    "webrtcvad": "webrtcvad-wheels",
}
"""Packages whose modules have other names."""

HOW_TO_INSTALL: Final[Mapping[str, str]] = {
    "llama-cpp-python": "pip install llama-cpp-python, which needs a C++ compiler; or use a model on a server: voicecli chat --llm-url URL",
}
"""Packages that take more than `pip install` to be installed."""


class PackageMissing(VoiceCliError):
    """A package of Python is not installed that this command needs."""

    code = "package-missing"


def missing_package(error: BaseException) -> str:
    """Returns the package that an import did not find; empty if that is not what was raised."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    module = error.name.partition(".")[0]
    return "" if module == "voicecli" else PACKAGES.get(module, module)


class NoChat(VoiceCliError):
    """`voicecli ptt` found no running chat."""

    code = "no-chat"


class VoiceBusy(VoiceCliError):
    """Another program is speaking or listening through this chat."""

    code = "voice-busy"


class ConfigError(VoiceCliError):
    """A flag, an environment variable, a configuration key or value, or a persona is wrong."""

    code = "config-invalid"
    exit_code = 2


class UnknownName(ConfigError):
    """There is no persona, model, voice or setting with that name."""

    code = "unknown-name"


class LicenceNotAccepted(ConfigError):
    """A model's licence forbids some uses, or is unknown, and nobody has accepted it."""

    code = "licence-not-accepted"


class WouldOverwrite(ConfigError):
    """A file with that name exists and is not replaced without `--force`."""

    code = "would-overwrite"


class FileUnreadable(ConfigError):
    """A file or folder that was given to be read or asked about cannot be read, or has no text in it."""

    code = "file-unreadable"


class HotkeyUnavailable(ConfigError):
    """A key that works in any window is not available here."""

    code = "hotkey-unavailable"


class Declined(VoiceCliError):
    """The user was asked, and said no."""

    code = "declined"


class ProgramFailed(VoiceCliError):
    """A program that was started to be measured or observed failed, or ended too early."""

    code = "program-failed"


class FolderFailed(VoiceCliError):
    """A folder cannot be removed."""

    code = "folder-failed"


class KeyboardFailed(VoiceCliError):
    """The terminal's keys cannot be read any more."""

    code = "keyboard-failed"


class AudioError(VoiceCliError):
    """The sound card, or a sound file."""

    code = "audio-error"
    exit_code = 3


class AudioBackendMissing(AudioError):
    """PortAudio is not installed, or no sound server answers."""

    code = "audio-backend-missing"


class NoInputDevice(AudioError):
    """There is no microphone, or none with that name."""

    code = "no-input-device"


class NoOutputDevice(AudioError):
    """There is no loudspeaker, or none with that name."""

    code = "no-output-device"


class UnsupportedFormat(AudioError):
    """A sound file is not one, is empty, or is of a kind that cannot be read or written."""

    code = "unsupported-format"


class DeviceLost(AudioError):
    """A device in use was disconnected."""

    code = "device-lost"


class ModelError(VoiceCliError):
    """A model file, or the engine that runs it."""

    code = "model-error"
    exit_code = 4


class EngineNotInstalled(ModelError):
    """The package that runs this kind of model cannot be imported, or cannot use the asked-for device."""

    code = "engine-not-installed"


def not_importable(package: str, error: BaseException) -> EngineNotInstalled:
    """Returns the error for an engine's package that cannot be imported. It names the package that is missing, which may be another one.

    Args:
        package: The engine's package.
        error: What its import has raised.
    """
    lacks = missing_package(error)
    if lacks and lacks != package:
        return EngineNotInstalled(
            f"{package} cannot be imported, because {lacks} is not installed.", f"pip install {lacks}"
        )
    return EngineNotInstalled(f"{package} cannot be imported.", HOW_TO_INSTALL.get(package, f"pip install {package}"))


class ModelNotFound(ModelError):
    """A model that is needed is not installed."""

    code = "model-not-found"


class ModelInvalid(ModelError):
    """A model file is damaged, incomplete, or of the wrong kind."""

    code = "model-invalid"


DAMAGED = "voicecli models verify"
"""The hint of an engine that cannot read its model. It does not know whether the model is in the catalogue, and only those can be verified."""


class DownloadFailed(ModelError):
    """A model could not be downloaded: unreachable, refused, cut off, wrong bytes, or no room on the disk."""

    code = "download-failed"


class StageError(VoiceCliError):
    """A turn failed; the session goes on."""

    code = "stage-failed"
    exit_code = 5


class TranscriptionFailed(StageError):
    """Speech recognition failed on an utterance."""

    code = "transcription-failed"


class GenerationFailed(StageError):
    """The language model failed on a prompt."""

    code = "generation-failed"


class ServerError(GenerationFailed):
    """A server of the user's own, on which a model runs, failed."""

    code = "server-failed"
    status: int = 0
    """The status of HTTP that says so; 0 if there was none."""


class ServerUnreachable(ServerError):
    """Nobody answers at the server's address, or its name is not known."""

    code = "server-unreachable"


class ServerDenied(ServerError):
    """The server wants a key, or another one."""

    code = "server-denied"
    exit_code = 2


class ServerModelMissing(ServerError):
    """The server does not have the model, or is no server of language models."""

    code = "server-model-missing"
    exit_code = 4


class ServerBusy(ServerError):
    """The server has too much to do."""

    code = "server-busy"


class ServerWithoutTools(ServerError):
    """The server does not accept tools in a request."""

    code = "server-without-tools"


class ServerSilent(ServerError):
    """The server was connected, but did not answer in time, or stopped in the middle of an answer."""

    code = "server-silent"


class ServerBroken(ServerError):
    """What the server sent is no answer, or broke off."""

    code = "server-broken"


class ServerUntrusted(ServerError):
    """The server sends elsewhere, or cannot prove who it is."""

    code = "server-untrusted"
    exit_code = 6


class SynthesisFailed(StageError):
    """The voice failed on a sentence."""

    code = "synthesis-failed"


class ToolRefused(StageError):
    """A tool that was named failed."""

    code = "tool-failed"


class OutputFailed(VoiceCliError):
    """Standard output cannot be written: its disk is full, or failed."""

    code = "output-failed"


class HistoryFailed(VoiceCliError):
    """Past conversations cannot be read, written or removed."""

    code = "history-failed"


class NoConversation(ConfigError):
    """There is no saved conversation with that number, or none at all."""

    code = "no-conversation"


class NetworkRefused(VoiceCliError):
    """Something tried to use the network."""

    code = "network-refused"
    exit_code = 6
