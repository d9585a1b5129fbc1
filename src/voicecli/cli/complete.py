"""What a shell offers when Tab is pressed: personas, models, settings and their words.

Each function gets what was typed so far; a mistake in the configuration, or a store that cannot be read, offers nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from voicecli.ui.sanitize import clean_line

if TYPE_CHECKING:
    from voicecli.models.catalog import Kind

Offer = tuple[str, str]
"""A word, and what it stands for."""


def _beginning(typed: str, offers: Iterable[Offer]) -> list[Offer]:
    """The offers that begin like what was typed, as clean lines: titles of conversations and personas are shown by the shell."""
    found = [(word, clean_line(meaning)) for word, meaning in offers if word.startswith(typed)]
    return [(word, meaning) for word, meaning in found if word == clean_line(word)]


def personas(incomplete: str) -> list[Offer]:
    """Personas by name."""
    from voicecli.session import personas as all_personas

    offers: list[Offer] = []
    for name in all_personas.names():
        title = ""
        with contextlib.suppress(Exception):  # one that is wrong is still one
            title = all_personas.load(name).title
        offers.append((name, title))
    return _beginning(incomplete, offers)


def conversations(incomplete: str) -> list[Offer]:
    """Saved conversations by number."""
    from voicecli.app import history_access as tools
    from voicecli.memory import queries

    offers: list[Offer] = []
    with contextlib.suppress(Exception), tools.opened() as database:
        offers = [(str(each.id), each.title) for each in queries.conversations(database)]
    return _beginning(incomplete, offers)


def commands(incomplete: str) -> list[Offer]:
    """Commands by name."""
    from voicecli.cli.main import COMMANDS

    return _beginning(incomplete, COMMANDS.items())


def models_of(kind: Kind, *, installed: bool = True) -> Callable[[str], list[Offer]]:
    """Models of one kind, the installed ones only."""

    def offer(incomplete: str) -> list[Offer]:
        from voicecli.models.store import ModelStore

        queries = ModelStore.default()
        entries = [
            entry for entry in queries.catalog.of_kind(kind) if not installed or queries.state(entry) == "present"
        ]
        return _beginning(
            incomplete, [("auto", "the best that is installed"), *((each.name, each.title) for each in entries)]
        )

    return offer


def all_models(incomplete: str) -> list[Offer]:
    """Sets and all models of the catalogue."""
    from voicecli.models import catalog

    all_ = catalog.load()
    sets = [(each.name, each.title) for each in all_.sets if not each.internal]
    return _beginning(incomplete, [*sets, *((each.name, each.title) for each in all_.entries)])


def models_here(incomplete: str) -> list[Offer]:
    """Models of which anything is installed."""
    from voicecli.models.store import ModelStore

    queries = ModelStore.default()
    here = [entry for entry in queries.catalog.entries if queries.state(entry) != "absent"]
    return _beginning(incomplete, [(each.name, each.title) for each in here])


def settings(incomplete: str) -> list[Offer]:
    """Settings by name."""
    from voicecli.config.schema import SETTINGS

    return _beginning(incomplete, [(name, each.rule.meaning) for name, each in SETTINGS.items()])


def values(ctx: Any, incomplete: str) -> list[Offer]:  # noqa: ANN401 - the framework's context is private to it
    """The words that the setting named before may have."""
    return words_of(str(ctx.params.get("key") or ""))(incomplete)


def words_of(name: str) -> Callable[[str], list[Offer]]:
    """The words that a setting may have."""

    def offer(incomplete: str) -> list[Offer]:
        from voicecli.config import languages
        from voicecli.config.schema import SETTINGS

        setting = SETTINGS.get(name)
        if setting is None:
            return []
        match name:
            case "chat.persona":
                return personas(incomplete)
            case "chat.language":
                found = [(languages.AUTO, "any language"), *languages.NAMES.items()]
            case "models.stt":
                return models_of("stt")(incomplete)
            case "models.llm":
                return models_of("llm")(incomplete)
            case "models.voice":
                return models_of("voice")(incomplete)
            case _ if isinstance(setting.default, bool):
                found = [("true", ""), ("false", "")]
            case _:
                found = [(word, "") for word in setting.rule.choices]
        return _beginning(incomplete, found)

    return offer
