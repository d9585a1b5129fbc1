"""Measures from outside how soon an answer is silent when somebody talks over it, and where the time goes.

    python scripts/measure_silence.py                          10 answers, talked over by two voices
    python scripts/measure_silence.py --echo-ms 100 --echo-db -12
    python scripts/measure_silence.py --near FOLDER            by these people: WAV files, each with its words in a .txt file beside it
    python scripts/measure_silence.py --trials 0 --talk-s 600  ten minutes of answers that nobody talks over: does the sound break up?

The whole program runs at a virtual sound card, and both sides of the card are recorded on one clock. A trial lasts from the first sound of the
person, found in the recording of the microphone, to the last sample that is not zero in the recording of the loudspeaker. Hooks in the program
look at the clock, so that the time can be divided:

    microphone  from the first sound until the block with it is delivered to the program
    detector    until the block is delivered that raises the suspicion
    decision    until the playout is paused
    pull        until the sound card asks for its next block
    loudspeaker until that block, which fades out and is silent then, has replaced what the card and the sound server held

A trial whose answer was not sounding when the person began is repeated.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Final

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from card_sides import BothSides, gaps, place_of
from fakes.program import Chat
from measure_echo import NEAR_DBFS, Clip, spoken, trimmed
from rooms import at_level
from speech_fixtures import speak
from virtual_sound_card import RATE_HZ as CARD_HZ
from virtual_sound_card import VirtualSoundCard
from voicecli.audio.resample import resample
from voicecli.audio.sound_files import WavWriter, read_wav
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, Pcm, blocks_of

QUESTIONS: Final = (
    "Please tell me a long story about the sea.",
    "What can I do in a big city?",
    "How does a bicycle work?",
    "Why do leaves turn red in autumn?",
    "Tell me something about cats and dogs.",
)
SAID: Final = (
    "Wait a second, I have another question.",
    "Hold on, that is not what I meant.",
    "Please tell me about the moon.",
    "Excuse me, may I ask something else?",
    "Can you tell me the capital of France instead?",
)
PITCH: Final = 1.3
"""How much higher the second person speaks, where no other voice is installed."""

KEPT_BLOCKS: Final = blocks_of(4000)
AFTERWARDS_S: Final = 1.0
"""How much of the microphone's sound the hooks keep, and how long after a pause, to find the person's first sound in it."""

ALIKE: Final = 0.5
"""Correlation from which the clip was found in a recording. An echo at -12 dB lowers it a little."""

SOUNDING_S: Final = 0.1
REST_S, LONGEST_S = 2.5, 90.0
"""Nothing is going on when nothing was told for so long."""

PARTS: Final = ("microphone", "detector", "decision", "pull", "loudspeaker")
MOST_TRIES: Final = 4
AIM_MEDIAN_MS, AIM_MOST_MS = 150.0, 250.0


# ---- inside the program


def watched(arguments: Sequence[str], log: IO[str]) -> int:
    """Runs `voicecli` with hooks that note when what happened. They write in a thread of their own."""
    from voicecli.audio.microphone import SoundDeviceMicrophone
    from voicecli.audio.playout import Playout
    from voicecli.audio.ports import BlockSink
    from voicecli.cli.main import main
    from voicecli.messages import BargeIn
    from voicecli.pipeline.listen import Listen
    from voicecli.speech.barge_in_detector import Interruption

    arrivals: deque[tuple[int, float, Pcm]] = deque(maxlen=KEPT_BLOCKS)
    notes: SimpleQueue[dict[str, Any]] = SimpleQueue()
    noted: dict[str, Any] = {}
    start, listen, pause, pull = SoundDeviceMicrophone.start, Listen.__call__, Playout.pause, Playout.pull

    def starting(microphone: SoundDeviceMicrophone, sink: BlockSink) -> None:
        def noting(block: Pcm, first_sample: int) -> None:
            arrivals.append((first_sample, time.monotonic(), block))
            sink(block, first_sample)

        start(microphone, noting)

    def listening(stage: Listen, block: Any) -> Any:  # noqa: ANN401 - the stage's own
        for result in listen(stage, block):
            if isinstance(result, BargeIn) and result.verdict is Interruption.SUSPECTED:
                noted.clear()
                noted.update(block=block.first_sample, suspected_s=time.monotonic())
            yield result

    def pausing(playout: Playout) -> None:
        pause(playout)
        noted["paused_s"] = time.monotonic()

    def pulling(playout: Playout, samples: int) -> Pcm:
        if "paused_s" in noted:
            notes.put({**noted, "pulled_s": time.monotonic()})
            noted.clear()
        return pull(playout, samples)

    def write() -> None:
        while True:
            note = notes.get()
            time.sleep(AFTERWARDS_S)  # so that enough of the words is there to find them
            kept = arrivals.copy()
            note["arrived"] = [(at, came_s) for at, came_s, _ in kept]
            note["sound"] = np.concatenate([block for _, _, block in kept]).tolist()
            log.write(json.dumps(note) + "\n")
            log.flush()

    SoundDeviceMicrophone.start = starting  # type: ignore[method-assign,assignment] # to see when it is called
    Listen.__call__ = listening  # type: ignore[method-assign,assignment] # to see when it is called
    Playout.pause = pausing  # type: ignore[method-assign,assignment] # to see when it is called
    Playout.pull = pulling  # type: ignore[method-assign,assignment] # to see when it is called
    Thread(target=write, daemon=True).start()
    return main(list(arguments))


# ---- outside


@dataclass(kw_only=True)
class Trial:
    """One answer that was talked over. Times are in ms; `parts` is empty where the hooks saw no pause, and `silent_ms` is None if it was missed."""

    voice: str
    said: str
    silent_ms: float | None
    parts: dict[str, float] = field(default_factory=dict)


class Session:
    """The program at the card, the recordings of both sides, and what the hooks wrote."""

    def __init__(
        self, card: VirtualSoundCard, sides: BothSides, folder: Path, arguments: Sequence[str], into_s: float
    ) -> None:
        self._card, self._sides, self._into_s = card, sides, into_s
        self._log = folder / "hooks"
        self._log.touch()
        homes = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("STATE", "CONFIG", "DATA", "CACHE")}
        inside = [sys.executable, str(Path(__file__).resolve()), "--inside", str(self._log), "--"]
        # `Chat` puts "python -m voicecli" behind the prefix; the hooks leave it out again.
        self.chat = Chat("--no-save", "--language", "en", *arguments, prefix=inside, env={**card.environment, **homes})

    def ask(self, question: Path) -> None:
        """Plays a question, and waits until its answer sounds."""
        before = len(self.chat.told("latency"))
        self._card.play_into_microphone(question).wait()
        self.chat.wait_for("latency", count=before + 1)

    def talk_over(self, question: Path, clip: Clip, wav: Path, voice: str) -> Trial | None:
        """Asks, and talks over the answer; None if the answer did not sound then."""
        self.ask(question)
        time.sleep(self._into_s)
        began_s = time.monotonic()
        self._card.play_into_microphone(wav).wait()
        over_s = time.monotonic()
        trial = self._judge(clip, voice, began_s, over_s)
        self._rest()
        return trial

    def alone(self, question: Path) -> None:
        """An answer that nobody talks over."""
        heard = len(self.chat.told("spoken"))
        self.ask(question)
        self.chat.wait_for("spoken", count=heard + 1)
        time.sleep(0.3)

    def gaps(self, from_s: float, to_s: float) -> list[tuple[float, float]]:
        """Returns the gaps in what the loudspeaker played."""
        return gaps(self._sides.loudspeaker.sound(from_s, to_s))

    def _rest(self) -> None:
        """Waits until what was said has been answered."""
        chat = self.chat
        deadline_s = time.monotonic() + LONGEST_S
        seen, since_s = -1, time.monotonic()
        while time.monotonic() < deadline_s:
            if len(chat.events) != seen or len(chat.told("spoken")) < len(chat.told("latency")):
                seen, since_s = len(chat.events), time.monotonic()
            elif time.monotonic() - since_s > REST_S:
                return
            time.sleep(0.1)

    def _judge(self, clip: Clip, voice: str, began_s: float, over_s: float) -> Trial | None:
        said = self._sides.microphone.sound(began_s, over_s)
        place, alike = place_of(resample(clip.pcm, RATE_HZ, CARD_HZ), said)
        if alike < ALIKE:
            print(f"the words were not found in the recording ({alike:.2f})", file=sys.stderr)
            return None
        onset_s = began_s + place / CARD_HZ
        end_s = onset_s + len(clip.pcm) / RATE_HZ
        before = self._sides.loudspeaker.sound(onset_s - SOUNDING_S, onset_s)
        if not before.any():
            return None  # the answer was over, or between two sentences
        played = self._sides.loudspeaker.sound(onset_s, end_s)
        silent_ms = (int(np.flatnonzero(played)[-1]) + 1) * 1000 / CARD_HZ if played.any() else 0.0
        if silent_ms > 1000 * (end_s - onset_s) - 100:
            return Trial(voice=voice, said=clip.text, silent_ms=None)
        trial = Trial(voice=voice, said=clip.text, silent_ms=silent_ms)
        trial.parts = self._parts(clip, onset_s, end_s, silent_ms)
        return trial

    def _parts(self, clip: Clip, onset_s: float, end_s: float, silent_ms: float) -> dict[str, float]:
        note: dict[str, Any] | None = None
        deadline_s = time.monotonic() + 2 * AFTERWARDS_S
        while note is None and time.monotonic() < deadline_s:
            time.sleep(0.1)
            lines = self._log.read_text(encoding="utf-8").splitlines(keepends=True)
            notes = [json.loads(line) for line in lines if line.endswith("\n")]
            note = next((each for each in notes if onset_s - 0.05 < each["suspected_s"] < end_s), None)
        if note is None:
            return {}
        arrived: list[tuple[int, float]] = note["arrived"]
        sound = np.array(note["sound"], dtype=np.int16)
        place, alike = place_of(clip.pcm[: round(RATE_HZ * AFTERWARDS_S * 0.8)], sound)
        came_s = next((came_s for at, came_s in arrived if at == note["block"]), None)
        if alike < ALIKE or came_s is None:
            return {}
        first_s = arrived[place // BLOCK_SAMPLES][1]
        return {
            "microphone": 1000 * (first_s - onset_s),
            "detector": 1000 * (came_s - first_s),
            "decision": 1000 * (note["paused_s"] - came_s),
            "pull": 1000 * (note["pulled_s"] - note["paused_s"]),
            "loudspeaker": silent_ms - 1000 * (note["pulled_s"] - onset_s),
        }


def clips(near: Path | None, folder: Path) -> list[tuple[str, Clip, Path]]:
    """What people say, by two voices in turn."""
    found: list[tuple[str, str, Pcm]] = []
    if near is not None:
        found += [
            (path.stem, path.with_suffix(".txt").read_text(encoding="utf-8").strip(), read_wav(path)[0])
            for path in sorted(near.glob("*.wav"))
        ]
    else:
        from voicecli.engines.piper import PiperSpeaker
        from voicecli.models.store import ModelStore

        model = ModelStore.default().resolve("voice")
        voice = PiperSpeaker(model.path, name=model.name, threads=1)
        own = [(text, spoken(voice, text)) for text in SAID]
        for text, pcm in own:
            found.append(("the answer's own voice", text, resample(pcm, voice.rate_hz, RATE_HZ)))
            found.append(_other(text, pcm, voice.rate_hz))
    made = []
    for number, (name, text, pcm) in enumerate(found):
        clip = Clip(text=text, pcm=at_level(trimmed(pcm), NEAR_DBFS))
        path = folder / f"said{number}.wav"
        with WavWriter(path, RATE_HZ) as file:
            file.write(clip.pcm)
        made.append((name, clip, path))
    return made


def _other(text: str, pcm: Pcm, rate_hz: int) -> tuple[str, str, Pcm]:
    """The second person: hibari's voice where it is installed, else the first, higher."""
    package = importlib.util.find_spec("hibari")
    if package is None or package.origin is None:
        return "the same, higher", text, resample(pcm, round(rate_hz * PITCH), RATE_HZ)
    from voicecli.engines.hibari import HibariSpeaker

    speaker = HibariSpeaker(Path(package.origin).parent / "assets", name="hibari", threads=1)
    sound = np.concatenate(list(speaker.speak(text, is_cancelled=lambda: False)))
    return "another voice", text, resample(sound, speaker.rate_hz, RATE_HZ)


def show(trials: Sequence[Trial]) -> bool:
    """Prints the trials and their medians; returns whether the aim was reached."""
    print(f"| {'voice':<22} | {'said':<48} | silent after | {' | '.join(PARTS)} |")
    print(f"|---|---|---|{'---|' * len(PARTS)}")
    for each in trials:
        parts = " | ".join(f"{each.parts[part]:.0f}" if each.parts else "-" for part in PARTS)
        silent = "missed" if each.silent_ms is None else f"{each.silent_ms:.0f}"
        print(f"| {each.voice:<22} | {each.said:<48} | {silent} | {parts} |")
    known = [each.silent_ms for each in trials if each.silent_ms is not None]
    if not known:
        return False
    divided = [each.parts for each in trials if each.parts]
    medians = " | ".join(f"{statistics.median(p[part] for p in divided):.0f}" if divided else "-" for part in PARTS)
    middle, most = statistics.median(known), max(known)
    print(f"| median | {len(known)} of {len(trials)} caught, most {most:.0f} | {middle:.0f} | {medians} |")
    return len(known) == len(trials) and middle <= AIM_MEDIAN_MS and most <= AIM_MOST_MS


def measure(options: argparse.Namespace, card: VirtualSoundCard, folder: Path) -> bool:
    """Holds the conversation; returns whether the aims were reached."""
    questions = speak(QUESTIONS, folder / "questions")
    said = clips(options.near, folder)
    trials: list[Trial] = []
    with BothSides(card) as sides:
        session = Session(card, sides, folder, options.arguments, options.into_s)
        with session.chat as chat:
            chat.wait_for("ready")
            began_s = time.monotonic()
            for number in range(options.trials):
                voice, clip, wav = said[number % len(said)]
                for tries in range(MOST_TRIES):
                    trial = session.talk_over(questions[(number + tries) % len(questions)], clip, wav, voice)
                    if trial is not None:
                        trials.append(trial)
                        break
                print(f"\rtalked over {number + 1}", end="", file=sys.stderr)
            talked_s = time.monotonic()
            asked = 0
            while time.monotonic() - talked_s < options.talk_s:
                session.alone(questions[asked % len(questions)])
                asked += 1
                print(f"\ranswer {asked} ", end="", file=sys.stderr)
            ended_s = time.monotonic()
            broken = session.gaps(began_s, ended_s)
            dropped = [(each["device"], each["blocks"]) for each in chat.told("dropped")]
            buffers = [(each["block_ms"], each["held_ms"]) for each in chat.told("buffer")]
    print("\r", end="", file=sys.stderr)
    reached = show(trials) if trials else True
    print(f"{ended_s - began_s:.0f} s; blocks lost: {dropped or 'none'}; gaps in the recording: {len(broken)}")
    for at_s, length_ms in broken:
        print(f"  gap of {length_ms:.0f} ms after {at_s:.1f} s")
    if buffers:
        print(f"buffer (block, held), ms: {buffers}")
    return reached and not broken


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10, help="answers that are talked over")
    parser.add_argument("--talk-s", type=float, default=0.0, metavar="S", help="seconds of answers that are not")
    parser.add_argument(
        "--echo-ms", type=int, metavar="MS", help="the microphone hears the loudspeaker after this time"
    )
    parser.add_argument("--echo-db", type=float, default=-12.0, metavar="DB", help="how loud")
    parser.add_argument("--into-s", type=float, default=1.2, metavar="S", help="how long an answer sounds before that")
    parser.add_argument("--near", type=Path, metavar="FOLDER", help="what people say")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs="*", help="more arguments for `voicecli chat`, after --")
    options = parser.parse_args()
    if options.inside is not None:
        with options.inside.open("a", encoding="utf-8") as log:
            return watched(options.arguments[options.arguments.index("chat") :], log)
    load = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as name,
        VirtualSoundCard(echo_ms=options.echo_ms, echo_db=options.echo_db) as card,
    ):
        reached = measure(options, card, Path(name))
    echo = f"echo {options.echo_ms} ms, {options.echo_db} dB" if options.echo_ms is not None else "no echo"
    print(f"{echo}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after; aims {'reached' if reached else 'missed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
