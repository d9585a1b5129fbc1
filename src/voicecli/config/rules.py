"""The definition of a setting: its type, the values it allows, and how it is read from text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias, TypedDict, TypeVar, Unpack

Value: TypeAlias = bool | int | float | str
T = TypeVar("T", bound=Value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The constraints of a value, apart from its type.

    Attributes:
        meaning: One sentence for a user.
        low: Smallest allowed number; None without a limit.
        high: Largest allowed number; None without a limit.
        choices: The only allowed words, those of the field's `Literal`; empty if any word is allowed.
        pattern: Regular expression that the whole text must match; empty if any text is allowed.
        pattern_words: `pattern` in words for a user.
        flag: The command-line flag that sets it; empty without one.
    """

    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    pattern_words: str = ""
    flag: str = ""


class Limits(TypedDict, total=False):
    """The attributes of a `Rule` that a setting may have besides its meaning."""

    low: float | None
    high: float | None
    choices: tuple[str, ...]
    pattern: str
    pattern_words: str
    flag: str


def setting(default: T, meaning: str, **rule: Unpack[Limits]) -> T:
    """Defines a field of a section of settings: its default, its meaning, and as keywords the other attributes of `Rule`."""
    return field(default=default, metadata={"rule": Rule(meaning=meaning, **rule)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, for documents, checks and messages."""

    section: str
    key: str
    default: Value
    rule: Rule

    @property
    def name(self) -> str:
        """Its name for `voicecli config set`: `listen.start_ms`."""
        return f"{self.section}.{self.key}"

    @property
    def variable(self) -> str:
        """Its environment variable: `VOICECLI_LISTEN_START_MS`."""
        return f"VOICECLI_{self.section}_{self.key}".upper()

    @property
    def expected(self) -> str:
        """What a value must be, in words: "a whole number from 20 to 500"."""
        rule = self.rule
        if rule.choices:
            return f"one of {', '.join(rule.choices)}"
        match self.default:
            case bool():
                return "true or false"
            case int() | float():
                kind = "a whole number" if isinstance(self.default, int) else "a number"
                return f"{kind} from {rule.low} to {rule.high}"
            case _:
                return rule.pattern_words or "text"

    def check(self, value: object) -> Value:
        """Returns `value` in the setting's own type.

        Raises:
            ValueError: It is of another type or out of range; the message is "must be EXPECTED, not VALUE".
        """
        if isinstance(self.default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(self.default) or not self._allows(value):
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            raise ValueError(f"must be {self.expected}, not {shown}")
        return value

    def read(self, text: str) -> Value:
        """Returns the value of `text` from a variable, a flag or `voicecli config set`.

        Raises:
            ValueError: As `check`.
        """
        match self.default:
            case bool():
                return self.check({"true": True, "false": False}.get(text.strip().lower(), text))
            case int() | float():
                try:
                    return self.check(type(self.default)(text))
                except (ValueError, OverflowError):
                    raise ValueError(f"must be {self.expected}, not {text!r}") from None
            case _:
                return self.check(text)

    def _allows(self, value: Value) -> bool:
        rule = self.rule
        if isinstance(value, str):
            if rule.choices:
                return value in rule.choices
            return not rule.pattern or re.fullmatch(rule.pattern, value) is not None
        # NaN is neither below nor above any number, so check for values inside the range, not outside.
        return (rule.low is None or value >= rule.low) and (rule.high is None or value <= rule.high)
