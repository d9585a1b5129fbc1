"""Scripted sessions: lists of steps, each a list of events (or an exception to raise, or a signal to send) between two checks of the screen."""

from __future__ import annotations

import re
import signal
from typing import Final

from voicecli import events
from voicecli.events import Event

READY: Final = events.Ready(
    t_s=2.1,
    models={"stt": "whisper-base", "llm": "qwen2.5-coder-0.5b", "voice": "en_US-joe-medium"},
    device={"stt": "cpu", "llm": "cpu", "voice": "cpu"},
    offline=True,
    microphone="Built-in Audio",
    speaker="Built-in Audio",
    duplex="full",
    mode="hands-free",
)
TYPED: Final = events.Ready(
    t_s=0.4,
    models={"llm": "smollm2-135m"},
    device={"llm": "cuda"},
    offline=False,
    microphone=None,
    speaker=None,
    duplex=None,
    mode="typed",
)

CANBERRA: Final = (
    "Canberra. It was chosen in 1908 as a compromise between Sydney and Melbourne, which both wanted to be the capital. "
    "Parliament moved there in 1927."
)
CODE: Final = """Here is how:

```python
def mean(values: list[float]) -> float:
    # the average
    return sum(values) / len(values)
```

- `sum` adds **all** values,
- `len` counts them.
"""
LONG: Final = " ".join(f"Sentence number {n} of a long story." for n in range(1, 121))
MIXED: Final = "日本語のテキストも👩‍💻そのまま、é und e\u0301, שלום עולם, مرحبا بالعالم, 한국어, ไทย, naïve 🇯🇵 ok."


def phase(name: events.Phase) -> Event:
    return events.PhaseChanged(t_s=0, phase=name)


def level(dbfs: float) -> Event:
    return events.LevelChanged(t_s=0, dbfs=dbfs)


def heard(turn: int, text: str, *, final: bool = True) -> Event:
    return events.Transcript(t_s=0, turn=turn, text=text, language="en", final=final)


def deltas(turn: int, text: str, size: int = 7) -> list[Event]:
    return [events.ReplyDelta(t_s=0, turn=turn, text=text[i : i + size]) for i in range(0, len(text), size)]


def reply(turn: int, text: str) -> Event:
    return events.Reply(t_s=0, turn=turn, text=text)


def speaking(turn: int, text: str, until: str) -> Event:
    """The last word of `until` begins to play."""
    end = text.index(until) + len(until)
    start = end - len(until.rsplit(maxsplit=1)[-1])
    return events.Speaking(t_s=0, turn=turn, start=start, end=end, text=text[start:end])


def read_aloud(turn: int, text: str) -> list[Event]:
    """Every word of `text` plays in turn."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    return [events.Speaking(t_s=0, turn=turn, start=a, end=b, text=text[a:b]) for a, b in words]


def spoken(turn: int, text: str, *, cut: bool = False) -> Event:
    return events.Spoken(t_s=0, turn=turn, text=text, cut=cut)


def latency(turn: int, voice_to_voice_ms: float | None) -> Event:
    return events.Latency(
        t_s=0,
        turn=turn,
        endpoint_ms=220,
        stt_ms=180,
        first_token_ms=330,
        first_audio_ms=430,
        voice_to_voice_ms=voice_to_voice_ms,
        speculative=True,
    )


def whole(turn: int, question: str, answer: str) -> list[Event]:
    """A complete turn without faults."""
    return [
        heard(turn, question),
        *deltas(turn, answer),
        reply(turn, answer),
        latency(turn, 480),
        spoken(turn, answer),
        phase("listening"),
    ]


SCENES: Final[dict[str, list[list[Event | Exception | signal.Signals]]]] = {
    "talk": [
        [phase("loading"), events.Notice(t_s=0, code="loading", message="whisper-base")],
        [READY, phase("listening"), level(-52)],
        [phase("hearing"), level(-18), heard(1, "What is the capital", final=False)],
        [phase("transcribing"), heard(1, "What is the capital of Australia?"), phase("thinking")],
        [
            *deltas(1, CANBERRA),
            phase("speaking"),
            latency(1, 478.4),
            speaking(1, CANBERRA, "Canberra."),
        ],
        [reply(1, CANBERRA), speaking(1, CANBERRA, "capital.")],
        [spoken(1, CANBERRA), phase("listening"), level(-50)],
        [
            events.Notice(
                t_s=0,
                code="half-duplex",
                message="The echo of the speaker cannot be removed here: half duplex from now on.",
            ),
            heard(2, "Show me how to take a mean in Python."),
            *deltas(2, CODE),
            reply(2, CODE),
            phase("speaking"),
            speaking(2, CODE, "how:"),
        ],
        [spoken(2, CODE), phase("listening")],
        [
            heard(3, "Tell me about Sydney."),
            *deltas(3, CANBERRA),
            reply(3, CANBERRA),
            phase("speaking"),
            speaking(3, CANBERRA, "1908"),
            events.Interrupted(t_s=0, turn=3, by="voice"),
            phase("hearing"),
            level(-20),
            heard(4, "No, stop", final=False),
        ],
        [
            spoken(3, "Canberra. It was chosen in 1908", cut=True),
            heard(4, "No, stop, say it in " + MIXED),
            *deltas(4, MIXED),
            reply(4, MIXED),
            spoken(4, MIXED),
            phase("listening"),
        ],
        [
            events.ErrorRaised(
                t_s=0,
                turn=5,
                code="device-lost",
                message="The microphone “USB Audio” went away.",
                hint="voicecli devices --test",
            )
        ],
        [events.Bye(t_s=60, turns=4)],
    ],
    "full": [
        [READY, *(event for turn in range(1, 13) for event in whole(turn, f"Question {turn}?", f"Answer {turn}."))],
        [
            heard(13, "Which capital?"),
            *deltas(13, CANBERRA),
            phase("speaking"),
            speaking(13, CANBERRA, "Canberra."),
        ],
        [reply(13, CANBERRA), spoken(13, CANBERRA), phase("listening")],
    ],
    "long": [
        [READY, *whole(1, "First?", "First answer.")],
        [
            heard(2, "A long story, please."),
            *deltas(2, LONG),
            phase("speaking"),
            speaking(2, LONG, "number 3 of a long story."),
        ],
        [speaking(2, LONG, "number 60 of a long story."), reply(2, LONG)],
        [spoken(2, LONG), phase("listening")],
        [*whole(3, "Last?", "Last answer.")],
    ],
    "fault": [
        [READY, *whole(1, "First?", "First answer."), heard(2, "Go on."), *deltas(2, "This was sti")],
        [RuntimeError("a fault in the session")],
    ],
    "sigterm": [
        [READY, heard(2, "Go on."), *deltas(2, "This was sti")],
        [signal.SIGTERM],
    ],
}
