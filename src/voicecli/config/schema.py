"""Every setting: its type, default, range and what it is for. Docs, checks and messages are made from this one place."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

Value: TypeAlias = bool | int | float | str
T = TypeVar("T", bool, int, float, str)

LANGUAGE = r"auto|[a-z]{2,3}"
"""`auto` or a language code as Whisper has them: ISO 639-1, and three letters for Hawaiian and Cantonese."""

LANGUAGE_WORDS = "auto or a language code such as en or de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a value must be, apart from its type.

    Attributes:
        meaning: One sentence for a user.
        low: Smallest number that is allowed; None without a limit.
        high: Largest number that is allowed; None without a limit.
        choices: The only words that are allowed; empty when any are.
        pattern: Regular expression that the whole text matches; empty when any text will do.
        pattern_words: `pattern` in words for a user.
        flag: The command-line flag that sets it; empty without one.
    """

    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    pattern_words: str = ""
    flag: str = ""


def _setting(default: T, meaning: str, **rule: Any) -> T:  # noqa: ANN401 - the attributes of Rule, which checks them
    return field(default=default, metadata={"rule": Rule(meaning=meaning, **rule)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The conversation."""

    persona: str = _setting(
        "assistant",
        "Who the assistant is; see `voicecli personas list`.",
        pattern=r".+",
        pattern_words="a name",
        flag="--persona",
    )
    language: str = _setting(
        "auto",
        "Spoken language: `auto` detects it in every utterance; or a code such as `en` or `de`.",
        pattern=LANGUAGE,
        pattern_words=LANGUAGE_WORDS,
        flag="--language",
    )
    remember_typed: bool = _setting(
        True,
        "Whether typed lines are saved, in a file that only you can read, so that the arrow keys recall them in the next session.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Saved conversations."""

    save: bool = _setting(
        True,
        "Whether conversations are saved on this machine, in a file that only you can read.",
        flag="--no-save",
    )
    keep_days: int = _setting(
        0,
        "Conversations that were changed last more than this many days ago are removed when `chat` starts; 0 keeps all.",
        low=0,
        high=36_500,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Which models are used, and on what."""

    stt: str = _setting(
        "auto",
        "Speech recognition model: its name, or `auto` for the best installed one.",
        pattern=r".+",
        pattern_words="a name",
        flag="--stt",
    )
    llm: str = _setting(
        "auto",
        "Language model: its name, or `auto` for the best installed one.",
        pattern=r".+",
        pattern_words="a name",
        flag="--llm",
    )
    voice: str = _setting(
        "auto",
        "Voice: its name, or `auto` for the persona's own or the best installed one.",
        pattern=r".+",
        pattern_words="a name",
        flag="--voice",
    )
    device: str = _setting(
        "auto",
        "Where models run; `auto` uses a graphics card if one works.",
        choices=("auto", "cpu", "cuda"),
        flag="--device",
    )
    keep_alive: str = _setting(
        "auto",
        "Minutes without a word after which the models give their memory back until you speak; `0` keeps them, "
        "`auto` keeps them where there is room.",
        pattern=r"auto|\d{1,4}",
        pattern_words="auto or a number of minutes",
    )
    processes: str = _setting(
        "together",
        "Where engines run: `together` in one process, or `apart`, each in its own (Linux only), so that a crash does not end the conversation.",
        choices=("apart", "together"),
    )
    hub: str = _setting(
        "https://huggingface.co",
        "Address from which `voicecli models get` downloads: a model hub or a mirror of it.",
        pattern=r"https?://[^\s/]+\S*",
        pattern_words="an address that begins with https:// or http://",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """The sound card."""

    microphone: str = _setting(
        "", "Name or number of the microphone, or a sound file; empty for the system default.", flag="--mic"
    )
    speaker: str = _setting(
        "",
        "Name or number of the loudspeaker, a sound file to write, or `none`; empty for the system default.",
        flag="--speaker",
    )
    duplex: str = _setting(
        "auto",
        "Whether you can talk over an answer: `full` yes, `half` no, `auto` while its echo can be cancelled.",
        choices=("auto", "full", "half"),
        flag="--duplex",
    )
    echo_cancel: str = _setting(
        "auto",
        "Whether the echo of the loudspeaker is removed from the microphone; `off` is for headphones.",
        choices=("auto", "on", "off"),
    )
    volume: int = _setting(
        100,
        "How loud answers are played, in percent of the original voice. Above 100 a limiter prevents clipping.",
        low=0,
        high=200,
        flag="--volume",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """When speech begins and ends."""

    mode: str = _setting(
        "hands-free",
        "What starts a turn: `hands-free` speech, `push-to-talk` only a key.",
        choices=("hands-free", "push-to-talk"),
        flag="--ptt",
    )
    start_ms: int = _setting(60, "How much speech starts an utterance.", low=20, high=500)
    pre_roll_ms: int = _setting(
        300,
        "How much sound before the start of speech is kept, so that the first syllable is not lost.",
        low=0,
        high=2000,
    )
    pause_ms: int = _setting(80, "Silence after which an answer is prepared, but not yet spoken.", low=60, high=1000)
    speculation: str = _setting(
        "auto",
        "What is prepared ahead of time: `off` nothing; `pauses` an answer at every pause; `speech` also the words so far, while you speak; "
        "`auto` depends on the speed of the machine, and prepares less on battery.",
        choices=("auto", "off", "pauses", "speech"),
    )
    end_silence_ms: int = _setting(
        600, "Silence that ends an utterance if nothing indicates whether it is finished.", low=100, high=5000
    )
    shortest_silence_ms: int = _setting(
        340, "Silence that ends an utterance after a clearly finished sentence.", low=100, high=5000
    )
    longest_silence_ms: int = _setting(
        2000, "Silence that ends any utterance, however unfinished it sounds.", low=200, high=10_000
    )
    patience: float = _setting(
        1.0,
        "Multiplies how long it waits when you pause; 0.5 is hasty, 2 is patient.",
        low=0.25,
        high=4,
        flag="--patience",
    )
    shortest_speech_ms: int = _setting(
        160, "Utterances with less speech than this are ignored, such as a cough.", low=0, high=2000
    )
    longest_utterance_s: float = _setting(30.0, "Longest utterance.", low=5, high=120)
    background_db: float = _setting(
        12.0,
        "Voices that are this much softer than yours, such as a television, are ignored; 0 ignores none.",
        low=0,
        high=40,
    )
    start_probability: float = _setting(
        0.5, "Probability above which a block of sound counts as speech while nobody is speaking.", low=0.05, high=0.95
    )
    stop_probability: float = _setting(
        0.35,
        "Probability below which a block of sound counts as silence while somebody is speaking.",
        low=0.05,
        high=0.95,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Keys."""

    hotkey: str = _setting(
        "",
        "A talk key that works in any window, such as `f9` or `ctrl_r`; empty for none. Needs `voicecli[hotkey]`.",
        flag="--hotkey",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer."""

    context_tokens: int = _setting(
        4096, "How much of the conversation the language model sees, including the answer.", low=512, high=131_072
    )
    longest_tokens: int = _setting(320, "Longest answer.", low=16, high=4096)
    speed: float = _setting(
        1.0,
        "How fast answers are spoken, at the same pitch: 0.5 is half speed, 2 is double speed.",
        low=0.5,
        high=3,
        flag="--speed",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Threads:
    """How many threads each engine may take."""

    stt: int = _setting(0, "Threads for speech recognition; 0 depends on the number of cores.", low=0, high=128)
    llm: int = _setting(0, "Threads for the language model; 0 depends on the number of cores.", low=0, high=128)
    voice: int = _setting(0, "Threads for the voice; 0 depends on the number of cores.", low=0, high=128)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ui:
    """The screen."""

    theme: str = _setting(
        "auto",
        "Background of the terminal, for which colours are chosen: `auto` uses COLORFGBG, otherwise colours that suit both. NO_COLOR is respected.",
        choices=("auto", "dark", "light"),
    )
    bell: str = _setting(
        "auto",
        "What tells that an answer is ready which took long, is not spoken, and whose window has no focus: `auto` a desktop notification, without "
        "its words, where the terminal takes one, else the terminal's bell; `bell` always that; `off` nothing.",
        choices=("auto", "bell", "off"),
    )
    sounds: bool = _setting(
        False,
        "Whether two short, quiet tones tell people who do not look: a rising one that you were heard, unless the answer begins at once, or that "
        "the microphone is open again; a falling one that it is muted, or that something failed.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The log file."""

    level: str = _setting(
        "warning", "Least severe messages that are logged.", choices=("debug", "info", "warning", "error")
    )
    words: bool = _setting(False, "Whether the log may contain what was said.")


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
    threads: Threads = field(default_factory=Threads)
    ui: Ui = field(default_factory=Ui)
    log: Log = field(default_factory=Log)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, as documents, checks and messages see it."""

    section: str
    key: str
    default: Value
    rule: Rule

    @property
    def name(self) -> str:
        """As `voicecli config set` takes it: `listen.start_ms`."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """Its environment variable: `VOICECLI_LISTEN_START_MS`."""
        return f"VOICECLI_{self.section}_{self.key}".upper()

    @property
    def expected(self) -> str:
        """What a value must be, in words: "a whole number from 20 to 500"."""
        rule = self.rule
        if rule.choices:
            return f"one of {', '.join(rule.choices)}"
        match self.default:
            case bool():
                return "true or false"
            case int() | float():
                kind = "a whole number" if isinstance(self.default, int) else "a number"
                return f"{kind} from {rule.low} to {rule.high}"
            case _:
                return rule.pattern_words or "text"

    def check(self, value: object) -> Value:
        """Gives `value` back in the setting's own type.

        Raises:
            ValueError: It is of another type or out of range; the message is "must be EXPECTED, not VALUE".
        """
        if isinstance(self.default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(self.default) or not self._allows(value):
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            raise ValueError(f"must be {self.expected}, not {shown}")
        return value

    def read(self, text: str) -> Value:
        """The value that `text` stands for: from a variable, a flag or `voicecli config set`.

        Raises:
            ValueError: As `check`.
        """
        match self.default:
            case bool():
                return self.check({"true": True, "false": False}.get(text.strip().lower(), text))
            case int() | float():
                try:
                    return self.check(type(self.default)(text))
                except (ValueError, OverflowError):
                    raise ValueError(f"must be {self.expected}, not {text!r}") from None
            case _:
                return self.check(text)

    def _allows(self, value: Value) -> bool:
        rule = self.rule
        if isinstance(value, str):
            if rule.choices:
                return value in rule.choices
            return not rule.pattern or re.fullmatch(rule.pattern, value) is not None
        # `not a number` is below nothing and above nothing, so ask what is inside, not what is outside.
        return (rule.low is None or value >= rule.low) and (rule.high is None or value <= rule.high)


def _all_settings() -> dict[str, Setting]:
    settings = Settings()
    found = {}
    for section in dataclasses.fields(settings):
        values = getattr(settings, section.name)
        for each in dataclasses.fields(values):
            default: Value = getattr(values, each.name)
            setting = Setting(section=section.name, key=each.name, default=default, rule=each.metadata["rule"])
            found[setting.name] = setting
    return found


SETTINGS = _all_settings()
"""Every setting by its name, `listen.start_ms`, in the order of the sections."""

SECTIONS = {each.name: str(getattr(Settings(), each.name).__doc__) for each in dataclasses.fields(Settings)}
"""What each section is about."""
