"""Run a scenario, read the answer as tables, and draw one figure as SVG."""

from __future__ import annotations

from pathlib import Path

import didymium as dd
from didymium.figures import shortage_months
from didymium.figures.render import svg

# `draws` make the bands: a few here so that this is quick, 64 before you quote one.
result = dd.stress(dd.open(), "cn-stop-6", draws=3, drivers=False)
print(f"run {result.run_id}")

frame = result.table()
whole = frame[(frame["product"] == "ndfeb_magnet") & (frame["sector"] == "total")]
print(
    whole[["foresight", "party", "demand_t", "unserved_t", "days_to_shortage", "first_shortage_date"]].to_string(
        index=False
    )
)

by_sector = frame[
    (frame["product"] == "ndfeb_magnet") & (frame["foresight"] == "coordinated") & (frame["party"] == "USA")
]
print("\nUnited States, unserved by use [t]")
print(by_sector.set_index("sector")["unserved_t"].round().to_string())

# Every result carries its proof: residuals and gap of the solved programmes.
print("\nworst gap of any solve:", max(row["gap"] for row in result.tables["certificates"]))

Path("shortage.svg").write_text(svg(shortage_months(result, lang="en")), encoding="utf-8")
print("shortage.svg is in this folder.")
