"""What is asked at once is found once, and nobody gets what another asked for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from didymium.studies.shelf import Shelf, Unwanted


def test_twenty_threads_get_what_they_asked_for_and_it_is_found_once() -> None:
    shelf: Shelf[int] = Shelf(100)
    gate = threading.Barrier(20)
    found: list[int] = []

    def asked(number: int) -> int:
        def find() -> int:
            found.append(number % 4)
            return 10 * (number % 4)

        gate.wait()
        return shelf.get(number % 4, find)

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(asked, range(20))) == [10 * (n % 4) for n in range(20)]
    assert sorted(found) == [0, 1, 2, 3]


def test_an_error_is_told_to_all_who_wait_and_not_kept() -> None:
    shelf: Shelf[int] = Shelf(2)

    def fails() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        shelf.get("key", fails)
    assert shelf.at_hand("key") is None
    assert shelf.get("key", lambda: 7) == shelf.at_hand("key") == 7


def test_what_was_not_asked_for_longest_goes_first() -> None:
    shelf: Shelf[str] = Shelf(2)
    for word in ("a", "b", "a", "c"):
        shelf.get(word, word.upper)
    assert [shelf.at_hand(word) for word in "abc"] == ["A", None, "C"]
    assert len(shelf) == 2


def test_what_nobody_waits_for_is_not_found() -> None:
    shelf: Shelf[int] = Shelf(2)

    def find() -> int:
        if not shelf.wanted("key"):
            raise Unwanted
        return 7

    with pytest.raises(Unwanted):
        shelf.get("key", find, lambda: False)
    assert shelf.at_hand("key") is None and not shelf.wanted("key")
    assert shelf.get("key", find) == 7


def test_who_comes_while_another_gives_up_gets_it_all_the_same() -> None:
    shelf: Shelf[int] = Shelf(2)
    looked, came = threading.Event(), threading.Event()

    def gives_up() -> int:
        looked.set()
        assert came.wait(10)
        raise Unwanted

    def waits() -> bool:
        came.set()  # asked by nobody but the loop that decides whether to try again
        return True

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(shelf.get, "key", gives_up, lambda: False)
        assert looked.wait(10)
        second = pool.submit(shelf.get, "key", lambda: 7, waits)
        while not shelf.wanted("key"):
            pass
        assert second.result(10) == 7
        with pytest.raises(Unwanted):
            first.result(10)
