"""Which models suit a machine: chosen by its memory, disk, speed and graphics card, not by the name of its processor.

Pure: what is known of the machine comes in, names come out. `engines.calibration` measures the machine.
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
"""Writing a token reads the whole file once. Measured on two cores that read 30 GB/s: 25 to 33 GB/s were used."""

REST_BYTES: Final = 1_200_000_000
"""What a session needs besides its language model. Measured with Whisper base, a medium voice and the turn model."""

CONTEXT_SHARE: Final = 1.1
"""A model in memory is larger than its file by its context."""

MEMORY_SHARE: Final = 0.7
"""How much of the memory a session may take. The rest is for the system and what else the person does."""

CARD_SHARE: Final = 0.8
SPARE_DISK_BYTES: Final = 1_000_000_000
COPIES_ON_DISK: Final = 2
"""While a model comes out of packages, the packages and the model lie on the disk."""

SMALL_GFLOPS: Final = 150.0
"""Whisper small computes about four times as much as base, which takes 0.2 s for a sentence at 40 GFLOP/s."""

RECOGNISERS: Final = ("whisper-large-v3-turbo", "whisper-small", "whisper-base")
OTHERS: Final = ("en_US-joe-medium", "smart-turn-v3.2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What counts for the choice.

    Attributes:
        memory_bytes: Memory that this process may use.
        free_disk_bytes: Room where models are kept.
        card_bytes: Memory of a graphics card that llama.cpp can use; 0 without one.
        read_gb_s: How fast all cores together read memory.
        gflops: How fast they multiply matrices of 32-bit numbers.
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
    """The choice.

    Attributes:
        names: Models of the catalogue: language model, recogniser, voice, turn model.
        tokens_per_s: How fast the language model will write, roughly; 0.0 on a card.
        passed_over: Larger language models and why each was not taken, in a few words.
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
    """How fast a language model will write on the processor, roughly."""
    return TOKENS_PER_READ * machine.read_gb_s * 1e9 / entry.size_bytes


def _objection(machine: Machine, entry: Entry) -> str:
    """Why a language model is not for this machine; empty if it is."""
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
