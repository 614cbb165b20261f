"""The routes of the app, and what its pages share: data, store, jobs, languages."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didymium.app import fields, uploads
from didymium.app.fields import Asked
from didymium.app.guard import Guard
from didymium.app.jobs import Jobs, Progress
from didymium.errors import BadInput
from didymium.questions import answering
from didymium.questions.catalogue import QUESTIONS
from didymium.questions.question import Question
from didymium.results import ChunkStore, Result, RunStore, canonical_json
from didymium.results.result import COMPLETE
from didymium.studies.lab import Lab

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

    from didymium.app.team import Team
    from didymium.data import Dataset

log = logging.getLogger(__name__)

MOST_DRAWS = 2_000
"""Draws that a page may ask for and be answered at once; more are work."""
NOT_SHOWN = ("brief",)
"""Questions that have no page of their own."""


@dataclass(slots=True)
class Site:
    """One server's state. `token` has to come with every change: no other site can read it.

    `layers` are those that the server was started with, `used` those of the store. A `twin` is the same site for those
    who may not see confidential layers: its data are redacted, and its store is its own.
    """

    ds: Dataset
    store: Path
    layers: tuple[Path, ...] = ()
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    jobs: Jobs = field(init=False)
    runs: RunStore = field(init=False)
    lab: Lab = field(init=False)
    is_warm: bool = False
    known: dict[str, str] = field(default_factory=dict)
    whole: Site | None = None
    twin: Site | None = None
    used: tuple[str, ...] = ()
    _turns: dict[str, threading.Lock] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.runs = RunStore(self.store / "runs")
        self.runs.prepare()
        self.lab = Lab(self.ds, self.store / "lab")
        names = () if self.whole else uploads.in_use(self.uploads)
        if names:
            try:
                self.use(names)
            except BadInput as wrong:
                log.warning("layers of the store are not used: %s", wrong)
        self.jobs = Jobs(self.store / "jobs", self.work, self.key_of)

    @property
    def uploads(self) -> Path:
        """The folder of the layers that users bring."""
        return (self.whole or self).store / "layers"

    @property
    def sees_all(self) -> bool:
        """Whether confidential layers are shown here."""
        return self.whole is None

    def use(self, names: tuple[str, ...]) -> None:
        """Answer from now on with these kept layers over those of the start. Raises BadInput; then nothing changes."""
        ds = answering.dataset((*self.layers, *(self.uploads / name for name in names)))
        uploads.put_in_use(self.uploads, names)
        self.used = names
        self.show(ds)
        if self.twin is not None:
            self.twin.show(ds.redacted())

    def show(self, ds: Dataset) -> None:
        """Answer from now on from these data."""
        self.lab = Lab(ds, self.store / "lab")
        self.ds = ds

    def key(self, asked: Asked) -> str:
        """Name of what is asked: question, parameters, data and version decide it."""
        return self.key_of(asked.question.command, asked.params)

    def key_of(self, command: str, params: Mapping[str, Any]) -> str:
        """The same for a command and its parameters."""
        from didymium import __version__

        what = [command, params, str(self.ds.describe()["id"]), __version__]
        return hashlib.sha256(canonical_json(what).encode()).hexdigest()[:16]

    def work(self, command: str, params: Mapping[str, Any], progress: Progress) -> str:
        """Answer a question, keep the run, and return its id."""
        question, ds = QUESTIONS[command], self.ds
        layers = (*self.layers, *(self.uploads / name for name in self.used)) if self.sees_all else ()
        chunks = ChunkStore(self.store / "ensembles")
        result = answering.answer(question, ds, params, progress, chunks=chunks)
        answering.keep(result, question, params, store=self.runs, ds=ds, layers=layers, redact=not self.sees_all)
        chunks.discard()
        return result.run_id

    def answered(self, asked: Asked) -> Result | None:
        """The answer, if it is at hand or quick to find; None if it needs a job."""
        key = self.key(asked)
        if key in self.known:
            return self.loaded(self.known[key])
        with self._turns.setdefault(key, threading.Lock()):  # of many who ask the same at once, one computes
            if key in self.known:
                return self.loaded(self.known[key])
            job = self.jobs.find(key)
            if job is not None and job.state == "done" and (self.runs.path / job.run_id).is_dir():
                self.known[key] = job.run_id
            elif asked.question.slow or int(asked.params.get("draws") or 0) > MOST_DRAWS:
                kept = self._kept(asked)
                if kept:
                    self.known[key] = kept
                    return self.loaded(kept)
                answering.know_parties(asked.question, self.ds, asked.params)
                return None
            else:
                self.known[key] = self.work(asked.question.command, asked.params, lambda done, of: None)
        return self.loaded(self.known[key])

    def _kept(self, asked: Asked) -> str:
        """The id of a whole run that answers just this, as the command line may have kept it; empty without one."""
        from didymium import __version__

        def what(params: Mapping[str, Any]) -> str:
            return canonical_json({n: params.get(n) for n in asked.question.params if n not in fields.NOT_ASKED})

        data, sought = str(self.ds.describe()["id"]), what(asked.params)
        return next(
            (
                m.run_id
                for m in self.runs.manifests()
                if (m.call["command"], m.status, str(m.dataset["id"])) == (asked.question.command, COMPLETE, data)
                and m.versions["didymium"] == __version__
                and what(m.call["params"]) == sought
            ),
            "",
        )

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
    ds: Dataset,
    store: Path,
    *,
    hosts: tuple[str, ...],
    layers: tuple[Path, ...] = (),
    token: str | None = None,
    team: Team | None = None,
    warm: bool = False,
) -> ASGIApp:
    """The app over a dataset and a store, for requests to one of `hosts` (with port, as a browser writes it).

    With a `team`, only its proxy is let in; who may not see confidential layers gets a site over redacted data.
    `warm`: let the lab make ready for other dials while somebody looks at its answer.
    """
    site = Site(ds, store, layers) if token is None else Site(ds, store, layers, token)
    site.is_warm = warm
    larger = {"/data/upload": uploads.MOST_UPLOAD + (64 << 10)}
    if team is None:
        return Guard(_routes(site), frozenset(hosts), larger)
    from didymium.app.team import Refused, person

    site.twin = Site(site.ds.redacted(), store / "redacted", whole=site)
    both = {True: _routes(site), False: _routes(site.twin)}

    async def shown_to(scope: Scope, receive: Receive, send: Send) -> None:
        sees_all = scope["type"] == "http" and scope["person"].sees_confidential
        await both[sees_all](scope, receive, send)

    def door(scope: Scope) -> tuple[int, str] | None:
        try:
            who = person(team, (scope.get("client") or ("", 0))[0], scope["headers"])
        except Refused as refused:
            return refused.status, str(refused)
        scope["person"] = who
        if scope["method"] not in ("GET", "HEAD") and who.role == "view":
            return 403, "You may look, not change."
        return None

    return Guard(shown_to, frozenset({team.host}), larger, door)


def _routes(site: Site) -> Starlette:
    from starlette.applications import Starlette
    from starlette.routing import Route

    from didymium.app import (
        browse,
        chain,
        chain_sums,
        described,
        floor_page,
        gap_page,
        lab,
        lab_numbers,
        measure_page,
        pages,
        plan_page,
        projects,
        promises,
        run_page,
        situation,
        stock_page,
        upload,
    )

    routes = [
        Route("/", situation.page),
        Route("/situation.{form}", situation.twin),
        Route("/ask/{name}/figure-{number:int}.svg", pages.figure),
        Route("/ask/{name}.{form}", pages.twin),
        Route("/ask/{name}", pages.ask),
        Route("/lab", lab.page),
        Route("/lab/figure-{number:int}.svg", lab.figure),
        Route("/lab/explain", lab_numbers.explain),
        Route("/lab/numbers", lab_numbers.numbers),
        Route("/lab/numbers.{form}", lab_numbers.numbers_twin),
        Route("/lab/keep", lab.keep, methods=["POST"]),
        Route("/lab/{name}", lab.saved),
        Route("/lab.{form}", lab.twin),
        Route("/chain", chain.page),
        Route("/chain/explain", chain_sums.page),
        Route("/chain/explain.{form}", chain_sums.twin),
        Route("/projects", projects.page),
        Route("/projects/map.svg", projects.figure),
        Route("/projects.{form}", projects.twin),
        Route("/projects/{project}.{form}", projects.one_twin),
        Route("/projects/{project}", projects.one),
        Route("/plan", plan_page.page),
        Route("/plan/frontier.svg", plan_page.figure),
        Route("/plan.{form}", plan_page.twin),
        Route("/measures", measure_page.page),
        Route("/measures/calendar.svg", measure_page.figure),
        Route("/measures.{form}", measure_page.twin),
        Route("/commitments", promises.page),
        Route("/commitments.{form}", promises.twin),
        Route("/commitments/{promise}.{form}", promises.one_twin),
        Route("/commitments/{promise}", promises.one),
        Route("/floor", floor_page.page),
        Route("/floor.{form}", floor_page.twin),
        Route("/stocks", stock_page.page),
        Route("/stocks/cover.svg", stock_page.figure),
        Route("/stocks.{form}", stock_page.twin),
        Route("/gaps", gap_page.page),
        Route("/gaps/ledger.svg", gap_page.figure),
        Route("/gaps.{form}", gap_page.twin),
        Route("/chain/{name}.svg", chain.figure),
        Route("/chain.{form}", chain.twin),
        Route("/jobs", pages.begin, methods=["POST"]),
        Route("/jobs", pages.jobs),
        Route("/jobs/{key}", pages.job),
        Route("/jobs/{key}/cancel", pages.cancel, methods=["POST"]),
        Route("/runs", run_page.runs),
        Route("/runs/{run_id}.{form}", run_page.twin),
        Route("/runs/{run_id}", run_page.one),
        Route("/explain/{run_id}", pages.explain),
        Route("/data", browse.data),
        Route("/data.{form}", browse.data_twin),
        Route("/sources", browse.sources),
        Route("/sources.{form}", browse.sources_twin),
        Route("/data/upload", upload.bring, methods=["POST"]),
        Route("/data/upload", upload.page),
        Route("/data/upload/{name}/{what}", upload.manage, methods=["POST"]),
        Route("/data/{table}.{form}", browse.table_twin),
        Route("/data/{table}", browse.table),
        Route("/data/{table}/{key:path}", browse.row),
        Route("/openapi.json", described.openapi),
        Route("/static/{name}", pages.static),
    ]
    app = Starlette(routes=routes, exception_handlers={404: pages.missing, Exception: pages.broken})
    app.state.site = site
    return app
