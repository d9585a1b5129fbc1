"""`say`, and the note of a chat, for text that the voice cannot read."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.engines import ToneVoice
from fakes.tiny_models import TinyModels
from voicecli.app import engine_setup, unspoken_text
from voicecli.cli.say import say
from voicecli.errors import ConfigError
from voicecli.models import catalog
from voicecli.models.store import ModelStore

GET = "voicecli models get zh_CN-huayan-medium"


@pytest.fixture(autouse=True)
def voice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ToneVoice:
    """The English voice that `say` gets, beside the real catalogue and no model installed."""
    store = TinyModels(tmp_path / "models").store()
    store.catalog = catalog.load()
    monkeypatch.setattr(ModelStore, "default", classmethod(lambda _: store))
    monkeypatch.setenv("VOICECLI_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    engine = ToneVoice(rate_hz=22_050)
    monkeypatch.setattr("voicecli.app.startup.prepare", lambda *_: None)
    monkeypatch.setattr(engine_setup, "choose", lambda *_, **__: None)
    monkeypatch.setattr(engine_setup, "load", lambda *_: SimpleNamespace(voice=engine))
    return engine


def test_what_is_left_out_is_told_in_one_line(
    voice: ToneVoice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(text=["The word 猫 means cat."], output=tmp_path / "a.wav")
    assert " ".join(voice.texts[0].split()) == "The word means cat."
    told = capsys.readouterr().err
    assert told == f"note: this voice cannot say text in Chinese script, so it was left out. A voice that can: {GET}\n"


def test_text_that_can_be_said_is_told_nothing_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say(text=["The café opens at 9."], output=tmp_path / "a.wav")
    assert capsys.readouterr().err == ""


def test_text_in_another_language_than_the_voice_is_told_with_a_voice_for_it(
    voice: ToneVoice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(text=["Kannst du mir sagen, wie das Wetter heute wird?"], output=tmp_path / "a.wav")
    assert voice.texts  # it is said all the same
    told = capsys.readouterr().err
    assert told.startswith("note: the text seems to be German (de), and the voice ")
    assert told.endswith("A voice that can: voicecli models get de_DE-thorsten-medium\n")


def test_where_nothing_is_left_that_is_an_error_and_no_file_is_made(voice: ToneVoice, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="There is nothing to say") as caught:
        say(text=["你好"], output=tmp_path / "a.wav")
    assert GET in (caught.value.hint or "")
    assert voice.texts == []
    assert not (tmp_path / "a.wav").exists()


def test_a_chat_names_the_command_for_a_voice_that_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unspoken_text.in_chat("Chinese").endswith(f"A voice that can: {GET}")
    assert unspoken_text.in_chat("Thai") == "This voice cannot say text in Thai script, so such text is only shown."
    entry = catalog.load().find("zh_CN-huayan-medium")
    monkeypatch.setattr(ModelStore, "best", lambda *_, **__: entry)
    assert unspoken_text.in_chat("Chinese").endswith("A voice that can: /voice zh_CN-huayan-medium")
    assert unspoken_text.left_out("Chinese").endswith("A voice that can: --voice zh_CN-huayan-medium")
