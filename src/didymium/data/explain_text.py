"""An explanation in plain words, English or Japanese."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING, Any

from didymium.errors import UnknownTerm

if TYPE_CHECKING:
    from didymium.data.explain import Claim, Explanation

WIDTH = 112
INDENT = 18
LABELS = {
    "en": {
        "value": "value",
        "none": "no claim of this fact is used",
        "share": "share of world",
        "band": "band",
        "chosen": "chosen by",
        "only": "it is the only claim; no rule was needed",
        "layer": "layer",
        "own": "the layer's own row wins over the shipped ones",
        "source": "source",
        "confidence": "confidence",
        "basis": "basis",
        "claims": "Competing claims (not used)",
        "no_claims": "No other claim of this fact is on record.",
        "forms": "Related forms (never add them to this value)",
        "settled": "How contradictions were settled",
        "because": "because",
        "status": "status",
        "mass_basis": "mass basis",
        "row": "row",
        "more": "more",
    },
    "ja": {
        "value": "値",
        "none": "この項目で採用されている値はない",
        "share": "世界シェア",
        "band": "幅",
        "chosen": "採用規則",
        "only": "唯一の値であり、規則は不要",
        "layer": "レイヤー",
        "own": "レイヤーの行が同梱データに優先",
        "source": "出典",
        "confidence": "信頼度",
        "basis": "根拠",
        "claims": "競合する値（不採用）",
        "no_claims": "この項目について他の値はない。",
        "forms": "関連する形態（この値に合算しないこと）",
        "settled": "矛盾の解消",
        "because": "理由",
        "status": "区分",
        "mass_basis": "質量基準",
        "row": "行",
        "more": "件",
    },
}


def _amount(claim: Claim) -> str:
    value = claim.value
    shown = f"{value:,.6g}" if isinstance(value, float) and abs(value) < 1e6 else value
    if isinstance(value, float) and abs(value) >= 1e6:
        shown = f"{value:,.0f}"
    return f"{'–' if value is None else shown} {claim.unit}".strip()


def _wrap(text: str, first: str, then: str) -> list[str]:
    """Lines of at most `WIDTH` columns; an address is never broken."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=then, break_on_hyphens=False, break_long_words=False
    )


def _line(label: str, text: str) -> list[str]:
    wide = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in label)
    head = f"  {label}{' ' * max(INDENT - 2 - wide, 2)}"
    return _wrap(text, head, " " * INDENT)


def _source(claim: Claim) -> str:
    if claim.source is None:
        return "–"
    parts = [f"[{claim.source['source_id']}] {claim.source['title']}", str(claim.source["producer"])]
    if claim.row.get("locator"):
        parts.append(str(claim.row["locator"]))
    if claim.source["url"]:
        parts.append(str(claim.source["url"]))
    return "; ".join(parts)


def _other(claim: Claim, names: tuple[str, ...]) -> list[str]:
    row = claim.row
    words = " ".join(str(row[name]) for name in names if row.get(name) is not None)
    grade = f", {claim.evidence.grade}" if claim.evidence else ""
    basis = f", {row['mass_basis']}" if row.get("mass_basis") else ""
    confidence = f" ({row['confidence']}{grade})" if row.get("confidence") else ""
    head = f"{words}: {_amount(claim)}{basis}{confidence}. {row.get('basis') or ''} {_source(claim)}"
    return _wrap(head, "  - ", "    ")


def render(explanation: Explanation, lang: str) -> str:
    """Plain text of at most 112 columns."""
    if lang not in LABELS:
        raise UnknownTerm("language", lang, LABELS)
    word = LABELS[lang]
    fact = " ".join(str(part) for part in explanation.fact.values() if part is not None)
    names = ", ".join(str(name[lang]) for name in explanation.names.values())
    lines = [f"{explanation.table} {fact}"]
    if names:
        lines.append(f"  {names}")
    lines.append("")
    used = explanation.used
    if used is None:
        lines += _line(word["value"], word["none"])
    else:
        lines += _used(explanation, used, word)
    lines.append("")
    if explanation.claims:
        lines.append(word["claims"])
        lines += _list(explanation.claims, ("series",), word)
    else:
        lines.append(word["no_claims"])
    if explanation.other_forms:
        lines += ["", word["forms"]]
        lines += _list(explanation.other_forms, ("product", "stage", "sector", "series"), word)
    if explanation.settled:
        lines += ["", word["settled"]]
        for rule in explanation.settled:
            text = f"{rule['rule_id']}: {rule['decision']} ({word['because']}: {rule['reason']})"
            lines += _wrap(text, "  - ", "    ")
    return "\n".join(lines) + "\n"


def _used(explanation: Explanation, used: Claim, word: dict[str, str]) -> list[str]:
    row: dict[str, Any] = used.row
    lines = _line(word["value"], _amount(used)) if used.value is not None else []
    if row.get("mass_basis"):
        lines += _line(word["mass_basis"], str(row["mass_basis"]))
    if row.get("value_status"):
        lines += _line(word["status"], str(row["value_status"]))
    if explanation.share_of_world is not None and explanation.world is not None:
        lines += _line(word["share"], f"{explanation.share_of_world:.1%} / {_amount(explanation.world)}")
    if used.evidence:
        sigma = used.evidence
        band = f"±{sigma.sigma_share:.0%} ({sigma.sigma_share_low:.0%}–{sigma.sigma_share_high:.0%})"
        lines += _line(word["confidence"], f"{row['confidence']}, {sigma.grade}, {band}. {sigma.reason}")
    elif row.get("confidence"):
        lines += _line(word["confidence"], str(row["confidence"]))
    if explanation.rule:
        lines += _line(word["chosen"], f"{explanation.rule['rule_id']}: {explanation.rule['decision']}")
        lines += _line("", f"({word['because']}: {explanation.rule['reason']})")
    elif row["layer"] != "base":
        lines += _line(word["chosen"], word["own"])
    elif "preferred" in row:
        lines += _line(word["chosen"], word["only"])
    lines += _line(word["source"], _source(used))
    if row.get("basis"):
        lines += _line(word["basis"], str(row["basis"]))
    if used.value is None:
        skip = {"row_id", "layer", "source_id", "confidence", "basis", *explanation.fact}
        for name, value in row.items():
            if name not in skip and value is not None:
                lines += _line(name, str(value).replace(";", "; ") if name.endswith("s") else str(value))
    return [*lines, *_line(word["row"], f"{row['row_id']} ({word['layer']} {row['layer']})")]


def _list(claims: tuple[Claim, ...], names: tuple[str, ...], word: dict[str, str]) -> list[str]:
    from didymium.data.explain import NARRATED

    lines = [line for claim in claims[:NARRATED] for line in _other(claim, names)]
    if len(claims) > NARRATED:
        lines.append(f"  … {len(claims) - NARRATED} {word['more']}")
    return lines
