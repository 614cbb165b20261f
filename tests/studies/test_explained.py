"""Every number of an answer leads down to rows of the data and their sources; PROV-JSON by the standard's tool."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import didymium
import didymium.data
from didymium.data import Dataset
from didymium.errors import BadInput, NotFound, UnknownTerm
from didymium.results import Result
from didymium.results.lineage import Lineage, prov
from didymium.studies.branches import branches
from didymium.studies.coverage import coverage
from didymium.studies.dials import adjustable, dials
from didymium.studies.entities import entities
from didymium.studies.floor import floor
from didymium.studies.lab import Lab
from didymium.studies.lineage import _formulas, found_row, lineage
from didymium.studies.ownership import ownership
from didymium.studies.reconcile import reconcile
from didymium.studies.worth import worth

DAY = datetime.date(2026, 11, 28)
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def facts() -> Dataset:
    return didymium.data.open()


@pytest.fixture(scope="module")
def quick(facts: Dataset) -> list[Result]:
    """The answers that a brief rests on, those that take little."""
    return [
        didymium.exposure(facts, draws=50),
        didymium.gaps(facts, draws=20),
        didymium.projects(facts, draws=20),
        didymium.measures(facts, as_of=DAY),
        didymium.commitments(facts, as_of=DAY),
        reconcile(facts),
        didymium.recycling(facts, years=(2030,), draws=20),
        didymium.stocks(facts, draws=20),
    ]


def numbers(results: list[Result]) -> Iterator[tuple[Result, str | None, int, str]]:
    """Every number of the answers: result, table, row from 1, column."""
    for result in results:
        for table, rows in ((None, result.rows), *result.tables.items()):
            for number, row in enumerate(rows, start=1):
                for column, value in row.items():
                    if isinstance(value, int | float) and not isinstance(value, bool) and column != "year":
                        yield result, table, number, column


def explained(ds: Dataset, result: Result, table: str | None, number: int, column: str) -> Lineage:
    """The lineage, and what must hold of each."""
    found = lineage(ds, result, number, column, table=table)
    place = f"{result.command} {table} {number} {column}"
    assert found.value == (result.rows if table is None else result.tables[table])[number - 1][column], place
    assert found.formula and (DOCS / found.page).exists(), place
    rows = {row["row_id"] for rows in ds.content.values() for row in rows}
    assert found.rows or found.runs, place
    assert {one.row_id for one in found.rows} <= rows
    cited = {s["source_id"] for s in found.sources}
    assert all(one.row["source_id"] in cited for one in found.rows if one.row.get("source_id")), place
    assert cited or found.runs or result.command == "gaps", place
    return found


def test_twenty_numbers_taken_at_random_lead_to_their_rows(facts: Dataset, quick: list[Result]) -> None:
    everything = list(numbers(quick))
    for result, table, number, column in random.Random(20261128).sample(everything, 20):
        explained(facts, result, table, number, column)


@pytest.mark.slow
def test_one_number_of_every_column_of_every_table_leads_to_its_rows(facts: Dataset, quick: list[Result]) -> None:
    stress = didymium.stress(facts, "cn-stop-6", draws=2)
    money = [didymium.finance(facts, draws=64), floor(facts, floor_product="ndpr_oxide", floor_at=110.0)]
    promises = [coverage(facts, years=(2030,), draws=20), worth(facts, promises=("c041", "c101", "c131"), draws=2)]
    firms = [entities(facts, as_of=DAY), ownership(facts, sale=("lynas-lamp=CHN",))]
    lapsed = branches(facts, branched="cn-us-ban-suspension")
    answers = [*quick, stress, *money, didymium.respond(facts, "cn-stop-6"), *promises, *firms, lapsed]
    answers.append(didymium.plan(facts, parties=("USA",), futures=8))
    standing = dials(adjustable()["cn-stop-6"])
    assert standing is not None
    answers.append(Lab(facts).ask("cn-stop-6", standing, ("USA", "JPN"), 20.0))
    assert {line["command"] for line in _formulas()} == {one.command for one in answers} | {"brief", "*"}
    rng = random.Random(4)
    columns: dict[tuple[str, str | None, str], list[tuple[Result, str | None, int, str]]] = {}
    for one in numbers(answers):
        columns.setdefault((one[0].command, one[1], one[3]), []).append(one)
    for found in columns.values():
        explained(facts, *rng.choice(found))


def test_a_share_rests_on_the_list_of_producers(facts: Dataset, quick: list[Result]) -> None:
    exposure = quick[0]
    number = found_row(exposure, "product=nd_oxide,stage=separated")
    found = lineage(facts, exposure, number, "china_share")
    by_hand = {row["country"]: row["quantity"] for one in found.rows if (row := one.row)}
    assert found.value == pytest.approx(by_hand["CHN"] / by_hand["WLD"])
    assert {one.role for one in found.rows} == {"producers"} and found.low is not None


def test_a_gap_rests_on_need_output_projects_and_contracts(facts: Dataset, quick: list[Result]) -> None:
    gaps = quick[1]
    number = found_row(gaps, "party=JPN,stage=separated,product=dy_oxide,year=2030,outlook=STEPS")
    found = lineage(facts, gaps, number, "contracted_t")
    assert sum(one.value for one in found.rows if one.role == "contracts") == pytest.approx(found.value)
    gap = lineage(facts, gaps, number, "gap_t")
    assert {"need", "outlook", "recipes", "projects", "contracts"} <= {one.role for one in gap.rows}
    assert any(r["row_id"] == "assumptions:ramp_years" for r in gap.assumptions)


def test_an_observation_is_the_row_itself(facts: Dataset, quick: list[Result]) -> None:
    result = quick[5]
    number = next(n for n, row in enumerate(result.rows, start=1) if len(row["row_ids"]) == 1)
    found = lineage(facts, result, number, "observed_t")
    assert [one.row_id for one in found.rows] == result.rows[number - 1]["row_ids"]


def test_a_row_is_named_by_what_it_says(quick: list[Result]) -> None:
    gaps = quick[1]
    with pytest.raises(BadInput, match=r"rows have party=JPN. Add stage="):
        found_row(gaps, "party=JPN")
    with pytest.raises(BadInput, match="names no row"):
        found_row(gaps, "JPN")
    with pytest.raises(NotFound, match="there is no row 9999"):
        lineage(didymium.data.open(), gaps, 9_999, "gap_t")
    with pytest.raises(UnknownTerm, match="gap_t"):
        lineage(didymium.data.open(), gaps, 1, "gap")


def test_prov_is_read_by_the_library_of_the_standard(facts: Dataset, quick: list[Result]) -> None:
    model = pytest.importorskip("prov.model")
    found = explained(facts, quick[1], None, 1, "gap_t")
    document = model.ProvDocument.deserialize(content=json.dumps(prov(found)), format="json")
    kinds = [type(record).__name__ for record in document.get_records()]
    assert kinds.count("ProvActivity") == 1 and kinds.count("ProvGeneration") == 1
    assert kinds.count("ProvUsage") == len({*(o.row_id for o in found.rows), *(r["row_id"] for r in found.assumptions)})
    entities = {str(r.identifier) for r in document.get_records(model.ProvEntity)}
    for record in document.get_records(model.ProvDerivation):
        used = {str(value) for name, value in record.formal_attributes if value is not None}
        assert used <= entities


def test_every_formula_names_a_page_and_known_roles(facts: Dataset, quick: list[Result]) -> None:
    from didymium.studies.lineage import _Search

    search = _Search(facts, quick[0], "", quick[0].rows[0])
    for line in _formulas():
        assert (DOCS / line["page"]).exists() and line["formula"] and line["formula_ja"]
        for role in line["roles"].split(";"):
            search._by_role(role)


def test_a_number_of_a_layer_names_the_layer(tmp_path: Path) -> None:
    path = tmp_path / "offtakes.json"
    row: dict[str, Any] = {
        "offtake_id": "own",
        "party": "JPN",
        "product": "ndfeb_magnet",
        "quantity": 377,
        "unit": "t",
        "year_from": 2027,
        "year_to": 2032,
        "supplier": "VNM",
        "confidence": "high",
        "source_id": "didymium-derivation",
        "basis": "own contract",
    }
    path.write_text(json.dumps([row]))
    ds = didymium.data.open([path])
    gaps = didymium.gaps(ds, draws=10, years=(2030,), outlooks=("STEPS",))
    found = lineage(ds, gaps, found_row(gaps, "party=JPN,stage=magnet"), "contracted_t")
    assert found.value == pytest.approx(377.0)
    assert [one.row["layer"] for one in found.rows] == ["offtakes.json"]
    assert [layer["name"] for layer in found.layers] == ["offtakes.json"]
