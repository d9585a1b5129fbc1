"""What travels between the threads; each item carries the turn it belongs to, where there is one.

Two kinds: jobs, which go down the pipeline from stage to stage, and reports, which come back to the conductor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from voicecli.beginnings import Beginning
from voicecli.engines.ports import ChatMessage, Sampling, Transcription
from voicecli.errors import VoiceCliError
from voicecli.pcm import Pcm
from voicecli.speech.interruption import Interruption
from voicecli.speech.segmenter import Segment, Utterance
from voicecli.speech.sentences import Piece
from voicecli.tuning import Tuning
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MicrophoneBlock:
    """A captured block, shape (BLOCK_SAMPLES,), and the microphone time of its first sample.

    Not `captured`: the user has muted the microphone, and only time goes on; the samples are zeros.
    """

    samples: Pcm
    first_sample: int
    captured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TranscribeJob:
    """Write down `utterance`; `language` is None to find out, `context` what was said before it."""

    turn: Turn
    utterance: Utterance
    language: str | None
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgeJob:
    """Say whether the pause at the end of `utterance` sounds like the end of the turn."""

    turn: Turn
    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class RespondJob:
    """Answer the last of `messages`, which is in `language`, ISO 639-1; empty where that is not known."""

    turn: Turn
    messages: tuple[ChatMessage, ...]
    sampling: Sampling
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAheadJob:
    """Read `messages`, the last of which may still grow, so that the answer begins sooner."""

    turn: Turn
    messages: tuple[ChatMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakJob:
    """Say `piece`; None when the reply is complete and nothing follows. `language`: as of `RespondJob`."""

    turn: Turn
    piece: Piece | None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineExchanged:
    """The stage has got another engine, or another manner of speaking: let go of the one before, and make anew what was made with it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """The segmenter has something to say about the microphone's stream."""

    segment: Segment
    now_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """Ten times a second of microphone time: how loud it is, and that time goes on."""

    now_sample: int
    dbfs: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribed:
    """An utterance was written down; the text is empty when there was nothing in it to believe."""

    turn: Turn
    transcription: Transcription


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How likely the person has finished, 0.0 to 1.0, by how it sounded."""

    turn: Turn
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BargeIn:
    """What the listener thinks of sound that came while the answer sounds, or is paused on its word; told when it changes."""

    verdict: Interruption
    now_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoUncancelled:
    """The canceller does not get the answer's own echo out of the microphone: nobody can talk over an answer here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceIgnored:
    """Somebody is talking who is too soft to be the person; told once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyText:
    """The model wrote on."""

    turn: Turn
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceReady:
    """A speakable piece of the reply is complete."""

    turn: Turn
    piece: Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyComplete:
    """The model is done. The reply ends at character `end` (None: where the text does); `hit_limit`: because it reached its longest length."""

    turn: Turn
    end: int | None = None
    hit_limit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OldTurnsDropped:
    """The conversation outgrew the model's context: the oldest `messages` were left out of this prompt."""

    turn: Turn
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechMade:
    """The first sound of the reply has been synthesized."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftUnsaid:
    """Text in `script`, or in `language`, was left out of a piece, because no voice reads it; `whole`: nothing of the piece remained."""

    turn: Turn
    piece: int
    script: str
    whole: bool
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """The first sound of the turn was handed to the speaker."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class WordSounding:
    """The word of that number among the words of a piece begins to be heard."""

    turn: Turn
    piece: int
    word: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """All of the turn's sound was handed to the speaker."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFailed:
    """A stage could not do its part of the turn."""

    turn: Turn
    stage: Literal["transcribe", "respond", "synthesize"]
    error: VoiceCliError


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A person typed. With `wait`, the line comes from a pipe and waits for the answers to the ones before it."""

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
    """The key to talk went down: from now on (pre-roll included) what is heard is meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkReleased:
    """The key to talk was let go: the utterance is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkToggled:
    """The key to talk was tapped, where nobody can tell when a key is let go: begins an utterance that lasts until the next tap, or ends one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkDiscarded:
    """What was said since the key went down is thrown away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteSwitched:
    """The microphone stops capturing, or captures again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correct:
    """That is not what the person said: the question of `turn` and its answer are taken back, if it is the last, and `text` is asked."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The question of `turn`, which waited for that, is sent as `text`; empty when it is thrown away."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """The last question and its answer are taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """The last answer is said once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonaChosen:
    """From the next question on the assistant is `name`; `language` is None to find out what is spoken, `patience` is `listen.patience`."""

    name: str
    prompt: str
    sampling: Sampling
    language: str | None
    patience: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBegun:
    """A sound file that stands for the microphone began with microphone sample `at_sample`; `number` counts them from 1."""

    number: int
    name: str
    at_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneExhausted:
    """The sound file that stands for the microphone is at its end; silence follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InputClosed:
    """Nothing more will be typed: end when all is answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuitAsked:
    """End now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChanged:
    """A sound device went away (`error`) or came back (None)."""

    error: VoiceCliError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundLost:
    """The listener is so far behind that the oldest of what the microphone heard was thrown away; told once for every time it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLost:
    """Something the session can do without has failed and is used no more.

    Attributes:
        what: Its name, as a sentence begins with it.
        error: Why.
        needed_to_interrupt: Whether nobody can talk over an answer without it.
    """

    what: str
    error: VoiceCliError
    needed_to_interrupt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDied:
    """Something the session cannot go on without has failed: a thread of the pipeline, or the file in the place of the speaker."""

    worker: str
    error: VoiceCliError


Report: TypeAlias = (
    Tuning
    | Heard
    | Pulse
    | Transcribed
    | Judged
    | BargeIn
    | EchoUncancelled
    | VoiceIgnored
    | ReplyText
    | PieceReady
    | ReplyComplete
    | OldTurnsDropped
    | SpeechMade
    | LeftUnsaid
    | Sounding
    | WordSounding
    | Played
    | StageFailed
    | Typed
    | Greeting
    | InterruptPressed
    | TalkPressed
    | TalkReleased
    | TalkToggled
    | TalkDiscarded
    | MuteSwitched
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
)
