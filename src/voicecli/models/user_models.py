"""The user's own models, given by a path. Their structure is checked, because their hashes are not known."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from voicecli.config.documents import MalformedError, read_json, value_at
from voicecli.errors import ModelInvalid, ModelNotFound
from voicecli.models.catalog import Kind
from voicecli.models.gguf_parts import check_parts
from voicecli.models.onnx_file import check_onnx

_SUFFIXES = {".gguf", ".onnx", ".bin", ".json"}
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 192_000
"""Rates of sound that a voice may have. Known ones have 16,000 to 24,000 Hz."""

_WHISPER_FILES = ("model.bin", "config.json", "tokenizer.json")


def looks_like_path(wanted: str) -> bool:
    """Whether this text means a file or folder and not a name."""
    path = Path(wanted)
    return (
        len(path.parts) > 1
        or path.is_absolute()
        or wanted.startswith(("~", "."))
        or path.suffix in _SUFFIXES
        or path.exists()
    )


def check_own(kind: Kind, wanted: str) -> Path:
    """Checks that the file or folder at a path can be a model of this kind.

    Args:
        kind: The kind of model it will be used as.
        wanted: A GGUF file, a Whisper folder in CTranslate2 form, a voice `.onnx` with its `.onnx.json` in the same folder, or a turn model `.onnx`.

    Returns:
        The absolute path. For a language model in several files, the path of the first part.

    Raises:
        ModelNotFound: The path does not exist.
        ModelInvalid: The model is truncated, incomplete, or something else.
    """
    path = Path(wanted).expanduser().absolute()
    if not path.exists():
        raise ModelNotFound(
            f"{path} does not exist.", f"Give the path of a model, or a name: voicecli models list --kind {kind}"
        )
    try:
        match kind:
            case "llm":
                _need_file(path, ".gguf", "A language model is a GGUF file, or several whose first one is named.")
                path, _ = check_parts(path)
            case "stt":
                _check_whisper(path)
            case "voice":
                _need_file(path, ".onnx", "A voice is an .onnx file and an .onnx.json file in the same folder.")
                _check_voice(path)
                check_onnx(path)
            case "turn":
                _need_file(path, ".onnx", "A turn detector is one .onnx file.")
                check_onnx(path)
            case _:
                assert_never(kind)
    except OSError as error:
        raise ModelInvalid(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error
    return path


def _need_file(path: Path, suffix: str, hint: str) -> None:
    if not path.is_file() or path.suffix != suffix:
        raise ModelInvalid(
            f"{path} is not an {suffix} file." if suffix == ".onnx" else f"{path} is not a {suffix} file.", hint
        )
    if path.stat().st_size == 0:
        raise ModelInvalid(f"{path} is empty.", "Download the file again.")


def _check_whisper(path: Path) -> None:
    if not path.is_dir():
        raise ModelInvalid(
            f"{path} is not a folder.",
            "A recognition model is a folder with model.bin, config.json, tokenizer.json and a vocabulary.",
        )
    missing = [name for name in _WHISPER_FILES if not (path / name).is_file()]
    if not any(path.glob("vocabulary.*")):
        missing.append("vocabulary.json or vocabulary.txt")
    if missing:
        raise ModelInvalid(
            f"{path} lacks {', '.join(missing)}.",
            "Copy the missing files from the model's source into the same folder.",
        )


def _check_voice(path: Path) -> None:
    about = path.with_name(f"{path.name}.json")
    if not about.is_file():
        raise ModelInvalid(f"{path} needs {about.name} in the same folder.", "Copy it there from the voice's source.")
    try:
        rate_hz = value_at(read_json(about), "audio", "sample_rate")
    except (MalformedError, LookupError, TypeError) as error:
        raise ModelInvalid(
            f"{about} does not describe a voice: it has no audio.sample_rate.", "Download the file again."
        ) from error
    if type(rate_hz) is not int or not LOWEST_RATE_HZ <= rate_hz <= HIGHEST_RATE_HZ:
        raise ModelInvalid(f"{about} gives {rate_hz!r} as the sample rate.", "Download the file again.")
