"""`voicecli chat`: the conversation."""

from __future__ import annotations

from typing import Annotated

import typer

from voicecli.cli import complete
from voicecli.cli.options import (
    Device,
    Force,
    GivenFile,
    Language,
    Llm,
    LlmUrl,
    Persona,
    Set,
    Speaker,
    Speed,
    Stt,
    SttUrl,
    TtsUrl,
    Voice,
    Volume,
)
from voicecli.errors import ConfigError

BARE = {"--resume": "latest"}
"""Options whose value may be left out, and the value used then."""

EPILOG = """Examples:

  voicecli chat                                        talk; Ctrl-C stops the answer, twice quits

  voicecli chat --ptt --hotkey F9                      listens only while F9 is held, in any window

  voicecli chat --persona oracle --language de         another persona, in German

  voicecli chat --persona desk --set customer=333      fills {{customer}} in a persona of your own

  voicecli chat --file report.pdf --file notes         reads them aloud and answers about them

  voicecli chat --translate en:de                      translates between English and German, both ways

  voicecli chat --resume                               goes on with the latest conversation

  voicecli chat --no-save                              leaves no trace on the disk

  voicecli chat --confirm                              check and correct what was heard before it is sent

  voicecli chat --mic q1.wav --mic q2.wav --speaker out.wav --json    without a sound card, for programs

  printf 'What is a nebula?\\n' | voicecli chat --text --speaker none    without any sound
"""


def chat(
    text: Annotated[bool, typer.Option("--text", help="Type only; the microphone stays off.")] = False,
    ptt: Annotated[
        bool, typer.Option("--ptt", help="Push to talk: it listens only while a key says so (see `voicecli ptt`).")
    ] = False,
    hotkey: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="A talk key, such as F9, that works in any window; needs voicecli[hotkey]."),
    ] = None,
    persona: Persona = None,
    set_: Set = None,
    translate: Annotated[
        str | None,
        typer.Option(metavar="A:B", help="Say in one language what is said in the other, both ways, such as en:de."),
    ] = None,
    voice: Voice = None,
    language: Language = None,
    stt: Stt = None,
    llm: Llm = None,
    llm_url: LlmUrl = None,
    stt_url: SttUrl = None,
    tts_url: TtsUrl = None,
    device: Device = None,
    mic: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DEVICE", help="Microphone: name, number, none, or a sound file; may be repeated for several files."
        ),
    ] = None,
    speaker: Speaker = None,
    duplex: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            help="Whether you can talk over an answer: auto, full or half.",
            autocompletion=complete.words_of("audio.duplex"),
        ),
    ] = None,
    patience: Annotated[
        float | None,
        typer.Option(metavar="FACTOR", help="How long it waits when you pause: 0.5 is hasty, 2 is patient."),
    ] = None,
    speed: Speed = None,
    volume: Volume = None,
    file: GivenFile = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Let you change or discard what was heard before it is sent.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="[ID]",
            help="Go on with a saved conversation; alone: the latest.",
            autocompletion=complete.conversations,
        ),
    ] = None,
    no_save: Annotated[bool, typer.Option("--no-save", help="Write nothing of this conversation to the disk.")] = False,
    save_audio: Annotated[
        bool, typer.Option("--save-audio", help="Save the sound of both sides too; see `voicecli history play`.")
    ] = False,
    voice_only: Annotated[
        bool,
        typer.Option(
            "--voice-only", help="No language model: other programs speak and listen, through `voicecli mcp`."
        ),
    ] = False,
    force: Force = False,
    json: Annotated[bool, typer.Option("--json", help="Print one event per line, as JSON.")] = False,
) -> None:
    """Talk with the assistant: it listens, answers by voice, and listens again. Nothing leaves this machine."""
    from voicecli.app import model_choice
    from voicecli.app.early_engine_start import begin
    from voicecli.cli.models import bring

    if no_save and save_audio:
        raise ConfigError("--no-save and --save-audio exclude each other.", "Leave out one of them.")
    from voicecli.app.chat_request import ChatRequest
    from voicecli.session.persona_variables import assignments

    variables = assignments(set_ or ())
    flags = {
        "chat.persona": persona if translate is None else _translator(translate, persona, language),
        "chat.language": language,
        "models.stt": stt,
        "models.llm": llm,
        "models.llm_url": llm_url,
        "models.stt_url": stt_url,
        "models.tts_url": tts_url,
        "models.voice": voice,
        "models.device": device,
        "audio.speaker": speaker,
        "audio.duplex": duplex,
        "listen.patience": patience,
        "reply.speed": speed,
        "audio.volume": volume,
        "listen.mode": "push-to-talk" if ptt else None,
        "history.save": False if no_save else None,
        "history.audio": True if save_audio else None,
        "keys.hotkey": hotkey,
    }
    if not json and not voice_only and not (stt or llm or voice):
        model_choice.offer(lambda: bring((), ask_first=True))
    begin(flags, typed=text, thinks=not voice_only)
    from voicecli.app.chat_session import run_chat  # the import takes a while

    request = ChatRequest(
        typed=text,
        flags=flags,
        microphones=tuple(mic or ()),
        json=json,
        confirm=confirm,
        force=force,
        save=not no_save,
        voice_only=voice_only,
        resume=resume or "",
        variables=variables,
        files=tuple(file or ()),
    )
    run_chat(request)


def _translator(translate: str, persona: str | None, language: str | None) -> str:
    from voicecli.app.translation import persona_for

    return persona_for(translate, persona, language)
