"""`voicecli ask`: one question, one answer."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from voicecli.app import console
from voicecli.cli.options import (
    Device,
    Force,
    GivenFile,
    Language,
    Llm,
    LlmUrl,
    Output,
    Persona,
    Set,
    Speaker,
    Stt,
    SttUrl,
    TtsUrl,
    Voice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from voicecli.app.engine_setup import Engines
    from voicecli.app.named_files import Files
    from voicecli.app.speech_output import Delivery, SpeechOutput
    from voicecli.audio.sound_reader import SoundReader
    from voicecli.config.schema import Settings
    from voicecli.engines.ports import Sampling
    from voicecli.engines.ports import Voice as VoiceEngine

EPILOG = """Examples:

  voicecli ask "What is the capital of France?"

  git log -p | voicecli ask "What changed?"

  voicecli ask "Explain this:" - "In one sentence." < notes.txt

  voicecli ask --audio question.wav -o answer.wav
"""


def ask(
    text: Annotated[
        list[str] | None,
        typer.Argument(help="The question. Piped input is put before it, or in place of -.", metavar="[TEXT|-]…"),
    ] = None,
    audio: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Ask the question spoken in this sound file.")
    ] = None,
    file: GivenFile = None,
    speak: Annotated[bool, typer.Option("--speak/--no-speak", help="Also speak the answer.")] = False,
    output: Output = None,
    force: Force = False,
    persona: Persona = None,
    set_: Set = None,
    voice: Voice = None,
    language: Language = None,
    stt: Stt = None,
    llm: Llm = None,
    llm_url: LlmUrl = None,
    stt_url: SttUrl = None,
    tts_url: TtsUrl = None,
    device: Device = None,
    speaker: Speaker = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask one question and get one answer, in writing and, with --speak or -o, spoken.

    With -o - the sound is on standard output and the text on standard error.
    """
    from voicecli.app import engine_setup, remote_engines, session_tools, text_input
    from voicecli.app.named_files import opened_files
    from voicecli.app.recording_input import opened
    from voicecli.app.speech_output import Delivery
    from voicecli.app.startup import prepare
    from voicecli.config.load import load
    from voicecli.errors import ConfigError, TranscriptionFailed
    from voicecli.session import personas
    from voicecli.session.persona_variables import assignments, fill

    if audio is not None and text:
        raise ConfigError("Ask either TEXT or --audio FILE.", 'For example: voicecli ask "What is a nebula?"')
    flags = {
        "chat.persona": persona,
        "chat.language": language,
        "models.stt": stt,
        "models.llm": llm,
        "models.llm_url": llm_url,
        "models.stt_url": stt_url,
        "models.tts_url": tts_url,
        "models.voice": voice,
        "models.device": device,
        "audio.speaker": speaker,
    }
    loaded = load(flags=flags)
    settings = loaded.settings
    shown = _text_stream(output, force=force, json=json)
    who = fill(personas.load(settings.chat.persona), assignments(set_ or ()))
    needed = {"hears": audio is not None, "thinks": True, "speaks": speak or output is not None}
    prepare(
        settings.log.level, remote_engines.consented(settings, asks=not json, parts=remote_engines.parts_of(**needed))
    )
    files = opened_files(file or (), context_tokens=settings.reply.context_tokens)
    typed = text_input.question(text or []) if audio is None else ""
    if audio is None and not typed:
        raise ConfigError("The question is empty.", 'For example: voicecli ask "What is a nebula?"')
    # A file that is no sound file is reported before engines take seconds to load.
    sound = opened(str(audio)) if audio is not None else None
    with sound or nullcontext():
        chosen = engine_setup.choose(settings, who, **needed)
        engines = engine_setup.load(chosen, settings)
        began_s = time.monotonic()
        question = typed or _heard(engines, sound, settings.chat.language)
    if not question:
        raise TranscriptionFailed(
            f"No speech was found in {audio}.", f"Check what is heard: voicecli transcribe {audio}"
        )
    reply = ""
    first_token_ms: float | None = None
    with _aloud(
        engines.voice,
        output,
        settings.audio.speaker,
        Delivery(speed=engine_setup.speed(who, loaded), volume=settings.audio.volume),
        force=force,
    ) as out:
        by_tool = session_tools.answer_by_tool(question, settings) if who.between is None else None
        sampling = engine_setup.sampling(who, settings)
        for delta in (by_tool[0],) if by_tool else _reply(engines, who.prompt, question, sampling, files):
            first_token_ms = first_token_ms or (time.monotonic() - began_s) * 1000
            reply += delta
            console.write(delta if not json else "", end="", stream=shown, flush=True)
            if out is not None:
                out.feed(delta)
        console.write(end="\n" if not json else "", stream=shown, flush=True)
        total_ms = (time.monotonic() - began_s) * 1000
        if out is not None:
            out.finish()
        hit_limit = _hit_limit(engines, who.sampling)
        for note in _notes(out, sampling.max_tokens if hit_limit else None, settings):
            console.remark(f"note: {note}")
    if json:
        record = {
            "question": question,
            "reply": reply.strip(),
            "hit_limit": hit_limit,
            "tool": by_tool[1] if by_tool else None,
            "models": chosen.names,
            "device": engines.devices,
            "first_token_ms": round(first_token_ms or total_ms, 1),
            "total_ms": round(total_ms, 1),
        }
        console.write_json(record)


def _hit_limit(engines: Engines, sampling: Sampling) -> bool:
    """Whether the answer ended because of its length limit. An answer under the persona's rules is shortened to a complete one."""
    held = sampling.rules is not None and sampling.rules.holds_back
    return engines.model is not None and engines.model.hit_limit and not held


def _aloud(
    voice: VoiceEngine | None, output: Path | None, speaker: str, delivery: Delivery, *, force: bool
) -> AbstractContextManager[SpeechOutput | None]:
    """Returns what speaks the answer; without a voice, a context that does nothing."""
    from voicecli.app.speech_output import SpeechOutput

    if voice is None:
        return nullcontext()
    return SpeechOutput(voice, output=output, speaker=speaker, delivery=delivery, force=force, is_shown=True)


def _text_stream(output: Path | None, *, force: bool, json: bool) -> TextIO:
    """Returns the stream for the text when the sound goes to `output`, which is checked first."""
    from voicecli.audio.output_file import check_target, is_stdout
    from voicecli.errors import ConfigError

    if output is not None:
        check_target(output, force=force)
    if output is None or not is_stdout(output):
        return sys.stdout
    if json:
        raise ConfigError("Standard output cannot take both sound and JSON.", "Give -o a file, or leave out --json.")
    return sys.stderr


def _notes(out: SpeechOutput | None, limit_tokens: int | None, settings: Settings) -> Iterator[str]:
    """Yields notes about an answer for the user. `limit_tokens` is the length limit that ended it; None if it ended by itself."""
    from voicecli.app import unspoken_text

    if out is not None and not out.chunks:
        yield "nothing in this answer can be said aloud"
    if out is not None and out.unsaid:
        yield unspoken_text.left_out(out.unsaid).removeprefix("note: ")
    if limit_tokens is None:
        return
    told = f"the answer was cut off at its longest length, {limit_tokens} tokens."
    if limit_tokens < settings.reply.longest_tokens:
        yield f"{told} The persona sets it (max_tokens): voicecli personas show {settings.chat.persona}"
    else:
        yield f"{told} For longer answers: voicecli config set reply.longest_tokens {min(2 * limit_tokens, 4096)}"


def _reply(engines: Engines, prompt: str, question: str, sampling: Sampling, files: Files) -> Iterator[str]:
    from voicecli.pipeline.context_window import ContextWindow
    from voicecli.pipeline.rule_enforcement import RuleEnforcer
    from voicecli.pipeline.second_attempt import SecondAttempt
    from voicecli.pipeline.translating import translated
    from voicecli.session.date_prompt import local_now
    from voicecli.session.history import History
    from voicecli.session.jobs import Manner, asked

    model = engines.model
    assert model is not None  # noqa: S101 - a model was asked for
    rules = sampling.rules
    if rules is not None and rules.between is not None:
        yield from translated(model, question, rules.between)
        return
    messages = asked(
        question, "", Manner(language=None, sampling=sampling), History(prompt, local_now, files=files), can_act=False
    )
    window = ContextWindow(model.context_tokens - sampling.max_tokens, model.count_tokens)
    if rules is None:
        written = SecondAttempt().reply(model, window.fit(messages), question, sampling, lambda: False)
    else:
        written = RuleEnforcer().reply(model, window.fit(messages), sampling, lambda: False)
    reply = ""
    for delta in written:
        reply += delta
        yield delta
    if rules is None and not model.hit_limit:
        yield from filter(None, (files.ending(messages, reply, ""),))


def _heard(engines: Engines, sound: SoundReader | None, language: str) -> str:
    """Returns what is said in a sound file, and reports what was left out of it."""
    from voicecli.app import engine_setup
    from voicecli.app.recording_input import notes, text_of
    from voicecli.pipeline.recording_transcriber import RecordingTranscriber

    assert engines.transcriber is not None and sound is not None  # noqa: S101, PT018 - a recogniser was asked for
    first, confirming = engine_setup.detectors()
    dictation = RecordingTranscriber(engines.transcriber, confirming or first, None if language == "auto" else language)
    written = list(dictation.write_down(sound, is_cancelled=lambda: False))
    for note in notes(sound, written):
        console.remark(f"note: {note}")
    return text_of(written)
