"""Ask from Python what the commands answer: the gaps of one party in 2030, and who supplies the chain."""

from __future__ import annotations

import didymium as dd

facts = dd.open()

gaps = dd.gaps(facts, parties=("JPN",), years=(2030,), outlooks=("STEPS",))
open_gaps = [row for row in gaps.rows if row["stage"] == "separated" and row["gap_t"] > 0]
print("Japan, separated oxides in 2030, tonnes:")
for row in sorted(open_gaps, key=lambda r: -r["gap_share"]):
    print(f"  {row['product']:16} {row['gap_t']:8.0f} ({row['gap_t_p10']:.0f} to {row['gap_t_p90']:.0f})")

exposure = dd.exposure(facts)
frame = exposure.table().set_index("product")[["stage", "top_country", "top_share", "hhi_10000"]]
print("\nWho supplies the chain:")
print(frame.round(3).to_string())
print(f"\nRuns: {gaps.run_id} and {exposure.run_id}. The commands give the same ids for the same questions.")
