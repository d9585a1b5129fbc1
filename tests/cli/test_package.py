"""The wheel is complete: it works without the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def uv() -> str:
    """The path of uv: in the checkout, or installed by the user."""
    own = ROOT / ".uv" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    assert found, "uv is not there: run `make setup`"
    return found


@pytest.mark.install
def test_a_built_wheel_gives_a_working_command(tmp_path: Path) -> None:
    subprocess.run([uv(), "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    home = tmp_path / "venv"
    subprocess.run([uv(), "venv", "--quiet", "--python", sys.executable, str(home)], check=True)
    subprocess.run([uv(), "pip", "install", "--quiet", "--python", str(home), "--no-deps", str(wheel)], check=True)
    # The dependencies are the ones that are tested here anyway; building llama.cpp again would prove nothing.
    site = next(home.glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    voicecli = str(home / "bin" / "voicecli")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}

    def output(*arguments: str) -> str:
        return subprocess.run(
            [voicecli, *arguments], check=True, capture_output=True, text=True, cwd=tmp_path, env=environment
        ).stdout

    assert "voicecli 0." in output("--version")
    assert "whisper-base" in output("models", "list")
    assert "assistant" in output("personas", "list")
    assert (home / "share" / "man" / "man1" / "voicecli.1").read_text(encoding="utf-8").startswith(".\\")
    where = subprocess.run(
        [str(home / "bin" / "python"), "-c", "import voicecli; print(voicecli.__file__)"],
        check=True, capture_output=True, text=True, cwd=tmp_path, env=environment,
    ).stdout  # fmt: skip
    assert str(home) in where
