"""Loads a Whisper model for CTranslate2."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from voicecli.engines.hardware import cuda_for_stt, load_cuda_libraries
from voicecli.engines.library_output import silenced
from voicecli.engines.ports import Device
from voicecli.engines.threads import share_cores
from voicecli.errors import DAMAGED, EngineNotInstalled, ModelInvalid, not_importable
from voicecli.offline.environment import silence_telemetry

if TYPE_CHECKING:
    from faster_whisper import WhisperModel

COMPUTE_TYPES = {"cpu": ("int8", "float32"), "cuda": ("float16", "int8_float16", "float32")}
"""The first one that the device supports is used."""


def load_whisper(directory: Path, name: str, device: Device, threads: int) -> WhisperModel:
    """Loads faster-whisper's model from a folder, without asking any hub.

    Raises:
        EngineNotInstalled: faster-whisper cannot be imported, or finds no graphics card that it can use.
        ModelInvalid: A file is damaged.
    """
    # Everything is loaded from `directory`. This ensures it even if a file is missing.
    silence_telemetry()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    share_cores()
    try:
        if device == "cuda":
            load_cuda_libraries()
        with silenced():
            import ctranslate2
            from faster_whisper import WhisperModel
    except (ImportError, OSError) as error:
        raise not_importable("faster-whisper", error) from error
    if device == "cuda" and not cuda_for_stt():
        raise EngineNotInstalled("ctranslate2 finds no graphics card that it can use.", "pip install 'voicecli[cuda]'")
    try:
        able = ctranslate2.get_supported_compute_types(device)
        compute_type = next((kind for kind in COMPUTE_TYPES[device] if kind in able), "default")
        with silenced():
            return WhisperModel(
                str(directory),
                device=device,
                compute_type=compute_type,
                cpu_threads=threads,
                num_workers=1,
                local_files_only=True,
            )
    except (
        Exception
    ) as error:  # ctranslate2 and tokenizers raise plain RuntimeError, ValueError and Exception for damaged files
        raise ModelInvalid(f"The recogniser {name} in {directory} is damaged.", DAMAGED) from error
