"""A supplier's figure and a secret stock in a workbook: check, use, show others classes alone, follow a number."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

import didymium as dd
from didymium.data import check
from didymium.data.template import template
from didymium.studies.lineage import found_row, lineage

# The workbook to fill; `didymium data template mine.xlsx` writes the same.
mine = Path("mine.xlsx")
mine.write_bytes(template(dd.open().content, tables=["offtakes", "stockpiles"]))

# Fill it, as one would in Excel. The stock is secret: a range and no amount.
common = {"source_id": "didymium-derivation", "confidence": "low", "basis": "an example, no such figure is known"}
contract = {"offtake_id": "ours", "party": "JPN", "product": "ndfeb_magnet", "quantity": 377, "unit": "t"}
contract |= {"year_from": 2027, "year_to": 2032, "supplier": "VNM"}
stock = {"country": "JPN", "organisation": "ours", "product": "dy_metal", "year": 2026, "stock_type": "level"}
stock |= {"unit": "days", "value_low": 37, "value_high": 173}
book = load_workbook(mine)
for name, row in (("offtakes", contract), ("stockpiles", stock)):
    for head in list(book[name][1]):
        book[name].cell(2, head.column).value = {**row, **common}.get(head.value)
book.save(mine)
print("faults:", check(mine))

ours = dd.open([mine])
shown = ours.redacted()  # what may leave: the template says confidential


def contracted(facts: dd.Dataset) -> tuple[dd.Result, int]:
    answer = dd.gaps(facts, outlooks=("STEPS",), years=(2030,), draws=50)
    return answer, found_row(answer, "party=JPN,stage=magnet")


for facts in (ours, shown):
    answer, number = contracted(facts)
    print(answer.warnings[0])
    print(f"  magnets under contract to Japan, 2030: {answer.rows[number - 1]['contracted_t']:,.0f} t")

answer, number = contracted(ours)
for one in lineage(ours, answer, number, "contracted_t").rows:
    print(f"  rests on {one.row_id}: {one.value:,.0f} {one.unit}, layer {one.row['layer']}")
