"""faster-whisper: Whisper on CTranslate2, with a window as long as the speech."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from voicecli.engines.native_memory import give_back
from voicecli.engines.ports import Device, IsCancelled, Refused, SpokenWord, Transcription
from voicecli.engines.whisper_hypotheses import Draft, Heard, joined
from voicecli.engines.whisper_loading import load_whisper
from voicecli.engines.whisper_repetitions import find_loop, folded, untangle
from voicecli.engines.whisper_window import (
    LONGEST_WINDOW_SAMPLES,
    MARGIN_SAMPLES,
    MOST_TOKENS,
    SHORTEST_SPEECH_SAMPLES,
    filled,
    frames_of,
    is_sparse,
    pieces,
    token_budget,
    window_samples,
)
from voicecli.engines.whisper_word_times import FRAME_S, timed_words
from voicecli.errors import ModelNotFound, TranscriptionFailed
from voicecli.pcm import RATE_HZ, Float, Pcm, ms_of, to_float
from voicecli.speech.hallucination import (
    SILENT_DBFS,
    WEAK_NO_SPEECH,
    doubt,
)
from voicecli.speech.level import dbfs

if TYPE_CHECKING:
    from ctranslate2 import StorageView
    from ctranslate2.models import WhisperAlignmentResult
    from faster_whisper.tokenizer import Tokenizer

NEEDED_FILES = ("config.json", "model.bin", "tokenizer.json")
"""Without its tokenizer faster-whisper tries to load it from the network."""

SURE_LANGUAGE = 0.5
"""A language with a lower probability is a guess. The language spoken last is a better guess."""

ENGLISH = "en"
WEAK_WIDTH = 384
"""Width of the tiny models. They keep writing in a short window of pure silence, lose words without a beam, and are misled by
context; larger ones are not (docs/decisions/0004-recognition-window.md)."""

CONTEXT_TOKENS = 160
"""How much of the conversation is given as context: some exchanges. Whisper takes 223 tokens of context."""

SURE_IN_CONTEXT_LOG_PROBABILITY = -0.7
"""A less probable text may be words of the context hallucinated in music. The sound is then recognised again without context."""

WEAK_BEAM = 3
"""Beam of a weak model; larger models decode greedily."""

MOST_ALIGNED = 400
"""In tokens. The decoder has 448 positions."""

MEDIAN_FRAMES = 7
"""Width of the median filter on the attention, OpenAI's own."""

T = TypeVar("T")


class FasterWhisperTranscriber:
    """Whisper, called below faster-whisper's `transcribe`, which pads every utterance to 30 s.

    Args:
        directory: A converted model; never a name that would be looked up on a hub.
        name: The model's name for users.
        device: Where it runs.
        threads: Threads on the CPU.

    Raises:
        EngineNotInstalled: faster-whisper cannot be imported, or finds no graphics card that it can use.
        ModelNotFound: A file of the model is missing.
        ModelInvalid: A file is damaged.
    """

    def __init__(self, directory: Path, *, name: str, device: Device, threads: int) -> None:
        self._name = name
        self._device = device
        for file in NEEDED_FILES:
            if not (directory / file).is_file():
                raise ModelNotFound(
                    f"The recogniser {name} is not complete: {directory / file} is missing.",
                    f"voicecli models get {name}",
                )
        model = load_whisper(directory, name, device, threads)
        self._model = model.model
        self._log_mel = model.feature_extractor
        self._tokens = model.hf_tokenizer
        self._languages = frozenset(model.supported_languages)
        self._multilingual = bool(model.model.is_multilingual)
        self._last_language = ENGLISH
        self._weak = self._checked(self._width) <= WEAK_WIDTH

    def __del__(self) -> None:
        # The model is freed first, so that its memory can be returned.
        self.__dict__.clear()
        if not sys.is_finalizing():
            give_back()

    @property
    def name(self) -> str:
        """The model's name for users."""
        return self._name

    @property
    def device(self) -> Device:
        """Where it runs."""
        return self._device

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes of the supported languages."""
        return self._languages

    def warm_up(self) -> None:
        """Recognises a second of quiet noise, which takes the same code path as speech."""
        noise = np.random.default_rng(0).normal(0, 300, RATE_HZ).astype(np.int16)
        self._checked(lambda: self._draft(self._encode(noise, window_samples(len(noise))), ENGLISH, token_budget(0)))

    def transcribe(
        self, utterance: Pcm, *, language: str | None, is_cancelled: IsCancelled, context: str = ""
    ) -> Transcription:
        """Transcribes an utterance; see `Transcriber.transcribe`. Checks for cancellation between encoding and decoding.

        Text that is not credible (`speech.hallucination`) is left out, window by window. Sound that is too short or too quiet for speech is
        not passed to the model.

        Raises:
            TranscriptionFailed: The engine failed, or the model does not support `language`.
        """
        if language is not None and language not in self._languages:
            known = "only English" if not self._multilingual else f"{len(self._languages)} languages, not this one"
            raise TranscriptionFailed(
                f"The recogniser {self._name} does not know the language {language}: it knows {known}.",
                "voicecli models list",
            )
        return self._checked(lambda: self._transcribe(utterance, language, context, is_cancelled))

    def word_times(self, utterance: Pcm, text: str, *, language: str) -> list[SpokenWord]:
        """Returns when the words of `text` were said; see `WordTimer.word_times`. It encodes the sound once more.

        Raises:
            TranscriptionFailed: The engine failed.
        """
        return self._checked(lambda: self._word_times(utterance, text, language))

    def _word_times(self, utterance: Pcm, text: str, language: str) -> list[SpokenWord]:
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(self._tokens, self._multilingual, task="transcribe", language=language)
        ids = tokenizer.encode(f" {text.strip()}")[:MOST_ALIGNED]
        if not ids or len(utterance) < SHORTEST_SPEECH_SAMPLES:
            return []
        encoded = self._encode(utterance, window_samples(len(utterance)))
        aligned = self._align(encoded, tokenizer, ids, len(utterance))
        parts, tokens = tokenizer.split_to_word_tokens([*ids, tokenizer.eot])
        return timed_words(text, parts[:-1], list(map(len, tokens[:-1])), aligned.alignments, utterance)

    def _align(
        self, encoded: StorageView, tokenizer: Tokenizer, ids: Sequence[int], samples: int
    ) -> WhisperAlignmentResult:
        """Returns the encoder frames and the probability of each token."""
        return self._model.align(
            encoded,
            list(tokenizer.sot_sequence),
            [list(ids)],
            [max(1, frames_of(samples))],
            median_filter_width=MEDIAN_FRAMES,
        )[0]

    def _transcribe(
        self, utterance: Pcm, language: str | None, context: str, is_cancelled: IsCancelled
    ) -> Transcription:
        heard: list[Heard] = []
        refused: list[Refused] = []
        end = 0
        for piece in pieces(utterance):
            start, end = end, end + len(piece)
            if len(piece) < SHORTEST_SPEECH_SAMPLES or is_cancelled():
                continue
            loudness = dbfs(piece)
            if loudness < SILENT_DBFS:
                refused.append(Refused(from_sample=start, to_sample=end, because="silent"))
                continue
            encoded = self._encode(piece, window_samples(len(piece)))
            if is_cancelled():
                continue
            # Detected for each piece: leading noise must not choose the language of what follows, and people change languages.
            spoken, probability = (language, 1.0) if language is not None else self._language(encoded)
            draft = self._decode(piece, encoded, spoken, context, is_cancelled)
            reason = doubt(
                draft.text,
                no_speech_probability=draft.no_speech_probability,
                mean_log_probability=draft.mean_log_probability,
                duration_ms=ms_of(len(piece)),
                loudness_dbfs=loudness,
                first_copy=draft.first_copy,
            )
            if reason is None:
                heard.append(Heard(draft=draft, language=spoken, probability=probability))
                if probability >= SURE_LANGUAGE:
                    self._last_language = spoken
            else:
                refused.append(Refused(from_sample=start, to_sample=end, because=reason))
        if is_cancelled():
            heard, refused = [], []
        return joined(heard, tuple(refused), language or self._last_language)

    def _decode(
        self, piece: Pcm, encoded: StorageView, language: str, context: str, is_cancelled: IsCancelled
    ) -> Draft:
        """Decodes once. If the result is bad, decodes again in the long window, which loops less often.

        With context, Whisper hears the context in noise, too, and is rather certain of it. Possible noise is therefore decoded without context.
        """
        if context and not self._weak:
            expected = self._draft(encoded, language, token_budget(len(piece)), context)
            weak = (
                expected.no_speech_probability > WEAK_NO_SPEECH
                or expected.mean_log_probability < SURE_IN_CONTEXT_LOG_PROBABILITY
            )
            if is_cancelled():
                return expected
            if expected.sound and not weak and not is_sparse(expected.tokens, len(piece)):
                return self._untangled(expected, encoded, language, len(piece))
        first = self._draft(encoded, language, token_budget(len(piece)))
        if is_cancelled():
            return first
        sparse = is_sparse(first.tokens, len(piece))
        if first.sound and not sparse:
            return self._untangled(first, encoded, language, len(piece))
        long = (
            encoded
            if window_samples(len(piece)) == LONGEST_WINDOW_SAMPLES
            else self._encode(piece, LONGEST_WINDOW_SAMPLES)
        )
        second = self._draft(long, language, MOST_TOKENS)
        if first.sound:
            found = self._untangled(second, long, language, len(piece))
            return found if second.complete and found.tokens > first.tokens else first
        if second.sound:
            return self._untangled(second, long, language, len(piece))
        of_first = self._untangled(first, encoded, language, len(piece))
        of_second = self._untangled(second, long, language, len(piece))
        # A decoder is more certain the more it repeats itself, so of two loops the one with fewer surplus words is better.
        better = (second.complete, of_second.tokens - second.tokens, second.mean_log_probability) > (
            first.complete,
            of_first.tokens - first.tokens,
            first.mean_log_probability,
        )
        return of_second if better else of_first

    def _untangled(self, draft: Draft, encoded: StorageView, language: str, samples: int) -> Draft:
        """Removes from `draft` the repeated copies without sound of their own, and adds the log probability of the first copy."""
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(self._tokens, self._multilingual, task="transcribe", language=language)
        texts = [folded(each, tokenizer.decode([each])) for each in draft.ids]
        loop = find_loop(texts)
        if loop is None:
            return draft
        aligned = self._align(encoded, tokenizer, draft.ids, samples)
        begins_s: dict[int, float] = {}
        for at, frame in aligned.alignments:
            begins_s.setdefault(at, frame * FRAME_S)
        found = untangle(loop, texts, aligned.text_token_probs, begins_s, samples / RATE_HZ)
        ids = tuple(draft.ids[at] for at in found.kept)
        return replace(
            draft,
            text=tokenizer.decode(ids).strip().rstrip(",;- ") if found.surplus else draft.text,
            tokens=len(ids),
            ids=ids,
            mean_log_probability=found.mean_log_probability or draft.mean_log_probability,
            first_copy=found.first_copy,
        )

    def _encode(self, piece: Pcm, window: int) -> StorageView:
        """Returns the encoder's output for `piece` in a window of `window` samples, padded with silence.

        For a weak model the padding, after a margin, is neutral features (zeros), not the features of silence.
        """
        sound = filled(piece, min(window, len(piece) + MARGIN_SAMPLES) if self._weak else window)
        features = self._log_mel(to_float(sound), padding=0)[:, : frames_of(window)]
        return self._encoded(np.pad(features, ((0, 0), (0, frames_of(window) - features.shape[1]))))

    def _encoded(self, features: Float) -> StorageView:
        import ctranslate2

        batch = np.ascontiguousarray(features[np.newaxis], dtype=np.float32)
        return self._model.encode(ctranslate2.StorageView.from_array(batch))

    def _width(self) -> int:
        shortest = np.zeros((self._model.n_mels, 100), dtype=np.float32)
        return int(self._encoded(shortest).shape[-1])

    def _language(self, encoded: StorageView) -> tuple[str, float]:
        """Returns the language of an utterance and its probability. An uncertain language is replaced by the last certain one."""
        if not self._multilingual:
            return ENGLISH, 1.0
        ranked = [
            (token.strip("<|>"), float(probability)) for token, probability in self._model.detect_language(encoded)[0]
        ]
        best, probability = ranked[0]
        if probability >= SURE_LANGUAGE:
            return best, probability
        return self._last_language, dict(ranked).get(self._last_language, 0.0)

    def _draft(self, encoded: StorageView, language: str, budget: int, context: str = "") -> Draft:
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(self._tokens, self._multilingual, task="transcribe", language=language)
        before = tokenizer.encode(f" {context.strip()}")[-CONTEXT_TOKENS:] if context else []
        prompt = [tokenizer.sot_prev, *before] if before else []
        prompt += [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=WEAK_BEAM if self._weak else 1,
            max_length=len(prompt) + budget,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=[-1],
        )[0]
        tokens = result.sequences_ids[0]
        score = float(result.scores[0])
        return Draft(
            text=tokenizer.decode(tokens).strip(),
            no_speech_probability=float(result.no_speech_prob),
            # The score is the mean over the tokens and the end token, which is not among them.
            mean_log_probability=score * len(tokens) / (len(tokens) + 1) if math.isfinite(score) else -math.inf,
            tokens=len(tokens),
            complete=len(tokens) < budget,
            ids=tuple(tokens),
        )

    def _checked(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except (RuntimeError, ValueError, MemoryError) as error:
            # What ctranslate2 raises: RuntimeError for the device and the libraries, ValueError for shapes and settings.
            raise TranscriptionFailed(
                f"The recogniser {self._name} failed on an utterance: {error}", "voicecli doctor"
            ) from error
        except Exception as error:  # tokenizers raises plain Exception, whose message may contain what was said
            raise TranscriptionFailed(
                f"The recogniser {self._name} failed on an utterance.", "voicecli doctor"
            ) from error
