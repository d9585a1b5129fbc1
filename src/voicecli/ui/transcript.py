"""Transcript: folds events into what there is to show. It is pure and knows nothing about terminals.

Entries are in the order in which they began. An entry is *closed* when nothing about it can change any more. Closed entries at the head
are handed out once by `take_finished` (a screen lets them scroll away); the rest is `live`. A closed entry behind an open one
waits, so that entries scroll away in order.

A reply ends with `Spoken` if there is a speaker (only then is it known how much of it was heard), and otherwise with `Reply`. It also
ends when its turn fails, when a later turn is answered, or when the session ends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar, assert_never

from voicecli import events
from voicecli.ui.setting_changes import changed_text, memory_text, resumed_text, tool_text
from voicecli.ui.transcript_entry import Entry, Who, heard_end

LEVEL_CELLS: Final = 10
LOADING_CODE: Final = "loading"
"""The code of a notice about what is being loaded. It is shown during loading and leaves no entry."""
WELCOME_CODE: Final = "welcome"
"""The code of a notice from the assistant itself."""
_LEVEL_FLOOR_DBFS: Final = -60.0  # a quiet room
_DB_PER_CELL: Final = 5.0  # close speech (about -20 dBFS) fills most of the meter
_LEVEL_HYSTERESIS: Final = 0.75  # in cells; a steady level between two cells must not flicker
_REMEMBERED_TURNS: Final = 16
"""How many turns are remembered, of which something may still arrive."""

_T = TypeVar("_T")


class Transcript:
    """What there is to show of a session.

    Thread: none of its own; callers that share one must lock it.

    Attributes:
        version: Grows when something visible has changed.
        phase: What the session is doing.
        ready: What the session runs on, after its start.
        loading: What is being loaded, in the words of all such notices.
        level: The level of the microphone, 0 to `LEVEL_CELLS`.
        muted: Whether the user has muted the microphone.
        latency_ms: Time from the end of speech to the first sound, for the last reply that was heard.
    """

    def __init__(self) -> None:
        self.version = 0
        self.phase: events.Phase = "loading"
        self.ready: events.Ready | None = None
        self.loading = ""
        self.level = 0
        self.muted = False
        self.latency_ms: float | None = None
        self._voiced = False
        self._entries: list[Entry] = []
        self._asked: dict[int, None] = {}  # turns whose question is settled, oldest first
        self._answered: dict[int, str] = {}  # closed replies by turn, oldest first

    @property
    def live(self) -> tuple[Entry, ...]:
        """The entries that were not handed out."""
        return tuple(entry for entry in self._entries if entry.text.strip())

    @property
    def shows_level(self) -> bool:
        """Whether the level of the microphone matters now."""
        heard = self.ready is None or self.ready.microphone is not None
        return self.phase in {"listening", "hearing"} and heard and not self.muted

    @property
    def answering(self) -> bool:
        """Whether part of an unfinished answer can be read."""
        return any(entry.who == "assistant" and not entry.closed and entry.text.strip() for entry in self._entries)

    def take_finished(self) -> list[Entry]:
        """Hands out, once, the closed entries that have no open entry before them."""
        count = next((i for i, entry in enumerate(self._entries) if not entry.closed), len(self._entries))
        finished, self._entries = self._entries[:count], self._entries[count:]
        if finished:
            self.version += 1
        return [entry for entry in finished if entry.text.strip()]

    def finish(self) -> None:
        """Closes everything, because nothing more will come."""
        self._drop_guesses()
        for i, entry in enumerate(self._entries):
            if not entry.closed:
                self._close(i)
        self._set_phase("closed")

    def fold(self, event: events.Event) -> None:
        """Handles the next event."""
        match event:
            case events.FileStarted() | events.SpeechStarted() | events.SpeechEnded() | events.Ignored():
                pass  # the phase shows it, and a notice if it matters
            case events.AnswerPaused() | events.AnswerResumed() | events.TurnSettled() | events.Titled():
                pass  # the phase shows it, and a list of conversations
            case events.SaidForClient():
                pass  # the answer shows it
            case events.DuplexChanged(duplex=duplex):
                if self.ready is not None:
                    self.ready = replace(self.ready, duplex=duplex)
                    self.version += 1
            case events.Transcript(turn=turn, text=text, final=final):
                if final:
                    self._hear_final(turn, text)
                else:
                    self._hear_guess(turn, text)
            case events.ConfirmAsked():
                self._drop_guesses()  # it is in the line that is to be sent
            case events.Undone() | events.Cleared() | events.Resumed() | events.PersonaChanged() | events.Changed():
                self._fold_edit(event)
            case events.ToolUsed():
                self._append(Entry(who="notice", turn=None, text=tool_text(event), state="final", closed=True))
            case events.MemoryChanged():
                self._append(Entry(who="notice", turn=None, text=memory_text(event), state="final", closed=True))
            case events.PastTurn():
                self._show_again(event)
            case events.ReplyDelta() | events.Reply() | events.Speaking() | events.Spoken() | events.Interrupted():
                self._fold_reply(event)
            case events.Notice() | events.ErrorRaised():
                self._tell(event)
            case (
                events.Ready()
                | events.Latency()
                | events.PhaseChanged()
                | events.LevelChanged()
                | events.MicrophoneMuted()
            ):
                self._fold_state(event)
            case events.StageTimed() | events.RecordingChanged() | events.Dropped() | events.Buffered():
                pass  # for those who measure
            case events.Bye():
                self.finish()
            case _:
                assert_never(event)

    # What the user said.

    def _hear_guess(self, turn: int, text: str) -> None:
        if turn in self._asked:
            return
        self._drop_guesses(but=turn)
        i = self._find("you", turn)
        if not text.strip():
            self._drop_guesses()
        elif i is None:
            self._append(Entry(who="you", turn=turn, text=text))
        else:
            self._put(i, replace(self._entries[i], text=text))

    def _hear_final(self, turn: int, text: str) -> None:
        self._drop_guesses(but=turn)
        if not text.strip():
            self._drop_guesses()  # nothing was said
            return
        _remember(self._asked, turn, None)
        for i, entry in enumerate(self._entries):
            grown = not entry.closed or text.startswith(entry.text)
            if entry.who == "you" and entry.turn == turn and grown:
                self._put(i, replace(entry, text=text, state="final", closed=True))
                return
        self._append(Entry(who="you", turn=turn, text=text, state="final", closed=True))

    def _drop_guesses(self, but: int | None = None) -> None:
        """Removes partial transcriptions."""
        kept = [e for e in self._entries if e.who != "you" or e.closed or (but is not None and e.turn == but)]
        if len(kept) != len(self._entries):
            self._entries = kept
            self.version += 1

    # What is answered.

    def _fold_reply(
        self, event: events.ReplyDelta | events.Reply | events.Speaking | events.Spoken | events.Interrupted
    ) -> None:
        match event:
            case events.ReplyDelta(turn=turn, text=text):
                self._grow(turn, text)
            case events.Reply(turn=turn, text=text):
                self._complete(turn, text)
            case events.Speaking(turn=turn, start=start, end=end):
                self._sound(turn, start, end)
            case events.Spoken(turn=turn, text=text, cut=cut):
                self._spoken(turn, text, cut=cut)
            case events.Interrupted(turn=turn):
                self._interrupt(turn)
            case _:
                assert_never(event)

    def _reply(self, turn: int) -> int:
        """Returns the index of the open reply of `turn`, and creates it if necessary."""
        if (i := self._find("assistant", turn)) is not None:
            return i
        for j, entry in enumerate(self._entries):
            if entry.closed:
                continue
            if entry.who == "assistant":
                self._close(j)  # a later turn is answered
            elif entry.turn == turn:  # it is answered, so it is final
                _remember(self._asked, turn, None)
                self._put(j, replace(entry, state="final", closed=True))
        self._append(Entry(who="assistant", turn=turn, text="", heard=0 if self._voiced else None))
        return len(self._entries) - 1

    def _grow(self, turn: int, text: str) -> None:
        if turn in self._answered and self._find("assistant", turn) is None:
            return  # a late report of a finished reply
        i = self._reply(turn)
        entry = self._entries[i]
        if entry.state == "growing" and not entry.complete:
            self._put(i, replace(entry, text=entry.text + text))

    def _complete(self, turn: int, text: str) -> None:
        i = self._find("assistant", turn)
        if i is not None and self._entries[i].complete and not text.startswith(self._entries[i].text):
            self._close(i)
            i = None
        if i is None and self._is_known(turn, text):
            return
        i = self._reply(turn)
        entry = replace(self._entries[i], text=text, complete=True)
        self._put(i, entry)
        if entry.heard is None:
            self._close(i)

    def _sound(self, turn: int, start: int, end: int) -> None:
        self._voiced = True
        i = self._find("assistant", turn)
        if i is not None and self._entries[i].state == "growing" and end >= (self._entries[i].heard or 0):
            self._put(i, replace(self._entries[i], heard=end, word=min(start, end)))

    def _spoken(self, turn: int, text: str, *, cut: bool) -> None:
        if self._find("assistant", turn) is None and self._is_known(turn, text):
            return
        i = self._reply(turn)
        entry = self._entries[i]
        if not entry.text.strip():
            entry = replace(entry, text=text, heard=len(text))
        elif cut:
            entry = replace(entry, heard=heard_end(entry.text, text, otherwise=entry.heard or 0))
        else:
            entry = replace(entry, heard=len(entry.text))
        self._put(i, replace(entry, state="cut" if cut else "final"))
        self._close(i)

    def _interrupt(self, turn: int) -> None:
        i = self._find("assistant", turn)
        if i is None:
            return
        self._put(i, replace(self._entries[i], state="cut", word=None))
        if self._entries[i].heard is None:
            self._close(i)  # otherwise `Spoken` reports how much of it was heard

    def _is_known(self, turn: int, text: str) -> bool:
        """Whether `text` adds nothing to the reply of `turn` that is already closed."""
        shown = self._answered.get(turn)
        return not text.strip() or (shown is not None and (text.startswith(shown) or shown.startswith(text)))

    # What is taken back.

    def _fold_edit(
        self, event: events.Undone | events.Cleared | events.Resumed | events.PersonaChanged | events.Changed
    ) -> None:
        match event:
            case events.Undone(turn=turn, turns=turns, text=text):
                if (i := self._find("assistant", turn)) is not None:
                    self._put(i, replace(self._entries[i], state="cut"))
                    self._close(i)
                self._strike({turn, *turns})
                words = f"Undone: {text}"
            case events.Cleared():
                words = "A new conversation begins here."
            case events.Resumed():
                words = resumed_text(event)
            case events.Changed():
                words = changed_text(event)
                self._change_model(event)
            case events.PersonaChanged(name=name):
                words = f"Now talking to: {name}"
            case _:
                assert_never(event)
        undone = isinstance(event, events.Undone)
        self._append(Entry(who="notice", turn=None, text=words, state="final", closed=True, undone=undone))

    def _show_again(self, past: events.PastTurn) -> None:
        """Shows a turn of an earlier session, as it ended."""
        question = Entry(who="you", turn=past.turn, text=past.question, state="final", closed=True, past=True)
        self._append(question)
        self._append(replace(question, who="assistant", text=past.answer, state="cut" if past.cut else "final"))

    def _strike(self, turns: set[int]) -> None:
        for i, entry in enumerate(self._entries):
            if entry.turn in turns and entry.who in {"you", "assistant"}:
                self._put(i, replace(entry, undone=True))

    def _change_model(self, event: events.Changed) -> None:
        """Updates the models in the status line."""
        kind = {"voice": "voice", "model": "llm"}.get(event.what)
        if kind is not None and self.ready is not None:
            self.ready = replace(self.ready, models=self.ready.models | {kind: str(event.value)})

    # The rest.

    def _fold_state(
        self,
        event: events.Ready | events.Latency | events.PhaseChanged | events.LevelChanged | events.MicrophoneMuted,
    ) -> None:
        match event:
            case events.Ready():
                self.ready, self.loading, self._voiced = event, "", event.speaker is not None
                self.version += 1
            case events.Latency(voice_to_voice_ms=latency_ms):
                if latency_ms is not None:
                    self.latency_ms = latency_ms
                    self.version += 1
            case events.PhaseChanged(phase=phase):
                if phase == "listening":
                    self._drop_guesses()
                self._set_phase(phase)
            case events.LevelChanged(dbfs=dbfs):
                self._set_level(dbfs)
            case events.MicrophoneMuted(muted=muted):
                self.muted = muted
                self.version += 1
            case _:
                assert_never(event)

    def _tell(self, event: events.Notice | events.ErrorRaised) -> None:
        if isinstance(event, events.Notice):
            if event.code == LOADING_CODE:
                self.loading = f"{self.loading}, {event.message}".removeprefix(", ")
                self.version += 1
            else:
                who: Who = "assistant" if event.code == WELCOME_CODE else "notice"
                self._append(Entry(who=who, turn=None, text=event.message, state="final", closed=True))
            return
        if event.turn is not None and (i := self._find("assistant", event.turn)) is not None:
            self._close(i)
        error = Entry(who="error", turn=event.turn, text=event.message, state="final", closed=True, hint=event.hint)
        self._append(error)

    def _find(self, who: Who, turn: int) -> int | None:
        for i, entry in enumerate(self._entries):
            if entry.who == who and entry.turn == turn and not entry.closed:
                return i
        return None

    def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self.version += 1

    def _put(self, i: int, entry: Entry) -> None:
        if entry != self._entries[i]:
            self._entries[i] = entry
            self.version += 1

    def _close(self, i: int) -> None:
        entry = self._entries[i]
        if entry.state == "growing":
            entry = replace(entry, state="final" if entry.complete else "cut")
        if entry.turn is not None and entry.text.strip():
            _remember(self._answered, entry.turn, entry.text)
        self._put(i, replace(entry, word=None, closed=True))

    def _set_phase(self, phase: events.Phase) -> None:
        if phase != self.phase:
            self.phase = phase
            self.version += 1

    def _set_level(self, dbfs: float) -> None:
        exact = max(0.0, min(float(LEVEL_CELLS), (dbfs - _LEVEL_FLOOR_DBFS) / _DB_PER_CELL))
        if abs(exact - self.level) > _LEVEL_HYSTERESIS:
            self.level = round(exact)
            if self.shows_level:
                self.version += 1


def _remember(memory: dict[int, _T], turn: int, value: _T) -> None:
    """Records `value` for `turn` and drops old turns."""
    memory[turn] = value
    while len(memory) > _REMEMBERED_TURNS:
        del memory[next(iter(memory))]
