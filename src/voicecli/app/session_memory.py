"""Connects a session of `chat` to the database: the recorder, sound, facts, and earlier conversations."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

import numpy as np

from voicecli.app import console, find_conversation
from voicecli.app.fact_commands import Facts
from voicecli.app.find_conversation import EarlierConversation
from voicecli.app.setting_commands import Wish
from voicecli.config import paths
from voicecli.config.schema import Settings
from voicecli.errors import AudioError, ConfigError, VoiceCliError
from voicecli.events import Bye, Event, Latency, PersonaChanged, Transcript, TurnSettled
from voicecli.memory import sound_files
from voicecli.memory.recorder import Recorder
from voicecli.memory.sound_capture import SoundTaps
from voicecli.memory.sound_files import Side
from voicecli.messages import Report
from voicecli.pcm import samples_of, silence
from voicecli.session.date_prompt import local_now
from voicecli.session.translators import between_of
from voicecli.tuning import SoundChosen

BETWEEN_SIDES_MS: Final = 400.0
"""The silence after each side of a turn that is replayed."""


class SessionMemory:
    """Saves one session of `chat` and reads earlier ones.

    Args:
        settings: Those of `history` are used.
        persona: The name of the persona at the start.
        wanted: False with `--no-save`. Nothing is then written or removed.
        notice: Shows a notice: a code and a sentence.
        offer: Sends a report to the conductor; never blocks.
        resumed: The conversation that the session starts with; None for a new one.
    """

    def __init__(
        self,
        settings: Settings,
        persona: str,
        *,
        wanted: bool,
        notice: Callable[[str, str], object],
        offer: Callable[[Report], object],
        resumed: EarlierConversation | None = None,
    ) -> None:
        self._notice = notice
        self._context_tokens = settings.reply.context_tokens
        self.persona = persona  # the present one
        self._hears_facts = settings.tools.memory == "allow"
        self._saves = wanted and settings.history.save
        self._recorder = Recorder(
            paths.history_dir(),
            persona=persona,
            now=local_now,
            failed=self._tell,
            again=self._tell_again,
            keep_days=settings.history.keep_days if wanted else 0,
            spared=resumed.chosen.conversation if resumed is not None else None,
        )
        self.taps = SoundTaps() if self._saves and settings.history.audio else None
        self._lock = threading.Lock()
        self._over = False  # notices after the last event are not shown
        self._untold = ""
        self.facts = Facts(paths.history_dir(), writes=wanted, offer=offer, notice=notice)
        self._starts = self._saves or (wanted and settings.history.keep_days > 0)

    @property
    def saves(self) -> bool:
        """Whether this conversation is saved."""
        return self._saves

    def start(self, stack: ExitStack) -> None:
        """Starts the recorder. `stack` stops it."""
        if self._starts:
            self._recorder.start()
        stack.callback(self._close)

    def take(self, event: Event) -> None:
        """Handles an event of the session; never blocks."""
        if self._saves:
            self._recorder.take(event)
        if self.taps is not None:
            self._take_sound(self.taps, event)
        if isinstance(event, Transcript) and event.final and self._hears_facts and between_of(self.persona) is None:
            self.facts.take(event.text)
        if isinstance(event, PersonaChanged):
            self.persona = event.name
        if isinstance(event, Bye):
            with self._lock:
                self._over = True

    def _take_sound(self, taps: SoundTaps, event: Event) -> None:
        match event:
            case Latency():  # it comes with the first sound
                taps.answer_begins()
            case TurnSettled(turn=turn, turns=turns):
                self._recorder.take_sound(turn, taps.settle(turns))
            case _:
                pass

    def remark(self) -> str:
        """Returns the remark about the saved conversation for the end of the session; empty if it is not saved."""
        if not self._saves or not self._recorder.settle() or self._recorder.conversation is None:
            return ""
        number = self._recorder.conversation
        return f"Saved as conversation {number}. To go on with it: voicecli chat --resume {number}"

    def resume(self, wanted: str, become: Callable[[str], Wish]) -> Wish:
        """Returns the reports that resume an earlier conversation with its persona.

        Args:
            wanted: The number of the conversation; empty for the latest that is not the present one.
            become: Returns the reports that change the persona.

        Raises:
            VoiceCliError: There is no such conversation.
        """
        present = self._recorder.conversation if self._saves and self._recorder.settle() else None
        earlier = find_conversation.find(
            wanted or find_conversation.LATEST, context_tokens=self._context_tokens, present=present
        )
        reports: tuple[Report, ...] = (earlier.chosen,)
        if earlier.persona not in {"", self.persona}:
            with contextlib.suppress(VoiceCliError):  # the persona was removed: the present one stays
                reports = (*become(earlier.persona).reports, earlier.chosen)
        return Wish(reports=reports)

    def sound_of(self, turn: int, sides: Sequence[Side]) -> SoundChosen:
        """Returns the report that plays these sides of a turn, one after the other.

        Raises:
            ConfigError: Its sound is not saved.
            AudioError: It cannot be read.
        """
        row: int | None = -turn
        if turn > 0:
            row = self._recorder.row_of(turn) if self._saves and self._recorder.settle() else None
        parts = [sound_files.read(paths.history_dir(), row, side) for side in sides] if row is not None else []
        pcm = [each for part in parts if len(part) for each in (part, silence(samples_of(BETWEEN_SIDES_MS)))]
        if not pcm:
            raise ConfigError("The sound of that is not saved.", "To save it: voicecli chat --save-audio")
        return SoundChosen(pcm=np.concatenate(pcm))

    def _tell(self, error: VoiceCliError) -> None:
        what = "The sound of this conversation" if isinstance(error, AudioError) else "This conversation"
        message = f"{what} is not being saved. {error.message} {error.hint}".rstrip()
        with self._lock:
            if self._over:
                self._untold = message
            else:
                self._notice("not-saved", message)

    def _tell_again(self, message: str) -> None:
        with self._lock:
            self._untold = ""
            if not self._over:
                self._notice("saved-again", message)

    def _close(self) -> None:
        self.facts.close()
        self._recorder.close()
        if self._untold:
            with contextlib.suppress(OSError):
                console.remark(f"note: {self._untold}")
