"""Threads are divided among the engines, and cores are counted as inference can use them."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from voicecli.engines import hardware
from voicecli.engines.hardware import on_battery
from voicecli.engines.threads import budget, in_passing, share_cores


def test_two_cores_are_given_to_every_engine_but_the_recogniser() -> None:
    shared = budget(2)
    assert (shared.stt, shared.llm, shared.voice, shared.detector) == (1, 2, 2, 1)


def test_with_more_cores_the_language_model_leaves_room_for_the_voice() -> None:
    assert budget(4).llm == 3
    assert budget(6).llm + 1 == 6


def test_many_cores_are_not_all_taken() -> None:
    shared = budget(64)
    assert (shared.stt, shared.llm, shared.voice) == (8, 8, 4)


@pytest.mark.parametrize("cores", [-1, 0, 1])
def test_every_engine_gets_a_thread_even_of_one_core(cores: int) -> None:
    shared = budget(cores)
    assert min(shared.stt, shared.llm, shared.voice, shared.detector) == 1


def test_what_a_user_asks_for_is_given() -> None:
    shared = budget(4, stt=7, llm=1, voice=3)
    assert (shared.stt, shared.llm, shared.voice) == (7, 1, 3)


def test_two_threads_of_one_core_count_once() -> None:
    siblings = {0: "0,4", 4: "0,4", 1: "1,5", 5: "1,5"}
    assert hardware._distinct_cores({0, 1, 4, 5}, lambda cpu: siblings[cpu]) == 2


def test_without_a_topology_every_cpu_is_a_core() -> None:
    assert hardware._distinct_cores({0, 1, 2}, lambda _: "") == 3


@pytest.mark.parametrize(
    ("content", "cores"),
    [("max 100000", None), ("150000 100000", 2), ("50000 100000", 1), ("", None), ("rubbish", None)],
)
def test_a_container_s_quota_is_read(content: str, cores: int | None) -> None:
    assert hardware._quota_cores(content) == cores


def test_this_machine_has_a_core() -> None:
    assert hardware.physical_cores() >= 1


def test_threads_are_told_to_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    monkeypatch.setenv("GOMP_SPINCOUNT", "")
    monkeypatch.delenv("GOMP_SPINCOUNT")
    share_cores()
    assert int(os.environ["GOMP_SPINCOUNT"]) < 300_000


def test_a_user_s_own_settings_of_openmp_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOMP_SPINCOUNT", "5")
    share_cores()
    assert os.environ["GOMP_SPINCOUNT"] == "5"


def supply(root: Path, name: str, **values: str) -> None:
    (root / name).mkdir(parents=True)
    for key, value in values.items():
        (root / name / key).write_text(f"{value}\n")


@pytest.mark.parametrize(("plugged", "expected"), [(True, False), (False, True), (None, False)])
def test_a_laptop_without_its_cable_is_on_battery(
    monkeypatch: pytest.MonkeyPatch, plugged: bool | None, expected: bool
) -> None:
    found = SimpleNamespace(percent=50, power_plugged=plugged)
    monkeypatch.setattr(psutil, "sensors_battery", lambda: found, raising=False)
    assert on_battery() is expected


def test_a_machine_without_a_battery_is_not_on_battery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: None, raising=False)
    assert not on_battery()


def test_what_is_done_in_passing_leaves_no_thread_and_hides_no_error() -> None:
    before = threading.active_count()
    assert in_passing(lambda: threading.current_thread() is threading.main_thread()) is False
    with pytest.raises(ZeroDivisionError):
        in_passing(lambda: 1 // 0)
    assert threading.active_count() == before
