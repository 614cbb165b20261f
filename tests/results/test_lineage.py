"""The lineage of a number as plain values and as PROV-JSON: each row once, each source and rule named, units kept."""

from __future__ import annotations

from typing import Any

import pytest

from didymium.results.lineage import Behind, Lineage, prov

MINE = {"row_id": "production:nd|CHN", "source_id": "usgs", "rule_id": "r/1", "layer": "mine"}
BARE = {"row_id": "factors:a b"}
LINEAGE = Lineage(
    run_id="01AB",
    command="gaps",
    table="gaps",
    number=4,
    keys={"country": "USA"},
    column="gap_t",
    value=5.5,
    low=4.0,
    high=7.0,
    unit="t",
    meaning="What is short.",
    formula="need − supply",
    formula_ja="需要 − 供給",
    page="docs/method/gaps.md",
    rows=(
        Behind("supply", "production", MINE, 7.0, "t"),
        Behind("again", "production", MINE, 8.0, "kg"),
        Behind("factor", "factors", BARE, None, ""),
    ),
    assumptions=({"row_id": "assumptions:cover", "value": 60.0, "source_id": "usgs"},),
    rules=({"rule_id": "r/1", "decision": "later edition", "reason": "It is newer."},),
    sources=(
        {"source_id": "usgs", "title": "Summaries", "producer": "USGS", "url": "https://a.b"},
        {"source_id": "own~x", "title": "Notes", "producer": "We", "url": None},
    ),
    layers=({"layer": "mine"},),
    scenario=None,
    certificates=({"gap": 0.0},),
    runs=("01AB", "01AA"),
    dataset={"id": "2026.11", "sha256": "f"},
    version="0.9",
)


def test_a_lineage_as_plain_values() -> None:
    assert LINEAGE.as_dict() == {
        "command": "explain",
        "run_id": "01AB",
        "dataset": {"id": "2026.11", "sha256": "f"},
        "question": "gaps",
        "table": "gaps",
        "row": 4,
        "keys": {"country": "USA"},
        "column": "gap_t",
        "value": 5.5,
        "value_p10": 4.0,
        "value_p90": 7.0,
        "unit": "t",
        "meaning": "What is short.",
        "formula": "need − supply",
        "page": "docs/method/gaps.md",
        "rows": [
            {"role": "supply", "table": "production", "value": 7.0, "value_unit": "t", **MINE},
            {"role": "again", "table": "production", "value": 8.0, "value_unit": "kg", **MINE},
            {"role": "factor", "table": "factors", "value": None, "value_unit": "", **BARE},
        ],
        "assumptions": [{"row_id": "assumptions:cover", "value": 60.0, "source_id": "usgs"}],
        "rules": [dict(LINEAGE.rules[0])],
        "sources": [dict(one) for one in LINEAGE.sources],
        "layers": [{"layer": "mine"}],
        "scenario": None,
        "certificates": [{"gap": 0.0}],
        "runs": ["01AB", "01AA"],
    }


def test_a_lineage_as_a_chain_of_provenance() -> None:
    number, run = "number:01AB.gaps.4.gap_t", "run:01AB"
    mine, bare, cover = "row:production%3And%7CCHN", "row:factors%3Aa%20b", "row:assumptions%3Acover"
    got: dict[str, Any] = prov(LINEAGE)
    assert got["entity"] == {
        number: {
            "prov:type": "didymium:Number",
            "prov:value": 5.5,
            "prov:label": "gaps gap_t",
            "didymium:unit": "t",
            "didymium:formula": "need − supply",
        },
        mine: {
            "prov:type": "didymium:Row",
            "prov:label": "production:nd|CHN",
            "didymium:table": "production",
            "didymium:layer": "mine",
            "prov:value": 7.0,
            "didymium:unit": "t",
        },
        bare: {
            "prov:type": "didymium:Row",
            "prov:label": "factors:a b",
            "didymium:table": "factors",
            "didymium:layer": "",
        },
        cover: {
            "prov:type": "didymium:Row",
            "prov:label": "assumptions:cover",
            "didymium:table": "assumptions",
            "didymium:layer": "",
            "prov:value": 60.0,
        },
        "source:usgs": {
            "prov:type": "didymium:Source",
            "prov:label": "Summaries",
            "didymium:producer": "USGS",
            "prov:location": "https://a.b",
        },
        "source:own%7Ex": {"prov:type": "didymium:Source", "prov:label": "Notes", "didymium:producer": "We"},
        "rule:r%2F1": {
            "prov:type": "prov:Plan",
            "prov:label": "later edition",
            "didymium:reason": "It is newer.",
        },
    }
    assert got["activity"] == {run: {"prov:type": "didymium:Run", "didymium:dataset": "2026.11"}}
    assert got["used"] == {
        f"_:u{n}": {"prov:activity": run, "prov:entity": entity} for n, entity in enumerate((mine, bare, cover), 1)
    }
    chain = [(number, mine), (mine, "source:usgs"), (mine, "rule:r%2F1"), (number, bare), (number, cover)]
    chain.append((cover, "source:usgs"))
    assert got["wasDerivedFrom"] == {
        f"_:d{n}": {"prov:generatedEntity": made, "prov:usedEntity": of} for n, (made, of) in enumerate(chain, 1)
    }
    assert got["wasGeneratedBy"] == {"_:g1": {"prov:entity": number, "prov:activity": run}}
    assert got["wasAssociatedWith"] == {"_:a1": {"prov:activity": run, "prov:agent": "agent:didymium"}}
    assert got["agent"]["agent:didymium"]["prov:label"] == "Didymium 0.9"
    assert set(got["prefix"]) == {"didymium", "run", "number", "row", "source", "rule", "agent"}


def test_a_number_without_rows_has_a_chain_of_itself_alone() -> None:
    from dataclasses import FrozenInstanceError, replace

    bare = replace(LINEAGE, rows=(), assumptions=(), sources=(), rules=(), table="", scenario={"name": "stop"})
    got = prov(bare)
    assert list(got["entity"]) == ["number:01AB.4.gap_t"] and "used" not in got and "wasDerivedFrom" not in got
    assert bare.as_dict()["scenario"] == {"name": "stop"} and Behind("r", "t", MINE, 1.0, "").row_id == MINE["row_id"]
    for made, name in ((LINEAGE, "value"), (LINEAGE.rows[0], "role")):
        with pytest.raises(FrozenInstanceError):
            setattr(made, name, "x")
        assert not hasattr(made, "__dict__")
