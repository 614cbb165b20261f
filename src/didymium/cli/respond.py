"""`didymium respond`: the answer to an event, the log of actions that two ministries share, and both in one pack."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from didymium.cli.asking import command_of
from didymium.cli.options import Group, Shared, shared_options
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.params import PARAMS, IsoDate

R = TypeVar("R")

_PATH = click.Path(path_type=Path, dir_okay=False)
_log_option = click.option(
    "--log",
    "path",
    type=_PATH,
    metavar="FILE",
    envvar="DIDYMIUM_ACTIONS",
    help="The log of actions. Default: actions.jsonl in the user's data folder.",
)
_answer = command_of(QUESTIONS["respond"])


@click.pass_context
def _asked(ctx: click.Context, /, **values: Any) -> Any:
    return None if ctx.invoked_subcommand else ctx.invoke(_answer, **values)


respond = Group(
    "respond",
    params=_answer.params,
    callback=_asked,
    help=_answer.help,
    invoke_without_command=True,
)


@respond.group(name="log")
def log() -> None:
    """The log of actions: who does what by when, signed off by both sides; lines are chained and only added."""


def _written(command: Callable[..., R]) -> Callable[..., R]:
    """The options of whoever writes in the log."""
    for option in (
        _log_option,
        click.option("--why", metavar="TEXT", required=True, help="Why it is written."),
        click.option("--who", metavar="NAME", required=True, envvar="DIDYMIUM_WHO", help="Who writes it."),
    ):
        command = option(command)
    return command


@log.command(name="add")
@click.argument("action_id", metavar="ID")
@click.option("--what", required=True, metavar="TEXT", help="What is to be done.")
@click.option("--option", metavar="OPTION", help="The option of the answer that it carries out: release, swing …")
@click.option("--needs", default="USA;JPN", show_default=True, metavar="USA;JPN", help="Whose sign-off it needs.")
@click.option("--owner", metavar="NAME", help="Who does it.")
@click.option("--party", metavar="USA", help="For which party.")
@click.option("--due", "due_date", type=IsoDate(), metavar="DATE", help="By when.")
@click.option("--run", "run_id", metavar="RUN", help="The answer that it rests on.")
@_written
@shared_options
def add(shared: Shared, action_id: str, path: Path | None, who: str, why: str, **fields: Any) -> None:
    """Write a new action."""
    _write(shared, path, "add", action_id, fields, who, why)


@log.command(name="assign")
@click.argument("action_id", metavar="ID")
@click.option("--owner", required=True, metavar="NAME", help="Who does it.")
@click.option("--party", required=True, metavar="USA", help="For which party.")
@click.option("--due", "due_date", type=IsoDate(), metavar="DATE", help="By when.")
@_written
@shared_options
def assign(shared: Shared, action_id: str, path: Path | None, who: str, why: str, **fields: Any) -> None:
    """Say who does an action; what was signed before is to be signed again."""
    _write(shared, path, "assign", action_id, fields, who, why)


@log.command(name="update")
@click.argument("action_id", metavar="ID")
@click.option("--what", metavar="TEXT", help="What is to be done.")
@click.option("--state", metavar="STATE", help="open, under_way, done or dropped.")
@click.option("--due", "due_date", type=IsoDate(), metavar="DATE", help="By when.")
@click.option("--note", metavar="TEXT", help="What else should be known.")
@_written
@shared_options
def update(shared: Shared, action_id: str, path: Path | None, who: str, why: str, **fields: Any) -> None:
    """Write what became of an action; what was signed before is to be signed again."""
    _write(shared, path, "update", action_id, fields, who, why)


@log.command(name="sign")
@click.argument("action_id", metavar="ID")
@click.option("--party", required=True, metavar="USA", help="For which party.")
@_written
@shared_options
def sign(shared: Shared, action_id: str, path: Path | None, who: str, why: str, party: str) -> None:
    """Sign an action off, as it stands, for a party; one person signs for one party."""
    _write(shared, path, "sign", action_id, {"party": party}, who, why)


@log.command(name="show")
@_log_option
@shared_options
def show(shared: Shared, path: Path | None) -> None:
    """The actions as they stand, and whose sign-off is missing."""
    from didymium.data.action_log import read_log, rows

    where = path or shared.actions
    entries = read_log(where)
    columns = ("action_id", "what", "owner", "party", "due_date", "state", "signed_by", "missing")
    _tell(shared, where, rows(entries), columns, len(entries), then="didymium respond log history")


@log.command(name="history")
@click.argument("action_id", metavar="[ID]", required=False)
@_log_option
@shared_options
def history(shared: Shared, action_id: str | None, path: Path | None) -> None:
    """Every line, or those of one action: who wrote what, when and why."""
    from didymium.data import action_log
    from didymium.errors import UnknownTerm

    where = path or shared.actions
    entries = action_log.read_log(where)
    known = {entry.subject for entry in entries}
    if action_id is not None and action_id not in known:
        raise UnknownTerm("action", action_id, known, cure="See all: didymium respond log show.")
    rows = list(action_log.history(entries, action_id or ""))
    columns = ("line", "at", "who", "step", "action_id", "fields", "why")
    _tell(shared, where, rows, columns, len(entries), then="didymium respond log verify")


@log.command(name="verify")
@click.option("--expect", metavar="HASH", help="The last hash as somebody noted it: finds lines cut off at the end.")
@_log_option
@shared_options
def verify(shared: Shared, path: Path | None, expect: str | None) -> int:
    """Compute the chain of the log again; exit with 2 and the number of a line that was changed."""
    from didymium.cli.output import write
    from didymium.data.action_log import read_log
    from didymium.data.chained import START
    from didymium.i18n import translator

    where = path or shared.actions
    entries = read_log(where)
    last = entries[-1].hash if entries else START
    is_expected = expect is None or any(entry.hash == expect for entry in entries)
    row = {"log": str(where), "lines": len(entries), "last_hash": last, "is_expected": is_expected}
    if shared.form is not None:
        write(shared, whole=row, rows=[row])
        return 0 if is_expected else 1
    t = translator(shared.lang)
    click.echo(t("Log: {path}, {n} lines, all sound", path=str(where), n=t.count(len(entries))))
    click.echo(t("Last hash: {hash}", hash=last))
    if not is_expected:
        click.echo(t("No line has the hash {hash}: lines were cut off, or this is another log.", hash=str(expect)))
    return 0 if is_expected else 1


@log.command(name="take")
@click.argument("other", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE")
@_log_option
@shared_options
def take(shared: Shared, other: Path, path: Path | None) -> None:
    """Take over the lines by which another copy of the log goes on from this one; refused where the copies parted."""
    from didymium.data import action_log

    where = path or shared.actions
    taken = action_log.take(where, other)
    columns = ("line", "at", "who", "step", "action_id", "fields", "why")
    _tell(shared, where, list(action_log.history(taken)), columns, len(action_log.read_log(where)))


def _write(
    shared: Shared, path: Path | None, step: str, action_id: str, fields: Mapping[str, Any], who: str, why: str
) -> None:
    from didymium.data import action_log
    from didymium.data.chained import Draft

    where = path or shared.actions
    given = {name: str(value) for name, value in fields.items() if value is not None}
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    made = action_log.record(where, [Draft(step, action_id, given, who, why)], at=at)
    columns = ("line", "who", "step", "action_id", "fields", "why")
    then = f"didymium respond log show --log {where}"
    _tell(shared, where, list(action_log.history(made)), columns, made[-1].line, then=then)


def _tell(
    shared: Shared, path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...], lines: int, *, then: str = ""
) -> None:
    """Rows of the log in the form that was asked for."""
    from didymium.cli.output import show_table, write
    from didymium.cli.respond_pack import LOG_WORDS
    from didymium.cli.sheet import sheet
    from didymium.i18n import translator

    if shared.form is not None:
        write(shared, whole={"log": str(path), "rows": rows}, rows=rows)
        return
    t = translator(shared.lang)
    notes = [t("Log: {path}, {n} lines, all sound", path=str(path), n=t.count(lines))]
    show_table(sheet(rows, columns, t, LOG_WORDS) if rows else None, shared, notes=notes, then=then)


def _pack(shared: Shared, folder: Path, path: Path | None, **params: Any) -> None:
    """The answer to an event and the log of actions in one pack: HTML, PDF, Excel and JSON."""
    from didymium.cli import asking
    from didymium.cli.output import console, into_place
    from didymium.cli.progress import progress_bar
    from didymium.cli.respond_pack import pack
    from didymium.data import action_log
    from didymium.i18n import translator
    from didymium.questions import answering

    question = QUESTIONS["respond"]
    store = asking.opened_store(shared)
    ds = asking.handed_on(shared)
    with progress_bar(question.command, quiet=shared.quiet) as progress:
        result = answering.answer(question, ds, params, progress)
    redact = not shared.include_confidential and bool(ds.visible("confidential"))
    answering.keep(result, question, params, store=store, ds=ds, layers=shared.layers, redact=redact)
    entries = action_log.read_log(path or shared.actions)
    lines = list(action_log.history(entries))
    files = pack(result, action_log.rows(entries), lines, dataset=ds, lang=shared.lang)
    into_place({folder / name: body for name, body in files.items()}, folder=folder)
    out = console(width=100)
    for name, body in files.items():
        out.print(f"{folder / name}  {len(body) / 1e6:.1f} MB", soft_wrap=True)
    if not shared.quiet:
        t = translator(shared.lang)
        out.print(t("Next: {command}", command=f"didymium runs show {result.run_id}"), soft_wrap=True)


def _pack_command() -> click.Command:
    command = click.command(name="pack")(_log_option(shared_options(_pack)))
    folder = click.Option(
        ["-o", "--output", "folder"],
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        default=Path(),
        help="Folder for respond.html, respond.pdf, respond.xlsx and respond.json. Default: here.",
    )
    own = [PARAMS[name].option(name) for name in QUESTIONS["respond"].params]
    command.params = [*own, folder, *(param for param in command.params if param.name != "output")]
    return command


respond.add_command(_pack_command())
