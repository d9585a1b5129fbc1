"""Keeps a setting in the configuration file, and everything else in it as it was."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from voicecli.config import paths
from voicecli.config.load import check_text, find_setting, read_file
from voicecli.config.schema import Value
from voicecli.errors import ConfigError


def set_value(name: str, text: str, *, environ: Mapping[str, str] = os.environ) -> tuple[Value, Path]:
    """Writes the setting `name` into the configuration file, which is made (0600) where there is none.

    Comments, order and layout of the file stay. Nothing is written unless the whole file is right afterwards.

    Args:
        name: `listen.start_ms`.
        text: The value, as on a command line.
        environ: The environment, where `VOICECLI_CONFIG` may stand.

    Returns:
        The value as it was understood, and the file.

    Raises:
        UnknownName: There is no such setting.
        ConfigError: The value or the file is wrong, or the file cannot be written.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    setting = find_setting(name)
    try:
        value = setting.read(text)
    except ValueError as error:
        raise ConfigError(f"{name} {error}.", setting.rule.meaning) from None
    file = paths.config_file(environ)
    before = read_file(file) or ""
    try:
        document = tomlkit.parse(before)
        if setting.section not in document:
            document[setting.section] = tomlkit.table()
        section = document[setting.section]
        if not isinstance(section, dict):
            raise ConfigError(
                f"{file}: {setting.section} is not a section.", f"Write [{setting.section}] on a line of its own."
            )
        section[setting.key] = value
    except TOMLKitError as error:
        raise ConfigError(
            f"{file} is not valid TOML: {str(error).rstrip('.')}.", f"Mend it with an editor: {file}"
        ) from error
    after = tomlkit.dumps(document)
    check_text(after, file)
    try:
        paths.write_private(file, after)
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.", f"ls -ld {file.parent}") from error
    return value, file
