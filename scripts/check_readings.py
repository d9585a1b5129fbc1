"""Asks a model 100 everyday questions with numbers in their answers, says the answers, and writes down what a recogniser hears.

    python scripts/check_readings.py                        the chosen models
    python scripts/check_readings.py --answers answers.txt  answers that are in a file, one a line

It prints each chunk in which the numbers that were heard are not the numbers that were written, with the reading between them. What is heard is
put into words by the same rules, so "$5.99" and "five dollars and ninety-nine cents" count as one. A difference may be the recogniser's:
judge the reading.
"""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from voicecli.audio.resample import resample
from voicecli.engines import registry
from voicecli.engines.hardware import physical_cores
from voicecli.engines.ports import ChatModel
from voicecli.engines.threads import budget
from voicecli.models.store import ModelStore
from voicecli.pcm import RATE_HZ
from voicecli.session import personas
from voicecli.session.history import History
from voicecli.speech.normalize import read_aloud
from voicecli.speech.normalize.cardinals import english
from voicecli.speech.normalize.english import ordinal
from voicecli.speech.sentence_chunker import SentenceChunker

QUESTIONS: Final = Path(__file__).parent / "data" / "number_questions.txt"
CONTEXT_TOKENS: Final = 4096
NUMBERS: Final = frozenset(
    word
    for n in (*range(100), *(10**k for k in range(2, 13)))
    for said in (english(n), ordinal(n))
    for word in said.replace("-", " ").split()
) | {"point", "oh", "percent", "half", "minus", "degrees", "dollars", "cents", "squared"}  # fmt: skip


def answers(model: ChatModel) -> Iterator[str]:
    """The model's answers, each on one line."""
    persona = personas.load("assistant")
    sampling = dataclasses.replace(persona.sampling, seed=0)
    for question in QUESTIONS.read_text(encoding="utf-8").splitlines():
        messages = History(persona.prompt).with_question(question)
        text = "".join(model.reply(messages, sampling=sampling, is_cancelled=lambda: False))
        yield text.replace("\n", "\\n")


def numbers(text: str) -> list[str]:
    """The numbers of a text, as words."""
    said = read_aloud(text, "en").text.lower().replace("-", " ")
    words = re.findall(r"[a-z]+", re.sub(r"\b(hundred|thousand|million) and\b", r"\1", said))
    return [{"oh": "zero"}.get(word, word) for word in words if word in NUMBERS]


def main() -> None:
    """Reads the command line and compares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=Path, help="a file with one answer a line, instead of asking")
    parser.add_argument("--save", type=Path, help="write the answers that were given to this file")
    options = parser.parse_args()
    store, threads = ModelStore.default(), budget(physical_cores())
    if options.answers is not None:
        given = options.answers.read_text(encoding="utf-8").splitlines()
    else:
        found = store.resolve("llm")
        model = registry.make_chat_model(
            found.path, name=found.name, device="cpu", threads=threads.llm, context_tokens=CONTEXT_TOKENS
        )
        given = list(answers(model))
        model.close()
    if options.save is not None:
        options.save.write_text("\n".join(given) + "\n", encoding="utf-8")
    found = store.resolve("voice")
    voice = registry.make_voice(found.path, name=found.name, threads=1, engine=found.engine)
    found = store.resolve("stt")
    hears = registry.make_transcriber(found.path, name=found.name, device="cpu", threads=threads.stt)
    chunks = differ = 0
    for answer in given:
        splitter = SentenceChunker()
        text = answer.replace("\\n", "\n")
        for chunk in [*splitter.feed(text), *splitter.finish()]:
            reading = read_aloud(chunk.text, "en").text
            if not numbers(chunk.text):
                continue
            chunks += 1
            sound = np.concatenate(list(voice.speak(reading, is_cancelled=lambda: False)))
            heard = hears.transcribe(resample(sound, voice.rate_hz, RATE_HZ), language="en", is_cancelled=lambda: False)
            if numbers(heard.text) != numbers(chunk.text):
                differ += 1
                print(f"written  {chunk.text}\nread     {reading}\nheard    {heard.text}\n", flush=True)
    print(f"{len(given)} answers, {chunks} pieces with numbers, {differ} heard otherwise", file=sys.stderr)


if __name__ == "__main__":
    main()
