"""Chooses the next token from llama.cpp's logits: by the usual sampling, or the most likely one that a grammar allows."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voicecli.engines.ports import Sampling
from voicecli.errors import GenerationFailed

if TYPE_CHECKING:
    from voicecli.engines.llama_api import Context, LlamaApi, SamplerPointer, VocabPointer

PENALTY_WINDOW_TOKENS = 64
"""How far back a token counts as repeated, llama.cpp's own default."""

TOP_K = 40
"""How many of the most likely tokens are considered, llama.cpp's own default."""

MIN_P = 0.05
"""Tokens that are less likely than this share of the most likely one are not considered, llama.cpp's own default."""

GREEDY = 0.0
"""At this temperature the most likely token is always taken."""

CANDIDATES = (32, 2048)
"""How many of the most likely tokens the grammar is asked about at first, and then. Asking it about a whole vocabulary takes tens of milliseconds
per token, and it nearly always allows one of the first."""

_FEWEST_PENALTY_ARGUMENTS = 4
"""How many arguments the oldest form of the function takes."""


class Sampler:
    """Chooses the tokens of one reply.

    Thread: that of the context.

    Args:
        api: llama-cpp-python.
        vocab: The vocabulary.
        context: The context whose logits are used.
        sampling: How tokens are chosen.
        favoured: The tokens with which `sampling.favoured` may begin.

    Raises:
        GenerationFailed: The grammar is not valid.
    """

    def __init__(
        self, api: LlamaApi, vocab: VocabPointer, context: Context, sampling: Sampling, favoured: Sequence[int] = ()
    ) -> None:
        self._api = api
        self._vocab = vocab
        self._context = context
        self._sampler = self._grammar(sampling.grammar) if sampling.grammar else self._chain(sampling)
        self._constrained = bool(sampling.grammar)
        self._favoured = list(favoured)
        self._favour = sampling.favour

    def close(self) -> None:
        """Frees its memory."""
        self._api.llama_sampler_free(self._sampler)

    def choose(self, index: int) -> int:
        """Returns the next token, from the logits of the token at `index` of the last batch; -1 for its last one."""
        if self._constrained:
            return self._choose_allowed(index)
        return int(self._api.llama_sampler_sample(self._sampler, self._context, index))

    def _choose_allowed(self, index: int) -> int:
        size = int(self._api.llama_vocab_n_tokens(self._vocab))
        logits: NDArray[np.float32] = np.ctypeslib.as_array(
            self._api.llama_get_logits_ith(self._context, index), shape=(size,)
        )
        if self._favoured:  # at the beginning only
            logits = logits.copy()
            logits[self._favoured] += self._favour
            self._favoured = []
        for count in (*(each for each in CANDIDATES if each < size), size):
            best = np.argpartition(logits, size - count)[size - count :] if count < size else np.arange(size)
            best = best[np.argsort(-logits[best], kind="stable")]
            token = self._first_allowed(best, logits)
            if token is not None:
                self._api.llama_sampler_accept(self._sampler, token)
                return token
        raise GenerationFailed("No token fits the grammar.")

    def _first_allowed(self, tokens: NDArray[np.intp], logits: NDArray[np.float32]) -> int | None:
        api = self._api
        data = (api.llama_token_data * len(tokens))()
        for at, token in enumerate(tokens):
            data[at].id, data[at].logit = int(token), float(logits[token])
        array = api.llama_token_data_array(data=data, size=len(tokens), selected=-1, sorted=True)
        api.llama_sampler_apply(self._sampler, ctypes.byref(array))
        return next((int(data[at].id) for at in range(len(tokens)) if np.isfinite(data[at].logit)), None)

    def _grammar(self, text: str) -> SamplerPointer:
        grammar = self._api.llama_sampler_init_grammar(self._vocab, text.encode(), b"root")
        if not grammar:
            raise GenerationFailed("llama.cpp cannot read the grammar of the calls.")
        return grammar

    def _chain(self, sampling: Sampling) -> SamplerPointer:
        api = self._api
        chain = api.llama_sampler_chain_init(api.llama_sampler_chain_default_params())

        def add(link: SamplerPointer) -> None:
            api.llama_sampler_chain_add(chain, link)

        if sampling.repeat_penalty != 1.0:
            penalties = (PENALTY_WINDOW_TOKENS, sampling.repeat_penalty, 0.0, 0.0)
            # Newer versions take the size of the vocabulary first.
            newer = len(api.llama_sampler_init_penalties.argtypes) > _FEWEST_PENALTY_ARGUMENTS
            size = (int(api.llama_vocab_n_tokens(self._vocab)),) if newer else ()
            add(api.llama_sampler_init_penalties(*size, *penalties))
        if sampling.temperature <= GREEDY:
            add(api.llama_sampler_init_greedy())
            return chain
        add(api.llama_sampler_init_top_k(TOP_K))
        add(api.llama_sampler_init_top_p(sampling.top_p, 1))
        add(api.llama_sampler_init_min_p(MIN_P, 1))
        add(api.llama_sampler_init_temp(sampling.temperature))
        add(api.llama_sampler_init_dist(sampling.seed))
        return chain
