"""What fuzzing has kept, and some mutations of it. `python scripts/fuzz.py --seconds 600` looks longer."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sys
import tomllib
from collections.abc import Iterator
from types import FrameType

import pytest

from fuzz import CORPUS, Coverage, fingerprint, kept_inputs
from fuzz_checks import BrokenPromiseError, expect_clean
from fuzz_harnesses import HARNESSES, _control_server
from fuzz_mutations import Mutator

FEW = {
    "containers-apart": 1,
    "pdf-apart": 1,
    "templates": 12,
    "containers": 25,
    "database": 15,
    "config-write": 15,
    "database-rows": 40,
}
"""Mutations of harnesses whose cases take long."""

MUTATIONS = 60
LONGEST_S = 3.0
"""Processor time of a case."""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no alarms on Windows")


@pytest.fixture
def alarm() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGPROF, ring)
    yield
    signal.setitimer(signal.ITIMER_PROF, 0)
    signal.signal(signal.SIGPROF, before)


@pytest.fixture
def _servers_end() -> Iterator[None]:
    """Closes the server that a harness keeps for all its cases."""
    yield
    if _control_server.cache_info().currsize:
        _control_server().close()
        _control_server.cache_clear()


@pytest.mark.usefixtures("_servers_end")
@pytest.mark.parametrize("name", HARNESSES)
def test_nothing_that_is_kept_and_no_mutation_of_it_does_harm(name: str, alarm: None) -> None:  # noqa: ARG001 - it rings
    kept = kept_inputs(name)
    assert kept, f"python scripts/fuzz.py --make-corpus writes inputs for {name}"
    mutator = Mutator(random.Random(1), HARNESSES[name].words, HARNESSES[name].shape)
    chance = random.Random(2)
    HARNESSES[name].run(kept[0])  # modules are loaded now
    tried = kept[:2] if name.endswith("-apart") else kept
    for data in [*tried, *(mutator.mutate(chance.choice(kept), kept) for _ in range(FEW.get(name, MUTATIONS)))]:
        signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
        HARNESSES[name].run(data)
        signal.setitimer(signal.ITIMER_PROF, 0)


def test_the_corpus_is_small() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == set(HARNESSES)
    assert sum(path.stat().st_size for path in files) < 1_500_000


def test_the_same_seed_makes_the_same_mutations() -> None:
    made = [Mutator(random.Random(3), [b"word"]).mutate(b"some bytes", [b"others"]) for _ in range(2)]
    assert made[0] == made[1]


@pytest.mark.parametrize("shape", ["json", "toml", "lines"])
def test_mutations_that_keep_a_shape_can_be_parsed(shape: str) -> None:
    seed = {
        "json": b'{"a": [1, {"b": "c"}]}',
        "toml": b'a = [1, 2]\n[b]\nc = "d"\n',
        "lines": b'data: {"a": [1, {"b": "c"}]}\n\ndata: [DONE]',
    }[shape]
    mutator = Mutator(random.Random(4), [], shape)
    parsed = 0
    for _ in range(200):
        data = mutator.mutate(seed, [seed])
        with contextlib.suppress(ValueError, RecursionError):
            text = data.decode()
            found = tomllib.loads(text) if shape == "toml" else json.loads(text.split("\n")[0].removeprefix("data: "))
            parsed += found != (tomllib.loads(seed.decode()) if shape == "toml" else {"a": [1, {"b": "c"}]})
    assert parsed > 40


def test_a_harness_notices_what_a_terminal_would_obey() -> None:
    for text in ("\x1b[2J", "\x9b", "\u202e"):
        with pytest.raises(BrokenPromiseError):
            expect_clean(text)


def test_coverage_counts_lines_of_the_modules_that_are_meant() -> None:
    coverage = Coverage(["ui/sanitize"])
    with coverage.traced():
        expect_clean("a")
    assert not coverage.lines
    from voicecli.ui.sanitize import clean

    with coverage.traced():
        clean("a\x1b")
    reached, total = coverage.told()
    assert 0 < reached < total


def test_a_finding_is_named_by_its_place() -> None:
    from voicecli.ui.sanitize import clean

    with pytest.raises(AttributeError) as caught:
        clean(1)  # type: ignore[arg-type] # that is the mistake
    assert fingerprint(caught.value) == "AttributeError-sanitize:clean"
