"""The record: measures in force, promises and their dates, projects and their start."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.i18n import Names, Translator, order, rank, translator
from didymium.results import Result, Row

STATUS_COLOURS = {
    "operating": theme.BLUES[5], "ramping": theme.BLUES[4], "construction": theme.BLUES[3], "permitting": theme.BLUES[2], "feasibility": theme.BLUES[1],
    "proposed": theme.BLUES[0], "exploration": theme.BLUES[0], "suspended": theme.OTHER,
}  # fmt: skip
STATE_COLOURS = {
    "overdue": theme.ORANGE, "missed": theme.ORANGE, "due_soon": theme.PURPLE, "partly": theme.SKY, "open": theme.BLUE, "met": theme.GREEN,
    "unknown": theme.OTHER, "no_date": theme.OTHER,
}  # fmt: skip
MEASURE_COLOURS = {
    "in_force": theme.BLUE, "in_force_presumed": theme.SKY, "possibly_back": theme.ORANGE, "unknown": theme.OTHER, "suspended": theme.PURPLE, "announced": theme.BLUES[0],
    "replaced": theme.OTHER, "ended": theme.OTHER,
}  # fmt: skip


def as_list(value: Any) -> list[str]:
    """A list column, however the study wrote it: a list or words joined by semicolons."""
    if value is None or value == "":
        return []
    return [str(v) for v in value] if isinstance(value, list | tuple) else [v.strip() for v in str(value).split(";") if v.strip()]


def as_of(result: Result) -> datetime.date:
    """The day for which the study was asked."""
    return datetime.date.fromisoformat(str(result.request["as_of"]))


def day(iso: Any) -> str | None:
    """An ISO date filled up to a day: `2010-09` is drawn at its first day."""
    if not iso:
        return None
    parts = str(iso)[:10].split("-")
    return "-".join([*parts, *["01"] * (3 - len(parts))])


def measure_name(row: Row, t: Translator, most: int = 2) -> str:
    """What a measure is called on a page: who imposes what on which goods."""
    named = row.get("title" if t.lang == "en" else f"title_{t.lang}")
    if named:
        return str(named)
    goods = as_list(row.get("products"))
    shown = t.terms("product", goods[:most])
    if len(goods) > most:
        shown = t("{goods} and {n} more", goods=shown, n=t.count(len(goods) - most))
    return t("{place}: {kind} ({goods})", place=t.place(str(row["imposing"])), kind=t.term("measure_kind", str(row["kind"])), goods=shown)


def one_line_each(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of the same project at the same stage together: a plant that makes four oxides is one line."""
    lines: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        lines.setdefault((str(row["project_id"]), str(row.get("gap_stage") or row["stage"])), []).append(row)
    return list(lines.values())


def project_timeline(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, most: int = 18) -> theme.Spec:
    """Start year of each project with its interval, by stage of the chain; those that fill most of a gap first."""
    t = translator(lang, names)
    lines = [line for line in one_line_each(result.rows) if line[0].get("start_year") is not None]
    if not lines:
        raise NotFound("No project has a start year.", cure="Run `didymium projects` first.")
    kept = sorted(lines, key=lambda line: -max(_number(r.get("fills_share")) for r in line))[:most]
    kept.sort(key=lambda line: (rank("stage", _stage(line[0])), _number(line[0]["start_year"]), str(line[0]["name"])))
    extent, right = (122, 0) if narrow else (210, 140)
    plot = theme.width(narrow) - extent - right - 12
    stages = list(dict.fromkeys(_stage(line[0]) for line in kept))
    statuses = [s for s in order("project_status") if any(line[0]["status"] == s for line in kept)]
    values = []
    for line in kept:
        row = line[0]
        sizes = [t("{n} t a year", n=t.number(_number(r["capacity_t"]))) for r in line if r.get("capacity_t") is not None]
        amount = t(", ").join(sizes) if len(sizes) == 1 or (sizes and len(line) == 1) else t("{n} products", n=t.count(len(line))) if sizes else t("capacity not reported")
        goods = t(", ").join(dict.fromkeys(t.term("product", str(r["product"])) for r in line))
        values.append(
            {"stage": t.term("stage", _stage(row)), "project": theme.label(str(row["name"]), 21 if narrow else 34), "start": row["start_year"],
             "low": row.get("start_year_p10") or row["start_year"], "high": row.get("start_year_p90") or row["start_year"],
             "status": t.term("project_status", str(row["status"])), "text": f"{theme.label(goods, 27, 1)}\n{amount}"}
        )  # fmt: skip
    first, last = min(v["low"] for v in values), max(v["high"] for v in values)
    y = {"field": "project", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=True, size=10.5)}
    x = {"type": "quantitative", "title": None, "scale": {"domain": [first - 0.4, last + 0.4], "nice": False}}
    x["axis"] = {"format": "d", "tickMinStep": 2 if narrow else 1}
    colour = {"field": "status", "type": "nominal", "scale": {"domain": [t.term("project_status", s) for s in statuses], "range": [STATUS_COLOURS.get(s, theme.OTHER) for s in statuses]},
              "legend": {"symbolType": "circle", "columns": 2 if narrow else 6, "symbolStrokeColor": theme.MUTED}}  # fmt: skip
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "rule", "strokeWidth": 6, "color": theme.GRID, "strokeCap": "round"}, "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}}},
        {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "stroke": theme.MUTED, "strokeWidth": 1}, "encoding": {"y": y, "x": {"field": "start", **x}, "color": colour}},
    ]  # fmt: skip
    if not narrow:
        layers.append({"mark": {"type": "text", "align": "left", "fontSize": 10, "lineHeight": 11, "dy": -5}, "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "text"}}})
    body = {
        "data": {"values": values},
        "facet": {"row": {"field": "stage", "type": "nominal", "sort": [t.term("stage", s) for s in stages], "header": {"labelOrient": "top", "labelAnchor": "start", "labelPadding": 4}}},
        "spacing": {"row": 14},
        "resolve": {"scale": {"y": "independent"}, "axis": {"x": "shared"}},
        "spec": {"width": plot, "height": {"step": 28}, "layer": layers},
    }  # fmt: skip
    projects = {str(r["project_id"]): str(r["status"]) for r in result.rows}
    running = sum(1 for s in projects.values() if s in ("operating", "ramping", "construction"))
    title = t("{n} of {m} candidate projects run, ramp up or are under construction", n=t.count(running), m=t.count(len(projects)))
    subtitle = t("Start of production as stated, by stage")
    if any(v["low"] != v["high"] for v in values):
        subtitle = t("Start of production as stated (dot) with its 10–90% interval (bar), by stage")
    if len(kept) < len(lines):
        subtitle += t("; shown: the {n} that fill most of a gap", n=t.count(len(kept)))
    return theme.frame(
        body, title=title, subtitle=subtitle, narrow=narrow, source=theme.footer(result, [r for line in kept for r in line], t),
        description=t("Timeline: one line for each project, grouped by stage."),
    )  # fmt: skip


def commitments_board(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, most: int = 16) -> theme.Spec:
    """Promises with a date on a time line, by state; those nearest to the day of the brief."""
    t = translator(lang, names)
    today = as_of(result)
    dated = [r for r in result.rows if r.get("due_date")]
    if not dated:
        raise NotFound("No commitment has a date.", cure="Run `didymium commitments` first.")
    kept = sorted(dated, key=lambda r: abs(_number(r.get("days_overdue"))))[:most]
    kept.sort(key=lambda r: (rank("commitment_state", str(r["state"])), str(r["due_date"])))
    extent, right = (158, 0) if narrow else (322, 108)
    plot = theme.width(narrow) - extent - right - 12
    states = [s for s in order("commitment_state") if any(r["state"] == s for r in kept)]
    values = []
    for row in kept:
        who = t(", ").join(t.place(p) for p in as_list(row["parties"])[:3])
        text = t("{who}: {what}", who=who, what=t.fact(str(row["summary"])))
        values.append({"what": theme.label(text, 27 if narrow else 58, 3 if narrow else 2), "due": day(row["due_date"]), "state": t.term("commitment_state", str(row["state"])), "days": lateness(row, t)})
    y = {"field": "what", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=True, size=9.5 if narrow else 10.5)}
    dues = [datetime.date.fromisoformat(str(v["due"])) for v in values] + [today]
    margin = (max(dues) - min(dues)) / 25
    ends = [(min(dues) - margin).isoformat(), (max(dues) + margin).isoformat()]
    x = {"type": "temporal", "scale": {"type": "utc", "domain": ends, "nice": False}, "title": None}
    x["axis"] = {"format": t("%b %Y"), "tickCount": 3 if narrow else 4}
    colour = {"field": "state", "type": "nominal", "scale": {"domain": [t.term("commitment_state", s) for s in states], "range": [STATE_COLOURS[s] for s in states]},
              "legend": {"symbolType": "circle", "columns": 2 if narrow else 6, "symbolStrokeColor": theme.MUTED}}  # fmt: skip
    layers: list[dict[str, Any]] = [
        {"data": {"values": [{"today": today.isoformat()}]}, "mark": {"type": "rule", "color": theme.INK, "strokeDash": [3, 3]}, "encoding": {"x": {"field": "today", **x}}},
        {"mark": {"type": "point", "filled": True, "size": 110, "opacity": 1, "stroke": theme.MUTED, "strokeWidth": 1}, "encoding": {"y": y, "x": {"field": "due", **x}, "color": colour}},
    ]  # fmt: skip
    if not narrow:
        layers.append({"mark": {"type": "text", "align": "left", "fontSize": 10.5}, "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "days"}}})
    body = {"data": {"values": values}, "width": plot, "height": {"step": 36 if narrow else 30}, "layer": layers}
    late = sum(1 for r in result.rows if r["state"] == "overdue")
    soon = sum(1 for r in result.rows if r["state"] == "due_soon")
    return theme.frame(
        body, narrow=narrow, source=theme.footer(result, kept, t),
        title=t("Commitments: {n} overdue, {m} due soon", n=t.count(late), m=t.count(soon)),
        subtitle=t("Due dates as of {date} (dashed line); the {n} nearest of {m}", date=t.date(today), n=t.count(len(kept)), m=t.count(len(result.rows))),
        description=t("Time line of due dates, one line for each commitment, coloured by state."),
    )  # fmt: skip


def target_names(row: Row, t: Translator) -> str:
    """Whom a measure is aimed at."""
    return t(", ").join(t("all countries") if code in ("WLD", "ALL") else t.place(code) for code in as_list(row["targeted"]))


def change_date(row: Row) -> str | None:
    """The day on which a measure or its suspension ends or ended, or on which it takes effect."""
    found = row.get("next_change_date") or row.get("suspended_until_date") or row.get("end_date")
    return str(found) if found else None


def change_days(row: Row) -> float | None:
    """Days to that day, negative if it is past; None where no change is on record."""
    days = row.get("days_to_change")
    return None if days is None and row.get("days_to_lapse") is None else _number(row.get("days_to_lapse") if days is None else days)


def change_kind(row: Row) -> str:
    """`suspension_ends`, `suspension_ended`, `ends`, `ended` or `takes_effect`."""
    kind = str(row.get("next_change") or ("suspension_ends" if row["status"] in ("suspended", "unknown", "possibly_back") else "ends"))
    past = (change_days(row) or 0) < 0
    return {"suspension_ends": "suspension_ended", "ends": "ended"}.get(kind, kind) if past else kind


def _spans(row: Row, start: str, end: str) -> list[dict[str, Any]]:
    """The life of a measure in pieces of one status each, cut to the window of the calendar."""
    begun, ends = day(row["effective_date"]) or start, day(row.get("end_date"))
    held, until = day(row.get("suspended_from_date")), day(row.get("suspended_until_date"))
    status = str(row["status"])
    if held and until:
        pieces = [(begun, held, "in_force"), (held, until, "suspended")]
        if status == "possibly_back":
            pieces.append((until, ends or end, status))
    else:
        pieces = [(begun, ends or end, status)]
    return [{"from": max(a, start), "to": min(b, end), "status": s, "open": b >= end} for a, b, s in pieces if max(a, start) < min(b, end)]


def measures_calendar(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None, most: int = 18) -> theme.Spec:
    """Trade measures from their start to their end; suspended times and what nobody knows are marked."""
    t = translator(lang, names)
    today = as_of(result)
    live = [r for r in result.rows if r["status"] not in ("ended", "replaced") and r.get("effective_date")]
    if not live:
        raise NotFound("No measure is in force, suspended or announced.", cure="Run `didymium measures` first.")
    live.sort(key=lambda r: (change_days(r) is None, abs(change_days(r) or 0.0), str(r["effective_date"])))
    kept = sorted(live[:most], key=lambda r: (str(day(r["effective_date"])), str(r["measure_id"])))
    extent, right = (158, 0) if narrow else (288, 140)
    plot = theme.width(narrow) - extent - right - 12
    start, end = datetime.date(today.year - 3, 1, 1).isoformat(), datetime.date(today.year + 1, 7, 1).isoformat()
    bars, marks = [], []
    for row in kept:
        what = theme.label(measure_name(row, t), 27 if narrow else 53, 3 if narrow else 2)
        bars += [{"what": what, **span} for span in _spans(row, start, end)]
        changes = day(change_date(row))
        marks.append(
            {"what": what, "note": "" if change_days(row) is None else lapse(row, t), "lapse": changes if changes and start <= changes <= end else None}
        )
    statuses = [s for s in order("measure_status") if any(b["status"] == s for b in bars)]
    for bar in bars:
        bar["status"] = t.term("measure_status", bar["status"])
    y = {"field": "what", "type": "nominal", "sort": [m["what"] for m in marks], "axis": theme.y_labels(extent, grid=True, size=9.5 if narrow else 10.5)}
    x = {"type": "temporal", "scale": {"type": "utc", "domain": [start, end], "nice": False}, "title": None}
    x["axis"] = {"format": "%Y", "tickCount": {"interval": "year", "step": 1}, "labelAlign": "left"}
    colour = {"field": "status", "type": "nominal", "scale": {"domain": [t.term("measure_status", s) for s in statuses], "range": [MEASURE_COLOURS[s] for s in statuses]}, "legend": {"columns": 2 if narrow else 6}}
    layers: list[dict[str, Any]] = [
        {"data": {"values": bars}, "mark": {"type": "bar", "height": 9}, "encoding": {"y": y, "x": {"field": "from", **x}, "x2": {"field": "to"}, "color": colour}},
        {"data": {"values": [b for b in bars if b["open"]]}, "mark": {"type": "point", "shape": "triangle-right", "filled": True, "size": 90, "opacity": 1},
         "encoding": {"y": y, "x": {"field": "to", **x}, "color": colour}},
        {"data": {"values": [m for m in marks if m["lapse"]]}, "mark": {"type": "point", "shape": "diamond", "filled": True, "size": 90, "color": theme.INK, "opacity": 1},
         "encoding": {"y": y, "x": {"field": "lapse", **x}}},
        {"data": {"values": [{"today": today.isoformat()}]}, "mark": {"type": "rule", "color": theme.INK, "strokeDash": [3, 3]}, "encoding": {"x": {"field": "today", **x}}},
    ]  # fmt: skip
    if not narrow:
        layers.append({"data": {"values": marks}, "mark": {"type": "text", "align": "left", "fontSize": 10.5}, "encoding": {"y": y, "x": {"value": plot + 12}, "text": {"field": "note"}}})
    body = {"width": plot, "height": {"step": 36 if narrow else 28}, "layer": layers}
    return theme.frame(
        body, title=calendar_finding(result, t), narrow=narrow, source=theme.footer(result, kept, t),
        subtitle=t("Measures from their start; diamond = next or last change; arrow = no end date; dashed line = {date}", date=t.date(today)),
        description=t("Calendar: one bar for each measure, coloured by status."),
    )  # fmt: skip


def calendar_finding(result: Result, t: Translator) -> str:
    """The next change if there is one within 90 days, else how many measures are in force."""
    soon = [r for r in result.rows if 0 <= (-1 if change_days(r) is None else change_days(r) or 0) <= 90]
    if soon:
        following = min(soon, key=lambda r: change_days(r) or 0)
        words = {"date": t.date(change_date(following)), "measure": measure_name(following, t)}
        if change_kind(following) == "suspension_ends":
            return t("Suspended only until {date} – {measure}", **words)
        if change_kind(following) == "takes_effect":
            return t("Next to take effect, on {date} – {measure}", **words)
        return t("Next to end, on {date} – {measure}", **words)
    force = sum(1 for r in result.rows if r["status"] in ("in_force", "in_force_presumed"))
    return t("{n} measures are in force; none lapses within 90 days", n=t.count(force))


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


def lateness(row: Row, t: Translator) -> str:
    """How late a promise is, or how much time is left."""
    days = row.get("days_overdue")
    if days is None:
        return t("no date")
    if row.get("state") == "met":
        return t.term("commitment_state", "met")
    if _number(days) > 0:
        return t("{days} late", days=t.days(_number(days)))
    return t("{days} left", days=t.days(-_number(days)))


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


def _stage(row: Row) -> str:
    return str(row.get("gap_stage") or row["stage"])
