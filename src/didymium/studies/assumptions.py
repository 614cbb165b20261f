"""The register of assumptions: what is assumed, who says so, on what it stands, within which range, and who uses it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from didymium import __version__
from didymium.data import Dataset
from didymium.results import Field, Result, Row

_COMMANDS: Mapping[str, Sequence[str]] = {
    "calibration": ("stress",),
    "families": ("stress",),
    "tie-breaks": ("stress",),
    "ends of flexible_share": ("stress",),
}
"""Commands behind the words of the column `used_by` that are none themselves."""

_JUDGED = "ASSUMPTION:"
_OWN = "didymium-derivation"
_OWNER_HERE = {"base": "Didymium"}


def assumptions(ds: Dataset) -> Result:
    """Every row of the table of assumptions with its owner, and the commands that use it.

    The owner is whoever answers for the value: the publisher of the source it was read from, or, where the value is a
    judgement, the layer it came in. `stands_on` tells the two apart. `spread` is the range over the value.
    """
    producers = {str(row["source_id"]): str(row["producer"]) for row in ds.rows("sources")}
    rows = [_row(row, producers) for row in ds.rows("assumptions")]
    rows.sort(key=lambda row: str(row["assumption_id"]))
    return Result.of(
        "assumptions",
        request={},
        dataset=ds.describe(),
        code_version=__version__,
        rows=rows,
        fields=FIELDS,
        tables={"by_command": _by_command(rows)},
        warnings=_warnings(rows),
        assumptions=[str(row["assumption_id"]) for row in rows],
        source_ids=[str(row["source_id"]) for row in rows],
    )


def _row(row: Mapping[str, Any], producers: Mapping[str, str]) -> Row:
    judged = str(row["source_id"]) == _OWN or str(row["basis"] or "").startswith(_JUDGED)
    layer = str(row.get("layer") or "base")
    value, low, high = row["value"], row["low"], row["high"]
    spread = None if None in (value, low, high) or not value else (float(high) - float(low)) / abs(float(value))
    return {
        "assumption_id": row["assumption_id"],
        "meaning": row["meaning"],
        "meaning_ja": row["meaning_ja"],
        "value": value,
        "low": low,
        "high": high,
        "unit": row["unit"],
        "spread": spread,
        "owner": (_OWNER_HERE.get(layer, layer) if judged else producers.get(str(row["source_id"]))),
        "stands_on": "judgement" if judged else "source",
        "source_id": row["source_id"],
        "year": row["year"],
        "confidence": row["confidence"],
        "basis": row["basis"],
        "used_by": row["used_by"],
        "commands": commands(str(row["used_by"])),
        "layer": layer,
        "source_ids": [str(row["source_id"])],
    }


def commands(used_by: str) -> list[str]:
    """The commands behind the text of a `used_by` cell.

    >>> commands("calibration;gaps;tie-breaks")
    ['gaps', 'stress']
    """
    words = [word.strip() for word in used_by.split(";") if word.strip()]
    return sorted({command for word in words for command in _COMMANDS.get(word, (word,))})


def _by_command(rows: Sequence[Row]) -> list[Row]:
    """How many assumptions each command rests on, and how many of them are judgements."""
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        for command in _listed(row["commands"]):
            counted[command, str(row["stands_on"])] += 1
    return [
        {
            "command": command,
            "assumptions": counted[command, "judgement"] + counted[command, "source"],
            "judged": counted[command, "judgement"],
            "source_ids": [],
        }
        for command in sorted({command for command, _ in counted})
    ]


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value]


def _warnings(rows: Sequence[Row]) -> list[str]:
    judged = sum(row["stands_on"] == "judgement" for row in rows)
    pinned = [str(row["assumption_id"]) for row in rows if row["low"] is None or row["low"] == row["high"]]
    found = [f"{judged} of {len(rows)} assumptions are judgements without a published source"]
    if pinned:
        found.append(f"without a range, and so never varied: {', '.join(pinned)}")
    return found


FIELDS = (
    Field("value", "", "value in use, in the unit of the row"),
    Field("low", "", "low end of its range"),
    Field("high", "", "high end of its range"),
    Field("spread", "share", "range over the value"),
    Field("owner", "", "who answers for the value: publisher of the source, or the layer of a judgement"),
    Field("stands_on", "", "whether a source or a judgement stands behind it"),
    Field("commands", "", "commands that use it"),
    Field("assumptions", "", "assumptions that the command rests on"),
    Field("judged", "", "of these, judgements without a published source"),
)
