"""Attacks everything that reads what a stranger may have written, with mutated files and texts.

    python scripts/fuzz.py --seconds 600             all harnesses, in turn, with a share of the time each
    python scripts/fuzz.py --only gguf config        some of them
    python scripts/fuzz.py --replay                  only what is kept in tests/data/fuzz
    python scripts/fuzz.py --make-corpus             writes the seeds there

A case has 3 seconds and 1 GB. Each harness runs in a process of its own; one that hangs or crashes is ended, counted, and started again after the
case. Inputs that reach new lines of the code are kept for further mutations (coverage by line; `sys.settrace` for one input in `TRACED_EVERY`).
What is found is written to the folder of `--findings`, one file a finding, named by what was raised and where.

The engine is this one; `--engine atheris` uses libFuzzer, guided by branches, where the package atheris is installed (`uv pip install atheris`).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
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

if TYPE_CHECKING:
    from fuzz_harnesses import Harness

ROOT: Final = Path(__file__).parents[1]
CORPUS: Final = ROOT / "tests" / "data" / "fuzz"
SOURCE: Final = str(ROOT / "src" / "voicecli")

CASE_S: Final = 3.0
MEMORY_BYTES: Final = 1 << 30
TRACED_EVERY: Final = 8
"""Tracing makes a case ten times as slow; the seeds and one case in so many are traced."""

LONGEST: Final = 64 << 10
REPORT_EVERY: Final = 500
SLOW_TO_START_S: Final = 60.0


class SlowError(BaseException):
    """A case took longer than `CASE_S`. No handler for errors may catch it."""


# ---- mutations


class Mutator:
    """Changes bytes. The same seed makes the same changes.

    Args:
        chance: The random numbers.
        words: Pieces that are inserted.
    """

    def __init__(self, chance: random.Random, words: Sequence[bytes]) -> None:
        self._chance = chance
        self._words = words

    def mutate(self, data: bytes, others: Sequence[bytes]) -> bytes:
        """Returns `data` after one to eight changes."""
        made = bytearray(data)
        for _ in range(1 << self._chance.randrange(4)):
            self._change(made, others)
        return bytes(made[:LONGEST])

    def _change(self, made: bytearray, others: Sequence[bytes]) -> None:
        chance = self._chance
        at = chance.randrange(len(made) + 1)
        length = min(len(made) - at, 1 << chance.randrange(8))
        match chance.randrange(11):
            case 0 if made:
                made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
            case 1:
                made[at : at + 1] = bytes([chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))])
            case 2:
                del made[at : at + length]
            case 3:
                made[at:at] = made[at : at + length] * chance.choice((1, 2, 8, 100))
            case 4:
                width = chance.choice((2, 4, 8))
                number = chance.choice((0, 1, 255, 256, 65_535, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1))
                order = chance.choice(("little", "big"))
                made[at : at + width] = (number & (1 << 8 * width) - 1).to_bytes(width, order)  # type: ignore[arg-type] # one of two
            case 5 if self._words:
                made[at:at] = chance.choice(self._words)
            case 6 if self._words:
                made[at : at + length] = chance.choice(self._words)
            case 7 if others:
                other = chance.choice(others)
                start = chance.randrange(len(other) + 1)
                made[at : at + length] = other[start : start + (1 << chance.randrange(10))]
            case 8:
                del made[at:]
            case 9:
                made[at:at] = chance.choice(
                    ("é", "\u202e", "\ud800", "½", "\u0661", "中", "😀", "\u0300", "\x1b")
                ).encode("utf-8", "surrogatepass")
            case _:
                made[at:at] = chance.randbytes(chance.randrange(1, 9))


# ---- coverage


class Coverage:
    """The lines of some modules that were reached.

    Args:
        parts: What the paths of these modules contain.
    """

    def __init__(self, parts: Sequence[str]) -> None:
        self._parts = parts
        self._wanted: dict[CodeType, bool] = {}
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
        reached = total = 0
        for name in {name for name, _ in self.lines}:
            code = compile(Path(name).read_text(encoding="utf-8"), name, "exec")
            lines = set(_lines(code))
            reached += len(lines & {line for each, line in self.lines if each == name})
            total += len(lines)
        return reached, total


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


class Attack:
    """Runs one harness until the time is over.

    Args:
        name: The harness.
        harness: It.
        seconds: How long.
        seed: Of the random numbers.
        out: Told what happens, one JSON object a line.
    """

    def __init__(
        self, name: str, harness: Harness, *, seconds: float, seed: int, out: Callable[[dict[str, object]], None]
    ) -> None:
        self._name = name
        self._harness = harness
        self._until_s = time.monotonic() + seconds
        self._out = out
        self._chance = random.Random(seed)
        self._mutator = Mutator(self._chance, harness.words)
        self._coverage = Coverage(harness.modules)
        self._kept: list[bytes] = []
        self._cases = 0

    def run(self, current: Path) -> None:
        """Runs it; `current` always holds the case that is tried, for the time after a crash."""
        for data in kept_inputs(self._name) or list(self._harness.seeds().values()):
            self._harness.run(data)  # what is loaded with the first case is loaded now
            self._try(data, current, traced=True)
            self._kept.append(data)
        while time.monotonic() < self._until_s:
            data = self._mutator.mutate(self._chance.choice(self._kept), self._kept)
            before = len(self._coverage.lines)
            self._try(data, current, traced=self._cases % TRACED_EVERY == 0)
            if len(self._coverage.lines) > before:
                self._kept.append(data)
            if self._cases % REPORT_EVERY == 0:
                self._tell()
        self._tell()

    def _try(self, data: bytes, current: Path, *, traced: bool) -> None:
        current.write_bytes(data)
        self._cases += 1
        signal.setitimer(signal.ITIMER_REAL, CASE_S)
        try:
            with self._coverage.traced() if traced else contextlib.nullcontext():
                self._harness.run(data)
        except SlowError:
            self._out({"finding": "slow", "data": data.hex()})
        except Exception as error:  # noqa: BLE001 - whatever is raised is a finding
            self._out({"finding": fingerprint(error), "data": data.hex(), "says": str(error)[:200]})
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _tell(self) -> None:
        reached, total = self._coverage.told()
        self._out({"cases": self._cases, "kept": len(self._kept), "lines": reached, "of": total})


def kept_inputs(name: str) -> list[bytes]:
    """The inputs of a harness that are kept with the tests."""
    place = CORPUS / name
    return [path.read_bytes() for path in sorted(place.iterdir())] if place.is_dir() else []


def attack_here(name: str, seconds: float, seed: int, current: Path) -> None:
    """The main program of a harness's process."""
    from fuzz_harnesses import HARNESSES

    limit_memory()
    warnings.simplefilter("error", RuntimeWarning)  # a library that warns writes on the terminal

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise SlowError

    signal.signal(signal.SIGALRM, ring)
    stream = os.fdopen(os.dup(1), "w", buffering=1, encoding="ascii")
    os.dup2(2, 1)
    Attack(
        name, HARNESSES[name], seconds=seconds, seed=seed, out=lambda record: print(json.dumps(record), file=stream)
    ).run(current)


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


def attack(name: str, seconds: float, seed: int, findings: Path) -> Tally:
    """Runs a harness in processes of its own, one after the other where one dies, for `seconds`."""
    tally = Tally()
    findings.mkdir(parents=True, exist_ok=True)
    current = findings / f"current-{name}"
    until_s = time.monotonic() + seconds
    round_number = 0
    while (left_s := until_s - time.monotonic()) > 1 or round_number == 0:
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
        command += ["--findings", str(findings)]
        round_number += 1
        base = tally.cases
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            ender = threading.Timer(left_s + SLOW_TO_START_S, process.kill)
            watcher = threading.Thread(target=_end_if_stuck, args=(process, current), daemon=True)
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
        if current.exists():
            _save(findings, name, why, current.read_bytes())
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


def _end_if_stuck(process: subprocess.Popen[str], current: Path) -> None:
    """Ends a harness whose case takes far too long in native code, which no alarm interrupts."""
    while process.poll() is None:
        time.sleep(1)
        with contextlib.suppress(OSError):
            if time.time() - current.stat().st_mtime > 4 * CASE_S + SLOW_TO_START_S / 4:
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


def make_corpus() -> None:
    """Writes the seeds of all harnesses to the folder that is kept with the tests."""
    from fuzz_harnesses import HARNESSES

    for name, harness in HARNESSES.items():
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
        share = f"{tally.lines}/{tally.of}"
        found = ", ".join(f"{why} ({count})" for why, count in sorted(tally.findings.items())) or "none"
        print(f"{name:<18}{tally.cases:>10,}{tally.kept:>6}{share:>12}  {found}")
    print(f"{'together':<18}{sum(tally.cases for tally in tallies.values()):>10,}")


def main() -> int:
    """Runs what the command line asks for; returns 1 if anything was found."""
    sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "src")]
    from fuzz_harnesses import HARNESSES

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=300.0, help="for all harnesses together")
    parser.add_argument("--only", nargs="+", choices=sorted(HARNESSES), metavar="NAME", help=", ".join(HARNESSES))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--findings", type=Path, default=ROOT / ".fuzz", help="where findings go")
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
            attack_here(given.here, given.seconds, given.seed, current)
        return 0
    names = given.only or list(HARNESSES)
    if given.make_corpus:
        make_corpus()
        return 0
    if given.replay:
        print(f"{replay(names)} inputs")
        return 0
    print(f"seed {given.seed}")
    tallies = {}
    for number, name in enumerate(names):
        share_s, seed = given.seconds / len(names), given.seed + 1000 * number
        run = attack_guided if given.engine == "atheris" else attack
        tallies[name] = run(name, share_s, seed, given.findings)
    report(tallies)
    return 1 if any(tally.findings for tally in tallies.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
