"""The commands of the machine. The conductor carries them out in the given order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from voicecli import events
from voicecli.audio.tones import Chime
from voicecli.engines.ports import ChatModel, Sampling, Transcriber, Voice
from voicecli.errors import VoiceCliError
from voicecli.pcm import Pcm
from voicecli.pipeline.listen import ListenOrder
from voicecli.session.answer_commands import RememberRules as RememberRules  # noqa: PLC0414 - one of the commands
from voicecli.session.answer_commands import Respond as Respond  # noqa: PLC0414 - one of the commands
from voicecli.session.answer_commands import UseTool as UseTool  # noqa: PLC0414 - one of the commands
from voicecli.session.answer_commands import UseTools as UseTools  # noqa: PLC0414 - one of the commands
from voicecli.session.conversation_record import NOTHING_SAID, ConversationRecord
from voicecli.speech.sentence_chunker import Chunk
from voicecli.speech.spoken_phrases import Phrase
from voicecli.speech.utterance_segmenter import Utterance
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """Transcribe an utterance.

    With `in_context` the recogniser gets the conversation as context. Not while an answer plays: it would bias it towards that answer.
    """

    turn: Turn
    utterance: Utterance
    in_context: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Estimate from the sound whether the pause is the end of the turn."""

    turn: Turn
    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeTitle:
    """Have a title made for the conversation. `of` is the number of one of its turns."""

    turn: Turn
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAhead:
    """Let the model read the question as far as it is known, to fill the prefix cache. An empty one: all that comes before a question.

    `language`: that of the question, ISO 639-1, if known. `can_act`: whether there are tools that the model may call.
    """

    turn: Turn
    question: str
    language: str = ""
    can_act: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Make the turn audible."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Stop all work for the turn and silence it at once."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question was asked."""

    text: str
    record: ConversationRecord = field(default=NOTHING_SAID, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The question was answered. `heard`: the part of the answer that counts."""

    heard: str
    record: ConversationRecord = field(default=NOTHING_SAID, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """The question does not count, because it was stopped or failed before any of its answer was heard."""

    record: ConversationRecord = field(default=NOTHING_SAID, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """A question and its answer were taken back."""

    record: ConversationRecord = field(default=NOTHING_SAID, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """A new conversation begins."""

    record: ConversationRecord = field(default=NOTHING_SAID, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """An earlier conversation goes on. The model reads it."""

    record: ConversationRecord = field(default=NOTHING_SAID, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaySound:
    """Play existing sound at 16 kHz."""

    turn: Turn
    pcm: Pcm


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowFacts:
    """Give the model these facts about the user from the next question on, and no others; None: the same as before. It takes up files, too."""

    facts: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Become:
    """Change the persona from the next question on."""

    prompt: str
    sampling: Sampling
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speak a chunk of an existing answer in `language`, if that is known; None after the last chunk."""

    turn: Turn
    chunk: Chunk | None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SayAside:
    """Speak a sentence of the program itself: `text`, or a `phrase` in the language of the conversation.

    `language` is that language as far as the exchange knows it, ISO 639-1; otherwise empty.
    """

    turn: Turn
    text: str = ""
    phrase: Phrase | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Give the listener an order. It is carried out with the next block of the microphone."""

    order: ListenOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteMicrophone:
    """The user mutes the microphone (True) or unmutes it (False)."""

    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAnswer:
    """Stop handing sound to the speaker for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeAnswer:
    """Continue with the sample after the last one that was handed to the speaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFile:
    """Start the microphone's next file, or end the session if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLine:
    """Allow another line from the pipe, because the previous one is being asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Start the time marks of a turn at the end of this utterance, or now if there is none. With `early`, start those of the early draft."""

    utterance: Utterance | None
    early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkTime:
    """Record a time mark of the turn in progress, or with `early` one of the early draft."""

    mark: Literal["release", "endpoint", "transcript", "first_token", "first_audio", "first_sound"]
    early: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeUp:
    """The early draft answers the turn in progress: its marks are those of the turn, and the model writes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLatency:
    """Report the latencies of the turn."""

    turn: int
    typed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Broadcast an event. The conductor, which knows the time, fills in `t_s`."""

    event: events.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load the engine `name` in the background. A language model reads the conversation before it is ready.

    `urgent`: somebody waits for it. Otherwise it leaves the processor to the answer in progress.
    """

    kind: Literal["voice", "llm", "stt"]
    name: str
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseVoice:
    """Use this voice from the next chunk on that is not being heard yet."""

    voice: Voice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseModel:
    """Use this model from the next question on, and release the previous one."""

    model: ChatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseModel:
    """Free the language model's memory after its answer. Questions wait until there is another model."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseTranscriber:
    """Use this recogniser. None frees the present one's memory, and utterances wait until there is another one."""

    transcriber: Transcriber | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """Expect this language from the next utterance on; None to detect it."""

    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpeed:
    """Speak at this speed from the next chunk on that is not being heard yet."""

    speed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVolume:
    """Play at this volume from now on."""

    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayChime:
    """Play a short tone that is not part of an answer."""

    chime: Chime


@dataclass(frozen=True, slots=True, kw_only=True)
class TellUnsaid:
    """Tell the user that no voice can read `script` or the language with this code, and which voice could."""

    script: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quit:
    """End the session."""

    error: VoiceCliError | None = None


RecordCommand: TypeAlias = Ask | Answer | Retract | TakeBack | Forget | Recall
"""The commands about the record of the conversation. Each carries the record as it is then, and the prompt follows that."""

Command: TypeAlias = (
    Transcribe
    | Judge
    | Respond
    | UseTool
    | UseTools
    | RememberRules
    | MakeTitle
    | ReadAhead
    | Open
    | Cancel
    | Ask
    | Answer
    | Retract
    | TakeBack
    | Forget
    | Recall
    | KnowFacts
    | PlaySound
    | Become
    | Say
    | SayAside
    | Order
    | MuteMicrophone
    | PauseAnswer
    | ResumeAnswer
    | NextFile
    | NextLine
    | Measure
    | MarkTime
    | TakeUp
    | ReportLatency
    | Load
    | UseVoice
    | UseModel
    | ReleaseModel
    | UseTranscriber
    | SetLanguage
    | SetSpeed
    | SetVolume
    | PlayChime
    | Tell
    | TellUnsaid
    | Quit
)
