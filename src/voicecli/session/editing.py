"""Handles the user's changes to the conversation other than talking: undo, correct, confirm, repeat, start over."""

from __future__ import annotations

import dataclasses
from typing import TypeAlias, assert_never

from voicecli import events
from voicecli import messages as m
from voicecli.conversation_start import Beginning, Clear, ConversationChosen
from voicecli.session import titling
from voicecli.session.commands import Become, Cancel, Command, Measure, Open
from voicecli.session.cut_off import cut_off
from voicecli.session.exchange import Step, ended, on_typed, open_up, when_idle
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.record_changes import forget, retract, take_back
from voicecli.session.resume import on_conversation_chosen
from voicecli.session.saying import say_on
from voicecli.session.state import Aside, Asked, Exchange, Speech, State
from voicecli.speech.sentence_chunker import Chunk
from voicecli.turn import Turn

Edit: TypeAlias = m.Undo | m.Correct | m.Confirmed | m.Repeat | Beginning | m.PersonaChosen


def on_edit(state: State, report: Edit, played: Played) -> Step:
    """Handles a user's change to the conversation."""
    match report:
        case m.Undo():
            return _on_undo(state, played)
        case m.Correct():
            # The draft of an utterance in progress is dropped, too, because its prompt contained what is taken back.
            after, commands = _take_back(state, played, only=report.turn)
            asked, more = on_typed(after, m.Typed(text=report.text), Played())
            return asked, commands + more
        case m.Confirmed():
            return _on_confirmed(state, report, played)
        case m.Repeat():
            return _on_repeat(state, played)
        case ConversationChosen():
            return on_conversation_chosen(state, report, played)
        case Clear():
            after, commands = cut_off(state, "key", played)
            after, last = titling.leave(dataclasses.replace(after, trim_told=False))
            after, forgotten = forget(after)
            idle, more = when_idle(after)
            return idle, [*commands, *last, *forgotten, tell(events.Cleared(t_s=0.0)), *more]
        case m.PersonaChosen():
            become = Become(prompt=report.prompt, sampling=report.sampling, language=report.language)
            rules = report.sampling.rules
            state = dataclasses.replace(
                state,
                patience=dataclasses.replace(state.patience, patience=report.patience),
                translates=rules is not None and rules.between is not None,
                groups=report.tools,
                called=report.called,
            )
            return state, [become, tell(events.PersonaChanged(t_s=0.0, name=report.name))]
        case _:
            assert_never(report)


def _on_undo(state: State, played: Played) -> Step:
    before = (state.exchange, state.record)
    state, commands = _take_back(state, played)
    if not commands and before == (state.exchange, state.record):
        return state, [_notice("nothing-to-undo", "There is nothing to undo.")]
    after, more = when_idle(state)
    return after, commands + more


def _take_back(state: State, played: Played, *, only: int | None = None) -> Step:
    """Removes the last question and its answer so far; nothing happens if its turn is not `only`."""
    exchange = state.exchange
    was_open = isinstance(exchange, Asked) and exchange.stage == "open"
    state, commands = cut_off(state, "key", played)
    if not was_open and state.record.parts:  # the person had begun to continue it
        was_open = only in {None, *state.record.open_turns}
        state, retracted = retract(state)
        commands += retracted
    record = state.record
    if was_open and record.settled:
        last = record.settled[-1]
    elif record.answered and only in {None, record.answered[-1].turn}:
        last = record.answered[-1]
    else:
        return state, commands
    if last.answer:
        state = dataclasses.replace(state, answered=max(0, state.answered - 1))
    state, taken = take_back(state, last)
    return state, [*commands, *taken]


def _on_confirmed(state: State, report: m.Confirmed, played: Played) -> Step:
    exchange = state.exchange
    if not isinstance(exchange, Asked) or exchange.stage != "held" or exchange.turn.number != report.turn:
        # Its draft failed, or something else is in progress. The confirmed text is asked anyway.
        return on_typed(state, m.Typed(text=report.text), played) if report.text else (state, [])
    if not report.text:
        return ended(state, [Cancel(turn=exchange.turn)])
    if report.text == exchange.question:
        source = (
            dataclasses.replace(exchange.source, confirmed=True)
            if isinstance(exchange.source, Speech)
            else exchange.source
        )
        return open_up(state, dataclasses.replace(exchange, stage="open", source=source))
    other = Asked(
        turn=Turn(exchange.turn.number, exchange.turn.attempt + 1),
        source=Speech(confirmed=True),
        stage="open",
        question=report.text,
        language=exchange.language,
    )
    after, commands = open_up(state, other)
    return after, [Cancel(turn=exchange.turn), Measure(utterance=None), *commands]


def _on_repeat(state: State, played: Played) -> Step:
    exchange = state.exchange
    if state.microphone.hearing or (exchange is not None and not _is_whole(exchange)):
        return state, [_notice("nothing-to-repeat", "There is no whole answer to repeat yet.")]
    last: tuple[str, tuple[Chunk, ...]] | None = None
    if isinstance(exchange, Asked | Aside) and exchange.reply:
        last = exchange.reply, exchange.chunks
    elif state.record.answered:
        last = state.record.answered[-1].reply, state.record.answered[-1].chunks
    if last is None:
        return state, [_notice("nothing-to-repeat", "There is no answer to repeat yet.")]
    state, commands = cut_off(state, "key", played)
    reply, chunks = last
    number = state.turns + 1
    state = dataclasses.replace(state, turns=number, attempts=1)
    commands.append(tell(events.ReplyDelta(t_s=0.0, turn=number, text=reply)))
    commands.append(tell(events.Reply(t_s=0.0, turn=number, text=reply)))
    if not state.voice or not chunks:
        after, more = when_idle(state)
        return after, commands + more
    again = Aside(turn=Turn(number), reply=reply, chunks=chunks, origin="repeat", to_say=chunks)
    again, more = say_on(again, sounding=-1)
    commands += [*more, Open(turn=again.turn)]
    return dataclasses.replace(state, exchange=again), commands


def _is_whole(exchange: Exchange) -> bool:
    """Whether all of the answer is there."""
    return isinstance(exchange, Aside) or (
        isinstance(exchange, Asked) and exchange.stage == "open" and exchange.complete
    )


def _notice(code: str, message: str) -> Command:
    return tell(events.Notice(t_s=0.0, code=code, message=message))
