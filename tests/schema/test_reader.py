"""A file of a table: what is read from CSV, sheets and records, and each fault with its place and its cure."""

from __future__ import annotations

import csv
from typing import Any

import pytest

from didymium.schema import reader
from didymium.schema.columns import Column, Table
from didymium.schema.faults import Fault
from didymium.schema.reader import Parsed, Written, parsed_json, read_records, read_sheet, read_table
from didymium.schema.workbook import Sheet, SheetCell

MINES = Table(
    "mines",
    "Mines",
    "鉱山",
    "A mine.",
    (
        Column("mine", "id", "Name of the mine.", required=True),
        Column("hs_code", "text", "Customs code."),
        Column("quantity", "number", "Tonnes.", minimum=0),
        Column("year", "year", "Year."),
        Column("lines", "integer", "Number of lines."),
        Column("is_open", "flag", "1 = at work."),
        Column("opened", "date", "Day of the first ore."),
        Column("places", "list", "Where it sells."),
        Column("notes", "text", "Remarks.", lines=True),
        Column("tags", "text", "Came later.", since="2026.11"),
    ),
    ("mine",),
)
EMPTY: dict[str, Any] = dict.fromkeys(MINES.column_names)
COLUMNS = ", ".join(MINES.column_names)
QUOTES = 'Quote as "a ""b"" c".'


def csv_of(text: str | bytes) -> Parsed:
    return read_table(text if isinstance(text, bytes) else text.encode("utf-8"), MINES, "m.csv")


HEADER = ",".join(MINES.column_names)
BARE = HEADER.removesuffix(",tags")


def told(parsed: Parsed) -> list[tuple[int, str, str, str, str]]:
    assert {fault.file for fault in parsed.faults} <= {parsed.file}
    return [(fault.row, fault.column, fault.value, fault.what, fault.cure) for fault in parsed.faults]


def test_rows_are_typed_and_keep_their_lines() -> None:
    found = csv_of(
        f'{HEADER}\nKvanefjeld,2612,"1.5",2024,3,1,2024-05,USA;JPN,"one\ntwo",x\n'
        f"'=Norra,,,,,0,,,,\nBayan Obo,284690,,,,,,,,\n"
    )
    assert told(found) == [] and found.table is MINES and found.file == "m.csv"
    assert found.rows == [
        {
            "mine": "Kvanefjeld",
            "hs_code": "2612",
            "quantity": 1.5,
            "year": 2024,
            "lines": 3,
            "is_open": True,
            "opened": "2024-05",
            "places": "USA;JPN",
            "notes": "one\ntwo",
            "tags": "x",
        },
        {**EMPTY, "mine": "=Norra", "is_open": False},
        {**EMPTY, "mine": "Bayan Obo", "hs_code": "284690"},
    ]
    assert found.lines == [2, 4, 5]


def test_columns_stand_in_any_order_and_a_later_one_may_be_absent() -> None:
    names = BARE.split(",")
    found = csv_of(f"{','.join(reversed(names))}\n,,,,,,,,Kvanefjeld\n")
    assert told(found) == [] and found.rows == [{**EMPTY, "mine": "Kvanefjeld"}]
    assert set(found.rows[0]) == set(MINES.column_names)


def test_a_file_with_a_mark_of_utf_8_or_windows_line_ends_is_the_same_file() -> None:
    plain = csv_of(f"{HEADER}\nA,,,,,,,,,\n")
    for data in (
        b"\xef\xbb\xbf" + f"{HEADER}\nA,,,,,,,,,\n".encode(),
        f"{HEADER}\r\nA,,,,,,,,,\r\n".encode(),
        f"{HEADER}\nA,,,,,,,,,".encode(),
    ):
        found = csv_of(data)
        assert (told(found), found.rows, found.lines) == ([], plain.rows, [2])


UTF8 = "Save the file as UTF-8."
NO_UTF8 = [
    (f"{HEADER}\nA\n".encode("utf-16"), (1, "", "", "the bytes are UTF-16.", UTF8)),
    (b"\xfe\xff\x00A", (1, "", "", "the bytes are UTF-16.", UTF8)),
    (b"", (0, "", "", "the file is empty.", "Expected a header line and rows.")),
    (b" \r\n\t\n", (0, "", "", "the file is empty.", "Expected a header line and rows.")),
    (
        b"mine\nA\x00\n\n",
        (2, "", "\\x00", "a NUL byte; the file is cut or not text (UTF-16 without mark?).", UTF8),
    ),
    (b"mine\n\xe9,", (2, "", "e9 2c", "bytes e9 2c are not UTF-8; they read as Windows-1252.", UTF8)),
    (b"mine\nA\n\nB\rC\n", (4, "", "\\r", "a line ends in CR alone.", "End lines with LF or CR LF.")),
    (
        b"mine\nA\nB\x00\n",
        (3, "", "\\x00", "a NUL byte; the file is cut or not text (UTF-16 without mark?).", UTF8),
    ),
    (
        "mine\n中重希土\n".encode("cp932"),
        (2, "", "92 86 8f 64", "bytes 92 86 8f 64 are not UTF-8; they read as Shift-JIS.", UTF8),
    ),
    (b"mine\nx\n\xe9\xfd", (3, "", "e9 fd", "bytes e9 fd are not UTF-8; they read as EUC-JP.", UTF8)),
    (b"a\xe9,\n", (1, "", "e9 2c 0a", "bytes e9 2c 0a are not UTF-8; they read as Windows-1252.", UTF8)),
    (b"\x81\xfd\xff", (1, "", "81 fd ff", "bytes 81 fd ff are not UTF-8; they read as another encoding.", UTF8)),
    (b"mine\nA\rB\n", (2, "", "\\r", "a line ends in CR alone.", "End lines with LF or CR LF.")),
    (b"mine\r", (1, "", "\\r", "a line ends in CR alone.", "End lines with LF or CR LF.")),
]


@pytest.mark.parametrize(("data", "fault"), NO_UTF8, ids=range(len(NO_UTF8)))
def test_bytes_that_are_no_text_of_ours_are_told_with_their_line(data: bytes, fault: tuple[Any, ...]) -> None:
    found = csv_of(data)
    assert told(found) == [fault]
    assert found.rows == []


def test_a_broken_quote_is_told_on_the_line_where_its_row_begins() -> None:
    found = csv_of(f'{HEADER}\nA,,,,,,,,,\nB,"x"y,,,,,,,,\n')
    ((row, column, value, what, cure),) = told(found)
    assert (row, column, value, cure) == (3, "", "", QUOTES)
    assert what.startswith("the row cannot be split into cells (") and what.endswith(").")
    assert [one["mine"] for one in found.rows] == ["A"]
    ((row, *_),) = told(csv_of('mine,"hs"x\nA,\n'))
    assert row == 1
    ((row, *_),) = told(csv_of(f'{HEADER}\nA,,,,,,,,"x\ny",\nB,"open\n\n'))
    assert row == 4


def test_each_fault_of_a_header_is_told() -> None:
    found = csv_of("mine,mine,hs_cod,Quantity ,year,what,opened,places,notes\nA,,,,,,,,\n")
    assert told(found) == [
        (1, "mine", "mine", "column 'mine' stands twice.", "Keep one."),
        (1, "hs_cod", "hs_cod", "column 'hs_cod' is not known.", "Did you mean 'hs_code'?"),
        (1, "Quantity ", "Quantity ", "column 'Quantity ' is not known.", "Did you mean 'quantity'?"),
        (1, "what", "what", "column 'what' is not known.", f"Columns are: {COLUMNS}."),
        (1, "hs_code", "", "the column is missing.", "Add it: Customs code."),
        (1, "quantity", "", "the column is missing.", "Add it: Tonnes."),
        (1, "lines", "", "the column is missing.", "Add it: Number of lines."),
        (1, "is_open", "", "the column is missing.", "Add it: 1 = at work."),
    ]
    assert found.rows == []


def test_a_header_of_a_thousand_columns_is_not_told_column_by_column() -> None:
    most = reader.MOST_FAULTS_OF_A_HEADER
    assert most == 100
    exact = told(csv_of(HEADER + "".join(f",x{n}" for n in range(most)) + "\n"))
    assert len(exact) == most and exact[-1][1] == f"x{most - 1}"
    beyond = told(csv_of(HEADER + "".join(f",x{n}" for n in range(most + 5)) + "\n"))
    assert len(beyond) == most + 1
    assert beyond[-1] == (1, "", f"x{most}", "more than 100 columns are not known.", "Is it the right file?")


def test_rows_of_another_width_and_empty_rows_are_told() -> None:
    found = csv_of(f"{HEADER}\nA,B\n\nC,,,,,,,,,,\nD,,,,,,,,,\n")
    assert told(found) == [
        (3, "", "", "the row is empty.", "Delete the line."),
        (2, "", "", "the row has 2 cells, the header 10.", "Quote cells that hold a comma."),
        (4, "", "", "the row has 11 cells, the header 10.", "Quote cells that hold a comma."),
    ]
    assert [row["mine"] for row in found.rows] == ["D"] and found.lines == [5]
    many = csv_of(f"{HEADER}\n,\n\nD,,,,,,,,,\n" + "\n" * 1000)
    assert told(many) == [(2, "", "", "the row is empty, the first of 1,002 empty rows.", "Delete these lines.")]


def test_a_row_of_empty_cells_is_judged_cell_by_cell() -> None:
    assert told(csv_of(f"{HEADER}\n,,,,,,,,,\n")) == [(2, "mine", "", "is empty.", "Expected name of the mine.")]


def test_every_faulty_cell_of_a_row_is_told_and_the_row_is_left_out() -> None:
    found = csv_of(f"{HEADER}\nA,,x,20,1.5,yes,,,,\nB,,1,,,,,,,\n")
    assert [(row, column, value) for row, column, value, _, _ in told(found)] == [
        (2, "quantity", "x"),
        (2, "year", "20"),
        (2, "lines", "1.5"),
        (2, "is_open", "yes"),
    ]
    assert all(what and cure for *_, what, cure in told(found))
    assert found.rows == [{**EMPTY, "mine": "B", "quantity": 1.0}] and found.lines == [3]


def test_a_file_of_a_header_alone_has_no_rows_and_no_fault() -> None:
    found = csv_of(HEADER)
    assert (found.rows, found.lines, found.faults) == ([], [], [])


def test_the_value_of_a_fault_is_cut_to_what_can_be_stored() -> None:
    parsed = Parsed(MINES, "m.csv")
    parsed.fault(2, "mine", "x" * 500 + "\ud800", "is odd.", "Mend it.")
    assert parsed.faults == [Fault("m.csv", 2, "mine", "x" * 200, "is odd.", "Mend it.", "error")]
    assert Parsed(MINES, "n.csv").faults == []


def test_a_text_beyond_the_limit_of_the_csv_module_is_a_fault_of_its_row() -> None:
    before = csv.field_size_limit(100)
    try:
        ((row, _, _, what, cure),) = told(csv_of(f"{HEADER}\n{'y' * 101},,,,,,,,,\n"))
    finally:
        csv.field_size_limit(before)
    assert row == 2 and "field larger" in what and cure == QUOTES


# JSON records


def test_numbers_of_json_are_kept_as_written() -> None:
    found = parsed_json(b'\xef\xbb\xbf{"a": 1.50, "b": 007e1, "c": null}'.replace(b"007e1", b"70"))
    assert found == {"a": "1.50", "b": "70", "c": None}
    assert all(isinstance(found[name], Written) for name in "ab")
    assert isinstance(parsed_json(b"NaN"), Written)
    with pytest.raises(ValueError, match="the key 'a' stands twice in one object"):
        parsed_json(b'{"b": 1, "a": 1, "c": 2, "a": 2}')


def records_of(*items: Any) -> Parsed:
    return read_records(items, MINES, "api")


def test_records_are_read_with_what_json_knows() -> None:
    found = records_of(
        {
            "mine": "A",
            "quantity": 1.5,
            "year": 2024,
            "lines": 3.0,
            "is_open": True,
            "places": ["USA", "JPN"],
            "notes": None,
            "opened": "2024",
        },
        {"mine": "B", "quantity": Written("1.250"), "year": Written("2024.0"), "lines": Written("7.00"), "is_open": 0},
        {"mine": "C", "is_open": False, "quantity": 1e15, "lines": Written("-3.0"), "hs_code": "0805"},
        {"mine": "D", "quantity": 123456789012345.0, "is_open": Written("1.0")},
    )
    assert told(found) == [] and found.lines == [1, 2, 3, 4]
    assert found.rows == [
        {
            **EMPTY,
            "mine": "A",
            "quantity": 1.5,
            "year": 2024,
            "lines": 3,
            "is_open": True,
            "places": "USA;JPN",
            "opened": "2024",
        },
        {**EMPTY, "mine": "B", "quantity": 1.25, "year": 2024, "lines": 7, "is_open": False},
        {**EMPTY, "mine": "C", "is_open": False, "quantity": 1e15, "lines": -3, "hs_code": "0805"},
        {**EMPTY, "mine": "D", "quantity": 123456789012345.0, "is_open": True},
    ]


def test_a_number_where_a_text_is_meant_is_written_as_people_write_it() -> None:
    numbers = [5.0, 5, -3.0, 0.1, 999999999999999.0, 1e15, 2e15, Written("5.0"), Written("1e3")]
    found = records_of(*({"mine": number} for number in numbers))
    assert [row["mine"] for row in found.rows] == [
        "5",
        "5",
        "-3",
        "0.1",
        "999999999999999",
        "1000000000000000.0",
        "2000000000000000.0",
        "5.0",
        "1e3",
    ]


LOST = "zeros in front of a code are lost."
MEANT, ONE, UNKNOWN = "Give the text or number meant.", "Give one text or number.", "Leave the cell empty for unknown."
ODD_RECORDS: list[tuple[Any, tuple[str, str, str, str]]] = [
    ([1], ("", "[1]", "the row is not an object.", 'Expected {"column": value, …}.')),
    ("A", ("", "A", "the row is not an object.", 'Expected {"column": value, …}.')),
    ({"mine": "A", "quantty": 1}, ("quantty", "quantty", "column 'quantty' is not known.", "Did you mean 'quantity'?")),
    ({"mine": "A", " YEAR": 1}, (" YEAR", " YEAR", "column ' YEAR' is not known.", "Did you mean 'year'?")),
    ({"mine": "A", "zzz": 1}, ("zzz", "zzz", "column 'zzz' is not known.", f"Columns are: {COLUMNS}.")),
    ({"mine": True}, ("mine", "True", "true is not a value of this column.", MEANT)),
    ({"mine": "A", "lines": False}, ("lines", "False", "false is not a value of this column.", MEANT)),
    ({"mine": ["A"]}, ("mine", "['A']", "'['A']' is a list or an object.", ONE)),
    ({"mine": "A", "places": {"a": 1}}, ("places", "{'a': 1}", "'{'a': 1}' is a list or an object.", ONE)),
    ({"mine": "A", "places": ["USA", 1]}, ("places", "['USA', 1]", "'['USA', 1]' is a list or an object.", ONE)),
    ({"mine": "A", "places": ["USA", ""]}, ("places", "['USA', '']", "'['USA', '']' is a list or an object.", ONE)),
    ({"mine": "A", "hs_code": 80510}, ("hs_code", "80510", f"'80510' is a number: {LOST}", "Give it as text.")),
    ({"mine": "A", "hs_code": Written("2846")}, ("hs_code", "2846", f"'2846' is a number: {LOST}", "Give it as text.")),
    ({"quantity": 1}, ("mine", "", "is empty.", "Expected name of the mine.")),
    ({"mine": "A", "lines": 1.5}, ("lines", "1.5", "'1.5' is not a whole number.", "Expected e.g. 12.")),
    ({"mine": "A", "lines": Written("1.50")}, ("lines", "1.50", "'1.50' is not a whole number.", "Expected e.g. 12.")),
    ({"mine": "A", "quantity": -1}, ("quantity", "-1", "'-1' is out of range.", "Expected at least 0.")),
    ({"mine": "A", "quantity": Written("NaN")}, ("quantity", "NaN", "'NaN' is not a finite number.", UNKNOWN)),
]


@pytest.mark.parametrize(("item", "fault"), ODD_RECORDS, ids=range(len(ODD_RECORDS)))
def test_a_record_that_cannot_be_meant_is_told_with_its_number(item: Any, fault: tuple[str, str, str, str]) -> None:
    found = records_of({"mine": "first"}, item, {"mine": "last"})
    assert told(found) == [(2, *fault)]
    assert [one["mine"] for one in found.rows] == ["first", "last"] and found.lines == [1, 3]


def test_all_faults_of_a_record_are_told() -> None:
    found = records_of({"mine": True, "lines": [1]}, {"zz": 1, "yy": 2})
    assert [(row, column) for row, column, *_ in told(found)] == [(1, "mine"), (1, "lines"), (2, "zz"), (2, "yy")]


# sheets of a workbook


def sheet_of(*rows: list[Any]) -> Parsed:
    """A sheet from rows of text, None, or (kind, text)."""
    cells = {
        (r, c): SheetCell(*value) if isinstance(value, tuple) else SheetCell("text", value)
        for r, row in enumerate(rows, 1)
        for c, value in enumerate(row, 1)
        if value is not None
    }
    return read_sheet(Sheet("mines", False, cells), MINES, "m.xlsx sheet mines")


NAMES: list[Any] = list(MINES.column_names)


def test_a_sheet_is_read_by_kind_of_cell_and_empty_rows_are_passed_over() -> None:
    found = sheet_of(
        NAMES,
        ["A", "0805", ("number", "1.5"), ("number", "2024"), ("number", "3"), ("flag", "1"), ("date", "2024-05-01")],
        [],
        ["=B", None, None, None, None, ("number", "0"), None, "USA;JPN", "one\r\ntwo", ("number", "7")],
    )
    assert told(found) == [] and found.lines == [2, 4]
    assert found.rows == [
        {
            **EMPTY,
            "mine": "A",
            "hs_code": "0805",
            "quantity": 1.5,
            "year": 2024,
            "lines": 3,
            "is_open": True,
            "opened": "2024-05-01",
        },
        {**EMPTY, "mine": "=B", "is_open": False, "places": "USA;JPN", "notes": "one\ntwo", "tags": "7"},
    ]


def test_a_sheet_may_leave_the_later_column_out_and_order_its_columns() -> None:
    found = sheet_of(list(reversed(NAMES[:-1])), [None] * 8 + ["A"])
    assert told(found) == [] and found.rows == [{**EMPTY, "mine": "A"}]


def test_a_sheet_without_a_header_is_told() -> None:
    for rows in ([], [[], ["A"]]):
        found = sheet_of(*rows)
        assert told(found) == [
            (1, "", "", "the sheet has no header in its first row.", "Expected the column names in row 1.")
        ]


def test_a_gap_in_the_header_is_a_column_without_a_name() -> None:
    assert told(sheet_of([*NAMES, None, None], ["A"])) == []
    first, *_ = told(sheet_of([NAMES[0], None, *NAMES[1:]], ["A"]))
    assert first == (1, "", "", "column '' is not known.", f"Columns are: {COLUMNS}.")


def test_what_stands_right_of_the_columns_is_told() -> None:
    found = sheet_of(NAMES, ["A", *[None] * 9, None, "beside"], ["B", *[None] * 8, "x"])
    assert told(found) == [(2, "", "beside", "'beside' stands right of the last column.", "Delete it.")]
    assert [row["mine"] for row in found.rows] == ["B"] and found.lines == [3]


ODD_CELLS: list[tuple[str, tuple[str, str], str, str]] = [
    ("quantity", ("formula", "2"), "the cell holds a formula (last value '2').", "Paste its value, not the formula."),
    ("mine", ("error", "#N/A"), "'#N/A' is an error value.", "Type the value; leave the cell empty for unknown."),
    ("lines", ("flag", "1"), "the cell holds TRUE or FALSE.", "Type the text or the number that is meant."),
    ("notes", ("date", "2024-05-01"), "'2024-05-01' is a date.", "Format the cell as text, then type the value anew."),
    ("hs_code", ("number", "80510"), f"'80510' is a number: {LOST}", "Format the cell as text, type it anew."),
    ("year", ("text", "soon"), "'soon' is not a year.", "Expected four digits, e.g. 2024."),
]


@pytest.mark.parametrize(("column", "cell", "what", "cure"), ODD_CELLS, ids=[one[0] for one in ODD_CELLS])
def test_a_cell_of_a_kind_that_cannot_be_meant_is_told(
    column: str, cell: tuple[str, str], what: str, cure: str
) -> None:
    row: list[Any] = ["A", *[None] * 9]
    row[NAMES.index(column)] = cell
    found = sheet_of(NAMES, ["first"], row, ["last"])
    assert told(found) == [(3, column, cell[1], what, cure)]
    assert [one["mine"] for one in found.rows] == ["first", "last"] and found.lines == [2, 4]
