"""Trade measures: what is in force, what is suspended, what changes next."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import as_list, as_of, day, quantity
from didymium.i18n import Names, Translator, order, translator
from didymium.results import Result, Row

MEASURE_COLOURS = {
    "in_force": theme.BLUE,
    "in_force_presumed": theme.SKY,
    "possibly_back": theme.ORANGE,
    "unknown": theme.OTHER,
    "suspended": theme.PURPLE,
    "announced": theme.BLUES[0],
    "replaced": theme.OTHER,
    "ended": theme.OTHER,
}


SOON_DAYS = 90


def measures_calendar(
    result: Result,
    *,
    lang: str,
    narrow: bool = False,
    names: Names | None = None,
    most: int = 18,
    years: tuple[int, int] | None = None,
) -> theme.Spec:
    """Trade measures from their start to their end; suspended times and what nobody knows are marked.

    The `most` nearest to a change are drawn. `years`: the first and last year drawn, ended measures among them too; by
    default three years back and the next half, without what has ended.
    """
    t = translator(lang, names)
    today = as_of(result)
    gone = () if years else ("ended", "replaced")
    live = [r for r in result.rows if state_of(r) not in gone and r.get("effective_date")]
    if not live:
        raise NotFound("No measure is in force, suspended or announced.", cure="Run `didymium measures` first.")
    if years:
        live = [r for r in live if _spans(r, f"{years[0]}-01-01", f"{years[1]}-12-31")]
    live.sort(key=lambda r: (change_days(r) is None, abs(change_days(r) or 0.0), str(r["effective_date"])))
    kept = sorted(live[:most], key=lambda r: (str(day(r["effective_date"])), str(r["measure_id"])))
    extent, right = (158, 0) if narrow else (288, 140)
    plot = theme.width(narrow) - extent - right - 12
    start, end = datetime.date(today.year - 3, 1, 1).isoformat(), datetime.date(today.year + 1, 7, 1).isoformat()
    if years:
        start, end = f"{years[0]}-01-01", f"{years[1]}-12-31"
    bars, marks = [], []
    for row in kept:
        what = theme.label(measure_name(row, t), 27 if narrow else 53, 3 if narrow else 2)
        bars += [{"what": what, **span} for span in _spans(row, start, end)]
        changes = day(change_date(row))
        marks.append(
            {
                "what": what,
                "note": "" if change_days(row) is None else lapse(row, t),
                "lapse": changes if changes and start <= changes <= end else None,
            }
        )
    statuses = [s for s in order("measure_status") if any(b["status"] == s for b in bars)]
    for bar in bars:
        bar["status"] = t.term("measure_status", bar["status"])
    y = {
        "field": "what",
        "type": "nominal",
        "sort": [m["what"] for m in marks],
        "axis": theme.y_labels(extent, grid=True, size=9.5 if narrow else 10.5),
    }
    x = {"type": "temporal", "scale": {"type": "utc", "domain": [start, end], "nice": False}, "title": None}
    x["axis"] = {"format": "%Y", "tickCount": {"interval": "year", "step": 1}, "labelAlign": "left"}
    colour = {
        "field": "status",
        "type": "nominal",
        "scale": {
            "domain": [t.term("measure_status", s) for s in statuses],
            "range": [MEASURE_COLOURS[s] for s in statuses],
        },
        "legend": {"columns": 2 if narrow else 6},
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": bars},
            "mark": {"type": "bar", "height": 9},
            "encoding": {"y": y, "x": {"field": "from", **x}, "x2": {"field": "to"}, "color": colour},
        },
        {
            "data": {"values": [b for b in bars if b["open"]]},
            "mark": {"type": "point", "shape": "triangle-right", "filled": True, "size": 90, "opacity": 1},
            "encoding": {"y": y, "x": {"field": "to", **x}, "color": colour},
        },
        {
            "data": {"values": [m for m in marks if m["lapse"]]},
            "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 90, "color": theme.INK, "opacity": 1},
            "encoding": {"y": y, "x": {"field": "lapse", **x}},
        },
        {
            "data": {"values": [{"today": today.isoformat()}]},
            "mark": {"type": "rule", "color": theme.INK, "strokeDash": [3, 3]},
            "encoding": {"x": {"field": "today", **x}},
        },
    ]
    if not narrow:
        layers.append(
            {
                "data": {"values": marks},
                "mark": {"type": "text", "align": "left", "fontSize": 10.5},
                "encoding": {"y": y, "x": {"value": plot + 12}, "text": {"field": "note"}},
            }
        )
    body = {"width": plot, "height": {"step": 36 if narrow else 28}, "layer": layers}
    return theme.frame(
        body,
        title=calendar_finding(result, t),
        narrow=narrow,
        source=theme.footer(result, kept, t),
        subtitle=t(
            "Measures from their start; diamond = next or last change; arrow = no end date; dashed line = {date}",
            date=t.date(today),
        ),
        description=t("Calendar: one bar for each measure, coloured by status."),
    )


def calendar_finding(result: Result, t: Translator) -> str:
    """Suspensions that ran out or end soon, by day; else the next change within 90 days, else how many are in force."""
    gone = [r for r in result.rows if state_of(r) == "possibly_back" and change_date(r)]
    soon = [r for r in result.rows if 0 <= (-1 if change_days(r) is None else change_days(r) or 0) <= SOON_DAYS]
    ending = [r for r in soon if change_kind(r) == "suspension_ends"]
    if gone and ending:
        return t("Suspensions ran out on {past} and end on {coming}", past=_days(gone, t), coming=_days(ending, t))
    if gone:
        return t("Suspensions ran out on {past}: possibly back in force", past=_days(gone, t))
    if len(ending) > 1:
        return t("Suspended only until {dates}", dates=_days(ending, t))
    if soon:
        following = min(soon, key=lambda r: change_days(r) or 0)
        words = {"date": t.date(change_date(following)), "measure": measure_name(following, t)}
        if change_kind(following) == "suspension_ends":
            return t("Suspended only until {date} – {measure}", **words)
        if change_kind(following) == "takes_effect":
            return t("Next to take effect, on {date} – {measure}", **words)
        return t("Next to end, on {date} – {measure}", **words)
    force = sum(1 for r in result.rows if state_of(r) in ("in_force", "in_force_presumed"))
    return t("{n} measures are in force; none lapses within 90 days", n=t.count(force))


def _days(rows: Sequence[Row], t: Translator) -> str:
    """The days on which measures change, each with the number of measures."""
    count = Counter(str(change_date(row)) for row in rows)
    return t.list([t("{date} ({n})", date=t.date(d), n=t.count(n)) for d, n in sorted(count.items())])


def state_of(row: Row) -> str:
    """What calendar and evidence make of a measure on the day asked about, else its recorded status."""
    return str(row.get("state") or row["status"])


def measure_name(row: Row, t: Translator, most: int = 2) -> str:
    """What a measure is called on a page: who imposes what on which goods."""
    named = row.get("title" if t.lang == "en" else f"title_{t.lang}")
    if named:
        return str(named)
    goods = as_list(row.get("products"))
    shown = t.terms("product", goods[:most])
    if len(goods) > most:
        shown = t("{goods} and {n} more", goods=shown, n=t.count(len(goods) - most))
    return t(
        "{place}: {kind} ({goods})",
        place=t.place(str(row["imposing"])),
        kind=t.term("measure_kind", str(row["kind"])),
        goods=shown,
    )


def target_names(row: Row, t: Translator) -> str:
    """Whom a measure is aimed at."""
    return t(", ").join(
        t("all countries") if code in ("WLD", "ALL") else t.place(code) for code in as_list(row["targeted"])
    )


def change_date(row: Row) -> str | None:
    """The day on which a measure or its suspension ends or ended, or on which it takes effect."""
    found = row.get("next_change_date") or row.get("suspended_until_date") or row.get("end_date")
    return str(found) if found else None


def change_days(row: Row) -> float | None:
    """Days to that day, negative if it is past; None where no change is on record."""
    days = row.get("days_to_change")
    return (
        None
        if days is None and row.get("days_to_lapse") is None
        else quantity(row.get("days_to_lapse") if days is None else days)
    )


def change_kind(row: Row) -> str:
    """`suspension_ends`, `suspension_ended`, `ends`, `ended` or `takes_effect`."""
    kind = str(
        row.get("next_change")
        or ("suspension_ends" if state_of(row) in ("suspended", "unknown", "possibly_back") else "ends")
    )
    past = (change_days(row) or 0) < 0
    return {"suspension_ends": "suspension_ended", "ends": "ended"}.get(kind, kind) if past else kind


def lapse(row: Row, t: Translator) -> str:
    """When a measure, or the suspension of one, ends, ended or begins."""
    days = t.days(abs(change_days(row) or 0.0))
    kind = change_kind(row)
    if kind == "suspension_ends":
        return t("suspension ends in {days}", days=days)
    if kind == "suspension_ended":
        return t("suspension ended {days} ago", days=days)
    if kind == "takes_effect":
        return t("takes effect in {days}", days=days)
    return t("ended {days} ago", days=days) if kind == "ended" else t("ends in {days}", days=days)


def _spans(row: Row, start: str, end: str) -> list[dict[str, Any]]:
    """The life of a measure in pieces of one status each, cut to the window of the calendar."""
    begun, ends = day(row["effective_date"]) or start, day(row.get("end_date"))
    held, until = day(row.get("suspended_from_date")), day(row.get("suspended_until_date"))
    status = state_of(row)
    if held and until:
        pieces = [(begun, held, "in_force"), (held, until, "suspended")]
        if status == "possibly_back":
            pieces.append((until, ends if ends and ends > until else end, status))
    else:
        pieces = [(begun, ends or end, status)]
    return [
        {"from": max(a, start), "to": min(b, end), "status": s, "open": b >= end}
        for a, b, s in pieces
        if max(a, start) < min(b, end)
    ]
