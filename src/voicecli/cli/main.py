"""The entry point: finds the command, prints errors, and exits. No other module does the last two.

A command's module is imported when the command is called. So `voicecli --help` is fast, and what one command lacks stops no other.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import importlib
import os
import re
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command, get_group

from voicecli import __version__
from voicecli.app import console, stray_errors
from voicecli.errors import ConfigError, InternalError, PackageMissing, VoiceCliError, missing_package, place_of

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

COMMANDS = {
    "chat": "Talk with the assistant.",
    "ptt": "Tell a running chat to listen.",
    "ask": "Ask one question, get one answer.",
    "transcribe": "Transcribe sound files.",
    "say": "Speak a text, or save it as a sound file.",
    "models": "List, download, verify, import and remove models.",
    "devices": "List, choose and test microphones and loudspeakers.",
    "doctor": "Find problems and say how to fix them.",
    "verify-offline": "Prove that nothing leaves this machine.",
    "bench": "Measure response time on this machine.",
    "history": "List, show, search, play, export and remove saved conversations.",
    "personas": "List, show, create and edit personas: who the assistant is.",
    "tools": "List, allow, forbid and test what the assistant can do.",
    "mcp": "Let other programs speak and listen (an MCP server).",
    "config": "Show, change and check settings.",
    "help": "Show the help of a command.",
}
"""Every command and its line in `voicecli --help`.

Each is a module of this package with a function of the command's name and an `EPILOG`, or with a Typer called `app` that holds further commands.
"""

EPILOG = """Examples:

  voicecli chat                      talk; Ctrl-C stops an answer, twice quits

  voicecli ask "Why is the sky blue?"

  voicecli doctor                    when something does not work
"""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it: 128 + SIGINT."""

BROKEN_PIPE = 141
"""Exit code when nobody reads the results any more, as of a program that SIGPIPE ended: 128 + SIGPIPE."""


def _write_verbatim(formatter: HelpFormatter, text: str) -> None:
    """Writes examples without refilling their lines. Blank lines between two examples are left out."""
    lines = [line for line in text.strip().splitlines() if line.strip()]
    for before, line in zip(["", *lines], lines, strict=False):
        begins_paragraph = not line.startswith(" ") and (not before or before.startswith(" "))
        formatter.write(("\n" if begins_paragraph else "") + line + "\n")


def _with_values(args: Sequence[str], bare: Mapping[str, str]) -> Iterator[str]:
    """Yields `args`, with a value after each option of `bare` that has none."""
    for at, arg in enumerate(args):
        yield arg
        if arg in bare and (at + 1 == len(args) or args[at + 1].startswith("-")):
            yield bare[arg]


def _named(argument: TyperArgument) -> str:
    """Returns the name of an argument in the help: `FILE…`, `[NAME]`."""
    return argument.metavar or (argument.name or "").upper()


def _false_unless_given(flag: TyperOption | None) -> TyperOption | None:
    """Sets False as the default.

    The framework's own flags are None when not given, and it would load pydantic (0.1 s) to find out that None is a bool.
    """
    if flag is not None:
        flag.default = False
    return flag


_RANGE = re.compile(r"\s*\[[^\[\]]*<=x<=[^\[\]]*\]$")
"""The form in which the framework writes the range of a number."""


class PlainCommand(TyperCommand):
    """A command whose help names things (FILE, NAME) and not types, and whose examples keep their lines.

    Attributes:
        bare: Options whose value may be left out, and the value used then.
    """

    bare: Mapping[str, str] = MappingProxyType({})

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # noqa: D102 - the framework's
        return super().parse_args(ctx, list(_with_values(args, self.bare)))

    def collect_usage_pieces(self, ctx: Context) -> list[str]:  # noqa: D102 - the framework's
        arguments = [each for each in self.get_params(ctx) if isinstance(each, TyperArgument)]
        return [self.options_metavar or "", *(_named(each) for each in arguments)]

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: D102 - the framework's
        arguments, options = [], []
        for each in self.get_params(ctx):
            if isinstance(each, TyperArgument):
                arguments.append((_named(each).strip("[]…").rstrip("]"), each.help or ""))
            elif record := each.get_help_record(ctx):
                options.append((record[0], _RANGE.sub("", record[1])))
        for title, rows in (("Arguments", arguments), ("Options", options)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def get_help_option(self, ctx: Context) -> TyperOption | None:  # noqa: D102 - the framework's
        return _false_unless_given(super().get_help_option(ctx))

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002, D102 - the framework's
        if self.epilog:
            _write_verbatim(formatter, self.epilog)


class PlainGroup(TyperGroup):
    """A group that shows its help if it gets no arguments, and names the most similar command if it gets a wrong one."""

    def get_help_option(self, ctx: Context) -> TyperOption | None:  # noqa: D102 - the framework's
        return _false_unless_given(super().get_help_option(ctx))

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # noqa: D102 - the framework's
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:  # noqa: D102 - the framework's
        if self.get_command(ctx, args[0]) is None:
            hint = _did_you_mean(args[0], self.list_commands(ctx)) or "Commands:"
            raise ConfigError(f"There is no command {ctx.command_path} {args[0]}.", f"{hint} {ctx.command_path} --help")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: D102 - the framework's
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(limit=200)) for name, each in commands if each])

    def format_epilog(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002, D102 - the framework's
        if self.epilog:
            _write_verbatim(formatter, self.epilog)


class Root(PlainGroup):
    """The command `voicecli` itself. It has the names of its commands, and imports a command when it is called."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002, D102 - the framework's
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002, D102 - the framework's
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002, D102 - the framework's
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    name="voicecli",
    cls=Root,
    help="A private voice assistant: it listens, thinks and speaks on this machine.",
    epilog=EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        console.write(f"voicecli {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show a traceback with every error. Can be anywhere on the command line.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """A private voice assistant."""  # `main` has read `verbose` already; the parameter is here for the help


def load_command(name: str) -> Command:
    """Returns the command `name` of `COMMANDS`; imports its module now."""
    module = importlib.import_module(f"voicecli.cli.{name.replace('-', '_')}")
    own: typer.Typer | None = getattr(module, "app", None)
    if own is None:
        single = typer.Typer(rich_markup_mode=None, add_completion=False)
        single.command(name, cls=PlainCommand, epilog=module.EPILOG)(getattr(module, name.replace("-", "_")))
        command = get_command(single)
        if isinstance(command, PlainCommand):
            command.bare = getattr(module, "BARE", command.bare)
        return command
    own.info.name = name
    own.info.cls = PlainGroup
    own.rich_markup_mode = None
    for each in own.registered_commands:
        each.cls = PlainCommand
    return get_group(own)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program.

    Args:
        arguments: The arguments after the program's name; None takes them from the process.

    Returns:
        The exit code.
    """
    if arguments is None:
        stray_errors.install_hooks()
    if arguments is not None:
        return _main(list(arguments))
    codes: list[int] = []
    atexit.register(_end_at_once, codes)  # the first to be registered is the last to be called
    code = _main(sys.argv[1:])
    codes.append(code)
    if len(threading.enumerate()) > 1:
        from voicecli.app.deadline import end_soon

        end_soon(code)  # also if a library hangs when the program exits
    return code


def _end_at_once(codes: list[int]) -> None:
    """Ends the process with the only element of `codes`; does nothing if the program failed before it had a code."""
    if codes:
        from voicecli.app.deadline import end_at_once

        end_at_once(codes[0])


def _main(given: list[str]) -> int:
    _forgive_streams()
    end = given.index("--") if "--" in given else len(given)
    verbose = "--verbose" in given[:end] or bool(os.environ.get("VOICECLI_VERBOSE"))
    console.verbose = verbose
    arguments = [each for each in given[:end] if each != "--verbose"] + given[end:]
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        return BROKEN_PIPE
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except typer.Exit as done:
        return done.exit_code
    except Exception as error:  # noqa: BLE001 - the program shows no traceback that the user did not ask for
        return _fail(error, verbose=verbose, as_json="--json" in given[:end])
    finally:
        _let_go_of_streams()
    return code


def _forgive_streams() -> None:
    """Makes the standard streams tolerant: neither a character that a terminal lacks nor a closed stream (`>&-`) ends the program."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - for the rest of the program
        elif isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _let_go_of_streams() -> None:
    """Redirects streams that nobody reads any more: a closed pipe, a terminal that hung up.

    Otherwise Python would try to write to them again when it exits, and complain.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _run(arguments: list[str]) -> int:
    command = get_command(app)
    for each in command.params:
        if isinstance(each, TyperOption) and each.name in {"install_completion", "show_completion"}:
            _false_unless_given(each)
    if "_VOICECLI_COMPLETE" in os.environ:
        command.main(args=arguments, prog_name="voicecli")  # answers the shell and exits
    with command.make_context("voicecli", arguments) as context:
        result = command.invoke(context)
    return result if isinstance(result, int) else 0


def _fail(error: Exception, *, verbose: bool, as_json: bool) -> int:
    """Reports an error: to people on standard error and, with `--json`, to programs on standard output."""
    if verbose:
        console.show_traceback(error)
    match error:
        case VoiceCliError():
            known = error
        # the program's own files have errors of their own
        case OSError(filename=None, errno=errno.ENOSPC | errno.EDQUOT):
            known = console.output_error(error)
        case ModuleNotFoundError() if package := missing_package(error):
            known = PackageMissing(f"The package {package} is not installed.", f"pip install {package}")
        case typer.TyperException():
            known = _usage_error(error)
        case _:
            known = InternalError(
                f"Internal error: {place_of(error)}.",
                "For a traceback, run the command again with --verbose.",
            )
    with contextlib.suppress(OSError):  # the exit code is returned even if nothing can be written
        console.complain(known)
    if as_json:
        record = {"event": "error", "code": known.code, "message": known.message, "hint": known.hint}
        with contextlib.suppress(OSError):  # standard output may be what failed
            console.write_json(record)
    return known.exit_code


def _usage_error(error: typer.TyperException) -> ConfigError:
    """Returns the framework's error about a wrong command line in one sentence, with what to type instead."""
    # The framework's own classes are private to it, their attributes are not: an unknown option has a name.
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "voicecli"
    option = getattr(error, "option_name", "")
    if context and option and error.message.startswith("No such option"):
        options = [name for each in context.command.get_params(context) for name in (*each.opts, *each.secondary_opts)]
        near = _did_you_mean(option, [name for name in options if name.startswith("--")])
        return ConfigError(f"{path} has no option {option}.", f"{near} See {path} --help".lstrip())
    # pydantic, which checks values for the framework, writes "Value error, ".
    message = _plain(" ".join(error.format_message().split()).replace(": Value error, ", ": "))
    return ConfigError(message if message.endswith(".") else f"{message}.", f"See {path} --help")


_CHECKED = re.compile(
    r"^Invalid value for '(?P<what>[^']+)': Input should be (?P<rule>.*?)(?:, unable to parse .*)?\.?$"
)
_RULES = {
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "a finite number": "a finite number",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "greater than": "more than",
    "less than": "less than",
}
"""The framework's words for valid values, and this program's."""


def _plain(message: str) -> str:
    """Returns the framework's message about a value in the words of this program's other errors."""
    found = _CHECKED.match(message)
    if found is None:
        return message
    known = next((each for each in _RULES if found["rule"].startswith(each)), None)
    if known is None:
        return message
    return f"{found['what']} must be {_RULES[known]}{found['rule'].removeprefix(known)}."


def _did_you_mean(word: str, names: Sequence[str]) -> str:
    from voicecli.config.suggest import did_you_mean

    return did_you_mean(word, names)
