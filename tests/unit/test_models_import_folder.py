"""Models imported by hand: found by their bytes, whatever their names."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from fakes.tiny_models import TinyModels, Told
from voicecli.errors import DownloadFailed, ModelNotFound
from voicecli.models import blob_cache, copying
from voicecli.models.import_folder import import_paths


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModels:
    return TinyModels(tmp_path)


@pytest.fixture
def stick(tiny: TinyModels) -> Path:
    path = tiny.folder / "stick"
    path.mkdir()
    return path


def put(tiny: TinyModels, model: str, where: Path, *, without: str = "") -> None:
    where.mkdir(parents=True, exist_ok=True)
    for name, data in tiny.files[model].items():
        if name != without:
            (where / name).write_bytes(data)


def test_files_are_known_by_their_bytes_whatever_they_are_called(tiny: TinyModels, stick: Path) -> None:
    put(tiny, "whisper-small", stick / "deep" / "down")
    (stick / "renamed").write_bytes(tiny.files["llama-big"]["llama-big.gguf"])
    (stick / "holiday.jpg").write_bytes(b"x" * 300_000)
    models, told = tiny.store(), Told()
    found = import_paths([stick], models, progress=told)
    assert [entry.name for entry in found.installed] == ["whisper-small", "llama-big"]
    assert (found.already, found.incomplete, found.unknown_count) == ((), (), 1)
    models.path("stt", "whisper-small")
    assert models.path("llm", "llama-big").read_bytes() == tiny.files["llama-big"]["llama-big.gguf"]
    assert told.open == 0


def test_the_users_own_files_stay_as_they_are(tiny: TinyModels, stick: Path) -> None:
    put(tiny, "llama-big", stick)
    models = tiny.store()
    import_paths([stick / "llama-big.gguf"], models)
    models.remove(tiny.catalog.find("llama-big"), Told())
    assert (stick / "llama-big.gguf").read_bytes() == tiny.files["llama-big"]["llama-big.gguf"]


def test_whoever_changes_the_imported_file_changes_no_model(tiny: TinyModels, stick: Path) -> None:
    put(tiny, "llama-big", stick)
    models = tiny.store()
    import_paths([stick], models)
    assert (stick / "llama-big.gguf").stat().st_nlink == 1
    (stick / "llama-big.gguf").write_bytes(bytes(300_000))
    assert models.path("llm", "llama-big").read_bytes() == tiny.files["llama-big"]["llama-big.gguf"]
    assert not list((tiny.folder / "cache").glob("*.new"))
    mode = models.path("llm", "llama-big").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_file_that_changes_while_it_is_imported_is_refused(
    tiny: TinyModels, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tiny, "llama-big", stick)
    real = copying.clone_or_copy

    def late(source: Path, target: Path) -> None:
        source.write_bytes(bytes(300_000))
        real(source, target)

    monkeypatch.setattr(blob_cache, "clone_or_copy", late)
    models = tiny.store()
    with pytest.raises(DownloadFailed, match=r"llama-big\.gguf changed while it was imported"):
        import_paths([stick], models)
    assert models.installed() == ()
    assert not [path for path in (tiny.folder / "cache").iterdir() if path.suffix != ".lock"]


def test_another_store_gets_it_from_the_cache(tiny: TinyModels, stick: Path) -> None:
    put(tiny, "llama-big", stick)
    import_paths([stick], tiny.store("one"))
    shutil.rmtree(stick)
    blob = tiny.catalog.find("llama-big").variants[0].files[0]
    assert tiny.store("two").blobs.has(blob)


def test_a_model_that_lacks_a_file_is_not_installed_and_the_file_is_named(tiny: TinyModels, stick: Path) -> None:
    put(tiny, "whisper-small", stick, without="tokenizer.json")
    models = tiny.store()
    (incomplete,) = import_paths([stick], models).incomplete
    assert (incomplete.entry.name, incomplete.missing) == ("whisper-small", ("tokenizer.json",))
    assert models.installed() == ()


def test_a_small_file_that_several_models_share_is_no_model(tiny: TinyModels, stick: Path) -> None:
    (stick / "tokenizer.json").write_bytes(tiny.files["whisper-small"]["tokenizer.json"])
    found = import_paths([stick], tiny.store())
    assert (found.installed, found.incomplete) == ((), ())


def test_what_is_here_already_is_said_to_be(tiny: TinyModels, stick: Path) -> None:
    put(tiny, "llama-big", stick)
    import_paths([stick], tiny.store())
    found = import_paths([stick], tiny.store())
    assert [entry.name for entry in found.already] == ["llama-big"]
    assert found.installed == ()


def test_a_damaged_model_is_mended(tiny: TinyModels, stick: Path) -> None:
    models = tiny.store()
    path = tiny.write(models, "llama-big") / "llama-big.gguf"
    path.write_bytes(bytes(300_000))
    put(tiny, "llama-big", stick)
    assert [entry.name for entry in import_paths([stick], models).installed] == ["llama-big"]
    models.path("llm", "llama-big")


def test_a_damaged_copy_is_no_model(tiny: TinyModels, stick: Path) -> None:
    (stick / "llama-big.gguf").write_bytes(bytes(300_000))
    found = import_paths([stick], tiny.store())
    assert (found.installed, found.unknown_count) == ((), 1)


def test_wheels_that_carry_a_model_are_as_good(tiny: TinyModels) -> None:
    models = tiny.store()
    found = import_paths([tiny.wheels], models)
    assert {entry.name for entry in found.installed} == {"whisper-base", "llama-small", "only-index"}
    assert models.path("llm", "llama-small").read_bytes() == tiny.files["llama-small"]["llama-small.gguf"]
    models.path("stt", "whisper-base")


def test_links_in_a_folder_are_followed_to_their_files(tiny: TinyModels, stick: Path) -> None:
    (stick / "blobs").mkdir()
    (stick / "blobs" / "abc").write_bytes(tiny.files["llama-big"]["llama-big.gguf"])
    (stick / "snapshot.gguf").symlink_to(stick / "blobs" / "abc")
    models = tiny.store()
    import_paths([stick / "snapshot.gguf"], models)
    path = models.path("llm", "llama-big")
    assert not path.is_symlink()
    assert not path.samefile(stick / "blobs" / "abc")


def test_a_path_where_nothing_is_says_so(tiny: TinyModels, stick: Path) -> None:
    with pytest.raises(ModelNotFound, match="lost does not exist"):
        import_paths([stick / "lost"], tiny.store())


def test_room_is_asked_for_before_copying(tiny: TinyModels, stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tiny, "llama-big", stick)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    with pytest.raises(DownloadFailed, match="There is not enough space for llama-big"):
        import_paths([stick], tiny.store())
