"""What a plan can choose: projects with the package that makes them bankable and who pays, and stocks in steps.

Packages, their cost and who may pay are reckoned as in `didymium finance`. A project that nobody can support is not
a candidate, and the reason is kept: no finance model, no package of the menu that suffices, no open programme of a
party for it, too late, or no place for it in the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from didymium.data import Dataset
from didymium.model.ledger import Addition
from didymium.model.plan_network import PlanNetwork
from didymium.studies.packages import Case, Hurdles, Tried, cheapest, tried
from didymium.studies.payers import option_costs, programme_rows
from didymium.studies.register import Sheet, register
from didymium.studies.ventures import bank_loan, draw, private, venture

BANKABLE_IN = (0.5, 0.7)  # shares of paths in which a package contents lender and sponsor; the higher is usual
PATHS = 200  # price paths of each project: packages are compared, not priced to the last million
HOSTED = ("separated", "metal", "alloy", "magnet")
STEPS = 4  # of a stock purchase
FORMS = (
    "ndpr_oxide",
    "dy_oxide",
    "tb_oxide",
    "ndpr_metal",
    "dy_metal",
    "tb_metal",
    "ndfeb_magnet_std",
    "ndfeb_magnet_ht",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A project with a package that one party pays. Money in million USD; `chance` of success without and with it."""

    project_id: str
    package: str
    party: str
    programmes: str
    expected: float
    reserve: float  # mean cost of the worst 5 % of paths: what the budget is charged with
    chance: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Purchase:
    """A step of a stock: at most `most` tonnes of a form for a party, at a price [million USD a tonne]."""

    party: str
    form: int  # number in PlanNetwork.forms
    product: str
    most: float
    price: float
    rise: float  # of the price, as a share
    source_ids: tuple[str, ...] = ()  # of the elasticities


def candidates(
    ds: Dataset,
    plants: Mapping[str, Sequence[Addition]],
    parties: Sequence[str],
    assume: Mapping[str, float],
    *,
    seed: int,
) -> tuple[list[Candidate], dict[str, str]]:
    """Every eligible (project, package, payer), and for each project without one the reason.

    For each party, the cheapest packages of the kinds that its open programmes pay for.
    """
    book = register(ds, assume)
    ranges = {
        r["assumption_id"]: (float(r["low"]), float(r["value"]), float(r["high"])) for r in ds.rows("assumptions")
    }
    drawn = draw(book, ranges, paths=PATHS, seed=seed)
    hurdles = Hurdles(
        assume["finance_lender_dscr"],
        assume["finance_sponsor_return_real"],
        assume["finance_treasury_rate_real"],
        assume["finance_recovery_share"],
    )
    menu = sorted(ds.rows("support_menu"), key=lambda r: (r["instrument"], r["size"], r["option_id"]))
    found: list[Candidate] = []
    reasons: dict[str, str] = {}
    for project, own in sorted(plants.items()):
        sheet = book.sheet(project)
        if not any(p.stage in HOSTED for p in own):
            reasons[project] = "mine_only"
        elif sheet.missing:
            reasons[project] = "no_finance_model"
        else:
            built = venture(sheet, drawn, assume, as_of=int(ds.version.split(".")[0]))
            main = max(range(len(sheet.lines)), key=lambda i: sheet.lines[i].tonnes * sheet.lines[i].level(book.prices))
            case = Case(private(built, bank_loan(assume)), main, sheet.lines[main].level(book.prices), hurdles)
            offers = _offers(ds, sheet, case, tried(case, menu), parties)
            if isinstance(offers, str):
                reasons[project] = offers
                continue
            chance = assume[f"success_share_{own[0].status}"]
            for party, programmes, plain, one in offers:
                cured = assume["plan_finance_obstacle_share"] * (1 - chance)
                cured *= (one.bankable_share - plain) / (1 - plain)
                package = " + ".join(one.options)
                cost = one.cost
                found.append(
                    Candidate(
                        project,
                        package,
                        party,
                        programmes,
                        cost.expected,
                        max(cost.tail, 0.0),
                        (chance, chance + cured),
                    )
                )
    return found, reasons


def _offers(
    ds: Dataset, sheet: Sheet, case: Case, packages: Sequence[Tried], parties: Sequence[str]
) -> list[tuple[str, str, float, Tried]] | str:
    """(party, programmes, bankable share without support, package), or the reason why there is none."""
    plain = packages[0].bankable_share
    if plain >= BANKABLE_IN[-1]:
        return "bankable_alone"
    if cheapest(packages, BANKABLE_IN[0]) is None:
        return "no_package"
    found = []
    open_to = programme_rows(ds, sheet, None, {})
    for party in parties:
        kinds = {k for r in open_to if r["party"] == party for k in str(r["instruments"]).split(";")}
        own = [t for t in packages if t.chosen and {str(o["instrument"]) for o in t.chosen} <= kinds]
        seen: set[tuple[str, ...]] = set()
        for share in (s for s in BANKABLE_IN if s > plain):
            best = cheapest(own, share)
            if best is None or best.options in seen:
                continue
            seen.add(best.options)
            paying = [
                r
                for r in programme_rows(ds, sheet, best, option_costs(case, best))
                if r["party"] == party and r["budget_fit"] != "no"
            ]
            paid = {k for r in paying for k in str(r["instruments"]).split(";")}
            if {str(o["instrument"]) for o in best.chosen} <= paid:
                found.append((party, ";".join(sorted(str(r["programme_id"]) for r in paying)), plain, best))
    return found or "no_programme"


def purchases(
    ds: Dataset, net: PlanNetwork, prices: Mapping[str, float], world: Mapping[str, float], assume: Mapping[str, float]
) -> list[Purchase]:
    """Steps of each stock, dearer from one to the next: Δp/p = (share of world output a year) / (ε_S + |ε_D|).

    `prices` [USD/kg], `world` output [t/y] by product. The elasticities of a metal and of both grades of magnet are
    those of their oxide and of magnets.
    """
    size, years = assume["plan_stock_tranche_share"], assume["plan_stock_years"]
    found = []
    for number, (product, party) in enumerate(net.forms):
        answer, sources = _response(ds, product)
        tonnes = size * world.get(product, 0.0) * years
        if tonnes <= 0:
            continue
        for step in range(STEPS):
            rise = (step + 0.5) * size / answer
            found.append(Purchase(party, number, product, tonnes, prices[product] * (1 + rise) / 1000, rise, sources))
    return found


def _response(ds: Dataset, product: str) -> tuple[float, tuple[str, ...]]:
    """ε_S + |ε_D| of a product in the same year, and their sources."""
    named = "ndfeb_magnet" if product.startswith("ndfeb_magnet") else product.replace("_metal", "_oxide")
    rows = [
        r
        for r in ds.rows("elasticities", product=named, horizon="same_year")
        if r["preferred"] and r["sector"] in (None, "", "total")
    ]
    own = {kind: next(r for r in rows if r["elasticity_type"] == kind) for kind in ("supply_price", "demand_price")}
    sources = tuple(sorted({str(r["source_id"]) for r in own.values()}))
    return sum(abs(float(r["value"])) for r in own.values()), sources
