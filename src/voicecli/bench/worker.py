"""Jobs of the benchmark that run in their own process: speaking the questions, the naive pipeline, each engine alone.

A job is one JSON object on standard input. Its results are JSON objects on standard output, one per line.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from voicecli.app import engine_setup
from voicecli.app.startup import prepare
from voicecli.audio.resample import resample
from voicecli.audio.sound_files import WavWriter, read_audio
from voicecli.bench.naive import NaivePipeline, piper, whisper
from voicecli.bench.questions import PERSONA, laid_out
from voicecli.bench.records import Job, Record
from voicecli.config.documents import build
from voicecli.config.load import load
from voicecli.errors import VoiceCliError
from voicecli.pcm import RATE_HZ, Pcm
from voicecli.pipeline.context_window import ContextWindow
from voicecli.session import personas
from voicecli.session.history import History
from voicecli.speech.level import dbfs

if TYPE_CHECKING:
    from voicecli.config.schema import Settings
    from voicecli.engines.ports import ChatModel, Voice
    from voicecli.session.personas import Persona


def main() -> int:
    """Runs the job on standard input, and returns the exit code."""
    job: Job = json.load(sys.stdin)
    try:
        settings = load(flags=job["flags"]).settings
        prepare(settings.log.level)
        for record in JOBS[job["job"]](job, settings, personas.load(PERSONA)):
            _tell(record)
    except VoiceCliError as error:
        _tell({"event": "error", "code": error.code, "message": error.message, "hint": error.hint})
        return error.exit_code
    return 0


def _tell(record: Record) -> None:
    print(json.dumps(record), flush=True)  # noqa: T201 - a separate program, which prints its results


def speak(job: Job, settings: Settings, persona: Persona) -> Iterator[Record]:
    """Speaks `questions`, each with its `path` and its `clauses`, into their files."""
    chosen = engine_setup.choose(settings, persona, hears=False, thinks=False, speaks=True)
    voice = engine_setup.load(chosen, settings).voice
    assert voice is not None  # noqa: S101 - a voice was asked for
    for question in job["questions"]:
        sound = laid_out([_spoken(voice, clause) for clause in question["clauses"]], question["pause_ms"])
        path = Path(question["path"])
        whole = path.with_suffix(".part")
        with WavWriter(whole, RATE_HZ) as file:
            file.write(sound)
        whole.replace(path)  # so a file that exists is complete
        yield {"event": "spoken", "path": str(path), "seconds": len(sound) / RATE_HZ, "dbfs": round(dbfs(sound), 1)}


def _spoken(voice: Voice, text: str) -> Pcm:
    chunks = list(voice.speak(text, is_cancelled=lambda: False))
    return resample(np.concatenate(chunks), voice.rate_hz, RATE_HZ)


def naive(job: Job, settings: Settings, persona: Persona) -> Iterator[Record]:
    """Answers the questions in `files` with the naive pipeline, as one conversation."""
    chosen = engine_setup.choose(settings, persona, hears=True, thinks=True, speaks=True)
    assert chosen.stt is not None and chosen.voice is not None  # noqa: S101, PT018 - they were asked for
    from voicecli.engines.hardware import physical_cores

    model = engine_setup.load(dataclasses.replace(chosen, stt=None, voice=None), settings).model
    assert model is not None  # noqa: S101 - it was asked for
    threads = settings.threads.stt or physical_cores()  # naive: all cores
    pipeline = NaivePipeline(
        hear=whisper(
            chosen.stt.path,
            device=engine_setup.device_for("stt", settings.models.device),
            threads=threads,
            language=engine_setup.language(persona, settings),
        ),
        think=_conversation(model, settings, persona),
        say=piper(chosen.voice.path),
    )
    for file in job["files"]:
        yield build(Record, {"event": "turn", **dataclasses.asdict(pipeline.turn(read_audio(Path(file))[0]))})


def _conversation(model: ChatModel, settings: Settings, persona: Persona) -> Callable[[str], str]:
    """Starts a conversation. Returns a function that writes the whole answer to its next question."""
    sampling = engine_setup.sampling(persona, settings)
    window = ContextWindow(model.context_tokens - sampling.max_tokens, model.count_tokens)
    history = History(persona.prompt)
    model.prime(history.messages)

    def think(question: str) -> str:
        history.ask(question)
        messages = window.fit(history.messages)
        answer = "".join(model.reply(messages, sampling=sampling, is_cancelled=lambda: False)).strip()
        history.answer(answer)
        return answer

    return think


def engines(job: Job, settings: Settings, persona: Persona) -> Iterator[Record]:
    """Times each engine alone, with the questions in `files` and the language model's answers to them."""
    chosen = engine_setup.choose(settings, persona, hears=True, thinks=True, speaks=True)
    ready = engine_setup.load(chosen, settings)
    assert ready.transcriber is not None and ready.model is not None and ready.voice is not None  # noqa: S101, PT018 - they were asked for
    sampling = engine_setup.sampling(persona, settings)
    language = engine_setup.language(persona, settings)
    ready.model.prime(History(persona.prompt).messages)
    for file in job["files"]:
        question = read_audio(file)[0]
        began_s = time.perf_counter()
        heard = ready.transcriber.transcribe(question, language=language, is_cancelled=lambda: False).text
        stt_s = time.perf_counter() - began_s
        messages = History(persona.prompt).with_question(heard)
        texts, times_s = [], []
        for text in ready.model.reply(messages, sampling=sampling, is_cancelled=lambda: False):
            texts.append(text)
            times_s.append(time.perf_counter())
        began_s = time.perf_counter()
        samples = sum(len(chunk) for chunk in ready.voice.speak("".join(texts), is_cancelled=lambda: False))
        yield {
            "event": "turn",
            "question_s": len(question) / RATE_HZ,
            "stt_s": stt_s,
            # The first token comes from reading the prompt, so writing is measured from the first token to the last.
            "tokens": max(0, len(texts) - 1),
            "write_s": times_s[-1] - times_s[0] if times_s else 0.0,
            "answer_s": samples / ready.voice.rate_hz,
            "tts_s": time.perf_counter() - began_s,
        }


Worker: TypeAlias = "Callable[[Job, Settings, Persona], Iterator[Record]]"
JOBS: dict[str, Worker] = {"speak": speak, "naive": naive, "engines": engines}

if __name__ == "__main__":
    sys.exit(main())
