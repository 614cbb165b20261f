"""The routes of the app, and what its pages share: data, store, jobs, languages."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.app.fields import Asked
from didymium.app.guard import Guard
from didymium.app.jobs import Jobs, Progress
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS, Question
from didymium.results import ChunkStore, Result, RunStore, canonical_json

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from didymium.data import Dataset

NOT_SHOWN = ("brief",)
"""Questions that have no page of their own."""


@dataclass(slots=True)
class Site:
    """One server's state. `token` has to come with every change: no other site can read it."""

    ds: Dataset
    store: Path
    layers: tuple[Path, ...] = ()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    jobs: Jobs = field(init=False)
    runs: RunStore = field(init=False)
    known: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.runs = RunStore(self.store / "runs")
        self.runs.prepare()
        self.jobs = Jobs(self.store / "jobs", self.work)

    def key(self, asked: Asked) -> str:
        """Name of what is asked: question, parameters, data and version decide it."""
        from didymium import __version__

        what = [asked.question.command, asked.params, str(self.ds.describe()["id"]), __version__]
        return hashlib.sha256(canonical_json(what).encode()).hexdigest()[:16]

    def work(self, command: str, params: Mapping[str, Any], progress: Progress) -> str:
        """Answer a question, keep the run, and return its id."""
        question = QUESTIONS[command]
        chunks = ChunkStore(self.store / "ensembles")
        result = answering.answer(question, self.ds, params, progress, chunks=chunks)
        answering.keep(result, question, params, store=self.runs, ds=self.ds, layers=self.layers)
        chunks.discard()
        return result.run_id

    def answered(self, asked: Asked) -> Result | None:
        """The answer, if it is at hand or quick to find; None if it needs a job."""
        key = self.key(asked)
        if key not in self.known:
            job = self.jobs.find(key)
            if job is not None and job.state == "done" and (self.runs.path / job.run_id).is_dir():
                self.known[key] = job.run_id
            elif asked.question.slow:
                return None
            else:
                self.known[key] = self.work(asked.question.command, asked.params, lambda done, of: None)
        return self.loaded(self.known[key])

    def loaded(self, run_id: str) -> Result:
        """A kept run. Raises NotFound."""
        return _loaded(self.runs, run_id)

    def question(self, name: str) -> Question | None:
        """The question of an address: `measures-floor` is `measures floor`."""
        return next((q for q in self.questions() if address(q) == name), None)

    def questions(self) -> list[Question]:
        """Questions that have a page, in the order of the catalogue."""
        return [q for q in QUESTIONS.values() if q.command not in NOT_SHOWN]


@lru_cache(maxsize=64)
def _loaded(runs: RunStore, run_id: str) -> Result:
    return runs.load(run_id)


def address(question: Question) -> str:
    """The name of a question in an address."""
    return question.command.replace(" ", "-")


def create(
    ds: Dataset, store: Path, *, hosts: tuple[str, ...], layers: tuple[Path, ...] = (), token: str | None = None
) -> ASGIApp:
    """The app over a dataset and a store, for requests to one of `hosts` (with port, as a browser writes it)."""
    site = Site(ds, store, layers) if token is None else Site(ds, store, layers, token)
    return Guard(_routes(site), frozenset(hosts))


def _routes(site: Site) -> Starlette:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from didymium.app import chain, gap_page, pages, projects, situation

    routes = [
        Route("/", situation.page),
        Route("/situation.{form}", situation.twin),
        Route("/ask/{name}/figure-{number:int}.svg", pages.figure),
        Route("/ask/{name}.{form}", pages.twin),
        Route("/ask/{name}", pages.ask),
        Route("/chain", chain.page),
        Route("/projects", projects.page),
        Route("/projects/map.svg", projects.figure),
        Route("/projects.{form}", projects.twin),
        Route("/projects/{project}.{form}", projects.one_twin),
        Route("/projects/{project}", projects.one),
        Route("/gaps", gap_page.page),
        Route("/gaps/ledger.svg", gap_page.figure),
        Route("/gaps.{form}", gap_page.twin),
        Route("/chain/{name}.svg", chain.figure),
        Route("/chain.{form}", chain.twin),
        Route("/jobs", pages.begin, methods=["POST"]),
        Route("/jobs", pages.jobs),
        Route("/jobs/{key}", pages.job),
        Route("/jobs/{key}/cancel", pages.cancel, methods=["POST"]),
        Route("/runs", pages.runs),
        Route("/runs/{run_id}.json", pages.run_json),
        Route("/explain/{run_id}", pages.explain),
        Route("/data", pages.data_tables),
        Route("/data/{table}.{form}", pages.table_twin),
        Route("/data/{table}", pages.table),
        Route("/openapi.json", pages.openapi),
        Route("/static/{name}", pages.static),
    ]
    app = Starlette(routes=routes, exception_handlers={404: pages.missing, Exception: pages.broken})
    app.state.site = site
    return app
