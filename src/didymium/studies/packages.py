"""Packages of support for a project: options of the menu, alone and in pairs, and what each does to it.

Whether a project is bankable is asked path by path: the lender's cover of debt service holds in every year, and the
sponsor earns at least its hurdle. The share of paths where both hold is what packages are compared by, against what
they cost the public.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from didymium.finance import instruments
from didymium.finance.deal import Deal
from didymium.finance.public_cost import PublicCost, total_cost
from didymium.finance.returns import npv
from didymium.finance.settle import Settlement, settle

Option = Mapping[str, Any]  # a row of support_menu

GRACE = 2  # years of output before a public loan is repaid: time to ramp up
PAIRS = (
    ("loan", "price_floor"),
    ("grant", "price_floor"),
    ("grant", "loan"),
    ("investment_credit", "price_floor"),
    ("production_credit", "price_floor"),
    ("guarantee", "price_floor"),
    ("loan", "two_way"),
    ("grant", "two_way"),
    ("loan", "offtake"),
)
"""Kinds that are tried together: money for building with money for the price, and two kinds of money for building."""


@dataclass(frozen=True, slots=True)
class Hurdles:
    """What a lender and a sponsor ask for, and what the public discounts at."""

    dscr: float
    irr: float
    treasury: float
    recovery: float


@dataclass(frozen=True, slots=True)
class Tried:
    """A package and what it comes to. Shares are of all paths."""

    options: tuple[str, ...]
    bankable_share: float
    lender_share: float
    sponsor_share: float
    default_share: float
    cost: PublicCost
    settlement: Settlement


def with_option(deal: Deal, option: Option, *, purse: str, product: int, level: float, treasury: float) -> Deal:
    """The deal with one option of the menu. `level` is the long-run price that floors are told in [USD/kg]."""
    size, years, upside = float(option["size"]), int(option["years"] or 0), float(option["upside_share"] or 0.0)
    spread, fee = float(option["rate_spread"] or 0.0), float(option["fee"] or 0.0)
    kind = option["instrument"]
    if kind == "grant":
        return instruments.grant(deal, purse, share=size)
    if kind == "investment_credit":
        return instruments.investment_tax_credit(deal, purse, rate=size)
    if kind == "production_credit":
        return instruments.production_tax_credit(deal, purse, share_of_cost=size, years=years)
    if kind == "loan":
        return instruments.concessional_loan(deal, purse, share=size, rate=treasury + spread, tenor=years, grace=GRACE)
    if kind == "guarantee":
        return instruments.guarantee(deal, purse, cover=size, fee=fee, rate=treasury + spread)
    if kind == "insurance":
        return instruments.insurance(deal, purse, cover=size, premium=fee)
    if kind == "equity":
        split = {"before": size, "after": upside} if upside else {}
        return instruments.equity(deal, purse, share=size, **split)
    if kind in ("price_floor", "two_way"):
        return instruments.price_floor(
            deal, purse, product=product, floor=size * level, years=years, upside_share=upside
        )
    if kind == "offtake":
        return instruments.offtake(deal, purse, product=product, price=size * level, share=0.5, years=years)
    if kind == "permit":
        return instruments.faster_permit(deal, months=size)
    raise ValueError(f"no instrument {kind!r}")


def asked_cover(deal: Deal, dscr: float) -> float:
    """Cover of debt service that lenders ask for: `dscr` on what they bear, service alone on what a guarantor bears.

    The cushion above one pays for a loss. Who bears a part of the loss asks for that part of the cushion.
    """
    lent = sum(t.share for t in deal.tranches)
    borne = sum(t.share * (1 - t.cover) for t in deal.tranches)
    return 1 + (dscr - 1) * (borne / lent if lent else 1.0)


def judged(deal: Deal, options: tuple[str, ...], hurdles: Hurdles, *, alpha: float = 0.95) -> Tried:
    """Settle a deal and judge it path by path."""
    got = settle(deal, recovery=hurdles.recovery)
    lender = got.least_dscr >= asked_cover(deal, hurdles.dscr)
    # a rate of return above the hurdle and a present value above zero at the hurdle are the same question, and the
    # second one has an answer where the first has none or several
    sponsor = npv(got.sponsor, hurdles.irr) >= 0
    return Tried(
        options=options,
        bankable_share=float((lender & sponsor).mean()),
        lender_share=float(lender.mean()),
        sponsor_share=float(sponsor.mean()),
        default_share=float(got.defaulted.mean()),
        cost=total_cost(got.public, got.exposure, rate=hurdles.treasury, alpha=alpha),
        settlement=got,
    )


def menus(options: Sequence[Option]) -> Iterator[tuple[Option, ...]]:
    """Nothing, each option alone, and the pairs of kinds that go together, in the order of the menu."""
    yield ()
    for option in options:
        yield (option,)
    for one, other in PAIRS:
        for first in options:
            for second in options:
                if (first["instrument"], second["instrument"]) == (one, other):
                    yield (first, second)


def tried(private: Deal, options: Sequence[Option], hurdles: Hurdles, *, product: int, level: float) -> list[Tried]:
    """Every menu on a project's private deal."""
    found = []
    for chosen in menus(options):
        deal = private
        for option in chosen:
            deal = with_option(deal, option, purse="public", product=product, level=level, treasury=hurdles.treasury)
        found.append(judged(deal, tuple(str(o["option_id"]) for o in chosen), hurdles))
    return found


def frontier(found: Sequence[Tried]) -> list[Tried]:
    """Packages that no other beats in both: dearer ones bank in more paths. One that earns counts as free."""
    kept: list[Tried] = []
    for one in sorted(found, key=lambda t: (max(t.cost.expected, 0.0), -t.bankable_share, t.options)):
        if not kept or one.bankable_share > kept[-1].bankable_share:
            kept.append(one)
    return kept


def cheapest(found: Sequence[Tried], share: float) -> Tried | None:
    """The package of least expected cost that banks in at least this share of paths; None if none does."""
    enough = [t for t in found if t.bankable_share >= share]
    return min(enough, key=lambda t: (max(t.cost.expected, 0.0), t.cost.tail, t.options), default=None)
