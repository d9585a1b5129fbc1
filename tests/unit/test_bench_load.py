"""Busy loops beside the benchmark."""

from __future__ import annotations

import sys
import time

import pytest

from voicecli.bench.processor_time import busy_loops, processor_s


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux reports processor time")
def test_loops_compute_while_the_block_runs_and_end_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    begun: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def noted(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        begun.append(start(*arguments, **options))  # type: ignore[call-overload] # as it was called
        return begun[-1]

    monkeypatch.setattr("subprocess.Popen", noted)
    with busy_loops(2):
        deadline_s = time.monotonic() + 10
        while time.monotonic() < deadline_s and not all((processor_s(each.pid) or 0) > 0.1 for each in begun):
            time.sleep(0.02)
        assert [(processor_s(each.pid) or 0) > 0.1 for each in begun] == [True, True]
    assert all(each.poll() is not None for each in begun)


def test_a_process_that_is_gone_has_no_time() -> None:
    assert processor_s(2**22 + 1) is None
