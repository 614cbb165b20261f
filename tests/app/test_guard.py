"""The guard before the app: hosts, origins, methods, sizes. Each refusal names its reason."""

from __future__ import annotations

import pytest

from didymium.app.guard import MOST_BYTES, MOST_QUERY, refusal

OURS = frozenset({"127.0.0.1:8321", "localhost:8321"})
HOST = (b"host", b"127.0.0.1:8321")
ORIGIN = (b"origin", b"http://127.0.0.1:8321")


@pytest.mark.parametrize("host", [b"127.0.0.1:8321", b"localhost:8321", b"LOCALHOST:8321"])
def test_our_own_hosts_are_served(host: bytes) -> None:
    assert refusal("GET", [(b"host", host)], 10, OURS) is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"host", b"evil.example")],
        [(b"host", b"evil.example:8321")],
        [(b"host", b"127.0.0.1")],
        [(b"host", b"127.0.0.1:8321@evil.example")],
        [HOST, HOST],
        [HOST, (b"Host", b"evil.example")],
    ],
)
def test_other_hosts_are_refused_before_routing(headers: list[tuple[bytes, bytes]]) -> None:
    assert refusal("GET", headers, 10, OURS) == "This host is not served here."


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("origin", [b"http://evil.example", b"null", b"https://127.0.0.1:8321", b""])
def test_other_origins_are_refused_whatever_the_method(method: str, origin: bytes) -> None:
    assert refusal(method, [HOST, (b"origin", origin)], 10, OURS) == "Pages of other sites may not ask here."


def test_a_link_from_elsewhere_is_followed_and_a_fetch_is_not() -> None:
    cross = (b"sec-fetch-site", b"cross-site")
    assert refusal("GET", [HOST, cross, (b"sec-fetch-mode", b"navigate")], 10, OURS) is None
    assert refusal("GET", [HOST, cross, (b"sec-fetch-mode", b"no-cors")], 10, OURS) is not None
    assert refusal("POST", [HOST, ORIGIN, cross, (b"sec-fetch-mode", b"navigate")], 10, OURS) is not None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", ""])
def test_other_methods_are_refused(method: str) -> None:
    assert refusal(method, [HOST, ORIGIN], 10, OURS) is not None


def test_a_change_says_where_it_comes_from() -> None:
    assert refusal("POST", [HOST], 10, OURS) == "A change has to say where it comes from."
    assert refusal("POST", [HOST, ORIGIN], 10, OURS) is None


@pytest.mark.parametrize("length", [str(MOST_BYTES + 1).encode(), b"-1", b"1e3", b"50000000000"])
def test_large_requests_are_refused(length: bytes) -> None:
    assert refusal("POST", [HOST, ORIGIN, (b"content-length", length)], 10, OURS) == "The request is too large."
    assert refusal("GET", [HOST], MOST_QUERY + 1, OURS) == "The request is too large."
