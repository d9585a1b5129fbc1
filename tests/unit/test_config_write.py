from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from voicecli.config import paths
from voicecli.config.load import load
from voicecli.config.write import set_value, unset_value
from voicecli.errors import ConfigError, UnknownName

only_unix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of files are a matter of Unix")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"VOICECLI_CONFIG": str(tmp_path / "made" / "config.toml")}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@only_unix
def test_a_file_that_was_not_there_is_made_private(environ: dict[str, str]) -> None:
    written = set_value("listen.start_ms", "80", environ=environ)
    file = written.file
    assert written.value == 80
    assert file.read_text() == "[listen]\nstart_ms = 80\n"
    assert mode(file) == 0o600
    assert mode(file.parent) == 0o700
    assert load(environ=environ).settings.listen.start_ms == 80


@only_unix
def test_folders_above_that_were_not_there_are_private_too_and_others_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir(mode=0o755)
    made = paths.private_dir(tmp_path / "there" / "a" / "b" / "c")
    assert [mode(folder) for folder in (made, made.parent, made.parent.parent)] == [0o700] * 3
    assert mode(tmp_path / "there") == 0o755
    assert paths.private_dir(made) == made


def test_comments_order_and_other_settings_stay(environ: dict[str, str]) -> None:
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.write_text('# mine\n[chat]   # who\npersona = "robot" # beep\n\n[listen]\nstart_ms = 40  # fast\n')
    set_value("listen.start_ms", "80", environ=environ)
    set_value("chat.language", "de", environ=environ)
    assert (
        file.read_text()
        == '# mine\n[chat]   # who\npersona = "robot" # beep\nlanguage = "de"\n\n[listen]\nstart_ms = 80  # fast\n'
    )


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("listen.start_ms", "900", "listen.start_ms must be a whole number from 20 to 500, not '?900'?"),
        ("listen.stop_probability", "0.9", "must not be larger than listen.start_probability"),
    ],
)
def test_nothing_is_written_that_would_not_load(environ: dict[str, str], name: str, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        set_value(name, text, environ=environ)
    assert not paths.config_file(environ).exists()


def test_what_else_is_wrong_with_the_file_is_no_hindrance_and_is_told(environ: dict[str, str]) -> None:
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.write_text("[listen]\nstart_ms = 9000\npause = 1\n")
    written = set_value("chat.persona", "robot", environ=environ)
    assert [fault.message.partition(" (")[0] for fault in written.faults] == [
        "listen.start_ms must be a whole number from 20 to 500, not 9000",
        "There is no setting listen.pause",
    ]
    assert 'persona = "robot"' in file.read_text()
    assert set_value("listen.start_ms", "80", environ=environ).faults[0].message.startswith("There is no setting")


def test_a_new_value_that_is_wrong_beside_another_names_no_line(environ: dict[str, str]) -> None:
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.write_text("[listen]\nend_silence_ms = 700\n")
    with pytest.raises(ConfigError) as caught:
        set_value("listen.pause_ms", "900", environ=environ)
    assert caught.value.message.startswith(
        f"listen.pause_ms (900, the new value) must not be larger than listen.end_silence_ms (700, {file}, line 2)"
    )
    assert file.read_text() == "[listen]\nend_silence_ms = 700\n"


def test_unset_takes_a_setting_out_and_an_empty_section_with_it(environ: dict[str, str]) -> None:
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.write_text('# mine\n[chat]\npersona = "robot"\n\n[listen]\n# why\nstart_ms = 40\npause_ms = 100\n')
    assert unset_value("chat.persona", environ=environ).changed
    assert unset_value("listen.start_ms", environ=environ).changed
    assert file.read_text() == "# mine\n[listen]\n# why\npause_ms = 100\n"
    assert not unset_value("log.words", environ=environ).changed
    with pytest.raises(UnknownName):
        unset_value("log.word", environ=environ)


def test_unset_leaves_no_setting_wrong_without_it(environ: dict[str, str]) -> None:
    set_value("listen.end_silence_ms", "1000", environ=environ)
    set_value("listen.pause_ms", "900", environ=environ)
    with pytest.raises(ConfigError, match="must not be larger than"):
        unset_value("listen.end_silence_ms", environ=environ)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_a_byte_order_mark_and_the_lines_of_windows_are_read(environ: dict[str, str], mark: bytes) -> None:
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.write_bytes(mark + b'[chat]\r\npersona = "robot"\r\n')
    assert load(environ=environ).settings.chat.persona == "robot"
    set_value("chat.language", "de", environ=environ)
    assert load(environ=environ).settings.chat.language == "de"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("[chat]".encode("utf-16"), r"is text in UTF-16, and has to be in UTF-8\."),
        ("[chat]\n# Grüße\n".encode("latin-1"), r"is not text in UTF-8 \(line 2\)\."),
        ("[chat]".encode("utf-16-le"), r"is not text in UTF-8\."),
    ],
)
def test_text_in_another_encoding_is_told(environ: dict[str, str], data: bytes, says: str) -> None:
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.write_bytes(data)
    for use in (lambda: load(environ=environ), lambda: set_value("chat.language", "de", environ=environ)):
        with pytest.raises(ConfigError, match=says) as caught:
            use()
        assert "UTF-8" in caught.value.hint
    assert file.read_bytes() == data


def test_an_unknown_setting_gets_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        set_value("chat.persna", "robot", environ={})
    assert caught.value.message == "There is no setting chat.persna."
    assert caught.value.hint.startswith("Did you mean chat.persona?")


@pytest.mark.parametrize(
    ("text", "says"), [("[chat", "is not valid TOML"), ("chat = 3\n", "chat is a section, not a setting")]
)
def test_a_file_that_is_wrong_as_a_whole_is_left_alone(environ: dict[str, str], text: str, says: str) -> None:
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(ConfigError, match=says):
        set_value("chat.persona", "robot", environ=environ)
    assert file.read_text() == text


@only_unix
def test_a_link_stays_a_link(environ: dict[str, str], tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("")
    file = paths.config_file(environ)
    file.parent.mkdir()
    file.symlink_to(real)
    set_value("listen.start_ms", "80", environ=environ)
    assert file.is_symlink()
    assert "start_ms = 80" in real.read_text()


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        paths.write_private(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be read: Not a directory"):
        set_value("listen.start_ms", "80", environ={"VOICECLI_CONFIG": str(tmp_path / "file" / "config.toml")})


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of the XDG specification are Linux's")
def test_folders_follow_the_desktops_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    assert paths.config_dir() == tmp_path / "CONFIG" / "voicecli"
    assert paths.config_file({}) == tmp_path / "CONFIG" / "voicecli" / "config.toml"
    assert paths.personas_dir() == tmp_path / "CONFIG" / "voicecli" / "personas"
    assert paths.data_dir() == tmp_path / "DATA" / "voicecli"
    assert paths.state_dir() == tmp_path / "STATE" / "voicecli"
    assert paths.log_dir().is_relative_to(tmp_path / "STATE" / "voicecli")
    assert paths.cache_dir() == tmp_path / "CACHE" / "voicecli"
