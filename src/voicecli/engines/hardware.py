"""Detects the cores of this machine, and whether each engine can use a graphics card."""

from __future__ import annotations

import ctypes
import importlib.util
import math
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from voicecli.engines.library_output import silenced
from voicecli.engines.threads import share_cores
from voicecli.offline.environment import silence_telemetry

_CPU_FOLDER = Path("/sys/devices/system/cpu")
_QUOTA_FILE = Path("/sys/fs/cgroup/cpu.max")
_CARD_DEVICES = ("nvidiactl", "nvidia0", "dxg")
"""Devices created by the NVIDIA driver, and, as the last one, by Windows' Linux."""

_FOR_PROCESSORS = ("base", "cpu", "blas", "rpc")
_CUDA_PACKAGES = ("nvidia.cublas", "nvidia.cudnn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardware:
    """The hardware for computing.

    Attributes:
        cores: Physical cores that this process may use.
        cuda_stt: Whether ctranslate2 finds a graphics card.
        cuda_llm: Whether this build of llama.cpp can use one.
        cuda_onnx: Whether this build of onnxruntime can use one.
    """

    cores: int
    cuda_stt: bool
    cuda_llm: bool
    cuda_onnx: bool


def hardware() -> Hardware:
    """Detects the hardware. It imports the engines, so it takes about a second. A missing engine counts as unable to use a card."""
    return Hardware(cores=physical_cores(), cuda_stt=cuda_for_stt(), cuda_llm=cuda_for_llm(), cuda_onnx=cuda_for_onnx())


def physical_cores() -> int:
    """Returns the physical cores that this process may use, at least 1. It respects the affinity and a container's quota.

    Two threads of one core share the arithmetic units on which inference depends, so they count once.
    """
    if sys.platform == "linux" and platform.system() == "Linux":
        allowed = os.sched_getaffinity(0)
        cores = _distinct_cores(allowed, _read_siblings)
        quota = _quota_cores(_read(_QUOTA_FILE))
        return max(1, min(cores, quota) if quota else cores)
    import psutil

    return max(1, psutil.cpu_count(logical=False) or os.cpu_count() or 1)


def _distinct_cores(allowed: set[int], siblings: Callable[[int], str]) -> int:
    groups = {siblings(cpu) or str(cpu) for cpu in allowed}
    return len(groups)


def _read_siblings(cpu: int) -> str:
    return _read(_CPU_FOLDER / f"cpu{cpu}" / "topology" / "thread_siblings_list")


def _quota_cores(cpu_max: str) -> int | None:
    """Returns the whole cores granted by the content of a cgroup's `cpu.max` ("quota period"), rounded up; None without a limit."""
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


def on_battery() -> bool:
    """Whether this is a laptop that is not plugged in; False if it is unknown."""
    import psutil

    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return battery is not None and battery.power_plugged is False


def cuda_for_stt() -> bool:
    """Whether ctranslate2 finds a graphics card that it can use."""
    if not _has_card():
        return False
    share_cores()
    try:
        import ctranslate2

        with silenced():
            return int(ctranslate2.get_cuda_device_count()) > 0
    except (ImportError, OSError, RuntimeError, ValueError):
        # Not installed, libraries missing, or a failing driver: all of them mean no.
        return False


def cuda_for_llm() -> bool:
    """Whether the installed llama.cpp was built with support for graphics cards."""
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
    """Whether there may be an NVIDIA card. Checked before the import of ctranslate2, which takes memory that this process may not need."""
    return platform.system() != "Linux" or any((devices / name).exists() for name in _CARD_DEVICES)


def _has_card_backend() -> bool:
    """Whether the installed llama.cpp has a library for anything but processors. Checked before its import, for the same reason."""
    try:
        spec = importlib.util.find_spec("llama_cpp")
    except (ImportError, ValueError):
        return False
    folders = [Path(folder, "lib") for folder in (spec.submodule_search_locations or [])] if spec else []
    libraries = [file.name for folder in folders for file in folder.glob("*ggml-*")]
    # A build whose libraries have other names is queried itself.
    return not libraries or not all(any(f"ggml-{name}" in file for name in _FOR_PROCESSORS) for file in libraries)


def cuda_for_onnx() -> bool:
    """Whether the installed onnxruntime was built with support for graphics cards."""
    silence_telemetry()
    try:
        import onnxruntime

        return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    except ImportError:
        return False


def load_cuda_libraries() -> None:
    """Makes the CUDA libraries of the `cuda` extra visible to ctranslate2, which looks for them only by name.

    They are in separate packages, which the dynamic loader does not search. They are loaded here by path, so that later loads by name find them.
    Does nothing if they are not installed, because the system may have its own.
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
        # It needs a library that is loaded later; ctranslate2 reports it if it was necessary.
        return


def llama_system_info() -> str:
    """Returns llama.cpp's description of its build. Its import may crash on a processor for which it was not built."""
    import llama_cpp

    info: bytes = llama_cpp.llama_print_system_info()
    return info.decode()


def available_bytes() -> int:
    """Returns the memory available without swapping."""
    import psutil

    return int(psutil.virtual_memory().available)
