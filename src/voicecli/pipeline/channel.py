"""Channel: a queue between two threads. It is bounded, closable and inspectable, and it discards cancelled work.

`get` never returns an item whose turn is cancelled, and `put` never accepts one. The correctness of every interruption rests on that
rule alone; `purge` only makes it faster.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from voicecli.turn import Turn

T = TypeVar("T")

WhenFull: TypeAlias = Literal["wait", "drop-oldest", "refuse"]


class ChannelClosed(Exception):
    """The channel is closed: nothing more will come out, or can be put in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStats:
    """Statistics of a channel.

    Attributes:
        name: The channel's name.
        limit: The most items it holds.
        length: The items in it now.
        peak: The most items there ever were.
        taken: The items taken out.
        dropped: The items lost because it was full.
        forgotten: The items discarded because their turn was cancelled.
        waiting: The threads that wait for an item now.
    """

    name: str
    limit: int
    length: int
    peak: int
    taken: int
    dropped: int
    forgotten: int
    waiting: int


def _cancelled(item: object) -> bool:
    turn = getattr(item, "turn", None)
    return isinstance(turn, Turn) and turn.cancelled


class Channel(Generic[T]):
    """A queue between threads.

    Args:
        name: The name of its content, for users.
        limit: The most items it holds.
        when_full: What `put` does then: wait for room, drop the oldest item, or refuse the new one.

    Thread: any; several may put, several may get.
    """

    def __init__(self, name: str, *, limit: int, when_full: WhenFull = "wait") -> None:
        self.name = name
        self._limit = limit
        self._when_full = when_full
        self._items: deque[T] = deque()
        self._changed = threading.Condition(threading.RLock())
        self._closed = False
        self._peak = self._taken = self._dropped = self._forgotten = self._waiting = 0

    def put(self, item: T, *, timeout_s: float | None = None) -> bool:
        """Puts `item` in. Returns False if it was not accepted: its turn was cancelled, it was refused, or `timeout_s` passed.

        Raises:
            ChannelClosed: The channel is closed.
        """
        with self._changed:
            if self._when_full == "wait" and not self._changed.wait_for(
                lambda: self._closed or len(self._items) < self._limit or _cancelled(item), timeout_s
            ):
                return False
            if self._closed:
                raise ChannelClosed(self.name)
            if _cancelled(item):
                self._forgotten += 1
                return False
            if len(self._items) >= self._limit:
                self._dropped += 1
                if self._when_full == "refuse":
                    return False
                self._items.popleft()
            self._items.append(item)
            self._peak = max(self._peak, len(self._items))
            self._changed.notify_all()
            return True

    def offer(self, item: T) -> bool:
        """Puts `item` in without waiting or raising, for callbacks. Returns False if there was no room or the channel is closed."""
        with self._changed:
            full = len(self._items) >= self._limit
            if self._closed or (full and self._when_full == "wait"):
                self._dropped += not self._closed
                return False
            return self.put(item)  # the thread that holds a condition's lock may take it again

    def insist(self, item: T, *, first: bool = False) -> bool:
        """Puts `item` in without waiting, even if the channel is full. Returns False only if it is closed or the item is cancelled.

        For rare items that must not be lost: what a user did, and what happens to a device.

        Args:
            item: The item.
            first: Whether it is taken out before everything else in the channel.
        """
        with self._changed:
            if self._closed or _cancelled(item):
                self._forgotten += not self._closed
                return False
            if first:
                self._items.appendleft(item)
            else:
                self._items.append(item)
            self._peak = max(self._peak, len(self._items))
            self._changed.notify_all()
            return True

    def offer_all(self, items: Iterable[T]) -> int:
        """Offers all items in order, like `offer`, but wakes waiting threads once. Returns how many items were lost because there was no room."""
        with self._changed:
            before = self._dropped
            for item in items:
                self.offer(item)
            return self._dropped - before

    def get(self, *, timeout_s: float | None = None) -> T:
        """Takes the oldest item whose turn is not cancelled.

        Raises:
            ChannelClosed: The channel is closed and empty.
            TimeoutError: Nothing arrived within `timeout_s`.
        """
        with self._changed:
            while True:
                self._waiting += 1
                came = self._changed.wait_for(lambda: self._closed or bool(self._items), timeout_s)
                self._waiting -= 1
                if not came:
                    raise TimeoutError(self.name)
                while self._items:
                    item = self._items.popleft()
                    self._changed.notify_all()
                    if not _cancelled(item):
                        self._taken += 1
                        return item
                    self._forgotten += 1
                if self._closed:
                    raise ChannelClosed(self.name)

    def drain(self) -> list[T]:
        """Takes all items whose turns are not cancelled, without waiting."""
        with self._changed:
            kept = [item for item in self._items if not _cancelled(item)]
            self._forgotten += len(self._items) - len(kept)
            self._taken += len(kept)
            self._items.clear()
            self._changed.notify_all()
            return kept

    def purge(self) -> None:
        """Discards cancelled items and wakes the threads that wait to put one in. Called after a turn was cancelled."""
        with self._changed:
            kept = [item for item in self._items if not _cancelled(item)]
            self._forgotten += len(self._items) - len(kept)
            self._items = deque(kept)
            self._changed.notify_all()

    def close(self) -> None:
        """Accepts no more items. Items in the channel can still be taken. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stats(self) -> ChannelStats:
        """Returns the statistics so far."""
        with self._changed:
            return ChannelStats(
                name=self.name,
                limit=self._limit,
                length=len(self._items),
                peak=self._peak,
                taken=self._taken,
                dropped=self._dropped,
                forgotten=self._forgotten,
                waiting=self._waiting,
            )

    def __iter__(self) -> Iterator[T]:
        """Yields items until the channel is closed and empty."""
        while True:
            try:
                yield self.get()
            except ChannelClosed:
                return
