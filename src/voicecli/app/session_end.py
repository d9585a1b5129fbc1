"""How `voicecli chat` ends: with an error, with an exit code, or by itself."""

from __future__ import annotations

import errno

import typer

from voicecli.app.console import output_error
from voicecli.errors import VoiceCliError


def raise_end(
    error: VoiceCliError | None, sound: VoiceCliError | None, unwritten: OSError | None, code: int | None
) -> None:
    """Raises what a session ended with; returns if it ended by itself.

    Args:
        error: What ended the conversation.
        sound: What ended the sound. The last of a sound file is written when it is closed.
        unwritten: Why events could not be written.
        code: The exit code of a signal or of Ctrl-C; None for none.
    """
    for each in (error, sound):
        if each is not None:
            raise each
    if unwritten is not None:
        gone = isinstance(unwritten, BrokenPipeError) or unwritten.errno == errno.EIO  # a terminal that hung up
        raise BrokenPipeError if gone else output_error(unwritten)
    if code is not None:
        raise typer.Exit(code)
