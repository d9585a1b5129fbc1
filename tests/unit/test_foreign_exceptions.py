"""Every adapter turns what the package behind it raises into an error of voicecli, or into what its port says.

A new module that imports such a package must be added here, or to `ELSEWHERE`.
"""

from __future__ import annotations

import ast
import ctypes
import errno
import importlib
import importlib.abc
import importlib.machinery
import sqlite3
import ssl
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Final, NoReturn

import numpy as np
import pytest

from fakes import source_trees
from fakes.audio import FakeCard, FakePortAudioError, FakeSoundDevice
from voicecli.audio import devices, sound_reader
from voicecli.audio.echo_canceller import Aec3, DualEchoCanceller, LinearCanceller
from voicecli.audio.pyav_decoder import Decoder, UndecodableError
from voicecli.audio.pyav_encoder import EncodedWriter
from voicecli.audio.resample import Resampler
from voicecli.audio.sound_files import read_audio
from voicecli.audio.speaker import SoundDeviceSpeaker
from voicecli.config import write
from voicecli.config.servers import ToolServer
from voicecli.engines import hibari, llama_native, onnx_session, piper, whisper_loading
from voicecli.engines.faster_whisper import FasterWhisperTranscriber
from voicecli.engines.hibari import HibariSpeaker
from voicecli.engines.llama_native import LlamaSession
from voicecli.engines.piper import PiperSpeaker
from voicecli.engines.server import http
from voicecli.engines.server.address import read_address
from voicecli.engines.server.http import Server
from voicecli.engines.silero_vad import FRAME_SAMPLES, SileroVad
from voicecli.engines.smart_turn import SmartTurn
from voicecli.engines.webrtc_vad import WebrtcVad
from voicecli.errors import (
    AudioBackendMissing,
    AudioError,
    ConfigError,
    DownloadFailed,
    EngineNotInstalled,
    GenerationFailed,
    HistoryFailed,
    ModelInvalid,
    ServerError,
    SynthesisFailed,
    TranscriptionFailed,
    UnsupportedFormat,
    VoiceCliError,
)
from voicecli.memory.database import told
from voicecli.models import locks, model_hub, package_index
from voicecli.models.blob_cache import disk_errors
from voicecli.models.source_types import SourceFailed
from voicecli.pcm import BLOCK_SAMPLES, RATE_HZ, silence

FOREIGN: Final = {
    "anyio",
    "av",
    "ctranslate2",
    "faster_whisper",
    "filelock",
    "h11",
    "hibari",
    "httpcore2",
    "httpx",
    "httpx2",
    "jinja2",
    "llama_cpp",
    "mcp",
    "onnxruntime",
    "piper",
    "pyaec",
    "pynput",
    "pypdf",
    "pywebrtc_audio",
    "sounddevice",
    "soxr",
    "tomlkit",
    "webrtcvad",
}
"""Packages that do the work of an adapter."""

ELSEWHERE: Final = {
    "app/global_hotkey.py": "tests/cli/test_global_hotkey.py",
    "audio/decode_child.py": "tests/unit/test_decode_apart.py: a process of its own, whose every exception is a message",
    "bench/naive.py": "a measurement, whose exceptions are faults of the program",
    "documents/pdf_child.py": "tests/unit/test_documents.py: a process of its own, whose every exception is a message",
    "engines/template_child.py": "tests/unit/test_template_limits.py: a process of its own, whose every exception is a message",
    "tools/mcp/connect.py": "only names types",
    "tools/mcp/http.py": "runs in the host's loop",
    "tools/mcp/server.py": "tests/engines/test_program_mcp.py: the other program gets the SDK's own errors",
    "tools/mcp/stdio.py": "runs in the host's loop",
}
"""Modules that are tested in another place, and where."""

Act = Callable[[pytest.MonkeyPatch, Path, Exception], object]


class Unnamed(Exception):
    """An exception of a C library: no module names it, and it has no useful base class."""


@dataclass(frozen=True)
class Case:
    module: str
    becomes: type[Exception]
    act: Act
    error: Exception


CASES: list[Case] = []


def adapter(module: str, becomes: type[Exception], *raised: Exception) -> Callable[[Act], Act]:
    """Adds a case for each exception: `act` makes the adapter meet it."""

    def add(act: Act) -> Act:
        CASES.extend(Case(module, becomes, act, error) for error in raised)
        return act

    return add


def raising(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


def module(name: str, **content: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(content)
    return made


def failing_import(patch: pytest.MonkeyPatch, name: str, error: Exception) -> None:
    """Makes the import of a package fail."""

    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
            if fullname.partition(".")[0] == name:
                raise error
            return None

    patch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    for loaded in list(sys.modules):
        if loaded.partition(".")[0] == name:
            patch.delitem(sys.modules, loaded)


def never() -> bool:
    return False


def engine(kind: type, **content: object) -> object:
    """An adapter that has loaded nothing."""
    made: object = object.__new__(kind)
    vars(made).update(content)
    return made


LIBRARY_MISSING = (ImportError("no module"), ModuleNotFoundError("no module"))
OF_ONNX = (RuntimeError("a shape"), ValueError("a name"), Unnamed("a node"), TypeError("a list"))
NOISE = np.random.default_rng(0).normal(0, 3000, RATE_HZ).astype(np.int16)


# ---- engines


@adapter("engines/webrtc_vad.py", EngineNotInstalled, *LIBRARY_MISSING)
def webrtcvad_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "webrtcvad", error)
    WebrtcVad()


@adapter("engines/webrtc_vad.py", ModelInvalid, Unnamed("Error while processing frame"), IndexError(), ValueError())
def webrtcvad_fails(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    vad = SimpleNamespace(is_speech=raising(error))
    patch.setitem(sys.modules, "webrtcvad", module("webrtcvad", Vad=lambda _mode: vad))
    WebrtcVad().score(silence(BLOCK_SAMPLES))


@adapter("engines/onnx_session.py", EngineNotInstalled, *LIBRARY_MISSING)
def onnxruntime_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "onnxruntime", error)
    onnx_session.open_session(b"", threads=1, what="model")


@adapter("engines/onnx_session.py", ModelInvalid, *OF_ONNX)
def onnxruntime_refuses_a_model(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    options = SimpleNamespace(add_session_config_entry=lambda *_: None)
    fake = module("onnxruntime", SessionOptions=lambda: options, InferenceSession=raising(error))
    patch.setitem(sys.modules, "onnxruntime", fake)
    onnx_session.open_session(b"", threads=1, what="model")


@adapter("engines/silero_vad.py", ModelInvalid, *OF_ONNX)
def silero_fails(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    silero = engine(SileroVad, _path=Path("x.onnx"), _session=SimpleNamespace(run=raising(error)))
    assert isinstance(silero, SileroVad)
    silero.reset()
    silero.score(silence(FRAME_SAMPLES))


@adapter("engines/smart_turn.py", ModelInvalid, *OF_ONNX)
def smart_turn_fails(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    detector = engine(
        SmartTurn,
        _path=Path("x.onnx"),
        _session=SimpleNamespace(run=raising(error)),
        _input="x",
        _log_mel=lambda *_, **__: np.zeros((80, 800), np.float32),
    )
    assert isinstance(detector, SmartTurn)
    detector.probability(silence(RATE_HZ))


@adapter("engines/whisper_loading.py", EngineNotInstalled, *LIBRARY_MISSING, OSError("a library"))
def ctranslate2_is_missing(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    failing_import(patch, "ctranslate2", error)
    whisper_loading.load_whisper(folder, "x", "cpu", 1)


@adapter("engines/whisper_loading.py", ModelInvalid, RuntimeError("model.bin"), ValueError(), Unnamed(), OSError())
def ctranslate2_refuses_a_model(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    patch.setitem(sys.modules, "ctranslate2", module("ctranslate2", get_supported_compute_types=lambda _: {"int8"}))
    patch.setitem(sys.modules, "faster_whisper", module("faster_whisper", WhisperModel=raising(error)))
    whisper_loading.load_whisper(folder, "x", "cpu", 1)


@adapter(
    "engines/faster_whisper.py",
    TranscriptionFailed,
    RuntimeError("out of memory"),
    ValueError("a shape"),
    MemoryError(),
    Unnamed("a token"),
    IndexError(),
    OverflowError(),
)
def whisper_fails(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    whisper = engine(
        FasterWhisperTranscriber, _name="x", _languages=frozenset({"en"}), _weak=False, _log_mel=raising(error)
    )
    assert isinstance(whisper, FasterWhisperTranscriber)
    whisper.transcribe(NOISE, language="en", is_cancelled=never)


@adapter(
    "engines/llama_native.py", EngineNotInstalled, *LIBRARY_MISSING, OSError("a library"), RuntimeError("a library")
)
def llama_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "llama_cpp", error)
    llama_native._api("cpu")


@adapter("engines/piper.py", EngineNotInstalled, *LIBRARY_MISSING)
def piper_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "piper", error)
    piper._phonemizer(Path("x.onnx"), "x")


@adapter("engines/piper.py", ModelInvalid, ValueError(), KeyError(), TypeError(), AttributeError(), ZeroDivisionError())
def piper_refuses_a_voice(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    (folder / "x.onnx.json").write_text("{}", encoding="utf-8")
    config = module("piper.config", PiperConfig=SimpleNamespace(from_dict=raising(error)))
    patch.setitem(sys.modules, "piper", module("piper", PiperVoice=None, config=config))
    patch.setitem(sys.modules, "piper.config", config)
    piper._phonemizer(folder / "x.onnx", "x")


@adapter("engines/piper.py", SynthesisFailed, *OF_ONNX, UnicodeDecodeError("utf-8", b"", 0, 1, "espeak"))
def piper_fails(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    voice = engine(
        PiperSpeaker,
        _name="x",
        _whole=None,
        _encoder_gives=["x"],
        _config=SimpleNamespace(sample_rate=22_050, phoneme_id_map={}, espeak_voice="en"),
        _phonemes=SimpleNamespace(phonemize=raising(error)),
    )
    assert isinstance(voice, PiperSpeaker)
    list(voice.speak("Hello.", is_cancelled=never))


@adapter("engines/hibari.py", EngineNotInstalled, *LIBRARY_MISSING)
def hibari_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "hibari", error)
    hibari._parts("x")


@adapter("engines/hibari.py", EngineNotInstalled, OSError("lexicon"), ValueError(), KeyError(), Unnamed())
def hibari_is_damaged(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    (folder / "vocab.json").write_text("{}", encoding="utf-8")
    for name, content in (
        ("hibari", {"dsp": SimpleNamespace(synth=None)}),
        ("hibari.g2p", {"G2P": raising(error)}),
        ("hibari.g2p.oov", {"OOV": lambda session: session}),
        ("hibari.tts", {"ASSETS": str(folder), "Hibari": type("Hibari", (), {})}),
    ):
        patch.setitem(sys.modules, name, module(name, **content))
    patch.setattr(hibari, "open_session", lambda *_, **__: None)
    hibari._parts("x")


@adapter("engines/hibari.py", SynthesisFailed, *OF_ONNX)
def hibari_fails(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    voice = engine(HibariSpeaker, _name="x", _parts=SimpleNamespace(sentences=raising(error)))
    assert isinstance(voice, HibariSpeaker)
    list(voice.speak("Hello.", is_cancelled=never))


def test_a_code_of_llama_cpp_that_says_failure_fails_the_reply() -> None:
    batch = SimpleNamespace(logits=None)
    api = SimpleNamespace(
        llama_token=ctypes.c_int32,
        llama_batch_get_one=lambda *_: batch,
        llama_decode=lambda *_: 1,
        llama_memory_clear=lambda *_: None,
    )
    session = engine(LlamaSession, _api=api, _context=None, _model=None, _memory=None, _cached=[], _name="x")
    assert isinstance(session, LlamaSession)
    with pytest.raises(GenerationFailed, match="llama_decode gave 1"):
        session._decode([1])


@pytest.mark.parametrize("error", [ImportError(), OSError(), RuntimeError()])
def test_an_engine_that_cannot_be_asked_uses_no_card(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    from voicecli.engines import hardware

    monkeypatch.setattr(hardware, "_has_card", lambda: True)
    monkeypatch.setattr(hardware, "_has_card_backend", lambda: True)
    failing_import(monkeypatch, "ctranslate2", error)
    assert not hardware.cuda_for_stt()
    failing_import(monkeypatch, "llama_cpp", error)
    assert not hardware.cuda_for_llm()


# ---- servers


OF_SOCKETS = (
    ConnectionResetError(errno.ECONNRESET, "reset"),
    BrokenPipeError(errno.EPIPE, "pipe"),
    TimeoutError(errno.ETIMEDOUT, "timed out"),
    OSError(errno.EHOSTUNREACH, "no route"),
    ssl.SSLError(1, "bad record"),
)


def asked(url: str, connection: object) -> None:
    server = Server(address=read_address(url), dial=lambda *_: connection)  # type: ignore[arg-type] # a fake socket
    with server.ask("/v1/models", is_cancelled=never) as answer:
        answer.json()


def socket_that(**does: object) -> object:
    quiet = {"setblocking": lambda _: None, "close": lambda: None, "send": len}
    return SimpleNamespace(**{**quiet, **does})


@adapter("engines/server/http.py", ServerError, *OF_SOCKETS)
def a_connection_breaks_while_it_is_asked(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    asked("http://127.0.0.1:1/v1", socket_that(send=raising(error), recv=raising(error)))


@adapter("engines/server/http.py", ServerError, *OF_SOCKETS)
def a_connection_breaks_before_the_answer(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    asked("http://127.0.0.1:1/v1", socket_that(recv=raising(error)))


@adapter("engines/server/http.py", ServerError, *OF_SOCKETS, EOFError(), ssl.SSLCertVerificationError(1, "self-signed"))
def tls_fails(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    if isinstance(error, ssl.SSLCertVerificationError):
        error.verify_message = "self-signed"
    wrapped = socket_that(do_handshake=raising(error))
    patch.setattr(http, "_trust", lambda: SimpleNamespace(wrap_socket=lambda *_, **__: wrapped))
    asked("https://127.0.0.1:1/v1", socket_that())


def test_an_answer_that_is_no_http_is_told() -> None:
    with pytest.raises(ServerError, match="HTTP"):
        asked("http://127.0.0.1:1/v1", socket_that(recv=lambda _: b"nonsense\r\n\r\n"))


# ---- sound


@adapter("audio/devices.py", AudioBackendMissing, *LIBRARY_MISSING, OSError("PortAudio"), AttributeError(), Unnamed())
def portaudio_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "sounddevice", error)
    devices.backend()


@adapter("audio/devices.py", AudioError, FakePortAudioError("not initialized"))
def portaudio_lists_nothing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    sd = FakeSoundDevice(FakeCard())
    patch.setattr(sd, "query_hostapis", raising(error))
    patch.setattr(devices, "backend", lambda: sd)
    devices.list_devices()


@adapter("audio/devices.py", AudioError, FakePortAudioError("not initialized"))
def portaudio_does_not_start_again(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    sd = FakeSoundDevice(FakeCard())
    patch.setattr(sd, "_initialize", raising(error))
    patch.setattr(devices, "backend", lambda: sd)
    devices.restart_backend()


@adapter("audio/stream.py", AudioError, FakePortAudioError("Device unavailable"))
def a_card_cannot_be_opened(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    sd = FakeSoundDevice(FakeCard())
    patch.setattr(sd, "OutputStream", raising(error))
    patch.setattr(sd, "check_output_settings", raising(error))
    for name in ("devices", "stream", "speaker"):
        patch.setattr(importlib.import_module(f"voicecli.audio.{name}"), "backend", lambda: sd)
    SoundDeviceSpeaker(None, 22_050).start(silence)


@adapter("audio/resample.py", EngineNotInstalled, *LIBRARY_MISSING)
def soxr_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "soxr", error)
    Resampler(48_000, 16_000, "HQ")


@adapter("audio/resample.py", AudioError, RuntimeError("soxr"), ValueError("rates"), TypeError("a type"))
def soxr_refuses_rates(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    patch.setitem(sys.modules, "soxr", module("soxr", ResampleStream=raising(error)))
    Resampler(48_000, 16_000, "HQ")


@adapter("audio/resample.py", AudioError, RuntimeError("soxr"), ValueError("a shape"), TypeError("a type"))
def soxr_fails(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    stream = SimpleNamespace(resample_chunk=raising(error))
    patch.setitem(sys.modules, "soxr", module("soxr", ResampleStream=lambda *_, **__: stream))
    Resampler(48_000, 16_000, "HQ").feed(silence(480))


@adapter("audio/echo_canceller.py", EngineNotInstalled, *LIBRARY_MISSING)
def aec3_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "pywebrtc_audio", error)
    Aec3()


@adapter("audio/echo_canceller.py", AudioError, RuntimeError("std::bad_alloc"), ValueError("a frame"), Unnamed())
def aec3_fails(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    canceller = SimpleNamespace(process=raising(error))
    fake = module("pywebrtc_audio", EchoCanceller=lambda _rate: canceller)
    patch.setitem(sys.modules, "pywebrtc_audio", fake)
    Aec3().cancel(silence(BLOCK_SAMPLES), silence(BLOCK_SAMPLES))


@adapter("audio/echo_canceller.py", EngineNotInstalled, *LIBRARY_MISSING, OSError("libaec.so"), AttributeError("lib"))
def speexdsp_is_missing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    failing_import(patch, "pyaec", error)
    LinearCanceller()


def test_the_second_canceller_may_raise_whatever_it_likes() -> None:
    class Deciding:
        name = "deciding"

        def cancel(self, near: np.ndarray, _far: np.ndarray) -> np.ndarray:
            return near

    class Failing(Deciding):
        def cancel(self, *_: np.ndarray) -> np.ndarray:
            raise Unnamed

    lost: list[Exception] = []
    canceller = DualEchoCanceller(Deciding(), Failing())
    canceller.on_lost = lost.append
    canceller.process(silence(BLOCK_SAMPLES), np.ones(BLOCK_SAMPLES, np.int16))
    assert [type(each) for each in lost] == [Unnamed]


def of_pyav() -> Iterator[Exception]:
    import av

    yield ValueError("no name for the format")
    for kind in (av.FFmpegError, av.error.InvalidDataError, av.error.EOFError, av.error.DecoderNotFoundError):
        yield kind(1, "text")


@adapter("audio/pyav_decoder.py", UndecodableError, *of_pyav())
def pyav_opens_nothing(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    import av

    patch.setattr(av, "open", raising(error))
    Decoder(object())


@adapter("audio/pyav_encoder.py", AudioError, *of_pyav(), OSError(errno.ENOSPC, "full"))
def pyav_writes_nothing(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    import av

    patch.setattr(av, "open", raising(error))
    EncodedWriter(folder / "x.flac", 16_000, shown=Path("x.flac"))


@adapter("audio/sound_reader.py", UnsupportedFormat, UndecodableError("has 65 channels"))
def a_file_cannot_be_decoded(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    (folder / "x.flac").write_bytes(b"fLaC")
    patch.setattr(sound_reader, "DecoderApart", raising(error))
    read_audio(folder / "x.flac")


@adapter("audio/sound_reader.py", AudioError, OSError(errno.EIO, "input/output error"))
def a_file_cannot_be_read(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    (folder / "x.flac").write_bytes(b"fLaC")
    patch.setattr(sound_reader, "DecoderApart", raising(error))
    read_audio(folder / "x.flac")


# ---- memory, models, settings


@adapter(
    "memory/database.py",
    HistoryFailed,
    sqlite3.Error(),
    sqlite3.InterfaceError(),
    sqlite3.DatabaseError(),
    sqlite3.DataError(),
    sqlite3.OperationalError("locked"),
    sqlite3.IntegrityError(),
    sqlite3.InternalError(),
    sqlite3.ProgrammingError(),
    sqlite3.NotSupportedError(),
    OSError(errno.ENOSPC, "full"),
    UnicodeDecodeError("utf-8", b"", 0, 1, "bytes"),
)
def sqlite_fails(_patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    with told(folder):
        raise error


def of_httpx() -> Iterator[Exception]:
    import httpx

    kinds = [httpx.TransportError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        yield kind("it broke")
    yield httpx.DecodingError("gzip")
    yield httpx.TooManyRedirects("20")
    yield httpx.InvalidURL("no port")


@adapter("models/model_hub.py", SourceFailed, *of_httpx())
def a_download_fails(patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    patch.setattr(model_hub, "_request", raising(error))
    target, file = SimpleNamespace(size_bytes=0), SimpleNamespace(size_bytes=1, path="x")
    model_hub._fill(None, "http://hub", target, file, None, lambda _: None)  # type: ignore[arg-type] # they are not used


@adapter(
    "models/package_index.py",
    SourceFailed,
    KeyError("no member"),
    zipfile.BadZipFile("CRC"),
    zlib.error("header"),
    EOFError(),
    NotImplementedError("a compression"),
    RuntimeError("encrypted"),
)
def a_wheel_is_damaged(_patch: pytest.MonkeyPatch, _folder: Path, error: Exception) -> None:
    part = SimpleNamespace(member="x", size_bytes=1)
    package_index._append(SimpleNamespace(getinfo=raising(error)), part, None)  # type: ignore[arg-type] # fakes


@adapter("models/package_index.py", SourceFailed, zipfile.BadZipFile("no zip"), NotImplementedError("a version"))
def a_wheel_cannot_be_opened(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    patch.setattr(zipfile, "ZipFile", raising(error))
    package_index._open_zip(folder)


@adapter("models/locks.py", DownloadFailed, NotImplementedError("no locks"), PermissionError(errno.EACCES, "no"))
def a_file_system_has_no_locks(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    import filelock

    patch.setattr(filelock.FileLock, "acquire", raising(error))
    with disk_errors("the model"), locks.locked(folder / "lock", lambda: None):
        pass


def of_tomlkit() -> Iterator[Exception]:
    from tomlkit import exceptions

    yield RecursionError()
    yield exceptions.TOMLKitError("wrong")
    yield exceptions.ParseError(1, 1)
    yield exceptions.KeyAlreadyPresent("key")
    yield exceptions.NonExistentKey("key")


@adapter("config/write.py", ConfigError, *of_tomlkit())
def tomlkit_reads_nothing(patch: pytest.MonkeyPatch, folder: Path, error: Exception) -> None:
    import tomlkit

    file = folder / "config.toml"
    file.write_text("", encoding="utf-8")
    patch.setattr(tomlkit, "parse", raising(error))
    write.set_value("chat.language", "en", environ={"VOICECLI_CONFIG": str(file)})


# ---- tools of others


def test_whatever_a_server_of_tools_causes_fails_only_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mcp", reason="needs voicecli[mcp]")
    import anyio
    import httpx2
    from mcp import MCPError

    from voicecli.tools.definitions import Call, Offer, Tool, ToolFailed
    from voicecli.tools.mcp.definitions import ServedTool
    from voicecli.tools.mcp.host import McpHost, _Link

    tool = Tool(name="x__y", group="x", description="", schema={}, title="the tool y", source="mcp:x")
    host = McpHost([], lambda *_: None)
    host.start()
    try:
        host._links["x"] = _Link(ToolServer(name="x"))
        for error in (
            MCPError(code=-32_000, message="no"),
            anyio.ClosedResourceError(),
            anyio.BrokenResourceError(),
            anyio.EndOfStream(),
            httpx2.ConnectError("no"),
            httpx2.ReadTimeout("no"),
            ExceptionGroup("tasks", [ValueError()]),
            ValueError("no such field"),
            OSError(errno.EPIPE, "pipe"),
        ):

            async def ask(*_: object, fault: Exception = error) -> dict[str, object]:
                raise fault

            monkeypatch.setattr(host, "_ask", ask)
            with pytest.raises(ToolFailed):
                host.call("x", ServedTool(name="y", offer=Offer(tool=tool)), Call(name="x__y", arguments={}), never)
    finally:
        host.stop()


# ---- all of them


def name_of(case: Case) -> str:
    return f"{case.module}-{case.act.__name__}-{type(case.error).__name__}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_foreign_exception_becomes_one_of_ours(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raised: BaseException | None = None
    with monkeypatch.context() as patch:
        try:
            case.act(patch, tmp_path, case.error)
        except Exception as error:  # noqa: BLE001 - whatever comes out is looked at below
            raised = error
    assert isinstance(raised, case.becomes), (
        f"{type(raised).__name__} leaves {case.module}, where {case.becomes.__name__} was expected: catch what the package raises "
        "there, and raise an error of voicecli/errors.py from it, with a sentence and a hint"
    )
    if isinstance(raised, VoiceCliError):
        assert raised.message
        assert "Unnamed" not in raised.message


def test_every_module_that_uses_such_a_package_is_here_or_elsewhere() -> None:
    users = {name for name, nodes in source_trees.nodes().items() if _imported(nodes) & FOREIGN}
    here = {case.module for case in CASES} | {"engines/hardware.py", "tools/mcp/host.py"}
    assert users - here - ELSEWHERE.keys() == set(), "add a case for what its package raises"
    assert ELSEWHERE.keys() - users == set(), "no longer uses such a package; remove it from the list"


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return {name.partition(".")[0] for name in names}
