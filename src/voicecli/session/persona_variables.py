"""Fills the variables of a persona, such as `{{customer}}`, in its prompt and its greeting. Pure logic."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Final

from voicecli.config.suggest import did_you_mean
from voicecli.errors import ConfigError, UnknownName
from voicecli.session.personas import Persona
from voicecli.speech.special_tokens import without_special_tokens
from voicecli.tools.definitions import cleaned

LONGEST_VALUE: Final = 1000
"""Longest value, in characters."""

_NAME: Final = r"[A-Za-z_][A-Za-z0-9_-]{0,39}"
_VARIABLE: Final = re.compile(r"\{\{ *(" + _NAME + r") *\}\}")


def assignments(given: Sequence[str]) -> dict[str, str]:
    """Reads the values of `--set name=value`. If a name is given twice, the last value counts.

    Control characters, line breaks and special tokens are removed from values, because they could end the prompt of the persona.

    Raises:
        ConfigError: One is not of that form, or its value is too long.
    """
    values = {}
    for each in given:
        name, sign, value = each.partition("=")
        name = name.strip()
        if not sign or re.fullmatch(_NAME, name) is None:
            raise ConfigError(
                f"--set takes a name and a value, not {cleaned(each, 60)!r}.", "For example: --set customer=333"
            )
        if len(value) > LONGEST_VALUE:
            raise ConfigError(
                f"The value of {name} is longer than {LONGEST_VALUE} characters.", "A file is given with --file PATH."
            )
        values[name] = cleaned(without_special_tokens(value.replace("\n", " ")), LONGEST_VALUE)
    return values


def variables(persona: Persona) -> tuple[str, ...]:
    """Returns the names of a persona's variables, in the order in which they first appear."""
    return tuple(dict.fromkeys(_VARIABLE.findall(f"{persona.prompt}\n{persona.greeting}")))


def fill(persona: Persona, values: Mapping[str, str], *, only_its_own: bool = True) -> Persona:
    """Returns `persona` with the values in the place of its variables. A value is never searched for variables.

    Args:
        persona: The persona.
        values: The values by name.
        only_its_own: Whether a value for a variable that the persona does not have is an error.

    Raises:
        UnknownName: There is a value for a variable that the persona does not have.
        ConfigError: A value is missing.
    """
    names = variables(persona)
    for name in values:
        if only_its_own and name not in names:
            there = f"It has {', '.join(names)}." if names else f"A variable is written {{{{{name}}}}} in its prompt."
            raise UnknownName(f"The persona {persona.name} has no variable {name}.", did_you_mean(name, names) or there)
    missing = [name for name in names if name not in values]
    if missing:
        example = " ".join(f"--set {name}=VALUE" for name in missing)
        raise ConfigError(
            f"The persona {persona.name} needs a value for {', '.join(missing)}.",
            f"voicecli chat --persona {persona.name} {example}",
        )
    if not names:
        return persona

    def value(found: re.Match[str]) -> str:
        return values[found[1]]

    return dataclasses.replace(
        persona, prompt=_VARIABLE.sub(value, persona.prompt), greeting=_VARIABLE.sub(value, persona.greeting)
    )
