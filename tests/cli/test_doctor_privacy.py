"""What `voicecli doctor` says about privacy, and what it removes on request."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from voicecli.cli.checks import all_checks, privacy
from voicecli.cli.main import main

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the folder is elsewhere")


@pytest.fixture
def identifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What onnxruntime leaves."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "Microsoft/DeveloperTools/.onnxruntime"
    folder.mkdir(parents=True)
    (folder / "deviceid").write_text("x", encoding="utf-8")
    return folder


def test_doctor_names_the_identifier_and_leaves_it(
    identifier: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        all_checks, "LOOKING", [check for check in all_checks.LOOKING if check.find is privacy.telemetry]
    )
    monkeypatch.setattr("voicecli.app.startup.prepare", lambda **_: None)
    assert main(["doctor", "--quick"]) == 0
    said = capsys.readouterr().out
    assert str(identifier) in said
    assert "voicecli doctor --remove-telemetry-id" in said
    assert (identifier / "deviceid").exists()


def test_doctor_removes_it_when_asked(identifier: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--remove-telemetry-id"]) == 0
    assert str(identifier) in capsys.readouterr().out
    assert not identifier.exists()
    assert main(["doctor", "--remove-telemetry-id"]) == 0
    assert "no identifier" in capsys.readouterr().out
