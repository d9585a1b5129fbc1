"""`voicecli mcp`: a voice for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voicecli.cli.options import Language, Speaker, Speed, Stt, Voice, Volume
from voicecli.errors import EngineNotInstalled, VoiceCliError

if TYPE_CHECKING:
    from voicecli.app.voice_client import VoiceClient
    from voicecli.tools.definitions import IsCancelled
    from voicecli.tools.mcp.server import Answer

EPILOG = """Examples:

  my-coding-agent mcp add voice -- voicecli mcp    how a coding agent gets a voice; it starts voicecli mcp itself

  voicecli chat                                    where a chat is running, its microphone, speaker and models are shared

  voicecli mcp --voice en_GB-alba-medium           options are for the chat that is started where none is running
"""

NOT_INSTALLED = EngineNotInstalled(
    "The package mcp is not installed.", "Install voicecli with it: pip install 'voicecli[mcp]'"
)


def mcp(
    voice: Voice = None,
    language: Language = None,
    stt: Stt = None,
    mic: Annotated[
        str | None, typer.Option(metavar="DEVICE", help="Microphone: name, number, none, or a sound file.")
    ] = None,
    speaker: Speaker = None,
    speed: Speed = None,
    volume: Volume = None,
) -> None:
    """Let another program speak and listen, as an MCP server on standard input and output: speak, listen, converse, stop, transcribe_file.

    A running chat lends its sound devices and models. Where none is running, one without a language model is started at the first call.
    """
    from voicecli import __version__
    from voicecli.app.voice_client import VoiceClient, spawn
    from voicecli.offline.walls import shut_in
    from voicecli.tools.mcp.host import is_installed
    from voicecli.tools.mcp.server import serve

    shut_in()
    if not is_installed():
        raise NOT_INSTALLED
    given = {
        "--voice": voice,
        "--language": language,
        "--stt": stt,
        "--mic": mic,
        "--speaker": speaker,
        "--speed": speed,
        "--volume": volume,
    }
    options = [text for name, value in given.items() if value is not None for text in (name, str(value))]
    client = VoiceClient(options, spawn)
    try:
        serve(_Port(client), __version__)
    finally:
        client.close()


class _Port:
    """The voice, with errors in words."""

    def __init__(self, client: VoiceClient) -> None:
        self._client = client

    def speak(self, text: str, listen_s: float, is_cancelled: IsCancelled) -> Answer:
        """Speaks and listens."""
        from voicecli.app.voice_client import CallCancelled, error_in_words
        from voicecli.tools.mcp.server import Refused

        try:
            used = self._client.use(text=text, limit_s=listen_s, is_cancelled=is_cancelled)
        except VoiceCliError as error:
            raise Refused(error_in_words(error)) from error
        except CallCancelled:
            raise Refused("The call was cancelled.") from None
        answer: Answer = {}
        if text:
            answer |= {"heard": used.heard, "interrupted": used.cut}
        if listen_s:
            answer |= {"said": used.said}
        return answer

    def stop(self) -> Answer:
        """Stops what is being said."""
        from voicecli.app.voice_client import error_in_words
        from voicecli.tools.mcp.server import Refused

        try:
            return {"stopped": self._client.stop()}
        except VoiceCliError as error:
            raise Refused(error_in_words(error)) from error

    def transcribe(self, path: str, is_cancelled: IsCancelled) -> Answer:
        """Transcribes a sound file."""
        from voicecli.app.voice_client import CallCancelled, error_in_words
        from voicecli.tools.mcp.server import Refused

        try:
            return {"text": self._client.transcribe(Path(path).expanduser(), is_cancelled)}
        except VoiceCliError as error:
            raise Refused(error_in_words(error)) from error
        except CallCancelled:
            raise Refused("The call was cancelled.") from None
