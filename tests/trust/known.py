"""Known answers: problems solved by hand or in print, each against the product, within 1e-8.

    python -m tests.trust.known [--record]

The right side is a number of the source, or arithmetic written out here with fractions, `math` or `statistics`; nothing
of the product is used for it. `origin` says where it is from.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction as F
from statistics import NormalDist

import numpy as np

from didymium.engine import cvar as weighted_cvar
from didymium.finance import Deal, Tranche, Venture, irr, npv, settle
from didymium.finance.instruments import grant, offtake, price_floor
from didymium.finance.options import black_call, black_put, reverting_variance, two_way
from didymium.finance.public_cost import loan_subsidy, shared, tail_mean
from didymium.finance.returns import annuity, payback
from didymium.model.concentration import governance_weighted_hhi, hhi, hhi_10000, hhi_bounds, top_share
from didymium.model.cover import (
    days_of_cover,
    n_minus_k_importer,
    n_minus_one_importer,
    n_minus_one_world,
    reliance_from_flows,
    reliance_from_need,
    worst_loss,
)
from didymium.model.price_response import Source, cleared, consumer_loss
from didymium.model.scrap import recover, survival
from didymium.model.spread import cvar as sample_cvar
from didymium.model.stock_rules import (
    disruption_newsvendor,
    newsvendor,
    price_rise,
    reserve_against,
    reserve_days,
    saved_days,
    strategic_reserve,
)
from tests.trust import known_programmes as programme
from tests.trust.record import record

TOLERANCE = 1e-8
INF = math.inf
NONE = math.nan  # "there is no such number" is an answer


@dataclass(frozen=True)
class Known:
    """A problem with its answer; NaN is the answer that there is none."""

    name: str
    origin: str
    answer: float
    ours: Callable[[], float]

    def error(self) -> float:
        """How far ours is from the answer, relative to one and its size."""
        got = float(self.ours())
        if math.isnan(self.answer) or math.isnan(got):
            return 0.0 if math.isnan(self.answer) and math.isnan(got) else math.inf
        return abs(got - self.answer) / max(1.0, abs(self.answer))


def _flow(*values: float) -> np.ndarray:
    return np.array([values], dtype=float)


def _rate(*values: float) -> float:
    return float(irr(_flow(*values)).rate[0])


def _sum(rate: F, years: int) -> F:
    return sum(((1 + rate) ** -k for k in range(1, years + 1)), F(0))


def _phi(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


def _black(f: float, k: float, sigma: float, years: float, rate: float) -> float:
    s = sigma * math.sqrt(years)
    d = math.log(f / k) / s + s / 2
    return math.exp(-rate * years) * (f * _phi(d) - k * _phi(d - s))


def _plant(prices: list[float], tax: float = 0.0) -> Venture:
    """100 million spent now; 1,000 t a year from next year on at 20 million a year; written off over ten years."""
    years = len(prices) + 1
    made, spent = np.full((1, 1, years), 1000.0), np.zeros((1, years))
    made[:, :, 0], spent[0, 0] = 0.0, 100.0
    price = np.array([[[0.0, *prices]]])
    return Venture(price, made, spent, np.where(made[:, 0] > 0, 20.0, 0.0), tax, 10)


def _owners(deal: Deal, rate: float) -> float:
    return float(npv(settle(deal, recovery=0.4).sponsor, rate)[0])


PRICES = [31.0, 77.0, 44.0, 52.0]
CLRS = {
    ("s", "1"): 16.0, ("s", "2"): 13.0, ("1", "3"): 12.0, ("2", "1"): 4.0, ("3", "2"): 9.0, ("2", "4"): 14.0,
    ("4", "3"): 7.0, ("3", "t"): 20.0, ("4", "t"): 4.0,
}  # fmt: skip
TAXED = -100 + 25 * _sum(F(1, 10), 10) + F(45, 2) * F(10, 11) ** 11
RATIO = F(70, 88)
SUBSIDY = 1 - _sum(F(5, 100), 10) / _sum(F(2, 100), 10)

KNOWN = (
    # -- programmes --
    Known("farmer, three weathers", "Birge & Louveaux 1.1", -108_390.0, lambda: programme.farmer(1.2, 1.0, 0.8)),
    Known("farmer, good weather known", "Birge & Louveaux 1.1", -503_000 / 3, lambda: programme.farmer(1.2)),
    Known("farmer, mean weather known", "Birge & Louveaux 1.1", -118_600.0, lambda: programme.farmer(1.0)),
    Known("farmer, bad weather known", "Birge & Louveaux 1.1", -59_950.0, lambda: programme.farmer(0.8)),
    Known(
        "farmer, planning for the mean costs 1,150", "Birge & Louveaux 1.1", -107_240.0, programme.farmer_for_the_mean
    ),
    Known(
        "Wyndor Glass",
        "Hillier & Lieberman 3.1",
        36.0,
        lambda: programme.most([3, 5], [[1, 0], [0, 2], [3, 2]], [4, 12, 18]),
    ),
    Known("Giapetto", "Winston 3.1", 180.0, lambda: programme.most([3, 2], [[2, 1], [1, 1], [1, 0]], [100, 80, 40])),
    Known(
        "Dakota",
        "Winston 4.3",
        280.0,
        lambda: programme.most([60, 30, 20], [[8, 6, 1], [4, 2, 1.5], [2, 1.5, 0.5]], [48, 20, 8]),
    ),
    Known(
        "Dakota, price of a finishing hour",
        "Winston 6.5",
        -10.0,
        lambda: programme.least([-60, -30, -20], [[8, 6, 1], [4, 2, 1.5], [2, 1.5, 0.5]], upper=[48, 20, 8]).row_dual[
            1
        ],
    ),
    Known(
        "diet",
        "Winston 3.4",
        90.0,
        lambda: (
            programme.least(
                [50, 20, 30, 80], [[400, 200, 150, 500], [3, 2, 0, 0], [2, 2, 4, 4], [2, 4, 1, 5]], [500, 6, 10, 8]
            ).objective
        ),
    ),
    Known(
        "Powerco",
        "Winston 7.1",
        1020.0,
        lambda: programme.shipped([[8, 6, 10, 9], [9, 12, 13, 7], [14, 9, 16, 5]], [35, 50, 40], [45, 20, 30, 30]),
    ),
    Known(
        "two canneries, three markets",
        "Dantzig 1963, 3.3",
        153.675,
        lambda: programme.shipped([[0.225, 0.153, 0.162], [0.225, 0.162, 0.126]], [350, 600], [325, 300, 275]),
    ),
    Known(
        "a cycling example",
        "Beale 1955",
        -0.05,
        lambda: (
            programme.least(
                [-0.75, 150, -0.02, 6], [[0.25, -60, -0.04, 9], [0.5, -90, -0.02, 3], [0, 0, 1, 0]], upper=[0, 0, 1]
            ).objective
        ),
    ),
    Known(
        "a cube cut askew",
        "Klee & Minty 1972",
        10_000.0,
        lambda: programme.most([100, 10, 1], [[1, 0, 0], [20, 1, 0], [200, 20, 1]], [1, 100, 10_000]),
    ),
    Known("greatest flow", "Cormen et al. 26.1", 23.0, lambda: programme.flow_through(CLRS, "s", "t")),
    Known(
        "value of a game [3 −1; −2 4]",
        "by hand: (ad − bc)/(a + d − b − c)",
        -1.0,
        lambda: (
            programme.least(
                [0, 0, -1], [[3, -2, -1], [-1, 4, -1], [1, 1, 0]], [0, 0, 1], [INF, INF, 1], free=[2]
            ).objective
        ),
    ),
    Known(
        "knapsack of ten",
        "Burkardt, P01",
        309.0,
        lambda: programme.knapsack(
            [23, 31, 29, 44, 53, 38, 63, 85, 89, 82], [92, 57, 49, 68, 60, 43, 67, 84, 87, 72], 165
        ),
    ),
    Known(
        "knapsack of five",
        "Burkardt, P02",
        51.0,
        lambda: programme.knapsack([12, 7, 11, 8, 9], [24, 13, 23, 15, 16], 26),
    ),
    Known(
        "knapsack of fifteen",
        "Burkardt, P07",
        1458.0,
        lambda: programme.knapsack(
            [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120],
            [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240],
            750,
        ),
    ),
    Known(
        "stock against needs of 10, 20, 30",
        "by hand: 30 bought, none short",
        30.0,
        lambda: programme.stockpile(1, 3.0, [10, 20, 30]),
    ),
    Known(
        "the same, a unit short at 2",
        "by hand: 20 bought, 10/3 short on average",
        20 + 2 * 10 / 3,
        lambda: programme.stockpile(1, 2.0, [10, 20, 30]),
    ),
    Known(
        "stock where short is cheap", "by hand: nothing bought", 10.0, lambda: programme.stockpile(1, 0.5, [10, 20, 30])
    ),
    Known(
        "stock by the worst fifth, dear",
        "by hand: CVaR 0.8 of a loss of 1 in 10 is half of it",
        10.0,
        lambda: programme.stockpile(1, 4.0, [0, 10], risk=1, alpha=0.8, shares=[0.9, 0.1]),
    ),
    Known(
        "stock by the worst fifth, cheap",
        "by hand",
        7.5,
        lambda: programme.stockpile(1, 1.5, [0, 10], risk=1, alpha=0.8, shares=[0.9, 0.1]),
    ),
    Known("only plant lost for 3 of 12 months", "by hand", 300.0, lambda: programme.lost_months(3)),
    Known(
        "the same with a month of stock",
        "by hand: 365.25/12 days are one month",
        200.0,
        lambda: programme.lost_months(3, cover_days=365.25 / 12),
    ),
    Known("the same with two plants, one lost", "by hand", 120.0, lambda: programme.lost_months(3, second=60.0)),
    # -- money --
    Known("annuity 5 %, 10 years", "sum of fractions", float(_sum(F(5, 100), 10)), lambda: annuity(0.05, 10)),
    Known(
        "capital recovery 10 %, 20 years",
        "sum of fractions",
        float(1 / _sum(F(1, 10), 20)),
        lambda: 1 / annuity(0.10, 20),
    ),
    Known(
        "worth of −100, 60, 60 at 10 %",
        "fractions",
        float(-100 + 60 * _sum(F(1, 10), 2)),
        lambda: npv(_flow(-100, 60, 60), 0.1)[0],
    ),
    Known("rate of −100, 110", "by hand", 0.1, lambda: _rate(-100, 110)),
    Known(
        "rate of −4,000, 2,000, 4,000",
        "Brealey & Myers 5.3; the quadratic",
        2 / ((-1 + math.sqrt(17)) / 2) - 1,
        lambda: _rate(-4000, 2000, 4000),
    ),
    Known("rates of 10 and 20 %: no unique one", "−100 (1 − 1.1v)(1 − 1.2v)", NONE, lambda: _rate(-100, 230, -132)),
    Known(
        "rates of 25 and 400 %: no unique one",
        "Lorie & Savage 1955, the oil pump",
        NONE,
        lambda: _rate(-1600, 10_000, -10_000),
    ),
    Known("no real rate at all", "Brealey & Myers 5.3", NONE, lambda: _rate(1000, -3000, 2500)),
    Known("payback of −100, 40, 40, 40", "by hand", 2.5, lambda: payback(_flow(-100, 40, 40, 40))[0]),
    Known(
        "Black's call at the money",
        "2Φ(σ√T/2) − 1",
        100 * math.erf(0.1 / math.sqrt(2)),
        lambda: black_call(100, 100, 0.2, 1, 0),
    ),
    Known(
        "call on a future",
        "Black 1976 with erf",
        _black(110, 95, 0.3, 2.5, 0.04),
        lambda: black_call(110, 95, 0.3, 2.5, 0.04),
    ),
    Known(
        "put on crude oil",
        "Hull, Black's model; parity",
        _black(20, 20, 0.25, 1 / 3, 0.09),
        lambda: black_put(20, 20, 0.25, 1 / 3, 0.09),
    ),
    Known(
        "put less call is a contract for difference",
        "parity",
        math.exp(-0.09) * 15.0,
        lambda: black_put(95, 110, 0.3, 3, 0.03) - black_call(95, 110, 0.3, 3, 0.03),
    ),
    Known("two-way contract", "e^−rT (K − F)", math.exp(-0.09) * 15.0, lambda: two_way(95, 110, 3, 0.03)),
    Known(
        "variance of a price that returns",
        "σ²(1 − e^−2κT)/2κ",
        0.09 * (1 - math.exp(-2)),
        lambda: reverting_variance(0.3, 0.5, 2),
    ),
    Known(
        "a deal under a two-way contract at 60",
        "by hand: 40 a year whatever the price",
        float(-100 + 40 * _sum(F(8, 100), 4)),
        lambda: _owners(
            price_floor(Deal.of(_plant(PRICES)), "USA", product=0, floor=60.0, years=9, upside_share=1.0), 0.08
        ),
    ),
    Known(
        "a deal under a floor at 60",
        "by hand: 40, 57, 40, 40",
        float(-100 + 40 * _sum(F(8, 100), 4) + 17 * F(100, 108) ** 2),
        lambda: _owners(price_floor(Deal.of(_plant(PRICES)), "USA", product=0, floor=60.0, years=9), 0.08),
    ),
    Known(
        "a deal with all output sold at 55",
        "by hand: 35 a year",
        float(-100 + 35 * _sum(F(8, 100), 4)),
        lambda: _owners(offtake(Deal.of(_plant(PRICES)), "USA", product=0, price=55.0, years=9), 0.08),
    ),
    Known(
        "a grant of 30 %",
        "by hand",
        float(-70 + 30 * _sum(F(8, 100), 11)),
        lambda: _owners(grant(Deal.of(_plant([50.0] * 11)), "USA", share=0.3), 0.08),
    ),
    Known(
        "a loan at the owners' own rate",
        "Modigliani & Miller 1958: worth nothing",
        float(-100 + 30 * _sum(F(8, 100), 11)),
        lambda: _owners(Deal.of(_plant([50.0] * 11), (Tranche("loan", 0.5, 0.08, 8),)), 0.08),
    ),
    Known(
        "a plant taxed at 25 %",
        "by hand: 25 for ten years, then 22.5",
        float(TAXED),
        lambda: settle(Deal.of(_plant([50.0] * 11, 0.25)), recovery=0.4).project_npv(0.1)[0],
    ),
    Known(
        "subsidy of a loan at 2 % against 5 %",
        "credit-reform rule, fractions",
        float(SUBSIDY),
        lambda: loan_subsidy(100, 10, rate=0.02, treasury=0.05),
    ),
    Known(
        "half until paid back, then a tenth",
        "memorandum of 4 September 2025; by hand",
        110.0,
        lambda: shared(300.0, 100.0, before=0.5, after=0.1)[0],
    ),
    # -- tails and stocks --
    Known(
        "tail 0.95 of a loss of 100, 1 in 10",
        "Rockafellar & Uryasev",
        100.0,
        lambda: weighted_cvar(np.array([0.0, 100.0]), np.array([0.9, 0.1]), 0.95),
    ),
    Known(
        "tail 0.8 of the same",
        "half of the tail is the loss",
        50.0,
        lambda: weighted_cvar(np.array([0.0, 100.0]), np.array([0.9, 0.1]), 0.8),
    ),
    Known("tail 0.85 of 1 … 10", "by hand: (10 + 9/2)/1.5", 29 / 3, lambda: tail_mean(np.arange(1.0, 11.0), 0.85)),
    Known("the same of a sample", "by hand", 29 / 3, lambda: sample_cvar(np.arange(1.0, 11.0)[:, None], 0.85)[0][0]),
    Known(
        "newsvendor, normal",
        "Snyder & Shen 4.3; NormalDist",
        50 + 8 * NormalDist().inv_cdf(float(RATIO)),
        lambda: newsvendor(50, 8, holding=0.18, penalty=0.70),
    ),
    Known(
        "newsvendor, needs 1 … 10",
        "ratio 0.7: stock 7",
        7.0,
        lambda: reserve_against(np.arange(1.0, 11.0), value=10, holding=3).stock,
    ),
    Known(
        "its cost",
        "3·7 + 10·(1 + 2 + 3)/10",
        27.0,
        lambda: reserve_against(np.arange(1.0, 11.0), value=10, holding=3).cost,
    ),
    Known(
        "newsvendor, exponential",
        "1/μ · ln(λμ/(λ + μ) · v/h)",
        365 * 0.5 * math.log(0.1 / 1.05 * 100),
        lambda: reserve_days(rate=0.1, years=0.5, value=100.0, holding=1.0),
    ),
    Known(
        "days that it saves",
        "λ/(1 + λL) · L · 365 · (1 − e^−t/L)",
        0.1 / 1.05 * 0.5 * 365 * (1 - math.exp(-90 / 182.5)),
        lambda: saved_days(90.0, rate=0.1, years=0.5),
    ),
    Known(
        "base stock under disruptions",
        "Snyder & Shen 9.2",
        8000.0,
        lambda: disruption_newsvendor(2000, fails=0.04, recovers=0.25, holding=0.25, penalty=3),
    ),
    Known(
        "reserve of one market state",
        "by hand: move once, then 2 for ever at 0.9",
        19.0,
        lambda: strategic_reserve([0, 1], np.array([[[5.0, 1.0], [9.0, 2.0]]]), np.array([[1.0]]), discount=0.9).value[
            0, 0
        ],
    ),
    Known(
        "price while 2 % are bought",
        "0.02/(0.15 + 0.1)",
        0.08,
        lambda: price_rise(0.02, supply_elasticity=0.15, demand_elasticity=-0.1),
    ),
    # -- markets and measures --
    Known(
        "half of supply lost, elasticities 0.2 and −0.2",
        "0.5^(−1/0.4)",
        2**2.5,
        lambda: cleared([Source(1.0, 0.2, lost_share=0.5)], -0.2, choke=1000).price,
    ),
    Known(
        "a fifth lost, supply fixed, demand −0.5",
        "0.8^−2",
        1.5625,
        lambda: cleared([Source(1.0, 0.0, lost_share=0.2)], -0.5, choke=1000).price,
    ),
    Known("what buyers lose then", "2(√p − 1)", 0.5, lambda: consumer_loss(1.5625, -0.5)),
    Known("concentration of 50, 30, 20", "by hand", 0.38, lambda: hhi([50, 30, 20])),
    Known("of 30, 30, 20, 20", "US DOJ: 2,600", 2600.0, lambda: hhi_10000(hhi([30, 30, 20, 20]))),
    Known("of seven equals", "1/7", 1 / 7, lambda: hhi([3.0] * 7)),
    Known("least with a rest of 20", "0.8²", 0.64, lambda: hhi_bounds([80], 20)[0]),
    Known("greatest with a rest of 20", "0.8² + 0.2²", 0.68, lambda: hhi_bounds([80], 20)[1]),
    Known("weighted by governance", "by hand", 0.194, lambda: governance_weighted_hhi([50, 30, 20], [0.6, 0.4, 0.2])),
    Known("two largest of 50, 30, 20", "by hand", 0.8, lambda: top_share([20, 50, 30], 2)),
    Known("reliance from flows", "(90 − 10)/(20 + 80)", 0.8, lambda: reliance_from_flows(20, 90, 10).share),
    Known(
        "copper, United States 2024",
        "USGS MCS 2025 prints 45 %",
        (1860 - 882 - 140) / 1860,
        lambda: reliance_from_need(1860, 882 + 140).share,
    ),
    Known("world without its leader", "(100 − 60)/(100 − 50)", 0.8, lambda: n_minus_one_world(100, 60, 100, 50)),
    Known(
        "importer without its largest source",
        "(10 + 20 + 10)/100",
        0.4,
        lambda: n_minus_one_importer(10, [60, 20, 10], 100),
    ),
    Known("without its two largest", "(10 + 10)/100", 0.2, lambda: n_minus_k_importer(10, [60, 20, 10], 100, 2)),
    Known("worst two of four", "9 + 7 − spare 3", 13.0, lambda: worst_loss([9, 7, 3, 1], [0, 0, 2, 1], 2)[0]),
    Known("days of cover", "60 t of 365 t a year", 60.0, lambda: days_of_cover(60, 365)),
    Known(
        "goods that fail at a constant rate",
        "mean of e^−t/L in year 3",
        8 * (math.exp(-2 / 8) - math.exp(-3 / 8)),
        lambda: survival(5, 8.0, 1.0)[2],
    ),
    Known("recovered scrap", "100 · 0.5 · 0.8 · 0.9", 36.0, lambda: recover(100.0, 0.5, 0.2, 0.9).recovered),
)


def main() -> int:
    """All of them, and how many come out."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--record", action="store_true", help="write the figure to the page of trust")
    given = asked.parse_args()
    errors = {one.name: one.error() for one in KNOWN}
    wrong = {name: error for name, error in errors.items() if not error <= TOLERANCE}
    for one in KNOWN:
        print(f"{'WRONG' if one.name in wrong else 'ok':5} {errors[one.name]:.1e}  {one.name} ({one.origin})")
    print(f"{len(KNOWN) - len(wrong)} of {len(KNOWN)} known answers within {TOLERANCE:g}")
    if given.record:
        figure = f"{len(KNOWN) - len(wrong)} of {len(KNOWN)} within 1e-8, worst {max(errors.values()):.0e}"
        record(11, "known answers", figure, "python -m tests.trust.known --record", file="answers")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
