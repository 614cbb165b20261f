"""A BACI file that the quick reading stopped at: every line is looked at, and each fault is told once, in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.sources.baci_years import write_year

from didymium.errors import BadInput
from didymium.sources.baci import MOST_KUSD, MOST_T, read_edition
from didymium.sources.baci_faults import explained

NAME = "BACI_HS92_Y2024_V202601.csv"
CURE = "Download and unpack the archive again; a code may belong to another release."
SOUND = "2024,156,392,284690,1.0,1.0"


def told(tmp_path: Path, *lines: str, head: str = "t,i,j,k,v,q") -> BadInput:
    path = write_year(tmp_path, [], lines=lines, head=head)
    return explained(path, read_edition(path), "why it\nstopped.")


def faults(tmp_path: Path, *lines: str, head: str = "t,i,j,k,v,q") -> list[str]:
    found = told(tmp_path, *lines, head=head).faults
    assert all(fault.startswith(f"{NAME} row ") for fault in found)
    return [fault.removeprefix(f"{NAME} row ") for fault in found]


def test_a_file_in_which_no_line_is_at_fault_is_told_by_what_stopped_it(tmp_path: Path) -> None:
    found = told(tmp_path, SOUND, "2024,156,842,284690,1,NA", " 2024 ,156, 842,284610,.5,", "2024,36,156,10121,1e3,0")
    assert found.faults == () and found.line() == f"{NAME}: why it\\u000astopped. {CURE}"


def test_a_single_fault_is_the_whole_message(tmp_path: Path) -> None:
    found = told(tmp_path, SOUND, "2024,156,392")
    assert found.line() == f"{NAME} row 3: the row has 3 cells, the header 6. {CURE}"
    assert found.faults == (f"{NAME} row 3: the row has 3 cells, the header 6.",)


def test_several_faults_are_counted_and_unknown_codes_listed(tmp_path: Path) -> None:
    found = told(tmp_path, "2024,990,392,999999,1,1", "2024,156,991,999998,1,1", "2023,156,392,284690,1,1")
    assert found.line() == (
        f"{NAME} row 2, column k: '999999' is not an HS code of this release. and 4 more faults "
        "HS codes not in the lists of baci-hs92-v202601: '999998', '999999'. "
        f"Country codes not in the lists of baci-hs92-v202601: '990', '991'. {CURE}"
    )
    assert len(found.faults) == 5


def test_an_unknown_code_is_told_where_it_first_stands(tmp_path: Path) -> None:
    lines = ["2024,990,990,284690,1,1", "2024,990,156,999999,1,1", "2024,156,990,999999,1,1"]
    assert faults(tmp_path, *lines) == [
        "2, column i: '990' is not a country code of this release.",
        "2, column j: '990' is not a country code of this release.",
        "3, column k: '999999' is not an HS code of this release.",
    ]


def test_only_twenty_unknown_codes_are_listed(tmp_path: Path) -> None:
    found = told(tmp_path, *(f"2024,156,392,{900000 + n},1,1" for n in range(25)))
    assert found.cure.count("'9000") == 20 and "'900019'." in found.cure


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ("2023,156,392,284690,1,1", "t: '2023' is not the year 2024 of the file's name."),
        ("2025,156,392,284690,1,1", "t: '2025' is not the year 2024 of the file's name."),
        ("2024,156,392,284690,x,1", "v: 'x' is not a number of thousand USD."),
        ("2024,156,392,284690,,1", "v: '' is not a number of thousand USD."),
        ("2024,156,392,284690,NA,1", "v: 'NA' is not a number of thousand USD."),
        ("2024,156,392,284690,-1,1", "v: '-1' is not a number of thousand USD."),
        ("2024,156,392,284690,2e9,1", "v: '2e9' is more than 1e+09 thousand USD."),
        ("2024,156,392,284690,0.0,1", "v: '0.0' is not above zero: BACI lists only positive flows."),
        ("2024,156,392,284690,1,+2", "q: '+2' is not a number of tonnes."),
        ("2024,156,392,284690,1,2e10", "q: '2e10' is more than 1e+10 tonnes."),
    ],
)
def test_a_cell_that_no_release_holds_is_told(tmp_path: Path, cells: str, what: str) -> None:
    assert faults(tmp_path, SOUND, cells, "2024,156,842,284690,1,1") == [f"3, column {what}"]


def test_the_largest_flow_is_no_fault(tmp_path: Path) -> None:
    assert faults(tmp_path, f"2024,156,392,284690,{MOST_KUSD:.0f},{MOST_T:.0f}", "2024,156,842,284690,0.001,0") == []
    assert (MOST_KUSD, MOST_T) == (1e9, 1e10)


def test_a_bad_cell_and_an_unknown_code_of_one_line_are_both_told(tmp_path: Path) -> None:
    assert faults(tmp_path, "2024,990,392,284690,0,1") == [
        "2, column v: '0' is not above zero: BACI lists only positive flows.",
        "2, column i: '990' is not a country code of this release.",
    ]


def test_a_flow_twice_names_the_row_before_in_any_spelling_of_its_codes(tmp_path: Path) -> None:
    lines = ["2024,36,156,010121,1,1", "2024,156,36,010121,1,1", "2024,036,156,10121,2,2", "2024,36,156,010121,3,3"]
    assert faults(tmp_path, *lines) == ["4: the flow stands also in row 2.", "5: the flow stands also in row 4."]
    assert faults(tmp_path, "2024,990,156,010121,1,1", "2024,990,156,010121,1,1") == [
        "2, column i: '990' is not a country code of this release."
    ]


def test_columns_are_found_by_the_header(tmp_path: Path) -> None:
    assert faults(tmp_path, "284690,156,392,0,1,2024", head="k,i,j,v,q,t") == [
        "2, column v: '0' is not above zero: BACI lists only positive flows."
    ]


def test_lines_that_are_no_text_or_too_long_are_told(tmp_path: Path) -> None:
    assert faults(tmp_path, "2024,156,392,284690,１,1", "2024") == [
        "2: byte 0xef is not plain ASCII.",
        "3: the row has 1 cells, the header 6.",
    ]
    long = "2024,156,392,284690,1," + "9" * 999
    assert faults(tmp_path, "2024", long, "2023") == [
        "2: the row has 1 cells, the header 6.",
        "3: the line is longer than 1000 characters.",
    ]
    fits = "2024,156,392,284690,1.".ljust(996, "0") + ",1"
    assert len(fits) == 998 and faults(tmp_path, fits) == []


def test_after_fifty_faults_the_reading_stops(tmp_path: Path) -> None:
    found = faults(tmp_path, *("2024" for _ in range(80)))
    assert len(found) == 50 and found[-1].startswith("51:")
