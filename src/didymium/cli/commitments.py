"""`didymium commitments`: the ledger of promises, reminders from it, and the journal of what users say of promises."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from didymium.cli.asking import command_of
from didymium.cli.options import Group, Shared, shared_options
from didymium.cli.reminding import asked_options, remind, reminder_options
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.params import IsoDate
from didymium.schema.faults import visible

if TYPE_CHECKING:
    from didymium.data.chained import Draft
    from didymium.schema.workbook import Sheet

R = TypeVar("R")

_PATH = click.Path(path_type=Path, dir_okay=False)
_journal_option = click.option(
    "--journal",
    type=_PATH,
    metavar="FILE",
    envvar="DIDYMIUM_JOURNAL",
    help="The journal of promises. Default: commitments.jsonl in the user's data folder.",
)
_ledger = command_of(QUESTIONS["commitments"])


@click.pass_context
def _asked(ctx: click.Context, /, journal: Path | None, **values: Any) -> Any:
    if ctx.invoked_subcommand:
        return None
    if journal is not None:
        values["layer"] = (*values["layer"], journal)
    return ctx.invoke(_ledger, **values)


commitments = Group(
    "commitments",
    params=[
        *_ledger.params,
        click.Option(
            ["--journal"],
            type=_PATH,
            metavar="FILE",
            help="A journal of promises, see `commitments update`: the answer counts what it says.",
        ),
    ],
    callback=_asked,
    help=_ledger.help,
    invoke_without_command=True,
)
for _name in ("coverage", "worth"):
    commitments.add_command(command_of(QUESTIONS[f"commitments {_name}"]))


def _said_by(command: Callable[..., R]) -> Callable[..., R]:
    """The options of whoever writes in the journal."""
    for option in reversed(
        (
            click.option("--status", metavar="STATUS", help="open, unknown, partly, met or missed."),
            click.option("--evidence", metavar="URL|ID", help="What shows it: an address or a source id."),
            click.option(
                "--evidence-date",
                "last_evidence_date",
                type=IsoDate(),
                metavar="DATE",
                help="Its date.  [default: today]",
            ),
            click.option("--done", "done_date", type=IsoDate(), metavar="DATE", help="The day on which it was met."),
            click.option("--due", "due_date", metavar="DATE", help="The due date as the text gives it."),
            click.option("--counted-from", "counted_from_date", metavar="DATE", help="Where the term starts."),
            click.option("--term", type=click.IntRange(0), metavar="N", help="Length of the term."),
            click.option("--term-unit", metavar="UNIT", help="days, business_days, months, years or to_period_end."),
            click.option(
                "--other-from",
                "other_counted_from_date",
                metavar="DATE",
                help="The start by the date of another place.",
            ),
            click.option("--other-place", metavar="PLACE", help="That place."),
            click.option(
                "--legal-force", metavar="FORCE", help="political, agreement, contract, domestic_law, not_in_force."
            ),
            click.option("--clause", metavar="F-NN", help="Clause of the US–Japan framework."),
            click.option("--clause-relation", metavar="RELATION", help="text or follow_up."),
            click.option("--note", "notes", metavar="TEXT", help="What else should be known."),
            click.option("--who", metavar="NAME", envvar="DIDYMIUM_WHO", help="Who says so."),
            click.option("--why", metavar="TEXT", help="Why it is written."),
            _journal_option,
        )
    ):
        command = option(command)
    return command


@commitments.command(name="add")
@click.argument("commitment_id", metavar="ID")
@click.option("--agreement", "agreement_id", required=True, metavar="ID", help="The agreement it stands in.")
@click.option("--promised-by", "parties", required=True, metavar="USA;JPN", help="Who promised.")
@click.option("--kind", required=True, metavar="KIND", help="finance, trade, governance, stockpile, offtake …")
@click.option("--what", "summary", required=True, metavar="TEXT", help="What was promised.")
@click.option("--quantity", metavar="N", help="Amount promised.")
@click.option("--unit", metavar="TEXT", help="Its unit, in the text's words.")
@click.option("--source", "source_id", required=True, metavar="URL|ID", help="Where the promise can be read.")
@_said_by
@shared_options
def add(
    shared: Shared, commitment_id: str, journal: Path | None, who: str | None, why: str | None, **set_to: Any
) -> None:
    """Write a new promise in the journal."""
    fields = {"status": "open", "confidence": "medium", "due_basis": "no deadline in the text"} | _given(set_to)
    _write(shared, journal, [_draft("add", commitment_id, fields, who, why)])


@commitments.command(name="update")
@click.argument("commitment_id", metavar="[ID]", required=False)
@click.option("--from", "book", type=_PATH, metavar="BOOK.xlsx", help="Lines of a workbook instead: a row for each.")
@click.option("--superseded-by", metavar="ID", help="The promise that takes its place.")
@_said_by
@shared_options
def update(
    shared: Shared,
    commitment_id: str | None,
    book: Path | None,
    journal: Path | None,
    who: str | None,
    why: str | None,
    **set_to: Any,
) -> None:
    """Write in the journal what became of a promise; the lines before stay.

    A workbook has the columns commitment_id, who and why, and one for each thing to set: status, evidence,
    last_evidence_date, due_date, notes … A column action may say add.
    """
    fields = _given(set_to)
    if (book is None) == (commitment_id is None) or (book is not None and fields):
        raise click.UsageError("Name a promise and what to set, or --from BOOK.xlsx.")
    if book is not None:
        drafts = _drafts_of(book, who, why)
    else:
        action = "supersede" if "superseded_by" in fields else "update"
        drafts = [_draft(action, str(commitment_id), fields, who, why)]
    _write(shared, journal, drafts)


def _given(set_to: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in set_to.items() if value is not None}


def _draft(action: str, name: str, fields: Mapping[str, str], who: str | None, why: str | None) -> Draft:
    """A line to write; a due date is counted from the term, and evidence without a date was seen today."""
    from didymium.data.chained import Draft
    from didymium.model.calendar import due_date

    found = dict(fields)
    if found.get("counted_from_date"):
        term = found.setdefault("term", "0")
        unit = found.setdefault("term_unit", "to_period_end")
        if not term.isdigit():
            raise click.UsageError(f"{name}: the term '{term}' is not a whole number.")
        found.setdefault("due_kind", "by")
        found["due_date"] = due_date(found["counted_from_date"], int(term), unit).isoformat()
        found["due_basis"] = f"{found['counted_from_date']} + {term} {unit.replace('_', ' ')}"
    elif found.get("due_date"):
        found["due_basis"] = "date given"
    if found.get("evidence"):
        found.setdefault("last_evidence_date", datetime.datetime.now().astimezone().date().isoformat())
    return Draft(action, name, found, who or "", why or "")


def _drafts_of(book: Path, who: str | None, why: str | None) -> list[Draft]:
    """The rows of the one sheet of a workbook, below its header."""
    from didymium.data.journal import FIELDS
    from didymium.errors import BadInput
    from didymium.schema.workbook import read_workbook

    sheets = [sheet for sheet in read_workbook(book) if not sheet.hidden and sheet.cells]
    if len(sheets) != 1:
        told = ", ".join(sheet.name for sheet in sheets) or "none"
        what = f"one sheet that holds something and can be seen is expected; there are: {told}."
        raise BadInput(what, where=book.name, cure="Keep one sheet.")
    sheet = sheets[0]
    place = f"{book.name} sheet {sheet.name}"
    header = {column: sheet.text(1, column).strip() for column in range(1, sheet.last_column + 1)}
    _check_columns(header, ("commitment_id", "action", "who", "why", *FIELDS), place)
    drafts = []
    for number in range(2, sheet.last_row + 1):
        row = {}
        for column, name in header.items():
            text = _plain_text(sheet, number, column, f"{place} row {number}, column {name}")
            if text and not name:
                what = f"{visible(text)} stands outside of the columns."
                raise BadInput(what, where=f"{place} row {number}", cure="Name its column, or delete it.")
            if text:
                row[name] = text
        if not row:
            continue
        name = row.pop("commitment_id", "")
        action = row.pop("action", "supersede" if "superseded_by" in row else "update")
        teller, reason = row.pop("who", who), row.pop("why", why)
        if not (name and teller and reason):
            raise BadInput(
                "commitment_id, who and why are needed.",
                where=f"{place} row {number}",
                cure="Fill them, or give --who and --why for all rows.",
            )
        drafts.append(_draft(action, name, row, teller, reason))
    if not drafts:
        raise BadInput("the sheet holds no row.", where=place, cure="Fill it first.")
    return drafts


def _check_columns(header: Mapping[int, str], known: Sequence[str], place: str) -> None:
    """Raise BadInput unless each column is known and stands once."""
    from didymium.errors import BadInput

    named = [name for name in header.values() if name]
    for name in named:
        if name not in known:
            what = f"column {visible(name)} is not known."
            raise BadInput(what, where=f"{place} row 1", cure=f"Columns are: {', '.join(known)}.")
        if named.count(name) > 1:
            raise BadInput(f"column {visible(name)} stands twice.", where=f"{place} row 1", cure="Keep one.")
    if "commitment_id" not in named:
        what = "column commitment_id is missing."
        raise BadInput(what, where=f"{place} row 1", cure="Expected the names of the columns in row 1.")


def _plain_text(sheet: Sheet, row: int, column: int, where: str) -> str:
    """The text of a cell that holds what it shows. Raises BadInput for a formula, an error value or TRUE."""
    from didymium.errors import BadInput

    cell = sheet.cells.get((row, column))
    if cell is None:
        return ""
    if cell.kind in ("formula", "error", "flag"):
        what = f"the cell holds a value that was worked out ({visible(cell.text)}): {cell.kind}."
        raise BadInput(what, where=where, cure="Type the text or number that is meant.")
    return cell.text.strip()


def _write(shared: Shared, journal: Path | None, drafts: list[Draft]) -> None:
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.data.journaling import record
    from didymium.i18n import translator

    path = journal or shared.journal
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    rows = [
        {
            "line": entry.line,
            "at": entry.at,
            "who": entry.draft.who,
            "action": entry.draft.action,
            "commitment_id": entry.subject,
            "fields": [f"{name}={value}" for name, value in entry.draft.fields.items()],
            "why": entry.draft.why,
            "hash": entry.hash,
        }
        for entry in record(path, drafts, at=at)
    ]
    if shared.form is not None:
        write(shared, whole={"journal": str(path), "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    columns = ("line", "who", "action", "commitment_id", "fields")
    note = t("Written in {path}. Last hash: {hash}", path=str(path), hash=str(rows[-1]["hash"]))
    show_table(sheet(rows, columns, t), shared, notes=[note], then=f"didymium commitments --journal {path}")


@commitments.command(name="history")
@click.argument("commitment_id", metavar="ID")
@_journal_option
@shared_options
def history(shared: Shared, commitment_id: str, journal: Path | None) -> None:
    """What the journal says of a promise: each change with before and after, who, when and why."""
    from didymium.cli.output import show_table, write
    from didymium.cli.sheet import sheet
    from didymium.data.journal import changes
    from didymium.data.journal_file import load
    from didymium.data.journaling import shipped
    from didymium.errors import UnknownTerm
    from didymium.i18n import translator

    path = journal or shared.journal
    entries = load(path)
    below = shipped()
    known = {str(row["commitment_id"]) for row in below["commitments"]} | {e.subject for e in entries}
    if commitment_id not in known:
        raise UnknownTerm("commitment", commitment_id, known, cure="See all: didymium commitments --rows 0.")
    rows = list(changes(entries, commitment_id, below))
    if shared.form is not None:
        write(shared, whole={"journal": str(path), "commitment_id": commitment_id, "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    columns = ("line", "at", "who", "action", "field", "before", "after", "why")
    notes = [t("Journal: {path}, {n} lines, all sound", path=str(path), n=t.count(len(entries)))]
    then = f"didymium data explain commitments {commitment_id}"
    show_table(sheet(rows, columns, t) if rows else None, shared, notes=notes, then=then)


@commitments.command(name="verify")
@click.option("--expect", metavar="HASH", help="The last hash as somebody noted it: finds lines cut off at the end.")
@_journal_option
@shared_options
def verify(shared: Shared, journal: Path | None, expect: str | None) -> int:
    """Compute the chain of the journal again; exit with 2 and the number of a line that was changed."""
    from didymium.cli.output import write
    from didymium.data.chained import START
    from didymium.data.journal_file import load, unfinished
    from didymium.i18n import translator

    path = journal or shared.journal
    entries, left = load(path), unfinished(path)
    last = entries[-1].hash if entries else START
    is_expected = expect is None or any(entry.hash == expect for entry in entries)
    row = {"journal": str(path), "lines": len(entries), "last_hash": last, "is_expected": is_expected}
    row |= {"unfinished_bytes": left}
    if shared.form is not None:
        write(shared, whole=row, rows=[row])
        return 0 if is_expected else 1
    t = translator(shared.lang)
    click.echo(t("Journal: {path}, {n} lines, all sound", path=str(path), n=t.count(len(entries))))
    click.echo(t("Last hash: {hash}", hash=last))
    if left:
        click.echo(t("{n} bytes after it do not count: a writer is at work, or died there.", n=t.count(left)))
    if not is_expected:
        click.echo(t("No line has the hash {hash}: lines were cut off, or this is another journal.", hash=str(expect)))
    return 0 if is_expected else 1


@commitments.command(name="ical")
@reminder_options
@click.option("--journal", type=_PATH, metavar="FILE", help="A journal of promises that the calendar shall count.")
def ical(journal: Path | None, layers: tuple[Path, ...], **values: Any) -> None:
    """Write the due dates as reminders for a calendar (iCalendar), 30 and 7 days ahead and on the day."""
    from didymium.brief.reminders import calendar_bytes, reminded

    counted = layers if journal is None else (*layers, journal)
    remind("commitments", calendar_bytes, reminded, layers=counted, **values)


asked_options(ical)
