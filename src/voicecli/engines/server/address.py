"""The address of the user's own server, and the key for it."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from voicecli.errors import ConfigError
from voicecli.offline.destination import Destination, make

EXAMPLE: Final = "http://127.0.0.1:8080/v1"
LONGEST_KEY: Final = 4096
"""Longest key that is read, in bytes."""

Part: TypeAlias = Literal["llm", "stt", "tts"]
"""What runs on a server: the language model, the recogniser, or the voice."""

KEY_VARIABLES: Final[Mapping[Part, str]] = {
    "llm": "VOICECLI_LLM_KEY",
    "stt": "VOICECLI_STT_KEY",
    "tts": "VOICECLI_TTS_KEY",
}

_TAILS: Final = ("/chat/completions", "/audio/transcriptions", "/audio/speech", "/models")
"""Paths that users paste together with the base address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAddress:
    """The base address of a server's interface.

    Attributes:
        destination: Host and port.
        secure: Whether TLS is used.
        path: The beginning of the path of every request, without a trailing slash: `/v1`.
        part: What runs there.
    """

    destination: Destination
    secure: bool
    path: str
    part: Part = "llm"

    def __str__(self) -> str:
        """The address as a user writes it."""
        return f"{'https' if self.secure else 'http'}://{self.destination}{self.path}"

    @property
    def setting(self) -> str:
        """The setting that holds the address."""
        return f"models.{self.part}_url"

    @property
    def key_hint(self) -> str:
        """How a key is given."""
        return f"Set {KEY_VARIABLES[self.part]}, or: voicecli config set models.{self.part}_key_file FILE"

    @property
    def model_hint(self) -> str:
        """How a model of the server is chosen; its name follows."""
        return "voicecli config set models.tts_model" if self.part == "tts" else f"--{self.part}"

    @property
    def root(self) -> str:
        """The path before `/v1`, for requests that are not part of a version of the interface."""
        return self.path.removesuffix("/v1")


def read_address(url: str, part: Part = "llm") -> ServerAddress:
    """Reads the address of a server for `part`, such as `http://gpu.lan:8000/v1`. The default path is `/v1`.

    Raises:
        ConfigError: The address is invalid, or has parts that are not allowed.
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
            f"models.{part}_url is not the address of a server.",
            f"Write it such as {EXAMPLE}; a key belongs into {KEY_VARIABLES[part]} or models.{part}_key_file.",
        ) from error
    path = parts.path.rstrip("/")
    for tail in _TAILS:
        path = path.removesuffix(tail)
    if not all(sign.isascii() and sign.isprintable() and sign != " " for sign in path):
        raise ConfigError(
            f"The path in models.{part}_url has characters that no path has.", f"Write it such as {EXAMPLE}."
        )
    return ServerAddress(destination=destination, secure=secure, path=path or "/v1", part=part)


class Key:
    """A key for a server. It never appears in a log, an error or a traceback.

    Args:
        text: The key.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        """Hides the key."""
        return "Key(hidden)"

    __str__ = __repr__

    def header(self) -> bytes:
        """Returns the value of the Authorization header."""
        return b"Bearer " + self._text.encode("ascii")


_kept: dict[Part, Key] = {}
"""Keys of variables, which were taken out of the environment and have to be kept somewhere."""


def read_key(file: str, environ: MutableMapping[str, str] = os.environ, part: Part = "llm") -> Key | None:
    """Reads the key of the server for `part` from its variable or from a file. The variable is then removed, so that no child process inherits it.

    Raises:
        ConfigError: The file cannot be read, can be read by others, or contains no key.
    """
    if text := environ.pop(KEY_VARIABLES[part], ""):
        _kept[part] = _checked(text, KEY_VARIABLES[part])
        return _kept[part]
    if not file:
        return _kept.get(part)
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
