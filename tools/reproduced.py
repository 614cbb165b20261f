"""Rows of the table `reproduced`: published values, the figures they rest on, and what our formulas make of them.

Run `python -m tools.reproduced RAW`: RAW is the folder with the raw files. Beside this file stand the scores that
geopolrisk-py printed, with their parts (`geopolrisk_scores.json`), what the European Commission, JOGMEC and Eurostat
print (`published_cells.csv`), and the reasons of what does not match (`reproduced_reasons.csv`). Economic importance
is computed from the shipped shares of uses.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tools.commodity_rows import put

import didymium.data
from didymium.studies.reproduced import matches, recomputed

HERE = Path(__file__).parent
STUDY = "EU 2023"
Row = dict[str, Any]


def read(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    """Lines of a CSV file."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def number(text: str) -> float | None:
    """A printed amount; a dash is zero, a mark is no number."""
    text = text.strip()
    if text == "—":
        return 0.0
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def printed(value: float) -> str:
    """Shortest text that reads back as the same number."""
    return repr(float(value)).removesuffix(".0")


def bounds(text: str) -> tuple[str, str]:
    """Least and greatest share that prints as a percentage so; E is below zero."""
    if text == "E":
        return "", "0"
    if text[0] in "<>":
        bound = printed(float(text[1:]) / 100.0)
        return (bound, "") if text[0] == ">" else ("", bound)
    half = 0.5 / 10 ** len(text.partition(".")[2])
    return printed(round((float(text) - half) / 100.0, 9)), printed(round((float(text) + half) / 100.0, 9))


def cell(
    cell_id: str,
    publisher: str,
    subject: str,
    measure: str,
    place: str,
    year: int | str,
    text: str,
    limits: tuple[str, str],
    formula: str,
    inputs: str,
    source_id: str,
    locator: str,
) -> Row:
    """One row, without our value and its judgement."""
    return {
        "cell_id": cell_id,
        "publisher": publisher,
        "subject": subject,
        "measure": measure,
        "place": place,
        "year": str(year),
        "published_text": text,
        "published_low": limits[0],
        "published_high": limits[1],
        "formula": formula,
        "inputs": inputs,
        "source_id": source_id,
        "locator": locator,
    }


def name(*parts: object) -> str:
    """An id out of words."""
    kept = "".join(c if c.isalnum() else "-" for c in "-".join(str(part) for part in parts).lower())
    return "-".join(filter(None, kept.split("-")))


def survey_reliance(lines: list[dict[str, str]]) -> Iterator[Row]:
    """Net import reliance of the United States: apparent consumption less own output, over apparent consumption."""
    for want in read(HERE / "reliance_lines.csv"):
        mine = [x for x in lines if x["MCS chapter"] == want["chapter"] and x["Section"].startswith("Salient")]
        mine = [x for x in mine if not want["commodity"] or x["Commodity"] == want["commodity"]]
        for year in sorted({x["Year"] for x in mine}):
            of_year = {x["Statistics_detail"].strip(): x["Value"] for x in mine if x["Year"] == year}
            shown = [
                x["Value"].strip()
                for x in mine
                if x["Year"] == year
                and x["Statistics"] == "Net import reliance"
                and want["reliance"] in x["Statistics_detail"]
            ]
            need = number(of_year.get(want["need"], ""))
            by_own = bool(want["own"])
            parts = {
                side: [number(of_year.get(part, "")) for part in want[side].split("|")]
                for side in (("own",) if by_own else ("imports", "exports"))
            }
            if (
                len(shown) != 1
                or not need
                or any(None in side for side in parts.values())
                or not (shown[0][:1] in "E<>" or shown[0].isdigit())
            ):
                continue
            said = [f"{side}={'|'.join(printed(part or 0.0) for part in given)}" for side, given in parts.items()]
            inputs = ";".join([f"need={printed(need)}", *said])
            where = f"{want['chapter'].capitalize()}, salient statistics, {year}"
            yield cell(
                name("usgs-nir", want["subject"], year),
                "USGS",
                want["subject"],
                "net import reliance [%]",
                "USA",
                year,
                shown[0],
                bounds(shown[0]),
                "reliance_from_need" if by_own else "net_imports_over_use",
                inputs,
                "usgs-mcs2026",
                where,
            )


def survey_totals(lines: list[dict[str, str]]) -> Iterator[Row]:
    """World totals of the summaries against the sum of the countries printed, for the last full year."""
    groups: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for x in lines:
        if x["Section"].startswith("World") and x["Statistics"] == "Production" and x["Year"] == "2024":
            detail = x["Statistics_detail"].replace(": rounded", "").replace(", rounded", "").strip()
            groups.setdefault((x["MCS chapter"], x["Commodity"], detail), []).append(x)
    closed = {key for key, rows in groups.items() if any(x["Country"] == "World total" for x in rows)}
    for key in sorted(closed):
        chapter, commodity, detail = key
        rows = list(groups[key])
        for other, more in groups.items():  # a country counted by another measure stands under a narrower heading
            if other[:2] == key[:2] and other[2].startswith(f"{detail}:") and other not in closed:
                rows += more
        totals = [x for x in rows if x["Country"] == "World total"]
        parts = [number(x["Value"]) for x in rows if x["Country"] != "World total"]
        named = [x["Country"] for x in rows if x["Country"] != "World total"]
        total = number(totals[0]["Value"]) if len(totals) == 1 else None
        if total is None or None in parts or "Other countries" not in named:
            continue
        text = totals[0]["Value"].strip()
        digits = text.replace(",", "").rstrip("0") if "." not in text else text
        unit = (
            10.0 ** (len(text.replace(",", "")) - len(digits)) if "." not in text else 10.0 ** -len(text.split(".")[1])
        )
        limits = (printed(total - unit / 2.0), printed(total + unit / 2.0))
        kept = [part for part in parts if part]
        yield cell(
            name("usgs-world", chapter, commodity, detail),
            "USGS",
            f"{commodity}: {detail}",
            f"world total [{rows[0]['Unit'].strip()}]",
            "WLD",
            2024,
            text,
            limits,
            "sum",
            f"parts={'|'.join(printed(part or 0.0) for part in kept)}",
            "usgs-mcs2026",
            f"{chapter.capitalize()}, world table, 2024",
        )


def agency_shares(explorer: Mapping[str, Any]) -> Iterator[Row]:
    """Share of the three largest producers, and the largest one's, from the explorer's own country rows."""
    for mineral, stages in explorer["supply"].items():
        for stage, held in stages.items():
            for year, share in held["top3Share"].items():
                named = [
                    float(v[year])
                    for country, v in held["countries"].items()
                    if country != "Rest of world" and not country.startswith("Notes") and v.get(year) is not None
                ]
                text = f"{100 * share:.1f}"
                inputs = (
                    f"named={'|'.join(printed(value) for value in named)};count=3;whole={printed(held['total'][year])}"
                )
                yield cell(
                    name("iea-top3", mineral, stage, year),
                    "IEA",
                    f"{mineral}, {stage}",
                    "share of the three largest [%]",
                    "WLD",
                    year,
                    text,
                    bounds(text),
                    "top_share",
                    inputs,
                    "iea-cm-dataset-2025",
                    f"supply, {mineral}, {stage}, top 3 share, {year}",
                )


def library_scores(scores: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Scores and characterisation factors that geopolrisk-py prints for the data it carries."""
    codes = {"Japan": "JPN", "USA": "USA", "United States": "USA", "Germany": "DEU"}
    for one in scores:
        parts = {key: printed(one[key]) for key in ("hhi", "risky", "imports", "own")}
        inputs = ";".join(f"{key}={value}" for key, value in parts.items())
        where = f"gprs_calc([{one['year']}], ['{one['country']}'], ['{one['material']}'])"
        for measure, formula, value, more in (
            ("GeoPolRisk score", "geopolrisk", one["score"], ""),
            (
                "characterisation factor [kg Cu eq/kg]",
                "geopolrisk_cf",
                one["cf"],
                f";price={printed(one['price'])};copper=0.409412948",
            ),
        ):
            text = f"{value:.6g}"
            half = abs(value) * 5e-6
            yield cell(
                name(formula, one["material"], codes[one["country"]], one["year"]),
                "GeoPolRisk authors",
                one["material"],
                measure,
                codes[one["country"]],
                one["year"],
                text,
                (printed(value - half), printed(value + half)),
                formula,
                inputs + more,
                "geopolrisk-py",
                where,
            )


def importances() -> Iterator[Row]:
    """Economic importance of a material: the study's shares of uses and value added against the study's result."""
    ds = didymium.data.open()
    added = {row["industry"]: row["value_added"] for row in ds.rows("industries", series=STUDY)}
    texts = {
        (row["product"], row["indicator"]): row["value_text"]
        for row in ds.rows("published_indicators", series=STUDY)
        if row["indicator"] in ("economic_importance", "substitution_importance")
    }
    uses: dict[str, list[Mapping[str, Any]]] = {}
    for row in ds.rows("use_shares", series=STUDY):
        uses.setdefault(row["product"], []).append(row)
    seen: set[str] = set()
    for product, rows in sorted(uses.items()):
        material = rows[0]["locator"].partition(", ")[2]
        if material in seen:  # one line of the annex, two products of ours
            continue
        seen.add(material)
        named = [row for row in rows if row["industry"]]
        text = texts[product, "economic_importance"]
        inputs = {
            "share": [row["share"] for row in named],
            "value_added": [added[row["industry"]] for row in named],
            "substitution": [float(texts[product, "substitution_importance"])],
            "largest": [max(added.values())],
        }
        yield cell(
            name("eu-importance", material),
            "European Commission",
            material,
            "economic importance",
            "EU27",
            2023,
            text,
            (printed(round(float(text) - 0.05, 9)), printed(round(float(text) + 0.05, 9))),
            "economic_importance",
            ";".join(f"{key}={'|'.join(printed(value) for value in values)}" for key, values in inputs.items()),
            "ec-crm-2023-uses",
            f"annex 6 and results, {material}",
        )


def others() -> Iterator[Row]:
    """Values of the Commission, JOGMEC, Eurostat and the agency's report, as written down in `published_cells.csv`."""
    yield from read(HERE / "published_cells.csv")


def judged(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows with our value, and how they stand; reasons are written by people."""
    reasons = {line["cell_id"]: line["reason"] for line in read(HERE / "reproduced_reasons.csv")}
    for row in rows:
        typed = {key: (float(row[key]) if row[key] else None) for key in ("published_low", "published_high")}
        ours = recomputed(row)
        good = matches({**row, **typed})
        reason = "" if good else reasons.get(row["cell_id"], "")
        status = "matched" if good else "explained" if reason else "open"
        yield {**row, "ours": printed(float(f"{ours:.9g}")), "status": status, "reason": reason}


def rows_of(raw: Path) -> list[Row]:
    """All cells, without our values."""
    lines = read(raw / "usgs_mcs2026" / "MCS2026_Commodities_Data.csv", "cp1252")
    explorer = json.loads((raw / "iea_cm_dataset_2025" / "iea_cm_data_explorer_2025.json").read_text("utf-8"))
    scores = json.loads((HERE / "geopolrisk_scores.json").read_text("utf-8"))
    return [
        *survey_reliance(lines),
        *survey_totals(lines),
        *agency_shares(explorer),
        *library_scores(scores),
        *importances(),
        *others(),
    ]


def main(raw: Path) -> None:
    """Write the table anew."""
    put("reproduced", judged(rows_of(raw)), replace=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
