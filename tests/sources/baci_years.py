"""Small files in the form of CEPII's BACI archive, for tests of the reader, the store and the layer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

PLACES = {"CHN": 156, "JPN": 392, "USA": 842, "MYS": 458, "AUS": 36, "S19": 490, "DEU": 276}
CODES = ("010121", "250410", "280530", "284610", "284690", "850511")

Flow = tuple[str, str, str, str, str]
"""Exporter, importer, code, value, quantity: as they are written."""

FLOWS: tuple[Flow, ...] = (
    ("AUS", "MYS", "280530", "128057.000", "31210.000"),
    ("CHN", "JPN", "284690", "124000.500", "6010.250"),
    ("CHN", "USA", "284690", "30000.000", "NA"),
    ("CHN", "USA", "010121", "1.250", "0.003"),
    ("S19", "JPN", "284690", "2470.000", "0.911"),
    ("JPN", "S19", "284610", "17.100", "1.000"),
)


def write_year(
    folder: Path,
    flows: Iterable[Flow] = FLOWS,
    *,
    year: int = 2024,
    vintage: str = "202601",
    nomenclature: str = "HS92",
    head: str = "t,i,j,k,v,q",
    lines: Iterable[str] = (),
) -> Path:
    """A yearly file with the lists of codes beside it. `lines` are put after the flows as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    write_lists(folder, vintage=vintage, nomenclature=nomenclature)
    name = f"BACI_{nomenclature}_Y{year}_V{vintage}.csv"
    rows = [f"{year},{PLACES[i]},{PLACES[j]},{k},{v},{q}" for i, j, k, v, q in flows]
    path = folder / name
    path.write_text("\n".join([head, *rows, *lines]) + "\n", encoding="utf-8", newline="\n")
    return path


def write_lists(
    folder: Path, *, vintage: str = "202601", nomenclature: str = "HS92", codes: Iterable[str] = CODES
) -> None:
    """The lists of countries and products of a release."""
    countries = ["country_code,country_name,country_iso2,country_iso3"]
    countries += [f'{number},"{iso3}, so called",{iso3[:2]},{iso3}' for iso3, number in PLACES.items()]
    (folder / f"country_codes_V{vintage}.csv").write_text("\n".join(countries) + "\n", encoding="utf-8")
    products = ["code,description", *(f'{code},"Goods, {code}"' for code in codes)]
    (folder / f"product_codes_{nomenclature}_V{vintage}.csv").write_text("\n".join(products) + "\n", encoding="utf-8")
