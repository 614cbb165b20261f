"""Columns and values in words: headings with units, names for ids, three significant digits, bands beside a number."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from didymium.i18n import Translator

# Columns whose values are words of a vocabulary, by the kind of word.
KINDS = {
    "product": "product",
    "model_product": "product",
    "stage": "stage",
    "gap_stage": "stage",
    "sector": "sector",
    "family": "family",
    "foresight": "foresight",
    "evidence": "evidence",
    "confidence": "confidence",
    "outlook": "outlook",
    "legal_force": "legal_force",
    "state": "commitment_state",
    **dict.fromkeys(
        (
            "country",
            "destination",
            "gap_party",
            "import_top_country",
            "imposing",
            "origin",
            "partner",
            "party",
            "place",
            "region",
            "support_party",
            "targeted",
            "top_country",
        ),
        "place",
    ),
}
TELLING = frozenset(
    (
        "basis",
        "capacity_t",
        "confidence",
        "due_date",
        "end_date",
        "licence",
        "name",
        "preferred",
        "producer",
        "quantity",
        "source_id",
        "status",
        "summary",
        "title",
        "unit",
        "value",
        "value_high",
        "value_low",
        "value_status",
    )
)
"""What a reader of a table of the data looks for beside its key."""
_BANDS = ("_p10", "_p90")


@cache
def _headings() -> Mapping[str, Mapping[str, str]]:
    text = (files("didymium.questions") / "headings.csv").read_text(encoding="utf-8")
    return {row["column"]: row for row in csv.DictReader(text.splitlines())}


def heading(column: str, t: Translator) -> str:
    """What stands over a column: its name in words, with the unit."""
    known = _headings().get(column)
    return known[t.lang] if known else column.replace("_", " ")


def cell(row: Mapping[str, Any], column: str, t: Translator, kinds: Mapping[str, str] = KINDS) -> str:
    """One value as text, in the language if the row has it; where the row holds a band, it follows in brackets."""
    central = value_text(row.get(f"{column}_{t.lang}") or row.get(column), column, t, kinds)
    low, high = (row.get(column + end) for end in _BANDS)
    if low is None or high is None or row.get(column) is None:
        return central
    ends = value_text(low, column, t), value_text(high, column, t)
    if row[column] and ends == (central, central):
        return central  # given, not drawn; a zero in all draws is a finding
    return f"{central} ({t.span(*ends)})"


def value_text(value: Any, column: str, t: Translator, kinds: Mapping[str, str] = KINDS) -> str:
    """A value as a reader of the language expects it."""
    if value is None or value == "":
        return t.number(None)
    if isinstance(value, list | tuple):
        return ", ".join(value_text(part, column, t, kinds) for part in value)
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, int):
        return str(value) if column.endswith("year") or column.startswith("year_") else t.count(value)
    if isinstance(value, float):
        if column.endswith("start_year"):
            return f"{value:.1f}".removesuffix(".0")
        return t.share(value) if column.endswith("share") or "_share_" in column else t.number(value)
    kind = kinds.get(column)
    if kind == "place":
        return "+".join(t.place(code) for code in value.split("+"))
    if kind == "product":
        return t.product(value)
    if kind is not None:
        return t.term(kind, value)
    if column.endswith("_date"):
        return t.date(value)
    return str(value)
