"""What every request passes first: known hosts, our own pages as origin, small bodies, and headers against other sites.

A page of another site may send requests to this machine by its user's browser, and may give its own name our address
(DNS rebinding). So the host has to be ours before anything is routed, and a request that says where it comes from has
to come from us, whatever its method. Only following a link from elsewhere, which reads and changes nothing, is let in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1 << 20
"""Largest body of a request."""
MOST_QUERY = 16 << 10
"""Longest path and query."""
METHODS = ("GET", "HEAD", "POST")
STATUS = {"The request is too large.": 413, "Only GET, HEAD and POST are answered.": 405}
FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
"""What a reverse proxy adds."""

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


def refusal(
    method: str,
    headers: Iterable[tuple[bytes, bytes]],
    size: int,
    hosts: frozenset[str],
    *,
    most: int = MOST_BYTES,
    is_proxied: bool = False,
) -> str | None:
    """Why a request is not taken, in one line; None if it is.

    `hosts` are names with ports as browsers write them. `size` [bytes]: of path and query; `most`: of the body. Behind
    a proxy browsers speak https, and what a proxy adds is expected; without one it means that somebody has put these
    pages before others, who would all be let in.

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
    if not is_proxied and any(name in said for name in FORWARDED):
        return "This server is for this machine alone. Behind a proxy, start it with --proxy."
    scheme = "https" if is_proxied else "http"
    if any(origin not in {f"{scheme}://{h}" for h in hosts} for origin in said.get("origin", ())):
        return "Pages of other sites may not ask here."
    follows_link = method in ("GET", "HEAD") and said.get("sec-fetch-mode") == ["navigate"]
    if said.get("sec-fetch-site", ["same-origin"])[0] not in ("same-origin", "none") and not follows_link:
        return "Pages of other sites may not ask here."
    if method not in METHODS:
        return "Only GET, HEAD and POST are answered."
    if method == "POST" and "origin" not in said:
        return "A change has to say where it comes from."
    if size > MOST_QUERY or any(not _is_small(v, most) for v in said.get("content-length", ())):
        return "The request is too large."
    return None


def _is_small(length: str, most: int) -> bool:
    return length.isascii() and length.isdigit() and len(length) < 16 and int(length) <= most


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets requests pass to `app` if they may, and marks all answers.

    `larger` are the paths whose bodies may be larger, and how large. `door` says of a request behind a proxy why it is
    not let in, as a status and a line, and notes in the scope who asks.
    """

    app: ASGIApp
    hosts: frozenset[str]
    larger: Mapping[str, int] = field(default_factory=dict)
    door: Callable[[Scope], tuple[int, str] | None] | None = None

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
        most = self.larger.get(scope["path"], MOST_BYTES) if scope.get("method") == "POST" else MOST_BYTES
        is_proxied = self.door is not None
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        from starlette.responses import PlainTextResponse

        turned = self.door(scope) if self.door is not None else None
        why = refusal(scope["method"], scope["headers"], size, self.hosts, most=most, is_proxied=is_proxied)
        if why is not None or turned is not None:
            status, text = turned or (STATUS.get(why or "", 403), why)
            allowed = {"allow": ", ".join(METHODS)} if status == 405 else None
            await PlainTextResponse(f"{text}\n", status_code=status, headers=allowed)(scope, receive, marked)
            return
        body = b""
        more = scope["method"] == "POST"
        while more and len(body) <= most:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = bool(message.get("more_body"))
        if len(body) > most:
            await PlainTextResponse("The request is too large.\n", status_code=413)(scope, receive, marked)
            return
        whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replayed() -> Message:
            return whole.pop() if whole else await receive()

        await self.app(scope, replayed, marked)
