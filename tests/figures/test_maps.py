"""Maps and bands: a chain of two steps drawn by hand, in both languages and widths."""

from __future__ import annotations

from typing import Any

import pytest

from didymium.errors import NotFound
from didymium.figures.chain_flows import chain_sankey, flow_map
from didymium.figures.project_map import project_map
from didymium.figures.world import point, shapes
from didymium.studies.chain_line import Step
from tests.brief import chain_fixture

MINE = Step("mine", ("reo_mixed",), "t", {"CHN": 70.0, "USA": 30.0}, {("USA", "CHN"): 20.0}, {})
MINE = Step(
    *(getattr(MINE, f) for f in ("stage", "products", "unit", "made", "shipped")),
    {
        ("CHN", "CHN"): 70.0,
        ("USA", "CHN"): 20.0,
        ("USA", "USA"): 10.0,
    },
)
MAGNET = Step(
    "magnet",
    ("ndfeb_magnet",),
    "t",
    {"CHN": 40.0, "JPN": 10.0},
    {("CHN", "JPN"): 10.0},
    {
        ("CHN", "CHN"): 30.0,
        ("CHN", "JPN"): 10.0,
        ("JPN", "JPN"): 10.0,
    },
)
RESULT = chain_fixture.result("reconcile", [{"product": "reo_mixed", "source_ids": ["s1"]}], request={"year": 2024})


def words(spec: dict[str, Any]) -> str:
    return str(spec["usermeta"]["title"])


@pytest.mark.parametrize("narrow", [False, True])
def test_the_titles_say_what_was_found(narrow: bool) -> None:
    assert words(flow_map(RESULT, MINE, lang="en", narrow=narrow)).startswith("China makes 70% of ")
    title = words(chain_sankey(RESULT, (MINE, MAGNET), lang="en", narrow=narrow))
    assert title.startswith("China makes 80% of ") and title.endswith("50% of what United States and Japan use")
    assert "80%" in words(chain_sankey(RESULT, (MINE, MAGNET), lang="ja", narrow=narrow))


def test_the_bands_of_a_column_fill_it() -> None:
    body = chain_sankey(RESULT, (MINE, MAGNET), lang="en")["vconcat"][0]["vconcat"][0]
    bands = [
        b
        for b in body["layer"][0]["data"]["values"]
        if b["x"] == min(c["x"] for c in body["layer"][0]["data"]["values"] if c["link"] == b["link"])
    ]
    by_column = {n: sum(b["y2"] - b["y"] for b in bands if b["link"].startswith(f"{n}-")) for n in (0, 1)}
    assert by_column[0] == pytest.approx(by_column[1])


def test_a_map_without_anything_on_it_is_not_drawn() -> None:
    with pytest.raises(NotFound):
        flow_map(RESULT, Step("mine", ("reo_mixed",), "t", {}, {}, {}), lang="en")
    with pytest.raises(NotFound):
        project_map(RESULT, [], lang="en")


def test_projects_are_counted_once() -> None:
    row = {"project_id": "a", "lat": 1.0, "lon": 2.0, "status": "operating", "country": "JPN"}
    title = words(project_map(RESULT, [row, {**row}, {**row, "project_id": "b"}], lang="en"))
    assert title == "Projects in Japan: 2"


def test_points_stand_where_countries_are() -> None:
    ids = {g.get("id") for g in shapes()["objects"]["countries"]["geometries"]}
    assert {"CHN", "JPN", "USA", "AUS"} <= ids and "ATA" not in ids
    assert point("EU27") is None
    for place, (west, south, east, north) in {
        "JPN": (129, 31, 146, 46),
        "RUS": (30, 41, 180, 78),
        "USA": (-125, 25, -66, 50),
    }.items():
        lon, lat = point(place) or (0.0, 0.0)
        assert west < lon < east and south < lat < north
