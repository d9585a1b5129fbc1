"""TOML and JSON of others: limits, and one exception for everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voicecli.config import documents
from voicecli.config.documents import MalformedError, TooLargeError, parse_json, parse_toml, read_bounded, read_json
from voicecli.config.load import load
from voicecli.config.text import MOST_BYTES, read_text
from voicecli.config.write import set_value
from voicecli.errors import ConfigError
from voicecli.session import personas

LONG = "9" * 5000
DEEP = 20_000

WRONG_TOML = {
    "number": f"a = {LONG}",
    "negative": f"a = -{LONG}",
    "hexadecimal": "a = 0x" + "f" * 9000,
    "beyond-64-bits": f"[reply]\nspeed = {2**63}",
    "far-beyond-64-bits": f"a = [{{b = {10**400}}}]",
    "arrays": "a = " + "[" * DEEP + "]" * DEEP,
    "tables": "a = " + "{a = " * DEEP + "1" + "}" * DEEP,
    "date": "a = 2026-99-99",
    "half": "a = ",
    "twice": "a = 1\na = 2",
    "size": "#" * (documents.MOST_TOML_CHARS + 1),
}


@pytest.mark.parametrize("name", WRONG_TOML)
def test_toml_of_any_kind_ends_with_one_exception(name: str) -> None:
    with pytest.raises(MalformedError):
        parse_toml(WRONG_TOML[name])


@pytest.mark.parametrize(
    "text", [LONG, "[" * 100_000, '{"a":' * 100_000, "{", b"\xff\xfe", "", " " * (documents.MOST_JSON_BYTES + 1)]
)
def test_json_of_any_kind_ends_with_one_exception(text: str | bytes) -> None:
    with pytest.raises(MalformedError):
        parse_json(text)


def test_what_is_right_is_read(tmp_path: Path) -> None:
    assert parse_toml("a.b = [1, 2.5]") == {"a": {"b": [1, 2.5]}}
    (tmp_path / "a.json").write_bytes(b"\xef\xbb\xbf" + json.dumps({"a": "ä"}).encode())
    assert read_json(tmp_path / "a.json") == {"a": "ä"}


def test_no_more_of_a_file_is_read_than_it_may_have(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError):
        read_bounded(Path("/dev/zero"), 1000)
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of nothing
    with pytest.raises(MalformedError, match="larger than"):
        read_json(tmp_path / "large.json")
    with pytest.raises(ConfigError, match="larger than 1 MB"):
        read_text(tmp_path / "large.json")


@pytest.mark.parametrize("name", WRONG_TOML)
def test_a_wrong_configuration_and_persona_are_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "config.toml"
    file.write_text(WRONG_TOML[name])
    monkeypatch.setenv("VOICECLI_CONFIG", str(file))
    with pytest.raises(ConfigError):
        load()
    with pytest.raises(ConfigError):
        set_value("chat.persona", "assistant")
    assert file.read_text() == WRONG_TOML[name]
    with pytest.raises(ConfigError):
        personas.parse(WRONG_TOML[name], name="x", place="x.toml", own=True)
    assert MOST_BYTES >= documents.MOST_TOML_CHARS
