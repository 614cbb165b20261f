"""The front page: findings in sentences and key figures in tiles. Every number is picked from a row of a result."""

from __future__ import annotations

from collections.abc import Sequence

from didymium.brief.desk import Desk, number, text
from didymium.brief.document import Block, Paragraph, Points, Section, Tile, Tiles
from didymium.brief.record import SOON_DAYS, lapsing, on_the_chain, past_their_date
from didymium.figures.gaps import largest_gap, one_outlook, parties_of
from didymium.figures.measures import change_date, change_days, change_kind, measure_name
from didymium.figures.rows import firm, latest, step_name
from didymium.figures.shortage import by_sector, first_rows, scenario_name, scenarios
from didymium.results import Row


def summary(desk: Desk, notices: Sequence[str] = ()) -> Section:
    """One page: what the reader must know if she reads no further; first of all, who may read it."""
    t = desk.t
    tiles = [*_exposure_tiles(desk), *_shortage_tiles(desk), *_gap_tiles(desk), *_record_tiles(desk)]
    findings = [*_exposure(desk), *_stress(desk), *_gaps(desk), *_projects(desk), *_record(desk)]
    blocks: list[Block] = [Paragraph(notice, tone="warning") for notice in notices]
    if tiles:
        blocks.append(Tiles(tuple(tiles)))
    if findings:
        blocks.append(Points(tuple(findings), heading=t("Findings")))
    else:
        blocks.append(Paragraph(t("None of the studies found anything for these parties."), tone="note"))
    blocks.append(
        Paragraph(
            t(
                "Numbers in brackets after a value are its 10–90% interval; numbers in square brackets lead to "
                "the sources. "
                "Findings describe the data and the model; they are not advice."
            ),
            tone="note",
        )
    )
    return Section("summary", t("Summary"), tuple(blocks))


def _most_concentrated(desk: Desk) -> Row | None:
    steps = [r for r in latest(desk.rows("exposure"), "stage", "product") if r.get("top_share") is not None]
    return max(firm(steps), key=lambda r: number(r["top_share"]) or 0.0) if steps else None


def _bounds(row: Row, name: str) -> tuple[float, float] | None:
    low, high = number(row.get(f"{name}_p10")), number(row.get(f"{name}_p90"))
    return None if low is None or high is None or low == high else (low, high)


def _exposure(desk: Desk) -> list[Paragraph]:
    t = desk.t
    step = _most_concentrated(desk)
    if step is None:
        return []
    words = {
        "country": t.place(text(step["top_country"])),
        "product": t.term("product", text(step["product"])),
        "year": t.year(int(number(step["year"]) or 0)),
        "share": t.share(number(step["top_share"])),
    }
    bounds = _bounds(step, "top_share")
    if bounds:
        words["interval"] = t.span(t.share(bounds[0]), t.share(bounds[1]))
        said = t(
            "In {year}, {country} made {share} ({interval}) of the world's {product}, "
            "the highest share among the steps with reported figures.",
            **words,
        )
    else:
        said = t(
            "In {year}, {country} made {share} of the world's {product}, "
            "the highest share among the steps with reported figures.",
            **words,
        )
    points = [Paragraph(said, desk.cite(step))]
    reliance = [
        r
        for r in latest(desk.extra("exposure", "reliance"), "party", "stage", "product")
        if r.get("china_import_share") is not None
    ]
    for party in desk.parties:
        own = [r for r in reliance if r["party"] == party and r["stage"] == "magnet"] or [
            r for r in reliance if r["party"] == party
        ]
        if own:
            row = max(own, key=lambda r: number(r["china_import_share"]) or 0.0)
            words = {
                "party": t.place(party),
                "share": t.share(number(row["china_import_share"])),
                "product": t.term("product", text(row["product"])),
                "year": t.year(int(number(row.get("china_import_year")) or number(row["year"]) or 0)),
            }
            if row.get("reliance_share") is None:
                said = t("{party}: {share} of imports of {product} came from China in {year}.", **words)
            else:
                words["reliance"] = t.share(number(row["reliance_share"]))
                words["then"] = t.year(int(number(row["year"]) or 0))
                said = t(
                    "{party}: {share} of imports of {product} came from China in {year}; imports met {reliance} "
                    "of need in {then}.",
                    **words,
                )
            points.append(Paragraph(said, desk.cite(row)))
    return points


def _exposure_tiles(desk: Desk) -> list[Tile]:
    t = desk.t
    step = _most_concentrated(desk)
    if step is None:
        return []
    bounds = _bounds(step, "top_share")
    return [
        Tile(
            label=t(
                "{country}'s share of {product}",
                country=t.place(text(step["top_country"])),
                product=t.term("product", text(step["product"])),
            ),
            value=t.share(number(step["top_share"])),
            interval=t.span(t.share(bounds[0]), t.share(bounds[1])) if bounds else "",
            note=t("world output, {year}", year=t.year(int(number(step["year"]) or 0))),
            cites=desk.cite(step),
        )
    ]


def _firsts(desk: Desk, party: str) -> dict[str, Row]:
    """The first shortage of a party in the main scenario, by foresight."""
    result = desk.result("stress")
    rows = first_rows(result, scenarios(result)[0])
    return {text(r["foresight"]): r for r in rows if r["party"] == party}


def _stress(desk: Desk) -> list[Paragraph]:
    t = desk.t
    if not desk.has("stress"):
        return []
    result = desk.result("stress")
    main = scenario_name(result, scenarios(result)[0], t)
    points = []
    for party in desk.parties:
        rows = _firsts(desk, party)
        row, best = rows.get("myopic"), rows.get("coordinated")
        if row is None:
            continue
        if row.get("days_to_shortage") is None:
            points.append(
                Paragraph(
                    t("{party}: no use runs short in “{scenario}”.", scenario=main, party=t.place(party)),
                    desk.cite(row),
                )
            )
            continue
        days, span = t.days(number(row["days_to_shortage"])), _days_span(desk, row)
        if span:
            days = t("{value} ({interval})", value=days, interval=span)
        said = t(
            "{party}: in “{scenario}” the first users run short after {days} – {sector}.",
            scenario=main,
            party=t.place(party),
            days=days,
            sector=t.term("sector", text(row["sector"])),
        )
        if best is not None and best.get("days_to_shortage") is not None:
            later = (number(best["days_to_shortage"]) or 0.0) > (number(row["days_to_shortage"]) or 0.0)
            if later:
                said = t(
                    "{said} Full coordination puts this off to {days}.",
                    said=said,
                    days=t.days(number(best["days_to_shortage"])),
                )
            else:
                said = t("{said} Full coordination does not put this off.", said=said)
        elif best is not None:
            said = t("{said} With full coordination nothing runs short.", said=said)
        points.append(Paragraph(said, desk.cite(row)))
    worst = max(
        (r for r in by_sector(result.rows) if r["foresight"] == "myopic"),
        key=lambda r: number(r["unserved_share"]) or 0.0,
        default=None,
    )
    if worst is not None and (number(worst["unserved_share"]) or 0.0) > 0:
        bounds = _bounds(worst, "unserved_t")
        amount = t.tonnes(number(worst["unserved_t"]))
        if bounds:
            amount = t("{amount} ({low}–{high})", amount=amount, low=t.number(bounds[0]), high=t.number(bounds[1]))
        points.append(
            Paragraph(
                t(
                    "Largest share of demand unserved over the {n} scenarios: {sector} ({party}) under “{scenario}”, "
                    "{share} of demand for {product}, {amount}.",
                    n=t.count(len(scenarios(result))),
                    sector=t.term("sector", text(worst["sector"])),
                    party=t.place(text(worst["party"])),
                    scenario=scenario_name(result, text(worst["scenario"]), t),
                    share=t.share(number(worst["unserved_share"])),
                    product=t.term("product", text(worst["product"])),
                    amount=amount,
                ),
                desk.cite(worst),
            )
        )
    return points


def _days_span(desk: Desk, row: Row) -> str:
    """The interval of the days to a shortage; where a tenth of the draws never runs short, it is open at the top."""
    t = desk.t
    low, high = number(row.get("days_to_shortage_p10")), number(row.get("days_to_shortage_p90"))
    if low is None:
        return ""
    first = t.count(round(low))
    return t("{low} to never", low=first) if high is None else t.span(first, t.count(round(high)))


def _shortage_tiles(desk: Desk) -> list[Tile]:
    t = desk.t
    if not desk.has("stress"):
        return []
    result = desk.result("stress")
    main = scenario_name(result, scenarios(result)[0], t)
    tiles = []
    for party in desk.parties:
        row = _firsts(desk, party).get("myopic")
        if row is None:
            continue
        short = row.get("days_to_shortage") is not None
        tiles.append(
            Tile(
                label=t("{party}: first shortage after", party=t.place(party)),
                value=t.days(number(row["days_to_shortage"])) if short else t("no shortage"),
                interval=_days_span(desk, row),
                note=main,
                cites=desk.cite(row),
            )
        )
    return tiles


def _gap_ends(desk: Desk) -> tuple[Row, Row] | None:
    """The widest gap of the parties together in the last year of the ledger, and the same product in the first."""
    rows = one_outlook(desk.result("gaps")) if desk.has("gaps") else []
    if not rows:
        return None
    pair = parties_of(rows)[-1]
    years = sorted({int(number(r["year"]) or 0) for r in rows})
    last = largest_gap([r for r in rows if r["party"] == pair and r["year"] == years[-1]])
    first = next(
        r
        for r in rows
        if r["party"] == pair
        and r["year"] == years[0]
        and r["product"] == last["product"]
        and r["stage"] == last["stage"]
    )
    return first, last


def _gaps(desk: Desk) -> list[Paragraph]:
    t = desk.t
    ends = _gap_ends(desk)
    if ends is None:
        return []
    first, last = ends
    words = {
        "party": t.place(text(last["party"])),
        "product": step_name(last, t, desk.rows("gaps")),
        "first": t.year(int(number(first["year"]) or 0)),
        "last": t.year(int(number(last["year"]) or 0)),
        "now": t.share(number(first["gap_share"])),
        "then": t.share(number(last["gap_share"])),
        "amount": t.tonnes(number(last["gap_t"])),
    }
    bounds = _bounds(last, "gap_t")
    if bounds:
        words["amount"] = t(
            "{amount} ({low}–{high})", amount=words["amount"], low=t.number(bounds[0]), high=t.number(bounds[1])
        )
    said = t(
        "{party}: {now} of the need for {product} has no sure source in {first}, and {then} in {last} ({amount}).",
        **words,
    )
    return [Paragraph(said, desk.cite(first, last))]


def _gap_tiles(desk: Desk) -> list[Tile]:
    t = desk.t
    ends = _gap_ends(desk)
    if ends is None:
        return []
    last = ends[1]
    bounds = _bounds(last, "gap_t")
    return [
        Tile(
            label=t(
                "Gap in {product}, {year}",
                product=step_name(last, t, desk.rows("gaps")),
                year=t.year(int(number(last["year"]) or 0)),
            ),
            value=t.tonnes(number(last["gap_t"])),
            interval=t.span(t.number(bounds[0]), t.tonnes(bounds[1])) if bounds else "",
            note=t(
                "{share} of need, {party}", share=t.share(number(last["gap_share"])), party=t.place(text(last["party"]))
            ),
            cites=desk.cite(last),
        )
    ]


def _projects(desk: Desk) -> list[Paragraph]:
    t = desk.t
    rows = desk.rows("projects")
    if not rows:
        return []
    ids = {text(r["project_id"]) for r in rows}
    moving = {text(r["project_id"]) for r in rows if r["status"] in ("operating", "ramping", "construction")}
    points = [
        Paragraph(
            t(
                "Candidate projects that would add supply to the chain: {n}; {k} of them run, ramp up or "
                "are under construction.",
                n=t.count(len(ids)),
                k=t.count(len(moving)),
            ),
        )
    ]
    sized = [
        r
        for r in rows
        if number(r.get("fills_share")) and number(r.get("expected_t_2030")) and number(r.get("gap_t_2030", 1.0))
    ]
    if sized:
        row = max(sized, key=lambda r: (number(r["fills_share"]) or 0.0, number(r["expected_t_2030"]) or 0.0))
        points.append(
            Paragraph(
                t(
                    "Largest against the need where there is a gap: {project} ({place}, {status}) with {amount} of "
                    "{product} expected in {year}, {share} of the need.",
                    project=text(row["name"]),
                    place=t.place(text(row["country"])),
                    status=t.term("project_status", text(row["status"])),
                    amount=t.tonnes(number(row["expected_t_2030"])),
                    product=t.term("product", text(row.get("model_product") or row["product"])),
                    year=t.year(2030),
                    share=t.share(number(row["fills_share"])),
                ),
                desk.cite(row),
            )
        )
    return points


def _record(desk: Desk) -> list[Paragraph]:
    t = desk.t
    points = []
    measures = on_the_chain(desk)
    for row in lapsing(measures)[:2]:
        words = {
            "date": t.date(change_date(row)),
            "days": t.days(change_days(row)),
            "measure": measure_name(row, t, most=4),
        }
        if change_kind(row) == "suspension_ends":
            said = t("Suspended only until {date}, {days} from now – {measure}.", **words)
        elif change_kind(row) == "takes_effect":
            said = t("Takes effect on {date}, {days} from now – {measure}.", **words)
        else:
            said = t("Ends on {date}, {days} from now – {measure}.", **words)
        points.append(Paragraph(said, desk.cite(row), tone="warning"))
    gone = past_their_date(measures)
    if gone:
        dates = sorted({text(change_date(r)) for r in gone})
        points.append(
            Paragraph(
                t(
                    "Measures that passed their date ({date}) with no public trace of what followed: {n}. Treat "
                    "them as possibly back in force.",
                    n=t.count(len(gone)),
                    date=t.list([t.date(d) for d in dates]),
                ),
                desk.cite(*gone),
                tone="warning",
            )
        )
    promised = desk.rows("commitments")
    if promised:
        told = [t.fact(warning) for warning in desk.result("commitments").warnings]
        count = {state: sum(1 for r in promised if r["state"] == state) for state in ("overdue", "due_soon", "met")}
        counted = t(
            "Of {m} commitments: {late} overdue, {soon} due within {d} days, {met} met.",
            m=t.count(len(promised)),
            late=t.count(count["overdue"]),
            soon=t.count(count["due_soon"]),
            d=t.count(SOON_DAYS),
            met=t.count(count["met"]),
        )
        points.append(
            Paragraph(
                ("" if t.lang == "ja" else " ").join([counted, *told]),
                desk.cite(*(r for r in promised if r["state"] == "overdue")),
            )
        )
    return points


def _record_tiles(desk: Desk) -> list[Tile]:
    t = desk.t
    tiles = []
    soon = lapsing(on_the_chain(desk))
    if soon:
        row = soon[0]
        tiles.append(
            Tile(
                label=t("Next change of a measure in"),
                value=t.days(change_days(row)),
                interval=t.date(change_date(row)),
                note=measure_name(row, t),
                cites=desk.cite(row),
            )
        )
    promised = desk.rows("commitments")
    if promised:
        late = [r for r in promised if r["state"] == "overdue"]
        tiles.append(
            Tile(
                label=t("Commitments overdue"),
                value=t.count(len(late)),
                interval=t("of {n}", n=t.count(len(promised))),
                note=t("as of {date}", date=t.date(desk.as_of)),
                cites=desk.cite(*late),
            )
        )
    return tiles
