"""Write a brief from Python: ask each question, then make HTML, PDF and Excel of the answers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console

import didymium as dd
from didymium.brief import build, render_html, render_pdf, render_terminal, render_xlsx

facts = dd.open()
parties, today = ("USA", "JPN"), date(2026, 11, 22)

answers = {
    "exposure": dd.exposure(facts, parties=parties),
    # A brief of the command line asks every scenario; one is enough to see how it is done.
    "stress": [dd.stress(facts, "cn-stop-6", parties=parties, draws=4, drivers=False)],
    "gaps": dd.gaps(facts, parties=parties),
    "projects": dd.projects(facts, parties=parties),
    "commitments": dd.commitments(facts, as_of=today),
    "measures": dd.measures(facts, as_of=today, parties=parties),
    "reconcile": dd.reconcile(facts),
}
brief = build(answers, dataset=facts, parties=parties, as_of=today, lang="en")

Path("brief.html").write_text(render_html(brief), encoding="utf-8")
Path("brief.pdf").write_bytes(render_pdf(brief))
Path("brief.xlsx").write_bytes(render_xlsx(brief))
Console(width=100).print(render_terminal(brief))
print(f"Brief {brief.id}: brief.html, brief.pdf and brief.xlsx are in this folder.")
