"""The part of llama.cpp's C interface that a chat needs: load, tokenize, read a prompt, sample a token.

llama-cpp-python's own `Llama` class is not used, for three reasons. It does not accept the model parameter that prevents crashes on processors with
AMX, it reads a prompt without a place to stop, and it allocates a context before it knows how long the model's may be.
"""

from __future__ import annotations

import ctypes
import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from voicecli.engines.library_output import silenced
from voicecli.engines.llama_sampler import Sampler
from voicecli.engines.native_memory import unmap_pages
from voicecli.engines.ports import Device, IsCancelled, Sampling
from voicecli.engines.prompt_lookup import MOST_GUESSED
from voicecli.engines.threads import share_cores
from voicecli.errors import DAMAGED, EngineNotInstalled, GenerationFailed, ModelInvalid, ModelNotFound, not_importable

if TYPE_CHECKING:
    from voicecli.engines.llama_api import Context, ContextParams, LlamaApi, Model, ModelParams

BATCH_TOKENS = 256
"""Prompt tokens between two checks for cancellation: about two seconds of reading on two cores, and less than the length of most new prompts."""

CARD_BATCH_TOKENS = 512
"""The same on a graphics card. On an H200, an 8B model read a cold prompt of 1,620 tokens in 173 ms instead of 213, and stopped within 19 ms of a
cancellation. With 1,024 it gained 7 ms more and took 62 ms to stop."""

ALL_LAYERS = 999
"""More layers than any model has: all of them go to the card."""

_MAGIC = b"GGUF"
_LONGEST_PIECE = 512
"""Room for the bytes of one token."""

_NEW_SHARE = 0.1
"""Weight of the latest measurement in the running mean of the time per token, from 0 to 1."""

GUESSING_CREDIT = 4.0
"""How many tokens' worth of time wrong guesses may cost beyond what right ones saved, before guessing stops for a model."""

Guess: TypeAlias = Callable[[Sequence[int]], Sequence[int]]
"""Returns what may follow the tokens written so far; may be empty."""

ABORTED = 2
"""What `llama_decode` returns when it was stopped."""

_log = logging.getLogger(__name__)


class LlamaSession:
    """A model, its context and the content of its cache.

    Thread: one; not safe for more.

    Args:
        path: The .gguf file.
        name: The model's name for users.
        device: Where its layers go.
        threads: Threads for reading and for writing.
        context_tokens: Longest prompt and reply together; less if the model was trained with less.

    Raises:
        EngineNotInstalled: llama-cpp-python cannot be imported, or was built without support for graphics cards.
        ModelNotFound: There is no such file.
        ModelInvalid: It is damaged, cut off, or does not fit into memory.
    """

    def __init__(self, path: Path, *, name: str, device: Device, threads: int, context_tokens: int) -> None:
        self._context: Context = None
        self._model: Model = None
        self._name = name
        self._api = api = _api(device)
        _check(path, name)
        with silenced():
            self._model = api.llama_model_load_from_file(str(path).encode(), _model_params(api, device))
            if not self._model:
                raise ModelInvalid(f"The language model {name} ({path}) is damaged or cut off.", DAMAGED)
            self.context_tokens = min(context_tokens, int(api.llama_model_n_ctx_train(self._model)) or context_tokens)
            self._context = api.llama_init_from_model(self._model, self._context_params(threads, device))
        if not self._context:
            self.close()
            raise ModelInvalid(
                f"The language model {name} does not fit into memory with a context of {self.context_tokens} tokens.",
                "voicecli config set reply.context_tokens 2048",
            )
        unmap_pages(path)
        self._vocab = api.llama_model_get_vocab(self._model)
        self._memory = api.llama_get_memory(self._context)
        self._stop = _stopper(api, self._context)
        self._cached: list[int] = []
        self._batch_tokens = _batch_tokens(device)
        self.token_ms = 0.0
        """The running mean time to write a token; 0.0 before the first."""
        self._piece = ctypes.create_string_buffer(_LONGEST_PIECE)
        # Recurrent models cannot remove wrong guesses.
        self._guessing_credit = 0.0 if _is_recurrent(api, self._model) else GUESSING_CREDIT

    def close(self) -> None:
        """Frees llama.cpp's memory. May be called twice."""
        context, self._context = self._context, None
        model, self._model = self._model, None
        if context:
            self._api.llama_free(context)
        if model:
            self._api.llama_model_free(model)

    def __del__(self) -> None:
        self.close()

    def cut_off(self) -> None:
        """Stops the present reading or writing at once, not only after its batch. From any thread. It has no effect on later work."""
        self._stop[0] = b"x"

    @property
    def parameters(self) -> int:
        """How many parameters the model has."""
        return int(self._api.llama_model_n_params(self._model))

    def metadata(self, key: str) -> str | None:
        """Returns a value from the file's header as text; None if there is none."""
        size = int(self._api.llama_model_meta_val_str(self._model, key.encode(), None, 0))
        if size < 0:
            return None
        buffer = ctypes.create_string_buffer(size + 1)
        self._api.llama_model_meta_val_str(self._model, key.encode(), buffer, size + 1)
        return buffer.value.decode("utf-8", errors="replace")

    def tokenize(self, text: str, *, special: bool) -> list[int]:
        """Tokenizes `text`. `special`: whether names of special tokens in it become those tokens, or stay text."""
        data = text.encode("utf-8", errors="replace")
        size = len(data) + 2
        tokens = (self._api.llama_token * size)()
        count = int(self._api.llama_tokenize(self._vocab, data, len(data), tokens, size, False, special))
        if count < 0:
            raise GenerationFailed(f"The language model {self._name} cannot take this text apart into tokens.")
        return list(tokens[:count])

    def special_token(self, text: str) -> int | None:
        """Returns the special token that is written as `text`, if the vocabulary has one."""
        tokens = self.tokenize(text, special=True)
        return tokens[0] if len(tokens) == 1 and self._api.llama_vocab_is_control(self._vocab, tokens[0]) else None

    @property
    def bos(self) -> int | None:
        """The token that begins a prompt, if the model needs one."""
        token = int(self._api.llama_vocab_bos(self._vocab))
        return token if token >= 0 and self._api.llama_vocab_get_add_bos(self._vocab) else None

    def token_text(self, token: int) -> str:
        """Returns how the vocabulary writes a special token; empty if there is none."""
        if token < 0:
            return ""
        text: bytes = self._api.llama_vocab_get_text(self._vocab, token)
        return text.decode("utf-8", errors="replace")

    def bos_eos_text(self) -> tuple[str, str]:
        """Returns the texts of the tokens that begin and end a prompt, for templates."""
        return self.token_text(self._api.llama_vocab_bos(self._vocab)), self.token_text(
            self._api.llama_vocab_eos(self._vocab)
        )

    def ends_reply(self, token: int) -> bool:
        """Whether `token` ends the readable reply: it is an end token, or any other special token."""
        return bool(self._api.llama_vocab_is_eog(self._vocab, token)) or bool(
            self._api.llama_vocab_is_control(self._vocab, token)
        )

    def piece(self, token: int) -> bytes:
        """Returns the bytes of `token`, which may be part of a character; none for a special token."""
        size = int(self._api.llama_token_to_piece(self._vocab, token, self._piece, _LONGEST_PIECE, 0, False))
        return self._piece.raw[: max(0, size)]

    def would_read(self, prompt: Sequence[int]) -> bool:
        """Whether `prompt` contains tokens that are not in the cache, and fits."""
        return _common(self._cached, prompt) < len(prompt) < self.context_tokens

    def read(self, prompt: Sequence[int], is_cancelled: IsCancelled) -> bool:
        """Makes the cache contain exactly `prompt`. A common beginning that is cached is not read again.

        Args:
            prompt: At least one token.
            is_cancelled: Called before every batch.

        Returns:
            Whether it was read to the end. What was read before a cancellation stays usable, except for the interrupted batch.

        Raises:
            GenerationFailed: It does not fit, or llama.cpp failed.
        """
        if len(prompt) >= self.context_tokens:
            raise GenerationFailed(
                f"The prompt of {len(prompt)} tokens does not fit into the {self.context_tokens} tokens of {self._name}.",
                "voicecli config set reply.context_tokens 8192",
            )
        self._stop[0] = b"\0"
        # The last token is always read, because only reading yields the logits for the next one.
        self._forget_after(min(_common(self._cached, prompt), len(prompt) - 1))
        for start in range(len(self._cached), len(prompt), self._batch_tokens):
            if is_cancelled():
                return False
            if not self._decode(prompt[start : start + self._batch_tokens]):
                return False
        return True

    def write(self, sampling: Sampling, guess: Guess = lambda _: ()) -> Iterator[int]:
        """Yields the tokens that continue the prompt, each sampled and then read, until the context is full.

        Args:
            sampling: How they are sampled.
            guess: Returns what may come next. Right guesses make tokens come sooner. Wrong guesses change nothing, and cost a little time. Guessing
                stops when it has cost more than it has saved.
        """
        sampler = Sampler(self._api, self._vocab, self._context, sampling, self._beginnings(sampling.favoured))
        written: list[int] = []
        try:
            chosen = [sampler.choose(-1)]
            while True:
                for token in chosen:
                    written.append(token)
                    yield token
                room = self.context_tokens - len(self._cached) - 1
                if room < 0:
                    return
                guessed = guess(written)[: min(room, MOST_GUESSED)] if self._guessing_credit > 0.0 else ()
                began_s = time.perf_counter()
                chosen = self._read_and_choose(sampler, written[-1], guessed)
                took_ms = (time.perf_counter() - began_s) * 1000
                if not chosen:
                    return
                if not guessed:
                    self.token_ms += (took_ms - self.token_ms) * (_NEW_SHARE if self.token_ms else 1.0)
                elif self.token_ms:
                    saved = len(chosen) - took_ms / self.token_ms
                    self._guessing_credit = min(self._guessing_credit + saved, GUESSING_CREDIT)
        finally:
            sampler.close()

    def _beginnings(self, text: str) -> list[int]:
        """Returns the tokens with which `text` may begin: a model may write a word in parts, too."""
        split = (self.tokenize(text[:end], special=False) for end in range(1, len(text) + 1))
        return [tokens[0] for tokens in split if len(tokens) == 1]

    def _read_and_choose(self, sampler: Sampler, token: int, guessed: Sequence[int]) -> list[int]:
        """Reads `token` together with the guesses of what follows.

        Returns:
            What does follow: the right part of `guessed`, which is already read, and one more token, which is not. Nothing if it was stopped.
        """
        begun = len(self._cached)
        if not self._decode([token, *guessed], odds_of_all=bool(guessed)):
            return []
        chosen = []
        for index, expected in enumerate([*guessed, None]):
            chosen.append(sampler.choose(index if guessed else -1))
            if chosen[-1] != expected:
                break
        self._forget_after(begun + len(chosen))
        return chosen

    def _decode(self, tokens: Sequence[int], *, odds_of_all: bool = False) -> bool:
        """Reads `tokens`. Afterwards there are logits for the token after the last, or after each. Returns False if it was stopped."""
        array = (self._api.llama_token * len(tokens))(*tokens)
        batch = self._api.llama_batch_get_one(array, len(tokens))
        flags = (ctypes.c_int8 * len(tokens))(*[1] * len(tokens))
        if odds_of_all:
            batch.logits = flags
        code = int(self._api.llama_decode(self._context, batch))
        if code == ABORTED:
            # Part of the batch may be in the cache, where it is not counted.
            if not self._api.llama_memory_seq_rm(self._memory, -1, len(self._cached), -1):
                self._forget_after(0)
            return False
        if code != 0:
            self._forget_after(0)
            raise GenerationFailed(f"The language model {self._name} failed on a prompt (llama_decode gave {code}).")
        self._cached.extend(tokens)
        return True

    def _forget_after(self, count: int) -> None:
        if count == len(self._cached):
            return
        # Recurrent models cannot remove a part of what they have read.
        if count > 0 and self._api.llama_memory_seq_rm(self._memory, -1, count, -1):
            del self._cached[count:]
            return
        self._api.llama_memory_clear(self._memory, True)
        self._cached.clear()

    def _context_params(self, threads: int, device: Device) -> ContextParams:
        params = self._api.llama_context_default_params()
        params.n_ctx = self.context_tokens
        params.n_batch = params.n_ubatch = min(_batch_tokens(device), self.context_tokens)
        params.n_threads = params.n_threads_batch = threads
        params.offload_kqv = params.op_offload = device == "cuda"
        return params


def _stopper(api: LlamaApi, context: Context) -> ctypes.Array[ctypes.c_char]:
    """Returns two bytes. A thread stops what `context` computes by setting the first byte to a value other than zero.

    llama.cpp calls an abort function several hundred times per token. A Python function would have to wait for the interpreter each time, so C's
    own `strlen` is used, which returns true (1) for a text of one character and false (0) for an empty one.
    """
    text = ctypes.create_string_buffer(2)
    if os.name == "posix":
        strlen = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value
        callback = api.ggml_abort_callback(strlen)
        api.llama_set_abort_callback(context, callback, ctypes.cast(text, ctypes.c_void_p))
    return text


def _batch_tokens(device: Device) -> int:
    return CARD_BATCH_TOKENS if device == "cuda" else BATCH_TOKENS


def _api(device: Device) -> LlamaApi:
    share_cores()
    try:
        with silenced():
            import llama_cpp
    except (ImportError, OSError, RuntimeError) as error:
        # llama_cpp raises RuntimeError when its shared library does not load.
        raise not_importable("llama-cpp-python", error) from error
    api: LlamaApi = llama_cpp
    global _log_callback  # noqa: PLW0603 - llama.cpp keeps the pointer, so the object must be kept, too
    if _log_callback is None:
        _log_callback = api.llama_log_callback(_take_log_line)
        api.llama_log_set(_log_callback, ctypes.c_void_p(0))
        api.llama_backend_init()
    if device == "cuda" and not api.llama_supports_gpu_offload():
        raise EngineNotInstalled(
            "The installed llama-cpp-python was built without support for graphics cards.",
            'CMAKE_ARGS="-DGGML_CUDA=on" pip install --force-reinstall --no-binary llama-cpp-python llama-cpp-python',
        )
    return api


_log_callback: object = None


def _take_log_line(_level: int, text: bytes, _user_data: object) -> None:
    _log.debug("%s", text.decode("utf-8", errors="replace").rstrip())


def _model_params(api: LlamaApi, device: Device) -> ModelParams:
    params = api.llama_model_default_params()
    params.n_gpu_layers = ALL_LAYERS if device == "cuda" else 0
    if has_amx(api.llama_print_system_info().decode()):
        # The AMX kernels crash the process at the first token on virtual machines that advertise AMX (llama.cpp issue 20824);
        # they are used only through the extra buffer types.
        params.use_extra_bufts = False
    return params


def has_amx(system_info: str) -> bool:
    """Whether llama.cpp would use AMX, by its own description."""
    return "AMX_INT8 = 1" in system_info


def _is_recurrent(api: LlamaApi, model: Model) -> bool:
    """Whether any of the model's memory is a state that cannot be rewound."""
    kinds = ("llama_model_is_recurrent", "llama_model_is_hybrid")  # the second does not exist in every version
    return any(bool(getattr(api, kind)(model)) for kind in kinds if hasattr(api, kind))


def _check(path: Path, name: str) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except OSError as error:
        raise ModelNotFound(f"The language model {name} is not at {path}.", f"voicecli models get {name}") from error
    if magic != _MAGIC:
        raise ModelInvalid(f"{path} is not a GGUF file, as language models have to be.", DAMAGED)


def _common(left: Sequence[int], right: Sequence[int]) -> int:
    """Returns the length of the common beginning of two sequences."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(left), len(right)))
