"""Channel: what joins two threads. Bounded, closable, inspectable; forgets cancelled work.

`get` never gives out an item whose turn is cancelled and `put` never takes one. Correctness of every interruption rests on that
one rule; `purge` only makes it faster.
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
    """Nothing more will come out, or can be put in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStats:
    """How a channel has fared.

    Attributes:
        name: The channel's.
        limit: Most items it holds.
        length: Items in it now.
        peak: Most items there ever were.
        taken: Items given out.
        dropped: Items lost because it was full.
        forgotten: Items thrown away because their turn was cancelled.
        waiting: Threads that wait for an item now.
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
        name: For people: what travels in it.
        limit: Most items it holds.
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
        """Puts `item` in; False when it was not taken: cancelled meanwhile, refused, or the time was up.

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
        """Puts `item` in without ever waiting or raising, for callbacks; False when there was no room or it is closed."""
        with self._changed:
            full = len(self._items) >= self._limit
            if self._closed or (full and self._when_full == "wait"):
                self._dropped += not self._closed
                return False
            return self.put(item)  # a condition's lock may be taken again by the thread that holds it

    def insist(self, item: T, *, first: bool = False) -> bool:
        """Puts `item` in without ever waiting, even when the channel is full; False only when it is closed or the item is cancelled.

        For what must not be lost and cannot be much: what a person did, and what happens to a device.

        Args:
            item: What to put in.
            first: Whether it is given out before everything else that is in the channel.
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
        """As `offer`, one after the other, but whoever waits is woken once; gives how many items were lost for want of room."""
        with self._changed:
            before = self._dropped
            for item in items:
                self.offer(item)
            return self._dropped - before

    def get(self, *, timeout_s: float | None = None) -> T:
        """Takes the oldest item whose turn is still wanted.

        Raises:
            ChannelClosed: It is closed and empty.
            TimeoutError: Nothing came within `timeout_s`.
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
        """All that is in it and still wanted, without waiting."""
        with self._changed:
            kept = [item for item in self._items if not _cancelled(item)]
            self._forgotten += len(self._items) - len(kept)
            self._taken += len(kept)
            self._items.clear()
            self._changed.notify_all()
            return kept

    def purge(self) -> None:
        """Throws out cancelled items and wakes whoever waits to put one in; called after a turn was cancelled."""
        with self._changed:
            kept = [item for item in self._items if not _cancelled(item)]
            self._forgotten += len(self._items) - len(kept)
            self._items = deque(kept)
            self._changed.notify_all()

    def close(self) -> None:
        """Takes nothing more; what is in it can still be taken out. May be called twice."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stats(self) -> ChannelStats:
        """How it has fared so far."""
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
        """Items until the channel is closed and empty."""
        while True:
            try:
                yield self.get()
            except ChannelClosed:
                return
