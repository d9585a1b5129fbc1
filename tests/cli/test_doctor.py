"""`voicecli doctor`: each check with a broken part, its message, and one run on real engines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

import pytest

from fakes.audio import FakeCard, FakeMicrophone, FakeSoundDevice, FakeSpeaker
from fakes.tiny_models import TinyModels
from voicecli.app import startup
from voicecli.audio import devices as rooms
from voicecli.audio import open_devices
from voicecli.audio.ports import BlockSink
from voicecli.cli.checks import all_checks, engines, models, sound, system, tryout
from voicecli.cli.checks.finding import Check, Child, Finding, Scene, examine, exit_code, right, warning, wrong
from voicecli.cli.main import main
from voicecli.config import paths
from voicecli.config.load import load
from voicecli.engines import silero_vad
from voicecli.errors import (
    HOW_TO_INSTALL,
    AudioBackendMissing,
    AudioError,
    ConfigError,
    EngineNotInstalled,
    ModelInvalid,
    ModelNotFound,
)
from voicecli.models import receipts
from voicecli.models.store import ModelStore
from voicecli.pcm import Pcm, samples_of, silence
from voicecli.timing import AUDIBLE_BLOCKS

P = ParamSpec("P")
T = TypeVar("T")


class Here:
    """Runs in this process what would run apart."""

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return function(*args, **kwargs)


class Canned:
    """Gives what a function would have given, by the function's name."""

    def __init__(self, **results: object) -> None:
        self.results = results

    def run(self, function: Callable[..., Any], *_args: object, **_kwargs: object) -> Any:  # noqa: ANN401 - as the function
        return self.results[function.__name__]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folders of this test's own, nothing of the user's."""
    for name in [name for name in os.environ if name.startswith("VOICECLI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("VOICECLI_MODELS", str(tmp_path / "models"))
    for name in ("config", "log", "cache", "state"):
        monkeypatch.setattr(paths, f"{name}_dir", lambda name=name: tmp_path / name)
    return tmp_path


@pytest.fixture
def scene() -> Scene:
    return Scene(full=False, apart=Here())


def set_to(scene: Scene, **flags: str) -> Scene:
    """The scene with settings as if given by flags: `audio_speaker="none"`."""
    scene.settings = load(flags={name.replace("_", ".", 1): value for name, value in flags.items()}).settings
    return scene


def found(find: Callable[[Scene], Any], scene: Scene) -> list[Finding]:
    """What a check yields when it is run as the command runs it."""
    check = Check(name="x", title="x", find=find)
    return [report.finding for report in examine([check], scene, lambda _: None)]


def only(find: Callable[[Scene], Any], scene: Scene) -> Finding:
    (finding,) = found(find, scene)
    return finding


# ---- how checks are run


def fails(error: Exception) -> Callable[[Scene], Any]:
    def find(_scene: Scene) -> Iterator[Finding]:
        yield right("So far it is good.")
        raise error

    return find


def test_an_error_in_a_check_is_a_finding_and_the_next_check_is_run(scene: Scene) -> None:
    checks = [
        Check(name="a", title="a", find=fails(AudioError("The headset is gone.", "voicecli devices"))),
        Check(name="b", title="b", find=fails(ZeroDivisionError("division by zero"))),
        Check(name="c", title="c", find=lambda _: [right("Good.")]),
    ]
    reports = list(examine(checks, scene, lambda _: None))
    assert [(report.check.name, report.finding.verdict) for report in reports] == [
        ("a", "right"),
        ("a", "wrong"),
        ("b", "right"),
        ("b", "wrong"),
        ("c", "right"),
    ]
    assert reports[1].finding == Finding(
        verdict="wrong", message="The headset is gone.", remedy="voicecli devices", code="audio-error", exit_code=3
    )
    assert "ZeroDivisionError: division by zero" in reports[3].finding.message
    assert reports[3].finding.exit_code == 1
    assert exit_code(report.finding for report in reports) == 3


def test_warnings_do_not_make_the_command_fail() -> None:
    assert exit_code([right("Good."), warning("Less good.", "")]) == 0


def test_native_code_that_dies_takes_only_its_own_process_with_it() -> None:
    with Child() as child:
        with pytest.raises(EngineNotInstalled, match="Native code crashed"):
            child.run(os.abort)
        assert child.run(os.getpid) != os.getpid()


# ---- the machine and the settings


def test_an_old_python_is_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sys.version.split()[0] in only(system.python, scene).message
    monkeypatch.setattr(system, "OLDEST_PYTHON", (4, 2))
    assert "4.2 or later" in only(system.python, scene).message


def test_a_wrong_setting_is_told_with_its_line_and_the_defaults_go_on(scene: Scene, home: Path) -> None:
    assert "does not exist, so the defaults" in only(system.settings, scene).message
    (home / "config").mkdir()
    (home / "config" / "config.toml").write_text("[listen]\nstart_ms = 9999\n")
    finding = only(system.settings, scene)
    assert (finding.verdict, finding.exit_code, finding.code) == ("wrong", 2, "config-invalid")
    assert "config.toml, line 2" in finding.message
    assert scene.settings.listen.start_ms == 60
    (home / "config" / "config.toml").write_text("[listen]\nstart_ms = 99\n")
    assert "1 setting differs" in only(system.settings, scene).message
    assert scene.settings.listen.start_ms == 99


def test_a_missing_persona_is_wrong_and_a_broken_other_one_a_warning(scene: Scene, home: Path) -> None:
    (home / "config" / "personas").mkdir(parents=True)
    (home / "config" / "personas" / "pirate.toml").write_text("title = 3\n")
    good, bad = found(system.persona, scene)
    assert (good.verdict, bad.verdict) == ("right", "warning")
    assert "pirate" in bad.message
    assert scene.persona is not None
    finding = only(system.persona, set_to(scene, chat_persona="asistant"))
    assert (finding.verdict, finding.exit_code) == ("wrong", 2)
    assert "Did you mean assistant?" in finding.remedy


def test_a_folder_for_logs_that_cannot_be_made_is_wrong(scene: Scene, home: Path) -> None:
    assert only(system.folders, scene).verdict == "right"
    (home / "log").write_text("")
    finding = only(system.folders, scene)
    assert (finding.verdict, finding.exit_code) == ("wrong", 2)
    assert finding.message == f"{home / 'log'} is not a folder."


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of Unix")
def test_what_others_can_read_is_told_with_the_command_that_closes_it(
    scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "config").mkdir()
    (home / "config").chmod(0o755)
    assert only(system.folders, scene).remedy == f"chmod 700 {home / 'config'}"
    (home / "config").chmod(0o700)
    elsewhere = home / "elsewhere.toml"
    elsewhere.write_text("")
    elsewhere.chmod(0o644)
    monkeypatch.setenv("VOICECLI_CONFIG", str(elsewhere))
    finding = only(system.folders, scene)
    assert (finding.verdict, finding.remedy) == ("warning", f"chmod 600 {elsewhere}")


def test_a_store_that_cannot_be_written_is_a_warning(scene: Scene, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access
    (home / "models").mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: path != home / "models" and real(path, mode))
    finding = only(system.folders, scene)
    assert (finding.verdict, finding.message) == ("warning", f"{home / 'models'} cannot be written.")


def test_little_room_on_the_disk_is_a_warning(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert only(system.disk, scene).verdict in {"right", "warning"}
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=12_000_000))
    finding = only(system.disk, scene)
    assert finding.verdict == "warning"
    assert "12.0 MB" in finding.message


# ---- sound


class Library(FakeSoundDevice):
    def get_portaudio_version(self) -> tuple[int, str]:
        return 1, "PortAudio V19.7, revision 1"


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def install(*cards: FakeCard) -> None:
        monkeypatch.setattr(rooms, "backend", lambda: Library(*cards))

    return install


def without_portaudio() -> None:
    raise AudioBackendMissing("PortAudio is not installed.", "sudo apt-get install libportaudio2")


def test_without_portaudio_chat_would_be_typed_unless_a_device_is_named(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "backend", without_portaudio)
    finding = only(sound.library, scene)
    assert finding.verdict == "warning"
    assert finding.message == "PortAudio is not installed. Without it chat would be text only."
    assert finding.remedy == "sudo apt-get install libportaudio2"
    assert found(sound.microphone, scene) == []
    finding = only(sound.library, set_to(scene, audio_speaker="Headset"))
    assert (finding.verdict, finding.exit_code) == ("wrong", 3)


def test_portaudio_is_not_missed_where_sound_files_are_set(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "backend", without_portaudio)
    set_to(scene, audio_microphone="question.wav", audio_speaker="none")
    assert only(sound.library, scene).verdict == "right"
    assert only(sound.microphone, scene).message == "There is no file question.wav."
    assert "answers would be shown only" in only(sound.loudspeaker, scene).message


@pytest.mark.parametrize(
    ("runtime", "programs", "remedy"),
    [
        ((), ("pulseaudio",), "pulseaudio --start"),
        ((), ("pipewire-pulse", "pulseaudio"), "systemctl --user start pipewire pipewire-pulse wireplumber"),
        (("pulse/native",), ("apt-get",), "sudo apt-get install libasound2-plugins"),
        ((), (), "Connect a microphone and a loudspeaker, then: voicecli devices"),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="sound servers of Linux")
def test_without_any_device_the_sound_server_is_looked_for(
    runtime: tuple[str, ...],
    programs: tuple[str, ...],
    remedy: str,
    scene: Scene,
    home: Path,
    cards: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cards()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    monkeypatch.delenv("PULSE_SERVER", raising=False)
    monkeypatch.setattr(sound, "ALSA_BRIDGES", ("nothing-of-this-name",))
    monkeypatch.setattr("shutil.which", lambda name: name if name in programs else None)
    for name in runtime:
        (home / name).parent.mkdir(parents=True)
        (home / name).write_text("")
    only(sound.library, scene)
    finding = only(sound.microphone, scene)
    assert (finding.verdict, finding.remedy) == ("warning", remedy)
    assert finding.message == "There is no microphone, so chat would be text only."
    assert only(sound.loudspeaker, scene).message == "There is no speaker, so answers would be shown only."


def test_a_device_that_is_set_has_to_be_there(scene: Scene, cards: Callable[..., None]) -> None:
    cards(FakeCard("USB Headset"))
    assert only(sound.library, scene).message == "PortAudio V19.7, 1 device."
    assert only(sound.microphone, scene).message == "USB Headset, 48000 Hz, ALSA; the system's default."
    set_to(scene, audio_microphone="USB Hedset")
    finding = only(sound.microphone, scene)
    assert (finding.verdict, finding.exit_code, finding.code) == ("wrong", 3, "no-input-device")
    assert "Did you mean USB Headset?" in finding.message
    assert found(sound.hearing, scene) == []


class Hears(FakeMicrophone):
    """Hears a second of the same sound when it is started."""

    def __init__(self, pcm: Pcm) -> None:
        super().__init__()
        self.pcm = pcm

    def start(self, sink: BlockSink) -> None:
        super().start(sink)
        self.hear(self.pcm)


def test_a_microphone_that_gives_silence_is_a_warning_and_one_that_cannot_be_opened_is_wrong(
    scene: Scene, cards: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards(FakeCard())
    only(sound.library, scene)
    quiet = silence(samples_of(1000))
    monkeypatch.setattr(open_devices, "open_microphone", lambda *_: Hears(quiet))
    assert "is the microphone muted?" in only(sound.hearing, scene).message
    monkeypatch.setattr(open_devices, "open_microphone", lambda *_: Hears(quiet + 500))
    assert only(sound.hearing, scene).verdict == "right"
    shut = Hears(quiet)
    shut.failures.append(AudioError("It is in use.", "voicecli devices"))
    monkeypatch.setattr(open_devices, "open_microphone", lambda *_: shut)
    finding = only(sound.hearing, scene)
    assert (finding.verdict, finding.exit_code) == ("wrong", 3)


def test_devices_that_lose_sound_are_a_warning(
    scene: Scene, cards: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards(FakeCard())
    only(sound.library, scene)
    microphone, speaker = Hears(silence(samples_of(1000)) + 500), Asks()
    microphone.lost_blocks = speaker.lost_blocks = AUDIBLE_BLOCKS - 1
    monkeypatch.setattr(open_devices, "open_microphone", lambda *_: microphone)
    monkeypatch.setattr(open_devices, "open_speaker", lambda *_, **__: speaker)
    monkeypatch.setattr(sound, "LISTEN_S", 0.1)
    assert [only(check, scene).verdict for check in (sound.hearing, sound.playing)] == ["right", "right"]
    microphone.lost_blocks = speaker.lost_blocks = AUDIBLE_BLOCKS
    for check in (sound.hearing, sound.playing):
        finding = only(check, scene)
        assert finding.verdict == "warning"
        assert "lost 3 blocks of 20 ms" in finding.message


class Asks(FakeSpeaker):
    """Asks for its first sound at once."""

    def start(self, source: Callable[[int], Pcm]) -> None:
        super().start(source)
        assert not self.play(2).any()


def test_a_loudspeaker_has_to_ask_for_sound_and_is_given_silence(
    scene: Scene, cards: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    cards(FakeCard())
    only(sound.library, scene)
    monkeypatch.setattr(sound, "PATIENCE_S", 0.01)
    monkeypatch.setattr(open_devices, "open_speaker", lambda *_, **__: Asks())
    assert only(sound.playing, scene).verdict == "right"
    monkeypatch.setattr(open_devices, "open_speaker", lambda *_, **__: FakeSpeaker())
    finding = only(sound.playing, scene)
    assert (finding.verdict, finding.code) == ("wrong", "device-lost")


# ---- engines


@pytest.mark.parametrize(
    ("module", "find", "remedy"),
    [
        ("faster_whisper", engines.faster_whisper, "pip install faster-whisper"),
        ("llama_cpp", engines.llama_cpp, HOW_TO_INSTALL["llama-cpp-python"]),
        ("piper", engines.piper, "pip install piper-tts"),
        ("webrtcvad", engines.webrtcvad, "pip install webrtcvad-wheels"),
    ],
)
def test_a_package_that_cannot_be_imported_is_wrong(
    module: str, find: Callable[[Scene], Any], remedy: str, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("ctranslate2", "onnxruntime"):  # take their time, and are not what this is about
        monkeypatch.setitem(sys.modules, each, SimpleNamespace())
    monkeypatch.setitem(sys.modules, module, None)
    finding = only(find, scene)
    assert (finding.verdict, finding.exit_code, finding.remedy) == ("wrong", 4, remedy)
    assert module not in scene.loadable


def test_a_package_that_breaks_in_its_own_way_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_name: str) -> None:
        raise AttributeError("module 'numpy' has no attribute 'x'\nsecond line")

    monkeypatch.setattr("importlib.import_module", breaks)
    with pytest.raises(EngineNotInstalled) as error:
        engines.load(["piper"], "piper-tts")
    assert error.value.message == "piper-tts cannot be imported: module 'numpy' has no attribute 'x'."


def test_without_its_file_the_second_voice_detector_is_a_warning(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise ModelNotFound("There is no Silero voice detector.", "pip install faster-whisper")

    monkeypatch.setattr(silero_vad, "bundled_model", missing)
    finding = only(engines.silero, scene)
    assert (finding.verdict, finding.remedy) == ("warning", "pip install faster-whisper")
    assert only(engines.webrtcvad, scene).verdict == "right"


PORTABLE = "CPU : SSE3 = 1 | AVX = 1 | AVX2 = 1 | F16C = 1 | FMA = 1 | LLAMAFILE = 1 | "


@pytest.mark.parametrize(
    ("flags", "info", "verdict", "says"),
    [
        ("avx avx2 fma f16c", PORTABLE, "right", "llama.cpp uses AVX, AVX2, F16C and FMA"),
        ("avx avx2 fma f16c avx512f", PORTABLE, "warning", "was built without AVX512, which"),
        ("avx avx2 fma f16c", "CPU : SSE3 = 1 | ", "warning", "without AVX, AVX2, FMA and F16C, which"),
        ("sse3", "CPU : SSE3 = 1 | ", "right", "core"),
        ("", "CPU : NEON = 1 | ", "right", "core"),
        ("avx avx2 fma f16c", PORTABLE + "AMX_INT8 = 1 | ", "right", "AMX is not used"),
    ],
)
def test_a_slow_build_of_llama_cpp_is_found_by_what_the_processor_has(
    flags: str, info: str, verdict: str, says: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "cpuinfo").write_text(f"flags\t\t: {flags}\nflags\t\t: {flags} only_one_core_has\n" if flags else "")
    monkeypatch.setattr(engines, "CPU_INFO", home / "cpuinfo")
    scene = Scene(full=False, apart=Canned(llama_system_info=info), loadable={"llama_cpp"})
    finding = only(engines.processor, scene)
    assert finding.verdict == verdict
    assert says in finding.message
    if says.startswith("was built without AVX512"):
        assert "-DGGML_AVX512=ON" in finding.remedy


@pytest.mark.parametrize(
    ("wanted", "driver", "stt", "libraries", "llm", "verdicts", "says"),
    [
        ("auto", False, False, False, False, ["right"], "everything runs on the CPU"),
        ("auto", True, True, True, True, ["right"], "run on the graphics card"),
        ("auto", False, False, False, True, ["right"], "language model runs on the graphics processor"),
        ("auto", True, False, False, True, ["warning"], "but: ctranslate2 finds no graphics card"),
        ("auto", True, True, False, True, ["warning"], "but: cuBLAS"),
        ("auto", True, True, True, False, ["warning"], "built without support"),
        ("cuda", False, False, False, False, ["wrong", "wrong"], "finds no graphics card"),
        ("cuda", True, True, True, True, ["right"], "run on the graphics card"),
    ],
)
def test_what_a_graphics_card_lacks(
    wanted: str, driver: bool, stt: bool, libraries: bool, llm: bool, verdicts: list[str], says: str
) -> None:
    cards = engines.Cards(driver=driver, stt=stt, libraries=libraries, llm=llm)
    scene = Scene(full=False, apart=Canned(look_for_cards=cards), loadable={"ctranslate2", "llama_cpp"})
    findings = found(engines.graphics_card, set_to(scene, models_device=wanted))
    assert [finding.verdict for finding in findings] == verdicts
    assert says in findings[0].message
    assert scene.card == (stt or llm)
    if verdicts[0] == "wrong":
        assert (findings[0].exit_code, findings[0].remedy) == (4, "voicecli config set models.device auto")


def test_the_cpu_is_not_asked_for_cards(scene: Scene) -> None:
    scene.apart = Canned()
    assert "models.device is cpu" in only(engines.graphics_card, set_to(scene, models_device="cpu")).message


# ---- models


@pytest.fixture
def tiny(home: Path, monkeypatch: pytest.MonkeyPatch) -> TinyModels:
    models = TinyModels(home)
    monkeypatch.setattr(ModelStore, "default", classmethod(lambda _: models.store()))
    return models


@pytest.mark.parametrize("find", [models.recogniser, models.language_model, models.voice])
def test_a_model_that_is_missing_is_wrong(find: Callable[[Scene], Any], scene: Scene, tiny: TinyModels) -> None:
    assert not tiny.store().root.exists()
    finding = only(find, scene)
    assert (finding.verdict, finding.exit_code, finding.code) == ("wrong", 4, "model-not-found")
    assert finding.remedy == "voicecli models get"
    assert scene.chosen == {}


def test_what_chat_would_use_is_named_with_a_better_one(scene: Scene, tiny: TinyModels) -> None:
    for name in ("llama-small", "voice-en"):
        tiny.write(tiny.store(), name)
    finding = only(models.language_model, scene)
    assert (finding.verdict, finding.message) == ("right", "llama-small, 300 kB, verified.")
    assert finding.remedy == "A better one: voicecli models get llama-big"
    assert only(models.voice, scene).remedy == ""
    assert {kind: model.name for kind, model in scene.chosen.items()} == {"llm": "llama-small", "voice": "voice-en"}
    assert "better" not in only(models.language_model, set_to(scene, models_llm="llama-small")).remedy


def test_a_damaged_model_is_named_with_the_command_that_mends_it(scene: Scene, tiny: TinyModels) -> None:
    file = tiny.write(tiny.store(), "llama-small") / "llama-small.gguf"
    file.write_bytes(bytes(300_000))
    finding = only(models.language_model, scene)
    assert (finding.verdict, finding.exit_code, finding.remedy) == ("wrong", 4, "voicecli models get llama-small")
    assert finding.message.startswith(f"{file} is damaged")


def test_full_finds_what_no_receipt_can_know(scene: Scene, tiny: TinyModels, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "_fingerprint", lambda _: [1])  # as of a disk that rots
    file = tiny.write(tiny.store(), "llama-small") / "llama-small.gguf"
    assert only(models.language_model, scene).verdict == "right"
    file.write_bytes(bytes(300_000))
    assert only(models.language_model, scene).verdict == "right"
    scene.full = True
    assert only(models.language_model, scene).code == ModelInvalid.code


def test_models_that_are_not_in_use_are_looked_at_too(scene: Scene, tiny: TinyModels) -> None:
    for name in ("llama-small", "llama-big", "only-index"):
        tiny.write(tiny.store(), name)
    (tiny.store().folder(tiny.catalog.find("only-index")) / "only.gguf").write_bytes(b"cut off")
    only(models.language_model, scene)
    bad, good = found(models.others, scene)
    assert (bad.verdict, bad.remedy) == ("warning", "voicecli models get only-index")
    assert "7 bytes long" in bad.message
    assert good.message == "1 more is installed and verified."


def test_without_a_turn_detector_chat_would_wait_by_silence_alone(
    scene: Scene, tiny: TinyModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = only(models.turn_detector, scene)
    assert finding.verdict == "warning"
    assert "silence and words alone" in finding.message

    def is_damaged(*_: object) -> None:
        raise ModelInvalid("It is damaged.", "voicecli models get smart-turn-v3.2")

    monkeypatch.setattr(type(tiny.store()), "resolve", is_damaged)
    finding = only(models.turn_detector, scene)
    assert (finding.verdict, finding.exit_code) == ("wrong", 4)
    assert scene.chosen == {}


def test_no_voice_is_needed_where_nothing_is_spoken(scene: Scene, tiny: TinyModels) -> None:
    assert not tiny.store().root.exists()
    assert only(models.voice, set_to(scene, audio_speaker="none")).verdict == "right"


# ---- engines at work


def second(count: float = 1.0) -> Pcm:
    return silence(samples_of(count * 1000))


SAID = tryout.Said(pcm=second(2), load_s=1, taken_s=0.1)
HEARD = tryout.Heard(text="1, 2, 3.", load_s=1, taken_s=0.3)
THOUGHT = tryout.Thought(text="Hello!", load_s=1, first_s=0.2, tokens_per_s=20)


@pytest.mark.parametrize(
    ("find", "kind", "result", "verdict", "says"),
    [
        (tryout.speaking, "voice", {"say": SAID}, "right", "2.0 s of speech in 0.10 s"),
        (tryout.speaking, "voice", {"say": tryout.Said(pcm=second(2), load_s=1, taken_s=3)}, "warning", "slower than"),
        (
            tryout.speaking,
            "voice",
            {"say": tryout.Said(pcm=second(0), load_s=1, taken_s=0)},
            "warning",
            "produced no speech",
        ),
        (tryout.listening, "stt", {"hear": HEARD}, "right", "understood “1, 2, 3.” in 0.30 s"),
        (tryout.listening, "stt", {"hear": tryout.Heard(text="", load_s=1, taken_s=1)}, "warning", "nothing of what"),
        (tryout.listening, "stt", {"hear": tryout.Heard(text="1", load_s=1, taken_s=9)}, "warning", "is slower than"),
        (tryout.ending, "turn", {"judge_end": 0.04}, "right", "judged in 40 ms"),
        (tryout.thinking, "llm", {"think": THOUGHT}, "right", "first word after 0.20 s, 20.0 tokens a second"),
        (
            tryout.thinking,
            "llm",
            {"think": tryout.Thought(text="Hi", load_s=1, first_s=1, tokens_per_s=2)},
            "warning",
            "slower than speech",
        ),
        (
            tryout.thinking,
            "llm",
            {"think": tryout.Thought(text="", load_s=1, first_s=0, tokens_per_s=0)},
            "warning",
            "no answer",
        ),
    ],
)
def test_engines_are_judged_by_what_they_do(
    find: Callable[[Scene], Any], kind: str, result: dict[str, object], verdict: str, says: str
) -> None:
    model: Any = SimpleNamespace(name="model")
    loadable = {"piper", "faster_whisper", "llama_cpp"}
    scene = Scene(full=False, apart=Canned(**result), chosen={kind: model}, loadable=loadable, spoken=second(2))
    finding = only(find, scene)
    assert finding.verdict == verdict
    assert says in finding.message


@pytest.mark.parametrize(("load", "says"), [(0.1, "models list --kind llm"), (99.0, "load 99 on")])
def test_a_slow_engine_is_blamed_on_other_programs_where_they_want_every_core(load: float, says: str) -> None:
    slow = tryout.Thought(text="Hi", load_s=1, first_s=1, tokens_per_s=2)
    model: Any = SimpleNamespace(name="model")
    scene = Scene(full=False, apart=Canned(think=slow), load=load, chosen={"llm": model}, loadable={"llama_cpp"})
    assert says in only(tryout.thinking, scene).remedy


@pytest.mark.parametrize("find", [tryout.speaking, tryout.listening, tryout.ending, tryout.thinking])
def test_an_engine_without_a_model_is_not_tried(find: Callable[[Scene], Any], scene: Scene) -> None:
    scene.loadable = {"piper", "faster_whisper", "llama_cpp"}
    assert found(find, scene) == []


# ---- the command


def yielding(*findings: Finding) -> tuple[Check, ...]:
    return tuple(
        Check(name=f"check-{number}", title=f"thing {number}", find=lambda _, finding=finding: [finding])  # type: ignore[misc] # mypy cannot see through the default
        for number, finding in enumerate(findings)
    )


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def put(*findings: Finding) -> None:
        monkeypatch.setattr(startup, "prepare", lambda **_: None)  # it would redirect the test run's own output
        monkeypatch.setattr(all_checks, "LOOKING", yielding(*findings))
        monkeypatch.setattr(all_checks, "TRYING", ())

    return put


def test_the_command_tells_each_finding_with_its_remedy(
    finds: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    finds(right("Good."), warning("Less good.", "mend it"))
    assert main(["doctor"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "✓ thing 0           Good.",
        "! thing 1           Less good.",
        "                    → mend it",
        "",
        "chat works on this machine. 1 warning.",
    ]
    assert said.err == ""


def test_the_command_ends_as_chat_would(finds: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    finds(right("Good."), wrong(AudioError("No sound.", "voicecli devices")), wrong(ConfigError("Wrong.")))
    assert main(["doctor"]) == 3
    assert capsys.readouterr().out.splitlines()[-1] == "chat does not work on this machine. First problem: thing 1."


def test_json_is_one_object(finds: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    finds(right("Good."), wrong(AudioError("No sound.", "voicecli devices")))
    assert main(["doctor", "--json"]) == 3
    record = json.loads(capsys.readouterr().out)
    assert (record["chat_works"], record["exit_code"]) == (False, 3)
    assert record["checks"][1] | {"seconds": 0} == {
        "check": "check-1",
        "verdict": "wrong",
        "message": "No sound.",
        "hint": "voicecli devices",
        "code": "audio-error",
        "exit_code": 3,
        "seconds": 0,
    }


def test_quick_tries_nothing(
    finds: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finds(right("Good."))
    monkeypatch.setattr(all_checks, "TRYING", yielding(right("Tried.")))
    assert main(["doctor", "--quick"]) == 0
    assert "Tried." not in capsys.readouterr().out
    assert main(["doctor"]) == 0
    assert "Tried." in capsys.readouterr().out


def test_a_log_that_cannot_be_written_stops_no_check(
    finds: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finds(right("Good."))

    def refuse(**_: object) -> None:
        raise ConfigError("The log folder cannot be written.")

    monkeypatch.setattr(startup, "prepare", refuse)
    assert main(["doctor"]) == 0
    assert "Good." in capsys.readouterr().out


@pytest.mark.engines
def test_on_this_machine_every_engine_is_found_and_tried(
    model_path: Callable[[str, str], Path], tmp_path: Path
) -> None:
    root = model_path("stt", "whisper-base").parents[1]
    folders = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    done = subprocess.run(
        [sys.executable, "-m", "voicecli", "doctor", "--json"],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=os.environ | folders | {"VOICECLI_MODELS": str(root)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(done.stdout)
    found = {row["check"]: row for row in record["checks"]}
    # How fast the engines are depends on what else the machine does: `warning` says that they were slow, not that they failed.
    for name in ("try-voice", "try-stt", "try-llm"):
        assert found[name]["verdict"] in {"right", "warning"}, found[name]
        assert "loaded in" in found[name]["message"]
    for name in (
        "python",
        "settings",
        "persona",
        "folders",
        "webrtcvad",
        "silero",
        "llama-cpp",
        "stt",
        "llm",
        "voice",
        "turn",
        "try-turn",
    ):
        assert found[name]["verdict"] == "right", found[name]
    assert "Traceback" not in done.stderr
