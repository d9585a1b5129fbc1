"""Replaces `python -m pip`: takes wheels from a folder, or fails like pip.

FAKE_PIP_WHEELS is the folder, FAKE_PIP_FAILS one of the words below, and FAKE_PIP_LOG a file to which the arguments are appended.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

FAILURES = {
    "unreachable": (
        "WARNING: Retrying (Retry(total=1, connect=None, read=None, redirect=None, status=None)) after connection broken by "
        "'NewConnectionError(...)': /simple/x/\n"
        "ERROR: Could not find a version that satisfies the requirement x==1.0 (from versions: none)\n"
        "ERROR: No matching distribution found for x==1.0"
    ),
    "absent": (
        "ERROR: Could not find a version that satisfies the requirement x==1.0 (from versions: none)\n"
        "ERROR: No matching distribution found for x==1.0"
    ),
    "hashes": "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated ...",
    "full": "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    "strange": "Looking in links: somewhere\nERROR: The moon is in the wrong house",
    "silent": "",
}


def main() -> int:
    arguments = sys.argv[1:]
    with Path(os.environ["FAKE_PIP_LOG"]).open("a", encoding="utf-8") as log:
        log.write(" ".join(arguments) + "\n")
    if failure := os.environ.get("FAKE_PIP_FAILS"):
        sys.stderr.write(FAILURES[failure] + "\n")
        return 1
    requirement = Path(arguments[arguments.index("-r") + 1]).read_text(encoding="utf-8")
    name, version = requirement.split()[0].split("==")
    wheel = Path(os.environ["FAKE_PIP_WHEELS"]) / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    size = wheel.stat().st_size
    sys.stdout.write(f"Progress 0 of {size}\nProgress {size // 2} of {size}\nProgress {size} of {size}\n")
    shutil.copy(wheel, arguments[arguments.index("-d") + 1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
