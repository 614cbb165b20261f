"""A function over a file that a stranger made, run in a child process that can do next to nothing else.

    faults = confined(judged, Path("upload.xlsx"), seconds=60, megabytes=2000)

The child is that of `sandbox`: bounded memory, processor and wall-clock time, few open files, no file written, no
program started, no connection opened. Whatever the file does to it comes back as one refusal, and this process goes on.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from didymium.data.sandbox import Limits, Refused, in_child
from didymium.errors import BadInput


def confined(function: Callable[[Path], Any], path: Path, *, seconds: int, megabytes: int) -> Any:
    """What `function(path)` returns, as JSON has it, worked out in a child process.

    The function is one of a module of this package, by its own name there (no lambda, no method). Raises BadInput as
    the function does, and when it takes more than `seconds` or `megabytes` or ends in a crash.
    """
    asked = {"module": function.__module__, "function": function.__qualname__, "path": str(path.absolute())}
    limits = Limits(memory=megabytes * 1_000_000, cpu=seconds, wall=2 * seconds + 5)
    try:
        found = in_child("didymium.data.confined:_called", json.dumps(asked).encode("utf-8"), limits)
    except Refused as refused:
        raise BadInput(refused.what, where=path.name, cure=refused.cure) from None
    if "refused" in found:
        raise BadInput(found["what"], where=found["where"], cure=found["cure"], faults=found["refused"])
    return found["value"]


def judged(path: Path) -> list[dict[str, Any]]:
    """All faults of a layer over the shipped tables as flat records (see `Fault.as_dict`); none when it can be used."""
    from didymium.data.layers import check_path

    return [fault.as_dict() for fault in check_path(path)]


def _called(data: bytes) -> dict[str, Any]:
    """In the child: the value of the function, or the refusal that it raised."""
    from didymium.schema.workbook import read_here

    asked = json.loads(data)
    if not asked["module"].startswith("didymium."):
        raise PermissionError(f"{asked['module']} is not of this package")
    wanted: Callable[[Path], Any] = getattr(importlib.import_module(asked["module"]), asked["function"])
    try:
        with read_here():
            return {"value": wanted(Path(asked["path"]))}
    except BadInput as bad:
        return {"refused": list(bad.faults), "what": bad.what, "where": bad.where, "cure": bad.cure}
