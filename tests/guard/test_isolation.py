"""Every test is on its own: it has its own folders and no network, leaves no thread behind, and runs in any order."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fakes import isolation, random_order
from voicecli.config import paths


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of the XDG specification are Linux's")
def test_all_folders_are_the_tests_own() -> None:
    home = Path.home()
    assert home.is_relative_to(os.environ["VOICECLI_TEST_HOME"])
    script = "from voicecli.config import paths as p; print(p.config_dir(), p.data_dir(), p.state_dir(), p.log_dir(), p.cache_dir())"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    ours = [paths.config_dir(), paths.data_dir(), paths.state_dir(), paths.log_dir(), paths.cache_dir()]
    assert len(child) == len(ours)
    for folder in (*map(Path, child), *ours):
        assert folder.is_relative_to(home)


@pytest.mark.parametrize("again", [1, 2])
def test_the_home_of_a_test_is_empty_whatever_another_test_has_written(again: int) -> None:  # noqa: ARG001
    assert [each.name for each in Path.home().iterdir()] == ["runtime"]
    paths.private_dir(paths.config_dir())
    (paths.config_dir() / "config.toml").touch()
    os.environ["VOICECLI_CHAT_LANGUAGE"] = "de"
    os.chdir(Path.home())


def test_what_a_test_changes_in_its_environment_ends_with_it(tmp_path: Path) -> None:
    before, folder = dict(os.environ), Path.cwd()
    with isolation.own_folders(tmp_path) as home:
        assert os.environ["HOME"] == str(home) != before["HOME"]
        os.environ["VOICECLI_CHAT_LANGUAGE"] = "de"
        os.chdir(home)
    assert (dict(os.environ), Path.cwd()) == (before, folder)
    assert not home.exists()


def test_a_test_has_no_proxies() -> None:
    assert not [name for name in os.environ if name.lower().endswith("_proxy")]


def _connect() -> None:
    socket.create_connection(("192.0.2.1", 9), timeout=1)


def _look_up() -> None:
    socket.getaddrinfo("example.org", 80)


def _send() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("192.0.2.1", 9))


@pytest.mark.parametrize(("reach", "says"), [(_connect, "192.0.2.1"), (_look_up, "example.org"), (_send, "192.0.2.1")])
def test_a_test_that_tries_to_reach_another_machine_fails_and_is_told_so(reach: Any, says: str) -> None:  # noqa: ANN401
    with (
        pytest.raises(pytest.fail.Exception, match=f"another machine: .*{says}.*mark it `install`"),
        isolation.NETWORK.off(),
        contextlib.suppress(OSError),  # also where the code under test survives it
    ):
        reach()


def test_servers_of_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for host in ("127.0.0.1", "localhost", "127.1"):
            socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_a_thread_that_outlives_its_test_is_named() -> None:
    go = threading.Event()
    thread = threading.Thread(target=go.wait, name="left alone")
    says = r"leaves a thread alive: “left alone” \(threading.Event.wait\)"
    with pytest.raises(pytest.fail.Exception, match=says), isolation.no_leaked_threads(patience_s=0.05):
        thread.start()
    go.set()
    thread.join()


def test_a_thread_that_ends_soon_after_its_test_is_no_leak() -> None:
    with isolation.no_leaked_threads():
        threading.Timer(0.05, lambda: None).start()


def test_a_seed_is_an_order_and_the_tests_of_a_file_stay_together() -> None:
    written: list[Any] = [SimpleNamespace(path=file, name=name) for file in "abcdef" for name in "uvwxyz"]
    one, again, other, unchanged = (list(written) for _ in range(4))
    random_order.shuffle(one, 1)
    random_order.shuffle(again, 1)
    random_order.shuffle(other, 2)
    random_order.shuffle(unchanged, 0)
    assert one == again != other
    assert unchanged == written != one
    files = [each.path for each in one]
    assert files == [file for file in dict.fromkeys(files) for _ in "uvwxyz"]
    assert {(each.path, each.name) for each in one} == {(each.path, each.name) for each in written}


def test_folders_that_are_left_out_of_quick_runs_have_no_quick_tests() -> None:
    tests = Path(__file__).parents[1]
    unmarked = [
        path.name
        for path in (tests / "engines").glob("test_*.py")
        if not re.search(
            r"^pytestmark = (\[[^\]]*)?pytest\.mark\.(engines|install)\b", path.read_text("utf-8"), re.MULTILINE
        )
    ]
    assert unmarked == [], "begin it with: pytestmark = pytest.mark.engines"
    assert "item.add_marker(pytest.mark.device)" in (tests / "device" / "conftest.py").read_text(encoding="utf-8")


def test_models_of_tests_are_not_those_that_the_program_uses() -> None:
    root = Path(__file__).parents[2]
    assert (root / ".test-models").is_dir(), "run `make test`, which sets it up"
    assert Path(os.environ["VOICECLI_MODELS"]) != root / "models"
