"""Reading what strangers made: a function over bytes, run in a child process that can do next to nothing else.

The child has a limit on memory, processor time, wall-clock time and open files, may write no file, starts no program
and opens no connection. It is handed bytes on stdin and answers JSON on stdout; whatever else happens to it (a crash of
a library, an endless loop, a demand for all the memory there is) is a sentence here, and this process goes on.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use at most: `memory` [bytes], `cpu` and `wall` [s], `files` open, `answer` [bytes]."""

    memory: int = 1_500_000_000
    cpu: int = 30
    wall: int = 60
    files: int = 64
    answer: int = 400_000_000


class Refused(Exception):
    """The child did not answer: `what` happened, and `cure`, what to do."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(f"{what} {cure}")
        self.what = what
        self.cure = cure


_FORBIDDEN = (
    "ftplib.",
    "os.chflags",
    "os.chmod",
    "os.chown",
    "os.exec",
    "os.fork",
    "os.kill",
    "os.link",
    "os.mkdir",
    "os.posix_spawn",
    "os.remove",
    "os.removexattr",
    "os.rename",
    "os.rmdir",
    "os.setxattr",
    "os.spawn",
    "os.startfile",
    "os.symlink",
    "os.system",
    "os.truncate",
    "os.utime",
    "pty.spawn",
    "shutil.",
    "socket.",
    "subprocess.",
    "urllib.",
    "webbrowser.",
)
"""Audit events (PEP 578) that end the child."""


def in_child(function: str, data: bytes, limits: Limits | None = None) -> Any:
    """The JSON value that `module:function` returns for the bytes. Raises Refused when the child gives no answer.

    The function must live in this package, and is called in the child as `function(data)`.
    """
    bounds = limits or Limits()
    settings = json.dumps([function, bounds.memory, bounds.cpu, bounds.files])
    # The child gets the import path and nothing else of the environment: no proxies, no keys, no start-up files.
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    environment = {
        "PYTHONPATH": os.pathsep.join(p for p in sys.path if p),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **kept,
    }
    command = [sys.executable, "-s", "-m", "didymium.data.sandbox", settings]
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=bounds.wall, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"reading it took more than {bounds.wall} s.", "Split it, or save it as CSV.") from None
    except OSError as error:
        raise Refused(f"no process could be started to read it ({error.strerror}).", "Save it as CSV.") from None
    if done.returncode != 0:
        raise Refused(_why(done.returncode, done.stderr), "Open it and save it anew, or save it as CSV.")
    if len(done.stdout) > bounds.answer:
        raise Refused(f"it holds more than {bounds.answer:,} bytes of text.", "Split it.")
    return json.loads(done.stdout)


def _why(code: int, said: bytes) -> str:
    """What ended a child, in words."""
    last = said.decode("utf-8", "replace").strip().splitlines()[-1:] or [""]
    if last[0].startswith("MemoryError") or "memory" in last[0].lower():
        return "reading it takes more memory than a table may."
    if code < 0 and -code in _SIGNALS:
        return _SIGNALS[-code]
    if code < 0:
        return f"reading it ended with signal {-code}."
    return f"it cannot be read ({last[0][:200]})."


_SIGNALS = {
    6: "reading it takes more memory than a table may.",
    9: "reading it was stopped: it takes too long or too much memory.",
    11: "reading it ended in a crash: the file is damaged or made to harm.",
    24: "reading it takes more processor time than a table may.",
    25: "reading it tried to write a file.",
}


def _confine(memory: int, cpu: int, files: int) -> None:
    """Give up, for this process and for good, what reading does not need."""
    with contextlib.suppress(ImportError):
        import resource

        for what, most in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, cpu),
            (resource.RLIMIT_NOFILE, files),
            (resource.RLIMIT_FSIZE, 0),
            (resource.RLIMIT_CORE, 0),
        ):
            with contextlib.suppress(ValueError, OSError):  # a platform without this limit, or a lower one already
                resource.setrlimit(what, (most, most))

    def watch(event: str, details: tuple[Any, ...]) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"a reader may not {event}")
        if event == "open" and len(details) > 1:
            mode, flags = details[1], details[2] if len(details) > 2 else 0
            writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
            if writes or (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
                raise PermissionError("a reader may not write")

    sys.addaudithook(watch)


def _main() -> None:
    name, memory, cpu, files = json.loads(sys.argv[1])
    module, _, function = name.partition(":")
    if not module.startswith("didymium."):
        raise SystemExit(f"{module} is not of this package")
    wanted: Callable[[bytes], Any] = getattr(importlib.import_module(module), function)
    data = sys.stdin.buffer.read()
    _confine(memory, cpu, files)
    answer = json.dumps(wanted(data), ensure_ascii=True, allow_nan=False)
    sys.stdout.write(answer)
    sys.stdout.flush()


if __name__ == "__main__":
    _main()
