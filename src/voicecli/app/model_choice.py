"""Chooses models for this machine and explains the choice before anything is downloaded."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from voicecli.app import console
from voicecli.config import paths
from voicecli.models.progress import human_size
from voicecli.models.suitable import LANGUAGE_MODELS, Machine, suited

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from voicecli.config.schema import Settings
    from voicecli.models.source_types import Source
    from voicecli.models.store import ModelStore

WORDS_PER_TOKEN = 0.75
"""English words per token, on average. It is used for estimates that are shown only."""


def can_talk(store: ModelStore) -> bool:
    """Whether the models that a conversation needs are installed."""
    return all(store.best(kind) is not None for kind in ("stt", "llm", "voice"))


def offer(fetch: Callable[[], None]) -> None:
    """Offers to download models if none at all are installed and the user can answer.

    Args:
        fetch: Asks, and downloads the models that suit this machine.

    Raises:
        VoiceCliError: The user declines, or the models could not be downloaded.
    """
    from voicecli.models.store import ModelStore

    if ModelStore.default().installed() or not _somebody_is_there():
        return
    console.remark("There are no models yet.")
    fetch()


def remarks(used: Mapping[str, str], settings: Settings) -> Iterator[tuple[str, str]]:
    """Yields the notices about the models at the start of a session, each as a code and a sentence.

    Args:
        used: The models in use, by kind.
        settings: Those of `models` are used.
    """
    from voicecli.app import engine_setup

    names = ", ".join(name for kind, name in used.items() if kind != "turn")
    better = engine_setup.better_command(settings)
    yield "models", f"Using {names}." + (f" For better ones: {better}" if better else "")
    if settings.models.llm == "auto" and (message := better_model_once(used.get("llm", ""))):
        yield "better-model", message


def better_model_once(llm: str) -> str:
    """Returns a message for a user of the smallest language model, once ever; empty if there is nothing to say."""
    told = paths.state_dir() / "told-of-better-models"
    if llm != LANGUAGE_MODELS[-1] or told.exists():
        return ""
    try:
        paths.private_dir(told.parent)
        told.touch(mode=0o600)
    except OSError:
        return ""  # it would be shown every time
    return "This is the smallest language model. A better one for this machine: voicecli models get"


def for_this_machine(store: ModelStore, *, source: Source, hub_address: str | None) -> tuple[str, ...]:
    """Measures the machine for a second, chooses models, and prints the choice and its reasons in two lines.

    Args:
        store: The model store.
        source: Where models may come from. With `index` the model hub is not asked.
        hub_address: The address of the model hub; None for the public one.

    Returns:
        Names of models.
    """
    machine = _machine(store, source=source, hub_address=hub_address)
    choice = suited(machine, store.catalog)
    total_bytes = sum(store.catalog.find(name).size_bytes for name in choice.names)
    because = f"It has {human_size(machine.memory_bytes)} of memory"
    if choice.tokens_per_s:
        because += f" and reads it at {machine.read_gb_s:.0f} GB/s: about {choice.tokens_per_s * WORDS_PER_TOKEN:.0f} words a second"
    left_out = choice.passed_over[-1:]
    if left_out:
        because += f". Not {left_out[0][0]}: {left_out[0][1]}"
    console.remark(f"Chosen for this machine: {', '.join(choice.names)} ({human_size(total_bytes)}). {because}.")
    other = "starter" if choice.names[0] != LANGUAGE_MODELS[-1] else "recommended"
    console.remark(f"To choose otherwise: voicecli models get {other}, or one of: voicecli models list")
    return choice.names


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _machine(store: ModelStore, *, source: Source, hub_address: str | None) -> Machine:
    from voicecli.engines import calibration
    from voicecli.models import model_hub

    folder = store.root
    while not folder.exists():
        folder = folder.parent
    return Machine(
        memory_bytes=calibration.memory_bytes(),
        free_disk_bytes=shutil.disk_usage(folder).free,
        card_bytes=calibration.card_bytes(),
        read_gb_s=calibration.read_gb_s(),
        gflops=calibration.gflops(),
        hub=source != "index" and model_hub.is_reachable(hub_address or model_hub.address()),
    )
