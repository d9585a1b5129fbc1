"""Reports the word errors of recordings with known words, beside those of faster-whisper's own defaults with the same model.

    python scripts/measure_recognition.py LIST
    python scripts/measure_recognition.py --stt whisper-small --show all LIST

LIST is a file of lines: the path of a sound file, relative to LIST; its words; and its language (en if it is left out), separated by tabs. Each
file is recognised three times: as an utterance of a conversation, as a recording by `transcribe`, and by faster-whisper's `transcribe()` with its
defaults (five beams, windows of 30 s, six temperatures, timestamps), all in the language of the line. Case, punctuation, hesitations such as "um" and
whether a number is written in digits do not count. In Chinese and Japanese each character is a word.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.words import distance
from measure_languages import utterance
from voicecli.app import engine_setup
from voicecli.audio.sound_files import read_audio
from voicecli.engines import registry
from voicecli.engines.hardware import physical_cores
from voicecli.engines.ports import Transcriber
from voicecli.engines.threads import budget
from voicecli.models.store import ModelStore
from voicecli.pcm import Pcm, to_float
from voicecli.pipeline.recording_transcriber import RecordingTranscriber
from voicecli.speech.normalize import read_aloud

WAYS: Final = ("conversation", "transcribe", "default")
BY_CHARACTER: Final = frozenset({"zh", "ja"})
HESITATIONS: Final = frozenset({"um", "uh", "er", "erm", "hmm"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A sound file and what is said in it."""

    path: Path
    text: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one way of recognising made of a recording, and in which time."""

    text: str
    errors: int
    took_ms: float


def read_list(path: Path) -> list[Recording]:
    """The recordings of a list."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            file, text, *language = line.split("\t")
            found.append(Recording(path=path.parent / file, text=text, language=language[0] if language else "en"))
    return found


def words_of(text: str, language: str) -> list[str]:
    """The words without case, marks, hyphens and hesitations, numbers in words; the characters of a language without spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    if language in BY_CHARACTER:
        return [char for char in plain if char.isalnum()]
    spoken = read_aloud(plain, language).text.casefold()
    return [word for word in re.findall(r"[^\W_](?:[^\W_]|')*", spoken) if word not in HESITATIONS]


def ways(engine: Transcriber, directory: Path, threads: int) -> dict[str, Callable[[Pcm, str], str]]:
    """Returns the three ways, by name."""
    from faster_whisper import WhisperModel

    default = WhisperModel(str(directory), device="cpu", compute_type="int8", cpu_threads=threads)
    first, confirming = engine_setup.detectors()

    def conversation(sound: Pcm, language: str) -> str:
        said = utterance(sound).samples
        return engine.transcribe(said, language=language, is_cancelled=lambda: False).text

    def recording(sound: Pcm, language: str) -> str:
        dictation = RecordingTranscriber(engine, confirming or first, language)
        return " ".join(
            each.transcription.text for each in dictation.write_down([sound], is_cancelled=lambda: False)
        ).strip()

    def defaults(sound: Pcm, language: str) -> str:
        segments: Any = default.transcribe(to_float(sound), language=language)[0]
        return "".join(segment.text for segment in segments).strip()

    return dict(zip(WAYS, (conversation, recording, defaults), strict=True))


def heard_by(way: Callable[[Pcm, str], str], sound: Pcm, recording: Recording) -> Heard:
    """Recognises a recording in one way."""
    began_s = time.perf_counter()
    text = way(sound, recording.language)
    took_ms = (time.perf_counter() - began_s) * 1000
    said, heard = (words_of(each, recording.language) for each in (recording.text, text))
    return Heard(text=text, errors=distance(said, heard), took_ms=took_ms)


def report(found: Sequence[tuple[Recording, dict[str, Heard]]]) -> list[str]:
    """The lines of the result: per language, then all."""
    languages = sorted({recording.language for recording, _ in found})
    groups = [(name, [each for each in found if each[0].language == name]) for name in languages]
    if len(groups) > 1:
        groups.append(("all", list(found)))
    lines = []
    for name, group in groups:
        words = sum(len(words_of(recording.text, recording.language)) for recording, _ in group)
        lines.append(f"{name}: {len(group)} recordings, {words} words")
        for way in WAYS:
            errors = sum(heard[way].errors for _, heard in group)
            took = statistics.median(heard[way].took_ms for _, heard in group)
            lines.append(f"  {way:13} {errors:4} errors  {100 * errors / max(1, words):5.1f} %  median {took:6.0f} ms")
    return lines


def main() -> None:
    """Reads the command line and recognises."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", type=Path)
    parser.add_argument("--stt", default="auto", help="name of an installed recogniser")
    parser.add_argument("--show", choices=("errors", "all", "none"), default="errors", help="print these texts")
    options = parser.parse_args()
    model = ModelStore.default().resolve("stt", options.stt)
    threads = budget(physical_cores()).stt
    engine = registry.make_transcriber(model.path, name=model.name, device="cpu", threads=threads)
    known = ways(engine, model.path, threads)
    found = []
    for recording in read_list(options.list):
        sound = read_audio(recording.path)[0]
        heard = {name: heard_by(way, sound, recording) for name, way in known.items()}
        found.append((recording, heard))
        if options.show == "all" or (options.show == "errors" and any(each.errors for each in heard.values())):
            print(f"{recording.path.name}: {recording.text}")
            for name, each in heard.items():
                print(f"  {name:13} {each.errors:2}  {each.text}")
    print("\n".join([f"{model.name}, {threads} threads", *report(found)]))


if __name__ == "__main__":
    main()
