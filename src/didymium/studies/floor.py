"""What does a price floor cost along the chain, and who pays?

One floor on an oxide → price paths → what is missing → oxide, metal, alloy, magnet, motor and turbine; then who bears
it, by treasury or at the border, where goods slip past a duty, and which projects stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

import didymium
from didymium.data import Dataset
from didymium.errors import BadInput, UnknownTerm
from didymium.finance import instruments
from didymium.finance.floor import MUSD, Burden, by_border, by_treasury, escapes, missing
from didymium.finance.public_cost import public_cost
from didymium.model.calibrate import Base, calibrate
from didymium.results import Field, Result, Row
from didymium.scenario.apply import assumptions
from didymium.scenario.chain import assumption, magnet_chain
from didymium.scenario.inputs import Chain
from didymium.scenario.observations import observations, unseen_flow_sigma
from didymium.scenario.prices import base_prices
from didymium.scenario.uncertain import split_uniform
from didymium.studies.finance_rows import quantiles, upside_of
from didymium.studies.packages import Hurdles, judged
from didymium.studies.register import Register, register
from didymium.studies.ventures import Draws, bank_loan, draw, private, venture

Floats = NDArray[np.float64]

FLOORED = ("ndpr_oxide", "dy_oxide", "tb_oxide")
YEAR = 2024  # of the tonnes: the last year without a licence regime
PATHS = 4000
STAGES = ("separated", "metal", "alloy", "blank", "magnet")
FIELDS = (
    Field("content_t_per_t", "t per t", "Floored product in a tonne at this stage, losses included"),
    Field("extra_usd_per_kg_now", "USD/kg", "What the floor adds at the price of the latest year"),
    Field("extra_usd_per_kg", "USD/kg", "The same on average over the years of the floor; median of paths"),
    Field("extra_share_now", "share", "Extra over the price at this stage: the duty that would level it"),
    Field("price_usd_per_kg", "USD/kg", "Price at this stage that the extra is held against"),
)


def floor(
    ds: Dataset,
    *,
    floor_product: str,
    floor_at: float,
    parties: Sequence[str] = ("USA", "JPN"),
    floor_years: int = 10,
    seed: int = 0,
) -> Result:
    """A floor `floor_at` [USD/kg] on an oxide for some years, carried to the magnet.

    Raises UnknownTerm for a product that the magnet chain does not carry, BadInput for a floor that is not positive.
    """
    product, at = floor_product, floor_at
    if product not in FLOORED:
        raise UnknownTerm("floor product", product, FLOORED, cure=f"Carried through the chain: {', '.join(FLOORED)}.")
    if not at > 0:
        raise BadInput(f"a floor of {at} USD/kg is none.", cure="Give a price above zero, e.g. --at 110.")
    assume = assumptions(ds)
    chain = magnet_chain(ds, YEAR)
    for party in parties:
        if party not in chain.regions:
            raise UnknownTerm("party", party, chain.regions, cure=f"Places: {', '.join(sorted(chain.regions))}.")
    seen = observations(ds, chain, YEAR)
    base = calibrate(
        chain,
        seen,
        YEAR,
        unseen=unseen_flow_sigma(ds, chain, seen),
        surplus_share=assumption(ds, "surplus_sigma_world_share"),
    )
    found = register(ds, assume)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    drawn = draw(found, ranges, paths=PATHS, seed=seed)
    price = drawn.prices[product][:, 1 : floor_years + 1]
    now = found.prices[product].model.start
    gap_now, gap = float(missing(at, np.array(now))), missing(at, price).mean(axis=1)
    heavy = _heavy_share(ds)
    stage = _stages(chain, _prices_now(ds, chain, max(found.prices[product].years)), product, heavy)
    rows = [
        {
            "stage": name,
            "product": what,
            "content_t_per_t": content,
            "price_usd_per_kg": cost,
            "extra_usd_per_kg_now": content * gap_now,
            "extra_share_now": content * gap_now / cost if cost else None,
            **quantiles("extra_usd_per_kg", content * gap),
            "floor_usd_per_kg": at,
            "market_usd_per_kg": now,
            "source_ids": list(found.prices[product].source_ids),
        }
        for name, what, content, cost in stage
    ]
    content = {name: c for name, _, c, _ in stage}
    cost = {name: c for name, _, _, c in stage}
    flows = {party: _tonnes(chain, base, party, product) for party in parties}
    return Result.of(
        "floor",
        request={
            "floor_product": product,
            "floor_at": at,
            "parties": list(parties),
            "floor_years": floor_years,
            "seed": seed,
        },
        dataset=ds.describe(),
        code_version=didymium.__version__,
        rows=rows,
        fields=FIELDS,
        tables={
            "uses": _use_rows(ds, content["magnet"], gap_now, gap),
            "payers": [r for p in parties for r in _payer_rows(p, flows[p], content, gap_now, gap)],
            "volumes": [{"party": p, **{k: float(v) for k, v in flows[p].items()}} for p in parties],
            "leaks": _leak_rows(content, cost, gap_now),
            "projects": _project_rows(ds, found, drawn, assume, product, at, floor_years),
            "deals": deal_rows(ds, product, drawn.prices[product][:, 1:], assume),
        },
        warnings=(
            "use does not fall with price and makers do not gain volume: costs are those of today's tonnes",
            "tonnes are those of 2024, calibrated; single flows between third countries are wide guesses",
            "magnets inside imported motors and machines escape a duty on magnets; their tonnes are not in the tables",
            "swarf that returns earns the floor too; content counts what goes in, not what comes back",
        ),
        assumptions=[i for i in assume if i.startswith("finance_")],
        source_ids=found.prices[product].source_ids,
    )


def _heavy_share(ds: Dataset) -> float:
    return sum(float(r["share_of_world"]) * float(r["heavy_grade_share"]) for r in ds.rows("magnet_sectors"))


def _prices_now(ds: Dataset, chain: Chain, year: int) -> dict[str, float]:
    """Prices along the chain [USD/kg] in the latest year of oxide prices; magnets move with the blanks inside them."""
    then, now = base_prices(ds, chain, YEAR), base_prices(ds, chain, year)
    for grade in ("std", "ht"):
        (blank,) = chain.process(f"machine_{grade}").inputs.items()
        now[f"ndfeb_magnet_{grade}"] = then[f"ndfeb_magnet_{grade}"] + blank[1] * (now[blank[0]] - then[blank[0]])
    return now


def _stages(
    chain: Chain, prices: Mapping[str, float], product: str, heavy: float
) -> list[tuple[str, str, float, float]]:
    """Stage, product, content of the floored oxide [t/t], and price [USD/kg], for the world mix of grades."""
    makers = {p: process for process in chain.processes if process.stage in STAGES for p in process.outputs}

    def content(name: str) -> float:
        if name == product:
            return 1.0
        if name not in makers or makers[name].stage == "separated":
            return 0.0
        process = makers[name]
        return sum(content(p) * q for p, q in process.inputs.items()) / process.outputs[name]

    metal = product.replace("_oxide", "_metal")
    found = [("separated", product, 1.0, prices[product]), ("metal", metal, content(metal), prices[metal])]
    for name in ("alloy", "blank", "magnet"):
        parts = [(1 - heavy, f"ndfeb_{name}_std"), (heavy, f"ndfeb_{name}_ht")]
        inside = sum(part * content(p) for part, p in parts)
        found.append((name, f"ndfeb_{name}", inside, sum(part * prices[p] for part, p in parts)))
    return found


def _tonnes(chain: Chain, base: Base, party: str, product: str) -> dict[str, float]:
    """A party's year [t]: oxide made, imports less exports at each stage, magnets used."""
    recipes = {p.process_id: p for p in chain.processes}
    made = sum(
        float(level) * recipes[process].outputs.get(product, 0.0)
        for level, (process, region) in zip(base.activity, chain.activities, strict=True)
        if region == party
    )
    into: dict[str, float] = {"made": made}
    metal = product.replace("_oxide", "_metal")
    for (what, origin, there), tonnes in zip(chain.arcs, base.flow.tolist(), strict=True):
        if party in (there, origin) and there != origin:
            name = {product: "separated", metal: "metal"}.get(what, what.removesuffix("_std").removesuffix("_ht"))
            stage = name.removeprefix("ndfeb_")
            if stage in STAGES:
                into[stage] = into.get(stage, 0.0) + (tonnes if there == party else -tonnes)
    into["used"] = sum(
        float(t)
        for (what, region, _), t in zip(chain.uses, base.use, strict=True)
        if region == party and what.startswith("ndfeb_magnet")
    )
    return into


def _payer_rows(
    party: str, tonnes: Mapping[str, float], content: Mapping[str, float], now: float, gap: Floats
) -> list[Row]:
    """Who bears the floor under each way to uphold it, at today's price and over the years."""
    net = {s: tonnes.get(s, 0.0) for s in STAGES}

    def burdens(missing_: float) -> dict[str, Burden]:
        return {
            "treasury": by_treasury(tonnes["made"], missing_),
            "border_all": by_border(tonnes["used"], net, content, missing_, STAGES, "magnet"),
            "border_oxide": by_border(tonnes["used"], net, content, missing_, STAGES[:1], "magnet"),
            "border_to_metal": by_border(tonnes["used"], net, content, missing_, STAGES[:2], "magnet"),
        }

    low, middle, high = (burdens(float(g)) for g in np.quantile(gap, [0.1, 0.5, 0.9]))
    rows: list[Row] = []
    for way, one in burdens(now).items():
        for who in ("makers", "users", "treasury", "importers"):
            ends = sorted((getattr(low[way], who), getattr(high[way], who)))
            rows.append(
                {
                    "party": party,
                    "way": way,
                    "payer": who,
                    "paid_usd_m_per_y_now": getattr(one, who),
                    "paid_usd_m_per_y": getattr(middle[way], who),
                    "paid_usd_m_per_y_p10": ends[0],
                    "paid_usd_m_per_y_p90": ends[1],
                }
            )
    return rows


def _use_rows(ds: Dataset, content: float, now: float, gap: Floats) -> list[Row]:
    """What the floor adds to an electric car's motor and to a megawatt of wind."""
    rows: list[Row] = []
    for row in ds.rows("recipes", product="ndfeb_magnet", stage="end_use"):
        magnet = float(row["quantity"])
        rows.append(
            {
                "use": row["process_id"],
                "magnet_kg": magnet,
                "unit": row["unit"],
                "extra_usd_now": magnet * content * now,
                **quantiles("extra_usd", magnet * content * gap),
                "confidence": row["confidence"],
                "source_ids": [row["source_id"]],
            }
        )
    return rows


def _leak_rows(content: Mapping[str, float], cost: Mapping[str, float], now: float) -> list[Row]:
    """Where goods slip past duties that end at each stage."""
    rows: list[Row] = []
    for last in range(1, len(STAGES)):
        for here, there, saved, share in escapes(content, cost, STAGES, STAGES[:last], now):
            rows.append({"duty_up_to": here, "enters_as": there, "saved_usd_per_kg": saved, "saved_share": share})
    rows.append(
        {
            "duty_up_to": "magnet",
            "enters_as": "end_use",
            "saved_usd_per_kg": content["magnet"] * now,
            "saved_share": None,
        }
    )
    return rows


def _project_rows(
    ds: Dataset,
    found: Register,
    drawn: Draws,
    assume: Mapping[str, float],
    product: str,
    at: float,
    years: int,
) -> list[Row]:
    """Which projects that sell the product stand with the floor: bankable paths without it and with it."""
    hurdles = Hurdles(
        assume["finance_lender_dscr"],
        assume["finance_sponsor_return_real"],
        assume["finance_treasury_rate_real"],
        assume["finance_recovery_share"],
    )
    rows: list[Row] = []
    for sheet in found.sheets.values():
        at_line = next((i for i, line in enumerate(sheet.lines) if line.product == product), None)
        if sheet.missing or at_line is None:
            continue
        bare = private(venture(sheet, drawn, assume, as_of=int(ds.version.split(".")[0])), bank_loan(assume))
        held = instruments.price_floor(bare, "public", product=at_line, floor=at, years=years)
        without, with_it = judged(bare, (), hurdles), judged(held, (), hurdles)
        rows.append(
            {
                "project_id": sheet.project_id,
                "country": sheet.country,
                "status": sheet.status,
                "bankable_share": without.bankable_share,
                "floor_bankable_share": with_it.bankable_share,
                "cost_usd_m": with_it.cost.expected,
                "cost_usd_m_p10": with_it.cost.p10,
                "cost_usd_m_p90": with_it.cost.p90,
                "tail_usd_m": with_it.cost.tail,
                "cost_status": sheet.cost.status,
                "source_ids": list(sheet.source_ids),
            }
        )
    return sorted(rows, key=lambda r: (-float(r["floor_bankable_share"]), str(r["project_id"])))  # type: ignore[arg-type]


def deal_rows(ds: Dataset, product: str, price: Floats, assume: Mapping[str, float]) -> list[Row]:
    """What floors that were signed on the product cost the public over their years [million USD, present value].

    Path by path, with what goes back when prices are high, over the range of tonnes that the deal covers.
    """
    terms = {str(r["deal_id"]): r for r in ds.rows("floor_deals")}
    rows: list[Row] = []
    for deal in ds.rows("finance_terms", instrument="price_floor", floor_product=product):
        volume = terms.get(str(deal["deal_id"]))
        if volume is None:
            continue
        span = price[:, : int(deal["tenor_years"])]
        back = upside_of(volume)
        low, value, high = (float(volume[k]) for k in ("quantity_t_low", "quantity_t", "quantity_t_high"))
        points = (np.arange(span.shape[0]) + 0.5) / span.shape[0]
        tonnes = split_uniform(np.random.default_rng(0).permutation(points), low, value, high)[:, None]
        paid = missing(float(deal["price_floor_usd_per_kg"]), span) * tonnes * MUSD
        if back:
            above = np.maximum(span - back["upside_above"], 0.0) * tonnes * MUSD * back["upside_share"]
            paid = paid - np.minimum(above, back["upside_cap"])
        most = float(deal["price_floor_usd_per_kg"]) * high * span.shape[1] * MUSD
        cost = public_cost(later_by_one(-paid), most, rate=assume["finance_treasury_rate_real"])
        rows.append(
            {
                "deal_id": deal["deal_id"],
                "party": deal["party"],
                "agency": deal["agency"],
                "floor_usd_per_kg": deal["price_floor_usd_per_kg"],
                "years": span.shape[1],
                "quantity_t": value,
                "cost_usd_m": cost.expected,
                "cost_usd_m_p10": cost.p10,
                "cost_usd_m_p90": cost.p90,
                "tail_usd_m": cost.tail,
                "exposure_usd_m": cost.exposure,
                "first_year_usd_m": float(paid[:, 0].mean()),
                "conditions": deal["conditions"],
                "source_ids": sorted({deal["source_id"], volume["source_id"]}),
            }
        )
    return rows


def later_by_one(flows: Floats) -> Floats:
    """Flows (path, year) one year later: the first is paid a year from now."""
    return np.concatenate([np.zeros((flows.shape[0], 1)), flows], axis=1)
