"""Tests, and the programs they start, write nothing to the folders of the user who runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voicecli.config import paths


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of the XDG specification are Linux's")
def test_all_folders_are_the_tests_own() -> None:
    home = Path(os.environ["VOICECLI_TEST_HOME"])
    script = "from voicecli.config import paths as p; print(p.config_dir(), p.data_dir(), p.state_dir(), p.log_dir(), p.cache_dir())"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    ours = [paths.config_dir(), paths.data_dir(), paths.state_dir(), paths.log_dir(), paths.cache_dir()]
    assert len(child) == len(ours)
    for folder in (*map(Path, child), *ours):
        assert folder.is_relative_to(home)
    assert not home.is_relative_to(Path.home() / ".config")


def test_models_of_tests_are_not_those_that_the_program_uses() -> None:
    root = Path(__file__).parents[2]
    assert (root / ".test-models").is_dir(), "run `make test`, which sets it up"
    assert Path(os.environ["VOICECLI_MODELS"]) != root / "models"
