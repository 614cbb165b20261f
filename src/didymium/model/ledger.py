"""The gap ledger: what a party's use needs at a stage, less what it can surely get, year by year.

    gap = max(0, need − own output − contracted offtake − partners' output not needed at home)

Own output is the base year's, held level, plus projects: each with the chance its status gives, a delay and a ramp.
What
partners have left after their own need is shared among the allies that fall short, in proportion to what each lacks.
Arrays have the shape (draw, year) for one (stage, product, region).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.scenario.uncertain import split_uniform

Floats = NDArray[np.float64]
ROUNDING = 1e-9  # share of a need
Key = tuple[str, str]  # (stage, product)


@dataclass(frozen=True, slots=True)
class Addition:
    """A project's capacity at one stage and product [t/y]; `project_id` ties rows that stand or fall together."""

    project_id: str
    stage: str
    product: str
    region: str
    capacity: float
    status: str
    start_year: float


@dataclass(frozen=True, slots=True)
class Offtake:
    """Tonnes a year under contract from another region."""

    party: str
    product: str
    quantity: float
    year_from: int
    year_to: int
    supplier: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Chances:
    """How projects fare: chance of success by status (low, central, high), delay and ramp."""

    success: Mapping[str, tuple[float, float, float]]
    delay_share: tuple[float, float, float]
    ramp_years: tuple[float, float, float]
    as_of: float

    def start(self, addition: Addition, quantile: float) -> float:
        """The year in which an addition starts: its slip is a share of the time left to the stated start."""
        slip = float(split_uniform(np.array(quantile), *self.delay_share))
        return addition.start_year + max(addition.start_year - self.as_of, 0.0) * slip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger, arrays (draw, year) [t]; draw 0 is the expected case."""

    need: Floats
    own: Floats
    contracted: Floats
    allied: Floats

    @property
    def gap(self) -> Floats:
        """What is missing; what rounding leaves of a need that is met is none."""
        missing = self.need - self.own - self.contracted - self.allied
        return np.where(missing > ROUNDING * self.need, missing, 0.0)

    @property
    def taken(self) -> Entry:
        """The line with what its need takes of each supply, in that order; what is beyond the need is left out."""
        own = np.minimum(self.own, self.need)
        contracted = np.minimum(self.contracted, self.need - own)
        return Entry(self.need, own, contracted, np.minimum(self.allied, self.need - own - contracted))


def rising(additions: Sequence[Addition], years: Floats, chances: Chances, draws: int, seed: int) -> Floats:
    """Output of each addition [t], shape (addition, draw + 1, year); draw 0 is the expected output.

    A project succeeds or not as a whole; its start slips by a share of the time left; output rises in a line over the
    ramp.
    A year's output is taken at mid-year.
    """
    rng = np.random.default_rng(seed)
    projects = sorted({a.project_id for a in additions})
    luck = {p: rng.random(draws) for p in projects}
    odds = rng.random(draws)
    late = split_uniform(rng.random(draws), *chances.delay_share)
    ramp = split_uniform(rng.random(draws), *chances.ramp_years)
    out = np.zeros((len(additions), draws + 1, years.size))
    for k, a in enumerate(additions):
        low, central, high = chances.success[a.status]
        left = max(a.start_year - chances.as_of, 0.0)
        expected = a.start_year + left * chances.delay_share[1]
        out[k, 0] = a.capacity * central * _risen(years, np.array([expected]), np.array([chances.ramp_years[1]]))[0]
        works = luck[a.project_id] < split_uniform(odds, low, central, high)
        start = a.start_year + left * late
        out[k, 1:] = a.capacity * works[:, None] * _risen(years, start, ramp)
    return out


def _risen(years: Floats, start: Floats, ramp: Floats) -> Floats:
    """Share of full capacity at mid-year, shape (draw, year)."""
    return np.clip((years[None, :] + 0.5 - start[:, None]) / ramp[:, None], 0.0, 1.0)


def deliveries(offtakes: Sequence[Offtake], years: Floats, output: Mapping[str, Floats]) -> list[Floats]:
    """Tonnes delivered under each contract [t], shape (draw, year).

    All contracts on one plant (or, without a plant in `output`, on one place) together never get more than it makes; if
    it makes too little, each gets the same share of what was promised.
    """
    promised = [np.where((years >= o.year_from) & (years <= o.year_to), o.quantity, 0.0) for o in offtakes]
    maker = [o.project_id if o.project_id in output else o.supplier for o in offtakes]
    total: dict[str, Floats] = {}
    for source, amount in zip(maker, promised, strict=True):
        total[source] = total.get(source, np.zeros(years.size)) + amount
    kept = {
        source: np.divide(output[source], t, out=np.ones_like(output[source]), where=t > output[source])
        for source, t in total.items()
    }
    return [np.asarray(amount * kept[source], dtype=np.float64) for source, amount in zip(maker, promised, strict=True)]


def share_surplus(
    need: Mapping[str, Floats],
    own: Mapping[str, Floats],
    firm: Mapping[str, Floats],
    allies: Iterable[str],
    shares: Callable[[str, str], bool] = lambda supplier, taker: True,
) -> dict[str, Floats]:
    """What each ally may draw from the others' surplus, shape (draw, year) by region: the sum of `surplus_flows`."""
    allies = list(allies)
    drawn = {r: np.zeros_like(need[r]) for r in allies}
    for (_, taker), amount in surplus_flows(need, own, firm, allies, shares).items():
        drawn[taker] = drawn[taker] + amount
    return {r: np.minimum(drawn[r], _lacking(need, own, firm, r)) for r in allies}


def surplus_flows(
    need: Mapping[str, Floats],
    own: Mapping[str, Floats],
    firm: Mapping[str, Floats],
    allies: Iterable[str],
    shares: Callable[[str, str], bool] = lambda supplier, taker: True,
) -> dict[tuple[str, str], Floats]:
    """What each ally offers each other from its surplus, shape (draw, year) by (supplier, taker).

    Surplus is output beyond the own need and beyond what is contracted away. Each supplier's surplus goes to the allies
    it `shares` with, in proportion to what each lacks; nobody draws more than that. `firm` is positive for a region
    that has contracts to receive, negative for one that has sold.
    """
    allies = list(allies)
    lacking = {r: _lacking(need, own, firm, r) for r in allies}
    flows: dict[tuple[str, str], Floats] = {}
    for supplier in allies:
        surplus = np.maximum(own[supplier] + np.minimum(firm[supplier], 0.0) - need[supplier], 0.0)
        takers = [r for r in allies if r != supplier and shares(supplier, r)]
        total = np.sum([lacking[r] for r in takers], axis=0) if takers else np.zeros_like(surplus)
        rate = np.divide(surplus, total, out=np.ones_like(surplus), where=total > surplus)
        for r in takers:
            flows[supplier, r] = lacking[r] * np.where(surplus > 0, rate, 0.0)
    return flows


def _lacking(need: Mapping[str, Floats], own: Mapping[str, Floats], firm: Mapping[str, Floats], region: str) -> Floats:
    """What a region is short of after its own output and its contracts."""
    return np.maximum(need[region] - own[region] - firm[region], 0.0)
