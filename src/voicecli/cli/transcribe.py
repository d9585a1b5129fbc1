"""`voicecli transcribe`: speech to text."""

from __future__ import annotations

import json as jsonlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voicecli.cli.options import Device, Language, Stt

if TYPE_CHECKING:
    from voicecli.pcm import Pcm

EPILOG = """Examples:

  voicecli transcribe note.wav

  voicecli transcribe --json --language de *.flac

  sox -d -t wav - | voicecli transcribe -
"""


def transcribe(
    files: Annotated[list[str], typer.Argument(help="Sound files; - reads one from standard input.", metavar="FILE…")],
    language: Language = None,
    stt: Stt = None,
    device: Device = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file.")] = False,
) -> None:
    """Write down what is said in FILE…: the text on standard output, a line a file."""
    from voicecli.cli import compose
    from voicecli.cli.console import complain
    from voicecli.cli.prepare import prepare
    from voicecli.config.load import load
    from voicecli.errors import VoiceCliError

    flags = {"chat.language": language, "models.stt": stt, "models.device": device}
    settings = load(flags=flags).settings
    prepare(settings.log.level)
    # What is no sound is told before engines take seconds to load. A pipe is read later: it may fill while they do.
    only = _read(files[0]) if len(files) == 1 and files[0] != "-" else None
    chosen = compose.choose(settings, None, hears=True, thinks=False, speaks=False)
    engine = compose.load(chosen, settings).transcriber
    assert engine is not None  # noqa: S101 - a recogniser was asked for
    spoken = None if settings.chat.language == "auto" else settings.chat.language
    failed: VoiceCliError | None = None
    for name in files:
        try:
            sound = _read(name) if only is None else only
            began_s = time.monotonic()
            heard = engine.transcribe(sound, language=spoken, is_cancelled=lambda: False)
        except VoiceCliError as error:
            # The other files are still worth reading; the exit code tells that one was not.
            if len(files) == 1:
                raise
            complain(error)
            failed = error
            continue
        if json:
            record = {
                "file": name,
                "text": heard.text,
                "language": heard.language,
                "language_probability": round(heard.language_probability, 3),
                "duration_s": round(len(sound) / 16_000, 3),
                "seconds": round(time.monotonic() - began_s, 3),
                "model": engine.name,
            }
            typer.echo(jsonlib.dumps(record, ensure_ascii=False))
        else:
            typer.echo(heard.text if len(files) == 1 else f"{name}: {heard.text}")
    if failed is not None:
        raise typer.Exit(failed.exit_code)


def _read(name: str) -> Pcm:
    from voicecli.audio.files import read_audio
    from voicecli.cli.typing_in import standard_input

    return read_audio(standard_input().buffer if name == "-" else Path(name))[0]
