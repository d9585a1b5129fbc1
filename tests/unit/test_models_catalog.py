"""The built-in catalogue, and the reasons for rejecting a catalogue."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fakes.tiny_models import TinyModels
from voicecli.errors import ConfigError, UnknownName
from voicecli.models import catalog
from voicecli.models.catalog import Catalog

REAL = catalog.load()
ENTRIES = pytest.mark.parametrize("entry", REAL.entries, ids=lambda entry: entry.name)


@ENTRIES
def test_every_model_has_hashes_sizes_and_a_licence_with_its_terms(entry: catalog.Entry) -> None:
    assert entry.licence.name
    assert entry.licence.terms.endswith(".")
    assert entry.status
    for variant in entry.variants:
        assert variant.hub is None or re.fullmatch(r"[0-9a-f]{40}|main", variant.hub.revision)
        for file in variant.files:
            assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
            assert file.size_bytes > 0


@ENTRIES
def test_every_model_has_the_files_its_engine_needs(entry: catalog.Entry) -> None:
    for variant in entry.variants:
        names = {file.path for file in variant.files}
        needed = {
            "stt": {"model.bin", "config.json", "tokenizer.json"},
            "llm": set(),
            "voice": {f"{entry.name}.onnx"} | ({f"{entry.name}.onnx.json"} if entry.name != "hibari" else set()),
            "turn": set(),
        }[entry.kind]
        assert needed <= names
        if entry.kind == "stt":
            assert names & {"vocabulary.txt", "vocabulary.json"}
        if entry.kind == "llm":
            assert [name for name in names if name.endswith(".gguf")]


@ENTRIES
def test_every_doubtful_licence_says_so_in_capitals_or_plainly(entry: catalog.Entry) -> None:
    match entry.licence.kind:
        case "non-commercial":
            assert "NON-COMMERCIAL" in entry.licence.terms
        case "unknown":
            assert "UNKNOWN" in entry.licence.terms or "has not said" in entry.licence.terms
        case _:
            assert entry.licence.is_free


@pytest.mark.parametrize(
    "name",
    [
        *("llama-3.2-1b", "llama-3.2-3b", "llama-3.1-8b", "llama-3-8b", "qwen2.5-0.5b", "qwen2.5-1.5b"),
        *("qwen2.5-coder-0.5b", "qwen3-0.6b", "qwen3-1.7b", "qwen3-4b-instruct-2507", "gemma-3-1b"),
        *("smollm2-135m", "smollm2-135m-q4_k_m", "smollm2-360m", "smollm2-1.7b"),
        *("whisper-tiny", "whisper-tiny.en", "whisper-base", "whisper-base.en", "whisper-small", "whisper-small.en"),
        *("whisper-medium", "whisper-large-v3", "whisper-large-v3-turbo", "distil-large-v3"),
        *("en_US-joe-medium", "smart-turn-v3.2"),
    ],
)
def test_the_models_people_ask_for_are_there(name: str) -> None:
    assert REAL.find(name).name == name


def test_voices_speak_at_least_eight_languages() -> None:
    assert len({language for entry in REAL.of_kind("voice") for language in entry.languages}) >= 8


@pytest.mark.parametrize("name", ["starter", "test"])
def test_a_package_index_alone_is_enough_for_the_set(name: str) -> None:
    for entry in REAL.expand([name], "cpu"):
        assert any(variant.carriers for variant in entry.variants), entry.name


def test_the_recommended_recogniser_depends_on_the_device() -> None:
    assert "whisper-small" in {entry.name for entry in REAL.expand(["recommended"], "cpu")}
    on_cuda = {entry.name for entry in REAL.expand(["recommended"], "cuda")}
    assert "whisper-large-v3-turbo" in on_cuda
    assert "whisper-small" not in on_cuda


def test_a_set_and_its_members_are_each_taken_once() -> None:
    names = [entry.name for entry in REAL.expand(["whisper-base", "starter", "starter"], "cpu")]
    assert names == ["whisper-base", "qwen2.5-coder-0.5b", "en_US-joe-medium", "smart-turn-v3.2"]


def test_a_mistyped_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"lama-3\.2-3b") as caught:
        REAL.expand(["lama-3.2-3b"], "cpu")
    assert "Did you mean llama-3.2-3b?" in caught.value.hint


def test_a_mistyped_set_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        REAL.expand(["recomended"], "cpu")
    assert "Did you mean recommended?" in caught.value.hint


def test_a_model_of_another_kind_is_named_as_what_it_is() -> None:
    with pytest.raises(UnknownName, match="whisper-base is a recognition model, not a language model"):
        REAL.find("whisper-base", "llm")


def test_a_recogniser_is_known_without_its_family() -> None:
    assert REAL.find("base", "stt").name == "whisper-base"
    with pytest.raises(UnknownName):
        REAL.find("base")


@pytest.mark.parametrize(
    ("language", "speaks"), [(None, True), ("de", True), ("de-AT", True), ("de_CH", True), ("en", False)]
)
def test_a_voice_speaks_its_language_whatever_the_region(language: str | None, speaks: bool) -> None:
    assert REAL.find("de_DE-thorsten-medium").speaks(language) is speaks


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('kind = "llm"', 'kind = "llama"', "'llama' is no kind"),
        ('licence = "closed"', 'licence = "else"', "voice-de.*'else' is missing"),
        ('sha256 = "', 'sha256 = "x', "is no SHA-256"),
        ("size = 300000", "size = 0", "0 is no size"),
        ("size = 150000 }", "size = 150001 }", "do not add up"),
        ('path = "llama-big.gguf"', 'path = "../llama-big.gguf"', "cannot be a file name"),
        ('name = "llama-big"', 'name = "/etc"', "cannot be a file name"),
        ('name = "llama-big"', 'name = "llama-small"', "llama-small is used twice"),
        ('models = ["only-index"]', 'models = ["lost"]', "lost is in a set but not in the catalogue"),
        (
            'models = ["only-index"]',
            'models = ["only-index"]\n[set.voice-en]\ntitle = ""\nmodels = []',
            "voice-en is used twice",
        ),
        ('repo = "people/llama-big"\nrevision = "r1"\n', "", "no place to have them from"),
        ('title = "llama-big"', "title = ", "The model catalogue is wrong"),
    ],
)
def test_a_catalogue_that_makes_no_sense_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = TinyModels(tmp_path).text
    assert old in text
    with pytest.raises(ConfigError, match=message):
        catalog.parse(text.replace(old, new))


def test_parts_have_to_follow_the_order_of_the_carriers(tmp_path: Path) -> None:
    text = TinyModels(tmp_path).text
    one, two = "carrier-llama-small-0-0", "carrier-llama-small-0-1"
    swapped = text.replace(f'package = "{one}", member', "X").replace(
        f'package = "{two}", member', f'package = "{one}", member'
    )
    with pytest.raises(ConfigError, match=r"the parts of llama-small\.gguf do not follow"):
        catalog.parse(swapped.replace("X", f'package = "{two}", member'))


def test_the_catalogue_is_read_once() -> None:
    assert isinstance(REAL, Catalog)
    assert catalog.load() is REAL
