"""The cells of a notebook: answers and figures show themselves. Open it in Jupyter or VS Code, or run it as it is."""

# %% The data are one line, with their version and layers.
from __future__ import annotations

import datetime
from pathlib import Path

import didymium as dd
from didymium.figures import measures_calendar

facts = dd.open()
print(facts)

# %% In a notebook, `answer` at the end of a cell is a table with units and with what the numbers do not tell.
answer = dd.measures(facts, as_of=datetime.date(2026, 11, 22))
print(answer)

# %% A figure is a specification that a notebook shows as its picture.
figure = measures_calendar(answer, lang="en")

# %% What a notebook shows can be kept as a page.
page = f"<!doctype html><meta charset='utf-8'>{answer._repr_html_()}{figure._repr_svg_()}"
Path("measures.html").write_text(page, encoding="utf-8")
print("measures.html is in this folder.")
