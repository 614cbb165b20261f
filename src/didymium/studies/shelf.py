"""What was found lately, by what was asked: however many ask the same at the same time, it is found once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Shelf(Generic[V]):
    """Holds the latest `most` values by key. Threads may share it; the values are shared, so nobody may change them.

    >>> shelf = Shelf[int](most=2)
    >>> [shelf.get(n, lambda: 10 * n) for n in (1, 2, 1, 3)]
    [10, 20, 10, 30]
    >>> (shelf.at_hand(1), shelf.at_hand(2))
    (10, None)
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Future[V]] = OrderedDict()
        self._lock = Lock()

    def at_hand(self, key: Hashable) -> V | None:
        """The value of a key if it is there; nobody is waited for."""
        with self._lock:
            future = self._kept.get(key)
            if future is None or not future.done():
                return None
            self._kept.move_to_end(key)
        return future.result() if future.exception() is None else None

    def get(self, key: Hashable, find: Callable[[], V]) -> V:
        """The value of a key: from the shelf, from who is finding it now, or from `find`. Its errors are not kept."""
        with self._lock:
            future = self._kept.get(key)
            is_mine = future is None
            if future is None:
                future = self._kept[key] = Future()
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        if is_mine:
            try:
                future.set_result(find())
            except BaseException as wrong:
                future.set_exception(wrong)
                with self._lock:
                    if self._kept.get(key) is future:
                        del self._kept[key]
                raise
        return future.result()

    def put(self, key: Hashable, value: V) -> None:
        """Lay a value that was found elsewhere on the shelf."""
        self.get(key, lambda: value)

    def __len__(self) -> int:
        return len(self._kept)
