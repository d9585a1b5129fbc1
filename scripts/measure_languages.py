"""Reports in which language utterances are taken to be, one after the other, as a conversation with `--language auto` does it.

    python scripts/measure_languages.py                     ten short English clips, spoken by the installed voice
    python scripts/measure_languages.py FILE...             sound files, each one utterance
    python scripts/measure_languages.py --languages en,de FILE...

For each utterance: its length, what the recogniser detects by itself and how sure it is, the language that is used, and the words.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from speech_fixtures import speak
from voicecli.audio.sound_files import read_audio
from voicecli.engines import registry
from voicecli.engines.hardware import physical_cores
from voicecli.engines.threads import budget
from voicecli.messages import TranscribeJob
from voicecli.models.store import ModelStore
from voicecli.pcm import RATE_HZ, Pcm, ms_of, silence
from voicecli.pipeline.recognition import Transcribe
from voicecli.speech.utterance_segmenter import Utterance
from voicecli.turn import Turn

SHORT: Final = ("Yes.", "No.", "OK.", "Sure.", "Thanks.", "Right.", "Hello.", "Stop.", "Maybe.", "Of course.")
QUIET: Final = 300
"""Samples up to this are silence."""

PAUSE_MS: Final = 300
"""The silence behind an utterance when it is transcribed."""


def utterance(samples: Pcm) -> Utterance:
    """One utterance with a short pause behind it."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > QUIET)
    said = samples[loud[0] : loud[-1] + 1] if len(loud) else samples
    whole = np.concatenate([said, silence(PAUSE_MS * RATE_HZ // 1000)])
    return Utterance(samples=whole, first_sample=0, speech_end_sample=len(said), now_sample=len(whole))


def main() -> None:
    """Reads the command line and transcribes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--languages", default="", help="as the setting chat.languages")
    parser.add_argument("--stt", default="auto", help="name of an installed recogniser")
    options = parser.parse_args()
    model = ModelStore.default().resolve("stt", options.stt)
    engine = registry.make_transcriber(model.path, name=model.name, device="cpu", threads=budget(physical_cores()).stt)
    stage = Transcribe(engine, tuple(options.languages.replace(",", " ").split()))
    with tempfile.TemporaryDirectory() as folder:
        files = options.files or speak(SHORT, Path(folder))
        used = []
        for number, file in enumerate(files, 1):
            said = utterance(read_audio(file)[0])
            alone = engine.transcribe(said.samples, language=None, is_cancelled=lambda: False)
            began_s = time.perf_counter()
            (heard,) = stage(TranscribeJob(turn=Turn(number), utterance=said, language=None))
            took_ms = (time.perf_counter() - began_s) * 1000
            result = heard.transcription
            used.append(result.language)
            print(
                f"{ms_of(len(said.samples)):6.0f} ms  alone {alone.language} {alone.language_probability:.2f}  "
                f"used {result.language}  {took_ms:5.0f} ms  {result.text}"
            )
    print(f"{model.name}: {' '.join(used)}")


if __name__ == "__main__":
    main()
