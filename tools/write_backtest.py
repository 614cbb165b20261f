"""Write the tables and the figure of the back-test page from the study.

Run `python -m tools.write_backtest` after a change of the tables, the model or the study; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "method" / "backtest.md"
LIES = {"inside": "inside", "touches": "ranges touch", "above": "**above**", "below": "**below**"}
KINDS = {
    "all": "all that are scored",
    "announced": "shock as announced",
    "open": "shock of unknown size",
    "recorded": "shock as recorded later",
    "price_response": "price response",
    "network": "network",
}


def number(value: float | None) -> str:
    """Two or three digits, as a reader takes them in; what lies beyond the run, or is not known, is none."""
    if value is None:
        return "none"
    return f"{value:.0f}" if value >= 20 else f"{value:.1f}" if value >= 9.95 else f"{value:.2f}"


def event_rows(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line of the page for each replay."""
    lines = []
    for row in rows:
        unit = " days" if row["unit"] == "days" else ""
        band = f"{number(row['modelled_p10'])} – {number(row['modelled'])} – {number(row['modelled_p90'])}{unit}"
        seen = number(row["observed"])
        if row["observed_high"] is None:
            seen = f"over {seen}"
        elif row["observed_low"] != row["observed_high"]:
            seen = f"{seen} ({number(row['observed_low'])}–{number(row['observed_high'])})"
        lies = LIES[row["verdict"]] + ("" if row["is_scored"] else ", not scored")
        about = (f"`{row['replay_id']}`", row["event"], row["method"].replace("_", " "), row["shock"])
        cells = (*about, str(row["base_year"]), band, seen + unit, lies, row["reason"] or "")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def score_rows(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line of the page for each kind of replay."""
    lines = []
    for row in rows:
        rank = "–" if row["rank_correlation"] is None else f"{row['rank_correlation']:.2f}"
        counts = (f"{row['inside']} of {row['replays']}", str(row["touches"]), str(row["above"]), str(row["below"]))
        factors = (number(row["error_factor"]), number(row["error_factor_p90"]), number(row["band_factor"]))
        implied = "–" if row["implied_elasticity"] is None else f"{row['implied_elasticity']:.2f}"
        lines.append("| " + " | ".join((KINDS[row["kind"]], *counts, *factors, rank, implied)) + " |")
    return lines


def missing_rows(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """One line of the page for each observation against which nothing is replayed."""
    return [f"| {row['event']} | {number(row['observed'])} | {row['not_replayed']} |" for row in rows]


def replaced(page: str, name: str, lines: Iterable[str]) -> str:
    """The page with the body of the table that the comment `<!-- table: name -->` announces."""
    pattern = re.compile(rf"(<!-- table: {name} -->\n\n\|[^\n]*\n\|[-|]+\n)(?:\|[^\n]*\n)*")
    assert pattern.search(page), f"no table {name}"
    return pattern.sub(lambda found: found[1] + "".join(f"{line}\n" for line in lines), page)


def main() -> None:
    """Ask the study and write its rows."""
    import didymium
    from didymium.figures import backtest_bands
    from didymium.figures.render import svg

    result = didymium.backtest(didymium.open())
    page = PAGE.read_text("utf-8")
    for name, lines in (
        ("replays", event_rows(result.rows)),
        ("score", score_rows(result.tables["score"])),
        ("not replayed", missing_rows(result.tables["not_replayed"])),
    ):
        page = replaced(page, name, lines)
    PAGE.write_text(page, encoding="utf-8", newline="\n")
    PAGE.with_suffix(".svg").write_text(svg(backtest_bands(result, lang="en")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
