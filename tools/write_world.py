"""Write the shapes of countries that maps draw, from Natural Earth (public domain) as cut into TopoJSON by world-atlas.

    python -m tools.write_world FOLDER

FOLDER holds `countries-110m.json` and `countries-50m.json` of world-atlas 2.0.2 (Natural Earth 4.1). Shapes come from
the first, without Antarctica; the point at which a country's circle stands is the centroid of its largest polygon in
the second, which also knows Singapore and Hong Kong. Ids become ISO 3166 alpha-3, names are dropped.
"""

from __future__ import annotations

import json
import sys
from itertools import accumulate
from pathlib import Path
from typing import Any

import pycountry

TARGET = Path(__file__).parent.parent / "src" / "didymium" / "figures" / "world.json"
Ring = list[tuple[float, float]]


def arcs_of(topology: dict[str, Any]) -> list[Ring]:
    """The lines of a topology in degrees: its integers are differences on a grid."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    lines = []
    for arc in topology["arcs"]:
        xs, ys = accumulate(point[0] for point in arc), accumulate(point[1] for point in arc)
        lines.append([(x * sx + tx, y * sy + ty) for x, y in zip(xs, ys, strict=True)])
    return lines


def ring_of(numbers: list[int], arcs: list[Ring]) -> Ring:
    """A closed ring without jumps at the date line; a negative number is an arc taken backwards."""
    ring: Ring = []
    for number in numbers:
        for x, y in arcs[number] if number >= 0 else arcs[~number][::-1]:
            ring.append((x + 360 * round((ring[-1][0] - x) / 360) if ring else x, y))
    return ring


def centroid(ring: Ring) -> tuple[float, float, float]:
    """Signed area and centre of a ring."""
    pieces = [
        (x0 * y1 - x1 * y0, x0 + x1, y0 + y1) for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True)
    ]
    area = sum(p[0] for p in pieces) / 2
    if not area:
        return 0.0, *ring[0]
    return area, sum(p[0] * p[1] for p in pieces) / (6 * area), sum(p[0] * p[2] for p in pieces) / (6 * area)


def code(numeric: str | None) -> str | None:
    """ISO 3166 alpha-3 of a numeric code; None where there is none."""
    found = pycountry.countries.get(numeric=numeric) if numeric else None
    return str(found.alpha_3) if found else None


def world(shapes: dict[str, Any], fine: dict[str, Any]) -> dict[str, Any]:
    """The topology with ISO codes, and a point for each country."""
    countries = shapes["objects"]["countries"]
    countries["geometries"] = [
        {"type": g["type"], "arcs": g["arcs"]} | ({"id": iso} if (iso := code(g.get("id"))) else {})
        for g in countries["geometries"]
        if code(g.get("id")) != "ATA"
    ]
    arcs = arcs_of(fine)
    points = {}
    for geometry in fine["objects"]["countries"]["geometries"]:
        iso = code(geometry.get("id"))
        if iso and iso not in points:
            polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
            _, x, y = max((centroid(ring_of(p[0], arcs)) for p in polygons), key=lambda found: abs(found[0]))
            points[iso] = [round((x + 180) % 360 - 180, 2), round(y, 2)]
    kept = {"type": "Topology", "objects": {"countries": countries}, "arcs": shapes["arcs"]}
    return {
        "source": "natural-earth-110m",
        "topology": kept | {"transform": shapes["transform"]},
        "points": dict(sorted(points.items())),
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    read = [json.loads((folder / f"countries-{scale}.json").read_text(encoding="utf-8")) for scale in ("110m", "50m")]
    TARGET.write_text(json.dumps(world(*read), separators=(",", ":")) + "\n", encoding="utf-8")
