"""Made-up results of the magnet chain, shaped like those of the studies. For tests of pages only: no number here is a fact."""

from __future__ import annotations

import datetime
import math
from typing import Any

from didymium.results import Field, Result

AS_OF = datetime.date(2026, 11, 22)
PARTIES = ("USA", "JPN")
DATASET = {"id": "f1x7u4e0d5a2c9b8", "version": "2026.11", "layers": []}
SECTORS = {"ev_motor": 0.30, "automotive": 0.22, "electronics": 0.17, "industrial": 0.15, "wind": 0.11, "defence": 0.05}
SCENARIOS = {
    "cn-ree7-licence-2025": ("Seven-element licences of 4 April 2025", "2025年4月4日の7元素輸出許可制", 0.55, 1.0),
    "cn-full-stop-3m": ("Full stop of Chinese oxides and magnets, 3 months", "中国産酸化物・磁石の全面停止（3か月）", 0.70, 0.5),
    "cn-full-stop-6m": ("Full stop of Chinese oxides and magnets, 6 months", "中国産酸化物・磁石の全面停止（6か月）", 0.85, 0.9),
    "cn-full-stop-12m": ("Full stop of Chinese oxides and magnets, 12 months", "中国産酸化物・磁石の全面停止（12か月）", 0.95, 1.6),
    "cn-notices-2025-back": ("Notices of October 2025 back in force", "2025年10月の6公告の復活", 0.40, 0.6),
    "mm-feed-halt": ("Myanmar feed halted", "ミャンマー産原料の停止", 0.0, 0.0),
}
SOURCES = {
    "usgs-mcs2026": ("Mineral Commodity Summaries 2026", "US Geological Survey", "https://doi.org/10.5066/P1WKQ63T", "public domain"),
    "iea-cm2025": ("Critical Minerals Dataset, May 2025", "International Energy Agency", "https://www.iea.org/data-and-statistics/data-product/critical-minerals-dataset", "CC BY 4.0"),
    "smm-magnets": ("NdFeB magnet output 2024", "Shanghai Metals Market", "https://news.metal.com/", "facts only"),
    "baci-hs92": ("BACI bilateral trade, HS92", "CEPII", "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37", "Etalab 2.0"),
    "mofcom-18-2025": ("Notice 18 of 2025", "Ministry of Commerce of China", "https://www.mofcom.gov.cn/", "facts only"),
    "worldjpn-fw": ("Japan–US critical minerals framework", "The World and Japan database", "https://worldjpn.net/documents/texts/JPUS/20251028.O1J.html", "facts only"),
    "press-2025": ("Plants stopped for want of magnets", "Press reports, June 2025", "https://www.business-standard.com/", "facts only"),
    "company-reports": ("Company announcements", "Companies named", "https://www.stocktitan.net/", "facts only"),
}  # fmt: skip


class FixtureDataset:
    """Offers what `brief.build` asks of a dataset."""

    id = DATASET["id"]
    version = DATASET["version"]

    def describe(self) -> dict[str, Any]:
        return dict(DATASET)

    def source(self, source_id: str) -> dict[str, Any]:
        title, producer, url, licence = SOURCES[source_id]
        return {"source_id": source_id, "title": title, "producer": producer, "url": url, "licence": licence}

    def rows(self, table: str, **keys: Any) -> list[dict[str, Any]]:
        tables: dict[str, list[dict[str, Any]]] = {
            "products": [
                {"product": "dy_oxide", "name": "Dysprosium oxide", "name_ja": "酸化ジスプロシウム"},
                {"product": "scandium_oxide", "name": "Scandium oxide", "name_ja": "酸化スカンジウム"},
            ],
            "places": [{"place": "CHN", "name": "China", "name_ja": "中国"}, {"place": "ROW", "name": "Rest of world", "name_ja": None}],
        }
        return tables.get(table, [])


def _result(command: str, rows: list[dict[str, Any]], **more: Any) -> Result:
    tables = more.pop("tables", {})
    ids = {s for part in (rows, *tables.values()) for row in part for s in row.get("source_ids") or []}
    return Result.of(
        command,
        request={"parties": list(PARTIES), "as_of": AS_OF.isoformat(), **more.pop("request", {})},
        dataset=DATASET,
        code_version="fixture",
        rows=rows,
        tables=tables,
        source_ids=ids,
        fields=(Field("unit", "", "fixture"),),
        **more,
    )


CHAIN: dict[tuple[str, str], tuple[str, float, dict[str, float]]] = {
    ("mine", "reo_mixed"): ("t REO", 380_000, {"CHN": 0.69, "USA": 0.118, "AUS": 0.075, "MMR": 0.07, "IND": 0.008, "ROW": 0.039}),
    ("separated", "ndpr_oxide"): ("t oxide", 98_000, {"CHN": 0.884, "MYS": 0.066, "USA": 0.024, "EST": 0.006, "ROW": 0.02}),
    ("separated", "dy_oxide"): ("t oxide", 2_280, {"CHN": 0.986, "MYS": 0.009, "FRA": 0.005}),
    ("separated", "tb_oxide"): ("t oxide", 642, {"CHN": 0.988, "MYS": 0.007, "FRA": 0.005}),
    ("metal", "ndpr_metal"): ("t", 79_000, {"CHN": 0.92, "JPN": 0.032, "VNM": 0.026, "THA": 0.012, "ROW": 0.01}),
    ("metal", "dy_metal"): ("t", 1_600, {"CHN": 0.97, "JPN": 0.02, "VNM": 0.01}),
    ("magnet", "ndfeb_magnet_std"): ("t", 166_000, {"CHN": 0.93, "JPN": 0.054, "VNM": 0.01, "DEU": 0.006}),
    ("magnet", "ndfeb_magnet_ht"): ("t", 74_000, {"CHN": 0.906, "JPN": 0.082, "VNM": 0.008, "DEU": 0.004}),
}  # fmt: skip


def exposure() -> Result:
    rows, shares, reliance = [], [], []
    for (stage, product), (unit, world, parts) in CHAIN.items():
        for year in (2023, 2024):
            hhi = sum(s * s for s in parts.values())
            top = max(parts.values())
            sources = ["usgs-mcs2026"] if stage == "mine" else ["iea-cm2025", "smm-magnets"]
            rows.append(
                {
                    "product": product, "stage": stage, "year": year, "unit": unit, "world_quantity": world, "hhi": hhi,
                    "hhi_10000": round(hhi * 10_000), "hhi_p10": max(0.0, hhi - 0.05), "hhi_p90": min(1.0, hhi + 0.03), "top_country": "CHN",
                    "top_share": top, "top_share_p10": top - 0.03, "top_share_p90": min(1.0, top + 0.02),
                    "top3_share": min(1.0, sum(sorted(parts.values())[-3:])), "china_share": parts["CHN"],
                    "evidence": "B" if stage == "mine" else "C",
                    "says": "Output above the quota is not counted." if stage == "mine" else "Says nothing of who owns the plants.",
                    "source_ids": sources,
                }
            )  # fmt: skip
            shares += [
                {"product": product, "stage": stage, "year": year, "country": c, "quantity": s * world, "unit": unit, "share": s,
                 "share_p10": s * 0.96, "share_p90": min(1.0, s * 1.03), "source_ids": sources}
                for c, s in parts.items()
            ]  # fmt: skip
    for party, own in (("USA", 0.06), ("JPN", 0.48)):
        for (stage, product), (unit, world, _) in CHAIN.items():
            need = world * (0.07 if party == "USA" else 0.1)
            reliance.append(
                {"party": party, "product": product, "stage": stage, "year": 2024, "need_quantity": need, "own_quantity": need * own,
                 "import_quantity": need * (1 - own), "reliance_share": 1 - own, "china_import_share": 0.74 if party == "USA" else 0.61,
                 "unit": unit, "source_ids": ["baci-hs92"]}
            )  # fmt: skip
    return _result("exposure", rows, tables={"shares": shares, "reliance": reliance}, warnings=("China's mine output is the official quota.",))


def stress() -> Result:
    rows, monthly, drivers, certificates = [], [], [], []
    for scenario, (title, title_ja, cut, depth) in SCENARIOS.items():
        for foresight, factor in (("coordinated", 0.6), ("myopic", 1.0)):
            certificates.append(
                {"scenario": scenario, "foresight": foresight, "status": "optimal", "rows": 41_230, "columns": 96_480, "nonzeros": 310_022,
                 "objective": 1234.5, "primal_residual": 2.1e-11, "dual_residual": 3.4e-10, "gap": 1.2e-12}
            )  # fmt: skip
            for party, size in (("USA", 11_000.0), ("JPN", 17_000.0)):
                for product, grade in (("ndfeb_magnet_std", 0.65), ("ndfeb_magnet_ht", 0.35)):
                    for i, (sector, weight) in enumerate(SECTORS.items()):
                        demand = size * weight * grade * 2
                        hard = 1.0 if product.endswith("ht") else 0.45
                        share = 0.0 if sector == "defence" else min(0.9, cut * depth * hard * factor * (1 - 0.09 * i)) * (1.0 if party == "USA" else 0.8)
                        lost = demand * share
                        days = None if lost == 0 else round((56 + 7 * i + (9 if party == "JPN" else 0)) * (1.25 if foresight == "coordinated" else 1.0) / max(cut, 0.4) * 0.55)
                        first = None if days is None else (datetime.date(2025, 4, 4) + datetime.timedelta(days=days)).isoformat()
                        base = {"scenario": scenario, "scenario_title": title, "scenario_title_ja": title_ja, "foresight": foresight, "party": party, "product": product, "sector": sector}  # fmt: skip
                        rows.append(
                            {**base, "demand_t": demand, "unserved_t": lost, "unserved_t_p10": lost * 0.7, "unserved_t_p90": lost * 1.35,
                             "unserved_share": share, "first_shortage_date": first, "days_to_shortage": days,
                             "days_to_shortage_p10": None if days is None else days - 11, "days_to_shortage_p90": None if days is None else days + 14,
                             "loss_usd_m": lost * 0.9, "source_ids": ["mofcom-18-2025", "press-2025"]}
                        )  # fmt: skip
                        for m in range(24):
                            wave = math.exp(-(((m - 4 - i * 0.4) / (2.5 + 3 * depth)) ** 2)) if lost and m >= 2 else 0.0
                            monthly.append(
                                {**base, "month": f"{2025 + (3 + m) // 12}-{(3 + m) % 12 + 1:02d}", "demand_t": demand / 24,
                                 "unserved_t": demand / 24 * share * wave, "unserved_share": share * wave, "stock_t": demand / 12 * max(0.0, 1 - m / 5)}
                            )  # fmt: skip
            for k, name in enumerate(
                ("stock_days.ndfeb_magnet", "approval_share.cn-ree7", "qualification_months.magnet", "separation_yield", "demand_growth.ev_motor",
                 "share_ht_magnets", "transit_days", "scrap_recovery", "mmr_feed_share", "ramp_rate.metal", "bonded_stock", "defence_priority")
            ):  # fmt: skip
                swing = 1900 * depth / (1 + k * 0.7)
                drivers.append(
                    {"scenario": scenario, "foresight": foresight, "assumption_id": name, "low": 30 + k, "high": 90 + k, "unit": "days" if "days" in name else "share",
                     "unserved_t_low": 4200 * depth + swing * 0.6, "unserved_t_high": 4200 * depth - swing * 0.4, "days_low": 31, "days_high": 78, "swing_t": swing}
                )  # fmt: skip
    observed = [
        {"who": "Suzuki (Swift)", "party": "JPN", "days": 52, "source_ids": ["press-2025"]},
        {"who": "Ford (Chicago)", "party": "USA", "days": 50, "source_ids": ["press-2025"]},
        {"who": "CLEPA suppliers", "party": "EU27", "days": 61, "source_ids": ["press-2025"]},
    ]
    tables = {"monthly": monthly, "drivers": drivers, "certificates": certificates, "scarcity": [], "observed": observed}
    return _result("stress", rows, tables=tables, warnings=("Trade in finished goods that hold magnets is not modelled.",), assumptions=("stock_days.ndfeb_magnet",))


def gaps() -> Result:
    rows = []
    for party, scale, own in (("USA", 0.09, 0.2), ("JPN", 0.11, 0.45), ("USA+JPN", 0.2, 0.36)):
        for (stage, product), (_, world, parts) in CHAIN.items():
            heavy = product in {"dy_oxide", "tb_oxide", "dy_metal", "ndfeb_magnet_ht"}
            for year in range(2026, 2036):
                need = world * scale * (1 + 0.06 * (year - 2026))
                sure_own = need * own * (0.4 if heavy else 1.0) * min(1.6, 0.6 + 0.1 * (year - 2026))
                allied = need * (0.05 if heavy else 0.14) * min(1.8, 0.5 + 0.12 * (year - 2026))
                contracted = need * 0.06
                gap = max(0.0, need - sure_own - allied - contracted)
                rows.append(
                    {"party": party, "product": product, "stage": stage, "element": "Dy" if "dy" in product else "Nd", "year": year, "outlook": "STEPS",
                     "need_t": need, "own_t": sure_own, "allied_t": allied, "contracted_t": contracted, "stock_t": 0.0, "gap_t": gap,
                     "gap_t_p10": gap * 0.72, "gap_t_p90": gap * 1.3, "gap_share": gap / need, "cover_months": 12 * (1 - gap / need), "evidence": "C",
                     "source_ids": ["iea-cm2025", "company-reports"]}
                )  # fmt: skip
    return _result("gaps", rows, warnings=("Demand after 2030 is the IEA's STEPS case, scaled to each party.",))


PROJECTS = (
    ("mp-10x", "MP 10X magnet campus (Northlake)", "MP Materials", "USA", "magnet", "ndfeb_magnet", 7000, "construction", 2028, "equity;price_floor;offtake", "USA", 400.0, "US Department of War (100% of output, 10 years)"),
    ("vulcan-elements-10kt", "Vulcan Elements Benson magnet plant", "Vulcan Elements", "USA", "magnet", "ndfeb_magnet", 10000, "construction", 2027, "loan;grant;equity", "USA", 670.0, None),
    ("evac-sumter", "eVAC Sumter magnet plant", "eVAC Magnetics (VAC Group)", "USA", "magnet", "ndfeb_magnet", 2000, "ramping", 2025, "grant;tax_credit", "USA", 221.0, "General Motors; US defence"),
    ("caremag-lacq", "Caremag Lacq", "Carester (Caremag)", "FRA", "separated", "dy_oxide", 500, "construction", 2026, "grant;loan;equity;tax_credit;offtake", "FRA;JPN", 235.0, "Iwatani/JOGMEC (about 250 t/y Dy and 45 t/y Tb); Stellantis"),
    ("lynas-malaysia-hree", "Lynas heavy REE separation Malaysia", "Lynas Rare Earths", "MYS", "separated", "dy_oxide", 250, "construction", 2027, None, None, None, "JARE (Sojitz/JOGMEC): 50% of heavy output"),
    ("mp-mountain-pass", "Mountain Pass heavy REE circuit", "MP Materials", "USA", "separated", "dy_oxide", 150, "ramping", 2026, "loan;equity;price_floor", "USA", 150.0, None),
    ("aclara-louisiana", "Aclara heavy REE separation (Vinton)", "Aclara Resources", "USA", "separated", "dy_oxide", 200, "permitting", 2027, "tax_credit;grant", "USA", 46.4, None),
    ("white-mesa-phase2", "White Mesa Phase 2 REE circuit", "Energy Fuels", "USA", "separated", "ndpr_oxide", 6000, "permitting", 2029, "loan", "USA", 725.0, None),
    ("iluka-eneabba", "Eneabba rare earths refinery", "Iluka Resources", "AUS", "separated", "ndpr_oxide", None, "construction", 2027, "loan", "AUS", 1073.0, None),
    ("arafura-nolans", "Nolans", "Arafura Rare Earths", "AUS", "separated", "ndpr_oxide", 4440, "feasibility", 2029, "loan;equity;guarantee", "AUS;CAN;KOR;DEU;USA", 1328.0, "Hyundai/Kia; Siemens Gamesa (520 t/y); Traxys"),
    ("lcm-lacq", "LCM Lacq metals and alloys", "Less Common Metals", "FRA", "metal", "ndpr_metal", 3750, "proposed", 2027, None, None, None, None),
    ("minamitorishima", "Minamitorishima deep-sea REE mud", "JAMSTEC / Cabinet Office SIP", "JPN", "mine", "reo_mixed", None, "exploration", 2030, "grant", "JPN", 256.0, None),
    ("dong-pao", "Dong Pao", "Lavreco / Vinacomin", "VNM", "mine", "reo_mixed", 5000, "suspended", None, None, None, None, None),
)  # fmt: skip


def projects() -> Result:
    rows = []
    for pid, name, operator, country, stage, product, capacity, status, start, tools, party, money, offtaker in PROJECTS:
        lag = {"ramping": 1, "construction": 2, "permitting": 3, "feasibility": 4}.get(status, 5)
        rows.append(
            {"project_id": pid, "name": name, "operator": operator, "country": country, "stage": stage, "product": product, "model_product": product,
             "capacity_t": capacity, "capacity_status": "reported" if capacity else "not_reported", "status": status, "start_year": start,
             "start_year_p10": start, "start_year_p90": None if start is None else start + lag,
             "expected_t_2027": None if capacity is None else capacity * (0.3 if lag < 3 else 0.0), "expected_t_2030": None if capacity is None else capacity * (0.85 - 0.12 * lag),
             "expected_t_2035": None if capacity is None else capacity * (0.95 - 0.08 * lag), "lead_time_years": lag, "gap_party": "USA+JPN",
             "gap_stage": stage, "fills_share": None if capacity is None else min(1.0, capacity / 24_000), "support_instruments": tools, "support_party": party,
             "support_usd_m": money, "offtaker": offtaker, "note": None, "source_ids": ["company-reports"]}
        )  # fmt: skip
    return _result("projects", rows, warnings=("Dates are those the companies state; the interval comes from the record of such projects.",))


COMMITMENTS = (
    ("c002", "us-jp-fw-2025", "USA;JPN", "governance", "Convene a bilateral Mining, Minerals and Metals Investment Ministerial with stakeholders to set investment priorities", "non_binding", "2026-04-26", "unknown"),
    ("c001", "us-jp-fw-2025", "USA;JPN", "finance", "Take measures to fund the selected projects so that they yield end product for buyers in the two countries and, where fitting, like-minded ones", "non_binding", "2026-04-28", "partly"),
    ("c031", "us-jp-inv-2025", "JPN", "finance", "Start funding the first three selected projects inside the review window", "non_binding", "2026-04-21", "unknown"),
    ("c003", "us-jp-fw-2025", "USA;JPN", "governance", "Set up the Critical Minerals Supply Security Rapid Response Group under the US Energy Secretary and the METI minister; pick priority minerals, find vulnerabilities, plan faster delivery of processed minerals", "non_binding", None, "unknown"),
    ("c056", "us-proc11001-2026", "USA", "trade", "Negotiate agreements on processed critical minerals, considering price floors; other import measures possible if none is reached", "binding", "2026-07-13", "unknown"),
    ("c100", "us-cn-busan-2025", "CHN", "export_restraint", "Suspend the six control notices of 9 October 2025", "non_binding", "2026-11-10", "unknown"),
    ("c101", "us-cn-busan-2025", "CHN", "export_restraint", "Suspend the US-specific export ban on gallium, germanium, antimony and related items", "non_binding", "2026-11-27", "open"),
    ("c131", "us-vault-2026", "USA", "stockpile", "Be up and running this year; open to every trading house", "binding", "2026-12-31", "open"),
    ("c021", "us-jp-dsm-2026", "USA;JPN", "mapping", "Joint R&D towards commercially viable deep-sea extraction near Minamitorishima", "non_binding", "2027-02-28", "open"),
    ("c057", "us-atcm-2026", "USA", "trade", "Collect comments and design a binding plurilateral agreement with minimum prices and border measures", "non_binding", "2026-03-19", "met"),
    ("c012", "us-jp-fw-2025", "USA;JPN", "stockpile", "Consider a mutually complementary stockpiling arrangement built on the two national systems", "non_binding", None, "open"),
    ("c030", "us-jp-inv-2025", "JPN", "finance", "Invest USD 550 bn in strategic US sectors through equity, loans and guarantees (JBIC, NEXI)", "non_binding", "2029-01-19", "partly"),
)  # fmt: skip


def commitments() -> Result:
    rows = []
    for cid, agreement, parties, kind, summary, force, due, status in COMMITMENTS:
        late = None if due is None else (AS_OF - datetime.date.fromisoformat(due)).days
        state = (
            "met" if status == "met" else "no_date" if late is None else "overdue" if late > 0 else "due_soon" if late > -90 else status
        )
        rows.append(
            {"commitment_id": cid, "agreement_id": agreement, "agreement": {"us-jp-fw-2025": "US–Japan framework 2025"}.get(agreement, agreement), "parties": parties,
             "kind": kind, "summary": summary, "legal_force": force, "due_date": due, "due_basis": "signed 2025-10-28 + 180 days", "days_overdue": late, "state": state,
             "status": status, "last_evidence_date": "2026-06-30", "evidence_url": "https://worldjpn.net/", "clause": "F-05", "source_ids": ["worldjpn-fw"]}
        )  # fmt: skip
    return _result("commitments", rows, warnings=("No public evidence after early July 2026 was found.",))


SEVEN = "ree_samarium;ree_gadolinium;ree_terbium;ree_dysprosium;ree_lutetium;ree_scandium;ree_yttrium;smco_magnet;ndfeb_magnet"
MEASURES = (
    ("cn-ree7-licence-2025", "CHN", "ALL", SEVEN, "licence", "2025-04-04", "2025-04-04", None, "in_force", None),
    ("cn-us-ban-2024", "CHN", "USA", "gallium;germanium;antimony;superhard_materials", "ban", "2024-12-03", "2024-12-03", "2026-11-27", "suspended", "The ban on exports to the United States applies again."),
    ("cn-2025-57-ree5", "CHN", "ALL", "ree_holmium;ree_erbium;ree_thulium;ree_europium;ree_ytterbium", "licence", "2025-10-09", "2025-11-08", "2026-11-10", "unknown", "Treat as possibly back in force."),
    ("cn-2025-61-extraterritorial", "CHN", "ALL", "ree_all;ndfeb_magnet;smco_magnet", "extraterritorial_licence", "2025-10-09", "2025-12-01", "2026-11-10", "unknown", "Treat as possibly back in force."),
    ("cn-2025-62-ree-tech", "CHN", "ALL", "ree_processing_technology;ndfeb_magnet_technology", "licence", "2025-10-09", "2025-10-09", "2026-11-10", "unknown", "Treat as possibly back in force."),
    ("cn-2025-56-ree-equipment", "CHN", "ALL", "ree_processing_equipment;ree_processing_auxiliaries", "licence", "2025-10-09", "2025-11-08", "2026-11-10", "unknown", None),
    ("cn-ree-tech-2023", "CHN", "ALL", "ree_processing_technology;ree_metal_alloy_technology", "technology_ban", "2023-12-21", "2023-12-21", None, "in_force_presumed", None),
    ("cn-jp-dualuse-2026", "CHN", "JPN", "dual_use_all;ree_dysprosium;ree_terbium", "ban", "2026-01-06", "2026-01-06", None, "in_force", None),
    ("cn-us-entity-2026", "CHN", "USA", "dual_use_all;ree_all", "ban", "2026-06-22", "2026-06-22", None, "in_force", None),
    ("my-ree-raw-2024", "MYS", "ALL", "ree_ore;ree_concentrate", "ban", None, "2024-01-01", None, "in_force", None),
    ("us-301-magnet-graphite-2026", "USA", "CHN", "ndfeb_magnet;smco_magnet", "tax", "2024-05-14", "2026-01-01", None, "in_force_presumed", None),
    ("cn-ree-quota-2010", "CHN", "ALL", "ree_all", "quota", None, "2010", "2015-01-01", "ended", None),
)  # fmt: skip


def measures() -> Result:
    rows = []
    for mid, imposing, targeted, products, kind, announced, effective, end, status, lapse in MEASURES:
        rows.append(
            {"measure_id": mid, "imposing": imposing, "targeted": targeted, "products": products, "kind": kind, "announced_date": announced,
             "effective_date": effective, "end_date": end, "status": status,
             "days_to_lapse": None if end is None or status == "ended" else (datetime.date.fromisoformat(end) - AS_OF).days, "lapse_effect": lapse,
             "observed_effect": "Magnet exports 1,238 t in May 2025 (-74% y/y)" if mid == "cn-ree7-licence-2025" else None, "evidence_date": "2026-06-30",
             "source_ids": ["mofcom-18-2025"]}
        )  # fmt: skip
    return _result("measures", rows)


def reconcile() -> Result:
    cases = (("production", "ndpr_oxide", "separated", "MYS", None, 4200, 6180, 410), ("trade", "ndfeb_magnet_std", "magnet", "CHN", "USA", 7840, 6950, 620),
             ("production", "ndfeb_magnet_ht", "magnet", "CHN", None, 82_000, 74_300, 6100), ("demand", "ndfeb_magnet_std", "end_use", "JPN", None, 15_800, 16_900, 1300),
             ("production", "dy_metal", "metal", "JPN", None, 44, 31, 9))  # fmt: skip
    rows = [
        {"kind": k, "product": p, "stage": s, "place": a, "partner": b, "year": 2024, "observed_t": o, "reconciled_t": r, "change_t": r - o, "change_share": (r - o) / o,
         "sigma_t": g, "score": (r - o) / g, "confidence": "medium", "source_ids": ["baci-hs92", "usgs-mcs2026"]}
        for k, p, s, a, b, o, r, g in cases
    ]  # fmt: skip
    return _result("reconcile", rows)


def results() -> dict[str, Result]:
    return {r.command: r for r in (exposure(), stress(), gaps(), projects(), commitments(), measures(), reconcile())}
