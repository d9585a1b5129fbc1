"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from voicecli.cli import complete

Stt: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FOLDER",
        help="Speech recognition model: its name, or its folder.",
        autocompletion=complete.models_of("stt"),
    ),
]
Llm: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE", help="Language model: its name, or a .gguf file.", autocompletion=complete.models_of("llm")
    ),
]
LlmUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="Language model on a server of your own, OpenAI-compatible: http://127.0.0.1:8080/v1."
    ),
]
SttUrl: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Speech recognition on a server of your own, OpenAI-compatible."),
]
TtsUrl: TypeAlias = Annotated[
    str | None, typer.Option(metavar="URL", help="Voice on a server of your own, OpenAI-compatible.")
]
Voice: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE", help="Voice: its name, or an .onnx file.", autocompletion=complete.models_of("voice")
    ),
]
Device: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE", help="Where models run: auto, cpu or cuda.", autocompletion=complete.words_of("models.device")
    ),
]
Language: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="Spoken language: auto, en, de…", autocompletion=complete.words_of("chat.language")
    ),
]
Speed: TypeAlias = Annotated[
    float | None,
    typer.Option(metavar="FACTOR", help="How fast it speaks, at the same pitch: 0.5 is half as fast, 3 is the most."),
]
Volume: TypeAlias = Annotated[
    int | None, typer.Option(metavar="PERCENT", help="How loud it speaks, in percent: 0 to 200.")
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write a sound file instead: .wav, .flac, .mp3, .ogg, .opus, .m4a; - is WAV on standard output.",
    ),
]
Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Replace a file that is there even if it is not a sound file.")
]
Persona: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="Who the assistant is: `voicecli personas list`.", autocompletion=complete.personas
    ),
]
Speaker: TypeAlias = Annotated[
    str | None, typer.Option(metavar="DEVICE", help="Loudspeaker: name, number, a sound file to write, or none.")
]
Set: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", help="Fill a variable of the persona's prompt and greeting; may be repeated."
    ),
]
GivenFile: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="A text, Markdown or PDF file, or a folder of them, to ask about; may be repeated.",
    ),
]
