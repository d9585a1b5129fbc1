"""Runs the tests in a random order: the files, and the tests of each file. `--seed N` runs them in the same order again."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import pytest

SEEDS = 1_000_000


def add_option(parser: pytest.Parser) -> None:
    """Adds `--seed` to the options of pytest."""
    parser.addoption(
        "--seed", type=int, default=None, help="run the tests in the order of this seed; 0 as they are written"
    )


def choose_seed(config: pytest.Config) -> None:
    """Chooses a seed if none was given. A worker of pytest-xdist takes that of the process that started it: all must have the same order."""
    if config.option.seed is None:
        given = getattr(config, "workerinput", {})
        config.option.seed = given.get("seed") or random.SystemRandom().randrange(1, SEEDS)


def shuffle(items: list[pytest.Item], seed: int) -> None:
    """Shuffles `items` in place. The tests of a file stay together, so that what they share is set up once."""
    if seed == 0:
        return
    files: defaultdict[Path, list[pytest.Item]] = defaultdict(list)
    for item in items:
        files[item.path].append(item)
    order = random.Random(seed)
    groups = list(files.values())
    order.shuffle(groups)
    for group in groups:
        order.shuffle(group)
    items[:] = [item for group in groups for item in group]


def summary(seed: int) -> str:
    """Returns the line that names the seed, for the end of the run."""
    return (
        f"Random order: --seed {seed} repeats it." if seed else "The tests ran in the order in which they are written."
    )
