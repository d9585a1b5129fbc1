"""Wrong input of users, and its messages: one sentence that names the thing, a hint, and an exit code.

Every row of `TABLE` is one command line. It is run in this process, with models of some kilobytes and a sound card with one
headset, in a folder with the files of `make_files`. In addition, each must leave that folder unchanged, and print
nothing on standard output and no traceback.
"""

from __future__ import annotations

import io
import itertools
import os
import shlex
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from fakes.audio import FakeCard, FakeSoundDevice
from fakes.engines import ScriptedChatModel, ScriptedTranscriber, ToneVoice
from fakes.hub import FakeHub
from fakes.tiny_models import TinyModels
from voicecli.app import early_engine_start, engine_setup, startup, stdin_messages
from voicecli.audio import devices, speaker, stream
from voicecli.cli import models as models_command
from voicecli.cli.main import main
from voicecli.config import paths
from voicecli.config.schema import Settings
from voicecli.engines import whisper_loading
from voicecli.messages import InputClosed, Report
from voicecli.models.blob_cache import BlobCache
from voicecli.models.store import ModelStore

CLOSED = object()
"""A standard input that is closed, as `<&-` does it."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The catalogue of tiny models, and the store with the installed ones."""

    tiny: TinyModels
    store: ModelStore

    def put(self, name: str) -> Path:
        """Installs a model in the store, and returns its folder."""
        return self.tiny.write(self.store, name)


def everything(stock: Stock) -> None:
    """Installs a working set of models."""
    for name in ("whisper-small", "llama-small", "voice-en"):
        stock.put(name)


def nothing(_stock: Stock) -> None:
    """Installs no model."""


def damaged(name: str, file: str) -> Callable[[Stock], None]:
    """Installs a working set, with one bit of a file inverted."""

    def prepare(stock: Stock) -> None:
        everything(stock)
        path = stock.put(name) / file
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)

    return prepare


def without(name: str, file: str) -> Callable[[Stock], None]:
    """Installs a working set in which a file is missing."""

    def prepare(stock: Stock) -> None:
        everything(stock)
        (stock.put(name) / file).unlink()

    return prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One mistake of a user.

    Attributes:
        does: What the user does, in words.
        types: The command line after `voicecli`.
        says: Words of the first line of output.
        hint: Words of the second line.
        code: The exit code.
        models: Fills the store.
        config: The configuration file.
        environ: Additional environment variables.
        given: Standard input.
    """

    does: str
    types: str
    says: str
    hint: str
    code: int
    models: Callable[[Stock], None] = everything
    config: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)
    given: bytes | object = b""


# fmt: off
MODELS = [
    Row(does="chats before there is any model", types="chat", models=nothing, code=4,
        says="No recognition model is installed in", hint="voicecli models get"),
    Row(does="types before there is any model", types="chat --text", models=nothing, code=4,
        says="No language model is installed in", hint="voicecli models get"),
    Row(does="has something said before there is any model", types="say hello", models=nothing, code=4,
        says="No voice is installed in", hint="voicecli models get"),
    Row(does="asks for a model that is not here", types="chat --llm llama-big", code=4,
        says="llama-big is not installed in", hint="voicecli models get llama-big"),
    Row(does="misspells a model", types="chat --llm lama-small", code=2,
        says="There is no language model called 'lama-small'.", hint="Did you mean llama-small?"),
    Row(does="gives a voice as a recogniser", types="chat --stt voice-en", code=2,
        says="voice-en is a voice, not a recognition model.", hint="voicecli models list --kind stt"),
    Row(does="has a damaged language model", types="ask hi", models=damaged("llama-small", "llama-small.gguf"), code=4,
        says="llama-small.gguf is damaged", hint="voicecli models get llama-small"),
    Row(does="has a damaged recogniser", types="chat", models=damaged("whisper-small", "model.bin"), code=4,
        says="model.bin is damaged", hint="voicecli models get whisper-small"),
    Row(does="has a damaged voice", types="say hi", models=damaged("voice-en", "voice-en.onnx"), code=4,
        says="voice-en.onnx is damaged", hint="voicecli models get voice-en"),
    Row(does="has a recogniser without its tokenizer", types="transcribe sound.wav", code=4,
        models=without("whisper-small", "tokenizer.json"),
        says="tokenizer.json is missing", hint="voicecli models get whisper-small"),
    Row(does="gives a GGUF that is cut off", types="chat --text --llm cut.gguf", code=4,
        says="cut.gguf is cut off: it is", hint="Download the file again."),
    Row(does="gives a GGUF that is cut off early", types="chat --text --llm stub.gguf", code=4,
        says="stub.gguf is cut off within its header.", hint="Download the file again."),
    Row(does="gives a text as a GGUF", types="chat --text --llm notes.gguf", code=4,
        says="notes.gguf is not a GGUF file.", hint="Language models must be GGUF files."),
    Row(does="gives an empty GGUF", types="chat --text --llm empty.gguf", code=4,
        says="empty.gguf is empty.", hint="Download the file again."),
    Row(does="gives a GGUF that is not there", types="chat --text --llm gone.gguf", code=4,
        says="gone.gguf does not exist.", hint="voicecli models list --kind llm"),
    Row(does="gives a Whisper folder without a tokenizer", types="transcribe --stt whisper sound.wav", code=4,
        says="whisper lacks tokenizer.json.", hint="Copy the missing files"),
    Row(does="gives a voice without its description", types="say --voice lone.onnx hello", code=4,
        says="lone.onnx needs lone.onnx.json in the same folder.", hint="Copy it there"),
    Row(does="gives a voice whose description is none", types="say --voice odd.onnx hello", code=4,
        says="odd.onnx.json does not describe a voice", hint="Download the file again."),
    Row(does="wants a card for recognition where there is none", types="transcribe --device cuda sound.wav", code=4,
        says="ctranslate2 finds no graphics card", hint="pip install 'voicecli[cuda]'"),
    Row(does="removes a model that is not here", types="models rm llama-big", code=4,
        says="llama-big is not installed", hint="voicecli models list"),
    Row(does="imports from a folder that is not there", types="models import gone", code=4,
        says="gone does not exist", hint="folder"),
]
"""Models that are missing, damaged, incomplete or something else."""

HUB = [
    Row(does="fetches where no hub answers", types="models get llama-big", code=4,
        environ={"HF_ENDPOINT": "http://127.0.0.1:1"},
        says="llama-big could not be downloaded: the model hub at 127.0.0.1:1 cannot be reached", hint="models import FOLDER"),
    Row(does="has set a hub that does not answer", types="models get llama-big", code=4,
        config='[models]\nhub = "http://127.0.0.1:1"\n',
        says="the model hub at 127.0.0.1:1 cannot be reached", hint="models import FOLDER"),
    Row(does="names a hub that is no address", types="models get llama-big", code=2,
        environ={"HF_ENDPOINT": "nowhere"},
        says="HF_ENDPOINT is 'nowhere', which is not a web address.", hint="https://huggingface.co"),
    Row(does="fetches a model that does not exist", types="models get lama-big", code=2,
        says="There is no model or set called 'lama-big'.", hint="Did you mean llama-big?"),
    Row(does="fetches from an index what is on the hub alone", types="models get llama-big --from index", code=4,
        says="llama-big (300 kB) is not in the package index.", hint="voicecli models get llama-big --from hub"),
]
"""Downloads."""

DEVICES = [
    Row(does="misspells the microphone", types='chat --mic "USB Hedset"', code=3,
        says='There is no microphone called "USB Hedset". Did you mean USB Headset?', hint="voicecli devices"),
    Row(does="names a microphone that does not exist", types='chat --mic "No Such Device"', code=3,
        says='There is no microphone called "No Such Device".', hint="voicecli devices"),
    Row(does="gives the number of no device", types="chat --mic 7", code=3,
        says="There is no device number 7.", hint="voicecli devices"),
    Row(does="names a loudspeaker that does not exist", types='chat --text --speaker "No Such Device"', code=3,
        says='There is no speaker called "No Such Device".', hint="voicecli devices"),
    Row(does="has set a microphone that was unplugged", types="chat", code=3,
        config='[audio]\nmicrophone = "Webcam"\n',
        says='There is no microphone called "Webcam".', hint="voicecli devices"),
    Row(does="gives a sound file and a microphone", types='chat --mic sound.wav --mic "USB Headset"', code=3,
        says="There is no file USB Headset.", hint="ls"),
    Row(does="gives two microphones", types='chat --mic 0 --mic "USB Headset"', code=3,
        says="Several microphones cannot be used, only several files", hint="Give one --mic."),
    Row(does="has the answers written where no folder is", types="chat --mic sound.wav --speaker no/such/out.wav", code=3,
        says="no/such/out.wav cannot be written", hint="mkdir -p no/such"),
]
"""Microphones and loudspeakers."""

SOUND_FILES = [
    ("text.wav", "text.wav is a text file, and cannot be read as sound.", "Give a WAV, FLAC, MP3 or Ogg file."),
    ("empty.wav", "empty.wav is empty.", "Record or export it again."),
    ("silent.wav", "silent.wav holds no sound.", "Record or export it again."),
    ("cut.wav", "cut.wav is cut off: 0.0 s of its 2.0 s are there.", "Record or export it again."),
    ("codec.wav", "codec.wav holds a kind of sound (number 0x1234), which is not read.", "ffmpeg -i codec.wav"),
    ("gone.wav", "There is no file gone.wav.", "ls ."),
]
SOUND = [
    Row(does=f"{command}s {file}".replace("--", ""), types=f"{command} {file}{more}", says=says, hint=hint, code=3)
    for (file, says, hint), (command, more) in itertools.product(
        SOUND_FILES, (("transcribe", ""), ("ask --audio", ""), ("chat --mic", " --speaker none"))
    )
]
"""Sound files that are none, in each place where one can be given."""

OUTPUT = [
    Row(does="has speech written where no folder is", types="say -o no/such/out.wav hello", code=3,
        says="no/such/out.wav cannot be written: No such file or directory.", hint="mkdir -p no/such"),
    Row(does="has an answer written where no folder is", types="ask -o no/such/out.wav hello", code=3,
        says="no/such/out.wav cannot be written", hint="mkdir -p no/such"),
    Row(does="has speech written into a folder", types="say -o whisper hello", code=3,
        says="whisper cannot be written: Is a directory.", hint="ls -ld"),
    Row(does="has speech written into what is no sound file", types="say -o text.wav hello", code=2,
        says="text.wav exists and is not a sound file.", hint="--force"),
    Row(does="has an answer written into what is no sound file", types="ask -o text.wav hello", code=2,
        says="text.wav exists and is not a sound file.", hint="--force"),
    Row(does="has a session written into what is no sound file", types="chat --mic sound.wav --speaker text.wav", code=2,
        says="text.wav exists and is not a sound file.", hint="--force"),
    Row(does="has a tone written into what is no sound file", types="devices --tone --speaker text.wav", code=2,
        says="text.wav exists and is not a sound file.", hint="--force"),
    Row(does="has speech written into a text", types="say -o out.txt hello", code=3,
        says="out.txt is not the name of a sound file: .txt files cannot be written.", hint="Name it out.wav"),
    Row(does="has nothing said into a file that is there", types="say -o sound.wav -", code=2, given=b"",
        says="There is nothing to say.", hint="voicecli say"),
    Row(does="has a file named after the speaker", types="chat --text --speaker whisper", code=3,
        says='There is no speaker called "whisper".', hint="voicecli devices"),
    Row(does="has nothing said", types='say ""', code=2, says="There is nothing to say.", hint="voicecli say"),
    Row(does="has spaces said", types='say -o out.wav "  "', code=2, says="There is nothing to say.", hint="voicecli say"),
    Row(does="has signs said", types='say -o out.wav "!!!"', code=2, says="There is nothing to say.", hint="voicecli say"),
    Row(does="pipes nothing into say", types="say -o out.wav -", code=2, given=b"",
        says="There is nothing to say.", hint="voicecli say"),
    Row(does="closes say's input", types="say -o out.wav -", code=2, given=CLOSED,
        says="There is no standard input", hint="instead of -"),
    Row(does="asks nothing", types='ask ""', code=2, says="The question is empty.", hint="voicecli ask"),
    Row(does="pipes nothing into ask", types="ask -", code=2, says="The question is empty.", hint="voicecli ask"),
    Row(does="closes ask's input", types="ask -", code=2, given=CLOSED,
        says="There is no standard input", hint="instead of -"),
    Row(does="pipes a picture into ask", types='ask "What is this?" -', code=2, given=b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        says="Standard input is not text.", hint="voicecli ask --audio FILE"),
    Row(does="pipes a sound file into say", types="say -o out.wav", code=2, given=b"ID3\x04\0\0\0\0",
        says="Standard input is not text.", hint="voicecli transcribe FILE"),
    Row(does="reads standard input twice", types="ask - -", code=2, given=b"text",
        says="Standard input can be read only once.", hint="Write - once."),
    Row(does="asks by voice and in writing", types="ask --audio sound.wav hello", code=2,
        says="Ask either TEXT or --audio FILE.", hint="voicecli ask"),
    Row(does="closes transcribe's input", types="transcribe -", code=2, given=CLOSED,
        says="There is no standard input", hint="instead of -"),
    Row(does="pipes a text into transcribe", types="transcribe -", code=3, given=b"no sound",
        says="standard input is a text file", hint="Give a WAV"),
]
"""What is to be said, asked and written."""

SETTINGS = [
    Row(does="misspells a command", types="chatt", code=2,
        says="There is no command voicecli chatt.", hint="Did you mean chat?"),
    Row(does="misspells a flag", types="chat --persna robot", code=2,
        says="voicecli chat has no option --persna.", hint="Did you mean --persona?"),
    Row(does="misspells a persona", types="chat --persona asistant", code=2,
        says="There is no persona asistant.", hint="Did you mean assistant?"),
    Row(does="misspells a language", types="chat --language klingon", code=2,
        says="--language must be auto or a language code such as en or de, not 'klingon'.", hint="Spoken language"),
    Row(does="misspells a device", types="ask --device gpu hi", code=2,
        says="--device must be one of auto, cpu, cuda, not 'gpu'.", hint="Where models run"),
    Row(does="sets a key that does not exist", types="config set listen.start_m 60", code=2,
        says="There is no setting listen.start_m.", hint="Did you mean listen.start_ms?"),
    Row(does="sets a value that is out of range", types="config set listen.start_ms 9", code=2,
        says="must be a whole number from 20 to 500, not '9'.", hint="How much speech starts"),
    Row(does="sets a value of the wrong type", types="config set log.words maybe", code=2,
        says="must be true or false, not 'maybe'.", hint="Whether the log may"),
    Row(does="sets a persona that does not exist", types="config set chat.persona nobody", code=2,
        says="There is no persona nobody.", hint="voicecli personas new NAME"),
    Row(does="has a word for a number in the environment", types="chat", code=2,
        environ={"VOICECLI_LISTEN_START_MS": "fast"},
        says="VOICECLI_LISTEN_START_MS must be a whole number from 20 to 500, not 'fast'.", hint="How much speech starts"),
    Row(does="misspells a variable", types="chat", code=2, environ={"VOICECLI_LISTEN_STRAT_MS": "60"},
        says="VOICECLI_LISTEN_STRAT_MS is not a setting.", hint="Did you mean VOICECLI_LISTEN_START_MS?"),
    Row(does="has a configuration file that is not TOML", types="chat", config="[listen\n", code=2,
        says="config.toml is not valid TOML", hint="voicecli config edit"),
    Row(does="has a key that does not exist in the file", types="chat", config="[listen]\nstart = 60\n", code=2,
        says="There is no setting listen.start (", hint="voicecli config show"),
    Row(does="has a section that does not exist in the file", types="chat", config="[lisen]\nstart_ms = 60\n", code=2,
        says="There is no section lisen", hint="Did you mean listen?"),
    Row(does="has a text for a number in the file", types="chat", config='[listen]\nstart_ms = "60"\n', code=2,
        says="config.toml, line 2", hint="How much speech starts"),
    Row(does="has a number out of range in the file", types="chat", config="[listen]\nstart_ms = 9\n", code=2,
        says="listen.start_ms must be a whole number from 20 to 500, not 9", hint="How much speech starts"),
    Row(does="names a configuration file that is not there", types="chat", code=2,
        environ={"VOICECLI_CONFIG": "gone.toml"},
        says="VOICECLI_CONFIG names gone.toml, which does not exist.", hint="unset VOICECLI_CONFIG"),
    Row(does="gives a persona a bad name", types="personas new Pirate!", code=2,
        says="'Pirate!' cannot be a persona's name.", hint="voicecli personas new pirate"),
]
"""Flags, settings and personas."""
# fmt: on

TABLE = [*MODELS, *HUB, *DEVICES, *SOUND, *OUTPUT, *SETTINGS]


def wav(
    data: bytes, *, codec: int = 1, bits: int = 16, channels: int = 1, rate_hz: int = 16_000, told: int | None = None
) -> bytes:
    """A WAV file. `told` is the size of the sound in the header, if it differs from the real one."""
    size, frame = len(data) if told is None else told, channels * bits // 8
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, codec, channels, rate_hz,
                       rate_hz * frame, frame, bits, b"data", size)  # fmt: skip
    return head + data


def make_files(folder: Path) -> None:
    """Creates the files that the rows name."""
    gguf = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 1) + b"t" + struct.pack("<IQIQ", 1, 10_000, 0, 0)
    for name, data in {
        "sound.wav": wav(bytes(32_000)),
        "text.wav": b"This is no sound.\n",
        "empty.wav": b"",
        "silent.wav": wav(b""),
        "cut.wav": wav(b"", told=64_000),
        "codec.wav": wav(bytes(800), codec=0x1234),
        "cut.gguf": gguf + bytes(1000),
        "stub.gguf": gguf[:20],
        "notes.gguf": b"Notes about models.\n",
        "empty.gguf": b"",
        "lone.onnx": b"voice",
        "odd.onnx": b"voice",
        "odd.onnx.json": b"[]",
        "whisper/model.bin": b"model",
        "whisper/config.json": b"{}",
        "whisper/vocabulary.txt": b"a",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


@dataclass
class Machine:
    """The environment in which the rows run."""

    stock: Stock
    desk: Path
    patch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, types: str, given: bytes | object = b"") -> tuple[int, str, str]:
        """Runs a command line. Returns its exit code, standard output and standard error."""
        stdin = io.TextIOWrapper(io.BytesIO(given), encoding="utf-8") if isinstance(given, bytes) else None
        with self.patch.context() as patch:
            patch.setattr(sys, "stdin", stdin)
            code = main(shlex.split(types))
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def files(self) -> dict[str, bytes]:
        """The contents of the folder. The configuration is elsewhere, because it belongs to the row."""
        return {str(each.relative_to(self.desk)): each.read_bytes() for each in self.desk.rglob("*") if each.is_file()}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    """One catalogue for all rows. Each row has its own store."""
    return TinyModels(tmp_path_factory.mktemp("models"))


@pytest.fixture
def machine(
    tmp_path: Path, tiny: TinyModels, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Machine:
    for name in [name for name in os.environ if name.startswith(("VOICECLI_", "HF_"))]:
        monkeypatch.delenv(name)
    for name in ("config", "log", "cache", "state"):
        monkeypatch.setattr(paths, f"{name}_dir", lambda name=name: tmp_path / name)
    store = ModelStore(tmp_path / "models", blobs=BlobCache(tiny.folder / "cache"), catalog=tiny.catalog)
    monkeypatch.setattr(ModelStore, "default", classmethod(lambda _: store))
    monkeypatch.setattr(models_command, "_device", lambda _: "cpu")
    card = FakeSoundDevice(FakeCard("USB Headset"))
    for module in (devices, stream, speaker):
        monkeypatch.setattr(module, "backend", lambda: card)
    monkeypatch.setattr(startup, "prepare", lambda *_: None)  # it would redirect the test run's own output
    monkeypatch.setattr(early_engine_start, "begin", lambda *_, **__: None)  # it would shut the test run in
    monkeypatch.setattr(whisper_loading, "cuda_for_stt", lambda: False)
    monkeypatch.setattr(engine_setup, "device_for", lambda _kind, wanted: "cuda" if wanted == "cuda" else "cpu")
    real = engine_setup.load

    def load(chosen: engine_setup.Chosen, settings: Settings) -> engine_setup.Engines:
        if settings.models.device == "cuda":
            return real(chosen, settings)
        return engine_setup.Engines(
            transcriber=ScriptedTranscriber(["hello"]) if chosen.stt else None,
            model=ScriptedChatModel([["Hello", " there."]]) if chosen.llm else None,
            voice=ToneVoice(rate_hz=22_050) if chosen.voice else None,
        )

    monkeypatch.setattr(engine_setup, "load", load)
    desk = tmp_path / "desk"
    desk.mkdir()
    make_files(desk)
    monkeypatch.chdir(desk)
    return Machine(Stock(tiny, store), desk, monkeypatch, capsys)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.does.replace(" ", "-"))
def test_who_does_this_is_told_what_is_wrong_and_what_to_do(row: Row, machine: Machine) -> None:
    row.models(machine.stock)
    for name, value in row.environ.items():
        machine.patch.setenv(name, value)
    if row.config:
        paths.config_dir().mkdir()
        (paths.config_dir() / "config.toml").write_text(row.config)
    before = machine.files()

    code, results, said = machine.run(row.types, row.given)

    *talk, error, hint = said.splitlines()
    assert error.startswith("error: ")
    assert row.says in error
    assert hint.startswith("hint: ")
    assert row.hint in hint
    assert code == row.code
    assert results == ""
    assert "Traceback" not in said
    assert "internal error" not in said
    assert not talk or row in HUB, "only a download says something before it fails"
    assert machine.files() == before
    assert not list(machine.stock.tiny.folder.rglob("*.part"))


def test_the_table_tells_each_mistake_once() -> None:
    assert len({row.does for row in TABLE}) == len(TABLE)


# ---- what does not fit into a row


def test_a_store_that_cannot_be_written_is_told_before_anything_is_fetched(machine: Machine) -> None:
    machine.stock.store.root.write_text("a file where the folder should be")
    with FakeHub(machine.stock.tiny.hub_files) as hub:
        machine.patch.setenv("HF_ENDPOINT", hub.address)
        code, _, said = machine.run("models get llama-big")
        assert hub.requests == []
    assert code == 4
    assert "error: llama-big cannot be written" in said
    assert "hint: Set VOICECLI_MODELS to a folder of your own." in said


def test_a_disk_without_room_is_told_before_anything_is_fetched(machine: Machine) -> None:
    machine.patch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 99_999}))
    with FakeHub(machine.stock.tiny.hub_files) as hub:
        machine.patch.setenv("HF_ENDPOINT", hub.address)
        code, _, said = machine.run("models get llama-big")
        assert hub.requests == []
    assert code == 4
    assert "There is not enough space for llama-big" in said
    assert "hint: Free some space" in said


def test_a_disk_that_is_full_in_the_middle_leaves_nothing_that_looks_whole(machine: Machine) -> None:
    from voicecli.models.partial_file import PartFile

    def full(_self: PartFile, _chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    machine.patch.setattr(PartFile, "write", full)
    with FakeHub(machine.stock.tiny.hub_files) as hub:
        machine.patch.setenv("HF_ENDPOINT", hub.address)
        code, _, said = machine.run("models get llama-big")
    assert code == 4
    assert "error: The disk is full, so llama-big is incomplete." in said
    assert not machine.stock.store.folder(machine.stock.tiny.catalog.find("llama-big")).exists()
    assert not list(machine.stock.tiny.folder.rglob("*.part"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is a matter of Linux")
@pytest.mark.parametrize("types", ["say -o /dev/full hello", "ask -o /dev/full hello"])
def test_speech_written_to_a_full_disk_says_so(types: str, machine: Machine) -> None:
    everything(machine.stock)
    code, _, said = machine.run(types)
    assert code == 3
    assert said.splitlines() == ["error: /dev/full cannot be written: the disk is full.", "hint: df -h /dev"]
    assert Path("/dev/full").exists()


def test_odd_bytes_in_a_text_spoil_only_themselves(machine: Machine) -> None:
    everything(machine.stock)
    assert machine.run("say -o out.wav -", b"caf\xe9 cr\xe8me.\n") == (0, "", "")
    assert (machine.desk / "out.wav").stat().st_size > 44
    assert machine.run("ask -", b"caf\xe9?") == (0, "Hello there.\n", "")


def test_a_closed_input_ends_a_typed_conversation() -> None:
    told: list[Report] = []
    stdin_messages.StdinMessages(None, told.append, end_when_silent=True).run()
    assert told == [InputClosed()]
    assert not stdin_messages.carries_messages(None)


def test_one_bad_sound_file_among_others_hides_none_of_them(machine: Machine) -> None:
    everything(machine.stock)
    code, results, said = machine.run("transcribe text.wav sound.wav gone.wav")
    assert code == 3
    assert results == "sound.wav: hello\n"
    assert [line.partition(":")[0] for line in said.splitlines()] == ["error", "hint", "error", "hint"]


def voicecli(*arguments: str, folder: Path, given: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs the program as a process, with its own folders."""
    homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    return subprocess.run(
        [sys.executable, "-m", "voicecli", *arguments],
        capture_output=True,
        text=True,
        input=given,
        timeout=120,
        check=False,
        env=os.environ | homes | environ,
    )


WITHOUT_PORTAUDIO = 'raise OSError("PortAudio library not found")\n'
"""What the module sounddevice does where it does not find PortAudio."""

WITHOUT_DEVICES = """
class PortAudioError(Exception): ...

def query_hostapis(): return []

def query_devices(device=None, kind=None):
    if kind is None: return []
    raise PortAudioError("Error querying device -1")
"""
"""As much of the module sounddevice as is asked where no sound server answers."""


def stand_in(folder: Path, text: str) -> str:
    """Creates a module sounddevice. Returns the folder that, on PYTHONPATH, precedes the real one.

    It makes a machine with PortAudio and a sound card look as if it had neither.
    """
    (folder / "stand-in").mkdir()
    (folder / "stand-in" / "sounddevice.py").write_text(text)
    return str(folder / "stand-in")


def test_without_portaudio_the_command_that_installs_it_is_named(tmp_path: Path) -> None:
    done = voicecli("devices", folder=tmp_path, PYTHONPATH=stand_in(tmp_path, WITHOUT_PORTAUDIO))
    assert done.returncode == 3
    assert done.stdout == ""
    error, hint = done.stderr.splitlines()
    assert error == "error: PortAudio, the sound library, is not installed."
    assert "portaudio" in hint.lower()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGPIPE is a matter of Unix")
def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m voicecli models list | head -n 1"
    environ = os.environ | {"VOICECLI_MODELS": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False, env=environ)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


# ---- on real models

ModelPath = Callable[[str, str], Path]


@pytest.fixture
def real(machine: Machine) -> Machine:
    """The same machine with the real catalogue and engines."""
    machine.patch.undo()
    for name in ("config", "log", "cache", "state"):
        folder = machine.desk.parent / name
        machine.patch.setattr(paths, f"{name}_dir", lambda folder=folder: folder)
    machine.patch.setattr(startup, "prepare", lambda *_: None)
    machine.patch.chdir(machine.desk)
    return machine


@pytest.mark.engines
def test_one_wrong_byte_in_a_real_model_is_found(real: Machine, model_path: ModelPath) -> None:
    import shutil

    store = real.desk.parent / "store"
    copy = shutil.copytree(model_path("stt", "whisper-tiny.en"), store / "stt" / "whisper-tiny.en")
    with (copy / "model.bin").open("r+b") as file:
        file.seek(40_000_000)
        byte = file.read(1)[0]
        file.seek(40_000_000)
        file.write(bytes([byte ^ 1]))
    real.patch.setenv("VOICECLI_MODELS", str(store))
    code, results, said = real.run("transcribe --stt whisper-tiny.en sound.wav")
    assert (code, results) == (4, "")
    error, hint = said.splitlines()
    assert f"{copy / 'model.bin'} is damaged" in error
    assert hint == "hint: voicecli models get whisper-tiny.en"


@pytest.mark.engines
def test_a_real_language_model_that_is_cut_off_is_not_loaded(real: Machine, model_path: ModelPath) -> None:
    (whole,) = model_path("llm", "smollm2-135m").glob("*.gguf")
    with whole.open("rb") as file:
        (real.desk / "half.gguf").write_bytes(file.read(whole.stat().st_size // 2))
    code, results, said = real.run("ask --llm half.gguf hi")
    assert (code, results) == (4, "")
    assert f"it is {whole.stat().st_size // 2} bytes long, its header says" in said


@pytest.mark.engines
@pytest.mark.parametrize("bad", ["model.bin", "tokenizer.json"])
def test_a_recogniser_of_ones_own_that_is_no_recogniser_is_told(bad: str, real: Machine, model_path: ModelPath) -> None:
    own = real.desk / "own"
    own.mkdir()
    for file in model_path("stt", "whisper-tiny.en").iterdir():
        if file.name != bad:
            (own / file.name).symlink_to(file)
    (own / bad).write_bytes(b"nonsense")
    code, results, said = real.run("transcribe --stt ./own sound.wav")
    assert (code, results) == (4, "")
    assert "The recogniser own" in said
    assert "is damaged." in said
    assert "hint: Download it again from its source" in said


@pytest.fixture
def words(model_path: ModelPath) -> tuple[Any, int]:
    """The spoken numbers from one to five as floats at the voice's own sample rate, and that rate."""
    import numpy as np

    from voicecli.engines.piper import PiperSpeaker

    voice = PiperSpeaker(model_path("voice", "en_US-joe-medium"), name="joe", threads=2)
    said = np.concatenate(list(voice.speak("One, two, three, four, five.", is_cancelled=lambda: False)))
    return np.concatenate([np.zeros(5000), said / 32_768, np.zeros(5000)]), voice.rate_hz


@pytest.mark.engines
def test_sound_of_every_common_kind_is_understood(real: Machine, words: tuple[Any, int], model_path: ModelPath) -> None:
    import numpy as np
    import soxr

    sound, rate_hz = words
    sound48 = soxr.resample(sound, rate_hz, 48_000)
    both = np.stack([sound, np.zeros_like(sound)], axis=1)
    kinds = {
        "eight-bits.wav": wav((sound * 127 + 128).astype(np.uint8).tobytes(), bits=8, rate_hz=rate_hz),
        "stereo.wav": wav((both * 32_767).astype("<i2").tobytes(), channels=2, rate_hz=rate_hz),
        "48-khz.wav": wav((sound48 * 32_767).clip(-32_768, 32_767).astype("<i2").tobytes(), rate_hz=48_000),
        "float.wav": wav(sound.astype("<f4").tobytes(), codec=3, bits=32, rate_hz=rate_hz),
    }
    for name, data in kinds.items():
        (real.desk / name).write_bytes(data)
    real.patch.setenv("VOICECLI_MODELS", str(model_path("stt", "whisper-base").parents[1]))
    code, results, said = real.run(f"transcribe --stt whisper-base --language en {' '.join(kinds)}")
    assert (code, said) == (0, "")
    heard = dict(line.split(": ", 1) for line in results.splitlines())
    assert list(heard) == list(kinds)
    for name, text in heard.items():
        said_words = text.lower()
        for word, digit in (("one", "1"), ("two", "2"), ("three", "3"), ("four", "4"), ("five", "5")):
            assert word in said_words or digit in said_words, f"{name}: {text}"


@pytest.mark.engines
@pytest.mark.parametrize(
    ("module", "says"),
    [
        (WITHOUT_PORTAUDIO, "note: PortAudio, the sound library, is not installed, so you can only type."),
        (WITHOUT_DEVICES, "note: There is no microphone, so you can only type."),
    ],
    ids=["no-portaudio", "no-microphone"],
)
def test_without_a_microphone_chat_says_so_and_goes_on_by_typing(
    module: str, says: str, tmp_path: Path, model_path: ModelPath
) -> None:
    done = voicecli(
        *("chat", "--llm", "smollm2-135m"),
        folder=tmp_path,
        given="Say hello.\n",
        PYTHONPATH=stand_in(tmp_path, module),
        VOICECLI_MODELS=str(model_path("llm", "smollm2-135m").parents[1]),
    )
    assert done.returncode == 0, done.stderr
    assert says in done.stdout
    assert "you: Say hello.\n" in done.stdout
    assert "\nvoicecli: " in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.engines
@pytest.mark.skipif(sys.platform == "win32", reason="closing an input like this is a matter of Unix shells")
def test_chat_without_any_input_ends_instead_of_waiting(tmp_path: Path, model_path: ModelPath) -> None:
    command = f"{shlex.quote(sys.executable)} -m voicecli chat --text --speaker none --llm smollm2-135m <&-"
    root = model_path("llm", "smollm2-135m").parents[1]
    environ = os.environ | {
        "VOICECLI_MODELS": str(root),
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path),
    }
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
