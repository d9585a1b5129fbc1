"""Breaks what a conversation depends on, in four states of it: what is said of each fault, whether the session goes on, and what is lost.

    python scripts/fault_campaign.py                         all faults with fake models and fake sound: about 20 minutes
    python scripts/fault_campaign.py --groups files database --states listening answering
    python scripts/fault_campaign.py --names unplugged
    python scripts/fault_campaign.py --real                  engines that are killed, and devices of a real sound server, in addition
    python scripts/fault_campaign.py --table faults.md       writes the table of `docs/faults.md` as well

The program is the real one (`faults/player.py`); only its models and its sound are fake, and the sound runs twice as fast as real time. Every fault
has a design: the code or the words that tell it within two seconds, how the turn in progress may end, and whether the session goes on or ends with
which exit code. After each fault another question is asked, and then are compared: everything that was heard with the database, its integrity, the
messages in the prompt, processes and sockets that are left, the modes of the terminal. It exits with 1 if anything is not as designed.

Small file systems are mounted for full disks, which needs root.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from faults import clients, devices, engines, files, inputs, real, signals, tools
from faults.case import STATES, Fault, Row, State, attempt

FAULTS: Final = (
    *devices.FAULTS,
    *engines.FAULTS,
    *files.FAULTS,
    *signals.FAULTS,
    *clients.FAULTS,
    *inputs.FAULTS,
    *tools.FAULTS,
)

LONGEST_MESSAGE: Final = 110


def chosen(groups: Sequence[str], names: Sequence[str]) -> list[Fault]:
    """The faults of these groups whose names contain one of these words; empty lists choose all."""
    return [
        fault
        for fault in FAULTS
        if (not groups or fault.group in groups) and (not names or any(name in fault.name for name in names))
    ]


def line(row: Row) -> str:
    """A row of the long table."""
    session = "goes on" if row.ended is None else f"ends: {row.ended}"
    told = f"{row.told_s:.1f} s" if row.message else ""
    cells = [row.fault.name, row.state, row.fault.code, _cut(row.message), told, row.turn, session]
    return " | ".join(["", *map(_cell, cells), "; ".join(map(_cell, row.wrong)) or "as designed", ""]).strip()


def summary(rows: Iterable[Row]) -> Iterator[str]:
    """The short table: a row for each fault."""
    by_fault: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_fault.setdefault((row.fault.group, row.fault.name), []).append(row)
    yield "| | fault | told by | what is said | session | turn in progress | as designed |"
    yield "|---|---|---|---|---|---|---|"
    for (group, name), found in by_fault.items():
        message = next((row.message for row in found if row.message), "")
        ended = {row.ended for row in found}
        session = "goes on" if ended == {None} else "ends: " + ", ".join(sorted(map(str, ended)))
        turns = ", ".join(sorted({row.turn for row in found if row.turn}))
        good = sum(not row.wrong for row in found)
        cells = [group, name, found[0].fault.code, _cut(message), session, turns, f"{good} of {len(found)}"]
        yield f"| {' | '.join(map(_cell, cells))} |"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:LONGEST_MESSAGE]}…"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Holds the campaign; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", nargs="+", default=(), choices=sorted({fault.group for fault in FAULTS}))
    parser.add_argument("--names", nargs="+", default=(), help="words in the names of faults")
    parser.add_argument("--states", nargs="+", default=STATES, choices=STATES)
    parser.add_argument("--jobs", type=int, default=1, help="how many sessions run at a time (default: 1)")
    parser.add_argument("--real", action="store_true", help="with real engines and a real sound server in addition")
    parser.add_argument("--only-real", action="store_true", help="these only")
    parser.add_argument("--table", type=Path, help="a file for the short table")
    asked = parser.parse_args()
    states: Sequence[State] = asked.states
    cases = [
        (fault, state)
        for fault in chosen(asked.groups, asked.names)
        for state in fault.states
        if state in states and not asked.only_real
    ]
    print(
        "| fault | state | code | message | told after | turn | session | verdict |\n|---|---|---|---|---|---|---|---|"
    )
    rows: list[Row] = []
    with ThreadPoolExecutor(asked.jobs) as pool:
        for row in pool.map(lambda case: attempt(*case), cases):
            rows.append(row)
            print(line(row), flush=True)
    if asked.real or asked.only_real:
        for row in real.rows(asked.names):
            rows.append(row)
            print(line(row), flush=True)
    if asked.table is not None:
        asked.table.write_text("\n".join(summary(rows)) + "\n", encoding="utf-8")
    failed = [row for row in rows if row.wrong]
    faults = len({(row.fault.group, row.fault.name) for row in rows})
    print(f"\n{faults} faults, {len(rows)} conversations, {len(failed)} not as designed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
