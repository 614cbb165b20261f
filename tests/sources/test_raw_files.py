"""The real files, whole: counts in and out, corrections that still bite, and what the shipped tables say of them."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from didymium.data.comparison import agreement, differences
from didymium.data.package import base_tables
from didymium.sources.intake import Intake
from didymium.sources.register import import_file, readers

FILES = {
    "bgs-wms": "bgs_wms",
    "scrreen-2023": "world_mining_data/scrreen2_eol_rir_2023.csv",
    "usgs-mcs-2025": "usgs_mcs2025/MCS2025_World_Data.csv",
    "usgs-mcs-2026": "usgs_mcs2026/MCS2026_Commodities_Data.csv",
    "usgs-myb-2022": "usgs_myb2022/myb1-2022-rare-earths-advance-tables.xlsx",
    "wgi-2023": "wgi/wgi_mean_of_six_2022_normalised.csv",
    "wgi-2025": "wgi/wgi_political_stability_estimate_2018_2024.csv",
    "wmd-2026": "world_mining_data/wmd_production_2018_2024_selected.csv",
}

# importer: figures in, rows of published, rows of production, of reserves, of governance, cells corrected or flagged
COUNTS = {
    "bgs-wms": (12014, 11410, 7890, 0, 0, 4),
    "scrreen-2023": (65, 32, 0, 0, 0, 0),
    "usgs-mcs-2025": (6250, 692, 374, 140, 0, 0),
    "usgs-mcs-2026": (8886, 1976, 373, 140, 0, 11),
    "usgs-myb-2022": (1043, 936, 64, 0, 0, 58),
    "wgi-2023": (213, 211, 0, 0, 211, 0),
    "wgi-2025": (1519, 1496, 0, 0, 1495, 21),
    "wmd-2026": (3199, 3048, 2334, 0, 0, 17),
}


@pytest.fixture(scope="module")
def taken(raw: Path, vocabulary: Any) -> dict[str, Intake]:
    """All imports, made once."""
    return {name: import_file(name, raw / path, vocabulary) for name, path in FILES.items()}


@pytest.mark.parametrize("importer", COUNTS)
def test_counts_are_those_that_the_documentation_states(taken: dict[str, Intake], importer: str) -> None:
    found = taken[importer]
    rows = [len(found.rows.get(name, ())) for name in ("published", "production", "reserves", "governance")]
    assert (found.figures_in, *rows, sum(found.corrections.values())) == COUNTS[importer]
    assert found.figures_in == rows[0] + sum(found.left_out.values())
    assert found.unmet == ()


def test_figures_in_are_the_rows_of_the_file(raw: Path, taken: dict[str, Intake]) -> None:
    """Counted by the standard library alone, beside the readers."""

    def lines(path: str, encoding: str) -> int:
        with (raw / path).open(encoding=encoding, newline="") as file:
            return sum(1 for _ in csv.reader(file)) - 1

    assert taken["usgs-mcs-2026"].figures_in == lines(FILES["usgs-mcs-2026"], "cp1252")
    assert taken["usgs-mcs-2025"].figures_in == 5 * lines(FILES["usgs-mcs-2025"], "utf-8-sig")
    assert taken["wmd-2026"].figures_in == 7 * lines(FILES["wmd-2026"], "utf-8")
    assert taken["wgi-2025"].figures_in == 7 * lines(FILES["wgi-2025"], "utf-8")
    files = sorted((raw / "bgs_wms").glob("*.csv"))
    assert taken["bgs-wms"].figures_in == sum(lines(f"bgs_wms/{file.name}", "utf-8") for file in files)


@pytest.mark.parametrize(
    ("importer", "matched"),
    [("usgs-mcs-2026", 513), ("bgs-wms", 59), ("usgs-myb-2022", 64)],
)
def test_shipped_rows_say_what_the_file_says(taken: dict[str, Intake], importer: str, matched: int) -> None:
    shipped = {name: parsed.rows for name, parsed in base_tables().items()}
    counts = agreement(differences(shipped, taken[importer].rows, ("production", "reserves")))
    total = {name: sum(row[name] for row in counts) for name in ("matched", "equal", "different")}
    assert total == {"matched": matched, "equal": matched, "different": 0}


def test_world_mining_data_differs_where_its_totals_were_not_renewed(taken: dict[str, Intake]) -> None:
    shipped = {name: parsed.rows for name, parsed in base_tables().items()}
    found = differences(shipped, taken["wmd-2026"].rows, ("production",))
    counts = agreement(found)
    assert sum(row["matched"] for row in counts) == 550
    # Shipped lithium was converted with 0.46458, the import with 0.46454: 0.01 %. The rest are world rows of 2022.
    told = {one.key for one in found if one.change == "changed" and not one.key.startswith("lithium")}
    assert told == {
        f"{product}|mine|WLD|2022|WMD"
        for product in ("antimony", "fluorspar", "manganese", "natural_graphite", "reo_mixed", "tungsten", "zinc")
    }


def test_corrected_totals_are_those_that_ship(taken: dict[str, Intake]) -> None:
    rows = {row["product"]: row for row in base_tables()["production"].rows if row["series"] == "WMD summed"}
    world = {row["product"]: row for row in taken["wmd-2026"].rows["production"] if row["country"] == "WLD"}
    imported = {
        row["product"]: row
        for row in taken["wmd-2026"].rows["production"]
        if (row["country"], row["year"]) == ("WLD", 2022)
    }
    assert len(rows) == 7 and set(rows) <= set(world)
    for product, row in rows.items():
        assert row["quantity"] == pytest.approx(
            imported[product]["quantity"], rel=1e-4 if product == "lithium" else 5e-6
        )
        assert row["preferred"] is True


def test_cells_without_a_number_ship_as_they_were_read(taken: dict[str, Intake]) -> None:
    shipped = base_tables()["published"].rows
    wanted = [
        row
        for importer in ("usgs-mcs-2025", "usgs-mcs-2026")
        for row in taken[importer].rows["published"]
        if row["quantity"] is None
    ]
    assert [dict(row) for row in shipped] == wanted
    assert Counter(row["value_status"] for row in shipped)["withheld"] > 50


def test_editions_stand_beside_each_other_and_differ(taken: dict[str, Intake]) -> None:
    """What USGS revised in 2026 of the year 2024 that it had estimated in 2025."""
    found = differences(taken["usgs-mcs-2025"].rows, taken["usgs-mcs-2026"].rows, ("production",))
    revised = {one.key: one for one in found if one.change == "changed" and "|2024" in one.key}
    assert len(revised) > 100
    myanmar = revised["reo_mixed|mine|MMR|2024"]
    assert (myanmar.a or {})["quantity"] == 31000.0 and (myanmar.b or {})["quantity"] == 27000.0


def test_revisions_are_as_large_as_the_documentation_says(taken: dict[str, Intake]) -> None:
    found = differences(taken["usgs-mcs-2025"].rows, taken["usgs-mcs-2026"].rows, ("production",))
    both = [one for one in found if one.a and one.b and one.b["year"] == 2024]
    shares = sorted(abs(one.share or 0.0) for one in both if one.b and one.b["country"] not in ("WLD", "ROW"))
    assert (len(shares), sum(share > 0 for share in shares)) == (156, 134)
    assert round((shares[77] + shares[78]) / 2, 2) == 0.08
    assert (sum(share > 0.1 for share in shares), sum(share > 0.5 for share in shares)) == (72, 18)
    world = sorted(abs(one.share or 0.0) for one in both if one.b and one.b["country"] == "WLD")
    assert [round(share, 2) for share in world[-3:]] == [0.12, 0.14, 0.19] and world[-4] < 0.09


def test_marks_of_shipped_rows_are_those_of_the_file(taken: dict[str, Intake]) -> None:
    def marks(importer: str, series: str, year: int | None) -> Counter[tuple[str, str]]:
        said = {
            (row["product"], row["stage"], row["country"], row["year"]): row["value_status"]
            for row in taken[importer].rows["production"]
        }
        keys = ((row, (row["product"], row["stage"], row["country"], row["year"])) for row in shipped)
        return Counter(
            (row["value_status"], said[key])
            for row, key in keys
            if key in said and row["series"] == series and (year is None or row["year"] == year)
        )

    shipped = [row for row in base_tables()["production"].rows if row["country"]]
    assert marks("usgs-mcs-2026", "USGS", 2024) == {("estimated", "estimated"): 97, ("reported", "reported"): 89}
    assert marks("usgs-mcs-2025", "USGS", 2023) == {("estimated", "estimated"): 64, ("reported", "reported"): 110}
    assert marks("wmd-2026", "WMD", None) == {("estimated", "estimated"): 109, ("reported", "reported"): 441}
    assert marks("bgs-wms", "BGS", None) == {("estimated", "estimated"): 24, ("reported", "reported"): 35}


def test_every_correction_is_counted(taken: dict[str, Intake]) -> None:
    assert sum(len(found.corrections) for found in taken.values()) == 45
    assert sum(sum(found.corrections.values()) for found in taken.values()) == 111


def test_every_edition_has_its_terms_of_use() -> None:
    assert set(readers()) == {*FILES, "iea-cm-2025", "usitc-dataweb", "comtrade"}  # these have tests of their own
    for _, origin in readers().values():
        assert origin.licence and origin.attribution and origin.citation and origin.url.startswith("https://")
        assert origin.redistributable in ("yes", "no", "ask")
