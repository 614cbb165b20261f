"""A scenario over the shipped dataset: which arcs a cut touches, what passes, and what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import BadScenario, UnknownTerm
from didymium.scenario.apply import apply, observed_shares
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Outage, Scenario, library, load
from didymium.scenario.tree import leaves


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def stop(ds: Dataset) -> Inputs:
    return load("cn-stop-3").apply(ds)


def calm() -> Scenario:
    """A run of twelve months from December 2026 without any cut."""
    return load("cn-stop-3").model_copy(update={"cuts": (), "months": 12})


@pytest.mark.parametrize("name", sorted(library()))
def test_every_scenario_of_the_library_applies(name: str, ds: Dataset) -> None:
    for story in (leaf.scenario for leaf in leaves(load(name))):
        inputs = story.apply(ds)
        assert inputs.months == story.month_labels()
        assert len(inputs.restrictions) == len(story.cuts)
        assert len(inputs.origin_restrictions) == len([cut for cut in story.cuts if cut.origin])
        for restriction in (*inputs.restrictions, *inputs.origin_restrictions):
            assert np.isfinite(restriction.factor).any()
            assert (restriction.factor >= 0).all()
        assert (inputs.availability.min() < 1) == bool(story.outages)


def test_arrays_fit_the_chain(stop: Inputs) -> None:
    chain, months = stop.chain, len(stop.months)
    assert stop.availability.shape == stop.new_capacity.shape == (len(chain.activities), months)
    assert stop.spare.shape == stop.ramp.shape == (len(chain.activities),)
    assert stop.use_cover_days.shape == (len(chain.uses),)
    for per_product in (stop.pool_cover_days, stop.base_price, stop.freight, stop.qualification_months):
        assert per_product.shape == (len(chain.products),)
    assert set(stop.bands) >= {sector for _, _, sector in chain.uses}
    for bands in stop.bands.values():
        assert sum(b.width for b in bands) == pytest.approx(1)
        assert [b.value for b in bands] == sorted(b.value for b in bands)


def test_members_of_the_chain_are_unique(stop: Inputs) -> None:
    chain = stop.chain
    for members in (chain.products, chain.regions, chain.activities, chain.arcs, chain.uses):
        assert max(Counter(members).values()) == 1
    assert {r for _, r in chain.activities} | {r for _, r, _ in chain.uses} <= set(chain.regions)


def test_a_cut_touches_both_grades_from_one_place_to_all(stop: Inputs) -> None:
    (cut,) = stop.restrictions
    touched = [stop.chain.arcs[e] for e in cut.arcs]
    assert {origin for _, origin, _ in touched} == {"CHN"}
    assert {"ndfeb_magnet_std", "ndfeb_magnet_ht", "ndfeb_alloy_ht", "dy_oxide", "tb_metal"} <= {
        p for p, _, _ in touched
    }
    assert set(touched) >= {arc for arc in stop.chain.arcs if arc[:2] == ("ndfeb_magnet_std", "CHN")}


def test_a_cut_holds_from_its_start_to_the_month_before_its_end(stop: Inputs) -> None:
    (cut,) = stop.restrictions
    assert (cut.factor[:3] == 0).all()
    assert np.isinf(cut.factor[3:]).all()


def test_one_importer_and_a_group(ds: Dataset) -> None:
    inputs = calm().cut("CHN", products=("ndfeb_magnet",), share=0.6, importers=("USA", "EU27")).apply(ds)
    (cut,) = inputs.restrictions
    places = {inputs.chain.arcs[e][2] for e in cut.arcs}
    assert {"USA", "DEU", "ROW_EU"} <= places
    assert not places & {"JPN", "KOR", "ROW", "GBR"}
    assert cut.factor == pytest.approx(0.4)


def test_ores_answer_to_one_name(ds: Dataset) -> None:
    (cut,) = (inputs := calm().cut("MMR", products=("reo_mixed",)).apply(ds)).restrictions
    assert {p.partition(":")[0] for p, _, _ in (inputs.chain.arcs[e] for e in cut.arcs)} == {"reo_mixed"}


@pytest.mark.parametrize(
    ("position", "chinese", "vietnamese"), [(0.0, 0.25, 0.5), (0.25, 0.375, 0.625), (0.5, 0.5, 0.75), (1.0, 0.85, 1.0)]
)
def test_approvals_move_within_their_own_ranges(
    position: float, chinese: float, vietnamese: float, ds: Dataset
) -> None:
    """October notices: 25–50–85 % from China, 50–75–100 % of Vietnamese goods with Chinese content."""
    first, second = load("cn-october-notices-return").apply(ds, {"approval:CHN": position}).restrictions
    assert first.factor[0] == pytest.approx(chinese)
    assert second.factor[0] == pytest.approx(vietnamese)


def test_an_override_replaces_an_assumption(ds: Dataset) -> None:
    inputs = apply(calm(), ds, {"user_cover_days": 102.0, "flexible_share": 0.3})
    magnets = [p.startswith("ndfeb") for p, _, _ in inputs.chain.uses]
    assert inputs.use_cover_days[magnets] == pytest.approx(102)
    assert {b[0].width for b in inputs.bands.values()} == {0.3}


# --- recorded exports -------------------------------------------------------------------------------------------


def test_recorded_shares_are_exports_over_the_mean_month_of_2024(ds: Dataset) -> None:
    """China's customs: to the USA 7,444 t in 2024 and 246, 46, 353 t in April, May, June 2025; to all 58,152 and 2,626,
    1,238, 3,188 t.
    """
    months = ("2025-04", "2025-05", "2025-06")
    shares = observed_shares(ds, "CHN", months, np.ones(3), 2024)
    for place, year, exports in (("USA", 7444, (246, 46, 353)), ("WLD", 58152, (2626, 1238, 3188))):
        assert [shares[place, m] for m in months] == pytest.approx([t / (year / 12) for t in exports])
    assert shares["JPN", "2025-05"] == pytest.approx(26 / (2292 / 12))
    assert ("JPN", "2025-04") not in shares  # not published: the share of all destinations stands in


def test_a_replay_lets_the_recorded_tonnes_pass(ds: Dataset) -> None:
    """Whatever demand has grown by since 2024: share · grown base flow = recorded exports, for a base flow as customs
    say.
    """
    inputs = load("cn-ree7-licence-2025").apply(ds)
    (cut,) = inputs.restrictions
    usa = [k for k, e in enumerate(cut.arcs) if inputs.chain.arcs[e] == ("ndfeb_magnet_ht", "CHN", "USA")]
    assert inputs.base_year == 2024
    assert (cut.factor[:3, usa[0]] * inputs.demand_growth[:3] * 7444 / 12) == pytest.approx([246, 46, 353])
    elsewhere = [k for k, e in enumerate(cut.arcs) if inputs.chain.arcs[e] == ("ndfeb_magnet_ht", "CHN", "KOR")]
    assert cut.factor[0, elsewhere[0]] * inputs.demand_growth[0] == pytest.approx(2626 / (58152 / 12))
    assert np.isinf(cut.factor[12:]).all()


def test_recorded_shares_need_a_recorded_year(ds: Dataset) -> None:
    with pytest.raises(BadScenario, match="no exports of magnets by VNM in 2024 are recorded"):
        observed_shares(ds, "VNM", ("2025-04",), np.ones(1), 2024)


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cut", "said"),
    [
        (
            {"products": ("ndfeb_magnets",)},
            r"scenario cn-stop-3: cuts\.0: product 'ndfeb_magnets' is not known\. Did you mean .*'ndfeb_magnet'",
        ),
        ({"products": ("gallium",)}, "product 'gallium' is not known"),
        ({"exporter": "XXX"}, r"place 'XXX' is not known\. .*Places: "),
        ({"importers": ("XXX",)}, "place 'XXX' is not known"),
        ({"exporter": "MNG"}, r"cuts\.0: MNG is not a place of its own in the chain, but part of ROW\. Places: "),
        ({"importers": ("SWE",)}, "SWE is not a place of its own in the chain, but part of ROW_EU"),
        (
            {"exporter": "MEX"},
            r"the chain has no flow of ndfeb_magnet from MEX to ALL\. Check exporter, importers and products",
        ),
    ],
)
def test_what_the_chain_does_not_hold_is_refused(cut: dict, said: str, ds: Dataset) -> None:
    asked = {"exporter": "CHN", "products": ("ndfeb_magnet",)} | cut
    with pytest.raises((UnknownTerm, BadScenario), match=said) as caught:
        calm().cut(**asked).apply(ds)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("field", "value"), [("based_on", ("cn-ree7-license-2025",)), ("cuts", None)])
def test_an_unknown_measure_is_refused(field: str, value: tuple[str, ...] | None, ds: Dataset) -> None:
    story = load("cn-ree7-licence-2025")
    if value is None:
        value = (story.cuts[0].model_copy(update={"approval_observed": "cn-ree7-license-2025"}),)
    with pytest.raises(
        UnknownTerm, match=r"measure 'cn-ree7-license-2025' is not known\. Did you mean 'cn-ree7-licence-2025'"
    ):
        story.model_copy(update={field: value}).apply(ds)


def test_an_outage_where_nothing_runs_is_refused(ds: Dataset) -> None:
    outage = Outage(place="MEX", stage="mine", start="2026-12", availability=0.0)
    with pytest.raises(BadScenario, match=r"scenario cn-stop-3: outages\.0: MEX has no mine in the chain"):
        calm().model_copy(update={"outages": (outage,)}).apply(ds)


def test_outages_of_one_stage_and_place_multiply(ds: Dataset) -> None:
    half = Outage(place="MMR", stage="mine", start="2027-01", end="2027-03", availability=0.5)
    inputs = calm().model_copy(update={"outages": (half, half)}).apply(ds)
    recipes = {p.process_id: p for p in inputs.chain.processes}
    for a, (process_id, region) in enumerate(inputs.chain.activities):
        hit = region == "MMR" and recipes[process_id].stage == "mine"
        assert inputs.availability[a, :4] == pytest.approx([1, 0.25, 0.25, 1] if hit else [1] * 4)


# --- new plants -------------------------------------------------------------------------------------------------


def test_only_plants_that_are_not_in_the_base_add_capacity(ds: Dataset) -> None:
    """MP's Independence: 3,000 t, ramping since 2025, chance 0.75, two years of ramp: it stands in full from January
    2027 on.

    Noveon, 2,000 t, ramps since 2023: three quarters stood in mid-2024 and are in that year's figures, a quarter is
    new.
    An operating plant adds nothing.
    """
    story = calm().model_copy(update={"start": "2027-01", "months": 12})
    inputs = story.apply(ds)
    usa = inputs.chain.activities.index(("machine_std", "USA")), inputs.chain.activities.index(("machine_ht", "USA"))
    built = sum(inputs.new_capacity[a] for a in usa) * 12
    chance = {r["assumption_id"]: float(r["value"]) for r in ds.rows("assumptions")}
    plants = [
        r
        for r in ds.rows("projects", product="ndfeb_magnet", country="USA")
        if r["status"] in ("ramping", "construction")
    ]
    assert {"mp-independence", "evac-sumter", "jslink-columbus", "vulcan-elements-10kt"} <= {
        r["project_id"] for r in plants
    }

    def new(start: float, month: float) -> float:
        now, then = (min(max((year - start) / chance["ramp_years"], 0.0), 1.0) for year in (month, 2024.5))
        return now - then

    steps = [(r["capacity"], r["start_year"], r["status"]) for r in plants if r["project_id"] != "usar-stillwater"]
    steps.append((1200, 2026, "ramping"))  # the first line of usar-stillwater; its second is only proposed
    assert new(2025, 2027) == 1 and new(2023, 2027) == 0.25
    expected = [
        sum(size * chance[f"success_share_{status}"] * new(start, 2027 + m / 12) for size, start, status in steps)
        for m in range(12)
    ]
    assert built == pytest.approx(expected)


def test_a_plant_that_operates_is_in_the_base(ds: Dataset) -> None:
    running = tuple(
        {**r, "status": "operating"} if r["product"] == "ndfeb_magnet" else r for r in ds.content["projects"]
    )
    phases = tuple({**r, "status": "operating"} for r in ds.content["project_phases"])
    inputs = calm().apply(replace(ds, content={**ds.content, "projects": running, "project_phases": phases}))
    assert inputs.new_capacity.max() == 0
