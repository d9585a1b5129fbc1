"""A real language model, split into several files, is loaded by llama.cpp and answers like the whole one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gguf import GGUFReader, GGUFValueType, GGUFWriter

from voicecli.engines.llama_cpp import LlamaChatModel
from voicecli.engines.ports import ChatMessage, Sampling
from voicecli.models.user_models import check_own

pytestmark = pytest.mark.engines


def cut(whole: Path, folder: Path, tensors_each: int) -> list[Path]:
    """Writes a model again with `tensors_each` tensors per file."""
    reader = GGUFReader(whole)
    architecture = reader.fields["general.architecture"].contents()
    writer = GGUFWriter(folder / "own.gguf", architecture, split_max_tensors=tensors_each)
    for field in reader.fields.values():
        if not field.name.startswith("GGUF.") and field.name != "general.architecture":
            kind = field.types[0]
            inner = field.types[-1] if kind == GGUFValueType.ARRAY else None
            writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sorted(folder.glob("own-*.gguf"))


def answer(path: Path) -> str:
    model = LlamaChatModel(path, name="own", device="cpu", threads=2, context_tokens=512)
    try:
        messages = [ChatMessage(role="user", content="Name a colour.")]
        return "".join(
            model.reply(messages, sampling=Sampling(temperature=0.0, max_tokens=8), is_cancelled=lambda: False)
        )
    finally:
        model.close()


def test_a_model_in_parts_answers_as_the_whole_one(model_path: Callable[[str, str], Path], tmp_path: Path) -> None:
    whole = next(model_path("llm", "smollm2-135m").glob("*.gguf"))
    parts = cut(whole, tmp_path, 100)
    assert len(parts) > 2
    assert answer(check_own("llm", str(parts[1]))) == answer(whole) != ""
