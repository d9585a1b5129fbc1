"""`voicecli models get` without a name, and `chat` without any model, choose models that suit the machine and say why first."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from fakes.tiny_models import TinyModels
from voicecli.app import model_choice
from voicecli.cli import models as command
from voicecli.engines import calibration
from voicecli.errors import VoiceCliError
from voicecli.models import catalog
from voicecli.models.store import ModelStore
from voicecli.models.suitable import Machine

MACHINE = Machine(
    memory_bytes=16_000_000_000,
    free_disk_bytes=100_000_000_000,
    card_bytes=0,
    read_gb_s=30.0,
    gflops=40.0,
    hub=False,
)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """An empty store with the real catalogue, on a machine with known properties, without a download."""
    found = TinyModels(tmp_path).store()
    found.catalog = catalog.load()
    monkeypatch.setattr(ModelStore, "default", classmethod(lambda _: found))
    monkeypatch.setenv("VOICECLI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(model_choice, "_machine", lambda *_, **__: MACHINE)
    return found


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that would have been fetched."""
    names: list[str] = []

    def fetch(wanted: list[str], *_: object, **__: object) -> tuple[()]:
        names.extend(wanted)
        return ()

    monkeypatch.setattr("voicecli.models.fetch.fetch", fetch)
    return names


CHOSEN = ["qwen2.5-coder-1.5b", "whisper-base", "en_US-joe-medium", "smart-turn-v3.2"]


@pytest.mark.usefixtures("store")
def test_without_a_name_what_suits_the_machine_is_fetched(
    fetched: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command.bring(())
    assert fetched == CHOSEN
    said = capsys.readouterr().err.splitlines()
    assert said[0] == (
        "Chosen for this machine: qwen2.5-coder-1.5b, whisper-base, en_US-joe-medium, smart-turn-v3.2 (1.3 GB). It has "
        "16.0 GB of memory and reads it at 30 GB/s: about 18 words a second. Not llama-3.2-1b: the model hub cannot be reached."
    )
    assert said[1] == "To choose otherwise: voicecli models get starter, or one of: voicecli models list"


def test_what_can_talk_already_is_left_alone_when_quiet(
    store: ModelStore, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "best", lambda _kind: store.catalog.find("whisper-base"))
    command.bring((), quiet=True)
    assert fetched == []
    command.bring(())
    assert fetched == CHOSEN


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_choice, "_somebody_is_there", lambda: True)


@pytest.mark.usefixtures("store", "person")
def test_a_person_without_models_is_asked_before_anything_is_downloaded(
    fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def agree(text: str, **_: object) -> bool:
        asked.append(text)
        return True

    monkeypatch.setattr(typer, "confirm", agree)
    model_choice.offer(lambda: command.bring((), ask_first=True))
    assert asked == ["Download now?"]
    assert fetched == CHOSEN


@pytest.mark.usefixtures("store", "person")
def test_a_no_downloads_nothing(fetched: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: False)
    with pytest.raises(VoiceCliError, match="Nothing was downloaded"):
        model_choice.offer(lambda: command.bring((), ask_first=True))
    assert fetched == []


@pytest.mark.usefixtures("store")
def test_nothing_is_offered_where_nobody_can_answer(fetched: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_choice, "_somebody_is_there", lambda: False)
    model_choice.offer(lambda: command.bring((), ask_first=True))
    assert fetched == []


@pytest.mark.usefixtures("store")
def test_a_better_model_is_told_of_once() -> None:
    assert model_choice.better_model_once("llama-3.2-3b") == ""
    assert "voicecli models get" in model_choice.better_model_once("qwen2.5-coder-0.5b")
    assert model_choice.better_model_once("qwen2.5-coder-0.5b") == ""


def test_the_calibration_gives_figures_of_this_machine() -> None:
    assert 0.1 < calibration.read_gb_s() < 10_000
    assert 0.1 < calibration.gflops() < 1e7
    assert calibration.memory_bytes() > 100_000_000
    assert calibration.card_bytes() >= 0
