"""Writes an installed language model anew with 16 or 32 bits a weight: the same answers from a file three or six times as large.

    python scripts/make_slow_model.py slow.gguf
    python scripts/make_slow_model.py slow.gguf --bits 32
    make figures ARGS="--slow-llm slow.gguf"

On two cores a token of the starter model took 41 ms, 50 ms with 16 bits a weight, 83 with 32, and with 32 on one thread, as `measure.py` has
it, 127 to 155: as if it were a model of three times the size, such as Llama 3.2.
"""

from __future__ import annotations

import argparse
import ctypes
import sys
from pathlib import Path

from voicecli.models.store import ModelStore

TYPES = {16: 1, 32: 0}
"""llama.cpp's numbers for files of that many bits."""


def main() -> int:
    """Writes it."""
    import llama_cpp

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--bits", type=int, choices=TYPES, default=16)
    options = parser.parse_args()
    folder = ModelStore.default().resolve("llm").path
    (model,) = folder.glob("*.gguf") if folder.is_dir() else (folder,)
    wanted = llama_cpp.llama_model_quantize_default_params()
    wanted.ftype = TYPES[options.bits]
    wanted.allow_requantize = True
    code = llama_cpp.llama_model_quantize(str(model).encode(), str(options.out).encode(), ctypes.byref(wanted))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
