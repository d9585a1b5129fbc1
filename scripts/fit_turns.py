"""Chooses the numbers of the endpointing rule on what `measure_turns.py` and `measure_endpoint.py` collected, by cross-validation over speakers.

A choice of numbers counts only if the spoken sentences (the sets "made" and "bench") are no worse than with the numbers that were there before; among
those, the one that tells ends from hesitations best on recordings of people is taken. `best` says which it is. `folds` chooses it anew without the
speakers of one part, for each part in turn, and judges those speakers by it: that is what the rule is worth for people that it was not chosen on.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from measure_turns import Pause, area, evidence_of, interval, read
from voicecli.speech import endpoint, turn_completeness

BEFORE = {
    "TURN_WEIGHT": 0.7,
    "TURN_FOR": 1.5,
    "TURN_AGAINST": 3.0,
    "HELD": 2.8,
    "FADING": 0.02,
    "SOUND_FOR": 0.3,
    "SURE": 2.1,
    "ASKED": 0.8,
}
"""The numbers before calls with both sides were found."""

GRID: Mapping[str, Sequence[float]] = {
    "TURN_WEIGHT": (0.4, 0.5, 0.7),
    "TURN_FOR": (1.5, 2.5, 4.0),
    "TURN_AGAINST": (3.0, 4.5),
    "HELD": (2.2, 2.8, 3.5),
    "FADING": (0.02, 0.03),
    "SOUND_FOR": (0.3, 0.5),
    "SURE": (2.1, 2.4),
    "ASKED": (0.8, 0.88),
}

WORDS = frozenset({"ASKED"})
"""The numbers that are in the module about words. The others are in that about waits."""

PAUSES_MS = (400, 700, 1000)
"""The pauses that are put into the spoken sentences."""

LATER_MS = 15.0
MORE_CUT = 2.5
"""How much later (median) and how much more often (points of percent, mean of `PAUSES_MS`) than before counts as no worse."""

PARTS = 8


@contextmanager
def numbers(chosen: Mapping[str, float]) -> Iterator[None]:
    """Puts numbers into the rule, and puts the old ones back."""
    kept = {name: now(name) for name in chosen}
    try:
        for name, value in chosen.items():
            setattr(module_of(name), name, value)
        yield
    finally:
        for name, value in kept.items():
            setattr(module_of(name), name, value)


def module_of(name: str) -> ModuleType:
    """The module of a number."""
    return turn_completeness if name in WORDS else endpoint


def now(name: str) -> float:
    """A number as it is in the rule."""
    return float(getattr(module_of(name), name))


def waits(pauses: Sequence[Pause], chosen: Mapping[str, float], patience: float = 1.0) -> list[float]:
    """How long each pause is waited out with these numbers."""
    with numbers(chosen):
        return [endpoint.wait(evidence_of(pause), endpoint.Patience(patience=patience)).ms for pause in pauses]


@dataclass(frozen=True, kw_only=True)
class Made:
    """How one half of the spoken sentences fares: when turns are over, and how many pauses are cut in on, by their length."""

    median_ms: float
    ninety_ms: float
    cut: tuple[float, ...]

    @staticmethod
    def of(pauses: Sequence[Pause], chosen: Mapping[str, float]) -> Made:
        """Judges the numbers."""
        got = list(zip(pauses, waits(pauses, chosen), strict=True))
        ends = [ms for pause, ms in got if pause.kind == "shift" and not pause.pauses_before]
        holds = [ms for pause, ms in got if pause.kind == "hold"]
        cut = tuple(100 * statistics.fmean(ms < length for ms in holds) for length in PAUSES_MS)
        return Made(median_ms=statistics.median(ends), ninety_ms=float(np.quantile(ends, 0.9)), cut=cut)

    def no_worse_than(self, other: Made) -> bool:
        """Whether the difference is within what a few sentences make."""
        more = statistics.fmean(self.cut) - statistics.fmean(other.cut)
        return self.median_ms <= other.median_ms + LATER_MS and more <= MORE_CUT

    def __str__(self) -> str:
        cut = ", ".join(f"{length} ms {share:.0f} %" for length, share in zip(PAUSES_MS, self.cut, strict=True))
        return f"over after {self.median_ms:.0f} ms (90 %: {self.ninety_ms:.0f} ms), cut in on {cut}"


def allowed(made: Sequence[Sequence[Pause]]) -> list[dict[str, float]]:
    """The choices of the grid that leave no half of the spoken sentences worse than before."""
    before = [Made.of(half, BEFORE) for half in made]
    every = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    return [
        chosen
        for chosen in every
        if all(Made.of(half, chosen).no_worse_than(old) for half, old in zip(made, before, strict=True))
    ]


def curve(pauses: Sequence[Pause], scores: Sequence[float]) -> float:
    """The area under the curve, by waits."""
    ends = [-ms for pause, ms in zip(pauses, scores, strict=True) if pause.kind == "shift"]
    holds = [-ms for pause, ms in zip(pauses, scores, strict=True) if pause.kind == "hold"]
    return area(ends, holds)


def at_cut_in(pauses: Sequence[Pause], chosen: Mapping[str, float], share: float) -> tuple[float, float]:
    """The patience that cuts in on no more than `share` of the hesitations, and the median wait at ends with it."""
    patience = next(
        value / 100 for value in range(50, 401) if cut_in(pauses, waits(pauses, chosen, value / 100)) <= share
    )
    got = waits(pauses, chosen, patience)
    return patience, statistics.median(ms for pause, ms in zip(pauses, got, strict=True) if pause.kind == "shift")


def cut_in(pauses: Sequence[Pause], scores: Sequence[float]) -> float:
    """How many of the hesitations are cut in on."""
    return statistics.fmean(ms < pause.gap_ms for pause, ms in zip(pauses, scores, strict=True) if pause.kind == "hold")


def describe(name: str, people: Sequence[Pause], scores: Sequence[float]) -> None:
    """Prints what waits are worth."""
    low, high = interval(people, [-ms for ms in scores])
    median = statistics.median(ms for pause, ms in zip(people, scores, strict=True) if pause.kind == "shift")
    print(
        f"{name:10} area {curve(people, scores):.3f} ({low:.2f} to {high:.2f}), cut in on "
        f"{100 * cut_in(people, scores):.0f} %, over after {median:.0f} ms"
    )


def folds(people: Sequence[Pause], choices: Sequence[Mapping[str, float]], seed: int) -> list[float]:
    """The waits of everybody, by numbers that were chosen without them."""
    speaker = np.array([f"{pause.group} {pause.speaker}" for pause in people])
    names = np.unique(speaker)
    np.random.default_rng(seed).shuffle(names)
    part = {name: number % PARTS for number, name in enumerate(names)}
    of = np.array([part[name] for name in speaker])
    every = np.array([waits(people, chosen) for chosen in choices])
    held_out = np.zeros(len(people))
    for number in range(PARTS):
        training = [pause for pause, out in zip(people, of == number, strict=True) if not out]
        best = max(range(len(choices)), key=lambda index: curve(training, list(every[index][of != number])))
        held_out[of == number] = every[best][of == number]
    return [float(ms) for ms in held_out]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--made", required=True, nargs="+", help="what `measure_turns.py made` and `asked` wrote")
    parser.add_argument("people", nargs="+", help="what `measure_turns.py collect` wrote")
    args = parser.parse_args()
    every = read([Path(name) for name in args.made])
    made = [[pause for pause in every if pause.group == name] for name in sorted({pause.group for pause in every})]
    people = read([Path(name) for name in args.people])
    present = {name: now(name) for name in BEFORE}
    choices = allowed(made)
    print(f"{len(choices)} choices leave the spoken sentences no worse")
    best = max(choices, key=lambda chosen: curve(people, waits(people, chosen)))
    share = cut_in(people, waits(people, BEFORE))
    for name, chosen in (("before", BEFORE), ("now", present), ("best", best)):
        print(f"\n{name}: {chosen}")
        describe("people", people, waits(people, chosen))
        print(
            "           with as many cut in on as before: patience {:.2f}, over after {:.0f} ms".format(
                *at_cut_in(people, chosen, share)
            )
        )
        for half in made:
            print(f"{half[0].group:10} {Made.of(half, chosen)}")
    print()
    for seed in range(3):
        describe("held out", people, folds(people, choices, seed))


if __name__ == "__main__":
    main()
