"""Promises and their dates."""

from __future__ import annotations

import datetime
from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import as_list, as_of, day, quantity
from didymium.i18n import Names, Translator, order, rank, translator
from didymium.results import Result, Row

STATE_COLOURS = {
    "overdue": theme.ORANGE,
    "missed": theme.ORANGE,
    "due_soon": theme.PURPLE,
    "partly": theme.SKY,
    "open": theme.BLUE,
    "met": theme.GREEN,
    "unknown": theme.OTHER,
    "no_date": theme.OTHER,
}


def commitments_board(
    result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, most: int = 16
) -> theme.Spec:
    """Promises with a date on a time line, by state: those overdue or due soon, then the nearest to the day asked."""
    t = translator(lang, names)
    today = as_of(result)
    dated = [r for r in result.rows if r.get("due_date")]
    if not dated:
        raise NotFound("No commitment has a date.", cure="Run `didymium commitments` first.")
    pressing = ("overdue", "due_soon")
    kept = sorted(dated, key=lambda r: (r["state"] not in pressing, abs(quantity(r.get("days_overdue")))))[:most]
    kept.sort(key=lambda r: (rank("commitment_state", str(r["state"])), str(r["due_date"])))
    extent, right = (158, 0) if narrow else (322, 108)
    plot = theme.width(narrow) - extent - right - 12
    states = [s for s in order("commitment_state") if any(r["state"] == s for r in kept)]
    values = []
    for row in kept:
        who = t(", ").join(t.place(p) for p in as_list(row["parties"])[:3])
        text = t("{who}: {what}", who=who, what=t.fact(str(row["summary"])))
        values.append(
            {
                "what": theme.label(text, 27 if narrow else 58, 3 if narrow else 2),
                "due": day(row["due_date"]),
                "state": t.term("commitment_state", str(row["state"])),
                "days": lateness(row, t),
            }
        )
    y = {
        "field": "what",
        "type": "nominal",
        "sort": None,
        "axis": theme.y_labels(extent, grid=True, size=9.5 if narrow else 10.5),
    }
    dues = [datetime.date.fromisoformat(str(v["due"])) for v in values] + [today]
    margin = (max(dues) - min(dues)) / 25
    ends = [(min(dues) - margin).isoformat(), (max(dues) + margin).isoformat()]
    x = {"type": "temporal", "scale": {"type": "utc", "domain": ends, "nice": False}, "title": None}
    x["axis"] = {"format": t("%b %Y"), "tickCount": 3 if narrow else 4}
    colour = {
        "field": "state",
        "type": "nominal",
        "scale": {
            "domain": [t.term("commitment_state", s) for s in states],
            "range": [STATE_COLOURS[s] for s in states],
        },
        "legend": {"symbolType": "circle", "columns": 2 if narrow else 6, "symbolStrokeColor": theme.MUTED},
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": [{"today": today.isoformat()}]},
            "mark": {"type": "rule", "color": theme.INK, "strokeDash": [3, 3]},
            "encoding": {"x": {"field": "today", **x}},
        },
        {
            "mark": theme.DOT,
            "encoding": {"y": y, "x": {"field": "due", **x}, "color": colour},
        },
    ]
    if not narrow:
        layers.append(
            {
                "mark": {"type": "text", "align": "left", "fontSize": 10.5},
                "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "days"}},
            }
        )
    body = {"data": {"values": values}, "width": plot, "height": {"step": 36 if narrow else 30}, "layer": layers}
    late = sum(1 for r in result.rows if r["state"] == "overdue")
    soon = sum(1 for r in result.rows if r["state"] == "due_soon")
    return theme.frame(
        body,
        narrow=narrow,
        source=theme.footer(result, kept, t),
        title=t("Commitments: {n} overdue, {m} due soon", n=t.count(late), m=t.count(soon)),
        subtitle=t(
            "Due dates as of {date} (dashed line); those overdue or due soon, then the nearest: {n} of {m}",
            date=t.date(today),
            n=t.count(len(kept)),
            m=t.count(len(result.rows)),
        ),
        description=t("Time line of due dates, one line for each commitment, coloured by state."),
    )


def lateness(row: Row, t: Translator) -> str:
    """How late a promise is, or how much time is left."""
    days = row.get("days_overdue")
    if days is None:
        return t("no date")
    if row.get("state") == "met":
        return t.term("commitment_state", "met")
    if quantity(days) > 0 and row.get("state") == "unknown":
        return t("{days} past its date", days=t.days(quantity(days)))
    if quantity(days) > 0:
        return t("{days} late", days=t.days(quantity(days)))
    return t("{days} left", days=t.days(-quantity(days)))
