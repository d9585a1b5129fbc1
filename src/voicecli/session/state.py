"""All there is to know about a conversation in progress; only the machine makes a new state of an old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voicecli import events
from voicecli.engines.ports import Transcription
from voicecli.speech.endpoint import Patience, Wait
from voicecli.speech.segmenter import SpeechEnded, Utterance
from voicecli.speech.sentences import Piece
from voicecli.turn import Turn

DEFAULT_PATIENCE = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSaid:
    """The end of the last answer. `text`: as the voice said it; `over_sample`: microphone time at which its sound ended."""

    text: str
    over_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question and its answer, in the making.

    Attributes:
        turn: What all work for it carries.
        opened: Whether it may be heard; a draft is not.
        question: What was asked; None until it is known.
        language: Of the question, ISO 639-1.
        reply: The answer so far.
        complete: Whether the model is done with it.
        hit_limit: Whether it was ended by its longest length.
        typed: Whether it was typed, not said.
        began_sample: Microphone time at which the person began to ask it.
        by_key: Whether a key said that it is meant.
        ignored: Why parts of what was heard were not believed.
        pause_sample: Microphone time at which the pause began that may be the end of the question.
        turn_probability: How likely that pause is the end, by how it sounded; None until somebody has said so.
        wait: How long that pause is waited out, and why.
        drafted: Whether the answer was begun before it was sure that the question is complete.
        pieces: The speakable pieces of the answer so far.
        sounding: Whether any of it has been heard.
        sounding_sample: Microphone time at which that began.
        held: Whether the question waits to be confirmed; what is made of its answer meanwhile stays unheard.
        confirmed: Whether it was.
        repeated: Whether this is an answer that was given before.
        to_say: Of an answer that is repeated, the pieces that were not sent to the voice yet.
        trimmed: Whether old turns were left out of its prompt.
        unsaid: A script in it that the voice does not read; empty for none.
        silent: Of its pieces, those of which therefore nothing is said, by index.
        aside: Whether the program itself speaks (a greeting, an apology); that does not enter the history.
    """

    turn: Turn
    opened: bool
    question: str | None = None
    language: str = ""
    typed: bool = False
    began_sample: int = 0
    by_key: bool = False
    ignored: tuple[str, ...] = ()
    pause_sample: int = 0
    turn_probability: float | None = None
    wait: Wait | None = None
    drafted: bool = False
    reply: str = ""
    complete: bool = False
    hit_limit: bool = False
    pieces: tuple[Piece, ...] = ()
    sounding: bool = False
    sounding_sample: int = 0
    held: bool = False
    confirmed: bool = False
    repeated: bool = False
    to_say: tuple[Piece, ...] = ()
    trimmed: bool = False
    unsaid: str = ""
    silent: frozenset[int] = frozenset()
    aside: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What was said so far while a person speaks on.

    Attributes:
        turn: What the work for it carries.
        known: Whether it has been written down.
    """

    turn: Turn
    known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Barge:
    """Somebody seems to talk into the answer; what is known of it.

    Attributes:
        paused: Whether the answer is silent because of it.
        brief: Whether it was short and is over, so that its words decide.
        started_sample: Microphone time at which speech began, None while it is only a suspicion.
        attempts: How often what was said was written down so far.
        utterance: What was said up to the pause that lasts, None while it goes on.
        turn: Of the writing down; it is the turn that this will be, if it is meant.
        transcription: Its words, None until they are known.
        ended: How the utterance ended, None while it has not.
    """

    paused: bool = False
    brief: bool = False
    started_sample: int | None = None
    attempts: int = 0
    utterance: Utterance | None = None
    turn: Turn | None = None
    transcription: Transcription | None = None
    ended: SpeechEnded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A question in the history that was answered, and the answer as the model gave it.

    Attributes:
        turn: The one that was answered.
        turns: All turns whose words the question is made of, that one included: it may have been said in parts.
        question: All of it.
        reply: The answer.
        pieces: The answer as it was said.
    """

    turn: int
    turns: tuple[int, ...]
    question: str
    reply: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All there is to know about a conversation in progress.

    Attributes:
        voice: Whether answers are spoken.
        drafts: Whether an answer is begun at every pause.
        patience: How much silence the user wants to be given.
        half_duplex: Whether the microphone is shut while an answer sounds.
        turns: Number of the newest turn.
        attempts: Drafts of that turn so far.
        mode: What opens a turn: a voice, only a key, or only the keyboard.
        hearing: Whether a person is speaking now.
        began_sample: Microphone time at which the newest utterance began.
        by_key: Whether a key said that it is meant.
        last_said: What the assistant said last; None when that was interrupted by a voice, which is then no echo.
        partial: What is known of an utterance that goes on.
        talking: Whether the key to talk is down, or was tapped and counts as down.
        muted: Whether the user has muted the microphone.
        exchange: The one in progress.
        barge: What may become an interruption of it.
        withdrawn: Questions that turned out to go on before they were even written down; their words still count.
        unanswered: A question in the history whose answer was dropped because somebody seemed to go on; it is answered after all if that was nothing.
        waiting: Typed lines that wait for the answers to the ones before them.
        closing: Whether to end when all is answered.
        file_ended_sample: Microphone time at which the sound file that stands for the microphone ended, None while it runs.
        now_sample: Microphone time.
        answered: Turns answered so far.
        trim_told: Whether the user was told that old turns are left out.
        unsaid_told: Whether the user was told of a script that the voice does not read.
        voice_name: The voice that speaks; empty where nothing is spoken.
        voice_wanted: The one that is being loaded; empty when none is.
        model_name: The language model that answers.
        model_wanted: The one that is being loaded; empty when none is.
        model_released: Whether the model gives its memory back (`soon`) or has done so (`yes`), so that questions wait for the next one.
        transcriber_name: The recogniser; empty where nothing is heard.
        rest: Whether language model and recogniser have given their memory back, and are not or are being loaded again.
        speed: How fast answers are spoken, as `reply.speed`.
        volume: How loud, as `audio.volume`.
        sounds: Whether short tones tell what happens.
        confirms: Whether what was said is sent only once the person has confirmed it.
        asked: Of the question in the history that has no answer yet, its parts and their turns.
        kept: The questions in the history that were answered, oldest first.
        closed: Whether the session is over.
    """

    voice: bool
    half_duplex: bool
    drafts: bool = True
    patience: Patience = DEFAULT_PATIENCE
    turns: int = 0
    attempts: int = 0
    mode: events.Mode = "hands-free"
    hearing: bool = False
    began_sample: int = 0
    by_key: bool = False
    last_said: LastSaid | None = None
    talking: bool = False
    muted: bool = False
    partial: Partial | None = None
    exchange: Exchange | None = None
    barge: Barge | None = None
    withdrawn: tuple[Exchange, ...] = ()
    unanswered: Exchange | None = None
    waiting: tuple[str, ...] = ()
    closing: bool = False
    file_ended_sample: int | None = None
    now_sample: int = 0
    answered: int = 0
    trim_told: bool = False
    unsaid_told: bool = False
    voice_name: str = ""
    voice_wanted: str = ""
    model_name: str = ""
    model_wanted: str = ""
    model_released: Literal["no", "soon", "yes"] = "no"
    transcriber_name: str = ""
    rest: Literal["no", "resting", "waking"] = "no"
    speed: float = 1.0
    volume: float = 100
    sounds: bool = False
    confirms: bool = False
    asked: tuple[tuple[int, str], ...] = ()
    kept: tuple[Kept, ...] = ()
    closed: bool = False

    @property
    def phase(self) -> events.Phase:
        """What a status line calls it."""
        exchange = self.exchange
        if self.closed:
            return "closed"
        if self.hearing or (self.barge is not None and self.barge.paused):
            return "hearing"
        if exchange is None:
            return "listening"
        if exchange.held:
            return "confirming"
        if exchange.sounding:
            return "speaking"
        return "transcribing" if exchange.question is None else "thinking"

    @property
    def idle(self) -> bool:
        """Whether nothing is going on."""
        return self.exchange is None and not self.hearing and not self.talking
