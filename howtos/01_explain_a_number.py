"""Open the facts and ask where a number comes from: its row, its source, who says otherwise, and which rule chose."""

from __future__ import annotations

import didymium as dd

facts = dd.open()
print(f"Data {facts.version} ({facts.id}), {len(facts.tables)} tables\n")

# Who separated neodymium oxide in 2024? `preferred` keeps the claim that is used, `is_total` marks the world.
for row in facts.rows("production", product="nd_oxide", year=2024, preferred=True, is_total=False):
    source = facts.source(row["source_id"])
    print(f"{row['country']:5} {row['quantity']:10,.0f} {row['unit']:9} {row['confidence']:7} {source['producer']}")

# The whole story of one number, in words …
told = facts.explain("production", "reo_mixed", "MMR", 2024)
print(f"\n{told.text()}")

# … and as values: two bodies disagree on what Myanmar mines.
assert told.used is not None
for claim in (told.used, *told.claims):
    print(f"{claim.row['series']:5} {claim.value:10,.0f} {claim.unit}")
