"""Where a server of the user's own is, and the key for it."""

from __future__ import annotations

import os
import stat
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from voicecli.errors import ConfigError
from voicecli.offline.destination import Destination, make

EXAMPLE: Final = "http://127.0.0.1:8080/v1"
KEY_VARIABLE: Final = "VOICECLI_LLM_KEY"
LONGEST_KEY: Final = 4096

_TAILS: Final = ("/chat/completions", "/models")
"""What people paste besides the base of the interface."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """Where the interface of a server begins.

    Attributes:
        destination: Host and port.
        secure: Whether TLS is spoken.
        path: What every request's path begins with, without a slash at its end: `/v1`.
    """

    destination: Destination
    secure: bool
    path: str

    def __str__(self) -> str:
        """As a user writes it."""
        return f"{'https' if self.secure else 'http'}://{self.destination}{self.path}"

    @property
    def root(self) -> str:
        """The path in front of `/v1`, where servers have what belongs to no version."""
        return self.path.removesuffix("/v1")


def read_address(url: str) -> ServerAddress:
    """Reads `http://gpu.lan:8000/v1`; without a path it is `/v1`.

    Raises:
        ConfigError: It is no such address, or holds what has no place in it.
    """
    try:
        parts = urlsplit(url.strip())
        allowed = parts.scheme in {"http", "https"} and parts.username is None and not parts.query + parts.fragment
        secure = parts.scheme == "https"
        destination = make(
            parts.hostname or "" if allowed else "", parts.port if parts.port is not None else (443 if secure else 80)
        )
    except ValueError as error:
        raise ConfigError(
            "models.llm_url is not the address of a server.",
            f"Write it such as {EXAMPLE}; a key belongs into {KEY_VARIABLE} or models.llm_key_file.",
        ) from error
    path = parts.path.rstrip("/")
    for tail in _TAILS:
        path = path.removesuffix(tail)
    if not all(sign.isascii() and sign.isprintable() and sign != " " for sign in path):
        raise ConfigError("The path in models.llm_url has characters that no path has.", f"Write it such as {EXAMPLE}.")
    return ServerAddress(destination=destination, secure=secure, path=path or "/v1")


class Key:
    """A key for a server. It is never shown: neither in a log, nor in an error, nor in a traceback.

    Args:
        text: The key.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        """Hides it."""
        return "Key(hidden)"

    __str__ = __repr__

    def header(self) -> bytes:
        """The value of the request's Authorization header."""
        return b"Bearer " + self._text.encode("ascii")


_kept: Key | None = None


def read_key(file: str, environ: MutableMapping[str, str] = os.environ) -> Key | None:
    """The key from the variable, which is then taken out of the environment, so that no child gets it; or from a file.

    Raises:
        ConfigError: The file cannot be read, can be read by others, or holds no key.
    """
    global _kept  # noqa: PLW0603 - a variable that is taken out of the environment has to be kept somewhere
    if text := environ.pop(KEY_VARIABLE, ""):
        _kept = _checked(text, KEY_VARIABLE)
        return _kept
    if not file:
        return _kept
    path = Path(file).expanduser()
    try:
        with path.open("rb") as opened:
            if os.name == "posix" and stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077:
                raise ConfigError(f"Other users can read the key in {path}.", f"chmod 600 {path}")
            data = opened.read(LONGEST_KEY + 1)
    except OSError as error:
        raise ConfigError(f"The key file {path} cannot be read: {error.strerror}.", f"ls -l {path}") from error
    return _checked(data.decode("utf-8", errors="replace"), str(path))


def _checked(text: str, place: str) -> Key:
    text = text.strip()
    if not text or len(text) > LONGEST_KEY or not all("!" <= sign <= "~" for sign in text):
        raise ConfigError(f"{place} holds no key.", "A key is one line of letters, digits and signs, without spaces.")
    return Key(text)
