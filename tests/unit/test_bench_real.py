"""One short run of the benchmark with the models of the starter set."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from speech_fixtures import speak

SMALL = ("--stt", "whisper-tiny.en", "--llm", "smollm2-135m", "--voice", "en_US-joe-medium", "--device", "cpu")


@pytest.mark.engines
@pytest.mark.timeout(900)
def test_a_question_is_put_to_the_program_and_to_the_naive_pipeline(
    model_path: Callable[[str, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind, name in (("stt", "whisper-tiny.en"), ("llm", "smollm2-135m"), ("voice", "en_US-joe-medium")):
        model_path(kind, name)
    recordings = tmp_path / "recordings"
    speak(["What is the capital of France?"], recordings)
    for variable in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "voicecli", "bench", "--audio", str(recordings), "--json", *SMALL],
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    wanted = {"stt": "whisper-tiny.en", "llm": "smollm2-135m", "voice": "en_US-joe-medium"}
    assert {kind: found["models"][kind] for kind in wanted} == wanted

    (ours,), (naive,) = found["turns"], found["naive"]
    assert "capital of france" in ours["heard"].lower()
    assert "capital of france" in naive["heard"].lower()
    assert 0 < ours["endpoint_ms"] <= ours["first_sound_ms"]
    assert 0 < ours["transcript_ms"] < ours["first_token_ms"] < ours["first_audio_ms"]
    assert not ours["cut_in"]
    # Two accounts of one moment: they differ by the gate's idea of the end of speech, and by the silence that an answer begins with.
    assert abs(ours["first_sound_ms"] - ours["claimed_ms"]) < 3000
    assert naive["voice_to_voice_ms"] == pytest.approx(
        1000 + naive["stt_ms"] + naive["llm_ms"] + naive["tts_ms"], abs=0.01
    )
    assert naive["answer"]
    assert naive["answer_s"] > 0.3
    assert all(found["engines"][name] > 0 for name in ("stt_rtf", "tts_rtf", "tokens_per_s"))
    assert found["peak_bytes"] > 100_000_000
