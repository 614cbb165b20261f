"""What was found lately, by what was asked: however many ask the same at the same time, it is found once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

V = TypeVar("V")


class Unwanted(Exception):
    """Nobody waits for it any longer, so it was not found."""


def always() -> bool:
    """Somebody waits until it is there."""
    return True


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
        self._asking: dict[Hashable, list[Callable[[], bool]]] = {}
        self._lock = Lock()

    def at_hand(self, key: Hashable) -> V | None:
        """The value of a key if it is there; nobody is waited for."""
        with self._lock:
            future = self._kept.get(key)
            if future is None or not future.done():
                return None
            self._kept.move_to_end(key)
        return future.result() if future.exception() is None else None

    def get(self, key: Hashable, find: Callable[[], V], is_wanted: Callable[[], bool] = always) -> V:
        """The value of a key: from the shelf, from who is finding it now, or from `find`. Its errors are not kept.

        Who asks stops waiting when `is_wanted` turns false; `find` may look at `wanted` and raise Unwanted.
        """
        while True:
            try:
                return self._got(key, find, is_wanted)
            except Unwanted:
                if not is_wanted():
                    raise  # else: who was finding it has given up for those who left, before this one came

    def wanted(self, key: Hashable) -> bool:
        """Whether anybody still waits for the value of a key."""
        with self._lock:
            asking = list(self._asking.get(key, ()))
        return any(is_wanted() for is_wanted in asking)

    def _got(self, key: Hashable, find: Callable[[], V], is_wanted: Callable[[], bool]) -> V:
        with self._lock:
            future = self._kept.get(key)
            is_mine = future is None
            if future is None:
                future = self._kept[key] = Future()
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            if future.done():
                return future.result()
            self._asking.setdefault(key, []).append(is_wanted)
        try:
            if is_mine:
                self._fill(key, future, find)
            return future.result()
        finally:
            with self._lock:
                self._asking[key].remove(is_wanted)
                if not self._asking[key]:
                    del self._asking[key]

    def _fill(self, key: Hashable, future: Future[V], find: Callable[[], V]) -> None:
        try:
            future.set_result(find())
        except BaseException as wrong:
            with self._lock:
                if self._kept.get(key) is future:
                    del self._kept[key]
            future.set_exception(wrong)
            raise

    def put(self, key: Hashable, value: V) -> None:
        """Lay a value that was found elsewhere on the shelf."""
        self.get(key, lambda: value)

    def __len__(self) -> int:
        return len(self._kept)
