"""Scenarios with branches: what a file may say, the leaves it stands for, and the range of an expectation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import didymium.data
from didymium.errors import BadScenario
from didymium.scenario.scenario import Scenario, load, parse
from didymium.scenario.tree import expected_range, known_when, leaves, probabilities

TREE = """
id = "two-ways"
title = "Two ways"
title_ja = "二つの道"
start = "2026-12"
months = 12
based_on = ["cn-ree7-licence-2025"]

[[cuts]]
name = "licence"
exporter = "CHN"
products = ["ndfeb_magnet"]
start = "2026-12"
approval_share = 0.5

[[branches]]
id = "ends"
title = "It ends"
title_ja = "終了"
start = "2027-03"
probability = 0.25
probability_low = 0.1
probability_high = 0.6
probability_basis = "ASSUMPTION: for the test"
ends = ["licence"]

[[branches]]
id = "stays"
title = "It stays"
title_ja = "継続"
start = "2027-03"
probability = 0.75
probability_basis = "ASSUMPTION: for the test"
based_on = ["cn-2025-57-ree5"]

[[branches.outages]]
place = "MMR"
stage = "mine"
start = "2027-04"
availability = 0.0
"""


def test_a_tree_stands_for_its_leaves() -> None:
    story = parse(TREE, where="tree.toml")
    ends, stays = leaves(story)
    assert [leaf.name for leaf in (ends, stays)] == ["ends", "stays"]
    assert [leaf.probability for leaf in (ends, stays)] == [0.25, 0.75]
    assert ends.scenario.cuts[0].end == "2027-03" and stays.scenario.cuts[0].end is None
    assert not ends.scenario.outages and stays.scenario.outages[0].place == "MMR"
    assert stays.scenario.based_on == ("cn-ree7-licence-2025", "cn-2025-57-ree5")
    assert stays.scenario.id == "two-ways-stays" and stays.scenario.title == "Two ways: It stays"
    for leaf in (ends, stays):  # a leaf is an ordinary scenario
        assert Scenario.model_validate(leaf.scenario.model_dump(mode="json")) == leaf.scenario
    node = known_when((ends, stays), story.month_labels())
    assert (node[0] == node[1]).tolist() == [True] * 3 + [False] * 9


def test_a_scenario_without_branches_is_its_only_leaf() -> None:
    story = load("cn-stop-3")
    (only,) = leaves(story)
    assert only.scenario == story and only.probability == 1 and only.path == ()


def test_the_shipped_tree_lets_the_suspension_be_renewed_or_lapse() -> None:
    """Notice 70 of 2025 suspends until 10 November 2026 (measure_suspensions); the tree parts in the month after."""
    ds = didymium.data.open()
    story = load("cn-october-suspension")
    until = {r["until_date"] for r in ds.rows("measure_suspensions") if r["measure_id"] in story.based_on}
    assert {str(day) for day in until} == {"2026-11-10"}
    assert {branch.start for branch in story.branches} == {"2026-12"}
    found = leaves(story)
    assert [leaf.name for leaf in found] == [
        "renewed/again", "renewed/binding", "lapsed/lax", "lapsed/strict", "stopped"
    ]  # fmt: skip
    assert probabilities(found).sum() == pytest.approx(1)
    calm = found[0].scenario
    assert not calm.cuts and not calm.outages
    for leaf in found:
        assert len(leaf.scenario.apply(ds).restrictions) == len(leaf.scenario.cuts)
    lax = found[2].scenario.cuts
    assert [(c.start, c.end, c.approval_share) for c in lax] == [
        ("2026-12", "2027-06", 0.5), ("2027-06", "2027-12", 0.85)
    ]  # fmt: skip


def test_a_tree_has_no_one_set_of_inputs() -> None:
    with pytest.raises(BadScenario, match=r"scenario two-ways: has branches \(ends, stays\)"):
        parse(TREE, where="tree.toml").apply(didymium.data.open())


BAD = {
    "sum": ("probability = 0.75", "probability = 0.7", "probabilities of branches ends, stays sum to 0.95, not 1"),
    "never": ("probability = 0.75", "probability = 0.0", "branches.1.probability: Input should be greater than 0"),
    "range": ("probability_low = 0.1", "probability_low = 0.3", "probability_low ≤ probability ≤ probability_high"),
    "no basis": ('probability_basis = "ASSUMPTION: for the test"\nends', "ends", "branches.0.probability_basis"),
    "twins": ('id = "stays"', 'id = "ends"', "branches: two have the id ends"),
    "months": (
        'title_ja = "継続"\nstart = "2027-03"', 'title_ja = "継続"\nstart = "2027-04"',
        "branches ends, stays part in different months: 2027-03, 2027-04",
    ),
    "too late": ("months = 12", "months = 3", "branch ends starts in 2027-03, outside the run, 2026-12 to 2027-02"),
    "unknown end": (
        'ends = ["licence"]', 'ends = ["license"]',
        "ends 'license', no cut or outage before it; named are: licence",
    ),
    "hindsight": (
        'start = "2027-04"', 'start = "2027-01"',
        "outages.0 starts in 2027-01, before branch stays in 2027-03",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_tree_is_refused_in_one_line(fault: str) -> None:
    old, new, said = BAD[fault]
    assert old in TREE
    with pytest.raises(BadScenario) as caught:
        parse(TREE.replace(old, new), where="tree.toml")
    assert said in str(caught.value) and str(caught.value).startswith("tree.toml: ")
    assert caught.value.exit_code == 2


def test_a_nested_parting_comes_after_its_own_branch() -> None:
    nested = (
        TREE
        + """
[[branches.branches]]
id = "only"
title = "x"
title_ja = "x"
start = "2027-03"
probability = 1.0
probability_basis = "certain"
"""
    )
    with pytest.raises(BadScenario, match="branches only part in 2027-03, not after the branch that holds them"):
        parse(nested, where="tree.toml")


def test_the_range_of_an_expectation_by_hand() -> None:
    """0.25 may be 0.1 to 0.6, 0.75 has no range of its own: with 0.75 fixed the other is 0.25, whatever it may be."""
    story = parse(TREE, where="tree.toml")
    assert expected_range(story, {("ends",): 0.0, ("stays",): 100.0}) == pytest.approx((75, 75))
    free = parse(TREE.replace("probability = 0.75", "probability = 0.75\nprobability_low = 0.0"), where="tree.toml")
    assert expected_range(free, {("ends",): 0.0, ("stays",): 100.0}) == pytest.approx((40, 75))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0.05, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 100)), min_size=2, max_size=4)
)
def test_the_range_is_the_optimum_of_a_small_programme(parts: list[tuple[float, float, float, float]]) -> None:
    from scipy.optimize import linprog

    whole = sum(part[0] for part in parts)
    branches = [
        {
            "id": f"b{i}", "title": "x", "title_ja": "x", "start": "2027-01", "probability_basis": "test",
            "probability": p / whole, "probability_low": p / whole * low,
            "probability_high": p / whole + (1 - p / whole) * high,
        }
        for i, (p, low, high, _) in enumerate(parts)
    ]  # fmt: skip
    content = {"id": "t", "title": "t", "title_ja": "t", "start": "2026-12", "branches": branches}
    story = Scenario.model_validate(content)
    values = np.array([value for *_, value in parts])
    bounds = [branch.probability_range for branch in story.branches]
    found = expected_range(story, {(f"b{i}",): float(v) for i, v in enumerate(values)})
    for sign, end in zip((1, -1), found, strict=True):
        best = linprog(sign * values, A_eq=np.ones((1, values.size)), b_eq=[1.0], bounds=bounds)
        assert end == pytest.approx(sign * best.fun, rel=1e-6, abs=1e-6)
    assert found[0] - 1e-9 <= float(values @ [b.probability for b in story.branches]) <= found[1] + 1e-9


def test_content_is_followed_from_one_place_only() -> None:
    story = load("cn-october-notices-origin")
    mixed = story.model_copy(update={"cuts": (*story.cuts, story.cuts[0].model_copy(update={"origin": "MYS"}))})
    with pytest.raises(BadScenario, match=r"cuts follow content from CHN and MYS\. Follow one origin"):
        mixed.apply(didymium.data.open())
    unknown = story.model_copy(update={"cuts": (story.cuts[0].model_copy(update={"origin": "MNG"}),)})
    with pytest.raises(BadScenario, match="origin MNG is not a place of its own in the chain"):
        unknown.apply(didymium.data.open())


def test_a_cut_by_origin_is_a_plain_cut_at_the_origin_and_spares_what_returns() -> None:
    ds = didymium.data.open()
    inputs = load("cn-october-notices-origin").apply(ds)
    (direct,), (through,) = inputs.restrictions, inputs.origin_restrictions
    assert inputs.track_origin == ("CHN",)
    assert {inputs.chain.arcs[e][1] for e in direct.arcs} == {"CHN"}
    places = {place for e in through.arcs for place in inputs.chain.arcs[e][1:]}
    assert "CHN" not in places and {"JPN", "VNM", "USA"} <= places
