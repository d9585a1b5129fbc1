"""Models on the user's own servers: their addresses, the consent to reach them, and the engines that use them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voicecli.app import console
from voicecli.errors import ConfigError, NetworkRefused
from voicecli.offline.destination import Destination, parse

if TYPE_CHECKING:
    from voicecli.config.schema import Settings
    from voicecli.engines.openai_chat import OpenAiChatModel
    from voicecli.engines.openai_transcriber import OpenAiTranscriber
    from voicecli.engines.openai_voice import OpenAiVoice, ServedVoice
    from voicecli.engines.server.address import Part, ServerAddress
    from voicecli.engines.server.http import Server
    from voicecli.engines.server.model_info import ServedModel
    from voicecli.offline.walls import Walls

PARTS: Final[tuple[Part, ...]] = ("llm", "stt", "tts")

_SENT: Final[dict[Part, str]] = {"llm": "text", "stt": "sound", "tts": "text"}
"""What is sent to a server of each part."""

_IN_WORDS: Final[dict[Part, str]] = {
    "llm": "The language model is on another machine, {there}. What you say and type would be sent there as text{open_way}.",
    "stt": "The recogniser is on another machine, {there}. The sound of your voice would be sent there{open_way}.",
    "tts": "The voice is on another machine, {there}. What the assistant says would be sent there as text{open_way}.",
}
_VOICE_STAYS: Final = " Your voice stays here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A language model that was found on a server.

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedEar:
    """A recogniser that was found on a server."""

    server: Server
    model: ServedModel

    @property
    def name(self) -> str:
        """The model's name for users."""
        return self.model.name

    def engine(self) -> OpenAiTranscriber:
        """Returns an engine that uses the model."""
        from voicecli.engines.openai_transcriber import OpenAiTranscriber

        return OpenAiTranscriber(self.server, self.model)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedMouth:
    """A voice that was found on a server."""

    server: Server
    found: ServedVoice

    @property
    def name(self) -> str:
        """The voice's name for users."""
        return self.engine().name

    @property
    def rate_hz(self) -> int:
        """The rate of its sound."""
        return self.found.rate_hz

    def engine(self) -> OpenAiVoice:
        """Returns an engine that uses the voice."""
        from voicecli.engines.openai_voice import OpenAiVoice

        return OpenAiVoice(self.server, self.found)


def parts_of(*, hears: bool = False, thinks: bool = False, speaks: bool = False) -> tuple[Part, ...]:
    """The parts that a command needs."""
    return tuple(part for part, wanted in zip(PARTS, (thinks, hears, speaks), strict=True) if wanted)


def address(settings: Settings, part: Part = "llm") -> ServerAddress | None:
    """Returns the address of the server for a part; None if that is on this machine.

    Raises:
        ConfigError: The address is not valid.
    """
    from voicecli.engines.server.address import read_address

    url = str(getattr(settings.models, f"{part}_url"))
    return read_address(url, part) if url else None


def addresses(settings: Settings, parts: Collection[Part] = PARTS) -> tuple[ServerAddress, ...]:
    """Returns the addresses of the servers for these parts. Raises `ConfigError`."""
    found = (address(settings, part) for part in PARTS if part in parts)
    return tuple(each for each in found if each is not None)


def permitted(settings: Settings, parts: Collection[Part] = PARTS) -> tuple[Destination, ...]:
    """Returns the servers that may be reached without a question: those on this machine, and those in `network.allow`.

    Raises:
        ConfigError: An address is not valid.
    """
    allowed = _allowed(settings)
    places = [each.destination for each in addresses(settings, parts)]
    return tuple(dict.fromkeys(each for each in places if each.is_here or each in allowed))


def consented(settings: Settings, *, asks: bool, parts: Collection[Part] = PARTS) -> tuple[Destination, ...]:
    """Returns the servers that may be reached. Asks the user once about each server on another machine.

    Args:
        settings: The settings.
        asks: Whether the user may be asked. Standard input and output must be terminals as well.
        parts: The parts that are needed.

    Raises:
        NetworkRefused: The user does not consent, or cannot be asked.
        ConfigError: An address is not valid, or the consent cannot be saved.
    """
    found = list(permitted(settings, parts))
    needed = addresses(settings, parts)
    hears_elsewhere = any(each.part == "stt" and not each.destination.is_here for each in needed)
    for there in dict.fromkeys(each.destination for each in needed if each.destination not in found):
        if not (asks and somebody_is_there()):
            raise _refused(there)
        for where in needed:
            if where.destination == there:
                stays = _VOICE_STAYS if where.part == "llm" and not hears_elsewhere else ""
                console.remark(
                    _IN_WORDS[where.part].format(there=there, open_way="" if where.secure else ", unencrypted") + stays
                )
        if not console.confirm(f"Allow {there} from now on?"):
            raise _refused(there)
        _keep(settings, [*found, there])
        found.append(there)
    return tuple(found)


def consent(settings: Settings, there: Destination, what: str, *, secure: bool, asks: bool) -> None:
    """Makes sure that something may be sent to `there`. Asks the user once about another machine.

    Args:
        settings: The settings.
        there: Where it would be sent.
        what: What would be sent, as the beginning of a sentence that ends with the address.
        secure: Whether TLS is used.
        asks: Whether the user may be asked. Standard input and output must be terminals as well.

    Raises:
        NetworkRefused: The user does not consent, or cannot be asked.
        ConfigError: The consent cannot be saved.
    """
    from voicecli.config.load import load

    if there.is_here or there in _allowed(settings):
        return
    if not (asks and somebody_is_there()):
        raise _refused(there)
    console.remark(f"{what} {there}{'' if secure else ', unencrypted'}.")
    if not console.confirm(f"Allow {there} from now on?"):
        raise _refused(there)
    _keep(load().settings, [there])


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
    """Asks the server for its language model. Returns None if that is on this machine.

    Raises:
        VoiceCliError: The server cannot be reached, or does not have the model.
    """
    where = address(settings)
    if where is None:
        return None
    from voicecli.engines.server.model_info import find_model

    server = make_server(where, settings.models.llm_key_file)
    wanted = _named(settings.models.llm)
    return Served(server=server, model=find_model(server, wanted), context_tokens=settings.reply.context_tokens)


def find_ear(settings: Settings) -> ServedEar | None:
    """Asks the server for its recogniser. Returns None if that is on this machine. Raises `VoiceCliError`."""
    where = address(settings, "stt")
    if where is None:
        return None
    from voicecli.engines.openai_transcriber import LIKE, OTHERWISE
    from voicecli.engines.server.model_info import find_model

    server = make_server(where, settings.models.stt_key_file)
    model = find_model(server, _named(settings.models.stt), like=LIKE, otherwise=OTHERWISE)
    return ServedEar(server=server, model=model)


def find_mouth(settings: Settings, language: str | None) -> ServedMouth | None:
    """Has the server say a word. Returns None if the voice is on this machine.

    Args:
        settings: The settings.
        language: What is spoken, ISO 639-1; None to detect it, where English is expected of the voice.

    Raises:
        VoiceCliError: The server cannot be reached, or does not have the voice.
    """
    where = address(settings, "tts")
    if where is None:
        return None
    from voicecli.engines.openai_voice import find_voice

    server = make_server(where, settings.models.tts_key_file)
    model, voice = _named(settings.models.tts_model), _named(settings.models.voice)
    return ServedMouth(server=server, found=find_voice(server, model=model, voice=voice, language=language or "en"))


@functools.cache
def make_server(where: ServerAddress, key_file: str) -> Server:
    """Returns the server with its key. Cached, because reading the key removes it from the environment."""
    from voicecli.engines.server.address import read_key
    from voicecli.engines.server.http import Server

    return Server(address=where, key=read_key(key_file, part=where.part))


def sends(standing: Walls, settings: Settings, parts: Collection[Part] = PARTS) -> dict[str, str]:
    """Returns what leaves this machine and its destination, as in `events.Ready.sends`; empty if nothing leaves it."""
    found: dict[str, list[str]] = {}
    for where in addresses(settings, parts):
        if where.destination in standing.leaves:
            found.setdefault(_SENT[where.part], []).append(str(where.destination))
    sent = {what: ", ".join(dict.fromkeys(places)) for what, places in found.items()}
    tools = [str(each) for each in standing.leaves if str(each) not in ", ".join(sent.values())]
    tools += [f"{name} (an MCP server with the network)" for name in standing.programs]
    return {**sent, "tool calls": ", ".join(tools)} if tools else sent


def _named(name: str) -> str:
    return "" if name == "auto" else name


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


def _keep(settings: Settings, now: Sequence[Destination]) -> None:
    from voicecli.config.write import set_value

    away = {each for each in now if not each.is_here}
    set_value("network.allow", " ".join(map(str, sorted({*_allowed(settings), *away}, key=str))))
