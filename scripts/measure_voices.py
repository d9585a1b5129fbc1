"""Measures how well each installed voice is understood, and how fast it speaks.

    python scripts/measure_voices.py [NAME ...]      by default every installed voice for English

A hundred sentences are spoken, and written down by Whisper base. Reported are the words that are wrong, the sentences without an error, the time
until the first chunk, and the time for a whole sentence. Times depend on what else the machine does; words do not.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.words import word_error_rate
from measure_endpoint import FINISHED, HESITANT
from voicecli.audio.resample import resample
from voicecli.engines import registry
from voicecli.engines.ports import Transcriber, Voice
from voicecli.models.store import ModelStore
from voicecli.pcm import RATE_HZ, Pcm, samples_of, silence

MORE = (
    "The train to Vienna leaves at half past nine.",
    "Water boils at a hundred degrees at sea level.",
    "She bought three apples and a loaf of bread.",
    "The museum is closed on the first Monday of every month.",
)
SENTENCES = (*FINISHED, *(f"{before.replace(', um,', '')} {after}" for before, after in HESITANT), *MORE)[:100]


def never() -> bool:
    """Nothing is cancelled here."""
    return False


def measure(voice: Voice, transcriber: Transcriber) -> str:
    """One line of figures."""
    voice.warm_up()
    wrong = words = right = 0.0
    firsts_ms: list[float] = []
    wholes_ms: list[float] = []
    for sentence in SENTENCES:
        began_s = time.perf_counter()
        chunks: list[Pcm] = []
        for chunk in voice.speak(sentence, is_cancelled=never):
            if not chunks:
                firsts_ms.append(1000 * (time.perf_counter() - began_s))
            chunks.append(chunk)
        wholes_ms.append(1000 * (time.perf_counter() - began_s))
        quiet = silence(samples_of(300))
        sound = np.concatenate([quiet, resample(np.concatenate(chunks), voice.rate_hz, RATE_HZ), quiet])
        heard = transcriber.transcribe(sound, language="en", is_cancelled=never).text
        rate, count = word_error_rate(sentence, heard), len(sentence.split())
        wrong, words, right = wrong + rate * count, words + count, right + (rate == 0)
    return (
        f"{voice.name}: {100 * wrong / words:.1f} % of {words:.0f} words wrong, {right:.0f} of {len(SENTENCES)} sentences without an error; "
        f"first chunk {statistics.median(firsts_ms):.0f} ms, whole sentence {statistics.median(wholes_ms):.0f} ms (medians)"
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="voices")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    store = ModelStore.default()
    transcriber = registry.make_transcriber(
        store.path("stt", "whisper-base"), name="base", device="cpu", threads=args.threads
    )
    installed = [entry.name for entry in store.installed() if entry.kind == "voice" and entry.speaks("en")]
    for name in args.names or installed:
        engine = store.catalog.find(name, "voice").engine
        voice = registry.make_voice(store.path("voice", name), name=name, threads=args.threads, engine=engine)
        print(measure(voice, transcriber), flush=True)


if __name__ == "__main__":
    main()
