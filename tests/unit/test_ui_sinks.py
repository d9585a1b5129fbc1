from __future__ import annotations

import io
import json

from hypothesis import given

from fakes.ui_events import any_events
from fakes.ui_scenes import CANBERRA, CODE, READY, deltas, heard, level, phase, reply, spoken, whole
from voicecli import events
from voicecli.ui.event_sink import EventSink
from voicecli.ui.jsonlines import JsonLines
from voicecli.ui.plain_lines import PlainLines


class ClosedPipe(io.StringIO):
    def write(self, _text: str, /) -> int:
        raise BrokenPipeError


class Counting(io.StringIO):
    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


def plain(*happened: events.Event) -> str:
    stream = io.StringIO()
    sink = PlainLines(stream)
    for event in happened:
        sink.handle(event)
    sink.close()
    return stream.getvalue()


def test_a_conversation_is_plain_lines() -> None:
    error = events.ErrorRaised(t_s=0, turn=None, code="x", message="It broke.", hint="voicecli doctor")
    notice = events.Notice(t_s=0, code="x", message="By the way.")
    assert plain(READY, level(-3), *whole(1, "What?", "This."), notice, error) == (
        "you: What?\nvoicecli: This.\nnote: By the way.\nerror: It broke. (voicecli doctor)\n"
    )


def test_a_line_is_written_when_it_is_complete_and_not_before() -> None:
    stream = Counting()
    sink = PlainLines(stream)
    for event in (READY, heard(1, "Wh", final=False), heard(1, "What?"), *deltas(1, "This."), reply(1, "This.")):
        sink.handle(event)
    assert stream.getvalue() == "you: What?\n"
    assert stream.flushes == 1
    sink.handle(spoken(1, "This."))
    assert stream.getvalue().endswith("voicecli: This.\n")
    assert stream.flushes == 2


def test_of_an_interrupted_reply_only_what_was_heard_is_written() -> None:
    said = plain(READY, *deltas(1, CANBERRA), spoken(1, "Canberra.", cut=True))
    assert said == "voicecli: Canberra. [stopped here]\n"


def test_a_reply_that_never_ended_is_written_at_the_end() -> None:
    assert plain(*deltas(1, "This was st")) == "voicecli: This was st [stopped here]\n"


def test_no_text_can_pass_for_another_speaker() -> None:
    assert plain(*whole(1, "\x1b[1mQ\x1b[0m", "ok\nerror: \x07fake\r\nyou: fake")) == (
        "you: Q\nvoicecli: ok\n  error: fake\n  you: fake\n"
    )


def test_code_keeps_its_lines() -> None:
    assert "\n      return sum(values) / len(values)\n" in plain(*whole(1, "Q", CODE))


def test_a_stream_of_another_encoding_gets_what_it_can_show() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    PlainLines(stream).handle(heard(1, "Grüße 日本"))
    assert raw.getvalue() == b"you: Gr??e ??\n"
    JsonLines(stream).handle(heard(1, "ü"))
    assert json.loads(raw.getvalue().splitlines()[1])["text"] == "ü"


def test_json_is_one_object_per_line_as_it_comes_and_skips_what_only_a_screen_wants() -> None:
    stream = Counting()
    sink = JsonLines(stream)
    for event in (READY, phase("listening"), level(-3), heard(1, "Grüße\n日本")):
        sink.handle(event)
    ready, said = map(json.loads, stream.getvalue().splitlines())
    assert ready["event"] == "ready"
    assert said == events.as_json(heard(1, "Grüße\n日本"))
    assert "Grüße" in stream.getvalue()
    assert stream.flushes == 2


@given(any_events())
def test_json_lines_are_parsed_back_whatever_a_text_holds(happened: list[events.Event]) -> None:
    stream = io.StringIO()
    sink = JsonLines(stream)
    for event in happened:
        sink.handle(event)
    lines = stream.getvalue().splitlines()
    assert [json.loads(line) for line in lines] == [r for r in map(events.as_json, happened) if r is not None]
    assert not set(stream.getvalue()) & set(map(chr, [*range(10), *range(11, 32), *range(127, 160)]))
    stream.getvalue().encode()


def test_a_reader_that_went_away_is_no_error() -> None:
    sinks: list[EventSink] = [PlainLines(ClosedPipe()), JsonLines(ClosedPipe())]
    for sink in sinks:
        for _ in range(2):
            sink.handle(heard(1, "anyone?"))
        assert sink.broken
        sink.close()


def test_lines_say_that_the_microphone_is_muted_and_on_again() -> None:
    muted, opened = (events.MicrophoneMuted(t_s=1.0, muted=muted) for muted in (True, False))
    assert plain(READY, muted, opened) == "note: Microphone muted.\nnote: Microphone unmuted.\n"
    assert events.as_json(muted) == {"event": "muted", "t": 1.0, "muted": True}
