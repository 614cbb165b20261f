"""Streams of batteries, catalysts and minor metals from the rows of `scrap_uses`, `scrap_history` and `lifetimes`."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.model.scrap import stock
from didymium.scenario.uncertain import split_uniform
from didymium.studies.scrap_stream import WORLD, Rate, Stream

Floats = NDArray[np.float64]
Row = Mapping[str, Any]
EARLIEST = 2005  # of the years for which a stream is kept; older published figures are not held against it
STAGE_TABLE = "production"


@dataclass(frozen=True, slots=True)
class Rates:
    """The rows of `lifetimes` of one family, drawn. A row is drawn by its own name: in every answer alike."""

    rows: Mapping[tuple[str, str | None, str | None, str], Row]
    draws: int
    seed: int

    @classmethod
    def of(cls, ds: Dataset, family: str, draws: int, seed: int) -> Rates:
        """Read the rows of a family."""
        rows = ds.rows("lifetimes", family=family)
        return cls({(r["sector"], r["product"], r["place"], r["parameter"]): r for r in rows}, draws, seed)

    def row(self, sector: str, parameter: str, product: str | None = None, place: str | None = None) -> Row | None:
        """The row that speaks most closely: of material and place, of the material, of the place, of all."""
        for key in ((product, place), (product, None), (None, place), (None, None)):
            found = self.rows.get((sector, *key, parameter))
            if found is not None:
                return found
        return None

    def drawn(self, sector: str, parameter: str, product: str | None = None, place: str | None = None) -> Floats | None:
        """Central value and draws, shape (draw + 1, 1); None without a row."""
        row = self.row(sector, parameter, product, place)
        if row is None:
            return None
        rng = np.random.default_rng([self.seed, zlib.crc32(str(row["row_id"]).encode())])
        spread = split_uniform(rng.random(self.draws), float(row["low"]), float(row["value"]), float(row["high"]))
        return np.concatenate([[float(row["value"])], spread])[:, None]

    def must(self, sector: str, parameter: str, product: str | None = None, place: str | None = None) -> Floats:
        """The same; BadInput without a row."""
        found = self.drawn(sector, parameter, product, place)
        if found is None:
            raise BadInput(f"table lifetimes has no row {parameter} for the use {sector}.", cure="Add the row.")
        return found

    def places(self, sector: str, parameter: str) -> tuple[str, ...]:
        """Places that have a row of their own."""
        return tuple(sorted({p for s, _, p, name in self.rows if s == sector and name == parameter and p}))


def uses(ds: Dataset, families: Sequence[str], *, followed: bool = True) -> list[dict[str, Any]]:
    """Rows of `scrap_uses` of the families, in the order of their names."""
    return [r for f in families for r in ds.rows("scrap_uses", family=f) if bool(r["followed"]) is followed]


def streams(
    ds: Dataset, family: str, *, last: int, outlook: str, draws: int, seed: int, full_year: Floats
) -> Iterator[Stream]:
    """One stream for each use that is followed. `full_year` of the levers holds where the use has no row of its own."""
    rates = Rates.of(ds, family, draws, seed)
    for use in uses(ds, (family,)):
        yield _stream(ds, rates, use, last, outlook, full_year)


def _stream(ds: Dataset, rates: Rates, use: Row, last: int, outlook: str, full_year: Floats) -> Stream:
    sector, product = str(use["sector"]), str(use["product"])
    start = int(rates.must(sector, "first_year")[0, 0])
    every = np.arange(min(start, EARLIEST), last + 1)
    flow = base_figure(ds, use) * course(ds, rates, use, every, outlook)
    flow[:, every < start] = 0.0
    loss = rates.drawn(sector, "making_loss", product)
    fed = use["measured_at"] == "feed"
    if fed and loss is None:
        raise BadInput(f"use {sector} is measured at the feed: table lifetimes needs its making_loss.")
    entered = flow * (1.0 - loss) if fed and loss is not None else flow
    kept, gone = _cohorts(entered, rates.must(sector, "mean_life"), rates.must(sector, "weibull_shape"))
    shown = every >= EARLIEST
    years = tuple(int(y) for y in every[shown])
    need = flow / (1.0 - loss) if loss is not None and not fed else flow
    waste = None if loss is None else need * loss
    back = rates.drawn(sector, "making_recovery", product)
    used = _shares(rates, sector, "use_share", product)
    made = _shares(rates, sector, "make_share", product)
    now = float(ds.version.split(".")[0])
    full = rates.drawn(sector, "full_year")
    full = full_year if full is None else full
    return Stream(
        family=str(use["family"]),
        product=product,
        element=str(use["element"]),
        sector=sector,
        years=years,
        entered={p: entered[:, shown] * share for p, share in used.items()},
        in_use={p: kept[:, shown] * share for p, share in used.items()},
        end_of_life={p: gone[:, shown] * share for p, share in used.items()},
        collection={
            p: Rate(
                rates.must(sector, "collection_share", product, p), rates.drawn(sector, "collection_target", product, p)
            )
            for p in used
        },
        export=_exports(rates, sector, product, tuple(used)),
        recovery=Rate(rates.must(sector, "recovery_share", product), rates.drawn(sector, "recovery_target", product)),
        risen=np.clip((np.array(years)[None, :] - now) / (full - now), 0.0, 1.0),
        new_scrap={} if waste is None else {p: waste[:, shown] * share for p, share in made.items()},
        new_recovered={}
        if waste is None or back is None
        else {p: waste[:, shown] * back * share for p, share in made.items()},
        need={p: need[:, shown] * share for p, share in made.items()},
    )


def _shares(rates: Rates, sector: str, parameter: str, product: str) -> dict[str, Floats]:
    """Share of the world by place; the world is the whole."""
    found = {p: rates.must(sector, parameter, product, p) for p in rates.places(sector, parameter)}
    return {**found, WORLD: np.ones((1, 1))}


def _exports(rates: Rates, sector: str, product: str, places: Sequence[str]) -> dict[str, Floats]:
    """Share of what is collected that leaves the place, where it is known; nothing leaves the world."""
    known = {p: rates.drawn(sector, "export_share", product, p) for p in places if p != WORLD}
    return {**{p: share for p, share in known.items() if share is not None}, WORLD: np.zeros((1, 1))}


def _cohorts(entered: Floats, life: Floats, shape: Floats) -> tuple[Floats, Floats]:
    """Stock and outflow draw by draw."""
    found = [stock(flow, float(m), float(k)) for flow, m, k in zip(entered, life[:, 0], shape[:, 0], strict=True)]
    return np.array([f.in_use for f in found]), np.array([f.end_of_life for f in found])


def base_figure(ds: Dataset, use: Row) -> float:
    """Tonnes of the element that enter the use in its base year, in the world."""
    table, column = str(use["base_table"]), "stage" if use["base_table"] == STAGE_TABLE else "sector"
    where = {"product": use["base_product"], "country": WORLD, "year": use["base_year"], column: use["base_sector"]}
    found = [r for r in ds.rows(table, **where) if r["preferred"] and r["quantity"] is not None]
    if len(found) != 1:
        what = f"use {use['sector']} of {use['product']}: {len(found)} preferred rows of {table} speak of its base year"
        raise BadInput(f"{what}, and one is needed.", cure="See base_table, base_product, base_sector and base_year.")
    return float(found[0]["quantity"]) * float(use["base_factor"])


def course(ds: Dataset, rates: Rates, use: Row, every: NDArray[np.int64], outlook: str) -> Floats:
    """What enters in each year over what enters in the base year, shape (draw + 1, year).

    Before the first figure it falls back at one rate; between figures growth is even; from the base year on it follows
    the outlook, or one rate where no outlook speaks of the use.
    """
    sector, product, base = str(use["sector"]), str(use["product"]), int(use["base_year"])
    told = {int(r["year"]): float(r["quantity"]) for r in history(ds, sector, product)}
    if told and base not in told:
        raise BadInput(f"table scrap_history, use {sector} of {product}: the base year {base} is missing.")
    known = {y: q / told[base] for y, q in told.items() if y <= base} or {base: 1.0}
    first = min(known)
    rise = rates.must(sector, "growth_before", product)
    at = np.array(sorted(known), dtype=np.float64)
    level = np.exp(np.interp(every, at, np.log([known[int(y)] for y in at])))[None, :]
    level = level * (1.0 + rise) ** np.minimum(every - first, 0)[None, :]
    if use["outlook_product"]:
        ahead = _outlook(ds, use, every, outlook)[None, :]
    else:
        ahead = (1.0 + rates.must(sector, "growth_after", product)) ** np.maximum(every - base, 0)[None, :]
    return np.asarray(level * ahead, dtype=np.float64)


def history(ds: Dataset, sector: str, product: str) -> list[dict[str, Any]]:
    """The series of the material in the use, or the one for all materials of the use."""
    rows = ds.rows("scrap_history", sector=sector)
    return [r for r in rows if r["product"] == product] or [r for r in rows if r["product"] is None]


def _outlook(ds: Dataset, use: Row, every: NDArray[np.int64], outlook: str) -> Floats:
    where = {"product": use["outlook_product"], "country": WORLD, "sector": use["outlook_sector"]}
    told = {r["scenario"] for r in ds.rows("demand_outlook", **where)}
    if outlook not in told:
        raise UnknownTerm("outlook", outlook, told, cure=f"Outlooks of this use: {', '.join(sorted(told))}.")
    base = int(use["base_year"])
    points = {int(r["year"]): float(r["quantity"]) for r in ds.rows("demand", **where, year=base) if r["preferred"]}
    points |= {int(r["year"]): float(r["quantity"]) for r in ds.rows("demand_outlook", **where, scenario=outlook)}
    at = sorted(points)
    levels = np.array([points[y] for y in at]) / points[base]
    when = np.maximum(every, base)
    if levels.min() <= 0.0:  # an outlook in which the material leaves the use has no rate of growth: a line then
        return np.asarray(np.interp(when, at, levels), dtype=np.float64)
    return np.asarray(np.exp(np.interp(when, at, np.log(levels))), dtype=np.float64)
