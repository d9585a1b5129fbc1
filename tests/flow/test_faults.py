"""Unexpected exceptions of engines. They cost a turn, or something dispensable, but never the conversation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from fakes.engines import ReadyModel, ScriptedTranscriber, ToneVoice
from fakes.session_rig import Headphones, LoudnessDetector, Rig
from voicecli import events
from voicecli.audio.echo_canceller import BYPASS_BLOCKS, DualEchoCanceller
from voicecli.audio.ports import Cleaned
from voicecli.engines.ports import ALONE, ChatMessage, IsCancelled, OnWords, Sampling, Transcription, Within
from voicecli.errors import ModelInvalid
from voicecli.messages import EngineLost, JudgeJob, QuitAsked, SoundLost, Typed
from voicecli.pcm import BLOCK_SAMPLES, Pcm, silence
from voicecli.pipeline.cascaded_detector import CascadedDetector
from voicecli.pipeline.channel import Channel
from voicecli.pipeline.graph import MICROPHONE_BLOCKS, Graph, Stages
from voicecli.pipeline.listen import Listen
from voicecli.pipeline.stages import Judge, Respond
from voicecli.session import conductor, state_machine
from voicecli.speech.spoken_phrases import sentence
from voicecli.speech.utterance_segmenter import SegmenterConfig, Utterance
from voicecli.speech.voice_gate import GateConfig
from voicecli.turn import Turn


class Broken(RuntimeError):
    """An unexpected error from a library."""


class FailingOnce:
    """Counts calls; the first `fails` ones fail."""

    def __init__(self, fails: int = 2) -> None:
        self._fails = fails
        self.calls = 0

    def maybe(self) -> None:
        self.calls += 1
        if self.calls <= self._fails:
            raise Broken("no such thing")


class BrokenModel(ReadyModel, FailingOnce):
    def reply(
        self,
        messages: Sequence[ChatMessage],  # noqa: ARG002 - the port's
        *,
        sampling: Sampling,  # noqa: ARG002 - the same
        is_cancelled: IsCancelled,  # noqa: ARG002 - the same
    ) -> Iterator[str]:
        self.maybe()
        yield "All is well. "


class BrokenTranscriber(ScriptedTranscriber):
    def __init__(self) -> None:
        super().__init__(["Again?"])
        self._fault = FailingOnce()

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        self._fault.maybe()
        return super().transcribe(utterance, language=language, is_cancelled=is_cancelled, context=context)


class BrokenVoice(ToneVoice):
    def __init__(self) -> None:
        super().__init__()
        self._fault = FailingOnce()

    def speak(
        self,
        text: str,
        *,
        is_cancelled: IsCancelled,
        on_words: OnWords | None = None,
        speed: float = 1.0,
        within: Within = ALONE,
    ) -> Iterator[Pcm]:
        self._fault.maybe()
        yield from super().speak(text, is_cancelled=is_cancelled, on_words=on_words, speed=speed, within=within)


@dataclass
class Case:
    rig: Rig
    apologises: bool = True


def cases() -> dict[str, Case]:
    return {
        "model": Case(Rig(transcripts=["Hello?", "Hello?", "Again?"], model=BrokenModel())),
        "recogniser": Case(Rig(recogniser=BrokenTranscriber(), replies=[["All is well. "]])),
        "voice": Case(
            Rig(
                transcripts=["Hello?", "Hello?", "Again?"],
                replies=[["Broken. "], ["Broken. "], ["All is well. "]],
                voice=BrokenVoice(),
            ),
            apologises=False,
        ),
    }


@pytest.mark.parametrize("which", ["model", "recogniser", "voice"])
def test_an_exception_that_nobody_expected_ends_the_turn_and_not_the_conversation(which: str) -> None:
    case = cases()[which]
    with case.rig as rig:
        rig.ask()
        rig.until(lambda: rig.told(events.ErrorRaised))
        rig.until(lambda: rig.told(events.PhaseChanged)[-1].phase == "listening")
        rig.wait(500)
        rig.ask()
        rig.until(lambda: rig.told(events.Spoken))
    (raised,) = rig.told(events.ErrorRaised)
    assert (raised.turn, raised.code) == (1, "internal-error")
    assert re.search(r": Broken at voicecli/pipeline/\w+\.py:\d+\.$", raised.message)
    assert "no such thing" not in raised.message  # a foreign message may hold somebody's words
    assert rig.told(events.Spoken)[-1].text == "All is well."
    assert isinstance(rig.voice, ToneVoice)
    assert (sentence("apology", "en") in rig.voice.texts) is case.apologises
    assert all(isinstance(error.__cause__, Broken) for error in rig.conductor.internal_errors)
    assert rig.conductor.internal_errors


def test_a_fault_of_the_machine_itself_is_told_and_the_conversation_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    step = state_machine.step

    def faulty(state: object, report: object, played: object) -> object:
        if isinstance(report, Typed) and report.text == "Fault?":
            raise Broken("a fault of ours")
        return step(state, report, played)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(conductor, "step", faulty)
    with Rig(transcripts=["Hello?"], replies=[["Hi there. "]]) as rig:
        rig.tell(Typed(text="Fault?"))
        (raised,) = rig.told(events.ErrorRaised)
        assert (raised.turn, raised.code) == (None, "internal-error")
        rig.ask()
        rig.until_spoken(1)
        for _ in range(conductor.MOST_FAULTS):
            rig.tell(Typed(text="Fault?"))
        assert rig.conductor.closed
        assert rig.told(events.Bye)
        assert rig.conductor.join(20)
        assert rig.conductor.error is not None
        rig.conductor._error = None


def test_a_fault_on_the_way_out_does_not_keep_the_session_open(monkeypatch: pytest.MonkeyPatch) -> None:
    step = state_machine.step

    def faulty(state: object, report: object, played: object) -> object:
        if isinstance(report, QuitAsked):
            raise Broken("a fault of ours")
        return step(state, report, played)  # type: ignore[arg-type] # passed on as they came

    monkeypatch.setattr(conductor, "step", faulty)
    with Rig() as rig:
        rig.tell(QuitAsked())
        assert rig.conductor.closed
        assert rig.conductor.join(20)
        rig.conductor._error = None


class BrokenTurnDetector:
    def __init__(self) -> None:
        self.calls = 0

    def probability(self, utterance: Pcm) -> float:  # noqa: ARG002 - the port's
        self.calls += 1
        raise Broken("no such thing")


def test_a_turn_detector_that_fails_is_asked_no_more() -> None:
    reports: Channel[object] = Channel("reports", limit=10)
    detector = BrokenTurnDetector()
    stages = Stages(
        listen=None,
        transcribe=None,
        respond=Respond(BrokenModel(), reply_tokens=1),
        synthesize=None,
        judge=Judge(detector),
    )
    graph = Graph(stages, reports)  # type: ignore[arg-type] # whatever is reported
    said = Utterance(samples=silence(BLOCK_SAMPLES), first_sample=0, speech_end_sample=0, now_sample=0)
    graph.start()
    graph.judge(JudgeJob(turn=Turn(1), utterance=said))
    lost = reports.get(timeout_s=20)
    graph.judge(JudgeJob(turn=Turn(2), utterance=said))
    assert graph.stop() == []
    assert isinstance(lost, EngineLost)
    assert not lost.needed_to_interrupt
    assert detector.calls == 1
    assert reports.drain() == []


def test_that_it_is_lost_is_told_and_nothing_else_changes() -> None:
    with Rig(transcripts=["Hello?"], replies=[["Hi. "]], full_duplex=True) as rig:
        rig.tell(EngineLost(what="The turn detector", error=ModelInvalid("It is damaged.")))
        rig.ask()
        rig.until_spoken(1)
    assert [event.code for event in rig.told(events.Notice)] == ["engine-lost"]
    assert rig.told(events.DuplexChanged) == []


class BrokenNearEnd(Headphones):
    def clean(self, near: Pcm, first_sample: int) -> Cleaned:
        if first_sample > 20 * BLOCK_SAMPLES:
            raise Broken("no such thing")
        return super().clean(near, first_sample)


class BrokenDetector(LoudnessDetector):
    def score(self, block: Pcm) -> float:  # noqa: ARG002 - the port's
        raise Broken("no such thing")


@pytest.mark.parametrize("which", ["canceller", "confirming detector"])
def test_without_what_keeps_its_own_echo_apart_the_session_listens_when_it_does_not_speak(which: str) -> None:
    broken = (
        Rig(transcripts=["Hello?", "Again?"], replies=[["Hi. "], ["Yes. "]], full_duplex=True, near_end=BrokenNearEnd())
        if which == "canceller"
        else Rig(
            transcripts=["Hello?", "Again?"],
            replies=[["Hi. "], ["Yes. "]],
            full_duplex=True,
            detectors=(LoudnessDetector(), BrokenDetector()),
        )
    )
    with broken as rig:
        rig.wait(600)
        rig.ask()
        rig.until_spoken(1)
        rig.wait(500)
        rig.ask()
        rig.until_spoken(2)
    assert [event.code for event in rig.told(events.Notice)] == ["engine-lost", "half-duplex"]
    assert [event.duplex for event in rig.told(events.DuplexChanged)] == ["half"]


def test_sound_that_is_lost_because_the_listener_is_far_behind_is_told_once() -> None:
    reports: Channel[object] = Channel("reports", limit=10)
    listen = Listen(first_stage=LoudnessDetector(), confirming=None, gate=GateConfig(), segmenter=SegmenterConfig())
    stages = Stages(listen=listen, transcribe=None, respond=Respond(BrokenModel(), reply_tokens=1), synthesize=None)
    graph = Graph(stages, reports)  # type: ignore[arg-type] # whatever is reported
    for number in range(MICROPHONE_BLOCKS + 50):  # it never starts, so nobody takes them
        graph.put_block(silence(BLOCK_SAMPLES), number * BLOCK_SAMPLES)
    assert reports.drain() == [SoundLost()]
    with Rig() as rig:
        rig.tell(SoundLost())
    assert [event.code for event in rig.told(events.Notice)] == ["sound-lost"]


class Canceller:
    name = "plain"

    def __init__(self, *, broken: bool = False) -> None:
        self.broken = broken
        self.calls = 0

    def cancel(self, near: Pcm, far: Pcm) -> Pcm:  # noqa: ARG002 - the port's
        self.calls += 1
        if self.broken:
            raise Broken("no such thing")
        return near


def test_a_second_canceller_that_fails_is_used_no_more() -> None:
    second = Canceller(broken=True)
    cancellers = DualEchoCanceller(Canceller(), second)
    lost: list[Exception] = []
    cancellers.on_lost = lost.append
    block = np.full(BLOCK_SAMPLES, 100, dtype=np.int16)
    for _ in range(BYPASS_BLOCKS):
        cleaned = cancellers.process(block, block)
    assert [type(error) for error in lost] == [Broken]
    assert second.calls == 1
    assert np.array_equal(cleaned.transcribe, cleaned.decide)


def test_a_second_detector_that_fails_is_asked_no_more() -> None:
    detectors = CascadedDetector(LoudnessDetector(), BrokenDetector())
    loud = np.full(BLOCK_SAMPLES, 20_000, dtype=np.int16)
    assert detectors.score(loud, attentive=True) == (1.0, None)
    assert isinstance(detectors.fault, Broken)
    detectors.fault = None
    assert detectors.score(loud, attentive=True) == (1.0, None)
    assert detectors.fault is None
