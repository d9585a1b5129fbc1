"""Asks a server which models it has, how long their context is, and what kind of server it is."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from voicecli.engines.ports import IsCancelled
from voicecli.engines.server import errors
from voicecli.engines.server.address import ServerAddress
from voicecli.engines.server.http import Server
from voicecli.engines.server.numbers import tokens_of
from voicecli.errors import ServerModelMissing, VoiceCliError

Kind: TypeAlias = Literal["llama.cpp", "llama-cpp-python", "vllm", "sglang", "ollama", "other"]

_OWNERS: Final[Mapping[str, Kind]] = {
    "llamacpp": "llama.cpp",
    "me": "llama-cpp-python",
    "vllm": "vllm",
    "sglang": "sglang",
    "library": "ollama",
}
"""The owner that each kind of server states for its models. It identifies the kind."""

PENALTY: Final[Mapping[Kind, str]] = {
    "llama.cpp": "repeat_penalty",
    "llama-cpp-python": "repeat_penalty",
    "vllm": "repetition_penalty",
    "sglang": "repetition_penalty",
}
"""The name of the repeat penalty for each kind. Other kinds have none and may reject unknown parameters."""

_CONTEXT: Final = ("max_model_len", "context_length", "context_window", "n_ctx")
"""Names of the context length in the servers' lists of models."""

MOST_NAMED: Final = 8
"""Most model names that an error message lists."""

LONGEST_NAME: Final = 60
"""A model's name is cut after so many characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """A model on a server.

    Attributes:
        id: The server's name for it.
        name: A short form of that name, for the user.
        context_tokens: The length of its context; None if the server does not report it.
        kind: The kind of the server.
    """

    id: str
    name: str
    context_tokens: int | None = None
    kind: Kind = "other"


def find_model(
    server: Server,
    wanted: str,
    *,
    is_cancelled: IsCancelled = lambda: False,
    like: Sequence[str] = (),
    otherwise: str = "",
) -> ServedModel:
    """Asks a server for its models, and returns the one to use.

    Args:
        server: The server.
        wanted: The name of the model on the server; empty for its only one.
        is_cancelled: Called repeatedly while waiting.
        like: Parts of the names of models of the wanted kind, for a server that has other kinds as well.
        otherwise: The name that is used if none is wanted and the server has no list of models, or several of that kind and this one among them.

    Raises:
        VoiceCliError: The server failed, does not have the model, or has several and none was named.
    """
    path = f"{server.address.path}/models"
    try:
        with server.ask(path, is_cancelled=is_cancelled, first_s=server.patience.between_s) as answer:
            listed = answer.json()
    except ServerModelMissing:
        if not (wanted or otherwise):
            raise
        return ServedModel(
            id=wanted or otherwise, name=_short(wanted or otherwise)
        )  # it has no list; the first request shows whether it has the model
    models = {str(record["id"]): record for record in _records(listed)}
    if not models and _records_missing(listed):
        raise errors.nonsense(server.address, "there is no list of models in it")
    found = _chosen(server.address, tuple(models), wanted, like, otherwise)
    record = models[found]
    kind = _OWNERS.get(str(record.get("owned_by", "")), "other")
    context = _context(record)
    if kind == "llama.cpp":
        context = _props(server, is_cancelled) or context
    return ServedModel(id=found, name=_short(found), context_tokens=context, kind=kind)


def _chosen(address: ServerAddress, models: Sequence[str], wanted: str, like: Sequence[str], otherwise: str) -> str:
    """Returns the one of `models` to use; see `find_model`."""
    if not models:
        raise errors.model_missing(address, wanted or "at all", ())
    if not wanted and len(models) > 1 and (fitting := [each for each in models if _is_like(each, like)]):
        models = [otherwise] if otherwise in fitting else fitting
    there = tuple(_short(each) for each in models)[:MOST_NAMED]
    if wanted:
        found = next((each for each in models if wanted in {each, _short(each), each.removesuffix(":latest")}), None)
        if found is None:
            raise errors.model_missing(address, wanted, there)
        return found
    if len(models) > 1:
        raise errors.several_models(address, there)
    return models[0]


def _is_like(name: str, like: Sequence[str]) -> bool:
    return any(part in name.lower() for part in like)


def _records(listed: object) -> Iterator[Mapping[str, object]]:
    records = listed.get("data") if isinstance(listed, dict) else None
    for record in records if isinstance(records, list) else ():
        name = record.get("id") if isinstance(record, dict) else None
        if isinstance(name, str) and name and name.isprintable():  # other names cannot be sent back, or shown
            yield record


def _records_missing(listed: object) -> bool:
    return not isinstance(listed, dict) or not isinstance(listed.get("data"), list)


def _context(record: Mapping[str, object]) -> int | None:
    meta = record.get("meta")
    for place in (record, meta if isinstance(meta, dict) else {}):
        for name in _CONTEXT:
            if (tokens := tokens_of(place.get(name))) is not None:
                return tokens
    return None


def _props(server: Server, is_cancelled: IsCancelled) -> int | None:
    """The context length of one conversation on llama.cpp's server, which divides its context among slots. None if the server does not report it."""
    with contextlib.suppress(VoiceCliError):
        path = f"{server.address.root}/props"
        with server.ask(path, is_cancelled=is_cancelled, first_s=server.patience.between_s) as answer:
            found = answer.json()
        settings = found.get("default_generation_settings") if isinstance(found, dict) else None
        return tokens_of(settings.get("n_ctx")) if isinstance(settings, dict) else None
    return None


def _short(name: str) -> str:
    """The name without folders and suffix, without unprintable characters, and shortened for display."""
    last = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1].removesuffix(".gguf")
    return "".join(sign for sign in last if sign.isprintable())[:LONGEST_NAME] or "model"
