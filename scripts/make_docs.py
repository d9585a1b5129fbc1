"""Writes the documents that are made from the code: docs/configuration.md, docs/errors.md and the manual page docs/voicecli.1.

python scripts/make_docs.py            writes them
python scripts/make_docs.py --check    names those that are not what the code says, and ends with 1 if any is not
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from man_page import man_page
from voicecli.cli.main import BROKEN_PIPE, INTERRUPTED
from voicecli.config.rules import Setting
from voicecli.config.schema import SECTIONS, SETTINGS
from voicecli.errors import VoiceCliError

DOCS = Path(__file__).parent.parent / "docs"
NOTE = "<!-- Made from the code by `make docs`; change it there. -->"

CONFIGURATION = """\
# Settings

{note}

Every setting has a default, so no file is needed. What is set goes in this order, the last one first:

1. a command-line flag;
2. an environment variable, `VOICECLI_<SECTION>_<KEY>`, such as `VOICECLI_LISTEN_END_SILENCE_MS=800` (an empty one counts as not set);
3. the configuration file, `config.toml` in the user's configuration folder;
4. the default.

```console
$ voicecli config show                              # every value, and where it came from
$ voicecli config path                              # the file
$ voicecli config set listen.end_silence_ms 800     # comments in the file stay
$ voicecli config get listen.end_silence_ms
$ voicecli config unset listen.end_silence_ms       # back to the default
$ voicecli config edit                              # in $VISUAL or $EDITOR; saved only if it is right
$ voicecli config check                             # all errors, with their lines
```

A key that does not exist and a value out of range are errors, wherever they stand.

A file looks like this:

```toml
[chat]
persona = "robot"

[listen]
end_silence_ms = 800
```

{sections}
## Rules between settings

- `listen.stop_probability` is not above `listen.start_probability`.
- `listen.pause_ms` is not above `listen.end_silence_ms`.
- `reply.longest_tokens` is not above `reply.context_tokens`.

## MCP servers

A server whose tools the assistant may use has a table `[tools.mcp.NAME]` in the file; see [tools](tools.md#tools-of-others-mcp-servers) for
examples. No flag and no variable sets them.

| key | meaning |
|---|---|
| `command`, `args`, `env` | the program that is started, its arguments, and its environment variables besides a few common ones |
| `url`, `key_file` | instead of a program: the address of a server with streamable HTTP, and a private file with its key |
| `network` | true: the program may use the network, once you have allowed it (`network.programs`) |
| `limit_s` | how long a call may take, in seconds; 10 if left out |
| `allow`, `forbid` | lists of tools that are used without a question, or not at all; `"*"` stands for all. The others are asked for |
| `phrases` | tables with `say` (what is said; `{{name}}` is an argument), `tool`, and `arguments` that are always the same |

## Other environment variables

| variable | meaning |
|---|---|
| `VOICECLI_CONFIG` | The configuration file, instead of the one in the user's configuration folder. It must exist. |
| `VOICECLI_MODELS` | The folder that holds the models. |
| `VOICECLI_VERBOSE` | When not empty, errors come with a traceback, as with `--verbose`. |
| `NO_COLOR` | When not empty, nothing is colored. |
| `COLORFGBG` | Set by some terminals: whether their ground is dark or light, for `ui.theme = "auto"`. |
| `XDG_CONFIG_HOME`, `XDG_DATA_HOME`, `XDG_STATE_HOME`, `XDG_CACHE_HOME` | On Linux, where files live; each gets a folder `voicecli`. |

## Personas

Who the assistant is stands in a file of its own, `personas/NAME.toml` beside the configuration file; `voicecli personas new NAME` makes one, and
`voicecli personas edit NAME` opens it in your editor. `title` and `prompt` are needed, everything else is not. An error names the line.

| key | meaning |
|---|---|
| `title` | a few words for a list |
| `prompt` | the system prompt |
| `greeting` | what it says first |
| `voice`, `speaker` | a voice's name; a name or number, where the voice has several speakers |
| `speed` | how fast it speaks, as `reply.speed`, which counts before it where you have set it |
| `language` | the language that it speaks and expects |
| `patience` | how long it waits, as `listen.patience`, which counts before it where you have set it |
| `tools` | the groups of [tools](tools.md) that it may use, such as `["clock", "calculator"]`; left out: all that the settings allow |
| `called` | names by which it may be addressed before a request, such as `["Computer"]`: "Computer, what time is it?" |

A variable is written `{{customer}}` in `prompt` or `greeting`: a name of letters, digits, `_` and `-`, in double braces.
`voicecli chat --set customer=333` (also `ask`; once for each variable) fills it. A variable without a value, and a value without a variable,
is an error. Control characters, line breaks and special tokens of models are removed from values.

`[sampling]` says how words are chosen: `temperature`, `top_p`, `repeat_penalty`, `max_tokens` (the longest answer), `seed`, and `vary`
(true: another seed for each answer; with `seed` the same ones in each session).

`[answers]` is what answers keep to, whatever the model writes. Such an answer is known as a whole before any of it is said;
one that breaks a rule is written anew, and at last shortened.

| key | meaning |
|---|---|
| `longest_words`, `shortest_words` | the most words, and the least |
| `sentences` | the most sentences |
| `never_twice` | true: no answer comes twice in a session |
| `never_echoes` | true: no answer is a question, or has more than half of its words from the question |
| `never_says` | words that no answer has in it |
| `only_asks` | answers are one question, or exactly this |
| `foolish` | the exact answer to what is no question, and to what the model judges to be a foolish one |
| `foolish_like`, `serious_like` | questions by which it judges; the last foolish one tries whether it can, and a model that cannot is not asked |
| `remembers` | false: each question stands for itself |
| `frame`, `sparks` | what the model is asked, with `{{question}}` and `{{spark}}` in it; each time another of the sparks |

`voicecli personas show magic-8-ball` prints one that uses all of this.
"""

ERRORS = """\
# Errors

{note}

Every error is a sentence and, where something can be done, a hint, on standard error. With `--json` it is also an object on standard output:

```json
{example}
```

`code` stays the same from version to version; `message` and `hint` are for people.

| code | exit code | what it means |
|---|---|---|
{rows}

## Exit codes

| exit code | meaning |
|---|---|
| 0 | It worked. |
{exit_codes}
| {interrupted} | Ctrl-C. |
| {broken_pipe} | Nobody read the results any more, as after `… \\| head`. |
"""


def configuration() -> str:
    """The text of docs/configuration.md."""
    sections = []
    for section, meaning in SECTIONS.items():
        rows = "\n".join(_row(each) for each in SETTINGS.values() if each.section == section)
        head = "| key | default | allowed | flag | meaning |\n|---|---|---|---|---|"
        sections.append(f"## `[{section}]`\n\n{meaning}\n\n{head}\n{rows}\n")
    return CONFIGURATION.format(note=NOTE, sections="\n".join(sections))


def errors() -> str:
    """The text of docs/errors.md."""
    rows = "\n".join(f"| `{kind.code}` | {kind.exit_code} | {_meaning(kind)} |" for kind in _tree(VoiceCliError))
    families = VoiceCliError.__subclasses__()
    exit_codes = "\n".join(f"| {kind.exit_code} | {_meaning(kind)} |" for kind in families)
    example = {
        "event": "error",
        "code": "no-input-device",
        "message": "There is no microphone.",
        "hint": "voicecli devices",
    }
    return ERRORS.format(
        note=NOTE,
        example=json.dumps(example),
        rows=rows,
        exit_codes=exit_codes,
        interrupted=INTERRUPTED,
        broken_pipe=BROKEN_PIPE,
    )


PAGES = {"configuration.md": configuration, "errors.md": errors, "voicecli.1": man_page}


def main(arguments: list[str]) -> int:
    """Writes or checks the documents; gives the exit code."""
    stale = []
    for name, make in PAGES.items():
        file = DOCS / name
        text = make()
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            stale.append(name)
        else:
            file.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote docs/{name}")
    for name in stale:
        print(f"docs/{name} is not what the code says: make docs", file=sys.stderr)
    return 1 if stale else 0


def _row(setting: Setting) -> str:
    default = json.dumps(setting.default)
    allowed = setting.expected.replace("|", "\\|")
    flag = f"`{setting.rule.flag}`" if setting.rule.flag else ""
    return f"| `{setting.key}` | `{default}` | {allowed} | {flag} | {setting.rule.meaning} |"


def _tree(kind: type[VoiceCliError]) -> Iterator[type[VoiceCliError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _tree(each)


def _meaning(kind: type[VoiceCliError]) -> str:
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
