"""The commands: a thin edge that parses, asks a study, keeps the run and shows the answer.

Where to look: `catalogue` says which command asks which study; `root` finds commands by name and loads them when they
are called; `asking` carries a question from the command line to a kept answer; `output` and `sheet` show it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 the answer is no, 2 wrong use or bad input."""
    from didymium.cli.faults import told

    arguments = list(sys.argv[1:] if argv is None else argv)
    _make_streams_safe()
    with told(arguments) as outcome:
        from didymium.cli.root import root

        answer = root.main(arguments, prog_name="didymium", standalone_mode=False)
        outcome.code = answer if isinstance(answer, int) else 0
        sys.stdout.flush()
    return outcome.code


def _make_streams_safe() -> None:
    """A console that cannot show a character shows `?` for it; it does not end the command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
