"""What is not known of a scenario: every uncertain input with its range, under the name by which a draw replaces it.

A draw replaces central values by name; `Scenario.apply` reads the names. Ranges come from the rows of tables and from
the scenario file, never from here.

    <assumption id>              a row of `assumptions` that stress reads
    thrift                       how much of each use gives way first, within its own range; see `thrift.py`
    approval:CHN                 where in their ranges the approvals of an office lie: 0 low, ½ central, 1 high
    cuts.0.start, cuts.0.months  months by which a cut starts later than stated; how many months it lasts
    outages.0.availability       what remains
    demand_outlook               growth of demand: 0 lowest outlook, ½ STEPS, 1 highest
    price_position               base prices: 0 lowest row, ½ the row that is used, 1 highest
    value:ev_motor               value of a use [USD/kg, USD/kWh, USD a vehicle]
    base_year_figures            which errors the figures of the base year have; see `didymium.model.redraw`
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from didymium.scenario.chain import Tables
from didymium.scenario.family_chain import MAGNETS
from didymium.scenario.family_figures import outlook_span
from didymium.scenario.family_inputs import values_of
from didymium.scenario.inputs import Floats
from didymium.scenario.scenario import Outage, Scenario, TradeCut
from didymium.scenario.stocks import as_assumptions
from didymium.scenario.thrift import THRIFT
from didymium.scenario.tree import leaves

FIGURES = "base_year_figures"
OUTLOOK = "demand_outlook"
PRICES = "price_position"
OTHER_FAMILIES = "families other than magnets"


@dataclass(frozen=True, slots=True)
class Factor:
    """One uncertain input: its range in the units in which it is drawn, and in words for readers.

    `shown` is the range that a reader sees where the drawn number is a position within it.
    """

    id: str
    low: float
    value: float
    high: float
    meaning: str
    meaning_ja: str
    unit: str
    shown: tuple[float, float]
    source_id: str

    def at(self, quantile: float) -> float:
        """The value at a quantile, 0 to 1; the central value is the median.

        That of `split_uniform`, to the last digit, without the arrays: an ensemble asks for millions, one by one.
        """
        if quantile < 0.5:
            return self.low + 2 * quantile * (self.value - self.low)
        return self.value + (2 * quantile - 1) * (self.high - self.value)


def split_uniform(u: Floats, low: float, value: float, high: float) -> Floats:
    """Quantiles of a range whose median is the central value: half the mass on each side, even within it."""
    return np.where(u < 0.5, low + 2 * u * (value - low), value + (2 * u - 1) * (high - value))


def factors(ds: Tables, story: Scenario) -> tuple[Factor, ...]:
    """All uncertain inputs of a scenario over a dataset, each once, in a fixed order; the errors of figures come last.

    For a scenario with branches those of all its leaves. What has no width is left out.
    """
    found = [
        *_assumptions(ds, story),
        *_approvals(story),
        *_spells("cuts", story.cuts, clocks(story.cuts)),
        *_spells("outages", story.outages, clocks(story.outages)),
        *_availabilities(story),
        *_tables(ds, story),
    ]
    return tuple(one for one in found if one.low < one.high)


def assumption_factors(rows: Sequence[Mapping[str, Any]]) -> list[Factor]:
    """Factors of rows of `assumptions`."""
    return [
        Factor(
            r["assumption_id"],
            float(r["low"]),
            float(r["value"]),
            float(r["high"]),
            str(r.get("meaning", "")),
            str(r.get("meaning_ja", "")),
            str(r.get("unit", "")),
            (float(r["low"]), float(r["high"])),
            str(r.get("source_id", "")),
        )
        for r in rows
    ]


def _assumptions(ds: Tables, story: Scenario) -> list[Factor]:
    """Assumptions that stress reads; those of other families only where one is in the network."""
    rows = [r for r in ds.rows("assumptions") if "stress" in r["used_by"].split(";")]
    alone = story.families == (MAGNETS,)
    found = assumption_factors([r for r in rows if not (alone and r["applies_to"] == OTHER_FAMILIES)])
    found += assumption_factors(as_assumptions(ds))
    # Thrift is drawn as a position: how far each use can give way is its own.
    return [
        replace(one, id=THRIFT, low=0.0, value=0.5, high=1.0) if one.id == "flexible_share" else one for one in found
    ]


def _approvals(story: Scenario) -> Iterator[Factor]:
    """One factor for each licence office: a strict office is strict on all its cuts; offices are independent."""
    offices: dict[str, tuple[float, float, float]] = {}
    for leaf in leaves(story):
        for cut in leaf.scenario.cuts:
            if cut.approval_range is not None:
                offices.setdefault(cut.licensed_by, cut.approval_range)
    for office, (low, _, high) in offices.items():
        yield Factor(
            f"approval:{office}",
            0.0,
            0.5,
            1.0,
            f"Share of the cut flows that {office} licenses",
            f"規制対象フローのうち{office}が許可する割合",
            "share",
            (low, high),
            "",
        )


Timed = TradeCut | Outage


def clocks(spells: Sequence[Timed]) -> tuple[int, ...]:
    """For each cut or outage the number of the first one with the same times and the same cause: they move together."""
    seen: dict[tuple[Any, ...], int] = {}
    keys = [
        (
            one.licensed_by if isinstance(one, TradeCut) else one.place,
            one.start,
            one.end,
            one.start_range,
            one.months_range,
        )
        for one in spells
    ]
    return tuple(seen.setdefault(key, i) for i, key in enumerate(keys))


def _spells(kind: str, spells: Sequence[Timed], clock: Sequence[int]) -> Iterator[Factor]:
    """Start and length of each cut or outage that has a range."""
    for i, one in enumerate(spells):
        if clock[i] != i:
            continue
        who = one.licensed_by if isinstance(one, TradeCut) else one.place
        what, what_ja = ("cut", "規制") if isinstance(one, TradeCut) else ("outage", "停止")
        early, late = one.start_range
        yield Factor(
            f"{kind}.{i}.start",
            float(early),
            0.0,
            float(late),
            f"Months by which the {what} by {who} starts later than {one.start}",
            f"{who}の{what_ja}が{one.start}より遅れて始まる月数",
            "months",
            (float(early), float(late)),
            "",
        )
        if one.months is not None and one.months_range is not None:
            low, high = one.months_range
            yield Factor(
                f"{kind}.{i}.months",
                float(low),
                float(one.months),
                float(high),
                f"Length of the {what} by {who}",
                f"{who}の{what_ja}の長さ",
                "months",
                (float(low), float(high)),
                "",
            )


def _availabilities(story: Scenario) -> Iterator[Factor]:
    for i, one in enumerate(story.outages):
        low, central, high = one.availability_range
        yield Factor(
            f"outages.{i}.availability",
            low,
            central,
            high,
            f"What remains of output in {one.place}, stage {one.stage}",
            f"{one.place}の{one.stage}段階で残る生産の割合",
            "share",
            (low, high),
            "",
        )


def _tables(ds: Tables, story: Scenario) -> Iterator[Factor]:
    """Growth of demand, base prices, values of uses, and the errors of the base year's figures."""
    base_year = story.first_base_year
    last = story.month_labels()[-1]
    low, high = outlook_span(ds, story.families, int(last[:4]), base_year)
    if low < high:
        yield Factor(
            OUTLOOK,
            0.0,
            0.5,
            1.0,
            f"Growth of world demand from {base_year} to {last[:4]}, lowest to highest outlook",
            f"{base_year}年から{last[:4]}年までの世界需要の伸び（見通しの最低から最高）",
            "times",
            (low, high),
            "iea-cm-dataset-2025",
        )
    yield Factor(
        PRICES,
        0.0,
        0.5,
        1.0,
        "Base prices within what rows of other markets and months say",
        "基準価格（他の市場・月の行が示す範囲内の位置）",
        "position",
        (0.0, 1.0),
        "",
    )
    for sector, name, name_ja, (low, value, high), unit in values_of(ds, story.families):
        yield Factor(
            f"value:{sector}",
            low,
            value,
            high,
            f"Value at stake: {name}",
            f"失われる価値：{name_ja}",
            unit,
            (low, high),
            "didymium-derivation",
        )
    yield Factor(
        FIGURES,
        0.0,
        0.5,
        1.0,
        "Errors of the figures of the base year",
        "基準年の数値の誤差",
        "position",
        (0.0, 1.0),
        "",
    )
