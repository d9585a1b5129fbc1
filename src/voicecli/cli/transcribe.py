"""`voicecli transcribe`: speech to text."""

from __future__ import annotations

import json as jsonlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voicecli.cli.dictating import clock, left_out, notes, opened, text_of
from voicecli.cli.options import Device, Language, Stt

if TYPE_CHECKING:
    from voicecli.audio.reader import SoundReader
    from voicecli.pipeline.dictation import Dictation, Written

EPILOG = """Examples:

  voicecli transcribe note.wav

  voicecli transcribe --json --language de *.flac

  sox -d -t wav - | voicecli transcribe -
"""

SHOWN_FROM_S = 20.0
"""A file that is shorter is written down before a bar could be read."""


def transcribe(
    files: Annotated[list[str], typer.Argument(help="Sound files; - reads one from standard input.", metavar="FILE…")],
    language: Language = None,
    stt: Stt = None,
    device: Device = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file.")] = False,
) -> None:
    """Transcribe FILE… to standard output, one line per file."""
    from voicecli.cli import compose
    from voicecli.cli.console import complain
    from voicecli.cli.prepare import prepare
    from voicecli.config.load import load
    from voicecli.errors import VoiceCliError
    from voicecli.pipeline.dictation import Dictation

    flags = {"chat.language": language, "models.stt": stt, "models.device": device}
    settings = load(flags=flags).settings
    prepare(settings.log.level)
    # What is no sound is told before engines take seconds to load. A pipe is read later: it may fill while they do.
    only = opened(files[0]) if len(files) == 1 and files[0] != "-" else None
    with ExitStack() as stack:
        if only is not None:
            stack.callback(only.close)
        chosen = compose.choose(settings, None, hears=True, thinks=False, speaks=False)
        engine = compose.load(chosen, settings).transcriber
        stack.pop_all()
    assert engine is not None  # noqa: S101 - a recogniser was asked for
    spoken = None if settings.chat.language == "auto" else settings.chat.language
    first, confirming = compose.detectors()
    dictation = Dictation(engine, confirming or first, spoken)
    failed: VoiceCliError | None = None
    for name in files:
        label = f"{name}: " if len(files) > 1 else ""
        began_s = time.monotonic()
        written: list[Written] = []
        try:
            with only or opened(name) as reader:
                _write_down(reader, dictation, written, None if json else label)
        except VoiceCliError as error:
            # The other files are still worth reading; the exit code tells that one was not.
            if len(files) == 1:
                raise
            complain(error)
            failed = error
            continue
        if json:
            record = _record(name, reader, written)
            record |= {"seconds": round(time.monotonic() - began_s, 3), "model": engine.name}
            typer.echo(jsonlib.dumps(record, ensure_ascii=False))
        for note in notes(reader, written):
            typer.echo(f"note: {note}", err=True)
    if failed is not None:
        raise typer.Exit(failed.exit_code)


def _write_down(reader: SoundReader, dictation: Dictation, written: list[Written], label: str | None) -> None:
    """Fills `written`; with a `label` the text is printed, into a pipe as it comes and on a terminal when it is complete."""
    at_once = label is not None and not sys.stdout.isatty()
    printed = False

    def show(text: str) -> None:
        nonlocal printed
        sys.stdout.write(text if printed else f"{label}{text}")
        sys.stdout.flush()
        printed = True

    try:
        with _progress(reader) as reached:
            for each in dictation.write_down(reader, is_cancelled=lambda: False):
                written.append(each)
                if at_once and each.transcription.text:
                    show(f" {each.transcription.text}" if printed else each.transcription.text)
                reached()
    finally:
        # What is known when it is stopped, or fails, is worth having.
        if label is not None and (written or sys.exc_info()[0] is None):
            show("\n" if at_once else text_of(written) + "\n")


def _record(name: str, reader: SoundReader, written: Sequence[Written]) -> dict[str, Any]:
    from voicecli.pcm import RATE_HZ

    heard = [each for each in written if each.transcription.text]
    most = max(heard, key=lambda each: len(each.passage.samples), default=written[0] if written else None)
    return {
        "file": name,
        "text": text_of(written),
        "language": most.transcription.language if most is not None else None,
        "language_probability": round(most.transcription.language_probability, 3) if most is not None else 0.0,
        "duration_s": round(reader.read_s, 3),
        "passages": [
            {
                "from_s": round(each.passage.from_sample / RATE_HZ, 2),
                "to_s": round(min(each.passage.to_sample / RATE_HZ, reader.read_s), 2),
                "text": each.transcription.text,
                "language": each.transcription.language,
            }
            for each in heard
        ],
        "left_out": [
            {"from_s": round(from_s, 2), "to_s": round(to_s, 2), "because": because}
            for from_s, to_s, because in left_out(written)
        ],
        "notes": notes(reader, written),
    }


@contextmanager
def _progress(reader: SoundReader) -> Iterator[Callable[[], None]]:
    """Shows on a terminal how far it is with a long file."""
    length_s = reader.duration_s
    if not sys.stderr.isatty() or (length_s is not None and length_s < SHOWN_FROM_S):
        yield lambda: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from voicecli.cli.console import talk

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[at]}"), TimeRemainingColumn())
    whole = f" of {clock(length_s)}" if length_s is not None else ""
    with Progress(*columns, console=talk(), transient=True, refresh_per_second=4) as bars:
        task = bars.add_task(reader.name, total=length_s, at=clock(0.0) + whole)
        yield lambda: bars.update(task, completed=reader.read_s, at=clock(reader.read_s) + whole)
