"""Measures how well the end of a turn is told from a hesitation in recordings of people.

    collect OUT FOLDER...   finds every pause with the real gate, labels it, and asks the turn model and the recogniser about it. Slow; writes one
                            line of JSON a pause, and the sound before each pause into OUT with the suffix .npz.
    made OUT                does the same with the spoken sentences of `measure_endpoint.py`.
    asked OUT               does the same with the questions of `voicecli bench`, which has to have run before: it speaks them.
    report OUT...           tells how well the rule and its evidence tell ends from hesitations. Fast.

A folder holds sound files and who spoke when, as RTTM files. A file that no RTTM mentions is one side of a conversation: a pause shorter than
a second is a hesitation, one of three seconds and more an end, and those in between are left out, because the other side is not heard. A file
`speakers.tsv` (name of the sound file, tab, speaker) tells who speaks in such files; without it each file is a speaker.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from voicecli.audio.sound_files import SUFFIXES, read_audio
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.silero_vad import SileroVad
from voicecli.engines.smart_turn import SmartTurn
from voicecli.engines.webrtc_vad import WebrtcVad
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Pcm, blocks, samples_of
from voicecli.speech.endpoint import Evidence, Patience, looks_finished, wait
from voicecli.speech.last_sounds import LastSounds, last_sounds
from voicecli.speech.level import dbfs
from voicecli.speech.utterance_segmenter import (
    Segmenter,
    SegmenterConfig,
    SpeechDiscarded,
    SpeechEnded,
    SpeechPaused,
    Utterance,
)
from voicecli.speech.voice_gate import Gate, GateConfig

Kind: TypeAlias = Literal["hold", "shift"]

TRAILING_MS = (60, 120, 200, 300)
"""How much silence the turn model gets after the last voiced block."""

NEAR_S = 0.35
"""How far the gate and the annotation may disagree about when somebody stops."""

LONG_S = 3.0
"""If nobody speaks for this long, the turn is over."""

HOLD_S = 1.0
"""Of one side of a conversation, shorter pauses count as hesitations: the other side needs longer to answer and be answered."""

LONGEST_S = 9.0
"""How much sound before a pause is kept."""

SHORTEST_HOLD_MS = 300
"""Shorter pauses are left out of the figures. No rule can end a turn in them."""


@dataclass(frozen=True, slots=True)
class Said:
    """That `who` spoke from `from_s` to `to_s`."""

    from_s: float
    to_s: float
    who: str


@dataclass(frozen=True, kw_only=True)
class Pause:
    """One pause.

    Attributes:
        group: The folder.
        file: The sound file without suffix.
        speaker: Who paused.
        at_s: When the gate takes speech to have ended.
        kind: `hold`: the same person goes on; `shift`: somebody else does, or nobody.
        gap_ms: How long the silence was.
        speech_ms: How much of the utterance was voiced.
        pauses_before: How many pauses the utterance had before.
        earlier_ms: The hesitations of this speaker in this file so far.
        probabilities: What the turn model says, by the silence it was given.
        text: What the recogniser heard.
        language: In which language.
        log_probability: How sure it was.
        held_ms: For how long the last sound was held; None where that could not be told.
        change_db_s: How fast the loudness changed.
    """

    group: str
    file: str
    speaker: str
    at_s: float
    kind: Kind
    gap_ms: float
    speech_ms: float
    pauses_before: int
    earlier_ms: list[float]
    probabilities: dict[str, float]
    text: str
    language: str
    log_probability: float
    held_ms: float | None = None
    change_db_s: float | None = None

    @property
    def last(self) -> LastSounds | None:
        """How the last sounds were spoken."""
        if self.held_ms is None or self.change_db_s is None:
            return None
        return LastSounds(held_ms=self.held_ms, change_db_s=self.change_db_s)


# ---------------------------------------------------------------- who spoke when


SPEAKER = 7
"""The index of the speaker among the fields of an RTTM file."""


def read_rttm(text: str) -> dict[str, list[Said]]:
    """Who spoke when, by the name of the sound file."""
    said: dict[str, list[Said]] = defaultdict(list)
    for line in text.splitlines():
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            if len(fields) <= SPEAKER:
                raise ValueError(f"A line of an RTTM file is too short: {line!r}")
            from_s = float(fields[3])
            said[fields[1]].append(Said(from_s, from_s + float(fields[4]), fields[SPEAKER]))
    return dict(said)


def label(said: Sequence[Said], end_s: float) -> tuple[Kind, float | None, str] | None:
    """What a pause that begins at `end_s` is by the annotation.

    Returns:
        The kind, the length of the silence in seconds (None if the annotation has no pause there), and the speaker. None where it cannot be told: two
        speak, or nobody.
    """
    speakers = {each.who for each in said if each.from_s < end_s - 0.1 and each.to_s > end_s - NEAR_S}
    going_on = {each.who for each in said if each.from_s < end_s - 0.05 and each.to_s > end_s + NEAR_S}
    if len(speakers) != 1 or going_on - speakers:
        return None
    who = next(iter(speakers))
    if going_on:
        return "hold", None, who
    after = sorted(
        (each.from_s, each.who) for each in said if each.from_s > end_s - NEAR_S and each.to_s > end_s + NEAR_S
    )
    if not after or after[0][0] - end_s > LONG_S:
        return "shift", LONG_S, who
    from_s, following = after[0]
    return ("hold" if following == who else "shift"), max(0.0, from_s - end_s), who


def label_by_length(gap_s: float) -> Kind | None:
    """What a pause of one side of a conversation is by its length; None where that cannot be told."""
    if gap_s < HOLD_S:
        return "hold"
    return "shift" if gap_s >= LONG_S else None


# ---------------------------------------------------------------- finding pauses


@dataclass(frozen=True, kw_only=True)
class Found:
    """A pause, as the gate found it. `gap_s` is the silence until the gate hears a voice again, at most `LONG_S`."""

    utterance: Utterance
    gap_s: float
    speech_ms: float
    pauses_before: int


def pauses_in(sound: Pcm) -> list[Found]:
    """The pauses of `sound` by the real gate and segmenter."""
    gate, segmenter = Gate(GateConfig()), Segmenter(SegmenterConfig(end_silence_ms=1200, longest_utterance_s=30))
    first, confirming = WebrtcVad(), SileroVad()
    voiced_at: list[int] = []
    found: list[tuple[Utterance, float]] = []
    voiced = 0
    for index, block in enumerate(blocks(sound)):
        voicing = gate.step(first_stage=first.score(block), confirmed=confirming.score(block), level_dbfs=dbfs(block))
        voiced = voiced + (gate.unvoiced_blocks == 0) if segmenter.open else 0
        if gate.unvoiced_blocks == 0:
            voiced_at.append(index * BLOCK_SAMPLES)
        segments = segmenter.step(block, index * BLOCK_SAMPLES, voicing, gate.unvoiced_blocks)
        found += [(each.utterance, voiced * float(BLOCK_MS)) for each in segments if isinstance(each, SpeechPaused)]
        if any(isinstance(each, SpeechEnded | SpeechDiscarded) for each in segments):
            gate.close()
    at = np.array(voiced_at)
    before: dict[int, int] = defaultdict(int)
    pauses = []
    for utterance, speech_ms in found:
        end = utterance.speech_end_sample
        later = at[at >= end]
        gap_s = min(LONG_S, (int(later[0]) - end) / RATE_HZ) if len(later) else LONG_S
        pauses.append(
            Found(utterance=utterance, gap_s=gap_s, speech_ms=speech_ms, pauses_before=before[utterance.first_sample])
        )
        before[utterance.first_sample] += 1
    return pauses


@dataclass(kw_only=True)
class Asked:
    """Asks the engines about pauses, and keeps the sound before each of them."""

    turn: SmartTurn
    transcriber: FasterWhisperTranscriber
    language: str
    sounds: list[Pcm] = field(default_factory=list)

    def about(self, sound: Pcm, found: Found, **known: object) -> Pause:
        """What is known about one pause of `sound`."""
        utterance = found.utterance
        first, end = utterance.first_sample, utterance.speech_end_sample
        heard = self.transcriber.transcribe(utterance.samples, language=self.language, is_cancelled=lambda: False)
        kept = max(first, end - samples_of(LONGEST_S * 1000))
        self.sounds.append(sound[kept : end + samples_of(max(TRAILING_MS))])
        last = last_sounds(sound[kept:end])
        return Pause(
            at_s=round(end / RATE_HZ, 2),
            speech_ms=found.speech_ms,
            pauses_before=found.pauses_before,
            probabilities={
                str(ms): round(self.turn.probability(sound[first : end + samples_of(ms)]), 4) for ms in TRAILING_MS
            },
            text=heard.text,
            language=heard.language,
            log_probability=round(heard.mean_log_probability, 3),
            held_ms=round(last.held_ms) if last else None,
            change_db_s=round(last.change_db_s, 1) if last else None,
            **known,  # type: ignore[arg-type] # the fields that the annotation gives
        )


def pauses_of(path: Path, said: Sequence[Said] | None, speaker: str, asked: Asked) -> Iterator[Pause]:
    """The pauses of a recording, with what the engines say. Without `said` it is one side of a conversation."""
    sound = read_audio(path)[0]
    earlier: dict[str, list[float]] = defaultdict(list)
    for found in pauses_in(sound):
        if said is None:
            kind, gap_s, who = label_by_length(found.gap_s), found.gap_s, speaker
        else:
            told = label(said, found.utterance.speech_end_sample / RATE_HZ)
            if told is None:
                continue
            kind, annotated_s, who = told
            gap_s = found.gap_s if kind == "hold" or annotated_s is None else annotated_s
        if kind is None:
            continue
        yield asked.about(
            sound,
            found,
            group=path.parent.name,
            file=path.stem,
            speaker=who,
            kind=kind,
            gap_ms=round(gap_s * 1000),
            earlier_ms=list(earlier[who]),
        )
        if kind == "hold":
            earlier[who].append(round(gap_s * 1000))


def recordings(folder: Path) -> Iterator[tuple[Path, list[Said] | None, str]]:
    """The sound files of a folder, who spoke when in them, and the speaker if there is only one."""
    said: dict[str, list[Said]] = {}
    for file in sorted(folder.glob("*.rttm")):
        said |= read_rttm(file.read_text(encoding="utf-8"))
    table = folder / "speakers.tsv"
    lines = table.read_text(encoding="utf-8").splitlines() if table.is_file() else []
    speakers = dict(line.split("\t")[:2] for line in lines if line)
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES:
            yield path, said.get(path.stem), speakers.get(path.stem, path.stem)


def collect(args: argparse.Namespace) -> None:
    """Asks the engines about every pause of the recordings."""
    asked = engines(args)
    pauses = (
        pause
        for folder in args.folders
        for path, said, speaker in recordings(Path(folder))
        for pause in pauses_of(path, said, speaker, asked)
    )
    write(Path(args.out), pauses, asked)


def made(args: argparse.Namespace) -> None:
    """Asks the engines about the sentences of `measure_endpoint`, with pauses put in."""
    import measure_endpoint

    asked = engines(args)

    def pauses() -> Iterator[Pause]:
        for clip in measure_endpoint.clips(Path(args.models) / "voice" / "en_US-joe-medium"):
            found = pauses_in(clip.samples)
            for number, each in enumerate(found):
                end_s = each.utterance.speech_end_sample / RATE_HZ
                last = number == len(found) - 1
                put_in = clip.gap_s is not None and abs(end_s - clip.gap_s) < 0.3  # noqa: PLR2004 - the gate is not that far off
                if last or put_in:
                    yield asked.about(
                        clip.samples,
                        each,
                        group="made even" if clip.number % 2 == 0 else "made odd",
                        file=f"{clip.number} {clip.voice}",
                        speaker=clip.voice.removesuffix(" opened").removesuffix(" comma"),
                        kind="shift" if last else "hold",
                        gap_ms=LONG_S * 1000 if last else float(measure_endpoint.WIDE_GAP_MS),
                        earlier_ms=[],
                    )

    write(Path(args.out), pauses(), asked)


def asked(args: argparse.Namespace) -> None:
    """Asks the engines about the questions of the benchmark, with and without a pause inside."""
    from voicecli.cli.bench import make_plan

    plan, with_engines = make_plan({}), engines(args)
    questions = [each for each in (*plan.questions, *plan.paused) if each.path.is_file()]

    def pauses() -> Iterator[Pause]:
        for question in questions:
            sound = read_audio(question.path)[0]
            found = pauses_in(sound)
            for each in found:
                last = each is found[-1]
                yield with_engines.about(
                    sound,
                    each,
                    group="bench",
                    file=question.path.stem,
                    speaker="voice",
                    kind="shift" if last else "hold",
                    gap_ms=LONG_S * 1000 if last else round(each.gap_s * 1000),
                    earlier_ms=[],
                )

    write(Path(args.out), pauses(), with_engines)


def engines(args: argparse.Namespace) -> Asked:
    """The engines that are asked."""
    root = Path(args.models)
    return Asked(
        turn=SmartTurn(root / "turn" / "smart-turn-v3.2"),
        transcriber=FasterWhisperTranscriber(root / "stt" / "whisper-base", name="base", device="cpu", threads=1),
        language=args.language,
    )


def write(out: Path, pauses: Iterable[Pause], asked: Asked) -> None:
    """Writes the pauses and the sound before each."""
    began_s = time.monotonic()
    with out.open("w", encoding="utf-8") as file:
        for pause in pauses:
            file.write(json.dumps(asdict(pause), ensure_ascii=False) + "\n")
    np.savez_compressed(out.with_suffix(".npz"), *asked.sounds)
    print(f"{len(asked.sounds)} pauses in {time.monotonic() - began_s:.0f} s")


# ---------------------------------------------------------------- figures


def area(shifts: Sequence[float], holds: Sequence[float]) -> float:
    """How likely a shift has a higher score than a hold, 0.5 by chance: the area under the curve of true and false alarms."""
    high, low = np.asarray(shifts, dtype=float)[:, None], np.asarray(holds, dtype=float)[None, :]
    return float((high > low).mean() + 0.5 * (high == low).mean()) if high.size and low.size else float("nan")


def interval(pauses: Sequence[Pause], scores: Sequence[float], *, draws: int = 1000) -> tuple[float, float]:
    """The 95 % interval of the area, by drawing speakers with replacement: pauses of one person are not independent."""
    by_speaker: dict[str, list[int]] = defaultdict(list)
    for index, pause in enumerate(pauses):
        by_speaker[f"{pause.group} {pause.speaker}"].append(index)
    people = list(by_speaker.values())
    random = np.random.default_rng(0)
    is_shift, values = np.array([pause.kind == "shift" for pause in pauses]), np.asarray(scores, dtype=float)
    areas = []
    for _ in range(draws):
        drawn = np.concatenate([people[number] for number in random.integers(0, len(people), len(people))])
        found = area(values[drawn][is_shift[drawn]], values[drawn][~is_shift[drawn]])
        if not np.isnan(found):
            areas.append(found)
    return (float(np.quantile(areas, 0.025)), float(np.quantile(areas, 0.975))) if areas else (float("nan"),) * 2


def evidence_of(pause: Pause, trailing_ms: int = 120) -> Evidence:
    """What the rule is told about a pause."""
    return Evidence(
        turn_probability=pause.probabilities[str(trailing_ms)],
        text=pause.text,
        language=pause.language,
        last=pause.last,
        pauses_before=pause.pauses_before,
    )


Score: TypeAlias = Callable[[Pause], float]


def witnesses(patience: Patience) -> Mapping[str, Score]:
    """What speaks for an end, by name; higher is likelier."""
    turn = {f"turn model, {ms} ms": (lambda pause, ms=ms: pause.probabilities[str(ms)]) for ms in TRAILING_MS}
    return {
        "rule": lambda pause: -wait(evidence_of(pause), patience).ms,
        **turn,
        "words": lambda pause: looks_finished(pause.text, pause.language) or 0.5,
        "last sound held": lambda pause: -(pause.held_ms or 0.0),
        "loudness at the end": lambda pause: pause.change_db_s or 0.0,
        "pauses before": lambda pause: -pause.pauses_before,
    }


def report(args: argparse.Namespace) -> None:
    """Prints the figures of each set and of all together."""
    patience = Patience(patience=args.patience)
    every = read([Path(name) for name in args.pauses])
    groups = sorted({pause.group for pause in every})
    sets = {name: [pause for pause in every if pause.group == name] for name in groups}
    if len(groups) > 1:
        sets["all"] = every
    for name, some in sets.items():
        describe(name, some, patience)


def read(paths: Sequence[Path]) -> list[Pause]:
    """The pauses that count: all ends, and the hesitations that a rule could cut in on."""
    lines = [line for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    every = [Pause(**json.loads(line)) for line in lines]
    return [pause for pause in every if pause.kind == "shift" or pause.gap_ms >= SHORTEST_HOLD_MS]


def describe(name: str, pauses: Sequence[Pause], patience: Patience) -> None:
    """Prints the figures of one set."""
    shifts = [pause for pause in pauses if pause.kind == "shift"]
    holds = [pause for pause in pauses if pause.kind == "hold"]
    people = len({(pause.group, pause.speaker) for pause in pauses})
    print(
        f"\n{name}: {len(holds)} hesitations of {SHORTEST_HOLD_MS} ms and more, {len(shifts)} ends, {people} speakers"
    )
    if not shifts or not holds:
        return
    waits = {id(pause): wait(evidence_of(pause), patience).ms for pause in pauses}
    for limit in (300, 600):
        long = [pause for pause in holds if pause.gap_ms >= limit]
        cut = sum(waits[id(pause)] < pause.gap_ms for pause in long)
        print(f"  hesitations of {limit} ms and more: {len(long)}, cut in on {100 * cut / max(1, len(long)):.0f} %")
    print(
        f"  wait at ends: median {statistics.median(waits[id(pause)] for pause in shifts):.0f} ms; "
        f"at hesitations: {statistics.median(waits[id(pause)] for pause in holds):.0f} ms"
    )
    print("  area under the curve:")
    for witness, score in witnesses(patience).items():
        scores = [score(pause) for pause in pauses]
        low, high = interval(pauses, scores)
        found = area([score(pause) for pause in shifts], [score(pause) for pause in holds])
        print(f"    {witness:22} {found:.3f}  ({low:.2f} to {high:.2f})")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=os.environ.get("VOICECLI_MODELS", "models"), help="where the models are")
    parser.add_argument("--language", default="en", help="what is spoken")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("collect")
    command.add_argument("out", help="the file to write")
    command.add_argument("folders", nargs="+", help="folders of sound files and RTTM files")
    command.set_defaults(run=collect)
    command = commands.add_parser("made")
    command.add_argument("out", help="the file to write")
    command.set_defaults(run=made)
    command = commands.add_parser("asked")
    command.add_argument("out", help="the file to write")
    command.set_defaults(run=asked)
    command = commands.add_parser("report")
    command.add_argument("pauses", nargs="+", help="the files to read")
    command.add_argument("--patience", type=float, default=1.0)
    command.set_defaults(run=report)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
