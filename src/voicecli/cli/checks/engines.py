"""Checks of the engines' packages: whether they are installed, load, and were built for this machine.

Everything that loads native code runs in a separate process (`finding.Child`).
"""

from __future__ import annotations

import ctypes
import importlib
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from voicecli.cli.checks.finding import Finding, Scene, right, warning, wrong
from voicecli.errors import EngineNotInstalled, ModelError, missing_package, not_importable

CPU_INFO = Path("/proc/cpuinfo")
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")

FEATURES = {"AVX": "avx", "AVX2": "avx2", "FMA": "fma", "F16C": "f16c", "AVX512": "avx512f"}
"""The processor features that make llama.cpp fast on x86-64: llama.cpp's name and the kernel's."""

FRAMES = 50
"""The number of blocks of 20 ms for the test of a voice detector: one second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """What can use a graphics card.

    Attributes:
        driver: Whether the system has NVIDIA's driver.
        stt: Whether ctranslate2 finds a card.
        libraries: Whether cuBLAS, which ctranslate2 needs on a card, loads.
        llm: Whether this build of llama.cpp can use one.
    """

    driver: bool
    stt: bool
    libraries: bool
    llm: bool


def load(modules: Sequence[str], package: str) -> None:
    """Imports modules.

    Raises:
        EngineNotInstalled: One of them cannot be imported.
    """
    from voicecli.engines.library_output import silenced

    for module in modules:
        try:
            with silenced():
                importlib.import_module(module)
        except Exception as error:  # a broken package may raise any exception
            if missing_package(error):
                raise not_importable(package, error) from error
            reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
            message = f"{package} cannot be imported: {reason}."
            raise EngineNotInstalled(message, f"pip install --force-reinstall {package}") from error


def faster_whisper(scene: Scene) -> Iterator[Finding]:
    """Checks the engine of the recognisers."""
    yield _package(scene, "faster-whisper", ("ctranslate2", "faster_whisper"), beside="ctranslate2")


def llama_cpp(scene: Scene) -> Iterator[Finding]:
    """Checks the engine of the language models."""
    yield _package(scene, "llama-cpp-python", ("llama_cpp",))


def piper(scene: Scene) -> Iterator[Finding]:
    """Checks the engine of the voices."""
    yield _package(scene, "piper-tts", ("onnxruntime", "piper"), beside="onnxruntime")


def _package(scene: Scene, package: str, modules: tuple[str, ...], beside: str = "") -> Finding:
    scene.apart.run(load, modules, package)
    scene.loadable.update(modules)
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in (package, beside) if name)
    return right(f"{versions}.")


def processor(scene: Scene) -> Iterator[Finding]:
    """Checks whether llama.cpp was built for this processor."""
    from voicecli.engines.hardware import llama_system_info, physical_cores
    from voicecli.engines.llama_native import has_amx

    cores = physical_cores()
    about = f"{platform.machine()}, {cores} core{'' if cores == 1 else 's'}"
    if "llama_cpp" not in scene.loadable:
        yield right(f"{about}.")
        return
    info = scene.apart.run(llama_system_info)
    has, built = _cpu_flags(), {name for name in FEATURES if f" {name} = 1" in f" {info}"}
    lacks = [name for name, flag in FEATURES.items() if flag in has and name not in built]
    if lacks:
        switches = " ".join(f"-DGGML_{name}=ON" for name in lacks)
        yield warning(
            f"llama.cpp was built without {_list(lacks)}, which this processor has. Answers are slower than necessary.",
            f'CMAKE_ARGS="-DGGML_NATIVE=OFF {switches}" pip install --force-reinstall --no-binary llama-cpp-python llama-cpp-python',
        )
        return
    uses = f"; llama.cpp uses {_list(sorted(built))}" if built else ""
    amx = "; AMX is not used, because it crashes on virtual machines" if has_amx(info) else ""
    yield right(f"{about}{uses}{amx}.")


def _cpu_flags() -> set[str]:
    """Returns the flags that every core has, by the kernel's names; none if the kernel has no such file."""
    try:
        text = CPU_INFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    cores = [set(line.partition(":")[2].split()) for line in text.splitlines() if line.startswith("flags")]
    return set.intersection(*cores) if cores else set()


def _list(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def graphics_card(scene: Scene) -> Iterator[Finding]:
    """Checks what runs on a graphics card, and what could."""
    wanted = scene.settings.models.device
    if wanted == "cpu":
        yield right("Not used: models.device is cpu.")
        return
    if not {"ctranslate2", "llama_cpp"} & scene.loadable:
        return
    cards = scene.apart.run(look_for_cards, frozenset(scene.loadable))
    scene.card = cards.stt or cards.llm
    lacks = list(_lacks(cards))
    if wanted == "cuda" and lacks:
        for error in lacks:
            yield wrong(
                error if cards.driver else EngineNotInstalled(error.message, "voicecli config set models.device auto")
            )
    elif cards.driver and lacks:
        for error in lacks:
            yield warning(f"There is an NVIDIA card, but: {error.message}", error.hint)
    elif cards.stt and cards.llm:
        yield right("Recognition and the language model run on the graphics card.")
    elif cards.llm:
        yield right("The language model runs on the graphics processor, recognition on the CPU.")
    else:
        yield right("No usable graphics card; everything runs on the CPU.")


def _lacks(cards: Cards) -> Iterator[EngineNotInstalled]:
    if not cards.stt:
        yield EngineNotInstalled("ctranslate2 finds no graphics card that it can use.", "pip install 'voicecli[cuda]'")
    elif not cards.libraries:
        yield EngineNotInstalled(
            "cuBLAS, which recognition needs on the graphics card, is not installed.", "pip install 'voicecli[cuda]'"
        )
    if not cards.llm:
        yield EngineNotInstalled(
            "The installed llama-cpp-python was built without support for graphics cards.",
            'CMAKE_ARGS="-DGGML_CUDA=on" pip install --force-reinstall --no-binary llama-cpp-python llama-cpp-python',
        )


def look_for_cards(loadable: frozenset[str]) -> Cards:
    """Asks the engines that can be loaded whether they can use a card."""
    from voicecli.engines import hardware

    stt = "ctranslate2" in loadable and hardware.cuda_for_stt()
    return Cards(
        driver=NVIDIA_DRIVER.exists() or stt,
        stt=stt,
        libraries=stt and _cublas_loads(),
        llm="llama_cpp" in loadable and hardware.cuda_for_llm(),
    )


def _cublas_loads() -> bool:
    """Whether ctranslate2 would find cuBLAS. ctranslate2 itself loads it only when the first sentence is heard."""
    from voicecli.engines.hardware import load_cuda_libraries

    load_cuda_libraries()
    try:
        ctypes.CDLL("cublas64_12.dll" if sys.platform == "win32" else "libcublas.so.12")
    except OSError:
        return False
    return True


def webrtcvad(scene: Scene) -> Iterator[Finding]:
    """Checks the first stage of the voice gate, without which nothing is heard."""
    yield right(f"One second of sound is classified in {scene.apart.run(detect, 'webrtcvad'):.1f} ms.")


def silero(scene: Scene) -> Iterator[Finding]:
    """Checks the second stage, without which noise may pass for speech."""
    try:
        taken_ms = scene.apart.run(detect, "silero")
    except ModelError as error:
        yield warning(f"{error.message} Without it noise may be taken for speech.", error.hint)
        return
    yield right(f"One second of sound is classified in {taken_ms:.1f} ms.")


def detect(name: str) -> float:
    """Gives a second of silence to a voice detector. Returns how many milliseconds that took.

    Raises:
        ModelError: It cannot be made.
    """
    from voicecli.engines.registry import make_voice_detector
    from voicecli.pcm import BLOCK_SAMPLES, silence

    detector = make_voice_detector(name)
    block = silence(BLOCK_SAMPLES)
    began_s = time.monotonic()
    for _ in range(FRAMES):
        detector.score(block)
    return (time.monotonic() - began_s) * 1000
