"""Arbitrary events in any order, for property tests. There are few turns and few texts, so that they coincide."""

from __future__ import annotations

from hypothesis import strategies as st

from fakes.ui_scenes import CODE, MIXED, READY, TYPED
from voicecli import events
from voicecli.events import Event

_TURNS = st.integers(1, 3)
TEXTS = st.sampled_from(
    [
        "",
        " \n",
        "One.",
        "One. Two.",
        "Two [bold]three[/bold] [/] :smile:",
        "\x1b[31mred\x1b[0m \x1b]0;title\x07 &#27;[2J &#x202e; \x9b1m",
        "```python\ndef f():\n\treturn 1",
        "# Title\n\n| a | b |\n|---|---|\n| 1 | 日本 |\n\n> quoted <b>html</b>\n\n<div>\nblock\n</div>",
        "[ref]: http://example.org\n![picture](x.png) [link](http://example.org/a)",
        "> " * 60 + "deep\n" + "  - " * 60 + "deeper",
        "wordwithoutanyspace" * 30,
        "\ud83d half",
        CODE,
        MIXED,
    ]
)


def any_events() -> st.SearchStrategy[list[Event]]:
    t_s = st.floats(0, 1e5)
    number = st.integers(0, 200)
    ms = st.none() | st.floats(0, 1e5)
    kinds: list[st.SearchStrategy[Event]] = [
        st.sampled_from([READY, TYPED]),
        st.builds(events.SpeechStarted, t_s=t_s, turn=_TURNS, at_ms=st.just(0.0)),
        st.builds(
            events.Transcript,
            t_s=t_s,
            turn=_TURNS,
            text=TEXTS,
            language=st.just("en"),
            final=st.booleans(),
            typed=st.booleans(),
        ),
        st.builds(events.ReplyDelta, t_s=t_s, turn=_TURNS, text=TEXTS),
        st.builds(events.Reply, t_s=t_s, turn=_TURNS, text=TEXTS),
        st.builds(events.Speaking, t_s=t_s, turn=_TURNS, start=number, end=number, text=TEXTS),
        st.builds(events.Spoken, t_s=t_s, turn=_TURNS, text=TEXTS, cut=st.booleans()),
        st.builds(events.Interrupted, t_s=t_s, turn=_TURNS, by=st.sampled_from(["voice", "key", "typing"])),
        st.builds(
            events.TurnSettled,
            t_s=t_s,
            turn=_TURNS,
            turns=st.tuples(_TURNS, _TURNS),
            question=TEXTS,
            answer=TEXTS,
            cut=st.booleans(),
            dropped=st.booleans(),
        ),
        st.builds(events.ConfirmAsked, t_s=t_s, turn=_TURNS, text=TEXTS, language=st.just("en")),
        st.builds(events.Undone, t_s=t_s, turn=_TURNS, turns=st.tuples(_TURNS), text=TEXTS),
        st.builds(events.Cleared, t_s=t_s),
        st.builds(events.PersonaChanged, t_s=t_s, name=TEXTS),
        st.builds(
            events.Latency,
            t_s=t_s,
            turn=_TURNS,
            endpoint_ms=ms,
            stt_ms=ms,
            first_token_ms=ms,
            first_audio_ms=ms,
            voice_to_voice_ms=ms,
            speculative=st.booleans(),
        ),
        st.builds(events.Notice, t_s=t_s, code=st.sampled_from(["loading", "other"]), message=TEXTS),
        st.builds(events.ErrorRaised, t_s=t_s, turn=st.none() | _TURNS, code=st.just("x"), message=TEXTS, hint=TEXTS),
        st.builds(
            events.PhaseChanged,
            t_s=t_s,
            phase=st.sampled_from(
                ["loading", "listening", "hearing", "transcribing", "thinking", "speaking", "confirming", "closed"]
            ),
        ),
        st.builds(events.MicrophoneMuted, t_s=t_s, muted=st.booleans()),
        st.builds(events.RecordingChanged, t_s=t_s, on=st.booleans()),
        st.builds(
            events.Dropped, t_s=t_s, device=st.sampled_from(["microphone", "speaker"]), blocks=st.integers(1, 99)
        ),
        st.builds(events.Buffered, t_s=t_s, block_ms=st.just(10.0), held_ms=st.sampled_from([30.0, 40.0])),
        st.builds(events.LevelChanged, t_s=t_s, dbfs=st.floats(-96, 0)),
        st.builds(events.Bye, t_s=t_s, turns=_TURNS),
    ]
    return st.lists(st.one_of(kinds), max_size=25)
