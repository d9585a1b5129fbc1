"""Completions for the Tab key in a shell: personas, models, settings and their values.

Each function takes the text typed so far. If the configuration is wrong, or a store cannot be read, there are no completions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

from voicecli.ui.sanitize import clean_line

if TYPE_CHECKING:
    from voicecli.models.catalog import Kind

Offer = tuple[str, str]
"""A completion, and its description."""


def _beginning(typed: str, offers: Iterable[Offer]) -> list[Offer]:
    """Returns the offers that begin like the typed text, as clean lines, because the shell shows titles of conversations and personas."""
    found = [(word, clean_line(meaning)) for word, meaning in offers if word.startswith(typed)]
    return [(word, meaning) for word, meaning in found if word == clean_line(word)]


def personas(incomplete: str) -> list[Offer]:
    """Returns personas by name."""
    from voicecli.session import personas as all_personas

    offers: list[Offer] = []
    for name in all_personas.names():
        title = ""
        with contextlib.suppress(Exception):  # a persona that is wrong is offered all the same
            title = all_personas.load(name).title
        offers.append((name, title))
    return _beginning(incomplete, offers)


def conversations(incomplete: str) -> list[Offer]:
    """Returns saved conversations by number."""
    from voicecli.app import history_access as tools
    from voicecli.memory import queries

    offers: list[Offer] = []
    with contextlib.suppress(Exception), tools.opened() as database:
        offers = [(str(each.id), each.title) for each in queries.conversations(database)]
    return _beginning(incomplete, offers)


def commands(incomplete: str) -> list[Offer]:
    """Returns commands by name."""
    from voicecli.cli.main import COMMANDS

    return _beginning(incomplete, COMMANDS.items())


def models_of(kind: Kind, *, installed: bool = True) -> Callable[[str], list[Offer]]:
    """Completes models of one kind; by default only the installed ones."""

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
    """Returns sets and all models of the catalogue."""
    from voicecli.models import catalog

    all_ = catalog.load()
    sets = [(each.name, each.title) for each in all_.sets if not each.internal]
    return _beginning(incomplete, [*sets, *((each.name, each.title) for each in all_.entries)])


def models_here(incomplete: str) -> list[Offer]:
    """Returns models of which at least a part is installed."""
    from voicecli.models.store import ModelStore

    queries = ModelStore.default()
    here = [entry for entry in queries.catalog.entries if queries.state(entry) != "absent"]
    return _beginning(incomplete, [(each.name, each.title) for each in here])


def settings(incomplete: str) -> list[Offer]:
    """Returns settings by name."""
    from voicecli.config.schema import SETTINGS

    return _beginning(incomplete, [(name, each.rule.meaning) for name, each in SETTINGS.items()])


class Context(Protocol):
    """The framework's context, whose class is private to it: the arguments before the cursor."""

    params: dict[str, object]


def values(ctx: Context, incomplete: str) -> list[Offer]:
    """Returns the possible words of the setting before the cursor."""
    return words_of(str(ctx.params.get("key") or ""))(incomplete)


def words_of(name: str) -> Callable[[str], list[Offer]]:
    """Completes the possible words of a setting."""

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
