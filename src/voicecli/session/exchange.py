"""The life of an exchange, shared by all parts of the machine: it is opened, cut off and ended, and then whatever waited for its end starts."""

from __future__ import annotations

import dataclasses
from typing import TypeAlias, assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.errors import VoiceCliError
from voicecli.pcm import samples_of
from voicecli.pipeline.listen import Attend, IgnoreMicrophone, KnowVoice
from voicecli.session import titling
from voicecli.session.announcements import announce
from voicecli.session.answer_work import NotBegun, asked_for
from voicecli.session.commands import (
    Cancel,
    Command,
    Measure,
    NextFile,
    NextLine,
    Open,
    Order,
    Quit,
    Respond,
    SayAside,
    TellUnsaid,
)
from voicecli.session.cut_off import cut_off, give_up_barge
from voicecli.session.history import Played
from voicecli.session.ignored_speech import OWN_WORDS, ignored, is_own_words, tell
from voicecli.session.record_changes import answer, answer_anew, ask, note_calls, retract
from voicecli.session.state import Aside, Asked, Exchange, Pending, Source, Speech, State, Typing, Unclear
from voicecli.session.tool_gate import begin_answer, call_told, has_lapsed, let_go, on_opened
from voicecli.speech.spoken_phrases import Phrase, spelled_out
from voicecli.speech.utterance_segmenter import DropTalk
from voicecli.turn import Turn

REPLY_LIMIT = 'The answer has reached its longest length. Say or type "continue" to hear more.'

Step: TypeAlias = tuple[State, list[Command]]
"""The new state, and the commands, in order."""


def error_event(turn: int | None, error: VoiceCliError) -> events.Event:
    """Returns the event for an error. Without a `turn` it concerns the session."""
    return events.ErrorRaised(t_s=0.0, turn=turn, code=error.code, message=error.message, hint=error.hint)


def transcript(turn: Turn, text: str, language: str, *, final: bool = True, typed: bool = False) -> events.Transcript:
    """Returns the event for a question."""
    return events.Transcript(t_s=0.0, turn=turn.number, text=text, language=language, final=final, typed=typed)


def speech_dropped(state: State, at_sample: int, because: str) -> events.SpeechEnded:
    """Returns the event for speech in progress that no longer counts."""
    return events.SpeechEnded(
        t_s=0.0,
        turn=state.turns,
        at_ms=at_sample / samples_of(1),
        duration_ms=0.0,
        reason="noise",
        waited_ms=0.0,
        because=because,
    )


def is_open(exchange: Exchange) -> bool:
    """Whether the exchange may be heard, and counts."""
    match exchange:
        case Aside():
            return True
        case Unclear():
            return False
        case Pending() | Asked():
            return exchange.stage == "open"
        case _:
            assert_never(exchange)


def drop_unclear(state: State, exchange: Unclear) -> Step:
    """Drops speech in which nothing credible was recognised, because the person has finished."""
    return ended(state, [Cancel(turn=exchange.turn), *ignored(exchange.turn, exchange.source.ignored or ("no-words",))])


def open_up(state: State, exchange: Asked) -> Step:
    """Opens an exchange, because its question is complete: publishes the question and the answer as far as they are known."""
    exchange = dataclasses.replace(exchange, stage="open")
    state = dataclasses.replace(state, exchange=exchange)
    speech = exchange.source if isinstance(exchange.source, Speech) else None
    left_out = speech.ignored if speech is not None else ()
    if speech is not None and is_own_words(state, speech, exchange.question):
        return ended(state, [Cancel(turn=exchange.turn), *ignored(exchange.turn, (OWN_WORDS,))])
    if speech is not None and state.confirms and not speech.confirmed:
        return _hold(state, exchange)
    state = dataclasses.replace(state, unanswered=None)  # it is part of this question now
    question = transcript(exchange.turn, exchange.question, exchange.language, typed=exchange.typed)
    commands: list[Command] = [*ignored(exchange.turn, left_out), tell(question)]
    state, told = tell_trim(state, exchange)
    state, told_too = tell_unsaid(state, exchange)
    commands += told + told_too
    begun: list[Command] = []
    if isinstance(exchange.work, NotBegun) or has_lapsed(state, exchange):
        exchange, begun = begin_answer(state, exchange)
    state, kept = on_opened(state, exchange)
    exchange, running = let_go(exchange)
    state, asked = ask(dataclasses.replace(state, exchange=exchange), exchange)
    commands += [*begun, *running, *kept, *asked, Open(turn=exchange.turn)]
    if speech is not None:
        commands.append(Order(order=KnowVoice()))
    called = call_told(exchange)
    state, commands = note_calls(state, called), [*commands, *called]
    if exchange.reply:
        commands.append(tell(events.ReplyDelta(t_s=0.0, turn=exchange.turn.number, text=exchange.reply)))
    if (wanted := asked_for(exchange.work)) is not None:
        state = dataclasses.replace(state, asking=wanted)
    if exchange.complete:
        more = on_complete(state, exchange)
        return more[0], commands + more[1]
    return state, commands


def tell_trim(state: State, exchange: Asked) -> Step:
    """Tells the user once that old turns are left out, for the first opened question for which that is so."""
    if state.trim_told or not exchange.trimmed or exchange.stage != "open":
        return state, []
    message = (
        "This conversation has outgrown what the model can keep in mind; from now on its oldest turns are left out."
    )
    notice = tell(events.Notice(t_s=0.0, code="context-full", message=message))
    return dataclasses.replace(state, trim_told=True), [notice]


def tell_unsaid(state: State, exchange: Asked) -> Step:
    """Tells the user once about each script or language that no voice reads, for the first opened answer that contains some."""
    unsaid = exchange.unsaid
    if not unsaid or unsaid in state.unsaid_told or exchange.stage != "open":
        return state, []
    return dataclasses.replace(state, unsaid_told=state.unsaid_told | {unsaid}), [TellUnsaid(script=unsaid)]


def _hold(state: State, exchange: Asked) -> Step:
    """Holds a spoken question until the user confirms it. Its answer is prepared meanwhile but stays silent, like any draft."""
    commands: list[Command] = [
        tell(
            events.ConfirmAsked(t_s=0.0, turn=exchange.turn.number, text=exchange.question, language=exchange.language)
        )
    ]
    exchange = dataclasses.replace(exchange, stage="held")
    if isinstance(exchange.work, NotBegun):
        exchange, begun = begin_answer(state, exchange)
        commands += begun
    return dataclasses.replace(state, exchange=exchange), commands


def on_typed(state: State, report: m.Typed, played: Played) -> Step:
    """Handles a typed question. It interrupts the answer, or with `wait` waits for its turn."""
    if report.wait and not state.idle:
        return dataclasses.replace(state, waiting=(*state.waiting, report.text)), []
    commands: list[Command] = []
    if report.wait:
        commands.append(NextLine())
    if state.exchange is not None:
        state, cut = cut_off(state, "typing", played)
        commands += cut
    state, dropped = drop_partial(state)
    commands += dropped
    if state.microphone.hearing:
        commands.append(tell(speech_dropped(state, state.microphone.now_sample, "typed")))
    if state.microphone.talking:
        commands.append(Order(order=DropTalk()))
    number, question = state.turns + 1, spelled_out(report.text)
    state = dataclasses.replace(
        state, turns=number, attempts=1, microphone=dataclasses.replace(state.microphone, hearing=False, talking=False)
    )
    if not question:
        after, more = ended(state, ignored(Turn(number), ("no-words",)))
        return after, [*commands, *more]
    exchange = Asked(turn=Turn(number), source=Typing(by_hand=not report.wait), stage="open", question=question)
    after, more = open_up(state, exchange)
    return after, [*commands, Measure(utterance=None), *more]


def on_complete(state: State, exchange: Asked) -> Step:
    """Handles the complete reply of an opened exchange."""
    number, limited = exchange.turn.number, exchange.end == "limit"
    commands: list[Command] = [
        tell(events.Reply(t_s=0.0, turn=number, text=exchange.reply, hit_limit=limited)),
    ]
    if limited:
        commands.append(tell(events.Notice(t_s=0.0, code="reply-limit", message=REPLY_LIMIT)))
    if state.voice:
        return state, commands  # it ends when it has been heard
    heard = exchange.reply.strip()
    state, answered = answer(state, exchange, heard)
    commands += answered
    if not heard:
        commands += tell_unspoken(exchange)
    after, more = ended(dataclasses.replace(state, answered=state.answered + bool(heard)), [])
    return after, commands + more


def tell_unspoken(exchange: Asked) -> list[Command]:
    """Tells the user why nothing was spoken, or why there is no answer. That no voice reads a script or a language is told by `tell_unsaid`."""
    if exchange.unsaid:
        return []
    if exchange.reply.strip():
        message = "There is nothing in this answer that can be read aloud."
        return [tell(events.Notice(t_s=0.0, code="nothing-to-say", message=message))]
    message = "The model gave no answer; the question does not count. Ask it another way."
    return [tell(events.Notice(t_s=0.0, code="no-answer", message=message))]


def say_aside(state: State, exchange: Exchange, phrase: Phrase) -> Step:
    """Lets the program itself say something in place of `exchange`, or after it."""
    language = exchange.language if isinstance(exchange, Asked | Aside) else ""
    aside = Aside(turn=Turn(exchange.turn.number, exchange.turn.attempt + 1), language=language)
    said = SayAside(turn=aside.turn, phrase=phrase, language=language)
    return dataclasses.replace(state, exchange=aside), [said, Open(turn=aside.turn)]


def ended(state: State, commands: list[Command]) -> Step:
    """Ends the exchange in progress, and starts whatever waited for its end."""
    if state.sounding:
        commands = [
            *commands,
            Order(order=IgnoreMicrophone(on=False)) if state.half_duplex else Order(order=Attend(on=False)),
        ]
    state, given_up = give_up_barge(state)
    after, more = when_idle(dataclasses.replace(state, exchange=None), least_titled=2)
    return after, [*commands, *given_up, *more]


def drop_partial(state: State, *, known_too: bool = True) -> Step:
    """Cancels the work on a partial utterance. With `known_too` False it cancels only a transcription, because reading ahead still helps."""
    partial = state.partial
    if partial is None or (partial.heard is not None and not known_too):
        return state, []
    return dataclasses.replace(state, partial=None), [Cancel(turn=partial.turn)]


def when_idle(state: State, *, least_titled: int = 1) -> Step:
    """Starts whatever waited for the end of the exchange, if the conversation is idle.

    If the session ends now, a conversation of at least `least_titled` turns gets a title first. A single question that came through a pipe is its
    own title, and nobody waits for another one.
    """
    if not state.idle:
        return state, []
    if state.announcements:
        state, said = announce(state)
        after, more = when_idle(state, least_titled=least_titled)
        return after, said + more
    if state.unanswered is not None:
        return _ask_again(state, state.unanswered)
    if state.waiting:
        state, text = dataclasses.replace(state, waiting=state.waiting[1:]), state.waiting[0]
        return on_typed(state, m.Typed(text=text, wait=True), Played())
    if state.closing:
        state, last = titling.begin(state, least=least_titled)
        return (state, last) if state.titling is not None else quit_now(state, None, Played())
    if state.microphone.file_ended_sample is not None:
        return next_file(state)
    return state, []


def _ask_again(state: State, before: Asked) -> Step:
    """Answers the question in the history, because the apparent continuation was a cough or another person."""
    number, question = state.turns + 1, before.question
    exchange = Asked(
        turn=Turn(number), source=_asked_again(before), stage="open", question=question, language=before.language
    )
    state = answer_anew(dataclasses.replace(state, turns=number, attempts=1, unanswered=None), number)
    exchange, begun = begin_answer(state, exchange)
    exchange, running = let_go(exchange)
    # It is in the record.
    begun = [dataclasses.replace(each, question="") if isinstance(each, Respond) else each for each in begun]
    return dataclasses.replace(state, exchange=exchange), [
        tell(transcript(exchange.turn, question, exchange.language, typed=exchange.typed)),
        *begun,
        *running,
        Open(turn=exchange.turn),
    ]


def _asked_again(before: Asked) -> Source:
    """Returns the source of a question that is answered without being asked again. It can give no permission."""
    return Typing(by_hand=False) if before.typed else Speech()


def next_file(state: State) -> Step:
    """Continues with the next file that replaces the microphone."""
    return dataclasses.replace(state, microphone=dataclasses.replace(state.microphone, file_ended_sample=None)), [
        NextFile()
    ]


def quit_now(state: State, error: VoiceCliError | None, played: Played) -> Step:
    """Ends the session, and whatever is in progress."""
    state, dropped = drop_partial(state)
    after, commands = cut_off(state, "key", played) if state.exchange is not None else (state, [])
    if after.record.parts:  # nobody will answer it
        after, retracted = retract(after)
        commands += retracted
    commands = [*dropped, *commands]
    return dataclasses.replace(after, closed=True, microphone=dataclasses.replace(after.microphone, hearing=False)), [
        *commands,
        Quit(error=error),
    ]
