"""What support costs the public: expected present value, its tail, and the contingent liability.

Credit subsidy in the sense of the US Federal Credit Reform Act of 1990 (OMB Circular A-11, section 185): the present
value, at the Treasury's rate, of what the purse pays less what it gets, defaults, recoveries and fees included,
administration excluded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didymium.finance.returns import npv

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PublicCost:
    """Cost of one purse or of all [million USD, present value]; negative is a gain.

    `expected` is the mean over paths with its standard error, `tail` the mean of the worst `1 - alpha` of paths (CVaR),
    `exposure` the most it could have to pay in all, undiscounted: a contingent liability, no expectation.
    """

    expected: float
    standard_error: float
    p10: float
    p90: float
    tail: float
    exposure: float


def public_cost(flows: Floats, exposure: float, *, rate: float, alpha: float = 0.95) -> PublicCost:
    """Cost of a purse from its flows (path, year), negative when it pays."""
    return cost_of(-npv(flows, rate), exposure, alpha=alpha)


def cost_of(cost: Floats, exposure: float, *, alpha: float = 0.95) -> PublicCost:
    """Cost from its present value on each path."""
    return PublicCost(
        expected=float(cost.mean()),
        standard_error=float(cost.std(ddof=1) / np.sqrt(cost.size)) if cost.size > 1 else 0.0,
        p10=float(np.quantile(cost, 0.1)),
        p90=float(np.quantile(cost, 0.9)),
        tail=tail_mean(cost, alpha),
        exposure=exposure,
    )


def tail_mean(losses: Floats, alpha: float) -> float:
    """Mean of the worst 1 − alpha of equally likely losses (CVaR), the last one in part.

    Rockafellar & Uryasev 2000, doi 10.21314/JOR.2000.038.

    >>> round(tail_mean(np.arange(1.0, 11.0), 0.85), 4)
    9.6667
    """
    worst = np.sort(losses)[::-1]
    if alpha >= 1:
        return float(worst[0])
    room = (1 - alpha) * worst.size
    weight = np.clip(room - np.arange(worst.size), 0.0, 1.0)
    return float((worst * weight).sum() / room)


def loan_subsidy(
    face: float,
    years: int,
    *,
    rate: float,
    treasury: float,
    default: float = 0.0,
    recovery: float = 0.0,
    fee: float = 0.0,
    accrues: bool = False,
) -> float:
    """Subsidy rate of a loan of level payments by the credit-reform rule, as a share of its face.

    Each year a part `default` of what still performs fails before it pays; `recovery` of its balance comes back (of its
    balance with that year's interest if it `accrues`). `fee` is paid up front, as a share of the face. Without default
    it is 1 − a_n(treasury) / a_n(rate), a_n the annuity factor.
    """
    from didymium.finance.returns import annuity

    payment = face / annuity(rate, years)
    balance, alive, value = face, 1.0, fee * face
    for t in range(1, years + 1):
        failed = alive * default
        alive -= failed
        claim = balance * (1 + rate) if accrues else balance
        value += (alive * payment + failed * recovery * claim) / (1 + treasury) ** t
        balance = balance * (1 + rate) - payment
    return 1 - value / face


def shared(profit: float, invested: float, *, before: float, after: float) -> tuple[float, float]:
    """Split of a running total of cash between investor and host by the rule of recovery.

    The investor gets `before` of it until his stake is paid back, `after` of the rest. With 0.5 and 0.1 these are the
    terms of the US-Japan memorandum of 4 September 2025: 50/50, then 90/10 for the United States.

    >>> shared(300.0, 100.0, before=0.5, after=0.1)
    (110.0, 190.0)
    """
    until = min(profit, invested / before)
    investor = until * before + (profit - until) * after
    return investor, profit - investor
