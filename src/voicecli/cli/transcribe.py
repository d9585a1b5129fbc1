"""`voicecli transcribe`: speech to text."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from voicecli.app import console
from voicecli.app.recording_input import clock, notes, opened
from voicecli.cli.options import Device, Language, Stt

if TYPE_CHECKING:
    from voicecli.audio.sound_reader import SoundReader
    from voicecli.cli.transcript_formats import Form, Lines
    from voicecli.pipeline.recording_transcriber import RecordingTranscriber, Written

EPILOG = """Examples:

  voicecli transcribe note.wav

  voicecli transcribe --json --language de *.flac

  voicecli transcribe --format srt talk.mp3 > talk.srt

  voicecli transcribe --words --format json note.wav

  sox -d -t wav - | voicecli transcribe -
"""

SHOWN_FROM_S = 20.0
"""A shorter file is transcribed before the user could read a progress bar."""


def transcribe(
    files: Annotated[list[str], typer.Argument(help="Sound files; - reads one from standard input.", metavar="FILE…")],
    language: Language = None,
    stt: Stt = None,
    device: Device = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file.")] = False,
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="txt: a line per passage, with its times; json: as --json; srt, vtt: subtitles.",
        ),
    ] = None,
    words: Annotated[
        bool, typer.Option("--words", help="Tell when each word was said; without --format in txt.")
    ] = False,
) -> None:
    """Transcribe FILE… to standard output, one line per file.

    With --format and --words the times of what was said are written as well.
    """
    from voicecli.app import engine_setup, remote_engines
    from voicecli.app.console import complain
    from voicecli.app.startup import prepare
    from voicecli.cli.transcript_formats import as_json, is_timed
    from voicecli.config.load import load
    from voicecli.errors import VoiceCliError
    from voicecli.pipeline.recording_transcriber import RecordingTranscriber

    chosen_form = _form(form, json=json, words=words, files=files)
    flags = {"chat.language": language, "models.stt": stt, "models.device": device}
    settings = load(flags=flags).settings
    prepare(
        settings.log.level, remote_engines.consented(settings, asks=True, parts=remote_engines.parts_of(hears=True))
    )
    # A file that is no sound file is reported before engines take seconds to load. A pipe is read later: it may fill
    # meanwhile.
    only = opened(files[0]) if len(files) == 1 and files[0] != "-" else None
    with ExitStack() as stack:
        if only is not None:
            stack.callback(only.close)
        chosen = engine_setup.choose(settings, None, hears=True, thinks=False, speaks=False)
        engine = engine_setup.load(chosen, settings).transcriber
        stack.pop_all()
    assert engine is not None  # noqa: S101 - a recogniser was asked for
    spoken = None if settings.chat.language == "auto" else settings.chat.language
    first, confirming = engine_setup.detectors()
    timed = is_timed(chosen_form, words=words)
    dictation = RecordingTranscriber(engine, confirming or first, spoken, times_words=timed)
    failed: VoiceCliError | None = None
    for name in files:
        label = f"{name}: " if len(files) > 1 else ""
        began_s = time.monotonic()
        written: list[Written] = []
        try:
            with only or opened(name) as reader:
                _write_down(reader, dictation, written, _page(chosen_form, label, words=words))
        except VoiceCliError as error:
            # The other files are still worth reading. The exit code says that one could not be read.
            if len(files) == 1:
                raise
            complain(error)
            failed = error
            continue
        if chosen_form == "json":
            seconds = round(time.monotonic() - began_s, 3)
            console.write_json_text(as_json(name, reader, written, seconds=seconds, model=engine.name))
        for note in notes(reader, written):
            console.remark(f"note: {note}")
    if failed is not None:
        raise typer.Exit(failed.exit_code)


def _form(form: str | None, *, json: bool, words: bool, files: Sequence[str]) -> Form | None:
    """Returns the form that was asked for; None for one line per file.

    Raises:
        ConfigError: There is no such form, or it does not go with the other options.
    """
    from voicecli.cli.transcript_formats import FORMS
    from voicecli.config.suggest import did_you_mean
    from voicecli.errors import ConfigError

    known = next((each for each in FORMS if each == (form or "").lower()), None)
    if form is not None and known is None:
        hint = f"{did_you_mean(form, FORMS)} There are {', '.join(FORMS[:-1])} and {FORMS[-1]}.".strip()
        raise ConfigError(f"There is no format {form}.", hint)
    if json and known not in {None, "json"}:
        raise ConfigError(f"--json and --format {form} do not go together.", "Leave one of them out.")
    if known in {"srt", "vtt"} and len(files) > 1:
        raise ConfigError(f"Subtitles are of one file, and there are {len(files)}.", "Run the command once for each.")
    return "json" if json else known or ("txt" if words else None)


class _Page(Protocol):
    """How a text is printed, passage by passage."""

    def passage(self, written: Written) -> str:
        """Returns what is printed for a passage."""
        ...

    def end(self) -> str:
        """Returns what is printed at the end."""
        ...


class _OneLine:
    """Prints all passages in one line, after a label."""

    def __init__(self, label: str) -> None:
        self._before = label

    def passage(self, written: Written) -> str:
        text = written.transcription.text
        before, self._before = (self._before, " ") if text else ("", self._before)
        return before + text

    def end(self) -> str:
        return "\n" if self._before == " " else f"{self._before}\n"


class _Blocks:
    """Prints line by line, or subtitle by subtitle."""

    def __init__(self, lines: Lines, label: str) -> None:
        self._lines = lines
        self._before = f"{label.strip()}\n" * bool(label) + lines.head()

    def passage(self, written: Written) -> str:
        text = self._before + self._lines.passage(written)
        self._before = ""
        return text

    def end(self) -> str:
        return self._before


def _page(form: Form | None, label: str, *, words: bool) -> _Page | None:
    """Returns how the text is printed; None if it is printed when the whole transcription is known."""
    from voicecli.cli.transcript_formats import Lines

    if form == "json":
        return None
    return _OneLine(label) if form is None else _Blocks(Lines(form, words=words), label)


def _write_down(
    reader: SoundReader, dictation: RecordingTranscriber, written: list[Written], page: _Page | None
) -> None:
    """Fills `written`. With a `page` the text is printed: into a pipe as it arrives, on a terminal when it is complete."""
    at_once = not sys.stdout.isatty()
    kept: list[str] = []

    def show(text: str) -> None:
        kept.append(text)
        if at_once and text:
            console.write(text, end="", flush=True)

    try:
        with _progress(reader) as reached:
            for each in dictation.write_down(reader, is_cancelled=lambda: False):
                written.append(each)
                if page is not None:
                    show(page.passage(each))
                reached()
    finally:
        # What is known is printed even if the transcription is stopped or fails.
        if page is not None and (written or sys.exc_info()[0] is None):
            show(page.end())
            if not at_once:
                console.write("".join(kept), end="", flush=True)


@contextmanager
def _progress(reader: SoundReader) -> Iterator[Callable[[], None]]:
    """Shows the progress of a long file on a terminal."""
    length_s = reader.duration_s
    if not sys.stderr.isatty() or (length_s is not None and length_s < SHOWN_FROM_S):
        yield lambda: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from voicecli.app.console import talk

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[at]}", markup=False),
        TimeRemainingColumn(),
    )
    whole = f" of {clock(length_s)}" if length_s is not None else ""
    with Progress(*columns, console=talk(), transient=True, refresh_per_second=4) as bars:
        task = bars.add_task(reader.name, total=length_s, at=clock(0.0) + whole)
        yield lambda: bars.update(task, completed=reader.read_s, at=clock(reader.read_s) + whole)
