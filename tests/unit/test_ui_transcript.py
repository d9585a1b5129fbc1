from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given

from fakes.ui_events import any_events
from fakes.ui_scenes import CANBERRA, READY, TYPED, deltas, heard, latency, level, phase, reply, speaking, spoken, whole
from voicecli import events
from voicecli.ui.transcript import LEVEL_CELLS, Transcript
from voicecli.ui.transcript_entry import Entry, heard_end


def folded(*happened: events.Event) -> Transcript:
    transcript = Transcript()
    for event in happened:
        transcript.fold(event)
    return transcript


def shown(entries: Iterable[Entry]) -> list[tuple[str, str, str]]:
    return [(entry.who, entry.text, entry.state) for entry in entries]


def test_guesses_replace_each_other_until_the_question_is_final() -> None:
    transcript = folded(READY, heard(1, "What", final=False), heard(1, "What is", final=False))
    assert shown(transcript.live) == [("you", "What is", "growing")]
    assert transcript.take_finished() == []
    transcript.fold(heard(1, "What is it?"))
    assert shown(transcript.take_finished()) == [("you", "What is it?", "final")]


@pytest.mark.parametrize("end", [phase("listening"), heard(1, ""), heard(2, "Yes?", final=False), heard(2, "Yes?")])
def test_a_guess_that_was_noise_disappears(end: events.Event) -> None:
    transcript = folded(READY, phase("hearing"), heard(1, "Thank you.", final=False), end)
    assert "Thank you." not in [entry.text for entry in (*transcript.live, *transcript.take_finished())]


def test_an_answer_settles_the_question() -> None:
    transcript = folded(READY, heard(1, "What?", final=False), *deltas(1, "This."))
    assert shown(transcript.take_finished()) == [("you", "What?", "final")]
    transcript.fold(heard(1, "Wha", final=False))
    assert shown(transcript.live) == [("assistant", "This.", "growing")]


def test_a_reply_grows_sounds_and_is_finished_once() -> None:
    transcript = folded(READY, heard(1, "Capital?"), *deltas(1, CANBERRA), speaking(1, CANBERRA, "Canberra."))
    transcript.take_finished()
    assert transcript.live[0].parts == ("Canberra.", CANBERRA.removeprefix("Canberra."))
    transcript.fold(reply(1, CANBERRA))
    assert transcript.take_finished() == []
    transcript.fold(spoken(1, CANBERRA))
    assert shown(transcript.take_finished()) == [("assistant", CANBERRA, "final")]
    for late in (*deltas(1, "late"), reply(1, CANBERRA), spoken(1, CANBERRA)):
        transcript.fold(late)
    assert transcript.take_finished() == []
    assert transcript.live == ()


def test_without_a_speaker_a_reply_is_finished_when_it_is_complete() -> None:
    transcript = folded(TYPED, heard(1, "Capital?"), *deltas(1, CANBERRA), reply(1, CANBERRA))
    assert [entry.parts for entry in transcript.take_finished()][1] == (CANBERRA, "")


def test_an_interrupted_reply_knows_where_it_was_cut() -> None:
    transcript = folded(
        READY,
        *deltas(1, CANBERRA),
        speaking(1, CANBERRA, "Melbourne,"),
        events.Interrupted(t_s=0, turn=1, by="voice"),
        *deltas(1, " more"),
    )
    assert shown(transcript.live) == [("assistant", CANBERRA, "cut")]
    assert transcript.take_finished() == []
    transcript.fold(spoken(1, "Canberra. It was chosen", cut=True))
    (entry,) = transcript.take_finished()
    assert entry.parts[0] == "Canberra. It was chosen"
    assert entry.state == "cut"


def test_what_is_behind_an_open_entry_waits_for_it() -> None:
    notice = events.Notice(t_s=0, code="x", message="by the way")
    transcript = folded(READY, *deltas(1, "Well"), notice, heard(2, "Stop"))
    assert transcript.take_finished() == []
    transcript.fold(spoken(1, "Well", cut=True))
    assert [entry.text for entry in transcript.take_finished()] == ["Well", "by the way", "Stop"]


def test_a_failed_turn_ends_its_reply_before_the_error() -> None:
    error = events.ErrorRaised(t_s=0, turn=1, code="x", message="The model failed.", hint="voicecli doctor")
    transcript = folded(READY, *deltas(1, "Half of"), error)
    assert shown(transcript.take_finished()) == [
        ("assistant", "Half of", "cut"),
        ("error", "The model failed.", "final"),
    ]


def test_the_end_of_the_session_closes_everything_and_drops_guesses() -> None:
    transcript = folded(READY, *deltas(1, "Half of"), heard(2, "Never", final=False), events.Bye(t_s=1, turns=0))
    assert shown(transcript.take_finished()) == [("assistant", "Half of", "cut")]
    assert transcript.phase == "closed"


def test_what_is_being_loaded_is_no_entry() -> None:
    transcript = folded(events.Notice(t_s=0, code="loading", message="whisper-base"))
    assert transcript.loading == "whisper-base"
    assert transcript.live == ()
    transcript.fold(READY)
    assert not transcript.loading


def test_the_last_answer_that_was_heard_gives_the_latency() -> None:
    assert folded(latency(1, 480), latency(2, None)).latency_ms == 480


def test_a_steady_level_changes_nothing_that_is_seen() -> None:
    transcript = folded(READY, phase("listening"), level(-40))
    assert 0 < transcript.level < LEVEL_CELLS
    before = transcript.version
    for wobble in (-40, -38, -42, -37.5, -40):
        transcript.fold(level(wobble))
    assert transcript.version == before
    transcript.fold(level(-20))
    assert transcript.version > before


def test_the_level_is_not_seen_while_the_assistant_thinks() -> None:
    transcript = folded(READY, phase("thinking"))
    before = transcript.version
    transcript.fold(level(-3))
    assert transcript.version == before


@pytest.mark.parametrize(
    ("text", "said", "end"),
    [
        ("One. Two.", "One.", 4),
        ("**One** *two*, three", "One two,", len("**One** *two*,")),
        ("# Title\n\nThe text.", "Title. The", len("# Title\n\nThe")),
        ("Straße und mehr", "STRASSE", len("Straße")),
        ("One. Two.", "", 0),
        ("One. Two.", "Something else", 7),
    ],
)
def test_where_a_reply_was_cut_is_found_in_its_spoken_form(text: str, said: str, end: int) -> None:
    assert heard_end(text, said, otherwise=7) == end


@given(any_events())
def test_no_sequence_of_events_raises_or_loses_what_was_said(happened: list[events.Event]) -> None:
    transcript = Transcript()
    entries: list[Entry] = []
    for event in happened:
        transcript.fold(event)
        entries += transcript.take_finished()
    transcript.finish()
    entries += transcript.take_finished()
    assert transcript.live == ()
    for event in happened:
        match event:
            case events.Transcript(final=True, text=text) if text.strip():
                assert any(e.who == "you" and e.text.startswith(text) for e in entries)
            case events.Reply(turn=turn, text=text) if text.strip():
                mine = [e for e in entries if e.who == "assistant" and e.turn == turn]
                assert any(e.text.startswith(text) or (text.startswith(e.text) and e.state == "cut") for e in mine)
            case events.Notice(code=code, message=text) if code != "loading" and text.strip():
                assert any(e.who == "notice" and e.text == text for e in entries)
            case events.ErrorRaised(message=text) if text.strip():
                assert any(e.who == "error" and e.text == text for e in entries)


def test_a_turn_that_goes_as_it_should_is_two_entries() -> None:
    entries = folded(READY, *whole(1, "Q", "A")).take_finished()
    assert shown(entries) == [("you", "Q", "final"), ("assistant", "A", "final")]


def test_an_answer_begun_without_a_word_is_none_and_can_still_be_given() -> None:
    transcript = folded(
        READY, *deltas(2, " "), *deltas(3, "Next"), spoken(3, "Next"), reply(2, "One."), spoken(2, "One.")
    )
    assert shown(transcript.take_finished()) == [("assistant", "Next", "final"), ("assistant", "One.", "final")]


def test_the_status_line_knows_the_voice_and_the_model_that_took_over() -> None:
    transcript = Transcript()
    transcript.fold(
        events.Ready(
            t_s=0.0,
            models={"llm": "small", "voice": "joe"},
            device={},
            offline=True,
            microphone=None,
            speaker="s",
            duplex=None,
            mode="typed",
        )
    )
    for what, value in (("voice", "anna"), ("model", "large"), ("speed", 1.5), ("language", "de"), ("volume", 70)):
        transcript.fold(events.Changed(t_s=0.0, what=what, value=value))  # type: ignore[arg-type] # one of its words
    assert transcript.ready is not None
    assert transcript.ready.models == {"llm": "large", "voice": "anna"}
    assert [entry.text for entry in transcript.live] == [
        "The voice is now anna.",
        "The model is now large.",
        "The speed is now 1.5.",
        "Listening now for German (de).",
        "The volume is now 70 %.",
    ]
