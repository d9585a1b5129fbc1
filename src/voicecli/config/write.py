"""Writes a setting to the configuration file, or removes it, and leaves everything else unchanged."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from voicecli.config import paths
from voicecli.config.documents import MalformedError, parse_toml
from voicecli.config.load import faults_of, find_setting, read_file
from voicecli.config.rules import Setting, Value
from voicecli.config.servers import EVERY
from voicecli.errors import ConfigError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The result of a change.

    Attributes:
        value: The parsed value; None if it was removed from the file.
        file: The configuration file.
        changed: Whether it was written.
        faults: Errors that were in the file before, and still are.
    """

    value: Value | None
    file: Path
    changed: bool
    faults: tuple[ConfigError, ...]


def set_value(name: str, text: str, *, environ: Mapping[str, str] = os.environ) -> Written:
    """Writes the setting `name` to the configuration file, which is created (0600) if it does not exist.

    Comments, order and layout of the file are preserved. Other errors in the file do not matter, unless it cannot be read at all.

    Args:
        name: The setting, such as `listen.start_ms`.
        text: The value, as on a command line.
        environ: The environment, in which `VOICECLI_CONFIG` may be set.

    Raises:
        UnknownName: There is no such setting.
        ConfigError: The value is wrong, by itself or in conflict with others; or the file is not TOML, or cannot be written.
    """
    setting = find_setting(name)
    try:
        value = setting.read(text)
    except ValueError as error:
        raise ConfigError(f"{name} {error}.", setting.rule.meaning) from None

    def put(document: TOMLDocument) -> None:
        import tomlkit

        if setting.section not in document:
            document[setting.section] = tomlkit.table()
        _section(document, setting)[setting.key] = value

    return _change(setting, value, put, environ)


def unset_value(name: str, *, environ: Mapping[str, str] = os.environ) -> Written:
    """Removes the setting `name` from the configuration file, and its section if that is then empty.

    Raises:
        UnknownName: There is no such setting.
        ConfigError: Another value is wrong without it; or the file is not TOML, or cannot be written.
    """
    setting = find_setting(name)

    def drop(document: TOMLDocument) -> None:
        from tomlkit.items import Item

        if setting.section in document:
            section = _section(document, setting)
            section.pop(setting.key, None)
            if not section and isinstance(section, Item) and not section.as_string().strip():
                document.pop(setting.section)

    return _change(setting, None, drop, environ)


def set_permission(server: str, tool: str, may: str, *, environ: Mapping[str, str] = os.environ) -> Path:
    """Writes whether a tool of an MCP server may be used, into `[tools.mcp.NAME]` of the configuration file.

    Args:
        server: The server, which is in the file.
        tool: The tool by the name its server gives it, or `*` for all of them, which replaces what was said of single ones.
        may: `allow`, `ask` or `forbid`.
        environ: The environment, in which `VOICECLI_CONFIG` may be set.

    Returns:
        The configuration file.

    Raises:
        ConfigError: The file has no such server, is not TOML, or cannot be written.
    """

    def put(document: TOMLDocument) -> None:
        try:
            table = _table(document, "tools", "mcp", server)
        except (KeyError, TypeError):
            raise ConfigError(f"There is no MCP server {server} in the settings.", "voicecli config edit") from None
        for key in ("allow", "forbid"):
            listed = table.get(key)
            before = [str(each) for each in listed] if isinstance(listed, list) else []
            after = [each for each in before if tool not in {each, EVERY}]
            if key == may:
                after.append(tool)
            if after:
                table[key] = after
            else:
                table.pop(key, None)

    return _change_file(put, environ, new="").file


def _table(document: TOMLDocument, *path: str) -> dict[str, object]:
    """Returns the table under the keys `path`, in tomlkit's own kind of dict, so that changes reach the document.

    Raises:
        KeyError: There is none.
        TypeError: A value there is no table.
    """
    found: object = document
    for key in path:
        if not isinstance(found, dict):
            raise TypeError(f"{key} is in no table")
        found = found[key]
    if not isinstance(found, dict):
        raise TypeError(f"{path[-1]} is no table")
    return found


def _section(document: TOMLDocument, setting: Setting) -> dict[str, object]:
    try:
        return _table(document, setting.section)
    except TypeError:
        raise ConfigError(f"{setting.section} is a section, not a setting.", "Fix it: voicecli config edit") from None


def _change(
    setting: Setting, value: Value | None, change: Callable[[TOMLDocument], None], environ: Mapping[str, str]
) -> Written:
    return replace(_change_file(change, environ, new=setting.name), value=value)


def _change_file(change: Callable[[TOMLDocument], None], environ: Mapping[str, str], *, new: str) -> Written:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    file = paths.config_file(environ)
    before = read_file(file) or ""
    try:
        parse_toml(before)
        document = tomlkit.parse(before)
        change(document)
    except (TOMLKitError, MalformedError, RecursionError) as error:
        raise ConfigError(
            f"{file} is not valid TOML: {str(error).rstrip('.')}.", "Fix it: voicecli config edit"
        ) from error
    after = tomlkit.dumps(document)
    known = {_without_line(fault) for fault in faults_of(before, file)}
    faults = faults_of(after, file, new=new)
    for fault in faults:
        if _without_line(fault) not in known:
            raise fault
    if after == before:
        return Written(value=None, file=file, changed=False, faults=tuple(faults))
    try:
        paths.write_private(file, after)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.", f"ls -ld {file.parent}") from error
    return Written(value=None, file=file, changed=True, faults=tuple(faults_of(after, file)))


def _without_line(fault: ConfigError) -> str:
    return re.sub(r", line \d+", "", fault.message)
