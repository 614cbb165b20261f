"""Cells of the Commission's study of 2023: economic importance, supply risk from world supply, largest suppliers.

`eu_world_shares.csv` is annex 7 of the report for the stages needed, from the copy that the source `ec-crm-2023-uses`
names: shares as printed, countries by their codes, and rows where the copy swaps share and trade factor put right.
`eu_governance.csv` holds the World Bank's governance estimates of the study's years (update of 2022).
`eu_world_only.csv` holds the results of stages rated by world supply alone, `eu_largest.csv` the report's table A.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.commodity_rows import table
from tools.printed_cells import HERE, Printed, Row, around, cell, figure, name, percentage, read

STUDY = "EU 2023"
PUBLISHER = "European Commission"
STAGES = {"E": "extraction", "P": "processing"}
YEARS = "2016 to 2020"
"""The study's years: its governance scores are the mean of them."""


def annex_share(text: str) -> Printed:
    """A share printed as per cent; `<0.1%` lies between nothing and that."""
    if text.startswith("<"):
        half = float(text[1:].rstrip("%")) / 200.0
        return Printed(half, half)
    said = figure(text.rstrip("%"))
    assert said is not None
    return Printed(round(said.value / 100.0, 9), said.half / 100.0)


def _index(text: str) -> Printed:
    """An index printed with two decimals."""
    return Printed(float(text), 0.005)


def importances() -> Iterator[Row]:
    """Economic importance of a material: the study's shares of uses and value added against the study's result."""
    added = {row["industry"]: float(row["value_added"]) for row in table("industries") if row["series"] == STUDY}
    texts = {
        (row["product"], row["indicator"]): row["value_text"]
        for row in table("published_indicators")
        if row["series"] == STUDY and row["indicator"] in ("economic_importance", "substitution_importance")
    }
    uses: dict[str, list[Mapping[str, Any]]] = {}
    for row in table("use_shares"):
        if row["series"] == STUDY:
            uses.setdefault(row["product"], []).append(row)
    seen: set[str] = set()
    for product, rows in sorted(uses.items()):
        material = rows[0]["locator"].partition(", ")[2]
        if material in seen:  # one line of the annex, two products of ours
            continue
        seen.add(material)
        named = [row for row in rows if row["industry"]]
        text = texts[product, "economic_importance"]
        yield cell(
            name("eu-importance", material),
            PUBLISHER,
            material,
            "economic importance",
            "EU27",
            2023,
            text,
            around(Printed(float(text), 0.05)),
            "economic_importance",
            {
                "share": [Printed(float(row["share"]), 0.005) for row in named],
                "value_added": [Printed(added[row["industry"]]) for row in named],
                "substitution": [_index(texts[product, "substitution_importance"])],
                "largest": [Printed(max(added.values()))],
            },
            "ec-crm-2023-uses",
            f"annex 6 and results, {material}",
        )


def _annex() -> dict[tuple[str, str], list[Mapping[str, str]]]:
    """Shares of world supply and trade factors that the study prints in full, by material and stage."""
    held: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for line in read(HERE / "eu_world_shares.csv"):
        held.setdefault((line["material"], line["stage"]), []).append(line)
    return held


def governance_risk() -> dict[str, float]:
    """Governance risk by country on the scale 0 to 1: the mean of six estimates from -2.5 to 2.5, and of the years."""
    lines = read(HERE / "eu_governance.csv")
    return {line["country"]: round((2.5 - float(line["estimate"])) / 5.0, 4) for line in lines}


def world_risks() -> Iterator[Row]:
    """Supply risk of every stage that the study rates by world supply alone.

    Sourcing of the Union is printed from 1 % up only, so that stages that need it are not computed.
    """
    risk, annex = governance_risk(), _annex()
    for want in read(HERE / "eu_world_only.csv"):
        rows = annex[want["material"], want["stage"]]
        text = want["supply_risk"]
        yield cell(
            name("eu-gs", want["material"], STAGES[want["stage"]]),
            PUBLISHER,
            f"{want['material']}, {STAGES[want['stage']]}",
            "supply risk (world supply alone)",
            "EU27",
            2023,
            text,
            around(Printed(float(text), 0.05)),
            "world_supply_risk",
            {
                "output": [annex_share(row["share"]) for row in rows],
                "risk": [Printed(risk[row["country"]]) for row in rows],
                "trade_factor": [Printed(float(row["trade_factor"])) for row in rows],
                "recycling": [annex_share(want["recycling"])],
                "substitution": [_index(want["substitution"])],
            },
            "ec-crm-2023",
            f"results and annex 7, {want['material']}, {STAGES[want['stage']]}; governance scores of {YEARS}",
        )


def largest_suppliers() -> Iterator[Row]:
    """Share of the largest supplier in the report's table A, against the shares of its annex 7."""
    annex = _annex()
    for want in read(HERE / "eu_largest.csv"):
        rows = annex[want["material"], want["stage"]]
        yield cell(
            name("eu-top", want["subject"]),
            PUBLISHER,
            f"{want['subject']}: {want['country']}",
            "share of the largest supplier [%]",
            "WLD",
            2023,
            want["text"],
            percentage(want["text"]),
            "largest_supplier",
            {"output": [annex_share(row["share"]) for row in rows]},
            "ec-crm-2023",
            f"final report, table A and annex 7, {want['material']}, {STAGES[want['stage']]}",
        )
