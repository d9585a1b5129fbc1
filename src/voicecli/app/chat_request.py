"""The options of `voicecli chat` on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voicecli.config.rules import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """The options that the command line gave.

    Attributes:
        typed: Whether the microphone stays closed.
        flags: Settings by name; None for a flag that was not given.
        microphones: The values of `--mic`; empty for the configured microphone.
        json: Whether events are printed.
        confirm: Whether recognised text is shown and can be changed before it is sent.
        force: Whether a speaker that is a file may replace a file that is no sound file.
        save: Whether anything of the conversation may be written to the disk.
        voice_only: Whether there is no language model, and only other programs speak and listen.
        resume: The number of the conversation to resume, or `latest`; empty for a new one.
        files: Files and folders to be read or asked about.
        variables: Values of the persona's variables, by name.
    """

    typed: bool
    flags: Mapping[str, Value | None]
    microphones: tuple[str, ...]
    json: bool
    confirm: bool = False
    force: bool = False
    save: bool = True
    voice_only: bool = False
    resume: str = ""
    files: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
