"""From a kept year of bilateral trade to rows of table `trade`: a layer that the model can use.

Only codes that table `terms_hs` reads are taken, each as its one product; a basket keeps its own name. Places are
read by `places` and `terms_places`. Where the shipped rows read a flow as another product (concentrate that is
declared as metal), the layer reads it so too. Rows that the shipped table has beside it, residuals and flows that a
later release dropped, are set to zero, so that nothing is counted twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from didymium.data.dataset import Dataset, Row
from didymium.data.trade_store import TradeRows, TradeStore, YearKept
from didymium.errors import BadInput, NotFound, UnknownTerm
from didymium.schema import TABLES
from didymium.schema.flows import Edition
from didymium.schema.writing import table_csv


@dataclass(frozen=True, slots=True)
class OpenYears:
    """A flow that a rule reads as another product from `first` to `last`; `years` were asked and are not covered."""

    rule_id: str
    hs6_code: str
    exporter: str
    importer: str
    product: str
    first: int
    last: int
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TradeLayer:
    """Rows for the folder of a layer by table; flows of a place with itself, left out; rules that end too early."""

    tables: Mapping[str, Sequence[Row]]
    own_flows: int
    open_years: tuple[OpenYears, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the shipped rows of a product and year compare with an edition of the store.

    `listed` shipped flows, `agree` of them within the rounding of the shipped figures (five digits), `differ` by
    more, `missing` that the edition has not. `unlisted` flows of the edition that are not shipped one by one; their
    tonnes beside those of the shipped residual row. `total_share` is the edition's world total over the shipped one.
    """

    product: str
    hs6_code: str
    year: int
    listed: int
    agree: int
    differ: int
    missing: int
    largest_difference_share: float
    unlisted: int
    unlisted_t: float
    residual_t: float | None
    total_share: float | None


def readings(ds: Dataset, edition: Edition) -> dict[str, Row]:
    """Rows of `terms_hs` for the codes that the edition has, by code. NotFound when its nomenclature is not read."""
    rows = ds.rows("terms_hs", nomenclature=edition.nomenclature)
    if not rows:
        known = sorted({str(row["nomenclature"]) for row in ds.rows("terms_hs")})
        raise NotFound(
            f"no code of {edition.nomenclature} is read as a product.",
            where="table terms_hs",
            cure=f"Read are: {', '.join(known)}. Add rows in a layer.",
        )
    held = set(edition.products)
    return {str(row["hs_code"]): row for row in rows if row["hs_code"] in held}


def places_of(ds: Dataset, edition: Edition, labels: Sequence[str], used: Iterable[int]) -> dict[int, str]:
    """Our place for each position that is used; BadInput with the whole list of those that nobody has read."""
    known = {str(row["place"]) for row in ds.rows("places")}
    terms = {str(row["term"]): str(row["place"]) for row in ds.rows("terms_places", source_table="trade")}
    found, strange = {}, []
    for position in sorted(set(used)):
        place = edition.places[position]
        for word in (labels[position], place.iso3):
            if word in terms or word in known:
                found[position] = terms.get(word, word)
                break
        else:
            strange.append(f"{labels[position]} ({place.name})")
    if strange:
        raise BadInput(
            f"places that are not known: {', '.join(strange)}.",
            where=edition.id,
            cure="Read them in a layer: terms_places.csv with source_table trade.",
            faults=strange,
        )
    return found


def place_words(ds: Dataset, store: TradeStore, edition: Edition, place: str) -> tuple[str, ...]:
    """The edition's words for one of our places, for a question to the store: TWN is S19 in BACI."""
    labels = store.labels(edition)
    words = {str(row["term"]) for row in ds.rows("terms_places", source_table="trade", place=place)}
    found = tuple(label for label, p in zip(labels, edition.places, strict=True) if {label, p.iso3} & {place, *words})
    if not found:
        raise UnknownTerm("place", place, labels, where=edition.id)
    return found


def trade_layer(ds: Dataset, store: TradeStore, years: Sequence[int], *, edition: str | None = None) -> TradeLayer:
    """Rows of `trade` and `sources` for the years of an edition."""
    chosen = store.edition(edition, years)
    terms = readings(ds, chosen)
    kept = {entry.year: entry for entry in store.kept() if entry.edition == chosen.id}
    rows: list[Row] = []
    own_flows = 0
    found = store.flows(sorted(terms), years=years, edition=chosen.id)
    places = places_of(ds, chosen, found.labels, [*found.exporter.tolist(), *found.importer.tolist()])
    series = f"BACI-{chosen.nomenclature}"
    source = f"{chosen.id}"
    shipped = ds.rows("trade", series=series, hs_nomenclature=chosen.nomenclature)
    reread = {_flow(row): row for row in shipped if row["product_as_given"] is not None}
    for (code, year, exporter, importer), (value, quantity) in _summed(found, places).items():
        if exporter == importer:
            own_flows += 1
            continue
        row = _row(terms[code], year, exporter, importer, value, quantity, series, source)
        other = reread.get((exporter, importer, code, year))
        if other is not None:
            row |= {
                name: other[name]
                for name in (
                    "product",
                    "product_as_given",
                    "rule_id",
                    "value_status",
                    "confidence",
                    "basis",
                    "mass_basis",
                )
            }
        rows.append(row)
    rows += _totals(rows, series, source)
    ours = {_key(row) for row in rows}
    for row in shipped:
        if row["year"] in kept and row["year"] in years and row["hs_code"] in terms and _key(row) not in ours:
            dropped = "all flows are listed" if row["flow_basis"] == "residual" else f"not in {chosen.id}"
            if row["flow_basis"] in ("residual", "reconciled"):
                rows.append(
                    {
                        **{name: row[name] for name in TABLES["trade"].column_names},
                        "quantity": 0.0,
                        "value_usd": 0.0,
                        "value_status": "none_reported",
                        "source_id": source,
                        "locator": None,
                        "basis": dropped,
                    }
                )
    rows.sort(key=lambda row: tuple(str(row[part] or "") for part in TABLES["trade"].key))
    sources = [_source(chosen, [kept[year] for year in sorted(years)])]
    return TradeLayer({"trade": rows, "sources": sources}, own_flows, _open_years(reread, years))


def _summed(found: TradeRows, places: Mapping[int, str]) -> dict[tuple[str, int, str, str], tuple[float, float | None]]:
    """Value [thousand USD] and tonnes by code, year and our places; a sum with an unknown part is unknown."""
    sums: dict[tuple[str, int, str, str], tuple[float, float | None]] = {}
    codes = found.edition.products
    columns = (found.product, found.year, found.exporter, found.importer, found.value_kusd, found.quantity_t)
    for k, t, i, j, v, q in zip(*(column.tolist() for column in columns), strict=True):
        key = (codes[k], t, places[i], places[j])
        value, quantity = sums.get(key, (0.0, 0.0))
        sums[key] = (value + v, None if quantity is None or q != q else quantity + q)
    return sums


def _flow(row: Mapping[str, Any]) -> tuple[str, str, str, int]:
    return str(row["exporter"]), str(row["importer"]), str(row["hs_code"]), int(row["year"])


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[part] for part in TABLES["trade"].key)


def _open_years(reread: Mapping[tuple[str, str, str, int], Row], years: Sequence[int]) -> tuple[OpenYears, ...]:
    """What is read as another product in some years and not in others: the user must know."""
    spans: dict[tuple[str, str, str, str, str], set[int]] = {}
    for (exporter, importer, code, year), row in reread.items():
        key = (str(row["rule_id"]), code, exporter, importer, str(row["product"]))
        spans.setdefault(key, set()).add(year)
    return tuple(
        OpenYears(*key, min(covered), max(covered), left)
        for key, covered in sorted(spans.items())
        if (left := tuple(sorted(set(years) - covered)))
    )


def _row(
    term: Row, year: int, exporter: str, importer: str, kusd: float, quantity: float | None, series: str, source: str
) -> Row:
    return {
        "exporter": exporter,
        "importer": importer,
        "product": term["product"],
        "hs_code": term["hs_code"],
        "hs_nomenclature": term["nomenclature"],
        "year": year,
        "period": str(year),
        "period_kind": "year",
        "flow_basis": "reconciled",
        "series": series,
        "quantity": None if quantity is None else _tidy(quantity),
        "unit": "t",
        "mass_basis": term["mass_basis"],
        "value_usd": _tidy(kusd * 1000),
        "is_total": False,
        "preferred": True,
        "value_status": "reported",
        "source_id": source,
        "locator": None,
        "confidence": "high",
        "basis": "CEPII BACI reconciled flow" + ("" if quantity is not None else "; the source has no quantity"),
        "product_as_given": None,
        "rule_id": None,
    }


def _tidy(value: float) -> float:
    return float(f"{value:.12g}")


def _totals(rows: Sequence[Row], series: str, source: str) -> list[Row]:
    """World totals by code as declared, a flow that is read as another product included."""
    sums: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        sums.setdefault((str(row["hs_code"]), int(row["year"])), []).append(row)
    totals = []
    for (_, year), parts in sorted(sums.items()):
        plain = next((part for part in parts if part["product_as_given"] is None), parts[0])
        quantities = [part["quantity"] for part in parts if part["quantity"] is not None]
        blank = len(parts) - len(quantities)
        totals.append(
            {
                **plain,
                "exporter": "WLD",
                "importer": "WLD",
                "flow_basis": "world total",
                "quantity": _tidy(sum(quantities)),
                "value_usd": _tidy(sum(part["value_usd"] for part in parts)),
                "is_total": True,
                # As declared: where a flow is read as another product, the shipped total without it stays in use.
                "preferred": all(part["product_as_given"] is None for part in parts),
                "basis": f"sum of all {len(parts)} BACI flows of {year}"
                + (f"; {blank} without quantity" if blank else ""),
            }
        )
    return totals


def _source(edition: Edition, years: Sequence[YearKept]) -> Row:
    files = ", ".join(f"{entry.raw_file} (sha256 {entry.raw_sha256[:12]})" for entry in years)
    return {
        "source_id": edition.id,
        "title": f"BACI, {edition.nomenclature}, release {edition.vintage}",
        "producer": "CEPII",
        "url": "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
        "published_date": f"{edition.vintage[:4]}-{edition.vintage[4:6]}",
        "accessed_date": None,
        "licence": "Etalab 2.0",
        "kind": "research",
        "notes": f"Imported from {files}",
    }


def agreement(ds: Dataset, store: TradeStore, years: Sequence[int], *, edition: str | None = None) -> list[Agreement]:
    """The shipped BACI rows beside an edition of the store, by product and year."""
    chosen = store.edition(edition, years)
    terms = readings(ds, chosen)
    found = store.flows(sorted(terms), years=years, edition=chosen.id)
    places = places_of(ds, chosen, found.labels, [*found.exporter.tolist(), *found.importer.tolist()])
    sums = _summed(found, places)
    shipped: dict[tuple[str, int], list[Row]] = {}
    for row in ds.rows("trade", series=f"BACI-{chosen.nomenclature}", hs_nomenclature=chosen.nomenclature):
        if row["year"] in years and row["hs_code"] in terms:
            shipped.setdefault((str(row["hs_code"]), int(row["year"])), []).append(row)
    told = []
    for (code, year), rows in sorted(shipped.items()):
        flows = [row for row in rows if row["flow_basis"] == "reconciled"]
        gaps = []
        missing = 0
        for row in flows:
            value = sums.get((code, year, str(row["exporter"]), str(row["importer"])))
            if value is None:
                missing += 1
                continue
            pairs: list[tuple[float | None, float | None]] = [(row["value_usd"], value[0] * 1000)]
            if value[1] is not None or row["quantity"] is not None:
                pairs.append((row["quantity"], value[1]))
            gaps.append(max(_gap(one, other) for one, other in pairs))
        listed = {_flow(row) for row in flows}
        rest = [v for (c, y, i, j), v in sums.items() if c == code and y == year and (i, j, c, y) not in listed]
        world = [v for (c, y, _, _), v in sums.items() if c == code and y == year]
        total = next((row for row in rows if row["flow_basis"] == "world total"), None)
        residual = next((row for row in rows if row["flow_basis"] == "residual"), None)
        tonnes = sum(v[1] or 0.0 for v in world)
        agree = sum(gap <= _ROUNDING for gap in gaps)
        told.append(
            Agreement(
                str(terms[code]["product"]),
                code,
                year,
                len(flows),
                agree,
                len(gaps) - agree,
                missing,
                max(gaps, default=0.0),
                len(rest),
                sum(v[1] or 0.0 for v in rest),
                None if residual is None else residual["quantity"],
                None if total is None or not total["quantity"] else tonnes / total["quantity"],
            )
        )
    return told


_ROUNDING = 6e-5
"""The shipped figures have five significant digits, and small ones are rounded to the tonne."""


def _gap(one: float | None, other: float | None) -> float:
    """Difference as a share of the larger; an unknown against a number is a whole difference."""
    if one is None or other is None:
        return 0.0 if one is None and other is None else 1.0
    largest = max(abs(one), abs(other))
    return abs(one - other) / largest if largest else 0.0


def layer_files(layer: TradeLayer) -> dict[str, bytes]:
    """The CSV files of the layer's folder by name: columns in the declared order, UTF-8, LF."""
    return {f"{name}.csv": table_csv(TABLES[name], rows) for name, rows in layer.tables.items()}
