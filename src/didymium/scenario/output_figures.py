"""What is known of output: mines, separation, metal, magnets.

Magnet output is counted as blanks, by rule magnet-mass-basis.
"""

from __future__ import annotations

from didymium.scenario.chain import ORE, REDUCED, Tables, assumption
from didymium.scenario.inputs import Observation
from didymium.scenario.observing import Desk, Row, heavy_share, members_of

IONIC_NEIGHBOURS = ("MMR", "LAO")  # their mines ship ionic-clay feed to China as mixed compounds


def mined(desk: Desk) -> list[Observation]:
    """Mine output by place and deposit type; competing claims widen the error."""
    ds, chain, index, year = desk.ds, desk.chain, desk.index, desk.year
    rows = [r for r in ds.rows("production", product=ORE, stage="mine") if not r["is_total"]]
    preferred = [r for r in rows if r["preferred"]]
    named = {r["country"] for r in preferred if r["year"] == min(year, 2025)}
    others = [r for r in rows if not r["preferred"] and r["country"] not in named and r["country"] != "ROW"]
    route = {(r["place"], r["process_id"].removeprefix("sep_")): float(r["share"]) for r in ds.rows("ore_routes")}
    quota = assumption(ds, "quota_sigma_share")
    seen = []
    for row in desk.latest(preferred + others, lambda r: r["country"]):
        place = row["country"]
        claims = [float(r["quantity"]) for r in rows if r["country"] == place and r["year"] == row["year"]]
        crossed = _border_claim(ds, place, year)
        claims += [crossed] if crossed else []
        spread = (max(claims) - min(claims)) / 2 / max(float(row["quantity"]), 1.0)
        floor = max(spread, quota if place == "CHN" else 0.0)
        ores = [(ore, share) for (p, ore), share in route.items() if p == place]
        for ore, share in ores:
            region = chain.region_of[place]
            if place == "ROW" or region == place:
                terms = (("activity", index.activity[f"mine_{ore}", region], 1.0),)
                seen.append(
                    desk.observe(
                        "production",
                        row,
                        terms,
                        product=f"{ORE}:{ore}",
                        place=place,
                        factor=share,
                        least=floor,
                        note="" if share == 1 else f"{share:.0%} of the country's output by ore route",
                    )
                )
    return seen


def _border_claim(ds: Tables, place: str, year: int) -> float:
    """Ionic feed that China recorded at its border [t REO]; 0 where it has none."""
    if place not in IONIC_NEIGHBOURS:
        return 0.0
    rows = [
        r
        for r in ds.rows("trade", product="re_compounds", exporter=place, importer="CHN")
        if r["year"] <= min(year, 2024)
    ]
    latest = max(rows, key=lambda r: r["year"], default=None)
    return float(latest["quantity"]) * assumption(ds, "ionic_reo_per_gross_share") if latest else 0.0


def separated(desk: Desk) -> list[Observation]:
    """Separated oxides by place; neodymium and praseodymium as their blend."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    recipes = {p.process_id: p for p in chain.processes}
    seen = []
    wanted = {
        "ndpr_oxide": ("ndpr_oxide", "nd_oxide", "pr_oxide"),
        "dy_oxide": ("dy_oxide",),
        "tb_oxide": ("tb_oxide",),
    }
    for product, given in wanted.items():
        rows = [
            r
            for g in given
            for r in ds.rows("production", product=g, stage="separated")
            if r["preferred"] and not r["is_total"]
        ]
        blend_places = {(r["country"], r["year"]) for r in rows if r["product"] == "ndpr_oxide"}
        rows = [
            r
            for r in rows
            if r["product"] in ("ndpr_oxide", "dy_oxide", "tb_oxide") or (r["country"], r["year"]) not in blend_places
        ]
        summed: dict[tuple[str, int], Row] = {}
        for r in rows:
            key = (r["country"], r["year"])
            if key in summed:
                first = summed[key]
                summed[key] = {
                    **first,
                    "quantity": first["quantity"] + r["quantity"],
                    "parts": [*first.get("parts", [first]), r],
                }
            else:
                summed[key] = dict(r)
        listed = {place for place, _ in summed}
        for row in desk.latest(summed.values(), lambda r: r["country"]):
            places = members_of(row["country"], chain, listed, [r for p, r in chain.activities if p.startswith("sep_")])
            terms = tuple(
                ("activity", index.activity[p, r], recipes[p].outputs[product])
                for p, r in chain.activities
                if p.startswith("sep_") and r in places and product in recipes[p].outputs
            )
            seen.append(desk.observe("production", row, terms, product=product))
    return seen


def recycled(desk: Desk) -> list[Observation]:
    """Oxides made from magnet scrap, by place."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    recipes = {p.process_id: p for p in chain.processes}
    makers = [(p, r) for p, r in chain.activities if p.startswith("recycle_")]
    seen = []
    for product in REDUCED.values():
        rows = [r for r in ds.rows("production", product=product, stage="recycled") if r["preferred"]]
        for row in desk.latest(rows, lambda r: r["country"]):
            terms = tuple(
                ("activity", index.activity[p, r], recipes[p].outputs[product])
                for p, r in makers
                if r == chain.region_of.get(row["country"]) and product in recipes[p].outputs
            )
            seen.append(desk.observe("production", row, terms))
    return seen


def magnet_elements(desk: Desk) -> list[Observation]:
    """Separated Nd+Pr+Dy+Tb as elements; a company's report of its own output wins.

    Whether the figure holds oxide from scrap is not said: `separated_scrap_share` of it is taken to be inside, and
    where output from scrap is published the error is at least what the range of that share leaves open.
    """
    ds, chain, index = desk.ds, desk.chain, desk.index
    inside = assumption(ds, "separated_scrap_share")
    (stated,) = ds.rows("assumptions", assumption_id="separated_scrap_share")
    open_share = (float(stated["high"]) - float(stated["low"])) / 2
    rows = [r for r in ds.rows("production", product="ree_magnet", stage="separated") if not r["is_total"]]
    content = {
        product: next(
            float(r["quantity"]) for r in ds.rows("recipes", process_id=recipe) if r["flow_role"] == "parameter"
        )
        for recipe, product in REDUCED.items()
    }
    recipes = {p.process_id: p for p in chain.processes}
    makers = [(p, r) for p, r in chain.activities if p.startswith(("sep_", "recycle_"))]
    scrap = [r for r in ds.rows("production", stage="recycled") if r["product"] in content and r["preferred"]]
    from_scrap = {
        place: sum(
            content[r["product"]] * float(r["quantity"])
            for r in desk.latest((r for r in scrap if r["country"] == place), lambda r: r["product"])
        )
        for place in {r["country"] for r in scrap}
    }
    kept = _with_its_rest(desk, desk.latest(rows, lambda r: r["country"]), content["ndpr_oxide"])
    listed = {row["country"] for row in kept}
    seen = []
    for row in kept:
        places = members_of(row["country"], chain, listed, [r for _, r in makers])
        terms = tuple(
            (
                "activity",
                index.activity[p, r],
                (inside if p.startswith("recycle_") else 1.0)
                * sum(content[o] * recipes[p].outputs.get(o, 0.0) for o in content),
            )
            for p, r in makers
            if r in places
        )
        places_of = {part["country"] for part in row.get("parts", [row])}
        unsaid = sum(from_scrap.get(place, 0.0) for place in sorted(places_of)) * open_share
        unsure, size = max(unsaid, row.get("rival", 0.0) / 2), float(row["quantity"])
        seen.append(
            desk.observe(
                "production",
                row,
                terms,
                least=unsure / size if size else 0.0,
                least_t=1.0 if size else max(unsure, 1.0),
                note=str(row.get("joined") or ""),
            )
        )
    return seen


def _with_its_rest(desk: Desk, rows: list[Row], element: float) -> list[Row]:
    """Figures of separated elements, those of companies' countries joined with the rest of the world.

    A rest of the world is what a source's total leaves: where companies report more than the source has for their
    country, its rest holds less. So the two are one figure, by rule rest-is-a-residual. In a year that the source does
    not have, the rest moves with demand and companies as they report; it never falls below zero. A country whose first
    report is younger than the rest, or whose figure is of another year, keeps its figure. `element` is the content of
    NdPr oxide [t/t].
    """
    reports = [r for r in desk.ds.rows("production", product="ndpr_oxide", stage="separated") if r["preferred"]]
    rest = next((r for r in rows if r["country"] == "ROW"), None)
    if rest is None:
        reporting = {r["country"] for r in reports}
        return [r for r in rows if r["country"] not in reporting]
    early = {r["country"] for r in reports if r["year"] <= rest["year"] and r["country"] != "ROW"}
    joined = [r for r in rows if r["country"] in early and r["year"] == rest["year"]]
    parts = [rest, *joined]
    kept = [r for r in rows if r not in parts]

    def reported(year: int) -> float:
        """NdPr of the joined countries in a year as companies have it, moved where they have none [t]."""
        past = [r for r in reports if r["country"] in {p["country"] for p in joined} and r["year"] <= year]
        last = {r["country"]: r for r in sorted(past, key=lambda r: int(r["year"]))}
        return sum(element * float(r["quantity"]) * desk.growth(year, r["year"]) for r in last.values())

    counted = sum(float(r["quantity"]) for r in joined)
    left = max(counted + float(rest["quantity"]) - reported(rest["year"]), 0.0)
    quantity = left + reported(desk.year) / desk.growth(desk.year, rest["year"])
    names = ", ".join(r["country"] for r in joined)
    rival = abs(reported(rest["year"]) - counted)
    return [*kept, {**rest, "quantity": quantity, "parts": parts, "rival": rival, "joined": names and f"with {names}"}]


def metals(desk: Desk) -> list[Observation]:
    """Reduced Nd+Pr+Dy+Tb by place."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    rows = [r for r in ds.rows("production", product="re_metal", stage="metal") if r["preferred"] and not r["is_total"]]
    listed = {r["country"] for r in rows}
    least = assumption(ds, "split_sigma_world_share") * sum(float(r["quantity"]) for r in rows if r["year"] == 2024)
    seen = []
    for row in desk.latest(rows, lambda r: r["country"]):
        places = members_of(row["country"], chain, listed, [r for p, r in chain.activities if p.startswith("red_")])
        terms = tuple(
            ("activity", index.activity[p, r], 1.0) for p, r in chain.activities if p.startswith("red_") and r in places
        )
        seen.append(desk.observe("production", row, terms, least_t=least))
    return seen


def blanks(desk: Desk) -> list[Observation]:
    """Sintered blanks by place, and a prior on their grades."""
    ds, chain, index = desk.ds, desk.chain, desk.index
    rows = [
        r for r in ds.rows("production", product="ndfeb_magnet", stage="magnet") if r["preferred"] and not r["is_total"]
    ]
    listed = {r["country"] for r in rows}
    least = assumption(ds, "split_sigma_world_share") * sum(float(r["quantity"]) for r in rows if r["year"] == 2024)
    share, spread = heavy_share(ds)
    seen = []
    for row in desk.latest(rows, lambda r: r["country"]):
        places = members_of(row["country"], chain, listed, [r for p, r in chain.activities if p.startswith("sinter_")])
        terms = tuple(
            ("activity", index.activity[p, r], 1.0)
            for p, r in chain.activities
            if p.startswith("sinter_") and r in places
        )
        seen.append(
            desk.observe(
                "production",
                row,
                terms,
                product="ndfeb_blank",
                stage="blank",
                least_t=least,
                note="magnet output is counted as blanks",
            )
        )
        heavy = tuple(
            t
            for t, (p, _) in zip(
                terms, ((p, r) for p, r in chain.activities if p.startswith("sinter_") and r in places), strict=True
            )
            if p == "sinter_ht"
        )
        seen.append(
            desk.observe(
                "prior",
                {**row, "confidence": "low"},
                heavy,
                product="ndfeb_blank_ht",
                stage="blank",
                factor=share,
                least=spread,
                least_t=least,
                note="world share of the heavy grade",
            )
        )
    return seen
