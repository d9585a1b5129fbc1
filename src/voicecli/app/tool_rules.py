"""Implements `voicecli tools allow`, `forbid` and `ask` for the user's own tools: rules for a tool, or for some of its calls."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from voicecli.app import permissions
from voicecli.errors import ConfigError, UnknownName
from voicecli.tools.permissions import May, Rule


def patterns_of(words: Sequence[str]) -> dict[str, str]:
    """Returns the patterns in words such as `city=B*`.

    Raises:
        ConfigError: A word is no pattern.
    """
    patterns: dict[str, str] = {}
    for word in words:
        name, equals, pattern = word.partition("=")
        if not equals or not name:
            raise ConfigError(f"{word} is no pattern of an argument.", "Write NAME=PATTERN, such as city=B*.")
        patterns[name] = pattern
    return patterns


def change(tool: str, words: Sequence[str], may: May | Literal["ask"]) -> str:
    """Changes the permanent rules of a tool. Returns a sentence.

    Args:
        tool: The name of the tool.
        words: Patterns of arguments; none for all calls of the tool.
        may: `allow`, `forbid`, or `ask`, which removes both.
    """
    patterns = patterns_of(words)
    rules = list(permissions.load())
    if may == "ask":
        kept = [rule for rule in rules if rule.tool != tool or (patterns and dict(rule.arguments) != patterns)]
    else:
        kept = [rule for rule in rules if not _replaced(rule, tool, patterns, may)]
        kept.append(Rule(tool=tool, arguments=patterns, may=may))
    permissions.save(kept)
    what = " ".join([tool, *words])
    return {"allow": f"{what}: allowed", "forbid": f"{what}: forbidden", "ask": f"{what}: asked for"}[may]


def _replaced(rule: Rule, tool: str, patterns: dict[str, str], may: May) -> bool:
    """Whether a new rule replaces `rule`: it is about the same calls, or the new rule forbids all calls of the tool."""
    if rule.tool != tool:
        return False
    return dict(rule.arguments) == patterns or (not patterns and may == "forbid")


def may_of(tool: str, rules: Iterable[Rule]) -> str:
    """Returns the permission of a tool for a list: `ask`, `allow` or `forbid`, and the rules for some of its calls."""
    own = [rule for rule in rules if rule.tool == tool]
    whole = next((rule.may for rule in own if not rule.arguments), "ask")
    some = [
        f"{rule.may} {' '.join(f'{name}={value}' for name, value in rule.arguments.items())}"
        for rule in own
        if rule.arguments
    ]
    return "; ".join([whole, *some])


def unknown(name: str, known: Collection[str], *, patterns: bool) -> UnknownName:
    """Returns the error for a tool or group that does not exist, or that can only be changed as a whole.

    Args:
        name: The name that was given.
        known: The groups, and the user's own tools.
        patterns: Whether the request needs a tool of the user's own.
    """
    from voicecli.config.suggest import did_you_mean

    if patterns and name in known:
        return UnknownName(f"{name} is allowed or forbidden as a whole.", f"voicecli tools allow {name}")
    hint = f"{did_you_mean(name, known)} Groups and tools: {', '.join(sorted(known))}".lstrip()
    return UnknownName(f"There is no group of tools {name}. There is no such tool either.", hint)
