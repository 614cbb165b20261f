"""One line through the chain: on a map, who makes and ships; as bands from stage to stage, whose goods end up where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from didymium.errors import NotFound
from didymium.figures import theme
from didymium.figures.world import borders, point, shapes
from didymium.i18n import Names, Translator, translator
from didymium.results import Result, Row

BANDS = (0.01, 0.05, 0.1, 0.25, 0.5)
"""Shares of world output at which a map changes colour."""
MOST_FLOWS = 24
MOST_PLACES = 7
HEIGHT = 340
HEAD = 44
BAR = 13
GAP = 5
CURVE = 20
LABEL_LON, LABEL_LAT = 44.0, 7.0
"""Degrees that two names on the map are apart at least, in one direction or the other."""


class Step(Protocol):
    """A stage of the line, as `studies.chain_line` tells it."""

    @property
    def stage(self) -> str: ...
    @property
    def products(self) -> tuple[str, ...]: ...
    @property
    def unit(self) -> str: ...
    @property
    def made(self) -> Mapping[str, float]: ...
    @property
    def shipped(self) -> Mapping[tuple[str, str], float]: ...
    @property
    def used(self) -> Mapping[tuple[str, str], float]: ...
    @property
    def total(self) -> float: ...


def goods(step: Step, t: Translator) -> str:
    """What a step makes, in words: its product, what the names of several share, or else the stage."""
    if len(step.products) == 1:
        return t.product(step.products[0])
    first, last = min(step.products), max(step.products)
    alike = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    shared = first[:alike].rstrip("_:")
    name = t.term("product", shared)
    return name if name != shared.replace("_", " ") else t.term("stage", step.stage)


def flow_map(result: Result, step: Step, *, lang: str, narrow: bool = False, names: Names | None = None) -> theme.Spec:
    """World map of one step: places shaded by share of output, and the largest shipments as curves."""
    t = translator(lang, names)
    if not step.made:
        raise NotFound("Nobody makes this product.", cure="Choose another product.")
    width = theme.width(narrow) - 8
    shares = {place: tonnes / step.total for place, tonnes in step.made.items()}
    classes = [_class(i, t) for i in range(len(BANDS) + 1)]
    drawn = [f for f in sorted(step.shipped.items(), key=lambda f: -f[1]) if point(f[0][0]) and point(f[0][1])]
    drawn = drawn[: MOST_FLOWS // 2 if narrow else MOST_FLOWS]
    largest = drawn[0][1] if drawn else 1.0
    thickest = 5.0 if narrow else 8.0
    curves = [
        {"flow": f"{seller}-{buyer}", "at": i, "lon": x, "lat": y, "size": width_at}
        for (seller, buyer), tonnes in reversed(drawn)
        for i, x, y, width_at in _curve(seller, buyer, max(1.0, thickest * (tonnes / largest) ** 0.5))
    ]
    labels = _labels(shares, 3 if narrow else 6, t)
    held = [c for i, c in enumerate(classes) if any(_band(s) == i for s in shares.values())]
    ramp = dict(zip(classes, theme.BLUES, strict=True))
    body: dict[str, Any] = {
        "width": width,
        "height": round(width * 0.5),
        "projection": {"type": "equalEarth", "rotate": [-150, 0, 0]},
        "layer": [
            {
                "data": {"values": shapes(), "format": {"type": "topojson", "feature": "countries"}},
                "transform": [
                    {
                        "lookup": "id",
                        "from": {
                            "data": {"values": [{"id": p, "class": classes[_band(s)]} for p, s in shares.items()]},
                            "key": "id",
                            "fields": ["class"],
                        },
                    }
                ],
                "mark": {"type": "geoshape", "stroke": theme.PAPER, "strokeWidth": 0.5},
                "encoding": {
                    "color": {
                        "condition": {
                            "test": "isValid(datum.class)",
                            "field": "class",
                            "type": "nominal",
                            "scale": {"domain": held, "range": [ramp[c] for c in held]},
                            "legend": {"columns": 3 if narrow else 6, "symbolType": "square"},
                        },
                        "value": theme.NONE,
                    }
                },
            },
            {
                "data": {"values": curves},
                "mark": {"type": "trail", "color": theme.ORANGE, "opacity": 0.8},
                "encoding": {
                    "longitude": {"field": "lon", "type": "quantitative"},
                    "latitude": {"field": "lat", "type": "quantitative"},
                    "detail": {"field": "flow"},
                    "order": {"field": "at"},
                    "size": {"field": "size", "type": "quantitative", "scale": None, "legend": None},
                },
            },
            *(_map_label(labels, halo=halo) for halo in (True, False)),
        ],
    }
    top, top_share = max(shares.items(), key=lambda x: x[1])
    crossing = sum(step.shipped.values())
    title = t(
        "{country} makes {share} of {product}", country=t.place(top), share=t.share(top_share), product=goods(step, t)
    )
    if crossing > 0:
        sellers: dict[str, float] = {}
        for (seller, _), tonnes in step.shipped.items():
            sellers[seller] = sellers.get(seller, 0.0) + tonnes
        seller, sold = max(sellers.items(), key=lambda x: x[1])
        title = t(
            "{country} makes {share} of {product}; of what crosses borders, {sold} leaves {seller}",
            country=t.place(top),
            share=t.share(top_share),
            product=goods(step, t),
            sold=t.share(sold / crossing),
            seller=t.place(seller),
        )
    return theme.frame(
        body,
        title=title,
        subtitle=t(
            "Share of world output by place and the {n} largest shipments, {year}, balanced; a band runs from its "
            "thick to its thin end, the widest is {tonnes}",
            n=t.count(len(drawn)),
            year=t.year(int(str(result.request["year"]))),
            tonnes=t.amount(largest if drawn else None, step.unit),
        ),
        description=t("World map."),
        source=f"{_foot(result, step.products, t)} · {borders(t)}",
        narrow=narrow,
    )


def chain_sankey(
    result: Result,
    steps: Sequence[Step],
    *,
    parties: Sequence[str] = ("USA", "JPN"),
    lang: str,
    narrow: bool = False,
    names: Names | None = None,
) -> theme.Spec:
    """Bands from stage to stage: each column is a stage's output by place, each band goods made here and used there."""
    t = translator(lang, names)
    if not steps:
        raise NotFound("The line has no step.", cure="Choose another product.")
    width = theme.width(narrow) - 8
    kept = _places(steps, parties, 4 if narrow else MOST_PLACES)
    columns: list[tuple[str, dict[str, float]]] = [(_column(s, t), _shares(s.made, kept)) for s in steps]
    links = [_links(s, kept) for s in steps]
    if not steps[-1].shipped:
        links.pop()
    else:
        ends: dict[str, float] = {}
        for (_, user), share in links[-1].items():
            ends[user] = ends.get(user, 0.0) + share
        columns.append((t("In use"), ends))
    label = 62 if narrow else 92
    step_width = (width - BAR - label) / max(1, len(columns) - 1)
    roles = [t("Leading supplier"), *(t.place(p) for p in parties), t("Other places")]
    colours = [theme.LEADER, *theme.PARTIES[: len(parties)], theme.OTHER]

    def role(place: str) -> str:
        return roles[1 + parties.index(place)] if place in parties else roles[0] if place == kept[0] else roles[-1]

    heights = [
        {
            p: max(
                held.get(p, 0.0),
                sum(v for (_, to), v in links[i - 1].items() if to == p) if i else 0.0,
            )
            for p in kept
        }
        for i, (_, held) in enumerate(columns)
    ]
    gaps = GAP * (len(kept) - 1)
    scale = (HEIGHT - gaps) / max(sum(h.values()) for h in heights)
    tops = [_tops(h, scale) for h in heights]
    bars, bands, texts = [], [], []
    for i, (_, held) in enumerate(columns):
        x = i * step_width
        for place in kept:
            size = heights[i][place] * scale
            if size < 0.3:
                continue
            top = tops[i][place]
            bars.append({"x": x, "x2": x + BAR, "y": top, "y2": top + size, "role": role(place)})
            if size >= (11 if not narrow else 14):
                name = roles[-1] if place == "ROW" else t.place(place)
                words = f"{theme.label(name, 9 if narrow else 14, 1)} {t.share(held.get(place, 0.0), 2)}"
                texts.append({"x": x + BAR + 3, "y": top + size / 2, "text": words})
    for i, held_links in enumerate(links):
        leaves, enters = dict(tops[i]), dict(tops[i + 1])
        for (maker, user), share in sorted(
            held_links.items(), key=lambda k: (kept.index(k[0][0]), kept.index(k[0][1]))
        ):
            size = share * scale
            start, end = leaves[maker], enters[user]
            leaves[maker] += size
            enters[user] += size
            if size < 0.3:
                continue
            x0, x1 = i * step_width + BAR, (i + 1) * step_width
            for k in range(CURVE + 1):
                s = k / CURVE
                y = start + (end - start) * s * s * (3 - 2 * s)
                band = {"link": f"{i}-{maker}-{user}", "x": x0 + (x1 - x0) * s, "y": y, "y2": y + size}
                bands.append({**band, "role": role(maker)})
    heads = [
        {
            "x": i * step_width,
            "y": 0.0,
            "text": theme.label(name, (step_width if i < len(columns) - 1 else label) / 6.4, 3),
        }
        for i, (name, _) in enumerate(columns)
    ]
    x_scale = {"domain": [0, width], "range": [0, width], "nice": False}
    y_scale = {"domain": [0, HEAD + HEIGHT], "range": [0, HEAD + HEIGHT], "nice": False}
    x_of = {"field": "x", "type": "quantitative", "scale": x_scale, "axis": None}
    y_of = {"field": "y", "type": "quantitative", "scale": y_scale, "axis": None, "stack": None}
    colour = {
        "field": "role",
        "type": "nominal",
        "scale": {"domain": roles, "range": colours},
        "legend": {"columns": 2 if narrow else 4, "symbolType": "square", "symbolOpacity": 1},
    }
    text = {"x": x_of, "y": y_of, "text": {"field": "text"}}
    mark = {"type": "text", "align": "left", "baseline": "middle", "fontSize": 10 if narrow else 10.5}
    body = {
        "width": width,
        "height": HEAD + HEIGHT,
        "layer": [
            {
                "data": {"values": bands},
                "mark": {"type": "area", "opacity": 0.5, "line": False},
                "encoding": {"x": x_of, "y": y_of, "y2": {"field": "y2"}, "detail": {"field": "link"}, "color": colour},
            },
            {
                "data": {"values": bars},
                "mark": {"type": "rect", "opacity": 1},
                "encoding": {"x": x_of, "x2": {"field": "x2"}, "y": y_of, "y2": {"field": "y2"}, "color": colour},
            },
            {
                "data": {"values": texts},
                "mark": {**mark, "stroke": theme.PAPER, "strokeWidth": 3, "strokeJoin": "round"},
                "encoding": text,
            },
            {"data": {"values": texts}, "mark": mark, "encoding": text},
            {
                "data": {"values": heads},
                "mark": {"type": "text", "align": "left", "baseline": "top", "fontWeight": "bold", "lineBreak": "\n"}
                | {"fontSize": 10 if narrow else 11},
                "encoding": text,
            },
        ],
    }
    last = next(s for s in reversed(steps) if s.used)
    maker = max(last.made, key=lambda p: last.made[p])
    need = {p: sum(v for (_, user), v in last.used.items() if user == p) for p in parties}
    needed = sum(need.values())
    title = t(
        "{country} makes {share} of {product}",
        country=t.place(maker),
        share=t.share(last.made[maker] / last.total),
        product=goods(last, t),
    )
    if needed > 0:
        title = t(
            "{country} makes {share} of {product}, and {used} of what {parties} use",
            country=t.place(maker),
            share=t.share(last.made[maker] / last.total),
            product=goods(last, t),
            used=t.share(sum(v for (m, user), v in last.used.items() if m == maker and user in parties) / needed),
            parties=t.places(parties),
        )
    return theme.frame(
        body,
        title=title,
        subtitle=t(
            "Each column is the whole output of a stage, {year}, balanced, by place; bands lead from where goods are "
            "made to where they are used and have the colour of the maker",
            year=t.year(int(str(result.request["year"]))),
        ),
        description=t("Bands from stage to stage; the table below holds the same numbers."),
        source=_foot(result, [p for s in steps for p in s.products], t),
        narrow=narrow,
    )


def _places(steps: Sequence[Step], parties: Sequence[str], most: int) -> list[str]:
    """Places with a bar of their own, the leading supplier first; all others are `ROW`, the last."""
    weight: dict[str, float] = {}
    for step in steps:
        for place, tonnes in step.made.items():
            weight[place] = weight.get(place, 0.0) + tonnes / step.total
    weight.pop("ROW", None)
    ranked = sorted(weight, key=lambda p: -weight[p])
    first = ranked[:1]
    others = [p for p in ranked[1:] if p not in parties]
    return [*first, *(p for p in parties if p not in first), *others[:most], "ROW"]


def _shares(made: Mapping[str, float], kept: Sequence[str]) -> dict[str, float]:
    total = sum(made.values())
    shares: dict[str, float] = {}
    for place, tonnes in made.items():
        key = place if place in kept else "ROW"
        shares[key] = shares.get(key, 0.0) + tonnes / total
    return shares


def _links(step: Step, kept: Sequence[str]) -> dict[tuple[str, str], float]:
    links: dict[tuple[str, str], float] = {}
    for (maker, user), tonnes in step.used.items():
        key = (maker if maker in kept else "ROW", user if user in kept else "ROW")
        links[key] = links.get(key, 0.0) + tonnes / step.total
    return links


def _tops(heights: Mapping[str, float], scale: float) -> dict[str, float]:
    """Upper end of each bar; bars stand in the middle of their column."""
    shown = [p for p in heights if heights[p] * scale >= 0.3]
    at = HEAD + (HEIGHT - sum(heights[p] for p in shown) * scale - GAP * max(0, len(shown) - 1)) / 2
    tops = {}
    for place, height in heights.items():
        tops[place] = at
        at += height * scale + GAP if place in shown else 0.0
    return tops


def _column(step: Step, t: Translator) -> str:
    stage = t.term("stage", step.stage)
    name = goods(step, t)
    return stage if name == stage else f"{stage}\n{name}"


def _band(share: float) -> int:
    return sum(share >= edge for edge in BANDS)


def _class(number: int, t: Translator) -> str:
    edges = [t.share(e) for e in BANDS]
    if number == 0:
        return t("below {high}", high=edges[0])
    if number == len(BANDS):
        return t("{low} and more", low=edges[-1])
    return t.span(edges[number - 1], edges[number])


def _curve(seller: str, buyer: str, thickness: float) -> list[tuple[int, float, float, float]]:
    """Points of a bow from seller to buyer, on the side of the Pacific, thick where it starts."""
    (x0, y0), (x1, y1) = (_turned(point(p) or (0.0, 0.0)) for p in (seller, buyer))
    bend = 0.16 * abs(x1 - x0) + 0.1 * abs(y1 - y0)
    middle = ((x0 + x1) / 2, min(82.0, (y0 + y1) / 2 + bend))
    found = []
    for i in range(CURVE + 1):
        s = i / CURVE
        a, b, c = (1 - s) ** 2, 2 * s * (1 - s), s * s
        x, y = a * x0 + b * middle[0] + c * x1, a * y0 + b * middle[1] + c * y1
        found.append((i, x, y, thickness * (1 - 0.85 * s)))
    return found


def _labels(shares: Mapping[str, float], most: int, t: Translator) -> list[dict[str, Any]]:
    """Names of the largest makers, without those that would stand on another."""
    found: list[dict[str, Any]] = []
    for place, share in sorted(shares.items(), key=lambda x: -x[1])[:most]:
        at = point(place)
        if at is None or share < BANDS[0]:
            continue
        apart = all(abs(at[0] - f["lon"]) > LABEL_LON or abs(at[1] - f["lat"]) > LABEL_LAT for f in found)
        if apart:
            found.append({"lon": at[0], "lat": at[1], "text": f"{t.place(place)} {t.share(share, 2)}"})
    return found


def _turned(at: tuple[float, float]) -> tuple[float, float]:
    """Longitude from −30 to 330: the map is cut in the Atlantic."""
    return (at[0] + 30) % 360 - 30, at[1]


def _map_label(labels: Sequence[Mapping[str, Any]], *, halo: bool) -> dict[str, Any]:
    mark: dict[str, Any] = {"type": "text", "fontSize": 11, "fontWeight": "bold"}
    if halo:
        mark |= {"stroke": theme.PAPER, "strokeWidth": 3.5, "strokeJoin": "round"}
    return {
        "data": {"values": labels},
        "mark": mark,
        "encoding": {
            "longitude": {"field": "lon", "type": "quantitative"},
            "latitude": {"field": "lat", "type": "quantitative"},
            "text": {"field": "text"},
        },
    }


def _foot(result: Result, products: Sequence[str], t: Translator) -> str:
    rows: list[Row] = [r for r in result.rows if r["product"] in products]
    return theme.footer(result, rows, t)
