"""`didymium brief`: all questions for a pair of parties, and one cited document of the answers."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didymium.cli import asking
from didymium.cli.options import Shared, shared_options
from didymium.cli.progress import Progress, progress_bar, silent
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.params import PARAMS
from didymium.questions.question import Question

if TYPE_CHECKING:
    from didymium.brief import Brief
    from didymium.data import Dataset
    from didymium.results import Result

ASKED = ("exposure", "stress", "gaps", "projects", "finance", "commitments", "measures", "data reconcile")
"""The questions of a brief, in the order of its pages. Stress is asked once for each scenario."""

AT_A_TIME = 2  # questions

FILES = ("brief.html", "brief.pdf", "brief.xlsx")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the brief with its answer."""

    question: Question
    params: Mapping[str, Any]
    result: Result


@dataclass(frozen=True, slots=True)
class Composed:
    """A brief with the answers that it rests on, its three files, and the record of them that is kept as a run."""

    brief: Brief
    asked: tuple[Asked, ...]
    files: Mapping[str, bytes]
    record: Result


def _brief(
    shared: Shared, folder: Path, as_of: str, parties: list[str], seed: int, scenarios: list[dict[str, Any]]
) -> None:
    """Answer all questions for the parties and write one cited document: HTML, PDF and Excel."""
    from didymium.cli.output import console, into_place, write

    store = asking.opened_store(shared)
    ds = asking.handed_on(shared)
    params = {"as_of": as_of, "parties": parties, "seed": seed, "scenarios": scenarios, "lang": shared.lang}
    made = compose(ds, params, quiet=shared.quiet)
    own, tables = QUESTIONS["brief"], answering.table_hashes(ds)
    for one in (*made.asked, Asked(own, params, made.record)):
        redact = not shared.include_confidential and bool(ds.visible("confidential"))
        call = (one.result, one.question, one.params)
        answering.keep(*call, store=store, ds=ds, layers=shared.layers, redact=redact, tables=tables)
    into_place({folder / name: body for name, body in made.files.items()}, folder=folder)
    if shared.form is not None:
        write(shared, whole=made.record.as_dict(), rows=made.record.rows)
        return
    from didymium.brief import render_terminal

    out = console(width=100)
    out.print(render_terminal(made.brief))
    for name, body in made.files.items():
        out.print(f"{folder / name}  {len(body) / 1e6:.1f} MB", soft_wrap=True)
    if not shared.quiet:
        t = made.brief.words
        out.print(t("Next: {command}", command=f"didymium runs show {made.record.run_id}"), soft_wrap=True)


def answered(
    ds: Dataset,
    *,
    as_of: datetime.date,
    parties: Sequence[str],
    seed: int,
    scenarios: list[dict[str, Any]],
    lang: str,
    progress: Progress = silent,
) -> Result:
    """The record of a brief, asked again: the runs it rests on and the hashes of its files."""
    params = {"as_of": as_of.isoformat(), "parties": list(parties), "seed": seed, "scenarios": scenarios, "lang": lang}
    return compose(ds, params, quiet=True).record


def compose(ds: Dataset, params: Mapping[str, Any], *, quiet: bool) -> Composed:
    """Ask all questions and write the brief. `params` are in their kept form; nothing is kept or written here."""
    from didymium.brief import build, render_html, render_pdf, render_xlsx

    with progress_bar("questions", quiet=quiet) as progress:
        asked = _asked(ds, _questions(params, ds), progress)
    results: dict[str, list[Result]] = {}
    for done in asked:
        results.setdefault(done.result.command, []).append(done.result)
    with progress_bar("brief", quiet=quiet) as progress:
        brief = build(
            results,
            dataset=ds,
            parties=params["parties"],
            as_of=datetime.date.fromisoformat(params["as_of"]),
            lang=params["lang"],
            limits=_limits(ds, params["lang"]),
        )
        files: dict[str, bytes] = {}
        for number, name in enumerate(FILES):
            progress(number, len(FILES))
            kind = name.rpartition(".")[2]
            if kind == "html":
                files[name] = render_html(brief).encode("utf-8")
            else:
                files[name] = render_pdf(brief) if kind == "pdf" else render_xlsx(brief)
    return Composed(brief, tuple(asked), files, _record(ds, params, asked, brief, files))


def _asked(ds: Dataset, questions: Sequence[tuple[Question, dict[str, Any]]], progress: Progress) -> list[Asked]:
    """The answers, in the order of the questions. Two are worked on at a time, the longest first.

    No answer depends on another, nor on how many work: the solver and numpy leave Python's lock while they run.
    """
    from concurrent.futures import ThreadPoolExecutor

    parts = [0.0] * len(questions)

    def report(number: int) -> Progress:
        def told(done: int, of: int) -> None:
            parts[number] = done / max(of, 1)
            progress(round(1000 * sum(parts)), 1000 * len(parts))

        return told

    def one(number: int) -> Result:
        question, own = questions[number]
        found = answering.answer(question, ds, own, report(number))
        report(number)(1, 1)
        return found

    order = sorted(range(len(questions)), key=lambda n: (not questions[n][0].slow, n))
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        futures = {number: pool.submit(one, number) for number in order}
        try:
            answers = [futures[number].result() for number in range(len(questions))]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [Asked(question, own, found) for (question, own), found in zip(questions, answers, strict=True)]


def _limits(ds: Dataset, lang: str) -> list[str]:
    """What the model leaves out, in the words of the table `sentences`."""
    text = "text_ja" if lang == "ja" else "text"
    return [str(row[text]) for row in ds.rows("sentences") if row["sentence_id"].startswith("brief.limit.")]


_DRAWS = (16, 8)  # behind the bands of the first scenario, and of each other


def _questions(params: Mapping[str, Any], ds: Dataset) -> list[tuple[Question, dict[str, Any]]]:
    """Each question of the brief with its own parameters: those of the brief, else the question's defaults."""
    found = []
    for command in ASKED:
        if command not in QUESTIONS:
            continue
        question = QUESTIONS[command]
        own = {name: params[name] if name in params else PARAMS[name].kept_default() for name in question.params}
        if command == "finance":
            # The projects of the ledger alone, with as many draws as the table of all: the same numbers in both.
            own |= {"projects": _ledger_projects(ds)}
        if "scenario" in own:
            # Which assumptions matter is asked of the first scenario alone: it takes more solves than all the rest.
            # The figures set two kinds of foresight side by side; the band stands beside the one without foresight.
            # Half a minute is too short for many draws: most go to the first scenario.
            sights = {"foresight": "both", "draw_foresight": "myopic", "workers": 1}
            found += [
                (question, {**own, "scenario": scenario, "drivers": number == 0, "draws": _DRAWS[number > 0], **sights})
                for number, scenario in enumerate(params["scenarios"])
            ]
        else:
            found.append((question, own))
    return found


def _ledger_projects(ds: Dataset) -> list[str]:
    """Projects that add supply to the gap ledger."""
    from didymium.scenario.chain import magnet_chain
    from didymium.studies.gap_supply import BASE_YEAR, additions

    return sorted({a.project_id for a in additions(ds, magnet_chain(ds, BASE_YEAR))})


def _record(
    ds: Dataset, params: Mapping[str, Any], asked: Sequence[Asked], brief: Brief, files: Mapping[str, bytes]
) -> Result:
    from didymium import __version__
    from didymium.results import Result

    return Result.of(
        "brief",
        request={**params, "runs": [one.result.run_id for one in asked]},
        dataset=ds.describe(),
        code_version=__version__,
        rows=[
            {
                "command": one.question.command,
                "scenario": one.params["scenario"]["id"] if "scenario" in one.params else None,
                "run_id": one.result.run_id,
                "rows": len(one.result.rows),
                "warnings": len(one.result.warnings),
                "source_ids": list(one.result.source_ids),
            }
            for one in asked
        ],
        tables={
            "files": [
                {"file": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
                for name, body in files.items()
            ]
        },
        warnings=brief.warnings,
        assumptions=[a for one in asked for a in one.result.assumptions],
        source_ids=[source.id for source in brief.sources],
    )


def _command() -> click.Command:
    command = click.command(name="brief")(shared_options(_brief))
    folder = click.Option(
        ["-o", "--output", "folder"],
        type=click.Path(file_okay=False, path_type=Path),
        metavar="DIR",
        default=Path(),
        help=f"Folder for {', '.join(FILES)}. Default: here.",
    )
    own = [PARAMS[name].option(name) for name in QUESTIONS["brief"].params if name != "lang"]
    command.params = [*own, folder, *(param for param in command.params if param.name != "output")]
    return command


brief = _command()
