"""The options that mean the same on every command, in one decorator."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

R = TypeVar("R")

FORMATS = ("json", "csv", "parquet", "xlsx", "iamc")
BINARY = ("parquet", "xlsx")


class Group(click.Group):
    """A group whose help tells the first paragraph of each command whole, where click cuts it off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        told = [(name, (c.help or "").partition("\n\n")[0]) for name, c in found if c is not None and not c.hidden]
        if told:
            with formatter.section("Commands"):
                formatter.write_dl([(name, " ".join(text.split())) for name, text in told])


@dataclass(frozen=True, slots=True)
class Shared:
    """How to show the answer, and which data and store to use.

    `form` is None for a table that people read; `limit` is the number of rows that it shows at most, None for all.
    """

    form: str | None = None
    limit: int | None = None
    output: Path | None = None
    lang: str = "en"
    quiet: bool = False
    store: Path | None = None
    layers: tuple[Path, ...] = ()
    redact: bool = False
    include_confidential: bool = False

    @property
    def runs(self) -> Path:
        """The folder of the run store."""
        return self._store / "runs"

    @property
    def record(self) -> Path:
        """The folder of what people say of kept runs."""
        return self._store / "record"

    @property
    def chunks(self) -> Path:
        """The folder of finished parts of answers that are not finished."""
        return self._store / "ensembles"

    @property
    def journal(self) -> Path:
        """The journal of promises where the user names none."""
        return self._store / "commitments.jsonl"

    @property
    def actions(self) -> Path:
        """The log of actions where the user names none."""
        return self._store / "actions.jsonl"

    @property
    def _store(self) -> Path:
        from didymium.results import default_store

        return self.store or default_store()


table_option = click.option("--table", metavar="NAME", help="A further table of the answer instead of its main rows.")
"""For commands that show an answer of a study."""

debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, help="Print the traceback of an unexpected fault."
)


def shared_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the shared options to a command; it gets them as one `Shared` in its first argument."""

    @functools.wraps(command)
    def with_shared(*args: Any, **values: Any) -> R:
        forms = [form for form in FORMATS if values.pop(f"as_{form}")]
        if len(forms) > 1:
            raise click.UsageError(f"Choose one of {', '.join('--' + form for form in forms)}.")
        output: Path | None = values.pop("output", None)
        form = forms[0] if forms else _form_of(output)
        if values["redact"] and values["include_confidential"]:
            raise click.UsageError("Choose one of --redact, --include-confidential.")
        if form in BINARY and output is None:
            raise click.UsageError(f"--{form} needs --output FILE.")
        shared = Shared(
            form=form,
            output=output,
            limit=values.pop("limit") or None,
            lang=values.pop("lang"),
            quiet=values.pop("quiet"),
            store=values.pop("store"),
            layers=tuple(values.pop("layer")),
            redact=values.pop("redact"),
            include_confidential=values.pop("include_confidential"),
        )
        return command(shared, *args, **values)

    for option in reversed(_SHARED):
        with_shared = option(with_shared)
    return with_shared


def _form_of(output: Path | None) -> str | None:
    """The format that a file name asks for."""
    if output is None:
        return None
    form = output.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise click.UsageError(
            f"--output {output.name}: name the file .json, .csv, .parquet or .xlsx, or add --json, --csv, --parquet, "
            "--xlsx or --iamc."
        )
    return form


_FOLDER = click.Path(file_okay=False, path_type=Path)
_PATH = click.Path(path_type=Path)


def lang_option(says: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """The option of the language."""
    choice = click.Choice(["en", "ja"])
    return click.option("--lang", type=choice, default="en", show_default=True, envvar="DIDYMIUM_LANG", help=says)


_SHARED = (
    click.option("--json", "as_json", is_flag=True, help="One JSON object with all rows and tables."),
    click.option("--csv", "as_csv", is_flag=True, help="The rows as CSV, UTF-8."),
    click.option("--parquet", "as_parquet", is_flag=True, help="The rows as Parquet; needs --output."),
    click.option("--xlsx", "as_xlsx", is_flag=True, help="The rows as an Excel workbook; needs --output."),
    click.option("--iamc", "as_iamc", is_flag=True, help="The numbers in the long format of the IAMC, as CSV."),
    click.option("-o", "--output", type=_PATH, metavar="FILE", help="Write to a file instead of the terminal."),
    click.option(
        "--rows",
        "limit",
        type=click.IntRange(0),
        default=40,
        metavar="N",
        help="How many rows people see; 0 for all. Programs get all.  [default: 40]",
    ),
    lang_option("Language of what people read."),
    click.option("-q", "--quiet", is_flag=True, help="No progress bar, no hints."),
    click.option(
        "--store",
        type=_FOLDER,
        metavar="DIR",
        envvar="DIDYMIUM_STORE",
        help="Folder for runs and caches. Default: the user's data folder.",
    ),
    click.option(
        "--layer",
        type=_PATH,
        metavar="PATH",
        multiple=True,
        help="A folder of CSV files or a workbook whose rows override the shipped data. Repeatable; later ones win.",
    ),
    click.option("--redact", is_flag=True, help="Show figures of confidential layers by their class alone."),
    click.option(
        "--include-confidential",
        is_flag=True,
        help="Let figures of confidential layers into what is made to be handed on (briefs, exports).",
    ),
    debug_option,
)
