"""A file that is not the publisher's own, whole and in its own encoding, is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from publisher_files import MCS_2025, MCS_2026, MCS_2026_HEADER

from didymium.errors import BadInput
from didymium.sources.text import MOST_BYTES, MOST_IN_A_CELL, Line, decoded, file_bytes, read_lines, split, tidy

GOOD = "COBALT,World Mine Production and Reserves,Cobalt,China,Production,Mine production,metric tons,2024,5,,Yes,\r\n"
JAPANESE = "コバルト 生産量"

HOSTILE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "utf-16": (MCS_2026.encode("utf-16"), "row 1: the bytes are UTF-16"),
    "utf-16 without mark": (MCS_2026.encode("utf-16-le"), "a NUL byte"),
    "utf-8": (MCS_2026.encode("utf-8"), "the bytes are UTF-8"),
    "utf-8 with mark": (MCS_2026.encode("utf-8-sig"), "the bytes are UTF-8"),
    "cp932": (
        (MCS_2026_HEADER + "\r\n" + GOOD.replace(",,Yes", f",{JAPANESE},Yes")).encode("cp932"),
        "cp1252|signs that",
    ),
    "gb18030": (
        (MCS_2026_HEADER + "\r\n" + GOOD.replace(",,Yes", ",钴产量,Yes")).encode("gb18030"),
        "cp1252|signs that",
    ),
    "nul": ((MCS_2026_HEADER + "\r\n" + GOOD).encode() + b"\x00", "row 3: a NUL byte"),
    "bare CR": ((MCS_2026_HEADER + "\r" + GOOD).encode(), "ends in CR alone"),
    "open quote": ((MCS_2026_HEADER + '\r\nCOBALT,"World').encode(), "row 2: the row cannot be split"),
    "too few cells": ((MCS_2026_HEADER + "\r\nCOBALT,World\r\n").encode(), "row 2: the row has 2 cells, the header 12"),
    "too many cells": ((MCS_2026_HEADER + "\r\n" + "x," * 14 + "\r\n").encode(), "row 2: the row has 15 cells"),
    "empty line": ((MCS_2026_HEADER + "\r\n\r\n" + GOOD).encode(), "row 2: the row has 0 cells"),
    "other header": (b"Country,Year\r\nChina,2024\r\n", "header is not that of this publication"),
    "header order": (MCS_2026_HEADER.replace("Unit,Year", "Year,Unit").encode() + b"\r\n", "another order"),
    "huge cell": ((MCS_2026_HEADER + "\r\n" + GOOD.replace("China", "x" * 50_000)).encode(), "more than 20,000"),
    "huger cell": (
        (MCS_2026_HEADER + "\r\n" + GOOD.replace("China", "x" * 500_000)).encode(),
        "field larger than|than 20,000",
    ),
    "invisible": ((MCS_2026_HEADER + "\r\n" + GOOD.replace("China", "Chi\x07na")).encode(), "cannot be seen"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_its_place(name: str, excerpts) -> None:  # type: ignore[no-untyped-def]
    data, told = HOSTILE[name]
    path = excerpts.write("MCS2026_Commodities_Data.csv", data)
    with pytest.raises(BadInput, match=told) as refused:
        excerpts.take("usgs-mcs-2026", path)
    assert refused.value.line().startswith("MCS2026_Commodities_Data.csv")


def test_all_ragged_rows_are_told_at_once(excerpts) -> None:  # type: ignore[no-untyped-def]
    path = excerpts.write("m.csv", MCS_2026_HEADER + "\r\na,b\r\nc\r\n", "cp1252")
    with pytest.raises(BadInput) as refused:
        excerpts.take("usgs-mcs-2026", path)
    assert [line.split(":")[0] for line in refused.value.faults] == ["m.csv row 2", "m.csv row 3"]


def test_a_name_with_signs_of_a_pattern_is_a_name(excerpts) -> None:  # type: ignore[no-untyped-def]
    excerpts.write("a.csv", "neighbour")
    path = excerpts.write("[ab]*.csv", MCS_2025, "utf-8-sig")
    assert excerpts.take("usgs-mcs-2025", path).figures_in == 20
    with pytest.raises(BadInput, match="no such file"):
        excerpts.take("usgs-mcs-2025", path.with_name("[a]*.csv"))


def test_a_folder_in_place_of_a_file_is_refused(excerpts, tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BadInput, match="is no file"):
        excerpts.take("usgs-mcs-2026", tmp_path)


def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(excerpts, tmp_path) -> None:  # type: ignore[no-untyped-def]
    import os

    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for importer in ("usgs-mcs-2026", "usgs-myb-2022"):
        with pytest.raises(BadInput, match="is no file"):
            excerpts.take(importer, pipe)


def test_a_file_without_end_is_refused_at_its_cap(excerpts) -> None:  # type: ignore[no-untyped-def]
    path = excerpts.write("big.csv", b"x" * (33 << 20))
    with pytest.raises(BadInput, match=r"larger than 33,554,432 bytes"):
        excerpts.take("usgs-mcs-2026", path)


THREE = ("place", "year", "quantity")


def read(tmp_path: Path, data: str | bytes, *, encoding: str = "utf-8", in_order: bool = True) -> list[Line]:
    path = tmp_path / "f.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    return read_lines(path, encoding=encoding, header=THREE, in_order=in_order)


def refusal(tmp_path: Path, data: str | bytes, **how: str) -> BadInput:
    with pytest.raises(BadInput) as refused:
        read(tmp_path, data, **how)  # type: ignore[arg-type]
    return refused.value


def test_every_record_keeps_the_line_on_which_it_begins(tmp_path: Path) -> None:
    found = read(tmp_path, 'place,year,quantity\n Côte  d\'Ivoire ,2024,"5\n6"\nChina,,\n"a, b",2025,7')
    assert found == [
        Line(2, {"place": "Côte d'Ivoire", "year": "2024", "quantity": "5 6"}),
        Line(4, {"place": "China", "year": "", "quantity": ""}),
        Line(5, {"place": "a, b", "year": "2025", "quantity": "7"}),
    ]
    assert found[0]["year"] == "2024" and not hasattr(found[0], "__dict__")


def test_a_header_may_be_spaced_and_marked_and_stand_alone(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffplace , year,quantity\r\n") == []


def test_the_order_of_columns_is_free_only_where_a_service_makes_it_so(tmp_path: Path) -> None:
    turned = "year,quantity,place\n2024,5,China\n"
    assert read(tmp_path, turned, in_order=False) == [Line(2, {"year": "2024", "quantity": "5", "place": "China"})]
    assert read(tmp_path, "place,year,quantity\nx,1,2\n", in_order=False)[0]["place"] == "x"
    cure = "Expected the publisher's file as it is; a new layout needs a new reader."
    for data, how, told in (
        (turned, True, "the columns stand in another order"),
        ("year,place\n", False, "missing: quantity"),
        ("year,place,year\n", False, "missing: quantity"),
        ("place,year,amount,unit\n", True, "missing: quantity; not known: 'amount', 'unit'"),
        ("place,year,quantity,a,b,c,d,e,f,g\n", True, "not known: 'a', 'b', 'c', 'd', 'e', 'f'"),
    ):
        refused = refusal(tmp_path, data, in_order=how)  # type: ignore[arg-type]
        assert refused.line() == f"f.csv row 1: the header is not that of this publication ({told}). {cure}"


def test_a_header_that_lacks_much_names_its_first_six(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("x\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"missing: a, b, c, d, e, f; not known: 'x'\)"):
        read_lines(path, encoding="utf-8", header=tuple("abcdefgh"))
    path.write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match=r"^f\.csv: the file is empty\. Expected a header: a, b, c, d, …$"):
        read_lines(path, encoding="utf-8", header=tuple("abcdefgh"))


def test_all_faults_of_the_rows_come_together(tmp_path: Path) -> None:
    head = "place,year,quantity\n"
    one = "f.csv row 2: the row has 2 cells, the header 3. Quote cells that hold a comma."
    refused = refusal(tmp_path, head + "a,b\n")
    assert (refused.line(), refused.faults) == (one, (one,))
    refused = refusal(tmp_path, head + "a,b\nx,y\u200bz,\u202e\na,b,c,d\n")
    assert refused.faults == (
        one,
        "f.csv row 3, column year: 'y\\u200bz' holds a character that cannot be seen. Delete it.",
        "f.csv row 3, column quantity: '\\u202e' holds a character that cannot be seen. Delete it.",
        "f.csv row 4: the row has 4 cells, the header 3. Quote cells that hold a comma.",
    )
    assert refused.line() == f"{one} and 3 more"


def test_a_tab_or_line_break_in_a_cell_is_white_space_and_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path, 'place,year,quantity\n"a\tb\nc",é,1\n')[0]["place"] == "a b c"
    assert tidy("  a \u3000 b\n") == "a b" and tidy("") == ""


@pytest.mark.parametrize(
    ("data", "encoding", "told"),
    [
        (b"\xff\xfea\x00", "utf-8", "f row 1: the bytes are UTF-16."),
        (b"\xfe\xff\x00a", "cp1252", "f row 1: the bytes are UTF-16."),
        (b"\x00", "utf-8", "f row 1: a NUL byte: the file is cut or not text."),
        (b"a\nb\x00\n\n\x00", "utf-8", "f row 2: a NUL byte: the file is cut or not text."),
        (b"a\nb\nc\x00", "cp1252", "f row 3: a NUL byte: the file is cut or not text."),
        ("a\né".encode(), "cp1252", "f: the bytes are UTF-8."),
        (b"a\nb\n\xff\xe9,\n12", "utf-8", "f row 3: bytes ff e9 2c 0a are not utf-8."),
        (b"\xe9", "utf-8", "f row 1: bytes e9 are not utf-8."),
        (b"a\n\x81", "cp1252", "f row 2: bytes 81 are not cp1252."),
        (b"a\rb", "utf-8", "f row 1: a line ends in CR alone."),
        (b"a\r\nb\r\nc\rd", "utf-8", "f row 3: a line ends in CR alone."),
        (b"\r", "utf-8", "f row 1: a line ends in CR alone."),
        (b"a\r\nb\x83R\x83o\xd7", "cp1252", "f row 2: 'ƒ': signs that this publisher does not use."),
        (b"a\nb\n\x80 \x8a\x83", "cp1252", "f row 3: 'Šƒ': signs that this publisher does not use."),
    ],
)
def test_bytes_in_another_encoding_are_told_with_their_line(data: bytes, encoding: str, told: str) -> None:
    cure = f"Expected the publisher's own file, in {encoding}."
    with pytest.raises(BadInput) as refused:
        decoded(data, "f", encoding)
    ends = "End lines with LF or CR LF." if "CR alone" in told else cure
    assert refused.value.line() == f"{told} {ends}"


def test_what_an_english_editor_types_is_text() -> None:
    typed = "Côte d’Ivoire — “5–6” ½ ¼ ¾ ® © ° ± × µ · § ¶ ¢ £ € ™ ² ³ … • À ÿ ‘x’\t\xa0\r\n"
    assert decoded(typed.encode("cp1252"), "f", "cp1252") == typed
    assert decoded(b"plain", "f", "cp1252") == "plain"
    assert decoded("\ufeffé\r\n".encode(), "f", "utf-8-sig") == "é\r\n"
    assert decoded("ƒŠ日本".encode(), "f", "utf-8") == "ƒŠ日本"


def test_signs_that_are_not_used_are_shown_up_to_twelve() -> None:
    odd = "ŠŒŽšœžŸƒˆ˜†‡‰‹›"
    with pytest.raises(BadInput) as refused:
        decoded(("a" + odd).encode("cp1252"), "f", "cp1252")
    assert f"'{''.join(sorted(odd)[:12])}'" in refused.value.line() and refused.value.where == "f row 1"


def test_a_file_of_the_largest_size_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(b"12345")
    assert file_bytes(path, most=5) == b"12345"
    path.write_bytes(b"123456")
    with pytest.raises(BadInput, match="larger than 5 bytes"):
        file_bytes(path, most=5)
    path.write_bytes(b"12345")
    with pytest.raises(BadInput, match=r"^f\.csv: the file is larger than 4 bytes\. Is it the right file\?$"):
        file_bytes(path, most=4)
    with pytest.raises(BadInput, match=r"^none: the file cannot be read \(No such file or directory\)\. Check it\.$"):
        file_bytes(tmp_path / "none")
    assert MOST_BYTES == 33_554_432


def test_a_cell_of_the_most_characters_is_read_and_one_more_is_not() -> None:
    assert split("a\n" + "x" * MOST_IN_A_CELL, "f") == [(1, ["a"]), (2, ["x" * 20_000])]
    with pytest.raises(BadInput) as refused:
        split('a\n"b\nc"\n' + "x" * (MOST_IN_A_CELL + 1), "f")
    assert refused.value.line() == "f row 4: a cell has more than 20,000 characters. Is a quote missing?"


def test_a_row_that_cannot_be_split_is_told_where_it_begins() -> None:
    with pytest.raises(BadInput) as refused:
        split('a\n"b\nc"\nd,"e"f\n', "f")
    assert refused.value.where == "f row 4" and refused.value.cure == 'Quote as "a ""b"" c".'
    assert refused.value.what.startswith("the row cannot be split into cells (")
    assert split("", "f") == [] and split("\ufeffa,b\n\n", "f") == [(1, ["a", "b"]), (2, [])]
