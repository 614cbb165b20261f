"""What the answer hangs on: how far each assumption moves it."""

from __future__ import annotations

from typing import Any

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.rows import quantity
from didymium.figures.shortage import scenario_name
from didymium.i18n import Names, Translator, translator
from didymium.results import Result, Row


def drivers_tornado(
    result: Result,
    *,
    lang: str,
    narrow: bool = False,
    names: Names | None = None,
    scenario: str | None = None,
    most: int = 10,
) -> theme.Spec:
    """How far each assumption, at the ends of its range, moves the unserved tonnes of one scenario."""
    t = translator(lang, names)
    rows = drivers_of(result, scenario)
    if not rows:
        raise NotFound("Stress holds no drivers for this scenario.", cure="Run `didymium stress` with drivers.")
    rows = [r for r in rows if r["foresight"] == rows[0]["foresight"] and abs(quantity(r["swing_t"])) > 0][
        :most
    ] or rows[:1]
    extent, right = (150, 48) if narrow else (250, 110)
    plot = theme.width(narrow) - extent - right - 10
    ends = {"low": t("Low end of the range"), "high": t("High end of the range")}
    bars, dots = [], []
    for row in rows:
        name = theme.label(assumption_name(row, t), 27 if narrow else 44, 3)
        low, high = quantity(row["unserved_t_low"]), quantity(row["unserved_t_high"])
        bars.append({"name": name, "low": low, "high": high, "text": assumption_range(row, t, with_unit=not narrow)})
        dots += [{"name": name, "value": low, "end": ends["low"]}, {"name": name, "value": high, "end": ends["high"]}]
    y = {
        "field": "name",
        "type": "nominal",
        "sort": None,
        "axis": theme.y_labels(extent, grid=False, size=10 if narrow else 11),
    }
    x = {
        "type": "quantitative",
        "scale": {"zero": False},
        "title": None,
        "axis": {"format": ",.3~r", "tickCount": 3 if narrow else 5},
    }
    colour = {
        "field": "end",
        "type": "nominal",
        "scale": {"domain": list(ends.values()), "range": [theme.BLUES[2], theme.BLUES[5]]},
        "legend": {"columns": 1 if narrow else 2},
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": bars},
            "mark": {"type": "rule", "strokeWidth": 6, "color": theme.BLUES[0], "strokeCap": "round"},
            "encoding": {"y": y, "x": {"field": "low", **x}, "x2": {"field": "high"}},
        },
        {
            "data": {"values": dots},
            "mark": {"type": "point", "filled": True, "size": 80, "opacity": 1},
            "encoding": {"y": y, "x": {"field": "value", **x}, "color": colour},
        },
        {
            "data": {"values": bars},
            "mark": {"type": "text", "align": "left", "fontSize": 10.5},
            "encoding": {"y": y, "x": {"value": plot + 9}, "text": {"field": "text"}},
        },
    ]
    base = rows[0].get("unserved_t")
    if base is not None:
        line = {
            "data": {"values": [{"base": base}]},
            "mark": {"type": "rule", "color": theme.MUTED, "strokeDash": [3, 3]},
        }
        layers.insert(0, {**line, "encoding": {"x": {"field": "base", **x}}})
    body = {"width": plot, "height": {"step": 36 if narrow else 30}, "layer": layers}
    subtitle = t(
        "{scenario}: unserved demand [t] when one assumption moves to the ends of its range ({foresight}); the "
        "range stands at the right",
        scenario=scenario_name(result, str(rows[0]["scenario"]), t),
        foresight=t.term("foresight", str(rows[0]["foresight"])),
    )
    if base is not None:
        subtitle += t("; dashed line = all assumptions at their own value")
    return theme.frame(
        body,
        title=t("What the answer hangs on most: {assumption}", assumption=assumption_name(rows[0], t)),
        subtitle=subtitle,
        narrow=narrow,
        source=theme.footer(result, rows, t),
        description=t("Bars between two dots, one for each assumption, longest first."),
    )


def drivers_of(result: Result, scenario: str | None = None) -> list[Row]:
    """How much each assumption moves one scenario, largest swing first; unless named, the scenario moved most."""
    table = [r for r in result.tables.get("drivers", ()) if scenario in (None, r["scenario"])]
    if not table:
        return []
    chosen = max(table, key=lambda r: abs(quantity(r["swing_t"])))["scenario"]
    return sorted(
        (r for r in table if r["scenario"] == chosen),
        key=lambda r: (r["foresight"] != "myopic", -abs(quantity(r["swing_t"]))),
    )


def assumption_name(row: Row, t: Translator) -> str:
    """What an assumption means, in the words of its row; its id with its words apart where it has none."""
    return str(
        row.get("meaning" if t.lang == "en" else f"meaning_{t.lang}")
        or row.get("meaning")
        or t.term("assumption", str(row["assumption_id"]))
    )


def assumption_range(row: Row, t: Translator, *, with_unit: bool) -> str:
    """The range of an assumption: shares as per cent, other units as they are."""
    unit = str(row.get("unit") or "")
    low, high = quantity(row["low"]), quantity(row["high"])
    if unit.startswith("share"):
        span = t("{n}%", n=t.span(t.number(low * 100), t.number(high * 100)))
        rest = unit.removeprefix("share").strip()
    else:
        span, rest = t.span(t.number(low), t.number(high)), unit
    return t("{low_high} {unit}", low_high=span, unit=t.term("unit", rest)) if rest and with_unit else span
