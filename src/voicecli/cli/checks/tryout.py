"""Tries every engine with its model once. The voice says numbers, the recogniser and the turn detector hear them, and the language model greets.

Each runs in a separate process, as in `chat`, and is timed after its warm-up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voicecli.cli.checks.finding import Finding, Scene, right, warning
from voicecli.cli.checks.models import effective

if TYPE_CHECKING:
    from voicecli.app.engine_setup import Engines
    from voicecli.config.schema import Settings
    from voicecli.models.store import ResolvedModel
    from voicecli.pcm import Pcm

WORDS = "1, 2, 3, 4, 5."
"""Numbers can be read in any language."""

QUESTION = "Say hello in one sentence."
PROMPT = "You are a friendly assistant."
REPLY_TOKENS = 24
"""How long the answer of a trial is. It suffices to measure the speed."""

SPEAKING_RATE = 4.0
"""Tokens per second below which a voice has to wait for its words: 150 words a minute, at four tokens for three words, are 3.3."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Said:
    """The sound of a voice, mono at 16 kHz, and how long it took to make."""

    pcm: Pcm
    load_s: float
    taken_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a recogniser understood, and how long that took."""

    text: str
    load_s: float
    taken_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thought:
    """The speed of a language model: seconds to its first token, and tokens per second after it; 0.0 for a reply of one token."""

    text: str
    load_s: float
    first_s: float
    tokens_per_s: float


def speaking(scene: Scene) -> Iterator[Finding]:
    """Has the voice say a few numbers."""
    model = scene.chosen.get("voice")
    if model is None or "piper" not in scene.loadable:
        return
    said = scene.apart.run(say, effective(scene), model)
    scene.spoken = said.pcm
    spoken_s = _seconds(said.pcm)
    times = f"{spoken_s:.1f} s of speech in {said.taken_s:.2f} s; loaded in {said.load_s:.1f} s"
    if spoken_s == 0:
        yield warning(f"{model.name} produced no speech for “{WORDS}”.", "voicecli models list --kind voice")
    elif said.taken_s > spoken_s:
        yield warning(f"{model.name} is slower than speech: {times}.", _faster(scene, "voice"))
    else:
        yield right(f"{model.name}: {times}.")


def listening(scene: Scene) -> Iterator[Finding]:
    """Has the recogniser transcribe what the voice said."""
    model = scene.chosen.get("stt")
    if model is None or "faster_whisper" not in scene.loadable:
        return
    heard = scene.apart.run(hear, effective(scene), model, scene.spoken)
    spoken_s = _seconds(scene.spoken) if scene.spoken is not None else 0.0
    times = f"{heard.taken_s:.2f} s; loaded in {heard.load_s:.1f} s"
    if spoken_s == 0:
        yield right(f"{model.name}: warmed up in {times}.")
    elif not heard.text:
        yield warning(f"{model.name} recognized nothing of what the voice said.", "voicecli models verify")
    elif heard.taken_s > spoken_s:
        yield warning(f"{model.name} is slower than speech: {times}.", _faster(scene, "stt"))
    else:
        yield right(f"{model.name} understood “{heard.text}” in {times}.")


def thinking(scene: Scene) -> Iterator[Finding]:
    """Has the language model greet."""
    model = scene.chosen.get("llm")
    if model is None or "llama_cpp" not in scene.loadable:
        return
    thought = scene.apart.run(think, effective(scene), model)
    rate = f"{thought.tokens_per_s:.1f} tokens a second"
    times = f"first word after {thought.first_s:.2f} s, {rate}; loaded in {thought.load_s:.1f} s"
    if not thought.text:
        yield warning(f"{model.name} gave no answer.", "voicecli models list --kind llm")
    elif 0 < thought.tokens_per_s < SPEAKING_RATE:
        yield warning(f"{model.name} is slower than speech: {times}.", _faster(scene, "llm"))
    else:
        yield right(f"{model.name}: {times}.")


def ending(scene: Scene) -> Iterator[Finding]:
    """Has the turn detector judge what the voice said."""
    model = scene.chosen.get("turn")
    if model is None or "faster_whisper" not in scene.loadable:
        return
    taken_s = scene.apart.run(judge_end, model, scene.spoken)
    yield right(f"{model.name}: judged in {taken_s * 1000:.0f} ms.")


def _faster(scene: Scene, kind: str) -> str:
    """Returns what to do about a slow engine. If other programs keep the cores busy, the model is hardly the cause."""
    cores = os.cpu_count() or 1
    if scene.load > cores:
        return f"Close other programs (load {scene.load:.0f} on {cores} cores), then run again: voicecli doctor"
    return f"voicecli models list --kind {kind}"


def say(settings: Settings, model: ResolvedModel) -> Said:
    """Loads a voice and has it say `WORDS`."""
    import numpy as np

    from voicecli.audio.resample import resample
    from voicecli.pcm import RATE_HZ, silence

    engines, load_s = _load(settings, voice=model)
    voice = engines.voice
    assert voice is not None  # noqa: S101 - it was asked for
    began_s = time.monotonic()
    chunks = list(voice.speak(WORDS, is_cancelled=lambda: False))
    taken_s = time.monotonic() - began_s
    sound = np.concatenate(chunks) if chunks else silence(0)
    return Said(pcm=resample(sound, voice.rate_hz, RATE_HZ), load_s=load_s, taken_s=taken_s)


def hear(settings: Settings, model: ResolvedModel, sound: Pcm | None) -> Heard:
    """Loads a recogniser and has it transcribe `sound`, or warm up if there is none."""
    engines, load_s = _load(settings, stt=model)
    transcriber = engines.transcriber
    assert transcriber is not None  # noqa: S101 - it was asked for
    began_s = time.monotonic()
    text = ""
    if sound is None:
        transcriber.warm_up()
    else:
        text = transcriber.transcribe(sound, language=None, is_cancelled=lambda: False).text
    return Heard(text=text, load_s=load_s, taken_s=time.monotonic() - began_s)


def think(settings: Settings, model: ResolvedModel) -> Thought:
    """Loads a language model, primes it as `chat` does, and has it answer `QUESTION`."""
    from voicecli.engines.ports import ChatMessage, Sampling

    engines, load_s = _load(settings, llm=model)
    partner = engines.model
    assert partner is not None  # noqa: S101 - it was asked for
    messages = [ChatMessage(role="system", content=PROMPT)]
    partner.prime(messages)
    messages.append(ChatMessage(role="user", content=QUESTION))
    sampling = Sampling(temperature=0.0, max_tokens=REPLY_TOKENS)
    began_s = time.monotonic()
    pieces: list[tuple[float, str]] = [
        (time.monotonic() - began_s, piece)
        for piece in partner.reply(messages, sampling=sampling, is_cancelled=lambda: False)
    ]
    first_s, last_s = (pieces[0][0], pieces[-1][0]) if pieces else (0.0, 0.0)
    return Thought(
        text="".join(piece for _, piece in pieces),
        load_s=load_s,
        first_s=first_s,
        tokens_per_s=(len(pieces) - 1) / (last_s - first_s) if last_s > first_s else 0.0,
    )


def judge_end(model: ResolvedModel, sound: Pcm | None) -> float:
    """Loads a turn detector and has it judge `sound`, or silence if there is none. Returns how many seconds that took."""
    from voicecli.engines.registry import make_turn_detector
    from voicecli.pcm import RATE_HZ, silence

    detector = make_turn_detector(model.path, engine=model.engine)
    began_s = time.monotonic()
    detector.probability(silence(RATE_HZ) if sound is None else sound)
    return time.monotonic() - began_s


def _load(
    settings: Settings,
    *,
    stt: ResolvedModel | None = None,
    llm: ResolvedModel | None = None,
    voice: ResolvedModel | None = None,
) -> tuple[Engines, float]:
    from voicecli.app import engine_setup

    began_s = time.monotonic()
    engines = engine_setup.load(engine_setup.Chosen(stt=stt, llm=llm, voice=voice), settings)
    return engines, time.monotonic() - began_s


def _seconds(pcm: Pcm) -> float:
    from voicecli.pcm import RATE_HZ

    return len(pcm) / RATE_HZ
