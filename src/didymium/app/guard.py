"""What every request passes first: known hosts, our own pages as origin, small bodies, and headers against other sites.

A page of another site may send requests to this machine by its user's browser, and may give its own name our address
(DNS rebinding). So the host has to be ours before anything is routed, and a request that says where it comes from has
to come from us, whatever its method. Only following a link from elsewhere, which reads and changes nothing, is let in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1 << 20
"""Largest body of a request."""
MOST_QUERY = 16 << 10
"""Longest path and query."""

HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def refusal(method: str, headers: Iterable[tuple[bytes, bytes]], size: int, hosts: frozenset[str]) -> str | None:
    """Why a request is not taken, in one line; None if it is.

    `hosts` are names with ports as browsers write them. `size` [bytes]: of path and query.

    >>> ours = frozenset({"127.0.0.1:8321"})
    >>> refusal("GET", [(b"host", b"127.0.0.1:8321")], 1, ours) is None
    True
    >>> refusal("GET", [(b"host", b"evil.example:8321")], 1, ours)
    'This host is not served here.'
    """
    said: dict[str, list[str]] = {}
    for name, value in headers:
        said.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    if len(said.get("host", ())) != 1 or said["host"][0].lower() not in hosts:
        return "This host is not served here."
    if any(origin not in {f"http://{h}" for h in hosts} for origin in said.get("origin", ())):
        return "Pages of other sites may not ask here."
    follows_link = method in ("GET", "HEAD") and said.get("sec-fetch-mode") == ["navigate"]
    if said.get("sec-fetch-site", ["same-origin"])[0] not in ("same-origin", "none") and not follows_link:
        return "Pages of other sites may not ask here."
    if method not in ("GET", "HEAD", "POST"):
        return "Only GET, HEAD and POST are answered."
    if method == "POST" and "origin" not in said:
        return "A change has to say where it comes from."
    if size > MOST_QUERY or any(not v.isdigit() or int(v) > MOST_BYTES for v in said.get("content-length", ())):
        return "The request is too large."
    return None


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets requests pass to `app` if they may, and marks all answers."""

    app: ASGIApp
    hosts: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                held = {name.lower() for name, _ in message["headers"]}
                extra = {**HEADERS, "cache-control": "no-store"}
                new = [(k.encode(), v.encode()) for k, v in extra.items() if k.encode() not in held]
                message = {**message, "headers": [*message["headers"], *new]}
            await send(message)

        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        why = refusal(scope.get("method", ""), scope["headers"], size, self.hosts)
        if scope["type"] != "http" or why is not None:
            from starlette.responses import PlainTextResponse

            large = why == "The request is too large."
            await PlainTextResponse(f"{why}\n", status_code=413 if large else 403)(scope, receive, marked)
            return
        body = b""
        more = scope["method"] == "POST"
        while more and len(body) <= MOST_BYTES:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = bool(message.get("more_body"))
        if len(body) > MOST_BYTES:
            from starlette.responses import PlainTextResponse

            await PlainTextResponse("The request is too large.\n", status_code=413)(scope, receive, marked)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, replayed, marked)
