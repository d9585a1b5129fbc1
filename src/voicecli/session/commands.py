"""What the machine wants done; the conductor does it, in the order given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from voicecli import events
from voicecli.audio.chimes import Chime
from voicecli.engines.ports import ChatModel, Sampling, Transcriber, Voice
from voicecli.errors import VoiceCliError
from voicecli.pcm import Pcm
from voicecli.session.state import Kept
from voicecli.speech.phrases import Phrase
from voicecli.speech.segmenter import TalkOrder, Utterance
from voicecli.speech.sentences import Piece
from voicecli.turn import Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribe:
    """Write down what was said.

    Attributes:
        turn: Whose words.
        utterance: The sound.
        in_context: Whether the conversation may help to understand it. Not while an answer sounds: it would help to hear that answer.
    """

    turn: Turn
    utterance: Utterance
    in_context: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Find out whether the pause sounds like the end."""

    turn: Turn
    utterance: Utterance


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAfter:
    """The pause that began at `speech_end_sample` is the end of the turn once it is `silence_ms` long."""

    silence_ms: float
    speech_end_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Respond:
    """Answer `question`, in the light of the conversation so far."""

    turn: Turn
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAhead:
    """Let the model read what has been said of the question so far."""

    turn: Turn
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Let the turn be heard."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Stop all work for the turn and silence it at once."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Enter a question into the history; `turn` is the one it was asked in."""

    text: str
    turn: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Enter what was heard of the answer into the history."""

    heard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retract:
    """Take the last question out of the history: it was stopped, or failed, before anything of its answer was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """Take the last question and its answer out of the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Empty the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Fill the history, which is empty, with turns of an earlier session, and let the model read them."""

    turns: tuple[Kept, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaySound:
    """Play sound that is there already, at 16 kHz."""

    turn: Turn
    pcm: Pcm


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowFacts:
    """From the next question on the model knows these facts about the person, and no others."""

    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Become:
    """Be somebody else from the next question on."""

    prompt: str
    sampling: Sampling
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say a piece of an answer that is there already; None after the last."""

    turn: Turn
    piece: Piece | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SayAside:
    """Say something of the program's own.

    Attributes:
        turn: Under which it is said.
        text: What is said, where there is no `phrase`.
        phrase: What is said in the language of the conversation.
        language: That language as far as the exchange knows it, ISO 639-1; empty when it does not.
    """

    turn: Turn
    text: str = ""
    phrase: Phrase | None = None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteMicrophone:
    """Half duplex: the microphone does not count while the answer sounds."""

    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attend:
    """Full duplex: from now on the listener watches for somebody who talks into the answer, or no longer."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowVoice:
    """What was said last is a question: the listener may take its loudness for the person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetVoice:
    """Another microphone, or another file in its place: how loud the person was says nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAnswer:
    """Hand nothing more to the speaker, for now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeAnswer:
    """Go on with the sample after the last one that was handed to the speaker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetSpeech:
    """What is being said was not meant for the assistant: throw it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """The user mutes the microphone, or opens it again."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What the key to talk does to the utterance in progress."""

    order: TalkOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class NextFile:
    """The microphone's next file, or the end when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextLine:
    """A line that came through a pipe is being asked: there is room for another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Begin the marks of a turn: from this utterance, or from now."""

    utterance: Utterance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Note a moment of the turn in progress."""

    mark: Literal["release", "endpoint", "transcript", "first_token", "first_audio", "first_sound"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLatency:
    """Tell where the time of the turn went."""

    turn: int
    typed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell:
    """Broadcast an event; the conductor, which knows the time, fills in `t_s`."""

    event: events.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load an engine in the background; a language model reads the conversation before it is ready.

    Attributes:
        kind: What it is.
        name: As it was wanted.
        urgent: Whether somebody waits for it; otherwise it leaves the processor to the answer in progress.
    """

    kind: Literal["voice", "llm", "stt"]
    name: str
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseVoice:
    """Speak with this voice, from the next piece on that is not being heard yet."""

    voice: Voice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseModel:
    """Answer with this model from the next question on, and let go of the one before."""

    model: ChatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseModel:
    """Give the language model's memory back once it has answered; questions wait until there is another one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UseTranscriber:
    """Recognise speech with this engine; None releases the present one's memory, and utterances wait until there is another one."""

    transcriber: Transcriber | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """Expect this language from the next utterance on; None to find out."""

    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpeed:
    """Speak so fast, from the next piece on that is not being heard yet."""

    speed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVolume:
    """Play so loud, from now on."""

    percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayChime:
    """Play a short tone, which is no part of an answer."""

    chime: Chime


@dataclass(frozen=True, slots=True, kw_only=True)
class TellUnsaid:
    """Tell that the voice does not read `script`, and which voice does."""

    script: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quit:
    """The session is over."""

    error: VoiceCliError | None = None


Command: TypeAlias = (
    Transcribe
    | Judge
    | EndAfter
    | Respond
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
    | MuteMicrophone
    | Attend
    | PauseAnswer
    | ResumeAnswer
    | ForgetSpeech
    | KnowVoice
    | ForgetVoice
    | Capture
    | Talk
    | NextFile
    | NextLine
    | Measure
    | Mark
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
