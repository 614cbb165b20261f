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
from didymium.sources.comtrade import EDITIONS, FLOWS, ORIGIN, edition, read
from didymium.sources.figures import Figure
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


def _figures(tmp_path: Path, **changes: Any) -> list[Figure]:
    path = tmp_path / DAY
    path.write_text(json.dumps({"data": [{**RECORD, "partnerISO": "AUS"}, {**RECORD, **changes}]}), "utf-8")
    return list(read(path, ORIGIN))[2:]


def test_a_record_gives_value_weight_and_quantity_with_their_places(tmp_path: Path) -> None:
    def figure(series: str, unit: str, text: str, column: str) -> Figure:
        more = {"partner": "CHN", "notes": "Compounds of rare-earth metals"}
        return Figure(series, unit, "JPN", "2024", text, DAY, 0, f"record 2, {column}", **more)  # type: ignore[arg-type]

    head = "Import / HS22 284690"
    value = figure(f"{head} / value CIF", "USD", "130000000.5", "primaryValue")
    weight = figure(f"{head} / net weight", "kg", "5900000.0", "netWgt")
    assert _figures(tmp_path) == [value, weight]
    assert _figures(tmp_path, qtyUnitAbbr="N/A") == _figures(tmp_path, qtyUnitAbbr="") == [value, weight]
    assert _figures(tmp_path, qtyUnitAbbr="u", qty=None) == [value, weight]
    counted = figure(f"{head} / quantity", "u", "12", "qty")
    assert _figures(tmp_path, qtyUnitAbbr="u", qty=12) == [value, weight, counted]
    assert value.locator == f"{DAY}, record 2, primaryValue"


def test_an_estimate_marks_what_is_estimated_alone(tmp_path: Path) -> None:
    for name, flags in (
        ("isNetWgtEstimated", [(), ("estimated",), ()]),
        ("isQtyEstimated", [(), (), ("estimated",)]),
        ("isReported", [(), (), ()]),
    ):
        assert [one.flags for one in _figures(tmp_path, qtyUnitAbbr="u", qty=12, **{name: True})] == flags
        assert not any(one.flags for one in _figures(tmp_path, qtyUnitAbbr="u", qty=12, **{name: "true"}))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fobvalue": 1}, "value CIF"),
        ({"cifvalue": 1, "fobvalue": 130000000.5}, "value FOB"),
        ({"cifvalue": None, "fobvalue": None}, "value, imports as reported"),
        ({"cifvalue": 1, "fobvalue": 2}, "value, imports as reported"),
        ({"cifvalue": None, "flowCode": "RM"}, "value, imports as reported"),
        ({"cifvalue": None, "flowCode": "FM"}, "value, imports as reported"),
        ({"cifvalue": None, "flowCode": "X"}, "value, exports as reported"),
        ({"cifvalue": None, "flowCode": "DX"}, "value, exports as reported"),
    ],
)
def test_the_value_says_on_which_terms_it_is(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    assert _figures(tmp_path, **changes)[0].series.endswith(f" / {told}")


@pytest.mark.parametrize("code", EDITIONS)
def test_every_edition_of_the_harmonized_system_has_its_year(tmp_path: Path, code: str) -> None:
    assert _figures(tmp_path, classificationCode=code)[0].series.startswith(f"Import / {EDITIONS[code]} 284690 / ")


@pytest.mark.parametrize("code", FLOWS)
def test_every_flow_has_its_word(tmp_path: Path, code: str) -> None:
    assert _figures(tmp_path, flowCode=code)[0].series.startswith(f"{FLOWS[code]} / HS22 284690 / ")


@pytest.mark.parametrize("name", ["partner2Code", "customsCode", "motCode", "mosCode"])
def test_a_record_that_is_a_part_says_of_what(tmp_path: Path, name: str) -> None:
    whole = "C00" if name == "customsCode" else 0
    for value in (whole, str(whole), None):
        assert _figures(tmp_path, **{name: value})[0].series.startswith("Import / ")
    for value in (1, "C01", "", 10):
        assert {one.series.split(" / Import")[0] for one in _figures(tmp_path, **{name: value})} == {
            f"broken down / {name}"
        }
    del_one = {key: value for key, value in RECORD.items() if key != name}
    path = tmp_path / DAY
    path.write_text(json.dumps({"data": [del_one]}), "utf-8")
    assert next(read(path, ORIGIN)).series.startswith("Import / ")


@pytest.mark.parametrize(
    ("weight", "value", "text"),
    [
        (0, 5, ""),
        ("0", 5, None),
        (0, 0, "0"),
        (0.0, 5, ""),
        (0.5, 5, "0.5"),
        (None, 5, ""),
        (0, None, None),
        (10, 0, "10"),
    ],
)
def test_a_weight_of_nothing_is_unknown_where_something_was_paid(
    tmp_path: Path, weight: Any, value: Any, text: str | None
) -> None:
    if text is None:
        with pytest.raises(BadInput):
            _figures(tmp_path, netWgt=weight, primaryValue=value)
        return
    assert _figures(tmp_path, netWgt=weight, primaryValue=value)[1].text == text


@pytest.mark.parametrize(
    ("freq", "period", "told"),
    [
        ("A", "2024", "2024"),
        ("A", "1988", "1988"),
        ("M", "202401", "2024-01"),
        ("M", "202412", "2024-12"),
        ("Q", "202405", "2024-05"),
    ],
)
def test_a_period_is_a_year_or_a_month(tmp_path: Path, freq: str, period: str, told: str) -> None:
    assert {one.period for one in _figures(tmp_path, freqCode=freq, period=period)} == {told}


def test_a_place_is_three_letters_or_the_words_of_the_answer(tmp_path: Path) -> None:
    for iso, word in (("S19", "Other Asia, nes"), ("_X ", "Areas, nes"), ("chn", "China"), ("CHNN", "x")):
        assert _figures(tmp_path, partnerISO=iso, partnerDesc=word)[0].partner == word
        assert _figures(tmp_path, reporterISO=iso, reporterDesc=word)[0].place == word
    assert _figures(tmp_path, partnerISO="DEU", partnerDesc="x")[0].partner == "DEU"


SECOND = f"{DAY} record 2"
LINES: list[tuple[dict[str, Any], str]] = [
    ({"typeCode": "S"}, f"{SECOND}, column typeCode: 'S' is not trade in goods. Expected C."),
    (
        {"classificationCode": "H9"},
        (
            f"{SECOND}, column classificationCode: 'H9' is no edition of the Harmonized System that is read. "
            "Expected one of H0, H1, H2, H3, H4, H5, H6."
        ),
    ),
    (
        {"flowCode": "MIP"},
        f"{SECOND}, column flowCode: 'MIP' is not a flow that is read. Expected one of M, X, RM, RX, DX, FM.",
    ),
    (
        {"period": "202400", "freqCode": "M"},
        f"{SECOND}, column period: '202400' is not a period of frequency 'M'. Expected 2024, or 202405 for a month.",
    ),
    (
        {"freqCode": "M"},
        f"{SECOND}, column period: '2024' is not a period of frequency 'M'. Expected 2024, or 202405 for a month.",
    ),
    (
        {"partnerISO": "W00", "partnerDesc": ""},
        f"{SECOND}, column partnerDesc: 'W00' has no description. Ask the API with includeDesc=true.",
    ),
    ({"netWgt": "5"}, f"{SECOND}, column netWgt: '5' is not a number. Expected a number or null."),
    ({"netWgt": -0.5}, f"{SECOND}, column netWgt: '-0.5' is below zero. Expected an amount."),
    ({"qtyUnitAbbr": "u", "qty": "x"}, f"{SECOND}, column qty: 'x' is not a number. Expected a number or null."),
]


@pytest.mark.parametrize(("changes", "told"), LINES, ids=range(len(LINES)))
def test_a_refusal_names_record_column_and_cure(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput) as refused:
        _figures(tmp_path, **changes)
    assert refused.value.line() == told


@pytest.mark.parametrize("name", ["typeCode", "reporterISO", "cmdCode", "primaryValue", "period"])
@pytest.mark.parametrize("value", [None, ""])
def test_what_a_record_must_tell(tmp_path: Path, name: str, value: Any) -> None:
    with pytest.raises(BadInput) as refused:
        _figures(tmp_path, **{name: value})
    assert refused.value.where == f"{SECOND}, column {name}"


def test_an_answer_is_whole_or_refused(tmp_path: Path) -> None:
    path = tmp_path / DAY

    def line(text: str) -> str:
        path.write_text(text, "utf-8")
        with pytest.raises(BadInput) as refused:
            list(read(path, ORIGIN))
        return refused.value.line()

    record = json.dumps(RECORD)
    cut = "It was cut: ask for fewer codes or partners at once."
    assert line(f'{{"count": 2, "data": [{record}]}}') == f"{DAY}: the answer holds 1 of 2 records. {cut}"
    assert line('{"count": 100000, "data": []}') == f"{DAY}: the answer holds 0 of 100,000 records. {cut}"
    assert line('{"error": "no"}') == f"{DAY}: the answer is an error: 'no'. Put the question again."
    assert line("{}") == f"{DAY}: there is no list of data. Save the whole answer of the API."
    assert line('{"data": [5]}').startswith(f"{DAY} record 1: '5' stands where a record should.")
    assert line("[]").startswith(f"{DAY}: a list stands where an answer with data should.")
    for head in ('"count": 1, ', '"count": 0, ', '"count": null, ', '"count": "9", ', '"count": -1, ', '"error": "", '):
        path.write_text(f'{{{head}"data": [{record}]}}', "utf-8")
        assert len(list(read(path, ORIGIN))) == 2


def test_the_day_stands_in_the_name(tmp_path: Path) -> None:
    for name in ("comtrade-2026-11-20.json", "2026-11-20.json", "a_2026-11-20_1.json"):
        found = edition(Path(name), ORIGIN)
        assert (found.vintage, found.version, found.accessed) == ("2026-11-20", "answer of 2026-11-20", "2026-11-20")
    cure = "Rename it, e.g. comtrade-2026-11-20.json: Comtrade revises its figures, and the answer has no date."
    for name in ("comtrade.json", "12026-11-20.json", "2026-11-201.json", "2026-11-31.json", "1999-11-20.json"):
        with pytest.raises(BadInput) as refused:
            edition(Path(name), ORIGIN)
        told = "the name does not tell the day on which the answer was fetched."
        assert refused.value.line() == f"{name}: {told} {cure}"


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
