"""`voicecli say`: text to speech."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voicecli.app import console
from voicecli.cli.options import Force, Output, Speaker, Speed, Voice, Volume

if TYPE_CHECKING:
    from voicecli.config.schema import Settings

EPILOG = """Examples:

  voicecli say "Good morning."

  voicecli say --voice en_GB-alba-medium -o hello.mp3 "Hello."

  voicecli say -o - "Hello." | aplay             a WAV stream on standard output

  fortune | voicecli say --speed 1.5

  tail -f app.log | voicecli say --follow        a sentence as soon as it is there

  my-coding-agent | tee /dev/tty | voicecli say --follow --latest
"""


GUESSED_CHARACTERS = 1000
"""The number of characters of a text by which its language is detected."""


def say(
    text: Annotated[
        list[str] | None,
        typer.Argument(help="What to say; - or no TEXT reads standard input.", metavar="[TEXT|-]…"),
    ] = None,
    output: Output = None,
    force: Force = False,
    voice: Voice = None,
    speaker: Speaker = None,
    speed: Speed = None,
    volume: Volume = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Read standard input aloud as it arrives, until it ends. Space pauses, n or Right skips the sentence, "
            "+ and - change the speed, l goes to the newest, q ends.",
        ),
    ] = False,
    latest: Annotated[
        bool,
        typer.Option("--latest", help="With --follow: leave sentences out, and say so, when more than three wait."),
    ] = False,
) -> None:
    """Say TEXT aloud, sentence by sentence, or into a file. Markdown, links and emoji are left out.

    A sound file that is there already is replaced once the new one is complete; any other file only with --force.

    With --follow nothing is left out but code, tables, colours and the time stamps of a log: if text comes faster than it can be said, whoever
    writes it waits.
    """
    from voicecli.app import engine_setup, remote_engines, text_input, unspoken_text
    from voicecli.app.speech_output import Delivery, SpeechOutput, shown_progress
    from voicecli.app.startup import prepare
    from voicecli.audio.output_file import check_target
    from voicecli.config.load import load
    from voicecli.errors import ConfigError
    from voicecli.speech.speakable import speakable

    flags = {
        "models.voice": voice,
        "audio.speaker": speaker,
        "reply.speed": speed,
        "audio.volume": volume,
    }
    settings = load(flags=flags).settings
    if follow or latest:
        _follow(settings, text or [], output=output, only_newest=latest, is_following=follow, force=force)
        return
    if output is not None:
        check_target(output, force=force)
    words = text or []
    nothing = ConfigError("There is nothing to say.", 'Give a text: voicecli say "Good morning."')
    if not text_input.has_stdin(words) and not speakable(" ".join(words)):
        raise nothing
    lines = text_input.lines(words)
    prepare(
        settings.log.level, remote_engines.consented(settings, asks=True, parts=remote_engines.parts_of(speaks=True))
    )
    chosen = engine_setup.choose(settings, None, hears=False, thinks=False, speaks=True)
    engine = engine_setup.load(chosen, settings).voice
    assert engine is not None  # noqa: S101 - a voice was asked for
    manner = Delivery(speed=settings.reply.speed, volume=settings.audio.volume)
    with (
        SpeechOutput(engine, output=output, speaker=settings.audio.speaker, delivery=manner, force=force) as out,
        shown_progress(out, output),
    ):
        beginning = ""
        for line in lines:
            out.feed(line)
            if len(beginning) < GUESSED_CHARACTERS:
                beginning += line
        out.finish()
        if not out.chunks:
            raise nothing
        if out.silent == out.chunks:
            raise unspoken_text.nothing_left(out.unsaid)
    if other := unspoken_text.other_language(beginning, engine.name, engine.language):
        console.remark(other)
    if out.unsaid:
        console.remark(unspoken_text.left_out(out.unsaid))


def _follow(
    settings: Settings, words: Sequence[str], *, output: Path | None, only_newest: bool, is_following: bool, force: bool
) -> None:
    from voicecli.app import engine_setup, follow_keys, remote_engines, text_input, unspoken_text
    from voicecli.app.console import complain
    from voicecli.app.follow_reader import FollowReader, Told
    from voicecli.app.speech_output import Delivery
    from voicecli.app.startup import prepare
    from voicecli.errors import ConfigError

    if not is_following:
        raise ConfigError("--latest goes with --follow.", "tail -f LOG | voicecli say --follow --latest")
    if output is not None:
        raise ConfigError("--follow speaks aloud, so it writes no file.", "Leave out -o, or leave out --follow.")
    arriving = text_input.arriving(words)
    prepare(
        settings.log.level, remote_engines.consented(settings, asks=True, parts=remote_engines.parts_of(speaks=True))
    )
    chosen = engine_setup.choose(settings, None, hears=False, thinks=False, speaks=True)
    engine = engine_setup.load(chosen, settings).voice
    assert engine is not None  # noqa: S101 - a voice was asked for

    def note(text: str, *, wraps: bool = False) -> None:
        line = f"note: {text}"
        console.remark(textwrap.fill(line, max(20, shutil.get_terminal_size().columns - 1)) if wraps else line)

    told = Told(
        speed=lambda speed: note(f"speed {speed:g}"),
        paused=lambda paused: note("paused; Space goes on" if paused else "going on"),
        fault=complain,
        unsaid=lambda script: console.remark(unspoken_text.left_out(script)),
    )
    manner = Delivery(speed=settings.reply.speed, volume=settings.audio.volume)
    with (
        FollowReader(
            engine,
            speaker=settings.audio.speaker,
            told=told,
            delivery=manner,
            only_newest=only_newest,
            force=force,
        ) as reading,
        follow_keys.steered(reading.press, reading.stop) as has_keys,
    ):
        if has_keys:
            note(follow_keys.HELP, wraps=True)
        reading.run(arriving)
