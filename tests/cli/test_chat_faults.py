"""An internal error as its user sees it: reported once, survived, and shown in full on request."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fakes import forked
from voicecli.app import engine_setup
from voicecli.config.schema import Models, Settings
from voicecli.engines import registry
from voicecli.errors import ModelInvalid


@pytest.mark.parametrize("verbose", [False, True])
def test_a_model_that_raises_anything_costs_a_turn_and_says_where_with_verbose(tmp_path: Path, verbose: bool) -> None:
    homes = {name: str(tmp_path / name) for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME")}
    done = forked.run(
        "chat_player",
        *("--json", *(["--verbose"] if verbose else [])),
        stdin="Please crash.\nAre you well?\n",
        env={**homes, "XDG_RUNTIME_DIR": str(tmp_path)},
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [event["code"] for event in told if event["event"] == "error"] == ["internal-error"]
    assert [event["text"] for event in told if event["event"] == "reply"] == ["Answer 2 to Are you well? (0 before). "]
    assert ("RuntimeError: a fault at Please crash." in done.stderr) is verbose
    assert ("Traceback" in done.stderr) is verbose
    (file,) = tmp_path.rglob("voicecli.log")
    log = file.read_text()
    assert "RuntimeError" in log
    assert "Please crash" not in log  # an exception's message may hold somebody's words


@pytest.mark.parametrize("error", [ModelInvalid("It is damaged."), RuntimeError("no such thing")])
def test_a_turn_detector_that_cannot_be_loaded_keeps_no_conversation_from_beginning(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(registry, "make_turn_detector", fail)
    turn: Any = SimpleNamespace(path=Path("x.onnx"), name="smart-turn", entry=None, engine="smart-turn")
    settings = Settings(models=Models(processes="together"))
    engines = engine_setup.load(engine_setup.Chosen(stt=None, llm=None, voice=None, turn=turn), settings)
    assert engines.turn_detector is None
    assert engines.turn_fault is not None
    expected = "RuntimeError at voicecli/app/engine_setup.py:" if isinstance(error, RuntimeError) else "It is damaged."
    assert expected in engines.turn_fault.message
