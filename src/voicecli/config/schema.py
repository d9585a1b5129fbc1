"""All settings with type, default, range and meaning. Documents, checks and messages are made from this module."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import get_args

from voicecli.config.choices import (
    BellMode,
    DeviceChoice,
    Duplex,
    EchoCancelling,
    ListenMode,
    LogLevel,
    Processes,
    SpeculationChoice,
    Theme,
)
from voicecli.config.languages import AUTO, NAMES
from voicecli.config.rules import Setting, Value, setting
from voicecli.config.tool_schema import Network, Tools

LANGUAGE = "|".join((AUTO, *sorted(NAMES)))
"""`auto` or one of Whisper's language codes: ISO 639-1, and three letters for Hawaiian and Cantonese."""

LANGUAGE_WORDS = "auto or a language code such as en or de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The conversation."""

    persona: str = setting(
        "assistant",
        "Who the assistant is; see `voicecli personas list`.",
        pattern=r".+",
        pattern_words="a name",
        flag="--persona",
    )
    language: str = setting(
        "auto",
        "Spoken language: `auto` detects it in every utterance; or a code such as `en` or `de`.",
        pattern=LANGUAGE,
        pattern_words=LANGUAGE_WORDS,
        flag="--language",
    )
    languages: str = setting(
        "",
        "The languages you speak, such as `en, de`: with `auto` no other is detected. Empty for any.",
        pattern=r"(?:[a-z]{2,3}(?:[ ,]+[a-z]{2,3})*)?",
        pattern_words="language codes with commas between them, such as en, de",
    )
    remember_typed: bool = setting(
        True,
        "Whether typed lines are saved, in a file that only you can read, so that the arrow keys recall them in the next session.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Saved conversations."""

    save: bool = setting(
        True,
        "Whether conversations are saved on this machine, in a file that only you can read.",
        flag="--no-save",
    )
    audio: bool = setting(
        False,
        "Whether the sound of both sides is saved as well, about 1.5 MB a minute.",
        flag="--save-audio",
    )
    keep_days: int = setting(
        0,
        "Conversations that were changed last more than this many days ago are removed when `chat` starts; 0 keeps all.",
        low=0,
        high=36_500,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Which models are used, and on what."""

    stt: str = setting(
        "auto",
        "Speech recognition model: its name, or `auto` for the best installed one.",
        pattern=r".+",
        pattern_words="a name",
        flag="--stt",
    )
    llm: str = setting(
        "auto",
        "Language model: its name, or `auto` for the best installed one.",
        pattern=r".+",
        pattern_words="a name",
        flag="--llm",
    )
    voice: str = setting(
        "auto",
        "Voice: its name, or `auto` for the persona's own or the best installed one; `NAME#SPEAKER` for one speaker of several, by name or number.",
        pattern=r".+",
        pattern_words="a name",
        flag="--voice",
    )
    device: DeviceChoice = setting(
        "auto",
        "Where models run; `auto` uses a graphics card if one works.",
        choices=get_args(DeviceChoice),
        flag="--device",
    )
    keep_alive: str = setting(
        "auto",
        "Minutes without a word after which the models give their memory back until you speak; `0` keeps them, "
        "`auto` keeps them where there is room.",
        pattern=r"auto|\d{1,4}",
        pattern_words="auto or a number of minutes",
    )
    processes: Processes = setting(
        "apart",
        "Where engines run: `together` in one process, or `apart`, each in its own (Linux only), so that a crash does not end the conversation.",
        choices=get_args(Processes),
    )
    llm_url: str = setting(
        "",
        "Address of a server of your own with an OpenAI-compatible interface, such as `http://127.0.0.1:8080/v1`, that runs the language model; "
        "`models.llm` is then its name there. Empty for a model of this machine.",
        pattern=r"|https?://[^\s/@?#]+(/[^\s@?#]*)?",
        pattern_words="an address such as http://127.0.0.1:8080/v1, without a name, key or query in it",
        flag="--llm-url",
    )
    llm_key_file: str = setting(
        "",
        "File that holds the key of that server and that only you can read. The variable VOICECLI_LLM_KEY, where it is set, counts before it.",
    )
    stt_url: str = setting(
        "",
        "Address of a server of your own with OpenAI's interface for recognition (`/v1/audio/transcriptions`); `models.stt` is then its model. "
        "Empty for a model of this machine.",
        pattern=r"|https?://[^\s/@?#]+(/[^\s@?#]*)?",
        pattern_words="an address such as http://127.0.0.1:8000/v1, without a name, key or query in it",
        flag="--stt-url",
    )
    stt_key_file: str = setting(
        "",
        "File that holds the key of that server and that only you can read. The variable VOICECLI_STT_KEY, where it is set, counts before it.",
    )
    tts_url: str = setting(
        "",
        "Address of a server of your own with OpenAI's interface for voices (`/v1/audio/speech`); `models.voice` is then a voice there. "
        "Empty for a voice of this machine.",
        pattern=r"|https?://[^\s/@?#]+(/[^\s@?#]*)?",
        pattern_words="an address such as http://127.0.0.1:8880/v1, without a name, key or query in it",
        flag="--tts-url",
    )
    tts_model: str = setting(
        "auto",
        "The model of that voice on the server, or `auto` for its only one.",
        pattern=r".+",
        pattern_words="a name",
    )
    tts_key_file: str = setting(
        "",
        "File that holds the key of that server and that only you can read. The variable VOICECLI_TTS_KEY, where it is set, counts before it.",
    )
    hub: str = setting(
        "https://huggingface.co",
        "Address from which `voicecli models get` downloads: a model hub or a mirror of it.",
        pattern=r"https?://[^\s/]+\S*",
        pattern_words="an address that begins with https:// or http://",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """The sound card."""

    microphone: str = setting(
        "", "Name or number of the microphone, or a sound file; empty for the system default.", flag="--mic"
    )
    speaker: str = setting(
        "",
        "Name or number of the loudspeaker, a sound file to write, or `none`; empty for the system default.",
        flag="--speaker",
    )
    duplex: Duplex = setting(
        "auto",
        "Whether you can talk over an answer: `full` yes, `half` no, `auto` while its echo can be cancelled.",
        choices=get_args(Duplex),
        flag="--duplex",
    )
    echo_cancel: EchoCancelling = setting(
        "auto",
        "Whether the echo of the loudspeaker is removed from the microphone; `off` is for headphones.",
        choices=get_args(EchoCancelling),
    )
    volume: int = setting(
        100,
        "How loud answers are played, in percent of the original voice. Above 100 a limiter prevents clipping.",
        low=0,
        high=200,
        flag="--volume",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """When speech begins and ends."""

    mode: ListenMode = setting(
        "hands-free",
        "What starts a turn: `hands-free` speech, `push-to-talk` only a key.",
        choices=get_args(ListenMode),
        flag="--ptt",
    )
    start_ms: int = setting(60, "How much speech starts an utterance.", low=20, high=500)
    pre_roll_ms: int = setting(
        300,
        "How much sound before the start of speech is kept, so that the first syllable is not lost.",
        low=0,
        high=2000,
    )
    pause_ms: int = setting(80, "Silence after which an answer is prepared, but not yet spoken.", low=60, high=1000)
    speculation: SpeculationChoice = setting(
        "auto",
        "What is prepared ahead of time: `off` nothing; `pauses` an answer at every pause; `speech` also the words so far, while you speak, "
        "and an answer to them where they may be a whole question; `auto` depends on the speed of the machine, and prepares less on battery, "
        "and while other programs keep the processor busy.",
        choices=get_args(SpeculationChoice),
    )
    end_silence_ms: int = setting(
        600, "Silence that ends an utterance if nothing indicates whether it is finished.", low=100, high=5000
    )
    shortest_silence_ms: int = setting(
        340, "Silence that ends an utterance after a clearly finished sentence.", low=100, high=5000
    )
    longest_silence_ms: int = setting(
        2000, "Silence that ends any utterance, however unfinished it sounds.", low=200, high=10_000
    )
    patience: float = setting(
        1.0,
        "Multiplies how long it waits when you pause; 0.5 is hasty, 2 is patient.",
        low=0.25,
        high=4,
        flag="--patience",
    )
    shortest_speech_ms: int = setting(
        160, "Utterances with less speech than this are ignored, such as a cough.", low=0, high=2000
    )
    longest_utterance_s: float = setting(30.0, "Longest utterance.", low=5, high=120)
    background_db: float = setting(
        12.0,
        "Voices that are this much softer than yours, such as a television, are ignored; 0 ignores none.",
        low=0,
        high=40,
    )
    start_probability: float = setting(
        0.5, "Probability above which a block of sound counts as speech while nobody is speaking.", low=0.05, high=0.95
    )
    stop_probability: float = setting(
        0.35,
        "Probability below which a block of sound counts as silence while somebody is speaking.",
        low=0.05,
        high=0.95,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys."""

    hotkey: str = setting(
        "",
        "A talk key that works in any window, such as `f9` or `ctrl_r`; empty for none. Needs `voicecli[hotkey]`.",
        flag="--hotkey",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer."""

    context_tokens: int = setting(
        4096, "How much of the conversation the language model sees, including the answer.", low=512, high=131_072
    )
    longest_tokens: int = setting(320, "Longest answer.", low=16, high=4096)
    speed: float = setting(
        1.0,
        "How fast answers are spoken, at the same pitch: 0.5 is half speed, 2 is double speed.",
        low=0.5,
        high=3,
        flag="--speed",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """How many threads each engine may take."""

    stt: int = setting(0, "Threads for speech recognition; 0 depends on the number of cores.", low=0, high=128)
    llm: int = setting(0, "Threads for the language model; 0 depends on the number of cores.", low=0, high=128)
    voice: int = setting(0, "Threads for the voice; 0 depends on the number of cores.", low=0, high=128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ui:
    """The screen."""

    theme: Theme = setting(
        "auto",
        "Background of the terminal, for which colours are chosen: `auto` uses COLORFGBG, otherwise colours that suit both. NO_COLOR is respected.",
        choices=get_args(Theme),
    )
    bell: BellMode = setting(
        "auto",
        "What tells that an answer is ready which took long, is not spoken, and whose window has no focus: `auto` a desktop notification, without "
        "its words, where the terminal takes one, else the terminal's bell; `bell` always that; `off` nothing.",
        choices=get_args(BellMode),
    )
    sounds: bool = setting(
        False,
        "Whether two short, quiet tones tell people who do not look: a rising one that you were heard, unless the answer begins at once, or that "
        "the microphone is open again; a falling one that it is muted, or that something failed.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The log file."""

    level: LogLevel = setting("warning", "Least severe messages that are logged.", choices=get_args(LogLevel))
    words: bool = setting(False, "Whether the log may contain what was said.")
    stages: bool = setting(False, "Whether `--json` tells how long every job waited and took.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings, checked."""

    chat: Chat = field(default_factory=Chat)
    history: History = field(default_factory=History)
    models: Models = field(default_factory=Models)
    audio: Audio = field(default_factory=Audio)
    listen: Listen = field(default_factory=Listen)
    keys: Keys = field(default_factory=Keys)
    reply: Reply = field(default_factory=Reply)
    tools: Tools = field(default_factory=Tools)
    network: Network = field(default_factory=Network)
    threads: Threads = field(default_factory=Threads)
    ui: Ui = field(default_factory=Ui)
    log: Log = field(default_factory=Log)


def _all_settings() -> dict[str, Setting]:
    settings = Settings()
    found = {}
    for section in dataclasses.fields(settings):
        values = getattr(settings, section.name)
        for each in dataclasses.fields(values):
            if "rule" not in each.metadata:
                continue
            default: Value = getattr(values, each.name)
            found_setting = Setting(section=section.name, key=each.name, default=default, rule=each.metadata["rule"])
            found[found_setting.name] = found_setting
    return found


SETTINGS = _all_settings()
"""All settings by name, such as `listen.start_ms`, in the order of the sections."""

SECTIONS = {each.name: str(getattr(Settings(), each.name).__doc__) for each in dataclasses.fields(Settings)}
"""The description of each section."""
