"""Faults of what is not fake: engines with small models whose processes are killed, and the devices of a real sound server."""

from __future__ import annotations

import functools
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import crash_campaign
from fakes.session_rig import speech
from faults.case import Fault, Row, attempt, nothing
from faults.session import Session
from virtual_sound_card import VirtualSoundCard
from voicecli.audio.sound_files import WavWriter
from voicecli.pcm import RATE_HZ

SIGNALS: Final = ("SEGV", "KILL")
MOMENTS: Final = ("between", "listening", "thinking", "speaking")
"""States of `crash_campaign.py`."""

SHORT_MS: Final = 600
LONG_MS: Final = 20_000
GONE_S: Final = 1.0


class SoundSession(Session):
    """A session with fake models at a real sound server: what is to be heard is played into its microphone."""

    def __init__(
        self,
        card: VirtualSoundCard,
        folder: Path,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        *,
        terminal: bool = False,
    ) -> None:
        more = {**(environment or {}), **card.environment, "REAL_SOUND": "yes"}
        super().__init__(folder, arguments, more, terminal=terminal)
        self.card = card
        self._playing: subprocess.Popen[bytes] | None = None
        for name, duration_ms in (("say", SHORT_MS), ("speak", LONG_MS)):
            with WavWriter(folder / f"{name}.wav", RATE_HZ) as file:
                file.write(speech(duration_ms))

    def order(self, line: str) -> None:
        """Plays what is to be heard, too."""
        word = line.partition(" ")[0]
        super().order(line)
        if word in {"quiet", "say", "speak"} and self._playing is not None:
            self._playing.kill()
            self._playing.wait()
            self._playing = None
        if word in {"say", "speak"}:
            self._playing = self.card.play_into_microphone(self.folder / f"{word}.wav")


def _card(session: Session) -> VirtualSoundCard:
    if not isinstance(session, SoundSession):
        raise TypeError
    return session.card


def _start(session: Session) -> None:
    time.sleep(GONE_S)
    _card(session).start_server()


DEVICES: Final = (
    Fault(
        group="real devices",
        name="the sound server is killed, and started again a second later",
        do=lambda session: _card(session).kill_server(),
        code="device-lost",
        heal=_start,
        back="device-back",
    ),
    Fault(
        group="real devices",
        name="the sound server stands still, and goes on later",
        do=lambda session: _card(session).freeze_server(),
        code="device-lost",
        within_s=3.0,
        heal=lambda session: _card(session).thaw_server(),
        back="device-back",
    ),
)


def rows(names: Sequence[str]) -> Iterator[Row]:
    """What came of each fault whose name contains one of `names`; of all if there are none."""

    def wanted(name: str) -> bool:
        return not names or any(each in name for each in names)

    for fault in DEVICES:
        for state in fault.states if wanted(fault.name) else ():
            with VirtualSoundCard() as card:
                yield attempt(fault, state, functools.partial(SoundSession, card))
    models = Path(os.environ.get("VOICECLI_MODELS", Path(__file__).parents[2] / "models")).resolve()
    for signal in SIGNALS:
        for engine in crash_campaign.ENGINES:
            fault = Fault(group="real engines", name=f"{engine}: SIG{signal}", do=nothing, code="engine-crashed")
            if wanted(fault.name):
                cases = [crash_campaign.Case(engine=engine, signal=signal, state=state) for state in MOMENTS]
                for row in crash_campaign.campaign([cases], models):
                    yield _row(fault, row)


def _row(fault: Fault, row: crash_campaign.Row) -> Row:
    wrong = {
        "it was not told": not row.said,
        f"told after {row.noticed_s:.1f} s": row.noticed_s > crash_campaign.PROMISED_S,
        "the next question was not answered": not row.next_answered,
        "the terminal is not as it was": not row.terminal,
        "the saved conversation lacks an answer": not row.history,
        "the turn did not end": row.turn == "nothing",
    }
    return Row(
        fault=fault,
        state=row.case.state,
        message=row.said,
        told_s=row.noticed_s,
        turn=row.turn,
        wrong=[what for what, happened in wrong.items() if happened],
    )
