"""`ask` with fake engines: its output besides the answer."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.engines import LIMIT, ScriptedChatModel
from voicecli.app import engine_setup
from voicecli.cli.ask import ask
from voicecli.session import personas

QUESTION = ["What is a nebula?"]


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pieces of the answer that the model will give; to be filled by the test."""
    pieces: list[str] = []
    monkeypatch.setenv("VOICECLI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    monkeypatch.setattr("voicecli.app.startup.prepare", lambda *_: None)
    monkeypatch.setattr(engine_setup, "choose", lambda *_, **__: SimpleNamespace(names={"llm": "scripted"}))
    monkeypatch.setattr(
        engine_setup,
        "load",
        lambda *_: engine_setup.Engines(transcriber=None, model=ScriptedChatModel([pieces]), voice=None),
    )
    return pieces


def test_an_answer_that_was_cut_is_told_in_one_line(answers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answers += ["A cloud of gas", " in which", LIMIT]
    ask(text=QUESTION)
    told = capsys.readouterr()
    assert told.out == "A cloud of gas in which\n"
    longest = personas.load("assistant").sampling.max_tokens
    assert told.err == (
        f"note: the answer was cut off at its longest length, {longest} tokens. "
        "The persona sets it (max_tokens): voicecli personas show assistant\n"
    )


def test_a_limit_of_the_settings_is_told_as_such(
    answers: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOICECLI_REPLY_LONGEST_TOKENS", "32")
    answers += ["A cloud", LIMIT]
    ask(text=QUESTION)
    assert "32 tokens. For longer answers: voicecli config set reply.longest_tokens 64\n" in capsys.readouterr().err


@pytest.mark.parametrize(("end", "hit_limit"), [([LIMIT], True), ([], False)])
def test_programs_are_told_whether_it_was_cut(
    answers: list[str], capsys: pytest.CaptureFixture[str], end: list[str], *, hit_limit: bool
) -> None:
    answers += ["A cloud.", *end]
    ask(text=QUESTION, json=True)
    told = capsys.readouterr()
    assert json.loads(told.out)["hit_limit"] is hit_limit
    assert bool(told.err) is hit_limit


def test_a_sum_is_answered_by_the_calculator_unless_that_is_forbidden(
    answers: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(text=["How much is", "seventeen times twenty-three?"])
    assert capsys.readouterr().out == "17 times 23 is 391.\n"
    ask(text=["What is 17 times 23?"], json=True)
    assert json.loads(capsys.readouterr().out)["tool"] == "calculate"
    answers.append("Four hundred.")
    monkeypatch.setenv("VOICECLI_TOOLS_CALCULATOR", "forbid")
    ask(text=["What is 17 times 23?"], json=True)
    record = json.loads(capsys.readouterr().out)
    assert (record["reply"], record["tool"]) == ("Four hundred.", None)


def test_a_single_question_sets_no_timer(answers: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    answers.append("I cannot do that.")
    ask(text=["Set a timer for ten minutes."])
    assert capsys.readouterr().out == "I cannot do that.\n"
