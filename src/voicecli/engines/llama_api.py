"""Types of the calls that are made into llama-cpp-python, whose module is passed around as a value.

The functions are those of llama.h, so their arguments go by position. A test compares the names with the installed package.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import NewType, Protocol, TypeAlias

ModelPointer = NewType("ModelPointer", int)
ContextPointer = NewType("ContextPointer", int)
VocabPointer = NewType("VocabPointer", int)
MemoryPointer = NewType("MemoryPointer", int)
SamplerPointer = NewType("SamplerPointer", int)

Model: TypeAlias = ModelPointer | None
"""A `llama_model *`. None is the null pointer."""

Context: TypeAlias = ContextPointer | None
"""A `llama_context *`. None is the null pointer."""

LogLine: TypeAlias = Callable[[int, bytes, object], None]
"""Takes a level, a text and what was given with the function."""


class TokenData(ctypes.Structure):
    """`llama_token_data`: a token and how likely it is. Only its type is used, never the class itself."""

    id: int
    logit: float


class ModelParams(Protocol):
    """`llama_model_params`, of which the rest keeps its defaults."""

    n_gpu_layers: int
    use_extra_bufts: bool


class ContextParams(Protocol):
    """`llama_context_params`, of which the rest keeps its defaults."""

    n_ctx: int
    n_batch: int
    n_ubatch: int
    n_threads: int
    n_threads_batch: int
    offload_kqv: bool
    op_offload: bool


class Batch(Protocol):
    """`llama_batch`."""

    logits: ctypes.Array[ctypes.c_int8]


class PenaltiesMaker(Protocol):
    """`llama_sampler_init_penalties`, whose arguments differ between versions."""

    argtypes: Sequence[object]

    def __call__(self, *arguments: float) -> SamplerPointer:
        """Returns the link of a chain."""
        ...


class LlamaApi(Protocol):
    """The part of the module `llama_cpp` that is used."""

    llama_token: type[ctypes.c_int32]
    llama_token_data: type[TokenData]
    llama_sampler_init_penalties: PenaltiesMaker

    # ---- the library

    def llama_supports_gpu_offload(self) -> bool: ...
    def llama_backend_init(self) -> None: ...
    def llama_print_system_info(self) -> bytes: ...
    def llama_log_callback(self, function: LogLine, /) -> object: ...
    def llama_log_set(self, callback: object, user_data: ctypes.c_void_p, /) -> None: ...

    # ---- models and contexts

    def llama_model_default_params(self) -> ModelParams: ...
    def llama_model_load_from_file(self, path: bytes, params: ModelParams, /) -> Model: ...
    def llama_model_free(self, model: Model, /) -> None: ...
    def llama_model_n_params(self, model: Model, /) -> int: ...
    def llama_model_n_ctx_train(self, model: Model, /) -> int: ...
    def llama_model_meta_val_str(
        self, model: Model, key: bytes, buffer: ctypes.Array[ctypes.c_char] | None, size: int, /
    ) -> int: ...
    def llama_model_get_vocab(self, model: Model, /) -> VocabPointer: ...
    def llama_context_default_params(self) -> ContextParams: ...
    def llama_init_from_model(self, model: Model, params: ContextParams, /) -> Context: ...
    def llama_free(self, context: Context, /) -> None: ...
    def ggml_abort_callback(self, address: int | None, /) -> object: ...
    def llama_set_abort_callback(self, context: Context, callback: object, data: ctypes.c_void_p, /) -> None: ...

    # ---- the vocabulary

    def llama_vocab_n_tokens(self, vocab: VocabPointer, /) -> int: ...
    def llama_vocab_bos(self, vocab: VocabPointer, /) -> int: ...
    def llama_vocab_eos(self, vocab: VocabPointer, /) -> int: ...
    def llama_vocab_get_add_bos(self, vocab: VocabPointer, /) -> bool: ...
    def llama_vocab_is_control(self, vocab: VocabPointer, token: int, /) -> bool: ...
    def llama_vocab_is_eog(self, vocab: VocabPointer, token: int, /) -> bool: ...
    def llama_vocab_get_text(self, vocab: VocabPointer, token: int, /) -> bytes: ...
    def llama_tokenize(
        self,
        vocab: VocabPointer,
        text: bytes,
        length: int,
        tokens: ctypes.Array[ctypes.c_int32],
        size: int,
        add_special: bool,
        parse_special: bool,
        /,
    ) -> int: ...
    def llama_token_to_piece(
        self,
        vocab: VocabPointer,
        token: int,
        buffer: ctypes.Array[ctypes.c_char],
        size: int,
        lstrip: int,
        special: bool,
        /,
    ) -> int: ...

    # ---- reading

    def llama_batch_get_one(self, tokens: ctypes.Array[ctypes.c_int32], count: int, /) -> Batch: ...
    def llama_decode(self, context: Context, batch: Batch, /) -> int: ...
    def llama_get_memory(self, context: Context, /) -> MemoryPointer: ...
    def llama_memory_clear(self, memory: MemoryPointer, data: bool, /) -> None: ...
    def llama_memory_seq_rm(self, memory: MemoryPointer, sequence: int, start: int, end: int, /) -> bool: ...
    def llama_get_logits_ith(self, context: Context, index: int, /) -> ctypes._Pointer[ctypes.c_float]: ...

    # ---- sampling

    def llama_sampler_chain_default_params(self) -> object: ...
    def llama_sampler_chain_init(self, params: object, /) -> SamplerPointer: ...
    def llama_sampler_chain_add(self, chain: SamplerPointer, link: SamplerPointer, /) -> None: ...
    def llama_sampler_init_grammar(self, vocab: VocabPointer, text: bytes, root: bytes, /) -> SamplerPointer | None: ...
    def llama_sampler_init_greedy(self) -> SamplerPointer: ...
    def llama_sampler_init_top_k(self, count: int, /) -> SamplerPointer: ...
    def llama_sampler_init_top_p(self, share: float, least: int, /) -> SamplerPointer: ...
    def llama_sampler_init_min_p(self, share: float, least: int, /) -> SamplerPointer: ...
    def llama_sampler_init_temp(self, temperature: float, /) -> SamplerPointer: ...
    def llama_sampler_init_dist(self, seed: int, /) -> SamplerPointer: ...
    def llama_sampler_sample(self, sampler: SamplerPointer, context: Context, index: int, /) -> int: ...
    def llama_sampler_accept(self, sampler: SamplerPointer, token: int, /) -> None: ...
    def llama_sampler_apply(self, sampler: SamplerPointer, candidates: object, /) -> None: ...
    def llama_sampler_free(self, sampler: SamplerPointer, /) -> None: ...
    def llama_token_data_array(
        self,
        *,
        data: ctypes.Array[TokenData],
        size: int,
        selected: int,
        sorted: bool,  # noqa: A002 - llama.h's name
    ) -> ctypes.Structure: ...
