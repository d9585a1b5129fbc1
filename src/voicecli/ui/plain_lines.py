"""PlainLines: a conversation as plain text, for a pipe or a file."""

from __future__ import annotations

from typing import TextIO

from voicecli.events import Event, MicrophoneMuted
from voicecli.ui.sanitize import clean, encodable
from voicecli.ui.theme import LABELS
from voicecli.ui.transcript import Transcript
from voicecli.ui.transcript_entry import Entry

_STOPPED = "[stopped here]"
_MUTED = "Microphone muted."
_UNMUTED = "Microphone unmuted."


class PlainLines:
    """Writes each thing that was said when it is complete: `you: …`, `voicecli: …`, `note: …`, `error: … (hint)`.

    Further lines of a text are indented by two spaces, so that no text can pass for another speaker's. Of an interrupted reply, only
    the part that was heard is written.

    Args:
        stream: Where the lines go; flushed after each text. It stays open.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._encoding: str = getattr(stream, "encoding", None) or "utf-8"
        self._transcript = Transcript()
        self.broken = False
        self.fault: OSError | None = None
        """Why nothing more can be written."""

    def handle(self, event: Event) -> None:
        """Handles `event` and writes what it completes."""
        self._transcript.fold(event)
        finished = self._transcript.take_finished()
        if isinstance(event, MicrophoneMuted):  # a screen has a place for this; lines need an entry
            text = _MUTED if event.muted else _UNMUTED
            finished.append(Entry(who="notice", turn=None, text=text, state="final", closed=True))
        self._write(finished)

    def close(self) -> None:
        """Writes what was never completed, as far as it was heard."""
        self._transcript.finish()
        self._write(self._transcript.take_finished())

    def _write(self, entries: list[Entry]) -> None:
        if not entries or self.broken:
            return
        try:
            for entry in entries:
                if entry.past:
                    continue  # users who listen to lines do not want to hear it again
                self._stream.write(encodable(plain_text(entry), self._encoding) + "\n")
            self._stream.flush()
        except OSError as error:
            self.broken = True
            self.fault = error


def plain_text(entry: Entry) -> str:
    """Returns `entry` as clean lines without the last line feed."""
    text = clean(entry.parts[0] if entry.state == "cut" else entry.text).strip()
    if entry.state == "cut":
        text = f"{text} {_STOPPED}".lstrip()
    if hint := clean(entry.hint).strip():
        text = f"{text} ({hint})"
    return f"{LABELS[entry.who]}: " + text.replace("\n", "\n  ")
