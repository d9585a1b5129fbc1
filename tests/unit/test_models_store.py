"""The store returns only verified models, and hashes each once."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from fakes.tiny_models import TinyModels
from voicecli.config import paths
from voicecli.errors import ModelInvalid, ModelNotFound
from voicecli.models import receipts, store
from voicecli.models.progress import Silent
from voicecli.models.store import ModelStore, default_root


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModels:
    return TinyModels(tmp_path)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that the store hashed, in order."""
    names: list[str] = []

    def counting(path: Path, advance: object = None) -> str:  # noqa: ARG001 -- as the original is called
        names.append(path.name)
        return receipts.sha256_of(path)

    monkeypatch.setattr(store, "sha256_of", counting)
    return names


def flip_a_byte(path: Path, *, at: int = 1000) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        (byte,) = file.read(1)
        file.seek(at)
        file.write(bytes([byte ^ 1]))


def test_files_that_were_always_there_are_as_good_as_fetched_ones(tiny: TinyModels) -> None:
    models = tiny.store()
    folder = tiny.write(models, "whisper-small")
    assert models.path("stt", "whisper-small") == folder
    assert models.resolve("stt", "whisper-small").entry == tiny.catalog.find("whisper-small")


def test_a_language_model_and_a_voice_are_given_as_files(tiny: TinyModels) -> None:
    models = tiny.store()
    assert models.root == tiny.folder / "store"
    folder = tiny.write(models, "llama-big")
    assert models.path("llm", "llama-big") == folder / "llama-big.gguf"
    folder = tiny.write(models, "voice-en")
    assert models.path("voice", "voice-en") == folder / "voice-en.onnx"


def test_the_second_check_hashes_nothing(tiny: TinyModels, hashed: list[str]) -> None:
    tiny.write(tiny.store(), "whisper-small")
    tiny.store().path("stt", "whisper-small")
    assert sorted(hashed) == ["config.json", "model.bin", "tokenizer.json", "vocabulary.txt"]
    hashed.clear()
    tiny.store().path("stt", "whisper-small")
    assert hashed == []


def test_a_changed_file_is_hashed_again_and_the_others_are_not(tiny: TinyModels, hashed: list[str]) -> None:
    models = tiny.store()
    folder = tiny.write(models, "whisper-small")
    models.path("stt", "whisper-small")
    hashed.clear()
    (folder / "config.json").write_bytes((folder / "config.json").read_bytes())
    models.path("stt", "whisper-small")
    assert hashed == ["config.json"]


def test_a_flipped_byte_is_refused_by_name_with_the_command_that_mends_it(tiny: TinyModels) -> None:
    models = tiny.store()
    folder = tiny.write(models, "llama-big")
    models.path("llm", "llama-big")
    flip_a_byte(folder / "llama-big.gguf")
    with pytest.raises(ModelInvalid, match=r"llama-big\.gguf is damaged") as caught:
        models.resolve("llm", "llama-big")
    assert caught.value.hint == "voicecli models get llama-big"
    assert caught.value.exit_code == 4


def test_a_flipped_byte_is_noticed_though_the_file_time_was_set_back(tiny: TinyModels) -> None:
    models = tiny.store()
    path = tiny.write(models, "llama-big") / "llama-big.gguf"
    models.path("llm", "llama-big")
    before = path.stat()
    flip_a_byte(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelInvalid):
        models.path("llm", "llama-big")


def test_auto_does_not_pass_over_a_damaged_model_in_silence(tiny: TinyModels) -> None:
    models = tiny.store()
    tiny.write(models, "llama-small")
    flip_a_byte(tiny.write(models, "llama-big") / "llama-big.gguf")
    with pytest.raises(ModelInvalid, match="llama-big"):
        models.resolve("llm")


def test_a_cut_file_is_refused_with_both_sizes(tiny: TinyModels) -> None:
    models = tiny.store()
    path = tiny.write(models, "llama-big") / "llama-big.gguf"
    path.write_bytes(path.read_bytes()[:-1])
    assert models.state(tiny.catalog.find("llama-big")) == "damaged"
    with pytest.raises(ModelInvalid, match="is 299999 bytes long and should be 300000"):
        models.path("llm", "llama-big")


def test_a_missing_file_is_named(tiny: TinyModels) -> None:
    models = tiny.store()
    (tiny.write(models, "whisper-small") / "tokenizer.json").unlink()
    assert models.state(tiny.catalog.find("whisper-small")) == "partial"
    for wanted in ("whisper-small", "auto"):
        with pytest.raises(ModelInvalid, match=r"tokenizer\.json is missing"):
            models.resolve("stt", wanted)


def test_files_of_two_sets_mixed_are_not_a_model(tiny: TinyModels) -> None:
    models = tiny.store()
    folder = tiny.write(models, "whisper-base")
    models.path("stt", "whisper-base")
    (folder / "tokenizer.json").write_bytes(b"{}")  # right in the other set
    with pytest.raises(ModelInvalid, match=r"tokenizer\.json is 2 bytes long"):
        models.path("stt", "whisper-base")


def test_receipts_are_private(tiny: TinyModels) -> None:
    models = tiny.store()
    tiny.write(models, "llama-big")
    models.path("llm", "llama-big")
    if sys.platform != "win32":
        receipt = models._receipts._path
        assert receipt.is_relative_to(paths.state_dir())
        assert stat.S_IMODE(receipt.stat().st_mode) == 0o600
        assert stat.S_IMODE(receipt.parent.stat().st_mode) == 0o700
    assert not [path.name for path in models.root.rglob("*receipts*")]


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "[]",
        "{",
        '{"llm/llama-big/llama-big.gguf": 3}',
        "[" * 100_000,
        "9" * 5000,
        '{"a": ' + " " * (4 << 20) + "1}",
    ],
    ids=["empty", "list", "half", "other", "deep", "long-number", "large"],
)
def test_receipts_that_cannot_be_read_only_cost_a_hash(tiny: TinyModels, hashed: list[str], garbage: str) -> None:
    models = tiny.store()
    tiny.write(models, "llama-big")
    receipt = models._receipts._path
    receipt.parent.mkdir(parents=True, exist_ok=True)
    receipt.write_text(garbage)
    models.path("llm", "llama-big")
    assert hashed == ["llama-big.gguf"]


def test_a_forged_receipt_beside_a_changed_model_is_not_believed(tiny: TinyModels) -> None:
    models = tiny.store()
    path = tiny.write(models, "llama-big") / "llama-big.gguf"
    right = receipts.sha256_of(path)
    flip_a_byte(path)
    forged = json.dumps({"llm/llama-big/llama-big.gguf": [*receipts._fingerprint(path), right]})
    (models.root / ".receipts.json").write_text(forged)
    (path.parent / ".receipts.json").write_text(forged)
    with pytest.raises(ModelInvalid, match="its SHA-256 is not the one in the catalogue"):
        models.path("llm", "llama-big")


def test_receipts_of_an_earlier_version_are_verified_anew_and_removed(tiny: TinyModels, hashed: list[str]) -> None:
    models = tiny.store()
    path = tiny.write(models, "llama-big") / "llama-big.gguf"
    old = models.root / ".receipts.json"
    old.write_text(
        json.dumps({"llm/llama-big/llama-big.gguf": [*receipts._fingerprint(path), receipts.sha256_of(path)]})
    )
    for _ in range(2):
        models.path("llm", "llama-big")
    assert hashed == ["llama-big.gguf"]
    assert not old.exists()


def test_two_stores_have_receipts_of_their_own(tiny: TinyModels, hashed: list[str]) -> None:
    for name in ("one", "two"):
        models = tiny.store(name)
        tiny.write(models, "llama-big")
        models.path("llm", "llama-big")
    assert len(hashed) == 2


def test_a_full_check_believes_no_receipt_and_corrects_it(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    models = tiny.store()
    path = tiny.write(models, "llama-big") / "llama-big.gguf"
    models.path("llm", "llama-big")
    # A disk that rots changes bytes and nothing else.
    monkeypatch.setattr(receipts, "_fingerprint", lambda _: [1, 2, 3, 4])
    models.path("llm", "llama-big")
    flip_a_byte(path)
    models.path("llm", "llama-big")
    (fault,) = models.faults(tiny.catalog.find("llama-big"), afresh=True)
    assert fault.path == path
    with pytest.raises(ModelInvalid):
        models.path("llm", "llama-big")


def test_the_best_is_the_one_of_highest_rank_that_is_here(tiny: TinyModels) -> None:
    models = tiny.store()
    assert models.best("llm") is None
    tiny.write(models, "llama-small")
    assert models.resolve("llm").name == "llama-small"
    assert [entry.name for entry in models.better("llm")] == ["llama-big"]
    tiny.write(models, "llama-big")
    assert models.resolve("llm", "auto").name == "llama-big"
    assert models.better("llm") == ()
    assert [entry.name for entry in models.installed()] == ["llama-big", "llama-small"]


def test_a_voice_of_another_language_is_of_no_use(tiny: TinyModels) -> None:
    models = tiny.store()
    tiny.write(models, "voice-en")
    assert models.best("voice", language="de") is None
    assert [entry.name for entry in models.better("voice", language="de")] == ["voice-de"]
    with pytest.raises(ModelNotFound, match="No voice for the language de") as caught:
        models.resolve("voice", language="de")
    assert caught.value.hint == "voicecli models get voice-de"
    tiny.write(models, "voice-de")
    assert models.resolve("voice", language="de-AT").name == "voice-de"


def test_without_a_language_an_english_voice_goes_first(tiny: TinyModels) -> None:
    models = tiny.store()
    tiny.write(models, "voice-de")
    assert models.resolve("voice").name == "voice-de"
    tiny.write(models, "voice-en")
    assert models.resolve("voice").name == "voice-en"


def test_a_language_nobody_speaks_asks_for_a_model_of_ones_own(tiny: TinyModels) -> None:
    with pytest.raises(ModelNotFound, match="The catalogue has no voice for the language ja") as caught:
        tiny.store().resolve("voice", language="ja")
    assert "path" in caught.value.hint


def test_an_empty_store_names_the_set_to_begin_with(tiny: TinyModels) -> None:
    with pytest.raises(ModelNotFound, match="No recognition model is installed") as caught:
        tiny.store().resolve("stt")
    assert caught.value.hint == "voicecli models get"


def test_a_model_that_is_not_here_is_named_with_its_command(tiny: TinyModels) -> None:
    with pytest.raises(ModelNotFound, match="llama-big is not installed") as caught:
        tiny.store().path("llm", "llama-big")
    assert caught.value.hint == "voicecli models get llama-big"


def test_removing_takes_what_the_engines_made_beside_it(tiny: TinyModels) -> None:
    models = tiny.store()
    folder = tiny.write(models, "voice-en")
    (folder / "half.onnx").write_bytes(b"derived")
    assert models.remove(tiny.catalog.find("voice-en"), Silent()) > 300_000
    assert not folder.exists()
    with pytest.raises(ModelNotFound):
        models.remove(tiny.catalog.find("voice-en"), Silent())


def test_the_root_is_what_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICECLI_MODELS", str(tmp_path / "here"))
    assert default_root() == tmp_path / "here"
    assert ModelStore.default().root == tmp_path / "here"


def test_the_root_of_a_checkout_is_its_models_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOICECLI_MODELS", raising=False)
    assert default_root() == Path(__file__).parents[2] / "models"


def test_the_root_of_an_installation_is_the_users_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOICECLI_MODELS", raising=False)
    monkeypatch.setattr(store, "__file__", str(tmp_path / "lib" / "voicecli" / "models" / "store.py"))
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path / "data")
    assert default_root() == tmp_path / "data" / "models"
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "something-else"\n')
    assert default_root() == tmp_path / "data" / "models"
