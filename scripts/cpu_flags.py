"""Prints the CMake switches with which llama.cpp neither crashes nor crawls on this processor, joined by semicolons.

`-march=native`, the default, crashes at the first token on virtual machines whose processor advertises AMX; the portable build
without it is a third slower at reading a prompt than one with AVX-512. So on x86-64 the native build is switched off, and what the
processor has is switched on by name, AMX left out. Other processors keep the default.

Runs on the system's own Python, before anything is installed: standard library only.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

ALWAYS = ["-DLLAVA_BUILD=OFF"]  # the image models' part is not used, and building it takes a minute

SWITCHES = {
    "GGML_AVX": {"avx"},
    "GGML_AVX2": {"avx2"},
    "GGML_BMI2": {"bmi2"},
    "GGML_FMA": {"fma"},
    "GGML_F16C": {"f16c"},
    "GGML_SSE42": {"sse4_2"},
}
"""On by default in a portable build: to be switched off where the processor has not got them."""

MORE_SWITCHES = {
    "GGML_AVX512": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "GGML_AVX512_VBMI": {"avx512vbmi"},
    "GGML_AVX512_VNNI": {"avx512_vnni"},
    "GGML_AVX512_BF16": {"avx512_bf16"},
}
"""Off by default in a portable build: to be switched on where the processor has got them."""


def cpu_flags(cpuinfo: str) -> set[str]:
    """The flags that every core has, from the text of /proc/cpuinfo."""
    lines = [line.split(":", 1)[1].split() for line in cpuinfo.splitlines() if line.startswith("flags")]
    return set.intersection(*map(set, lines)) if lines else set()


def cmake_args(machine: str, flags: set[str]) -> list[str]:
    """The switches for a processor of kind `machine` (as `platform.machine()` says) with `flags`."""
    if machine not in {"x86_64", "AMD64"} or not flags:
        return ALWAYS
    off = [f"-D{switch}=OFF" for switch, needs in SWITCHES.items() if not needs <= flags]
    more = [f"-D{switch}=ON" for switch, needs in MORE_SWITCHES.items() if needs <= flags]
    if "-DGGML_AVX512=ON" not in more:
        more = []
    return ["-DGGML_NATIVE=OFF", *off, *more, *ALWAYS]


def main() -> None:
    """Prints them for this machine."""
    info = Path("/proc/cpuinfo")
    flags = cpu_flags(info.read_text(encoding="utf-8")) if info.exists() else set()
    sys.stdout.write(";".join(cmake_args(platform.machine(), flags)) + "\n")


if __name__ == "__main__":
    main()
