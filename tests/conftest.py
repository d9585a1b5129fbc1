"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from fakes import isolation, random_order

for name in ("COLUMNS", "LINES"):  # the test runner's own; a terminal that a test opens has a size of its own
    os.environ.pop(name, None)

ROOT = Path(__file__).parent.parent
TEST_MODELS = ROOT / ".test-models"
MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it have random names


def _stay_out_of_the_users_folders() -> None:
    """Gives the tests, and all programs they start, separate folders for settings, state, data and cache, and a separate store.

    pytest's workers inherit them from the process that starts them. The caches of package managers stay where they are.
    """
    if "VOICECLI_TEST_HOME" in os.environ:
        return
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    os.environ.setdefault("UV_CACHE_DIR", str(cache / "uv"))
    os.environ.setdefault("PIP_CACHE_DIR", str(cache / "pip"))
    os.environ.setdefault("VOICECLI_TEST_DOWNLOADS", str(cache / "voicecli"))  # what `make setup-test` fetched
    home = tempfile.mkdtemp(prefix="voicecli-test-home-")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["VOICECLI_TEST_HOME"] = home
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        os.environ[f"XDG_{kind}_HOME"] = f"{home}/{kind.lower()}"
    if TEST_MODELS.is_dir():
        os.environ.setdefault("VOICECLI_MODELS", str(TEST_MODELS))


def _own_runtime_folder() -> None:
    """Gives this process of pytest a separate folder for sockets, so that the command of one test never reaches the chat of another.

    Its path is short because the path of a socket has at most 103 bytes.
    """
    folder = tempfile.mkdtemp(prefix="vc-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["XDG_RUNTIME_DIR"] = folder


_stay_out_of_the_users_folders()
_own_runtime_folder()

# A busy machine is no failure, and a failure is one that the next run shows too. `HYPOTHESIS_PROFILE=thorough` looks longer and elsewhere.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


QUICK_TIMEOUT_S = 30
"""The longest time for a test that needs neither models nor sound. `timeout` in pyproject.toml is that for the others."""

SLOW = {"engines", "device", "install"}
"""Marks of tests that share what takes long to make: loaded models with the proof that their files are whole, a sound server, the network. They
share one set of folders, and run in the order in which they are written."""

NEVER_QUICK = {Path(__file__).parent / "engines", Path(__file__).parent / "device"}
"""Folders in which every test has one of these marks (`tests/guard/test_isolation.py`)."""

SELDOM = (50_000, 20, 100)
"""When garbage is collected while tests run. With Python's own numbers it takes more than half of the time of a test that makes many objects."""

isolation.NETWORK.install()
gc.disable()  # until all tests are collected: what is loaded until then stays


def is_quick(item: pytest.Item) -> bool:
    """Whether a test needs neither models nor sound nor the network. Those that are marked `processes` are isolated as these are."""
    return SLOW.isdisjoint(mark.name for mark in item.iter_markers())


def pytest_addoption(parser: pytest.Parser) -> None:
    random_order.add_option(parser)


@pytest.hookimpl(tryfirst=True)  # before pytest chooses its folder
def pytest_configure(config: pytest.Config) -> None:
    random_order.choose_seed(config)
    if _only_quick(config) and not hasattr(config, "workerinput") and config.option.basetemp is None:
        _use_memory(config)


def _only_quick(config: pytest.Config) -> bool:
    return "not engines" in config.option.markexpr and "not device" in config.option.markexpr


def _use_memory(config: pytest.Config) -> None:
    """Puts temporary folders into memory, if the system has 4 GB for that and TMPDIR names no other place. They are removed at the end.

    Where a disk discards what is deleted, removing a folder takes 2 ms, and a test makes several. Workers of pytest-xdist inherit the folder.
    """
    if sys.platform != "linux" or "TMPDIR" in os.environ or not MEMORY.is_dir():
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize < 4 << 30 or found.f_flag & os.ST_NOEXEC or not os.access(MEMORY, os.W_OK):
        return
    folder = tempfile.mkdtemp(prefix="v", dir=MEMORY)  # short, because the path of a socket has at most 103 bytes
    Path(folder).chmod(0o711)  # as in /tmp: what is in it has rights of its own, and some tests become another user
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    config.option.basetemp = f"{folder}/p"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist has no types for it
    node.workerinput["seed"] = node.config.option.seed


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves folders without quick tests out of the collection of quick tests: importing their modules takes a second in each process."""
    return True if _only_quick(config) and collection_path in NEVER_QUICK else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    quick = [item for item in items if is_quick(item)]
    slow = [item for item in items if not is_quick(item)]
    random_order.shuffle(quick, config.option.seed)
    items[:] = [*quick, *slow]
    for item in quick:
        if config.option.timeout is None and not any(map(item.get_closest_marker, ("timeout", "processes"))):
            item.add_marker(pytest.mark.timeout(QUICK_TIMEOUT_S))


def pytest_collection_finish() -> None:
    """Leaves the thousands of collected tests out of every later garbage collection, and collects garbage seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    terminalreporter.write_line(random_order.summary(config.option.seed))


@pytest.fixture(autouse=True)
def _isolated(request: pytest.FixtureRequest) -> Iterator[None]:
    """Isolates every quick test: its own folders, no proxies, no network, no thread that outlives it."""
    if not is_quick(request.node):
        yield
        return
    base = Path(os.environ["VOICECLI_TEST_HOME"])
    with isolation.NETWORK.off(), isolation.own_folders(base, again=True), isolation.no_leaked_threads():
        yield


@pytest.fixture(scope="session")
def model_path() -> Callable[[str, str], Path]:
    """Returns a function that gives the folder of an installed model: `model_path("stt", "whisper-base")`. It fails if the model is not installed."""
    root = Path(os.environ.get("VOICECLI_MODELS", ROOT / "models"))

    def find(kind: str, name: str) -> Path:
        folder = root / kind / name
        if not folder.is_dir():
            pytest.fail(f"{kind} model {name} is not in {root}: run `make test`, which fetches it")
        return folder

    return find
