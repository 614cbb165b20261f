"""Made-up results of the magnet chain, shaped like those of the studies. For tests of pages: no number is a fact."""

from __future__ import annotations

import csv
import datetime
import io
import math
from collections.abc import Iterable
from typing import Any

from didymium.results import Result

Record = dict[str, Any]

AS_OF = datetime.date(2026, 11, 22)
PARTIES = ("USA", "JPN")
DATASET = {"id": "f1x7u4e0d5a2c9b8", "version": "2026.11", "layers": ["base"]}

SOURCES = """source_id,title,producer,url,licence
usgs,Mineral Commodity Summaries 2026,US Geological Survey,https://doi.org/10.5066/P1WKQ63T,public domain
iea,"Critical Minerals Dataset, May 2025",International Energy Agency,https://www.iea.org/data-and-statistics,CC BY 4.0
baci,BACI bilateral trade,CEPII,https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37,Etalab 2.0
notice,Notice 18 of 2025,Ministry of Commerce,https://www.mofcom.gov.cn/,unknown
press,Plants stopped <for want of magnets> & licences,Press reports,https://www.example.org/?a=1&b=2,unknown
firms,Company announcements,Companies named,,unknown
"""

PRODUCTS = """product,family,name,name_ja
dy_oxide,ree,Dysprosium oxide,酸化ジスプロシウム
ndpr_oxide,ree,NdPr oxide,ネオジム・プラセオジム酸化物
ndfeb_magnet,ree,NdFeB permanent magnet,ネオジム磁石
scandium_oxide,ree,Scandium oxide,酸化スカンジウム
gallium,semi_defence,Gallium,ガリウム
nickel_ore,battery,Nickel ore,ニッケル鉱石
"""

SCENARIOS = """id,title,title_ja,summary,start,months,likelihood,cut
october-back,Notices of October 2025 back in force,2025年10月の6公告の復活,Half passes.,2026-12,24,open,0.4
stop-12,Full stop for 12 months,全面停止（12か月）,Nothing leaves.,2026-12,24,not assessed,0.95
feed-halt,Myanmar feed halted,ミャンマー産原料の停止,No feed.,2026-12,24,happened,0
"""

SECTORS = {"ev_motor": 0.3, "electronics": 0.4, "wind": 0.25, "defence": 0.05}

CHAIN = """stage,product,unit,world,CHN,USA,JPN,AUS,MMR,ROW
mine,reo_mixed,t REO,380000,0.69,0.12,,0.08,0.07,0.04
separated,ndpr_oxide,t oxide,98000,0.88,0.03,,,,0.09
separated,dy_oxide,t oxide,2280,0.99,,,,,0.01
metal,ndpr_metal,t,79000,0.92,,0.05,,,0.03
magnet,ndfeb_magnet,t,240000,0.92,,0.06,,,0.02
"""

MEASURES = """id,target,products,kind,effective,end,held,until,status,change,change_date,days,touches
ree7,WLD,dy_oxide;ndfeb_magnet,licence,2025-04-04,,,,in_force,,,,everyone
us-ban,USA,gallium,ban,2024-12-03,,2025-11-09,2026-11-27,suspended,suspension_ends,2026-11-27,5,named
oct-61,WLD,ndfeb_magnet,extraterritorial_licence,2025-12-01,2026-11-10,2025-11-07,2026-11-10,possibly_back,\
suspension_ended,2026-11-10,-12,everyone
nickel,WLD,nickel_ore,quota,2026-01-01,2026-12-31,,,in_force,ends,2026-12-31,39,everyone
quota,WLD,dy_oxide,quota,2010,2015-01-01,,,ended,,,,everyone
"""

COMMITMENTS = """id,parties,kind,summary,force,due,days,state,status
c002,USA;JPN,governance,Convene an investment ministerial,political,2026-04-26,210,overdue,unknown
c001,USA;JPN,finance,"=Fund the selected projects, +like-minded ones",political,2026-04-28,208,overdue,partly
c101,CHN,export_restraint,Suspend the six control notices of 9 October 2025,political,2026-11-27,-5,due_soon,open
c003,USA;JPN,governance,Set up the Rapid Response Group,political,,,no_date,unknown
c057,USA,trade,Collect comments,domestic_law,2026-03-19,248,met,met
c030,JPN,finance,Invest USD 550 bn,agreement,2029-01-19,-789,partly,partly
"""

PROJECTS = """id,name,country,stage,product,capacity,status,start,fills,tools,party,money,buyer
mp-10x,MP 10X magnet campus,USA,magnet,ndfeb_magnet,7000,construction,2028,0.2,equity;price_floor,USA,400,War Department
caremag,Caremag Lacq,FRA,separated,dy_oxide,500,construction,2026,0.6,grant;loan,FRA;JPN,235,Iwatani/JOGMEC
caremag,Caremag Lacq,FRA,separated,ndpr_oxide,800,construction,2026,0.1,grant;loan,FRA;JPN,235,
nolans,Nolans,AUS,separated,ndpr_oxide,,feasibility,2029,,,,,
dong-pao,Dong Pao,VNM,mine,reo_mixed,5000,suspended,,,,,,
"""

ADJUSTMENTS = """kind,product,stage,place,partner,observed,reconciled,sigma
production,ndpr_oxide,separated,MYS,,4200,6180,410
trade,ndfeb_magnet,magnet,CHN,USA,7840,6950,620
production,reo_mixed:ionic_xinfeng,mine,LAO,,2750,5860,1850
"""


def table(text: str) -> list[Record]:
    """Rows of a small table; an empty cell is unknown."""
    return [{k: v or None for k, v in row.items()} for row in csv.DictReader(io.StringIO(text))]


def number(cell: str | None) -> float | None:
    return None if cell is None else float(cell)


class FixtureDataset:
    """Offers what `brief.build` asks of a dataset."""

    id = DATASET["id"]

    def describe(self) -> Record:
        return dict(DATASET)

    def source(self, source_id: str) -> Record:
        return next(row for row in table(SOURCES) if row["source_id"] == source_id)

    def rows(self, name: str, /, **where: Any) -> list[Record]:
        if name == "products":
            return table(PRODUCTS)
        return [{"place": "CHN", "name": "China", "name_ja": "中国"}] if name == "places" else []


def result(command: str, rows: Iterable[Record], *, request: Record | None = None, **more: Any) -> Result:
    asked = {"parties": list(PARTIES), "as_of": AS_OF.isoformat(), **(request or {})}
    return Result.of(command, request=asked, dataset=DATASET, code_version="fixture", rows=rows, **more)


def exposure() -> Result:
    rows, shares, reliance = [], [], []
    for step in table(CHAIN):
        parts = {c: float(step[c]) for c in ("CHN", "USA", "JPN", "AUS", "MMR", "ROW") if step[c]}
        world, top = float(step["world"]), max(parts.values())
        base = {"product": step["product"], "stage": step["stage"], "year": 2024, "unit": step["unit"]}
        cited = {"source_ids": ["usgs" if step["stage"] == "mine" else "iea"]}
        hhi = sum(s * s for s in parts.values())
        concentration = {"hhi": hhi, "hhi_10000": hhi * 1e4, "hhi_p10": hhi - 0.04, "hhi_p90": min(1.0, hhi + 0.02)}
        leader = {"top_country": "CHN", "top_share": top, "top_share_p10": top - 0.03, "top_share_p90": top + 0.01}
        says = {"says": "Output above the quota is not counted.", "says_ja": "枠を超える生産は数えない。"}
        rows.append(
            {
                **base,
                "world_quantity": world,
                **concentration,
                **leader,
                "top3_share": 0.97,
                "evidence": "B",
                **says,
                **cited,
            }
        )
        for country, share in parts.items():
            band = {"share": share, "share_p10": share * 0.96, "share_p90": share * 1.01}
            shares.append({**base, "country": country, "quantity": share * world, **band, **cited})
        for party in PARTIES:
            own = 0.06 if party == "USA" else None
            need = {
                "need_quantity": world / 10,
                "own_quantity": own and world * own / 10,
                "import_quantity": world / 11,
            }
            known = {"reliance_share": own and 1 - own, "china_import_share": 0.74, "china_import_year": 2024}
            reliance.append({"party": party, **base, **need, **known, "source_ids": ["baci"]})
    return result("exposure", rows, tables={"shares": shares, "reliance": reliance}, warnings=["Quota only."])


def stress() -> list[Result]:
    """One result for each scenario, as the command line asks them."""
    return [stress_of(scenario) for scenario in table(SCENARIOS)]


def stress_of(scenario: Record) -> Result:
    rows, monthly, drivers = [], [], []
    cut, sources = float(scenario["cut"]), {"source_ids": ["notice", "press"]}
    for foresight, factor in (("coordinated", 0.6), ("myopic", 1.0)):
        for party, size in (("USA", 9_000.0), ("JPN", 14_000.0)):
            base = {"scenario": scenario["id"], "foresight": foresight, "party": party, "product": "ndfeb_magnet"}
            for i, (sector, weight) in enumerate({"total": 1.0, **SECTORS}.items()):
                demand, share = size * weight, 0.0 if sector == "defence" else cut * factor * (1 - 0.1 * i)
                days = None if share == 0 or (foresight == "coordinated" and cut < 0.5) else 50.0 + 9 * i + len(party)
                rows.append(
                    {
                        **base,
                        "sector": sector,
                        "is_total": sector == "total",
                        "demand_t": demand,
                        "unserved_t": demand * share,
                        "unserved_t_p10": demand * share * 0.7,
                        "unserved_t_p90": demand * share * 1.2,
                        "unserved_share": share,
                        "first_shortage_date": None if days is None else "2027-02-01",
                        "days_to_shortage": days,
                        "days_to_shortage_p10": None if share == 0 else 41.0 + i,
                        "days_to_shortage_p90": None if days is None or i == 1 else days + 12,
                        "loss_usd_m": demand * share * 2,
                        **sources,
                    }
                )
                for m in range(24):
                    lost = demand / 24 * share * math.exp(-(((m - 5) / 4) ** 2)) if m > 1 else 0.0
                    month = f"{2026 + (11 + m) // 12}-{(11 + m) % 12 + 1:02d}"
                    band = {"unserved_t_p10": lost * 0.5, "unserved_t_p90": lost * 1.4}
                    is_total = {"is_total": sector == "total", "stock_t": 0.0}
                    monthly.append(
                        {
                            **base,
                            "sector": sector,
                            "month": month,
                            "demand_t": demand / 24,
                            "unserved_t": lost,
                            **band,
                            **is_total,
                        }
                    )
    for k, name in enumerate(("user_cover_days", "approval_share", "qualification_months_magnet")):
        meaning = {"meaning": f"Meaning of {name}", "meaning_ja": f"{name}の意味", "unserved_t": 4000 * cut}
        ends = {"low": 0.1 if k == 1 else 30.0, "high": 0.4 if k == 1 else 90.0, "unit": "share" if k == 1 else "days"}
        swing = 900 * cut / (k + 1)
        moved = {"unserved_t_low": 4000 * cut + swing, "unserved_t_high": 4000 * cut, "swing_t": swing}
        about = {"scenario": scenario["id"], "foresight": "coordinated", "assumption_id": name}
        drivers.append({**about, **meaning, **ends, **moved, "days_low": 31.0, "days_high": None})
    programme = {"status": "optimal", "rows": 1374, "columns": 6036, "nonzeros": 12470, "objective": 1.5}
    certificate = {"scenario": scenario["id"], "foresight": "myopic", **programme, "primal_residual": 2e-11}
    price = {"month": "2027-03", "scarcity_usd_per_kg": 812.0, "base_price_usd_per_kg": 49.0}
    scarce = {"scenario": scenario["id"], "foresight": "myopic", "party": "USA", "product": "ndfeb_magnet", **price}
    observed = [{"who": "Suzuki", "party": "JPN", "days": 52, "source_ids": ["press"]}]
    tables = {"monthly": monthly, "drivers": drivers, "certificates": [certificate], "scarcity": [scarce]}
    if scenario["id"] == "october-back":
        tables["observed"] = observed
    asked = {**scenario, "months": int(scenario["months"])}
    return result("stress", rows, request={"scenario": asked}, tables=tables, warnings=["iron is taken as available"])


def gaps() -> Result:
    steps = [("mine", "ndpr_oxide"), ("separated", "ndpr_oxide"), ("separated", "dy_oxide"), ("magnet", "ndfeb_magnet")]
    rows = []
    for party, scale in (("USA", 900.0), ("JPN", 1100.0), ("USA+JPN", 2000.0)):
        for k, (stage, product) in enumerate(steps):
            for year in range(2026, 2036):
                need = scale * (1 + 0.05 * (year - 2026)) * (k + 1)
                own = need * min(1.0, 0.2 + 0.11 * k + 0.06 * (year - 2026))
                gap = max(0.0, need - own - need * 0.1)
                covered = {"own_t": own, "allied_t": need * 0.07, "contracted_t": need * 0.03, "stock_t": None}
                band = {"gap_t": gap, "gap_t_p10": gap * 0.7, "gap_t_p90": gap * 1.3 + 5, "gap_share": gap / need}
                about = {"party": party, "product": product, "stage": stage, "element": "Nd", "year": year}
                known = {"evidence": "D", "source_ids": ["iea", "firms"]}
                for outlook in ("STEPS", "APS"):
                    rows.append(
                        {**about, "outlook": outlook, "need_t": need, **covered, **band, "cover_months": 3.5, **known}
                    )
    return result("gaps", rows, warnings=["base-year output is held level"])


def finance() -> Result:
    """Money of the projects: one that needs nothing, one with a package, one for which none suffices."""
    rows: list[Record] = []
    for n, p in enumerate(table(PROJECTS)):
        share = (0.9, 0.3, 0.05)[n % 3]
        cost = (0.0, 120.0, None)[n % 3]
        rows.append(
            {
                "project_id": p["id"],
                "name": p["name"],
                "country": p["country"],
                "stage": p["stage"],
                "product": p["product"],
                "status": p["status"],
                "finance_status": "modelled" if n < 6 else "not_modelled",
                "capex_usd_m": 100.0,
                "capex_usd_m_p10": 80.0,
                "capex_usd_m_p90": 130.0,
                "capex_status": "estimated",
                "npv_usd_m": 10.0,
                "npv_usd_m_p10": -20.0,
                "npv_usd_m_p90": 40.0,
                "irr_share": 0.12,
                "irr_share_p10": 0.02,
                "irr_share_p90": 0.2,
                "break_even_usd_per_kg": 70.0,
                "bankable_share": share,
                "package": ("none needed", "grant-20 + floor-120", "")[n % 3],
                "package_bankable_share": None if cost is None else max(share, 0.75),
                "package_cost_usd_m": cost,
                "package_cost_usd_m_p10": cost and 60.0,
                "package_cost_usd_m_p90": cost and 200.0,
                "package_tail_usd_m": cost and 300.0,
                "package_exposure_usd_m": cost and 800.0,
                "source_ids": ["firms"],
            }
        )
    package = {"package": "grant-20 + floor-120", "cost_usd_m": 120.0, "bankable_share": 0.75}
    none = {"package": "none", "cost_usd_m": 0.0, "bankable_share": 0.3}
    deal = {"deal_id": "d1", "cost_usd_m": 60.0, "bankable_share": 0.4}
    own = {
        "project_id": rows[1]["project_id"],
        "instrument": "loan",
        "deal_state": "committed",
        "party": "USA",
        "agency": "EXIM",
        "amount_usd_m": 80.0,
    }
    paying = {
        "project_id": rows[1]["project_id"],
        "party": "JPN",
        "agency": "JOGMEC",
        "budget_fit": "whole",
        "is_home": False,
    }
    tables = {
        "frontier": [none, package],
        "packages": [none, package],
        "precedents": [deal],
        "own_deals": [own, {**own, "amount_usd_m": None}],
        "programmes": [paying],
    }
    return result("finance", rows, request={"projects": [], "bankable_in": 0.7}, tables=tables)


def projects() -> Result:
    rows = []
    for p in table(PROJECTS):
        capacity = number(p["capacity"])
        expected = None if capacity is None else capacity * 0.6
        rows.append(
            {
                "project_id": p["id"],
                "name": p["name"],
                "operator": "Operator & Sons",
                "country": p["country"],
                "stage": p["stage"],
                "product": p["product"],
                "model_product": p["product"],
                "capacity_t": capacity,
                "capacity_status": "reported" if capacity else "not_reported",
                "stated_capacity": capacity,
                "stated_capacity_unit": "t/y",
                "status": p["status"],
                "start_year": None if p["start"] is None else int(p["start"]),
                "expected_start_year": p["start"] and int(p["start"]) + 0.4,
                "expected_start_year_p10": p["start"] and int(p["start"]) + 0.2,
                "expected_start_year_p90": p["start"] and int(p["start"]) + 0.9,
                "expected_t_2027": expected and expected / 2,
                "expected_t_2030": expected,
                "expected_t_2030_p10": expected and 0.0,
                "expected_t_2030_p90": capacity,
                "expected_t_2035": capacity,
                "lead_time_years": 8.0,
                "gap_party": "USA+JPN",
                "gap_stage": p["stage"],
                "fills_share": number(p["fills"]),
                "support_instruments": p["tools"],
                "support_party": p["party"],
                "support_usd_m": number(p["money"]),
                "offtaker": p["buyer"],
                "note": None,
                "source_ids": ["firms"],
            }
        )
    return result("projects", rows)


def commitments() -> Result:
    rows = [
        {
            "commitment_id": c["id"],
            "agreement_id": "us-jp-fw-2025",
            "agreement": "US-Japan framework",
            "parties": c["parties"].split(";"),
            "kind": c["kind"],
            "summary": c["summary"],
            "legal_force": c["force"],
            "due_date": c["due"],
            "due_basis": "signed + 180 days",
            "days_overdue": c["days"] and int(c["days"]),
            "state": c["state"],
            "status": c["status"],
            "last_evidence_date": "2026-06",
            "evidence_url": None,
            "clause": "F-05",
            "source_ids": ["notice"],
        }
        for c in table(COMMITMENTS)
    ]
    clause = {"clause": "F-07", "name": "Investment ministerial", "name_ja": "投資閣僚会合", "state": "overdue"}
    clause |= {"status": "unknown", "due_date": "2026-04-26", "days_overdue": 210, "follow_up_ids": ["c101"]}
    searched = "Evidence was searched until 2026-07-01, 144 days before the day asked about."
    return result(
        "commitments", rows, tables={"by_clause": [{**clause, "source_ids": ["notice"]}]}, warnings=[searched]
    )


def measures() -> Result:
    rows = [
        {
            "measure_id": m["id"],
            "imposing": "CHN",
            "targeted": m["target"],
            "touches": m["touches"],
            "products": m["products"].split(";"),
            "kind": m["kind"],
            "announced_date": None,
            "effective_date": m["effective"],
            "suspended_from_date": m["held"],
            "suspended_until_date": m["until"],
            "end_date": m["end"],
            "status": "unknown" if m["status"] == "possibly_back" else m["status"],
            "state": m["status"],
            "next_change": m["change"],
            "next_change_date": m["change_date"],
            "days_to_change": m["days"] and int(m["days"]),
            "days_to_lapse": m["days"] and int(m["days"]),
            "lapse_effect": None,
            "observed_effect": "Exports fell 74%" if m["id"] == "ree7" else None,
            "evidence_date": "2026-06-22",
            "source_ids": ["notice"],
        }
        for m in table(MEASURES)
    ]
    return result("measures", rows)


def reconcile() -> Result:
    rows = []
    for a in table(ADJUSTMENTS):
        observed, settled, sigma = float(a["observed"]), float(a["reconciled"]), float(a["sigma"])
        change = {
            "change_t": settled - observed,
            "change_share": settled / observed - 1,
            "score": (settled - observed) / sigma,
        }
        known = {"observed_t": observed, "reconciled_t": settled, "sigma_t": sigma, **change, "confidence": "medium"}
        about = {k: a[k] for k in ("kind", "product", "stage", "place", "partner")}
        rows.append({**about, "year": 2024, **known, "source_ids": ["baci", "usgs"]})
    return result("reconcile", rows)


def results() -> dict[str, Any]:
    single = (exposure(), gaps(), projects(), finance(), commitments(), measures(), reconcile())
    return {"exposure": single[0], "stress": stress(), **{r.command: r for r in single[1:]}}
