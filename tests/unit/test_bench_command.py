"""`voicecli bench` from the outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from voicecli.app import engine_setup
from voicecli.app.engine_setup import Chosen
from voicecli.bench import runner
from voicecli.bench.machine_info import Machine
from voicecli.bench.process import Ran
from voicecli.bench.questions import FINISHED, PAUSED
from voicecli.bench.runner import Engines, Findings, Plan, Progress
from voicecli.cli.main import main
from voicecli.config import paths
from voicecli.errors import ModelNotFound
from voicecli.models.store import ResolvedModel

FINDINGS = Findings(
    machine=Machine(cpu="Processor 3000", cores=4, logical_cores=8, system="Linux x86_64", python="3.11.0"),
    load_before=None,
    load_after=None,
    models={},
    devices={},
    turns=(),
    paused=(),
    naive=(),
    engines=Engines(stt_rtf=0.05, tts_rtf=0.04, tokens_per_s=25.0),
    peak_bytes=None,
    naive_peak_bytes=None,
)


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Plan]:
    """What the command has measured, on a machine with all models."""
    found: list[Plan] = []

    def run(plan: Plan, progress: Progress, run_process: Callable[..., Ran] | None = None) -> Findings:  # noqa: ARG001 - as the real one
        found.append(plan)
        progress.begin(3)
        progress.step()
        progress.doing("something")
        return FINDINGS

    voice = tmp_path / "joe.onnx"
    voice.write_bytes(b"")
    chosen = ResolvedModel(kind="voice", name="joe", path=voice, entry=None)
    monkeypatch.setattr(engine_setup, "choose", lambda *_, **__: Chosen(stt=None, llm=None, voice=chosen))
    monkeypatch.setattr(runner, "run", run)
    monkeypatch.setattr(paths, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr(paths, "config_dir", lambda: tmp_path)
    monkeypatch.setattr("voicecli.offline.walls.shut_in", lambda: None)  # walls cannot be taken down again
    return found


def test_all_questions_are_asked_on_both_sides(plans: list[Plan], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench"]) == 0
    (plan,) = plans
    assert [each.text for each in plan.questions] == list(FINISHED)
    assert [each.clauses for each in plan.paused] == list(PAUSED)
    assert plan.naive
    assert set(plan.flags.values()) == {None, ""}
    said = capsys.readouterr()
    assert said.out.startswith("Processor 3000, 4 cores")
    assert said.err == "1/3 something\n"


def test_other_programs_can_compute_meanwhile(plans: list[Plan]) -> None:
    assert main(["bench", "--load", "2"]) == 0
    assert plans[0].busy_loops == 2


@pytest.mark.parametrize(("turns", "questions", "paused"), [(1, 1, 1), (5, 5, 3), (50, 20, 10)])
def test_fewer_questions_can_be_asked(plans: list[Plan], turns: int, questions: int, paused: int) -> None:
    assert main(["bench", "--turns", str(turns), "--no-naive"]) == 0
    assert (len(plans[0].questions), len(plans[0].paused)) == (questions, paused)
    assert not plans[0].naive


def test_models_and_device_are_handed_on(plans: list[Plan]) -> None:
    assert main(["bench", "--stt", "a", "--llm", "b", "--voice", "c", "--device", "cpu"]) == 0
    given: dict[str, Any] = {"models.stt": "a", "models.llm": "b", "models.voice": "c", "models.device": "cpu"}
    given |= {f"models.{part}_url": "" for part in ("llm", "stt", "tts")}  # a server is not this machine
    assert plans[0].flags == given


def test_english_questions_are_heard_as_english_whatever_the_user_speaks(
    plans: list[Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICECLI_CHAT_LANGUAGE", "de")
    assert main(["bench"]) == 0
    assert plans[0].flags["chat.language"] == "en"


def test_recordings_are_asked_instead_in_the_users_own_language(
    plans: list[Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICECLI_CHAT_LANGUAGE", "de")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "frage.wav").write_bytes(b"x")
    assert main(["bench", "--audio", str(tmp_path / "mine")]) == 0
    assert [each.text for each in plans[0].questions] == ["frage.wav"]
    assert plans[0].paused == []
    assert "chat.language" not in plans[0].flags


@pytest.mark.usefixtures("plans")
def test_a_program_gets_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["machine"]["cpu"] == "Processor 3000"


def test_a_missing_model_is_found_out_before_anything_is_run(
    plans: list[Plan], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object, **__: object) -> Chosen:
        raise ModelNotFound("There is no voice.", "voicecli models get starter")

    monkeypatch.setattr(engine_setup, "choose", missing)
    assert main(["bench"]) == ModelNotFound.exit_code
    assert plans == []
    assert "voicecli models get starter" in capsys.readouterr().err
