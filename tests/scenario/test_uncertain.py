"""What is drawn of a scenario: ranges of the file and of the tables, and what a draw makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadScenario
from didymium.scenario.apply import apply
from didymium.scenario.observing import demand_growth, drawn_growth
from didymium.scenario.scenario import Scenario, library, load, parse
from didymium.scenario.thrift import elasticity
from didymium.scenario.uncertain import FIGURES, OUTLOOK, clocks, factors, split_uniform

HEAD = 'id = "x"\ntitle = "x"\ntitle_ja = "x"\nstart = "2026-12"\nmonths = 24\n'
CUT = '[[cuts]]\nexporter = "CHN"\nproducts = ["dy_oxide"]\nstart = "2027-02"\nend = "2027-08"\napproval_share = 0.5\n'
OUTAGE = '[[outages]]\nplace = "MMR"\nstage = "mine"\nstart = "2027-01"\navailability = 0.5\n'


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


def story(more: str = "", head: str = HEAD) -> Scenario:
    return parse(head + CUT + more, where="x.toml")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('start_late = "2027-04"\n', "range_basis"),
        ('start_late = "2027-01"\nrange_basis = "y"\n', "start_early ≤ start ≤ start_late"),
        ('start_early = "2026-11"\nrange_basis = "y"\n', "may start outside the run"),
        ('months_low = 7\nrange_basis = "y"\n', "months_low ≤ 6 ≤ months_high"),
        ('months_high = 0\nrange_basis = "y"\n', "greater than or equal to 1"),
        (OUTAGE + "availability_low = 0.6\n", "availability_low"),
        (OUTAGE + "availability_low = 0.1\n", "range_basis"),
        (OUTAGE + "months_low = 3\n", "needs an end"),
    ],
)
def test_a_range_that_cannot_be_is_refused(more: str, said: str) -> None:
    with pytest.raises(BadScenario, match=said):
        story(more)


def test_a_scenario_with_branches_has_no_ranges_of_time() -> None:
    branch = '[[branches]]\nid = "a"\ntitle = "a"\ntitle_ja = "a"\nstart = "2027-06"\nprobability = 1.0\n'
    with pytest.raises(BadScenario, match="branches say what may come"):
        story('months_high = 9\nrange_basis = "y"\n' + branch + 'probability_basis = "z"\n')


def test_old_files_have_no_range_of_time(ds: Dataset) -> None:
    """A file without ranges draws what the tables hold, and nothing of its own."""
    names = {f.id for f in factors(ds, story())}
    assert not any(name.startswith(("cuts", "outages", "approval")) for name in names)
    assert {"user_cover_days", OUTLOOK, FIGURES, "value:ev_motor", "thrift"} <= names


@pytest.mark.parametrize("name", sorted(library()))
def test_every_shipped_range_says_what_it_rests_on(name: str) -> None:
    for one in (*load(name).cuts, *load(name).outages):
        assert not one.is_ranged or one.range_basis


def test_a_cut_that_starts_within_a_month_holds_for_its_part(ds: Dataset) -> None:
    """Half a month late and four and a quarter months long: 2027-02 half, then four months, 2027-06 a quarter less."""
    given = {"cuts.0.start": 0.5, "cuts.0.months": 4.25}
    (cut,) = apply(story(), ds, given).restrictions
    inside = np.isfinite(cut.factor[:, 0])
    assert np.flatnonzero(inside).tolist() == [2, 3, 4, 5, 6]
    assert cut.factor[2:7, 0] == pytest.approx([1 - 0.5 * 0.5, 0.5, 0.5, 0.5, 1 - 0.75 * 0.5])


def test_whole_months_are_as_without_a_draw(ds: Dataset) -> None:
    plain, moved = apply(story(), ds), apply(story(), ds, {"cuts.0.start": 0.0, "cuts.0.months": 6.0})
    assert plain.restrictions[0].factor.tobytes() == moved.restrictions[0].factor.tobytes()


def test_cuts_of_one_measure_share_a_clock_and_cuts_of_one_office_a_draw(ds: Dataset) -> None:
    """The October notices: Chinese licences decide on Vietnamese goods with Chinese content, and come at one time."""
    notices = load("cn-october-notices-return")
    assert clocks(notices.cuts) == (0, 0)
    names = [f.id for f in factors(ds, notices)]
    assert names.count("approval:CHN") == 1 and "approval:VNM" not in names
    assert [n for n in names if n.startswith("cuts")] == ["cuts.0.start", "cuts.0.months"]
    apart = notices.model_copy(update={"cuts": (notices.cuts[0], notices.cuts[1].model_copy(update={"office": None}))})
    names = [f.id for f in factors(ds, apart)]
    assert {"approval:CHN", "approval:VNM", "cuts.0.start", "cuts.1.start"} <= set(names)


def test_an_outage_leaves_what_the_draw_says(ds: Dataset) -> None:
    inputs = apply(load("mm-feed-halt"), ds, {"outages.0.availability": 0.3, "outages.0.months": 2.5})
    mines = [a for a, (p, r) in enumerate(inputs.chain.activities) if p.startswith("mine_") and r == "MMR"]
    assert inputs.availability[mines][:, :4] == pytest.approx(np.array([[0.3, 0.3, 0.65, 1.0]] * len(mines)))


def test_growth_lies_between_the_outlooks(ds: Dataset) -> None:
    """In 2028 the IEA's scenarios of May 2025 stand 11 to 17 % above 2026; STEPS is the lowest of them."""

    def growth(position: float) -> float:
        return drawn_growth(lambda name: demand_growth(ds, name), ("APS", "NZE"), position)(2028, 2026)

    assert growth(0.5) == growth(0.0) == pytest.approx(demand_growth(ds)(2028, 2026))
    assert growth(0.5) < growth(0.75) < growth(1.0) == pytest.approx(demand_growth(ds, "NZE")(2028, 2026))


def test_a_sector_has_its_own_elasticity_else_that_of_all_use(ds: Dataset) -> None:
    assert elasticity(ds, "ndfeb_magnet", "ev_motor") == pytest.approx(-0.00127, abs=1e-5)
    assert elasticity(ds, "ndfeb_magnet", "electronics") == -0.1
    assert elasticity(ds, "ce_oxide", "polishing_catalyst") is None


def test_thrift_moves_each_use_within_its_own_range(ds: Dataset) -> None:
    """By hand: electronics give way at 2,000 × 0.25 = 500 USD/kg, 10.2 times the price; with ε = −0.2 that is 37 %.

    An EV motor at its low end: 38,749 × 0.25 USD/kg, ε = −0.00127 / 2, gives up a third of a per cent.
    """

    def share(position: float, sector: str) -> float:
        bands = apply(story(), ds, {"thrift": position}).bands[sector]
        assert bands[0].width + bands[1].width == pytest.approx(1)
        return bands[0].width

    assert share(0.5, "electronics") == share(0.5, "ev_motor") == 0.15
    assert share(1.0, "electronics") == pytest.approx(1 - (500 / 49.18) ** -0.2, abs=0.002)
    assert share(0.0, "ev_motor") == pytest.approx(0.0033, abs=2e-4)
    assert share(1.0, "polishing_catalyst") == 0.3


def test_values_and_prices_stay_in_order(ds: Dataset) -> None:
    """No slice of a use is worth less than one and a half prices, whatever is drawn: else a calm year goes unserved."""
    for position in (0.0, 1.0):
        drawn: dict[str, float] = {"value:electronics": 49.18, "value:industrial": 49.18, "price_position": position}
        inputs = apply(story(), ds, drawn | {"flexible_value_share": 0.1})
        price: dict[str, Any] = dict(zip(inputs.chain.products, inputs.base_price, strict=True))
        for sector in ("electronics", "industrial"):
            for band in inputs.bands[sector]:
                assert band.value >= 1.5 * price["ndfeb_magnet_std"] - 1e-9
    low, high = (apply(story(), ds, {"price_position": p}) for p in (0.0, 1.0))
    dy = low.chain.products.index("dy_oxide")
    assert low.base_price[dy] < 280 < high.base_price[dy]


def test_a_quantile_alone_is_that_of_an_array_to_the_last_digit(ds: Dataset) -> None:
    quantiles = np.concatenate([np.random.default_rng(5).random(200), [0.0, 0.5, 1.0]])
    for factor in factors(ds, load("cn-stop-6")):
        whole = split_uniform(quantiles, factor.low, factor.value, factor.high)
        assert [factor.at(float(u)) for u in quantiles] == whole.tolist()
