"""What Python itself would write to standard error goes through the door as well."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicecli.log_format import LogFormatter, write_to

EVIL = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e"

PROGRAM = f"""
import gc, logging, sys, threading, warnings
from voicecli.app import stray_errors
stray_errors.install_hooks()
EVIL = {EVIL!r}
class Evil(Exception):
    pass
Evil.__name__ = "Evil" + EVIL
class Leaving:
    def __del__(self):
        raise Evil(EVIL)
def die():
    raise Evil(EVIL)
what = sys.argv[1]
if what == "thread":
    thread = threading.Thread(target=die, name="reader" + EVIL)
    thread.start()
    thread.join()
elif what == "destructor":
    Leaving()
    gc.collect()
elif what == "warning":
    warnings.warn("careful " + EVIL)
elif what == "record":
    logging.getLogger("library").warning("record %s", EVIL)
elif what == "broken-record":
    logging.getLogger("library").warning("record %d", EVIL)
elif what == "main":
    die()
"""


@pytest.mark.parametrize(
    ("what", "shows"),
    [
        ("thread", "error: Internal error in the thread reader"),
        ("destructor", "error: Internal error in a destructor"),
        ("warning", "careful"),
        ("record", "warning: library: record"),
        ("broken-record", ""),
        ("main", "Traceback"),
    ],
)
def test_what_python_writes_is_clean(what: str, shows: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, what], capture_output=True, text=True, timeout=30, check=False
    )
    assert shows in done.stderr
    assert [each for each in done.stdout + done.stderr if not each.isprintable() and each != "\n"] == []


def test_the_program_catches_them() -> None:
    program = (
        "import sys; sys.argv = ['voicecli', '--version']\n"
        "from voicecli.cli.main import main; main()\n"
        "from voicecli.app import stray_errors; print(sys.excepthook is stray_errors._uncaught)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines()[-1] == "True"


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    found = logging.getLogger("voicecli")
    before = found.handlers[:], found.level, found.propagate
    yield found
    for handler in found.handlers[:]:
        if handler not in before[0]:
            handler.close()
    found.handlers[:], found.level, found.propagate = before


def test_a_log_that_is_read_in_a_terminal_does_nothing_to_it(tmp_path: Path, logger: logging.Logger) -> None:
    file = tmp_path / "voicecli.log"
    write_to(file, logging.INFO)
    try:
        raise OSError(2, "not there", f"name{EVIL}")  # noqa: TRY301 - a traceback is logged
    except OSError:
        logger.exception("device %s\n2026-05-04 INFO forged: line", EVIL + "\ud800")
    text = file.read_text(encoding="utf-8")
    assert [each for each in text if not each.isprintable() and each != "\n"] == []
    assert "\\x1b]0;owned" in text
    first, *rest = text.splitlines()
    assert "device" in first
    assert all(line.startswith("  ") for line in rest)


def test_a_harmless_record_is_unchanged() -> None:
    record = logging.LogRecord("voicecli.x", logging.INFO, "x.py", 1, "Größe: %d m²", (3,), None)
    assert LogFormatter().format(record).endswith("INFO voicecli.x: Größe: 3 m²")
