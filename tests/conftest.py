"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

for name in ("COLUMNS", "LINES"):  # the test runner's own; a terminal that a test opens has a size of its own
    os.environ.pop(name, None)

# A busy machine is no failure, and a failure is one that the next run shows too. `HYPOTHESIS_PROFILE=thorough` looks longer and elsewhere.
settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def model_path() -> Callable[[str, str], Path]:
    """Gives the folder of an installed model: `model_path("stt", "whisper-base")`; fails where it is not installed."""
    root = Path(os.environ.get("VOICECLI_MODELS", Path(__file__).parent.parent / "models"))

    def find(kind: str, name: str) -> Path:
        folder = root / kind / name
        if not folder.is_dir():
            pytest.fail(f"{kind} model {name} is not in {root}: run `make test`, which fetches it")
        return folder

    return find
