"""`voicecli say`: text to speech."""

from __future__ import annotations

from typing import Annotated

import typer

from voicecli.cli.options import Force, Output, Speaker, Speed, Voice, Volume

EPILOG = """Examples:

  voicecli say "Good morning."

  voicecli say --voice en_GB-alba-medium -o hello.mp3 "Hello."

  voicecli say -o - "Hello." | aplay             a WAV stream on standard output

  fortune | voicecli say --speed 1.5
"""


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
) -> None:
    """Say TEXT aloud, sentence by sentence, or into a file. Markdown, links and emoji are left out.

    A sound file that is there already is replaced once the new one is complete; any other file only with --force.
    """
    from voicecli.audio.output import check_target
    from voicecli.cli import compose, given, unsaid
    from voicecli.cli.prepare import prepare
    from voicecli.cli.speech_out import Delivery, SpeechOut, shown_progress
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
    if output is not None:
        check_target(output, force=force)
    words = text or []
    nothing = ConfigError("There is nothing to say.", 'Give a text: voicecli say "Good morning."')
    if not given.has_stdin(words) and not speakable(" ".join(words)):
        raise nothing
    lines = given.lines(words)
    prepare(settings.log.level)
    chosen = compose.choose(settings, None, hears=False, thinks=False, speaks=True)
    engine = compose.load(chosen, settings).voice
    assert engine is not None  # noqa: S101 - a voice was asked for
    manner = Delivery(speed=settings.reply.speed, volume=settings.audio.volume)
    with (
        SpeechOut(engine, output=output, speaker=settings.audio.speaker, delivery=manner, force=force) as out,
        shown_progress(out, output),
    ):
        for line in lines:
            out.feed(line)
        out.finish()
        if not out.pieces:
            raise nothing
        if out.silent == out.pieces:
            raise unsaid.nothing_left(out.unsaid)
    if out.unsaid:
        typer.echo(unsaid.left_out(out.unsaid), err=True)
