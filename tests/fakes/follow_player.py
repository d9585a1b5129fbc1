"""Reads standard input aloud with a voice that hums, into a sound file, controlled by the terminal; prints what is spoken.

python follow_player.py OUT.wav MS_PER_CHARACTER [latest]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import typer

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.engines import ToneVoice
from voicecli.app import follow_keys, text_input
from voicecli.app.console import complain
from voicecli.app.follow_reader import FollowReader, Told
from voicecli.cli.main import INTERRUPTED
from voicecli.engines.ports import ALONE, IsCancelled, OnWords, Within
from voicecli.pcm import Pcm


def note(text: object) -> None:
    print(text, file=sys.stderr, flush=True)


class Telling(ToneVoice):
    """Prints the texts it speaks."""

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        note(f"says {text} at {speed:g}")
        return super().speak(text, is_cancelled=is_cancelled, on_words=on_words, speed=speed, within=within)


def main() -> int:
    told = Told(
        speed=lambda speed: note(f"speed {speed:g}"),
        paused=lambda paused: note("paused" if paused else "going on"),
        fault=complain,
        unsaid=note,
    )
    voice = Telling(ms_per_character=float(sys.argv[2]))
    try:
        with (
            FollowReader(voice, speaker=sys.argv[1], told=told, only_newest="latest" in sys.argv) as reading,
            follow_keys.steered(reading.press, reading.stop) as has_keys,
        ):
            note("with keys" if has_keys else "without keys")
            reading.run(text_input.arriving([]))
    except KeyboardInterrupt:
        return INTERRUPTED
    except typer.Exit as ended:
        return ended.exit_code
    note("ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())
