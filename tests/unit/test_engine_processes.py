"""Where engines run, and who is notified when one has crashed."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest

from fakes.machine_session import Session
from voicecli import events
from voicecli import tuning as t
from voicecli.app import early_engine_start, engine_processes
from voicecli.config.choices import Processes
from voicecli.config.schema import Models, Settings
from voicecli.engines import hardware, registry
from voicecli.engines.isolated.monitor import watch
from voicecli.engines.isolated.proxies import Apart
from voicecli.messages import Report
from voicecli.offline import walls
from voicecli.pipeline.channel import Channel
from voicecli.session.state import State

SENTENCE = "The voice crashed and is being started again."


def settings(processes: Processes) -> Settings:
    return dataclasses.replace(Settings(), models=dataclasses.replace(Models(), processes=processes))


def test_engines_run_where_the_setting_says() -> None:
    assert engine_processes.makers(settings("together")) is registry
    apart = engine_processes.makers(settings("apart"))
    assert isinstance(apart, Apart) is (sys.platform == "linux")


@pytest.mark.skipif(sys.platform != "linux", reason="engines have processes of their own on Linux")
def test_a_crash_is_told_on_standard_error_and_in_a_conversation_as_a_notice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine_processes, "_tell", engine_processes._write)
    apart = engine_processes.makers(settings("apart"))
    assert isinstance(apart, Apart)
    apart._tell(SENTENCE)
    assert capsys.readouterr().err == f"note: {SENTENCE}\n"
    inbox: Channel[Report] = Channel("reports", limit=10)
    engine_processes.tell_in(inbox)
    apart._tell(SENTENCE)  # an engine that was made before
    inbox.close()
    apart._tell(SENTENCE)  # after the session nobody needs to know
    assert list(inbox) == [t.EngineCrashed(message=SENTENCE)]
    assert capsys.readouterr().err == ""
    talk = Session(state=State(voice=True, half_duplex=False))
    talk.tell(t.EngineCrashed(message=SENTENCE))
    assert [(event.code, event.message) for event in talk.told(events.Notice)] == [("engine-crashed", SENTENCE)]


def test_where_there_is_no_card_no_engine_is_imported_to_ask_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hardware._has_card(tmp_path) is (sys.platform != "linux")
    (tmp_path / "nvidiactl").touch()
    assert hardware._has_card(tmp_path)
    libraries = tmp_path / "llama_cpp" / "lib"
    libraries.mkdir(parents=True)
    (tmp_path / "llama_cpp" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "llama_cpp", raising=False)
    assert hardware._has_card_backend()  # nobody knows: it is asked itself
    for name in ("libggml-base.so", "libggml-cpu.so.0", "libggml-cpu-haswell.so", "libllama.so"):
        (libraries / name).touch()
    assert not hardware._has_card_backend()
    (libraries / "libggml-cuda.so").touch()
    assert hardware._has_card_backend()


@pytest.mark.skipif(sys.platform != "linux", reason="engines have processes of their own on Linux")
@pytest.mark.parametrize(
    ("typed", "speaker", "names"),
    [
        (False, "", ["language model", "recogniser", "turn detector", "voice"]),
        (True, "none", ["language model"]),
    ],
)
def test_a_conversation_begins_the_processes_that_it_will_need(
    typed: bool, speaker: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    monkeypatch.setattr(walls, "shut_in", lambda: done.append("shut in"))
    monkeypatch.setattr(watch, "begin", done.extend)
    early_engine_start.begin({"models.processes": "together"}, typed=typed)
    early_engine_start.begin({"models.processes": "apart", "models.llm_url": "http://localhost:8080/v1"}, typed=typed)
    assert done == []  # a server's broker is started before the walls
    early_engine_start.begin({"models.processes": "apart", "audio.speaker": speaker}, typed=typed)
    assert done == ["shut in", *names]  # in this order: the processes inherit the walls
