"""Signals, and what stands at the other end of the program's standard streams."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable
from typing import Final

from faults.case import END_S, Fault
from faults.session import Session

SAVED_S: Final = 0.5
"""What was told this long before a kill is saved."""

STOPPED_S: Final = 3.0


def _send(number: signal.Signals, times: int = 1) -> Callable[[Session], None]:
    def do(session: Session) -> None:
        for count in range(times):
            time.sleep(0.2 if count else 0)
            session.signal(number)

    return do


def _kill(number: signal.Signals) -> Callable[[Session], None]:
    def do(session: Session) -> None:
        time.sleep(SAVED_S)
        session.signal(number)

    return do


def _stop_for_a_while(session: Session) -> None:
    session.signal(signal.SIGSTOP)
    time.sleep(STOPPED_S)
    session.signal(signal.SIGCONT)


def _harmless(session: Session) -> None:
    for number in (signal.SIGPIPE, signal.SIGWINCH, signal.SIGCHLD):
        session.signal(number)


def _close_output(session: Session) -> None:
    session.leave(session.process.stdout)
    for line in ("quiet", "release", "say More?"):  # it is noticed with the next event
        session.until(lambda: False, 0.1)
        with contextlib.suppress(OSError, RuntimeError):  # it has ended
            session.order(line)


def _hang_up(session: Session) -> None:
    time.sleep(SAVED_S)
    session.at_terminal.hang_up()


KILLS: Final = (signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT)

FAULTS = (
    *(
        Fault(group="signals", name=f"{number.name}", do=_send(number), exit=128 + number)
        for number in (signal.SIGTERM, signal.SIGHUP)
    ),
    Fault(group="signals", name="SIGINT twice (Ctrl-C)", do=_send(signal.SIGINT, 2), exit=0, within_s=END_S),
    Fault(
        group="signals",
        name="SIGINT once (Ctrl-C)",
        do=_send(signal.SIGINT),
        turns={"*": {"cut", "interrupted"}},
    ),
    *(Fault(group="signals", name=f"{number.name}", do=_kill(number), exit=-number) for number in KILLS),
    Fault(group="signals", name="SIGSTOP, and SIGCONT three seconds later", do=_stop_for_a_while),
    Fault(
        group="signals",
        name="SIGPIPE, SIGWINCH and SIGCHLD",
        do=_harmless,
    ),
    Fault(
        group="streams",
        name="nobody reads standard output any more",
        do=_close_output,
        exit=141,
        within_s=6.0,
    ),
    Fault(
        group="streams",
        name="nobody reads standard error any more",
        do=lambda session: session.leave(session.process.stderr),
    ),
    Fault(group="streams", name="standard input ends", do=lambda session: session.process.stdin.close()),
    Fault(group="streams", name="the terminal is closed", do=_hang_up, exit=129, terminal=True),
)
