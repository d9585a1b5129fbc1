"""A stage that is still busy two seconds after its turn was cancelled is reported by name."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from fakes.engines import ReadyModel
from fakes.session_rig import Rig
from voicecli import events
from voicecli.engines.ports import ChatMessage, IsCancelled, Sampling
from voicecli.messages import InterruptPressed, Typed
from voicecli.pipeline import cancel_watch
from voicecli.pipeline.cancel_watch import BUSY_S, CancelWatch
from voicecli.timing import StageBusy
from voicecli.turn import Turn


@dataclass
class Job:
    turn: Turn


@dataclass
class Stage:
    name: str
    job: object = None


class Watched:
    """Two stages and a clock that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.stages = Stage("transcribe"), Stage("respond")
        self.reports: list[StageBusy] = []
        self.watch = CancelWatch(self.stages, self.reports.append, clock=lambda: self.now_s)

    def look(self, after_s: float) -> bool:
        self.now_s += after_s
        return self.watch.look()


def cancelled() -> Job:
    job = Job(Turn(1))
    job.turn.cancel()
    return job


def test_a_stage_is_reported_once_when_it_has_worked_on_for_two_seconds() -> None:
    watched = Watched()
    watched.stages[1].job = cancelled()
    assert watched.look(0.0)
    assert watched.look(BUSY_S - 0.1)
    assert watched.reports == []
    assert not watched.look(0.1)
    assert watched.reports == [StageBusy(stage="respond")]
    watched.stages[1].job = cancelled()
    assert not watched.look(BUSY_S)
    assert not watched.look(BUSY_S)
    assert len(watched.reports) == 1


def test_work_that_nobody_cancelled_may_take_as_long_as_it_takes() -> None:
    watched = Watched()
    watched.stages[0].job = Job(Turn(1))
    watched.stages[1].job = object()  # it only wakes the stage
    assert not watched.look(0.0)
    assert not watched.look(10 * BUSY_S)
    assert watched.reports == []


def test_every_piece_of_work_has_its_own_two_seconds() -> None:
    watched = Watched()
    for _ in range(3):
        watched.stages[0].job = cancelled()
        assert watched.look(BUSY_S - 0.1)
    watched.stages[0].job = None
    assert not watched.look(BUSY_S)
    assert watched.reports == []


class Deaf(ReadyModel):
    """A model that does not notice that it was cancelled."""

    name = "deaf"

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.free = threading.Event()

    def reply(
        self,
        messages: Sequence[ChatMessage],  # noqa: ARG002 - the port's signature
        *,
        sampling: Sampling,  # noqa: ARG002 - the same
        is_cancelled: IsCancelled,  # noqa: ARG002 - the same
    ) -> Iterator[str]:
        self.begun.set()
        self.free.wait(20)
        yield "Late. "


def test_the_user_is_told_which_stage_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cancel_watch, "BUSY_S", 0.05)
    monkeypatch.setattr(cancel_watch, "LOOK_S", 0.01)
    model = Deaf()
    with Rig(model=model) as rig:
        rig.inbox.put(Typed(text="Hello?"))
        assert model.begun.wait(20)
        rig.inbox.put(InterruptPressed())
        until_s = time.monotonic() + 20
        while not any(event.code == "stage-busy" for event in rig.told(events.Notice)):
            assert time.monotonic() < until_s
            time.sleep(0.005)
        model.free.set()
    (told,) = [event for event in rig.told(events.Notice) if event.code == "stage-busy"]
    assert told.message.startswith("The language model (respond) still works on something")
