"""Measures how a voice sounds where a sentence was cut: its tone, its pauses, and whether the whole is understood.

    python scripts/measure_melody.py              the chosen voice and recogniser
    python scripts/measure_melody.py --repeat 3   each sentence three times; a voice says nothing twice in the same way

Ten sentences are said in two pieces, cut where a slow model is not waited for. The same first piece is said alone with a comma, alone with a full
stop, and as the program says it. It prints medians: how far the tone at the end of the piece lies below the piece's own median, the silence behind
it, how far the tone jumps at the joint, and how long the pause at the joint is. Then it prints the pauses between and within sentences, and how many
words of the joined sound are recognised.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voicecli.audio.resample import resample
from voicecli.engines import registry
from voicecli.engines.hardware import physical_cores
from voicecli.engines.ports import ALONE, Voice, Within
from voicecli.engines.threads import budget
from voicecli.models.store import ModelStore
from voicecli.pcm import RATE_HZ, Pcm
from voicecli.speech.normalize import read_aloud

SENTENCES: Final = (
    ("My neighbour is", "approximately forty years old, I believe."),
    ("The longest river in Europe", "is the Volga, which flows into the Caspian Sea."),
    ("An adult elephant has", "about forty thousand muscles in its trunk."),
    ("The first woman to fly", "into space was Valentina Tereshkova."),
    ("Sugar melts", "at a temperature of one hundred and eighty-six degrees."),
    ("The tower was finished", "after almost two hundred years of work."),
    ("You should bake the bread", "for thirty minutes in a very hot oven."),
    ("What I like most is", "to walk along the beach in the evening."),
    ("A grown-up human", "breathes about twenty thousand times a day."),
    ("The letter was written", "by a sailor in the winter of that year."),
)
PAUSES: Final = (
    ("comma", "The weather was fine, so we went outside."),
    ("dash", "The weather was fine \u2014 so we went outside."),
    ("parentheses", "My brother (who lives in Rome) was there."),
    ("sentence", "The weather was fine. We went outside."),
    ("question", "Was the weather fine? We went outside."),
)
FRAME_S: Final = 0.04
HOP_S: Final = 0.01
LOWEST_HZ: Final = 65.0
HIGHEST_HZ: Final = 260.0
PERIODIC: Final = 0.6
QUIET: Final = 0.03
STEP: Final = 110  # samples: 5 ms

Floats = NDArray[np.float64]


def semitones(sound: Pcm, rate_hz: int) -> Floats:
    """The tone of the voiced frames, in semitones above 100 Hz, by autocorrelation."""
    width, hop = int(FRAME_S * rate_hz), int(HOP_S * rate_hz)
    low, high = int(rate_hz / HIGHEST_HZ), int(rate_hz / LOWEST_HZ)
    found = []
    for start in range(0, len(sound) - width, hop):
        frame = sound[start : start + width] / 32768.0
        frame = frame - frame.mean()
        if np.sqrt((frame**2).mean()) < 0.01:  # noqa: PLR2004 - -40 dBFS
            continue
        spectrum = np.fft.rfft(frame, 4 * width)
        likeness = np.fft.irfft(spectrum * np.conj(spectrum))[:width] / (1 - np.arange(width) / width)
        period = low + int(np.argmax(likeness[low:high]))
        if likeness[period] > PERIODIC * likeness[0]:
            found.append(12 * np.log2(rate_hz / period / 100))
    return np.array(found)


def silence_ms(sound: Pcm, rate_hz: int) -> tuple[float, float, float]:
    """The silence before the first sound, the longest one inside, and that behind the last sound."""
    level = np.array([np.sqrt((sound[at : at + STEP].astype(float) ** 2).mean()) for at in range(0, len(sound), STEP)])
    loud = np.nonzero(level > QUIET * level.max())[0]
    inside = int(np.diff(loud).max()) - 1 if len(loud) > 1 else 0
    step_ms = STEP / rate_hz * 1000
    return int(loud[0]) * step_ms, inside * step_ms, (len(level) - 1 - int(loud[-1])) * step_ms


def say(voice: Voice, text: str, within: Within = ALONE) -> Pcm:
    """All of the sound of `text`."""
    return np.concatenate(list(voice.speak(text, is_cancelled=lambda: False, within=within)))


def letters(text: str) -> str:
    """The letters of `text`, numbers in words."""
    return "".join(filter(str.isalpha, read_aloud(text, "en").text.lower().replace("neighbour", "neighbor")))


def medians(rows: Iterable[tuple[float, ...]]) -> list[float]:
    """The median of each column."""
    return [float(value) for value in np.nanmedian(np.array(list(rows)), axis=0)]


def first_pieces(voice: Voice, repeat: int) -> None:
    """How the first piece ends, said in three ways."""
    ways = {"full stop": (".", ALONE), "comma": (",", ALONE), "as cut": ("", Within(goes_on=True))}
    for name, (mark, within) in ways.items():
        rows = []
        for first, _ in SENTENCES * repeat:
            sound = say(voice, first + mark, within)
            tone = semitones(sound, voice.rate_hz)
            rows.append((float(np.median(tone[-8:]) - np.median(tone)), silence_ms(sound, voice.rate_hz)[2]))
        below, behind = medians(rows)
        print(
            f"first piece, {name:10} ends {below:+.1f} semitones from its median, {behind:.0f} ms of silence behind it"
        )


def joints(voice: Voice, repeat: int) -> list[Pcm]:
    """How the second piece joins on; gives the joined sounds."""
    joined = []
    for name, second in (("apart", ALONE), ("as cut", None)):
        rows = []
        for first, rest in SENTENCES * repeat:
            before = say(voice, first, Within(goes_on=True))
            after = say(voice, rest, second or Within(before=" ".join(first.split()[-3:]), joined=True))
            ends, begins = semitones(before, voice.rate_hz), semitones(after, voice.rate_hz)
            gap = silence_ms(before, voice.rate_hz)[2] + silence_ms(after, voice.rate_hz)[0]
            rows.append((abs(float(np.median(begins[:8]) - np.median(ends[-8:]))), gap))
            if second is None:
                joined.append(np.concatenate([before, after]))
        jump, gap = medians(rows)
        print(f"second piece, {name:9} jumps {jump:.1f} semitones at the joint, {gap:.0f} ms of silence there")
    return joined


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=2, help="how often each sentence is said (default: 2)")
    repeat = parser.parse_args().repeat
    store = ModelStore.default()
    found = store.resolve("voice")
    voice = registry.make_voice(found.path, name=found.name, threads=1, engine=found.engine)
    first_pieces(voice, repeat)
    sounds = joints(voice, repeat)
    for name, text in PAUSES:
        inside = medians([(silence_ms(say(voice, text), voice.rate_hz)[1],) for _ in range(3 * repeat)])[0]
        print(f"pause, {name:12} {inside:.0f} ms")
    found = store.resolve("stt")
    hears = registry.make_transcriber(found.path, name=found.name, device="cpu", threads=budget(physical_cores()).stt)
    wrong = total = 0
    for (first, rest), sound in zip(SENTENCES * repeat, sounds, strict=True):
        wanted = letters(f"{first} {rest}")
        text = hears.transcribe(resample(sound, voice.rate_hz, RATE_HZ), language="en", is_cancelled=lambda: False).text
        total += 1
        if letters(text) != wanted:
            wrong += 1
            print(f"  {first} | {rest}\n  heard: {text}")
    print(f"{total - wrong} of {total} joined sentences are recognised letter by letter")


if __name__ == "__main__":
    main()
