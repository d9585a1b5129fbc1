"""Code that `transcribe` and `ask --audio` share: opening a sound file, and reporting what was left out of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voicecli.audio.sound_reader import SoundReader
    from voicecli.pipeline.recording_transcriber import Written

MOST_PLACES = 3
"""How many of the places that were left out are named one by one."""


def opened(name: str) -> SoundReader:
    """Returns the sound file `name`, or standard input for `-`. It is known to contain sound.

    Raises:
        AudioError: It cannot be read.
        UnsupportedFormat: It is no sound file.
    """
    from voicecli.app.stdin_messages import standard_input
    from voicecli.audio.sound_reader import SoundReader

    reader = SoundReader(standard_input().buffer if name == "-" else Path(name))
    try:
        reader.begin()
    except BaseException:
        reader.close()
        raise
    return reader


def text_of(written: Sequence[Written]) -> str:
    """Returns all that was said, in one line."""
    return " ".join(each.transcription.text for each in written if each.transcription.text)


def left_out(written: Sequence[Written]) -> list[tuple[float, float, str]]:
    """Returns the beginnings and ends of passages that were heard and rejected, with the reason."""
    from voicecli.pcm import RATE_HZ

    return [
        (
            (each.passage.from_sample + refused.from_sample) / RATE_HZ,
            (each.passage.from_sample + refused.to_sample) / RATE_HZ,
            refused.because,
        )
        for each in written
        for refused in each.transcription.refused
    ]


def notes(reader: SoundReader, written: Sequence[Written]) -> list[str]:
    """Returns notes for the user besides the text, in sentences."""
    from voicecli.speech.hallucination import IN_WORDS

    notes = list(reader.notes)
    places = left_out(written)
    words: dict[str, str] = {str(doubt): clause for doubt, clause in IN_WORDS.items()}
    for because, count in Counter(because for _, _, because in places).items():
        mine = [(from_s, to_s) for from_s, to_s, why in places if why == because]
        named = ", ".join(f"{clock(from_s)} to {clock(to_s)}" for from_s, to_s in mine[:MOST_PLACES])
        more = f" and {count - MOST_PLACES} more" if count > MOST_PLACES else ""
        notes.append(f"In {reader.name}, {named}{more} was left out because {words[because]}.")
    if not text_of(written) and not places:
        notes.append(f"No speech was found in {reader.name}.")
    return notes


def clock(seconds: float) -> str:
    """Returns a place in a recording as minutes and seconds."""
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"
