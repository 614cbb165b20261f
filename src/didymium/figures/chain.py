"""Who makes what: shares of supply by stage, and how concentrated each stage is."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import firm, known, latest, step_name, years_of
from didymium.i18n import Names, translator
from didymium.results import Result


def chain_shares(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """Shares of world output at each step of the chain, stacked: the leading supplier, the parties, all others."""
    t = translator(lang, names)
    steps = latest(result.rows, "stage", "product")
    shares = latest(result.tables.get("shares", ()), "stage", "product")
    if not shares or not steps:
        raise NotFound(
            "Exposure holds no shares by country.", cure="Run `didymium exposure` on tables with production by country."
        )
    parties = [str(p) for p in _parties(result)]
    extent, right = (112, 46) if narrow else (176, 110)
    plot = theme.width(narrow) - extent - right - 10
    roles = [t("Leading supplier"), *(t.place(p) for p in parties), t("Other places")]
    colours = [theme.LEADER, *theme.PARTIES[: len(parties)], theme.OTHER]
    bars: list[dict[str, Any]] = []
    ends: list[dict[str, Any]] = []
    for step in steps:
        top = str(step["top_country"])
        parts = [s for s in shares if (s["stage"], s["product"]) == (step["stage"], step["product"])]
        ahead = {top: 0, **{p: i + 1 for i, p in enumerate(parties) if p != top}}
        parts.sort(key=lambda s: (ahead.get(str(s["country"]), 99), s["country"] == "ROW", -float(str(s["share"]))))
        name = theme.label(step_name(step, t, steps), 18 if narrow else 28)
        at = 0.0
        for part in parts:
            code, share = str(part["country"]), float(str(part["share"]))
            role = 0 if code == top else parties.index(code) + 1 if code in parties else len(parties) + 1
            text = t.place(code)
            fits = theme.columns(text) * 6.1 + 8 < share * plot
            bars.append(
                {
                    "step": name,
                    "from": at,
                    "to": at + share,
                    "role": roles[role],
                    "place": text if fits else "",
                    "dark": role <= len(parties),
                }
            )
            at += share
        value = t.share(known(step["top_share"]))
        low, high = known(step.get("top_share_p10")), known(step.get("top_share_p90"))
        if low is not None and high is not None and low < high and not narrow:
            value = t("{value} ({low}–{high})", value=value, low=t.number(low * 100), high=t.number(high * 100))
        ends.append({"step": name, "value": value})
    y = {"field": "step", "type": "nominal", "sort": None, "axis": theme.y_labels(extent)}
    x = {"field": "from", "type": "quantitative", "scale": {"domain": [0, 1], "nice": False}, "title": None}
    x["axis"] = {"format": ".0%", "values": [0, 0.5, 1] if narrow else [0, 0.25, 0.5, 0.75, 1]}
    body = {
        "width": plot,
        "height": {"step": 30},
        "layer": [
            {
                "data": {"values": bars},
                "mark": {"type": "bar", "height": {"band": 0.74}, "stroke": theme.PAPER, "strokeWidth": 1},
                "encoding": {
                    "y": y,
                    "x": x,
                    "x2": {"field": "to"},
                    "color": {
                        "field": "role",
                        "type": "nominal",
                        "scale": {"domain": roles, "range": colours},
                        "legend": _legend(narrow),
                    },
                },
            },
            {
                "data": {"values": [b for b in bars if b["place"]]},
                "transform": [{"calculate": "(datum.from + datum.to) / 2", "as": "middle"}],
                "mark": {"type": "text", "fontSize": 11},
                "encoding": {
                    "y": y,
                    "x": {"field": "middle", "type": "quantitative"},
                    "text": {"field": "place"},
                    "color": {"condition": {"test": "datum.dark", "value": theme.PAPER}, "value": theme.ON_COLOUR},
                },
            },
            {
                "data": {"values": ends},
                "mark": {"type": "text", "align": "left", "fontWeight": "bold"},
                "encoding": {"y": y, "x": {"value": plot + 7}, "text": {"field": "value"}},
            },
        ],
    }
    best = max(firm(steps), key=lambda r: float(str(r["top_share"])))
    leader = str(best["top_country"])
    led = sum(1 for s in steps if s["top_country"] == leader)
    title = t(
        "{country} leads {n} of {m} steps of the chain; highest reported share: {share} of {step}",
        country=t.place(leader),
        n=t.count(led),
        m=t.count(len(steps)),
        share=t.share(known(best["top_share"])),
        step=step_name(best, t, steps),
    )
    subtitle = t(
        "Share of world output by place, per cent of mass, {years}; at the right the leader's share with its "
        "10–90% interval",
        years=years_of(steps, t),
    )
    if narrow:
        subtitle = t(
            "Share of world output by place, per cent of mass, {years}; at the right the leader's share",
            years=years_of(steps, t),
        )
    return theme.frame(
        body,
        title=title,
        subtitle=subtitle,
        narrow=narrow,
        source=theme.footer(result, [*shares, *steps], t),
        description=t("Stacked bars, one for each step from mine to magnet."),
    )


def concentration(result: Result, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """Herfindahl–Hirschman index of each step as a dot with its interval, 0–10,000."""
    t = translator(lang, names)
    steps = [r for r in latest(result.rows, "stage", "product") if r.get("hhi") is not None]
    if not steps:
        raise NotFound("Exposure holds no concentration index.", cure="Run `didymium exposure` first.")
    extent, right = (112, 46) if narrow else (176, 120)
    plot = theme.width(narrow) - extent - right - 10
    points = []
    for step in steps:
        index, low, high = known(step["hhi"]), known(step.get("hhi_p10")), known(step.get("hhi_p90"))
        value = t.number(float(str(step["hhi_10000"])))
        if low is not None and high is not None and low < high and not narrow:
            value = t("{value} ({low}–{high})", value=value, low=t.number(low * 10_000), high=t.number(high * 10_000))
        points.append(
            {
                "step": theme.label(step_name(step, t, steps), 18 if narrow else 28),
                "index": index,
                "low": low,
                "high": high,
                "value": value,
            }
        )
    y = {"field": "step", "type": "nominal", "sort": None, "axis": theme.y_labels(extent, grid=True)}
    x = {"type": "quantitative", "scale": {"domain": [0, 1], "nice": False}, "title": None}
    x["axis"] = {
        "labelExpr": "format(datum.value * 10000, ',')",
        "values": [0, 0.5, 1] if narrow else [0, 0.25, 0.5, 0.75, 1],
    }
    body = {
        "width": plot,
        "height": {"step": 26},
        "data": {"values": points},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 5, "color": theme.BLUES[1], "strokeCap": "round"},
                "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 90, "color": theme.BLUES[4], "opacity": 1},
                "encoding": {"x": {"field": "index", **x}},
            },
            {
                "mark": {"type": "text", "align": "left", "fontWeight": "bold"},
                "encoding": {"x": {"value": plot + 7}, "text": {"field": "value"}},
            },
        ],
    }
    most = max(firm(steps), key=lambda r: float(str(r["hhi"])))
    title = t(
        "Among steps with reported figures, {step} is the most concentrated: index {value}",
        step=step_name(most, t, steps),
        value=t.number(float(str(most["hhi_10000"]))),
    )
    return theme.frame(
        body,
        title=title,
        narrow=narrow,
        source=theme.footer(result, steps, t),
        subtitle=t(
            "Herfindahl–Hirschman index of country shares, {years}; 10,000 means one supplier; bar = 10–90% interval",
            years=years_of(steps, t),
        ),
        description=t("Dots with intervals, one for each step from mine to magnet."),
    )


def _parties(result: Result) -> list[str]:
    asked = result.request.get("parties")
    return [str(p) for p in asked] if isinstance(asked, list | tuple) else []


def _legend(narrow: bool) -> dict[str, Any]:
    return {"columns": 2} if narrow else {}
