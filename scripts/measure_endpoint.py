"""Measures how well the end of a turn is told from a pause, by silence, by the turn model, by the text, and by all of them.

    collect   makes speech with the installed voice and espeak-ng, adds recordings if any are given, finds every pause with the real gate, and asks
              the turn model and the recogniser about each. Slow; writes one line of JSON a pause.
    report    applies rules of waiting to what was collected. Fast.
    time      how long the turn model takes.

Sentences with an even number are for choosing numbers, those with an odd one are held out: only they count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicecli.audio.resample import resample
from voicecli.audio.sound_files import read_audio, read_wav
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.onnx_session import open_session
from voicecli.engines.silero_vad import SileroVad
from voicecli.engines.smart_turn import SmartTurn
from voicecli.engines.webrtc_vad import WebrtcVad
from voicecli.pcm import BLOCK_MS, BLOCK_SAMPLES, RATE_HZ, Float, Pcm, blocks, ms_of, samples_of, silence, to_pcm
from voicecli.speech.endpoint import Evidence, Patience, looks_finished, wait
from voicecli.speech.level import dbfs
from voicecli.speech.utterance_segmenter import Segmenter, SegmenterConfig, SpeechPaused, SpeechResumed, Utterance
from voicecli.speech.voice_gate import Gate, GateConfig

FINISHED = (
    "What is the capital of France?",
    "Set a timer for ten minutes.",
    "How many days are there in a week?",
    "Turn off the lights in the kitchen.",
    "Who wrote Romeo and Juliet?",
    "Tell me a short joke about cats.",
    "What time is it in Tokyo right now?",
    "Remind me to call my mother tomorrow.",
    "Is it going to rain this afternoon?",
    "Play some quiet music.",
    "How do I boil an egg?",
    "What does the word ubiquitous mean?",
    "Stop.",
    "Yes, please.",
    "Where are you from?",
    "What is this button for?",
    "Can you explain how a rainbow is made?",
    "I would like to know the price of a ticket to Berlin.",
    "Why is the sky blue?",
    "Read me the second paragraph again.",
    "How far away is the moon?",
    "What is seventeen times twenty three?",
    "Do you remember what I said before?",
    "Add milk, bread and butter to my shopping list.",
    "What should I cook tonight?",
    "Good morning.",
    "Which of the two is cheaper?",
    "Translate good night into Spanish.",
    "Who are you talking to?",
    "I think that is everything for today, thank you.",
    "When was the first telephone built?",
    "Give me three ideas for a birthday party.",
    "How old is the universe?",
    "My favourite colour is green.",
    "What happened next?",
    "No, I meant the other one.",
    "Are there any open restaurants nearby?",
    "Please repeat that.",
    "What is the difference between a frog and a toad?",
    "Who is the tallest person in the world?",
    "Write a poem about the sea.",
    "Can you hear me?",
    "I have no idea what that means.",
    "How much is a hundred euros in dollars?",
    "Why did you stop?",
    "Start again from the beginning.",
    "Is Pluto a planet?",
    "What are the ingredients of a pancake?",
)
"""Questions, commands and remarks, said to the end."""

HESITANT = (
    ("Could you tell me", "the capital of Spain?"),
    ("I was wondering", "if you could help me with my homework."),
    ("What is the, um,", "population of Norway?"),
    ("Set a timer for", "fifteen minutes."),
    ("Can you explain the", "difference between weather and climate?"),
    ("I need to know how", "long the train takes to Paris."),
    ("Remind me to", "water the plants on Sunday."),
    ("Who was the first", "president of the United States?"),
    ("So I went to the", "market yesterday and bought some apples."),
    ("Turn on the lights in", "the living room."),
    ("Write a short story about", "a dragon who is afraid of fire."),
    ("How do I get from", "the airport to the city centre?"),
    ("I like coffee, but", "I cannot drink it in the evening."),
    ("What would happen if", "the moon disappeared?"),
    ("Add eggs, flour and", "sugar to my shopping list."),
    ("My phone number is five five five", "seven two three four."),
    ("Do you know whether", "the museum is open on Monday?"),
    ("Tell me something about", "the history of Rome."),
    ("I want to learn", "how to play the piano."),
    ("Please translate", "the cat is sleeping into German."),
    ("Is there a good", "Italian restaurant around here?"),
    ("When I was a child", "we used to live by the sea."),
    ("The thing that I do not understand", "is why the sky is dark at night."),
    ("Let me think, um,", "what about the third one?"),
    ("What is the best way to", "remove a coffee stain?"),
    ("If I leave at seven", "when will I be there?"),
    ("Give me a recipe for", "a chocolate cake without eggs."),
    ("Yesterday I was reading a book and", "I found a word that I did not know."),
    ("How many people", "live in Australia?"),
    ("Call my", "sister after lunch."),
    ("I am looking for a present for", "my father."),
    ("Why does my", "computer make this noise?"),
    ("In the year nineteen sixty nine", "who landed on the moon?"),
    ("Can you play", "some music by Mozart?"),
    ("The difference is that", "one of them is green."),
    ("Well, you know,", "it is not that easy."),
    ("What does it mean when", "a dog wags its tail?"),
    ("I have a question about", "my garden."),
    ("Could you please", "speak a little slower?"),
    ("Which river is", "longer, the Nile or the Amazon?"),
    ("My name is Anna and I", "would like to book a table."),
    ("Because the weather is so bad", "we have to stay at home."),
    ("Put the meeting on", "Thursday at nine."),
    ("First I would like to", "hear the news."),
    ("Are you able to", "count backwards from ten?"),
    ("There is one more thing I", "wanted to ask."),
    ("On Friday", "I am going to visit my grandmother."),
    ("What was the name of", "that actor in Casablanca?"),
)
"""The same with a place where people stop to think."""

NOMINAL_GAPS_MS = (400, 700, 1000)
WIDE_GAP_MS = 1000
TRAILING_MS = (160, 200, 300, 400, 600)
"""How much silence the turn model gets after the last voiced block."""

TAIL_MS = 1800
ROOM_DBFS = -65.0
SPEECH_PEAK = 0.35
EDGE_DB = -40.0
"""Below this, against the loudest 20 ms, the edge of a synthesized phrase counts as silence and is cut off."""

PIPER_HOP = 256
"""Samples a frame of a Piper voice."""

ESPEAK_VOICES = ("en-us", "en-gb+f3")
PROBABILITY_KNOWN_MS = 220.0
"""When the turn model's answer is there: the gate's 160 ms, and 60 ms of work."""

TEXT_KNOWN_MS = 380.0
"""When the text is there: the gate's 160 ms, and 220 ms of work."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """Speech to measure. `gap_s`: where the pause put in begins, None without one; `label`: what the recording as a whole is."""

    number: int
    voice: str
    label: str
    samples: Pcm
    gap_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Pause:
    """One pause, as the gate found it.

    `kind`: `end` (the person has finished), `cut` (a pause put in, whose length is free), `inner` (a natural one, `gap_ms` long),
    `open` (the end of a recording that breaks off).
    """

    number: int
    voice: str
    kind: str
    gap_ms: float
    speech_ms: float
    pauses_before: int
    text: str
    language: str
    probabilities: dict[str, float]
    stt_ms: float
    late_ms: float
    log_probability: float = 0.0


# ---------------------------------------------------------------- making speech


def trimmed(sound: Pcm) -> Pcm:
    """`sound` without the silence at its edges."""
    frames = np.array([np.sqrt((block.astype(np.float64) ** 2).mean()) for block in blocks(sound)])
    loud = np.flatnonzero(frames > frames.max() * 10 ** (EDGE_DB / 20))
    return sound[loud[0] * BLOCK_SAMPLES : (loud[-1] + 1) * BLOCK_SAMPLES]


def in_a_room(parts: Sequence[Pcm], seed: int) -> Pcm:
    """The parts, at one loudness, over the noise of a quiet room; nothing is digitally silent."""
    sound = np.concatenate([silence(samples_of(400)), *parts, silence(samples_of(TAIL_MS))]).astype(np.float64)
    sound *= SPEECH_PEAK / max(1.0, np.abs(sound).max())
    sound += np.random.default_rng(seed).normal(0.0, 10 ** (ROOM_DBFS / 20), len(sound))
    return to_pcm(sound.astype(np.float32))


class Joe:
    """The installed Piper voice, which here also tells where each phoneme is, so that a fluent sentence can be opened between two words."""

    def __init__(self, folder: Path) -> None:
        from piper import PiperVoice
        from piper.config import PiperConfig

        path = next(iter(folder.glob("*.onnx")))
        config = PiperConfig.from_dict(json.loads(Path(f"{path}.json").read_text(encoding="utf-8")))
        self._phonemes = PiperVoice(config=config, session=None)
        self._config = config
        # Messages of one field are merged: these bytes behind the model make the durations one of its outputs.
        name = b"/Ceil_output_0"
        output = bytes([0x0A, len(name)]) + name
        graph = bytes([0x62, len(output)]) + output
        self._session = open_session(
            path.read_bytes() + bytes([0x3A, len(graph)]) + graph, threads=1, what=f"voice {path.stem}"
        )

    def say(self, text: str, pace: float, *, split_after: str = "") -> tuple[Pcm, Pcm]:
        """`text` at 16 kHz, in two parts: what is said up to the end of `split_after`, and the rest. `pace`: above 1 is slow."""
        ids = [self._phonemes.phonemes_to_ids(phonemes) for phonemes in self._phonemes.phonemize(text)]
        if len(ids) != 1:
            raise ValueError(f"not one sentence: {text}")
        scales = np.array([self._config.noise_scale, pace, self._config.noise_w_scale], dtype=np.float32)
        inputs: dict[str, NDArray[np.generic]] = {
            "input": np.array(ids, dtype=np.int64),
            "input_lengths": np.array([len(ids[0])], dtype=np.int64),
            "scales": scales,
        }
        sound, durations = self._session.run(None, inputs)
        samples: Float = sound.ravel()
        at = self._boundary(ids[0], split_after, np.cumsum(durations.ravel()) * PIPER_HOP) if split_after else 0
        rate = int(self._config.sample_rate)
        return tuple(resample(to_pcm(part), rate, RATE_HZ) for part in (samples[:at], samples[at:]))  # type: ignore[return-value] # two

    def _boundary(self, ids: list[int], before: str, ends: Float) -> int:
        """The sample in the middle of the space between two words that is nearest to where `before` ends."""
        space = self._config.phoneme_id_map[" "][0]
        alone = [i for phonemes in self._phonemes.phonemize(before) for i in self._phonemes.phonemes_to_ids(phonemes)]
        spaces = [i for i, phoneme in enumerate(ids) if phoneme == space]
        nearest = min(spaces, key=lambda i: abs(i - len(alone)))
        return int((ends[nearest - 1] + ends[nearest]) / 2)


def espeak(text: str, voice: str, folder: Path) -> Pcm:
    """`text` by espeak-ng, at 16 kHz, without silence at the edges."""
    path = folder / "said.wav"
    subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text], check=True)
    return trimmed(read_wav(path)[0])


def clips(voice_folder: Path) -> Iterator[Clip]:
    """All sentences by all voices."""
    joe = Joe(voice_folder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, text in enumerate(FINISHED):
            for pace in (0.9, 1.2):
                said = trimmed(joe.say(text, pace)[1])
                yield Clip(number=number, voice=f"joe {pace}", label="end", samples=in_a_room([said], number))
            for voice in ESPEAK_VOICES:
                said = espeak(text, voice, folder)
                yield Clip(number=number, voice=voice, label="end", samples=in_a_room([said], number))
        for number, (before, after) in enumerate(HESITANT):
            for pace in (1.0, 1.3):
                parts = joe.say(f"{before} {after}", pace, split_after=before)
                yield hesitating(number, f"joe {pace} opened", parts)
            unfinished = before if before.endswith(",") else f"{before},"
            yield hesitating(number, "joe 1.1 comma", (joe.say(unfinished, 1.1)[1], joe.say(after, 1.1)[1]))
            for voice in ESPEAK_VOICES:
                parts = (espeak(unfinished, voice, folder), espeak(after, voice, folder))
                yield hesitating(number, f"{voice} comma", parts)


def hesitating(number: int, voice: str, parts: tuple[Pcm, Pcm]) -> Clip:
    """Two parts of a sentence with a pause between them."""
    before, after = (trimmed(part) for part in parts)
    sound = in_a_room([before, silence(samples_of(WIDE_GAP_MS)), after], number)
    return Clip(number=number, voice=voice, label="end", samples=sound, gap_s=0.4 + len(before) / RATE_HZ)


def recordings(table: Path) -> Iterator[Clip]:
    """Clips named in a file of lines "path, tab, end or open"; `open` is one that breaks off in the middle of what is said."""
    for number, line in enumerate(table.read_text(encoding="utf-8").splitlines()):
        path, label = line.split("\t")[:2]
        said = read_audio(table.parent / path)[0]
        voice = f"recorded {Path(path).suffix.removeprefix('.')}"
        yield Clip(number=number, voice=voice, label=label, samples=in_a_room([trimmed(said)], number))


# ---------------------------------------------------------------- asking the engines


@dataclass(frozen=True, kw_only=True)
class Engines:
    """What is asked about a pause."""

    turn: SmartTurn
    transcriber: FasterWhisperTranscriber


def pauses_of(clip: Clip, engines: Engines) -> Iterator[Pause]:
    """Every pause of `clip`, with what the engines say to it."""
    gate, segmenter = Gate(GateConfig()), Segmenter(SegmenterConfig(end_silence_ms=5000, longest_utterance_s=60))
    first, confirming = WebrtcVad(), SileroVad()
    voiced = 0
    found: list[tuple[Utterance, float]] = []
    gaps: list[float] = []
    for index, block in enumerate(blocks(clip.samples)):
        voicing = gate.step(first_stage=first.score(block), confirmed=confirming.score(block), level_dbfs=dbfs(block))
        voiced += gate.unvoiced_blocks == 0 and segmenter.open
        for segment in segmenter.step(block, index * BLOCK_SAMPLES, voicing, gate.unvoiced_blocks):
            match segment:
                case SpeechPaused():
                    found.append((segment.utterance, voiced * BLOCK_MS))
                case SpeechResumed():
                    gaps.append(ms_of(segment.at_sample + BLOCK_SAMPLES - found[-1][0].speech_end_sample))
                case _:
                    pass
    loud_end = 0.4 + len(trimmed(clip.samples[samples_of(400) :])) / RATE_HZ
    for before, (utterance, speech_ms) in enumerate(found):
        end_s = utterance.speech_end_sample / RATE_HZ
        last = before == len(gaps)
        if last:
            kind, gap_ms, late_ms = clip.label, float("inf"), 1000 * (end_s - loud_end)
        else:
            put_in = clip.gap_s is not None and abs(end_s - clip.gap_s) < 0.3  # noqa: PLR2004 - the gate is not that far off
            kind, gap_ms = ("cut" if put_in else "inner"), gaps[before]
            late_ms = 1000 * (end_s - clip.gap_s) if put_in and clip.gap_s is not None else 0.0
        began_s = time.perf_counter()
        heard = engines.transcriber.transcribe(utterance.samples, language=None, is_cancelled=lambda: False)
        stt_ms = 1000 * (time.perf_counter() - began_s)
        yield Pause(
            number=clip.number,
            voice=clip.voice,
            kind=kind,
            gap_ms=gap_ms,
            speech_ms=speech_ms,
            pauses_before=before,
            text=heard.text,
            language=heard.language,
            probabilities={
                str(ms): engines.turn.probability(
                    clip.samples[utterance.first_sample : utterance.speech_end_sample + samples_of(ms)]
                )
                for ms in TRAILING_MS
            },
            stt_ms=stt_ms,
            late_ms=late_ms,
            log_probability=heard.mean_log_probability,
        )


def collect(args: argparse.Namespace) -> None:
    """Makes or reads the clips, and writes what is found about every pause."""
    root = Path(args.models)
    engines = Engines(
        turn=SmartTurn(root / "turn" / "smart-turn-v3.2"),
        transcriber=FasterWhisperTranscriber(root / "stt" / "whisper-base", name="base", device="cpu", threads=2),
    )
    source = recordings(Path(args.recordings)) if args.recordings else clips(root / "voice" / "en_US-joe-medium")
    with Path(args.pauses).open("w", encoding="utf-8") as file:
        for clip in source:
            file.writelines(json.dumps(asdict(pause), ensure_ascii=False) + "\n" for pause in pauses_of(clip, engines))
            file.flush()


# ---------------------------------------------------------------- rules


Rule = Callable[[Evidence], float]


def rules(patience: Patience) -> dict[str, Rule]:
    """Ways to wait, by name: evidence in, milliseconds out."""
    base = patience.end_silence_ms

    def by_threshold(evidence: Evidence) -> float:
        if evidence.turn_probability is None:
            return base
        return patience.shortest_ms if evidence.turn_probability > 0.5 else patience.longest_ms  # noqa: PLR2004 - its authors' line

    def only_turn(evidence: Evidence) -> float:
        return wait(replace(evidence, text=None), patience).ms

    def only_text(evidence: Evidence) -> float:
        return wait(replace(evidence, turn_probability=None), patience).ms

    return {
        "silence 300": lambda _: 300.0,
        "silence 600": lambda _: 600.0,
        "silence 800": lambda _: 800.0,
        "turn model, yes or no": by_threshold,
        "turn model": only_turn,
        "text": only_text,
        "both": lambda evidence: wait(evidence, patience).ms,
    }


def evidence_of(pause: Pause, at_ms: float, trailing_ms: int) -> Evidence:
    """What was known `at_ms` into the pause."""
    return Evidence(
        turn_probability=pause.probabilities[str(trailing_ms)] if at_ms >= PROBABILITY_KNOWN_MS else None,
        text=pause.text if at_ms >= TEXT_KNOWN_MS else None,
        language=pause.language,
        pauses_before=pause.pauses_before,
    )


def ended_ms(pause: Pause, rule: Rule, trailing_ms: int) -> float:
    """When the turn was over, in milliseconds of silence: the rule is asked again as the evidence comes in."""
    times = [GateConfig().pause_ms, PROBABILITY_KNOWN_MS, TEXT_KNOWN_MS, float("inf")]
    for now, following in pairwise(times):
        end = max(now, rule(evidence_of(pause, now, trailing_ms)))
        if end < following:
            return end
    raise AssertionError("a wait has an end")


def cut_share(pauses: Sequence[Pause], rule: Rule, nominal_ms: float, trailing_ms: int) -> float:
    """The share of `pauses`, were they `nominal_ms` long, in which the rule takes the turn away."""
    cut = [ended_ms(pause, rule, trailing_ms) < pause.gap_ms - WIDE_GAP_MS + nominal_ms for pause in pauses]
    return sum(cut) / len(cut) if cut else float("nan")


def report(args: argparse.Namespace) -> None:
    """Prints the tables."""
    lines = Path(args.pauses).read_text(encoding="utf-8").splitlines()
    everything = [Pause(**json.loads(line)) for line in lines]
    pauses = [pause for pause in everything if args.all or pause.number % 2 == (0 if args.tune else 1)]
    ends = [pause for pause in pauses if pause.kind == "end" and not pause.pauses_before]
    ends_after = [pause for pause in pauses if pause.kind == "end" and pause.pauses_before]
    groups = {
        "opened": [pause for pause in pauses if pause.kind == "cut" and pause.voice.endswith("opened")],
        "comma": [pause for pause in pauses if pause.kind == "cut" and pause.voice.endswith("comma")],
    }
    groups["all"] = [*groups["opened"], *groups["comma"]]
    natural = [pause for pause in pauses if pause.kind == "inner"]
    recorded = [pause for pause in pauses if pause.kind == "open"]
    print(
        f"{len(ends)} ends, {len(ends_after)} ends after a pause, {len(groups['opened'])} pauses in fluent sentences, "
        f"{len(groups['comma'])} after a comma, {len(natural)} natural pauses, {len(recorded)} recordings that break off"
    )
    header = ["rule", "asked p50", "ended p50", "p90", "after a pause p50"]
    header += [f"{name} {gap}" for name in groups for gap in NOMINAL_GAPS_MS] + ["natural", "breaks off 700", "1000"]
    late_ms = [pause.late_ms for pause in [*ends, *groups["all"]]]
    print(f"the gate takes speech to end {statistics.median(late_ms):.0f} ms after it does")
    print("| " + " | ".join(header) + " |\n|" + "---|" * len(header))
    for name, rule in rules(Patience(patience=args.patience, shortest_ms=args.shortest)).items():

        def ended(some: Sequence[Pause], rule: Rule = rule) -> list[float]:
            return [ended_ms(pause, rule, args.trailing) for pause in some] or [float("nan")]

        asked = [rule(evidence_of(pause, float("inf"), args.trailing)) for pause in ends]
        cells = [
            f"{statistics.median(asked):.0f}",
            f"{statistics.median(ended(ends)):.0f}",
            f"{np.quantile(ended(ends), 0.9):.0f}",
            f"{statistics.median(ended(ends_after)):.0f}",
        ]
        cells += [
            f"{cut_share(group, rule, gap, args.trailing):.0%}" for group in groups.values() for gap in NOMINAL_GAPS_MS
        ]
        cells.append(str(sum(ended_ms(pause, rule, args.trailing) < pause.gap_ms for pause in natural)))
        cells += [f"{np.mean([end < gap for end in ended(recorded)]):.0%}" for gap in (700, 1000)]
        print(f"| {name} | " + " | ".join(cells) + " |")
    for name, some in {
        "end": ends,
        "opened": groups["opened"],
        "comma": groups["comma"],
        "recorded open": recorded,
    }.items():
        if some:
            describe(name, some)


def describe(name: str, pauses: Sequence[Pause]) -> None:
    """Prints what each witness says of `pauses`."""
    marks = Counter("..." if pause.text.endswith("...") else (pause.text or " ")[-1] for pause in pauses)
    shares = ", ".join(f"{mark!r} {count / len(pauses):.0%}" for mark, count in marks.most_common(5))
    print(f"\n{name}: {len(pauses)}; text ends in {shares}")
    verdicts = Counter(str(looks_finished(pause.text, pause.language)) for pause in pauses)
    print(
        "  looks finished:",
        ", ".join(f"{verdict} {count / len(pauses):.0%}" for verdict, count in sorted(verdicts.items())),
    )
    for trailing in TRAILING_MS:
        values = [pause.probabilities[str(trailing)] for pause in pauses]
        over = " ".join(f"{np.mean([value > line for value in values]):.0%}" for line in (0.1, 0.5, 0.9))
        print(f"  turn model with {trailing} ms of silence: above 0.1, 0.5, 0.9: {over}")


def time_turn_model(args: argparse.Namespace) -> None:
    """Prints how long the turn model takes."""
    sound = np.random.default_rng(0).normal(0, 1000, 4 * RATE_HZ).astype(np.int16)
    for threads in (1, 2):
        model = SmartTurn(Path(args.models) / "turn" / "smart-turn-v3.2", threads=threads)
        took: list[float] = []
        worked: list[float] = []
        for _ in range(40):
            began_s, before_s = time.perf_counter(), time.process_time()
            model.probability(sound)
            took.append(1000 * (time.perf_counter() - began_s))
            worked.append(1000 * (time.process_time() - before_s))
        print(
            f"{threads} threads: least {min(took):.0f} ms, median {statistics.median(took):.0f} ms; "
            f"processor time, median {statistics.median(worked):.0f} ms; load of the machine {os.getloadavg()[0]:.1f}"
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default=os.environ.get("VOICECLI_MODELS", "models"), help="where the models are")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("collect")
    command.add_argument("pauses", help="the file to write")
    command.add_argument("--recordings", help='file of lines "path<TAB>end" or "path<TAB>open", instead of made speech')
    command.set_defaults(run=collect)
    command = commands.add_parser("report")
    command.add_argument("pauses", help="the file to read")
    command.add_argument("--tune", action="store_true", help="the half for choosing numbers, not the one held out")
    command.add_argument("--all", action="store_true", help="both halves")
    command.add_argument("--patience", type=float, default=1.0)
    command.add_argument(
        "--trailing", type=int, default=160, choices=TRAILING_MS, help="silence given to the turn model"
    )
    command.add_argument("--shortest", type=float, default=Patience().shortest_ms)
    command.set_defaults(run=report)
    command = commands.add_parser("time")
    command.set_defaults(run=time_turn_model)
    args = parser.parse_args()
    args.run(args)


if __name__ == "__main__":
    main()
