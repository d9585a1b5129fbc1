"""Programs that print one event per line: small real ones."""

from __future__ import annotations

import os
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from voicecli.bench import process
from voicecli.bench.process import run
from voicecli.bench.records import Record
from voicecli.config.schema import SETTINGS
from voicecli.errors import VoiceCliError

Module = Callable[[str], str]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Module:
    """Returns a function that creates a module from code and returns its name."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(code: str) -> str:
        (tmp_path / "measured_program.py").write_text(textwrap.dedent(code))
        return "measured_program"

    return make


def test_events_are_read_as_they_come_and_other_lines_are_not_events(module: Module) -> None:
    name = module("""
        import json, sys
        print("a library says hello")
        print("[1, 2]")
        print('{"event": "given", "text": %s}' % json.dumps(sys.stdin.read()))
        print('{"event": "arguments", "text": "%s"}' % " ".join(sys.argv[1:]))
    """)
    seen: list[Record] = []
    ran = run([name, "one", "two"], stdin="a job", on_record=seen.append)
    assert seen == [{"event": "given", "text": "a job"}, {"event": "arguments", "text": "one two"}]
    assert list(ran.records) == seen


def test_no_tool_answers_in_the_place_of_the_model(module: Module) -> None:
    ran = run([
        module("""
        import os
        print('{"event": "tools", "text": "%s"}' % {os.environ["VOICECLI_" + name.upper().replace(".", "_")] for name in NAMES})
    """.replace("NAMES", repr([name for name in SETTINGS if name.startswith("tools.")])))
    ])  # fmt: skip
    assert [record["text"] for record in ran.records] == ["{'forbid'}"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell")
def test_the_most_memory_of_a_program_is_known(module: Module) -> None:
    ran = run([module("held = bytearray(200_000_000)")])
    assert ran.peak_bytes is not None
    assert 200_000_000 < ran.peak_bytes < 2_000_000_000


def test_a_program_that_fails_is_heard_in_its_own_words(module: Module) -> None:
    name = module("""
        import sys
        print('{"event": "error", "turn": 3, "code": "x", "message": "A turn failed.", "hint": ""}')
        print('{"event": "error", "code": "x", "message": "It cannot go on.", "hint": "Do this."}')
        sys.exit(4)
    """)
    with pytest.raises(VoiceCliError, match="It cannot go on") as raised:
        run([name])
    assert raised.value.hint == "Do this."


def test_a_program_that_fails_without_an_event_is_quoted(module: Module) -> None:
    with pytest.raises(VoiceCliError, match="ended with 1 while it was measured: ZeroDivisionError: division by zero"):
        run([module("1 / 0")])


@pytest.mark.skipif(sys.platform == "win32", reason="signals are for POSIX")
def test_a_program_that_is_killed_is_an_error(module: Module) -> None:
    with pytest.raises(VoiceCliError, match=f"ended with {-signal.SIGKILL}"):
        run([module("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")])


def test_a_program_that_has_hung_is_ended(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SILENT_S", 0.5)
    with pytest.raises(VoiceCliError, match="ended with"):
        run([module("import time; time.sleep(600)")])


@pytest.mark.skipif(sys.platform == "win32", reason="asks for a process by its number")
def test_ctrl_c_leaves_no_program_behind(module: Module) -> None:
    name = module("""
        import os, time
        print('{"event": "running", "number": %d}' % os.getpid(), flush=True)
        time.sleep(600)
    """)
    pids: list[int] = []

    def interrupt(record: Record) -> None:
        pids.append(record["number"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run([name], on_record=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_file_in_the_current_folder_is_no_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert run(["voicecli.pcm"]).records == ()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports it")
def test_processor_time_is_that_of_the_program_and_its_children_between_ready_and_bye(module: Module) -> None:
    ran = run([
        module("""
        import subprocess, sys, time
        def burn(seconds):
            began = time.process_time()
            while time.process_time() - began < seconds:
                pass
        if sys.argv[1:]:
            burn(0.3)
            sys.exit()
        burn(0.3)
        print('{"event": "ready"}', flush=True)
        time.sleep(0.2)  # it is looked at when the line has arrived
        burn(0.2)
        subprocess.run([sys.executable, __file__, "child"], check=True)
        print('{"event": "bye"}', flush=True)
        time.sleep(0.3)
    """)
    ])  # fmt: skip
    assert ran.processor_s is not None
    assert 0.4 <= ran.processor_s <= 0.9
    assert run([module("pass")]).processor_s is None
