"""`voicecli models` from the outside: its output and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from fakes.hub import FakeHub
from fakes.tiny_models import TinyModels
from voicecli.cli import models as command
from voicecli.cli.models import app
from voicecli.errors import DownloadFailed, LicenceNotAccepted, ModelInvalid, ModelNotFound, UnknownName, VoiceCliError
from voicecli.models.store import ModelStore

Run = Callable[..., Result]


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TinyModels:
    models = TinyModels(tmp_path)
    monkeypatch.setattr(ModelStore, "default", classmethod(lambda _: models.store()))
    monkeypatch.setattr(command, "_device", lambda _: "cpu")
    monkeypatch.setenv("VOICECLI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    return models


@pytest.fixture
def server(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with FakeHub(tiny.hub_files) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        yield running


@pytest.fixture
def run(tiny: TinyModels) -> Run:  # noqa: ARG001 -- the command must not see the real store
    def call(*arguments: str, fails: type[VoiceCliError] | None = None) -> Result:
        result = CliRunner().invoke(app, list(arguments))
        if fails is None:
            assert result.exception is None, result.exception
        else:
            assert isinstance(result.exception, fails), result.exception
        return result

    return call


def hint(result: Result) -> str:
    assert isinstance(result.exception, VoiceCliError)
    return result.exception.hint


@pytest.mark.usefixtures("server")
def test_get_shows_size_and_licence_first_and_results_on_stdout(run: Run) -> None:
    result = run("get", "llama-big", "voice-de", "--yes")
    assert result.stdout == "llama-big: downloaded from the model hub\nvoice-de: downloaded from the model hub\n"
    lines = result.stderr.splitlines()
    assert lines[0].startswith("To download: 600 kB, into ")
    assert "    licence MIT: Free for any use." in lines
    assert "    licence CC BY-NC: NON-COMMERCIAL." in lines
    assert lines.index("    licence CC BY-NC: NON-COMMERCIAL.") < lines.index("llama-big: llama-big.gguf, 300 kB")


@pytest.mark.usefixtures("server")
def test_get_says_what_is_here_already_unless_it_is_to_be_quiet(run: Run) -> None:
    run("get", "llama-big")
    again = run("get", "llama-big")
    assert (again.stdout, again.stderr) == ("llama-big: already installed, verified\n", "")
    assert run("get", "--quiet", "llama-big").output == ""


@pytest.mark.usefixtures("server")
def test_get_takes_sets(run: Run, tiny: TinyModels) -> None:
    run("get", "starter", "--from", "hub")
    assert {entry.name for entry in tiny.store().installed()} == {"whisper-base", "llama-small", "voice-en"}


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("names", "asked"), [("recommended", True), ("starter", False), ("llama-big", False)])
def test_get_looks_for_a_graphics_card_only_where_it_matters(
    run: Run, tiny: TinyModels, monkeypatch: pytest.MonkeyPatch, names: str, *, asked: bool
) -> None:
    looks: list[object] = []

    def look(loaded: object) -> str:
        looks.append(loaded)
        return "cuda"

    monkeypatch.setattr(command, "_device", look)
    run("get", names, "--from", "hub")
    assert bool(looks) == asked
    assert ("whisper-small" in {entry.name for entry in tiny.store().installed()}) == asked


def test_nobody_agrees_to_a_licence_without_a_terminal(
    run: Run, server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: pytest.fail("asked"))
    result = run("get", "voice-de", "llama-big", fails=LicenceNotAccepted)
    assert "voice-de (CC BY-NC, non-commercial)" in str(result.exception)
    assert "--yes" in hint(result)
    assert not server.requests
    run("get", "llama-big")
    run("get", "voice-de", "-y")
    assert server.requests


def test_who_only_presses_enter_agrees_to_nothing(
    tiny: TinyModels, server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_is_terminal", lambda: True)
    result = CliRunner().invoke(app, ["get", "voice-de"], input="\n")
    assert isinstance(result.exception, LicenceNotAccepted)
    assert "Do you accept the licence of voice-de (CC BY-NC, non-commercial)? [y/N]" in result.output
    assert not server.requests
    assert not tiny.store().installed()


@pytest.mark.parametrize(("model", "asked"), [("voice-de", True), ("voice-en", False)])
def test_get_asks_a_person_about_a_licence_that_is_not_free(
    run: Run, server: FakeHub, monkeypatch: pytest.MonkeyPatch, model: str, *, asked: bool
) -> None:
    questions: list[str] = []

    def refuse(question: str, **_: object) -> bool:
        questions.append(question)
        return False

    monkeypatch.setattr(command, "_is_terminal", lambda: True)
    monkeypatch.setattr(typer, "confirm", refuse)
    run("get", model, fails=VoiceCliError if asked else None)
    assert bool(questions) == asked
    assert bool(server.requests) != asked
    run("get", model, "--yes")
    assert len(questions) == asked


def test_get_takes_the_hub_of_the_configuration(run: Run, tiny: TinyModels, server: FakeHub, tmp_path: Path) -> None:
    with FakeHub(tiny.hub_files) as mirror:
        (tmp_path / "config.toml").write_text(f'[models]\nhub = "{mirror.address}"\n')
        run("get", "llama-big")
        assert mirror.requests
    assert server.requests == []


def test_get_of_an_unknown_name_ends_with_2(run: Run) -> None:
    result = run("get", "lama-big", fails=UnknownName)
    assert result.exception.exit_code == 2  # type: ignore[union-attr] # checked by `run`
    assert "Did you mean llama-big?" in hint(result)


@pytest.mark.usefixtures("server")
def test_get_mends_what_verify_finds(run: Run, tiny: TinyModels) -> None:
    run("get", "llama-big", "voice-en")
    assert run("verify").stdout == "llama-big: verified\nvoice-en: verified\n"
    path = tiny.store().path("llm", "llama-big")
    path.write_bytes(bytes(300_000))
    result = run("verify", fails=ModelInvalid)
    assert f"llama-big: {path} is damaged" in result.stdout
    assert "voice-en: verified" in result.stdout
    assert result.exception.exit_code == 4  # type: ignore[union-attr] # checked by `run`
    assert hint(result) == "voicecli models get llama-big"
    run(*hint(result).split()[2:])
    assert run("verify", "llama-big").stdout == "llama-big: verified\n"


def test_verify_of_an_empty_store_is_content(run: Run) -> None:
    result = run("verify")
    assert result.stdout == ""
    assert "No models are installed in" in result.stderr


def test_verify_of_a_model_that_is_not_here_says_so(run: Run) -> None:
    assert "is missing" in run("verify", "llama-big", fails=ModelInvalid).stdout


def test_import_tells_what_it_found(run: Run, tiny: TinyModels, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    for name, data in {**tiny.files["whisper-small"], **tiny.files["llama-big"], "notes.txt": b"hello"}.items():
        (stick / name).write_bytes(data)
    (stick / "vocabulary.txt").unlink()
    result = run("import", str(stick))
    assert result.stdout.splitlines() == [
        "llama-big: installed",
        "whisper-small: not installed, vocabulary.txt is missing",
    ]
    assert "1 other files" in result.stderr


def test_import_of_nothing_ends_with_4(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.gguf").write_bytes(b"GGUF")
    result = run("import", str(tmp_path / "own.gguf"), fails=ModelNotFound)
    assert hint(result).endswith(f"--llm {tmp_path / 'own.gguf'}")
    for number in (1, 2):
        (tmp_path / f"big-0000{number}-of-00002.gguf").write_bytes(b"GGUF")
    result = run("import", str(tmp_path / "big-00002-of-00002.gguf"), fails=ModelNotFound)
    assert hint(result).endswith(f"--llm {tmp_path / 'big-00001-of-00002.gguf'}")


@pytest.mark.usefixtures("server")
def test_rm_frees_the_disk_and_says_how_much(run: Run) -> None:
    run("get", "llama-big")
    assert run("rm", "llama-big").stdout == "llama-big: removed, 300 kB freed\n"
    run("rm", "llama-big", fails=ModelNotFound)


def test_rm_removes_nothing_when_one_name_is_wrong(run: Run, tiny: TinyModels) -> None:
    folder = tiny.write(tiny.store(), "llama-big")
    run("rm", "llama-big", "nonsense", fails=UnknownName)
    assert folder.exists()


def test_path_prints_the_store_or_a_model(run: Run, tiny: TinyModels) -> None:
    assert run("path").stdout == f"{tiny.store().root}\n"
    folder = tiny.write(tiny.store(), "llama-big")
    assert run("path", "llama-big").stdout == f"{folder / 'llama-big.gguf'}\n"
    run("path", "whisper-small", fails=ModelNotFound)


def test_list_on_a_pipe_is_one_line_a_model(run: Run, tiny: TinyModels) -> None:
    tiny.write(tiny.store(), "llama-small")
    lines = [line.split("\t") for line in run("list").stdout.splitlines()]
    assert ["llm", "llama-small", "in use", "300 kB", "en", "MIT"] in lines
    assert ["llm", "llama-big", "available", "300 kB", "en", "MIT"] in lines
    assert len(lines) == len(tiny.catalog.entries)


def test_list_can_be_narrowed(run: Run, tiny: TinyModels) -> None:
    tiny.write(tiny.store(), "llama-small")

    def names(*flags: str) -> list[str]:
        return [line.split("\t")[1] for line in run("list", *flags).stdout.splitlines()]

    assert names("--kind", "voice") == ["voice-en", "voice-de"]
    assert names("--kind", "voice", "--language", "de") == ["voice-de"]
    assert names("--installed") == ["llama-small"]


def test_list_for_programs_is_one_object(run: Run, tiny: TinyModels) -> None:
    tiny.write(tiny.store(), "llama-small")
    content = json.loads(run("list", "--json").stdout)
    assert content["root"] == str(tiny.store().root)
    assert content["chat"] == {"llm": "llama-small"}
    assert content["better"]["llm"] == ["llama-big"]
    assert set(content["sets"]) == {"starter", "recommended", "best"}
    (voice,) = [model for model in content["models"] if model["name"] == "voice-de"]
    assert (voice["state"], voice["licence_kind"], voice["size_bytes"]) == ("available", "non-commercial", 300_041)


def test_list_on_a_terminal_is_a_table(run: Run, tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny.write(tiny.store(), "llama-small")
    monkeypatch.setattr(command, "_is_terminal", lambda: True)
    shown = run("list").stdout
    assert "*  llama-small" in shown
    assert "CC BY-NC (non-commercial)" in shown
    assert "better language model: voicecli models get llama-big" in shown


@pytest.mark.parametrize("name", ["list", "get", "verify", "import", "rm", "path"])
def test_every_command_shows_examples(run: Run, name: str) -> None:
    shown = run(name, "--help").stdout
    assert "Examples:" in shown
    assert f"voicecli models {name}" in shown


def test_a_failed_download_ends_with_4(run: Run, server: FakeHub) -> None:
    server.files.clear()
    result = run("get", "llama-big", fails=DownloadFailed)
    assert result.exception.exit_code == 4  # type: ignore[union-attr] # checked by `run`
    assert result.stdout == ""


def test_the_command_is_quick_to_import() -> None:
    code = (
        "import sys, voicecli.cli.models\n"
        "print([name for name in ('httpx', 'rich.progress', 'numpy', 'voicecli.models.store') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
