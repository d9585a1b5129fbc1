"""The manual page voicecli(1), made from the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from voicecli import __version__
from voicecli.cli.main import BROKEN_PIPE, COMMANDS, INTERRUPTED, load_command

ABOUT = """\
.\\" Made from the code by `make docs`; change it there.
.TH VOICECLI 1 "" "voicecli {version}" "User Commands"
.SH NAME
voicecli \\- a private voice assistant in the terminal
.SH SYNOPSIS
.B voicecli
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
You talk, it answers by voice, and the conversation grows on the screen. Speech recognition, the language model and the voice run on this
machine; nothing is sent anywhere. Only
.B voicecli models get
uses the network.
.PP
Results go to standard output, everything else to standard error. Every command has
.BR \\-\\-help .
With
.B \\-\\-verbose
an error comes with a traceback.
.SH COMMANDS
"""

REST = """\
.SH FILES
.TP
.I ~/.config/voicecli/config.toml
Settings.
.B voicecli config path
prints where it is on this system.
.TP
.I ~/.config/voicecli/personas/
Your own personas.
.TP
.I ~/.local/share/voicecli/models/
Models.
.B voicecli models path
prints where they are on this system.
.SH ENVIRONMENT
.TP
.B VOICECLI_CONFIG
The configuration file, which must exist.
.TP
.B VOICECLI_MODELS
The folder of the models.
.TP
.BI VOICECLI_ SECTION _ KEY
A setting, such as VOICECLI_LISTEN_END_SILENCE_MS.
.TP
.BR VISUAL ", " EDITOR
The editor of
.BR "voicecli config edit" .
.TP
.B NO_COLOR
When not empty, nothing is colored.
.SH EXIT STATUS
0: it worked. 1: something failed. 2: wrong usage or settings. 3: sound. 4: models. 5: a question could not be answered. 6: something tried to
use the network. {interrupted}: Ctrl-C. {broken_pipe}: nobody reads the output any more.
"""


def man_page() -> str:
    """The page in roff."""
    parts = [ABOUT.format(version=__version__)]
    for name in COMMANDS:
        command: Any = load_command(name)  # the framework's classes are private to it
        children: dict[str, Any] = getattr(command, "commands", {})
        if children:
            for child, each in children.items():
                parts.extend(_command(f"{name} {child}", each))
        else:
            parts.extend(_command(name, command))
    parts.append(REST.format(interrupted=INTERRUPTED, broken_pipe=BROKEN_PIPE))
    return "".join(parts)


def _command(path: str, command: Any) -> Iterator[str]:  # noqa: ANN401 - the framework's classes are private to it
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join(["voicecli", path, "[OPTIONS]", *(each.metavar or each.name.upper() for each in arguments)])
    yield f".SS {_roff(usage)}\n"
    yield _text(command.help or "")
    for each in arguments:
        yield f".TP\n.I {_roff(each.metavar or each.name.upper())}\n{_text(each.help or '')}"
    for each in command.params:
        if each.param_type_name == "option" and not each.hidden:
            names = ", ".join((*each.opts, *each.secondary_opts))
            value = "" if each.is_flag else f" \\fI{_roff(each.metavar or each.type.name.upper())}\\fR"
            yield f".TP\n\\fB{_roff(names)}\\fR{value}\n{_text(each.help or '')}"
    lines = [line for line in (command.epilog or "").splitlines() if line.startswith("  ")]
    if lines:
        yield ".PP\nExamples:\n.PP\n.nf\n.RS\n" + "".join(f"{_roff(line.strip())}\n" for line in lines) + ".RE\n.fi\n"


def _text(text: str) -> str:
    paragraphs = [" ".join(each.split()) for each in re.split(r"\n\s*\n", text.strip()) if each.strip()]
    return "\n.PP\n".join(_roff(each) for each in paragraphs) + "\n"


def _roff(text: str) -> str:
    """Escapes what roff would take as its own, and letters that are not ASCII."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    escaped = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in escaped.replace("…", "..."))
    return f"\\&{escaped}" if escaped.startswith((".", "\\(aq")) else escaped
