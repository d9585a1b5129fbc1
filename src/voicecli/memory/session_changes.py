"""What a session has saved, so that it can be saved once more, in another file."""

from __future__ import annotations

from collections.abc import Iterator

from voicecli.memory.event_tracker import Begin, Change, Name, Put, Remove, Resume


class SessionChanges:
    """The turns of a session in their last state, conversation by conversation. Words only: some kilobytes a turn."""

    def __init__(self) -> None:
        self._conversations: list[tuple[dict[int, Put], dict[int, Name]]] = [({}, {})]

    def add(self, change: object) -> None:
        """Takes a change that was written."""
        turns, names = self._conversations[-1]
        match change:
            case Put(number=number):
                turns[number] = change
            case Remove(number=number):
                turns.pop(number, None)
            case Begin() | Resume():
                self._conversations.append(({}, {}))
            case Name(number=number):
                names[number] = change
            case _:
                pass

    def again(self) -> Iterator[Change]:
        """The changes that write all of it into an empty file. A conversation that was resumed begins there with this session."""
        for i, (turns, names) in enumerate(self._conversations):
            if i:
                yield Begin()
            yield from turns.values()
            yield from names.values()
