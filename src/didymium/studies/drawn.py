"""Facts as arrays: the reported value first, then drawn values, with errors by the confidence of the row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from didymium.data.evidence import basis_kind
from didymium.model.concentration import governance_risk
from didymium.model.grouped import Floats, Groups, group_sums
from didymium.studies.access import Access, Form
from didymium.studies.supply import Supply

if TYPE_CHECKING:
    from didymium.data import Dataset

Record = Mapping[str, Any]


@dataclass(slots=True)
class Values:
    """One indicator over all cases: (case, draw), NaN = unknown; with a status and a detail for each case."""

    drawn: Floats
    status: list[str]
    detail: list[str] = field(default_factory=list)

    @classmethod
    def unknown(cls, cases: int, draws: int, status: str) -> Values:
        """All cases unknown, for one reason."""
        return cls(np.full((cases, draws), np.nan), [status] * cases, [""] * cases)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Facts of the supplies and of governance as arrays; the first column holds the reported values."""

    supplies: Sequence[Supply]
    quantity: Floats
    group: Groups
    country: tuple[str, ...]
    rest: Floats
    risk: Mapping[str, Floats]
    stability: Mapping[str, Floats]
    draws: int

    @property
    def whole(self) -> Floats:
        """Output of each supply, named and unnamed: (supply, draw)."""
        return group_sums(self.quantity, self.group, len(self.supplies)) + self.rest

    def of(self, risks: Mapping[str, Floats]) -> Floats:
        """Risk of each fact's country; no risk where there is no score."""
        nothing = np.zeros(self.draws)
        return np.array([risks.get(name, nothing) for name in self.country]).reshape(-1, self.draws)


def sigmas(ds: Dataset) -> dict[tuple[str, str], float]:
    """Relative standard error by confidence and by how the figure came about."""
    return {(row["confidence"], row["basis_kind"]): row["sigma_share"] for row in ds.rows("confidence_grades")}


def drawn_of(ds: Dataset, supplies: Sequence[Supply], *, seed: int, draws: int) -> Drawn:
    """Draw all facts: one generator, one order, so that the same question has the same draws."""
    sigma, widest = sigmas(ds), max(row["sigma_share"] for row in ds.rows("confidence_grades"))
    facts = [(number, row) for number, supply in enumerate(supplies) for row in supply.named]
    rng = np.random.default_rng([seed, 21])
    errors = np.array([sigma[row["confidence"], basis_kind(row)] for _, row in facts])
    rest_errors = np.array(
        [max((sigma[r["confidence"], basis_kind(r)] for r in one.rest_rows), default=widest) for one in supplies]
    )
    quantity = lognormal(np.array([row["quantity"] for _, row in facts]), errors, draws, rng)
    rest = lognormal(np.array([one.rest for one in supplies]), rest_errors, draws, rng)
    wobble = assumed(ds, "wgi_standard_error")
    scores: dict[str, dict[str, tuple[int, float]]] = {"wgi_mean6": {}, "wgi_political_stability": {}}
    for row in ds.rows("governance", indicator=set(scores)):
        known = scores[row["indicator"]]
        if row["country"] not in known or known[row["country"]][0] < row["year"]:
            known[row["country"]] = (row["year"], row["value"])
    risks = [
        {place: _risk(value, wobble, draws, rng) for place, (_, value) in sorted(one.items())}
        for one in (scores["wgi_mean6"], scores["wgi_political_stability"])
    ]
    return Drawn(
        supplies=supplies,
        quantity=quantity,
        group=np.array([number for number, _ in facts], dtype=np.int64),
        country=tuple(row["country"] for _, row in facts),
        rest=rest,
        risk=risks[0],
        stability=risks[1],
        draws=draws + 1,
    )


def lognormal(values: Floats, errors: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """The values as given, then `draws` drawn ones: (value, 1 + draws)."""
    factor = np.exp(errors[:, None] * rng.standard_normal((values.size, draws)))
    return np.hstack([values[:, None], values[:, None] * factor])


def _risk(score: float, error: float, draws: int, rng: np.random.Generator) -> Floats:
    central = governance_risk(score)
    return np.concatenate([[central], np.clip(central + error / 5.0 * rng.standard_normal(draws), 0.0, 1.0)])


def assumed(ds: Dataset, name: str) -> float:
    return float(ds.one("assumptions", assumption_id=name)["value"])


@dataclass(frozen=True, slots=True)
class Flows:
    """Imports of all cases as arrays, one row per case and exporter: all codes of a product together.

    `tonnes`: of the product as counted; NaN where the goods cannot be set against output. `weight`: the same, or
    tonnes as cleared where content is not known: for shares.
    """

    tonnes: Floats
    weight: Floats
    case: Groups
    exporter: tuple[str, ...]
    value_usd: Floats


def flows_of(ds: Dataset, accesses: Sequence[Access], drawn: Drawn, *, seed: int) -> Flows:
    """Draw all imports, and the content of the goods they are."""
    sigma = sigmas(ds)
    rng = np.random.default_rng([seed, 23])
    facts = [(number, row, form) for number, one in enumerate(accesses) for row, form in one.flows]
    errors = np.array([sigma[row["confidence"], basis_kind(row)] for _, row, _ in facts])
    cleared = lognormal(np.array([float(row["quantity"]) for _, row, _ in facts]), errors, drawn.draws - 1, rng)
    held = {form: _content(form, drawn.draws, rng) for form in dict.fromkeys(form for _, _, form in facts)}
    content = np.array([held[form] for _, _, form in facts]).reshape(-1, drawn.draws)
    pairs: dict[tuple[int, str], int] = {}
    pair = np.array([pairs.setdefault((n, row["exporter"]), len(pairs)) for n, row, _ in facts], dtype=np.int64)
    comparable = np.array([accesses[n].has_content for n, _ in pairs], dtype=bool)
    value = np.array([float(row["value_usd"] or np.nan) for _, row, _ in facts])
    tonnes = group_sums(cleared * np.nan_to_num(content, nan=1.0), pair, len(pairs))
    whole = group_sums(cleared, pair, len(pairs))
    return Flows(
        tonnes=np.where(comparable[:, None], tonnes, np.nan),
        weight=np.where(comparable[:, None], tonnes, whole),
        case=np.array([number for number, _ in pairs], dtype=np.int64),
        exporter=tuple(exporter for _, exporter in pairs),
        value_usd=group_sums(value[:, None], pair, len(pairs))[:, 0],
    )


def _content(form: Form, draws: int, rng: np.random.Generator) -> Floats:
    """Tonnes of the product in a tonne cleared, between its ends; NaN if not known."""
    if form.content is None:
        return np.full(draws, np.nan)
    middle, low, high = form.content
    between = rng.triangular(low, middle, high, draws - 1) if high > low else np.full(draws - 1, middle)
    return np.concatenate([[middle], between])
