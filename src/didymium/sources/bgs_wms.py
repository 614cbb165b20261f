"""BGS World Mineral Statistics: production by country since 1970, one CSV for each commodity."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from didymium.errors import BadInput
from didymium.sources.figures import Figure, Origin
from didymium.sources.text import read_lines

ORIGINS = (
    Origin(
        importer="bgs-wms",
        source_id="bgs-wms",
        body="BGS-WMS",
        vintage="2023",
        series="BGS",
        producer="British Geological Survey",
        title="World Mineral Statistics, series to 2023",
        version="service of 2025, years 1970 to 2023",
        published="2025",
        accessed="2026-11-22",
        url="https://www.bgs.ac.uk/mineralsuk/statistics/world-mineral-statistics/",
        citation="British Geological Survey, World Mineral Statistics data, production 1970 to 2023.",
        attribution="Contains British Geological Survey materials © UKRI.",
        licence="OGL v3.0",
        redistributable="yes",
        terms="bgs-wms.csv",
        layout="a file BGS_…_production.csv, or a folder of them",
    ),
)

_NAME = re.compile(r"BGS_\w+_production\.csv")
_HEADER = (
    "x",
    "y",
    "country_trans",
    "bgs_sub_commodity_trans",
    "sdmx_code",
    "country_iso2_code",
    "erml_group",
    "sdmx_translation",
    "country_iso3_code",
    "erml_commodity",
    "units",
    "pole_of_inaccessibility_longitude",
    "erml_sub_commodity",
    "concat_table_notes_code",
    "year",
    "pole_of_inaccessibility_latitude",
    "cgi_commodity_url",
    "yearbook_table_id",
    "quantity",
    "concat_table_notes_text",
    "yearbook_table_trans",
    "bgs_commodity_code",
    "quantity_in_book_style",
    "concat_figure_notes_code",
    "bgs_statistic_type_trans",
    "bgs_commodity_trans",
    "data_precision_description",
    "concat_figure_notes_text",
)
_YEAR = re.compile(r"(\d{4})-01-01 00:00:00")


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Every figure of the file, or of the files of the folder in the order of their names."""
    for file in files_of(path):
        yield from _read_file(file)


def files_of(path: Path) -> list[Path]:
    """The files to read; a CSV of another name is not passed over in silence."""
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv")
    other = [file.name for file in found if not _NAME.fullmatch(file.name)]
    if other or not found:
        what = (
            f"{other[0]} is no file of this publication." if other else "the folder holds no file BGS_…_production.csv."
        )
        raise BadInput(what, where=path.name, cure="Expected files such as BGS_cobalt_production.csv alone.")
    return found


def _read_file(path: Path) -> Iterator[Figure]:
    for line in read_lines(path, encoding="utf-8", header=_HEADER, in_order=False):
        year = _YEAR.fullmatch(line["year"])
        if not year:
            where = f"{path.name} row {line.number}, column year"
            raise BadInput(f"'{line['year'][:40]}' is not a year.", where=where, cure="Expected 2023-01-01 00:00:00.")
        # The quantity is blank or 0 where there is none; what the book prints, or the precision in words, says why.
        text = line["quantity"]
        if line["quantity_in_book_style"] in ("-----", "..."):
            text = line["quantity_in_book_style"]
        if line["data_precision_description"].startswith("Quantity is more than 0"):
            text = line["data_precision_description"]
        notes = line["concat_figure_notes_text"]
        words = [line["yearbook_table_trans"], line["bgs_commodity_trans"], line["bgs_sub_commodity_trans"]]
        yield Figure(
            series=" / ".join(word for word in words if word),
            unit=line["units"],
            place=line["country_trans"],
            period=year[1],
            text=text,
            file=path.name,
            line=line.number,
            column="quantity",
            flags=("estimated",) if "Estimates." in notes.split("|") else (),
            notes=notes.replace("|", " | "),
        )
