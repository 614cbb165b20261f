"""Saved answers of Comtrade: totals only, valuation and estimates kept, its own groups never taken for countries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import didymium as dd
from didymium.errors import BadInput
from didymium.sources.register import import_file

RECORD: dict[str, Any] = {
    "typeCode": "C",
    "freqCode": "A",
    "refYear": 2024,
    "period": "2024",
    "reporterCode": 392,
    "reporterISO": "JPN",
    "reporterDesc": "Japan",
    "flowCode": "M",
    "partnerCode": 156,
    "partnerISO": "CHN",
    "partnerDesc": "China",
    "partner2Code": 0,
    "classificationCode": "H6",
    "cmdCode": "284690",
    "cmdDesc": "Compounds of rare-earth metals",
    "customsCode": "C00",
    "mosCode": "0",
    "motCode": 0,
    "qtyUnitAbbr": "kg",
    "qty": 5900000.0,
    "isQtyEstimated": False,
    "netWgt": 5900000.0,
    "isNetWgtEstimated": False,
    "cifvalue": 130000000.5,
    "fobvalue": None,
    "primaryValue": 130000000.5,
}
DAY = "comtrade-2026-11-20.json"
VOCABULARY: dict[str, Any] = {}


def _vocabulary() -> dict[str, Any]:
    if not VOCABULARY:
        VOCABULARY.update(dd.open().content)
    return VOCABULARY


def _import(tmp_path: Path, *records: Any, name: str = DAY, **more: Any) -> Any:
    body = {"elapsedTime": "0.1 secs", "count": len(records), "data": list(records), "error": "", **more}
    return _import_text(tmp_path, json.dumps(body), name)


def _import_text(tmp_path: Path, text: str | bytes, name: str = DAY) -> Any:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return import_file("comtrade", path, _vocabulary())


def _refused(tmp_path: Path, *records: Any, **more: Any) -> str:
    with pytest.raises(BadInput) as refused:
        _import(tmp_path, *records, **more)
    assert "\n" not in refused.value.line()
    return " ".join([refused.value.line(), *refused.value.faults])


def test_a_record_becomes_a_flow_with_its_valuation(tmp_path: Path) -> None:
    intake = _import(tmp_path, RECORD)
    (row,) = intake.rows["trade"]
    assert (row["exporter"], row["importer"], row["product"], row["hs_nomenclature"]) == (
        "CHN",
        "JPN",
        "re_compounds",
        "HS22",
    )
    assert (row["quantity"], row["value_usd"], row["flow_basis"]) == (5900.0, 130000000.5, "importer report")
    assert {r["series_as_given"] for r in intake.rows["published"]} == {
        "Import / HS22 284690 / value CIF",
        "Import / HS22 284690 / net weight",
    }
    assert intake.origin.vintage == "2026-11-20"


def test_exports_go_the_other_way_and_free_on_board(tmp_path: Path) -> None:
    intake = _import(tmp_path, {**RECORD, "flowCode": "X", "cifvalue": None, "fobvalue": 130000000.5})
    (row,) = intake.rows["trade"]
    assert (row["exporter"], row["importer"], row["flow_basis"]) == ("JPN", "CHN", "exporter report")
    assert any(r["series_as_given"].endswith("value FOB") for r in intake.rows["published"])


def test_world_rows_are_totals_and_groups_of_comtrade_are_no_countries(tmp_path: Path) -> None:
    world = {**RECORD, "partnerCode": 0, "partnerISO": "W00", "partnerDesc": "World"}
    asia = {**RECORD, "partnerCode": 490, "partnerISO": "S19", "partnerDesc": "Other Asia, nes"}
    nowhere = {**RECORD, "partnerCode": 899, "partnerISO": "_X ", "partnerDesc": "Areas, nes"}
    intake = _import(tmp_path, world, asia, nowhere)
    assert {row["exporter"]: row["is_total"] for row in intake.rows["trade"]} == {"WLD": True, "TWN": False}
    assert intake.left_out["place Areas, nes: Partners that the reporter does not tell; inside the world total."] == 2


def test_an_estimated_weight_is_marked(tmp_path: Path) -> None:
    (row,) = _import(tmp_path, {**RECORD, "isNetWgtEstimated": True}).rows["trade"]
    assert (row["value_status"], row["confidence"]) == ("estimated", "medium")


def test_no_weight_of_goods_that_cost_something_is_unknown_and_not_zero(tmp_path: Path) -> None:
    for weight in (0, 0.0, None):
        (row,) = _import(tmp_path, {**RECORD, "netWgt": weight}).rows["trade"]
        assert row["quantity"] is None and row["value_usd"] == 130000000.5


def test_parts_and_re_trade_are_left_out(tmp_path: Path) -> None:
    parts = [{**RECORD, "motCode": 2100}, {**RECORD, "partner2Code": 36}, {**RECORD, "customsCode": "C01"}]
    intake = _import(tmp_path, RECORD, *parts, {**RECORD, "flowCode": "RM"})
    assert len(intake.rows["trade"]) == 1
    assert sum(intake.left_out.values()) == 8 and intake.figures_in == 10


def test_months_are_months(tmp_path: Path) -> None:
    (row,) = _import(tmp_path, {**RECORD, "freqCode": "M", "period": "202405"}).rows["trade"]
    assert (row["period"], row["period_kind"], row["year"]) == ("2024-05", "month", 2024)


def test_other_units_than_kilograms_are_counted_and_left_out(tmp_path: Path) -> None:
    intake = _import(tmp_path, {**RECORD, "qtyUnitAbbr": "u", "qty": 12})
    assert (
        intake.figures_in == 3 and sum(n for reason, n in intake.left_out.items() if "unit of the code" in reason) == 1
    )


def test_codes_and_places_that_nobody_read_stop_the_import_all_at_once(tmp_path: Path) -> None:
    told = _refused(
        tmp_path, {**RECORD, "cmdCode": "999999"}, {**RECORD, "partnerISO": "ZZZ", "partnerDesc": "Nowhere"}
    )
    assert "HS22 999999" in told and "'ZZZ'" in told


BROKEN = {
    "not trade in goods": ({"typeCode": "S"}, "'S' is not trade in goods"),
    "another classification": ({"classificationCode": "S4"}, "'S4' is no edition"),
    "another flow": ({"flowCode": "Z"}, "'Z' is not a flow"),
    "a month that is none": ({"period": "202413", "freqCode": "M"}, "'202413' is not a period"),
    "a month in an annual answer": ({"period": "202405"}, "'202405' is not a period"),
    "no description": ({"partnerISO": "W00", "partnerDesc": None}, "includeDesc=true"),
    "no place": ({"reporterISO": None}, "record 1, column reporterISO"),
    "a text for a value": ({"primaryValue": "=cmd|x"}, "'=cmd|x' is not a number"),
    "a truth for a weight": ({"netWgt": True}, "'True' is not a number"),
    "below zero": ({"netWgt": -5}, "'-5' is below zero"),
    "a huge value": ({"primaryValue": 1e300, "cifvalue": None}, "larger than anything"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_the_api_does_not_answer_is_refused(tmp_path: Path, case: str) -> None:
    change, told = BROKEN[case]
    assert told in _refused(tmp_path, {**RECORD, **change})


def test_an_answer_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "holds 1 of 900 records" in _refused(tmp_path, RECORD, count=900)
    assert "the answer is an error: 'no key'" in _refused(tmp_path, error="no key")
    assert "no list of data" in _refused(tmp_path, data={})
    assert "does not tell the day" in _refused(tmp_path, RECORD, name="comtrade.json")
    assert "does not tell the day" in _refused(tmp_path, RECORD, name="comtrade-2026-13-40.json")
    assert "a list stands where" in _refused(tmp_path, [RECORD])


HOSTILE = {
    "deep nesting": ("[" * 200_000, "nested too deep"),
    "a key twice": ('{"data": [], "data": []}', "the key 'data' stands twice"),
    "NaN": ('{"data": [{"primaryValue": NaN}]}', "NaN is no number"),
    "infinity": ('{"data": [-Infinity]}', "is no number"),
    "a number of many digits": ('{"data": [' + "9" * 5000 + "]}", "5,000 digits"),
    "cut": ('{"data": [{"typeCode": "C"', "not JSON"),
    "not UTF-8": (b'{"data": "\xff\xfe"}', "are not utf-8"),
    "UTF-16": ('{"data": []}'.encode("utf-16"), "UTF-16"),
    "a NUL byte": (b'{"data": [\x00]}', "NUL byte"),
    "empty": ("", "not JSON"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_json_is_refused_in_a_line_with_its_file(tmp_path: Path, case: str) -> None:
    text, told = HOSTILE[case]
    with pytest.raises(BadInput) as refused:
        _import_text(tmp_path, text)
    line = refused.value.line()
    assert told in line and DAY in line and "\n" not in line and len(line) < 400


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_an_answer_is_read_or_refused_in_a_line(tmp_path: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(RECORD)))
    odd = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**40), 10**40),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=30),
        st.lists(st.integers(), max_size=3),
        st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    )
    try:
        intake = _import(tmp_path, {**RECORD, name: data.draw(odd)})
    except BadInput as refused:
        assert "\n" not in refused.line()
        return
    assert intake.figures_in == len(intake.rows["published"]) + sum(intake.left_out.values())
    for row in intake.rows.get("trade", ()):
        assert row["quantity"] is None or 0 <= row["quantity"] < 1e15


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 900), junk=st.binary(min_size=1, max_size=6))
def test_any_bytes_in_an_answer_are_read_or_refused_in_a_line(tmp_path: Path, at: int, junk: bytes) -> None:
    text = json.dumps({"count": 1, "data": [RECORD], "error": ""}).encode("utf-8")
    try:
        _import_text(tmp_path, text[:at] + junk + text[at:])
    except BadInput as refused:
        assert "\n" not in refused.line()
