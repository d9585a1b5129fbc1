"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

for name in ("COLUMNS", "LINES"):  # the test runner's own; a terminal that a test opens has a size of its own
    os.environ.pop(name, None)

ROOT = Path(__file__).parent.parent
TEST_MODELS = ROOT / ".test-models"


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


_stay_out_of_the_users_folders()

# A busy machine is no failure, and a failure is one that the next run shows too. `HYPOTHESIS_PROFILE=thorough` looks longer and elsewhere.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


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
