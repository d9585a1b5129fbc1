"""Scripts of reports for the machine, in any order: words that a property test may put together, and the report that each of them means."""

from __future__ import annotations

from hypothesis import strategies as st

from fakes.machine_session import Session, utterance, words
from voicecli import messages as m
from voicecli.errors import GenerationFailed, TranscriptionFailed
from voicecli.speech import utterance_segmenter as seg
from voicecli.speech.barge_in_detector import Interruption
from voicecli.turn import Turn

KEYS: dict[str, m.Report] = {
    "press": m.TalkPressed(),
    "let go": m.TalkReleased(),
    "tap": m.TalkToggled(),
    "escape": m.TalkDiscarded(),
    "mute": m.MuteToggled(),
    "start by key": m.Heard(segment=seg.SpeechStarted(at_sample=0, by_key=True), now_sample=0),
}

REPORTS = st.sampled_from(
    [
        "start",
        "pause",
        "resume",
        "end",
        "discard",
        "words",
        "the same question",
        "nothing",
        "text",
        "done",
        "sound",
        "played",
        "key",
        "type",
        "fail",
        "judged",
        "suspected",
        "dismissed",
        "brief",
        "confirmed",
        "words aside",
        "uh-huh",
        "echo",
        "grown",
        "dipped",
        "words so far",
        "a question so far",
        "text early",
        "fail early",
        "no words so far",
        *KEYS,
    ]
)


SEGMENTS: dict[str, seg.Segment] = {
    "start": seg.SpeechStarted(at_sample=0),
    "pause": seg.SpeechPaused(utterance=utterance()),
    "resume": seg.SpeechResumed(at_sample=0),
    "end": seg.SpeechEnded(utterance=utterance(), reason="silence"),
    "discard": seg.SpeechDiscarded(at_sample=0),
    "grown": seg.SpeechGrown(utterance=utterance(8_000)),
    "dipped": seg.SpeechGrown(utterance=utterance(), dipped=True),
}


def report_of(word: str, session: Session) -> m.Report:
    """The report that `word` of a script means."""
    if word in SEGMENTS:
        return m.Heard(segment=SEGMENTS[word], now_sample=0)
    turn = session.state.exchange.turn if session.state.exchange else Turn(0)
    match word:
        case "suspected" | "dismissed" | "brief" | "confirmed":
            return m.BargeIn(verdict=Interruption(word), now_sample=0)
        case "words aside" | "uh-huh":
            aside = session.state.barge.turn if session.state.barge else None
            text = "Stop that." if word == "words aside" else "Uh-huh."
            return m.Transcribed(turn=aside or turn, transcription=words(text))
        case "text early" | "fail early" | "words so far" | "a question so far" | "no words so far":
            return _report_before_a_pause(word, session, turn)
        case "echo":
            return m.EchoUncancelled()
        case "judged":
            return m.Judged(turn=turn, probability=0.5)
        case "words":
            return m.Transcribed(turn=turn, transcription=words("Hello?"))
        case "the same question":
            return m.Transcribed(turn=turn, transcription=words("how are you, today?"))
        case "nothing":
            return m.Transcribed(turn=turn, transcription=words(""))
        case "text":
            return m.ReplyText(turn=turn, text="Hi. ")
        case "done":
            return m.ReplyComplete(turn=turn)
        case "sound":
            return m.Sounding(turn=turn)
        case "played":
            return m.Played(turn=turn)
        case "key":
            return m.InterruptPressed()
        case "type":
            return m.Typed(text="Typed.")
        case _:
            failed = m.StageFailed(turn=turn, stage="respond", error=GenerationFailed("No."))
            return KEYS.get(word, failed)


def _report_before_a_pause(word: str, session: Session, turn: Turn) -> m.Report:
    partial = session.state.partial.turn if session.state.partial else turn
    early = session.state.early.turn if session.state.early else turn
    match word:
        case "words so far":
            return m.Transcribed(turn=partial, transcription=words("What is the"))
        case "a question so far":
            return m.Transcribed(turn=partial, transcription=words("How are you today?"))
        case "no words so far":
            return m.StageFailed(turn=partial, stage="transcribe", error=TranscriptionFailed("No."))
        case "text early":
            return m.ReplyText(turn=early, text="Hi. ")
        case _:
            return m.StageFailed(turn=early, stage="respond", error=GenerationFailed("No."))
