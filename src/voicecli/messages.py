"""The messages between the threads. Each carries its turn, if it has one.

There are two kinds: jobs, which go down the pipeline from stage to stage, and reports, which come back to the conductor.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.background import Background
from voicecli.conversation_start import Beginning
from voicecli.engines.ports import ChatMessage, Sampling, Transcription
from voicecli.errors import VoiceCliError
from voicecli.pcm import Pcm
from voicecli.playing import Played as Played  # noqa: PLC0414 - they are messages too
from voicecli.playing import Sounding as Sounding  # noqa: PLC0414 - they are messages too
from voicecli.playing import WordSounding as WordSounding  # noqa: PLC0414 - they are messages too
from voicecli.speech.barge_in_detector import Interruption
from voicecli.speech.last_sounds import LastSounds
from voicecli.speech.sentence_chunker import Chunk
from voicecli.speech.utterance_segmenter import Segment, Utterance
from voicecli.timing import Measured
from voicecli.tools.rounds import AnyToolReport, Tools
from voicecli.tuning import Tuning
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MicrophoneBlock:
    """A block, shape (BLOCK_SAMPLES,), and the microphone time of its first sample. Muted, it is not `captured`: its samples are zeros."""

    samples: Pcm
    first_sample: int
    captured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TranscribeJob:
    """Transcribe `utterance`. `language`: None to detect it, of short ones too if there are `languages`. `context`: what was said before."""

    turn: Turn
    utterance: Utterance
    language: str | None
    context: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgeJob:
    """Estimate whether the pause at the end of `utterance` sounds like the end of the turn."""

    turn: Turn
    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondJob:
    """Answer the last of `messages`: `question`, in `language` if known, or results of calls of `tools`. `said`: chunks and characters so far."""

    turn: Turn
    messages: tuple[ChatMessage, ...]
    sampling: Sampling
    language: str = ""
    question: str = ""
    tools: Tools = ()
    said: tuple[int, int] = (0, 0)
    sure: threading.Event | None = None
    """Set when words so far are known to be the whole question; None if it is whole anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAheadJob:
    """Read `messages`, the last of which may still grow, so that the answer starts sooner."""

    turn: Turn
    messages: tuple[ChatMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakJob:
    """Speak `chunk`; None if the reply is complete.

    `language` is that of the question, ISO 639-1, or that of the chunk itself if it is `sure`.
    """

    turn: Turn
    chunk: Chunk | None
    language: str = ""
    sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineExchanged:
    """The stage has another engine, or another manner of speaking. It releases the old one, and replaces what was made with it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """The segmenter has a segment of the microphone's stream."""

    segment: Segment
    now_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Reports the level and the passing of time, ten times per second of microphone time."""

    now_sample: int
    dbfs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribed:
    """An utterance was transcribed. The text is empty if nothing in it was credible."""

    turn: Turn
    transcription: Transcription


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How likely the person has finished, 0.0 to 1.0, by the sound, and how the last sounds were spoken; None where that cannot be told."""

    turn: Turn
    probability: float
    last: LastSounds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeIn:
    """The listener's verdict about sound that came while the answer plays, or is paused because of it. Reported when it changes."""

    verdict: Interruption
    now_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoUncancelled:
    """The canceller cannot remove the answer's own echo from the microphone, so nobody can talk over an answer here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceIgnored:
    """A voice is ignored because it is softer than the user's. Reported once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyText:
    """The model wrote more text."""

    turn: Turn
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkReady:
    """A speakable chunk of the reply is complete."""

    turn: Turn
    chunk: Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyComplete:
    """The model has finished. The reply ends at character `end` (None: at the end of the text); `hit_limit`: it reached its longest length."""

    turn: Turn
    end: int | None = None
    hit_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OldTurnsDropped:
    """The conversation does not fit into the model's context. The oldest `messages` messages were left out of this prompt."""

    turn: Turn
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechMade:
    """The first sound of the reply has been synthesized."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftUnsaid:
    """Text in `script` was left out of a chunk, because the voice does not read it; `whole`: nothing of the chunk remained."""

    turn: Turn
    chunk: int
    script: str
    whole: bool
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFailed:
    """A stage failed on its part of the turn."""

    turn: Turn
    stage: Literal["transcribe", "respond", "synthesize"]
    error: VoiceCliError


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """The user typed a line. With `wait`, it comes from a pipe and waits for the answers to earlier lines."""

    text: str
    wait: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """The assistant speaks first."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptPressed:
    """Ctrl-C, or the key that stops the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPressed:
    """The talk key was pressed. All sound counts from now on, pre-roll included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkReleased:
    """The talk key was released. The utterance is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkToggled:
    """The talk key was tapped, on a terminal that does not report its release. It starts an utterance that lasts until the next tap, or ends one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkDiscarded:
    """The speech since the key was pressed is discarded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteToggled:
    """The microphone is muted or unmuted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """The user corrects a question. The question of `turn` and its answer are taken back, if it is the last, and `text` is asked."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The question of `turn`, which waited for confirmation, is sent as `text`; it is discarded if `text` is empty."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The user takes back the last question and its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The last answer is repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaChosen:
    """From the next question on the persona is `name`. `language` is None to detect the language; `patience` is `listen.patience`.

    `tools` are the groups of tools that it may use, None for all; `called` the names by which it may be addressed.
    """

    name: str
    prompt: str
    sampling: Sampling
    language: str | None
    patience: float
    tools: tuple[str, ...] | None = None
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBegun:
    """A sound file that replaces the microphone started at microphone sample `at_sample`; `number` counts the files from 1."""

    number: int
    name: str
    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneExhausted:
    """The sound file that replaces the microphone is at its end. Silence follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputClosed:
    """Nothing more will be typed. End when everything is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuitAsked:
    """End now. `gently`: after the title of the conversation is made, if nothing is going on."""

    gently: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanged:
    """A sound device was lost (`error`) or came back (None)."""

    error: VoiceCliError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundLost:
    """The listener is so far behind that the oldest sound was discarded. Reported at the start of each such period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLost:
    """An engine that the session can do without has failed and is no longer used.

    `what` is its name, as the beginning of a sentence. `needed_to_interrupt`: whether nobody can talk over an answer without it.
    """

    what: str
    error: VoiceCliError
    needed_to_interrupt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDied:
    """Something the session needs has failed: a thread of the pipeline, or the file that replaces the speaker."""

    worker: str
    error: VoiceCliError


Key: TypeAlias = TalkPressed | TalkReleased | TalkToggled | TalkDiscarded | MuteToggled
"""Reports of the talk key and the mute key."""

Report: TypeAlias = (
    Tuning
    | AnyToolReport
    | Heard
    | Pulse
    | Transcribed
    | Judged
    | BargeIn
    | EchoUncancelled
    | VoiceIgnored
    | ReplyText
    | ChunkReady
    | ReplyComplete
    | OldTurnsDropped
    | Background
    | SpeechMade
    | LeftUnsaid
    | Sounding
    | WordSounding
    | Played
    | StageFailed
    | Typed
    | Greeting
    | InterruptPressed
    | Key
    | Correct
    | Confirmed
    | Undo
    | Repeat
    | Beginning
    | PersonaChosen
    | FileBegun
    | MicrophoneExhausted
    | InputClosed
    | QuitAsked
    | DeviceChanged
    | SoundLost
    | EngineLost
    | WorkerDied
    | Measured
)
