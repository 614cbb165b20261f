"""The plan: its laws on the shipped data with few futures, and its small rules alone."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from didymium import data
from didymium.engine.portfolio import portfolio
from didymium.engine.twostage import PortfolioSolution
from didymium.errors import BadInput, UnknownTerm
from didymium.i18n import translator
from didymium.model.plan_network import Opened
from didymium.results import Row
from didymium.scenario.inputs import Chain, Process
from didymium.studies import plan_views
from didymium.studies.plan import plan
from didymium.studies.plan_again import barred_by, changes, read_choices
from didymium.studies.plan_candidates import Candidate
from didymium.studies.plan_errors import wrong_grounds
from didymium.studies.plan_ground import PROJECTS, STOCKS, Ground, ground
from didymium.studies.plan_parties import members_of
from didymium.studies.plan_problem import GAP, SPARED, Problem
from didymium.studies.plan_reasons import _reason
from didymium.studies.plan_scenarios import KINDS, LATER, QUIET, STOPS, Future, chances, futures, sizes, with_chances
from didymium.studies.plan_share import apart, benefit_rows, split_rows, together_rows
from didymium.studies.plan_stocks import stock_rows
from didymium.studies.plan_warnings import plan_warnings

MONEY = {"USA": 2000.0, "JPN": 1000.0}
RISK = (0.5, 0.95)


# -- small rules ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [8, 9, 10, 32, 100])
def test_every_kind_of_future_has_its_part(count: int) -> None:
    found = sizes(count)
    assert sum(found.values()) == count
    assert set(found) == set(KINDS)
    stops = [found[stop] for stop in KINDS[1:]]
    assert max(stops) - min(stops) <= 1 and found[QUIET] == max(count // 8, 1)


def test_other_chances_share_out_evenly_and_sum_to_one() -> None:
    drawn = [Future(kind, 0.1, 0.5, {}, 0.5) for kind in (QUIET, *STOPS, *STOPS)]
    found = with_chances(drawn, {QUIET: 0.4, **dict.fromkeys(STOPS, 0.2)})
    assert [f.probability for f in found] == pytest.approx([0.4, *[0.1] * 6])


@pytest.mark.parametrize(
    ("gain", "cost", "budget", "left", "reason"),
    [
        (1.0, 2.0, 500.0, 500.0, "costs_more"),
        (2.0, 2.0, 500.0, 500.0, "costs_more"),
        (3.0, 2.0, 99.0, 99.0, "over_budget"),
        (3.0, 2.0, 500.0, 99.0, "money_better_used"),
        (3.0, 2.0, 500.0, 100.0, "within_gap"),
    ],
)
def test_the_reason_of_a_project_left_out(gain: float, cost: float, budget: float, left: float, reason: str) -> None:
    one = Candidate("p", "grant-50", "USA", "", 20.0, 100.0, (0.5, 0.7))
    assert _reason(one, gain, cost, {"USA": budget}, {"USA": left}) == reason


def test_warnings_say_what_this_plan_shows() -> None:
    tables: dict[str, list[Row]] = {
        "budget": [{"party": "USA", "offered": 3}, {"party": "JPN", "offered": 1}],
        "robustness": [{"decision": "chosen", "chosen_share": 0.2}, {"decision": "chosen", "chosen_share": 0.9}],
        "proof": [{"only": "all"}],
    }
    rows: list[Row] = [{"waits_for": ["metal"], "reason": "empty_link"}, {"waits_for": [], "reason": "not_seen"}]
    said = plan_warnings(rows, tables)
    assert any(w.startswith("Only 1 project") and "JPN" in w for w in said)
    assert any(w.startswith("1 of 2 chosen projects") for w in said)
    assert "Projects that gain nothing until another stage has more capacity: 1; column waits_for names it." in said
    assert all(translator("ja").fact(w) != w for w in said), "every sentence has its Japanese"
    assert not any(w.startswith("No project is chosen") for w in said)
    of_stocks = plan_warnings(rows, {**tables, "proof": [{"only": "stocks"}]})
    assert of_stocks and set(of_stocks) < set(said) and not any("roject" in w or "plant" in w for w in of_stocks)
    of_projects = plan_warnings(rows, {**tables, "proof": [{"only": "projects"}]})
    assert not any("stock" in w for w in of_projects) and any("hastened permits" in w for w in of_projects)


def test_a_budget_of_nobody_and_a_part_of_nothing_are_refused() -> None:
    ds = data.open()
    with pytest.raises(BadInput, match="KOR has a budget and is no party"):
        plan(ds, budget={"KOR": 1.0})
    with pytest.raises(UnknownTerm, match="part 'stock' is not known"):
        plan(ds, only="stock")


def test_a_project_more_leaves_the_luck_of_the_others_as_it_was() -> None:
    rows = dict.fromkeys((f"plan_stop_{months}_chance" for months in (3, 6, 12)), 0.02)
    rows |= {"plan_stop_lasting_chance": 0.01, "plan_stop_later_years": 3.0}
    few, more = (futures(names, rows, scenarios=32, seed=1) for names in (["a", "c"], ["a", "b", "c"]))
    assert [(f.stop, f.outlook, f.slip, f.luck["a"], f.luck["c"]) for f in few] == [
        (f.stop, f.outlook, f.slip, f.luck["a"], f.luck["c"]) for f in more
    ]
    assert len({f.luck[name] for f in more for name in "abc"}) == 96, "no two have the same"
    for kind, count in sizes(32).items():
        drawn = sorted(f.luck["b"] for f in more if f.stop == kind)
        assert [int(u * count) for u in drawn] == list(range(count)), "one in each part"


def test_chances_of_a_lasting_stop() -> None:
    rows = {"plan_stop_3_chance": 0.04, "plan_stop_6_chance": 0.03, "plan_stop_12_chance": 0.01}
    found = chances(rows | {"plan_stop_lasting_chance": 0.01, "plan_stop_later_years": 3.0})
    assert found[STOPS[-1]] == pytest.approx(0.02), "its first year is a stop of twelve months"
    assert found[LATER] == pytest.approx(0.03) and sum(found.values()) == pytest.approx(1.0)
    with pytest.raises(BadInput, match="add up to"):
        chances(rows | {"plan_stop_lasting_chance": 0.5, "plan_stop_later_years": 3.0})


def test_what_two_plans_do_differently() -> None:
    whole: Row = {"choice": "", "project_id": "", "package": "", "product": "", "party": "", "quantity_t": None}
    a: list[Row] = [
        {**whole, "choice": "project", "project_id": "p", "package": "grant-50", "party": "USA"},
        {**whole, "choice": "stock", "product": "dy_metal", "party": "JPN", "quantity_t": 10.0},
        {**whole, "choice": "new", "product": "dy_metal", "party": "JPN", "quantity_t": 1.0},
    ]
    b: list[Row] = [{**a[0], "package": "floor-80"}, {**a[1], "quantity_t": 10.01}]
    told = [(r["choice"], r["change"], r["package_after"], r["quantity_t_before"]) for r in changes(a, b)]
    assert told == [("new", "dropped", "", 1.0), ("project", "changed", "floor-80", None)]
    assert changes(a, a) == []
    assert [(r["choice"], r["change"]) for r in changes([], b)] == [("project", "added"), ("stock", "added")]


# -- laws, on the shipped data ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def on() -> Ground:
    return ground(data.open(), ("USA", "JPN"), 2030, seed=0)


@pytest.fixture(scope="module")
def problem(on: Ground) -> Problem:
    return Problem.of(on, on.parties, risk=RISK, scenarios=8, seed=0)


@pytest.fixture(scope="module")
def best(problem: Problem) -> PortfolioSolution:
    return problem.solve(MONEY)


@pytest.mark.slow
def test_errors_of_the_data_move_what_they_should(problem: Problem) -> None:
    on = problem.ground
    one, other = wrong_grounds(on, 2, seed=1)
    assert one.drawn.keys() == other.drawn.keys() and one.drawn != other.drawn and "price_position" in one.drawn
    assert {p: len(own) for p, own in one.plants.items()} == {p: len(own) for p, own in on.plants.items()}
    for a, b in zip(one.offered, on.offered, strict=True):
        assert (a.project_id, a.package, a.party) == (b.project_id, b.package, b.party)
        assert 0 <= a.chance[0] <= a.chance[1] <= 1 and a.reserve >= 0
    times = {a.capacity / b.capacity for p in on.plants for a, b in zip(one.plants[p], on.plants[p], strict=True)}
    assert len(times) > 10 and min(times) < 1 < max(times), "each project has an error of its own"
    assert not np.array_equal(one.inputs.base_price, on.inputs.base_price)
    middle = Problem.of(replace(one, drawn={"price_position": 0.5}), on.parties, risk=RISK, scenarios=8, seed=0)
    assert not np.array_equal(middle.losses(np.zeros(on.choices)), problem.losses(np.zeros(on.choices)))


def test_a_group_of_places_is_a_party_and_a_place_is_of_one_party_alone() -> None:
    regions = ("AUS", "DEU", "FRA", "JPN", "ROW", "ROW_EU", "USA")
    of = {**{r: r for r in regions[:4]}, "USA": "USA", "BEL": "ROW_EU", "AUT": "ROW_EU", "CHL": "ROW"}
    union = {"EU27": frozenset(("AUT", "BEL", "DEU", "FRA"))}
    chain = Chain((), {}, regions, (), (), (), (), of, union)
    assert members_of(chain, ("USA", "EU27")) == {"USA": ("USA",), "EU27": ("DEU", "FRA", "ROW_EU")}
    part = replace(chain, groups={"EU27": union["EU27"] - {"BEL"}})
    assert members_of(part, ("EU27",)) == {"EU27": ("DEU", "FRA")}, "a place with others in it is no member's"
    with pytest.raises(BadInput, match="FRA is of EU27 and of FRA"):
        members_of(chain, ("EU27", "FRA"))
    with pytest.raises(UnknownTerm, match=r"party 'EU' is not known.*EU27"):
        members_of(chain, ("USA", "EU"))


def test_a_party_can_begin_each_step_and_send_what_it_makes_to_all_but_china() -> None:
    steps = tuple(Process(p, "metal", {}, {f"{p.removeprefix('red_')}_metal": 1.0}) for p in ("red_dy", "red_tb"))
    regions = ("AUS", "CHN", "DEU", "FRA", "JPN", "MYS")
    places = {"AUS": "AUS", "CHN": "CHN", "DEU": "EU27", "FRA": "EU27", "JPN": "JPN", "MYS": "REST"}
    arcs = (("dy_metal", "JPN", "AUS"), ("dy_metal", "CHN", "JPN"), ("dy_metal", "MYS", "JPN"))
    chain = Chain(
        ("dy_metal", "tb_metal"), {}, regions, steps, (("red_dy", "JPN"), ("red_dy", "CHN")), arcs, (), {}, {}
    )
    found = Opened.of(chain, places, {"JPN": ("JPN",), "AUS": ("AUS",), "EU27": ("DEU", "FRA")})
    assert {a for a in found.activities if a[0] in ("red_dy", "red_tb")} == {
        ("red_dy", "AUS"),
        ("red_dy", "DEU"),
        ("red_tb", "JPN"),
        ("red_tb", "AUS"),
        ("red_tb", "DEU"),
    }
    ores = {r for p, r in found.activities if p == "own_ore_dy_oxide"}
    assert ores == {"AUS", "DEU", "JPN", "MYS"}, "everywhere but in China, once a place"
    dy = {(o, d) for p, o, d in found.arcs if p == "dy_metal"}
    between = {(a, b) for a in ("AUS", "JPN", "DEU", "MYS") for b in ("AUS", "JPN", "DEU", "MYS") if a != b}
    assert dy == between - {("JPN", "AUS"), ("MYS", "JPN")}, "those that are there stay as they are"
    assert not any("CHN" in arc for arc in found.arcs)


@pytest.mark.slow
def test_brute_force_and_the_extensive_form_find_the_same_plan(on: Ground) -> None:
    """Three packages and one stock: every combination tried, the whole programme at once, and cuts agree."""
    problem = Problem.of(on, on.parties, risk=RISK, scenarios=8, seed=3)
    stock = next(k for k, s in enumerate(on.stocks, len(on.offered)) if on.net.forms[s.form] == ("dy_metal", "USA"))
    link = next(k for k, s in enumerate(on.links, on.first_link) if s.plant.product == "ndpr_metal")
    nothing = problem.losses(np.zeros(on.choices))
    gains = []
    for j in range(len(on.offered)):
        x = np.zeros(on.choices)
        x[j] = 1.0
        gains.append(problem.measure(nothing) - problem.measure(problem.losses(x)))
    best = sorted(range(len(on.offered)), key=lambda j: (-gains[j], j))[:3]
    first = problem.first({"USA": 1e5, "JPN": 1e5})
    upper = np.zeros(on.choices)
    upper[best] = 1.0
    lower = np.zeros(on.choices)
    lower[[stock, link]] = upper[[stock, link]] = [20.0, 500.0]
    answers = {
        way: portfolio(
            first, problem.lp, problem.cases, risk=0.5, alpha=0.95, method=way, gap=1e-7, fixed=(lower, upper)
        )
        for way in ("extensive", "benders")
    }
    tried = []
    for bits in itertools.product((0.0, 1.0), repeat=3):
        x = lower.copy()
        x[best] = bits
        if first.allows(x):
            tried.append(float(on.yearly @ x) + problem.measure(problem.losses(x)))
    assert len(tried) >= 4 and max(gains) > 0
    for found in answers.values():
        assert found.objective == pytest.approx(min(tried), rel=1e-6)


@pytest.mark.slow
def test_more_choices_and_two_parties_are_never_worse(problem: Problem, best: PortfolioSolution) -> None:
    on = problem.ground
    found = best
    slack = (GAP + 2 * SPARED) * found.value
    barred = [j for j, one in enumerate(on.offered) if one.project_id == "usar-stillwater"]
    assert found.objective <= problem.solve(MONEY, cuts=found.cuts, barred=barred).objective + slack, "a project more"
    barred = list(range(on.first_link, on.first_probe))
    assert found.objective <= problem.solve(MONEY, cuts=found.cuts, barred=barred).objective + slack, "new capacity"
    made = apart(problem, found, MONEY, seed=0, time_limit=None)
    plans = {str(r["plan"]): r for r in together_rows(problem, made)}
    assert set(plans) == {"USA", "JPN", "apart", "joint"}
    for name in ("USA", "JPN", "apart"):
        assert float(plans["joint"]["value_usd_m"]) >= float(plans[name]["value_usd_m"]) - slack  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_later_year_has_no_stocks_and_support_forced_is_given(problem: Problem, best: PortfolioSolution) -> None:
    on = problem.ground
    stocks = np.zeros(on.choices)
    stocks[on.is_open(STOCKS)] = [one.most for one in on.stocks]
    later = np.array([future.stop == LATER for future in problem.futures])
    before, after = problem.losses(np.zeros(on.choices)), problem.losses(stocks)
    assert after[later] == pytest.approx(before[later]), "no stock lasts into the second year"
    assert (after[~later] < before[~later] - 1).any()
    found = best
    forced = problem.solve(MONEY, cuts=found.cuts, forced=["neo-narva"], barred=barred_by(on, ["new"]))
    assert any(on.offered[j].project_id == "neo-narva" for j in np.flatnonzero(forced.x[: len(on.offered)] > 0.5))
    assert not forced.x[on.first_link : on.first_probe].any()
    assert forced.objective >= found.objective - (GAP + SPARED) * found.value
    with pytest.raises(UnknownTerm, match="flor"):
        barred_by(on, ["flor"])
    with pytest.raises(BadInput, match="not offered in that size"):
        read_choices(on, [{"choice": "new", "product": "dy_metal", "party": "USA", "quantity_t": 1e6}])


@pytest.mark.slow
def test_no_money_chooses_nothing_and_more_is_never_worse(problem: Problem, best: PortfolioSolution) -> None:
    objectives = []
    for times in (0.0, 0.01, 0.1, 1.0):
        found = best if times == 1 else problem.solve({p: m * times for p, m in MONEY.items()}, cuts=best.cuts)
        objectives.append(found.objective)
        if times == 0:
            assert not found.x.any() and found.value == pytest.approx(0, abs=1e-6)
    slack = (GAP + SPARED) * (objectives[0] - min(objectives))
    assert np.all(np.diff(objectives) <= slack)
    assert objectives[-1] < objectives[0] - 1


@pytest.mark.slow
def test_at_base_prices_a_plant_earns_nothing(problem: Problem) -> None:
    """In a quiet year nothing is scarce: every project stands idle, and supporting all of them avoids no loss."""
    on = problem.ground
    everything = np.zeros(on.choices)
    everything[: len(on.offered)] = 1.0
    quiet = [i for i, future in enumerate(problem.futures) if future.stop == QUIET]
    before, after = problem.losses(np.zeros(on.choices)), problem.losses(everything)
    assert len(quiet) == 1
    assert after[quiet] == pytest.approx(before[quiet], rel=1e-7)
    assert (after <= before + 1e-6 * abs(before)).all()


@pytest.mark.slow
def test_a_choice_more_is_never_worse_and_one_left_out_is_not_missed(problem: Problem, best: PortfolioSolution) -> None:
    on = problem.ground
    open_to_all = best
    stocks_barred = problem.solve(MONEY, cuts=open_to_all.cuts, barred=np.flatnonzero(on.is_open(STOCKS)).tolist())
    slack = (GAP + SPARED) * open_to_all.value
    assert open_to_all.objective <= stocks_barred.objective + slack
    assert not stocks_barred.x[on.is_open(STOCKS)].any()
    unused = [j for j in range(len(on.offered)) if open_to_all.x[j] < 0.5]
    again = problem.solve(MONEY, cuts=open_to_all.cuts, barred=unused)
    assert again.objective == pytest.approx(open_to_all.objective, abs=slack)


@pytest.mark.slow
def test_no_project_is_chosen_that_is_worth_nothing(problem: Problem, best: PortfolioSolution) -> None:
    on = problem.ground
    found = best
    for j in np.flatnonzero(found.x[: len(on.offered)] > 0.5):
        without = np.array(found.x)
        without[j] = 0
        worse = problem.measure(problem.losses(without)) + float(on.yearly @ without)
        assert worse > found.objective
    assert found.bound <= found.objective
    assert found.gap_of_value <= GAP + 2 * SPARED


@pytest.mark.slow
def test_a_part_alone_and_losses_near_others(on: Ground) -> None:
    only = Problem.of(replace(on, only=PROJECTS), on.parties, risk=RISK, scenarios=8, seed=0)
    found = only.solve(MONEY)
    assert not found.x[~on.is_open(PROJECTS)].any()
    x, y = np.zeros(on.choices), np.zeros(on.choices)
    y[: len(on.offered)] = 1.0
    known = only.losses(x)
    again = Problem.of(only.ground, on.parties, risk=RISK, scenarios=8, seed=0)
    assert only.losses(y) == pytest.approx(again.losses(y), rel=1e-9), "wherever it began"
    assert only.losses(x) == pytest.approx(known, rel=1e-12)


@pytest.mark.slow
def test_what_others_lose_counts_by_its_weight(problem: Problem) -> None:
    on = problem.ground
    chain = on.net.network.chain
    full = on.net.quantities(on.inputs, {})
    price = dict(zip(on.inputs.chain.products, on.inputs.base_price.tolist(), strict=True))
    sale = np.array([price[p] for p, _, _ in chain.uses])[:, None] / 1000
    others = {r: 0.0 for r in on.inputs.chain.regions if r not in on.parties}
    none = on.net.quantities(on.inputs, others).band_value
    half = on.net.quantities(on.inputs, dict.fromkeys(others, 0.5)).band_value
    is_own = np.array([place in on.parties for _, place, _ in chain.uses])
    assert none[is_own] == pytest.approx(full.band_value[is_own])
    assert none[~is_own] == pytest.approx(np.broadcast_to(sale, none.shape)[~is_own])
    assert half[~is_own] == pytest.approx((none + full.band_value)[~is_own] / 2)


@pytest.mark.slow
def test_the_plan_of_two_parties_whole(on: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in ("OTHER_CHANCES", "OTHER_DATA", "OTHER_FUTURES"):
        monkeypatch.setattr(plan_views, count, 1)
    ds = data.open()
    found = plan(ds, budget=MONEY, futures=8)
    assert found.status == "complete"
    rows = {str(r["project_id"]): r for r in found.rows}
    assert len(rows) == len(found.rows) > 20
    for row in found.rows:
        assert row["source_ids"] and row["reason"]
        if row["yearly_loss_avoided_usd_m"] is not None:
            low, high = float(row["yearly_loss_avoided_usd_m_p10"]), float(row["yearly_loss_avoided_usd_m_p90"])  # type: ignore[arg-type]
            assert -1e-6 <= low <= high + 1e-9
        if row["decision"] == "chosen":
            assert row["reason"] == "chosen" and float(row["worth_in_plan_usd_m"]) >= 0  # type: ignore[arg-type]
    for row in found.tables["budget"]:
        assert float(row["reserve_usd_m"]) + float(row["stock_usd_m"]) <= float(row["budget_usd_m"]) + 1e-6  # type: ignore[arg-type]
    plans = {r["plan"]: float(r["value_usd_m"]) for r in found.tables["together"]}  # type: ignore[arg-type]
    assert plans["joint"] >= max(plans.values()) - (GAP + SPARED) * plans["joint"]
    stocks = found.tables["stocks"]
    assert stocks and all(r["source_ids"] for r in stocks)
    assert all(float(r["bought_t_low"]) <= float(r["bought_t"]) <= float(r["bought_t_high"]) for r in stocks)  # type: ignore[arg-type]
    assert [r["weight_of_others"] for r in found.tables["weights"]] == [0.0, 1.0]
    assert [r["moved"] for r in found.tables["other_data"]] == ["chances", "data", "all"]
    assert all(r["plans"] == 4 for r in found.tables["robustness"])
    split = found.tables["split"]
    for way in ("shapley", "nucleolus"):
        gain, paid = (sum(float(r[f"{way}{what}_usd_m"]) for r in split) for what in ("", "_cost"))  # type: ignore[arg-type]
        cost = float(found.tables["proof"][0]["yearly_cost_usd_m"])  # type: ignore[arg-type]
        assert paid == pytest.approx(cost), "what all pay is what the plan costs"
        assert gain + paid == pytest.approx(sum(float(r["benefit_usd_m"]) for r in split))  # type: ignore[arg-type]
    added = [r["delivery_share"] for r in found.tables["benefit"]]
    assert sum(float(a) for a in added) == pytest.approx(1.0)  # type: ignore[arg-type]
    for row in found.tables["release"]:
        assert 0 <= float(row["full_share"]) <= 1  # type: ignore[arg-type]
        assert float(row["released_t_per_y"]) == pytest.approx(float(row["replenished_t_per_y"]), rel=0.2, abs=0.05)  # type: ignore[arg-type]
    x = read_choices(on, found.tables["choices"])
    assert float(on.yearly @ x) == pytest.approx(float(found.tables["proof"][0]["yearly_cost_usd_m"]))  # type: ignore[arg-type]


@pytest.mark.slow
def test_each_party_can_use_what_it_builds_and_a_group_has_the_programmes_of_its_places() -> None:
    on = ground(data.open(), ("JPN", "AUS", "EU27"), 2030, seed=0)
    assert {"DEU", "FRA", "ROW_EU"} <= set(on.members["EU27"]) and not on.partners & set(on.members["EU27"])
    assert {on.net.places[r] for r in on.members["EU27"]} == {"EU27"}
    quarters = np.ones(4)
    for link in on.links:
        column, row = on.net.raised(link.plant, quarters)
        assert column.row.size and row.row.size, f"{link.party} makes {link.plant.product} and can send it"
    own = [
        plant for plants in on.plants.values() for plant in plants if plant.region == "AUS" and plant.stage != "mine"
    ]
    assert own and all(on.net.raised(plant, quarters)[0].row.size > 4 for plant in own), "and so can its projects"
    joint = on.needs["JPN+AUS+EU27", "metal", "ndpr_metal"]
    each = [on.needs[party, "metal", "ndpr_metal"] for party in on.parties]
    assert 0 < joint <= sum(each) * (1 + 1e-9) and on.needing >= {"JPN", "DEU"} and "AUS" not in on.needing
    problem = Problem.of(on, on.parties, risk=RISK, scenarios=8, seed=0)
    money = {"JPN": 500.0, "AUS": 200.0, "EU27": 500.0}
    found = problem.solve(money)
    assert found.value > 0
    made = apart(problem, found, money, seed=0, time_limit=None)
    plans = {str(r["plan"]): float(r["value_usd_m"]) for r in together_rows(problem, made)}  # type: ignore[arg-type]
    assert len(plans) == 8 and max(plans.values()) <= plans["joint"] + (GAP + 2 * SPARED) * found.value
    plain, planned = problem.looks([np.zeros(on.choices), found.x])
    parts = split_rows(problem, made, plain, planned)
    for share in ("shapley", "nucleolus"):
        cost = sum(float(r[f"{share}_cost_usd_m"]) for r in parts)  # type: ignore[arg-type]
        assert cost == pytest.approx(float(on.yearly @ found.x), rel=1e-6), "the shares pay for the plan"
    benefit = {str(r["party"]): r for r in benefit_rows(problem, plain, planned)}
    assert benefit["AUS"]["served_share_with"] is None and benefit["AUS"]["need_t"] == 0, "no magnets are used there"
    rows = stock_rows(problem, found, [found])
    assert all(r["party"] != "AUS" or r["rule_60_t"] is None for r in rows)
