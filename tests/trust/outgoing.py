"""What Python processes ask of the network, written down line by line: for tests that are run under `watched`.

A hook of the interpreter sees each connection and each question for an address, in the process of the tests and in
every Python process they start that keeps the environment. The guard in `tests/conftest.py` refuses them; this counts
them, also where no guard is. A datagram socket that is connected sends nothing by that, and is not counted.

    python -m tests.trust.outgoing        two processes ask for another machine: both must be found
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOG = "DIDYMIUM_TESTS_OUTGOING"
_HOOK = f"""
import ipaddress, os, socket, sys
def _kind(host):
    if host in (None, "", b"", "localhost", b"localhost"):
        return "local"
    host = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "name"
    return "local" if address.is_loopback or address.is_unspecified else "out"
def _look(event, told):
    if event in ("socket.connect", "socket.sendto"):
        one, address = told
        inet = one.family in (socket.AF_INET, socket.AF_INET6)
        if inet and event == "socket.connect" and one.type & socket.SOCK_DGRAM and not one.type & 1:
            return
        kind = _kind(address[0]) if inet else "local"
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        address = told[0]
        if _kind(address) != "name":
            return  # a number is no question
        kind = "out"
    else:
        return
    kind = "local" if kind == "local" else "out"
    file = os.open(os.environ[{LOG!r}], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{{kind}} {{event}} {{address}} {{sys.argv[:3] if hasattr(sys, 'argv') else ''}}\\n".encode())
    os.close(file)
if {LOG!r} in os.environ:
    sys.addaudithook(_look)
"""
_ASKS = """
import contextlib, socket
with contextlib.suppress(OSError):
    socket.create_connection(("192.0.2.1", 9), timeout=0.2)
with contextlib.suppress(OSError):
    socket.getaddrinfo("x.invalid", 1)
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """Connections to this machine, and lines that tell of everything else."""

    local: int
    out: tuple[str, ...]


def watched(command: list[str], *, cwd: Path | None = None) -> tuple[subprocess.CompletedProcess[str], Asked]:
    """Run a Python command, and what it and its children asked for."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
        log = Path(folder) / "asked"
        given: Mapping[str, str] = os.environ
        path = os.pathsep.join([folder, *filter(None, [given.get("PYTHONPATH")])])
        surroundings = {**given, "PYTHONPATH": path, LOG: str(log)}
        done = subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)
        lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return done, Asked(
        sum(one.startswith("local ") for one in lines), tuple(one for one in lines if one.startswith("out "))
    )


def main() -> int:
    """Let a process and its child ask for another machine."""
    child = f"import subprocess, sys; exec({_ASKS!r}); subprocess.run([sys.executable, '-c', {_ASKS!r}], check=True)"
    done, asked = watched([sys.executable, "-c", child])
    print(*asked.out, sep="\n")
    print(
        f"{len(asked.out)} of 4 found, and {asked.local} of 2 connections to this machine; exit code {done.returncode}"
    )
    return 0 if (len(asked.out), asked.local, done.returncode) == (4, 2, 0) else 1


if __name__ == "__main__":
    raise SystemExit(main())
