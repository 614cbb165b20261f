"""How a command ends when it cannot answer: one line for each fault, an exit code, and no traceback unless asked."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from didymium.errors import DidymiumError, one_line

STOPPED = 130  # what shells expect of a command that was stopped by Ctrl-C
_ADVICE = "This is a fault of Didymium, not of your input. Run it again with --debug and report what it prints."


@dataclass(slots=True)
class Outcome:
    """The exit code of the command."""

    code: int = 0


@contextlib.contextmanager
def told(arguments: Sequence[str]) -> Iterator[Outcome]:
    """Turn whatever ends a command into lines on stderr (JSON objects with `--json`) and an exit code."""
    import click

    outcome = Outcome()
    as_json = "--json" in arguments
    try:
        yield outcome
    except DidymiumError as error:
        outcome.code = error.exit_code
        _say(as_json, described(error), [error.line(), *listed(error)])
    except click.UsageError as wrong:
        outcome.code = 2
        place = wrong.ctx.command_path if wrong.ctx else "didymium"
        line = f"{place}: {one_line(wrong.format_message())} Try: {place} --help"
        _say(as_json, {"error": "WrongUse", "message": line, "exit_code": 2}, [line])
    except click.ClickException as wrong:
        outcome.code = 2
        line = f"didymium: {one_line(wrong.format_message())}"
        _say(as_json, {"error": "WrongUse", "message": line, "exit_code": 2}, [line])
    except (KeyboardInterrupt, click.Abort):
        outcome.code = STOPPED
        line = "didymium: stopped. Nothing half-written is left."
        _say(as_json, {"error": "Stopped", "message": line, "exit_code": STOPPED}, [line])
    except (BrokenPipeError, SystemExit):
        # The reader (head, less) has enough; click ends the process for it, where a command exits by its return value.
        # Python would complain once more when it closes stdout.
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as fault:  # noqa: BLE001 - the last line of defence, which tells the user what to do
        outcome.code = 2
        if "--debug" in arguments:
            import traceback

            traceback.print_exc()
        line = f"didymium: unexpected {type(fault).__name__}: {one_line(str(fault))}. {_ADVICE}"
        _say(as_json, {"error": "Unexpected", "message": line, "exit_code": 2}, [line])


def described(error: DidymiumError) -> dict[str, Any]:
    """The error as an object for programs."""
    return {
        "error": type(error).__name__,
        "message": error.line(),
        "what": error.what,
        "where": error.where,
        "cure": error.cure,
        "faults": list(listed(error)),
        "exit_code": error.exit_code,
    }


def listed(error: DidymiumError) -> tuple[str, ...]:
    """The single faults that an error carries: broken cells of a table, or constraints in conflict."""
    found: tuple[str, ...] = getattr(error, "faults", ()) or getattr(error, "conflicts", ())
    return tuple(one_line(line) for line in found)


def _say(as_json: bool, thing: dict[str, Any], lines: Sequence[str]) -> None:
    text = json.dumps(thing) if as_json else "\n".join(lines)
    sys.stderr.write(text + "\n")
