"""The errors of servers: each failure with its message, its hint and its exit code. Pure logic.

Text that a server writes about a failure is never repeated, because it may contain a prompt or a key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urljoin, urlsplit

from voicecli.engines.server.address import ServerAddress
from voicecli.errors import (
    GenerationFailed,
    ServerBroken,
    ServerBusy,
    ServerDenied,
    ServerError,
    ServerModelMissing,
    ServerSilent,
    ServerUntrusted,
    ServerWithoutTools,
    VoiceCliError,
)

LONGEST_WAIT_S: Final = 86_400
LONGEST_NUMBER: Final = 9
"""Digits of a number in a header. Python refuses to convert some thousand."""

_NO_TOOLS: Final = (
    "tools param",
    "tool choice",
    "tool_choice",
    "does not support tools",
    "--jinja",
    "tool-call-parser",
)
"""What llama.cpp's server without `--jinja`, vLLM without a parser, and Ollama with a model that knows no tools answer to a request with tools."""

_NO_TOOLS_HINT: Final = (
    "Start llama.cpp's server with --jinja, or vLLM with --enable-auto-tool-choice and a --tool-call-parser."
)

_TOO_LONG: Final = ("context length", "context size", "context window", "maximum context", "too many tokens", "n_ctx")
"""Words in servers' errors that mean that a prompt is too long."""

LOOK: Final = "Look into the server's log."


def for_status(
    status: int,
    headers: Mapping[str, str],
    body: str,
    *,
    address: ServerAddress,
    model: str,
    path: str,
    has_key: bool,
) -> VoiceCliError:
    """The error for an answer with an error status.

    Args:
        status: The HTTP status, 300 or more.
        headers: Names in lower case.
        body: The part of the body that was read. It is searched, but never repeated.
        address: The address of the server.
        model: The requested model.
        path: The requested path.
        has_key: Whether a key was sent.
    """
    where = str(address.destination)
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        return _redirected(status, headers.get("location", ""), address, path)
    match status:
        case 401 | 403:
            what = "does not accept the key" if has_key else "wants a key"
            return ServerDenied(
                f"{where} {what} ({status}).",
                address.key_hint,
            )
        case 404 if model and "model" in body.lower():
            return model_missing(address, model, ())
        case 404 | 405 | 501:
            return ServerModelMissing(
                f"{where} has nothing at {path} ({status}): it has no OpenAI-compatible interface there.",
                f"Check the path in {address.setting}; it mostly ends with /v1.",
            )
        case 429:
            return ServerBusy(f"{where} has too many requests ({status}).", _wait(headers, "Try again in a moment."))
        case 503:
            return ServerBusy(
                f"{where} is not ready ({status}): it is loading its model, or has too much to do.",
                _wait(headers, "Wait until it is ready."),
            )
        case 400 | 413 | 422 if any(words in body.lower() for words in _TOO_LONG):
            return GenerationFailed(
                f"The conversation is longer than {where} has room for ({status}).",
                "Lower reply.context_tokens to the context of the server, or start it with a larger one.",
            )
        case _ if any(words in body.lower() for words in _NO_TOOLS):
            return ServerWithoutTools(f"{where} does not accept tools ({status}).", _NO_TOOLS_HINT)
        case _ if status >= 500:  # noqa: PLR2004 - failures of the server
            return ServerError(f"{where} failed ({status}).", LOOK)
        case _:
            return ServerError(f"{where} does not accept the request ({status}).", LOOK)


def _wait(headers: Mapping[str, str], otherwise: str) -> str:
    seconds = headers.get("retry-after", "").strip()
    if seconds.isdecimal() and len(seconds) <= LONGEST_NUMBER and int(seconds) <= LONGEST_WAIT_S:
        return f"It asks to wait {int(seconds)} s."
    return otherwise


def _redirected(status: int, location: str, address: ServerAddress, path: str) -> VoiceCliError:
    where = str(address.destination)
    base = f"{'https' if address.secure else 'http'}://{address.destination}{path}"
    try:
        parts = urlsplit(urljoin(base, location))
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        host, port = "", 0
    if (host, port) != (address.destination.host, address.destination.port):
        shown = "".join(sign for sign in host if sign.isalnum() or sign in "-.:")[:80] or "another address"
        return ServerUntrusted(
            f"{where} sends on to {shown} ({status}); nothing was sent there.",
            f"If that is your server, give its address: --{address.part}-url",
        )
    return ServerError(f"{where} says that its interface is at another path ({status}).", f"Correct {address.setting}.")


def model_missing(address: ServerAddress, model: str, there: tuple[str, ...]) -> ServerModelMissing:
    """The server does not have the model. `there`: the models that it has, if known."""
    hint = f"It has: {', '.join(there)}." if there else f"What it has: curl {address}/models"
    return ServerModelMissing(f"{address.destination} has no model {model}.", hint)


def several_models(address: ServerAddress, there: tuple[str, ...]) -> ServerModelMissing:
    """The server has more than one model, and the user has not chosen one."""
    return ServerModelMissing(
        f"{address.destination} has several models: {', '.join(there)}.", f"Choose one: {address.model_hint} {there[0]}"
    )


def silent(address: ServerAddress, seconds: float, *, begun: bool) -> ServerSilent:
    """No data arrived before the deadline."""
    what = "stopped in the middle of an answer" if begun else "did not begin to answer"
    return ServerSilent(f"{address.destination} {what}: nothing came for {seconds:.0f} s.", LOOK)


def cut_off(address: ServerAddress) -> ServerBroken:
    """The connection ended before the answer was complete."""
    return ServerBroken(f"The connection to {address.destination} broke off in the middle of an answer.", LOOK)


def closed(address: ServerAddress) -> ServerBroken:
    """Returns the error for a connection that ended before an answer began."""
    hint = LOOK if address.secure else "If the server speaks TLS, its address begins with https://"
    return ServerBroken(f"{address.destination} closed the connection without an answer.", hint)


def nonsense(address: ServerAddress, what: str) -> ServerBroken:
    """The answer is invalid. `what`: why, without any of its text."""
    return ServerBroken(
        f"What {address.destination} sent is no answer: {what}.",
        f"Check that {address.setting} leads to an OpenAI-compatible server: curl {address}/models",
    )


def untrusted(address: ServerAddress, reason: str) -> ServerUntrusted:
    """The server's certificate could not be verified."""
    return ServerUntrusted(
        f"The certificate of {address.destination} is not trusted: {reason}.",
        "Name the certificate of its authority: SSL_CERT_FILE=ca.pem voicecli chat",
    )


def no_tls(address: ServerAddress) -> ServerUntrusted:
    """The server does not use TLS, or not a supported version."""
    return ServerUntrusted(
        f"{address.destination} does not speak TLS.", "If it has none, its address begins with http://"
    )
