"""Options that several commands have: they mean the same everywhere, and are explained in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Stt: TypeAlias = Annotated[str | None, typer.Option(help="Speech to text: a model's name, or its folder.")]
Llm: TypeAlias = Annotated[str | None, typer.Option(help="Language model: a model's name, or FILE.gguf.")]
Voice: TypeAlias = Annotated[str | None, typer.Option(help="A voice's name, or FILE.onnx.")]
Device: TypeAlias = Annotated[str | None, typer.Option(help="Where models run: auto, cpu or cuda.")]
Language: TypeAlias = Annotated[str | None, typer.Option(help="What is spoken: auto, en, de…")]
Speed: TypeAlias = Annotated[
    float | None, typer.Option(help="How fast it speaks, at the same pitch: 0.5 is half as fast, 3 is the most.")
]
Volume: TypeAlias = Annotated[int | None, typer.Option(help="How loud it speaks, in percent: 0 to 200.")]
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
