"""Put your own facts on top: a folder of CSV files with the columns of the shipped ones."""

from __future__ import annotations

import csv
from pathlib import Path

import didymium as dd
from didymium.data import check
from didymium.errors import BadInput

shipped = dd.open()

# Say that you know of a second contract. Columns come from the table itself; keys that are new add a row.
contract = {
    "offtake_id": "our-second-contract",
    "party": "JPN",
    "product": "ndpr_oxide",
    "quantity": 1000,
    "unit": "t oxide",
    "year_from": 2028,
    "year_to": 2035,
    "supplier": "AUS",
    "project_id": "iluka-eneabba",
    "confidence": "medium",
    "source_id": "didymium-derivation",
    "basis": "ASSUMPTION: an example, no such contract is known",
}


def write(row: dict[str, object]) -> Path:
    folder = Path("my-facts")
    folder.mkdir(exist_ok=True)
    with (folder / "offtakes.csv").open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, list(row))
        lines.writeheader()
        lines.writerow(row)
    return folder


layer = write(contract)
print("faults:", check(layer))
mine = dd.open([layer])
for row in mine.rows("offtakes", party="JPN", product="ndpr_oxide"):
    print(f"{row['layer']:9} {row['offtake_id']:22} {row['quantity']:8,.0f} {row['unit']}")


def gap(facts: dd.Dataset) -> float:
    rows = dd.gaps(facts, outlooks=("STEPS",), years=(2030,), draws=50).rows
    return next(
        float(r["gap_t"]) for r in rows if (r["party"], r["stage"], r["product"]) == ("JPN", "separated", "ndpr_oxide")
    )


print(f"Japan's gap in NdPr oxide, 2030: {gap(shipped):,.0f} t as shipped, {gap(mine):,.0f} t with the layer")

# A fault is refused by file, row and column, and nothing is used.
write({**contract, "quantity": "1,ooo"})
try:
    dd.open([layer])
except BadInput as refused:
    print(refused)
