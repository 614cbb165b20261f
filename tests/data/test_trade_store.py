"""The trade store: what is kept is what was read, asked by code; a release never changes under the hand."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sources.baci_years import FLOWS, write_lists, write_year

from didymium.data.trade_store import TradeStore, keep, labels_of
from didymium.errors import NotFound, StoreError, UnknownTerm
from didymium.schema.flows import Edition, FlowPlace, RawFile, YearFlows
from didymium.sources.baci import read_year

EDITION = "baci-hs92-v202601"


def _kept(tmp_path: Path, *years: int) -> TradeStore:
    for year in years or (2024,):
        keep(tmp_path / "trade", read_year(write_year(tmp_path / "raw", year=year)))
    return TradeStore(tmp_path / "trade")


def _bytes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_code_gives_its_flows(tmp_path: Path) -> None:
    store = _kept(tmp_path)
    found = store.flows("284690", exporter="CHN").rows()
    shared = {"hs6_code": "284690", "year": 2024, "exporter": "CHN"}
    assert found == [
        {**shared, "importer": "JPN", "value_kusd": 124000.5, "quantity_t": 6010.25},
        {**shared, "importer": "USA", "value_kusd": 30000.0, "quantity_t": None},
    ]
    assert len(store.flows("2846")) == 4 and len(store.flows("28")) == 5
    assert len(store.flows(["010121", "280530"])) == 2
    assert len(store.flows("284690", importer=["JPN"])) == 2
    assert len(store.flows("850511")) == 0
    assert store.flows("284690").by("exporter") == {"CHN": (154000.5, 6010.25), "S19": (2470.0, 0.911)}


def test_several_years_come_by_product_then_year(tmp_path: Path) -> None:
    store = _kept(tmp_path, 2024, 2022, 2023)
    found = store.flows("28")
    order = list(
        zip(found.product.tolist(), found.year.tolist(), found.exporter.tolist(), found.importer.tolist(), strict=True)
    )
    assert order == sorted(order) and len(order) == 15
    assert set(store.flows("28", years=(2022, 2024)).year.tolist()) == {2022, 2024}
    frame = found.frame()
    assert list(frame.columns) == ["hs6_code", "year", "exporter", "importer", "value_kusd", "quantity_t"]
    assert frame.value_kusd.sum() == pytest.approx(3 * sum(float(v) for _, _, k, v, _ in FLOWS if k.startswith("28")))


def test_the_manifest_reconciles_rows_and_sums(tmp_path: Path) -> None:
    (entry,) = _kept(tmp_path).kept()
    raw = tmp_path / "raw" / "BACI_HS92_Y2024_V202601.csv"
    assert (entry.rows, entry.quantity_unknown, entry.raw_bytes) == (len(FLOWS), 1, raw.stat().st_size)
    assert entry.value_kusd == pytest.approx(sum(float(flow[3]) for flow in FLOWS))
    assert entry.raw_sha256 == hashlib.sha256(raw.read_bytes()).hexdigest()


def test_parquet_holds_the_same_in_words_of_the_source(tmp_path: Path) -> None:
    import duckdb

    (path,) = _kept(tmp_path).parquet_files(EDITION)
    with duckdb.connect() as session:
        rows = session.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert rows[0] == (2024, "010121", "CHN", "USA", 1.25, 0.003)
    assert (2024, "284690", "CHN", "USA", 30000.0, None) in rows and len(rows) == len(FLOWS)


def test_a_second_import_changes_nothing_and_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    _kept(tmp_path)
    before = _bytes(tmp_path / "trade")
    assert not keep(tmp_path / "trade", read_year(write_year(tmp_path / "raw"))).is_new
    assert _bytes(tmp_path / "trade") == before
    assert keep(tmp_path / "other", read_year(write_year(tmp_path / "raw"))).is_new
    assert _bytes(tmp_path / "other") == before


def test_a_file_that_changed_under_the_same_name_is_refused(tmp_path: Path) -> None:
    _kept(tmp_path)
    before = _bytes(tmp_path / "trade")
    with pytest.raises(StoreError, match=r"differs from the file of that name.*delete that folder"):
        keep(tmp_path / "trade", read_year(write_year(tmp_path / "raw", FLOWS[:3])))
    assert _bytes(tmp_path / "trade") == before


def test_a_later_release_stands_beside_the_earlier_one_and_is_asked_first(tmp_path: Path) -> None:
    store = _kept(tmp_path)
    revised = [(*FLOWS[1][:3], "125000.000", "6100.000")]
    keep(tmp_path / "trade", read_year(write_year(tmp_path / "raw", revised, vintage="202701")))
    assert store.edition().id == "baci-hs92-v202701"
    assert store.flows("284690", exporter="CHN", importer="JPN").value_kusd.tolist() == [125000.0]
    assert store.flows("284690", exporter="CHN", importer="JPN", edition=EDITION).value_kusd.tolist() == [124000.5]
    keep(tmp_path / "trade", read_year(write_year(tmp_path / "raw", year=2023)))
    assert store.edition(years=(2023, 2024)).id == EDITION


def test_two_nomenclatures_ask_for_a_choice(tmp_path: Path) -> None:
    store = _kept(tmp_path)
    keep(tmp_path / "trade", read_year(write_year(tmp_path / "raw", nomenclature="HS17")))
    with pytest.raises(NotFound, match="Choose one with --edition"):
        store.edition()
    assert store.edition("BACI-HS17-V202601").nomenclature == "HS17"


def test_other_lists_of_codes_in_the_same_release_are_refused(tmp_path: Path) -> None:
    _kept(tmp_path)
    path = write_year(tmp_path / "raw", year=2023)
    write_lists(tmp_path / "raw", codes=["284690", "010121", "280530", "284610"])
    with pytest.raises(StoreError, match="lists of codes differ"):
        keep(tmp_path / "trade", read_year(path))


def test_questions_that_have_no_answer_say_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="First: didymium data import baci"):
        TradeStore(tmp_path / "nowhere").edition()
    store = _kept(tmp_path)
    for codes in ("284691", "2", "28469", "abc", "99"):
        with pytest.raises(UnknownTerm, match="HS code"):
            store.flows(codes)
    with pytest.raises(UnknownTerm, match=r"place 'CHM'.*'CHN'"):
        store.flows("284690", exporter="CHM")
    with pytest.raises(NotFound, match="It holds: baci-hs92-v202601 2024-2024"):
        store.flows("284690", years=(1999,))
    with pytest.raises(UnknownTerm, match="edition"):
        store.edition("baci-hs92-v209901")
    with pytest.raises(UnknownTerm, match="side"):
        store.flows("284690").by("year")


@pytest.mark.parametrize("harm", ["gone", "cut", "other", "one gone"])
def test_a_damaged_cache_is_made_again_from_the_parquet_file(tmp_path: Path, harm: str) -> None:
    store = _kept(tmp_path)
    want = store.flows("28").rows()
    cache = tmp_path / "trade" / EDITION / "2024" / "columns"
    if harm == "gone":
        shutil.rmtree(cache)
    elif harm == "one gone":
        (cache / "starts.npy").unlink()
    elif harm == "cut":
        (cache / "value_kusd.npy").write_bytes((cache / "value_kusd.npy").read_bytes()[:-9])
    else:
        np.save(cache / "quantity_t.npy", np.zeros(3))
    before = {name: digest for name, digest in _bytes(tmp_path / "trade").items() if "columns" not in name}
    again = TradeStore(tmp_path / "trade").flows("28")
    assert again.rows() == want
    assert {name: digest for name, digest in _bytes(tmp_path / "trade").items() if "columns" not in name} == before


def test_a_changed_parquet_file_is_never_believed(tmp_path: Path) -> None:
    _kept(tmp_path)
    home = tmp_path / "trade" / EDITION / "2024"
    shutil.rmtree(home / "columns")
    with (home / "flows.parquet").open("ab") as file:
        file.write(b"x")
    with pytest.raises(StoreError, match="not the one that was written"):
        TradeStore(tmp_path / "trade").flows("28")


def test_a_damaged_manifest_or_edition_is_told(tmp_path: Path) -> None:
    _kept(tmp_path)
    home = tmp_path / "trade" / EDITION
    for path in (home / "2024" / "manifest.json", home / "edition.json"):
        body = path.read_text("utf-8")
        path.write_text(body[: len(body) // 2], "utf-8")
        with pytest.raises(StoreError, match="cannot be read"):
            TradeStore(tmp_path / "trade").flows("28")
        path.write_text("[]", "utf-8")
        with pytest.raises(StoreError, match="is not an object"):
            TradeStore(tmp_path / "trade").flows("28")
        path.write_text('{"rows": 1}', "utf-8")
        with pytest.raises(StoreError, match="not what this version writes"):
            TradeStore(tmp_path / "trade").flows("28")
        path.write_text(body, "utf-8")


def test_what_stops_the_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import didymium.data.trade_store as room

    flows = read_year(write_year(tmp_path / "raw"))

    def full(path: Path, value: object) -> None:
        if path.name == "manifest.json":
            raise OSError(28, "No space left on device")
        path.write_text(json.dumps(value), "utf-8")

    monkeypatch.setattr(room, "_write_json", full)
    with pytest.raises(StoreError, match="No space left"):
        keep(tmp_path / "trade", flows)
    assert {path.name for path in (tmp_path / "trade" / EDITION).iterdir()} <= {"edition.json"}
    monkeypatch.undo()
    assert keep(tmp_path / "trade", flows).rows == len(FLOWS)


def test_places_have_a_word_each() -> None:
    places = tuple(
        FlowPlace(*p)
        for p in (
            (56, "BEL", "Belgium"),
            (58, "BEL", "Belgium-Luxembourg"),
            (697, "N/A", "EFTA nes"),
            (490, "S19", "Asia nes"),
            (4, "AFG", "Afghanistan"),
        )
    )
    assert labels_of(Edition("baci", "HS92", "202601", ("010121",), places)) == ("056", "058", "697", "S19", "AFG")


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_year_comes_back_as_it_was(tmp_path: Path, data: st.DataObject) -> None:
    places = tuple(FlowPlace(n * 7, f"A{n:02d}"[:3].replace(" ", "A"), "") for n in range(1, 6))
    codes = ("010101", "010102", "990000")
    triples = sorted(data.draw(st.sets(st.tuples(st.integers(0, 2), st.integers(0, 4), st.integers(0, 4)), min_size=1)))
    values = data.draw(st.lists(st.floats(0.001, 1e9), min_size=len(triples), max_size=len(triples)))
    quantity = [v if k else float("nan") for v, (k, _, _) in zip(values, triples, strict=True)]
    k, i, j = (np.array(column, dtype=np.uint16) for column in zip(*triples, strict=True))
    edition = Edition("baci", "HS92", "202601", codes, places)
    raw = RawFile("BACI.csv", hashlib.sha256(repr((triples, values)).encode()).hexdigest(), 1)
    folder = tmp_path / raw.sha256[:8]
    keep(folder, YearFlows(edition, 2020, raw, k, i, j, np.array(values), np.array(quantity)))
    shutil.rmtree(folder / edition.id / "2020" / "columns")
    found = TradeStore(folder).flows(["01", "99"])
    assert found.product.tolist() == k.tolist() and found.exporter.tolist() == i.tolist()
    assert found.importer.tolist() == j.tolist() and found.value_kusd.tolist() == values
    np.testing.assert_array_equal(found.quantity_t, quantity)
