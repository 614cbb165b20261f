"""What a plan can choose: projects with the package that makes them bankable and who pays, and stocks in steps.

Packages, their cost and who may pay are reckoned as in `didymium finance`. A project that nobody can support is not
a candidate, and the reason is kept: no finance model, no package of the menu that suffices, no open programme of a
party for it, too late, or no place for it in the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    sooner: float = 0.0  # years by which hastened permits bring its start forward


@dataclass(frozen=True, slots=True)
class Purchase:
    """A step of a stock: at most `most` tonnes of a form for a party, at a price [million USD a tonne]."""

    party: str
    form: int  # number in PlanNetwork.forms
    product: str
    most: float
    price: float
    rise: float  # of the price, as a share
    holding: float  # yearly cost as a share of the price: interest, store, turnover
    fits: float  # tonnes that serve for each tonne held
    source_ids: tuple[str, ...] = ()  # of the elasticities


@dataclass(frozen=True, slots=True)
class Link:
    """Capacity that a party has built where no project can be supported: any tonnes a year up to `most`.

    `capital` and `running` (a year) in million USD for a tonne a year; `plant` is of one tonne a year.
    """

    plant: Addition
    party: str
    most: float
    capital: float
    running: float
    chance: float
    source_ids: tuple[str, ...]


PERMIT = "permit"
NOT_YET = ("exploration", "feasibility", "permitting", "proposed")  # statuses of what still waits for permits


def hastened(
    offered: Sequence[Candidate],
    plants: Mapping[str, Sequence[Addition]],
    members: Mapping[str, Sequence[str]],
    assume: Mapping[str, float],
) -> list[Candidate]:
    """The same choices with hastened permits, and permits alone, for what a party hosts and is not yet being built.

    The host pays for it, and support of another party stays as it is. Chances add up: each cures its own part of the
    failures.
    """
    cures, cost, years = (assume[f"plan_permit_{name}"] for name in ("obstacle_share", "usd_m", "years"))
    found: list[Candidate] = []
    for project, own in sorted(plants.items()):
        host = next((party for party, regions in members.items() if own[0].region in regions), None)
        if host is None or own[0].status not in NOT_YET or not any(p.stage in HOSTED for p in own):
            continue
        chance = assume[f"success_share_{own[0].status}"]
        more = cures * (1 - chance)
        found.append(Candidate(project, PERMIT, host, "", cost, cost, (chance, chance + more), years))
        found += [
            replace(
                one,
                package=f"{one.package} + {PERMIT}",
                expected=one.expected + cost,
                reserve=one.reserve + cost,
                chance=(chance, min(one.chance[1] + more, 1.0)),
                sooner=years,
            )
            for one in offered
            if one.project_id == project and one.party == host
        ]
    return found


def links(
    ds: Dataset,
    offered: Sequence[Candidate],
    plants: Mapping[str, Sequence[Addition]],
    gaps: Mapping[tuple[str, str, str], float],
    members: Mapping[str, Sequence[str]],
    prices: Mapping[str, float],
    assume: Mapping[str, float],
    *,
    as_of: float,
) -> list[Link]:
    """What a party could have built at a stage with a gap at which no project can be supported: metal-making.

    `gaps`: the most [t/y] that a party may build, by party, stage and product; `prices` [USD/kg]. All of the capital
    and of what it costs beyond base prices is public; what lack of finance explains of a new project's failures is
    cured by that.
    """
    served = {plant.stage for one in offered for plant in plants[one.project_id]}
    if "metal" in served:
        return []
    start = as_of + assume["finance_build_years"]
    chance = assume["success_share_proposed"]
    chance += assume["plan_finance_obstacle_share"] * (1 - chance)
    sources = (str(ds.one("assumptions", assumption_id="plan_link_capital_usd_per_t")["source_id"]),)
    capital = assume["plan_link_capital_usd_per_t"] / 1e6 * (1 + assume["finance_capex_overrun_share"])
    return [
        Link(
            _plant(party, stage, product, members[party][0], start),
            party,
            most,
            capital,
            assume["plan_link_running_share"] * prices[product] / 1000,
            chance,
            sources,
        )
        for (party, stage, product), most in sorted(gaps.items())
        if stage == "metal" and most > 0
    ]


def _plant(party: str, stage: str, product: str, place: str, start: float) -> Addition:
    """A plant of a tonne a year that a party has built, at a place of its own."""
    name = f"new-{product}-{party}".lower().replace("_", "-")
    return Addition(name, stage, product, place, 1.0, "proposed", start)


def candidates(
    ds: Dataset,
    plants: Mapping[str, Sequence[Addition]],
    members: Mapping[str, Sequence[str]],
    assume: Mapping[str, float],
    *,
    seed: int,
) -> tuple[list[Candidate], dict[str, str]]:
    """Every eligible (project, package, payer), and for each project without one the reason.

    For each party, the cheapest packages of the kinds that its open programmes pay for. Those of a place of a group are
    the group's as well.
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
            offers = _offers(ds, sheet, case, tried(case, menu), members)
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
    ds: Dataset, sheet: Sheet, case: Case, packages: Sequence[Tried], members: Mapping[str, Sequence[str]]
) -> list[tuple[str, str, float, Tried]] | str:
    """(party, programmes, bankable share without support, package), or the reason why there is none."""
    plain = packages[0].bankable_share
    if plain >= BANKABLE_IN[-1]:
        return "bankable_alone"
    if cheapest(packages, BANKABLE_IN[0]) is None:
        return "no_package"
    found = []
    open_to = programme_rows(ds, sheet, None, {})
    for party, regions in members.items():
        payers = {party, *regions}
        kinds = {k for r in open_to if r["party"] in payers for k in str(r["instruments"]).split(";")}
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
                if r["party"] in payers and r["budget_fit"] != "no"
            ]
            paid = {k for r in paying for k in str(r["instruments"]).split(";")}
            if {str(o["instrument"]) for o in best.chosen} <= paid:
                found.append((party, ";".join(sorted(str(r["programme_id"]) for r in paying)), plain, best))
    return found or "no_programme"


def purchases(
    ds: Dataset, net: PlanNetwork, prices: Mapping[str, float], world: Mapping[str, float], assume: Mapping[str, float]
) -> list[Purchase]:
    """Steps of each stock, dearer from one to the next: Δp/p = (share of world output a year) / (ε_S + |ε_D|).

    Held, it costs interest, store and the loss when a lot is replaced, as in `didymium stocks`; of magnets a part fits.
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
        held = holding(product, assume)
        fits = assume["stock_magnet_fit_share"] if product.startswith("ndfeb_magnet") else 1.0
        for step in range(STEPS):
            rise = (step + 0.5) * size / answer
            price = prices[product] * (1 + rise) / 1000
            found.append(Purchase(party, number, product, tonnes, price, rise, held, fits, sources))
    return found


def holding(product: str, assume: Mapping[str, float]) -> float:
    """Yearly cost of a stock as a share of its price: interest + store + loss in turnover over shelf life.

    >>> shares = {"discount_rate_per_year": 0.07, "stock_storage_share_per_year": 0.02}
    >>> shares |= {"stock_rotation_loss_share": 0.1, "stock_shelf_years_separated": 20.0}
    >>> round(holding("dy_oxide", shares), 6)
    0.095
    """
    ends = {"oxide": "separated", "metal": "metal"}
    stage = ends.get(product.rsplit("_", 1)[-1], "magnet")
    turnover = assume["stock_rotation_loss_share"] / assume[f"stock_shelf_years_{stage}"]
    return assume["discount_rate_per_year"] + assume["stock_storage_share_per_year"] + turnover


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
