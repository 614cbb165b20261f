"""Read the shipped facts: who made how much neodymium oxide in 2024, and who says so."""

from __future__ import annotations

import didymium.data

facts = didymium.data.open()
print(f"Data {facts.version} ({facts.id}), {len(facts.tables)} tables")

rows = facts.rows("production", product="nd_oxide", year=2024, preferred=True, is_total=False)
for row in sorted(rows, key=lambda r: -r["quantity"]):
    source = facts.source(row["source_id"])
    print(f"{row['country']:5} {row['quantity']:10,.0f} {row['unit']:5} {row['confidence']:7} {source['producer']}")
