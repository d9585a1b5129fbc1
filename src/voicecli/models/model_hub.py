"""The model hub: downloads files over HTTP, resumes interrupted downloads, and hashes files while they are downloaded.

The request is `GET {hub}/{repo}/resolve/{revision}/{path}`, and redirects are followed. Only the request itself, a plain user agent and, to
resume a download, the range are sent. No token, no cookie and nothing about the machine is sent.
"""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from voicecli import __version__
from voicecli.errors import ConfigError
from voicecli.models.catalog import Hub, ModelFile
from voicecli.models.partial_file import PartFile
from voicecli.models.progress import Progress
from voicecli.models.source_types import SourceFailed

if TYPE_CHECKING:
    import httpx

DEFAULT_ADDRESS = "https://huggingface.co"

_CONNECT_S = 5.0
"""How long the hub may take to answer, in seconds."""

_READ_S = 30.0
"""How long the hub may send nothing during a download."""

_PATIENCE = 5  # attempts in a row without new bytes
_LONGEST_PAUSE_S = 8.0
"""The longest pause between two attempts. It doubles with each failure."""

_OK, _PARTIAL, _RANGE_REFUSED, _TOO_MANY, _SERVER_ERROR = 200, 206, 416, 429, 500
HINT = "Check the connection, or copy the files by hand: voicecli models import FOLDER"
_WRONG_HINT = "The hub has a different file. Try again later, or copy the file by hand: voicecli models import FOLDER"


def address() -> str:
    """Returns the hub's address: `HF_ENDPOINT`, or the default.

    Raises:
        ConfigError: `HF_ENDPOINT` is not a web address.
    """
    chosen = os.environ.get("HF_ENDPOINT") or DEFAULT_ADDRESS
    if urlsplit(chosen).scheme not in {"http", "https"} or not urlsplit(chosen).netloc:
        raise ConfigError(
            f"HF_ENDPOINT is {chosen!r}, which is not a web address.", f"Unset it, or set it to {DEFAULT_ADDRESS}"
        )
    return chosen


def url_of(base: str, hub: Hub, file: ModelFile) -> str:
    """Returns the address of a file."""
    return f"{base.rstrip('/')}/{quote(hub.repo)}/resolve/{quote(hub.revision, safe='')}/{quote(file.hub_path)}"


def is_reachable(url: str, *, deadline_s: float = _CONNECT_S) -> bool:
    """Whether a server answers at an address before the deadline, which covers the name look-up and all attempts together."""
    answered = threading.Event()

    def knock() -> None:
        import httpx

        try:
            httpx.head(url, timeout=deadline_s, headers=_headers(0), verify=_certificates())
        except (httpx.HTTPError, httpx.InvalidURL):
            return
        answered.set()

    # A thread is used because a name look-up has no deadline. The thread is abandoned if it takes longer.
    thread = threading.Thread(target=knock, name="hub-knock", daemon=True)
    thread.start()
    thread.join(deadline_s)
    return answered.is_set()


def download(
    url: str, part: Path, file: ModelFile, *, progress: Progress, pause: Callable[[float], None] = time.sleep
) -> None:
    """Downloads a file, and resumes from what `part` already contains. When it returns, `part` is complete and has the right hash.

    Args:
        url: The address of the file.
        part: The file to write. It is kept if the download is interrupted, and removed if the bytes are wrong.
        file: The expected file.
        progress: Receives the number of bytes so far. The caller calls `begin` and `end`.
        pause: Waits for a number of seconds between attempts.

    Raises:
        SourceFailed: The hub cannot be reached, refuses, keeps breaking off, or has different bytes.
        OSError: The file cannot be written.
    """
    if not _download(url, part, file, progress, pause):
        part.unlink()
        raise SourceFailed(f"{file.path} from the hub has the wrong SHA-256", _WRONG_HINT)


def _download(url: str, part: Path, file: ModelFile, progress: Progress, pause: Callable[[float], None]) -> bool:
    """Returns whether the part, which now has the right size, has the right hash."""
    import httpx

    resumed_bytes = part.stat().st_size if part.exists() else 0
    timeout = httpx.Timeout(_READ_S, connect=_CONNECT_S)
    with (
        httpx.Client(follow_redirects=True, timeout=timeout, verify=_certificates()) as client,
        PartFile(part, min(resumed_bytes, file.size_bytes)) as target,
    ):
        _fill(client, url, target, file, progress, pause)
        if target.sha256 != file.sha256 and resumed_bytes:
            # The earlier part may be damaged.
            progress.say(f"{file.path}: the earlier part is damaged; starting again")
            target.restart()
            _fill(client, url, target, file, progress, pause)
        target.settle()
        return target.sha256 == file.sha256


@cache
def _certificates() -> ssl.SSLContext:
    """The trusted certificates. They are read once, because reading them takes longer than downloading a small file."""
    import httpx

    return httpx.create_ssl_context()


def _headers(offset_bytes: int) -> dict[str, str]:
    # Compression would change the meaning of ranges and sizes.
    headers = {"User-Agent": f"voicecli/{__version__}", "Accept-Encoding": "identity"}
    return headers | ({"Range": f"bytes={offset_bytes}-"} if offset_bytes else {})


def _fill(
    client: httpx.Client,
    url: str,
    target: PartFile,
    file: ModelFile,
    progress: Progress,
    pause: Callable[[float], None],
) -> None:
    """Repeats requests until the file is complete. Gives up after `_PATIENCE` attempts in a row without new bytes."""
    import httpx

    failures, in_touch, reason = 0, False, ""
    while target.size_bytes < file.size_bytes:
        before_bytes = target.size_bytes
        try:
            reason = _request(client, url, target, file, progress)
            in_touch = True
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            if not in_touch:
                raise SourceFailed(f"the model hub at {_host(url)} cannot be reached: {error}", HINT) from error
            reason = f"the connection was lost: {error}"
        except httpx.TransportError as error:
            in_touch, reason = True, f"the connection was cut: {error}"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SourceFailed(f"the model hub cannot be used: {error}", HINT) from error
        if target.size_bytes >= file.size_bytes:
            break
        failures = 0 if target.size_bytes > before_bytes else failures + 1
        if failures >= _PATIENCE:
            raise SourceFailed(f"{file.path} could not be downloaded from the model hub: {reason}", HINT)
        pause(min(0.5 * 2**failures, _LONGEST_PAUSE_S))


def _request(client: httpx.Client, url: str, target: PartFile, file: ModelFile, progress: Progress) -> str:
    """Makes one request and writes the bytes it returns. Returns the reason why the file may still be incomplete."""
    with client.stream("GET", url, headers=_headers(target.size_bytes)) as response:
        code = response.status_code
        if code == _RANGE_REFUSED:
            target.restart()
            return "the hub refused to resume the download"
        if code == _TOO_MANY or code >= _SERVER_ERROR:
            return f"the hub answered {code}"
        if code not in {_OK, _PARTIAL}:
            raise SourceFailed(f"the model hub answered {code} to {url}", HINT)
        if code == _OK:
            target.restart()
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {target.size_bytes}-"):
            target.restart()
            return "the hub sent the wrong part of the file"
        announced = response.headers.get("Content-Length", "")
        whole_bytes = target.size_bytes + int(announced) if announced.isdecimal() else file.size_bytes
        if whole_bytes != file.size_bytes:
            target.restart()
            raise SourceFailed(
                f"the hub's {file.path} is {whole_bytes} bytes long and should be {file.size_bytes}", _WRONG_HINT
            )
        for chunk in response.iter_raw():
            # A server that sends too much has the wrong file. The hash check finds it.
            target.write(chunk[: file.size_bytes - target.size_bytes])
            progress.reach(target.size_bytes)
            if target.size_bytes >= file.size_bytes:
                break
    return "the connection was cut"


def _host(url: str) -> str:
    return urlsplit(url).netloc
