"""Chooses models that suit a machine by its memory, disk, speed and graphics card. The name of its processor does not matter.

The module is pure: it takes facts about the machine and returns names. `engines.calibration` measures the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from voicecli.models.catalog import Catalog, Entry

LANGUAGE_MODELS: Final = (
    "llama-3.1-8b",
    "llama-3.2-3b",
    "llama-3.2-1b",
    "qwen2.5-coder-1.5b",
    "qwen2.5-coder-0.5b",
)
"""Language models in order of preference. The last one is for machines that are too small for the others."""

NEEDS_CARD: Final = frozenset({"llama-3.1-8b"})

SLOWEST_TOKENS_PER_S: Final = 8.0
"""About six words a second, twice as fast as the voice speaks. A slower model leaves gaps between its sentences."""

TOKENS_PER_READ: Final = 0.9
"""Tokens written per reading of the whole file; writing a token reads it once. Measured on two cores that read 30 GB/s: 25 to 33 GB/s were used."""

REST_BYTES: Final = 1_200_000_000
"""The memory that a session needs besides its language model. Measured with Whisper base, a medium voice and the turn model."""

CONTEXT_SHARE: Final = 1.1
"""Size of a model in memory, relative to its file. The context adds to it."""

MEMORY_SHARE: Final = 0.7
"""The share of the memory that a session may use. The rest is for the system and other programs."""

CARD_SHARE: Final = 0.8
SPARE_DISK_BYTES: Final = 1_000_000_000
COPIES_ON_DISK: Final = 2
"""A model extracted from packages needs disk space twice: for the packages and for the model."""

SMALL_GFLOPS: Final = 150.0
"""The speed above which Whisper small is chosen. It computes about four times as much as base, which takes 0.2 s per sentence at 40 GFLOP/s."""

RECOGNISERS: Final = ("whisper-large-v3-turbo", "whisper-small", "whisper-base")
OTHERS: Final = ("en_US-joe-medium", "smart-turn-v3.2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The facts about a machine that the choice depends on.

    Attributes:
        memory_bytes: Memory that this process may use.
        free_disk_bytes: Free space where models are kept.
        card_bytes: Memory of a graphics card that llama.cpp can use; 0 without one.
        read_gb_s: How fast all cores together read memory, in GB/s.
        gflops: How fast all cores together multiply matrices of 32-bit numbers, in GFLOP/s.
        hub: Whether the model hub can be reached.
    """

    memory_bytes: int
    free_disk_bytes: int
    card_bytes: int
    read_gb_s: float
    gflops: float
    hub: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suited:
    """The chosen models.

    Attributes:
        names: Models of the catalogue: language model, recogniser, voice, turn model.
        tokens_per_s: The approximate speed of the language model; 0.0 on a card.
        passed_over: Larger language models, and the reason why each was not chosen, in a few words.
    """

    names: tuple[str, ...]
    tokens_per_s: float
    passed_over: tuple[tuple[str, str], ...]


def suited(machine: Machine, catalog: Catalog) -> Suited:
    """Chooses the models for `machine`."""
    passed_over: list[tuple[str, str]] = []
    for name in LANGUAGE_MODELS:
        objection = _objection(machine, catalog.find(name))
        if not objection or name == LANGUAGE_MODELS[-1]:
            break
        passed_over.append((name, objection))
    recogniser = _recogniser(machine)
    speed = 0.0 if name in NEEDS_CARD else tokens_per_s(machine, catalog.find(name))
    return Suited(names=(name, recogniser, *OTHERS), tokens_per_s=speed, passed_over=tuple(passed_over))


def tokens_per_s(machine: Machine, entry: Entry) -> float:
    """The approximate speed at which a language model writes on the processor."""
    return TOKENS_PER_READ * machine.read_gb_s * 1e9 / entry.size_bytes


def _objection(machine: Machine, entry: Entry) -> str:
    """Returns the reason why a language model is not suitable for this machine; empty if it is suitable."""
    size = entry.size_bytes
    if not machine.hub and not any(variant.carriers for variant in entry.variants):
        return "the model hub cannot be reached"
    if size * COPIES_ON_DISK + SPARE_DISK_BYTES > machine.free_disk_bytes:
        return "the disk is too full"
    if entry.name in NEEDS_CARD:
        return "" if size * CONTEXT_SHARE <= machine.card_bytes * CARD_SHARE else "it needs a graphics card"
    if size * CONTEXT_SHARE + REST_BYTES > machine.memory_bytes * MEMORY_SHARE:
        return "there is too little memory"
    if tokens_per_s(machine, entry) < SLOWEST_TOKENS_PER_S:
        return "it would write too slowly here"
    return ""


def _recogniser(machine: Machine) -> str:
    best, better, base = RECOGNISERS
    if not machine.hub:
        return base
    if machine.card_bytes:
        return best
    return better if machine.gflops >= SMALL_GFLOPS else base
