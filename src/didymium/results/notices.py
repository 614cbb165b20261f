"""What an answer says first when not everybody may see the rows it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from didymium.i18n import Translator, translator


def layer_notices(dataset: Mapping[str, Any], t: Translator | None = None) -> list[str]:
    """One sentence for each visibility but public, the strictest first; `dataset` is what a dataset says of itself."""
    t = t or translator("en")
    records = list(dataset.get("layer_records", ()))
    found = []
    shown = [r for r in records if r["visibility"] == "confidential" and not r["sha256"]]
    secret = [r for r in records if r["visibility"] == "confidential" and r["sha256"]]
    partner = [r for r in records if r["visibility"] == "partner"]
    if secret:
        found.append(
            t(
                "CONFIDENTIAL: made with {layers} ({n} rows). Not to leave the house; for others: --redact",
                layers=t.list([r["name"] for r in secret]),
                n=t.count(sum(r["rows"] for r in secret)),
            )
        )
    if shown:
        found.append(
            t(
                "Redacted: in place of each figure of a confidential layer ({n} rows) stands the middle of its class "
                "(0–1, 1–2, 2–5, 5–10, 10–20 …; shares in tenths). The answer differs from the one made with the "
                "figures.",
                n=t.count(sum(r["rows"] for r in shown)),
            )
        )
    if partner:
        found.append(
            t(
                "For partners: made with {layers} ({n} rows).",
                layers=t.list([r["name"] for r in partner]),
                n=t.count(sum(r["rows"] for r in partner)),
            )
        )
    return found
