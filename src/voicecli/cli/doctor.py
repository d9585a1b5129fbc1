"""`voicecli doctor`: finds problems and says how to fix them."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from voicecli.app import console
from voicecli.ui.sanitize import clean_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from voicecli.cli.checks.finding import Check, Report, Verdict

EPILOG = """Examples:

  voicecli doctor                              everything, with a short test of each engine

  voicecli doctor --quick                      without the tests

  voicecli doctor --full                       hash every model again

  voicecli doctor --json > report.json         for programs, and for bug reports

The exit code is 0 when chat works, otherwise the exit code of chat.
"""

SIGNS: Final[dict[Verdict, str]] = {"right": "✓", "warning": "!", "wrong": "✗"}
WORDS: Final[dict[Verdict, str]] = {"right": "ok", "warning": "!!", "wrong": "no"}
"""The marks for a terminal that has only ASCII."""

STYLES: Final[dict[Verdict, str]] = {"right": "green", "warning": "bold yellow", "wrong": "bold red"}
TITLE_WIDTH = 17
"""Columns for the title of a check."""


def doctor(
    quick: Annotated[bool, typer.Option("--quick", help="Skip the tests of engines and devices.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Hash every model again, even if it was verified before.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    remove_telemetry_id: Annotated[
        bool,
        typer.Option(
            "--remove-telemetry-id",
            help="Remove the identifier that onnxruntime left on this machine, and do nothing else.",
        ),
    ] = False,
) -> None:
    """Find problems, check by check, and say how to fix them."""
    if remove_telemetry_id:
        _remove_telemetry_id()
        return
    from voicecli.app.remote_engines import reach_of_doctor
    from voicecli.app.startup import prepare
    from voicecli.cli.checks.all_checks import LOOKING, TRYING
    from voicecli.cli.checks.finding import Child, Scene, examine, exit_code
    from voicecli.errors import ConfigError

    with contextlib.suppress(ConfigError):  # if the log cannot be written, the check of the folders reports it
        prepare(reach=reach_of_doctor())
    checks = LOOKING if quick else (*LOOKING, *TRYING)
    reports: list[Report] = []
    with Child() as child:
        for report in examine(checks, Scene(full=full, apart=child), _announce):
            reports.append(report)
            if not json:
                _show(report)
    _announce(None)
    code = exit_code(report.finding for report in reports)
    if json:
        record = {"chat_works": code == 0, "exit_code": code, "checks": [_record(report) for report in reports]}
        console.write_json(record, indent=2)
    else:
        console.write(_summary(reports))
    raise typer.Exit(code)


def _remove_telemetry_id() -> None:
    from voicecli.errors import FolderFailed
    from voicecli.offline.telemetry import identifier_folder, remove_identifier

    folder = identifier_folder()
    if folder is None:
        console.write("There is no identifier to remove.")
        return
    try:
        remove_identifier(folder)
    except OSError as error:
        raise FolderFailed(f"{folder} cannot be removed: {error.strerror}.", f"ls -la '{folder}'") from error
    console.write(f"Removed the identifier in {folder}.")


def _announce(check: Check | None) -> None:
    """Shows on a terminal which check is running; None clears it."""
    console.announce(f"{check.title} …" if check is not None else "")


def _show(report: Report) -> None:
    finding = report.finding
    _announce(None)
    signs = SIGNS if "utf" in (sys.stdout.encoding or "").lower() else WORDS
    sign, title = signs[finding.verdict], f"{report.check.title:<{TITLE_WIDTH}}"
    indent = " " * (len(sign) + TITLE_WIDTH + 2)
    arrow = "→" if signs is SIGNS else "->"
    if not sys.stdout.isatty():
        console.write(f"{sign} {title} {clean_line(finding.message)}")
        if finding.remedy:
            console.write(f"{indent}{arrow} {clean_line(finding.remedy)}")
        sys.stdout.flush()
        return
    from rich.padding import Padding
    from rich.text import Text

    from_left = (0, 0, 0, len(indent))
    text = Text.assemble((sign, STYLES[finding.verdict]), " ", (title, "bold"), " ", clean_line(finding.message))
    console.results().print(text, soft_wrap=True)
    if finding.remedy:
        # The command is not wrapped, so that it can be copied.
        console.results().print(
            Padding(Text(f"{arrow} {clean_line(finding.remedy)}", style="cyan"), from_left, expand=False),
            soft_wrap=True,
        )


def _summary(reports: Sequence[Report]) -> str:
    found = [report.finding.verdict for report in reports]
    warnings = found.count("warning")
    more = f" {warnings} warning{'' if warnings == 1 else 's'}." if warnings else ""
    if "wrong" not in found:
        return f"\nchat works on this machine.{more}"
    first = next(report for report in reports if report.finding.verdict == "wrong")
    return f"\nchat does not work on this machine. First problem: {first.check.title}.{more}"


def _record(report: Report) -> dict[str, object]:
    finding = report.finding
    return {
        "check": report.check.name,
        "verdict": finding.verdict,
        "message": finding.message,
        "hint": finding.remedy,
        "code": finding.code,
        "exit_code": finding.exit_code,
        "seconds": round(report.seconds, 3),
    }
