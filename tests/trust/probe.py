"""Requests that no browser of an honest user sends, to a running server: each is refused, or does nothing.

    python -m tests.trust.probe [--record]

It speaks in raw bytes over sockets and knows of the server only what stands here. Each case names the statuses that are
right; any 5xx, a hang, a dropped connection where an answer is due, or a server that has ended is a failure.
"""

from __future__ import annotations

import argparse
import json
import re
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.trust.record import record
from tests.trust.server import Served, served

SECONDS = 30
"""How long an answer may take on a busy machine."""
ENDED = 0
"""In place of a status: the server closed the connection without a word, which some broken requests deserve."""


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes to send and the statuses that are right; `forbidden` must not stand in the answer."""

    name: str
    sent: bytes
    right: tuple[int, ...]
    forbidden: str = "root:"


def request(host: str, method: str, path: str, *headers: str, body: bytes = b"", version: str = "HTTP/1.1") -> bytes:
    """A request with the right host and these further lines."""
    lines = [f"{method} {path} {version}", f"Host: {host}", "Connection: close", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def cases(host: str, token: str) -> Iterator[Case]:
    """All that is tried."""
    refused, ours = (400, 403), f"Origin: http://{host}"
    form = "Content-Type: application/x-www-form-urlencoded"
    port = host.rsplit(":", 1)[1]

    yield Case("a page", request(host, "GET", "/data?lang=en"), (200,))
    yield Case("a page by localhost", request(f"localhost:{port}", "GET", "/data?lang=en"), (200,))

    # host: rebinding, spellings, none, two
    for other in (
        "evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.:{port}", f"127.0.0.1:{port}@evil.example", "",
        f"127.1:{port}", f"[::1]:{port}", f"0.0.0.0:{port}", f"127.0.0.1:{port}, evil.example", f"127.0.0.1:{port}/x",
        f"2130706433:{port}", f"localhost.evil.example:{port}", f"LOCALHOST:{port}\t.evil.example", f"127.0.0.1:0{port}",
    ):  # fmt: skip
        yield Case(f"host {other!r}", request(other, "GET", "/data"), refused)
    yield Case("no host", b"GET /data HTTP/1.1\r\nConnection: close\r\n\r\n", refused)
    yield Case("no host, HTTP/1.0", b"GET /data HTTP/1.0\r\n\r\n", refused)
    yield Case("two hosts", request(host, "GET", "/data", "Host: evil.example"), refused)
    absolute = request(host, "GET", "http://evil.example/data")
    yield Case("a foreign absolute address", absolute, (400, 403, 404))

    # origin and fetch metadata, every method
    for method in ("GET", "HEAD", "POST"):
        for origin in (
            "http://evil.example",
            "null",
            f"https://{host}",
            "http://127.0.0.1",
            f"http://{host}.evil",
            "x",
        ):
            yield Case(f"{method} from {origin}", request(host, method, "/data", f"Origin: {origin}"), refused)
        for site in ("cross-site", "same-site", "x"):
            lines = [f"Sec-Fetch-Site: {site}", "Sec-Fetch-Mode: no-cors", *([ours] if method == "POST" else [])]
            yield Case(f"{method}, {site}", request(host, method, "/data", *lines), refused)
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "G ET", "X" * 300):
        for path in ("/jobs", "/data/upload"):
            yield Case(f"{method[:9]} {path}", request(host, method, path, ours), (400, 403, 405))
    for name in (
        "X-HTTP-Method-Override: DELETE",
        "X-Method-Override: PUT",
        "X-Original-URL: /jobs",
        "X-Rewrite-URL: /x",
    ):
        yield Case(name, request(host, "GET", "/data/places?lang=en", name), (200,))
    for name in (
        "X-Forwarded-For: 1.1.1.1",
        "X-Forwarded-Host: evil.example",
        "Forwarded: host=evil",
        "X-Real-IP: ::1",
    ):
        yield Case(name, request(host, "GET", "/data", name), refused)
    for name in (
        "X-Auth-Request-User: root",
        "X-Didymium-Proxy: x",
        "Authorization: Basic cm9vdDpyb290",
        "Cookie: token=1",
    ):
        yield Case(name, request(host, "GET", "/data?lang=en", name), (200,), "Signed in")

    # changes: origin, token, type of body
    body = b"token=guess&question=backtest"
    size = f"Content-Length: {len(body)}"
    for where in ("/jobs", "/jobs/0000/cancel", "/data/upload", "/data/upload/x/use", "/data/upload/x/remove"):
        yield Case(f"POST {where}, no origin", request(host, "POST", where, form, size, body=body), (403,))
        yield Case(f"POST {where}, wrong token", request(host, "POST", where, ours, form, size, body=body), (403, 404))
        yield Case(f"POST {where}, no body", request(host, "POST", where, ours), (403, 404))
        for kind in (
            "application/json",
            "text/plain",
            "text/xml",
            "x",
            "multipart/form-data",
            "multipart/form-data; boundary=",
        ):
            lines = (ours, f"Content-Type: {kind}", size)
            yield Case(f"POST {where} as {kind}", request(host, "POST", where, *lines, body=body), (400, 403, 404, 415))
    for shape, part in {
        "no end": b"--b\r\nContent-Disposition: form-data; name=token\r\n\r\nx",
        "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
        "many fields": b"".join(b'--b\r\nContent-Disposition: form-data; name="f%d"\r\n\r\nx\r\n' % i for i in range(500)),
        "many files": b"".join(
            b'--b\r\nContent-Disposition: form-data; name="f"; filename="%d.csv"\r\n\r\nx\r\n' % i for i in range(50)
        ) + b"--b--\r\n",
        "long head": b"--b\r\nX: " + b"a" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n",
        "long field": b'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n' + b"a" * 500_000 + b"\r\n--b--\r\n",
    }.items():  # fmt: skip
        lines = (ours, "Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(part)}")
        yield Case(f"form with {shape}", request(host, "POST", "/data/upload", *lines, body=part), (400, 403))
    for filename, content, right in (
        ("../../x.csv", b"a\n", (422,)), ("x.xlsx", b"PK\x03\x04" + b"\0" * 99, (422,)), ("offtakes.csv", b"\xff\xfe\0", (422,)),
        ("offtakes.json", b"[" * 100_000, (422,)), ("offtakes.csv", b'"' * 50_000, (422,)), ("a\0b.csv", b"x", (400, 422)),
        ("x.pkl", b"cos\nsystem\n(S'id'\ntR.", (422,)), ("offtakes.yaml", b"!!python/object/apply:os.system", (422,)),
    ):  # fmt: skip
        lines = (ours, "Content-Type: multipart/form-data; boundary=bb")
        fields = b"".join(
            b'--bb\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair
            for pair in ((b"token", token.encode()), (b"visibility", b"public"))
        )
        head = b'--bb\r\nContent-Disposition: form-data; name="file"; filename="' + filename.encode() + b'"\r\n\r\n'
        whole = fields + head + content + b"\r\n--bb--\r\n"
        sent = request(host, "POST", "/data/upload", *lines, f"Content-Length: {len(whole)}", body=whole)
        yield Case(f"upload {filename!r}", sent, right)

    # paths that lead elsewhere
    for path in (
        "/../etc/passwd", "/static/../../../etc/passwd", "/static/..%2f..%2f..%2fetc%2fpasswd", "/static/%2e%2e/%2e%2e/site.py",
        "/data/..%2f..%2fetc%2fpasswd", "/data/%2fetc%2fpasswd.json", "/static/app.css%00.txt", "/static//etc/passwd",
        "/runs/..%2f..%2fetc%2fpasswd.json", "/runs/../../etc/passwd.json", "/jobs/..%2f..%2fx", "/ask/..%2fdata.json",
        "/explain/..%2f..%2fx?row=1&column=x", "/explain/000000000000", "/ask/stress/figure-99999999999999999999.svg",
        "/ask/measures/figure--1.svg", "/data/places.exe", "/ask/measures.php", "/%c0%af", "/%ff%fe", "/.git/config", "/data/.",
        "//evil.example/", "/\\evil.example", "/data/upload/../../x", "/lab/..%2fx", "/static/app.css/", "/openapi.json/x",
    ):  # fmt: skip
        yield Case(f"path {path}", request(host, "GET", path), (400, 404, 422, 307))
    for words in (
        "scenario=/etc/passwd", "scenario=../../etc/passwd", "scenario=file:%2f%2f%2fetc%2fpasswd", "scenario=http://169.254.169.254/",
        "scenario=%00", "seed=1e999", "seed=-1", "draws=999999999999", "draws=nan", "parties=" + "x," * 2000, "years=1-999999999",
        "parties=%ff%fe", "parties=<script>alert(1)</script>", "years=2030;DROP", "as_of=9999-99-99",
        "as_of=%F0%9F%92%A9", "table=../x",
    ):  # fmt: skip
        for page in ("stress", "gaps.json", "measures"):
            asks = {
                "stress": ("scenario", "seed", "draws", "parties"),
                "gaps.json": ("draws", "parties", "years", "table"),
            }
            if words.split("=")[0] in asks.get(page, ("as_of", "parties", "table")):
                right = (404, 422) if page != "gaps.json" or "nan" not in words else (422,)
                yield Case(f"{page}?{words[:40]}", request(host, "GET", f"/ask/{page}?{words}"), right, "<script>alert")

    # sizes and broken framing
    yield Case("a long path", request(host, "GET", "/" + "a" * 20_000), (403, 413, 414, 404))
    yield Case("a longer path", request(host, "GET", "/" + "a" * 200_000), (400, 413, 414, 431, ENDED))
    yield Case("a long query", request(host, "GET", "/data?" + "a=b&" * 8_000), (413, 414))
    yield Case("a long header", request(host, "GET", "/data", "X: " + "a" * 200_000), (400, 413, 431, ENDED))
    yield Case(
        "many headers", request(host, "GET", "/data", *(f"X{i}: 1" for i in range(20_000))), (400, 413, 431, ENDED)
    )
    yield Case("50 GiB said", request(host, "POST", "/data/upload", ours, form, "Content-Length: 53687091200"), (413,))
    for length in ("-1", "1e3", "0x10", "1 1", "१", "9" * 400, "+5", "5, 6"):
        raw = request(host, "POST", "/jobs", ours, form).replace(b"\r\n\r\n", b"")
        sent = raw + b"\r\nContent-Length: " + length.encode() + b"\r\n\r\nhello"
        yield Case(f"length {length[:9]}", sent, (400, 413, ENDED))
    yield Case("two lengths", request(host, "POST", "/jobs", ours, form, "Content-Length: 5", "Content-Length: 6", body=b"hello!"), (400, ENDED))  # fmt: skip
    chunked = request(host, "POST", "/jobs", ours, form, "Transfer-Encoding: chunked")
    yield Case("endless chunks", chunked + b"10000\r\n" + (b"a" * 65536 + b"\r\n10000\r\n") * 40, (413, ENDED))
    yield Case("a bad chunk", chunked + b"zz\r\nhello\r\n0\r\n\r\n", (400, ENDED))
    yield Case("length and chunks", request(host, "POST", "/jobs", ours, form, "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\nGET /x"), (400, 403, ENDED))  # fmt: skip
    for name, raw in {
        "no words": b"\r\n\r\n", "noise": bytes(range(256)) * 8, "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 90,
        "HTTP/9": request(host, "GET", "/", version="HTTP/9.9"), "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "a folded header": request(host, "GET", "/data", "X: a\r\n b"), "a nul in a header": request(host, "GET", "/data", "X: a\0b"),
        "a space before a colon": request(host, "GET", "/data", "X : a"), "a star": request(host, "OPTIONS", "*"),
    }.items():  # fmt: skip
        yield Case(
            name, raw, (200, 400, 403, 404, 405, 505, ENDED) if "folded" in name else (400, 403, 404, 405, 505, ENDED)
        )
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
    yield Case(
        "a websocket",
        request(host, "GET", "/data", *upgrade).replace(b"close", b"Upgrade"),
        (200, 400, 403, 426, ENDED),
    )
    deep = b"{" * 100_000
    yield Case("deep JSON", request(host, "POST", "/jobs", ours, "Content-Type: application/json", f"Content-Length: {len(deep)}", body=deep), (400, 403, 415))  # fmt: skip
    names = b"&".join(b"n%d=1" % i for i in range(60_000))
    yield Case(
        "60,000 fields",
        request(host, "POST", "/jobs", ours, form, f"Content-Length: {len(names)}", body=names),
        (400, 403),
    )


def sent(port: int, data: bytes, *, is_all: bool = False) -> tuple[int, str]:
    """The status of the first answer to these bytes and all that came back; ENDED for none, -1 for a hang.

    `is_all` says by closing that nothing more comes, as a broken request may make the server wait.
    """
    got = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as talk:
            try:
                talk.sendall(data)
                if is_all:
                    talk.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # it has answered before all was sent
            while len(got) < 4_000_000:
                part = talk.recv(65536)
                if not part:
                    break
                got += part
    except TimeoutError:
        return -1, ""
    except OSError:
        pass
    status = re.match(rb"HTTP/1\.[01] (\d{3})", got)
    return int(status.group(1)) if status else ENDED, got.decode("utf-8", "replace")


def judged(port: int, case: Case) -> str:
    """What is wrong with the answer to a case; empty if nothing is."""
    status, text = sent(port, case.sent, is_all=ENDED in case.right)
    if status not in case.right:
        return f"{case.name}: {status}, right would be {case.right}: {text[-160:]!r}"
    head = text.split("\r\n\r\n")[0].lower()
    body = text[len(head) :]
    if case.forbidden in body or "Traceback" in body:
        return f"{case.name}: tells {case.forbidden!r} or how it failed"
    if "access-control-allow" in head or re.search(r"^server:", head, re.MULTILINE):
        return f"{case.name}: opens itself to other sites, or names its server"
    is_ours = status in (200, 403, 404, 422) and "content-security-policy" not in head
    return f"{case.name}: answered without its policy" if is_ours and status != 404 else ""


def half_open(port: int, count: int = 60) -> str:
    """Connections that begin a request and never end it: others are answered all the same."""
    open_ones = [socket.create_connection(("127.0.0.1", port), timeout=SECONDS) for _ in range(count)]
    try:
        for number, one in enumerate(open_ones):
            one.sendall(b"GET / HTTP/1.1\r\n" if number % 2 else b"POST /jobs HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
        start = time.monotonic()
        status, _ = sent(port, request(f"127.0.0.1:{port}", "GET", "/static/app.css"))
        took = time.monotonic() - start
        return "" if status == 200 and took < 20 else f"{count} half-open connections: {status} after {took:.0f} s"
    finally:
        for one in open_ones:
            one.close()


def probed(server: Served) -> tuple[int, list[str]]:
    """How many cases there are, and what is wrong."""
    listed = list(cases(server.host, server.token()))
    wrong = []
    for case in listed:
        if fault := judged(server.port, case):
            wrong.append(fault)
        if server.process.poll() is not None:
            tail = server.log.read_text("utf-8", "replace")[-600:]
            return len(listed) + 1, [*wrong, f"the server ended at: {case.name}: {tail}"]
    wrong += [fault for fault in (half_open(server.port),) if fault]
    if server.get("/data?lang=en")[0] != 200:
        wrong.append("the server answers no more")
    if json.loads(server.get("/openapi.json")[1])["openapi"] != "3.1.0":
        wrong.append("the description is gone")
    log = server.log.read_text("utf-8", "replace")
    if "Traceback" in log:
        wrong.append(f"the log tells of a fault nobody foresaw: {log[-600:]}")
    return len(listed) + 1, wrong


def main() -> int:
    """Probe, say what is wrong, and record it if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        count, wrong = probed(server)
    for fault in wrong:
        print(fault)
    figure = f"{count - len(wrong)} of {count} requests answered as they should be"
    print(figure)
    if given.record:
        record(17, "HTTP probe of the running server", figure, "python -m tests.trust.probe --record", file="web")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
