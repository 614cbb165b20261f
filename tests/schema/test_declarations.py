"""The declarations hold together, and what is generated from them is up to date and valid."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from didymium.data.package import base_tables, table_bytes
from didymium.schema import DATA_VERSION, TABLES
from didymium.schema.columns import Table, registry
from didymium.schema.references import key_of
from didymium.sources import curated
from didymium.sources.curated import DICTIONARY, PACKAGE, documents

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_keys_references_and_examples_are_sound(table: Table) -> None:
    names = table.column_names
    assert len(set(names)) == len(names)
    assert set(table.key) <= set(names) and table.key
    assert set(table.cell) <= set(names) and set(table.footing) <= set(table.cell)
    assert table.meaning.endswith(".") and table.title_ja
    for column in table.columns:
        assert column.meaning.strip().endswith((".", "?")), (table.name, column.name)
        if column.references:
            target, _, field = column.references.partition(".")
            assert field in TABLES[target].column_names
            assert column.kind in ("id", "list")
        if column.unit.startswith("{"):
            assert column.unit[1:-1] in names
        if column.kind == "number":
            assert column.unit or column.meaning, (table.name, column.name)


def test_two_tables_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        registry((TABLES["places"],), (TABLES["places"],))


@pytest.mark.parametrize("name", list(TABLES))
def test_shipped_table_reads_without_a_fault_and_is_sorted(name: str) -> None:
    parsed = base_tables()[name]
    assert [fault.line() for fault in parsed.faults] == []
    assert parsed.rows or name in ("assumptions", "regions", "ore_routes", "sectors")
    keys = [key_of(row, TABLES[name].key) for row in parsed.rows]
    assert len(set(keys)) == len(keys)
    data = table_bytes(name)
    assert data.endswith(b"\n") and b"\r" not in data and not data.startswith(b"\xef\xbb\xbf")


def test_there_is_a_file_for_each_table_and_no_other() -> None:
    folder = ROOT / "src" / "didymium" / "data" / "tables"
    assert {path.name for path in folder.iterdir()} == {f"{name}.csv" for name in TABLES}


@pytest.mark.parametrize("path", [PACKAGE, DICTIONARY])
def test_generated_files_are_up_to_date(path: Path) -> None:
    renew = "run: python -m didymium.sources.curated"
    assert (ROOT / path).read_text(encoding="utf-8") == documents(ROOT)[path], renew


def test_generated_files_are_written_under_the_root_with_their_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {PACKAGE: "{}\n", Path("new/deeper/page.md"): "鉱山\nb\n"}
    monkeypatch.setattr(curated, "documents", lambda root: made)
    for _ in range(2):
        curated.write(tmp_path)
        assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()} == set(made)
        assert (tmp_path / "new/deeper/page.md").read_bytes() == "鉱山\nb\n".encode()


@pytest.mark.slow
def test_datapackage_is_a_frictionless_package() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frictionless = pytest.importorskip("frictionless")
        report = frictionless.validate(str(ROOT / PACKAGE))
    assert report.valid, [error.message for task in report.tasks for error in task.errors][:5] or report.errors
    assert report.stats["tasks"] == len(TABLES)
    package = json.loads((ROOT / PACKAGE).read_text(encoding="utf-8"))
    assert package["profile"] == "tabular-data-package" and package["version"] == DATA_VERSION


def test_countries_are_iso_3166() -> None:
    pycountry = pytest.importorskip("pycountry")
    for row in base_tables()["places"].rows:
        known = pycountry.countries.get(alpha_3=row["place"])
        assert (known is not None) == (row["kind"] == "country"), row["place"]


def test_the_european_union_has_27_members() -> None:
    rows = base_tables()["places"].rows
    members = [row["place"] for row in rows if "EU27" in str(row["groups"]).split(";")]
    assert len(members) == 27 and "GBR" not in members and "HRV" in members


def test_everything_a_user_reads_has_a_japanese_name() -> None:
    for name in ("products", "places", "stages", "units", "mass_bases", "demand_sectors"):
        for row in base_tables()[name].rows:
            assert str(row["name_ja"]).strip(), (name, row)


def test_no_table_holds_a_path_of_a_machine() -> None:
    for name in TABLES:
        text = table_bytes(name).decode("utf-8")
        for trace in ("/home/", "/tmp/", "file://"):
            assert trace not in text, (name, trace)
