"""The state of a conversation in progress. Only the machine derives a new state from an old one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from voicecli import events
from voicecli.session.answer_work import NOT_BEGUN, AnswerWork
from voicecli.session.conversation_record import NOTHING_SAID, ConversationRecord
from voicecli.session.overlap import Overlap
from voicecli.session.partial import Partial
from voicecli.speech.endpoint import Patience, Wait
from voicecli.speech.last_sounds import LastSounds
from voicecli.speech.sentence_chunker import Chunk
from voicecli.speech.speculation import Pace
from voicecli.tools.definitions import Offer
from voicecli.tools.permissions import Rule
from voicecli.tools.reports import Announced
from voicecli.tools.rounds import ModelCalls, Wanted
from voicecli.turn import Turn

DEFAULT_PATIENCE = Patience()
DEFAULT_PACE = Pace()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAnswer:
    """The end of the last answer. `text`: as the voice said it; `over_sample`: microphone time at which its sound ended."""

    text: str
    over_sample: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How a question was spoken.

    Attributes:
        began_sample: Microphone time at which it began.
        pause_sample: Microphone time at which the pause began that may be its end.
        cut_sample: Microphone time at which it was given to the recogniser.
        by_key: Whether it was spoken with the talk key.
        judged: The turn that the judgement of the pause carries; None if there is none.
        turn_probability: The turn model's probability that the pause is the end; None until it is known.
        last_sounds: How the last sounds before the pause were spoken; None until that is known, or if it cannot be told.
        wait: How long the silence must last to end the question, and why; None until there is evidence.
        ignored: Why parts of the recognised text were rejected.
        confirmed: Whether the user has confirmed the recognised text, or corrected it.
    """

    began_sample: int = 0
    pause_sample: int = 0
    cut_sample: int = 0
    by_key: bool = False
    judged: Turn | None = None
    turn_probability: float | None = None
    last_sounds: LastSounds | None = None
    wait: Wait | None = None
    ignored: tuple[str, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    """A question was typed. `by_hand`: at a keyboard, and not in a pipe."""

    by_hand: bool


Source: TypeAlias = Speech | Typing
Stage: TypeAlias = Literal["draft", "held", "open"]
"""Whether an exchange may be heard: a draft may not, because the person may go on; one that is held waits for the user to confirm the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A spoken question that is not transcribed yet.

    Attributes:
        turn: The turn that all work for it carries.
        source: How it was spoken.
        stage: `open` if the person has finished.
    """

    turn: Turn
    source: Speech
    stage: Literal["draft", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """Speech up to a pause in which nothing credible was recognised. It is dropped, unless the person goes on.

    Attributes:
        turn: The turn that all work for it carries.
        source: How it was spoken.
    """

    turn: Turn
    source: Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and its answer, in progress.

    Attributes:
        turn: The turn that all work for it carries.
        source: How it was asked.
        stage: Whether it may be heard.
        question: The question, which is never empty.
        language: The language of the question, ISO 639-1; empty if it is not known.
        reply: The answer so far.
        chunks: The speakable chunks of the answer so far.
        end: Whether the answer is complete, as a whole or up to its longest length; empty while it is not.
        sounding_sample: Microphone time at which its sound began; None while nothing of it has been heard.
        to_say: The chunks of a ready answer that were not sent to the voice yet.
        trimmed: Whether old turns were left out of its prompt.
        unsaid: A script in it that the voice does not read, or the code of a language that no voice speaks; empty for none.
        silent: The indices of its chunks of which nothing is spoken for that reason.
        work: Who makes the answer, and how far a call of a tool has come.
    """

    turn: Turn
    source: Source
    stage: Stage
    question: str
    language: str = ""
    reply: str = ""
    chunks: tuple[Chunk, ...] = ()
    end: Literal["", "whole", "limit"] = ""
    sounding_sample: int | None = None
    to_say: tuple[Chunk, ...] = ()
    trimmed: bool = False
    unsaid: str = ""
    silent: frozenset[int] = frozenset()
    work: AnswerWork = NOT_BEGUN

    @property
    def typed(self) -> bool:
        """Whether the question was typed."""
        return isinstance(self.source, Typing)

    @property
    def complete(self) -> bool:
        """Whether the answer is complete."""
        return self.end != ""

    @property
    def sounding(self) -> bool:
        """Whether any of the answer has been heard."""
        return self.sounding_sample is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """The program itself speaks, or an answer is repeated. It does not enter the history, and it is open from the beginning.

    Attributes:
        turn: The turn that all work for it carries.
        language: The language of the conversation, ISO 639-1; empty if it is not known.
        reply: The text, where it is shown.
        chunks: Its chunks.
        sounding_sample: Microphone time at which its sound began; None while nothing of it has been heard.
        to_say: The chunks that were not sent to the voice yet.
        origin: Whether the program says it of itself, or an answer is repeated; or what a timer or another program wants to say.
    """

    turn: Turn
    language: str = ""
    reply: str = ""
    chunks: tuple[Chunk, ...] = ()
    sounding_sample: int | None = None
    to_say: tuple[Chunk, ...] = ()
    origin: Literal["program", "repeat"] | Announced = "program"

    @property
    def shown(self) -> bool:
        """Whether the part that was heard is told to the screen."""
        return self.origin != "program"

    @property
    def sounding(self) -> bool:
        """Whether any of it has been heard."""
        return self.sounding_sample is not None


Exchange: TypeAlias = Pending | Unclear | Asked | Aside
"""What is in progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrophoneState:
    """What is known of the microphone and of the keys that belong to it.

    Attributes:
        hearing: Whether a person is speaking now.
        began_sample: Microphone time at which the newest utterance began.
        by_key: Whether that utterance is spoken with the talk key.
        talking: Whether the talk key is down, or was tapped and counts as down.
        muted: Whether the user has muted the microphone.
        now_sample: Microphone time.
        file_ended_sample: Microphone time at which the sound file that replaces the microphone ended; None while it runs.
    """

    hearing: bool = False
    began_sample: int = 0
    by_key: bool = False
    talking: bool = False
    muted: bool = False
    now_sample: int = 0
    file_ended_sample: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """Which engines are in use, which are being loaded, and how the voice speaks.

    Attributes:
        voice_name: The voice in use; empty if nothing is spoken.
        voice_wanted: The voice that is being loaded; empty for none.
        model_name: The language model in use.
        model_wanted: The model that is being loaded; empty for none.
        model_released: Whether the model will free its memory (`soon`) or has done so (`yes`), so that questions wait for the next one.
        transcriber_name: The recogniser; empty without a microphone.
        rest: Whether language model and recogniser are released (`resting`), or are being loaded again (`waking`).
        speed: The speed of answers, as `reply.speed`.
        volume: The volume of answers, as `audio.volume`.
    """

    voice_name: str = ""
    voice_wanted: str = ""
    model_name: str = ""
    model_wanted: str = ""
    model_released: Literal["no", "soon", "yes"] = "no"
    transcriber_name: str = ""
    rest: Literal["no", "resting", "waking"] = "no"
    speed: float = 1.0
    volume: float = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state of a conversation in progress.

    Attributes:
        voice: Whether answers are spoken.
        pace: How much is prepared ahead of time.
        patience: The silences that the user prefers.
        half_duplex: Whether the microphone is closed while an answer plays.
        turns: Number of the newest turn.
        attempts: Drafts of that turn so far.
        mode: What starts a turn: a voice, only a key, or only the keyboard.
        last_said: The assistant's last answer; None if it was interrupted by a voice, which is then not an echo.
        microphone: What is known of the microphone.
        engines: Which engines are in use.
        partial: What is known of an utterance in progress.
        early: An answer to the words so far, begun before a pause. It becomes the exchange if the words stay the same.
        exchange: The exchange in progress.
        barge: A possible interruption of it.
        withdrawn: Questions that continued before they were transcribed. Their words still count.
        unanswered: A question in the history whose answer was dropped because the person seemed to continue. It is answered if that was nothing.
        waiting: Typed lines that wait for the answers to earlier lines.
        closing: Whether to end when everything is answered.
        answered: Number of answered turns.
        trim_told: Whether the user was told that old turns are left out.
        unsaid_told: The scripts and languages of which the user was told that no voice reads them.
        sounds: Whether short tones signal events.
        confirms: Whether a spoken question is sent only after the user has confirmed it.
        record: The conversation so far. Only `session/record_changes.py` changes it.
        titles: Whether the model makes titles.
        titled: The number of answered questions when it made one; 0 if it made none.
        titling: The token of a title that is being made; None for none.
        translates: Whether everything is translated instead of answered.
        tools: The tools that may be used.
        groups: The groups of tools that the persona may use; None for all.
        called: Names by which the persona may be addressed before a request.
        model_calls: Which tools the language model may call by itself.
        rules: What the user has allowed and forbidden for good, besides the settings.
        asking: The calls for which the user was asked for permission; None for none.
        live: Whether a microphone hears a person, who can give permission. A sound file cannot.
        announcements: What timers and other programs want to say as soon as nothing is going on.
        hands_over: The call of another program that gets the next question in the place of the model; empty for none.
        converses: Whether a language model answers. If not, all questions are for other programs.
        closed: Whether the session is over.
    """

    voice: bool
    half_duplex: bool
    pace: Pace = DEFAULT_PACE
    patience: Patience = DEFAULT_PATIENCE
    turns: int = 0
    attempts: int = 0
    mode: events.Mode = "hands-free"
    last_said: LastAnswer | None = None
    microphone: MicrophoneState = MicrophoneState()
    engines: EngineState = EngineState()
    partial: Partial | None = None
    early: Asked | None = None
    exchange: Exchange | None = None
    barge: Overlap | None = None
    withdrawn: tuple[Pending, ...] = ()
    unanswered: Asked | None = None
    waiting: tuple[str, ...] = ()
    closing: bool = False
    answered: int = 0
    trim_told: bool = False
    unsaid_told: frozenset[str] = frozenset()
    sounds: bool = False
    confirms: bool = False
    record: ConversationRecord = NOTHING_SAID
    titles: bool = False
    titled: int = 0
    titling: Turn | None = None
    translates: bool = False
    tools: tuple[Offer, ...] = ()
    groups: tuple[str, ...] | None = None
    called: tuple[str, ...] = ()
    model_calls: ModelCalls = "none"
    rules: tuple[Rule, ...] = ()
    asking: Wanted | None = None
    live: bool = False
    announcements: tuple[Announced, ...] = ()
    hands_over: str = ""
    converses: bool = True
    closed: bool = False

    @property
    def phase(self) -> events.Phase:
        """The phase for a status line."""
        exchange = self.exchange
        if self.closed:
            return "closed"
        if self.microphone.hearing or (self.barge is not None and self.barge.paused):
            return "hearing"
        match exchange:
            case None:
                return "listening"
            case Pending() | Unclear():
                return "transcribing"
            case Asked(stage="held"):
                return "confirming"
            case Asked() | Aside():
                return "speaking" if exchange.sounding else "thinking"
            case _:
                assert_never(exchange)

    @property
    def sounding(self) -> bool:
        """Whether something is being heard from the loudspeaker that belongs to the exchange."""
        return isinstance(self.exchange, Asked | Aside) and self.exchange.sounding

    @property
    def idle(self) -> bool:
        """Whether nothing is going on."""
        return self.exchange is None and not self.microphone.hearing and not self.microphone.talking
