"""Cells of the USGS: apparent consumption, net import reliance, and world totals of two editions of the summaries."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from openpyxl import load_workbook
from tools.printed_cells import HERE, Printed, Row, around, cell, figure, name, percentage, read

Line = Mapping[str, str]
Year = dict[str, Printed]

KINDS = {"Production": "world total", "Capacity": "world capacity", "Reserves": "world reserves"}
STOCKS_END = 2023
"""From this year the definitions leave out changes of government stocks."""
EXCLUDED = ("excludes u.s. production", "does not include production in the united states")
"""What a world total says that leaves out a withheld output of the United States."""


def by_chapter(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """Salient statistics of the United States, by chapter."""
    chapters: dict[str, list[Line]] = {}
    for x in lines:
        if x["Section"].startswith("Salient"):
            chapters.setdefault(x["MCS chapter"], []).append(x)
    return chapters


def salient(lines: Sequence[Line], want: Line) -> dict[int, Year]:
    """Figures of a commodity by year and label. A label that stands twice in a year is left out."""
    years: dict[int, Year] = {}
    twice: set[tuple[int, str]] = set()
    for x in lines:
        if want["commodity"] and x["Commodity"] != want["commodity"]:
            continue
        label, year = x["Statistics_detail"].strip(), int(x["Year"])
        said = figure(x["Value"], x["Notes"], x["Unit"])
        if label in years.setdefault(year, {}):
            twice.add((year, label))
        elif said is not None:
            years[year][label] = said
    for year, label in twice:
        years[year].pop(label, None)
    return years


def flows(want: Line, years: Mapping[int, Year], year: int, sides: Sequence[str]) -> dict[str, list[Printed]] | None:
    """The figures of a definition in a year, stocks at both ends of it among them; none where one is missing."""
    named: dict[str, list[Printed | None]] = {}
    for side in sides:
        named[side] = [years[year].get(label) for label in filter(None, want[side].split("|"))] or [Printed(0.0)]
    if want["stocks"]:
        for side, when in (("before", year - 1), ("after", year)):
            named[side] = [years.get(when, {}).get(label) for label in want["stocks"].split("|")]
    if want["government"] and year < STOCKS_END:
        named["released"] = [years[year].get(label) for label in want["government"].split("|")]
    if any(one is None for side in named.values() for one in side):
        return None
    return {side: [one for one in found if one is not None] for side, found in named.items()}


def _where(want: Line, year: int) -> str:
    return f"{want['chapter'].capitalize()}, salient statistics, {year}"


def apparent_uses(lines: Sequence[Line]) -> Iterator[Row]:
    """Apparent consumption of the United States by its printed definition, where all that it counts is printed."""
    chapters = by_chapter(lines)
    for want in read(HERE / "use_lines.csv"):
        chapter = chapters[want["chapter"]]
        years = salient(chapter, want)
        for year in sorted(years):
            counted = flows(want, years, year, ("own", "imports", "exports"))
            need = years[year].get(want["need"])
            if counted is None or need is None:
                continue
            text = _text(chapter, want, want["need"], year)
            yield cell(
                name("usgs-use", want["subject"], year),
                "USGS",
                want["subject"],
                "apparent consumption",
                "USA",
                year,
                text,
                around(need),
                "use_from_flows",
                counted,
                "usgs-mcs2026",
                _where(want, year),
            )


def reliances(lines: Sequence[Line]) -> Iterator[Row]:
    """Net import reliance of the United States over printed consumption.

    By the printed definition (imports less exports, and what came from stocks) where all that it counts is printed,
    else what own output leaves of consumption.
    """
    chapters = by_chapter(lines)
    for want in read(HERE / "reliance_lines.csv"):
        chapter = chapters[want["chapter"]]
        years = salient(chapter, want)
        for year in sorted(years):
            need, text = years[year].get(want["need"]), _text(chapter, want, want["reliance"], year, within=True)
            if need is None or need.value == 0.0 or not (text[:1] in tuple("E<>") or text.isdigit()):
                continue
            counted = flows(want, years, year, ("imports", "exports")) if want["imports"] else None
            formula = "net_imports_over_use"
            if counted is None:
                own = [years[year].get(label) for label in filter(None, want["own"].split("|"))]
                counted = {"own": [one for one in own if one is not None]}
                formula = "reliance_from_need"
                if not own or None in own:
                    continue
            yield cell(
                name("usgs-nir", want["subject"], year),
                "USGS",
                want["subject"],
                "net import reliance [%]",
                "USA",
                year,
                text,
                percentage(text),
                formula,
                {"need": [need], **counted},
                "usgs-mcs2026",
                _where(want, year),
            )


def _text(lines: Iterable[Line], want: Line, label: str, year: int, *, within: bool = False) -> str:
    """What stands beside a label in a year; for a reliance, beside the label that holds it. Nothing if not just one."""
    found = [
        x["Value"].strip()
        for x in lines
        if (not want["commodity"] or x["Commodity"] == want["commodity"])
        and x["Year"] == str(year)
        and (
            (x["Statistics"] == "Net import reliance" and label in x["Statistics_detail"])
            if within
            else x["Statistics_detail"].strip() == label
        )
    ]
    return found[0] if len(found) == 1 else ""


def world_totals(lines: Sequence[Line]) -> Iterator[Row]:
    """World totals of the summaries of 2026 against the sum of what is listed: output, capacity, reserves."""
    groups: dict[tuple[str, str, str, str, str], list[Line]] = {}
    for x in lines:
        if x["Section"].startswith("World") and x["Statistics"] in KINDS:
            detail = x["Statistics_detail"].replace(": rounded", "").replace(", rounded", "").strip()
            key = (x["MCS chapter"], x["Commodity"], x["Statistics"], x["Year"], detail)
            groups.setdefault(key, []).append(x)
    closed = {key for key, rows in groups.items() if any(x["Country"] == "World total" for x in rows)}
    for key in sorted(closed):
        chapter, commodity, statistic, year, detail = key
        rows = list(groups[key])
        for other, more in groups.items():  # a country counted by another measure stands under a narrower heading
            if other[:4] == key[:4] and other[4].startswith(f"{detail}:") and other not in closed:
                rows += more
        totals = [x for x in rows if x["Country"] == "World total"]
        listed = [x for x in rows if x["Country"] != "World total"]
        if len(totals) != 1 or not listed:
            continue
        parts = [(x["Country"], figure(x["Value"], x["Notes"], x["Unit"]), x["Value"].strip()) for x in listed]
        made = _total(figure(totals[0]["Value"], totals[0]["Notes"], totals[0]["Unit"]), totals[0]["Notes"], parts)
        if made is None:
            continue
        total, kept = made
        kind = KINDS[statistic]
        yield cell(
            name("usgs-world", chapter, commodity, detail, year),
            "USGS",
            f"{commodity}: {detail}",
            f"{kind} [{rows[0]['Unit'].strip()}]",
            "WLD",
            year,
            totals[0]["Value"].strip(),
            around(total),
            "sum",
            {"parts": kept},
            "usgs-mcs2026",
            f"{chapter.capitalize()}, world table, {year}",
        )


def _total(
    total: Printed | None, notes: str, parts: Iterable[tuple[str, Printed | None, str]]
) -> tuple[Printed, list[Printed]] | None:
    """A total and the figures that it counts; none where one of them is no number.

    Output of the United States that is withheld is left out where the total says that it does not count it.
    """
    kept = []
    for country, said, text in parts:
        if said is None and country.startswith("United States") and text == "W" and _leaves_out(notes):
            continue
        if said is None:
            return None
        kept.append(said)
    return (total, [one for one in kept if one.value] or [Printed(0.0)]) if total and kept else None


def _leaves_out(notes: str) -> bool:
    return any(words in notes.lower() for words in EXCLUDED)


EARLIER = (
    ("PROD_2023", 2023, "PROD_NOTES", "Production"),
    ("PROD_EST_ 2024", 2024, "PROD_NOTES", "Production"),
    ("CAP_2023", 2023, "CAP_NOTES", "Capacity"),
    ("CAP_EST_ 2024", 2024, "CAP_NOTES", "Capacity"),
    ("RESERVES_2024", 2024, "RESERVE_NOTES", "Reserves"),
)
"""Columns of the release of 2025: figure, year, remarks, and what it counts."""
JOINED = {"Talc and Pyrophyllite": "Talc, crude"}
"""Commodities that share one table in the release of 2025: the United States stand under another name."""


def earlier_totals(lines: Sequence[Line]) -> Iterator[Row]:
    """World totals of the summaries of 2025: a total closes the rows above it, or the totals above it."""
    for column, year, remarks, statistic in EARLIER:
        above: list[Line] = []
        sums: list[Line] = []
        material = ""
        for x in lines:
            if JOINED.get(named := x["COMMODITY"].strip(), named) != material:
                above, sums, material = [], [], JOINED.get(named, named)
            if not x["COUNTRY"].startswith("World total"):
                above.append(x)
                continue
            counted = above or (sums if len(sums) > 1 else [])
            parts = [(one["COUNTRY"], figure(_plain(one[column])), one[column].strip()) for one in counted]
            made = _total(figure(_plain(x[column])), x[remarks], parts)
            above, sums = [], [*sums, x]
            if made is None:
                continue
            total, kept = made
            kind = KINDS[statistic]
            yield cell(
                name("usgs-2025", material, x["COUNTRY"].removeprefix("World total"), x["TYPE"], kind, year),
                "USGS",
                f"{material}: {x['TYPE'].strip()}",
                f"{kind} [{x['UNIT_MEAS'].strip()}]",
                "WLD",
                year,
                x[column].strip(),
                around(total),
                "sum",
                {"parts": kept},
                "usgs-mcs2025",
                f"{material}, world table, {column}",
            )


def _plain(text: str) -> str:
    return "" if text.strip() in ("", "NA", "W") else text


def yearbook_totals(path: Path) -> Iterator[Row]:
    """World mine production of rare earths in the yearbook for 2022, five years (table 8)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a print area that openpyxl cannot read
        book = load_workbook(path, data_only=True)
    rows = [row for row in book["T8"].iter_rows(values_only=True) if row[0]]
    head = next(row for row in rows if str(row[0]).startswith("Country or locality"))
    places = rows[rows.index(head) + 1 : next(k for k, row in enumerate(rows) if row[0] == "Total")]
    total = rows[rows.index(head) + 1 + len(places)]
    for column, year in ((k, y) for k, y in enumerate(head) if isinstance(y, int)):
        listed = [figure("—" if row[column] == "--" else str(row[column])) for row in places]
        said = figure(str(total[column]))
        if said is None or None in listed:
            continue
        yield cell(
            name("usgs-yearbook-rare-earths", year),
            "USGS",
            "Rare earths: mine production",
            "world total [metric tons of oxide]",
            "WLD",
            year,
            f"{total[column]:,}",
            around(said),
            "sum",
            {"parts": [one for one in listed if one is not None and one.value]},
            "usgs-myb2022-rare-earths",
            f"table 8, {year}",
        )
