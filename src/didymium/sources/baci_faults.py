"""What is wrong in a BACI file, line by line: read only when the quick reading was stopped."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from didymium.errors import BadInput
from didymium.schema.faults import visible
from didymium.schema.flows import Edition
from didymium.sources.baci import COLUMNS, MOST_KUSD, MOST_T, named, spellings

NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?|\.[0-9]+")
_MOST_FAULTS = 50
_LONGEST_LINE = 1000
_CURE = "Download and unpack the archive again; a code may belong to another release."


def explained(path: Path, edition: Edition, otherwise: str) -> BadInput:
    """The error to raise: first fault in its line, all faults found in `faults`, unknown codes as lists.

    `otherwise` is what stopped the quick reading, told when no line shows a fault of its own.
    """
    year = str(named(path).year)
    known = {
        "k": spellings({code: n for n, code in enumerate(edition.products)}),
        "i": spellings({f"{place.number:03d}": n for n, place in enumerate(edition.places)}),
    }
    known["j"] = known["i"]
    unknown: dict[str, Counter[str]] = {"k": Counter(), "i": Counter(), "j": Counter()}
    faults: list[str] = []
    seen: dict[tuple[int, int, int], int] = {}
    columns = COLUMNS
    with path.open("rb") as file:
        for line, data in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), start=1):
            if len(faults) >= _MOST_FAULTS:
                break
            where = f"{path.name} row {line}"
            if len(data) == _LONGEST_LINE:
                faults.append(f"{where}: the line is longer than {_LONGEST_LINE} characters.")
                break
            try:
                cells = [cell.strip() for cell in data.decode("ascii").rstrip("\r\n").split(",")]
            except UnicodeDecodeError as error:
                faults.append(f"{where}: byte {data[error.start]:#04x} is not plain ASCII.")
                continue
            if line == 1:
                columns = tuple(cells)  # type: ignore[assignment]
                continue
            if len(cells) != len(columns):
                faults.append(f"{where}: the row has {len(cells)} cells, the header {len(columns)}.")
                continue
            row = dict(zip(columns, cells, strict=True))
            bad = _cell_fault(row, year)
            if bad:
                faults.append(f"{where}, column {bad}")
            strange = [name for name in "kij" if row[name] not in known[name]]
            for name in strange:
                if not unknown[name][row[name]]:
                    what = "an HS code" if name == "k" else "a country code"
                    faults.append(f"{where}, column {name}: {visible(row[name])} is not {what} of this release.")
                unknown[name][row[name]] += 1
            if not bad and not strange:
                key = (known["k"][row["k"]], known["i"][row["i"]], known["j"][row["j"]])
                if key in seen:
                    faults.append(f"{where}: the flow stands also in row {seen[key]}.")
                seen[key] = line
    lists = [
        f"{what} not in the lists of {edition.id}: {', '.join(visible(c) for c in sorted(codes)[:20])}."
        for what, codes in (
            ("HS codes", set(unknown["k"])),
            ("Country codes", set(unknown["i"]) | set(unknown["j"])),
        )
        if codes
    ]
    if not faults:
        return BadInput(visible(otherwise)[1:-1], where=path.name, cure=_CURE)
    more = f" and {len(faults) - 1} more faults" if len(faults) > 1 else ""
    first, _, what = faults[0].partition(": ")
    return BadInput(f"{what}{more}", where=first, cure=" ".join([*lists, _CURE]), faults=faults)


def _cell_fault(row: dict[str, str], year: str) -> str:
    if row["t"] != year:
        return f"t: {visible(row['t'])} is not the year {year} of the file's name."
    for name, most, unit in (("v", MOST_KUSD, "thousand USD"), ("q", MOST_T, "tonnes")):
        text = row[name]
        if name == "q" and text in ("NA", ""):
            continue
        if not NUMBER.fullmatch(text):
            return f"{name}: {visible(text)} is not a number of {unit}."
        if float(text) > most:
            return f"{name}: {visible(text)} is more than {most:g} {unit}."
        if name == "v" and float(text) == 0:
            return f"{name}: {visible(text)} is not above zero: BACI lists only positive flows."
    return ""
