"""What this machine has: cores, and whether each engine can use a graphics card."""

from __future__ import annotations

import ctypes
import importlib.util
import math
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voicecli.engines.native_noise import silenced
from voicecli.engines.threads import share_cores
from voicecli.offline.environment import silence_telemetry

_CPU_FOLDER = Path("/sys/devices/system/cpu")
_POWER_FOLDER = Path("/sys/class/power_supply")
_QUOTA_FILE = Path("/sys/fs/cgroup/cpu.max")
_CARD_DEVICES = ("nvidiactl", "nvidia0", "dxg")
"""What the NVIDIA driver makes, and in the last place Windows' Linux."""

_FOR_PROCESSORS = ("base", "cpu", "blas", "rpc")
_CUDA_PACKAGES = ("nvidia.cublas", "nvidia.cudnn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """What there is to compute with.

    Attributes:
        cores: Physical cores this process may use.
        cuda_stt: Whether ctranslate2 finds a graphics card.
        cuda_llm: Whether this build of llama.cpp can use one.
        cuda_onnx: Whether this build of onnxruntime can.
    """

    cores: int
    cuda_stt: bool
    cuda_llm: bool
    cuda_onnx: bool


def hardware() -> Hardware:
    """Looks. Imports the engines, so it takes about a second; a missing engine counts as one that cannot."""
    return Hardware(cores=physical_cores(), cuda_stt=cuda_for_stt(), cuda_llm=cuda_for_llm(), cuda_onnx=cuda_for_onnx())


def physical_cores() -> int:
    """Physical cores this process may use, at least 1: its affinity, and a container's quota, both respected.

    Two threads of one core share the arithmetic units that inference lives on, so they count once.
    """
    if platform.system() == "Linux":
        allowed = os.sched_getaffinity(0)
        cores = _distinct_cores(allowed, _read_siblings)
        quota = _quota_cores(_read(_QUOTA_FILE))
        return max(1, min(cores, quota) if quota else cores)
    logical = os.cpu_count() or 1
    # No portable way to ask; x86 desktop processors have two threads a core, Apple's have one.
    return max(1, logical // 2 if platform.machine().lower() in {"x86_64", "amd64"} else logical)


def _distinct_cores(allowed: set[int], siblings: Callable[[int], str]) -> int:
    groups = {siblings(cpu) or str(cpu) for cpu in allowed}
    return len(groups)


def _read_siblings(cpu: int) -> str:
    return _read(_CPU_FOLDER / f"cpu{cpu}" / "topology" / "thread_siblings_list")


def _quota_cores(cpu_max: str) -> int | None:
    """Whole cores granted by the content of a cgroup's `cpu.max` ("quota period"), rounded up; None without a limit."""
    match cpu_max.split():
        case [quota, period] if quota.isdigit() and period.isdigit() and int(period) > 0:
            return max(1, math.ceil(int(quota) / int(period)))
        case _:
            return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def on_battery(supplies: Path = _POWER_FOLDER) -> bool:
    """Whether this is a laptop that is not plugged in; False where nobody can tell (only Linux can)."""
    mains = [folder for folder in supplies.glob("*") if _read(folder / "type").strip() in {"Mains", "USB"}]
    batteries = [folder for folder in supplies.glob("*") if _read(folder / "type").strip() == "Battery"]
    return bool(batteries) and not any(_read(folder / "online").strip() == "1" for folder in mains)


def cuda_for_stt() -> bool:
    """Whether ctranslate2 finds a graphics card it can use."""
    if not _has_card():
        return False
    share_cores()
    try:
        import ctranslate2

        with silenced():
            return int(ctranslate2.get_cuda_device_count()) > 0
    except (ImportError, OSError, RuntimeError, ValueError):
        # Not installed, libraries missing, or a driver that fails: each of them means no.
        return False


def cuda_for_llm() -> bool:
    """Whether the installed llama.cpp was built so that it can use a graphics card."""
    if not _has_card_backend():
        return False
    share_cores()
    try:
        import llama_cpp

        return bool(llama_cpp.llama_supports_gpu_offload())
    except (ImportError, OSError, RuntimeError):
        # llama_cpp raises RuntimeError when its shared library does not load.
        return False


def _has_card(devices: Path = Path("/dev")) -> bool:
    """Whether there may be an NVIDIA card; asked before ctranslate2, whose import takes memory that this process may not need."""
    return platform.system() != "Linux" or any((devices / name).exists() for name in _CARD_DEVICES)


def _has_card_backend() -> bool:
    """Whether the installed llama.cpp has a library for anything but processors; asked before it is imported, as above."""
    try:
        spec = importlib.util.find_spec("llama_cpp")
    except (ImportError, ValueError):
        return False
    folders = [Path(folder, "lib") for folder in (spec.submodule_search_locations or [])] if spec else []
    libraries = [file.name for folder in folders for file in folder.glob("*ggml-*")]
    # A build whose libraries have other names is asked itself.
    return not libraries or not all(any(f"ggml-{name}" in file for name in _FOR_PROCESSORS) for file in libraries)


def cuda_for_onnx() -> bool:
    """Whether the installed onnxruntime was built so that it can use a graphics card."""
    silence_telemetry()
    try:
        import onnxruntime

        return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    except ImportError:
        return False


def load_cuda_libraries() -> None:
    """Makes the CUDA libraries of the `cuda` extra visible to ctranslate2, which looks for them by name only.

    They lie in packages of their own, where the dynamic loader does not look, so they are loaded here by path; later loads by name find them.
    Does nothing where they are not installed: the system may have its own.
    """
    if platform.system() != "Linux":
        return
    for package in _CUDA_PACKAGES:
        try:
            spec = importlib.util.find_spec(package)
        except ImportError:
            continue
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for library in sorted(Path(folder, "lib").glob("lib*.so.*")):
                _load(library)


def _load(library: Path) -> None:
    try:
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        # One that needs another that is loaded after it; ctranslate2 will say if it was needed.
        return


def llama_system_info() -> str:
    """What llama.cpp says it was built with; importing it may crash on a processor that it was not built for."""
    import llama_cpp

    info: bytes = llama_cpp.llama_print_system_info()
    return info.decode()


def available_bytes(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Memory that can be had without swapping; None where nobody can tell (only Linux can)."""
    for line in _read(meminfo).splitlines():
        name, _, amount = line.partition(":")
        if name == "MemAvailable" and (kibibytes := amount.split()[:1]) and kibibytes[0].isdigit():
            return int(kibibytes[0]) * 1024
    return None
