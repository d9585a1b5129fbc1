"""Resumes an earlier conversation."""

from __future__ import annotations

import dataclasses

from voicecli import events
from voicecli.conversation_start import ConversationChosen
from voicecli.session import titling
from voicecli.session.conversation_record import TurnRecord
from voicecli.session.cut_off import cut_off
from voicecli.session.exchange import Step, when_idle
from voicecli.session.history import Played
from voicecli.session.ignored_speech import tell
from voicecli.session.record_changes import forget, recall
from voicecli.session.state import State
from voicecli.speech.sentence_chunker import as_written


def on_conversation_chosen(state: State, report: ConversationChosen, played: Played) -> Step:
    """Replaces the conversation by the earlier one.

    Its turns get negative numbers, derived from their database rows, so that they collide neither with the turns of this session nor with each other.
    """
    state, commands = cut_off(state, "key", played)
    past = [
        TurnRecord(
            turn=-each.row,
            turns=(-each.row,),
            question=each.question,
            typed=each.typed,
            language=each.language,
            answer=each.answer,
            cut=each.cut,
            reply=each.answer,
            chunks=(as_written(each.answer),),
        )
        for each in report.turns
    ]
    resumed = events.Resumed(
        t_s=0.0,
        conversation=report.conversation,
        title=report.title,
        turns=len(report.turns),
        left_out=report.left_out,
    )
    state, last = titling.leave(state)
    state, forgotten = forget(dataclasses.replace(state, titled=len(past)))
    state, recalled = recall(state, past)
    commands += [*last, *forgotten, *recalled, tell(resumed)]
    commands += [
        tell(events.PastTurn(t_s=0.0, turn=each.turn, question=each.question, answer=each.answer, cut=each.cut))
        for each in past
    ]
    idle, more = when_idle(dataclasses.replace(state, trim_told=False))
    return idle, [*commands, *more]
