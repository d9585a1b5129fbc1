"""`chat --translate` and `/translate`: changes to a persona that translates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voicecli.app.setting_commands import Wish
from voicecli.config import languages
from voicecli.errors import ConfigError, UnknownName
from voicecli.session import translators
from voicecli.speech.translation import LANGUAGES, in_words, parse

if TYPE_CHECKING:
    from voicecli.models.store import ResolvedModel

OFF: Final = "off"

PAIRS: Final = (OFF, *(f"{one}:{other}" for one in LANGUAGES for other in LANGUAGES if one != other))
"""What may follow `/translate`."""


def persona_for(translate: str, persona: str | None, language: str | None) -> str:
    """Returns the name of the persona that translates.

    Args:
        translate: `--translate`, such as `en:de`.
        persona: `--persona`.
        language: `--language`.

    Raises:
        ConfigError: Options exclude each other.
        UnknownName: `translate` does not name two languages between which it can translate.
    """
    for option, value in (("--persona", persona), ("--language", language)):
        if value is not None:
            raise ConfigError(f"--translate and {option} exclude each other.", "Leave out one of them.")
    return translators.name_of(parse(translate))


def check_recogniser(between: tuple[str, str] | None, recogniser: ResolvedModel | None) -> None:
    """Raises `UnknownName` if the recogniser does not understand one of the languages."""
    entry = recogniser.entry if recogniser is not None else None
    for code in between or ():
        if entry is not None and not entry.speaks(code):
            raise UnknownName(
                f"{entry.name} does not understand {languages.in_words(code)}.",
                "Start with one that does: voicecli chat --stt whisper-base",
            )


def wish(rest: str, *, present: str, otherwise: str, become: Callable[[str], Wish]) -> Wish:
    """Returns the reports for `/translate rest`.

    Args:
        rest: Two languages, such as `en:de`; `off`; or empty to show the present state.
        present: The name of the present persona.
        otherwise: The name of the persona that is used when translation ends.
        become: Returns the reports that change the persona.

    Raises:
        VoiceCliError: These are no languages between which it can translate.
    """
    now = translators.between_of(present)
    if not rest:
        told = (
            f"Translating between {in_words(now)}. To end it: /translate off"
            if now is not None
            else "Nothing is translated."
        )
        return Wish(remark=told if now is not None else f"{told} For example: /translate en:de")
    if rest.casefold() == OFF:
        return become(otherwise) if now is not None else Wish(remark="Nothing is translated.")
    between = parse(rest)
    changed = become(translators.name_of(between))
    return Wish(reports=changed.reports, remark=f"To end the translation: /translate off {changed.remark}".rstrip())
