"""Returns unneeded memory to the system."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Final

_MADV_DONTNEED: Final = 4
"""A number of the system (madvise(2))."""


def give_back() -> None:
    """Returns freed memory that the C library keeps. Does nothing without such a call (only glibc has one).

    Loading an engine temporarily takes several times its size. glibc keeps most of that for the thread that had it, so a session that
    changes its voice a few times would grow by a voice each time. The call takes some milliseconds, without the interpreter lock.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


def unmap_pages(path: Path) -> None:
    """Removes the pages of a mapped model file, and of its other parts, from this process.

    Pages that are needed again come from the system's cache. llama.cpp maps a model file and keeps a second copy of most of its matrices, in the
    order that suits the processor. The pages of the first copy are never read again, but count as memory of this process: 0.6 GB for a file of
    1.1 GB. Does nothing except on Linux.

    Args:
        path: The model file; other .gguf files in its folder count as its parts.
    """
    if sys.platform != "linux":
        return
    whole = path.resolve()
    part = f"{whole.parent}/"
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    try:
        mappings = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    for mapping in mappings:
        place, access, *_ = mapping.split(maxsplit=2)
        # Written pages of a private mapping would be lost; a model is mapped read-only.
        _, _, name = mapping.partition("/")
        is_model = f"/{name}" == str(whole) or (f"/{name}".startswith(part) and name.endswith(".gguf"))
        if is_model and access.startswith("r-"):
            start, _, end = place.partition("-")
            madvise(int(start, 16), int(end, 16) - int(start, 16), _MADV_DONTNEED)
