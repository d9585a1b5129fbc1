"""Completion of typed words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from voicecli.ui.keys_and_commands import ACTIONS


class SlashCompleter(Completer):
    """Completes slash commands and their arguments.

    Args:
        names: Returns what may stand behind a command, and what each stands for.
    """

    def __init__(self, names: Callable[[str], Mapping[str, str]]) -> None:
        self._names = names
        self._files = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Yields the completions for the word before the caret."""
        text = document.text_before_cursor
        command, space, rest = text.partition(" ")
        if not text.startswith("/"):
            return
        if not space:
            for action in ACTIONS:
                if action.slash.startswith(command) and action.slash:
                    yield Completion(action.slash, start_position=-len(text), display_meta=action.does)
        elif command in {"/save", "/file"} and rest:
            yield from self._files.get_completions(Document(rest, len(rest)), complete_event)
        else:
            for name, meaning in self._names(command).items():
                if name.startswith(rest):
                    yield Completion(name, start_position=-len(rest), display_meta=meaning)
