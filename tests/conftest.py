"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.load_profile("patient")


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
