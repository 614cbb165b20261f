"""IEA Critical Minerals Dataset (Data Explorer), as the JSON conversion of its workbook.

Supply by country: the observed year and the base case of the pipeline of projects. Demand by sector and scenario, for
the world. All in thousand tonnes. What the conversion made of the footnotes, countries without figures, goes to the
notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.sources.figures import Figure, Origin
from didymium.sources.json_text import Written, is_object, read_json
from didymium.sources.text import tidy

ORIGIN = Origin(
    importer="iea-cm-2025",
    source_id="iea-cm-dataset-2025",
    body="IEA-CM",
    vintage="2025",
    series="IEA",
    producer="International Energy Agency",
    title="Critical Minerals Dataset / Data Explorer, May 2025 edition (JSON conversion)",
    version="May 2025: observed 2024, supply to 2040, demand to 2050",
    published="2025-05",
    accessed="2026-11-22",
    url="https://www.iea.org/data-and-statistics/data-product/critical-minerals-dataset",
    citation="IEA (2025), Critical Minerals Dataset, May 2025 edition. International Energy Agency, Paris.",
    attribution="Source: IEA (2025), Critical Minerals Dataset; read through a JSON conversion that states CC BY 4.0.",
    licence="CC BY 4.0, as stated by the copy read; ask the publisher before passing it on",
    redistributable="ask",
    terms="iea-cm-2025.csv",
    layout="the file iea_cm_data_explorer_2025.json",
)
ORIGINS = (ORIGIN,)

OBSERVED = "2024"
SCENARIOS = ("STEPS", "APS", "NZE")
_MASS, _SHARE = "thousand tonnes", "share"
_SHARES = ("top3Share", "cleanShare")
_LONGEST_PLACE = 60
_SECTIONS = ("source", "totalDemand", "supply", "cleantechByTech", "cleantechByMineral", "byTechnology")


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Every figure of the edition, in the order of the file."""
    whole = is_object(read_json(path), path.name, "an object with supply and totalDemand")
    unknown = [name for name in whole if name not in _SECTIONS]
    missing = [name for name in ("totalDemand", "supply") if name not in whole]
    if unknown or missing:
        told = "; ".join(
            f"{what}: {', '.join(visible(name) for name in names[:6])}"
            for what, names in (("not known", unknown), ("missing", missing))
            if names
        )
        raise BadInput(
            f"the sections are not those of this edition ({told}).",
            where=path.name,
            cure="A new layout needs a new reader.",
        )
    for name in ("supply", *(section for section in _SECTIONS[1:] if section in whole and section != "supply")):
        section = is_object(whole[name], f"{path.name}, /{name}", "an object by mineral")
        yield from _supply(section, path.name) if name == "supply" else _demand(name, section, path.name)


def _supply(section: dict[str, Any], file: str) -> Iterator[Figure]:
    for mineral, stages in section.items():
        for stage, block in is_object(stages, f"{file}, /supply/{mineral}", "an object by stage").items():
            at = f"/supply/{mineral}/{stage}"
            parts = is_object(block, f"{file}, {at}", "countries, total and top3Share")
            countries = is_object(parts.get("countries"), f"{file}, {at}/countries", "an object by country")
            notes = " ".join(tidy(word) for word in countries if _is_footnote(word, countries[word]))
            named = {word: years for word, years in countries.items() if not _is_footnote(word, countries[word])}
            rows = [(word, "", f"countries/{word}", years) for word, years in named.items()]
            for part in parts:
                if part != "countries":
                    rows.append(("World", "" if part == "total" else f" / {part}", part, parts[part]))
            for place, more, name, years in rows:
                column = f"{at}/{name}"
                for year, value in is_object(years, f"{file}, {column}", "an object by year").items():
                    what = "supply" if year == OBSERVED else "supply, base case"
                    share = name in _SHARES
                    yield _figure(
                        f"{what} / {mineral} / {stage}{more}",
                        value,
                        year,
                        place,
                        file,
                        f"{column}/{year}",
                        notes,
                        share,
                    )


def _is_footnote(word: str, years: Any) -> bool:
    """A footnote under the table became a country that has a null for each year."""
    empty = isinstance(years, dict) and all(value is None for value in years.values())
    return empty and (word.startswith("Notes") or len(word) > _LONGEST_PLACE)


def _demand(name: str, section: Any, file: str) -> Iterator[Figure]:
    """Figures of a tree whose leaves are a base year beside scenarios by year."""
    todo: list[tuple[tuple[str, ...], Any]] = [((name,), section)]
    while todo:
        path, node = todo.pop(0)
        at = f"/{'/'.join(path)}"
        inner = is_object(node, f"{file}, {at}", "an object")
        if OBSERVED not in inner and not any(scenario in inner for scenario in SCENARIOS):
            todo[:0] = [((*path, word), below) for word, below in inner.items()]
            continue
        for word, value in inner.items():
            words = [part for part in path if part not in ("sectors", "minerals")]
            by_year = {word: value} if word not in SCENARIOS else is_object(value, f"{file}, {at}/{word}", "years")
            more = f" / {word}" if word in SCENARIOS else ""
            for year, cell in by_year.items():
                column = f"{at}/{word}{'/' + year if more else ''}"
                share = words[-1] in _SHARES
                yield _figure(f"{' / '.join(words)}{more}", cell, year, "World", file, column, "", share)


def _figure(
    series: str, value: Any, year: str, place: str, file: str, column: str, notes: str, is_share: bool
) -> Figure:
    if not (len(year) == 4 and year.isascii() and year.isdigit()):
        raise BadInput(f"{visible(year)} is not a year.", where=f"{file}, {column}", cure="Expected e.g. 2030.")
    if value is not None and not isinstance(value, Written):
        raise BadInput(f"{visible(str(value))} is not a number.", where=f"{file}, {column}", cure="Expected a number.")
    return Figure(
        series=tidy(series),
        unit=_SHARE if is_share else _MASS,
        place=tidy(place),
        period=year,
        text="" if value is None else str(value),
        file=file,
        line=0,
        column=column,
        flags=() if year == OBSERVED else ("modelled",),
        notes=notes,
    )
