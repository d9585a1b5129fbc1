"""What the user has allowed or forbidden for good: tools, and calls of them by their arguments. Pure logic."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from voicecli.config.documents import parse_json
from voicecli.tools.definitions import Arguments, Call

May: TypeAlias = Literal["allow", "forbid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something that the user allowed or forbade.

    Attributes:
        tool: The name of the tool.
        arguments: A pattern for each argument, in which `*` stands for anything. A call must have these arguments and no others; empty for any.
        may: Whether it is allowed.
    """

    tool: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    may: May = "allow"

    def holds(self, call: Call) -> bool:
        """Whether the rule is about `call`."""
        if self.tool != call.name:
            return False
        if not self.arguments:
            return True
        given = as_texts(call.arguments)
        return given.keys() == self.arguments.keys() and all(
            fnmatch.fnmatchcase(given[name], pattern) for name, pattern in self.arguments.items()
        )


def as_texts(arguments: Arguments) -> dict[str, str]:
    """Returns the arguments as texts, in which patterns are matched."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
        for name, value in arguments.items()
    }


def exactly(call: Call) -> Rule:
    """Returns the rule that allows exactly this call. A tool without arguments is allowed as a whole."""
    return Rule(tool=call.name, arguments={name: _literal(text) for name, text in as_texts(call.arguments).items()})


def _literal(text: str) -> str:
    """A pattern that matches only `text`."""
    return "".join(f"[{each}]" if each in "*?[" else each for each in text)


def verdict(rules: Iterable[Rule], call: Call) -> May | None:
    """Returns what the rules say of `call`; None if they say nothing. What is forbidden stays so, whatever else is allowed."""
    said = {rule.may for rule in rules if rule.holds(call)}
    return "forbid" if "forbid" in said else "allow" if said else None


def to_json(rules: Iterable[Rule]) -> str:
    """Returns the rules as a text for a file."""
    listed = [{"tool": each.tool, "arguments": dict(each.arguments), "may": each.may} for each in rules]
    text = json.dumps({"version": 1, "rules": listed}, ensure_ascii=False, indent=1) + "\n"
    if any(
        "\ud800" <= each <= "\udfff" for each in text
    ):  # a model can write halves of characters, which a file cannot hold
        text = json.dumps({"version": 1, "rules": listed}, indent=1) + "\n"
    return text


def from_json(text: str) -> tuple[Rule, ...]:
    """Returns the rules in a file. Raises `ValueError` if it is damaged."""
    read = parse_json(text)
    listed = read.get("rules") if isinstance(read, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no rules")  # noqa: TRY004 - the file is damaged, whatever is in it
    return tuple(_rule(each) for each in listed)


def _rule(value: object) -> Rule:
    if not isinstance(value, dict) or not isinstance(value.get("tool"), str):
        raise ValueError("not a rule")  # noqa: TRY004 - the file is damaged, whatever is in it
    may = value.get("may")
    if may not in ("allow", "forbid"):  # no set: a list is not hashable
        raise ValueError("not a verdict")
    arguments = value.get("arguments", {})
    if not isinstance(arguments, dict) or not all(isinstance(each, str) for each in arguments.values()):
        raise ValueError("not a pattern")
    return Rule(tool=value["tool"], arguments=arguments, may=may)
