"""Telemetry of libraries is off before any of them can be imported. Its remains are removed only on request."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from voicecli import NO_TELEMETRY
from voicecli.offline.environment import seal
from voicecli.offline.telemetry import identifier_folder, remove_identifier

REPORT = "; import os; print(os.environ.get('ORT_DISABLE_TELEMETRY'))"


def said(code: str, **environ: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in NO_TELEMETRY}
    done = subprocess.run(
        [sys.executable, "-c", code], env=kept | environ, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("before", ["", "0"])
def test_importing_the_package_is_enough(before: str) -> None:
    environ = {"ORT_DISABLE_TELEMETRY": before} if before else {}
    assert said("import voicecli" + REPORT, **environ) == "1"


def test_children_inherit_it() -> None:
    child = f'import subprocess, sys, voicecli; subprocess.run([sys.executable, "-c", "{REPORT[2:]}"])'
    assert said(child) == "1"


@pytest.mark.parametrize(
    "load",
    [
        "onnx_session.open_session(Path('nowhere.onnx'), threads=1, what='x')",
        "hardware.cuda_for_onnx()",
        "piper._phonemizer(Path('nowhere.onnx'), 'x')",
        "whisper_loading.load_whisper(Path('nowhere'), 'x', 'cpu', 1)",
        "smart_turn.SmartTurn(Path('nowhere.onnx'))",
    ],
)
def test_every_adapter_switches_it_off_again_before_it_imports_its_library(load: str) -> None:
    code = (
        "import builtins, os\n"
        "from pathlib import Path\n"
        "from voicecli.engines import hardware, onnx_session, piper, smart_turn, whisper_loading\n"
        "os.environ['ORT_DISABLE_TELEMETRY'] = '0'\n"
        "real = builtins.__import__\n"
        "def watched(name, *rest, **more):\n"
        "    if name.partition('.')[0] in {'onnxruntime', 'piper', 'faster_whisper', 'ctranslate2'}:\n"
        "        print(os.environ['ORT_DISABLE_TELEMETRY'])\n"
        "        raise SystemExit\n"
        "    return real(name, *rest, **more)\n"
        "builtins.__import__ = watched\n"
        f"{load}\n"
    )
    assert said(code) == "1"


def test_proxies_are_taken_out_of_the_environment_and_telemetry_is_off() -> None:
    environ = {"HTTP_PROXY": "http://p", "all_proxy": "socks5://p", "No_Proxy": "x", "HOME": "/home/x"}
    seal(environ)
    assert environ == {"HOME": "/home/x", "HF_HUB_OFFLINE": "1", **NO_TELEMETRY}


@pytest.mark.skipif(sys.platform != "linux", reason="the folder is elsewhere")
def test_the_identifier_is_found_and_removed_without_what_is_not_of_onnxruntime(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert identifier_folder() is None
    folder = tmp_path / "Microsoft/DeveloperTools/.onnxruntime"
    folder.mkdir(parents=True)
    neighbour = folder.parent / "deviceid"
    for file in (neighbour, folder / "deviceid", folder / "onnxruntime.db", folder / "mine"):
        file.write_text("x", encoding="utf-8")
    assert identifier_folder() == folder
    remove_identifier(folder)
    assert [each.name for each in folder.iterdir()] == ["mine"]
    (folder / "mine").unlink()
    remove_identifier(folder)
    assert identifier_folder() is None
    assert neighbour.exists()
