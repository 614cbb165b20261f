"""USGS Mineral Commodity Summaries: the data releases of 2025 (world tables) and 2026 (all tables).

The release of 2026 is a long table in Windows-1252: one figure a row. That of 2025 is a wide one in UTF-8 with years as
columns, where a mark such as W stands among the notes while its cell is blank.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from didymium.sources.figures import Figure, Origin
from didymium.sources.text import Line, read_lines

_BODY = "USGS-MCS"
_PRODUCER = "U.S. Geological Survey"
_LICENCE = "US public domain"
_ATTRIBUTION = "Data: U.S. Geological Survey, Mineral Commodity Summaries (public domain)."

MCS_2026 = Origin(
    importer="usgs-mcs-2026",
    source_id="usgs-mcs2026",
    body=_BODY,
    vintage="2026",
    series="USGS",
    producer=_PRODUCER,
    title="Mineral Commodity Summaries 2026, data release",
    version="1.0",
    published="2026-02-06",
    accessed="2026-11-22",
    url="https://doi.org/10.5066/P1WKQ63T",
    citation="U.S. Geological Survey, 2026, Mineral Commodity Summaries 2026 data release. doi:10.5066/P1WKQ63T",
    attribution=_ATTRIBUTION,
    licence=_LICENCE,
    redistributable="yes",
    terms="usgs-mcs-2026.csv",
    layout="the file MCS2026_Commodities_Data.csv",
)

MCS_2025 = Origin(
    importer="usgs-mcs-2025",
    source_id="usgs-mcs2025",
    body=_BODY,
    vintage="2025",
    # The tables that the model reads hold the latest edition for each year as series USGS: an older edition stands
    # beside it and never in its place.
    series="USGS 2025 edition",
    producer=_PRODUCER,
    title="Mineral Commodity Summaries 2025, world data release",
    version="1.0",
    published="2025-01-31",
    accessed="2026-11-22",
    url="https://doi.org/10.5066/P13XCP3R",
    citation="U.S. Geological Survey, 2025, Mineral Commodity Summaries 2025 data release. doi:10.5066/P13XCP3R",
    attribution=_ATTRIBUTION,
    licence=_LICENCE,
    redistributable="yes",
    terms="usgs-mcs-2025.csv",
    layout="the file MCS2025_World_Data.csv",
)

ORIGINS = (MCS_2025, MCS_2026)

_HEADER_2026 = (
    "MCS chapter",
    "Section",
    "Commodity",
    "Country",
    "Statistics",
    "Statistics_detail",
    "Unit",
    "Year",
    "Value",
    "Notes",
    "Is critical mineral 2025",
    "Other notes",
)
_HEADER_2025 = (
    "SOURCE",
    "COMMODITY",
    "COUNTRY",
    "TYPE",
    "UNIT_MEAS",
    "PROD_2023",
    "PROD_EST_ 2024",
    "PROD_NOTES",
    "CAP_2023",
    "CAP_EST_ 2024",
    "CAP_NOTES",
    "RESERVES_2024",
    "RESERVE_NOTES",
)
_SECTIONS = {"Salient Statistics—United States": "United States", "Import Sources": "Import sources"}
_ROUNDED = re.compile(r"[:,] rounded$")


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Every figure of the edition."""
    return _read_2026(path) if origin.vintage == "2026" else _read_2025(path)


def _read_2026(path: Path) -> Iterator[Figure]:
    for line in read_lines(path, encoding="cp1252", header=_HEADER_2026):
        detail = line["Statistics_detail"]
        flags = []
        if _ROUNDED.search(detail):
            flags.append("rounded")
        if line["Notes"].startswith("Estimated"):
            flags.append("estimated")
        section = line["Section"]
        part = _SECTIONS.get(section, "World" if section.startswith("World") else section)
        is_source = part == "Import sources"
        yield Figure(
            series=" / ".join((line["MCS chapter"], part, line["Commodity"], _ROUNDED.sub("", detail))),
            unit=line["Unit"],
            place="United States" if is_source else line["Country"],
            partner=line["Country"] if is_source else "",
            period=re.sub(r"^(\d\d)(\d\d)–(\d\d)$", r"\1\2/\1\3", line["Year"]),
            text=line["Value"],
            file=path.name,
            line=line.number,
            column="Value",
            flags=tuple(flags),
            notes=line["Notes"],
        )


# The year that a note speaks of, where it is not all of them.
_REMARKS = frozenset(("estimated", "Gross weight for reserves data"))
_NOTE = re.compile(r"(?P<text>.+?) for (?P<years>20\d\d|23-24)", re.IGNORECASE)


def _read_2025(path: Path) -> Iterator[Figure]:
    for line in read_lines(path, encoding="utf-8-sig", header=_HEADER_2025):
        for column, year, notes, name in (
            ("PROD_2023", "2023", "PROD_NOTES", "production"),
            ("PROD_EST_ 2024", "2024", "PROD_NOTES", "production"),
            ("CAP_2023", "2023", "CAP_NOTES", "capacity"),
            ("CAP_EST_ 2024", "2024", "CAP_NOTES", "capacity"),
            ("RESERVES_2024", "2024", "RESERVE_NOTES", "reserves"),
        ):
            yield _cell_2025(path.name, line, column, year, line[notes], name)


def _cell_2025(file: str, line: Line, column: str, year: str, note: str, name: str) -> Figure:
    """One cell of the wide table. A blank one takes its mark from the note beside it."""
    text, flags = line[column], []
    told = note.rstrip(".")
    if not text and told:
        found = _NOTE.fullmatch(told)
        about = found["years"] if found else year
        short = found["text"] if found else told
        # A long note is a sentence about the row; a short one beside a blank cell says why it is blank.
        if len(short) <= 40 and about in (year, "23-24") and told not in _REMARKS:
            text = short
    for_all = name != "reserves" and (column.endswith("EST_ 2024") or line["TYPE"].endswith("estimated"))
    if (for_all or told.lower().startswith("estimated")) and told.lower() not in ("reported", "reproted"):
        flags.append("estimated")
    return Figure(
        series=" / ".join((line["COMMODITY"], line["TYPE"], name)),
        unit=line["UNIT_MEAS"],
        place=line["COUNTRY"],
        period=year,
        text=text,
        file=file,
        line=line.number,
        column=column,
        flags=tuple(flags),
        notes=note,
    )
