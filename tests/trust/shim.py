"""A preloaded library that counts the calls that change files and ends or fails the process at the n-th: `shim.c`."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

COUNT, KILL, HALF_AND_KILL, FULL, HALF_AND_FULL = range(5)
"""What happens at the call: nothing, the end, the end after half of a write, no space, no space after half."""

_SOURCE = Path(__file__).with_name("shim.c")
_MARK = "DIDYMIUM_TRUST_SHIM"


def why_not() -> str:
    """Why the shim cannot be used here; empty if it can."""
    if not sys.platform.startswith("linux"):
        return "the preloaded library needs Linux"
    return "" if shutil.which("cc") else "no C compiler to build the preloaded library"


def built() -> Path:
    """The library, built once for each version of its source."""
    name = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"didymium-trust-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    made = folder / f"shim-{name}.so"
    if not made.exists():
        aside = made.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(aside), str(_SOURCE), "-ldl"], check=True)
        aside.rename(made)
    return made


def run_again_with_shim() -> None:
    """Start this very process anew with the library in front of the C library, unless it is there already."""
    if os.environ.get(_MARK):
        return
    if missing := why_not():
        raise SystemExit(f"cannot run here: {missing}.")
    preloaded = {**os.environ, "LD_PRELOAD": str(built()), _MARK: "1", "PYTHONDONTWRITEBYTECODE": "1"}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], preloaded)


class Shim:
    """The library of this process."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None)
        self._library.shim_record.restype = ctypes.c_char_p

    def arm(self, at: int, how: int, error: int = errno.ENOSPC) -> None:
        """Count from one, from now on, and act at the call number `at`."""
        self._library.shim_arm(at, how, error)

    def disarm(self) -> None:
        """Count no more."""
        self._library.shim_disarm()

    @property
    def calls(self) -> int:
        """Calls that were counted."""
        return int(self._library.shim_calls())

    @property
    def record(self) -> str:
        """The calls in order, one a line: name, path, second path."""
        return str(self._library.shim_record().decode("utf-8"))
