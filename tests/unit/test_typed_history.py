"""What was typed goes with the conversation that it began."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from voicecli.app.typed_history import forget_typed
from voicecli.config import paths
from voicecli.ui.typed_lines import typed_lines


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "state_dir", lambda: tmp_path)
    return tmp_path / "typed-lines"


def lines(file: Path) -> list[str]:
    return list(typed_lines(file, lambda: True).load_history_strings())


def test_the_lines_of_a_removed_conversation_are_gone_and_the_others_stay(file: Path) -> None:
    history = typed_lines(file, lambda: True)
    for line in ("What is a nebula?", "first\nsecond", "+ plus", "What is a nebula?", "Bye."):
        history.store_string(line)
    forget_typed(lambda line: line == "What is a nebula?")
    assert lines(file) == ["Bye.", "+ plus", "first\nsecond"]
    assert "nebula" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    history.store_string("And one more.")  # a session that runs goes on
    assert lines(file)[0] == "And one more."
    forget_typed(lambda _: True)
    assert lines(file) == []


@pytest.mark.usefixtures("file")
def test_without_a_file_there_is_nothing_to_do() -> None:
    forget_typed(lambda _: True)
