"""A whole spoken session, observed from outside: nothing in it tries to reach, or to look up, another machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fakes.program import Chat, command, files
from speech_fixtures import speak
from voicecli import NO_TELEMETRY
from voicecli.audio.sound_files import WavWriter
from voicecli.offline.network_observer import Namespace, Witness, available
from voicecli.offline.seccomp import ARCHITECTURES
from voicecli.pcm import RATE_HZ

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(sys.platform != "linux", reason="what looks on from outside is there on Linux"),
]

QUIET_S = 14
"""How long the session goes on after its last answer. onnxruntime's telemetry, left on, looks its collector up after ten seconds."""

BUILD_SERVERS = (
    "APPVEYOR",
    "BITBUCKET_BUILD_NUMBER",
    "BUILDKITE",
    "CI",
    "CIRCLECI",
    "CODEBUILD_BUILD_ID",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "TF_BUILD",
    "TRAVIS",
)
"""Where one of these is set, telemetry switches itself off, and this test would see nothing."""

PLANTED = """
import ctypes, threading
libc, here = ctypes.CDLL(None), ctypes.create_string_buffer(16)
here[:8] = (2).to_bytes(2, "little") + (9).to_bytes(2, "big") + bytes([192, 0, 2, 1])  # of a block set aside for documentation
def attempt():
    opened = libc.socket(2, 2, 0)
    libc.sendto(opened, b"x", 1, 0, here, 16) if {sends} else libc.connect(opened, here, 16)
thread = threading.Thread(target=attempt); thread.start(); thread.join()
"""


@pytest.fixture(scope="module")
def witnesses() -> list[Witness]:
    found, reasons = available(root=os.geteuid() == 0)
    if not found:
        pytest.skip(f"nobody can look on here: {'; '.join(reasons)}")
    return found


def test_a_witness_sees_what_native_code_tries(witnesses: list[Witness], tmp_path: Path) -> None:
    for witness in witnesses:
        log = tmp_path / "log"
        code = PLANTED.format(sends=isinstance(witness, Namespace))  # where a packet is sent, it stays in the namespace
        subprocess.run([*witness.prefix(log), sys.executable, "-c", code], check=True, timeout=60)
        assert witness.attempts(log), witness.name


def test_a_spoken_session_reaches_nobody(
    witnesses: list[Witness], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*BUILD_SERVERS, *NO_TELEMETRY):
        monkeypatch.delenv(name, raising=False)
    question = speak(["What is the capital of France?"], tmp_path)
    silence, log, cache = tmp_path / "silence.wav", tmp_path / "log", tmp_path / "cache"
    with WavWriter(silence, RATE_HZ) as file:
        file.write(np.zeros(QUIET_S * RATE_HZ, dtype=np.int16))
    prefix = witnesses[0].prefix(log)
    with Chat(
        *files([*question, silence]),
        "--speaker",
        str(tmp_path / "out.wav"),
        prefix=prefix,
        env={"XDG_CACHE_HOME": str(cache)},
    ) as chat:
        assert chat.end() == 0, chat.stderr()
        ready = chat.told("ready")[0]
        assert ready["offline"] is True
        assert "python" in ready["walls"]
        assert ("system-calls" in ready["walls"]) == (platform.machine() in ARCHITECTURES)
        assert "Paris" in chat.told("reply")[0]["text"]
        assert chat.told("bye")[0]["t"] > QUIET_S
    assert witnesses[0].attempts(log) == []
    assert not (cache / "Microsoft").exists()


@pytest.mark.usefixtures("witnesses")
@pytest.mark.parametrize("rights", ["as it is", "ordinary", "another user"])
def test_verify_offline_proves_it(rights: str) -> None:
    prefixes = {
        "ordinary": ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"],
        "another user": ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"],
    }
    prefix = prefixes.get(rights, [])
    if prefix and (os.geteuid() != 0 or subprocess.run([*prefix, "true"], check=False).returncode != 0):
        pytest.skip("this is an ordinary user already, or the system makes none")
    done = subprocess.run(
        [*prefix, *command("verify-offline", "--json")], capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(done.stdout)
    assert record["proved"]
    assert record["conversation"]["witness"]
