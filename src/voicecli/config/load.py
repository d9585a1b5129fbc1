"""Loads settings from all layers: default < file < environment < flag. The source of each value is recorded."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from voicecli.config import paths
from voicecli.config.documents import MalformedError, build, parse_toml
from voicecli.config.programs import ProgramTool, read_programs
from voicecli.config.rules import Setting, Value
from voicecli.config.schema import SECTIONS, SETTINGS, Settings
from voicecli.config.servers import ToolServer, read_servers
from voicecli.config.suggest import did_you_mean
from voicecli.config.text import read_text
from voicecli.errors import ConfigError, UnknownName


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The source of a value.

    Attributes:
        kind: The layer.
        place: `FILE, line N`, the variable or the flag; empty for a default.
    """

    kind: Literal["default", "file", "environment", "flag"]
    place: str

    def __str__(self) -> str:
        return self.place or self.kind


DEFAULT = Source(kind="default", place="")

MOST_FAULTS = 20
"""After so many errors in a file the rest of it is not looked at. The line of each has to be searched for."""

Tables: TypeAlias = tuple[ToolServer, ...] | tuple[ProgramTool, ...]

Layer: TypeAlias = dict[str, tuple[Value | Tables, Source]]
"""Checked values by the setting's name. `tools.mcp` and `tools.command` are tables, and no settings by themselves."""

_TABLES: Mapping[str, Callable[[object, str], tuple[Tables, list[ConfigError]]]] = {
    "tools.mcp": read_servers,
    "tools.command": read_programs,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Settings, and their sources.

    Attributes:
        settings: The values.
        sources: The source of each value, by the setting's name, such as `listen.start_ms`.
        file: The configuration file, whether it exists or not.
    """

    settings: Settings
    sources: Mapping[str, Source]
    file: Path

    def value(self, name: str) -> Value:
        """Returns the value of the setting `name`, a key of `sources`."""
        section, key = name.split(".")
        value: Value = getattr(getattr(self.settings, section), key)
        return value


def load(*, flags: Mapping[str, Value | None] | None = None, environ: Mapping[str, str] = os.environ) -> Loaded:
    """Loads all settings.

    Args:
        flags: Values from the command line by the setting's name; None for a flag that was not given.
        environ: The environment.

    Returns:
        The settings. If anything is wrong with them, the first error is raised.

    Raises:
        ConfigError: A file cannot be read, or a value is of the wrong type, out of range or in conflict with another.
        UnknownName: A key or variable does not exist.
    """
    loaded, faults = examine(flags=flags, environ=environ)
    if faults:
        raise faults[0]
    return loaded


def examine(
    *, flags: Mapping[str, Value | None] | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Loaded, list[ConfigError]]:
    """Loads all settings like `load`, and returns all errors, in the order of the file, the environment and the flags.

    A wrong setting gets its default.
    """
    file = paths.config_file(environ)
    faults: list[ConfigError] = []
    chosen: Layer = dict(_DEFAULTS)
    try:
        chosen |= _from_file(file, faults, must_exist=bool(environ.get("VOICECLI_CONFIG")))
    except ConfigError as error:
        faults.append(error)
    chosen |= _from_environment(environ, faults)
    chosen |= _from_flags(flags or {}, faults)
    _check_together(chosen, faults)
    sources = {name: source for name, (_, source) in chosen.items() if name in SETTINGS}
    return Loaded(settings=_settings(chosen), sources=sources, file=file), faults


def find_setting(name: str) -> Setting:
    """Returns the setting called `name`, such as `listen.start_ms`.

    Raises:
        UnknownName: There is none.
    """
    try:
        return SETTINGS[name]
    except KeyError:
        raise UnknownName(f"There is no setting {name}.", _all_keys_hint(did_you_mean(name, SETTINGS))) from None


def faults_of(text: str, file: Path, *, new: str = "") -> list[ConfigError]:
    """Returns all errors in a text that is, or will be, in `file`.

    Args:
        text: The text.
        file: The file, for messages.
        new: A setting that is not in the file yet. Messages about it name no line.
    """
    faults: list[ConfigError] = []
    layer = _from_text(text, file, faults)
    if new in layer:
        layer[new] = (layer[new][0], Source(kind="file", place="the new value"))
    _check_together(_DEFAULTS | layer, faults)
    return faults


def read_file(file: Path) -> str | None:
    """Returns the text of the configuration file; None if it does not exist.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        return read_text(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", f"ls -ld {file}") from error


_DEFAULTS: Layer = {name: (setting.default, DEFAULT) for name, setting in SETTINGS.items()}


def _from_file(file: Path, faults: list[ConfigError], *, must_exist: bool) -> Layer:
    text = read_file(file)
    if text is None and must_exist:
        raise ConfigError(
            f"VOICECLI_CONFIG names {file}, which does not exist.", "Create the file, or unset VOICECLI_CONFIG."
        )
    return _from_text(text or "", file, faults)


def _from_text(text: str, file: Path, faults: list[ConfigError]) -> Layer:
    layer: Layer = {}
    try:
        document = parse_toml(text)
    except MalformedError as error:
        faults.append(ConfigError(f"{file} is not valid TOML: {_lower(str(error))}.", "Fix it: voicecli config edit"))
        return layer
    for section, content in document.items():
        if len(faults) >= MOST_FAULTS:
            break
        if section not in SECTIONS or not isinstance(content, dict):
            faults.append(_misplaced(section, content, f"{file}{_line_of(text, '', section)}"))
            continue
        for key, value in content.items():
            if len(faults) >= MOST_FAULTS:
                return layer
            place = f"{file}{_line_of(text, section, key)}"
            setting = SETTINGS.get(f"{section}.{key}")
            if (read := _TABLES.get(f"{section}.{key}")) is not None:
                tables, wrong = read(value, str(file))
                layer[f"{section}.{key}"] = (tables, Source(kind="file", place=place))
                faults += wrong
                continue
            if setting is None:
                hint = did_you_mean(key, _keys_of(section))
                faults.append(UnknownName(f"There is no setting {section}.{key} ({place}).", _all_keys_hint(hint)))
                continue
            try:
                layer[setting.name] = (_checked(setting, value, place), Source(kind="file", place=place))
            except ConfigError as error:
                faults.append(error)
    return layer


def _misplaced(section: str, content: object, place: str) -> ConfigError:
    if section in SECTIONS:
        return ConfigError(f"{section} is a section, not a setting ({place}).", f"Write [{section}] on its own line.")
    if isinstance(content, dict):
        return UnknownName(f"There is no section {section} ({place}).", _all_keys_hint(did_you_mean(section, SECTIONS)))
    owners = [setting.section for setting in SETTINGS.values() if setting.key == section]
    if owners:
        return ConfigError(f"{section} is outside any section ({place}).", f"Write [{owners[0]}] on a line before it.")
    return UnknownName(f"There is no setting {section} ({place}).", _all_keys_hint(did_you_mean(section, SETTINGS)))


def _from_environment(environ: Mapping[str, str], faults: list[ConfigError]) -> Layer:
    by_variable = {setting.variable: setting for setting in SETTINGS.values()}
    beginnings = tuple(f"VOICECLI_{section}_".upper() for section in SECTIONS)
    layer: Layer = {}
    for variable, text in environ.items():
        if not variable.startswith(beginnings) or not text:
            continue
        setting = by_variable.get(variable)
        if setting is None:
            hint = did_you_mean(variable, by_variable)
            faults.append(UnknownName(f"The environment variable {variable} is not a setting.", _all_keys_hint(hint)))
            continue
        try:
            value = _read(setting, text, f"The environment variable {variable}")
        except ConfigError as error:
            faults.append(error)
            continue
        layer[setting.name] = (value, Source(kind="environment", place=variable))
    return layer


def _from_flags(flags: Mapping[str, Value | None], faults: list[ConfigError]) -> Layer:
    layer: Layer = {}
    for name, value in flags.items():
        if value is None:
            continue
        setting = find_setting(name)
        flag = setting.rule.flag or f"The flag for {name}"
        try:
            checked = _read(setting, value, flag) if isinstance(value, str) else _checked(setting, value, flag)
        except ConfigError as error:
            faults.append(error)
            continue
        layer[name] = (checked, Source(kind="flag", place=flag))
    return layer


def _checked(setting: Setting, value: object, place: str) -> Value:
    try:
        return setting.check(value)
    except ValueError as error:
        raise ConfigError(f"{setting.name} {error} ({place}).", setting.rule.meaning) from None


def _read(setting: Setting, text: str, place: str) -> Value:
    try:
        return setting.read(text)
    except ValueError as error:
        raise ConfigError(f"{place} {error}.", setting.rule.meaning) from None


def _check_together(chosen: Layer, faults: list[ConfigError]) -> None:
    """Checks values that depend on each other."""
    for low, high, why in (
        ("listen.stop_probability", "listen.start_probability", "otherwise speech would end as soon as it starts"),
        (
            "listen.pause_ms",
            "listen.end_silence_ms",
            "an answer is prepared before the end of the utterance is certain",
        ),
        ("reply.longest_tokens", "reply.context_tokens", "the answer must fit into the context"),
    ):
        (smaller, source), (larger, other) = chosen[low], chosen[high]
        if isinstance(smaller, str | tuple) or isinstance(larger, str | tuple) or smaller <= larger:
            continue
        faults.append(
            ConfigError(
                f"{low} ({smaller}, {source}) must not be larger than {high} ({larger}, {other}): {why}.",
                f"voicecli config set {low} {larger}",
            )
        )


def _settings(chosen: Layer) -> Settings:
    sections: dict[str, dict[str, Value | Tables]] = {}
    for name, (value, _) in chosen.items():
        section, key = name.split(".")
        sections.setdefault(section, {})[key] = value
    empty = Settings()
    # The values were checked against the fields to which they are assigned.
    made = {section: build(type(getattr(empty, section)), values) for section, values in sections.items()}
    return build(Settings, made)


def _line_of(text: str, section: str, key: str) -> str:
    """Returns ", line N" of `key` in `section`, or "" if a search by line does not find it.

    tomllib does not report where it read a key.
    """
    header = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
    here = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if match := header.match(line):
            here = match[1].strip("\"'")
            if not section and here == key:
                return f", line {number}"
        else:
            written = re.escape(key) if here == section else rf"{re.escape(section)}\s*\.\s*{re.escape(key)}"
            if (here in {section, ""}) and re.match(rf"\s*[\"']?{written}[\"']?\s*[.=]", line):
                return f", line {number}"
    return ""


def _keys_of(section: str) -> list[str]:
    return [setting.key for setting in SETTINGS.values() if setting.section == section]


def _all_keys_hint(suggestion: str) -> str:
    return f"{suggestion} All settings: voicecli config show".lstrip()


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
