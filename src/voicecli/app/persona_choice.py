"""The persona of a session: the one at its start, and the ones that replace it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from voicecli.app import engine_setup, find_conversation, translation
from voicecli.app.setting_commands import Wish
from voicecli.messages import PersonaChosen
from voicecli.session import personas
from voicecli.session.persona_variables import fill

if TYPE_CHECKING:
    from voicecli.app.chat_request import ChatRequest
    from voicecli.app.setting_commands import SettingCommands
    from voicecli.config.load import Loaded
    from voicecli.models.store import ResolvedModel
    from voicecli.session.personas import Persona


def first_persona(
    request: ChatRequest, resumed: find_conversation.EarlierConversation | None, otherwise: str
) -> Persona:
    """Returns the persona of the start, with its variables filled.

    Args:
        request: The options of the command line. A persona that they name overrides that of an earlier conversation.
        resumed: The conversation that the session starts with; None for a new one.
        otherwise: The name of the persona for a new conversation.

    Raises:
        ConfigError: It cannot be loaded, or `--set` does not fit its variables.
    """
    named = request.flags.get("chat.persona") is not None
    return fill(find_conversation.persona_of(None if named else resumed, otherwise), request.variables)


class Casting:
    """Finds the personas that the user changes to.

    Args:
        loaded: The settings, and which of them were given.
        variables: The values of `--set`.
        tuner: Finds the voice of a persona.
        speakers: The speaker that the persona wants, by the name of the voice. It is updated.
        recogniser: The recogniser; None if nothing is heard here.
        answering: The persona of the start.
    """

    def __init__(
        self,
        loaded: Loaded,
        variables: Mapping[str, str],
        tuner: SettingCommands,
        speakers: dict[str, str],
        *,
        recogniser: ResolvedModel | None = None,
        answering: Persona | None = None,
    ) -> None:
        self._recogniser = recogniser
        # The persona that is used when translation ends.
        self._answering = answering.name if answering is not None and answering.between is None else "assistant"
        self._loaded = loaded
        self._variables = variables
        self._tuner = tuner
        self._speakers = speakers

    def named(self, name: str) -> Wish:
        """Returns the reports that change to the persona `name`, its voice included.

        Raises:
            ConfigError: It cannot be loaded, or one of its variables has no value.
        """
        settings = self._loaded.settings
        persona = fill(personas.load(name), self._variables, only_its_own=False)
        translation.check_recogniser(persona.between, self._recogniser)
        if persona.between is None:
            self._answering = name
        language = engine_setup.language(persona, settings)
        chosen = PersonaChosen(
            name=persona.name,
            prompt=persona.prompt,
            sampling=engine_setup.sampling(persona, settings),
            language=language,
            patience=engine_setup.patience(persona, self._loaded),
            tools=persona.tools,
            called=persona.called,
        )
        self._speakers[persona.voice] = persona.speaker
        voice = self._tuner.as_persona(persona, language, engine_setup.speed(persona, self._loaded))
        return Wish(reports=(chosen, *voice.reports), remark=voice.remark)

    def translation(self, rest: str, present: str) -> Wish:
        """Returns the reports for `/translate rest`. `present` is the name of the present persona.

        Raises:
            VoiceCliError: `rest` does not name two languages between which it can translate.
        """
        return translation.wish(rest, present=present, otherwise=self._answering, become=self.named)
