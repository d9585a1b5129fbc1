"""Language models split into several GGUF files, `NAME-00001-of-00003.gguf` and so on.

llama.cpp loads all of them when it is given the first one. It finds the others in the same folder by their names. Source of the names:
`llama_split_path` of llama.cpp.
"""

from __future__ import annotations

import re
from pathlib import Path

from voicecli.errors import ModelInvalid
from voicecli.models.gguf import GgufHeader, read_header

_NAME = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")


def parts_of(path: Path) -> tuple[Path, ...]:
    """All files of the model that `path` belongs to, the first one first. `path` alone if its name is not that of a part."""
    match = _NAME.fullmatch(path.name)
    if match is None or not int(match["count"]):
        return (path,)
    count = int(match["count"])
    return tuple(path.with_name(f"{match['stem']}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1))


def model_name(path: Path) -> str:
    """The name of the model: the name of its file, without the suffix and the part number."""
    match = _NAME.fullmatch(path.name)
    return match["stem"] if match is not None else path.stem


def check_parts(path: Path) -> tuple[Path, tuple[GgufHeader, ...]]:
    """Checks that a language model is complete: one GGUF file, or all its parts.

    Args:
        path: The file, or any one of its parts.

    Returns:
        The path that llama.cpp loads, which is the first part, and the headers of all parts.

    Raises:
        ModelInvalid: A part is missing, truncated, or belongs to another model.
        OSError: A part cannot be read.
    """
    parts = parts_of(path)
    if missing := [part.name for part in parts if not part.is_file()]:
        lacking = f"part {missing[0]} is" if len(missing) == 1 else f"{len(missing)} of its {len(parts)} parts are"
        raise ModelInvalid(
            f"{path} is one part of a model in {len(parts)} files, and {lacking} missing.",
            f"Put all parts into {path.parent}, under their own names; missing: {', '.join(missing)}",
        )
    headers = tuple(read_header(part) for part in parts)
    for number, (part, header) in enumerate(zip(parts, headers, strict=True)):
        told = f"part {header.part_number + 1} of {header.part_count}"
        if len(parts) == 1 and header.part_count > 1:
            raise ModelInvalid(
                f"{part} is {told} of a model, and its name does not say so.",
                f"Put all parts into one folder and name them NAME-00001-of-{header.part_count:05}.gguf and so on.",
            )
        if len(parts) > 1 and (header.part_number, header.part_count) != (number, len(parts)):
            raise ModelInvalid(
                f"{part} is not part {number + 1} of {len(parts)}: by its header it is {told}.",
                "Give the file the name that it was downloaded with.",
            )
    if len(parts) > 1 and (whole := headers[0].all_tensors) != (found := sum(each.tensor_count for each in headers)):
        raise ModelInvalid(
            f"The parts of {path} hold {found} tensors together, and should hold {whole}.", "Download them again."
        )
    return parts[0], headers
