"""The commands that change voice, model, language, speed and volume while a session runs.

They make reports for the conductor and notes for the user.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from voicecli.app import engine_loader
from voicecli.config import languages
from voicecli.config.schema import SETTINGS
from voicecli.errors import ConfigError, UnknownName, VoiceCliError
from voicecli.tuning import DialSet, DialTurned, LanguageChosen, ModelChosen, VoiceChosen
from voicecli.ui.setting_changes import present_text

if TYPE_CHECKING:
    from voicecli import events
    from voicecli.config.schema import Settings
    from voicecli.messages import Report
    from voicecli.models.store import ResolvedModel
    from voicecli.session.personas import Persona

Command: TypeAlias = Literal["voice", "model", "language", "speed", "faster", "slower", "volume", "louder", "quieter"]

_SETTINGS: Final = {"speed": "reply.speed", "volume": "audio.volume"}
_UNITS: Final = {"speed": "x", "volume": "%"}
"""Units that people write after a number; they are ignored."""

_TURNS: Final = {
    "faster": DialTurned(dial="speed", up=True),
    "slower": DialTurned(dial="speed", up=False),
    "louder": DialTurned(dial="volume", up=True),
    "quieter": DialTurned(dial="volume", up=False),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The result of a command.

    Attributes:
        reports: For the conductor, in order.
        remark: A note for the user; empty if the events that follow are enough.
    """

    reports: tuple[Report, ...] = ()
    remark: str = ""


class SettingCommands:
    """Keeps the present settings, and turns commands into reports.

    Thread: `handle` is called by the events' thread, the rest by the thread that reads keys.

    Args:
        settings: The settings at the start of the session.
        language: The spoken language, ISO 639-1; None to detect it.
        recogniser: The recogniser; None if nothing is heard.
        speed: The speed of the first persona; None for the setting.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        language: str | None,
        recogniser: ResolvedModel | None,
        speed: float | None = None,
    ) -> None:
        # A voice on a server is not replaced by one on this machine unless the user asks.
        self._voice_is_free = settings.models.voice == languages.AUTO and not settings.models.tts_url
        self._by_persona = False  # whether a persona brought the present voice
        self._persona_speed = speed or settings.reply.speed
        self._recogniser = recogniser
        self._present: dict[str, str | float] = {
            "voice": "",
            "model": "",
            "language": language or languages.AUTO,
            "speed": speed or settings.reply.speed,
            "volume": settings.audio.volume,
        }

    def handle(self, event: events.Event) -> None:
        """Records a change."""
        from voicecli import events as e

        match event:
            case e.Ready(models=models):
                self._present |= {"voice": models.get("voice", ""), "model": models.get("llm", "")}
            case e.Changed(what=what, value=value):
                self._present[what] = value
            case _:
                pass

    def names(self, command: str) -> Sequence[str]:
        """Returns what may follow `/voice`, `/model` or `/language`; empty for other commands."""
        match command:
            case "/voice":
                return engine_loader.installed_names("voice")
            case "/model":
                return engine_loader.installed_names("llm")
            case "/language":
                return [languages.AUTO, *languages.NAMES]
            case _:
                return ()

    def wish(self, command: Command, rest: str) -> Wish:
        """Returns the reports for `/command rest`; without `rest`, a note with the present value.

        Raises:
            UnknownName: There is no such voice, model or language.
            ModelError: It is not on this machine.
            ConfigError: It is no number, or one out of range.
        """
        match command:
            case "faster" | "slower" | "louder" | "quieter":
                return Wish(reports=(_TURNS[command],))
            case _ if not rest:
                return Wish(remark=self._shown(command))
            case "voice":
                self._by_persona = False
                self._voice_is_free = rest == languages.AUTO
                return self._voice(rest)
            case "model":
                name = engine_loader.find_installed("llm", rest)
                return Wish(reports=(ModelChosen(name=name, beside=engine_loader.fits_beside(name)),))
            case "language":
                return self._language(rest)
            case "speed" | "volume":
                return Wish(reports=(DialSet(dial=command, value=_number(command, rest)),))

    def as_persona(self, persona: Persona, language: str | None, speed: float | None = None) -> Wish:
        """Returns the reports that change the voice when another persona continues the conversation in `language`; None for any.

        A speed that the user has chosen meanwhile stays; otherwise it is the persona's, `speed`.
        """
        voice = self._voice_of(persona, language)
        before, self._persona_speed = self._persona_speed, speed or self._persona_speed
        if speed is None or speed == before or self._present["speed"] != before:
            return voice
        return dataclasses.replace(voice, reports=(*voice.reports, DialSet(dial="speed", value=speed)))

    def _voice_of(self, persona: Persona, language: str | None) -> Wish:
        self._present["language"] = language or languages.AUTO
        now = str(self._present["voice"])
        if not now or not self._voice_is_free:
            return Wish()
        if persona.voice != languages.AUTO:
            try:
                name = engine_loader.find_installed("voice", persona.voice)
            except VoiceCliError as error:
                return Wish(remark=f"The voice stays {now}. {error.message} {error.hint}".rstrip())
            self._by_persona = True
            return Wish(reports=(VoiceChosen(name=name),) if name != now else ())
        if self._by_persona:
            self._by_persona = False
            best = engine_loader.best_voice(language)
            return Wish(reports=(VoiceChosen(name=best),) if best is not None and best != now else ())
        return self._voice_in(language)

    def _voice(self, wanted: str) -> Wish:
        if not self._present["voice"]:
            raise ConfigError("Nothing is spoken in this session.", "Start with a loudspeaker: voicecli chat")
        if wanted == languages.AUTO:
            language = str(self._present["language"])
            best = engine_loader.best_voice(None if language == languages.AUTO else language)
            return Wish(reports=(VoiceChosen(name=best),) if best is not None else ())
        return Wish(reports=(VoiceChosen(name=engine_loader.find_voice(wanted)),))

    def _language(self, wanted: str) -> Wish:
        code = languages.find(wanted)
        entry = self._recogniser.entry if self._recogniser is not None else None
        if entry is not None and not entry.speaks(code):
            raise UnknownName(
                f"{entry.name} does not understand {languages.in_words(str(code))}.",
                "Start with one that does: voicecli chat --stt whisper-base",
            )
        voice = self._voice_in(code)
        return Wish(reports=(LanguageChosen(language=code), *voice.reports), remark=voice.remark)

    def _voice_in(self, language: str | None) -> Wish:
        now = str(self._present["voice"])
        if language is None or not now or not self._voice_is_free:
            return Wish()
        name, remark = engine_loader.voice_for(language, now)
        return Wish(reports=(VoiceChosen(name=name),) if name is not None else (), remark=remark)

    def _shown(self, command: str) -> str:
        value = self._present[command]
        if command == "voice" and not value:
            return "Nothing is spoken in this session."
        present = present_text(command, value)
        match command:
            case "voice" | "model":
                kind: engine_loader.Kind = "voice" if command == "voice" else "llm"
                listed = ", ".join(engine_loader.installed_names(kind))
                return f"{present} Installed: {listed or 'none'}. More: voicecli models list --kind {kind}"
            case "language":
                return f"{present} Name another, such as German or its code de, or auto: /language auto"
            case "speed":
                return f"{present} It can be {_range(command)}: /speed 1.3, or /faster and /slower."
            case _:
                return f"{present} It can be {_range(command)}: /volume 70, or /louder and /quieter."


def _range(dial: str) -> str:
    rule = SETTINGS[_SETTINGS[dial]].rule
    return f"from {rule.low:g} to {rule.high:g}"


def _number(dial: str, text: str) -> float:
    setting = SETTINGS[_SETTINGS[dial]]
    try:
        value = setting.read(text.strip().rstrip(_UNITS[dial]).strip().replace(",", "."))
    except ValueError as error:
        raise ConfigError(f"The {dial} {error}.", f"For example: /{dial} {1.3 if dial == 'speed' else 70}") from None
    return float(value)
