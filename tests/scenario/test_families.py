"""Families from tables: what their rows say becomes chain and figures, and joined families share what they share."""

from __future__ import annotations

from collections import defaultdict
from itertools import permutations

import numpy as np
import pytest

import didymium.data
from didymium.data import Dataset
from didymium.errors import UnknownTerm
from didymium.model.foresight import base_of
from didymium.scenario.apply import assumptions, joint_inputs
from didymium.scenario.chain import RISING, magnet_chain, project_steps
from didymium.scenario.families import join, join_chains
from didymium.scenario.family_chain import Family, family_chain, first_plants, listed_output, quantity
from didymium.scenario.family_inputs import family_inputs, prices
from didymium.scenario.family_plants import content_of, plants
from didymium.scenario.family_trade import price_per_kg
from didymium.scenario.inputs import Inputs
from didymium.scenario.scenario import Outage, Scenario, load

FAMILIES = ("minor_metals", "catalysts", "batteries", "smco_magnets")
MONTHS = tuple(f"2024-{m:02d}" for m in range(1, 13))
BUILDING = {"KAZ", "KOR", "ROW_EU", "USA"}  # where the first gallium plants are being built


@pytest.fixture(scope="module")
def ds() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def parts(ds: Dataset) -> dict[str, Inputs]:
    return {name: joint_inputs(ds, (name,), 2024, MONTHS, assumptions(ds)) for name in ("magnets", *FAMILIES)}


def test_rows_of_the_chain_tables_fit_together(ds: Dataset) -> None:
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for row in ds.rows("chain_uses"):
        assert row["share_low"] <= row["share_of_world"] <= row["share_high"], row["row_id"]
        shares[row["family"], row["chain_product"]] += row["share_of_world"]
    assert list(shares.values()) == pytest.approx([1.0] * len(shares))
    products = {(row["family"], row["chain_product"]) for row in ds.rows("chain_products")}
    for table in ("chain_steps", "chain_trade", "chain_uses"):
        assert {(row.get("with_family") or row["family"], row["chain_product"]) for row in ds.rows(table)} <= products
    for row in ds.rows("chain_steps"):
        assert (row["quantity"] is None) == (row["recipe_id"] is not None), row["row_id"]
        assert quantity(ds, row) > 0
    for row in ds.rows("chain_trade"):
        assert row["content_low"] <= row["content"] <= row["content_high"], row["row_id"]
    sectors = [row["sector"] for row in ds.rows("chain_uses")]
    assert len(sectors) == len(set(sectors))  # bands and results name a use by its sector alone


@pytest.mark.parametrize("name", FAMILIES)
def test_arrays_fit_the_chain_and_values_are_above_prices(name: str, parts: dict[str, Inputs]) -> None:
    inputs = parts[name]
    chain, months = inputs.chain, len(MONTHS)
    assert inputs.availability.shape == inputs.new_capacity.shape == (len(chain.activities), months)
    assert inputs.use_cover_days.shape == (len(chain.uses),)
    assert set(inputs.growth_by_product) == set(chain.products)
    for members in (chain.products, chain.activities, chain.arcs, chain.uses):
        assert len(set(members)) == len(members)
    price = dict(zip(chain.products, inputs.base_price, strict=True))
    for product, _region, sector in chain.uses:
        assert price[product] > 0, product
        assert min(band.value for band in inputs.bands[sector]) > price[product]
        assert sum(band.width for band in inputs.bands[sector]) == pytest.approx(1)


def test_a_process_runs_where_its_output_is_listed(ds: Dataset, parts: dict[str, Inputs]) -> None:
    at = {r for p, r in parts["minor_metals"].chain.activities if p.startswith("gallium_primary")}
    assert at - BUILDING == {"CHN", "JPN", "RUS"}  # USGS MCS 2026 lists three countries for 2024
    assert {r["country"] for r in listed_output(ds, "gallium", "refined", 2024)} == {"CHN", "JPN", "RUS", "WLD"}
    assert "KOR" in {r["country"] for r in listed_output(ds, "gallium", "refined", 2023)}  # not carried on


FIRST = {
    "minor_metals": {
        ("antimony_mining", "USA"),
        *(("gallium_primary", region) for region in BUILDING),
        ("germanium_primary", "KOR"),
    },
    "batteries": {
        ("anode_spherical", "USA"),
        ("anode_synthetic", "IDN"),
        ("anode_synthetic", "KOR"),
        ("anode_synthetic", "USA"),
        ("cathode_nmc811", "USA"),
        ("lithium_mining", "USA"),
    },
}


@pytest.mark.parametrize("name", FIRST)
def test_where_first_plants_are_built_nothing_is_made_yet(ds: Dataset, name: str) -> None:
    """Each place has a plant to come and no figure, so that no plant is there twice; no use comes with it."""
    family = Family.of(ds, name, 2026)
    inputs = family_inputs(ds, name, 2026, ("2026-12",), assumptions(ds))
    assert first_plants(family) == FIRST[name]
    level = dict(zip(inputs.chain.activities, base_of(inputs).activity, strict=True))
    idle = [(p, r) for p, r in level if (p.removesuffix("_without_host"), r) in FIRST[name]]
    assert len(idle) == len(FIRST[name])
    made: dict[str, float] = defaultdict(float)
    for (process_id, _), amount in level.items():
        made[process_id.removesuffix("_without_host")] += float(amount)
    for one in idle:
        assert abs(level[one]) < 0.005 * made[one[0].removesuffix("_without_host")], one
    for plant in plants(family):
        if (plant.process_id, plant.region) in FIRST[name] and plant.step["production_product"]:
            listed = listed_output(ds, plant.step["production_product"], plant.step["production_stage"], 2026)
            assert plant.project["country"] not in {r["country"] for r in listed}
    users = {r for p, r, _ in inputs.chain.uses if p == "gallium:refined"}
    assert not users & {"KAZ", "ROW_EU"}


def test_every_plant_to_come_runs_one_step_or_is_left_out_for_a_reason(ds: Dataset) -> None:
    """A product that several steps make needs a row of `project_processes`; units that hold several metals fit none."""
    chains = {name: Family.of(ds, name, 2026) for name in FAMILIES}
    found = {(p.project["project_id"], p.project["product"]) for one in chains.values() for p in plants(one)}
    stages = {
        (r["production_product"] or r["chain_product"].partition(":")[0], r["stage"]) for r in ds.rows("chain_steps")
    }
    left = {
        (r["project_id"], r["capacity_unit"])
        for r in project_steps(ds)
        if r["status"] in RISING
        and r["capacity"]
        and r["start_year"]
        and (r["project_id"], r["product"]) not in found
        and ((r["product"], r["stage"]) in stages or r["stage"] in ("anode", "cathode", "cell"))
        and not r["product"].endswith("_oxide")
    }
    assert left == {("platreef-phase2", "t PGM+Au/y")}
    named = {(r["project_id"], r["product"]) for r in ds.rows("project_processes")}
    assert named - found == {("posco-pohang-ncma", "cathode_nmc"), ("vulcan-lionheart", "lithium_carbonate")}  # unknown


def test_a_mine_with_its_refinery_adds_to_both(ds: Dataset) -> None:
    """Thacker Pass: 40,000 t of carbonate hold 7,514 t of lithium, for which its mine brings up a tenth more."""
    amount = {p.process_id: p.amount for p in plants(Family.of(ds, "batteries", 2026)) if p.region == "USA"}
    assert amount["lithium_refining"] == pytest.approx(40_000 * 0.187852)
    feed = next(
        r
        for r in ds.rows("chain_steps", process_id="lithium_refining", flow_role="input", chain_product="lithium:mine")
    )
    assert amount["lithium_mining"] == pytest.approx(feed["quantity"] * amount["lithium_refining"])


def test_each_plant_adds_its_expected_capacity_once(ds: Dataset) -> None:
    """Six gallium plants and Sangdong, whose capacity is told in oxide: chance x what is new since the base year."""
    months = ("2025-01", "2035-01")
    assume = assumptions(ds)
    inputs = family_inputs(ds, "minor_metals", 2025, months, assume)
    kilograms: dict[str, float] = defaultdict(float)
    for (process_id, region), new in zip(inputs.chain.activities, inputs.new_capacity, strict=True):
        kilograms[process_id.removesuffix("_without_host") + ":" + region] += 12 * float(new[-1])
    for region, place in {"KAZ": "KAZ", "KOR": "KOR", "USA": "USA", "ROW_EU": "GRC"}.items():
        plants = ds.rows("projects", product="gallium", stage="refined", country=place, status="construction")
        told = sum(float(r["capacity"]) for r in plants if r["capacity"])
        assert kilograms[f"gallium_primary:{region}"] == pytest.approx(
            1000 * told * assume["success_share_construction"]
        )
    stood = min(0.5 / assume["ramp_years"], 1.0)  # in the middle of the base year, its first
    expected = 2300 * 0.792971 * assume["success_share_ramping"] * (1 - stood)
    assert kilograms["tungsten_mining:KOR"] == pytest.approx(expected)
    assert content_of(ds, "t WO3/y") == pytest.approx(0.792971) and content_of(ds, "t feed/y") is None


def test_samarium_magnets_take_their_cobalt_from_the_batteries_and_their_oxide_from_the_ores(ds: Dataset) -> None:
    """Alone they take cobalt as available and separate their own oxide; beside other families they take theirs."""

    def chain(*beside: str):
        joint = joint_inputs(ds, (*beside, "smco_magnets"), 2024, ("2024-01",), assumptions(ds)).chain
        return joint, {p.process_id: p for p in joint.processes}

    alone, recipes = chain()
    assert set(recipes["smco_alloy_2_17"].inputs) == {"sm_metal"}
    assert ("samarium_separation", "CHN") in alone.activities
    beside, recipes = chain("magnets", "batteries")
    assert recipes["smco_alloy_2_17"].inputs == {"sm_metal": 0.255, "cobalt:refined": 0.5}
    assert recipes["samarium_reduction"].inputs["sm_oxide"] == pytest.approx(1.26044)  # 1 / (0.862361 x 0.92)
    assert "samarium_separation" not in recipes and recipes["sep_bayan_obo"].outputs["sm_oxide"] > 0
    assert "sm_oxide" in beside.free  # whoever wants neodymium gets samarium too


def test_a_by_product_takes_in_what_its_host_brings_up(ds: Dataset, parts: dict[str, Inputs]) -> None:
    """Gallium ≤ recoverable content × alumina in China and Russia; Japan makes none from alumina of its own."""
    inputs = parts["minor_metals"]
    chain = inputs.chain
    where = defaultdict(set)
    for process_id, region in chain.activities:
        where[process_id].add(region)
    assert where["gallium_primary"] - BUILDING == {"CHN", "RUS"}
    assert where["gallium_primary_without_host"] - BUILDING == {"JPN"}
    capacity = next(
        float(r["quantity"])
        for r in ds.rows("recipes", process_id="ga_from_bayer", product="gallium")
        if r["flow_role"] == "parameter"
    )
    base = base_of(inputs)
    level = dict(zip(chain.activities, base.activity, strict=True))
    for region in ("CHN", "RUS"):
        alumina = level["alumina_refining", region] * chain.unit_of("alumina:refined")[1]
        gallium = level["gallium_primary", region] * chain.unit_of("gallium:refined")[1]
        assert 0 < gallium <= alumina * capacity * (1 + 1e-9)
    assert not [arc for arc in chain.arcs if arc[0] in ("gallium:liquor", "germanium:residue")]


def test_the_unit_of_the_model_changes_no_price(ds: Dataset) -> None:
    family = Family.of(ds, "catalysts", 2024)
    chain = family_chain(family)
    rhodium = family.products["rhodium:refined"]
    assert price_per_kg(ds, rhodium, 2024) == pytest.approx(4660.44 * 32.1507466, rel=1e-6)  # USD/oz to USD/kg
    assert prices(family, chain)["rhodium:refined"] == pytest.approx(4660.44 * 32.1507466 / 1000, rel=1e-6)  # USD/g


def test_shares_of_sources_are_taken_of_the_years_imports(ds: Dataset) -> None:
    """USGS gives shares over 2021-2024 and imports of 2024: 22 % of 4,920 t metal and 66 % of 24,000 t trioxide."""
    family = Family.of(ds, "minor_metals", 2024)
    flow = family.flows["antimony:refined"]["CHN", "USA"]
    assert flow.value == pytest.approx(0.22 * 4920 + 0.66 * 24000, rel=0.01)
    assert flow.year == 2024


def test_poor_ore_is_read_by_its_value(ds: Dataset) -> None:
    flow = Family.of(ds, "minor_metals", 2024).flows["antimony:mine"]["MMR", "THA"]
    gross = sum(float(row["quantity"]) for row, _, _ in flow.parts)
    value = sum(float(row["value_usd"]) for row, _, _ in flow.parts)
    assert flow.value == pytest.approx(value / (22575.3 * 0.65), rel=1e-6)  # Rotterdam 2024 x what ore earns
    assert flow.value < 0.5 * gross


def test_the_magnet_family_stays_what_it_is(ds: Dataset, parts: dict[str, Inputs]) -> None:
    alone = magnet_chain(ds, 2024)
    assert parts["magnets"].chain == alone
    whole = joint_inputs(ds, ("magnets", "minor_metals"), 2024, MONTHS, assumptions(ds))
    assert whole.chain.arcs[: len(alone.arcs)] == alone.arcs
    assert whole.chain.activities[: len(alone.activities)] == alone.activities
    assert not [a for a in whole.chain.activities if a[0] == "yttrium_separation"]  # the recipes of ores make it
    assert [a for a in parts["minor_metals"].chain.activities if a[0] == "yttrium_separation"]
    assert "y_oxide" in whole.chain.free


def test_families_without_anything_in_common_keep_their_base_when_joined(parts: dict[str, Inputs]) -> None:
    """Catalysts and batteries share no product: the joint least squares falls into two."""
    two = [parts["catalysts"], parts["batteries"]]
    assert not set(two[0].chain.products) & set(two[1].chain.products)
    whole = base_of(join(two))
    apart = [base_of(part) for part in two]
    assert whole.chi2 == pytest.approx(sum(base.chi2 for base in apart), rel=1e-4)
    activity = np.concatenate([base.activity for base in apart])
    assert whole.activity == pytest.approx(activity, rel=1e-3, abs=1.0)


def test_the_order_of_families_changes_no_member(parts: dict[str, Inputs]) -> None:
    chains = [part.chain for part in parts.values()]
    first = join_chains(chains)
    for order in list(permutations(chains))[5::9]:
        other = join_chains(order)
        for members in ("products", "regions", "activities", "arcs", "uses"):
            assert set(getattr(other, members)) == set(getattr(first, members))
        assert other.free == first.free and other.region_of == first.region_of


def test_an_unknown_family_is_refused(ds: Dataset) -> None:
    story = Scenario(id="x", title="x", title_ja="x", start="2026-12", families=("minor_metal",))
    with pytest.raises(UnknownTerm, match=r"minor_metals"):
        story.apply(ds)


def test_an_outage_of_a_product_stops_only_what_makes_it(ds: Dataset) -> None:
    outage = Outage(place="CHN", stage="mine", products=("tungsten",), start="2026-12", availability=0.0)
    story = Scenario(
        id="x", title="x", title_ja="x", start="2026-12", months=2, families=("minor_metals",), outages=(outage,)
    )
    inputs = story.apply(ds)
    stopped = {a for a, stands in zip(inputs.chain.activities, inputs.availability, strict=True) if stands.min() < 1}
    assert stopped == {("tungsten_mining", "CHN")}


def test_a_scenario_is_about_magnets_unless_it_says_otherwise() -> None:
    assert load("cn-stop-3").families == ("magnets",)
    assert load("cd-cobalt-quota").families == ("batteries",)


def test_projects_add_capacity_in_their_own_unit(ds: Dataset) -> None:
    months = ("2024-01", "2030-01")
    inputs = family_inputs(ds, "minor_metals", 2024, months, assumptions(ds))
    added = dict(zip(inputs.chain.activities, inputs.new_capacity, strict=True))
    grown = {a: float(x[1]) for a, x in added.items() if x.max() > 0}
    plants = [r for r in ds.rows("projects", product="germanium", stage="refined") if r["status"] == "construction"]
    assert grown and plants
    for process_id, region in grown:
        assert region in inputs.chain.regions and "recycling" not in process_id
