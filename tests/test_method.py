"""The method pages say what the program does: examples run, headings are names in the code, tables are answers."""

from __future__ import annotations

import doctest
import inspect
import re
from pathlib import Path
from types import FunctionType

import pytest

import didymium.data
from didymium.model import network
from didymium.model.foresight import Runner, base_of
from didymium.scenario.family_coverage import coverage
from didymium.scenario.scenario import Scenario, library, parse
from didymium.studies.stress import stress

METHOD = Path(__file__).parent.parent / "docs" / "method"
PAGES = sorted(METHOD.glob("*.md"))
RUN_BESIDE_THEIR_STUDIES = {"commitments.md", "exposure.md", "measures.md"}
LAST = ["Where this is wrong", "Check it yourself"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_ends_with_its_faults_and_a_worked_case(page: Path) -> None:
    assert re.findall(r"^## (.*)$", page.read_text("utf-8"), re.MULTILINE)[-2:] == LAST
    assert ">>> " in page.read_text("utf-8").partition("## Check it yourself")[2]


@pytest.mark.parametrize("page", [p for p in PAGES if p.name not in RUN_BESIDE_THEIR_STUDIES], ids=lambda p: p.stem)
def test_the_worked_cases_hold(page: Path) -> None:
    assert doctest.testfile(str(page), module_relative=False).failed == 0


def test_the_index_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", (METHOD / "index.md").read_text("utf-8")))
    assert linked == {page.name for page in PAGES} - {"index.md"}


def test_every_equation_of_the_network_is_a_heading_by_its_name() -> None:
    told = re.findall(r"^## `(\w+)`$", (METHOD / "network.md").read_text("utf-8"), re.MULTILINE)
    methods = [name for name, _ in inspect.getmembers(network.SupplyNetwork, inspect.isfunction)]
    parts = [name for name in methods if not name.startswith("_") and name not in ("programme", "change")]
    functions = [
        name
        for name, found in vars(network).items()
        if isinstance(found, FunctionType) and found.__module__ == network.__name__ and not name.startswith("_")
    ]
    assert sorted(told) == sorted(parts + functions)


def test_what_a_page_calls_code_is_there() -> None:
    source = "\n".join(path.read_text("utf-8") for path in Path(didymium.__path__[0]).rglob("*.py"))
    for page in PAGES:
        for names in re.findall(r"[Cc]ode: ([^()]*)", page.read_text("utf-8")):
            for name in re.findall(r"`([A-Za-z_.]+)`", names):
                known = (Path(didymium.__path__[0]) / name).exists() or name.rpartition(".")[2] in source
                assert known, f"{page.name}: {name}"


def test_the_scenario_on_the_page_is_a_scenario() -> None:
    told, *_ = re.findall(r"^```toml\n(.*?)^```", (METHOD / "stress.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    inputs = parse(told, where="stress.md").apply(didymium.data.open())
    assert [r.name for r in inputs.restrictions] == ["CHN: ndfeb_magnet"]


def test_the_page_of_the_families_tells_what_is_thin() -> None:
    page = (METHOD / "families.md").read_text("utf-8")
    told = re.findall(r"^\| `([a-z_]+:?[a-z]*)` \| (\d{4}|–) \| (\d+) of (\d+) \| (\d+%|–) \|", page, re.MULTILINE)
    found = []
    for row in coverage(didymium.data.open(), ("minor_metals", "catalysts", "batteries", "smco_magnets"), 2024):
        share = "–" if row["covered_share"] is None else f"{row['covered_share']:.0%}"
        year = str(row["figure_year"] or "–")
        found.append((row["product"], year, str(row["regions_with_figure"]), str(row["regions"]), share))
    assert told == found


@pytest.mark.parametrize("family", ["minor_metals", "catalysts", "batteries", "smco_magnets", "magnets"])
def test_the_page_of_the_families_tells_their_sizes(family: str) -> None:
    page = (METHOD / "families.md").read_text("utf-8")
    (cells,) = re.findall(rf"^\| `{family}` \| ([\d, |]+) \|$", page, re.MULTILINE)
    story = Scenario(id="calm", title="calm", title_ja="平常", start="2026-12", months=24, families=(family,))
    inputs = story.apply(didymium.data.open())
    chain, lp = inputs.chain, Runner.of(inputs, base_of(inputs)).whole.programme
    counts = [len(m) for m in (chain.products, chain.activities, chain.arcs, chain.uses, inputs.observations)]
    assert [int(cell.replace(",", "")) for cell in cells.split(" | ")] == [*counts, lp.rows, lp.columns]


@pytest.mark.slow
def test_the_scenarios_say_what_the_page_says() -> None:
    ds = didymium.data.open()
    page = (METHOD / "stress.md").read_text("utf-8")
    told = set(re.findall(r"^\| `[a-z0-9]+-[a-z0-9-]+` \|.* \|$", page, re.MULTILINE))
    found = set()
    for name, story in library().items():
        if story.families != ("magnets",):
            continue  # told on the page of the families
        result = stress(ds, name, draws=0, drivers=False)
        rows = {
            (r["foresight"], r["party"]): r
            for r in result.rows
            if (r["product"], r["sector"]) == ("ndfeb_magnet", "total")
        }
        cells = []
        for sight in ("coordinated", "myopic"):
            for party in ("USA", "JPN"):
                row = rows[sight, party]
                days = row["days_to_shortage"]
                cells.append(f"{row['unserved_t']:,.0f} t, {'none' if days is None else f'{days:.0f}'}")
        found.add(f"| `{name}` | {' | '.join(cells)} |")
    assert told == found


@pytest.mark.slow
def test_the_band_around_the_day_of_the_user_without_a_licence() -> None:
    result = stress(didymium.data.open(), "cn-ree7-no-licence", foresight=("coordinated",), draws=64, drivers=False)
    row = next(r for r in result.rows if (r["party"], r["product"], r["sector"]) == ("USA", "ndfeb_magnet", "total"))
    assert row["days_to_shortage"] == pytest.approx(64.8, abs=0.05)
    days = [f"day {row[f'days_to_shortage_{point}']:.0f}" for point in ("p10", "p50")]
    told = (
        f"Over 64 draws P10 is {days[0]} and the median {days[1]}, and in {row['no_shortage_share']:.0%} of the draws"
    )
    assert told.replace("%", " %") in (METHOD / "stress.md").read_text("utf-8")
    assert row["days_to_shortage_p90"] is None


@pytest.mark.slow
def test_the_band_around_the_day_of_the_average_user() -> None:
    result = stress(didymium.data.open(), "cn-ree7-licence-2025", foresight=("myopic",), draws=64, drivers=False)
    row = next(r for r in result.rows if (r["party"], r["product"], r["sector"]) == ("USA", "ndfeb_magnet", "total"))
    day, none = f"{row['days_to_shortage_p10']:.0f}", f"{row['no_shortage_share']:.0%}"
    told = f"over 64 draws P10 is day {day}, and in {none} of the draws"
    assert told.replace("%", " %") in (METHOD / "stress.md").read_text("utf-8")


@pytest.mark.slow
def test_the_ban_leaves_the_part_of_us_antimony_that_the_page_of_the_families_says() -> None:
    page = (METHOD / "families.md").read_text("utf-8")
    (told,) = re.findall(
        r"(\d+) % \(with foresight\) and (\d+) % \(without\) of the antimony that the United States", page
    )
    result = stress(didymium.data.open(), "cn-us-gallium-ban", draws=0, drivers=False)
    shares = {
        row["foresight"]: row["unserved_share"]
        for row in result.rows
        if (row["party"], row["product"], row["sector"]) == ("USA", "antimony:refined", "total")
    }
    assert [f"{shares[sight]:.0%}" for sight in ("coordinated", "myopic")] == [f"{part}%" for part in told]
