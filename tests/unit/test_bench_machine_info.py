"""The description of the measured machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from voicecli.bench import machine_info


def test_the_processor_is_called_by_its_name(tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: Fast: Processor 3000\n\nprocessor\t: 1\nmodel name\t: Other\n")
    assert machine_info.cpu_name(info) == "Fast: Processor 3000"


def test_a_machine_that_does_not_tell_is_still_called_something(tmp_path: Path) -> None:
    assert machine_info.cpu_name(tmp_path / "missing")


def test_this_machine_can_be_described() -> None:
    here = machine_info.describe()
    assert 1 <= here.cores <= here.logical_cores
    assert here.python.count(".") == 2


@pytest.mark.parametrize(
    ("load", "cores", "busy"), [(None, 4, False), (0.1, 2, False), (1.9, 4, False), (2.1, 4, True), (1.1, 2, True)]
)
def test_a_machine_is_busy_when_half_of_it_is_at_work(load: float | None, cores: int, busy: bool) -> None:
    assert machine_info.is_busy(load, cores) is busy


def test_a_system_that_tells_no_load_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> tuple[float, float, float]:
        raise OSError("it is not told")

    monkeypatch.setattr(os, "getloadavg", fail, raising=False)
    assert machine_info.load_average() is None
