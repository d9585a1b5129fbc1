"""Finds the conversation for `chat --resume` and `/resume`."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Final

from voicecli.app import history_access as tools
from voicecli.conversation_start import ConversationChosen, SavedExchange
from voicecli.errors import ConfigError, NoConversation, VoiceCliError
from voicecli.memory import queries
from voicecli.memory.conversations import Conversation, SavedTurn
from voicecli.session import personas
from voicecli.session.personas import Persona

CHARACTERS_PER_TOKEN: Final = 4
"""An upper estimate, so that no turn is left out here that fits into the context."""

LATEST: Final = "latest"

MOST_OFFERED: Final = 50
"""How many conversations are offered for `/resume`. They are read again at every key that is typed after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierConversation:
    """An earlier conversation.

    Attributes:
        persona: The name of the persona that was used last.
        chosen: The report for the conductor.
    """

    persona: str
    chosen: ConversationChosen


def recent() -> dict[str, str]:
    """Returns the titles of the newest conversations by their numbers; none if they cannot be read."""
    with contextlib.suppress(VoiceCliError), tools.opened() as database:
        return {str(number): title for number, title in queries.titles(database, MOST_OFFERED)}
    return {}


def persona_of(earlier: EarlierConversation | None, otherwise: str) -> Persona:
    """Returns the persona of the earlier conversation, or the one named `otherwise` if there is none or it was removed.

    Raises:
        ConfigError: That one cannot be loaded.
    """
    if earlier is not None and earlier.persona:
        with contextlib.suppress(ConfigError):
            return personas.load(earlier.persona)
    return personas.load(otherwise)


def find(wanted: str, *, context_tokens: int, present: int | None = None) -> EarlierConversation:
    """Returns the conversation to resume.

    Args:
        wanted: Its number; or `latest`.
        context_tokens: The size of the model's context. Turns that cannot fit are left out, the oldest first.
        present: The number of the present conversation, which does not count as the latest.

    Raises:
        ConfigError: That is no number, or it is the present one.
        NoConversation: There is no such conversation.
        HistoryFailed: The database cannot be read.
    """
    with tools.opened() as database:
        conversation = _find(queries.conversations(database), wanted, present)
        turns = [turn for turn in queries.turns(database, conversation.id) if turn.answer]
    kept = _newest(turns, context_tokens * CHARACTERS_PER_TOKEN)
    return EarlierConversation(
        persona=conversation.persona,
        chosen=ConversationChosen(
            conversation=conversation.id,
            title=conversation.title,
            turns=tuple(
                SavedExchange(
                    row=turn.row,
                    question=turn.question,
                    answer=turn.answer,
                    cut=turn.cut,
                    typed=turn.typed,
                    language=turn.language,
                )
                for turn in kept
            ),
            left_out=len(turns) - len(kept),
        ),
    )


def _find(found: list[Conversation], wanted: str, present: int | None) -> Conversation:
    if wanted == LATEST:
        others = [each for each in found if each.id != present]
        if not others:
            raise NoConversation("There is no other conversation." if found else "No conversation is saved yet.")
        return others[0]
    if not wanted.isdecimal():
        raise ConfigError(f"{wanted!r} is not the number of a conversation.", "voicecli history list")
    if int(wanted) == present:
        raise ConfigError(f"This is conversation {wanted}.", "voicecli history list")
    for each in found:
        if each.id == int(wanted):
            return each
    raise NoConversation(f"There is no conversation {wanted}.", "voicecli history list")


def _newest(turns: list[SavedTurn], characters: int) -> list[SavedTurn]:
    """Returns the newest turns that have at most this many characters together; at least one turn."""
    used, first = 0, len(turns)
    while first > 0:
        used += len(turns[first - 1].question) + len(turns[first - 1].answer)
        if used > characters and first < len(turns):
            break
        first -= 1
    return turns[first:]
