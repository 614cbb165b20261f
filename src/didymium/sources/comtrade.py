"""Answers of the UN Comtrade API (public or with a key), saved as they came: annual or monthly records.

Nothing is fetched here. A record tells value (imports with freight and insurance, exports without), net weight and a
quantity in the unit of its code; each may be an estimate of the United Nations. Records broken down further than by
partner (second partner, customs procedure, mode of transport) repeat the totals and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.sources.figures import Figure, Origin
from didymium.sources.json_text import Written, is_object, read_json
from didymium.sources.text import tidy

ORIGIN = Origin(
    importer="comtrade",
    source_id="un-comtrade",
    body="UN-COMTRADE",
    vintage="",
    series="Comtrade",
    producer="United Nations Statistics Division",
    title="UN Comtrade, answers of the API",
    version="",
    published="",
    accessed="",
    url="https://comtradeplus.un.org/",
    citation="United Nations Statistics Division, UN Comtrade database.",
    attribution="Source: UN Comtrade, United Nations Statistics Division.",
    licence="terms of UN Comtrade: use with attribution; ask before passing bulk data on",
    redistributable="ask",
    terms="comtrade.csv",
    layout="a saved JSON answer of the API, named with the day it was fetched, such as comtrade-2026-11-20.json",
)
ORIGINS = (ORIGIN,)

EDITIONS = {"H0": "HS92", "H1": "HS96", "H2": "HS02", "H3": "HS07", "H4": "HS12", "H5": "HS17", "H6": "HS22"}
FLOWS = {
    "M": "Import",
    "X": "Export",
    "RM": "Re-import",
    "RX": "Re-export",
    "DX": "Domestic export",
    "FM": "Foreign import",
}
_TOTAL = {"partner2Code": ("0",), "customsCode": ("C00",), "motCode": ("0",), "mosCode": ("0",)}
_NEEDED = (
    "typeCode",
    "freqCode",
    "period",
    "reporterISO",
    "flowCode",
    "partnerISO",
    "classificationCode",
    "cmdCode",
    "primaryValue",
)
_DAY = re.compile(r"(?<![0-9])(20[0-9]{2}-[01][0-9]-[0-3][0-9])(?![0-9])")
_PERIOD = re.compile(r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])?")
_ISO3 = re.compile(r"[A-Z]{3}")


def edition(path: Path, origin: Origin) -> Origin:
    """The origin with the day of the answer as its vintage: an answer does not say how old it is."""
    found = _DAY.search(path.name)
    try:
        day = date.fromisoformat(found[1]).isoformat() if found else ""
    except ValueError:
        day = ""
    if not day:
        raise BadInput(
            "the name does not tell the day on which the answer was fetched.",
            where=path.name,
            cure="Rename it, e.g. comtrade-2026-11-20.json: Comtrade revises its figures, and the answer has no date.",
        )
    return replace(origin, vintage=day, version=f"answer of {day}", accessed=day)


def read(path: Path, origin: Origin) -> Iterator[Figure]:
    """Value, net weight and quantity of every record, in the order of the file."""
    whole = is_object(read_json(path), path.name, "an answer with data")
    if whole.get("error"):
        raise BadInput(
            f"the answer is an error: {visible(str(whole['error']))}.", where=path.name, cure="Put the question again."
        )
    records = whole.get("data")
    if not isinstance(records, list):
        raise BadInput("there is no list of data.", where=path.name, cure="Save the whole answer of the API.")
    count = whole.get("count")
    if isinstance(count, Written) and count.isdigit() and int(count) > len(records):
        raise BadInput(
            f"the answer holds {len(records):,} of {int(count):,} records.",
            where=path.name,
            cure="It was cut: ask for fewer codes or partners at once.",
        )
    for number, record in enumerate(records, start=1):
        yield from _record(is_object(record, f"{path.name} record {number}", "a record"), path.name, number)


def _record(record: dict[str, Any], file: str, number: int) -> Iterator[Figure]:
    where = f"{file} record {number}"
    missing = [name for name in _NEEDED if record.get(name) in (None, "")]
    if missing:
        raise BadInput(
            f"{missing[0]} is empty.", where=f"{where}, column {missing[0]}", cure="Ask the API with includeDesc=true."
        )
    text = {name: tidy(value) for name, value in record.items() if isinstance(value, str)}
    for name in _NEEDED:
        if name not in text:
            what = f"{visible(str(record[name]))} is neither a word nor a number."
            raise BadInput(what, where=f"{where}, column {name}", cure="Save the answer of the API as it came.")
    if text["typeCode"] != "C":
        raise BadInput(
            f"{visible(text['typeCode'])} is not trade in goods.", where=f"{where}, column typeCode", cure="Expected C."
        )
    classification = text["classificationCode"]
    if classification not in EDITIONS:
        raise BadInput(
            f"{visible(classification)} is no edition of the Harmonized System that is read.",
            where=f"{where}, column classificationCode",
            cure=f"Expected one of {', '.join(EDITIONS)}.",
        )
    if text["flowCode"] not in FLOWS:
        raise BadInput(
            f"{visible(text['flowCode'])} is not a flow that is read.",
            where=f"{where}, column flowCode",
            cure=f"Expected one of {', '.join(FLOWS)}.",
        )
    period = _PERIOD.fullmatch(text["period"])
    if period is None or (text["freqCode"] == "A") != (period[2] is None):
        raise BadInput(
            f"{visible(text['period'])} is not a period of frequency {visible(text['freqCode'])}.",
            where=f"{where}, column period",
            cure="Expected 2024, or 202405 for a month.",
        )
    flow = FLOWS[text["flowCode"]]
    head = f"{flow} / {EDITIONS[classification]} {text['cmdCode']}"
    split = [name for name, whole in _TOTAL.items() if record.get(name) is not None and str(record[name]) not in whole]
    if split:
        head = f"broken down / {split[0]} / {head}"
    shared: dict[str, Any] = {
        "place": _place(text, "reporter", where),
        "partner": _place(text, "partner", where),
        "period": period[1] if period[2] is None else f"{period[1]}-{period[2]}",
        "file": file,
        "line": 0,
        "notes": text.get("cmdDesc", ""),
    }
    value = _amount(record, "primaryValue", where)
    yield Figure(
        series=f"{head} / {_valuation(record, flow)}",
        unit="USD",
        text=value,
        column=f"record {number}, primaryValue",
        **shared,
    )
    weight = _amount(record, "netWgt", where)
    if _is_zero(weight) and not _is_zero(value):
        weight = ""  # goods that cost something weigh something: the weight is not known
    estimated = ("estimated",) if record.get("isNetWgtEstimated") is True else ()
    yield Figure(
        series=f"{head} / net weight",
        unit="kg",
        text=weight,
        column=f"record {number}, netWgt",
        flags=estimated,
        **shared,
    )
    unit = text.get("qtyUnitAbbr", "")
    if unit not in ("", "kg", "N/A") and record.get("qty") is not None:
        estimated = ("estimated",) if record.get("isQtyEstimated") is True else ()
        quantity = _amount(record, "qty", where)
        yield Figure(
            series=f"{head} / quantity",
            unit=unit,
            text=quantity,
            column=f"record {number}, qty",
            flags=estimated,
            **shared,
        )


def _place(text: dict[str, str], side: str, where: str) -> str:
    """Three letters where the code is a country's; the description where it is one of Comtrade's own groups."""
    code = text[f"{side}ISO"]
    if _ISO3.fullmatch(code):
        return code
    described = text.get(f"{side}Desc", "")
    if not described:
        raise BadInput(
            f"{visible(code)} has no description.",
            where=f"{where}, column {side}Desc",
            cure="Ask the API with includeDesc=true.",
        )
    return described


def _amount(record: dict[str, Any], name: str, where: str) -> str:
    value = record.get(name)
    if value is None:
        return ""
    if not isinstance(value, Written):
        raise BadInput(
            f"{visible(str(value))} is not a number.",
            where=f"{where}, column {name}",
            cure="Expected a number or null.",
        )
    if value.startswith("-"):
        raise BadInput(f"{visible(value)} is below zero.", where=f"{where}, column {name}", cure="Expected an amount.")
    return str(value)


def _is_zero(text: str) -> bool:
    return bool(text) and not any(digit in "123456789" for digit in text.lower().split("e")[0])


def _valuation(record: dict[str, Any], flow: str) -> str:
    """With freight and insurance (CIF) or without (FOB), where the record says which value is the primary one."""
    primary = record["primaryValue"]
    for name, words in (("cifvalue", "value CIF"), ("fobvalue", "value FOB")):
        if record.get(name) is not None and record[name] == primary:
            return words
    return f"value, {'imports' if 'import' in flow.lower() else 'exports'} as reported"
