"""From kept years to rows of `trade`: baskets keep their name, shipped readings hold, nothing is counted twice."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from tests.sources.baci_years import FLOWS, Flow, write_year
from tests.sources.raw_files import raw_file

import didymium as dd
from didymium.data import check
from didymium.data.trade_layer import agreement, layer_files, place_words, trade_layer
from didymium.data.trade_store import TradeStore, keep
from didymium.errors import BadInput, NotFound, UnknownTerm
from didymium.schema.flows import Edition
from didymium.sources.baci import read_year


@pytest.fixture(scope="module")
def ds() -> dd.Dataset:
    return dd.open()


def _store(tmp_path: Path, flows: tuple[Flow, ...] = FLOWS, **how: object) -> TradeStore:
    keep(tmp_path / "trade", read_year(write_year(tmp_path / "raw", flows, **how)))  # type: ignore[arg-type]
    return TradeStore(tmp_path / "trade")


def _row(rows: object, **where: object) -> dict[str, object]:
    found = [row for row in rows if all(row[name] == value for name, value in where.items())]  # type: ignore[attr-defined]
    assert len(found) == 1, found
    return found[0]


def test_a_flow_becomes_a_row(ds: dd.Dataset, tmp_path: Path) -> None:
    rows = trade_layer(ds, _store(tmp_path), (2024,)).tables["trade"]
    row = _row(rows, exporter="CHN", importer="JPN", hs_code="284690", year=2024)
    assert (row["product"], row["quantity"], row["value_usd"]) == ("re_compounds", 6010.25, 124000500.0)
    assert (row["flow_basis"], row["hs_nomenclature"], row["source_id"]) == ("reconciled", "HS92", "baci-hs92-v202601")
    blank = _row(rows, exporter="CHN", importer="USA", hs_code="284690", year=2024)
    assert blank["quantity"] is None and "no quantity" in str(blank["basis"])


def test_taiwan_is_read_from_the_word_of_the_source(ds: dd.Dataset, tmp_path: Path) -> None:
    store = _store(tmp_path)
    rows = trade_layer(ds, store, (2024,)).tables["trade"]
    assert _row(rows, exporter="TWN", importer="JPN", hs_code="284690")["quantity"] == 0.911
    assert place_words(ds, store, store.edition(), "TWN") == ("S19",)
    with pytest.raises(UnknownTerm):
        place_words(ds, store, store.edition(), "FRA")


def test_codes_that_nobody_read_are_not_taken_and_no_basket_becomes_an_element(ds: dd.Dataset, tmp_path: Path) -> None:
    rows = trade_layer(ds, _store(tmp_path), (2024,)).tables["trade"]
    assert not [row for row in rows if row["hs_code"] in ("010121", "850511")]
    products = {row["product"]: row["kind"] for row in ds.rows("products")}
    for term in ds.rows("terms_hs"):
        several = [
            r for r in ds.rows("hs_codes") if r["hs2017_code"] == term["hs_code"] and r["precision"] == "broader"
        ]
        if several and term["nomenclature"] == "HS17":
            assert products[term["product"]] == "basket", term


def test_a_shipped_reading_of_a_flow_holds_in_the_layer(ds: dd.Dataset, tmp_path: Path) -> None:
    layer = trade_layer(ds, _store(tmp_path), (2024,))
    row = _row(layer.tables["trade"], exporter="AUS", importer="MYS", hs_code="280530", year=2024)
    assert (row["product"], row["product_as_given"], row["rule_id"]) == ("reo_mixed", "re_metal", "lynas-concentrate")
    later = trade_layer(ds, _store(tmp_path / "later", year=2025), (2025,))
    (told,) = later.open_years
    assert (told.rule_id, told.first, told.last, told.years) == ("lynas-concentrate", 2022, 2024, (2025,))
    assert layer.open_years == ()


def test_the_layer_is_sound_and_counts_nothing_twice(ds: dd.Dataset, tmp_path: Path) -> None:
    layer = trade_layer(ds, _store(tmp_path), (2024,))
    folder = tmp_path / "layer"
    folder.mkdir()
    for name, body in layer_files(layer).items():
        (folder / name).write_bytes(body)
    assert [fault for fault in check(folder) if fault.severity == "error"] == []
    used = dd.open(layers=[folder])
    rows = used.rows("trade", hs_code="284690", year=2024, hs_nomenclature="HS92", series="BACI-HS92")
    parts = [row for row in rows if row["flow_basis"] in ("reconciled", "residual")]
    (total,) = [row for row in rows if row["flow_basis"] == "world total"]
    assert sum(row["value_usd"] or 0 for row in parts) == pytest.approx(total["value_usd"])
    assert sum(row["quantity"] or 0 for row in parts) == pytest.approx(total["quantity"])
    assert used.source("baci-hs92-v202601")["producer"] == "CEPII"


def test_places_that_nobody_read_stop_the_layer_with_the_list(ds: dd.Dataset, tmp_path: Path) -> None:
    store = _store(tmp_path)
    edition = store.edition()
    names = tuple(type(p)(p.number, {"S19": "Z01", "MYS": "Z02"}.get(p.iso3, p.iso3), p.name) for p in edition.places)
    strange = Edition(edition.source, edition.nomenclature, edition.vintage, edition.products, names)
    store._editions[edition.id] = strange, tuple(place.iso3 for place in names)
    with pytest.raises(BadInput, match=r"Z02 .*Z01 .*terms_places.csv"):
        trade_layer(ds, store, (2024,), edition=edition.id)


def test_a_nomenclature_without_readings_is_told(ds: dd.Dataset, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no code of HS07.*HS17, HS22, HS92"):
        trade_layer(ds, _store(tmp_path, nomenclature="HS07"), (2024,))


# The copy that lies beside the repository has letters for places and no code lists: both are written in BACI's form.
_NUMBERS = {"S19": 490}


def _as_published(raw: Path, folder: Path) -> None:
    with raw.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    letters = sorted({row["exporter"] for row in rows} | {row["importer"] for row in rows})
    number = {word: _NUMBERS.get(word, n) for n, word in enumerate(letters, start=1)}
    folder.mkdir()
    listed = [f"{number[word]},{word},{word[:2]},{word}" for word in letters]
    head = "country_code,country_name,country_iso2,country_iso3"
    (folder / "country_codes_V202501.csv").write_text("\n".join([head, *listed]) + "\n", "utf-8")
    codes = sorted({row["hs92"] for row in rows})
    (folder / "product_codes_HS92_V202501.csv").write_text("\n".join(["code", *codes]) + "\n", "utf-8")
    for year in ("2022", "2023", "2024"):
        lines = [
            f"{year},{number[r['exporter']]},{number[r['importer']]},{r['hs92']},"
            f"{r['value_kusd']},{r['quantity_t'] or 'NA'}"
            for r in rows
            if r["year"] == year
        ]
        path = folder / f"BACI_HS92_Y{year}_V202501.csv"
        path.write_text("\n".join(["t,i,j,k,v,q", *lines]) + "\n", "utf-8")


def test_every_shipped_flow_agrees_with_the_real_subset(ds: dd.Dataset, tmp_path: Path) -> None:
    raw = raw_file("baci_hs92_subset", "baci_hs92_critical_minerals_2020_2024.csv")
    _as_published(raw, tmp_path / "raw")
    for path in sorted((tmp_path / "raw").glob("BACI_*.csv")):
        keep(tmp_path / "trade", read_year(path))
    told = agreement(ds, TradeStore(tmp_path / "trade"), (2022, 2023, 2024))
    assert sum(one.listed for one in told) == sum(one.agree for one in told) == 6962
    assert not any(one.differ or one.missing for one in told)
    for one in told:  # what is not listed one by one is in the shipped residual, and both make the total
        assert one.residual_t == pytest.approx(one.unlisted_t, rel=6e-5)
        assert one.total_share == pytest.approx(1, abs=6e-5)
