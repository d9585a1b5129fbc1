"""A language model on the user's own server: its address, the consent to reach it, and the engine that uses it."""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from voicecli.errors import ConfigError, NetworkRefused
from voicecli.offline.destination import Destination, parse

if TYPE_CHECKING:
    from voicecli.config.schema import Settings
    from voicecli.engines.openai_chat import OpenAiChatModel
    from voicecli.engines.served.about import ServedModel
    from voicecli.engines.served.address import ServerAddress
    from voicecli.engines.served.http import Server
    from voicecli.offline.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A model that was found on a server.

    Attributes:
        server: The server.
        model: The model on that server.
        context_tokens: The longest prompt and reply together that the user allows.
    """

    server: Server
    model: ServedModel
    context_tokens: int

    @property
    def name(self) -> str:
        """The model's name for users."""
        return self.model.name

    def engine(self) -> OpenAiChatModel:
        """Returns an engine that uses the model."""
        from voicecli.engines.openai_chat import OpenAiChatModel

        return OpenAiChatModel(self.server, self.model, context_tokens=self.context_tokens)


def address(settings: Settings) -> ServerAddress | None:
    """Returns the address of the server; None if the language model is on this machine.

    Raises:
        ConfigError: The address is not valid.
    """
    from voicecli.engines.served.address import read_address

    return read_address(settings.models.llm_url) if settings.models.llm_url else None


def permitted(settings: Settings) -> tuple[Destination, ...]:
    """Returns the servers that may be reached without a question: those on this machine, and those in `network.allow`.

    Raises:
        ConfigError: An address is not valid.
    """
    where = address(settings)
    if where is None or not (where.destination.is_here or where.destination in _allowed(settings)):
        return ()
    return (where.destination,)


def consented(settings: Settings, *, asks: bool) -> tuple[Destination, ...]:
    """Returns the servers that may be reached. Asks the user once about a server on another machine.

    Args:
        settings: The settings.
        asks: Whether the user may be asked. Standard input and output must be terminals as well.

    Raises:
        NetworkRefused: The user does not consent, or cannot be asked.
        ConfigError: An address is not valid, or the consent cannot be saved.
    """
    where = address(settings)
    if where is None or permitted(settings):
        return permitted(settings)
    there = where.destination
    if not (asks and somebody_is_there()):
        raise _refused(there)
    open_way = "" if where.secure else ", unencrypted"
    typer.echo(
        f"The language model is on another machine, {there}. What you say and type would be sent there as text{open_way}. Your voice stays here.",
        err=True,
    )
    if not typer.confirm(f"Allow {there} from now on?", err=True):
        raise _refused(there)
    _keep(settings, there)
    return (there,)


def somebody_is_there() -> bool:
    """Whether the user can be asked in a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def reach_of_doctor() -> tuple[Destination, ...]:
    """Returns the servers that `doctor` may reach, as `permitted` does; none if the settings are wrong, which a check reports."""
    from voicecli.config.load import examine

    try:
        return permitted(examine()[0].settings)
    except ConfigError:
        return ()


def find(settings: Settings) -> Served | None:
    """Asks the server for its model. Returns None if the language model is on this machine.

    Raises:
        VoiceCliError: The server cannot be reached, or does not have the model.
    """
    where = address(settings)
    if where is None:
        return None
    from voicecli.engines.served.about import find_model

    server = make_server(where, settings.models.llm_key_file)
    wanted = settings.models.llm if settings.models.llm != "auto" else ""
    return Served(server=server, model=find_model(server, wanted), context_tokens=settings.reply.context_tokens)


@functools.cache
def make_server(where: ServerAddress, key_file: str) -> Server:
    """Returns the server with its key. Cached, because reading the key removes it from the environment."""
    from voicecli.engines.served.address import read_key
    from voicecli.engines.served.http import Server

    return Server(address=where, key=read_key(key_file))


def sends(standing: Standing) -> dict[str, str]:
    """Returns what leaves this machine and its destination, as in `events.Ready.sends`; empty if nothing leaves it."""
    return {"text": ", ".join(map(str, standing.leaves))} if standing.leaves else {}


def _allowed(settings: Settings) -> frozenset[Destination]:
    try:
        return frozenset(parse(each) for each in settings.network.allow.replace(",", " ").split())
    except ValueError as error:
        raise ConfigError(
            f"network.allow is wrong: {error}.", "Write hosts with their ports, such as gpu.lan:8000."
        ) from error


def _refused(there: Destination) -> NetworkRefused:
    return NetworkRefused(
        f"What you say and type may not be sent to {there}: you have not allowed it.",
        f"If it may: voicecli config set network.allow {there}",
    )


def _keep(settings: Settings, there: Destination) -> None:
    from voicecli.config.write import set_value

    set_value("network.allow", " ".join(map(str, sorted({*_allowed(settings), there}, key=str))))
