"""Opens ONNX models with onnxruntime settings that suit a program with several engines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from voicecli.errors import DAMAGED, ModelInvalid, ModelNotFound, not_importable
from voicecli.offline.environment import silence_telemetry

if TYPE_CHECKING:
    import onnxruntime

    Session: TypeAlias = onnxruntime.InferenceSession

ERRORS_ONLY = 4
"""onnxruntime's severity "fatal". At lower levels it writes to stderr what it also raises."""


def open_session(model: Path | bytes, *, threads: int, what: str) -> Session:
    """Opens a session on the CPU with exactly `threads` threads, none of which spins while idle.

    Spinning, onnxruntime's default, occupies the cores that the other engines need between two runs.

    Args:
        model: A file, or the bytes of one.
        threads: Threads for one run.
        what: The model's name for messages.

    Raises:
        EngineNotInstalled: onnxruntime cannot be imported.
        ModelNotFound: There is no such file.
        ModelInvalid: It is not a model that onnxruntime can run.
    """
    silence_telemetry()  # onnxruntime reads it at its import, which happens first here
    try:
        import onnxruntime
    except ImportError as error:
        raise not_importable("onnxruntime", error) from error
    if isinstance(model, Path) and not model.is_file():
        raise ModelNotFound(f"The {what} is not at {model}.", "voicecli models list")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    options.log_severity_level = ERRORS_ONLY
    source = str(model) if isinstance(model, Path) else model
    try:
        return onnxruntime.InferenceSession(source, sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no other base class
        place = f" in {model}" if isinstance(model, Path) else ""
        raise ModelInvalid(f"The {what}{place} is damaged or not an ONNX model.", DAMAGED) from error
