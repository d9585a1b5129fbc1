from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {
    "pyaec",
    "pywebrtc_audio",
    "ctranslate2",
    "faster_whisper",
    "httpx",
    "llama_cpp",
    "numpy",
    "onnxruntime",
    "piper",
    "prompt_toolkit",
    "pydantic",
    "rich",
    "sounddevice",
    "soxr",
    "tomlkit",
    "webrtcvad",
}


def loaded_after(code: str) -> set[str]:
    report = (
        "; import sys, json; sys.stderr.write(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + report], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return set(json.loads(done.stderr))


@pytest.mark.parametrize(
    "code",
    [
        "import voicecli.cli.main",
        "from voicecli.cli.main import main; main(['--help'])",
        "from voicecli.cli.main import main; main(['--version'])",
        "from voicecli.cli.main import main; main(['chat', '--help'])",
        "import voicecli.config.load, voicecli.config.write, voicecli.session.personas, voicecli.offline",
    ],
)
def test_what_should_be_instant_loads_nothing_heavy(code: str) -> None:
    assert loaded_after(code) & HEAVY == set()


def test_imports_run_one_way() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
