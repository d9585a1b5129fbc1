"""The effects of `/voice` and similar commands, on a store with some models."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from voicecli import events
from voicecli.app import engine_loader
from voicecli.app.setting_commands import SettingCommands, Wish
from voicecli.config.schema import Settings
from voicecli.engines.calibration import memory_bytes
from voicecli.engines.hardware import available_bytes
from voicecli.errors import ConfigError, ModelNotFound, UnknownName, VoiceCliError
from voicecli.models.store import ModelStore
from voicecli.session import personas
from voicecli.tuning import DialSet, DialTurned, LanguageChosen, ModelChosen, VoiceChosen

JOE, ALBA, THORSTEN = "en_US-joe-medium", "en_GB-alba-medium", "de_DE-thorsten-medium"
INSTALLED = ("whisper-base", "whisper-tiny.en", "smollm2-135m", "qwen2.5-coder-0.5b", JOE, ALBA, THORSTEN)


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelStore:
    """Files of the right sizes, which hold nothing."""
    monkeypatch.setenv("VOICECLI_MODELS", str(tmp_path))
    store = ModelStore.default()
    for entry in store.catalog.entries:
        if entry.name in INSTALLED:
            for file in entry.variants[0].files:
                path = store.folder(entry) / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as sparse:
                    sparse.truncate(file.size_bytes)
    return store


def tuner(*, voice: str = JOE, wanted: str = "auto", stt: str = "whisper-base") -> SettingCommands:
    settings = Settings()
    settings = dataclasses.replace(settings, models=dataclasses.replace(settings.models, voice=wanted))
    store = ModelStore.default()
    entry = next(each for each in store.catalog.entries if each.name == stt)
    from voicecli.models.store import ResolvedModel

    recogniser = ResolvedModel(kind="stt", name=stt, path=store.folder(entry), entry=entry)
    made = SettingCommands(settings, language=None, recogniser=recogniser)
    models = {"llm": "smollm2-135m", "stt": stt} | ({"voice": voice} if voice else {})
    made.handle(
        events.Ready(
            t_s=0.0,
            models=models,
            device={},
            offline=True,
            microphone="m",
            speaker="s",
            duplex="full",
            mode="hands-free",
        )
    )
    return made


def persona(name: str, **changes: str) -> personas.Persona:
    return dataclasses.replace(personas.load("assistant"), name=name, **changes)  # type: ignore[arg-type] # its texts


def test_a_voice_is_named_in_full_or_in_part() -> None:
    assert tuner().wish("voice", ALBA).reports == (VoiceChosen(name=ALBA),)
    assert tuner().wish("voice", "Thorsten").reports == (VoiceChosen(name=THORSTEN),)
    assert tuner().wish("voice", "auto").reports != ()
    assert tuner().wish("voice", "thorsten#12").reports == (VoiceChosen(name=f"{THORSTEN}#12"),)


@pytest.mark.parametrize(
    ("command", "rest", "kind", "said"),
    [
        ("voice", "en_GB-alba-medum", UnknownName, f"Did you mean {ALBA}?"),
        ("voice", "nobody at all", UnknownName, f"Installed: {THORSTEN}, {ALBA}, {JOE}."),
        ("voice", "en_US-ryan-high", ModelNotFound, "Download it: voicecli models get en_US-ryan-high"),
        ("model", "smolm2-135m", UnknownName, "Did you mean smollm2-135m?"),
        ("model", "llama-3.2-3b", ModelNotFound, "Download it: voicecli models get llama-3.2-3b"),
        ("language", "germn", UnknownName, "Did you mean german?"),
        ("speed", "9", ConfigError, "For example: /speed 1.3"),
        ("speed", "nan", ConfigError, "For example: /speed 1.3"),
        ("volume", "loud", ConfigError, "For example: /volume 70"),
    ],
)
def test_what_there_is_not_is_refused_with_a_hint(
    command: str, rest: str, kind: type[VoiceCliError], said: str
) -> None:
    with pytest.raises(kind) as refused:
        tuner().wish(command, rest)  # type: ignore[arg-type] # one of its commands
    assert said in refused.value.hint


@pytest.mark.parametrize(
    ("command", "rest", "report"),
    [
        ("speed", "1.5", DialSet(dial="speed", value=1.5)),
        ("speed", "2x", DialSet(dial="speed", value=2.0)),
        ("speed", "1,2", DialSet(dial="speed", value=1.2)),
        ("volume", "70 %", DialSet(dial="volume", value=70)),
        ("faster", "", DialTurned(dial="speed", up=True)),
        ("quieter", "", DialTurned(dial="volume", up=False)),
    ],
)
def test_dials(command: str, rest: str, report: object) -> None:
    assert tuner().wish(command, rest).reports == (report,)  # type: ignore[arg-type] # one of its commands


def test_alone_a_command_shows_what_is_in_force_and_what_there_is() -> None:
    made = tuner()
    made.handle(events.Changed(t_s=0.0, what="speed", value=1.3))
    made.handle(events.Changed(t_s=0.0, what="voice", value=ALBA))
    assert made.wish("speed", "") == Wish(
        remark="The speed is 1.3. It can be from 0.5 to 3: /speed 1.3, or /faster and /slower."
    )
    assert made.wish("volume", "").remark.startswith("The volume is 100 %.")
    assert made.wish("language", "").remark.startswith("Listening for any language.")
    voices = made.wish("voice", "").remark
    assert voices.startswith(f"The voice is {ALBA}. Installed: {THORSTEN}, {ALBA}, {JOE}.")
    assert "smollm2-135m" in made.wish("model", "").remark
    assert tuner(voice="").wish("voice", "").remark == "Nothing is spoken in this session."


def test_a_language_brings_the_voice_that_speaks_it_unless_one_was_named() -> None:
    made = tuner()
    assert made.wish("language", "de").reports == (LanguageChosen(language="de"), VoiceChosen(name=THORSTEN))
    assert made.wish("language", "German").reports[0] == LanguageChosen(language="de")
    assert made.wish("language", "auto").reports == (LanguageChosen(language=None),)
    assert tuner(wanted=JOE).wish("language", "de").reports == (LanguageChosen(language="de"),)
    made.wish("voice", JOE)
    assert made.wish("language", "de").reports == (LanguageChosen(language="de"),)


def test_without_a_voice_of_the_language_the_command_that_fetches_one_is_told() -> None:
    wish = tuner().wish("language", "fr")
    assert wish.reports == (LanguageChosen(language="fr"),)
    assert wish.remark == (
        f"No voice for French (fr) is installed, so {JOE} goes on. Download one: voicecli models get fr_FR-siwis-medium"
    )


def test_a_recogniser_of_english_only_is_not_told_to_expect_german() -> None:
    with pytest.raises(UnknownName, match="does not understand German"):
        tuner(stt="whisper-tiny.en").wish("language", "de")


def test_a_persona_brings_its_voice_and_the_next_one_without_takes_it_away_again(store: ModelStore) -> None:
    made = tuner()
    assert made.as_persona(persona("anna", voice=ALBA), None).reports == (VoiceChosen(name=ALBA),)
    made.handle(events.Changed(t_s=0.0, what="voice", value=ALBA))
    best = store.best("voice")
    assert best is not None
    back = made.as_persona(persona("plain", voice="auto"), None).reports
    assert back == (() if best.name == ALBA else (VoiceChosen(name=best.name),))
    assert made.as_persona(persona("other", voice="auto"), None) == Wish()


def test_a_persona_whose_voice_is_not_here_keeps_the_present_one_and_says_how_to_get_it() -> None:
    wish = tuner().as_persona(persona("ryan", voice="en_US-ryan-high"), None)
    assert wish.reports == ()
    assert wish.remark.startswith(f"The voice stays {JOE}.")
    assert "voicecli models get en_US-ryan-high" in wish.remark


def test_a_persona_brings_its_speed_but_not_against_one_that_was_chosen() -> None:
    made = tuner()
    slow = made.as_persona(persona("slow"), None, 0.8)
    assert slow.reports == (DialSet(dial="speed", value=0.8),)
    made.handle(events.Changed(t_s=0.0, what="speed", value=0.8))
    assert made.as_persona(persona("slow"), None, 0.8).reports == ()
    assert made.as_persona(persona("plain"), None, 1.0).reports == (DialSet(dial="speed", value=1.0),)
    made.handle(events.Changed(t_s=0.0, what="speed", value=1.5))  # by the person
    assert made.as_persona(persona("slow"), None, 0.8).reports == ()


def test_a_voice_that_was_named_outlives_personas() -> None:
    assert tuner(wanted=JOE).as_persona(persona("anna", voice=ALBA), None) == Wish()


def test_what_can_be_completed() -> None:
    made = tuner()
    assert set(made.names("/voice")) == {JOE, ALBA, THORSTEN}
    assert "qwen2.5-coder-0.5b" in made.names("/model")
    assert "de" in made.names("/language")
    assert made.names("/speed") == ()


def test_whether_a_second_model_fits_is_asked_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for free, fits in ((10_000_000_000, True), (100_000_000, False)):
        monkeypatch.setattr(engine_loader, "available_bytes", lambda free=free: free)
        wish = tuner().wish("model", "qwen2.5-coder-0.5b")
        assert wish.reports == (ModelChosen(name="qwen2.5-coder-0.5b", beside=fits),)
    assert 0 < available_bytes() <= memory_bytes()
