"""`--set`: what the model is told of a persona whose variables are filled."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from fakes import forked
from fakes.llm_server import FakeLlmServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no broker here")

DESK = 'title = "A desk"\nprompt = "You serve customer {{customer}}."\ngreeting = "Hello {{customer}}."\n'


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment with one persona of the user's own."""
    folder = tmp_path / "CONFIG" / "voicecli" / "personas"
    folder.mkdir(parents=True)
    (folder / "desk.toml").write_text(DESK, encoding="utf-8")
    return {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "STATE")} | {
        "VOICECLI_MODELS": str(tmp_path / "none")
    }


def chat(server: FakeLlmServer, *arguments: str, home: dict[str, str]) -> subprocess.CompletedProcess[str]:
    flags = ("--text", "--speaker", "none", "--llm-url", server.url, "--persona", "desk")
    return forked.voicecli("chat", *flags, *arguments, stdin="Hello?\n", env=home)


def test_the_model_is_told_the_value_and_the_greeting_has_it(home: dict[str, str]) -> None:
    with FakeLlmServer() as server:
        done = chat(server, "--set", "customer=333", home=home)
        (system, *_) = server.replies[-1].body["messages"]
    assert done.returncode == 0, done.stderr
    assert "You serve customer 333." in system["content"]
    assert "Hello 333." in done.stdout


@pytest.mark.parametrize(
    ("given", "told"), [((), "needs a value for customer"), (("--set", "a=1"), "has no variable a")]
)
def test_what_does_not_fit_is_said_before_anything_is_asked(
    home: dict[str, str], given: tuple[str, ...], told: str
) -> None:
    with FakeLlmServer() as server:
        done = chat(server, *given, home=home)
        assert not server.asked
    assert done.returncode == 2
    assert told in done.stderr
    assert "hint:" in done.stderr
