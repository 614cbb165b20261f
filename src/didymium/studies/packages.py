"""Packages of support for a project: options of the menu, alone and in pairs, and what each does to it.

Whether a project is bankable is asked path by path: the lender's cover of debt service holds in every year, and the
sponsor earns at least its hurdle. The share of paths where both hold is what packages are compared by, against what
they cost the public.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from didymium.finance import instruments
from didymium.finance.deal import Deal
from didymium.finance.public_cost import PublicCost, cost_of
from didymium.finance.returns import npv
from didymium.finance.settle import Books, Settlement, settle

Floats = NDArray[np.float64]
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

EARNED = ("price_floor", "two_way", "offtake", "production_credit", "equity")
"""Kinds that leave capital cost and loans as they are."""
SIZED = ("grant", "investment_credit", "production_credit", "price_floor", "two_way", "offtake")
"""Kinds of which more never banks in fewer paths; a larger loan is also more to serve."""


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

    chosen: tuple[Option, ...]
    bankable_share: float
    lender_share: float
    sponsor_share: float
    default_share: float
    costs: Floats  # present value of each path [million USD]
    exposure: float

    @property
    def options(self) -> tuple[str, ...]:
        """Ids of the options."""
        return tuple(str(o["option_id"]) for o in self.chosen)

    @property
    def expected(self) -> float:
        """Expected public cost [million USD]."""
        return float(self.costs.mean())

    @property
    def cost(self) -> PublicCost:
        """Public cost with its interval and tail."""
        return cost_of(self.costs, self.exposure)


@dataclass(frozen=True, slots=True)
class Case:
    """A project's private deal, and what support of it is told in.

    `product` is the number of its main product, `level` the long-run price of it that floors are told in [USD/kg].
    """

    private: Deal
    product: int
    level: float
    hurdles: Hurdles

    def deal(self, chosen: Sequence[Option], *, apart: bool = False) -> Deal:
        """The deal with a package. Its purse is `public`, or with `apart` one for each option, by its id."""
        deal = self.private
        for option in chosen:
            deal = self._with(deal, option, str(option["option_id"]) if apart else "public")
        return deal

    def settled(self, chosen: Sequence[Option], *, apart: bool = False) -> Settlement:
        """The deal with a package, worked out."""
        return settle(self.deal(chosen, apart=apart), recovery=self.hurdles.recovery)

    def _with(self, deal: Deal, option: Option, purse: str) -> Deal:
        size, years, upside = float(option["size"]), int(option["years"] or 0), float(option["upside_share"] or 0.0)
        rate, fee = self.hurdles.treasury + float(option["rate_spread"] or 0.0), float(option["fee"] or 0.0)
        at = size * self.level
        kind = option["instrument"]
        if kind == "grant":
            return instruments.grant(deal, purse, share=size)
        if kind == "investment_credit":
            return instruments.investment_tax_credit(deal, purse, rate=size)
        if kind == "production_credit":
            return instruments.production_tax_credit(deal, purse, share_of_cost=size, years=years)
        if kind == "loan":
            return instruments.concessional_loan(deal, purse, share=size, rate=rate, tenor=years, grace=GRACE)
        if kind == "guarantee":
            return instruments.guarantee(deal, purse, cover=size, fee=fee, rate=rate)
        if kind == "insurance":
            return instruments.insurance(deal, purse, cover=size, premium=fee)
        if kind == "equity":
            split = {"before": size, "after": upside} if upside else {}
            return instruments.equity(deal, purse, share=size, **split)
        if kind in ("price_floor", "two_way"):
            return instruments.price_floor(
                deal, purse, product=self.product, floor=at, years=years, upside_share=upside
            )
        if kind == "offtake":
            return instruments.offtake(deal, purse, product=self.product, price=at, share=0.5, years=years)
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


def judged(deal: Deal, chosen: tuple[Option, ...], hurdles: Hurdles, *, books: Books | None = None) -> Tried:
    """Settle a deal and judge it path by path."""
    got = settle(deal, recovery=hurdles.recovery, books=books)
    lender = got.least_dscr >= asked_cover(deal, hurdles.dscr)
    # a rate of return above the hurdle and a present value above zero at the hurdle are the same question, and the
    # second one has an answer where the first has none or several
    sponsor = npv(got.sponsor, hurdles.irr) >= 0
    return Tried(
        chosen=chosen,
        bankable_share=float((lender & sponsor).mean()),
        lender_share=float(lender.mean()),
        sponsor_share=float(sponsor.mean()),
        default_share=float(got.defaulted.mean()),
        costs=-npv(sum(got.public.values(), np.zeros_like(got.sponsor)), hurdles.treasury),
        exposure=sum(got.exposure.values()),
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


def tried(case: Case, options: Sequence[Option]) -> list[Tried]:
    """Every menu on a project."""
    books: dict[tuple[str, ...], Books] = {}  # by the options that change capital cost or its finance
    found = []
    for chosen in menus(options):
        deal = case.deal(chosen)
        building = tuple(str(o["option_id"]) for o in chosen if o["instrument"] not in EARNED)
        if building not in books:
            books[building] = Books.of(deal)
        found.append(judged(deal, chosen, case.hurdles, books=books[building]))
    return found


def frontier(found: Sequence[Tried]) -> list[Tried]:
    """Packages that no other beats in both: dearer ones bank in more paths. One that earns counts as free."""
    kept: list[Tried] = []
    for one in sorted(found, key=lambda t: (max(t.expected, 0.0), -t.bankable_share, t.options)):
        if not kept or one.bankable_share > kept[-1].bankable_share:
            kept.append(one)
    return kept


def _price(one: Tried) -> tuple[float, float, tuple[str, ...]]:
    return max(one.expected, 0.0), one.exposure, one.options


def cheapest(found: Sequence[Tried], share: float) -> Tried | None:
    """The package of least expected cost that banks in at least this share of paths; None if none does."""
    return min((t for t in found if t.bankable_share >= share), key=_price, default=None)


def tightened(case: Case, one: Tried, share: float) -> Tried:
    """A package that suffices, with one size cut to the least whole percent at which it still does.

    Of the options whose size can be cut, the one is cut that saves most. On common draws more of these supports never
    banks in fewer paths, so the size is found by bisection.
    """
    found = [one]
    if one.expected <= 0:  # it costs nothing: less of it would only take more from the owners
        return one
    for at, option in enumerate(one.chosen):
        if option["instrument"] not in SIZED:
            continue

        def sized(percent: int, at: int = at, option: Option = option) -> tuple[Option, ...]:
            return (*one.chosen[:at], {**option, "size": percent / 100}, *one.chosen[at + 1 :])

        kept = Books.of(case.deal(one.chosen)) if option["instrument"] in EARNED else None
        whole = round(float(option["size"]) * 100)
        least = bisect_left(
            range(whole),
            True,
            key=lambda p: judged(case.deal(sized(p)), sized(p), case.hurdles, books=kept).bankable_share >= share,
        )
        if least < whole:
            found.append(judged(case.deal(sized(least)), sized(least), case.hurdles, books=kept))
    return min(found, key=_price)


def refined(case: Case, found: Sequence[Tried], share: float, *, most: int) -> list[Tried]:
    """The cheapest sufficing packages of different kinds, tightened; cheapest first."""
    kinds: dict[tuple[str, ...], Tried] = {}
    for one in sorted((t for t in found if t.bankable_share >= share), key=_price):
        kinds.setdefault(tuple(str(o["instrument"]) for o in one.chosen), one)
    return sorted((tightened(case, one, share) for one in list(kinds.values())[:most]), key=_price)
