from __future__ import annotations

from pathlib import Path

import pytest

from voicecli.config.load import Loaded, load
from voicecli.config.schema import SETTINGS, Settings
from voicecli.errors import ConfigError, UnknownName


def load_text(tmp_path: Path, text: str, **environ: str) -> Loaded:
    file = tmp_path / "config.toml"
    file.write_text(text)
    return load(environ={"VOICECLI_CONFIG": str(file)} | environ)


def wrong(tmp_path: Path, text: str, **environ: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load_text(tmp_path, text, **environ)
    assert caught.value.hint
    assert caught.value.exit_code == 2
    return caught.value


def test_without_anything_set_all_is_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicecli.config.paths.config_dir", lambda: tmp_path)
    loaded = load(environ={})
    assert loaded.settings == Settings()
    assert set(loaded.sources) == set(SETTINGS)
    assert {source.kind for source in loaded.sources.values()} == {"default"}
    assert loaded.file == tmp_path / "config.toml"


def test_the_file_in_the_users_own_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("voicecli.config.paths.config_dir", lambda: tmp_path)
    (tmp_path / "config.toml").write_text('[chat]\npersona = "robot"\n')
    assert load(environ={}).settings.chat.persona == "robot"


def test_default_gives_way_to_file_to_environment_to_flag(tmp_path: Path) -> None:
    text = '# mine\n[chat]\npersona = "robot"\nlanguage = "de"\n[models]\nstt = "a"\n\ndevice = "cpu"\n'
    file = tmp_path / "config.toml"
    file.write_text(text)
    environ = {"VOICECLI_CONFIG": str(file), "VOICECLI_CHAT_LANGUAGE": "fr", "VOICECLI_MODELS_STT": "b"}
    loaded = load(environ=environ, flags={"models.stt": "c", "models.llm": None})
    settings = loaded.settings
    assert (settings.chat.persona, settings.chat.language, settings.models.stt, settings.models.llm) == (
        "robot",
        "fr",
        "c",
        "auto",
    )
    assert str(loaded.sources["chat.persona"]) == f"{file}, line 3"
    assert str(loaded.sources["models.device"]) == f"{file}, line 8"
    assert str(loaded.sources["chat.language"]) == "VOICECLI_CHAT_LANGUAGE"
    assert str(loaded.sources["models.stt"]) == "--stt"
    assert str(loaded.sources["models.llm"]) == "default"
    assert loaded.value("chat.persona") == "robot"


def test_dotted_keys_and_sections_on_one_line_are_found_too(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, 'chat.persona = "robot"\nlisten = {start_ms = 80}\n')
    assert loaded.settings.chat.persona == "robot"
    assert loaded.settings.listen.start_ms == 80
    assert str(loaded.sources["chat.persona"]).endswith("config.toml, line 1")
    assert str(loaded.sources["listen.start_ms"]).endswith("config.toml")


def test_a_variable_reads_numbers_and_truth_and_an_empty_one_is_not_set(tmp_path: Path) -> None:
    loaded = load_text(
        tmp_path, "", VOICECLI_LISTEN_START_MS="80", VOICECLI_LOG_WORDS="true", VOICECLI_REPLY_CONTEXT_TOKENS=""
    )
    assert loaded.settings.listen.start_ms == 80
    assert loaded.settings.log.words is True
    assert loaded.settings.reply.context_tokens == 4096


def test_variables_of_other_rooms_and_programs_are_left_alone(tmp_path: Path) -> None:
    assert load_text(tmp_path, "", VOICECLI_MODELS="/x", VOICECLI_VERBOSE="1", HOME="/y").settings == Settings()


@pytest.mark.parametrize(
    ("text", "line", "says", "hint"),
    [
        ("[listen]\n\nstart_mss = 3", 3, "There is no setting listen.start_mss", "Did you mean start_ms?"),
        ("[listn]\nx = 3", 1, "There is no section listn", "Did you mean listen?"),
        ("[plugins]\nx = 3", 1, "There is no section plugins", "All settings: voicecli config show"),
        ("xyz = 3", 1, "There is no setting xyz", "All settings"),
        ('persona = "robot"', 1, "persona is outside any section", "Write [chat] on a line before it"),
        ("chat = 3", 1, "chat is a section, not a setting", "Write [chat]"),
        (
            "[listen]\nstart_ms = 900",
            2,
            "listen.start_ms must be a whole number from 20 to 500, not 900",
            "How much speech starts",
        ),
        (
            '[listen]\nstart_ms = "60"',
            2,
            "listen.start_ms must be a whole number from 20 to 500, not '60'",
            "How much speech starts",
        ),
        ('[models]\ndevice = "gpu"', 2, "models.device must be one of auto, cpu, cuda, not 'gpu'", "Where models run"),
        ("[listen.deep]\nx = 1", 0, "There is no setting listen.deep", "All settings"),
    ],
)
def test_what_is_wrong_in_a_file_is_named_with_its_line(
    tmp_path: Path, text: str, line: int, says: str, hint: str
) -> None:
    error = wrong(tmp_path, text)
    place = f"{tmp_path / 'config.toml'}" + (f", line {line}" if line else "")
    assert error.message == f"{says} ({place})."
    assert hint in error.hint


def test_a_file_that_is_no_toml_names_the_line(tmp_path: Path) -> None:
    error = wrong(tmp_path, '[chat]\npersona = "robot\n')
    assert str(tmp_path / "config.toml") in error.message
    assert "is not valid TOML" in error.message
    assert "line 2" in error.message


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(environ={"VOICECLI_CONFIG": str(tmp_path)})


def test_a_file_without_permission_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load(environ={"VOICECLI_CONFIG": str(tmp_path / "config.toml")})


def test_a_file_that_is_no_text_says_so(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfd")
    with pytest.raises(ConfigError, match="is not text in UTF-8"):
        load(environ={"VOICECLI_CONFIG": str(file)})


def test_a_file_that_is_asked_for_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="which does not exist"):
        load(environ={"VOICECLI_CONFIG": str(tmp_path / "none.toml")})


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    error = wrong(tmp_path, "", VOICECLI_LISTEN_START_MS="soon")
    assert (
        error.message
        == "The environment variable VOICECLI_LISTEN_START_MS must be a whole number from 20 to 500, not 'soon'."
    )


def test_a_variable_that_names_nothing_gets_the_nearest(tmp_path: Path) -> None:
    error = wrong(tmp_path, "", VOICECLI_LISTEN_START="80")
    assert isinstance(error, UnknownName)
    assert error.message == "The environment variable VOICECLI_LISTEN_START is not a setting."
    assert error.hint.startswith("Did you mean VOICECLI_LISTEN_START_MS?")


def test_a_wrong_flag_is_named_as_it_was_typed() -> None:
    with pytest.raises(ConfigError) as caught:
        load(environ={}, flags={"chat.language": "English"})
    assert caught.value.message == "--language must be auto or a language code such as en or de, not 'English'."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "[listen]\nstart_probability = 0.3",
            "listen.stop_probability (0.35, default) must not be larger than listen.start_probability (0.3, {file}, line 2)",
        ),
        (
            "[listen]\nend_silence_ms = 120\npause_ms = 160",
            "listen.pause_ms (160, {file}, line 3) must not be larger than listen.end_silence_ms (120, {file}, line 2)",
        ),
        (
            "[reply]\ncontext_tokens = 512\nlongest_tokens = 1000",
            "reply.longest_tokens (1000, {file}, line 3) must not be larger",
        ),
    ],
)
def test_settings_at_odds_with_each_other_are_both_named(tmp_path: Path, text: str, says: str) -> None:
    assert says.format(file=tmp_path / "config.toml") in wrong(tmp_path, text).message
