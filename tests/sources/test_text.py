"""A file that is not the publisher's own, whole and in its own encoding, is refused with its line."""

from __future__ import annotations

import pytest
from publisher_files import MCS_2025, MCS_2026, MCS_2026_HEADER

from didymium.errors import BadInput

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
