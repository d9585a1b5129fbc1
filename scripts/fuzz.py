"""Attacks everything that reads what a stranger may have written, with mutated files and texts.

    python scripts/fuzz.py --seconds 600             all harnesses, in turn, with a share of the time each
    python scripts/fuzz.py --only gguf config        some of them
    python scripts/fuzz.py --replay                  only what is kept in tests/data/fuzz
    python scripts/fuzz.py --make-corpus             writes the seeds there

A case has 3 seconds of processor time and 1 GB. Each harness runs in a process of its own; one that hangs or crashes is ended, counted, and
started again after the case. Inputs that reach new lines of the code are kept for further mutations (coverage by line; `sys.settrace` for one
input in `TRACED_EVERY`). What is found is written to the folder of `--findings`, one file a finding, named by what was raised and where.

The engine is this one; `--engine atheris` uses libFuzzer, guided by branches, where the package atheris is installed (`uv pip install atheris`).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import mmap
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Final

from fuzz_mutations import LONGEST, Mutator

if TYPE_CHECKING:
    from fuzz_checks import Harness

ROOT: Final = Path(__file__).parents[1]
CORPUS: Final = ROOT / "tests" / "data" / "fuzz"
SOURCE: Final = str(ROOT / "src" / "voicecli")

CASE_S: Final = 3.0
"""Processor time of a case. The machine may be busy with something else."""

WAIT_S: Final = 20.0
"""How long a case may take in all, with what it waits for."""

MEMORY_BYTES: Final = 1 << 30
TRACED_EVERY: Final = 8
"""Tracing makes a case ten times as slow; the seeds and one case in so many are traced."""

TRACED_SELDOM: Final = 64
"""The same once nothing new was found for a while."""

NOTHING_NEW: Final = 100
"""Traced cases without a new line, after which fewer are traced."""

LONG_SEED: Final = 8_000
"""Longer inputs of the corpus are tried, and not changed further if there are shorter ones: each takes long."""

REPORT_EVERY: Final = 500
SLOW_TO_START_S: Final = 60.0


class SlowError(BaseException):
    """A case took longer than `CASE_S` or `WAIT_S`. No handler for errors may catch it."""


# ---- coverage


class Coverage:
    """The lines of some modules that were reached.

    Args:
        parts: What the paths of these modules contain.
    """

    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = parts
        self._wanted: dict[CodeType, bool] = {}
        self._all: dict[str, set[int]] = {}
        self.lines: set[tuple[str, int]] = set()

    @contextlib.contextmanager
    def traced(self) -> Iterator[None]:
        """Counts what runs meanwhile."""
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(before)

    def _enter(self, frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        code = frame.f_code
        wanted = self._wanted.get(code)
        if wanted is None:
            name = code.co_filename
            wanted = name.startswith(SOURCE) and any(part in name for part in self._parts)
            self._wanted[code] = wanted
        if not wanted:
            return None
        self.lines.add((code.co_filename, frame.f_lineno))
        return self._line

    def _line(self, frame: FrameType, _event: str, _argument: object) -> Callable[..., Any]:
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line

    def told(self) -> tuple[int, int]:
        """Returns how many lines were reached, and how many the modules that were reached have."""
        for name in {name for name, _ in self.lines} - self._all.keys():
            self._all[name] = set(_lines(compile(Path(name).read_text(encoding="utf-8"), name, "exec")))
        reached = sum(line in self._all[name] for name, line in self.lines)
        return reached, sum(map(len, self._all.values()))


def _lines(code: CodeType) -> Iterator[int]:
    """The lines of functions; those of the module itself run at its import."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from (line for _, _, line in inner.co_lines() if line)
            yield from _lines(inner)


# ---- one harness, in its own process


def fingerprint(error: BaseException) -> str:
    """What was raised, and where in voicecli (or in the harness)."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if "voicecli" in each.filename]
    last = frames[-1] if frames else None
    place = f"{Path(last.filename).stem}:{last.name}" if last else "unknown"
    return f"{type(error).__name__}-{place}"


class CurrentCase:
    """The case that is tried, in a file in memory that is still there after a crash: its number, its length, its bytes.

    Args:
        path: The file.
        create: Whether it is made anew.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        if create:
            path.write_bytes(bytes(_HEAD + LONGEST))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _HEAD + LONGEST)

    def put(self, number: int, data: bytes) -> None:
        """Replaces the case."""
        self._map[_HEAD : _HEAD + len(data)] = data
        self._map[:_HEAD] = number.to_bytes(8, "little") + len(data).to_bytes(8, "little")

    @property
    def number(self) -> int:
        """The number of the case."""
        return int.from_bytes(self._map[:8], "little")

    @property
    def data(self) -> bytes:
        """Its bytes."""
        return self._map[_HEAD : _HEAD + int.from_bytes(self._map[8:_HEAD], "little")]


_HEAD: Final = 16


class Attack:
    """Runs one harness until the time is over.

    Args:
        name: The harness.
        harness: It.
        seconds: How long.
        seed: Of the random numbers.
        out: Told what happens, one JSON object a line.
        inputs: How many inputs are enough.
    """

    def __init__(
        self,
        name: str,
        harness: Harness,
        *,
        seconds: float,
        seed: int,
        out: Callable[[dict[str, object]], None],
        inputs: int,
    ) -> None:
        self._name = name
        self._harness = harness
        self._until_s = time.monotonic() + seconds
        self._most = inputs
        self._out = out
        self._chance = random.Random(seed)
        self._mutator = Mutator(self._chance, harness.words, harness.shape)
        self._coverage = Coverage(harness.modules)
        self._kept: list[bytes] = []
        self._cases = 0
        self._every = TRACED_EVERY
        self._nothing_new = 0

    def run(self, current: CurrentCase) -> None:
        """Runs it; `current` always holds the case that is tried, for the time after a crash."""
        for data in kept_inputs(self._name) or list(self._harness.seeds().values()):
            if not self._cases:
                self._harness.run(data)  # what is loaded with the first case is loaded now
            self._try(data, current, traced=True)
            self._kept.append(data)
        self._kept = [each for each in self._kept if len(each) <= LONG_SEED] or self._kept
        while time.monotonic() < self._until_s and self._cases < self._most:
            data = self._mutator.mutate(self._chance.choice(self._kept), self._kept)
            before = len(self._coverage.lines)
            traced = self._cases % self._every == 0
            self._try(data, current, traced=traced)
            if len(self._coverage.lines) > before:
                self._kept.append(data)
                self._every, self._nothing_new = TRACED_EVERY, 0
            elif traced:
                self._nothing_new += 1
                self._every = TRACED_SELDOM if self._nothing_new > NOTHING_NEW else TRACED_EVERY
            if self._cases % REPORT_EVERY == 0:
                self._tell()
        self._tell()

    def _try(self, data: bytes, current: CurrentCase, *, traced: bool) -> None:
        self._cases += 1
        current.put(self._cases, data[:LONGEST])
        signal.setitimer(signal.ITIMER_PROF, CASE_S)
        signal.setitimer(signal.ITIMER_REAL, WAIT_S)
        try:
            with self._coverage.traced() if traced else contextlib.nullcontext():
                self._harness.run(data)
        except SlowError:
            self._out({"finding": "slow", "data": data.hex()})
        except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
            self._out({"finding": fingerprint(error), "data": data.hex(), "says": str(error)[:200]})
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _tell(self) -> None:
        reached, total = self._coverage.told()
        self._out({"cases": self._cases, "kept": len(self._kept), "lines": reached, "of": total})


def kept_inputs(name: str) -> list[bytes]:
    """The inputs of a harness that are kept with the tests."""
    place = CORPUS / name
    return [path.read_bytes() for path in sorted(place.iterdir())] if place.is_dir() else []


def attack_here(name: str, seconds: float, seed: int, current: Path, inputs: int) -> None:
    """The main program of a harness's process."""
    from fuzz_harnesses import HARNESSES

    limit_memory()
    warnings.simplefilter("error", RuntimeWarning)  # a library that warns writes on the terminal

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise SlowError

    signal.signal(signal.SIGPROF, ring)
    signal.signal(signal.SIGALRM, ring)
    stream = os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii")
    os.dup2(2, 1)
    Attack(
        name,
        HARNESSES[name],
        seconds=seconds,
        seed=seed,
        out=lambda record: print(json.dumps(record), file=stream),
        inputs=inputs,
    ).run(CurrentCase(current, create=False))


def limit_memory() -> None:
    """Gives this process 1 GB besides what its libraries have mapped already."""
    import resource

    for name in ("numpy", "av"):
        with contextlib.suppress(ImportError):
            __import__(name)
    mapped = 0
    with contextlib.suppress(OSError):
        mapped = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + MEMORY_BYTES, mapped + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def attack_with_atheris(name: str, seconds: float, current: Path) -> None:
    """The same with libFuzzer, guided by branches. It stops at the first finding."""
    import importlib

    from fuzz_harnesses import HARNESSES

    atheris = importlib.import_module("atheris")  # not among the dependencies

    harness = HARNESSES[name]
    with atheris.instrument_imports(include=["voicecli"]):
        for data in harness.seeds().values():  # harnesses import what they attack when they run
            harness.run(data)
    place = current.with_name(f"corpus-{name}")
    place.mkdir(exist_ok=True)
    for number, data in enumerate(kept_inputs(name) or harness.seeds().values()):
        (place / f"seed-{number}").write_bytes(data)
    options = [f"-max_total_time={int(seconds)}", "-timeout=3", "-rss_limit_mb=1024", f"-artifact_prefix={current}-"]
    atheris.Setup([sys.argv[0], *options, str(place)], harness.run)
    atheris.Fuzz()


# ---- all of them


@dataclass
class Tally:
    """What came of a harness.

    Attributes:
        cases: How many inputs it got.
        kept: How many of them reach lines that no other does.
        lines: How many lines were reached.
        of: How many there are.
        findings: How often each was found.
        crashes: How often its process died.
    """

    cases: int = 0
    kept: int = 0
    lines: int = 0
    of: int = 0
    findings: dict[str, int] = field(default_factory=dict)
    crashes: int = 0


def attack(name: str, seconds: float, seed: int, findings: Path, inputs: int = sys.maxsize) -> Tally:
    """Runs a harness in processes of its own, one after the other where one dies, for `seconds` or until it has got `inputs`."""
    tally = Tally()
    findings.mkdir(parents=True, exist_ok=True)
    current = findings / f"current-{name}"
    case = CurrentCase(current, create=True)
    until_s = time.monotonic() + seconds
    round_number = 0
    while tally.cases < inputs and ((left_s := until_s - time.monotonic()) > 1 or round_number == 0):
        case.put(0, b"")
        command = [
            sys.executable,
            __file__,
            "--here",
            name,
            "--seconds",
            str(left_s),
            "--seed",
            str(seed + round_number),
        ]
        command += ["--findings", str(findings), "--inputs", str(inputs - tally.cases)]
        round_number += 1
        base = tally.cases
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            ender = threading.Timer(left_s + SLOW_TO_START_S, process.kill)
            watcher = threading.Thread(target=_end_if_stuck, args=(process, case), daemon=True)
            ender.start()
            watcher.start()
            for line in process.stdout:
                _count(tally, json.loads(line), name, findings, base)
            ender.cancel()
        if process.returncode == 0:
            break
        tally.crashes += 1
        why = f"died-{-process.returncode if process.returncode < 0 else process.returncode}"
        tally.findings[why] = tally.findings.get(why, 0) + 1
        _save(findings, name, why, case.data)
    current.unlink(missing_ok=True)
    return tally


def attack_guided(name: str, seconds: float, seed: int, findings: Path) -> Tally:
    """Runs a harness with atheris, again after each finding, for `seconds`. Its coverage counts branches."""
    tally = Tally()
    findings.mkdir(parents=True, exist_ok=True)
    until_s = time.monotonic() + seconds
    while (left_s := until_s - time.monotonic()) > 1:
        command = [sys.executable, __file__, "--here", name, "--engine", "atheris", "--seconds", str(left_s)]
        command += ["--seed", str(seed), "--findings", str(findings)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        tally.cases += max(map(int, re.findall(r"^(?:#|Done )(\d+)", done.stderr, re.MULTILINE)), default=0)
        tally.lines = max([tally.lines, *map(int, re.findall(r"cov: (\d+)", done.stderr))])
        if done.returncode == 0:
            break
        raised = re.findall(r"^(?:[\w.]+\.)?(\w+(?:Error|Exception|Warning))\b", done.stderr, re.MULTILINE)
        why = raised[-1] if raised else f"died-{done.returncode}"
        tally.findings[why] = tally.findings.get(why, 0) + 1
        print(f"  {name}: {why}: {done.stderr[-300:]!r}", flush=True)
    return tally


def _end_if_stuck(process: subprocess.Popen[str], case: CurrentCase) -> None:
    """Ends a harness whose case takes far too long in native code, which no alarm interrupts."""
    number, since_s = 0, time.monotonic()
    while process.poll() is None:
        time.sleep(1)
        if case.number != number:
            number, since_s = case.number, time.monotonic()
        elif time.monotonic() - since_s > 2 * WAIT_S + SLOW_TO_START_S:
            process.kill()


def _count(tally: Tally, record: dict[str, Any], name: str, findings: Path, base: int) -> None:
    if "finding" in record:
        why = str(record["finding"])
        tally.findings[why] = tally.findings.get(why, 0) + 1
        if tally.findings[why] == 1:
            _save(findings, name, why, bytes.fromhex(record["data"]))
            print(f"  {name}: {why}: {record.get('says', '')!r}", flush=True)
        return
    tally.cases, tally.kept = base + record["cases"], record["kept"]
    tally.lines, tally.of = max(tally.lines, record["lines"]), max(tally.of, record["of"])


def _save(findings: Path, name: str, why: str, data: bytes) -> None:
    short = hashlib.sha256(data).hexdigest()[:8]
    (findings / f"{name}-{why.replace('/', '_').replace(':', '-')}-{short}").write_bytes(data)


def make_corpus(names: Sequence[str]) -> None:
    """Writes the seeds of these harnesses to the folder that is kept with the tests."""
    from fuzz_harnesses import HARNESSES

    for name in names:
        harness = HARNESSES[name]
        place = CORPUS / name
        place.mkdir(parents=True, exist_ok=True)
        for seed, data in harness.seeds().items():
            (place / seed).write_bytes(data)


def replay(names: Sequence[str]) -> int:
    """Runs what is kept; returns how many inputs there were."""
    from fuzz_harnesses import HARNESSES

    count = 0
    for name in names:
        for data in kept_inputs(name):
            HARNESSES[name].run(data)
            count += 1
    return count


def report(tallies: dict[str, Tally]) -> None:
    """Prints a table."""
    print(f"{'harness':<18}{'inputs':>10}{'kept':>6}{'lines':>12}  findings")
    for name, tally in tallies.items():
        print(_row(name, tally))
    print(f"{'together':<18}{sum(tally.cases for tally in tallies.values()):>10,}")


def _row(name: str, tally: Tally) -> str:
    share = f"{tally.lines}/{tally.of}"
    found = ", ".join(f"{why} ({count})" for why, count in sorted(tally.findings.items())) or "none"
    return f"{name:<18}{tally.cases:>10,}{tally.kept:>6}{share:>12}  {found}"


def main() -> int:
    """Runs what the command line asks for; returns 1 if anything was found."""
    sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "src")]
    from fuzz_harnesses import HARNESSES

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0, help="for all harnesses together")
    parser.add_argument("--only", nargs="+", choices=sorted(HARNESSES), metavar="NAME", help=", ".join(HARNESSES))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--findings", type=Path, default=ROOT / ".fuzz", help="where findings go")
    parser.add_argument("--inputs", type=int, default=sys.maxsize, help="at most so many for each harness")
    parser.add_argument("--engine", choices=("own", "atheris"), default="own")
    parser.add_argument("--replay", action="store_true")
    parser.add_argument("--make-corpus", action="store_true")
    parser.add_argument("--here", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        current = given.findings / f"current-{given.here}"
        if given.engine == "atheris":
            attack_with_atheris(given.here, given.seconds, current)
        else:
            attack_here(given.here, given.seconds, given.seed, current, given.inputs)
        return 0
    names = given.only or list(HARNESSES)
    if given.make_corpus:
        make_corpus(names)
        return 0
    if given.replay:
        print(f"{replay(names)} inputs")
        return 0
    print(f"seed {given.seed}")
    tallies = {}
    for number, name in enumerate(names):
        share_s, seed = given.seconds / len(names), given.seed + 1000 * number
        if given.engine == "atheris":
            tallies[name] = attack_guided(name, share_s, seed, given.findings)
        else:
            tallies[name] = attack(name, share_s, seed, given.findings, given.inputs)
        print(_row(name, tallies[name]), flush=True)
    report(tallies)
    return 1 if any(tally.findings for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
