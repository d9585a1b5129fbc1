"""Models are chosen by the machine's resources and speed, with the real catalogue."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicecli.models import catalog
from voicecli.models.suitable import LANGUAGE_MODELS, RECOGNISERS, Machine, suited

CATALOG = catalog.load()
LAPTOP = Machine(
    memory_bytes=16_000_000_000,
    free_disk_bytes=100_000_000_000,
    card_bytes=0,
    read_gb_s=30.0,
    gflops=40.0,
    hub=True,
)
CARD = 24_000_000_000


@pytest.mark.parametrize(
    ("changes", "llm", "stt"),
    [
        ({}, "llama-3.2-3b", "whisper-base"),
        ({"gflops": 300.0}, "llama-3.2-3b", "whisper-small"),
        ({"read_gb_s": 14.0}, "llama-3.2-1b", "whisper-base"),
        ({"memory_bytes": 4_000_000_000}, "llama-3.2-1b", "whisper-base"),
        ({"memory_bytes": 2_000_000_000}, "qwen2.5-coder-0.5b", "whisper-base"),
        ({"read_gb_s": 3.0}, "qwen2.5-coder-0.5b", "whisper-base"),
        ({"card_bytes": CARD}, "llama-3.1-8b", "whisper-large-v3-turbo"),
        ({"card_bytes": 6_000_000_000}, "llama-3.2-3b", "whisper-large-v3-turbo"),
        ({"hub": False}, "qwen2.5-coder-1.5b", "whisper-base"),
        ({"hub": False, "card_bytes": CARD, "gflops": 900.0}, "qwen2.5-coder-1.5b", "whisper-base"),
        ({"hub": False, "memory_bytes": 3_000_000_000}, "qwen2.5-coder-0.5b", "whisper-base"),
        ({"free_disk_bytes": 4_000_000_000}, "llama-3.2-1b", "whisper-base"),
        ({"free_disk_bytes": 1_000}, "qwen2.5-coder-0.5b", "whisper-base"),
    ],
)
def test_the_choice_follows_the_machine(changes: dict[str, float | bool], llm: str, stt: str) -> None:
    choice = suited(dataclasses.replace(LAPTOP, **changes), CATALOG)  # type: ignore[arg-type]
    assert choice.names == (llm, stt, "en_US-joe-medium", "smart-turn-v3.2")
    assert [name for name, _ in choice.passed_over] == list(LANGUAGE_MODELS[: LANGUAGE_MODELS.index(llm)])


def test_every_larger_model_that_is_passed_over_has_a_reason() -> None:
    choice = suited(dataclasses.replace(LAPTOP, hub=False), CATALOG)
    assert dict(choice.passed_over)["llama-3.2-1b"] == "the model hub cannot be reached"
    choice = suited(dataclasses.replace(LAPTOP, read_gb_s=14.0), CATALOG)
    assert dict(choice.passed_over) == {
        "llama-3.1-8b": "it needs a graphics card",
        "llama-3.2-3b": "it would write too slowly here",
    }


machines = st.builds(
    Machine,
    memory_bytes=st.integers(1, 10**12),
    free_disk_bytes=st.integers(0, 10**13),
    card_bytes=st.integers(0, 10**12),
    read_gb_s=st.floats(0.1, 1000),
    gflops=st.floats(0.1, 10_000),
    hub=st.booleans(),
)


@given(machines)
def test_every_machine_gets_models_of_the_catalogue_that_can_be_had(machine: Machine) -> None:
    choice = suited(machine, CATALOG)
    entries = [CATALOG.find(name) for name in choice.names]
    assert [entry.kind for entry in entries] == ["llm", "stt", "voice", "turn"]
    assert choice.names[0] in LANGUAGE_MODELS
    assert choice.names[1] in RECOGNISERS
    if not machine.hub:
        assert all(any(variant.carriers for variant in entry.variants) for entry in entries)


@given(machines, st.sampled_from(["memory_bytes", "read_gb_s", "free_disk_bytes", "card_bytes"]))
def test_more_of_anything_never_gives_a_lesser_model(machine: Machine, what: str) -> None:
    more = dataclasses.replace(machine, **{what: getattr(machine, what) * 2})
    before, after = (LANGUAGE_MODELS.index(suited(each, CATALOG).names[0]) for each in (machine, more))
    assert after <= before
