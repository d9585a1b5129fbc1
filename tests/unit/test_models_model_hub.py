"""Downloads from a model hub, with all possible failures."""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.hub import FakeHub
from fakes.tiny_models import Told, content
from voicecli import __version__
from voicecli.errors import ConfigError
from voicecli.models import model_hub
from voicecli.models.catalog import Hub, ModelFile
from voicecli.models.source_types import SourceFailed

DATA = content("a model", 2_000_000)
FILE = ModelFile(
    path="m.bin", size_bytes=len(DATA), sha256=hashlib.sha256(DATA).hexdigest(), hub_path="sub/m one.bin", parts=()
)
PLACE = Hub(repo="people/model", revision="r1")
PATH = "/people/model/resolve/r1/sub/m%20one.bin"


@pytest.fixture
def server() -> Iterator[FakeHub]:
    with FakeHub({PATH: DATA}) as running:
        yield running


class Download:
    """A download into its own folder, with pauses that take no time."""

    def __init__(self, server: FakeHub, folder: Path) -> None:
        self.part = folder / "x.part"
        self.told = Told()
        self.pauses: list[float] = []
        self._url = model_hub.url_of(server.address, PLACE, FILE)

    def __call__(self) -> bytes:
        model_hub.download(self._url, self.part, FILE, progress=self.told, pause=self.pauses.append)
        return self.part.read_bytes()


@pytest.fixture
def download(server: FakeHub, tmp_path: Path) -> Download:
    return Download(server, tmp_path)


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_file_comes_over_a_redirect(server: FakeHub, download: Download) -> None:
    assert download() == DATA
    assert [request.path for request in server.requests] == [PATH, "/bytes" + PATH]
    assert download.told.reached[-1] == len(DATA)
    assert download.pauses == []


def test_nothing_is_sent_but_the_request(
    server: FakeHub, download: Download, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("HUGGING_FACE_HUB_TOKEN", "hf_secret")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    download.part.write_bytes(DATA[:1000])
    download()
    for request in server.requests:
        assert set(request.headers) <= {"host", "accept", "accept-encoding", "connection", "user-agent", "range"}
        assert request.headers["user-agent"] == f"voicecli/{__version__}"
        assert request.headers["range"] == "bytes=1000-"


def test_a_connection_cut_in_the_middle_is_gone_on_with(server: FakeHub, download: Download) -> None:
    server.cut_once[PATH] = 700_000
    assert download() == DATA
    first, second = server.downloads(PATH)
    assert "range" not in first.headers
    start = int(second.headers["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < start <= 700_000
    assert len(download.pauses) == 1


def test_a_server_that_knows_no_ranges_is_read_from_the_start(server: FakeHub, download: Download) -> None:
    server.cut_once[PATH] = 700_000
    server.ignores_ranges = True
    assert download() == DATA


def test_a_server_that_sends_another_range_is_not_believed(server: FakeHub, download: Download) -> None:
    server.lies_about_ranges = True
    download.part.write_bytes(DATA[:1000])
    assert download() == DATA


@pytest.mark.parametrize("codes", [[503], [429, 500, 502]])
def test_a_server_in_trouble_is_asked_again_later(server: FakeHub, download: Download, codes: list[int]) -> None:
    server.answer_once[PATH] = codes.copy()
    assert download() == DATA
    assert len(download.pauses) == len(codes)
    assert download.pauses == sorted(download.pauses)


def test_a_server_that_never_gets_better_is_given_up(server: FakeHub, download: Download) -> None:
    server.answer_once[PATH] = [503] * 50
    with pytest.raises(SourceFailed, match="the hub answered 503"):
        download()
    assert len(server.downloads(PATH)) == 5
    assert not download.part.exists()


def test_what_came_before_a_failure_is_kept(server: FakeHub, download: Download) -> None:
    server.cut_once[PATH] = 700_000
    server.answer_once[PATH] = []

    def fail_from_now_on(_seconds: float) -> None:
        server.answer_once[PATH] = [503] * 50

    with pytest.raises(SourceFailed):
        model_hub.download(
            model_hub.url_of(server.address, PLACE, FILE), download.part, FILE, progress=Told(), pause=fail_from_now_on
        )
    assert download.part.read_bytes() == DATA[:700_000]


def test_wrong_bytes_are_refused_and_not_kept(server: FakeHub, download: Download) -> None:
    server.files[PATH] = DATA[:-1] + bytes([DATA[-1] ^ 1])
    with pytest.raises(SourceFailed, match="wrong SHA-256"):
        download()
    assert not download.part.exists()


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_a_file_of_another_size_is_refused_before_it_is_fetched(server: FakeHub, download: Download, size: int) -> None:
    server.files[PATH] = content("another", size)
    with pytest.raises(SourceFailed, match=f"is {size} bytes long and should be {len(DATA)}"):
        download()
    assert not download.part.exists()
    assert download.told.reached == []


def test_a_damaged_beginning_is_thrown_away_once(server: FakeHub, download: Download) -> None:
    download.part.write_bytes(b"x" * 1000)
    assert download() == DATA
    assert "starting again" in download.told.said[0]
    assert [request.headers.get("range") for request in server.downloads(PATH)] == ["bytes=1000-", None]


def test_a_beginning_that_is_already_whole_needs_no_request(server: FakeHub, download: Download) -> None:
    download.part.write_bytes(DATA)
    assert download() == DATA
    assert server.requests == []


def test_a_beginning_that_is_too_long_is_cut(download: Download) -> None:
    download.part.write_bytes(DATA + b"more")
    assert download() == DATA


def test_what_is_not_there_is_not_asked_for_twice(server: FakeHub, download: Download) -> None:
    server.files.clear()
    with pytest.raises(SourceFailed, match="the model hub answered 404"):
        download()
    assert len(server.requests) == 1


def test_an_unreachable_hub_is_said_to_be_so_at_once(tmp_path: Path) -> None:
    pauses: list[float] = []
    url = model_hub.url_of(f"http://127.0.0.1:{unused_port()}", PLACE, FILE)
    with pytest.raises(SourceFailed, match="cannot be reached") as caught:
        model_hub.download(url, tmp_path / "x.part", FILE, progress=Told(), pause=pauses.append)
    assert pauses == []
    assert "voicecli models import FOLDER" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_knocking_tells_whether_anybody_is_there(server: FakeHub) -> None:
    assert model_hub.is_reachable(model_hub.url_of(server.address, PLACE, FILE))
    assert model_hub.is_reachable(f"{server.address}/what-is-not-there")
    assert not model_hub.is_reachable(f"http://127.0.0.1:{unused_port()}/")
    assert not model_hub.is_reachable("http://127.0.0.1:nonsense/")


def test_knocking_does_not_wait_longer_than_it_may() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()  # takes the connection and never answers
        assert not model_hub.is_reachable(f"http://127.0.0.1:{deaf.getsockname()[1]}/", deadline_s=0.05)


def test_a_hub_that_redirects_for_ever_is_given_up(server: FakeHub, download: Download) -> None:
    server.redirects_forever = True
    with pytest.raises(SourceFailed, match="the model hub cannot be used"):
        download()
    assert not download.part.exists()


def test_the_address_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert model_hub.address() == model_hub.DEFAULT_ADDRESS
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example/hub/")
    assert (
        model_hub.url_of(model_hub.address(), PLACE, FILE)
        == "http://mirror.example/hub/people/model/resolve/r1/sub/m%20one.bin"
    )
    for wrong in ("mirror.example", "ftp://mirror.example", "http://"):
        monkeypatch.setenv("HF_ENDPOINT", wrong)
        with pytest.raises(ConfigError, match="HF_ENDPOINT"):
            model_hub.address()


@pytest.mark.skipif(os.name != "posix", reason="file modes are a matter of POSIX")
def test_what_is_fetched_is_private(download: Download) -> None:
    download()
    assert download.part.stat().st_mode & 0o777 == 0o600
