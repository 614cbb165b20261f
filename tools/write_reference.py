"""Write the generated pages of the reference: commands from their own help, errors from the error tree.

Run `python -m tools.write_reference` after a change; a test compares the pages with what this writes.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

import didymium
import didymium.errors
from didymium.cli.root import root
from didymium.errors import DidymiumError

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
_WIDTH = 100


def commands(
    command: click.Command = root, name: str = "didymium", parent: click.Context | None = None
) -> Iterator[click.Context]:
    """Every command, parents first; `command_path` of a context is the full name."""
    settings = {"terminal_width": _WIDTH, "max_content_width": _WIDTH, **command.context_settings}
    context = click.Context(command, parent, info_name=name, **settings)
    yield context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            assert found is not None
            yield from commands(found, below, context)


def commands_page() -> str:
    """The page of commands."""
    parts = [
        "# Commands",
        "",
        "What `--help` prints, command by command. This page is generated: `python -m tools.write_reference`.",
    ]
    for context in commands():
        path = context.command_path
        mark = "#" * (2 if path.count(" ") < 2 else 3)
        parts += ["", f"{mark} {path}", "", "```text", context.command.get_help(context), "```"]
    return "\n".join(parts) + "\n"


def errors_page() -> str:
    """The page of errors: the tree, then what each means."""
    tree = inspect.getdoc(didymium.errors) or ""
    parts = [
        "# Errors",
        "",
        "Every error of Didymium, with the exit code of the command that meets it. This page is generated:",
        "`python -m tools.write_reference`.",
        "",
        "```text",
        tree.partition("\n\n")[2].rpartition("\n\n")[0],
        "```",
        "",
        tree.rpartition("\n\n")[2],
    ]
    for error in _below(DidymiumError):
        doc = inspect.getdoc(error) or ""
        parts += ["", f"## {error.__name__}", "", doc, "", f"Exit code {error.exit_code}."]
    return "\n".join(parts) + "\n"


def _below(error: type[DidymiumError]) -> Iterator[type[DidymiumError]]:
    yield error
    for child in error.__subclasses__():
        if child.__module__ == didymium.errors.__name__:
            yield from _below(child)


def python_page() -> str:
    """The page of what `import didymium` offers."""
    parts = [
        "# Python",
        "",
        "What `import didymium as dd` offers. This page is generated: `python -m tools.write_reference`.",
    ]
    for name in sorted(didymium.__all__):
        thing = getattr(didymium, name)
        doc = inspect.getdoc(thing) or ""
        parts += ["", f"## {name}", ""]
        if inspect.isfunction(thing):
            parts += ["```python", f"dd.{name}{inspect.signature(thing)}", "```", ""]
        parts.append(doc.partition("\n\n>>>")[0])
    return "\n".join(parts) + "\n"


def _stands(row: Mapping[str, Any]) -> str:
    """How a cell stands: matched, open, or explained and by what kind of reason."""
    return f"{row['status']}, {row['reason_kind']}" if row["reason_kind"] else str(row["status"])


def reproduced_page() -> str:
    """The page of published values beside ours: the whole table `reproduced`, by publisher."""
    import didymium.data

    ds = didymium.data.open()
    sources = {row["source_id"]: row for row in ds.rows("sources")}
    cells = sorted(ds.rows("reproduced"), key=lambda row: (row["publisher"], row["cell_id"]))
    parts = [
        "# Published values",
        "",
        "All cells of the table `reproduced`; [Reproduced](../method/reproduced.md) says how to read them.",
        "Shares are fractions under 'ours'. This page is generated: `python -m tools.write_reference`.",
    ]
    for publisher in sorted({row["publisher"] for row in cells}):
        mine = [row for row in cells if row["publisher"] == publisher]
        titles = sorted({f"[{sources[row['source_id']]['title']}]({sources[row['source_id']]['url']})" for row in mine})
        parts += ["", f"## {publisher}", "", "; ".join(titles), ""]
        parts += ["| Subject | Measure | Place | Year | Published | Ours | Stands | Reason | Where |", "|" + "---|" * 9]
        for row in mine:
            told = [row["subject"], row["measure"], row["place"], str(row["year"]), row["published_text"]]
            told += [f"{row['ours']:.5g}", _stands(row), row["reason"] or "", row["locator"] or ""]
            parts.append("| " + " | ".join(text.replace("|", "/") for text in told) + " |")
    return "\n".join(parts) + "\n"


PAGES = {
    "commands.md": commands_page,
    "errors.md": errors_page,
    "python.md": python_page,
    "reproduced.md": reproduced_page,
}


def main() -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
