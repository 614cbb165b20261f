"""What the draws of a stress run say: bands beside its numbers, and which uncertain input matters most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.model.draws import Design
from didymium.model.ensemble import Cases, Summary, nodes_of
from didymium.model.outcome import Outcome
from didymium.model.sensitivity import LEAST_DRAWS, Index, Indices, from_draws
from didymium.model.spread import MEMORY, Spread, draws_for_tail, spread
from didymium.results import Row
from didymium.scenario.inputs import Chain
from didymium.scenario.uncertain import FIGURES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAGNETS = ("ndfeb_magnet", "ndfeb_magnet_std", "ndfeb_magnet_ht", "ce_oxide")
MAGNETS_SCARCE = ("ndpr_oxide", "ndpr_metal", "dy_oxide", "dy_metal", "tb_metal", "ndfeb_magnet_std", "ndfeb_magnet_ht")
TOTAL = "total"
ALPHA = 0.95
PERCENTILES = ("_p10", "_p50", "_p90")
ENDINGS = (*PERCENTILES, "_mean", "_mean_se", "_cvar", "_cvar_se")
FROM_DRAWS = (*ENDINGS, "no_shortage_share", "shortage_probability", "draws", "cvar_alpha")
"""Ends of the columns that rest on draws, not on the central case."""
USED = "base_year_use"
MADE = "base_year_output"

Group = tuple[str, str, str, Ints]
Key = tuple[str, int, int]  # what, number of the group or node, month


def shown_products(chain: Chain) -> tuple[str, ...]:
    """Products told of in a result: finished magnets together and by grade, and whatever else is used."""
    used = dict.fromkeys(p for p, _, _ in chain.uses)
    magnets = [word for word in MAGNETS if any(p == word or p.startswith(f"{word}_") for p in used)]
    return (*magnets, *(p for p in used if p not in magnets))


def shown_scarce(chain: Chain, price: Mapping[str, float]) -> tuple[str, ...]:
    """Products whose worth at the margin is told: the magnet metals, and all that other families trade at a price."""
    magnets = [p for p in MAGNETS_SCARCE if p in chain.products]
    return (*magnets, *(p for p in chain.products if p in chain.units and price[p] > 0 and p not in magnets))


def told_by_month(product: str) -> bool:
    """Whether a product is told month by month and in ties: magnets of both grades together only."""
    return not product.startswith("ndfeb_magnet_")


def size_of(chain: Chain, product: str) -> tuple[float, Row]:
    """Size of the model's unit of a product, and the column that names its unit where not all are tonnes."""
    if not chain.units:
        return 1.0, {}
    unit, size = chain.unit_of(product)
    return size, {"unit": unit}


def groups(outcome: Outcome, parties: Sequence[str]) -> Iterator[Group]:
    """Party, product, sector and the uses they cover; the sector `total` covers all of a product."""
    uses = outcome.network.chain.uses
    for party in parties:
        for product in shown_products(outcome.network.chain):
            mine = [
                i for i, (p, r, _) in enumerate(uses) if r == party and (p == product or p.startswith(f"{product}_"))
            ]
            sectors = dict.fromkeys(uses[i][2] for i in mine)
            whole = not product.startswith("ndfeb_magnet_") or len(sectors) == 1
            if mine:
                yield party, product, TOTAL, np.array(mine)
            for sector in sectors if whole and len(sectors) > 1 else ():
                yield party, product, sector, np.array([i for i in mine if uses[i][2] == sector])


@dataclass(frozen=True, slots=True)
class Bands:
    """The draws of one foresight: the spread of each number that a row tells, by what it is."""

    place: Mapping[Key, int]
    found: Spread

    def amount(self, name: str, what: str, number: int, month: int = -1, *, brief: bool = False) -> Row:
        """Columns beside an amount: percentiles, and unless `brief` mean and tail mean with their errors."""
        at = self.place[what, number, month]
        parts = (self.found.p10, self.found.p50, self.found.p90)
        values = parts if brief else (*parts, self.found.mean, self.found.mean_se, self.found.cvar, self.found.cvar_se)
        return {f"{name}{end}": known(float(v[at])) for end, v in zip(ENDINGS, values, strict=False)}

    def days(self, number: int) -> Row:
        """Columns beside the days to a shortage; a percentile that lies beyond the run is unknown."""
        at = self.place["days", number, -1]
        parts = (self.found.p10, self.found.p50, self.found.p90)
        never = known(float(self.found.never[at]))
        return {
            **{f"days_to_shortage{end}": known(float(v[at])) for end, v in zip(PERCENTILES, parts, strict=True)},
            "no_shortage_share": never,
            "shortage_probability": None if never is None else 1.0 - never,
            "draws": self.found.draws,
            "cvar_alpha": self.found.alpha,
        }


def known(value: float | None) -> float | None:
    """A number, or None where a time limit left none, or where it lies beyond the run."""
    return None if value is None or not np.isfinite(value) else float(value)


def bands(
    cases: Cases,
    parties: Sequence[str],
    watched: Sequence[tuple[str, str]],
    alpha: float = ALPHA,
    *,
    memory: int = MEMORY,
) -> dict[str, Bands]:
    """By foresight, the spread of each number over the draws; at most `memory` bytes of them are held at a time."""
    found = {}
    for sight, central in cases.central.items():
        chain = central.network.chain
        shown = list(groups(central, parties))
        months = range(len(central.months))
        monthly = [g for g, (_, product, _, _) in enumerate(shown) if told_by_month(product)]
        nodes = [chain.unit_of(central.network.layout.nodes[n][0])[1] for n in nodes_of(central.network, watched)]
        keys: list[Key] = [("days", g, -1) for g in range(len(shown))]
        keys += [("unserved", g, -1) for g in range(len(shown))] + [("loss", g, -1) for g in range(len(shown))]
        keys += [("unserved", g, t) for t in months for g in monthly]
        keys += [("scarcity", n, t) for t in months for n in range(len(nodes))]
        member = np.zeros((len(chain.uses), len(shown)))
        for g, (_, _, _, uses) in enumerate(shown):
            member[uses, g] = 1.0
        scale = np.array([size_of(chain, product)[0] for _, product, _, _ in shown])
        row = _reader(shown, member, scale, monthly, np.array(nodes))

        def rows(sight: str = sight, row: Callable[[Summary], Floats] = row) -> Iterator[Floats]:
            return (row(one) for one in cases.draws(sight))

        place = {key: i for i, key in enumerate(keys)}
        found[sight] = Bands(place, spread(rows, cases.drawn.get(sight, 0), len(keys), alpha=alpha, memory=memory))
    return found


def _reader(
    shown: Sequence[Group], member: Floats, scale: Floats, monthly: Sequence[int], node_size: Floats
) -> Callable[[Summary], Floats]:
    """The numbers of one draw, in the order of the keys of `bands`."""

    def read(one: Summary) -> Floats:
        by_month = one.unserved @ member * scale
        return np.concatenate(
            [
                [one.days[uses].min() for _, _, _, uses in shown],
                by_month.sum(axis=0),
                one.lost_value @ member,
                by_month[:, monthly].ravel(),
                (one.scarcity / node_size).ravel() if node_size.size else [],
            ]
        )

    return read


@dataclass(frozen=True, slots=True)
class Harm:
    """What the sensitivity is about: unserved magnets of the parties [t], or without magnets the value at stake."""

    uses: Ints
    column: str  # unserved_t or loss_usd_m

    @classmethod
    def of(cls, outcome: Outcome, parties: Sequence[str]) -> Harm:
        """Without magnets the products have no common unit: then it is the value at stake in what is unserved."""
        mine = [(i, p) for i, (p, r, _) in enumerate(outcome.network.chain.uses) if r in parties]
        magnets = np.array([i for i, p in mine if p.startswith("ndfeb")], dtype=np.int64)
        every = np.array([i for i, _ in mine], dtype=np.int64)
        return cls(magnets, "unserved_t") if magnets.size else cls(every, "loss_usd_m")

    def amount(self, found: Summary) -> float:
        """The harm of one case."""
        if self.column == "unserved_t":
            return float(found.unserved[:, self.uses].sum())
        return self.loss(found)

    def loss(self, found: Summary) -> float:
        """The value at stake in what is unserved [million USD]."""
        return float(found.lost_value[self.uses].sum())


@dataclass(frozen=True, slots=True)
class Drawn:
    """A few numbers of each draw with the first foresight that is drawn: harm, loss, and the base year it began in."""

    foresight: str
    harm: Floats
    loss: Floats
    used: Floats  # by the parties in the base year, what the harm is about
    made: Floats  # by the parties in the base year, of the same products

    @classmethod
    def of(cls, cases: Cases, parties: Sequence[str]) -> Drawn:
        """Read them out of the draws."""
        sight = next((kind for kind in cases.central if cases.drawn.get(kind)), next(iter(cases.central)))
        central = cases.central[sight]
        chain, harm = central.network.chain, Harm.of(central, parties)
        wanted = {chain.uses[u][0] for u in harm.uses}
        recipes = {p.process_id: p for p in chain.processes}
        makes = [
            sum(q for p, q in recipes[process_id].outputs.items() if p in wanted) if region in parties else 0.0
            for process_id, region in chain.activities
        ]
        table = np.array(
            [
                (
                    harm.amount(one),
                    harm.loss(one),
                    one.base_use[harm.uses].sum(),
                    one.base_activity @ makes,
                )
                for one in cases.draws(sight)
            ]
        ).reshape(-1, 4)
        return cls(sight, *table.T)

    def arrays(self) -> dict[str, Floats]:
        """All of them by name, to be kept with the run."""
        return {"harm": self.harm, "loss_usd_m": self.loss, USED: self.used, MADE: self.made}


def importance(design: Design, drawn: Drawn) -> tuple[Indices, Indices] | None:
    """Indices of all inputs for the harm and for the loss; None with too few draws, or where one was stopped.

    The errors of figures are hundreds of numbers: what they did to the base year stands for them, what the parties used
    and what they made.
    """
    numbers = (drawn.harm, drawn.loss, drawn.used, drawn.made)
    if drawn.harm.size < LEAST_DRAWS or not all(np.isfinite(v).all() for v in numbers):
        return None
    single = [i for i, f in enumerate(design.factors) if f.id != FIGURES]
    names = [design.factors[i].id for i in single]
    at = design.points[:, single]
    for name, values in ((USED, drawn.used), (MADE, drawn.made)):
        if np.ptp(values) > 0:
            at, names = np.column_stack([at, values]), [*names, name]
    harm, loss = (from_draws(at, output, names, seed=design.seed) for output in (drawn.harm, drawn.loss))
    return harm, loss


def index_columns(prefix: str, found: Index | None, noise: float | None) -> Row:
    """Columns of one index; `…_is_seen` is whether it stands above what inputs that do nothing reach by chance."""
    values: tuple[float | None, ...] = (None,) * 4
    if found is not None:
        values = (found.first, found.first_low, found.first_high, found.pawn)
    names = ("first_order", "first_order_low", "first_order_high", "pawn")
    return {
        **{f"{prefix}_{name}": value for name, value in zip(names, values, strict=True)},
        f"{prefix}_is_seen": None if found is None or noise is None else found.pawn > noise,
    }


def few_draws(draws: int, alpha: float) -> Iterator[str]:
    """A warning where the tail mean rests on too few draws."""
    needed = draws_for_tail(alpha)
    if 0 < draws < needed:
        yield (
            f"Bands rest on {draws} draws. The tail mean at {alpha:g} needs {needed} or more: with fewer it is little "
            "but the worst draws."
        )
