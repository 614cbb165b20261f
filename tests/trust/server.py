"""A server of its own for a harness: `didymium serve` in another process, on a free port, over a store of its own."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 90
"""Seconds until a server on a busy machine has to answer."""
QUIET = 0.03
"""Share of a processor below which a server has nothing more to make ready."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running server: its port, its process, and the file of what it says."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def get(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Status and text of one request; header names with `_` for `-`."""
        talk = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            talk.request(method, path, body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
            got = talk.getresponse()
            return got.status, got.read().decode("utf-8", "replace")
        finally:
            talk.close()

    def processor(self) -> float:
        """CPU time that it has taken so far [s]."""
        after_name = Path(f"/proc/{self.process.pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def settle(self, patience: float = 600.0) -> None:
        """Wait until it has made ready what it makes ready by itself."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            before = self.processor()
            time.sleep(2)
            if self.processor() - before < 2 * QUIET:
                return
        raise RuntimeError("the server is not done with making ready")

    def token(self) -> str:
        """What a page of ours holds for changes."""
        return self.get("/data/upload?lang=en")[1].split('name="token" value="')[1].split('"')[0]

    def post(self, path: str, **words: str) -> int:
        """Status of a form sent from a page of ours."""
        from urllib.parse import urlencode

        body = urlencode({"token": self.token(), **words}).encode()
        form = {"content_type": "application/x-www-form-urlencoded", "origin": f"http://{self.host}"}
        return self.get(path, "POST", body, **form)[0]


@contextlib.contextmanager
def served(store: Path, *options: str) -> Iterator[Served]:
    """A server that answers; it is ended with the block, if it has not ended by itself."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store.mkdir(parents=True, exist_ok=True)
    log = store / f"server-{port}.log"
    command = [sys.executable, "-m", "didymium", "serve", "--port", str(port), "--store", str(store), *options]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    one = Served(port, process, log)
    try:
        for _ in range(PATIENCE * 10):
            if process.poll() is not None:
                raise RuntimeError(f"the server ended: {log.read_text('utf-8', 'replace')[-2000:]}")
            with contextlib.suppress(OSError):
                one.get("/static/app.css")
                break
            time.sleep(0.1)
        else:
            raise RuntimeError("the server does not answer")
        yield one
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
