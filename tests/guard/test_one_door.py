"""Nothing is written to a terminal but through the modules named here, which clean it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import pytest

from fakes import source_trees

DOORS = {
    "app/console.py": "where commands write",
    "ui/jsonlines.py": "events as JSON, escaped",
    "ui/painter.py": "rows that ui/render.py has cleaned",
    "ui/plain_lines.py": "lines of a conversation, cleaned",
    "ui/spoken_highlight.py": "measures with a console, and writes nothing",
    "ui/screen.py": "rows that ui/render.py has cleaned",
}
"""Modules that write to a terminal. `tests/unit/test_ui_*.py` and `tests/cli/test_one_door.py` test that they clean what they write."""

CHILDREN = {
    "bench/worker.py": "JSON in ASCII for the program that started it",
    "engines/isolated/child.py": "one constant sentence",
    "offline/violations.py": "JSON in ASCII for the program that started it",
    "tools/program_child.py": "one constant sentence",
}
"""Separate programs, whose output is read by voicecli."""

HOLDERS = {
    "app/chat_session.py": "hands standard output to the modules above that write a conversation, and asks whether it is a terminal",
    "app/startup.py": "faulthandler, which writes names of functions and files of the program when native code crashes",
    "app/stray_errors.py": "replaces what Python itself would write",
    "audio/library_output.py": "sends the output of native code to a file",
    "cli/ask.py": "chooses the stream for `console.write`",
    "cli/main.py": "makes the streams tolerant, and flushes them",
    "ui/stray_output.py": "catches what libraries write, and gives it to `ui/render.py`, which cleans it",
}
"""Modules that hold a stream of a terminal and write nothing to it themselves."""

OWNERS = {
    "app/deadline.py": "one constant: what puts a terminal back in order",
    "app/follow_keys.py": "reads keys from the terminal",
    "cli/config_editor.py": "an editor, which needs the terminal",
    "engines/isolated/monitor.py": "a byte into a pipe that wakes a thread",
    "offline/fence.py": "files of the kernel and a pipe between two processes",
}
"""Modules that start other programs with the terminal, or write to descriptors that are not the terminal's."""

PRINTERS = {
    *(
        "print",
        "input",
        "echo",
        "secho",
        "print_exc",
        "print_exception",
        "Console",
        "confirm",
        "prompt",
        "pprint",
        "getpass",
    ),
    *("echo_via_pager", "progressbar", "get_console"),
}
REFERRED = {"print", "input", "print_exc", "print_exception"}
"""Of these even the name alone counts: `map(print, lines)`."""

FRAMEWORKS = {"typer", "click", "traceback", "rich", "pprint", "getpass"}
STREAMS = {"stdout", "stderr", "__stdout__", "__stderr__"}
HARMLESS = {"isatty", "fileno", "flush", "encoding", "closed"}
"""What may be asked of a stream without a word in a list here."""

DRAWERS = {"Live", "Progress", "Status"}
"""Parts of rich that write with a console of their own unless they get one."""

STRAY = {
    ("logging", "StreamHandler"),
    ("logging", "basicConfig"),
    ("logging", "lastResort"),
    ("warnings", "warn"),
    ("warnings", "showwarning"),
    ("faulthandler", "enable"),
    ("faulthandler", "dump_traceback"),
    ("sys", "displayhook"),
    ("sys", "excepthook"),
    ("sys", "unraisablehook"),
    ("os", "write"),
    ("os", "writev"),
    ("os", "sendfile"),
    ("readline", "redisplay"),
}
"""Other ways by which something gets to a terminal."""

STARTERS = {"run", "Popen", "call", "check_call", "check_output"}
SHELLS = ("system", "popen", "exec", "spawn", "posix_spawn")
DEVICES = {"/dev/tty", "/dev/stdout", "/dev/stderr", "/proc/self/fd/1", "/proc/self/fd/2"}


def writes(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """The expressions in `nodes` by which something could get to a terminal."""
    harmless = {id(node.value) for node in nodes if isinstance(node, ast.Attribute) and node.attr in HARMLESS}
    for node in nodes:
        if (isinstance(node, ast.Call) and _calls(node)) or (id(node) not in harmless and _refers(node)):
            yield ast.unparse(node).partition("(")[0]


def _calls(node: ast.Call) -> bool:
    """Whether a call writes, or makes what writes."""
    given = {each.arg for each in node.keywords}
    match node.func:
        case ast.Name(id=name) if name in DRAWERS:
            return "console" not in given
        case ast.Name(id=name) if name in PRINTERS:
            return True
        case ast.Attribute(attr="Console"):
            return True
        case ast.Attribute(attr=name, value=ast.Name(id=module)) if module in FRAMEWORKS:
            return name in PRINTERS or (name in DRAWERS and "console" not in given)
        case ast.Attribute(attr=name, value=ast.Name(id="subprocess")) if name in STARTERS:
            return not ("capture_output" in given or {"stdout", "stderr"} <= given)
        case ast.Attribute(attr=name, value=ast.Name(id="os" | "pty")):
            return name.startswith(SHELLS)
        case ast.Attribute(
            attr="write" | "writelines", value=ast.Attribute(attr="stdout" | "stderr" | "_stream" | "file")
        ):
            return True
        case ast.Name(id="getattr"):  # `getattr(sys, name)` may be a stream
            return isinstance(node.args[0], ast.Name) and node.args[0].id == "sys"
        case _:
            return False


def _refers(node: ast.AST) -> bool:
    """Whether an expression names a stream of the terminal, or a function that writes to it."""
    match node:
        case ast.Name(id=name, ctx=ast.Load()) if name in REFERRED:
            return True
        case ast.Attribute(attr=name, value=ast.Name(id="sys")) if name in STREAMS:
            return True
        case ast.Attribute(attr=name, value=ast.Name(id=module)) if (module, name) in STRAY:
            return True
        case ast.ImportFrom(module="sys", names=names):
            return any(each.name in STREAMS for each in names)
        case ast.ImportFrom(module=module, names=names) if module in FRAMEWORKS | {"rich.prompt", "rich.console"}:
            return any(each.name in {"print", "Prompt", "Confirm", "echo", "secho", "get_console"} for each in names)
        case ast.Constant(value=str() as text):
            return text in DEVICES
        case _:
            return False


def test_only_named_modules_write_to_a_terminal() -> None:
    found = {name: sorted(set(writes(nodes))) for name, nodes in source_trees.nodes().items()}
    listed = DOORS | CHILDREN | HOLDERS | OWNERS
    past = {name: calls for name, calls in found.items() if calls and name not in listed}
    assert past == {}, "write with voicecli.app.console"
    assert {name for name in listed if not found[name]} == set(), "no longer writes; remove it from the list"


@pytest.mark.parametrize(
    "code",
    [
        "print('x')",
        "typer.echo(name)",
        "click.secho(name)",
        "sys.stdout.write(name)",
        "sys.stderr.write(name)",
        "sys.stdout.buffer.write(name)",
        "traceback.print_exc()",
        "Console().print(name)",
        "rich.print(name)",
        "rich.console.Console(stderr=True)",
        "typer.confirm(name)",
        "self._console.file.write(name)",
        "out = sys.stdout",
        "out = sys.__stderr__",
        "out = getattr(sys, 'stdout')",
        "from sys import stdout",
        "json.dump(name, sys.stdout)",
        "shutil.copyfileobj(file, sys.stdout)",
        "sys.stdout.buffer.raw.write(name)",
        "os.write(1, name)",
        "list(map(print, names))",
        "from rich import print as show",
        "from rich.prompt import Prompt",
        "from rich import get_console",
        "Progress(transient=True)",
        "Live(table)",
        "logging.basicConfig()",
        "logging.StreamHandler()",
        "warnings.warn(name)",
        "faulthandler.enable()",
        "subprocess.run([name])",
        "subprocess.run([name], stdout=subprocess.DEVNULL)",
        "os.system(name)",
        "os.execvp(name, names)",
        "Path('/dev/tty').write_text(name)",
        "pprint.pprint(name)",
        "getpass.getpass(name)",
    ],
)
def test_the_guard_sees_what_writes(code: str) -> None:
    assert list(writes(list(ast.walk(ast.parse(code)))))


@pytest.mark.parametrize(
    "code",
    [
        "sys.stdout.isatty()",
        "sys.stderr.flush()",
        "console.write(name)",
        "self._socket.write(name)",
        "subprocess.run([name], capture_output=True)",
        "subprocess.Popen([name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)",
        "Progress(console=console.talk())",
        "def print_table(rows): ...",
        "from rich.text import Text",
    ],
)
def test_the_guard_leaves_other_code_alone(code: str) -> None:
    assert not list(writes(list(ast.walk(ast.parse(code)))))
