"""The gap ledger as an Excel workbook: one sheet for each stage, with the projects and what the columns mean."""

from __future__ import annotations

import pandas as pd

import didymium as dd

facts = dd.open()
ledger = dd.gaps(facts, outlooks=("STEPS",))
register = dd.projects(facts)

columns = ["party", "product", "year", "need_t", "own_t", "contracted_t", "allied_t", "gap_t", "gap_t_p10", "gap_t_p90"]
frame = ledger.table()
with pd.ExcelWriter("gaps.xlsx", engine="openpyxl") as book:
    for stage, part in frame.groupby("stage", sort=False):
        part[columns].to_excel(book, sheet_name=str(stage), index=False)
    sources = register.table()["source_ids"].map("; ".join)  # a cell holds one value
    register.table().assign(source_ids=sources).to_excel(book, sheet_name="projects", index=False)
    meaning = pd.DataFrame([(f.name, f.unit, f.meaning) for f in ledger.fields], columns=["column", "unit", "meaning"])
    meaning.to_excel(book, sheet_name="columns", index=False)
    record = [("run", ledger.run_id), ("data", facts.id), *(("warning", text) for text in ledger.warnings)]
    pd.DataFrame(record, columns=["what", "value"]).to_excel(book, sheet_name="record", index=False)

wide = frame[(frame["party"] == "USA+JPN") & (frame["year"] == 2030)]
print(wide[["stage", "product", "need_t", "gap_t"]].round().to_string(index=False))
print("\ngaps.xlsx is in this folder.")
