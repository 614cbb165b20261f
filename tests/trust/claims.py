"""What a relation claims of a case, and the code it is claimed of; a faulty code can stand in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from didymium.engine import LinearProgramme, PortfolioSolution, Solution, portfolio, solve
from didymium.finance import npv, settle
from didymium.finance.public_cost import public_cost
from didymium.finance.returns import annuity, irr
from tests.trust.cases import Plan, Random

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Claim:
    """`left` is not above `right`, or the same, but for `excess` relative to one and their size."""

    left: float
    right: float
    is_same: bool
    size: float = 1.0

    @property
    def excess(self) -> float:
        """How far it is from holding, relative; NaN counts as infinitely far."""
        gap = abs(self.left - self.right) if self.is_same else self.left - self.right
        share = gap / (self.size + max(abs(self.left), abs(self.right)))
        return float("inf") if np.isnan(share) else max(share, 0.0)

    @property
    def holds(self) -> bool:
        """Whether it holds within the tolerance."""
        return self.excess <= TOLERANCE


def same(left: float, right: float, size: float = 1.0) -> Claim:
    """Two numbers are one, in a unit in which `size` is little."""
    return Claim(float(left), float(right), True, size)


def not_above(left: float, right: float, size: float = 1.0) -> Claim:
    """The left number is not above the right one."""
    return Claim(float(left), float(right), False, size)


def _best(plan: Plan, **changes: Any) -> PortfolioSolution:
    asked: dict[str, Any] = {"risk": plan.risk, "alpha": plan.alpha, "gap": 1e-9, **changes}
    return portfolio(plan.first, plan.recourse, list(plan.cases), **asked)


@dataclass(frozen=True)
class Code:
    """What is put to the test. Each function is the product's own unless a broken one is put in its place."""

    solve: Callable[[LinearProgramme], Solution] = solve
    best: Callable[..., PortfolioSolution] = _best
    npv: Callable[..., Any] = npv
    irr: Callable[..., Any] = irr
    annuity: Callable[..., float] = annuity
    settle: Callable[..., Any] = settle
    public_cost: Callable[..., Any] = public_cost

    def cost(self, lp: LinearProgramme) -> float:
        """Least cost."""
        return self.solve(lp).objective


Relation = Callable[[Random, Code], Iterator[Claim]]


@dataclass(frozen=True)
class Noise:
    """A fault of one part in a hundred that hangs on the size of the answer and nothing else."""

    share: float = 0.01
    rng: Random = field(default_factory=lambda: np.random.default_rng(1))

    def __call__(self, value: Any) -> Any:
        return np.asarray(value) * (1 + self.share * self.rng.standard_normal(np.shape(value))) + self.share

    def code(self) -> Code:
        """The code with this fault in every answer."""

        def wrong(answer: Any) -> Any:
            moved = {"objective": float(self(answer.objective))}
            if isinstance(answer, PortfolioSolution):
                moved |= {
                    "losses": self(answer.losses),
                    "mean": float(self(answer.mean)),
                    "cvar": float(self(answer.cvar)),
                }
            return replace(answer, **moved)

        return Code(
            solve=lambda lp: wrong(solve(lp)),
            best=lambda plan, **changes: wrong(_best(plan, **changes)),
            npv=lambda *a: self(npv(*a)),
            irr=lambda flows: replace(irr(flows), rate=self(irr(flows).rate)),
            annuity=lambda *a: float(self(annuity(*a))),
            settle=lambda *a, **k: replace(settle(*a, **k), sponsor=self(settle(*a, **k).sponsor)),
            public_cost=lambda *a, **k: replace(
                public_cost(*a, **k), expected=float(self(public_cost(*a, **k).expected))
            ),
        )
