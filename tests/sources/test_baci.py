"""Reading BACI years: what is read, and that nothing unsound is read, told with line, column and value."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sources.baci_years import FLOWS, PLACES, write_lists, write_year

from didymium.errors import BadInput
from didymium.schema.flows import FlowPlace, RawFile
from didymium.sources import baci
from didymium.sources.baci import Scan, named, read_edition, read_year, scanned, spellings, years_in


def _as_read(path: Path) -> list[tuple[str, str, str, float, float | None]]:
    flows = read_year(path)
    places, products = flows.edition.places, flows.edition.products
    columns = (flows.exporter, flows.importer, flows.product, flows.value_kusd, flows.quantity_t)
    return [
        (places[i].iso3, places[j].iso3, products[k], v, None if np.isnan(q) else q)
        for i, j, k, v, q in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _refusal(path: Path) -> BadInput:
    with pytest.raises(BadInput) as refused:
        read_year(path)
    line = refused.value.line()
    assert "\n" not in line and len(line) < 900
    return refused.value


def test_all_flows_are_read_by_product_exporter_importer(tmp_path: Path) -> None:
    read = _as_read(write_year(tmp_path))
    want = sorted(FLOWS, key=lambda flow: (flow[2], PLACES[flow[0]], PLACES[flow[1]]))
    assert read == [(i, j, k, float(v), None if q == "NA" else float(q)) for i, j, k, v, q in want]


def test_the_name_tells_release_and_year(tmp_path: Path) -> None:
    path = write_year(tmp_path, vintage="202401b", year=1995)
    assert (named(path).nomenclature, named(path).vintage, named(path).year) == ("HS92", "202401b", 1995)
    assert read_edition(path).id == "baci-hs92-v202401b"
    with pytest.raises(BadInput, match=r"not that of a BACI year.*Keep the name"):
        named(tmp_path / "trade.csv")


def test_leading_zeros_may_be_there_or_not_and_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    path = write_year(tmp_path, [], head="t,k,i,j,v,q", lines=["2024,10121,036,156,2.5,NA", "2024,284690,36,156,2,1"])
    assert _as_read(path) == [("AUS", "CHN", "010121", 2.5, None), ("AUS", "CHN", "284690", 2.0, 1.0)]


def test_padded_cells_are_read(tmp_path: Path) -> None:
    path = write_year(
        tmp_path, [], lines=["2024,36,156,284690,     2.500,        NA", "2024,36,392,284690, 1.000, 0.5"]
    )
    assert _as_read(path) == [("AUS", "CHN", "284690", 2.5, None), ("AUS", "JPN", "284690", 1.0, 0.5)]


def test_windows_line_ends_and_a_missing_last_one_are_no_fault(tmp_path: Path) -> None:
    path = write_year(tmp_path)
    want = _as_read(path)
    body = path.read_bytes()
    path.write_bytes(body.replace(b"\n", b"\r\n"))
    assert _as_read(path) == want
    path.write_bytes(body.rstrip(b"\n"))
    assert _as_read(path) == want


@pytest.mark.parametrize("folder", ["[ab]*?", "{x,y}", "it's", "year=2020", "sp ace", "日本"])
def test_a_name_is_a_name_and_never_a_pattern(tmp_path: Path, folder: str) -> None:
    write_year(tmp_path / "a", [])  # what [ab] would match
    assert len(_as_read(write_year(tmp_path / folder))) == len(FLOWS)


SOUND = "2024,156,392,284690,1.0,1.0"
REFUSED = {
    "a code with a decimal point is no code": ("2024,156,392,284690.4,1.0,1.0", "column k", "'284690.4'"),
    "a country with an exponent": ("2024,1e2,392,284690,1.0,1.0", "column i", "'1e2'"),
    "a country that is in no list": ("2024,156,999,284690,1.0,1.0", "column j", "'999'"),
    "a product that is in no list": ("2024,156,392,999999,1.0,1.0", "column k", "'999999'"),
    "another year": ("2023,156,392,284690,1.0,1.0", "column t", "'2023'"),
    "a year with a fraction": ("2024.2,156,392,284690,1.0,1.0", "column t", "'2024.2'"),
    "NA as value": ("2024,156,392,284690,NA,1.0", "column v", "'NA'"),
    "an empty value": ("2024,156,392,284690,,1.0", "column v", "''"),
    "no value": ("2024,156,392,284690,0,1.0", "column v", "'0'"),
    "less than nothing": ("2024,156,392,284690,-5,1.0", "column v", "'-5'"),
    "a huge number": ("2024,156,392,284690,1e308,1.0", "column v", "'1e308'"),
    "more than a number holds": ("2024,156,392,284690,1.0,1e999", "column q", "'1e999'"),
    "not a number": ("2024,156,392,284690,nan,1.0", "column v", "'nan'"),
    "nan as quantity is not NA": ("2024,156,392,284690,1.0,nan", "column q", "'nan'"),
    "infinity": ("2024,156,392,284690,1.0,inf", "column q", "'inf'"),
    "a formula": ("2024,156,392,284690,=1+1,1.0", "column v", "'=1+1'"),
    "a decimal comma": ("2024,156,392,284690,1,5,1.0", "row 3", "7 cells"),
    "a short row": ("2024,156,392", "row 3", "3 cells"),
    "an empty line": ("", "row 3", "1 cells"),
    "figures of full width": ("2024,156,392,284690,１,1.0", "row 3", "not plain ASCII"),
    "quotes": ('2024,156,392,"284690",1.0,1.0', "row 3", "stands in no BACI file"),
    "thousands by underscore": ("2024,156,392,284690,1_000,1.0", "row 3", "stands in no BACI file"),
    "a NUL byte": ("2024,156,392,284690,1\x00,1.0", "row 3", "stands in no BACI file"),
    "a flow twice": (SOUND, "row 3", "row 2"),
    "a huge line": ("2024,156,392,284690,1.0," + "9" * 5_000_000, "row 3", "longer than"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_release_holds_is_refused_with_place_and_value(tmp_path: Path, case: str) -> None:
    line, place, told = REFUSED[case]
    refused = _refusal(write_year(tmp_path, [], lines=[SOUND, line]))
    text = " ".join([refused.line(), *refused.faults])
    assert place in text and told in text and "BACI_HS92_Y2024_V202601.csv" in text


def test_unknown_codes_stop_the_import_with_their_whole_list(tmp_path: Path) -> None:
    bad = [f"2024,{i},392,{k},1.0,1.0" for i, k in ((990, 284690), (991, 999998), (992, 999999), (990, 999999))]
    refused = _refusal(write_year(tmp_path, lines=bad))
    assert "HS codes not in the lists of baci-hs92-v202601: '999998', '999999'." in refused.line()
    assert "Country codes not in the lists of baci-hs92-v202601: '990', '991', '992'." in refused.line()


def test_the_header_must_name_the_six_columns(tmp_path: Path) -> None:
    assert "Expected the columns t,i,j,k,v,q" in _refusal(write_year(tmp_path, head="t,i,j,k,value,q")).line()
    path = write_year(tmp_path)
    path.write_bytes(b"")
    assert "the file is empty" in _refusal(path).line()


def test_lists_of_codes_must_be_there_and_sound(tmp_path: Path) -> None:
    path = write_year(tmp_path)
    countries = tmp_path / "country_codes_V202601.csv"
    body = countries.read_text(encoding="utf-8")
    for broken, told in {
        "": "holds no codes",
        "country_code,country_name\n156\n": "1 cells",
        body + "156,again,CN,CHN\n": "stands twice",
        body + "15x,odd,CN,CHN\n": "not a country code",
        body + "700,odd,CN,=1+1\n": "not an ISO3 code",
        body.replace("country_iso3", "letters"): "no column country_iso3",
        "\x00" + body: "NUL byte",
    }.items():
        countries.write_text(broken, encoding="utf-8")
        assert told in _refusal(path).line()
    countries.write_bytes(body.encode("utf-16"))
    assert "not UTF-8" in _refusal(path).line()
    countries.unlink()
    assert "Put it there".lower() in _refusal(path).line().lower()
    write_lists(tmp_path, codes=["284690", "84690x"])
    assert "not an HS6 code" in _refusal(path).line()
    write_lists(tmp_path, codes=["010121", "10121"])
    assert "stands twice" in _refusal(path).line()


def test_years_of_a_folder_in_order(tmp_path: Path) -> None:
    for year in (2024, 2022, 2023):
        write_year(tmp_path, year=year)
    (tmp_path / "Readme.txt").write_text("notes")
    assert [named(path).year for path in years_in(tmp_path)] == [2022, 2023, 2024]
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no BACI year"):
        years_in(tmp_path / "empty")
    with pytest.raises(BadInput, match="no such file"):
        years_in(tmp_path / "nowhere")


def test_older_lists_of_countries_are_read(tmp_path: Path) -> None:
    path = write_year(tmp_path)
    rows = ["country_code,country_name_abbreviation,country_name_full,iso_2digit_alpha,iso_3digit_alpha"]
    rows += [f"{number},{iso3},{iso3},{iso3[:2]},{iso3}" for iso3, number in PLACES.items()]
    (tmp_path / "country_codes_V202601.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert {place.iso3 for place in read_edition(path).places} == set(PLACES)


def test_a_pass_over_the_bytes_tells_hash_size_lines_and_header(tmp_path: Path) -> None:
    path = write_year(tmp_path)
    body = path.read_bytes()
    raw = RawFile(path.name, hashlib.sha256(body).hexdigest(), len(body))
    assert scanned(path) == Scan(raw, 7, ("t", "i", "j", "k", "v", "q"), False)
    flows = read_year(path)
    assert (flows.raw, flows.year, flows.edition.id) == (raw, 2024, "baci-hs92-v202601")
    path.write_bytes(body.rstrip(b"\n"))
    assert scanned(path).lines == 7
    path.write_bytes(b"\xef\xbb\xbfk, t,i,j,v,q\n1,1,1,1,1, 1\n")
    assert (scanned(path).columns, scanned(path).is_padded, scanned(path).lines) == (tuple("ktijvq"), True, 2)


def test_where_one_block_of_bytes_ends_and_the_next_begins_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_year(tmp_path, FLOWS[:2], lines=["2024,36, 156,284690,1,1"])
    want = scanned(path)
    odd = tmp_path / "BACI_HS92_Y2023_V202601.csv"
    odd.write_bytes(path.read_bytes() + b"2024,36,156,28_690,1,1\n")
    for block in range(1, 40):
        monkeypatch.setattr(baci, "_BLOCK", block)
        assert scanned(path) == want
        with pytest.raises(BadInput, match=r"_Y2023_V202601\.csv row 5: '_' stands in no BACI file"):
            scanned(odd)


def test_rows_that_were_lost_on_the_way_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_year(tmp_path)
    monkeypatch.setattr(baci, "_parsed", lambda *given: ({}, 5))
    assert _refusal(path).line().startswith(f"{path.name}: 5 rows were read of 6 lines. Download")


@pytest.mark.parametrize("at", range(len(FLOWS)))
def test_a_flow_twice_is_found_wherever_it_stands(tmp_path: Path, at: int) -> None:
    told = _refusal(write_year(tmp_path, [*FLOWS, FLOWS[at]])).line()
    assert f"row 8: the flow stands also in row {at + 2}." in told


@pytest.mark.parametrize("sign", ['"', "_", "\x00"])
def test_a_sign_that_stands_in_no_file_is_told_with_its_line(tmp_path: Path, sign: str) -> None:
    shown = "\\u0000" if sign == "\x00" else sign
    cure = "Download and unpack the archive again."
    for line in (1, 2, 3):
        path = tmp_path / "BACI_HS92_Y2024_V202601.csv"
        path.write_text("x\n" * (line - 1) + f"ab{sign}\n\n{sign}", encoding="utf-8", newline="\n")
        with pytest.raises(BadInput) as refused:
            scanned(path)
        assert refused.value.line() == f"{path.name} row {line}: '{shown}' stands in no BACI file. {cure}"


def test_a_sign_far_into_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS92_Y2024_V202601.csv"
    path.write_bytes(b"t,i,j,k,v,q\n" + b"1,1,1,1,1,1\n" * 100_000 + b'"')
    with pytest.raises(BadInput, match=r"row 100002: "):
        scanned(path)
    path.write_bytes(b"t,i,j,k,v,q\n" + b"1,1,1,1,1,1\n" * 100_000 + b"2,2")
    assert scanned(path).lines == 100_002 and scanned(path).raw.size_bytes == 1_200_015


def test_a_file_without_bytes_or_with_another_header_is_told(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS92_Y2024_V202601.csv"
    for body, told in (
        (b"", "BACI_HS92_Y2024_V202601.csv: the file is empty. Download and unpack the archive again."),
        (
            b"t,i,j,k,v\n",
            "BACI_HS92_Y2024_V202601.csv row 1: the header is 't,i,j,k,v'. Expected the columns t,i,j,k,v,q.",
        ),
        (
            b"t,i,j,k,v,v\n",
            "BACI_HS92_Y2024_V202601.csv row 1: the header is 't,i,j,k,v,v'. Expected the columns t,i,j,k,v,q.",
        ),
    ):
        path.write_bytes(body)
        with pytest.raises(BadInput) as refused:
            scanned(path)
        assert refused.value.line() == told
    path.unlink()
    with pytest.raises(BadInput, match=r"cannot be read \(No such file or directory\)\. Check it\."):
        scanned(path)


def test_a_year_without_flows_has_none(tmp_path: Path) -> None:
    flows = read_year(write_year(tmp_path, []))
    assert [len(one) for one in (flows.product, flows.exporter, flows.importer, flows.value_kusd)] == [0] * 4
    assert _as_read(write_year(tmp_path, FLOWS[:1])) == [("AUS", "MYS", "280530", 128057.0, 31210.0)]


def test_the_largest_flow_is_read_and_one_beyond_is_not(tmp_path: Path) -> None:
    path = write_year(
        tmp_path, [("CHN", "JPN", "284690", "1000000000", "10000000000"), ("CHN", "USA", "284690", "0.001", "0")]
    )
    assert [flow[3:] for flow in _as_read(path)] == [(1e9, 1e10), (0.001, 0.0)]
    for value, quantity, told in (
        ("1000000001", "1", "column v"),
        ("1", "10000000001", "column q"),
        ("1", "-1", "column q"),
    ):
        assert told in _refusal(write_year(tmp_path, [("CHN", "JPN", "284690", value, quantity)])).line()


def test_progress_counts_the_rows(tmp_path: Path) -> None:
    said: list[tuple[int, int]] = []
    read_year(write_year(tmp_path), progress=lambda rows, room: said.append((rows, room)))
    assert said[-1] == (6, 7)


def test_more_rows_than_a_year_holds_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_year(tmp_path)
    monkeypatch.setattr(baci, "_MOST_ROWS", 7)
    assert len(read_year(path).product) == 6
    monkeypatch.setattr(baci, "_MOST_ROWS", 6)
    assert _refusal(path).line() == f"{path.name}: 7 rows are no year of BACI. A year has about eleven million."


@pytest.mark.parametrize("places", [3, 255, 256, 257, 300])
@pytest.mark.parametrize("by_pair", [True, False])
def test_flows_come_by_product_exporter_importer_whatever_their_number_of_places(places: int, by_pair: bool) -> None:
    chance = np.random.default_rng(7)
    columns = {
        "product": chance.integers(0, 5, 900).astype(np.uint16),
        "exporter": chance.integers(0, places, 900).astype(np.uint16),
        "importer": chance.integers(0, places, 900).astype(np.uint16),
    }
    if by_pair:
        order = np.lexsort((columns["importer"], columns["exporter"]))
        columns = {name: values[order] for name, values in columns.items()}
    order = baci._order(columns, places)
    found = list(zip(*(columns[name][order].tolist() for name in ("product", "exporter", "importer")), strict=True))
    assert found == sorted(found) and sorted(order.tolist()) == list(range(900))


def test_codes_are_known_with_and_without_leading_zeros() -> None:
    assert spellings({"010121": 0, "284690": 1, "000": 2}) == {
        "10121": 0,
        "010121": 0,
        "284690": 1,
        "0": 2,
        "000": 2,
    }


PRODUCTS = "product_codes_HS92_V202601.csv"
COUNTRIES = "country_codes_V202601.csv"
THREE = "country_code,country_iso3,country_name"
LISTS = [
    (PRODUCTS, "code\n1234\n", "row 2, column code: '1234' is not an HS6 code. Expected six digits, e.g. 284690."),
    (PRODUCTS, "code\n12345678\n", "row 2, column code: '12345678' is not an HS6 code."),
    (COUNTRIES, f"{THREE}\n123456,CHN,x\n", "row 2, column country_code: '123456' is not a country code."),
    (PRODUCTS, "code\n12345\n1234567\n", "row 3, column code: '1234567' is not an HS6 code."),
    (PRODUCTS, "hs6\n12345\n012345\n", "row 3, column hs6: 012345 stands twice. Keep one."),
    (PRODUCTS, "hs_code,x\n１２３４５６,y\n", "row 2, column hs_code: '１２３４５６' is not an HS6 code."),
    (PRODUCTS, "word,x\na,b\n", "row 1: there is no column code. Columns found: word, x."),
    (PRODUCTS, "code,x\n284690,y\n284610\n", "row 3: 1 cells under a header of 2. Unpack the archive again."),
    (PRODUCTS, 'code\n"a"b\n', ": the rows cannot be split ("),
    (PRODUCTS, "code\n", ": the list holds no codes. Unpack the archive again."),
    (PRODUCTS, "\x00", ": a NUL byte. Unpack the archive again."),
    (
        COUNTRIES,
        f"{THREE}\n12345,CHN,x\n",
        "row 2, column country_code: '12345' is not a country code. Expected e.g. 156.",
    ),
    (COUNTRIES, f"{THREE}\n1,CHN,x\n1,JPN,x\n", "row 3, column country_code: 1 stands twice. Keep one."),
    (
        COUNTRIES,
        "country_code,iso_3digit_alpha,country_name_full\n1,china,x\n",
        "row 2, column iso_3digit_alpha: 'china' is not an ISO3 code. Expected e.g. CHN.",
    ),
    (
        COUNTRIES,
        "country_code,country_iso3\n1,CHN\n",
        "row 1: there is no column country_name. Columns found: country_code, country_iso3.",
    ),
]


@pytest.mark.parametrize(("name", "text", "told"), LISTS, ids=range(len(LISTS)))
def test_a_list_of_codes_that_is_not_sound_is_told_in_its_row(tmp_path: Path, name: str, text: str, told: str) -> None:
    path = write_year(tmp_path)
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_edition(path)
    assert refused.value.line().startswith(f"{name}{told if told[0] == ':' else f' {told}'}")


def test_lists_of_codes_are_read_whole_and_in_order(tmp_path: Path) -> None:
    path = write_year(tmp_path)
    (tmp_path / PRODUCTS).write_text("\ufeff Code ,x\n 284690 ,\n10121,\n", encoding="utf-8")
    (tmp_path / COUNTRIES).write_text(
        f"{THREE}\n9999, N/A ,Nowhere\n4,AFG,Afghanistan\n12,,x\n5,S19,Other\n6,EU,Union\n",
        encoding="utf-8",
    )
    found = read_edition(path)
    assert found.products == ("010121", "284690")
    assert found.places == (
        FlowPlace(4, "AFG", "Afghanistan"),
        FlowPlace(5, "S19", "Other"),
        FlowPlace(6, "EU", "Union"),
        FlowPlace(12, "", "x"),
        FlowPlace(9999, "N/A", "Nowhere"),
    )


def test_a_list_of_more_codes_than_positions_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_year(tmp_path)
    assert baci._NONE == 65_535
    monkeypatch.setattr(baci, "_NONE", 8)
    assert len(read_edition(path).products) == 6
    monkeypatch.setattr(baci, "_NONE", 7)
    with pytest.raises(
        BadInput, match=r"country_codes_V202601\.csv: 7 places are too many\. An edition has about 240\."
    ):
        read_edition(path)
    monkeypatch.setattr(baci, "_NONE", 6)
    (tmp_path / COUNTRIES).write_text("country_code,country_iso3,country_name\n4,AFG,x\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"product_codes_.*: 6 codes are too many\. An edition has about 5,000\."):
        read_edition(path)


def test_an_edition_at_hand_spares_the_lists(tmp_path: Path) -> None:
    path = write_year(tmp_path)
    edition = read_edition(path)
    for name in (PRODUCTS, COUNTRIES):
        (tmp_path / name).unlink()
    assert len(read_year(path, edition).product) == 6
    with pytest.raises(BadInput) as refused:
        read_year(path)
    assert refused.value.line() == (
        f"{COUNTRIES}: the file is not there. It stands beside the yearly files in the archive: put it there."
    )


def test_years_come_by_nomenclature_release_and_year(tmp_path: Path) -> None:
    for nomenclature, vintage, year in (("HS92", "202601", 2022), ("HS17", "202601", 2023), ("HS92", "202501", 2024)):
        write_year(tmp_path, nomenclature=nomenclature, vintage=vintage, year=year)
    found = [named(path) for path in years_in(tmp_path)]
    assert [(one.nomenclature, one.vintage, one.year) for one in found] == [
        ("HS17", "202601", 2023),
        ("HS92", "202501", 2024),
        ("HS92", "202601", 2022),
    ]
    one = tmp_path / "BACI_HS92_Y2022_V202601.csv"
    assert years_in(one) == [one]
    with pytest.raises(BadInput, match="not that of a BACI year"):
        years_in(tmp_path / COUNTRIES)
    with pytest.raises(BadInput) as refused:
        named(Path("a\u200b.csv"))
    assert refused.value.line().startswith("a\\u200b.csv: the name is not that of a BACI year.")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutated_file_is_read_whole_or_refused_in_a_line(tmp_path: Path, data: st.DataObject) -> None:
    path = write_year(tmp_path)
    body = bytearray(path.read_bytes())
    start = body.index(b"\n") + 1
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body) - 1))
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "double"]))
        if kind == "flip":
            body[at] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del body[at : at + data.draw(st.integers(1, 9))]
        elif kind == "insert":
            odd = [
                b"=cmd|x",
                b"1e308",
                b"nan",
                b"\xef\xbc\x91",
                b"\x00",
                b'"',
                b"\r",
                b",,",
                b"-",
                b"_",
                b" ",
                b"NA",
                b"inf",
            ]
            body[at:at] = data.draw(st.sampled_from(odd))
        else:
            body[start:start] = body[start:]
        if len(body) < 2:
            break
    path.write_bytes(bytes(body))
    try:
        flows = read_year(path)
    except BadInput as refused:
        assert "\n" not in refused.line() and refused.line().startswith("BACI_HS92_Y2024_V202601.csv")
        return
    assert len(flows.value_kusd) == scanned(path).lines - 1
    assert (flows.value_kusd > 0).all() and np.isfinite(flows.value_kusd).all()
    assert not (flows.quantity_t < 0).any() and not np.isinf(flows.quantity_t).any()
