"""`voicecli doctor`: finds problems and says how to fix them."""

from __future__ import annotations

import contextlib
import json as jsonlib
import os
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

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
"""The signs of a terminal that has only letters."""

STYLES: Final[dict[Verdict, str]] = {"right": "green", "warning": "bold yellow", "wrong": "bold red"}
TITLE_WIDTH = 17


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

    with contextlib.suppress(ConfigError):  # the log cannot be written: the check of the folders tells that
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
        typer.echo(jsonlib.dumps(record, ensure_ascii=False, indent=2))
    else:
        typer.echo(_summary(reports))
    raise typer.Exit(code)


def _remove_telemetry_id() -> None:
    from voicecli.errors import VoiceCliError
    from voicecli.offline.telemetry import identifier_folder, remove_identifier

    folder = identifier_folder()
    if folder is None:
        typer.echo("There is no identifier to remove.")
        return
    try:
        remove_identifier(folder)
    except OSError as error:
        raise VoiceCliError(f"{folder} cannot be removed: {error.strerror}.", f"ls -la '{folder}'") from error
    typer.echo(f"Removed the identifier in {folder}.")


def _announce(check: Check | None) -> None:
    """Shows on a terminal which check is running, on a line that the next one takes over; None clears it."""
    if sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        sys.stderr.write(f"\r\x1b[K{check.title} …\r" if check is not None else "\r\x1b[K")
        sys.stderr.flush()


def _show(report: Report) -> None:
    finding = report.finding
    _announce(None)
    signs = SIGNS if "utf" in (sys.stdout.encoding or "").lower() else WORDS
    sign, title = signs[finding.verdict], f"{report.check.title:<{TITLE_WIDTH}}"
    indent = " " * (len(sign) + TITLE_WIDTH + 2)
    arrow = "→" if signs is SIGNS else "->"
    if not sys.stdout.isatty():
        print(f"{sign} {title} {_encodable(finding.message)}")
        if finding.remedy:
            print(f"{indent}{arrow} {_encodable(finding.remedy)}")
        sys.stdout.flush()
        return
    from rich.padding import Padding
    from rich.text import Text

    from voicecli.app.console import results

    from_left = (0, 0, 0, len(indent))
    text = Text.assemble((sign, STYLES[finding.verdict]), " ", (title, "bold"), " ", finding.message)
    results().print(text, soft_wrap=True)
    if finding.remedy:
        # Not broken into lines: it is there to be copied.
        results().print(
            Padding(Text(f"{arrow} {finding.remedy}", style="cyan"), from_left, expand=False), soft_wrap=True
        )


def _encodable(text: str) -> str:
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)


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
